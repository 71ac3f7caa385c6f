using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <param name="Code">What the QR code on it holds.</param>
/// <param name="Mrz">The machine-readable zone: three lines of thirty (ICAO 9303-5).</param>
/// <param name="Front">Address of the picture.</param>
internal sealed record CardJson(Guid Id, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt, string Code, IReadOnlyList<string> Mrz, string Front, string Back, string Pdf, string CodePicture);

/// <summary>The resident ID as a card to print or show.</summary>
internal static class CardRoutes
{
    private const string Root = "/id/card";

    public static void Map(RouteGroupBuilder api)
    {
        var own = api.MapGroup(Root).WithTags("Own").RequireAuthorization(Doors.Records);
        own.MapPost("", AskAsync).WithName("AskForCard").WithSummary("Signs the code of the card of the present ID; asked for again it is the same card.").Produces<CardJson>().Changes<Nothing>();
        Side(own, "/front.png", CardFormat.FrontPng, "image/png", "CardFront", "The front of the card.");
        Side(own, "/back.png", CardFormat.BackPng, "image/png", "CardBack", "The back of the card.");
        own.MapGet("/code.svg", CodeAsync).WithName("CardCode").WithSummary("The card's QR code alone.").Produces<string>(StatusCodes.Status200OK, "image/svg+xml").Refuses(401, 404);
        Side(own, "/card.pdf", CardFormat.Pdf, "application/pdf", "CardPdf", "Both sides in the size of a card, to print.");
    }

    private static void Side(RouteGroupBuilder own, string path, CardFormat format, string type, string name, string summary) =>
        own.MapGet(path, (HttpContext http, IssuedCards cards, ReadDoor door) => DrawAsync(http, cards, door, format, type)).WithName(name).WithSummary(summary)
            .Produces<byte[]>(StatusCodes.Status200OK, type).Refuses(401, 404, 409);

    private static Task<IResult> AskAsync(HttpContext http, IssuedCards cards, ReadDoor door) => Incoming.ChangeAsync<Nothing>(http, async (_, _) =>
    {
        var session = http.MustBeSignedIn();
        var access = door.Enter(session.Actor, Purpose.Self, null, "api.card", session.Person);
        FormAnswer answer;
        try
        {
            answer = await cards.AskAsync(access, session.Actor, session.Person, http.RequestAborted);
        }
        catch (KeyUnavailableException)
        {
            return Problems.Later(http, TimeSpan.FromSeconds(30));
        }
        if (answer is not FormAnswer.Issued { Form: var card })
        {
            return CredentialRoutes.Refused(http, answer);
        }
        return await cards.ModelAsync(access, session.Person, http.RequestAborted) is { } model
            ? Results.Json(new CardJson(card.Id, card.IssuedAt.ToDateTimeOffset(), card.ExpiresAt.ToDateTimeOffset(), model.Qr, model.Mrz, At("/front.png"), At("/back.png"), At("/card.pdf"), At("/code.svg")), ApiJson.Options)
            : Problems.NotFound(http);

        string At(string side) => http.Request.PathBase + ApiSetup.Root + Root + side;
    });

    private static async Task<IResult> CodeAsync(HttpContext http, IssuedCards cards, ReadDoor door)
    {
        var session = http.MustBeSignedIn();
        return await cards.ModelAsync(door.Enter(session.Actor, Purpose.Self, null, "api.card", session.Person), session.Person, http.RequestAborted) is { } card
            ? Results.Text(QrPicture.Svg(card.Qr, Problems.Words(http).Text("live.label")), "image/svg+xml")
            : Problems.NotFound(http);
    }

    private static async Task<IResult> DrawAsync(HttpContext http, IssuedCards cards, ReadDoor door, CardFormat format, string type)
    {
        var session = http.MustBeSignedIn();
        var access = door.Enter(session.Actor, Purpose.Self, null, "api.card", session.Person);
        try
        {
            return await cards.DrawAsync(access, session.Person, format, http.RequestAborted) is { } drawn ? Results.Bytes(drawn, type) : Problems.NotFound(http);
        }
        catch (DrawingException fault) when (fault.Fault is not DrawingFault.Ended)
        {
            return Problems.Of(http, StatusCodes.Status409Conflict, "card_not_drawable");
        }
        catch (DrawingException)
        {
            return Problems.Later(http, TimeSpan.FromSeconds(5));
        }
    }
}
