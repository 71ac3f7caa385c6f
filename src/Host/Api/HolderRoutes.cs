using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Credentials.Telling;
using Muqeem.Credentials.Verifiers;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <summary>The digital ID. Birth and validity in the form the document has them.</summary>
/// <param name="State">in_force; frozen: by the holder; suspended: by the authority; else what stands against it: document_expired, residence_expired, residence_suspended and so on.</param>
/// <param name="SuspendedFor">A code of the list of reasons.</param>
internal sealed record DigitalIdJson(string ResidentNumber, int Version, string NameArabic, string NameLatin, string Nationality, string? Occupation, string? OccupationArabic, string BirthDate, DateOnly Issued, DateOnly ResidenceUntil, string? ResidenceUntilHijri,
    DateOnly DocumentUntil, string Place, string AnswerableName, string AnswerableKind, bool Specimen, string State, DateTimeOffset? FrozenAt, DateTimeOffset? SuspendedAt, string? SuspendedFor);

/// <summary>How the ID stands after freezing or unfreezing it.</summary>
/// <param name="State">As of the digital ID; none: there is no ID in force any more.</param>
internal sealed record IdStateJson(string State, DateTimeOffset? FrozenAt, DateTimeOffset? SuspendedAt);

/// <param name="Words">Why the suspension is wrong.</param>
internal sealed record ObjectJson(string Words);

/// <param name="State">open; upheld: the suspension stands; granted: it was lifted; closed: the ID was revoked meanwhile.</param>
/// <param name="DueAt">By when it is decided.</param>
/// <param name="Answer">Why the suspension stands, in a sentence.</param>
/// <param name="Reason">The same as a code of the list of reasons.</param>
internal sealed record HoldObjectionJson(Guid Objection, string State, string? Words, DateTimeOffset OpenedAt, DateTimeOffset DueAt, DateTimeOffset? DecidedAt, string? Reason, string? Answer)
{
    public static HoldObjectionJson Of(ObjectionInWords said) => new(said.Objection.Id, Problems.Snake(said.Objection.State.ToString()), said.Content?.Words, said.Objection.OpenedAt.ToDateTimeOffset(), said.Objection.DueAt.ToDateTimeOffset(),
        said.Objection.DecidedAt?.ToDateTimeOffset(), said.Objection.DecisionReason, said.Content?.Answer);
}

/// <param name="Text">What the QR code holds.</param>
internal sealed record LiveCodeJson(string Text, DateTimeOffset IssuedAt, DateTimeOffset Until);

internal sealed record ShortCodeJson(string Text, DateTimeOffset Until);

internal sealed record BillJson(Guid Id, Guid Case, string? Number, string Purpose, string State, long TotalHalalas, long ReceivedHalalas, long DueHalalas, DateOnly ValidUntil, PriceJson Price, DateTimeOffset IssuedAt);

internal sealed record BillsJson(long BalanceHalalas, IReadOnlyList<BillJson> Bills);

internal sealed record NoticeJson(Guid Id, DateTimeOffset At, string Kind, Guid? Case, string Title, string Body, bool Read);

/// <param name="Next">The cursor of the next, older page; null at the end.</param>
internal sealed record NoticesJson(IReadOnlyList<NoticeJson> Notices, string? Next);

internal sealed record ReadNoticesJson(IReadOnlyList<Guid> Notices);

/// <param name="ReaderName">Of a registered verifier, in the language that was asked for.</param>
internal sealed record AccessJson(Guid Id, DateTimeOffset At, string Reader, string Purpose, string PurposeText, Guid? Case, string Where, string? ReaderName = null);

internal sealed record AccessesJson(IReadOnlyList<AccessJson> Accesses, string? Next);

/// <summary>What is the signed-in resident's own: ID, codes, bills, inbox, and who looked at the data.</summary>
internal static class HolderRoutes
{
    private const int PageLength = 50;

    public static void Map(RouteGroupBuilder api)
    {
        var own = api.MapGroup("").WithTags("Own").RequireAuthorization(Doors.Records);
        own.MapGet("/id", IdAsync).WithName("DigitalId").WithSummary("The digital ID.").Produces<DigitalIdJson>().Refuses(401, 404);
        own.MapPost("/id/live-code", LiveAsync).WithName("LiveCode").WithSummary("A signed code that counts for half a minute and shows as much as the view says. It is made anew each time and changes nothing.").Produces<LiveCodeJson>().Refuses(400, 401, 404, 409, 503);
        own.MapPost("/id/short-code", ShortAsync).WithName("ShortCode").WithSummary("Eight characters to read out; the one before ends.").Produces<ShortCodeJson>().Refuses(401, 404, 409, 503);
        own.MapPost("/id/freeze", (HttpContext http, Holds holds) => HoldAsync(http, holds, holds.FreezeAsync)).WithName("FreezeId").WithSummary("The holder freezes the ID, at once: it does not count until the holder unfreezes it.").Produces<IdStateJson>().Changes<Nothing>();
        own.MapPost("/id/unfreeze", UnfreezeAsync).WithName("UnfreezeId").WithSummary("Unfreezes it; only within minutes of signing in with both factors.").Produces<IdStateJson>().Changes<Nothing>();
        own.MapGet("/id/objection", ObjectionAsync).WithName("Objection").WithSummary("The holder's objection to the suspension that is open.").Produces<HoldObjectionJson>().Refuses(401, 404);
        own.MapPost("/id/objection", ObjectAsync).WithName("ObjectToSuspension").WithSummary("Objects to the suspension of the ID, once, within the time for it. A paper that proves it is sent on the page.").Produces<HoldObjectionJson>(StatusCodes.Status201Created).Changes<ObjectJson>();
        own.MapGet("/bills", BillsAsync).WithName("Bills").WithSummary("The person's bills, newest first, and the free balance.").Produces<BillsJson>().Refuses(401);
        own.MapGet("/bills/{id:guid}", BillAsync).WithName("Bill").WithSummary("One bill.").Produces<BillJson>().Refuses(401, 404);
        own.MapGet("/inbox", InboxAsync).WithName("Inbox").WithSummary("Notices, newest first.").Produces<NoticesJson>().Refuses(400, 401);
        own.MapPost("/inbox/read", ReadAsync).WithName("MarkRead").WithSummary("Marks notices as read.").Produces(StatusCodes.Status204NoContent).Changes<ReadNoticesJson>();
        own.MapGet("/accesses", AccessesAsync).WithName("Accesses").WithSummary("Who looked at the person's data, newest first.").Produces<AccessesJson>().Refuses(400, 401);
    }

    private static async Task<IResult> IdAsync(HttpContext http, Documents documents, Residences residences, Holds holds, ReadDoor door, TimeProvider clock)
    {
        var session = http.MustBeSignedIn();
        if (await documents.LiveAsync(session.Person, http.RequestAborted) is not { } live || await residences.OfAsync(session.Person, http.RequestAborted) is not { } residence)
        {
            return Problems.NotFound(http);
        }
        var access = door.Enter(session.Actor, Purpose.Self, null, "api.id", session.Person);
        var id = DigitalId.Of(live, await documents.OpenAsync(access, live, http.RequestAborted), residence.Until);
        var open = await holds.OpenAsync(session.Person, http.RequestAborted);
        return Results.Json(new DigitalIdJson(id.ResidentNumber, id.Version, id.NameArabic, id.NameLatin, id.Nationality, id.Occupation, id.OccupationArabic, id.Birth.ToString(), id.Issued.Gregorian.ToDateOnly(), id.ResidenceUntil.Gregorian.ToDateOnly(),
            id.ResidenceUntil.Hijri?.ToString(), id.DocumentUntil.Gregorian.ToDateOnly(), id.Place, id.AnswerableName, Problems.Snake(id.AnswerableKind.ToString()), id.Specimen,
            StateOf(live, residence, open, clock), open.Freeze?.BegunAt.ToDateTimeOffset(), open.Suspension?.BegunAt.ToDateTimeOffset(), open.Suspension?.Reason), ApiJson.Options);
    }

    private static Task<IResult> UnfreezeAsync(HttpContext http, Holds holds, TimeProvider clock) =>
        // Whoever has the session's token may freeze; unfreezing asks for both factors, just given.
        http.MustBeSignedIn().IsSteppedUp(clock.Now()) ? HoldAsync(http, holds, holds.UnfreezeAsync)
        : Task.FromResult(Problems.Of(http, StatusCodes.Status409Conflict, "not_now", new Refusal(SignIn.Accounts.StepUp)));

    private static Task<IResult> HoldAsync(HttpContext http, Holds holds, Func<Actor, AccountId, PersonId, Guid, CancellationToken, Task<HoldAnswer>> verb) => Incoming.ChangeAsync<Nothing>(http, async (_, operation) =>
    {
        var session = http.MustBeSignedIn();
        if (await verb(session.Actor, session.Account, session.Person, operation.Id, http.RequestAborted) is var answer and not HoldAnswer.Done)
        {
            return IdRoutes.Refused(http, answer);
        }
        var open = await holds.OpenAsync(session.Person, http.RequestAborted);
        var services = http.RequestServices;
        var state = await services.GetRequiredService<Documents>().LiveAsync(session.Person, http.RequestAborted) is { } live && await services.GetRequiredService<Residences>().OfAsync(session.Person, http.RequestAborted) is { } residence
            ? StateOf(live, residence, open, services.GetRequiredService<TimeProvider>())
            : "none";
        return Results.Json(new IdStateJson(state, open.Freeze?.BegunAt.ToDateTimeOffset(), open.Suspension?.BegunAt.ToDateTimeOffset()), ApiJson.Options);
    });

    private static async Task<IResult> ObjectionAsync(HttpContext http, Holds holds, ReadDoor door) =>
        await OwnObjectionAsync(http, holds, door) is { } said ? Results.Json(HoldObjectionJson.Of(said), ApiJson.Options) : Problems.NotFound(http);

    private static Task<IResult> ObjectAsync(HttpContext http, Holds holds, ReadDoor door) => Incoming.ChangeAsync<ObjectJson>(http, async (body, operation) =>
    {
        var session = http.MustBeSignedIn();
        var answer = await holds.ObjectAsync(session.Actor, session.Account, session.Person, body.Words, null, operation.Id, http.RequestAborted);
        // Sent again after it was decided it is gone from the holder's ID: then there is nothing to show.
        return answer is not HoldAnswer.Done ? IdRoutes.Refused(http, answer)
            : await OwnObjectionAsync(http, holds, door) is { } said ? Results.Json(HoldObjectionJson.Of(said), ApiJson.Options, statusCode: StatusCodes.Status201Created)
            : Problems.NotFound(http);
    });

    private static Task<ObjectionInWords?> OwnObjectionAsync(HttpContext http, Holds holds, ReadDoor door)
    {
        var session = http.MustBeSignedIn();
        return holds.OwnObjectionAsync(door.Enter(session.Actor, Purpose.Self, null, "api.id", session.Person), session.Person, http.RequestAborted);
    }

    private static string StateOf(DocumentVersion live, Residence residence, OpenHolds open, TimeProvider clock) =>
        open.Gravest is { } held ? Problems.Snake(held.ToString())
        : !live.LiveOn(clock.Today()) ? "document_expired"
        : residence.StandingAt(clock.Now()) is var standing and not Standing.Active ? "residence_" + Problems.Snake(standing.ToString())
        : "in_force";

    /// <summary>No code is made: the ID is held, or there is none.</summary>
    private static async Task<IResult> NoCodeAsync(HttpContext http, Holds holds) =>
        (await holds.OpenAsync(http.MustBeSignedIn().Person, http.RequestAborted)).Refusal is { } held ? Problems.Of(http, StatusCodes.Status409Conflict, "not_now", held) : Problems.NotFound(http);

    /// <param name="view">valid, ages or full: how much whoever scans the code learns without asking us; left out: only that the ID is valid.</param>
    private static async Task<IResult> LiveAsync(HttpContext http, LiveCodes codes, Holds holds, ReadDoor door, string? view)
    {
        QrView? shown = view switch { null or "valid" => QrView.Valid, "ages" => QrView.Ages, "full" => QrView.Full, _ => null };
        if (shown is null)
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "live_view");
        }
        var session = http.MustBeSignedIn();
        try
        {
            return await codes.MakeAsync(door.Enter(session.Actor, Purpose.Self, null, "api.id", session.Person), session.Person, shown.Value, http.RequestAborted) is { } code
                ? Results.Json(new LiveCodeJson(code.Text, code.IssuedAt.ToDateTimeOffset(), code.Until.ToDateTimeOffset()), ApiJson.Options)
                : await NoCodeAsync(http, holds);
        }
        catch (KeyUnavailableException)
        {
            return Problems.Later(http, TimeSpan.FromSeconds(30));
        }
    }

    private static async Task<IResult> ShortAsync(HttpContext http, LiveCodes codes, Holds holds)
    {
        var (code, outcome) = await codes.MakeShortAsync(http.MustBeSignedIn().Person, http.RequestAborted);
        return code is not null ? Results.Json(new ShortCodeJson(code.Text, code.Until.ToDateTimeOffset()), ApiJson.Options)
            : outcome is WriteOutcome.Done ? await NoCodeAsync(http, holds)
            : Problems.Later(http, outcome is WriteOutcome.Busy busy ? busy.RetryAfter : TimeSpan.FromSeconds(2));
    }

    private static async Task<IResult> BillsAsync(HttpContext http, Ledger ledger, TimeProvider clock)
    {
        var person = http.MustBeSignedIn().Person.Value;
        var bills = await ledger.BillsOfPayerAsync(person, 100, http.RequestAborted);
        return Results.Json(new BillsJson((await ledger.BalanceOfAsync(person, http.RequestAborted)).Halalas, [.. bills.Select(b => Of(http, b, clock))]), ApiJson.Options);
    }

    /// <summary>A bill that the person owes, or that somebody else (the employer) owes for a case of this account.</summary>
    private static async Task<IResult> BillAsync(HttpContext http, Ledger ledger, Cases.CaseViews views, TimeProvider clock, Guid id)
    {
        var session = http.MustBeSignedIn();
        return await ledger.BillAsync(new BillId(id), http.RequestAborted) is { } bill
            && (bill.Payer.Id == session.Person.Value || await views.HeadAsync(session.Account, bill.Case, http.RequestAborted) is not null)
            ? Results.Json(Of(http, bill, clock), ApiJson.Options)
            : Problems.NotFound(http);
    }

    private static BillJson Of(HttpContext http, Bill bill, TimeProvider clock) => new(bill.Id.Value, bill.Case.Value, bill.Number, bill.Purpose, Problems.Snake(bill.StateOn(clock.Today()).ToString()), bill.Total.Halalas, bill.Received.Halalas,
        bill.Due.Halalas, bill.ValidUntil.ToDateOnly(), ServiceRoutes.Of(Problems.Words(http), bill.Lines), bill.IssuedAt.ToDateTimeOffset());

    private static async Task<IResult> InboxAsync(HttpContext http, Notices notices, ReadDoor door, string? before)
    {
        if (before is not null && !Guid.TryParse(before, out _))
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "malformed");
        }
        var session = http.MustBeSignedIn();
        var language = Problems.Words(http);
        var access = door.Enter(session.Actor, Purpose.Self, null, "api.inbox", session.Person);
        var lines = await notices.ListAsync(access, session.Person, before is null ? null : Guid.Parse(before), PageLength + 1, http.RequestAborted);
        return Results.Json(new NoticesJson([.. lines.Take(PageLength).Select(n => new NoticeJson(n.Id, n.At.ToDateTimeOffset(), n.Kind, n.Case?.Value, Words(n, "title"), Words(n, "body"), n.Read))],
            lines.Count > PageLength ? lines[PageLength - 1].Id.ToString() : null), ApiJson.Options);

        string Words(Notice notice, string part)
        {
            var key = $"notice.{notice.Kind}.{part}";
            return language.Has(key) ? language.Text(key, notice.Arguments.ToDictionary(a => a.Key, a => (object?)a.Value, StringComparer.Ordinal)) : notice.Kind;
        }
    }

    private static Task<IResult> ReadAsync(HttpContext http, Notices notices, IWriter writer, TimeProvider clock) => Incoming.ChangeAsync<ReadNoticesJson>(http, async (body, operation) =>
    {
        if (body.Notices.Count > 500)
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "malformed");
        }
        var person = http.MustBeSignedIn().Person;
        var change = new Change(new Act(ActId.New(clock), "inbox.read", operation.Actor, operation.Id, operation.Digest, clock.Now()) { Person = person });
        notices.MarkRead(change, person, body.Notices.Distinct());
        return await writer.WriteAsync(change, cancel: http.RequestAborted) switch
        {
            WriteOutcome.Done or WriteOutcome.Replayed => Results.NoContent(),
            WriteOutcome.OperationReused => Problems.Of(http, StatusCodes.Status409Conflict, "operation_reused"),
            WriteOutcome.Busy busy => Problems.Later(http, busy.RetryAfter),
            _ => Problems.Later(http, TimeSpan.FromSeconds(2)),
        };
    });

    private static async Task<IResult> AccessesAsync(HttpContext http, AccessLog log, VerifierBook verifiers, string? before)
    {
        if (before is not null && !Guid.TryParse(before, out _))
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "malformed");
        }
        var language = Problems.Words(http);
        var page = await log.ForPersonAsync(http.MustBeSignedIn().Person, before is null ? null : Guid.Parse(before), PageLength, cancel: http.RequestAborted);
        return Results.Json(new AccessesJson([.. page.Lines.Select(l => new AccessJson(l.Id, l.At.ToDateTimeOffset(), Problems.Snake(l.Reader.Kind.ToString()), Problems.Snake(l.Purpose.ToString()),
            Purposed(l), l.Case?.Value, l.Where, NameOf(l.Reader)))], page.Next?.ToString()), ApiJson.Options);

        string Purposed(AccessLine line)
        {
            foreach (var (text, purpose) in new[] { ("portal.accesses.checked", VerifierDesk.PurposeIn(line.Where)), ("portal.accesses.told", Teller.PurposeIn(line.Where)) })
            {
                if (line.Reader.Kind == ActorKind.Verifier && language.Has("verifier.purpose." + purpose))
                {
                    return language.Text(text, ("purpose", language.Text("verifier.purpose." + purpose)));
                }
            }
            var key = "sys.purpose." + Problems.Snake(line.Purpose.ToString());
            return language.Has(key) ? language.Text(key) : Problems.Snake(line.Purpose.ToString());
        }

        string? NameOf(Actor reader) => reader.Kind == ActorKind.Verifier && Guid.TryParse(reader.Id, out var id) ? verifiers.Find(id)?.NameIn(language.Code) : null;
    }
}
