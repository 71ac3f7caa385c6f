using Microsoft.AspNetCore.Http;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Office.Endpoints;

/// <summary>How a verb's outcome becomes a page: one place for the whole office.</summary>
internal static class Outcomes
{
    /// <summary>The form's operation id; without one the form is not ours and nothing is done.</summary>
    public static Operation? Operation(Session session, FormState form, string verb, params ReadOnlySpan<string?> values)
    {
        if (form.Operation is not { } id)
        {
            return null;
        }
        string?[] all = [verb, .. values];
        return new Operation(session.Actor, id, Digest.Of(all)) { Seen = long.TryParse(form["version"], System.Globalization.CultureInfo.InvariantCulture, out var seen) ? seen : null };
    }

    /// <param name="done">Where to go when it is done.</param>
    /// <param name="back">The case, or the queue, for what cannot be done now.</param>
    public static IResult Answer(HttpContext http, CaseOutcome outcome, FormState form, Func<CaseOutcome.Done, string> done, string back) => outcome switch
    {
        CaseOutcome.Done d => Results.LocalRedirect(done(d)),
        CaseOutcome.NotFound => PageResult.Error(StatusCodes.Status404NotFound),
        CaseOutcome.NotNow n => NotNow(new(n.Refusal, n.State, back)),
        CaseOutcome.Conflict => NotNow(new(new Refusal("office.changed"), null, back)),
        CaseOutcome.OperationReused => NotNow(new(new Refusal("operation.reused"), null, back)),
        CaseOutcome.TryAgain later => Busy(http, form, later.After),
        _ => throw new InvalidOperationException($"The office has no page for {outcome.GetType().Name} here."),
    };

    public static PageResult NotNow(NotNowModel model) => PageResult.Of<NotNowPage, NotNowModel>(model, StatusCodes.Status409Conflict);

    /// <summary>The same form again by one press, with its operation id: sending twice is done once.</summary>
    public static PageResult Busy(HttpContext http, FormState form, TimeSpan after)
    {
        var kept = new List<KeyValuePair<string, string>>();
        foreach (var field in form.Fields.Where(f => !f.Contains("password", StringComparison.OrdinalIgnoreCase) && !f.Contains("code", StringComparison.OrdinalIgnoreCase)))
        {
            kept.AddRange(form.All(field).Select(value => KeyValuePair.Create(field, value)));
        }
        var model = new ErrorPageModel(StatusCodes.Status503ServiceUnavailable) { Action = http.Request.PathBase + http.Request.Path + http.Request.QueryString, Kept = kept };
        return PageResult.Of<ErrorPage, ErrorPageModel>(model, StatusCodes.Status503ServiceUnavailable).RetryAfter(after);
    }

    /// <summary>A verb of the accounts.</summary>
    public static IResult Answer(HttpContext http, Answer answer, FormState form, string done, string back) => answer switch
    {
        SignIn.Answer.Done => Results.LocalRedirect(done),
        SignIn.Answer.Busy busy => Busy(http, form, busy.RetryAfter),
        SignIn.Answer.Refused refused => NotNow(new(refused.Refusals[0], null, back)),
        _ => throw new InvalidOperationException($"The office has no page for {answer.GetType().Name}."),
    };
}
