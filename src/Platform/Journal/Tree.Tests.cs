using System.Numerics;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Muqeem.Verifier.Journal;

namespace Muqeem.Platform.Journal;

/// <summary>The tree against the definitions of RFC 6962, written down as they stand there.</summary>
public sealed class TreeTests
{
    /// <summary>Tiles in memory, as a tree hands them out.</summary>
    private sealed class Tiles : ITiles
    {
        private readonly Dictionary<(int, long), (byte[] Hashes, byte[] Root)> _full = [];
        private readonly List<byte[]> _leaves = [];

        public Tree Tree { get; } = new();

        public void Append(IReadOnlyList<byte[]> entries)
        {
            _leaves.AddRange(entries.Select(e => MerkleProof.HashLeaf(e)));
            Tree.Append([.. entries.SelectMany(e => e)], (level, number, hashes, root) => _full.Add((level, number), (hashes.ToArray(), root.ToArray())));
        }

        public Task<byte[]> HashesAsync(int level, long first, int count, CancellationToken cancel = default)
        {
            Assert.True((first % 256) + count <= 256, "All of one tile.");
            return Task.FromResult<byte[]>(level == 0
                ? [.. _leaves.Skip((int)first).Take(count).SelectMany(h => h)]
                : [.. Enumerable.Range(0, count).SelectMany(i => _full[(level - 1, first + i)].Root)]);
        }

        public IEnumerable<(int Level, long Number)> Full => _full.Keys;

        public byte[] FullTile(int level, long number) => _full[(level, number)].Hashes;
    }

    private static byte[] Entry(int i) => SHA256.HashData(BitConverter.GetBytes(i));

    /// <summary>MTH of RFC 6962, 2.1.</summary>
    private static byte[] Mth(ReadOnlySpan<byte[]> entries)
    {
        if (entries.Length < 2)
        {
            return entries.Length == 0 ? SHA256.HashData([]) : SHA256.HashData([0, .. entries[0]]);
        }
        var k = 1 << BitOperations.Log2((uint)entries.Length - 1);
        return SHA256.HashData([1, .. Mth(entries[..k]), .. Mth(entries[k..])]);
    }

    private static readonly byte[][] Entries = [.. Enumerable.Range(0, 70_000).Select(Entry)];

    private static readonly Lazy<Tiles> Large = new(() =>
    {
        var tiles = new Tiles();
        foreach (var part in Entries.Chunk(777))
        {
            tiles.Append(part);
        }
        return tiles;
    });

    [Fact]
    public void The_root_is_that_of_the_definition_at_every_size()
    {
        var tree = new Tree();
        Assert.Equal(Mth([]), tree.Root());
        for (var size = 1; size <= 600; size++)
        {
            tree.Append(Entries[size - 1]);
            Assert.Equal(size, tree.Size);
            Assert.Equal(Mth(Entries.AsSpan(0, size)), tree.Root());
        }
        Assert.Equal(Mth(Entries), Large.Value.Tree.Root());
    }

    [Fact]
    public void Seventy_thousand_leaves_are_the_tiles_that_the_specification_counts()
    {
        // C2SP tlog-tiles: 273 full tiles at level 0 and one partial of 112; one full at level 1 and one of 17; at level 2 one of 1.
        Assert.Equal(273, Large.Value.Full.Count(t => t.Level == 0));
        Assert.Equal((1, 0L), Assert.Single(Large.Value.Full, t => t.Level > 0));
        for (var i = 0; i < 256; i++)
        {
            Assert.Equal(MerkleProof.HashLeaf(Entries[(7 * 256) + i]), Large.Value.FullTile(0, 7).AsSpan(32 * i, 32).ToArray());
        }
        Assert.Equal(Mth(Entries.AsSpan(5 * 256, 256)), Large.Value.FullTile(1, 0).AsSpan(32 * 5, 32).ToArray());
    }

    [Fact]
    public async Task A_tree_loaded_from_tiles_goes_on_as_if_it_had_never_stopped()
    {
        foreach (var size in (int[])[0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 69_999])
        {
            var tree = await Tree.LoadAsync(Large.Value, size);
            Assert.Equal(Mth(Entries.AsSpan(0, size)), tree.Root());
            tree.Append(Entries[size]);
            Assert.Equal(Mth(Entries.AsSpan(0, size + 1)), tree.Root());
        }
    }

    private static Config Few => Config.QuickThrowOnFailure.WithMaxTest(60);

    [Fact]
    public void Of_any_leaf_in_a_tree_of_any_size_there_is_a_proof_and_it_is_of_no_other_leaf() =>
        Prop.ForAll(Gen.Choose(1, 70_000).SelectMany(size => Gen.Choose(0, size - 1).Select(index => (size, index))).ToArbitrary(), at =>
        {
            var root = Tree.HashAsync(Large.Value, 0, at.size).Result;
            var path = Tree.HashAsync(Large.Value, Tree.Inclusion(at.index, at.size)).Result;
            return MerkleProof.Includes(MerkleProof.HashLeaf(Entries[at.index]), at.index, at.size, path, root)
                && !MerkleProof.Includes(MerkleProof.HashLeaf(Entries[at.index]), at.index ^ 1, at.size, path, root)
                && !MerkleProof.Includes(MerkleProof.HashLeaf(Entry(-1)), at.index, at.size, path, root);
        }).Check(Few);

    [Fact]
    public void Between_any_two_sizes_there_is_a_proof_that_one_continues_the_other() =>
        Prop.ForAll(Gen.Choose(0, 70_000).SelectMany(size => Gen.Choose(0, size).Select(older => (older, size))).ToArbitrary(), at =>
        {
            var (before, after) = (Tree.HashAsync(Large.Value, 0, at.older).Result, Tree.HashAsync(Large.Value, 0, at.size).Result);
            var proof = Tree.HashAsync(Large.Value, Tree.Consistency(at.older, at.size)).Result;
            var forked = SHA256.HashData(before);
            return MerkleProof.Extends(at.older, before, at.size, after, proof) && !MerkleProof.Extends(at.older, forked, at.size, after, proof);
        }).Check(Few);

    [Fact]
    public async Task Between_all_small_sizes_there_is_one()
    {
        for (var size = 0; size <= 40; size++)
        {
            for (var older = 0; older <= size; older++)
            {
                var proof = await Tree.HashAsync(Large.Value, Tree.Consistency(older, size));
                Assert.True(MerkleProof.Extends(older, Mth(Entries.AsSpan(0, older)), size, Mth(Entries.AsSpan(0, size)), proof), $"{older} to {size}");
            }
        }
    }

    [Theory]
    [InlineData("0/000", 0, 0L, 256)]
    [InlineData("entries/067", null, 67L, 256)]
    [InlineData("2/x001/x234/067", 2, 1234067L, 256)]
    [InlineData("63/x001/234.p/5", 63, 1234L, 5)]
    [InlineData("entries/x100/000.p/255", null, 100000L, 255)]
    public void A_tile_has_one_path(string path, int? level, long number, int width)
    {
        Assert.True(TilePath.TryParse(path, out var tile));
        Assert.Equal(new TilePath(level, number, width), tile);
        Assert.Equal(path, tile.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0/")]
    [InlineData("0/0")]
    [InlineData("0/0000")]
    [InlineData("00/000")]
    [InlineData("64/000")]
    [InlineData("-1/000")]
    [InlineData("0/x000/001")]
    [InlineData("0/001/001")]
    [InlineData("0/x001")]
    [InlineData("0/x1/001")]
    [InlineData("0/٠٠١")]
    [InlineData("0/000.p")]
    [InlineData("0/000.p/0")]
    [InlineData("0/000.p/256")]
    [InlineData("0/000.p/05")]
    [InlineData("0/000.p/5/6")]
    [InlineData("data/000")]
    [InlineData("0/x001/x001/x001/x001/x001/x001/001")]
    public void Anything_else_is_no_path_of_a_tile(string path) => Assert.False(TilePath.TryParse(path, out _));
}
