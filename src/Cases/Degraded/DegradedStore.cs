using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Cases;

internal sealed partial class CaseStore
{
    /// <summary>In the order in which they were used.</summary>
    public Task<IReadOnlyList<DegradedFact>> DegradedAsync(CaseId id, CancellationToken cancel) =>
        db.QueryAsync<DegradedFact>("SELECT case_id, fact, used_at, source, as_of, state, checked_at FROM case_degraded WHERE case_id = @id ORDER BY used_at, fact", new { id = id.Value }, cancel);

    public static void PutDegraded(Change change, DegradedFact fact) =>
        change.Rows.Add(CaseTables.Degraded.Put(fact.CaseId, fact.Fact, fact.UsedAt, fact.Source, fact.AsOf, fact.State, fact.CheckedAt));

    /// <summary>What the record last said of this person, in whichever of the person's cases it was asked. Null: nothing that is young enough.</summary>
    public async Task<Gathered?> KeptAsync(Access access, PersonId person, string fact, Instant oldest, CancellationToken cancel)
    {
        // What the agency has told us is gone is not kept.
        var told = Told.Of(await events.ToldAsync(person, cancel), fact);
        oldest = told is { At: var at } ? Instant.Max(oldest, at) : oldest;
        var row = await db.FirstAsync<KeptRow>("""
            SELECT f.case_id AS CaseId, f.source AS Source, f.request_id AS RequestId, f.as_of AS AsOf, f.valid_until AS ValidUntil, f.schema_number AS Schema, f.value AS Value
            FROM case_fact f JOIN case_head h ON h.id = f.case_id
            WHERE h.person_id = @person AND f.fact = @fact AND f.outcome = 'found' AND f.as_of >= @oldest AND f.fetched_at >= @heard ORDER BY f.as_of DESC, f.fetched_at DESC LIMIT 1
            """, new { person = person.Value, fact, oldest, heard = told?.Heard ?? Instant.FromUnixTimeTicks(0) }, cancel);
        if (row is not { Value: { } cipher })
        {
            return null;
        }
        var value = await door.OpenAsync(access, new SealContext(person, RetentionClass.Case, "case_fact/" + fact, row.CaseId), cipher, StoredFacts.TypeOf(fact, row.Schema), cancel);
        return new(fact, row.Schema, value, new(row.Source, row.RequestId, row.AsOf, row.ValidUntil), null);
    }

    /// <summary>Of each fact the last value that a source gave, however old: what the case stands on.</summary>
    public async Task<(FactSet Facts, IReadOnlyList<StoredFact> Rows)> LastFactsAsync(Access access, CaseHead head, CancellationToken cancel)
    {
        var rows = await FactRowsAsync(head, cancel);
        var facts = new FactSet();
        foreach (var last in rows.Where(r => r.Value is not null).GroupBy(r => r.Fact, StringComparer.Ordinal).Select(g => g.MaxBy(r => r.Attempt)!))
        {
            facts.Add(last.Fact, await door.OpenAsync(access, Seal(head, "case_fact/" + last.Fact), last.Value!, StoredFacts.TypeOf(last.Fact, last.Schema), cancel), new(last.Source, last.RequestId, last.AsOf, last.ValidUntil));
        }
        return (facts, rows);
    }

    private sealed record KeptRow
    {
        public Guid CaseId { get; init; }
        public string Source { get; init; } = "";
        public string RequestId { get; init; } = "";
        public Instant AsOf { get; init; }
        public Instant ValidUntil { get; init; }
        public int Schema { get; init; }
        public byte[]? Value { get; init; }
    }
}
