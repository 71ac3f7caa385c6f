using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Tests;

namespace Muqeem.Platform.Writing;

/// <summary>What can go wrong between the writer and PostgreSQL.</summary>
public sealed class PostgresStoreTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private PostgresServer _server = null!;
    private SocketProxy _proxy = null!;
    private TestDatabase _database = null!;
    private Db _direct = null!;

    private Writer Writer => _database.Writer;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.Shared.GetAsync();
        _proxy = new SocketProxy(_server.Folder);
        DatabaseOptions? straight = null;
        _database = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql, _clock, options =>
        {
            straight = options;
            return options with { PostgreSql = options.PostgreSql!.Replace(_server.Folder, _proxy.Folder, StringComparison.Ordinal), GiveUpAfter = TimeSpan.FromSeconds(2) };
        });
        _direct = Db.Open(straight!);
    }

    public async ValueTask DisposeAsync()
    {
        await _direct.DisposeAsync();
        await _database.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    private Change NewChange(Guid account)
    {
        var change = new Change(new Act(ActId.New(_clock), "test", Actor.System("tester"), Guid.CreateVersion7(_clock.GetUtcNow()), Digest.Of("request"), _clock.Now()));
        change.Balances.Add(new(account, 1));
        return change;
    }

    private async Task<long> BalanceAsync(Guid account) => await _direct.FirstAsync<long>("SELECT halalas FROM balance WHERE account = @account", new { account });

    [Theory]
    [InlineData(SocketProxy.Loss.Answer)]
    [InlineData(SocketProxy.Loss.Request)]
    public async Task A_commit_cut_off_is_asked_for_and_ends_done_once(SocketProxy.Loss loss)
    {
        var account = Guid.CreateVersion7(_clock.GetUtcNow());
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(NewChange(account)));
        for (var round = 2; round < 8; round++)
        {
            var struck = _proxy.LoseAsync(loss);
            Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(NewChange(account)));
            Assert.True(struck.IsCompletedSuccessfully);
            Assert.Equal(round, await BalanceAsync(account));
        }
    }

    [Fact]
    public async Task A_server_that_says_nothing_leaves_the_caller_in_doubt_and_the_writer_alive()
    {
        var account = Guid.CreateVersion7(_clock.GetUtcNow());
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(NewChange(account)));
        var change = NewChange(account);
        Task struck;
        WriteOutcome first;
        do
        {
            // What the session asks about its lock twice a second may be struck instead of the group: then nothing was sent, and nobody is in doubt.
            struck = _proxy.LoseAsync(SocketProxy.Loss.Everything);
            first = await Writer.WriteAsync(new Change(change.Act) { Balances = { new(account, 1) } });
        }
        while (first is WriteOutcome.Busy);

        Assert.IsType<WriteOutcome.InDoubt>(first);
        Assert.True(struck.IsCompletedSuccessfully);
        WriteOutcome again;
        do
        {
            again = await Writer.WriteAsync(new Change(change.Act) { Balances = { new(account, 1) } });
        }
        while (again is WriteOutcome.Busy);

        Assert.True(again is WriteOutcome.Done or WriteOutcome.Replayed);
        Assert.Equal(2, await BalanceAsync(account));
    }

    [Fact]
    public async Task Killing_the_writers_session_again_and_again_loses_nothing_and_doubles_nothing()
    {
        var account = Guid.CreateVersion7(_clock.GetUtcNow());
        using var over = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            var done = 0;
            while (!over.IsCancellationRequested)
            {
                var change = NewChange(account);
                WriteOutcome outcome;
                do
                {
                    outcome = await Writer.WriteAsync(new Change(change.Act) { Balances = { new(account, 1) } });
                }
                while (outcome is WriteOutcome.Busy or WriteOutcome.InDoubt);
                Assert.True(outcome is WriteOutcome.Done or WriteOutcome.Replayed, outcome.ToString());
                done++;
            }
            return done;
        })).ToList();
        var store = (PostgresStore)Writer.Store;
        for (var kill = 0; kill < 10;)
        {
            var before = await _direct.FirstAsync<long>("SELECT count(*) FROM act");
            if (store.Session?.Backend is { } backend)
            {
                kill += await _direct.FirstAsync<bool>("SELECT pg_terminate_backend(@backend)", new { backend }) ? 1 : 0;
            }
            // Some work between two kills, so that they strike at any point of it.
            while (await _direct.FirstAsync<long>("SELECT count(*) FROM act") < before + 20)
            {
            }
        }
        await over.CancelAsync();
        var acknowledged = (await Task.WhenAll(callers)).Sum();

        Assert.Equal(acknowledged, await BalanceAsync(account));
        Assert.Equal(acknowledged, await _direct.FirstAsync<long>("SELECT count(*) FROM act"));
        Assert.Equal(acknowledged, await _direct.FirstAsync<long>("SELECT count(*) FROM leaf"));
    }

    [Fact]
    public async Task Two_nodes_on_the_same_rows_lose_races_but_never_a_change()
    {
        await using var other = Writer.Start(_direct, _clock);
        var accounts = Enumerable.Range(0, 4).Select(_ => Guid.CreateVersion7(_clock.GetUtcNow())).ToArray();
        foreach (var account in accounts)
        {
            var fill = NewChange(account);
            fill.Balances[0] = new(account, 100);
            Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(fill));
        }
        var id = Guid.CreateVersion7(_clock.GetUtcNow());
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            var change = NewChange(accounts[i % 4]);
            change.Balances[0] = new(accounts[i % 4], -3);
            change.Claims.Add(new("race", [(byte)(i / 2)]));
            change.Heads.Add(PlatformTables.Lease.Head(id, i / 50, "lease", "node", _clock.Now()));
            return await (i % 2 == 0 ? Writer : other).WriteAsync(change);
        })));

        var done = outcomes.Count(o => o is WriteOutcome.Done);
        Assert.All(outcomes, o => Assert.True(o is WriteOutcome.Done or WriteOutcome.Conflict or WriteOutcome.Claimed or WriteOutcome.Insufficient, o.ToString()));
        Assert.Equal(done, await _direct.FirstAsync<long>("SELECT version FROM lease WHERE id = @id", new { id }));
        Assert.Equal(done, await _direct.FirstAsync<long>("SELECT count(*) FROM claim"));
        Assert.Equal(400 - (3 * done), await _direct.FirstAsync<long>("SELECT sum(halalas)::bigint FROM balance"));
    }

    [Fact]
    public async Task A_race_lost_while_deciding_is_decided_again()
    {
        var id = Guid.CreateVersion7(_clock.GetUtcNow());
        await using var other = Writer.Start(_direct, _clock);
        var first = NewChange(id);
        first.Heads.Add(PlatformTables.Lease.Head(id, 0, "lease", "one", _clock.Now()));
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(first));

        var claims = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            var change = NewChange(id);
            change.Claims.Add(new("number", [9]));
            return await (i % 2 == 0 ? Writer : other).WriteAsync(change);
        })));

        Assert.Single(claims, c => c is WriteOutcome.Done);
        Assert.Equal(39, claims.Count(c => c == new WriteOutcome.Claimed("number")));
        Assert.Equal(2, await BalanceAsync(id));
    }
}
