using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Muqeem.Platform.Database;
using Muqeem.Verifier.Journal;

namespace Muqeem.Platform.Journal;

/// <summary>What anybody may read of the journal: the checkpoint, the tiles and entries below it, proofs. No personal data is in any of it.</summary>
public sealed class PublishedJournal(Db db, JournalKey key)
{
    private readonly StoredTiles _tiles = new(db);

    private sealed record Published(int Generation, string? Checkpoint, long CheckpointSize);

    private async Task<Published> PublishedAsync(CancellationToken cancel) =>
        await db.FirstAsync<Published>("SELECT generation, checkpoint, checkpoint_size FROM journal_head WHERE id = @id", new { id = Sequencer.HeadId }, cancel) ?? new(1, null, 0);

    /// <summary>The signed note, with the witnesses' lines when enough of them have signed it; null before the first.</summary>
    public async Task<string?> CheckpointAsync(CancellationToken cancel = default)
    {
        var published = await PublishedAsync(cancel);
        var witnessed = await WitnessedAsync(cancel);
        return witnessed is not null && witnessed.Size == published.CheckpointSize && published.Checkpoint is not null && witnessed.Note.StartsWith(published.Checkpoint, StringComparison.Ordinal)
            ? witnessed.Note
            : published.Checkpoint;
    }

    private sealed record Witnessed(long Size, string Note);

    private Task<Witnessed?> WitnessedAsync(CancellationToken cancel) => db.FirstAsync<Witnessed>("SELECT size, note FROM journal_witnessed WHERE id = @id", new { id = Witnesses.WitnessedId }, cancel);

    /// <summary>The keys that verify it, one vkey a line, the one now used first.</summary>
    public async Task<string> VerifierKeysAsync(CancellationToken cancel = default) =>
        string.Concat(key.Verifiers(key.Origin((await PublishedAsync(cancel)).Generation)).Select(v => v + "\n"));

    /// <summary>A tile or a bundle of entries by its path below <c>tile/</c>; null when the published tree has none such.</summary>
    public async Task<byte[]?> TileAsync(string path, CancellationToken cancel = default)
    {
        if (!TilePath.TryParse(path, out var tile))
        {
            return null;
        }
        var size = (await PublishedAsync(cancel)).CheckpointSize;
        var shift = (tile.Level ?? 0) * Tree.TileHeight;
        var first = tile.Number * Tree.TileWidth;
        if (shift > 62 || tile.Number > size || first + tile.Width > size >> shift)
        {
            return null;
        }
        return tile.Level is { } level ? await _tiles.HashesAsync(level, first, tile.Width, cancel) : Bundle(await _tiles.EntriesAsync(first, tile.Width, cancel));
    }

    /// <summary>Whether there is a proof of a leaf already.</summary>
    public async Task<bool> HoldsAsync(Guid leaf, CancellationToken cancel = default)
    {
        var published = await PublishedAsync(cancel);
        return published.Checkpoint is not null && await db.FirstAsync<long?>("SELECT position FROM leaf WHERE id = @leaf", new { leaf }, cancel) < published.CheckpointSize;
    }

    /// <summary>A proof that a leaf is in the journal, which needs nobody to be verified (C2SP tlog-proof). Null while there is none.</summary>
    /// <param name="leaf">The act's id, or the batch's.</param>
    public async Task<string?> ProofAsync(Guid leaf, CancellationToken cancel = default)
    {
        var published = await PublishedAsync(cancel);
        var found = await db.FirstAsync<Leaf>("SELECT hash, position FROM leaf WHERE id = @leaf", new { leaf }, cancel);
        if (found?.Position is not { } index || index >= published.CheckpointSize || published.Checkpoint is null)
        {
            return null;
        }
        // Better one that witnesses saw, as soon as it holds the leaf.
        var (size, checkpoint) = await WitnessedAsync(cancel) is { } witnessed && index < witnessed.Size && witnessed.Size <= published.CheckpointSize
            && witnessed.Note.StartsWith(key.Origin(published.Generation) + "\n", StringComparison.Ordinal)
                ? (witnessed.Size, witnessed.Note)
                : (published.CheckpointSize, published.Checkpoint);
        var path = await Tree.HashAsync(_tiles, Tree.Inclusion(index, size), cancel);
        // The entry goes with it: who holds an act's receipt compares it, the tree then vouches for it.
        var proof = new StringBuilder(TlogProof.FirstLine).Append("\nextra ").Append(Convert.ToBase64String(found.Hash))
            .Append(CultureInfo.InvariantCulture, $"\nindex {index}\n");
        foreach (var hash in path)
        {
            proof.Append(Convert.ToBase64String(hash)).Append('\n');
        }
        return proof.Append('\n').Append(checkpoint).ToString();
    }

    private sealed record Leaf(byte[] Hash, long? Position);

    /// <summary>Entries as C2SP has them: each with its length before it.</summary>
    private static byte[] Bundle(byte[] entries)
    {
        var count = entries.Length / Tree.HashLength;
        var bundle = new byte[count * (2 + Tree.HashLength)];
        for (var i = 0; i < count; i++)
        {
            var entry = bundle.AsSpan(i * (2 + Tree.HashLength));
            BinaryPrimitives.WriteUInt16BigEndian(entry, Tree.HashLength);
            entries.AsSpan(i * Tree.HashLength, Tree.HashLength).CopyTo(entry[2..]);
        }
        return bundle;
    }
}
