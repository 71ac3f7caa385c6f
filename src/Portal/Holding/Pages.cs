using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Files;
using Muqeem.Platform.Pages;
using Muqeem.Portal.Shared;
using Muqeem.Portal.Showing;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Holding;

/// <summary>The holder freezes the ID when it may be in other hands, and unfreezes it. Freezing is one press; unfreezing asks again who it is.</summary>
internal static class Pages
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        var resident = pages.MapGroup("/id").RequireAuthorization(Doors.Resident);
        resident.MapGet("/freeze", async (HttpContext http, Documents documents, Holds holds, CancellationToken cancel) =>
            await CanFreezeAsync(http, documents, holds, cancel) ? PageResult.Of<FreezePage>() : http.GoTo("id"));
        resident.MapPost("/freeze", FreezeAsync);
        resident.MapGet("/unfreeze", async (HttpContext http, Holds holds, CancellationToken cancel) =>
            await holds.OpenAsync(http.MustBeSignedIn().Person, cancel) is { Freeze: not null } open ? PageResult.Of<UnfreezePage, OpenHolds>(open) : http.GoTo("id"));
        resident.MapPost("/unfreeze", UnfreezeAsync);
        resident.MapGet("/objection", async (HttpContext http, Holds holds, CancellationToken cancel) => await ObjectPageAsync(http, FormState.Empty(), holds, cancel));
        resident.MapPost("/objection", ObjectAsync);
    }

    private static async Task<bool> CanFreezeAsync(HttpContext http, Documents documents, Holds holds, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return session.SeesRecords && await documents.LiveAsync(session.Person, cancel) is not null && await holds.OpenAsync(session.Person, cancel) is { Freeze: null };
    }

    private static async Task<IResult> FreezeAsync(HttpContext http, Holds holds, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var session = http.MustBeSignedIn();
        // An account that does not see the records has no ID to show, and none to freeze.
        return !session.SeesRecords || form.Redraw ? http.GoTo("id")
            : Answer(http, form, await holds.FreezeAsync(session.Actor, session.Account, session.Person, http.OperationIdOf(form), cancel));
    }

    private static async Task<IResult> UnfreezeAsync(HttpContext http, Holds holds, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var session = http.MustBeSignedIn();
        if (!session.SeesRecords || form.Redraw)
        {
            return http.GoTo("id");
        }
        // Whoever holds the phone may freeze; only the holder unfreezes.
        return session.IsSteppedUp(clock.Now())
            ? Answer(http, form, await holds.UnfreezeAsync(session.Actor, session.Account, session.Person, http.OperationIdOf(form), cancel))
            : http.GoTo("step-up?returnTo=" + Uri.EscapeDataString(http.At("id/unfreeze")));
    }

    private static async Task<IResult> ObjectAsync(HttpContext http, Holds holds, Uploads uploads, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, length: Holds.LongestObjection * 2);
        var session = http.MustBeSignedIn();
        if (!session.SeesRecords)
        {
            return http.GoTo("id");
        }
        if (form is { Redraw: false, Ok: true })
        {
            ObjectionEvidence? evidence = null;
            if (string.IsNullOrWhiteSpace(form["words"]))
            {
                // Before the file is taken: it is sent again with the words.
                form.Refuse("words", new Refusal(HoldRefusals.ObjectionMissing));
            }
            else if (form.File("evidence") is { } file)
            {
                await using var content = file.OpenReadStream();
                if ((await uploads.ReceiveAsync(content, file.FileName, UploadRule.Document, cancel)).TryGet(out var received, out var refusal))
                {
                    evidence = new(received.Digest, (change, stop) => uploads.AddAsync(change, session.Person, null, "evidence", received, stop));
                }
                else
                {
                    form.Refuse("evidence", refusal);
                }
            }
            if (form.Ok)
            {
                var answer = await holds.ObjectAsync(session.Actor, session.Account, session.Person, form["words"], evidence, http.OperationIdOf(form), cancel);
                if (answer is not HoldAnswer.Refused { Refusal: { Code: HoldRefusals.ObjectionMissing or HoldRefusals.WordsTooLong } wrong })
                {
                    return Answer(http, form, answer);
                }
                form.Refuse("words", wrong);
            }
        }
        return await ObjectPageAsync(http, form, holds, cancel);
    }

    private static async Task<IResult> ObjectPageAsync(HttpContext http, FormState form, Holds holds, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (!session.SeesRecords || await holds.OpenAsync(session.Person, cancel) is not { Suspension: { } suspension })
        {
            return http.GoTo("id");
        }
        return await holds.AgainstObjectingAsync(session.Person, cancel) is { } no
            ? Outcomes.NotNow(no, null, http.At("id"))
            : PageResult.Of<ObjectToHoldPage, ObjectToHoldModel>(new(suspension, form, holds.AnsweredBy), form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    private static IResult Answer(HttpContext http, FormState form, HoldAnswer answer) => answer switch
    {
        HoldAnswer.Done or HoldAnswer.NotThere => http.GoTo("id"),
        HoldAnswer.Refused refused => Outcomes.NotNow(refused.Refusal, null, http.At("id")),
        HoldAnswer.OperationReused => Outcomes.NotNow(new Refusal(Outcomes.Reused), null, http.At("id")),
        HoldAnswer.TryAgain later => http.TryAgain(form, later.After),
        _ => throw new InvalidOperationException($"An unknown answer: {answer.GetType().Name}."),
    };
}

/// <summary>The ID while it does not count: it says so, and is not drawn as an ID that somebody could take for a good one.</summary>
/// <param name="Objection">What the holder said against the suspension.</param>
/// <param name="ObjectUntil">The last day on which the holder may object; null when that is over, or was done.</param>
public sealed record HeldIdModel(HeldId Held, OpenHolds Open, ObjectionInWords? Objection, LocalDate? ObjectUntil);

/// <param name="AnswerBy">The day by which it will be decided.</param>
public sealed record ObjectToHoldModel(DocumentHold Suspension, FormState Form, LocalDate AnswerBy);
