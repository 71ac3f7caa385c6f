using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Journal;

/// <summary>How the journal stands.</summary>
/// <param name="Size">Leaves that have a position.</param>
/// <param name="Checkpoint">The last signed checkpoint; null before the first.</param>
/// <param name="Waiting">Leaves without a position.</param>
public sealed record JournalStanding(int Generation, long Size, string? Checkpoint, long CheckpointSize, long Waiting);

/// <summary>
/// Gives leaves their positions and signs checkpoints. One process does it at a time, by a lease; what makes it safe is the version of the head's row, which every
/// step compares and sets: positions, tiles and head in one transaction, then the signature over what is stored, then its publication. A process that lost the lease
/// without noticing changes nothing, and after a crash between any two steps the next one goes on from what is stored.
/// </summary>
public sealed partial class Sequencer(Db db, IWriter writer, Leases leases, JournalKey key, LastCheckpoint last, Witnesses? witnesses, JournalOptions options, ILogger<Sequencer> log)
{
    internal static readonly Guid HeadId = Names.IdOf("journal");
    private static readonly Duration LeaseLength = Duration.FromSeconds(10);

    private readonly StoredTiles _tiles = new(db);
    private readonly SemaphoreSlim _one = new(1);
    private State? _state;
    private volatile bool _lookAgain;
    private (long Version, long Since)? _idle;

    /// <summary>The head's version as this process left it when it went on without the lease.</summary>
    private long? _takenOver;

    /// <summary>For tests: called before each step that writes.</summary>
    internal Action<string>? BeforeStep { get; set; }

    /// <summary>Why nothing is signed, as a sentence for whoever runs the system; null when all is well.</summary>
    public string? Stopped { get; private set; }

    internal sealed record Head(long Version, int Generation, long Size, byte[] Root, string? Checkpoint, long CheckpointSize);

    /// <summary>The tree in memory, and the head's row as this process knows it.</summary>
    private sealed record State(Tree Tree, Head Head);

    private sealed record Unsequenced(Guid Id, byte[] Hash);

    /// <summary>Before anything else is signed, all that was signed before is asked for again.</summary>
    public void LookAgain() => _lookAgain = true;

    public async Task<JournalStanding> StandingAsync(CancellationToken cancel = default)
    {
        var head = await HeadAsync(cancel);
        var waiting = await db.SingleAsync<long>("SELECT count(*) FROM leaf WHERE position IS NULL", null, cancel);
        return new(head.Generation, head.Size, head.Checkpoint, head.CheckpointSize, waiting);
    }

    /// <summary>Sequences all that waits and signs what is not signed yet. Returns the size that is published now, or null when another process does it or it must not be done.</summary>
    public async Task<long?> RunAsync(CancellationToken cancel = default)
    {
        await _one.WaitAsync(cancel);
        try
        {
            var size = await RoundAsync(cancel);
            if (Stopped is not null && size is not null)
            {
                Stopped = null;
                GoesOn(log);
            }
            return size;
        }
        catch (JournalDamagedException damaged)
        {
            _state = null;
            _lookAgain = true;
            if (Stopped != damaged.Message)
            {
                Stopped = damaged.Message;
                Stops(log, damaged.Message);
            }
            return null;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<long?> RoundAsync(CancellationToken cancel)
    {
        if (_lookAgain)
        {
            _lookAgain = false;
            _state = null;
        }
        var batch = await NextAsync(cancel);
        if (batch.Count == 0 && _state is { Head: { } known } && known.Size == known.CheckpointSize && Stopped is null)
        {
            return known.CheckpointSize;
        }
        var leased = await leases.TakeAsync("journal", LeaseLength, cancel) is not null;
        if (!leased && !await IsAbandonedAsync(batch.Count > 0, cancel))
        {
            _state = null;
            return null;
        }
        _idle = null;
        if ((_state ?? await LoadAsync(cancel)) is not { } state)
        {
            return null;
        }
        // Whatever ends early leaves no memory behind: what is stored decides.
        _state = null;
        while (batch.Count > 0)
        {
            if (await SequenceAsync(state, batch, cancel) is not { } next)
            {
                return null;
            }
            state = next;
            batch = batch.Count < options.Batch ? [] : await NextAsync(cancel);
        }
        if (state.Head.Size > state.Head.CheckpointSize)
        {
            if (await PublishAsync(state, cancel) is not { } next)
            {
                return null;
            }
            state = next;
        }
        _state = state;
        _takenOver = leased ? null : state.Head.Version;
        return state.Head.CheckpointSize;
    }

    private Task<IReadOnlyList<Unsequenced>> NextAsync(CancellationToken cancel) =>
        db.QueryAsync<Unsequenced>("SELECT id, hash FROM leaf WHERE position IS NULL ORDER BY id LIMIT @most", new { most = options.Batch }, cancel);

    private async Task<Head> HeadAsync(CancellationToken cancel) =>
        await db.FirstAsync<Head>("SELECT version, generation, size, root, checkpoint, checkpoint_size FROM journal_head WHERE id = @id", new { id = HeadId }, cancel)
        ?? new Head(0, 1, 0, new Tree().Root(), null, 0);

    /// <summary>
    /// Whether another process has the lease and yet nothing moves. Then it is dead and its lease ends in the future of a clock that was set back; going on without
    /// the lease is safe, because the lease only saves two processes the same work.
    /// </summary>
    private async Task<bool> IsAbandonedAsync(bool waiting, CancellationToken cancel)
    {
        var head = await HeadAsync(cancel);
        if (!waiting && head.Size == head.CheckpointSize)
        {
            _idle = null;
            return false;
        }
        if (head.Version == _takenOver)
        {
            return true; // nobody but this process has done anything since
        }
        if (_idle is not { } idle || idle.Version != head.Version)
        {
            _idle = (head.Version, Stopwatch.GetTimestamp());
            return false;
        }
        return Stopwatch.GetElapsedTime(idle.Since) > options.Patience;
    }

    /// <summary>The stored state, after it has shown that it continues everything that was ever signed here.</summary>
    /// <returns>Null when another process has just changed it.</returns>
    /// <exception cref="JournalDamagedException">It does not.</exception>
    private async Task<State?> LoadAsync(CancellationToken cancel)
    {
        var head = await HeadAsync(cancel);
        var beyond = await db.FirstAsync<long?>("SELECT max(position) FROM leaf", null, cancel) ?? -1;
        if (beyond + 1 != head.Size)
        {
            if ((await HeadAsync(cancel)).Version != head.Version)
            {
                return null; // another sequencer is at work between the two questions
            }
            throw new JournalDamagedException(string.Create(CultureInfo.InvariantCulture,
                $"The journal's head holds {head.Size} leaves, but the last leaf has position {beyond}. Nothing is signed. Run muqeem journal verify."));
        }
        var tree = await Tree.LoadAsync(_tiles, head.Size, cancel);
        if (!tree.Root().AsSpan().SequenceEqual(head.Root))
        {
            throw new JournalDamagedException("The journal's tree is not the one that its head names: leaves or tiles were changed. Nothing is signed. Run muqeem journal verify.");
        }
        if (head.Checkpoint is { } note)
        {
            await MustContinueAsync(head, note, "the checkpoint in the database", cancel);
        }
        if (last.Read() is { } signed)
        {
            await MustContinueAsync(head, signed, last.Path, cancel);
        }
        foreach (var remembered in witnesses is null ? [] : await witnesses.RememberedAsync(head.Generation, cancel))
        {
            await MustContinueAsync(head, remembered, "the memory of a witness", cancel);
        }
        // Named otherwise by now: the same tree is signed under the new name.
        var renamed = head.Checkpoint?.Split('\n', 2)[0] is { } origin && origin != key.Origin(head.Generation);
        return new(tree, renamed ? head with { CheckpointSize = 0 } : head);
    }

    private async Task MustContinueAsync(Head head, string note, string where, CancellationToken cancel)
    {
        if (key.Read(note) is not { } before)
        {
            throw new JournalDamagedException($"No key of this installation signed what is in {where}. Nothing is signed until that is explained.");
        }
        if (before.Size > head.Size)
        {
            throw new JournalDamagedException(string.Create(CultureInfo.InvariantCulture,
                $"The database holds {head.Size} entries of the journal, but a checkpoint over {before.Size} was signed ({where}). It was restored from an older backup, or rows were lost. Nothing is signed: restore the newest backup, or give the published tree up with muqeem journal reconcile."));
        }
        var stored = await Tree.HashAsync(_tiles, 0, before.Size, cancel);
        if (!before.Root.SequenceEqual(stored))
        {
            throw new JournalDamagedException(string.Create(CultureInfo.InvariantCulture,
                $"The first {before.Size} entries of the journal are not those over which a checkpoint was signed ({where}). Nothing is signed. Run muqeem journal verify; after a restore, muqeem journal reconcile."));
        }
    }

    /// <summary>Step 1: positions, full tiles and head, in one transaction.</summary>
    private async Task<State?> SequenceAsync(State state, IReadOnlyList<Unsequenced> batch, CancellationToken cancel)
    {
        var change = new Change(act: null);
        var entries = new byte[batch.Count * Tree.HashLength];
        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Hash.CopyTo(entries, i * Tree.HashLength);
            change.Sequenced.Add((batch[i].Id, state.Tree.Size + i));
        }
        // From here on the tree in memory is ahead of what is stored: it lives on only if this is written.
        state.Tree.Append(entries, (level, number, hashes, root) => change.Rows.Add(JournalTables.Tile.Insert(level, number, hashes.ToArray(), root.ToArray())));
        var head = state.Head with { Version = state.Head.Version + 1, Size = state.Tree.Size, Root = state.Tree.Root() };
        change.Heads.Add(HeadOf(head));
        BeforeStep?.Invoke("sequence");
        return await writer.WriteAsync(change, WriteClass.Bulk, cancel) is WriteOutcome.Done ? state with { Head = head } : null;
    }

    /// <summary>Steps 2 and 3: the signature over what is stored, kept in the file; then everybody may see it.</summary>
    private async Task<State?> PublishAsync(State state, CancellationToken cancel)
    {
        var note = key.Sign(key.Origin(state.Head.Generation), state.Head.Size, state.Head.Root);
        BeforeStep?.Invoke("keep");
        last.Write(note);
        var head = state.Head with { Version = state.Head.Version + 1, Checkpoint = note, CheckpointSize = state.Head.Size };
        BeforeStep?.Invoke("publish");
        return await writer.WriteAsync(new Change(act: null) { Heads = { HeadOf(head) } }, WriteClass.Interactive, cancel) is WriteOutcome.Done ? state with { Head = head } : null;
    }

    /// <summary>
    /// An operator's decision, as an act: the tree that was published is given up, and the journal goes on under a new name, whose first checkpoint holds the act. The
    /// old name is never used again, so nobody can be shown two trees of one name.
    /// </summary>
    /// <returns>The new name.</returns>
    public async Task<string> ReconcileAsync(Act act, CancellationToken cancel = default)
    {
        await _one.WaitAsync(cancel);
        try
        {
            _state = null;
            var head = await HeadAsync(cancel);
            var tree = await Tree.LoadAsync(_tiles, head.Size, cancel);
            var next = head with { Version = head.Version + 1, Generation = head.Generation + 1, Root = tree.Root(), Checkpoint = null, CheckpointSize = 0 };
            var change = new Change(act) { Heads = { HeadOf(next) } };
            var outcome = await writer.WriteAsync(change, cancel: cancel);
            if (outcome is not WriteOutcome.Done)
            {
                throw new JournalDamagedException($"The decision was not written ({outcome.GetType().Name}). Stop the other processes and try again.");
            }
            last.PutAside(head.Generation);
            return key.Origin(next.Generation);
        }
        finally
        {
            _one.Release();
        }
    }

    private static HeadWrite HeadOf(Head head) =>
        JournalTables.Head.Head(HeadId, head.Version - 1, head.Generation, head.Size, head.Root, head.Checkpoint, head.CheckpointSize);

    [LoggerMessage(50, LogLevel.Critical, "The journal stops: {Sentence}")]
    private static partial void Stops(ILogger logger, string sentence);

    [LoggerMessage(51, LogLevel.Warning, "The journal goes on.")]
    private static partial void GoesOn(ILogger logger);
}
