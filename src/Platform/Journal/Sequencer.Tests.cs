using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using Muqeem.Verifier.Journal;
using NodaTime;

namespace Muqeem.Platform.Journal;

/// <summary>A real database, a data folder and its keys, with as many sequencers as a test wants.</summary>
internal sealed class JournalWorld : IAsyncDisposable
{
    private readonly bool _ownsFolder;

    private JournalWorld(TestDatabase database, TestClock clock, FolderForTest folder, bool ownsFolder)
    {
        (Database, Clock, Folder, _ownsFolder) = (database, clock, folder, ownsFolder);
        Keys = KeyStore.Open(folder.Data, passphrase: null, clock);
        Key = new JournalKey(Keys, Options);
    }

    public TestDatabase Database { get; }
    public TestClock Clock { get; }
    public FolderForTest Folder { get; }
    public KeyStore Keys { get; }
    public JournalKey Key { get; }
    public JournalOptions Options { get; } = new() { Batch = 300 };
    public LastCheckpoint Last => new(Folder.Data);
    public PublishedJournal Published => new(Database.Db, Key);

    /// <param name="folder">The folder of another world, whose database this one takes the place of.</param>
    public static async Task<JournalWorld> StartAsync(DatabaseKind kind, FolderForTest? folder = null)
    {
        var clock = new TestClock();
        return new(await TestDatabase.CreateAsync(kind, clock), clock, folder ?? new FolderForTest(), folder is null);
    }

    /// <summary>A sequencer as a process of its own would have it.</summary>
    public Sequencer NewSequencer(IWriter? writer = null, JournalOptions? options = null, LastCheckpoint? last = null)
    {
        var mine = writer ?? Database.Writer;
        return new(Database.Db, mine, new Leases(Database.Db, mine, Clock), Key, last ?? Last, null, options ?? Options, NullLogger<Sequencer>.Instance);
    }

    public async Task<Guid[]> ActAsync(int count, IWriter? writer = null)
    {
        var acts = Enumerable.Range(0, count).Select(_ => new Act(ActId.New(Clock), "test.act", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("x"), Clock.Now())).ToArray();
        foreach (var outcome in await Task.WhenAll(acts.Select(act => Task.Run(() => (writer ?? Database.Writer).WriteAsync(new Change(act))))))
        {
            Assert.IsType<WriteOutcome.Done>(outcome);
        }
        return [.. acts.Select(a => a.Id.Value)];
    }

    private sealed record Placed(Guid Id, long Position, byte[] Hash);

    /// <summary>The leaves in order, after it was checked that no position is left out.</summary>
    public async Task<IReadOnlyList<(Guid Id, byte[] Hash)>> LeavesAsync()
    {
        var leaves = await Database.Db.QueryAsync<Placed>("SELECT id, position, hash FROM leaf WHERE position IS NOT NULL ORDER BY position");
        Assert.Equal(Enumerable.Range(0, leaves.Count).Select(i => (long)i), leaves.Select(l => l.Position));
        return [.. leaves.Select(l => (l.Id, l.Hash))];
    }

    /// <summary>The published checkpoint, verified, which must be over the first leaves that are stored.</summary>
    public async Task<Checkpoint> CheckpointAsync(int generation = 1)
    {
        var note = await Published.CheckpointAsync();
        var verifier = NoteVerifierKey.Parse((await Published.VerifierKeysAsync()).Split('\n')[0]).Value;
        var opened = Checkpoint.Open(Encoding.UTF8.GetBytes(note!), Key.Origin(generation), verifier);
        Assert.True(opened.Ok, opened.Reason?.ToString());
        var checkpoint = opened.Value.Checkpoint;
        var root = await RootAsync(checkpoint.Size);
        Assert.Equal(root, checkpoint.Root.ToArray());
        return checkpoint;
    }

    public async Task<byte[]> RootAsync(long size)
    {
        var tree = new Tree();
        var entries = (await LeavesAsync()).Take((int)size).SelectMany(l => l.Hash).ToArray();
        tree.Append(entries);
        Assert.Equal(size, tree.Size);
        return tree.Root();
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        Keys.Dispose();
        if (_ownsFolder)
        {
            Folder.Dispose();
        }
    }
}

public sealed class SequencerOnSqliteTests() : SequencerTests(DatabaseKind.Sqlite);

public sealed class SequencerOnPostgreSqlTests() : SequencerTests(DatabaseKind.PostgreSql);

public abstract class SequencerTests(DatabaseKind kind) : IAsyncLifetime
{
    private JournalWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await JournalWorld.StartAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private sealed class Crash() : Exception("The process ends here.");

    [Fact]
    public async Task Every_leaf_gets_a_position_and_the_checkpoint_is_over_all_of_them()
    {
        var acts = await _world.ActAsync(700);
        var sequencer = _world.NewSequencer();
        Assert.Equal(700, await sequencer.RunAsync());

        Assert.Equal(acts.Order(), (await _world.LeavesAsync()).Select(l => l.Id).Order());
        Assert.Equal(700, (await _world.CheckpointAsync()).Size);
        Assert.Equal(await _world.Published.CheckpointAsync(), _world.Last.Read());
        Assert.Equal(2, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM journal_tile"));
        Assert.Equal(0, (await sequencer.StandingAsync()).Waiting);
        // Nothing new: nothing is written.
        Assert.Equal(700, await sequencer.RunAsync());
    }

    [Fact]
    public async Task A_leaf_that_is_committed_late_comes_after_those_that_have_their_positions()
    {
        await _world.ActAsync(20);
        var sequencer = _world.NewSequencer();
        await sequencer.RunAsync();
        var before = (await _world.CheckpointAsync(), await _world.LeavesAsync());

        // Its id is older than all the others'.
        _world.Clock.Advance(-TimeSpan.FromHours(3));
        var late = (await _world.ActAsync(1))[0];
        _world.Clock.Advance(TimeSpan.FromHours(3));
        var others = await _world.ActAsync(5);
        Assert.Equal(26, await sequencer.RunAsync());

        var leaves = await _world.LeavesAsync();
        Assert.Equal(before.Item2.Select(l => l.Id), leaves.Take(20).Select(l => l.Id));
        Assert.Equal(late, leaves[20].Id);
        var after = await _world.CheckpointAsync();
        var proof = await Tree.HashAsync(new StoredTiles(_world.Database.Db), Tree.Consistency(20, 26));
        Assert.True(MerkleProof.Extends(20, before.Item1.Root, 26, after.Root, proof));
        Assert.All(others, other => Assert.Contains(leaves, l => l.Id == other));
    }

    [Theory]
    [InlineData("sequence")]
    [InlineData("keep")]
    [InlineData("publish")]
    public async Task After_a_crash_before_any_step_the_next_process_comes_to_the_same_end(string step)
    {
        await _world.ActAsync(10);
        await _world.NewSequencer().RunAsync();
        var first = await _world.CheckpointAsync();
        await _world.ActAsync(290);
        var dying = _world.NewSequencer();
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        dying.BeforeStep = at =>
        {
            if (at == step)
            {
                throw new Crash();
            }
        };
        await Assert.ThrowsAsync<Crash>(() => dying.RunAsync());
        // What was published before the crash stands, whatever came of the rest.
        var standing = await _world.CheckpointAsync();
        Assert.Equal(10, standing.Size);
        Assert.Equal(first.Root.ToArray(), standing.Root.ToArray());

        await _world.Database.RestartAsync();
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        var next = _world.NewSequencer();
        Assert.Equal(300, await next.RunAsync());
        Assert.Null(next.Stopped);
        Assert.Equal(300, (await _world.CheckpointAsync()).Size);
    }

    [Theory]
    [InlineData("sequence")]
    [InlineData("publish")]
    public async Task A_process_that_lost_its_lease_without_noticing_changes_nothing(string step)
    {
        await _world.ActAsync(5);
        await using var otherWriter = kind == DatabaseKind.PostgreSql ? Writer.Start(_world.Database.Db, _world.Clock) : null;
        var deposed = _world.NewSequencer();
        var successor = _world.NewSequencer(otherWriter);
        long? other = null;
        deposed.BeforeStep = at =>
        {
            if (at == step)
            {
                deposed.BeforeStep = null;
                _world.Clock.Advance(TimeSpan.FromSeconds(11));
                other = Task.Run(async () =>
                {
                    await _world.ActAsync(3);
                    return await successor.RunAsync();
                }).Result;
            }
        };
        Assert.Null(await deposed.RunAsync());
        Assert.Equal(8, other);
        Assert.Equal(8, (await _world.CheckpointAsync()).Size);
        // And it finds its way back.
        await _world.ActAsync(2);
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(10, await deposed.RunAsync());
        Assert.Equal(10, (await _world.CheckpointAsync()).Size);
    }

    [Fact]
    public async Task Several_that_all_believe_to_be_the_one_make_one_journal()
    {
        var seen = new List<string>();
        await using var otherWriter = kind == DatabaseKind.PostgreSql ? Writer.Start(_world.Database.Db, _world.Clock) : null;
        using var folder = new FolderForTest();
        using var another = new FolderForTest();
        // Three machines, each with a folder of its own.
        List<Sequencer> racers =
        [
            .. ((LastCheckpoint[])[_world.Last, new(folder.Data), new(another.Data)])
                .Select((last, i) => _world.NewSequencer(i == 1 ? otherWriter : null, _world.Options with { Batch = 7, Patience = TimeSpan.Zero }, last)),
        ];
        for (var round = 0; round < 6; round++)
        {
            var writing = _world.ActAsync(15, round % 2 == 0 ? otherWriter : null);
            await Task.WhenAll(racers.Select(r => Task.Run(() => r.RunAsync())));
            await writing;
            // All of them may think that the lease is theirs: patience is at an end at once.
            await Task.WhenAll(racers.Select(r => Task.Run(() => r.RunAsync())));
            if (await _world.Published.CheckpointAsync() is { } note)
            {
                seen.Add(note);
            }
        }
        while (await racers[0].RunAsync() != 90)
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(11));
        }
        Assert.All(racers, r => Assert.Null(r.Stopped));
        Assert.Equal(90, (await _world.CheckpointAsync()).Size);
        foreach (var note in seen)
        {
            // Whatever was published is the beginning of the end.
            var checkpoint = _world.Key.Read(note)!;
            var root = await _world.RootAsync(checkpoint.Size);
            Assert.Equal(root, checkpoint.Root.ToArray());
        }
    }

    [Fact]
    public async Task A_dead_holder_whose_lease_ends_years_ahead_holds_nobody_up()
    {
        _world.Clock.Advance(TimeSpan.FromDays(400));
        await _world.ActAsync(1);
        Assert.Equal(1, await _world.NewSequencer().RunAsync());
        // The clock is set right; the holder is gone.
        _world.Clock.Advance(-TimeSpan.FromDays(400));
        await _world.ActAsync(1);
        var patient = _world.NewSequencer(options: _world.Options with { Patience = TimeSpan.Zero });
        Assert.Null(await patient.RunAsync());
        Assert.Equal(2, await patient.RunAsync());
    }

    [Fact]
    public async Task Leaves_changed_in_the_database_stop_the_journal_with_a_sentence()
    {
        var acts = await _world.ActAsync(3);
        await _world.NewSequencer().RunAsync();
        await _world.Database.ExecuteAsync($"UPDATE leaf SET hash = {(kind == DatabaseKind.Sqlite ? "zeroblob(32)" : "sha256('x')")} WHERE id = '{acts[1]}'");
        await _world.ActAsync(1);
        var next = _world.NewSequencer();
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Null(await next.RunAsync());
        Assert.Contains("were changed", next.Stopped);
        Assert.Equal(1, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM leaf WHERE position IS NULL"));
    }

    [Fact]
    public async Task A_tile_changed_in_the_database_stops_it_as_well()
    {
        await _world.ActAsync(600);
        await _world.NewSequencer().RunAsync();
        await _world.Database.ExecuteAsync($"UPDATE journal_tile SET root = {(kind == DatabaseKind.Sqlite ? "zeroblob(32)" : "sha256('x')")} WHERE number = 1");
        await _world.ActAsync(1);
        var next = _world.NewSequencer();
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Null(await next.RunAsync());
        Assert.NotNull(next.Stopped);
    }

    [Fact]
    public async Task A_database_older_than_what_was_published_signs_nothing_until_somebody_decides()
    {
        await _world.ActAsync(10);
        await _world.NewSequencer().RunAsync();
        var lost = await _world.Published.CheckpointAsync();

        // Restored from a backup before the journal's last entries: the folder knows better.
        await using var restored = await JournalWorld.StartAsync(kind, _world.Folder);
        await restored.ActAsync(4);
        var sequencer = restored.NewSequencer();
        Assert.Null(await sequencer.RunAsync());
        Assert.Contains("muqeem journal reconcile", sequencer.Stopped);
        Assert.Null(await restored.Published.CheckpointAsync());
        Assert.Equal(lost, restored.Last.Read());

        // With more entries than before, but others, it is no better.
        await restored.ActAsync(40);
        Assert.Null(await sequencer.RunAsync());
        Assert.Null(await restored.Published.CheckpointAsync());

        var act = new Act(ActId.New(restored.Clock), "journal.reconcile", Actor.System("operator"), Guid.CreateVersion7(), Digest.Of("restore"), restored.Clock.Now()) { Reason = "restore" };
        Assert.Equal("muqeem.example/journal/2", await sequencer.ReconcileAsync(act));
        restored.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(45, await sequencer.RunAsync());
        Assert.Null(sequencer.Stopped);
        Assert.Equal(45, (await restored.CheckpointAsync(generation: 2)).Size);
        Assert.Contains(await restored.LeavesAsync(), l => l.Id == act.Id.Value);
        Assert.Equal(lost, File.ReadAllText(restored.Last.Path + ".1"));
    }

    [Fact]
    public async Task A_journal_under_another_name_is_signed_anew_over_the_same_tree()
    {
        await _world.ActAsync(3);
        await _world.NewSequencer().RunAsync();
        var renamed = _world.Options with { Origin = "other.example/journal" };
        var key = new JournalKey(_world.Keys, renamed);
        var sequencer = new Sequencer(_world.Database.Db, _world.Database.Writer, new Leases(_world.Database.Db, _world.Database.Writer, _world.Clock), key, _world.Last, null, renamed, NullLogger<Sequencer>.Instance);
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(3, await sequencer.RunAsync());
        Assert.StartsWith("other.example/journal\n3\n", await _world.Published.CheckpointAsync());
    }

    [Fact]
    public async Task Whatever_is_published_proves_every_leaf_and_the_tiles_are_its_tree()
    {
        var acts = await _world.ActAsync(530);
        await _world.NewSequencer().RunAsync();
        var verifier = NoteVerifierKey.Parse((await _world.Published.VerifierKeysAsync()).Split('\n')[0]).Value;
        var leaves = await _world.LeavesAsync();
        foreach (var act in acts.Where((_, i) => i % 29 == 0))
        {
            var file = (await _world.Published.ProofAsync(act))!;
            var proof = TlogProof.Parse(Encoding.UTF8.GetBytes(file)).Value;
            var entry = leaves.Single(l => l.Id == act).Hash;
            Assert.Equal(entry, proof.Extra!.Value.ToArray());
            Assert.True(proof.Verify(MerkleProof.HashLeaf(entry), _world.Options.Origin, verifier).Ok);
            Assert.False(proof.Verify(MerkleProof.HashLeaf(new byte[32]), _world.Options.Origin, verifier).Ok);
        }
        var waiting = (await _world.ActAsync(1))[0];
        Assert.Null(await _world.Published.ProofAsync(waiting));
        Assert.Null(await _world.Published.ProofAsync(Guid.CreateVersion7()));

        Assert.Equal(leaves.Skip(256).Take(256).SelectMany(l => MerkleProof.HashLeaf(l.Hash)), await _world.Published.TileAsync("0/001"));
        Assert.Equal(leaves.Skip(512).Take(18).SelectMany(l => MerkleProof.HashLeaf(l.Hash)), await _world.Published.TileAsync("0/002.p/18"));
        Assert.Equal(leaves.Skip(512).Take(18).SelectMany(l => (byte[])[0, 32, .. l.Hash]), await _world.Published.TileAsync("entries/002.p/18"));
        Assert.Equal(64, (await _world.Published.TileAsync("1/000.p/2"))!.Length);
        // Not there, or not published yet.
        foreach (var path in (string[])["0/002", "0/002.p/19", "0/003.p/1", "1/000", "1/000.p/3", "2/000.p/1", "63/000.p/1", "entries/002", "entries/003.p/1", "0/x001"])
        {
            Assert.Null(await _world.Published.TileAsync(path));
        }
    }
}
