using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Database;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;

namespace Muqeem.Office.Endpoints;

/// <summary>Approve, ask, refuse. A question or refusal is written, looked at as the resident will read it, and only then sent.</summary>
internal static class Decisions
{
    /// <summary>Characters of the letter to the resident.</summary>
    public const int LongestLetter = 2000;

    public static void Map(RouteGroupBuilder office)
    {
        var decide = office.MapGroup("/cases/{id:guid}").RequireAuthorization(Doors.Officer);
        decide.MapGet("/approve", (HttpContext http, Guid id, CancellationToken cancel) => DrawAsync(http, id, CaseActs.Approve, cancel));
        decide.MapGet("/ask", (HttpContext http, Guid id, CancellationToken cancel) => DrawAsync(http, id, CaseActs.Ask, cancel));
        decide.MapGet("/refuse", (HttpContext http, Guid id, CancellationToken cancel) => DrawAsync(http, id, CaseActs.Refuse, cancel));
        decide.MapPost("/approve", ApproveAsync);
        decide.MapPost("/ask", (HttpContext http, Guid id, Language language, CaseEngine engine, CancellationToken cancel) => LetterAsync(http, id, language, engine, CaseActs.Ask, cancel));
        decide.MapPost("/refuse", (HttpContext http, Guid id, Language language, CaseEngine engine, CancellationToken cancel) => LetterAsync(http, id, language, engine, CaseActs.Refuse, cancel));
    }

    private static async Task<IResult> DrawAsync(HttpContext http, Guid id, string act, CancellationToken cancel) =>
        await OpenAsync(http, id, cancel) is var (view, no) && view is null ? no! : Page(http, view!, act, FormState.Empty(), await ApplicantsAsync(http, view!, cancel), DecisionStep.Write);

    private static async Task<IResult> ApproveAsync(HttpContext http, Guid id, Language language, CaseEngine engine, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        var reason = form["reason"] ?? "";
        if (Outcomes.Operation(session, form, "review.approve", id.ToString(), reason) is not { } operation)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        if (!Reasons.Approve.Contains(reason))
        {
            form.Refuse("reason", "office.error.reason");
            var (view, no) = await OpenAsync(http, id, cancel);
            return view is null ? no! : Page(http, view, CaseActs.Approve, form, await ApplicantsAsync(http, view, cancel), DecisionStep.Write);
        }
        var outcome = await engine.ApproveAsync(operation, session.Account, session.Person, new CaseId(id), reason, cancel);
        return Outcomes.Answer(http, outcome, form, _ => CasePages.At(language, id) + "?done=approved", CasePages.At(language, id));
    }

    /// <summary>First the reason (and what is asked), then the letter in the applicant's language, then how it will look, then sending.</summary>
    private static async Task<IResult> LetterAsync(HttpContext http, Guid id, Language language, CaseEngine engine, string act, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http, lengths: new Dictionary<string, int>(StringComparer.Ordinal) { ["text"] = LongestLetter });
        var step = form["step"] ?? "";
        var (reason, items, text) = (form["reason"] ?? "", form.All("items"), (form["text"] ?? "").Trim());
        if (form.Operation is null)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        if (!Reasons.For(act, CaseStates.Objection).Contains(reason))
        {
            form.Refuse("reason", "office.error.reason");
        }
        if (act == CaseActs.Ask && items.Count == 0)
        {
            form.Refuse("items", "refusal." + CaseRefusals.ItemsMissing);
        }
        if (step is "preview" or "send" && text.Length == 0)
        {
            form.Refuse("text", "refusal." + CaseRefusals.ReasonMissing);
        }
        if (step == "send" && form.Ok && Outcomes.Operation(session, form, "review." + act, [id.ToString(), reason, text, .. items]) is { } operation)
        {
            var outcome = await engine.DecideAsync(operation, session.Account, session.Person, new CaseId(id), act, reason, new DecisionContent([.. items], text), cancel);
            return Outcomes.Answer(http, outcome, form, _ => CasePages.At(language, id), CasePages.At(language, id));
        }
        var (view, no) = await OpenAsync(http, id, cancel);
        if (view is null)
        {
            return no!;
        }
        var applicants = await ApplicantsAsync(http, view, cancel);
        if (!form.Ok)
        {
            return Page(http, view, act, form, applicants, form.Errors.Any(e => e.Field is "reason" or "items") ? DecisionStep.Choose : DecisionStep.Write);
        }
        return Page(http, view, act, form, applicants, step == "preview" ? DecisionStep.Look : DecisionStep.Write);
    }

    private static PageResult Page(HttpContext http, ReviewView view, string act, FormState form, Language applicants, DecisionStep step)
    {
        if (!form.Posted && act != CaseActs.Approve)
        {
            step = DecisionStep.Choose;
        }
        return PageResult.Of<DecisionPage, DecisionModel>(new(http.MustBeSignedIn(), view, act, form, applicants, step), form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<(ReviewView? View, IResult? No)> OpenAsync(HttpContext http, Guid id, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var db = http.RequestServices.GetService(typeof(Db)) as Db ?? throw new InvalidOperationException("There is no database.");
        if (await CaseDoor.LookAsync(db, id, cancel) is not { } look)
        {
            return (null, PageResult.Error(StatusCodes.Status404NotFound));
        }
        var language = (Language)http.RequestServices.GetService(typeof(Language))!;
        if (look.State is not (CaseStates.UnderReview or CaseStates.Objection) || !CaseDoor.MayRead(session, look))
        {
            return (null, Outcomes.NotNow(new(new Refusal(CaseRefusals.NotInThisState, ("state", look.State)), look.State, CasePages.At(language, id))));
        }
        var views = (CaseViews)http.RequestServices.GetService(typeof(CaseViews))!;
        return await views.ReviewAsync(session.Actor, new CaseId(id), cancel) is { } view ? (view, null) : (null, PageResult.Error(StatusCodes.Status404NotFound));
    }

    /// <summary>The language that the applicant reads; where we have no texts in it, Arabic.</summary>
    private static async Task<Language> ApplicantsAsync(HttpContext http, ReviewView view, CancellationToken cancel)
    {
        var accounts = (Accounts)http.RequestServices.GetService(typeof(Accounts))!;
        var texts = (TextCatalogue)http.RequestServices.GetService(typeof(TextCatalogue))!;
        var account = await accounts.FindAsync(view.Head.Account, cancel);
        return texts.In(account is not null && texts.Languages.Contains(account.Language) ? account.Language : TextCatalogue.Arabic);
    }
}
