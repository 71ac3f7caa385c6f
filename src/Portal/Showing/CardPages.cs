using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
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
        resident.MapGet("/id/card", PageAsync);
        resident.MapPost("/id/card", AskAsync);
        resident.MapGet("/id/card/front.png", (HttpContext http, IssuedCards cards, ReadDoor door, CancellationToken cancel) => DrawAsync(http, cards, door, CardFormat.FrontPng, "image/png", cancel));
        resident.MapGet("/id/card/back.png", (HttpContext http, IssuedCards cards, ReadDoor door, CancellationToken cancel) => DrawAsync(http, cards, door, CardFormat.BackPng, "image/png", cancel));
        resident.MapGet("/id/card/card.pdf", (HttpContext http, IssuedCards cards, ReadDoor door, CancellationToken cancel) => DrawAsync(http, cards, door, CardFormat.Pdf, "application/pdf", cancel));
        resident.MapGet("/id/card/copy.html", CopyAsync);
    }

    private static async Task<IResult> PageAsync(HttpContext http, HolderIds ids, IssuedCards cards, ReadDoor door, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (!session.SeesRecords || await ids.OfAsync(session, cancel) is not { } held)
        {
            return http.GoTo("id");
        }
        var until = held.Id.DocumentUntil.Gregorian;
        return await cards.LookAsync(Enter(door, session), session.Person, cancel) switch
        {
            // The page of the ID says that it is held, and what can be done.
            CardAnswer.Held => http.GoTo("id"),
            CardAnswer.Made made => Page(new(made.Model.Id.DocumentUntil.Gregorian, Made: true)),
            CardAnswer.NotDrawable no => Page(new(until, Made: true) { NotDrawable = no.Why }),
            CardAnswer.Later later => PageResult.Error(StatusCodes.Status503ServiceUnavailable).RetryAfter(later.After),
            _ => Page(new(until, Made: false)),
        };

        static PageResult Page(CardPageModel model) => PageResult.Of<CardPage, CardPageModel>(model);
    }

    private static async Task<IResult> AskAsync(HttpContext http, HolderIds ids, IssuedCards cards, ReadDoor door, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        if (form.Redraw || !session.SeesRecords)
        {
            return http.GoTo("id/card");
        }
        return await cards.AskAsync(Enter(door, session), session.Actor, session.Person, cancel) switch
        {
            CardAnswer.Held => http.GoTo("id"),
            CardAnswer.NotSigned { Why: FormAnswer.NotInForce } => await ids.OfAsync(session, cancel) is { } held
                ? PageResult.Of<CardPage, CardPageModel>(new(held.Id.DocumentUntil.Gregorian, Made: false) { NotInForce = true })
                : http.GoTo("id"),
            CardAnswer.NotSigned { Why: FormAnswer.NotWritten { Outcome: WriteOutcome.Busy busy } } => http.TryAgain(form, busy.RetryAfter),
            CardAnswer.NotSigned => http.TryAgain(form, TimeSpan.FromSeconds(2)),
            CardAnswer.Later later => http.TryAgain(form, later.After),
            _ => http.GoTo("id/card"),
        };
    }

    /// <summary>A page that stands alone, to be kept on the phone.</summary>
    private static async Task<IResult> CopyAsync(HttpContext http, IssuedCards cards, ReadDoor door, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (!session.SeesRecords)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        var found = await cards.FindAsync(Enter(door, session), session.Person, cancel);
        if (found is not CardAnswer.Made card)
        {
            return Refused(http, found);
        }
        http.Response.Headers.ContentDisposition = "attachment; filename=\"resident-id.html\"";
        return PageResult.Of<CopyPage, CopyModel>(new(card.Model, clock.Now()));
    }

    private static async Task<IResult> DrawAsync(HttpContext http, IssuedCards cards, ReadDoor door, CardFormat format, string type, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (!session.SeesRecords)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        var answer = await cards.DrawAsync(Enter(door, session), session.Person, format, cancel);
        return answer is CardAnswer.Drawn drawn ? Results.Bytes(drawn.File, type) : Refused(http, answer);
    }

    private static Access Enter(ReadDoor door, Session session) => door.Enter(session.Actor, Purpose.Self, null, "portal.card", session.Person);

    private static IResult Refused(HttpContext http, CardAnswer answer) => answer switch
    {
        CardAnswer.Held held => Outcomes.NotNow(held.Why, null, http.At("id")),
        CardAnswer.NotDrawable no => Outcomes.NotNow(no.Why, null, http.At("id/card")),
        CardAnswer.Later later => PageResult.Error(StatusCodes.Status503ServiceUnavailable).RetryAfter(later.After),
        _ => PageResult.Error(StatusCodes.Status404NotFound),
    };
}

/// <param name="Made">When the copy was made: how old its proof is.</param>
public sealed record CopyModel(CardModel Card, Instant Made);

/// <param name="Until">The last day of the card; before it is made, that of the document.</param>
/// <param name="Made">Whether it was asked for.</param>
public sealed record CardPageModel(LocalDate Until, bool Made)
{
    /// <summary>Made, and cannot be drawn: then no picture is shown.</summary>
    public Refusal? NotDrawable { get; init; }

    /// <summary>It was asked for on a day on which there is nothing to make it of.</summary>
    public bool NotInForce { get; init; }
}
