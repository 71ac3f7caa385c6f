using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Journal;

/// <summary>
/// An act with all that its leaf commits to, so that somebody outside can be given the means to compute the journal's entry: the act's row, the salt, the manifest, and of the rows
/// that concern him their values. It names who acted by the number of an account; the manifest names rows by their keys. No value that is sealed is in any of it.
/// </summary>
public sealed class ActOpening
{
    /// <summary>Stands in a row for a sealed value that is there; its commitment is in the manifest.</summary>
    public static readonly object Sealed = new();

    private readonly IReadOnlyList<Leaf.Entry> _entries;

    internal ActOpening(Guid id, string verb, string? rules, byte[] entry, byte[] salt, byte[] act, byte[] manifest)
    {
        (Id, Verb, Rules, Entry, Salt, Act, Manifest) = (new ActId(id), verb, rules, entry, salt, act, manifest);
        _entries = Leaf.Read(manifest);
    }

    public ActId Id { get; }
    public string Verb { get; }
    public string? Rules { get; }

    /// <summary>The journal's entry, 32 bytes.</summary>
    public byte[] Entry { get; }
    public byte[] Salt { get; }

    /// <summary>The values of the act's row, encoded as the leaf has them.</summary>
    public byte[] Act { get; }
    public byte[] Manifest { get; }

    /// <summary>Keys of the table's rows that the act wrote.</summary>
    public IReadOnlyList<IReadOnlyList<object?>> Wrote(string table)
    {
        var code = Leaf.TableCode(table);
        return [.. _entries.Where(e => e.Table == code).Select(e => Leaf.ReadKey(e.Key))];
    }

    /// <summary>The row's table and values, encoded as its digest has them. Null when the act did not write this row with these values.</summary>
    /// <param name="values">All columns in their order, as they are stored; <see cref="Sealed"/> in the place of a sealed value.</param>
    public byte[]? Open(Table table, params object?[] values)
    {
        var code = Leaf.TableCode(table.Name);
        var key = Leaf.KeyBytes([.. values.Take(table.KeyLength).Select(Plain)]);
        foreach (var entry in _entries)
        {
            if (entry.Table != code || !entry.Key.AsSpan().SequenceEqual(key))
            {
                continue;
            }
            var row = Leaf.RowBytes(table.Name, [.. values.Select(v => v == Sealed ? new SealedBytes([], entry.Commitment ?? []) : Plain(v))]);
            if (Leaf.RowDigest(Salt, row).AsSpan().SequenceEqual(entry.Digest))
            {
                return row;
            }
        }
        return null;
    }

    private static object? Plain(object? value) => value is NodaTime.Instant instant ? instant.ToMicros() : value;
}

/// <summary>Opens acts for those whom they concern.</summary>
public sealed class ActOpenings(Db db)
{
    private sealed record Row
    {
        public Guid Id { get; init; }
        public Guid Operation { get; init; }
        public byte[] Digest { get; init; } = [];
        public string Verb { get; init; } = "";
        public string ActorKind { get; init; } = "";
        public string ActorId { get; init; } = "";
        public string? BehalfKind { get; init; }
        public string? BehalfId { get; init; }
        public long At { get; init; }
        public Guid? PersonId { get; init; }
        public Guid? CaseId { get; init; }
        public string? Reason { get; init; }
        public string? Rules { get; init; }
        public string? Answer { get; init; }
        public byte[] Hash { get; init; } = [];
        public byte[] Salt { get; init; } = [];
        public byte[] Manifest { get; init; } = [];

        /// <summary>In the order of the act's columns.</summary>
        public object?[] Act => [Id, Operation, Digest, Verb, ActorKind, ActorId, BehalfKind, BehalfId, At, PersonId, CaseId, Reason, Rules, Answer];
    }

    /// <summary>The acts of a case with these verbs, oldest first.</summary>
    /// <exception cref="JournalDamagedException">An act is not what its leaf says.</exception>
    public async Task<IReadOnlyList<ActOpening>> OfCaseAsync(CaseId id, IReadOnlyCollection<string> verbs, CancellationToken cancel = default)
    {
        var rows = await db.QueryAsync<Row>("""
            SELECT a.id AS Id, a.operation AS Operation, a.digest AS Digest, a.verb AS Verb, a.actor_kind AS ActorKind, a.actor_id AS ActorId, a.behalf_kind AS BehalfKind, a.behalf_id AS BehalfId, a.at AS At,
                   a.person_id AS PersonId, a.case_id AS CaseId, a.reason AS Reason, a.rules AS Rules, a.answer AS Answer, l.hash AS Hash, l.salt AS Salt, l.manifest AS Manifest
            FROM act a JOIN leaf l ON l.id = a.id WHERE a.case_id = @id AND a.verb = ANY(@some) ORDER BY a.id
            """, new { id = id.Value, some = verbs.ToArray() }, cancel);
        return [.. rows.Select(Of)];
    }

    private static ActOpening Of(Row row)
    {
        var act = row.Act;
        return Leaf.HashOf(row.Salt, act, row.Manifest).AsSpan().SequenceEqual(row.Hash)
            ? new ActOpening(row.Id, row.Verb, row.Rules, row.Hash, row.Salt, Leaf.ValueBytes(act), row.Manifest)
            : throw new JournalDamagedException($"The act {row.Id} is not what its leaf says.");
    }
}
