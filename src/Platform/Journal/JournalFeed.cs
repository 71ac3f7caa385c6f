using System.Buffers.Binary;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Journal;

/// <summary>Heads of a table that acts wrote, and where to read on.</summary>
/// <param name="Heads">Their ids, each once; what they are by now may be the work of a later act.</param>
/// <param name="Next">The position to ask for next.</param>
/// <param name="AtEnd">Nothing that has a position is left.</param>
public sealed record FeedPage(IReadOnlyCollection<Guid> Heads, long Next, bool AtEnd);

/// <summary>
/// What was written, in the order of the journal. A leaf gets its position after its commit can be seen, so whoever follows the positions misses no act, however late
/// its commit comes; by times or serial numbers a late commit would be passed over.
/// </summary>
public sealed class JournalFeed(Db db)
{
    /// <summary>Positions looked at in one query; those of other tables cost the database a look and nothing else.</summary>
    internal const int Window = 10_000;

    private const int Most = 1_000;

    private readonly string _sql = $"""
        SELECT position, manifest FROM leaf
        WHERE position >= @from AND position < @to AND kind = 'act' AND {(db.Dialect.Kind == DatabaseKind.PostgreSql ? "position(@code IN manifest)" : "instr(manifest, @code)")} > 0
        ORDER BY position LIMIT @most
        """;

    /// <summary>The position that the next leaf gets. What is read from the tables after this holds every act before it.</summary>
    public async Task<long> EndAsync(CancellationToken cancel = default) =>
        await db.FirstAsync<long?>("SELECT size FROM journal_head WHERE id = @id", new { id = Sequencer.HeadId }, cancel) ?? 0;

    /// <summary>The heads of a table that acts from this position on wrote; bounded, so ask until it is at the end.</summary>
    public async Task<FeedPage> ReadAsync(Table table, long from, CancellationToken cancel = default)
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

    private sealed record Written(long Position, byte[] Manifest);
}
