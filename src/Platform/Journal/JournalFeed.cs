using System.Buffers.Binary;
using System.Globalization;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Journal;

/// <summary>Heads of a table that acts wrote, and where to read on.</summary>
/// <param name="Heads">Their ids, each once; what they are by now may be the work of a later act.</param>
/// <param name="Next">The position to ask for next.</param>
/// <param name="AtEnd">Nothing that has a position is left.</param>
public sealed record HeadPage(IReadOnlyCollection<Guid> Heads, long Next, bool AtEnd);

/// <summary>An act at its place, and what it wrote.</summary>
/// <param name="Position">Of its leaf.</param>
public sealed record JournaledAct(long Position, Guid Id, string Verb, Instant At)
{
    private readonly byte[] _salt = [];
    private readonly IReadOnlyList<Leaf.Entry> _entries = [];

    internal JournaledAct(long position, Guid id, string verb, Instant at, byte[] salt, byte[] manifest) : this(position, id, verb, at) => (_salt, _entries) = (salt, Leaf.Read(manifest));

    /// <summary>The heads of a table that it wrote, with the version that each has since; 1: it made it.</summary>
    public IReadOnlyList<(Guid Id, long Version)> Heads(Table table) =>
        [.. Of(table, Leaf.Mode.Head).Select(e => Leaf.ReadKey(e.Key)).Select(key => ((Guid)key[0]!, (long)key[1]!))];

    /// <summary>The rows of a table with an id that it inserted.</summary>
    public IReadOnlyList<Guid> Inserted(Table table) => [.. Of(table, Leaf.Mode.Insert).Select(e => (Guid)Leaf.ReadKey(e.Key)[0]!)];

    /// <summary>Whether it wrote a head with these values: the journal holds their digest.</summary>
    /// <param name="values">All columns in their order, as they are stored, with the version in question.</param>
    public bool Wrote(Table table, params IReadOnlyList<object?> values)
    {
        var key = Leaf.KeyBytes([.. values.Take(2)]);
        return Of(table, Leaf.Mode.Head).Any(e => e.Key.AsSpan().SequenceEqual(key) && Leaf.RowDigest(_salt, table.Name, values).AsSpan().SequenceEqual(e.Digest));
    }

    private IEnumerable<Leaf.Entry> Of(Table table, Leaf.Mode mode)
    {
        var code = Leaf.TableCode(table.Name);
        return _entries.Where(e => e.Table == code && e.Mode == mode);
    }
}

/// <summary>Acts in the order of the journal, and where to read on.</summary>
/// <param name="Next">The position to ask for next.</param>
/// <param name="AtEnd">Nothing that has a position is left.</param>
public sealed record ActPage(IReadOnlyList<JournaledAct> Acts, long Next, bool AtEnd);

/// <summary>
/// What was written, in the order of the journal. A leaf gets its position after its commit can be seen, so whoever follows the positions misses no act, however late
/// its commit comes; by times or serial numbers a late commit would be passed over.
/// </summary>
public sealed class JournalFeed(Db db)
{
    /// <summary>Positions looked at in one query; those of other tables cost the database a look and nothing else.</summary>
    internal const int Window = 10_000;

    private const int Most = 1_000;

    /// <summary>What is made of a page of acts is written in one change.</summary>
    private const int MostActs = 250;

    private readonly string _sql = $"""
        SELECT position, manifest FROM leaf
        WHERE position >= @from AND position < @to AND kind = 'act' AND {(db.Dialect.Kind == DatabaseKind.PostgreSql ? "position(@code IN manifest)" : "instr(manifest, @code)")} > 0
        ORDER BY position LIMIT @most
        """;

    /// <summary>The position that the next leaf gets. What is read from the tables after this holds every act before it.</summary>
    public async Task<long> EndAsync(CancellationToken cancel = default) =>
        await db.FirstAsync<long?>("SELECT size FROM journal_head WHERE id = @id", new { id = Sequencer.HeadId }, cancel) ?? 0;

    /// <summary>The heads of a table that acts from this position on wrote; bounded, so ask until it is at the end.</summary>
    public async Task<HeadPage> ReadAsync(Table table, long from, CancellationToken cancel = default)
    {
        var end = await EndAsync(cancel);
        var to = Math.Min(end, from + Window);
        if (to <= from)
        {
            return new([], from, AtEnd: true);
        }
        var code = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(code, Leaf.TableCode(table.Name));
        // The four bytes may stand in a manifest by chance: only its own reader decides.
        var rows = await db.QueryAsync<Written>(_sql, new { from, to, code, most = Most }, cancel);
        var heads = new HashSet<Guid>();
        foreach (var row in rows)
        {
            foreach (var entry in Leaf.Read(row.Manifest))
            {
                if (entry.Mode == Leaf.Mode.Head && entry.Table == Leaf.TableCode(table.Name) && Leaf.ReadKey(entry.Key) is [Guid id, ..])
                {
                    heads.Add(id);
                }
            }
        }
        var next = rows.Count == Most ? rows[^1].Position + 1 : to;
        return new(heads, next, next >= end);
    }

    /// <summary>The acts from this position on that wrote a head of one of these tables, and perhaps some that only look so; bounded, so ask until it is at the end.</summary>
    public async Task<ActPage> ActsAsync(IReadOnlyList<Table> tables, long from, CancellationToken cancel = default)
    {
        var end = await EndAsync(cancel);
        var to = Math.Min(end, from + Window);
        if (to <= from)
        {
            return new([], from, AtEnd: true);
        }
        var names = string.Join(" OR ", tables.Select(t => Names(Leaf.TableCode(t.Name))));
        var rows = await db.QueryAsync<WrittenAct>($"""
            SELECT l.position, l.id, a.verb, a.at, l.salt, l.manifest FROM leaf l JOIN act a ON a.id = l.id
            WHERE l.position >= @from AND l.position < @to AND l.kind = 'act' AND ({names}) ORDER BY l.position LIMIT @most
            """, new { from, to, most = MostActs }, cancel);
        var next = rows.Count == MostActs ? rows[^1].Position + 1 : to;
        return new([.. rows.Select(r => new JournaledAct(r.Position, r.Id, r.Verb, r.At, r.Salt, r.Manifest))], next, next >= end);
    }

    /// <summary>A condition on the manifest. The code is computed from a name of ours: nothing that came from elsewhere gets into the statement.</summary>
    private string Names(uint code) => db.Dialect.Kind == DatabaseKind.PostgreSql
        ? string.Create(CultureInfo.InvariantCulture, $"position('\\x{code:x8}'::bytea IN l.manifest) > 0")
        : string.Create(CultureInfo.InvariantCulture, $"instr(l.manifest, x'{code:x8}') > 0");

    private sealed record Written(long Position, byte[] Manifest);

    private sealed record WrittenAct(long Position, Guid Id, string Verb, Instant At, byte[] Salt, byte[] Manifest);
}
