using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Platform.Policies;

/// <summary>The policies in the database, which are the truth. The release brings a baseline; importing it is an act.</summary>
public sealed class PolicyBook(Db db, TimeProvider clock)
{
    /// <summary>The whole fee table, as one policy.</summary>
    public const string Fees = "fees";

    private PolicySnapshot? _current;

    /// <summary>The snapshot in use; <see cref="LoadAsync"/> comes first.</summary>
    public PolicySnapshot Current => Volatile.Read(ref _current) ?? throw new InvalidOperationException("The policies are not loaded yet.");

    public bool IsLoaded => Volatile.Read(ref _current) is not null;

    /// <summary>The snapshot in use, or the release's own rows as long as none is loaded: for what is planned when the process starts.</summary>
    public PolicySnapshot CurrentOrBaseline => Volatile.Read(ref _current) ?? BaselineSnapshot();

    /// <summary>Reads the newest version from the database, if it is not the one in use.</summary>
    public async Task LoadAsync(CancellationToken cancel = default)
    {
        var version = await db.FirstAsync<long?>("SELECT max(version) FROM policy_version", null, cancel)
            ?? throw new InvalidOperationException("The database has no policies: run migrate.");
        if (Volatile.Read(ref _current)?.Version >= version)
        {
            return;
        }
        var read = new PolicySnapshot(version, await RowsOfAsync(version, cancel));
        // Two that read at once may end in another order than they began: a newer version stays.
        for (var held = Volatile.Read(ref _current); held is null || held.Version < version; held = Volatile.Read(ref _current))
        {
            if (Interlocked.CompareExchange(ref _current, read, held) == held)
            {
                return;
            }
        }
    }

    /// <summary>Takes over what another node published. Before the first version there is nothing to take.</summary>
    public Task LoadIfNewerAsync(CancellationToken cancel = default) => IsLoaded ? LoadAsync(cancel) : Task.CompletedTask;

    private async Task<List<PolicyRow>> RowsOfAsync(long version, CancellationToken cancel)
    {
        var rows = await db.QueryAsync<StoredPolicy>("""
            SELECT code AS Code, effective_from AS EffectiveFrom, effective_to AS EffectiveTo, value AS Value, evidence AS Evidence, source AS Source, note AS Note
            FROM policy WHERE version = @version ORDER BY code, place
            """, new { version }, cancel);
        return [.. rows.Select(r => new PolicyRow(r.Code, r.EffectiveFrom, r.EffectiveTo, r.Value, r.Evidence, r.Source, r.Note))];
    }

    /// <summary>
    /// Publishes the release's baseline, once for each that differs. What an operator published since is not undone by an upgrade: then the
    /// baseline only brings the codes that are new.
    /// </summary>
    public async Task ImportBaselineAsync(IWriter writer, CancellationToken cancel = default)
    {
        var rows = Baseline();
        var digest = DigestOf(rows);
        var published = await db.QueryAsync<StoredVersion>("SELECT version AS Version, digest AS Digest, origin AS Origin FROM policy_version ORDER BY version", null, cancel);
        if (published.Any(v => v.Digest == digest || v.Origin == FromBaseline(digest)))
        {
            return;
        }
        var last = published.Count == 0 ? null : published[^1];
        if (last is not null && !last.Origin.StartsWith(BaselineOrigin, StringComparison.Ordinal))
        {
            var theirs = await RowsOfAsync(last.Version, cancel);
            var known = theirs.Select(r => r.Code).ToHashSet(StringComparer.Ordinal);
            await PublishAsync(writer, last.Version + 1, [.. theirs, .. rows.Where(r => !known.Contains(r.Code))], FromBaseline(digest), cancel);
            return;
        }
        await PublishAsync(writer, (last?.Version ?? 0) + 1, rows, BaselineOrigin, cancel);
    }

    private const string BaselineOrigin = "baseline";

    /// <summary>Of a version that two operators published.</summary>
    internal const string OperatorOrigin = "operator";

    /// <summary>An origin that says which baseline was laid under an operator's own rows.</summary>
    private static string FromBaseline(string digest) => $"operator, codes of baseline {digest}";

    /// <summary>SHA-256 in hex: what somebody saw of the rules, to tell whether they are still so.</summary>
    public static string DigestOf(IReadOnlyList<PolicyRow> rows) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(rows, Privacy.StoredJson.Options)));

    private async Task PublishAsync(IWriter writer, long version, IReadOnlyList<PolicyRow> rows, string origin, CancellationToken cancel)
    {
        var digest = DigestOf(rows);
        var operation = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"policies {version} {digest}")));
        var change = new Change(new Act(ActId.New(clock), "policy.import", Actor.System("migrate"), new Guid(operation.AsSpan(0, 16)), operation, clock.Now()) { Reason = "baseline" });
        Publish(change, version, rows, origin, clock.Now());
        switch (await writer.WriteAsync(change, cancel: cancel))
        {
            case WriteOutcome.Done or WriteOutcome.Replayed or WriteOutcome.Claimed:
                break;
            case var other:
                throw new InvalidOperationException($"The policies could not be imported: {other.GetType().Name}. Run migrate again.");
        }
    }

    /// <summary>Adds a version with all its rows. Two that publish at once take the same number, and one of them finds it claimed.</summary>
    internal static void Publish(Change change, long version, IReadOnlyList<PolicyRow> rows, string origin, Instant now)
    {
        change.Claims.Add(new Claim("policy_version", BitConverter.GetBytes(version)));
        change.Rows.Add(PolicyTables.Version.Insert(version, DigestOf(rows), now, origin));
        foreach (var group in rows.GroupBy(r => r.Code, StringComparer.Ordinal))
        {
            var place = 0;
            foreach (var row in group)
            {
                change.Rows.Add(PolicyTables.Policy.Insert(version, row.Code, place++, row.From, row.To, row.Value, row.Evidence, row.Source, row.Note));
            }
        }
    }

    /// <summary>The rows that come with this release: <c>data/policies.json</c>, and <c>data/fees.json</c> as one.</summary>
    public static IReadOnlyList<PolicyRow> Baseline()
    {
        using var document = JsonDocument.Parse(Reference.Data("policies.json"));
        var rows = new List<PolicyRow>();
        foreach (var row in document.RootElement.EnumerateArray())
        {
            rows.Add(new(row.GetProperty("code").GetString()!, Day(row, "from"), Day(row, "to"), row.GetProperty("value").GetRawText(),
                row.GetProperty("evidence").GetString()!, row.GetProperty("source").GetString()!, row.TryGetProperty("note", out var note) ? note.GetString() : null));
        }
        rows.Add(new(Fees, null, null, Reference.Data("fees.json"), "sourced", "each row names its own", null));
        return rows;
    }

    /// <summary>The baseline without a database, for pure tests and tools.</summary>
    public static PolicySnapshot BaselineSnapshot() => new(1, Baseline());

    private static LocalDate? Day(JsonElement row, string name) =>
        row.TryGetProperty(name, out var day) ? LocalDatePattern.Iso.Parse(day.GetString()!).GetValueOrThrow() : null;

    private sealed record StoredVersion
    {
        public long Version { get; init; }
        public string Digest { get; init; } = "";
        public string Origin { get; init; } = "";
    }

    private sealed record StoredPolicy
    {
        public string Code { get; init; } = "";
        public LocalDate? EffectiveFrom { get; init; }
        public LocalDate? EffectiveTo { get; init; }
        public string Value { get; init; } = "";
        public string Evidence { get; init; } = "";
        public string Source { get; init; } = "";
        public string? Note { get; init; }
    }
}
