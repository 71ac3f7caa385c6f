using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Signatures;
using NodaTime;
using NodaTime.Text;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Muqeem.Agencies;

/// <summary>How an agency has been answering, for the status page and the operators.</summary>
/// <param name="Resting">It failed too often and is left alone for a moment.</param>
/// <param name="LastReason">Of <see cref="AgencyReason"/>, or <c>broken:field</c>.</param>
/// <param name="DownSince">Since when it has answered nobody; null while it answers, or failed too few times to tell.</param>
/// <param name="Takes">How long it lately takes to answer; null before the first answer.</param>
/// <param name="Slow">That is longer than the setting allows.</param>
public sealed record AgencyStanding(string Agency, bool Configured, bool Resting, Instant? LastAnswer, Instant? LastFailure, string? LastReason, Instant? DownSince, TimeSpan? Takes, bool Slow);

/// <summary>
/// The line to one agency: headers, time limits, retries of questions, rest after failures, a bound on what is under way, and the strict reading of answers.
/// It does not throw for anything that an agency can do; only the caller's own cancellation comes through.
/// </summary>
public sealed partial class AgencyLine : IDisposable
{
    private static readonly Meter Meter = new("Muqeem.Agencies");
    private static readonly Histogram<double> Seconds = Meter.CreateHistogram<double>("muqeem.agency.duration", "s", "Time until an agency's answer, or until we gave up.");

    /// <summary>The field that is broken when an answer is not signed as it must be.</summary>
    private const string SignatureField = "signature";

    /// <summary>So many questions in a row without an answer: it is away, and not only for one person.</summary>
    private const int MissesOfOneAway = 3;

    private readonly Func<HttpClient> _http;
    private readonly ExchangeDesk _desk;
    private readonly AgencyKeys _keys;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly ConcurrencyLimiter _places;
    private readonly CircuitBreakerStateProvider _breaker = new();
    private readonly ResiliencePipeline<Reply> _questions;
    private readonly ResiliencePipeline<Reply> _writes;

    private Standing _standing = new(null, null, null, null, 0, null);

    internal AgencyLine(string name, AgencyLineSettings settings, Func<HttpClient> http, ExchangeDesk desk, AgencyKeys keys, TimeProvider clock, ILogger log)
    {
        Name = name;
        Settings = settings;
        _http = http;
        _desk = desk;
        _keys = keys;
        _clock = clock;
        _log = log;
        _places = new(new() { PermitLimit = settings.Concurrent, QueueLimit = settings.Waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

        // One breaker for questions and writes: it is one agency.
        var breaker = new CircuitBreakerStrategyOptions<Reply>
        {
            FailureRatio = settings.FailureShare,
            MinimumThroughput = settings.FailureCalls,
            SamplingDuration = settings.Sampling,
            BreakDuration = settings.Rest,
            StateProvider = _breaker,
            ShouldHandle = outcome => ValueTask.FromResult(Failed(outcome.Outcome) || outcome.Outcome.Result is { Field: not null }),
        };
        var attempt = new ResiliencePipelineBuilder<Reply> { TimeProvider = clock }
            .AddCircuitBreaker(breaker)
            .AddTimeout(settings.Attempt)
            .Build();
        _writes = attempt;
        var questions = new ResiliencePipelineBuilder<Reply> { TimeProvider = clock }.AddTimeout(settings.Limit);
        if (settings.Retries > 0)
        {
            questions.AddRetry(new RetryStrategyOptions<Reply>
            {
                MaxRetryAttempts = settings.Retries,
                Delay = settings.RetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                // A throttled or resting agency is not asked again at once.
                ShouldHandle = outcome => ValueTask.FromResult(Failed(outcome.Outcome) && outcome.Outcome.Result?.Reason != AgencyReason.Throttled),
            });
        }
        _questions = questions.AddPipeline(attempt).Build();
    }

    public string Name { get; }

    internal AgencyLineSettings Settings { get; }

    public AgencyStanding Now()
    {
        var standing = Volatile.Read(ref _standing);
        return new(Name, Settings.Url is not null, _breaker.CircuitState is CircuitState.Open or CircuitState.Isolated, standing.Answer, standing.Failure, standing.Reason,
            standing.Misses >= MissesOfOneAway ? standing.FailingSince : null, standing.Takes, standing.Takes > Settings.Slow);
    }

    public void Dispose() => _places.Dispose();

    /// <summary>Asks. <paramref name="fact"/> is the contract's name of what is asked; <paramref name="validity"/> its default.</summary>
    internal Task<AgencyAnswer<T>> GetAsync<T>(string fact, string path, Duration validity, CancellationToken cancel) where T : class, IAgencyRecord =>
        RunAsync(fact, _questions, HttpMethod.Get, path, null, NewRequestId(), validity, static (bytes, _) => Wire.Read<T>(bytes), cancel);

    /// <summary>Tells. The same <paramref name="requestId"/> again is the same notice: the agency must not act twice.</summary>
    internal Task<AgencyAnswer<T>> SendAsync<T>(string fact, HttpMethod method, string path, object body, Guid requestId, CancellationToken cancel) where T : class, IAgencyRecord =>
        RunAsync(fact, _writes, method, path, body, requestId, Duration.Zero, static (bytes, _) => Wire.Read<T>(bytes), cancel);

    /// <summary>Asks for an answer that is not JSON; <paramref name="read"/> gets the bytes and the headers.</summary>
    internal Task<AgencyAnswer<T>> GetBytesAsync<T>(string fact, string path, Duration validity, Func<ReadOnlyMemory<byte>, HttpResponseMessage, (T?, string?, string)> read, CancellationToken cancel)
        where T : class, IAgencyRecord =>
        RunAsync(fact, _questions, HttpMethod.Get, path, null, NewRequestId(), validity, read, cancel);

    private async Task<AgencyAnswer<T>> RunAsync<T>(
        string fact, ResiliencePipeline<Reply> pipeline, HttpMethod method, string path, object? body, Guid requestId, Duration validity,
        Func<ReadOnlyMemory<byte>, HttpResponseMessage, (T?, string?, string)> read, CancellationToken cancel) where T : class, IAgencyRecord
    {
        if (Settings.Url is null)
        {
            return new AgencyAnswer<T>.Unavailable(Name, AgencyReason.NotConfigured, RetryAt(null));
        }
        if (_desk.OurPurpose(Name, fact) is not { } purpose)
        {
            NotAllowed(_log, Name, fact);
            return new AgencyAnswer<T>.Unavailable(Name, AgencyReason.NotAllowed, RetryAt(null));
        }
        var started = _clock.GetTimestamp();
        using var place = await _places.AcquireAsync(1, cancel);
        if (!place.IsAcquired)
        {
            return Ended<T>(fact, started, new AgencyAnswer<T>.Unavailable(Name, AgencyReason.Crowded, RetryAt(null)));
        }
        Reply reply;
        try
        {
            reply = await pipeline.ExecuteAsync(
                static async (state, attemptCancel) => await state.Line.AttemptAsync(state.fact, state.purpose, state.method, state.path, state.body, state.requestId, state.read, attemptCancel),
                (Line: this, fact, purpose, method, path, body, requestId, read), cancel);
        }
        catch (BrokenCircuitException open)
        {
            return Ended<T>(fact, started, new AgencyAnswer<T>.Unavailable(Name, AgencyReason.Resting, RetryAt(open.RetryAfter ?? Settings.Rest)));
        }
        catch (TimeoutRejectedException)
        {
            return Ended<T>(fact, started, new AgencyAnswer<T>.Unavailable(Name, AgencyReason.Timeout, RetryAt(null)));
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException && !cancel.IsCancellationRequested)
        {
            return Ended<T>(fact, started, new AgencyAnswer<T>.Unavailable(Name, AgencyReason.Unreachable, RetryAt(null)));
        }
        return Ended(fact, started, reply switch
        {
            { Reason: { } reason } => new AgencyAnswer<T>.Unavailable(Name, reason, RetryAt(reply.RetryAfter)),
            { Field: { } field } => new AgencyAnswer<T>.Broken(Name, field, reply.Breach, RetryAt(null)),
            { Value: T value } => (AgencyAnswer<T>)new AgencyAnswer<T>.Found(value, value.Source, requestId, value.AsOf, value.AsOf + Validity(fact, validity)),
            _ => new AgencyAnswer<T>.NotFound(Name, requestId, _clock.Now()),
        });
    }

    private async ValueTask<Reply> AttemptAsync<T>(
        string fact, string purpose, HttpMethod method, string path, object? body, Guid requestId, Func<ReadOnlyMemory<byte>, HttpResponseMessage, (T?, string?, string)> read, CancellationToken cancel)
        where T : class, IAgencyRecord
    {
        var (address, now) = (new Uri(Settings.Url!, path), _clock.Now());
        var correlation = Activity.Current?.TraceId.ToHexString() ?? requestId.ToString("N");
        using var request = new HttpRequestMessage(method, address);
        request.Headers.TryAddWithoutValidation(Exchange.RequestIdHeader, requestId.ToString());
        request.Headers.TryAddWithoutValidation(Exchange.CorrelationHeader, correlation);
        request.Headers.TryAddWithoutValidation(Exchange.PurposeHeader, purpose);
        request.Headers.TryAddWithoutValidation(Exchange.ConsumerHeader, Settings.Consumer);
        if (Settings.StandIn)
        {
            request.Headers.TryAddWithoutValidation("X-Demonstration-Clock", InstantPattern.ExtendedIso.Format(now));
        }
        byte[] sent = [];
        if (body is not null)
        {
            sent = JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), Wire.Options);
            request.Content = new ByteArrayContent(sent) { Headers = { ContentType = new("application/json", "utf-8") } };
        }
        var (question, signature) = Exchange.Sign(request, address, sent, _desk.Signer, now);
        using var response = await _http().SendAsync(request, cancel);
        switch (response.StatusCode)
        {
            case HttpStatusCode.TooManyRequests:
                return new(null, AgencyReason.Throttled, Wait(response.Headers.RetryAfter), null, "");
            case HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError:
                return new(null, AgencyReason.Failing, Wait(response.Headers.RetryAfter), null, "");
            case not HttpStatusCode.NotFound and (< HttpStatusCode.OK or >= HttpStatusCode.MultipleChoices):
                return new(null, null, null, "status", ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture) + await CodeAsync(response, cancel));
        }
        // A record, or that there is none, is a fact: it counts only as the agency's own word.
        var bytes = await response.Content.ReadAsByteArrayAsync(cancel);
        var answered = HttpSignature.Of(SignedMessage.Of(response, question));
        var fault = FaultOf(answered, response, requestId, bytes);
        _desk.Keep(new(requestId, correlation, Name, ExchangeDirection.Out, fact, purpose, now, fault is null ? ExchangeRecord.Answered : $"{SignatureField}.{fault}", (int)response.StatusCode,
            SignedPart.Of(signature, sent), answered is null ? null : SignedPart.Of(answered, bytes)));
        if (fault is not null)
        {
            return new(null, null, null, SignatureField, fault);
        }
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return Reply.Nothing;
        }
        var (value, field, breach) = read(bytes, response);
        if (value is { } && value.AsOf > _clock.Now() + Duration.FromMinutes(5))
        {
            // A record from the future would never become stale.
            return new(null, null, null, "asOf", "in the future");
        }
        return new(value, null, null, field, breach);
    }

    /// <summary>Why an answer is not the agency's word; null when it is.</summary>
    private string? FaultOf(HttpSignature? signature, HttpResponseMessage answer, Guid requestId, byte[] body)
    {
        if (signature is null)
        {
            return answer.Headers.NonValidated.Contains(HttpSignature.Header) ? "unreadable" : "missing";
        }
        if (signature.Created is not { } created || !Exchange.Covers(signature, Exchange.CoveredByAnswer))
        {
            return "unreadable";
        }
        if (_keys.Find(signature.KeyId) is not { } known || known.Agency != Name)
        {
            return "key";
        }
        if (!known.Key.Made(signature) || One(answer, Exchange.RequestIdHeader) != requestId.ToString())
        {
            return "wrong";
        }
        if (!HttpSignature.IsDigestOf(One(answer, HttpSignature.DigestHeader), body))
        {
            return "digest";
        }
        return Exchange.IsRecent(created, _clock.Now()) ? null : "time";
    }

    private static string? One(HttpResponseMessage answer, string header) => answer.Headers.NonValidated.TryGetValues(header, out var values) && values.Count == 1 ? values.ToString() : null;

    // RFC 9457 with our agreed member "code": a dotted word, never a sentence about a person.
    private static async Task<string> CodeAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return "";
        }
        try
        {
            using var problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancel));
            return problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String
                && code.GetString() is { Length: <= 60 } word && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_')
                ? " " + word
                : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private AgencyAnswer<T> Ended<T>(string fact, long started, AgencyAnswer<T> answer) where T : class
    {
        var (outcome, reason) = answer switch
        {
            AgencyAnswer<T>.Found => ("found", null),
            AgencyAnswer<T>.NotFound => ("not_found", null),
            AgencyAnswer<T>.Unavailable none => ("unavailable", none.Reason),
            AgencyAnswer<T>.Broken broken => ("broken", $"broken:{broken.Field}"),
            _ => throw new UnreachableException(),
        };
        var now = _clock.Now();
        var elapsed = _clock.GetElapsedTime(started);
        Seconds.Record(elapsed.TotalSeconds, new("agency", Name), new("fact", fact), new("outcome", outcome));
        // Two that end at once may forget one of them: this is told, and nothing is decided by it.
        var before = Volatile.Read(ref _standing);
        if (reason is null)
        {
            Volatile.Write(ref _standing, before with { Answer = now, FailingSince = null, Misses = 0, Takes = before.Takes is { } usual ? (usual * 0.8) + (elapsed * 0.2) : elapsed });
        }
        else
        {
            Volatile.Write(ref _standing, before with { Failure = now, Reason = reason, FailingSince = before.FailingSince ?? now, Misses = before.Misses + 1 });
            NoAnswer(_log, Name, fact, reason, (long)elapsed.TotalMilliseconds);
        }
        return answer;
    }

    private Duration Validity(string fact, Duration contract) =>
        Settings.Validity.TryGetValue(fact, out var own) ? Duration.FromTimeSpan(own) : contract;

    private Instant RetryAt(TimeSpan? after) => _clock.Now() + Duration.FromTimeSpan(after is { } wait && wait > TimeSpan.Zero ? wait : Settings.AskAgain);

    private TimeSpan? Wait(RetryConditionHeaderValue? header) => header?.Delta ?? header?.Date - _clock.GetUtcNow();

    private Guid NewRequestId() => Guid.CreateVersion7(_clock.GetUtcNow());

    private static bool Failed(Outcome<Reply> outcome) =>
        outcome.Exception is HttpRequestException or IOException or TimeoutRejectedException || outcome.Result?.Reason is not null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Agency} was not asked for {Fact}: the policy exchange.our_calls has no row for it.")]
    private static partial void NotAllowed(ILogger log, string agency, string fact);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Agency} gave no usable answer on {Fact}: {Reason} after {Milliseconds} ms.")]
    private static partial void NoAnswer(ILogger log, string agency, string fact, string reason, long milliseconds);

    /// <summary>One attempt's end: a value, nothing (404), a reason for no answer, or a broken field.</summary>
    private sealed record Reply(object? Value, string? Reason, TimeSpan? RetryAfter, string? Field, string Breach)
    {
        public static readonly Reply Nothing = new(null, null, null, null, "");
    }

    /// <param name="FailingSince">The first of <paramref name="Misses"/> failures since the last answer.</param>
    /// <param name="Takes">A mean in which the newer answers count more.</param>
    private sealed record Standing(Instant? Answer, Instant? Failure, string? Reason, Instant? FailingSince, int Misses, TimeSpan? Takes);
}

/// <summary>All lines, by name: for the status page and the operators.</summary>
public sealed class AgencyLines(IEnumerable<AgencyLine> lines)
{
    private readonly Dictionary<string, AgencyLine> _lines = lines.ToDictionary(line => line.Name, StringComparer.Ordinal);

    public IReadOnlyList<AgencyStanding> Standings() => [.. _lines.Values.OrderBy(line => line.Name, StringComparer.Ordinal).Select(line => line.Now())];

    internal AgencyLine this[string name] => _lines[name];
}
