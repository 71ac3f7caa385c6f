using System.Buffers.Text;
using System.Globalization;
using Muqeem.Credentials.Verifiers;
using NodaTime;

namespace Muqeem.Host.Api;

/// <param name="Purpose">What it is for, as the verifier is allowed; the resident reads it.</param>
/// <param name="Uri">Of a place in a status list, as the credential names it.</param>
/// <param name="Index"><inheritdoc cref="Uri" path="/summary"/></param>
/// <param name="Credential">Instead of a place: the credential itself, without the holder's proof.</param>
internal sealed record StatusQuestionJson(string Purpose, string? Uri = null, long? Index = null, string? Credential = null);

/// <param name="Status">valid, invalid, suspended, frozen, expired, not_yet_valid, unknown or cannot_say.</param>
/// <param name="AsOf">At most a second ago.</param>
internal sealed record StatusAnswerJson(string Status, DateTimeOffset? AsOf);

/// <param name="Purpose">What it is for, as the verifier is allowed; the resident reads it.</param>
/// <param name="Presentation">An SD-JWT with the holder's proof, a DeviceResponse in base64url, or the text of a QR code.</param>
/// <param name="Audience">Of an SD-JWT: whom the holder was told to prove it to.</param>
/// <param name="Nonce">Of an SD-JWT: what the holder was given to sign.</param>
/// <param name="Transcript">Of a DeviceResponse: the SessionTranscript in base64url.</param>
internal sealed record PresentationJson(string Purpose, string Presentation, string? Audience = null, string? Nonce = null, string? Transcript = null);

/// <param name="Verdict">valid, not_valid or cannot_say.</param>
/// <param name="Code">The check that it did not pass.</param>
/// <param name="Bound">Whether the holder proved that it is theirs.</param>
internal sealed record CheckJson(string Verdict, string? Reason = null, string? Code = null, string? Form = null, bool? Bound = null, DateTimeOffset? AsOf = null);

/// <summary>One question of a batch, of either kind.</summary>
internal sealed record BatchQuestionJson(StatusQuestionJson? Status = null, PresentationJson? Presentation = null);

internal sealed record BatchJson(IReadOnlyList<BatchQuestionJson> Questions) : IHoldsMany
{
    public bool IsWhole() => Questions.All(q => q is not null && (q.Status is null) != (q.Presentation is null));
}

internal sealed record BatchAnswerJson(StatusAnswerJson? Status = null, CheckJson? Presentation = null);

/// <summary>In the order of the questions.</summary>
internal sealed record BatchAnswersJson(IReadOnlyList<BatchAnswerJson> Answers);

/// <param name="KeyId">What signatures of the session name as <c>keyid</c>, with <c>hmac-sha256</c>.</param>
/// <param name="Secret">base64url, 32 bytes. Told this once.</param>
internal sealed record VerifierSessionJson(string KeyId, string Secret, DateTimeOffset Until);

/// <summary>For registered verifiers, whose calls are signed (RFC 9421). Nothing here needs a session of the portal, and its limits are the verifier's own.</summary>
internal static partial class VerifierRoutes
{
    public static void Map(RouteGroupBuilder verifier)
    {
        verifier.AllowAnonymous().WithTags("Verifier");
        verifier.MapPost("/session", Session).WithName("OpenVerifierSession").WithSummary("Opens a session whose calls are signed with a MAC.").Produces<VerifierSessionJson>().Refuses(400, 401, 413, 415, 429, 503);
        verifier.MapPost("/status", Status).WithName("VerifierStatus").WithSummary("How a credential stands now.").Accepts<StatusQuestionJson>("application/json").Produces<StatusAnswerJson>().Refuses(400, 401, 403, 413, 415, 429, 503);
        verifier.MapPost("/presentation", Presentation).WithName("VerifierPresentation").WithSummary("Whether what somebody shows is real, theirs and good now.").Accepts<PresentationJson>("application/json").Produces<CheckJson>().Refuses(400, 401, 403, 413, 415, 429, 503);
        verifier.MapPost("/batch", Batch).WithName("VerifierBatch").WithSummary("Several of either, counted as so many.").Accepts<BatchJson>("application/json").Produces<BatchAnswersJson>().Refuses(400, 401, 403, 413, 415, 429, 503);
        MapTelling(verifier);
    }

    private static Task<IResult> Session(HttpContext http, VerifierGate gate, VerifierBudgets budgets, ApiLimits limits) => CallAsync<Nothing>(http, gate, limits, (caller, _) =>
    {
        if (caller.InSession)
        {
            return new(Refused(http, NotAdmitted.OwnKey));
        }
        if (Spend(http, budgets, caller, 1) is { } over)
        {
            return new(over);
        }
        var session = gate.Open(caller);
        http.Response.Headers.CacheControl = "no-store";
        return new(Results.Json(new VerifierSessionJson(session.KeyId, Base64Url.EncodeToString(session.Secret), session.Until.ToDateTimeOffset()), ApiJson.Options));
    });

    private static Task<IResult> Status(HttpContext http, VerifierGate gate, VerifierBudgets budgets, VerifierDesk desk, ApiLimits limits) => CallAsync<StatusQuestionJson>(http, gate, limits, async (caller, question) =>
        Allowed(http, budgets, caller, [question], []) ?? Results.Json(await AnswerAsync(desk, caller, question), ApiJson.Options));

    private static Task<IResult> Presentation(HttpContext http, VerifierGate gate, VerifierBudgets budgets, VerifierDesk desk, ApiLimits limits) => CallAsync<PresentationJson>(http, gate, limits, async (caller, question) =>
        Allowed(http, budgets, caller, [], [question]) ?? Results.Json(await AnswerAsync(desk, caller, question, http.RequestAborted), ApiJson.Options));

    private static Task<IResult> Batch(HttpContext http, VerifierGate gate, VerifierBudgets budgets, VerifierBook book, VerifierDesk desk, ApiLimits limits) => CallAsync<BatchJson>(http, gate, limits, async (caller, batch) =>
    {
        if (batch.Questions.Count == 0 || batch.Questions.Count > book.Rules.Batch)
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "verifier_batch");
        }
        if (Allowed(http, budgets, caller, [.. batch.Questions.Select(q => q.Status).OfType<StatusQuestionJson>()], [.. batch.Questions.Select(q => q.Presentation).OfType<PresentationJson>()]) is { } no)
        {
            return no;
        }
        // At once, so that all of them are recorded together.
        return Results.Json(new BatchAnswersJson(await Task.WhenAll(batch.Questions.Select(async q => q.Status is { } status
            ? new BatchAnswerJson(Status: await AnswerAsync(desk, caller, status))
            : new BatchAnswerJson(Presentation: await AnswerAsync(desk, caller, q.Presentation!, http.RequestAborted))))), ApiJson.Options);
    });

    /// <summary>Who calls, and with what; every refusal in its own words.</summary>
    private static async Task<IResult> CallAsync<T>(HttpContext http, VerifierGate gate, ApiLimits limits, Func<Admitted, T, ValueTask<IResult>> then) where T : class
    {
        if (!limits.MayTry(http))
        {
            limits.Failed(http);
            return Problems.Of(http, StatusCodes.Status429TooManyRequests, "too_many");
        }
        var (bytes, no) = await Incoming.BytesAsync(http);
        if (no is not null)
        {
            return no;
        }
        var (caller, why) = gate.Admit(http.Request, bytes);
        if (caller is null)
        {
            limits.Failed(http);
            return Refused(http, why);
        }
        var (body, malformed) = Incoming.Parse<T>(http, bytes!);
        return body is null ? malformed! : await then(caller, body);
    }

    /// <summary>Null: each question is whole and allowed for its purpose, and the budget holds all of them.</summary>
    private static IResult? Allowed(HttpContext http, VerifierBudgets budgets, Admitted caller, ReadOnlySpan<StatusQuestionJson> statuses, ReadOnlySpan<PresentationJson> presentations)
    {
        foreach (var question in statuses)
        {
            if (question.Credential is null ? question.Uri is null || question.Index is null : question.Uri is not null || question.Index is not null)
            {
                return Problems.Of(http, StatusCodes.Status400BadRequest, "verifier_question");
            }
            if (!caller.Verifier.Grants.Contains(new Grant(VerifierOperation.Status, question.Purpose)))
            {
                return Refused(http, NotAdmitted.Purpose);
            }
        }
        foreach (var question in presentations)
        {
            if ((question.Audience is null) != (question.Nonce is null) || (question.Transcript is { } transcript && !Base64Url.IsValid(transcript)))
            {
                return Problems.Of(http, StatusCodes.Status400BadRequest, "verifier_question");
            }
            if (!caller.Verifier.Grants.Contains(new Grant(VerifierOperation.Presentation, question.Purpose)))
            {
                return Refused(http, NotAdmitted.Purpose);
            }
        }
        return Spend(http, budgets, caller, statuses.Length + presentations.Length);
    }

    private static async ValueTask<StatusAnswerJson> AnswerAsync(VerifierDesk desk, Admitted caller, StatusQuestionJson question)
    {
        var answer = question.Credential is { } credential ? await desk.StatusAsync(caller.Verifier, question.Purpose, credential) : desk.Status(question.Uri!, question.Index!.Value);
        return new(answer.Word, answer.AsOf?.ToDateTimeOffset());
    }

    private static async ValueTask<CheckJson> AnswerAsync(VerifierDesk desk, Admitted caller, PresentationJson question, CancellationToken cancel)
    {
        var shown = new Shown(question.Presentation, question.Audience, question.Nonce, question.Transcript is { } transcript ? Base64Url.DecodeFromChars(transcript) : null);
        var answer = await desk.CheckAsync(caller.Verifier, question.Purpose, shown, cancel);
        return new(answer.Word, answer.Reason, answer.Code, answer.Form, answer.IsBound, answer.AsOf?.ToDateTimeOffset());
    }

    /// <summary>Takes so many from the budget and says what is left. Null: it was enough.</summary>
    private static IResult? Spend(HttpContext http, VerifierBudgets budgets, Admitted caller, int count)
    {
        var quota = budgets.Take(caller.Verifier, count);
        var headers = http.Response.Headers;
        var (limit, left) = quota.DayLeft < quota.MinuteLeft ? (quota.PerDay, quota.DayLeft) : (quota.PerMinute, quota.MinuteLeft);
        headers["RateLimit-Limit"] = limit.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Remaining"] = left.ToString(CultureInfo.InvariantCulture);
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"{quota.PerMinute};w=60, {quota.PerDay};w=86400");
        if (quota.RetryAfter is not { } wait)
        {
            return null;
        }
        headers.RetryAfter = Problems.Seconds(wait.ToTimeSpan());
        return Refused(http, quota.IsOfDay ? NotAdmitted.DayBudget : NotAdmitted.MinuteBudget);
    }

    private static IResult Refused(HttpContext http, NotAdmitted why)
    {
        var status = why switch
        {
            NotAdmitted.Unreadable or NotAdmitted.Digest => StatusCodes.Status400BadRequest,
            NotAdmitted.Revoked or NotAdmitted.Purpose or NotAdmitted.OwnKey => StatusCodes.Status403Forbidden,
            NotAdmitted.MinuteBudget or NotAdmitted.DayBudget => StatusCodes.Status429TooManyRequests,
            NotAdmitted.Busy => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status401Unauthorized,
        };
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            return Problems.Later(http, TimeSpan.FromSeconds(2));
        }
        return Problems.Of(http, status, "verifier_" + Problems.Snake(why.ToString()));
    }
}
