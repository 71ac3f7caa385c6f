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
    private readonly ConcurrentDictionary<(PolicyRow, Type), object> _read = new();

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
        return (T)_read.GetOrAdd((row, typeof(T)), static key =>
            JsonSerializer.Deserialize(key.Item1.Value, key.Item2, StoredJson.Options) ?? throw new InvalidOperationException($"Policy {key.Item1.Code} is null."));
    }

    public PolicyRow RowOn(string code, LocalDate on) =>
        _rows.TryGetValue(code, out var dated) && Array.Find(dated, r => r.InForce(on)) is { } row
            ? row
            : throw new InvalidOperationException($"No policy '{code}' is in force on {NodaTime.Text.LocalDatePattern.Iso.Format(on)}.");
}
