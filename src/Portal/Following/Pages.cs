using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Policies;
using Muqeem.Portal.Applying;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Following;

/// <summary>Where an application stands, and what its owner may do about it.</summary>
internal static class Pages
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        var resident = pages.MapGroup("/applications/{id:guid}").RequireAuthorization(Doors.Resident);
        resident.MapGet("", TrackAsync);
        resident.MapGet("/receipts/{act:guid}", (Guid id, Guid act, HttpContext http, DecisionReceipts receipts, CancellationToken cancel) =>
            ReceiptAsync(http, id, session => receipts.ReceiptAsync(session.Actor, session.Account, new CaseId(id), new ActId(act), cancel), ".json", "application/json")).RequireAuthorization(Doors.Records);
        resident.MapGet("/receipts/{act:guid}/proof", (Guid id, Guid act, HttpContext http, DecisionReceipts receipts, CancellationToken cancel) =>
            ReceiptAsync(http, id, session => receipts.ProofAsync(session.Account, new CaseId(id), new ActId(act), cancel), ".tlog-proof", "text/plain")).RequireAuthorization(Doors.Records);
        resident.MapPost("/again", AgainAsync);
        resident.MapGet("/withdraw", (Guid id, HttpContext http, CaseViews views, CancellationToken cancel) => AskAsync(id, http, views, CaseActs.Withdraw,
            track => PageResult.Of<WithdrawPage, ActModel>(new(track, FormState.Empty())), cancel));
        resident.MapPost("/withdraw", WithdrawAsync);
        resident.MapGet("/object", (Guid id, HttpContext http, CaseViews views, KeptForms kept, CancellationToken cancel) => AskAsync(id, http, views, CaseActs.Object,
            track => PageResult.Of<ObjectPage, ActModel>(new(track, kept.Take(http) is { } before ? FormState.Of(before.Select(v => KeyValuePair.Create(v.Key, (string?)v.Value))) : FormState.Empty())), cancel));
        resident.MapPost("/object", ObjectAsync).WithMetadata(KeepsForm.Mark);
        resident.MapGet("/contest", ContestAsync).RequireAuthorization(Doors.Records);
        resident.MapPost("/contest", SendContestAsync).RequireAuthorization(Doors.Records);
    }

    private static async Task<IResult> TrackAsync(Guid id, HttpContext http, CaseViews views, DecisionReceipts receipts, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (await views.TrackAsync(session.Actor, session.Account, new CaseId(id), cancel) is not { } track)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        if (track.Head.State == CaseStates.Draft)
        {
            return http.GoTo($"applications/{id}/tasks");
        }
        // What was asked for is a list of its own, with the pages it is on.
        var asked = track.Head.State == CaseStates.NeedsInformation ? await views.DraftAsync(session.Actor, session.Account, new CaseId(id), cancel) : null;
        var decided = session.SeesRecords ? await receipts.ListAsync(session.Account, new CaseId(id), cancel) : null;
        return PageResult.Of<TrackPage, TrackModel>(new(track, asked, session.SeesRecords, clock.Now(), decided ?? []));
    }

    /// <summary>A file to keep; before it is in the journal, the page that says so.</summary>
    private static async Task<IResult> ReceiptAsync(HttpContext http, Guid id, Func<Session, Task<ReceiptAnswer>> ask, string ending, string type)
    {
        ReceiptAnswer answer;
        try
        {
            answer = await ask(http.MustBeSignedIn());
        }
        catch (KeyUnavailableException)
        {
            return PageResult.Error(StatusCodes.Status503ServiceUnavailable);
        }
        http.Response.Headers.CacheControl = "no-store";
        switch (answer)
        {
            case ReceiptAnswer.Ready ready:
                return Results.File(ready.File, type, ready.Name + ending);
            case ReceiptAnswer.NotYet:
                return http.GoTo($"applications/{id}");
            default:
                return PageResult.Error(answer is ReceiptAnswer.Erased ? StatusCodes.Status410Gone : StatusCodes.Status404NotFound);
        }
    }

    /// <summary>Sends again what was put right elsewhere: paid violations, a new insurance.</summary>
    private static async Task<IResult> AgainAsync(Guid id, HttpContext http, CaseEngine engine, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var outcome = await engine.SubmitAsync(http.OperationOf(form, "case.submit"), http.MustBeSignedIn().Account, new CaseId(id), cancel);
        return http.Show(form, outcome, http.At($"applications/{id}"), _ => http.GoTo($"applications/{id}"), _ => http.GoTo($"applications/{id}/answers"));
    }

    private static async Task<IResult> ContestAsync(Guid id, string? about, HttpContext http, CaseViews views, PolicyBook policies, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return await views.TrackAsync(session.Actor, session.Account, new CaseId(id), cancel) is { } track
            ? ContestPageOf(http, track, about, FormState.Empty(), policies, clock, StatusCodes.Status200OK)
            : PageResult.Error(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> SendContestAsync(Guid id, HttpContext http, CaseViews views, CaseEngine engine, ApplicationFiles files, PolicyBook policies, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, length: 2000);
        var session = http.MustBeSignedIn();
        var @case = new CaseId(id);
        if (await views.HeadAsync(session.Account, @case, cancel) is not { } head)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        if (!form.Redraw && form.Ok)
        {
            var operation = http.OperationOf(form, "case.contest");
            Guid? evidence = null;
            if (string.IsNullOrWhiteSpace(form["words"]))
            {
                // Before the file is taken: it is sent again with the words.
                form.Refuse("words", "portal.contest.error.empty");
            }
            else if (form.File("evidence") is { } file)
            {
                if ((await files.TakeAsync(operation, session, head, "evidence", file, cancel)).TryGet(out var taken, out var refusal))
                {
                    evidence = taken;
                }
                else
                {
                    form.Refuse("evidence", refusal);
                }
            }
            if (form.Ok)
            {
                var outcome = await engine.ContestAsync(operation, session.Account, @case, form["about"] ?? "", form["words"] ?? "", evidence, cancel);
                if (outcome is not CaseOutcome.Invalid invalid)
                {
                    return http.Show(form, outcome, http.At($"applications/{id}"), _ => http.GoTo($"applications/{id}"));
                }
                foreach (var fault in invalid.Faults)
                {
                    form.Refuse(fault.Field, fault.Refusal);
                }
            }
        }
        return await views.TrackAsync(session.Actor, session.Account, @case, cancel) is { } track
            ? ContestPageOf(http, track, form["about"], form, policies, clock, form.Redraw ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity)
            : PageResult.Error(StatusCodes.Status404NotFound);
    }

    private static IResult ContestPageOf(HttpContext http, TrackView track, string? about, FormState form, PolicyBook policies, TimeProvider clock, int status)
    {
        if (about is null || !track.MayContest(about))
        {
            return Outcomes.NotNow(new Refusal(CaseRefusals.NothingToContest), track.Head.State, http.At($"applications/{track.Head.Case}"));
        }
        var finding = track.Findings.FirstOrDefault(f => TrackView.AboutOf(f) == about);
        var compared = track.Comparisons.FirstOrDefault(c => TrackView.AboutOf(c) == about);
        var answerBy = clock.Now() + Duration.FromDays(policies.Current.Get<int>(CasePolicies.ContestDays, clock.Today()));
        return PageResult.Of<ContestPage, ContestModel>(new(track, form, (about, finding?.Source ?? compared!.Source), finding, compared, answerBy), status);
    }

    private static async Task<IResult> AskAsync(Guid id, HttpContext http, CaseViews views, string act, Func<TrackView, IResult> page, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return await views.TrackAsync(session.Actor, session.Account, new CaseId(id), cancel) is not { } track ? PageResult.Error(StatusCodes.Status404NotFound)
            : track.Service.States.Allows(track.Head.State, act, By.Applicant) ? page(track)
            : Outcomes.NotNow(new Refusal(CaseRefusals.NotInThisState, ("state", track.Head.State)), track.Head.State, http.At($"applications/{id}"));
    }

    private static async Task<IResult> WithdrawAsync(Guid id, HttpContext http, CaseEngine engine, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        return form.Redraw
            ? http.GoTo($"applications/{id}/withdraw")
            : http.Show(form, await engine.WithdrawAsync(http.OperationOf(form, "case.withdraw"), http.MustBeSignedIn().Account, new CaseId(id), cancel), http.At($"applications/{id}"),
                _ => http.GoTo($"applications/{id}"));
    }

    private static async Task<IResult> ObjectAsync(Guid id, HttpContext http, CaseViews views, CaseEngine engine, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, length: 2000);
        var session = http.MustBeSignedIn();
        if (!form.Redraw && form.Ok)
        {
            var outcome = await engine.ObjectAsync(http.OperationOf(form, "case.object"), session.Account, new CaseId(id), form["text"] ?? "", cancel);
            if (outcome is not CaseOutcome.Invalid invalid)
            {
                return http.Show(form, outcome, http.At($"applications/{id}"), _ => http.GoTo($"applications/{id}/sent"));
            }
            foreach (var fault in invalid.Faults)
            {
                form.Refuse(fault.Field, "portal.object.error.empty");
            }
        }
        return await AskAsync(id, http, views, CaseActs.Object,
            track => PageResult.Of<ObjectPage, ActModel>(new(track, form), form.Redraw ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity), cancel);
    }
}

/// <param name="Asked">What the officer asked for, with its pages.</param>
/// <param name="SeesRecords">Whether the reader was shown to be the person of the records.</param>
/// <param name="Receipts">Of the decisions so far; none for a reader who sees no records.</param>
public sealed record TrackModel(TrackView Track, DraftView? Asked, bool SeesRecords, Instant Now, IReadOnlyList<ReceiptLine> Receipts);

/// <summary>A record that is said to be wrong: what a check found in it, or a field.</summary>
/// <param name="AnswerBy">By when its agency should answer.</param>
public sealed record ContestModel(TrackView Track, FormState Form, (string About, string Source) Point, Finding? Finding, ComparedField? Compared, Instant AnswerBy);

/// <summary>An act that is explained before it is done.</summary>
public sealed record ActModel(TrackView Track, FormState Form);
