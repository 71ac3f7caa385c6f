using System.Globalization;
using Muqeem.Platform.Database;

namespace Muqeem.Platform.Journal;

/// <summary>The tree as the database has it: full tiles from their rows, what is not full from the leaves and from the roots below.</summary>
internal sealed class StoredTiles(Db db) : ITiles
{
    public async Task<byte[]> HashesAsync(int level, long first, int count, CancellationToken cancel = default)
    {
        if (level > 0)
        {
            return Joined(level, first, count, await db.QueryAsync<byte[]>("SELECT root FROM journal_tile WHERE level = @level AND number >= @first AND number < @end ORDER BY number",
                new { level = level - 1, first, end = first + count }, cancel));
        }
        var tile = await db.FirstAsync<byte[]>("SELECT hashes FROM journal_tile WHERE level = 0 AND number = @number", new { number = first / Tree.TileWidth }, cancel);
        if (tile is { Length: Tree.TileWidth * Tree.HashLength })
        {
            return tile.AsSpan((int)(first % Tree.TileWidth) * Tree.HashLength, count * Tree.HashLength).ToArray();
        }
        var entries = await EntriesAsync(first, count, cancel);
        var hashes = new byte[entries.Length];
        for (var i = 0; i < count; i++)
        {
            Verifier.Journal.MerkleProof.HashLeaf(entries.AsSpan(i * Tree.HashLength, Tree.HashLength)).CopyTo(hashes, i * Tree.HashLength);
        }
        return hashes;
    }

    /// <summary>The entries themselves, 32 bytes each.</summary>
    /// <exception cref="JournalDamagedException">They are not there.</exception>
    public async Task<byte[]> EntriesAsync(long first, int count, CancellationToken cancel = default) =>
        Joined(0, first, count, await db.QueryAsync<byte[]>("SELECT hash FROM leaf WHERE position >= @first AND position < @end ORDER BY position", new { first, end = first + count }, cancel));

    private static byte[] Joined(int level, long first, int count, IReadOnlyList<byte[]> hashes)
    {
        if (hashes.Count != count || hashes.Any(h => h.Length != Tree.HashLength))
        {
            throw new JournalDamagedException(string.Create(CultureInfo.InvariantCulture, $"The journal lacks hashes of its tree: level {level}, {count} from number {first}. Run muqeem journal verify."));
        }
        var joined = new byte[count * Tree.HashLength];
        for (var i = 0; i < count; i++)
        {
            hashes[i].CopyTo(joined, i * Tree.HashLength);
        }
        return joined;
    }
}
