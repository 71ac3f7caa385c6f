using System.Globalization;
using System.Text.Json;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.Api;

/// <summary>One reason of a problem: its code, never renamed, its facts, and the sentence in the language that was asked for.</summary>
/// <param name="Field">The answer that is wrong, where it is one.</param>
/// <param name="Remedy">What to do, where the check knows.</param>
/// <param name="Source">The record that said so, and as of when.</param>
/// <param name="PassesOn">The first day on which it would pass by itself.</param>
internal sealed record RefusalJson(string Code, string Text, IReadOnlyDictionary<string, object?> Facts, string? Field = null, string? Remedy = null, string? Kind = null, string? Source = null, DateTimeOffset? AsOf = null, DateOnly? PassesOn = null);

/// <summary>RFC 9457, with the code and all refusals.</summary>
internal sealed record ProblemJson(string Type, string Title, int Status, string Code, string? Detail = null, string? State = null, string? Incident = null, IReadOnlyList<RefusalJson>? Refusals = null);

/// <summary>The one place where an outcome becomes a problem.</summary>
internal static class Problems
{
    public const string MediaType = "application/problem+json";

    public static IResult Of(HttpContext http, int status, string code, IReadOnlyList<RefusalJson>? refusals = null, string? state = null, string? incident = null) =>
        new Result(new(Type(code), Words(http).Text("api.problem." + code), status, code, null, state, incident, refusals));

    public static IResult Of(HttpContext http, int status, string code, Refusal refusal) => Of(http, status, code, [Json(http, refusal)]);

    /// <param name="done">What a verb that was done answers.</param>
    public static async Task<IResult> AnswerAsync(HttpContext http, CaseOutcome outcome, Func<CaseOutcome.Done, Task<IResult>> done)
    {
        switch (outcome)
        {
            case CaseOutcome.Done d:
                return await done(d);
            case CaseOutcome.Invalid invalid:
                return Of(http, StatusCodes.Status400BadRequest, "invalid", [.. invalid.Faults.Select(f => Json(http, f.Refusal) with { Field = f.Field })]);
            case CaseOutcome.NotEligible no:
                return Of(http, StatusCodes.Status422UnprocessableEntity, "not_eligible", [.. no.Findings.Select(f => Json(http, f))]);
            case CaseOutcome.NotFound:
                return NotFound(http);
            case CaseOutcome.NotNow notNow:
                return Of(http, StatusCodes.Status409Conflict, "not_now", [Json(http, notNow.Refusal)], notNow.State);
            case CaseOutcome.Conflict:
                return http.Request.Headers.IfMatch.Count > 0
                    ? Of(http, StatusCodes.Status412PreconditionFailed, "changed")
                    : Of(http, StatusCodes.Status409Conflict, "changed");
            case CaseOutcome.OperationReused:
                return Of(http, StatusCodes.Status409Conflict, "operation_reused");
            case CaseOutcome.TryAgain later:
                return Later(http, later.After);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    public static IResult Answer(HttpContext http, Answer answer, Func<IResult> done) => answer switch
    {
        SignIn.Answer.Done => done(),
        SignIn.Answer.Busy busy => Later(http, busy.RetryAfter),
        SignIn.Answer.Refused refused => Of(http, StatusCodes.Status409Conflict, "not_now", [.. refused.Refusals.Select(r => Json(http, r))]),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Not there and not theirs look the same.</summary>
    public static IResult NotFound(HttpContext http) => Of(http, StatusCodes.Status404NotFound, "not_found");

    public static IResult Later(HttpContext http, TimeSpan after)
    {
        http.Response.Headers.RetryAfter = Seconds(after);
        return Of(http, StatusCodes.Status503ServiceUnavailable, "try_again");
    }

    public static RefusalJson Json(HttpContext http, Refusal refusal) => new(refusal.Code, Words(http).Refusal(refusal), Facts(refusal.Facts), Remedy: Remedy(Words(http), refusal));

    public static RefusalJson Json(HttpContext http, Finding finding)
    {
        return Json(http, finding.Refusal) with
        {
            Kind = Snake(finding.Kind.ToString()),
            Source = finding.Source,
            AsOf = finding.AsOf?.ToDateTimeOffset(),
            PassesOn = finding.PassesOn?.ToDateOnly(),
        };
    }

    public static string Seconds(TimeSpan after) => Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    public static Language Words(HttpContext http) => http.RequestServices.GetRequiredService<Language>();

    public static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    /// <summary>Problem types are names, not addresses: nothing is served there.</summary>
    private static string Type(string code) => "urn:muqeem:problem:" + code;

    private static string? Remedy(Language language, Refusal refusal) => language.Has("remedy." + refusal.Code) ? language.Text("remedy." + refusal.Code, refusal.Facts) : null;

    private static Dictionary<string, object?> Facts(IReadOnlyDictionary<string, object?> facts) => facts.ToDictionary(f => f.Key, f => f.Value switch
    {
        LocalDate day => LocalDatePattern.Iso.Format(day),
        Instant at => InstantPattern.ExtendedIso.Format(at),
        Money amount => amount.Halalas,
        null or string or bool or int or long or decimal => f.Value,
        IEnumerable<string> list => list.ToArray(),
        var other => Convert.ToString(other, CultureInfo.InvariantCulture),
    }, StringComparer.Ordinal);

    internal sealed class Result(ProblemJson problem) : IResult, IStatusCodeHttpResult
    {
        public int? StatusCode => problem.Status;

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = problem.Status;
            httpContext.Response.Headers.CacheControl = "no-store";
            httpContext.Response.Headers.ContentLanguage = Words(httpContext).Code;
            await httpContext.Response.WriteAsJsonAsync(problem, ApiJson.Options, MediaType, httpContext.RequestAborted);
        }
    }
}
