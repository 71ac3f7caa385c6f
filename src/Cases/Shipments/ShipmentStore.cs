using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>The shipments of cards. One a case; one under way a version of the ID, which a claim guards.</summary>
public sealed class ShipmentStore(Db db, Sealer sealer, ReadDoor door, TimeProvider clock)
{
    /// <summary>One code in a million, and few tries.</summary>
    private const int Codes = 1_000_000;

    private readonly JournalFeed _feed = new(db);

    private const string Columns = """
        SELECT case_id AS CaseId, document_id AS DocumentId, tracking_number AS TrackingNumber, promised_at AS PromisedAt, told_at AS ToldAt, reason AS Reason, next_on AS NextOn,
               late_at AS LateAt, wrong_codes AS WrongCodes, confirmed_at AS ConfirmedAt, old_card AS OldCard, ended_at AS EndedAt
        FROM shipment
        """;

    public async Task<Shipment?> OfCaseAsync(CaseId id, CancellationToken cancel = default) => await db.FirstAsync<Shipment>(Columns + " WHERE case_id = @id", new { id = id.Value }, cancel);

    /// <summary>The reference of the case by which this version of the ID is being sent; null: by none.</summary>
    public async Task<string?> UnderWayAsync(Guid document, CancellationToken cancel = default) =>
        await db.FirstAsync<string>("SELECT h.reference FROM shipment s JOIN case_head h ON h.id = s.case_id WHERE s.document_id = @document AND s.ended_at IS NULL", new { document }, cancel);

    /// <summary>All of these people, also those that are over; the oldest first.</summary>
    public async Task<IReadOnlyList<ShipmentStanding>> OfPersonsAsync(IReadOnlyCollection<PersonId> persons, CancellationToken cancel = default) => await db.QueryAsync<ShipmentStanding>("""
        SELECT h.person_id AS PersonId, s.case_id AS CaseId, h.reference AS Reference, h.state AS State, s.tracking_number AS TrackingNumber, s.told_at AS ToldAt, s.ended_at AS EndedAt
        FROM case_head h JOIN shipment s ON s.case_id = h.id WHERE h.person_id = ANY(@persons) ORDER BY s.promised_at, s.case_id
        """, new { persons = persons.Select(p => p.Value).ToArray() }, cancel);

    /// <summary>Whose shipments acts from this position of the journal on changed; bounded, so ask until it is at the end.</summary>
    public async Task<(IReadOnlyCollection<PersonId> Persons, long Next, bool AtEnd)> WrittenSinceAsync(long from, CancellationToken cancel = default)
    {
        var page = await _feed.ReadAsync(CaseTables.Case, from, cancel);
        var persons = page.Heads.Count == 0 ? (IReadOnlyList<Guid>)[] : await db.QueryAsync<Guid>(
            "SELECT DISTINCT h.person_id FROM shipment s JOIN case_head h ON h.id = s.case_id WHERE s.case_id = ANY(@ids)", new { ids = page.Heads.ToList() }, cancel);
        return ([.. persons.Select(p => new PersonId(p))], page.Next, page.AtEnd);
    }

    internal async Task OrderAsync(Change change, CaseHead head, Guid document, string shortAddress, Instant promised)
    {
        change.Claims.Add(ClaimOf(document));
        Put(change, new Shipment { CaseId = head.Id, DocumentId = document, PromisedAt = promised });
        var content = new ShipmentContent(shortAddress, RandomNumberGenerator.GetInt32(Codes).ToString("D6", CultureInfo.InvariantCulture));
        change.Rows.Add(CaseTables.ShipmentContent.Insert(head.Id, await sealer.SealAsync(change, Context(head), content)));
    }

    internal static void Put(Change change, Shipment s) => change.Rows.Add(CaseTables.Shipment.Put(
        s.CaseId, s.DocumentId, s.TrackingNumber, s.PromisedAt, s.ToldAt, s.Reason, s.NextOn, s.LateAt, s.WrongCodes, s.ConfirmedAt, s.OldCard, s.EndedAt));

    /// <summary>It is over: the same ID may be sent again.</summary>
    internal void End(Change change, Shipment shipment)
    {
        Put(change, shipment with { EndedAt = clock.Now() });
        change.Releases.Add(ClaimOf(shipment.DocumentId));
    }

    internal async Task<ShipmentContent> OpenAsync(Access access, CaseHead head, CancellationToken cancel) => await door.OpenAsync<ShipmentContent>(access, Context(head),
        await db.SingleAsync<byte[]>("SELECT content FROM shipment_content WHERE case_id = @id", new { id = head.Id }, cancel), cancel);

    /// <summary>Adds to the act by which a version of the ID ends that the post is told not to hand it over, if it is on its way.</summary>
    public async Task DocumentEndsAsync(Change change, Guid document, CancellationToken cancel = default)
    {
        if (await db.FirstAsync<Guid?>("SELECT case_id FROM shipment WHERE document_id = @document AND ended_at IS NULL", new { document }, cancel) is { } id)
        {
            // Played within a second, once by the row: so the act that ends an ID races with nothing that the post tells.
            change.Rows.Add(CaseTables.Deadline.Put(id, Deadlines.Instrument + ShipmentActs.Stop, clock.Now(), ""));
        }
    }

    /// <summary>Those that are late, or of which the post says that they were handed over without the code; the oldest promise first.</summary>
    public async Task<IReadOnlyList<TroubledShipment>> TroubledAsync(int most, CancellationToken cancel = default) => await db.QueryAsync<TroubledShipment>("""
        SELECT s.case_id AS CaseId, h.reference AS Reference, h.state AS State, s.tracking_number AS TrackingNumber, s.promised_at AS PromisedAt, s.told_at AS ToldAt, s.late_at AS LateAt, s.wrong_codes AS WrongCodes
        FROM shipment s JOIN case_head h ON h.id = s.case_id WHERE s.ended_at IS NULL AND (s.late_at IS NOT NULL OR h.state = @unconfirmed) ORDER BY s.promised_at, s.case_id LIMIT @most
        """, new { unconfirmed = ShipmentStates.NotConfirmed, most }, cancel);

    private static Claim ClaimOf(Guid document) => new("shipment", document.ToByteArray());

    private static SealContext Context(CaseHead head) => new(head.Person, RetentionClass.Case, "shipment_content", head.Id);
}
