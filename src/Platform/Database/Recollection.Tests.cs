using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using Muqeem.Tests;

namespace Muqeem.Platform.Database;

public class RecollectionOnSqliteTests : RecollectionTests
{
    protected override DatabaseKind Kind => DatabaseKind.Sqlite;
}

public class RecollectionOnPostgreSqlTests : RecollectionTests
{
    protected override DatabaseKind Kind => DatabaseKind.PostgreSql;

    [Fact]
    public async Task A_second_node_that_writes_ends_the_first_ones_memory_and_its_end_brings_it_back()
    {
        var id = await AddAsync("one");
        Assert.Equal("one", await WordAsync(Db, id));
        await using (var other = Db.Open(Database.Options))
        await using (var otherWriter = Writer.Start(other, Clock))
        {
            Assert.IsType<WriteOutcome.Done>(await otherWriter.WriteAsync(Changed(id, 1, "two")));

            // The other wrote: so this node had let it in before, and reads what is there.
            Assert.False(Db.Recollection.IsAlone);
            Assert.Equal("two", await WordAsync(Db, id));
            Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(Changed(id, 2, "three")));
            Assert.Equal("three", await WordAsync(other, id));
            Assert.Equal("three", await WordAsync(Db, id));
        }
        await AloneAsync();
        Assert.Equal("three", await WordAsync(Db, id));
        var read = Reads;
        Assert.Equal("three", await WordAsync(Db, id));
        Assert.Equal(read, Reads);
    }

    [Fact]
    public async Task After_a_session_that_was_cut_off_nothing_read_before_counts()
    {
        var id = await AddAsync("one");
        Assert.Equal("one", await WordAsync(Db, id));
        // Without a session this node cannot know what others do meanwhile.
        await Database.ExecuteAsync($"SELECT pg_terminate_backend({((PostgresStore)Writer.Store).Session!.Backend})");
        await Database.ExecuteAsync($"UPDATE recalled SET word = 'other', version = 2 WHERE id = '{id}'");
        Assert.IsType<WriteOutcome.Conflict>(await WrittenAsync(Changed(id, 1, "two")));

        Assert.Equal("other", await WordAsync(Db, id));
    }

    /// <summary>Asks again while the database is away.</summary>
    private async Task<WriteOutcome> WrittenAsync(Change change)
    {
        WriteOutcome outcome;
        do
        {
            outcome = await Writer.WriteAsync(change);
        }
        while (outcome is WriteOutcome.Busy or WriteOutcome.InDoubt);
        return outcome;
    }
}

/// <summary>What is kept in memory is what the database would say.</summary>
public abstract class RecollectionTests : IAsyncLifetime
{
    private static readonly Table Recalled = new("recalled", TableKind.Act, 1, "A head for these tests.",
        new("id", ColumnType.Uuid), new("version", ColumnType.Long), new("word", ColumnType.Text));

    private const string Select = "SELECT word FROM recalled WHERE id = @id";

    private TestDatabase _database = null!;

    protected abstract DatabaseKind Kind { get; }

    private protected TestDatabase Database => _database;
    private protected Db Db => _database.Db;
    private protected Writer Writer => _database.Writer;
    private protected TestClock Clock { get; } = new();

    /// <summary>How often the database was asked.</summary>
    private protected int Reads { get; private set; }

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(Kind, Clock);
        var (uuid, big) = Kind == DatabaseKind.Sqlite ? ("text", "integer") : ("uuid", "bigint");
        await _database.ExecuteAsync($"CREATE TABLE recalled (id {uuid} NOT NULL PRIMARY KEY, version {big} NOT NULL, word text NOT NULL)");
        await AloneAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task AloneAsync()
    {
        for (var tries = 0; !Db.Recollection.IsAlone; tries++)
        {
            Assert.True(tries < 500, "The only node does not find out that it is.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private protected ValueTask<string?> WordAsync(Db db, Guid id) => db.Recollection.OfAsync(Recalled, id, Select, () =>
    {
        Reads++;
        return db.FirstAsync<string>(Select, new { id });
    });

    private protected Change Changed(Guid id, long version, string word, bool remember = false)
    {
        var change = new Change(new Act(ActId.New(Clock), "test", Actor.System("tester"), Guid.CreateVersion7(Clock.GetUtcNow()), Digest.Of(word), Clock.Now()));
        change.Heads.Add(Recalled.Head(id, version, word));
        if (remember)
        {
            change.Remember(Recalled, id, Select, word);
        }
        return change;
    }

    private protected async Task<Guid> AddAsync(string word)
    {
        var id = Guid.CreateVersion7(Clock.GetUtcNow());
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(Changed(id, 0, word)));
        return id;
    }

    [Fact]
    public async Task What_was_read_is_not_read_again_until_it_is_written()
    {
        var id = await AddAsync("one");
        Assert.Equal("one", await WordAsync(Db, id));
        Assert.Equal("one", await WordAsync(Db, id));
        Assert.Equal(1, Reads);

        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(Changed(id, 1, "two")));
        Assert.Equal("two", await WordAsync(Db, id));
        Assert.Equal(2, Reads);
    }

    [Fact]
    public async Task That_there_is_nothing_is_kept_too_until_there_is()
    {
        var id = Guid.CreateVersion7(Clock.GetUtcNow());
        Assert.Null(await WordAsync(Db, id));
        Assert.Null(await WordAsync(Db, id));
        Assert.Equal(1, Reads);
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(Changed(id, 0, "one")));
        Assert.Equal("one", await WordAsync(Db, id));
    }

    [Fact]
    public async Task What_the_writer_was_told_is_read_from_memory_and_a_change_that_wrote_nothing_tells_nothing()
    {
        var id = await AddAsync("one");
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(Changed(id, 1, "two", remember: true)));
        Assert.Equal("two", await WordAsync(Db, id));
        Assert.Equal(0, Reads);

        Assert.IsType<WriteOutcome.Conflict>(await Writer.WriteAsync(Changed(id, 1, "lost", remember: true)));
        Assert.Equal("two", await WordAsync(Db, id));
    }

    [Fact]
    public async Task A_read_that_a_write_overtook_is_not_kept()
    {
        var id = await AddAsync("one");
        var (read, written) = (new TaskCompletionSource(), new TaskCompletionSource());
        var reading = Db.Recollection.OfAsync(Recalled, id, Select, async () =>
        {
            var word = await Db.FirstAsync<string>(Select, new { id });
            read.SetResult();
            await written.Task;
            return word;
        });
        await read.Task;
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(Changed(id, 1, "two")));
        written.SetResult();

        Assert.Equal("one", await reading);
        Assert.Equal("two", await WordAsync(Db, id));
    }

    /// <summary>A store that has committed and has not said so yet.</summary>
    private sealed class Slow(IGroupStore real) : IGroupStore
    {
        public TaskCompletionSource? Committed { get; set; }
        public TaskCompletionSource Go { get; } = new();

        public async Task WriteAsync(IReadOnlyList<Prepared> changes, CancellationToken cancel)
        {
            await real.WriteAsync(changes, cancel);
            if (Committed is { } committed)
            {
                committed.TrySetResult();
                await Go.Task;
            }
        }

        public Task TendAsync(CancellationToken cancel) => real.TendAsync(cancel);
        public Task<bool> RecoverAsync(Guid? mark, CancellationToken cancel) => real.RecoverAsync(mark, cancel);
        public ValueTask DisposeAsync() => real.DisposeAsync();
    }

    [Fact]
    public async Task What_others_see_already_is_not_told_from_memory_as_it_was_before()
    {
        await Writer.DisposeAsync();
        var store = new Slow(Kind == DatabaseKind.Sqlite ? new SqliteStore(Db, Clock, NullLogger.Instance) : new PostgresStore(Db, Clock, NullLogger.Instance));
        await using var writer = new Writer(store, Database.Options, Db.Recollection, NullLogger.Instance);
        var id = Guid.CreateVersion7(Clock.GetUtcNow());
        Assert.IsType<WriteOutcome.Done>(await writer.WriteAsync(Changed(id, 0, "one")));
        await AloneAsync();
        Assert.Equal("one", await WordAsync(Db, id));
        Assert.Equal("one", await WordAsync(Db, id));
        Assert.Equal(1, Reads);

        store.Committed = new();
        var writing = writer.WriteAsync(Changed(id, 1, "two"));
        await store.Committed.Task;
        // As the outbox finds the message of an act, and its handler asks what the act wrote.
        Assert.Equal("two", await WordAsync(Db, id));
        store.Committed = null;
        store.Go.SetResult();
        Assert.IsType<WriteOutcome.Done>(await writing);
        var read = Reads;
        Assert.Equal("two", await WordAsync(Db, id));
        Assert.Equal("two", await WordAsync(Db, id));
        Assert.Equal(read + 1, Reads);
    }

    [Fact]
    public async Task Readers_and_writers_of_the_same_heads_never_see_an_older_version_than_was_acknowledged()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AddAsync("1")));
        var acknowledged = ids.ToDictionary(id => id, _ => 1);
        var stop = false;
        var readers = Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            var id = ids[n % ids.Length];
            while (!Volatile.Read(ref stop))
            {
                int before;
                lock (acknowledged)
                {
                    before = acknowledged[id];
                }
                var word = await Db.FirstOfAsync<string>(Recalled, id, Select, new { id });
                Assert.True(int.Parse(word!, System.Globalization.CultureInfo.InvariantCulture) >= before, $"{word} was read after {before} was acknowledged.");
                await Task.Yield();
            }
        })).ToArray();
        await Task.WhenAll(ids.Select(async id =>
        {
            for (var version = 1; version < 60; version++)
            {
                Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(Changed(id, version, $"{version + 1}", remember: version % 3 == 0)));
                lock (acknowledged)
                {
                    acknowledged[id] = version + 1;
                }
            }
        }));
        Volatile.Write(ref stop, true);
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task Memory_is_bounded()
    {
        var memory = new Recollection();
        memory.AloneFrom(0, Timeout.InfiniteTimeSpan);
        var first = Guid.CreateVersion7();
        var reads = 0;
        ValueTask<int> Read(Guid id) => memory.OfAsync(Recalled, id, Select, () => Task.FromResult(++reads));
        await Read(first);
        for (var i = 0; i < (2 * Recollection.LargestGeneration) + 10; i++)
        {
            await Read(Guid.CreateVersion7());
        }
        var before = reads;
        await Read(first);
        Assert.Equal(before + 1, reads);
    }
}
