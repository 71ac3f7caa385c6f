using System.Collections.Concurrent;
using System.Text.Json;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Platform.Policies;

/// <summary>One dated row. <see cref="To"/> is exclusive; null is open.</summary>
public sealed record PolicyRow(string Code, LocalDate? From, LocalDate? To, string Value, string Evidence, string Source, string? Note)
{
    public bool InForce(LocalDate on) => (From is not { } from || from <= on) && (To is not { } to || on < to);
}

/// <summary>All policies of one version, read only. Values are asked for by code and day.</summary>
public sealed class PolicySnapshot
{
    private readonly Dictionary<string, PolicyRow[]> _rows;
    // By identity: hashing the text of a whole fee table at each look cost more than the look.
    private readonly ConcurrentDictionary<PolicyRow, ConcurrentDictionary<Type, object>> _read = new(ReferenceEqualityComparer.Instance);

    public PolicySnapshot(long version, IEnumerable<PolicyRow> rows)
    {
        Version = version;
        _rows = rows.GroupBy(r => r.Code, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
    }

    public long Version { get; }

    /// <summary>Every row, for the public list of rules.</summary>
    public IEnumerable<PolicyRow> Rows => _rows.Values.SelectMany(r => r);

    /// <summary>The value in force on a day. A code without one is a bug or a broken import, and says which.</summary>
    public T Get<T>(string code, LocalDate on) where T : notnull
    {
        var row = RowOn(code, on);
        return (T)_read.GetOrAdd(row, static _ => new()).GetOrAdd(typeof(T), static (type, row) =>
            JsonSerializer.Deserialize(row.Value, type, StoredJson.Options) ?? throw new InvalidOperationException($"Policy {row.Code} is null."), row);
    }

    public PolicyRow RowOn(string code, LocalDate on) =>
        _rows.TryGetValue(code, out var dated) && Array.Find(dated, r => r.InForce(on)) is { } row
            ? row
            : throw new InvalidOperationException($"No policy '{code}' is in force on {NodaTime.Text.LocalDatePattern.Iso.Format(on)}.");
}
