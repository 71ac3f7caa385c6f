using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Journal;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>The rows of a case that receipts are made of: all of them only ever added, so that a receipt is the same whenever it is made.</summary>
internal static class ReceiptRows
{
    public sealed record Event
    {
        public Guid Id { get; init; }
        public Guid CaseId { get; init; }
        public Instant At { get; init; }
        public string Act { get; init; } = "";
        public string FromState { get; init; } = "";
        public string ToState { get; init; } = "";
        public string ActorKind { get; init; } = "";
        public string Actor { get; init; } = "";
        public string? Reason { get; init; }
        public byte[]? Note { get; init; }

        public byte[]? OpenedIn(ActOpening act) =>
            act.Open(CaseTables.Event, Id, CaseId, At, Act, FromState, ToState, ActorKind, Actor, Reason, Note is null ? null : ActOpening.Sealed);
    }

    public sealed record Assessed
    {
        public int Attempt { get; init; }
        public Instant At { get; init; }
        public string Rules { get; init; } = "";
    }

    public sealed record Fact
    {
        public Guid CaseId { get; init; }
        public string Name { get; init; } = "";
        public int Attempt { get; init; }
        public string Outcome { get; init; } = "";
        public string Source { get; init; } = "";
        public string RequestId { get; init; } = "";
        public Instant FetchedAt { get; init; }
        public Instant AsOf { get; init; }
        public Instant ValidUntil { get; init; }
        public int Schema { get; init; }
        public byte[]? Value { get; init; }

        /// <summary>1: what the record had said before, because its agency did not answer.</summary>
        public int Kept { get; init; }

        public byte[]? OpenedIn(ActOpening act) =>
            act.Open(CaseTables.Fact, CaseId, Name, Attempt, Outcome, Source, RequestId, FetchedAt, AsOf, ValidUntil, Schema, Value is null ? null : ActOpening.Sealed);
    }

    public sealed record Compared
    {
        public Guid CaseId { get; init; }
        public int Attempt { get; init; }
        public string Field { get; init; } = "";
        public string Class { get; init; } = "";
        public string Source { get; init; } = "";
        public Instant? AsOf { get; init; }

        public byte[]? OpenedIn(ActOpening act) => act.Open(CaseTables.Comparison, CaseId, Attempt, Field, Class, Source, AsOf);
    }

    public static Task<IReadOnlyList<Event>> EventsAsync(Db db, CaseId id, CancellationToken cancel) =>
        db.QueryAsync<Event>("""
            SELECT id AS Id, case_id AS CaseId, at AS At, act AS Act, from_state AS FromState, to_state AS ToState, actor_kind AS ActorKind, actor AS Actor, reason AS Reason, note AS Note
            FROM case_event WHERE case_id = @id ORDER BY id
            """, new { id = id.Value }, cancel);

    public static Task<IReadOnlyList<Assessed>> AssessmentsAsync(Db db, CaseId id, CancellationToken cancel) =>
        db.QueryAsync<Assessed>("SELECT attempt AS Attempt, at AS At, rules AS Rules FROM case_assessment WHERE case_id = @id ORDER BY attempt", new { id = id.Value }, cancel);

    /// <summary>What an assessment said, sealed.</summary>
    public static Task<byte[]> ResultAsync(Db db, CaseId id, int attempt, CancellationToken cancel) =>
        db.SingleAsync<byte[]>("SELECT result FROM case_assessment WHERE case_id = @id AND attempt = @attempt", new { id = id.Value, attempt }, cancel);

    /// <summary>Of each fact what was last found before an assessment and could be used in it.</summary>
    public static async Task<IReadOnlyList<Fact>> FactsAsync(Db db, CaseId id, Instant at, CancellationToken cancel)
    {
        var rows = await db.QueryAsync<Fact>("""
            SELECT case_id AS CaseId, fact AS Name, attempt AS Attempt, outcome AS Outcome, source AS Source, request_id AS RequestId, fetched_at AS FetchedAt, as_of AS AsOf, valid_until AS ValidUntil,
                   schema_number AS Schema, value AS Value,
                   CASE WHEN EXISTS (SELECT 1 FROM case_degraded d WHERE d.case_id = f.case_id AND d.fact = f.fact AND d.used_at = f.fetched_at) THEN 1 ELSE 0 END AS Kept
            FROM case_fact f WHERE case_id = @id AND fetched_at <= @at ORDER BY fact, attempt
            """, new { id = id.Value, at }, cancel);
        return [.. rows.GroupBy(r => r.Name, StringComparer.Ordinal).Select(g => g.MaxBy(r => r.Attempt)!).Where(r => r.Value is not null && (r.ValidUntil > at || r.Kept == 1))];
    }

    public static Task<IReadOnlyList<Compared>> ComparedAsync(Db db, CaseId id, CancellationToken cancel) =>
        db.QueryAsync<Compared>("SELECT case_id AS CaseId, attempt AS Attempt, field AS Field, class AS Class, source AS Source, as_of AS AsOf FROM case_comparison WHERE case_id = @id", new { id = id.Value }, cancel);
}
