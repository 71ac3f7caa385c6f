using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Live;
using Muqeem.Platform.Privacy;
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
        own.MapGet("/code.svg", CodeAsync).WithName("CardCode").WithSummary("The card's QR code alone.").Produces<string>(StatusCodes.Status200OK, "image/svg+xml").Refuses(401, 404, 409);
        Side(own, "/card.pdf", CardFormat.Pdf, "application/pdf", "CardPdf", "Both sides in the size of a card, to print.");
    }

    private static void Side(RouteGroupBuilder own, string path, CardFormat format, string type, string name, string summary) =>
        own.MapGet(path, (HttpContext http, IssuedCards cards, ReadDoor door) => DrawAsync(http, cards, door, format, type)).WithName(name).WithSummary(summary)
            .Produces<byte[]>(StatusCodes.Status200OK, type).Refuses(401, 404, 409);

    private static Task<IResult> AskAsync(HttpContext http, IssuedCards cards, ReadDoor door) => Incoming.ChangeAsync<Nothing>(http, async (_, _) =>
    {
        var session = http.MustBeSignedIn();
        return Answer(http, await cards.AskAsync(Enter(door, session), session.Actor, session.Person, http.RequestAborted), made => Results.Json(
            new CardJson(made.Form.Id, made.Form.IssuedAt.ToDateTimeOffset(), made.Form.ExpiresAt.ToDateTimeOffset(), made.Model.Qr, made.Model.Mrz, At("/front.png"), At("/back.png"), At("/card.pdf"), At("/code.svg")), ApiJson.Options));

        string At(string side) => http.Request.PathBase + ApiSetup.Root + Root + side;
    });

    private static async Task<IResult> CodeAsync(HttpContext http, IssuedCards cards, ReadDoor door)
    {
        var session = http.MustBeSignedIn();
        return Answer(http, await cards.FindAsync(Enter(door, session), session.Person, http.RequestAborted), made => Results.Text(QrPicture.Svg(made.Model.Qr, Problems.Words(http).Text("live.label")), "image/svg+xml"));
    }

    private static async Task<IResult> DrawAsync(HttpContext http, IssuedCards cards, ReadDoor door, CardFormat format, string type)
    {
        var session = http.MustBeSignedIn();
        return await cards.DrawAsync(Enter(door, session), session.Person, format, http.RequestAborted) switch
        {
            CardAnswer.Drawn drawn => Results.Bytes(drawn.File, type),
            var other => Answer(http, other, _ => Problems.NotFound(http)),
        };
    }

    private static Access Enter(ReadDoor door, Session session) => door.Enter(session.Actor, Purpose.Self, null, "api.card", session.Person);

    private static IResult Answer(HttpContext http, CardAnswer answer, Func<CardAnswer.Made, IResult> made) => answer switch
    {
        CardAnswer.Made card => made(card),
        CardAnswer.Held held => Problems.Of(http, StatusCodes.Status409Conflict, "not_now", held.Why),
        CardAnswer.NotDrawable no => Problems.Of(http, StatusCodes.Status409Conflict, "card_not_drawable", no.Why),
        CardAnswer.NotSigned no => CredentialRoutes.Refused(http, no.Why),
        CardAnswer.Later later => Problems.Later(http, later.After),
        _ => Problems.NotFound(http),
    };
}
