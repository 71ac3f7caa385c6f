using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Portal.Shared;
using Muqeem.Portal.Showing;
using Muqeem.SignIn;

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
public sealed record HeldIdModel(HeldId Held, OpenHolds Open);
