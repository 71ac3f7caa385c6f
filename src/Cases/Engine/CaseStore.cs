using System.Text.Json;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Reads and seals what a case says. One place for its seal contexts.</summary>
internal sealed partial class CaseStore(Db db, Sealer sealer, ReadDoor door, AgencyEvents events, PersonOfAccount personOf)
{
    /// <summary>The case, if it is the account's. One that was taken over has no account until its person comes with one, and then it is that.</summary>
    public async Task<CaseHead?> OwnAsync(AccountId account, CaseId id, CancellationToken cancel)
    {
        if (await HeadAsync(id, cancel) is not { } head)
        {
            return null;
        }
        return head.AccountId == account.Value ? head
            : head.AccountId == CaseHead.NobodyYet && await personOf(account, cancel) == head.Person ? head with { AccountId = account.Value }
            : null;
    }

    public ValueTask<CaseHead?> HeadAsync(CaseId id, CancellationToken cancel) =>
        db.FirstOfAsync<CaseHead>(CaseTables.Case, id.Value, CaseHead.SelectById, new { id = id.Value }, cancel);

    public async Task<Answers> AnswersAsync(Access access, CaseHead head, CancellationToken cancel)
    {
        var cipher = await db.FirstOfAsync<byte[]>(CaseTables.Answers, head.Id, "SELECT answers FROM case_answers WHERE case_id = @id", new { id = head.Id }, cancel);
        return cipher is null ? Answers.Empty : new(await door.OpenAsync<Dictionary<string, string>>(access, Seal(head, "case_answers"), cipher, cancel));
    }

    public async Task PutAnswersAsync(Change change, CaseHead head, Answers answers, Instant now) =>
        change.Rows.Add(CaseTables.Answers.Put(head.Id, now, await sealer.SealAsync(change, Seal(head, "case_answers"), answers.Values)));

    private const string LastSubmission = "SELECT schema_number AS Schema, request AS Request FROM case_submission WHERE case_id = @id ORDER BY submission DESC LIMIT 1";

    public async Task AddSubmissionAsync(Change change, CaseHead head, int submission, Instant now, int schema, JsonElement request)
    {
        var blob = await sealer.SealAsync(change, Seal(head, "case_submission"), request);
        change.Rows.Add(CaseTables.Submission.Insert(head.Id, submission, now, schema, blob));
        change.Remember(CaseTables.Submission, head.Id, LastSubmission, new StoredSubmission { Schema = schema, Request = blob.Cipher });
    }

    public async Task<object> RequestAsync(Access access, CaseHead head, Service service, CancellationToken cancel)
    {
        var row = await db.FirstOfAsync<StoredSubmission>(CaseTables.Submission, head.Id, LastSubmission, new { id = head.Id }, cancel)
            ?? throw new InvalidOperationException($"Case {head.Id} has no submission {head.Submission}.");
        return service.Unpack(await door.OpenAsync<JsonElement>(access, Seal(head, "case_submission"), row.Request, cancel), row.Schema);
    }

    /// <summary>The latest stored value of each fact that may still be used: it has not run out, and its agency has told nothing since that it does not know.</summary>
    /// <param name="without">A record whose facts are left out.</param>
    public async Task<(FactSet Facts, IReadOnlyList<StoredFact> Rows)> FactsAsync(Access access, CaseHead head, Instant now, CancellationToken cancel, string? without = null)
    {
        var rows = await FactRowsAsync(head, cancel);
        // Whoever looks at no moment looks at what was, and decides nothing by it.
        var told = rows.Count == 0 || now == Instant.MinValue ? ToldTimes.Nothing : await events.ToldAsync(head.Person, cancel);
        var facts = new FactSet();
        foreach (var group in rows.GroupBy(r => r.Fact, StringComparer.Ordinal))
        {
            var last = group.MaxBy(r => r.Attempt)!;
            if (last.Value is { } cipher && last.ValidUntil > now && last.Source != without && !last.IsOutdated(Told.Of(told, group.Key)))
            {
                var value = await door.OpenAsync(access, Seal(head, "case_fact/" + group.Key), cipher, StoredFacts.TypeOf(group.Key, last.Schema), cancel);
                facts.Add(group.Key, value, new(last.Source, last.RequestId, last.AsOf, last.ValidUntil));
            }
        }
        return (facts, rows);
    }

    /// <summary>All attempts of all facts. Rows are only ever added.</summary>
    private ValueTask<IReadOnlyList<StoredFact>> FactRowsAsync(CaseHead head, CancellationToken cancel) =>
        db.QueryOfAsync<StoredFact>(CaseTables.Fact, head.Id, FactRows, new { id = head.Id }, cancel);

    private const string FactRows = """
        SELECT fact AS Fact, attempt AS Attempt, outcome AS Outcome, source AS Source, request_id AS RequestId, fetched_at AS FetchedAt, as_of AS AsOf, valid_until AS ValidUntil, schema_number AS Schema, value AS Value
        FROM case_fact WHERE case_id = @id
        """;

    /// <summary>Adds what was gathered as the next attempts.</summary>
    /// <param name="rows">All attempts so far.</param>
    /// <returns>All attempts with these.</returns>
    public async Task<IReadOnlyList<StoredFact>> AddFactsAsync(Change change, CaseHead head, IReadOnlyList<StoredFact> rows, IReadOnlyList<Gathered> gathered, Instant now)
    {
        var all = new List<StoredFact>(rows);
        foreach (var g in gathered)
        {
            var attempt = rows.Where(r => r.Fact == g.Name).Select(r => r.Attempt).DefaultIfEmpty(0).Max() + 1;
            var row = new StoredFact { Fact = g.Name, Attempt = attempt, FetchedAt = now, Schema = g.Schema };
            SealedBytes? value = null;
            if (g.Outage is { } outage)
            {
                row = row with { Outcome = outage.Reason.StartsWith("broken", StringComparison.Ordinal) ? "broken" : "unavailable", Source = outage.Agency, AsOf = now, ValidUntil = now };
            }
            else
            {
                var origin = g.Origin!;
                value = await sealer.SealAsync(change, Seal(head, "case_fact/" + g.Name), g.Value!);
                row = row with { Outcome = "found", Source = origin.Source, RequestId = origin.RequestId, AsOf = origin.AsOf, ValidUntil = origin.ValidUntil, Value = value.Cipher };
            }
            change.Rows.Add(CaseTables.Fact.Insert(head.Id, row.Fact, row.Attempt, row.Outcome, row.Source, row.RequestId, now, row.AsOf, row.ValidUntil, row.Schema, value));
            all.Add(row);
        }
        change.Remember(CaseTables.Fact, head.Id, FactRows, all);
        return all;
    }

    public async Task AddAssessmentAsync(Change change, CaseHead head, Assessment a, int attempt, Instant now, CancellationToken cancel)
    {
        var stored = StoredAssessment.Of(a);
        change.Rows.Add(CaseTables.Assessment.Insert(head.Id, attempt, head.Submission, now, head.Rules, a.Act, string.Join(' ', a.Signals),
            await sealer.SealAsync(change, Seal(head, "case_assessment"), stored, cancel)));
        change.Remember(CaseTables.Assessment, head.Id, LastAssessment, (int?)attempt);
        var compared = a.Comparisons.Select(c => new StoredComparison(attempt, c.Field, c.Class.ToString(), c.Source, c.AsOf ?? now)).ToList();
        var before = await db.QueryOfAsync<StoredComparison>(CaseTables.Comparison, head.Id, LastComparisons, new { id = head.Id }, cancel);
        // The same facts compared again say the same: the rows of the assessment that first said so go on to count.
        if (compared.Count == before.Count && a.Comparisons.All(c => before.Any(b => b.Field == c.Field && b.Class == c.Class.ToString() && b.Source == c.Source && (c.AsOf is null || b.AsOf == c.AsOf))))
        {
            return;
        }
        foreach (var c in compared)
        {
            change.Rows.Add(CaseTables.Comparison.Insert(head.Id, attempt, c.Field, c.Class, c.Source, c.AsOf));
        }
        change.Remember(CaseTables.Comparison, head.Id, LastComparisons, compared);
    }

    private const string LastComparisons = """
        SELECT attempt AS Attempt, field AS Field, class AS Class, source AS Source, as_of AS AsOf FROM case_comparison
        WHERE case_id = @id AND attempt = (SELECT max(attempt) FROM case_comparison WHERE case_id = @id)
        """;

    private sealed record StoredComparison(int Attempt, string Field, string Class, string Source, Instant AsOf)
    {
        public StoredComparison() : this(0, "", "", "", default) { }
    }

    /// <summary>The last assessment, with the number of the next.</summary>
    public async Task<(StoredAssessment? Last, int Next)> AssessmentAsync(Access access, CaseHead head, CancellationToken cancel)
    {
        var row = await db.FirstAsync<StoredResult>("SELECT attempt AS Attempt, result AS Result FROM case_assessment WHERE case_id = @id ORDER BY attempt DESC LIMIT 1", new { id = head.Id }, cancel);
        if (row is null)
        {
            return (null, 1);
        }
        return (await door.OpenAsync<StoredAssessment>(access, Seal(head, "case_assessment"), row.Result, cancel), row.Attempt + 1);
    }

    private const string LastAssessment = "SELECT max(attempt) FROM case_assessment WHERE case_id = @id";

    public async Task<int> NextAssessmentAsync(CaseHead head, CancellationToken cancel) =>
        1 + (await db.FirstOfAsync<int?>(CaseTables.Assessment, head.Id, LastAssessment, new { id = head.Id }, cancel) ?? 0);

    public async Task<DecisionContent?> DecisionAsync(Access access, CaseHead head, StoredDecision decision) =>
        await door.OpenAsync<DecisionContent>(access, Seal(head, "case_decision"), decision.Content);

    public async Task<SealedBytes> SealNoteAsync(Change change, CaseHead head, string table, object note) =>
        await sealer.SealAsync(change, Seal(head, table), note);

    public async Task<T?> OpenNoteAsync<T>(Access access, CaseHead head, string table, byte[] cipher) =>
        await door.OpenAsync<T>(access, Seal(head, table), cipher);

    public ValueTask<StoredDecision?> PendingDecisionAsync(CaseHead head, CancellationToken cancel) =>
        db.FirstOfAsync<StoredDecision>(CaseTables.Decision, head.Id, "SELECT id AS Id, officer AS Officer, act AS Act, reason AS Reason, pressed_at AS PressedAt, effective_at AS EffectiveAt, content AS Content FROM case_decision WHERE case_id = @id",
            new { id = head.Id }, cancel);

    public ValueTask<StoredLock?> LockAsync(CaseHead head, CancellationToken cancel) =>
        db.FirstOfAsync<StoredLock>(CaseTables.Lock, head.Id, "SELECT officer AS Officer, until AS Until FROM review_lock WHERE case_id = @id", new { id = head.Id }, cancel);

    internal static SealContext Seal(CaseHead head, string table) => new(head.Person, RetentionClass.Case, table, head.Id);

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

    internal sealed record StoredFact
    {
        public string Fact { get; init; } = "";
        public int Attempt { get; init; }
        public string Outcome { get; init; } = "";
        public string Source { get; init; } = "";
        public string RequestId { get; init; } = "";
        public Instant FetchedAt { get; init; }
        public Instant AsOf { get; init; }
        public Instant ValidUntil { get; init; }
        public int Schema { get; init; }
        public byte[]? Value { get; init; }

        /// <summary>Read before its agency told us of something, or by a register that had not caught up with it.</summary>
        public bool IsOutdated(ToldTime? told) => told is { } t && (FetchedAt < t.Heard || AsOf < t.At);
    }
}

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
