using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Showing;

/// <summary>The card of the ID: made when it is asked for, then looked at and printed.</summary>
internal static class CardPages
{
    public static void Map(RouteGroupBuilder resident)
    {
        resident.MapGet("/id/card", async (HttpContext http, HolderIds ids, IssuedCards cards, CancellationToken cancel) => await PageAsync(http, ids, cards, null, cancel));
        resident.MapPost("/id/card", AskAsync);
        resident.MapGet("/id/card/front.png", (HttpContext http, IssuedCards cards, ReadDoor door, CancellationToken cancel) => DrawAsync(http, cards, door, CardFormat.FrontPng, "image/png", cancel));
        resident.MapGet("/id/card/back.png", (HttpContext http, IssuedCards cards, ReadDoor door, CancellationToken cancel) => DrawAsync(http, cards, door, CardFormat.BackPng, "image/png", cancel));
        resident.MapGet("/id/card/card.pdf", (HttpContext http, IssuedCards cards, ReadDoor door, CancellationToken cancel) => DrawAsync(http, cards, door, CardFormat.Pdf, "application/pdf", cancel));
        resident.MapGet("/id/card/copy.html", CopyAsync);
    }

    private static async Task<IResult> PageAsync(HttpContext http, HolderIds ids, IssuedCards cards, string? problem, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return session.SeesRecords && await ids.OfAsync(session, cancel) is { } held
            ? PageResult.Of<CardPage, CardPageModel>(new(held.Id.DocumentUntil.Gregorian, await cards.HasAsync(session.Person, cancel), problem))
            : http.GoTo("id");
    }

    private static async Task<IResult> AskAsync(HttpContext http, HolderIds ids, IssuedCards cards, ReadDoor door, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        if (form.Redraw || !session.SeesRecords)
        {
            return http.GoTo("id/card");
        }
        FormAnswer answer;
        try
        {
            answer = await cards.AskAsync(door.Enter(session.Actor, Purpose.Self, null, "portal.card", session.Person), session.Actor, session.Person, cancel);
            if (answer is FormAnswer.Issued)
            {
                // Drawn once now, so that who cannot have a card is told so here and not by a broken picture.
                await cards.DrawAsync(door.Enter(session.Actor, Purpose.Self, null, "portal.card", session.Person), session.Person, CardFormat.FrontPng, cancel);
            }
        }
        catch (KeyUnavailableException)
        {
            return http.TryAgain(form, TimeSpan.FromSeconds(30));
        }
        catch (DrawingException fault)
        {
            return fault.Fault == DrawingFault.Ended ? http.TryAgain(form, TimeSpan.FromSeconds(5)) : await PageAsync(http, ids, cards, "portal.card.too_long", cancel);
        }
        return answer switch
        {
            FormAnswer.Issued or FormAnswer.NoDocument => http.GoTo("id/card"),
            FormAnswer.Held => http.GoTo("id"),
            FormAnswer.NotInForce => await PageAsync(http, ids, cards, "portal.card.not_now", cancel),
            FormAnswer.NotWritten { Outcome: WriteOutcome.Busy busy } => http.TryAgain(form, busy.RetryAfter),
            _ => http.TryAgain(form, TimeSpan.FromSeconds(2)),
        };
    }

    /// <summary>A page that stands alone, to be kept on the phone.</summary>
    private static async Task<IResult> CopyAsync(HttpContext http, IssuedCards cards, ReadDoor door, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var access = door.Enter(session.Actor, Purpose.Self, null, "portal.card", session.Person);
        if (!session.SeesRecords || await cards.ModelAsync(access, session.Person, cancel) is not { } card)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        http.Response.Headers.ContentDisposition = "attachment; filename=\"resident-id.html\"";
        return PageResult.Of<CopyPage, CopyModel>(new(card, clock.Now()));
    }

    private static async Task<IResult> DrawAsync(HttpContext http, IssuedCards cards, ReadDoor door, CardFormat format, string type, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        try
        {
            return session.SeesRecords && await cards.DrawAsync(door.Enter(session.Actor, Purpose.Self, null, "portal.card", session.Person), session.Person, format, cancel) is { } drawn
                ? Results.Bytes(drawn, type)
                : PageResult.Error(StatusCodes.Status404NotFound);
        }
        catch (DrawingException)
        {
            return PageResult.Error(StatusCodes.Status503ServiceUnavailable);
        }
    }
}

/// <param name="Made">When the copy was made: how old its proof is.</param>
public sealed record CopyModel(CardModel Card, Instant Made);

/// <param name="Until">The last day of the document, and so of the card.</param>
/// <param name="Made">Whether it was asked for.</param>
/// <param name="Problem">Key of a sentence; null: none.</param>
public sealed record CardPageModel(LocalDate Until, bool Made, string? Problem);
