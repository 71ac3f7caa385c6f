using System.Globalization;
using Muqeem.Platform.Database;
using Muqeem.Verifier.Journal;

namespace Muqeem.Platform.Journal;

public sealed partial class Verification
{
    private sealed partial class Run
    {
        private sealed record StoredHead(Guid Id, int Generation, long Size, byte[] Root, string? Checkpoint, long CheckpointSize);

        private sealed record StoredTile(byte[] Hashes, byte[] Root);

        private readonly Dictionary<long, byte[]> _roots = [];
        private readonly SortedSet<long> _wanted = [];
        private readonly Guid[] _inTile = new Guid[Tree.TileWidth];

        // Positions that no leaf has, by the hash that the tile has there.
        private readonly Dictionary<string, long> _lost = new(StringComparer.Ordinal);

        /// <summary>The leaves in the order of their positions against tiles, head and checkpoints.</summary>
        public async Task TreeAsync(Checkpoint? against)
        {
            var heads = await snapshot.QueryAsync<StoredHead>("SELECT id, generation, size, root, checkpoint, checkpoint_size FROM journal_head", null, cancel);
            if (heads is not [{ Id: var known }] || known != Sequencer.HeadId)
            {
                if (heads.Count > 0 || await snapshot.FirstAsync<long>("SELECT count(*) FROM leaf WHERE position IS NOT NULL", null, cancel) > 0)
                {
                    foreach (var other in heads.Where(h => h.Id != Sequencer.HeadId))
                    {
                        Find("journal_head", other.Id, "is not the journal's row");
                    }
                    Find("journal_head", Sequencer.HeadId, $"its one row is not there as the journal made it ({heads.Count} rows)");
                    return;
                }
                if (against is { Size: > 0 })
                {
                    Find("journal_head", Sequencer.HeadId, "is missing, but there is a signed checkpoint");
                }
                return;
            }
            var head = heads[0];
            var signed = head.Checkpoint is { } note ? verification._key.Read(note) : null;
            foreach (var size in (long?[])[head.CheckpointSize, signed?.Size, against?.Size])
            {
                _wanted.Add(size ?? 0);
            }
            var tree = new Tree();
            _roots[0] = tree.Root();
            await AppendAsync(tree, head);
            await LostAsync();
            await BeyondAsync(head);
            var id = head.Id.ToString("D");
            if (tree.Size != head.Size || !tree.Root().AsSpan().SequenceEqual(head.Root))
            {
                Find("journal_head", id, string.Create(CultureInfo.InvariantCulture, $"names {head.Size} leaves and a root, which are not those of the {tree.Size} leaves"));
            }
            CheckSigned(head, id, signed);
            if (against is not null && (!_roots.TryGetValue(against.Size, out var kept) || !against.Root.SequenceEqual(kept)))
            {
                Find("journal_head", id, string.Create(CultureInfo.InvariantCulture, $"the journal does not continue the checkpoint over {against.Size} entries that was given: history was rewritten or cut"));
            }
        }

        private void CheckSigned(StoredHead head, string id, Checkpoint? signed)
        {
            if (head.Checkpoint is null)
            {
                if (head.CheckpointSize != 0)
                {
                    Find("journal_head", id, "its checkpoint is missing");
                }
            }
            else if (signed is null)
            {
                Find("journal_head", id, "no key of this installation signed its checkpoint");
            }
            else if (signed.Origin != verification._key.Origin(head.Generation))
            {
                Find("journal_head", id, $"its checkpoint is of {signed.Origin}, not of {verification._key.Origin(head.Generation)}");
            }
            else if (signed.Size != head.CheckpointSize || !_roots.TryGetValue(signed.Size, out var root) || !signed.Root.SequenceEqual(root))
            {
                Find("journal_head", id, string.Create(CultureInfo.InvariantCulture, $"its signed checkpoint over {signed.Size} entries is not of the leaves that are stored"));
            }
        }

        private async Task AppendAsync(Tree tree, StoredHead head)
        {
            var nothing = new byte[Tree.HashLength];
            await foreach (var chunk in ChunksAsync("SELECT position, id, hash FROM leaf WHERE position IS NOT NULL ORDER BY position", ColumnType.Long, ColumnType.Uuid, ColumnType.Bytes))
            {
                foreach (var row in chunk)
                {
                    var position = (long)row[0]!;
                    var id = row[1] as Guid? ?? Guid.Empty;
                    if (position < tree.Size || position >= head.Size)
                    {
                        Find("leaf", id, string.Create(CultureInfo.InvariantCulture, $"has position {position}, which the journal does not have"));
                        continue;
                    }
                    while (tree.Size < position)
                    {
                        await MissAsync(tree.Size);
                        await AppendAsync(tree, Guid.Empty, nothing);
                    }
                    var hash = (byte[])row[2]!;
                    if (hash.Length != Tree.HashLength)
                    {
                        Find("leaf", id, "its hash is none");
                        hash = nothing;
                    }
                    await AppendAsync(tree, id, hash);
                    _entries++;
                }
                progress?.Invoke("entries", _entries);
            }
            if (tree.Size < head.Size)
            {
                await MissAsync(tree.Size);
            }
        }

        private async Task AppendAsync(Tree tree, Guid leaf, byte[] hash)
        {
            _inTile[tree.Size % Tree.TileWidth] = leaf;
            List<(int Level, long Number, byte[] Hashes, byte[] Root)>? full = null;
            tree.Append(hash, (level, number, hashes, root) => (full ??= []).Add((level, number, hashes.ToArray(), root.ToArray())));
            foreach (var (level, number, hashes, root) in full ?? [])
            {
                await CompareAsync(level, number, hashes, root);
            }
            if (_wanted.Contains(tree.Size))
            {
                _roots[tree.Size] = tree.Root();
            }
        }

        private async Task CompareAsync(int level, long number, byte[] hashes, byte[] root)
        {
            var name = new TilePath(level, number, Tree.TileWidth).ToString();
            var stored = await snapshot.FirstAsync<StoredTile>("SELECT hashes, root FROM journal_tile WHERE level = @level AND number = @number", new { level, number }, cancel);
            if (stored is null)
            {
                Find("journal_tile", $"{level}/{number}", "is missing");
                return;
            }
            if (stored.Hashes.AsSpan().SequenceEqual(hashes) && stored.Root.AsSpan().SequenceEqual(root))
            {
                return;
            }
            Find("journal_tile", $"{level}/{number}", level == 0 ? "is not of the leaves that are stored" : "is not of the tiles below it");
            for (var i = 0; level == 0 && i < Tree.TileWidth && stored.Hashes.Length == hashes.Length; i++)
            {
                if (!stored.Hashes.AsSpan(i * Tree.HashLength, Tree.HashLength).SequenceEqual(hashes.AsSpan(i * Tree.HashLength, Tree.HashLength)) && _inTile[i] != Guid.Empty)
                {
                    Find("leaf", _inTile[i], string.Create(CultureInfo.InvariantCulture, $"is not the entry that tile {name} has at position {(number * Tree.TileWidth) + i}"));
                }
            }
        }

        private async Task MissAsync(long position)
        {
            Find("leaf", string.Create(CultureInfo.InvariantCulture, $"position {position}"), "no leaf has this position");
            var tile = await snapshot.FirstAsync<byte[]>("SELECT hashes FROM journal_tile WHERE level = 0 AND number = @number", new { number = position / Tree.TileWidth }, cancel);
            if (tile is { Length: Tree.TileWidth * Tree.HashLength })
            {
                _lost[Convert.ToHexStringLower(tile.AsSpan((int)(position % Tree.TileWidth) * Tree.HashLength, Tree.HashLength))] = position;
            }
            else
            {
                _anyLost = true;
            }
        }

        private bool _anyLost;

        /// <summary>Leaves without a position: one whose hash a tile has at a position that nobody has lost it.</summary>
        private async Task LostAsync()
        {
            if (_lost.Count == 0 && !_anyLost)
            {
                return;
            }
            await foreach (var chunk in ChunksAsync("SELECT id, hash FROM leaf WHERE position IS NULL", ColumnType.Uuid, ColumnType.Bytes))
            {
                foreach (var row in chunk)
                {
                    if (_lost.TryGetValue(Convert.ToHexStringLower(MerkleProof.HashLeaf((byte[])row[1]!)), out var position))
                    {
                        Find("leaf", KeyText(row[..1]), string.Create(CultureInfo.InvariantCulture, $"has lost its position {position}"));
                    }
                    else if (_anyLost)
                    {
                        Find("leaf", KeyText(row[..1]), "has no position; it may be the one that lost it");
                    }
                }
            }
        }

        private async Task BeyondAsync(StoredHead head)
        {
            await foreach (var chunk in ChunksAsync("SELECT level, number FROM journal_tile", ColumnType.Int, ColumnType.Long))
            {
                foreach (var row in chunk)
                {
                    var (level, number) = ((int)row[0]!, (long)row[1]!);
                    if (level is < 0 or > 6 || number < 0 || number >= head.Size >> ((level + 1) * Tree.TileHeight))
                    {
                        Find("journal_tile", KeyText(row), "is beyond the tree");
                    }
                }
            }
        }
    }
}
