using System.Numerics;
using System.Security.Cryptography;

namespace Muqeem.Platform.Journal;

/// <summary>
/// The right edge of a Merkle tree of RFC 6962: all that is needed to append. It is kept as C2SP's tiles have it: per level the hashes of the last tile that is
/// not full. Appending costs two hashes a leaf; buffers are reused, nothing is allocated but a new level. Not for several threads at once.
/// </summary>
internal sealed class Tree
{
    public const int TileHeight = 8;
    public const int TileWidth = 1 << TileHeight;
    public const int HashLength = 32;

    /// <summary>Takes a tile that has become full, with its root. The spans are valid during the call.</summary>
    public delegate void TakeTile(int level, long number, ReadOnlySpan<byte> hashes, ReadOnlySpan<byte> root);

    private readonly List<Level> _levels = [];
    private readonly byte[] _scratch = new byte[(TileWidth + 1) * HashLength];

    /// <summary>Leaves so far.</summary>
    public long Size { get; private set; }

    /// <summary>The tree of this size, from tiles that were stored.</summary>
    public static async Task<Tree> LoadAsync(ITiles tiles, long size, CancellationToken cancel = default)
    {
        var tree = new Tree { Size = size };
        for (var level = 0; size >> (level * TileHeight) > 0; level++)
        {
            var hashes = size >> (level * TileHeight);
            var count = (int)(hashes % TileWidth);
            var kept = new Level { Count = count, Full = hashes / TileWidth };
            if (count > 0)
            {
                (await tiles.HashesAsync(level, hashes - count, count, cancel)).CopyTo(kept.Hashes);
            }
            tree._levels.Add(kept);
        }
        return tree;
    }

    /// <summary>Appends entries.</summary>
    /// <param name="entries">32 bytes each, one after the other.</param>
    public void Append(ReadOnlySpan<byte> entries, TakeTile? take = null)
    {
        Span<byte> leaf = stackalloc byte[1 + HashLength];
        leaf[0] = 0;
        if (_levels.Count == 0)
        {
            _levels.Add(new Level());
        }
        for (; entries.Length > 0; entries = entries[HashLength..])
        {
            entries[..HashLength].CopyTo(leaf[1..]);
            var bottom = _levels[0];
            SHA256.HashData(leaf, bottom.Next());
            Size++;
            if (++bottom.Count == TileWidth)
            {
                Close(0, take);
            }
        }
    }

    /// <summary>The root of the tree.</summary>
    public byte[] Root()
    {
        var root = new byte[HashLength];
        var some = false;
        foreach (var level in _levels)
        {
            var count = level.Count;
            level.Hashes.AsSpan(0, count * HashLength).CopyTo(_scratch);
            if (some)
            {
                // What is below and not full is the last and smaller child.
                root.CopyTo(_scratch.AsSpan(count * HashLength));
                count++;
            }
            if (count > 0)
            {
                RootOf(_scratch, count, root);
                some = true;
            }
        }
        return some ? root : SHA256.HashData([]);
    }

    private void Close(int level, TakeTile? take)
    {
        var full = _levels[level];
        Span<byte> root = stackalloc byte[HashLength];
        full.Hashes.CopyTo(_scratch, 0);
        RootOf(_scratch, TileWidth, root);
        take?.Invoke(level, full.Full, full.Hashes, root);
        full.Full++;
        full.Count = 0;
        if (_levels.Count == level + 1)
        {
            _levels.Add(new Level());
        }
        var above = _levels[level + 1];
        root.CopyTo(above.Next());
        if (++above.Count == TileWidth)
        {
            Close(level + 1, take);
        }
    }

    /// <summary>The root over hashes of equal subtrees, of which the last may be smaller. What is in <paramref name="hashes"/> is overwritten.</summary>
    public static void RootOf(Span<byte> hashes, int count, Span<byte> root)
    {
        for (; count > 1; count = (count + 1) / 2)
        {
            for (var i = 0; i < count / 2; i++)
            {
                HashChildren(hashes.Slice(2 * i * HashLength, 2 * HashLength), hashes.Slice(i * HashLength, HashLength));
            }
            if (count % 2 == 1)
            {
                // One without a sibling goes up as it is.
                hashes.Slice((count - 1) * HashLength, HashLength).CopyTo(hashes[(count / 2 * HashLength)..]);
            }
        }
        hashes[..HashLength].CopyTo(root);
    }

    /// <param name="both">64 bytes; <paramref name="parent"/> may lie in them.</param>
    private static void HashChildren(ReadOnlySpan<byte> both, Span<byte> parent)
    {
        Span<byte> node = stackalloc byte[1 + (2 * HashLength)];
        node[0] = 1;
        both.CopyTo(node[1..]);
        SHA256.HashData(node, parent);
    }

    /// <summary>The ranges of leaves whose hashes are the inclusion proof of a leaf (RFC 6962, 2.1.1), from the leaf's sibling up.</summary>
    public static IReadOnlyList<(long From, long To)> Inclusion(long index, long size)
    {
        var ranges = new List<(long, long)>();
        for (var (from, to) = (0L, size); to - from > 1;)
        {
            var split = from + Split(to - from);
            if (index < split)
            {
                ranges.Add((split, to));
                to = split;
            }
            else
            {
                ranges.Add((from, split));
                from = split;
            }
        }
        ranges.Reverse();
        return ranges;
    }

    /// <summary>The ranges of leaves whose hashes are the consistency proof between two sizes (RFC 6962, 2.1.2). None when the older is empty or the same.</summary>
    public static IReadOnlyList<(long From, long To)> Consistency(long older, long size)
    {
        var ranges = new List<(long, long)>();
        if (older == 0 || older == size)
        {
            return ranges;
        }
        var (from, to, whole) = (0L, size, true);
        while (older < to)
        {
            var split = from + Split(to - from);
            if (older <= split)
            {
                ranges.Add((split, to));
                to = split;
            }
            else
            {
                ranges.Add((from, split));
                from = split;
                whole = false;
            }
        }
        if (!whole)
        {
            ranges.Add((from, to));
        }
        ranges.Reverse();
        return ranges;
    }

    /// <summary>The hash over a range of leaves that is a node of a tree.</summary>
    public static async Task<byte[]> HashAsync(ITiles tiles, long from, long to, CancellationToken cancel = default)
    {
        var count = to - from;
        if (count == 0)
        {
            return SHA256.HashData([]);
        }
        var hash = new byte[HashLength];
        if (BitOperations.IsPow2(count) && from % count == 0)
        {
            var level = BitOperations.Log2((ulong)count) / TileHeight;
            var shift = level * TileHeight;
            var hashes = await tiles.HashesAsync(level, from >> shift, (int)(count >> shift), cancel);
            RootOf(hashes, hashes.Length / HashLength, hash);
            return hash;
        }
        var split = from + Split(count);
        byte[] both = [.. await HashAsync(tiles, from, split, cancel), .. await HashAsync(tiles, split, to, cancel)];
        HashChildren(both, hash);
        return hash;
    }

    public static async Task<IReadOnlyList<byte[]>> HashAsync(ITiles tiles, IEnumerable<(long From, long To)> ranges, CancellationToken cancel = default)
    {
        var hashes = new List<byte[]>();
        foreach (var (from, to) in ranges)
        {
            hashes.Add(await HashAsync(tiles, from, to, cancel));
        }
        return hashes;
    }

    /// <summary>The largest power of two below a number.</summary>
    private static long Split(long count) => 1L << BitOperations.Log2((ulong)count - 1);

    private sealed class Level
    {
        public byte[] Hashes { get; } = new byte[TileWidth * HashLength];
        public int Count { get; set; }

        /// <summary>Tiles before this one.</summary>
        public long Full { get; set; }

        public Span<byte> Next() => Hashes.AsSpan(Count * HashLength, HashLength);
    }
}

/// <summary>Where the hashes of a tree's tiles are read.</summary>
internal interface ITiles
{
    /// <summary>Hashes of one level, one after the other, all of one tile; the caller may overwrite them.</summary>
    /// <exception cref="JournalDamagedException">They are not there.</exception>
    Task<byte[]> HashesAsync(int level, long first, int count, CancellationToken cancel = default);
}

/// <summary>The stored tree contradicts itself or lacks something; the message is a sentence for whoever runs the system.</summary>
public sealed class JournalDamagedException(string message) : Exception(message);
