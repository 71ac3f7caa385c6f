using System.Text.Json;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Reads and seals what a case says. One place for its seal contexts.</summary>
internal sealed class CaseStore(Db db, Sealer sealer, ReadDoor door)
{
    public Task<CaseHead?> HeadAsync(CaseId id, CancellationToken cancel) =>
        db.FirstAsync<CaseHead>(CaseHead.Select + " WHERE id = @id", new { id = id.Value }, cancel);

    public async Task<Answers> AnswersAsync(Access access, CaseHead head, CancellationToken cancel)
    {
        var cipher = await db.FirstAsync<byte[]>("SELECT answers FROM case_answers WHERE case_id = @id", new { id = head.Id }, cancel);
        return cipher is null ? Answers.Empty : new(await door.OpenAsync<Dictionary<string, string>>(access, Seal(head, "case_answers"), cipher, cancel));
    }

    public async Task PutAnswersAsync(Change change, CaseHead head, Answers answers, Instant now) =>
        change.Rows.Add(CaseTables.Answers.Put(head.Id, now, await sealer.SealAsync(change, Seal(head, "case_answers"), answers.Values)));

    public async Task AddSubmissionAsync(Change change, CaseHead head, int submission, Instant now, int schema, JsonElement request) =>
        change.Rows.Add(CaseTables.Submission.Insert(head.Id, submission, now, schema, await sealer.SealAsync(change, Seal(head, "case_submission"), request)));

    public async Task<object> RequestAsync(Access access, CaseHead head, Service service, CancellationToken cancel)
    {
        var row = await db.FirstAsync<StoredSubmission>("SELECT schema_number AS Schema, request AS Request FROM case_submission WHERE case_id = @id AND submission = @n",
            new { id = head.Id, n = head.Submission }, cancel) ?? throw new InvalidOperationException($"Case {head.Id} has no submission {head.Submission}.");
        return service.Unpack(await door.OpenAsync<JsonElement>(access, Seal(head, "case_submission"), row.Request, cancel), row.Schema);
    }

    /// <summary>The latest stored value of each fact that may still be used.</summary>
    public async Task<(FactSet Facts, Dictionary<string, int> Attempts)> FactsAsync(Access access, CaseHead head, Instant now, CancellationToken cancel)
    {
        var rows = await db.QueryAsync<StoredFact>("""
            SELECT fact AS Fact, attempt AS Attempt, outcome AS Outcome, source AS Source, request_id AS RequestId, as_of AS AsOf, valid_until AS ValidUntil, schema_number AS Schema, value AS Value
            FROM case_fact WHERE case_id = @id
            """, new { id = head.Id }, cancel);
        var facts = new FactSet();
        var attempts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var group in rows.GroupBy(r => r.Fact, StringComparer.Ordinal))
        {
            var last = group.MaxBy(r => r.Attempt)!;
            attempts[group.Key] = last.Attempt;
            if (last.Value is { } cipher && last.ValidUntil > now)
            {
                var value = await door.OpenAsync<JsonElement>(access, Seal(head, "case_fact/" + group.Key), cipher, cancel);
                facts.Add(group.Key, StoredFacts.Read(group.Key, last.Schema, value), new(last.Source, last.RequestId, last.AsOf, last.ValidUntil));
            }
        }
        return (facts, attempts);
    }

    public async Task AddFactAsync(Change change, CaseHead head, Gathered g, int attempt, Instant now)
    {
        if (g.Outage is { } outage)
        {
            change.Rows.Add(CaseTables.Fact.Insert(head.Id, g.Name, attempt, outage.Reason.StartsWith("broken", StringComparison.Ordinal) ? "broken" : "unavailable",
                outage.Agency, "", now, now, now, g.Schema, null));
            return;
        }
        var origin = g.Origin!;
        var value = await sealer.SealAsync(change, Seal(head, "case_fact/" + g.Name), JsonSerializer.SerializeToElement(g.Value, g.Value!.GetType(), StoredJson.Options));
        change.Rows.Add(CaseTables.Fact.Insert(head.Id, g.Name, attempt, "found", origin.Source, origin.RequestId, now, origin.AsOf, origin.ValidUntil, g.Schema, value));
    }

    public async Task AddAssessmentAsync(Change change, CaseHead head, Assessment a, int attempt, Instant now)
    {
        var stored = JsonSerializer.SerializeToElement(StoredAssessment.Of(a), StoredJson.Options);
        change.Rows.Add(CaseTables.Assessment.Insert(head.Id, attempt, head.Submission, now, head.Rules, a.Act, string.Join(' ', a.Signals),
            await sealer.SealAsync(change, Seal(head, "case_assessment"), stored)));
        foreach (var c in a.Comparisons)
        {
            var values = JsonSerializer.SerializeToElement(new ComparedValues(c.Typed, c.Recorded), StoredJson.Options);
            change.Rows.Add(CaseTables.Comparison.Insert(head.Id, attempt, c.Field, c.Class.ToString(), c.Source, c.AsOf ?? now,
                await sealer.SealAsync(change, Seal(head, "case_comparison/" + c.Field), values)));
        }
    }

    /// <summary>The last assessment, with the number of the next.</summary>
    public async Task<(StoredAssessment? Last, int Next)> AssessmentAsync(Access access, CaseHead head, CancellationToken cancel)
    {
        var row = await db.FirstAsync<StoredResult>("SELECT attempt AS Attempt, result AS Result FROM case_assessment WHERE case_id = @id ORDER BY attempt DESC LIMIT 1", new { id = head.Id }, cancel);
        if (row is null)
        {
            return (null, 1);
        }
        var json = await door.OpenAsync<JsonElement>(access, Seal(head, "case_assessment"), row.Result, cancel);
        return (json.Deserialize<StoredAssessment>(StoredJson.Options), row.Attempt + 1);
    }

    public async Task<int> NextAssessmentAsync(CaseHead head, CancellationToken cancel) =>
        1 + (int)await db.SingleAsync<long>("SELECT coalesce(max(attempt), 0) FROM case_assessment WHERE case_id = @id", new { id = head.Id }, cancel);

    public async Task<DecisionContent?> DecisionAsync(Access access, CaseHead head, StoredDecision decision) =>
        (await door.OpenAsync<JsonElement>(access, Seal(head, "case_decision"), decision.Content)).Deserialize<DecisionContent>(StoredJson.Options);

    public async Task<SealedBytes> SealNoteAsync(Change change, CaseHead head, string table, object note) =>
        await sealer.SealAsync(change, Seal(head, table), JsonSerializer.SerializeToElement(note, note.GetType(), StoredJson.Options));

    public async Task<T?> OpenNoteAsync<T>(Access access, CaseHead head, string table, byte[] cipher) =>
        (await door.OpenAsync<JsonElement>(access, Seal(head, table), cipher)).Deserialize<T>(StoredJson.Options);

    public Task<StoredDecision?> PendingDecisionAsync(CaseHead head, CancellationToken cancel) =>
        db.FirstAsync<StoredDecision>("SELECT id AS Id, officer AS Officer, act AS Act, reason AS Reason, pressed_at AS PressedAt, effective_at AS EffectiveAt, content AS Content FROM case_decision WHERE case_id = @id",
            new { id = head.Id }, cancel);

    public Task<StoredLock?> LockAsync(CaseHead head, CancellationToken cancel) =>
        db.FirstAsync<StoredLock>("SELECT officer AS Officer, until AS Until FROM review_lock WHERE case_id = @id", new { id = head.Id }, cancel);

    private static SealContext Seal(CaseHead head, string table) => new(head.Person, RetentionClass.Case, table, head.Id);

    private sealed record StoredSubmission
    {
        public int Schema { get; init; }
        public byte[] Request { get; init; } = [];
    }

    private sealed record StoredResult
    {
        public int Attempt { get; init; }
        public byte[] Result { get; init; } = [];
    }

    private sealed record StoredFact
    {
        public string Fact { get; init; } = "";
        public int Attempt { get; init; }
        public string Outcome { get; init; } = "";
        public string Source { get; init; } = "";
        public string RequestId { get; init; } = "";
        public Instant AsOf { get; init; }
        public Instant ValidUntil { get; init; }
        public int Schema { get; init; }
        public byte[]? Value { get; init; }
    }
}

/// <summary>The values of one compared field, sealed beside its class.</summary>
public sealed record ComparedValues(string? Typed, string? Recorded);

/// <summary>What an officer asked for or wrote.</summary>
/// <param name="Items">Names of the fields that the applicant is asked to mend.</param>
/// <param name="Text">In plain words, in the applicant's language.</param>
public sealed record DecisionContent(IReadOnlyList<string> Items, string Text);

internal sealed record StoredDecision
{
    public Guid Id { get; init; }
    public Guid Officer { get; init; }
    public string Act { get; init; } = "";
    public string Reason { get; init; } = "";
    public Instant PressedAt { get; init; }
    public Instant EffectiveAt { get; init; }
    public byte[] Content { get; init; } = [];
}

internal sealed record StoredLock
{
    public Guid Officer { get; init; }
    public Instant Until { get; init; }
}
