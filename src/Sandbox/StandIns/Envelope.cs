using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Signatures;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox.StandIns;

/// <summary>What all agencies have in common: the headers, the knobs, and that a request id acts once.</summary>
internal sealed class Envelope(RequestDelegate next, World world, Knobs knobs, Store store, SandboxClock clock, StandInKeys keys, Consumers consumers, ReplayGuard seen)
{
    private Sent? _earlier;

    private static readonly Dictionary<string, string> Agencies = AgenciesSetup.All.ToDictionary(agency => agency.Prefix, agency => agency.Name, StringComparer.Ordinal);

    // Less is the way of the request and the drift of two machines.
    private static readonly Duration ClocksDiffer = Duration.FromSeconds(5);

    public async Task InvokeAsync(HttpContext context)
    {
        var segments = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments is not [var prefix, ..] || !Agencies.TryGetValue(prefix, out var agency))
        {
            await next(context);
            return;
        }
        if (!Guid.TryParse(context.Request.Headers["X-Request-Id"], out var requestId))
        {
            await ProblemAsync(context, 400, "request_id.missing", "X-Request-Id must be a UUID.");
            return;
        }
        if (string.IsNullOrWhiteSpace(context.Request.Headers["X-Consumer"]))
        {
            await ProblemAsync(context, 400, "consumer.missing", "X-Consumer must name the caller.");
            return;
        }
        context.Response.Headers[Exchange.RequestIdHeader] = requestId.ToString();
        var question = SignedMessage.Of(context.Request);
        var body = await BodyAsync(context.Request);
        if (await FaultOfAsync(context, question, body) is { } fault)
        {
            await ProblemAsync(context, fault == NotReached ? 503 : 401, fault, "The request is not signed as the contract says.");
            return;
        }
        var real = context.Response.Body;
        using var held = new MemoryStream();
        context.Response.Body = held;
        var forge = await AnswerAsync(context, segments, agency, requestId, Encoding.UTF8.GetString(body));
        context.Response.Body = real;
        await SendAsync(context, question, agency, held.ToArray(), forge);
    }

    /// <summary>Signed with the agency's key, and then whatever somebody does to it on the way.</summary>
    private async Task SendAsync(HttpContext context, SignedMessage question, string agency, byte[] answer, Forgery? forge)
    {
        var response = context.Response;
        response.ContentLength = answer.Length;
        var signature = Exchange.Sign(response, question, answer, forge == Forgery.Key ? MessageSigner.OfPkcs8(MessageSigner.NewPkcs8()) : keys.Of(agency), clock.Now());
        switch (forge)
        {
            case Forgery.Unsigned:
                response.Headers.Remove(HttpSignature.InputHeader);
                response.Headers.Remove(HttpSignature.Header);
                break;
            case Forgery.Body when answer.Length > 0:
                answer[answer.Length / 2] ^= 1;
                break;
            case Forgery.Signature:
                var flipped = (byte[])signature.Value.Clone();
                flipped[7] ^= 1;
                response.Headers[HttpSignature.Header] = $"sig1=:{Convert.ToBase64String(flipped)}:";
                break;
            case Forgery.Earlier when _earlier is { } earlier:
                (response.Headers[HttpSignature.InputHeader], response.Headers[HttpSignature.Header], response.Headers[HttpSignature.DigestHeader]) = (earlier.Input, earlier.Text, earlier.Digest);
                (response.StatusCode, response.ContentType, response.ContentLength, answer) = (earlier.Status, earlier.Type, earlier.Body.Length, earlier.Body);
                break;
            default:
                _earlier = new(signature.Input, signature.Text, answer, response.StatusCode, response.ContentType, response.Headers[HttpSignature.DigestHeader]!);
                break;
        }
        await response.Body.WriteAsync(answer, context.RequestAborted);
    }

    /// <summary>Why a request is not believed; null when it is. Its time is looked at by the clock that it brings along.</summary>
    private async Task<string?> FaultOfAsync(HttpContext context, SignedMessage question, byte[] body)
    {
        if (HttpSignature.Of(question) is not { Created: { } created } signature || !Exchange.Covers(signature, Exchange.Covered) || signature.Nonce.Length is < Exchange.LeastNonce or > Exchange.MostNonce)
        {
            return "signature.missing";
        }
        if (await consumers.FindAsync(signature.KeyId, context.RequestAborted) is not { } key)
        {
            return NotReached;
        }
        if (!key.Made(signature))
        {
            return "signature.wrong";
        }
        if (!HttpSignature.IsDigestOf(context.Request, body))
        {
            return "signature.digest";
        }
        Follow(context.Request);
        return !Exchange.IsRecent(created, clock.Now()) ? "signature.time" : seen.Take(signature.KeyId, signature.Nonce, clock.Now(), Exchange.Tolerance * 2) == true ? null : "signature.replayed";
    }

    private sealed record Sent(string Input, string Text, byte[] Body, int Status, string? Type, string Digest);

    /// <summary>The key is nobody's that could be asked: its owner may not be up yet.</summary>
    private const string NotReached = "signature.key";

    private void Follow(HttpRequest request)
    {
        if (InstantPattern.ExtendedIso.Parse(request.Headers["X-Demonstration-Clock"].ToString()) is { Success: true, Value: var now } && Duration.Max(now - clock.Now(), clock.Now() - now) > ClocksDiffer)
        {
            // Muqeem's demonstration clock was moved: ours goes along.
            world.MoveClock(now.ToDateTimeOffset());
        }
    }

    /// <summary>Writes the answer; returns how it will be forged.</summary>
    private async Task<Forgery?> AnswerAsync(HttpContext context, string[] segments, string agency, Guid requestId, string body)
    {
        var knob = knobs.Of(agency, About(segments, context.Request.Query, body));
        if (knob.LatencyMs > 0)
        {
            await Task.Delay(knob.LatencyMs, context.RequestAborted);
        }
        if (knob.Down)
        {
            if (knob.RetryAfterSeconds is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }
            await ProblemAsync(context, 503, "agency.down", "The stand-in plays an outage.");
            return knob.Forge;
        }
        if (knobs.Fails(knob.ErrorShare))
        {
            await ProblemAsync(context, 500, "agency.error", "The stand-in plays an error.");
            return knob.Forge;
        }

        var writes = !HttpMethods.IsGet(context.Request.Method);
        var route = $"{context.Request.Method} {context.Request.Path}";
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(body));
        if (writes && store.Read(db => db.QueryFirstOrDefault<(string Route, byte[] Digest, long Status, byte[] Body)?>(
            "select route, digest, status, body from answers where request_id = @id", new { id = requestId.ToString() })) is { } before)
        {
            if (before.Route != route || !before.Digest.AsSpan().SequenceEqual(digest))
            {
                await ProblemAsync(context, 409, "request_id.reused", "This X-Request-Id belongs to another request.");
                return knob.Forge;
            }
            context.Response.StatusCode = (int)before.Status;
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.Body.WriteAsync(Tampered(before.Body, knob.BreakField), context.RequestAborted);
            return knob.Forge;
        }

        var held = (MemoryStream)context.Response.Body;
        await next(context);
        if (writes && context.Response.StatusCode < 300)
        {
            store.Write(db => db.Execute(
                "insert into answers (request_id, route, digest, status, body) values (@id, @route, @digest, @status, @answer) on conflict (request_id) do nothing",
                new { id = requestId.ToString(), route, digest, status = context.Response.StatusCode, answer = held.ToArray() }));
        }
        if (knob.BreakField is not null && context.Response.StatusCode == 200 && context.Response.ContentType?.StartsWith("application/json", StringComparison.Ordinal) == true)
        {
            var answer = Tampered(held.ToArray(), knob.BreakField);
            held.SetLength(0);
            await held.WriteAsync(answer, context.RequestAborted);
        }
        return knob.Forge;
    }

    // The person whom a request is about, by any number in it.
    private Person? About(string[] segments, IQueryCollection query, string body)
    {
        foreach (var word in segments.Skip(1).Append(query["id"].ToString()))
        {
            if (word.Length == 10 && (world.ByNumber(word) ?? world.ByVisa(word)) is { } person)
            {
                return person;
            }
        }
        if (query["passport"].ToString() is { Length: > 0 } passport)
        {
            return world.ByPassport(query["issuer"].ToString(), passport);
        }
        if (body.Length > 0 && JsonNode.Parse(body) is JsonObject content)
        {
            foreach (var name in (ReadOnlySpan<string>)["residentNumber", "borderNumber", "payer", "workerId", "id"])
            {
                if (content[name] is JsonValue value && value.TryGetValue<string>(out var number) && world.ByNumber(number) is { } person)
                {
                    return person;
                }
            }
        }
        return null;
    }

    private static byte[] Tampered(byte[] answer, string? field)
    {
        if (field is null)
        {
            return answer;
        }
        if (field == "$")
        {
            return "<html>Gateway error</html>"u8.ToArray();
        }
        var root = JsonNode.Parse(answer);
        var names = field.Split('.');
        var at = root;
        foreach (var name in names[..^1])
        {
            at = (at as JsonObject)?[name];
        }
        (at as JsonObject)?.Remove(names[^1]);
        return Encoding.UTF8.GetBytes(root!.ToJsonString());
    }

    private static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method))
        {
            return [];
        }
        request.EnableBuffering();
        using var bytes = new MemoryStream();
        await request.Body.CopyToAsync(bytes);
        request.Body.Position = 0;
        return bytes.ToArray();
    }

    internal static async Task ProblemAsync(HttpContext context, int status, string code, string title)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(
            new Dictionary<string, object>(StringComparer.Ordinal) { ["title"] = title, ["status"] = status, ["code"] = code, ["retryable"] = status >= 500 },
            options: null, contentType: "application/problem+json", cancellationToken: context.RequestAborted);
    }
}

/// <summary>Answers of the stand-ins.</summary>
internal static class Answer
{
    public static IResult Json<T>(T value) => Results.Json(value, Wire.Options);

    public static IResult Problem(int status, string code, string title) => Results.Json(
        new Dictionary<string, object>(StringComparer.Ordinal) { ["title"] = title, ["status"] = status, ["code"] = code, ["retryable"] = false }, contentType: "application/problem+json", statusCode: status);

    public static IResult Found<T>(T? value) where T : class => value is null ? Problem(404, "not_found", "There is no such record.") : Json(value);

    public static IResult Invalid(string field) => Problem(422, "field.invalid", $"{field} is missing or wrong.");
}

/// <summary>The notices that Muqeem sent, kept to be looked at.</summary>
internal sealed class Notices(Store store, SandboxClock clock)
{
    public NoticeReceipt Take<T>(HttpContext context, string agency, string verb, string subject, T notice)
    {
        var id = context.Request.Headers["X-Request-Id"].ToString();
        store.Write(db => db.Execute(
            "insert into notices (request_id, agency, verb, subject, json, at) values (@id, @agency, @verb, @subject, @json, @at)",
            new { id, agency, verb, subject, json = System.Text.Json.JsonSerializer.Serialize(notice, Wire.Options), at = clock.Now().ToMicros() }));
        return new(agency, clock.Now(), $"{verb}/{id}", NoticeState.Recorded);
    }
}
