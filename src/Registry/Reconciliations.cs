using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Registry;

/// <summary>One comparison of our records with an agency's, and how far it is.</summary>
/// <param name="Night">The day in Riyadh on which it began.</param>
/// <param name="Phase">One of <see cref="ReconciliationPhases"/>.</param>
/// <param name="After">How far their changes were read: their own cursor.</param>
/// <param name="Position">How far our journal was read.</param>
/// <param name="LastDifference">How far the earlier differences were looked at.</param>
/// <param name="WaitingSince">Since when the agency has not answered; null while it does.</param>
/// <param name="Reason">Why it did not.</param>
/// <param name="Compared">Records, each time they were compared.</param>
public sealed record Reconciliation(
    Guid Id, long Version, string Agency, LocalDate Night, string State, string Phase, string After, long Position, Guid LastDifference, Instant StartedAt, Instant ChangedAt, Instant? FinishedAt,
    Instant? WaitingSince, string? Reason, long Compared, long Found, long Repaired, long Opened)
{
    public bool IsOver => State == ReconciliationStates.Done;
}

public static class ReconciliationStates
{
    public const string Running = "RUNNING";

    /// <summary>The agency does not answer: it goes on where it stopped.</summary>
    public const string Waiting = "WAITING";
    public const string Done = "DONE";
}

public static class ReconciliationPhases
{
    /// <summary>What changed with them.</summary>
    public const string Theirs = "theirs";

    /// <summary>What changed with us.</summary>
    public const string Ours = "ours";

    /// <summary>What did not agree before.</summary>
    public const string Earlier = "earlier";
}

/// <summary>Something on which an agency's record and ours do not agree, and what became of it. Nothing personal in the plain part.</summary>
/// <param name="Kind">Texts: <c>difference.&lt;kind&gt;</c>.</param>
/// <param name="About">Number of a visa; empty where the person is enough.</param>
/// <param name="Run">The comparison that brought it to this state.</param>
public sealed record Difference(Guid Id, long Version, string Agency, string Kind, Guid PersonId, string About, string State, Instant FoundAt, Instant ChangedAt, Guid RunId, byte[] Sides)
{
    public PersonId Person => new(PersonId);

    /// <summary>The same thing, found again, has the same id.</summary>
    public static Guid IdOf(string agency, string kind, PersonId person, string about) => Platform.Background.Names.IdOf($"difference:{agency}:{kind}:{person}:{about}");
}

public static class DifferenceKinds
{
    /// <summary>A case was carried out with what a record had said before, and the record says something else since.</summary>
    public const string Recheck = "recheck";

    /// <summary>The post handed over a card that it was told not to.</summary>
    public const string ShipmentStopped = "shipment_stopped";

    /// <summary>That the records agree again says nothing of what has happened: only an officer settles these.</summary>
    public static readonly IReadOnlyList<string> ForOfficers = [Recheck, ShipmentStopped];
}

public static class DifferenceStates
{
    /// <summary>They lacked what we told: it was told again.</summary>
    public const string ToldAgain = "TOLD_AGAIN";

    /// <summary>We lacked what they own: it was done as if we had been told.</summary>
    public const string CaughtUp = "CAUGHT_UP";

    /// <summary>An officer has to look.</summary>
    public const string Open = "OPEN";

    /// <summary>The records agree now, or an officer has seen to it.</summary>
    public const string Settled = "SETTLED";
}

/// <summary>Both sides of a difference. Sealed.</summary>
public sealed record DifferenceSides(string? Ours, string? Theirs);

/// <summary>How many differences of a kind are open with an agency, and since when the oldest is.</summary>
public sealed record OpenDifferences(string Agency, string Kind, long Number, Instant Since);

/// <summary>The comparisons with other agencies, and what did not agree. Methods that write add to the caller's change.</summary>
public sealed class Reconciliations(Db db, Sealer sealer, ReadDoor door, TimeProvider clock)
{
    public const string SettledAlready = "reconciliation.settled_already";

    private const string Runs = """
        SELECT id, version, agency, night, state, phase, after, position, last_difference, started_at, changed_at, finished_at, waiting_since, reason, compared, found, repaired, opened FROM reconciliation
        """;

    private const string Rows = "SELECT id, version, agency, kind, person_id, about, state, found_at, changed_at, run_id, sides FROM agency_difference ";

    /// <summary>The comparison with this agency that is not over.</summary>
    public Task<Reconciliation?> UnfinishedAsync(string agency, CancellationToken cancel = default) =>
        db.FirstAsync<Reconciliation>(Runs + " WHERE agency = @agency AND state <> 'DONE'", new { agency }, cancel);

    public Task<Reconciliation?> LastAsync(string agency, CancellationToken cancel = default) =>
        db.FirstAsync<Reconciliation>(Runs + " WHERE agency = @agency ORDER BY started_at DESC LIMIT 1", new { agency }, cancel);

    /// <summary>Newest first.</summary>
    /// <param name="most">A week of the eight agencies with whom we compare.</param>
    public Task<IReadOnlyList<Reconciliation>> LatestAsync(int most = 56, CancellationToken cancel = default) => db.QueryAsync<Reconciliation>(Runs + " ORDER BY started_at DESC, agency LIMIT @most", new { most }, cancel);

    public Task<IReadOnlyList<OpenDifferences>> OpenAsync(CancellationToken cancel = default) => db.QueryAsync<OpenDifferences>(
        "SELECT agency, kind, count(*) AS number, min(found_at) AS since FROM agency_difference WHERE state = 'OPEN' GROUP BY agency, kind ORDER BY agency, kind", null, cancel);

    /// <summary>For officers, the oldest first. Nothing personal is opened for the list.</summary>
    public Task<IReadOnlyList<Difference>> ListAsync(int most = 200, CancellationToken cancel = default) => db.QueryAsync<Difference>(Rows + "WHERE state = 'OPEN' ORDER BY found_at, id LIMIT @most", new { most }, cancel);

    public Task<Difference?> FindAsync(Guid id, CancellationToken cancel = default) => db.FirstAsync<Difference>(Rows + "WHERE id = @id", new { id }, cancel);

    /// <summary>What was ever found of these people with this agency.</summary>
    public Task<IReadOnlyList<Difference>> OfAsync(string agency, IReadOnlyCollection<PersonId> persons, CancellationToken cancel = default) => db.QueryAsync<Difference>(
        Rows + "WHERE agency = @agency AND person_id = ANY(@persons)", new { agency, persons = persons.Select(p => p.Value).ToArray() }, cancel);

    /// <summary>What is not settled from an earlier comparison, in the order of ids.</summary>
    public Task<IReadOnlyList<Difference>> UnsettledAsync(string agency, Guid run, Guid after, int most, CancellationToken cancel = default) => db.QueryAsync<Difference>(
        Rows + "WHERE agency = @agency AND state IN ('OPEN', 'TOLD_AGAIN') AND run_id <> @run AND id > @after ORDER BY id LIMIT @most", new { agency, run, after, most }, cancel);

    public ValueTask<DifferenceSides> SidesAsync(Access access, Difference difference, CancellationToken cancel = default) =>
        door.OpenAsync<DifferenceSides>(access, Context(difference.Person, difference.Id), difference.Sides, cancel);

    /// <summary>Begins a comparison: one at a time with each agency, which is a claim.</summary>
    public Reconciliation Begin(Change change, string agency, Reconciliation? last)
    {
        var now = clock.Now();
        var run = new Reconciliation(Guid.CreateVersion7(clock.GetUtcNow()), 0, agency, now.DayInRiyadh(), ReconciliationStates.Running, ReconciliationPhases.Theirs, last?.After ?? "", last?.Position ?? 0, Guid.Empty,
            now, now, null, null, null, 0, 0, 0, 0);
        change.Claims.Add(Unfinished(agency));
        Put(change, run);
        return run with { Version = 1 };
    }

    public void Put(Change change, Reconciliation run)
    {
        change.Heads.Add(RegistryTables.Reconciliation.Head(run.Id, run.Version, run.Agency, run.Night, run.State, run.Phase, run.After, run.Position, run.LastDifference, run.StartedAt, clock.Now(), run.FinishedAt,
            run.WaitingSince, run.Reason, run.Compared, run.Found, run.Repaired, run.Opened));
        if (run.IsOver)
        {
            change.Releases.Add(Unfinished(run.Agency));
        }
    }

    /// <summary>Writes a difference that was found, for the first time or again.</summary>
    /// <param name="before">As it stood, if it was ever found.</param>
    public async Task PutAsync(Change change, Difference? before, string agency, string kind, PersonId person, string about, string state, Guid run, DifferenceSides sides)
    {
        var id = before?.Id ?? Difference.IdOf(agency, kind, person, about);
        var now = clock.Now();
        var since = before is null or { State: DifferenceStates.Settled or DifferenceStates.CaughtUp } ? now : before.FoundAt;
        change.Heads.Add(RegistryTables.Difference.Head(id, before?.Version ?? 0, agency, kind, person.Value, about, state, since, now, run, await sealer.SealAsync(change, Context(person, id), sides)));
    }

    private static Claim Unfinished(string agency) => new("reconciliation.unfinished", System.Text.Encoding.UTF8.GetBytes(agency));

    private static SealContext Context(PersonId person, Guid id) => new(person, RetentionClass.Identity, "agency_difference", id);
}
