using Microsoft.AspNetCore.Http;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.SignIn;

namespace Muqeem.Portal.Shared;

/// <summary>How a verb's answer becomes a page: in one place for the whole portal.</summary>
internal static class Outcomes
{
    /// <param name="back">Where the reader sees how it is now.</param>
    public static IResult Show(this HttpContext http, FormState form, CaseOutcome outcome, string back, Func<CaseOutcome.Done, IResult> done, Func<CaseOutcome.Invalid, IResult>? invalid = null) => outcome switch
    {
        CaseOutcome.Done d => done(d),
        CaseOutcome.Invalid i when invalid is not null => invalid(i),
        CaseOutcome.Invalid i => NotNow(i.Faults[0].Refusal, null, back),
        CaseOutcome.NotEligible no => PageResult.Of<NotEligiblePage, NotEligibleModel>(new(no.Findings, back), StatusCodes.Status422UnprocessableEntity),
        CaseOutcome.NotFound => PageResult.Error(StatusCodes.Status404NotFound),
        CaseOutcome.NotNow not => NotNow(not.Refusal, not.State, back),
        CaseOutcome.Conflict => NotNow(new Refusal(Meanwhile), null, back),
        CaseOutcome.OperationReused => NotNow(new Refusal(Reused), null, back),
        CaseOutcome.TryAgain wait => http.TryAgain(form, wait.After),
        _ => throw new InvalidOperationException($"An unknown outcome: {outcome.GetType().Name}."),
    };

    /// <summary>The answer of a verb of the account.</summary>
    public static IResult Show(this HttpContext http, FormState form, Answer answer, Func<IResult> done, Func<FormState, IResult> refused, string field = "")
    {
        switch (answer)
        {
            case Answer.Done:
                return done();
            case Answer.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
            case Answer.Refused no:
                foreach (var refusal in no.Refusals)
                {
                    form.Refuse(field, refusal);
                }
                return refused(form);
            default:
                throw new InvalidOperationException($"An unknown answer: {answer.GetType().Name}.");
        }
    }

    public static IResult NotNow(Refusal refusal, string? state, string back) => PageResult.Of<NotNowPage, NotNowModel>(new(refusal, state, back), StatusCodes.Status409Conflict);

    /// <summary>Too many attempts: 429, and when it opens again.</summary>
    public static IResult Later(Refusal refusal, string back) => PageResult.Of<NotNowPage, NotNowModel>(new(refusal, null, back), StatusCodes.Status429TooManyRequests);

    /// <summary>503 with what was typed and its operation id, to be sent again by one press: sent twice is done once.</summary>
    public static IResult TryAgain(this HttpContext http, FormState form, TimeSpan after)
    {
        var secret = form.Fields.Any(Secret);
        var model = new ErrorPageModel(StatusCodes.Status503ServiceUnavailable)
        {
            Action = secret ? null : http.Request.Path + http.Request.QueryString,
            Kept = secret ? null : [.. form.Fields.SelectMany(name => form.All(name).Select(value => KeyValuePair.Create(name, value)))],
        };
        return PageResult.Of<ErrorPage, ErrorPageModel>(model, StatusCodes.Status503ServiceUnavailable).RetryAfter(after);
    }

    /// <summary>A form as it was typed, with a new operation id when it is drawn: what was refused has used the old one.</summary>
    public static FormState Again(this FormState form) =>
        FormState.Of(form.Fields.Where(f => f != FormState.OperationField).Select(f => KeyValuePair.Create(f, form.All(f))));

    internal const string ReadsOnly = "portal.account_reads_only";
    internal const string Meanwhile = "portal.changed_meanwhile";
    internal const string Reused = "portal.sent_before";

    private static bool Secret(string field) => field is "password" or "former" or "code" or "recovery";
}
