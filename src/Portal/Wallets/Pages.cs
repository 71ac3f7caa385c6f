using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Agencies;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;

namespace Muqeem.Portal.Wallets;

/// <summary>The ID in wallet apps: put there by a picture and six digits, listed, and taken out by one press.</summary>
internal static class Pages
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        var holder = pages.MapGroup("/id/wallet").RequireAuthorization(Doors.Resident);
        holder.MapGet("", async (HttpContext http, HolderWallets wallets, NationalWallet national, WalletApp app, CancellationToken cancel) => await PageAsync(http, wallets, national, app, null, cancel));
        holder.MapPost("", PostAsync);
    }

    private static async Task<IResult> PageAsync(HttpContext http, HolderWallets wallets, NationalWallet national, WalletApp app, MadeOffer? offer, CancellationToken cancel) => http.MustBeSignedIn() is { SeesRecords: true } session
        ? PageResult.Of<WalletPage, WalletModel>(new(await wallets.OfAsync(session.Person, cancel), offer)
        {
            National = app.IsConfigured ? new(await national.ConsentAsync(session.Person, cancel), await national.CardAsync(session.Person, cancel), await national.WantedAsync(session.Person, cancel)) : null,
        })
        : http.GoTo("id");

    private static async Task<IResult> PostAsync(HttpContext http, HolderWallets wallets, NationalWallet national, WalletApp app, ReadDoor door, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var session = http.MustBeSignedIn();
        if (form.Redraw || !session.SeesRecords)
        {
            return http.GoTo("id/wallet");
        }
        WalletAnswer answer;
        if (Guid.TryParse(form["remove"], out var wallet))
        {
            // Taking out protects: whoever is signed in may do it.
            answer = await wallets.RemoveAsync(session.Actor, session.Person, wallet, http.OperationIdOf(form), cancel);
        }
        else if (form["national"] == "end")
        {
            answer = await national.TakeBackAsync(session.Actor, session.Person, http.OperationIdOf(form), cancel);
        }
        else if (!session.IsSteppedUp(clock.Now()))
        {
            return http.GoTo("step-up?returnTo=" + Uri.EscapeDataString(http.At("id/wallet")));
        }
        else if (form["national"] == "show")
        {
            answer = await national.GiveAsync(session.Actor, session.Account, session.Person, http.OperationIdOf(form), cancel);
        }
        else
        {
            answer = await wallets.OfferAsync(door.Enter(session.Actor, Purpose.Self, null, "portal.wallet", session.Person), session.Actor, session.Account, session.Person, cancel);
        }
        return answer switch
        {
            // In the answer itself, because neither code is stored: asked for again there is another.
            WalletAnswer.Offered offered => await PageAsync(http, wallets, national, app, offered.Offer, cancel),
            WalletAnswer.Refused refused => Outcomes.NotNow(refused.Refusal, null, http.At("id")),
            WalletAnswer.NotThere => PageResult.Error(StatusCodes.Status404NotFound),
            WalletAnswer.TryAgain later => http.TryAgain(form, later.After),
            _ => http.GoTo("id/wallet"),
        };
    }
}

/// <param name="All">Newest first.</param>
/// <param name="Offer">Made just now.</param>
public sealed record WalletModel(IReadOnlyList<WalletLine> All, MadeOffer? Offer)
{
    /// <summary>Null: there is no national wallet app.</summary>
    public NationalModel? National { get; init; }
}

/// <param name="Wanted">What is to be shown there now; null: nothing.</param>
public sealed record NationalModel(NationalConsent Consent, NationalCard Card, WantedCard? Wanted)
{
    /// <summary>How it stands, while the holder wants it there. Texts: <c>portal.wallet.national.*</c>.</summary>
    public string Word => Card.Reference is not null ? "shown" : Card.Unknown ? "unknown" : Wanted switch { null => "over", { Held: true } => "held", _ => "sending" };
}
