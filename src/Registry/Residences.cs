using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Registry;

/// <summary>Residences: issued, renewed, held, ended. Methods add to the caller's change.</summary>
public sealed class Residences(Db db, Sealer sealer, ReadDoor door, TimeProvider clock)
{
    private readonly JournalFeed _feed = new(db);

    private const string Columns = """
        SELECT id AS Id, version AS Version, person_id AS PersonId, category AS Category, from_day AS FromDay, until_day AS UntilDay, calendar AS Calendar,
               months AS Months, issued_day AS IssuedDay, ended_day AS EndedDay, end_reason AS EndReason, late_renewals AS LateRenewals, details AS Details
        FROM residence JOIN residence_details ON residence_id = id
        """;

    private const string Holds = "SELECT id AS Id, kind AS Kind, from_at AS FromAt, until_at AS UntilAt, reason AS Reason FROM residence_hold WHERE residence_id = @id";

    private ValueTask<IReadOnlyList<StoredResidence>> RowsAsync(PersonId person, CancellationToken cancel) =>
        db.QueryOfAsync<StoredResidence>(RegistryTables.Residence, person.Value, OfPerson, new { person = person.Value }, cancel);

    private const string OfPerson = Columns + " WHERE person_id = @person";

    /// <summary>The person's residence that counts: the one not ended, else the last.</summary>
    public async Task<Residence?> OfAsync(PersonId person, CancellationToken cancel = default)
    {
        var rows = await RowsAsync(person, cancel);
        var row = rows.OrderBy(r => r.EndReason is null ? 0 : 1).ThenByDescending(r => r.FromDay).FirstOrDefault();
        if (row is null)
        {
            return null;
        }
        // A hold is written together with its residence, which names the person.
        var holds = await db.QueryOfAsync<StoredHold>(RegistryTables.Residence, row.Id, Holds, new { id = row.Id }, cancel);
        return row.ToResidence([.. holds.Select(h => new Hold(h.Id, h.Kind, h.FromAt, h.UntilAt, h.Reason))]);
    }

    /// <summary>The same of many persons by one look, without the sealed details. Who has no residence is not in it.</summary>
    public async Task<IReadOnlyDictionary<PersonId, Residence>> OfAsync(IReadOnlyCollection<PersonId> persons, CancellationToken cancel = default)
    {
        var rows = await db.QueryAsync<ResidenceAndHold>("""
            SELECT r.id, r.version AS row_version, r.person_id, r.category, r.from_day, r.until_day, r.calendar, r.months, r.issued_day, r.ended_day, r.end_reason, r.late_renewals,
                   h.id AS hold_id, h.kind AS hold_kind, h.from_at AS hold_from, h.until_at AS hold_until, h.reason AS hold_reason
            FROM residence r LEFT JOIN residence_hold h ON h.residence_id = r.id WHERE r.person_id = ANY(@persons)
            """, new { persons = persons.Select(p => p.Value).ToList() }, cancel);
        return rows.GroupBy(r => r.Id).Select(g => g.First().Read([.. g.Select(r => r.Hold()).OfType<Hold>()])).GroupBy(r => r.Person).ToDictionary(g => g.Key, Counting);
    }

    /// <summary>Whose residence acts from this position of the journal on wrote, and where to read on.</summary>
    public async Task<(IReadOnlyCollection<PersonId> Persons, long Next, bool AtEnd)> WrittenSinceAsync(long from, CancellationToken cancel = default)
    {
        var page = await _feed.ReadAsync(RegistryTables.Residence, from, cancel);
        var persons = page.Heads.Count == 0 ? (IReadOnlyList<Guid>)[] : await db.QueryAsync<Guid>("SELECT DISTINCT person_id FROM residence WHERE id = ANY(@ids)", new { ids = page.Heads.ToList() }, cancel);
        return ([.. persons.Select(p => new PersonId(p))], page.Next, page.AtEnd);
    }

    /// <summary>Of all that a person ever had.</summary>
    private static Residence Counting(IEnumerable<Residence> residences) => residences.OrderBy(r => r.EndReason is null ? 0 : 1).ThenByDescending(r => r.From).First();

    public ValueTask<ResidenceDetails> DetailsAsync(Access access, Residence residence) =>
        door.OpenAsync<ResidenceDetails>(access, Context(residence.Person, residence.Id), residence.SealedDetails);

    /// <summary>Issues a residence and its first term. <paramref name="until"/> is the last valid day.</summary>
    public async Task<Guid> IssueAsync(Change change, PersonId person, string category, LocalDate from, LocalDate until, int months, string calendar, ResidenceDetails details, CaseId @case)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var sealedDetails = await sealer.SealAsync(change, Context(person, id), details);
        change.Heads.Add(RegistryTables.Residence.Head(id, 0, person.Value, category, from, until, calendar, months, from, null, null, 0));
        change.Rows.Add(RegistryTables.Details.Put(id, sealedDetails));
        AddTerm(change, id, from, until, months, calendar, @case);
        // The first only: an earlier one may be changed by another before this is written, and its row is not this change's to tell.
        if ((await RowsAsync(person, default)).Count == 0)
        {
            change.Remember(RegistryTables.Residence, person.Value, OfPerson, (IReadOnlyList<StoredResidence>)
            [
                new()
                {
                    Id = id,
                    Version = 1,
                    PersonId = person.Value,
                    Category = category,
                    FromDay = from,
                    UntilDay = until,
                    Calendar = calendar,
                    Months = months,
                    IssuedDay = from,
                    Details = sealedDetails.Cipher,
                },
            ]);
        }
        change.Remember(RegistryTables.Residence, id, Holds, Array.Empty<StoredHold>());
        return id;
    }

    /// <summary>A residence as another register had it, with the term that ran last.</summary>
    public async Task<Guid> TakeOverAsync(Change change, PersonId person, EarlierResidence earlier, ResidenceDetails details, CaseId origin)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var sealedDetails = await sealer.SealAsync(change, Context(person, id), details);
        change.Heads.Add(RegistryTables.Residence.Head(id, 0, person.Value, earlier.Category, earlier.From, earlier.Until, earlier.Calendar.ToString(), earlier.Months, earlier.IssuedDay, earlier.EndedDay, earlier.EndReason,
            earlier.LateRenewals));
        change.Rows.Add(RegistryTables.Details.Insert(id, sealedDetails));
        AddTerm(change, id, earlier.TermFrom, earlier.Until, earlier.Months, earlier.Calendar.ToString(), origin);
        if (earlier.Hold is { } hold)
        {
            change.Rows.Add(RegistryTables.Hold.Insert(Guid.CreateVersion7(clock.GetUtcNow()), id, hold, earlier.HeldSince, null, "taken_over"));
        }
        return id;
    }

    /// <summary>Extends the residence; a late renewal counts up its ordinal.</summary>
    public void Renew(Change change, Residence r, LocalDate until, int months, string calendar, bool late, CaseId @case)
    {
        Put(change, r with { Until = until, Months = months, Calendar = calendar, LateRenewals = r.LateRenewals + (late ? 1 : 0) });
        AddTerm(change, r.Id, r.Until.PlusDays(1), until, months, calendar, @case);
    }

    public void End(Change change, Residence r, LocalDate day, string reason) => Put(change, r with { EndedDay = day, EndReason = reason });

    /// <summary>Places a hold; it counts from <paramref name="from"/> until it is lifted.</summary>
    public Guid AddHold(Change change, Residence r, string kind, Instant from, string reason)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        Put(change, r);
        change.Rows.Add(RegistryTables.Hold.Insert(id, r.Id, kind, from, null, reason));
        return id;
    }

    public void LiftHold(Change change, Residence r, Hold hold, Instant at)
    {
        Put(change, r);
        change.Rows.Add(RegistryTables.Hold.Put(hold.Id, r.Id, hold.Kind, hold.From, at, hold.Reason));
    }

    private static void Put(Change change, Residence r) =>
        change.Heads.Add(RegistryTables.Residence.Head(r.Id, r.Version, r.Person.Value, r.Category, r.From, r.Until, r.Calendar, r.Months, r.IssuedDay, r.EndedDay, r.EndReason, r.LateRenewals));

    private void AddTerm(Change change, Guid residence, LocalDate from, LocalDate until, int months, string calendar, CaseId @case) =>
        change.Rows.Add(RegistryTables.Term.Insert(Guid.CreateVersion7(clock.GetUtcNow()), residence, from, until, months, calendar, clock.Now(), @case.Value));

    internal static SealContext Context(PersonId person, Guid id) => new(person, RetentionClass.Identity, "residence_details", id);

    private sealed record ResidenceAndHold(
        Guid Id, long RowVersion, Guid PersonId, string Category, LocalDate FromDay, LocalDate UntilDay, string Calendar, int Months, LocalDate IssuedDay, LocalDate? EndedDay, string? EndReason, int LateRenewals,
        Guid? HoldId, string? HoldKind, Instant? HoldFrom, Instant? HoldUntil, string? HoldReason)
    {
        public Hold? Hold() => HoldId is { } id ? new(id, HoldKind!, HoldFrom!.Value, HoldUntil, HoldReason!) : null;

        public Residence Read(IReadOnlyList<Hold> holds) => new(Id, RowVersion, new PersonId(PersonId), Category, FromDay, UntilDay, Calendar, Months, IssuedDay, EndedDay, EndReason, LateRenewals, holds);
    }

    private sealed record StoredHold(Guid Id, string Kind, Instant FromAt, Instant? UntilAt, string Reason)
    {
        public StoredHold() : this(default, "", default, null, "") { }
    }

    private sealed record StoredResidence
    {
        public Guid Id { get; init; }
        public long Version { get; init; }
        public Guid PersonId { get; init; }
        public string Category { get; init; } = "";
        public LocalDate FromDay { get; init; }
        public LocalDate UntilDay { get; init; }
        public string Calendar { get; init; } = "";
        public int Months { get; init; }
        public LocalDate IssuedDay { get; init; }
        public LocalDate? EndedDay { get; init; }
        public string? EndReason { get; init; }
        public int LateRenewals { get; init; }
        public byte[] Details { get; init; } = [];

        public Residence ToResidence(IReadOnlyList<Hold> holds) =>
            new(Id, Version, new PersonId(PersonId), Category, FromDay, UntilDay, Calendar, Months, IssuedDay, EndedDay, EndReason, LateRenewals, holds) { SealedDetails = Details };
    }
}
