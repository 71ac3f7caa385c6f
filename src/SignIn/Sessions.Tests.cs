using System.Diagnostics;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.SignIn;

public sealed class SessionsOnSqliteTests() : SessionsTests(DatabaseKind.Sqlite);

public sealed class SessionsOnPostgreSqlTests() : SessionsTests(DatabaseKind.PostgreSql);

public abstract class SessionsTests(DatabaseKind kind) : IAsyncLifetime
{
    private SignInWorld _world = null!;

    private Sessions Sessions => _world.Node.Sessions;

    public async ValueTask InitializeAsync() => _world = await SignInWorld.MakeAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_token_is_256_random_bits_and_only_its_hash_is_kept()
    {
        var holder = await _world.HolderAsync();
        Assert.Equal(43, holder.SignedIn.Token.Length);
        var stored = await _world.Database.Db.SingleAsync<byte[]>("SELECT token FROM session");
        Assert.Equal(Token.Hash(holder.SignedIn.Token), stored);
        Assert.Equal(32, stored.Length);
        Assert.Null(await Sessions.FindAsync(holder.SignedIn.Token[..42] + (holder.SignedIn.Token[42] == 'A' ? 'E' : 'A')));
        Assert.Null(await Sessions.FindAsync(null));
        Assert.Null(await Sessions.FindAsync(""));
        Assert.Null(await Sessions.FindAsync(new string('x', 10_000)));
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => Token.New(out byte[] _)).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Ten_idle_minutes_end_it_and_each_use_begins_them_anew()
    {
        var token = (await _world.HolderAsync()).SignedIn.Token;
        for (var i = 0; i < 3; i++)
        {
            _world.Clock.Advance(new TimeSpan(0, 9, 59));
            Assert.NotNull(await Sessions.FindAsync(token));
        }
        _world.Clock.Advance(new TimeSpan(0, 10, 1));
        Assert.Null(await Sessions.FindAsync(token));
        // Neither does it come back, here or elsewhere.
        Assert.Null(await Sessions.FindAsync(token));
        Assert.Null(await new NodeForTest(_world).Sessions.FindAsync(token));
    }

    [Fact]
    public async Task Memory_forgets_what_is_over_and_nothing_that_still_goes_on()
    {
        var (left, used) = ((await _world.HolderAsync()).SignedIn.Token, (await _world.HolderAsync()).SignedIn.Token);
        Assert.Equal(2, _world.Node.Cache.Count);
        _world.Clock.Advance(TimeSpan.FromMinutes(8));
        Assert.NotNull(await Sessions.FindAsync(used));
        Sessions.Sweep();
        Assert.Equal(2, _world.Node.Cache.Count);

        _world.Clock.Advance(TimeSpan.FromMinutes(3));
        Sessions.Sweep();
        Assert.Equal(1, _world.Node.Cache.Count);
        Assert.NotNull(await Sessions.FindAsync(used));
        Assert.Null(await Sessions.FindAsync(left));
    }

    [Fact]
    public async Task Twelve_hours_end_it_however_busy_it_is()
    {
        var token = (await _world.HolderAsync()).SignedIn.Token;
        for (var i = 0; i < 12 * 12 - 1; i++)
        {
            _world.Clock.Advance(TimeSpan.FromMinutes(5));
            Assert.NotNull(await Sessions.FindAsync(token));
        }
        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(await Sessions.FindAsync(token));
        Assert.Null(await new NodeForTest(_world).Sessions.FindAsync(token));
    }

    [Fact]
    public async Task A_use_on_one_node_keeps_it_alive_on_another_and_over_a_restart()
    {
        _world.Several = true;
        var token = (await _world.HolderAsync()).SignedIn.Token;
        var (one, two) = (new NodeForTest(_world), new NodeForTest(_world));
        Assert.NotNull(await one.Sessions.FindAsync(token));
        Assert.NotNull(await two.Sessions.FindAsync(token));
        for (var i = 0; i < 6; i++)
        {
            _world.Clock.Advance(TimeSpan.FromMinutes(4));
            Assert.NotNull(await one.Sessions.FindAsync(token));
            await SeenIsStoredAsync(_world.Clock.Now());
        }
        Assert.NotNull(await two.Sessions.FindAsync(token));
        Assert.NotNull(await new NodeForTest(_world).Sessions.FindAsync(token));
    }

    // The write of the last use is nobody's to wait for; the test waits for it.
    private async Task SeenIsStoredAsync(Instant at)
    {
        var watch = Stopwatch.StartNew();
        while (await _world.Database.Db.SingleAsync<Instant>("SELECT max(seen_at) AS seen_at FROM session_seen") < at)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "The last use was not stored.");
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Signing_out_ends_it_at_once_here_and_within_a_second_on_other_nodes()
    {
        _world.Several = true;
        var holder = await _world.HolderAsync();
        var token = holder.SignedIn.Token;
        var other = new NodeForTest(_world);
        Assert.NotNull(await other.Sessions.FindAsync(token));
        await other.Sessions.HearEndingsAsync(default);

        Assert.IsType<Answer.Done>(await Sessions.SignOutAsync(holder.Session, _world.Operation()));
        Assert.Null(await Sessions.FindAsync(token));
        // The other node's memory is good for less than a second; a quarter of a second later it has heard.
        Assert.NotNull(other.Cache.ById(holder.Session.Id.Value));
        await other.Sessions.HearEndingsAsync(default);
        Assert.Null(other.Cache.ById(holder.Session.Id.Value));
        Assert.Null(await other.Sessions.FindAsync(token));
    }

    [Fact]
    public async Task A_node_that_cannot_hear_the_others_believes_nothing_in_memory()
    {
        _world.Several = true;
        var holder = await _world.HolderAsync();
        var deaf = new NodeForTest(_world);
        Assert.NotNull(await deaf.Sessions.FindAsync(holder.SignedIn.Token));
        await Sessions.SignOutAsync(holder.Session, _world.Operation());
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(deaf.Cache.IsTrusted);
        Assert.Null(await deaf.Sessions.FindAsync(holder.SignedIn.Token));
    }

    [Fact]
    public async Task A_token_replaced_by_stepping_up_is_dead_on_other_nodes_too()
    {
        _world.Several = true;
        var holder = await _world.HolderAsync();
        var other = new NodeForTest(_world);
        Assert.NotNull(await other.Sessions.FindAsync(holder.SignedIn.Token));
        var more = Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StepUpAsync(holder.Session, holder.Password, _world.Here));
        var up = Assert.IsType<SignInEnd.In>(await _world.FactorAsync(holder, more)).SignedIn;
        await other.Sessions.HearEndingsAsync(default);
        Assert.Null(await other.Sessions.FindAsync(holder.SignedIn.Token));
        Assert.Equal(holder.Session.Id, (await other.Sessions.FindAsync(up.Token))!.Id);
    }

    [Fact]
    public async Task The_holder_sees_all_sessions_and_ends_any_of_them()
    {
        var holder = await _world.HolderAsync();
        var phone = await _world.SignInAsync(holder, _world.Here with { Browser = "Chrome, Android" });
        var shared = await _world.SignInAsync(holder, _world.Here with { Browser = "Firefox, Windows" }, shared: true);
        var access = _world.Door.Enter(holder.Session.Actor, Purpose.Self, null, "test", holder.Session.Person);
        var lines = await Sessions.ListAsync(holder.Session, access);
        Assert.Equal(["Chrome, Android", "Firefox, Android", "Firefox, Windows"], lines.Select(line => line.Device).Order(StringComparer.Ordinal));
        Assert.Equal(holder.Session.Id, Assert.Single(lines, line => line.IsThisOne).Id);
        Assert.Equal(shared.Session.Id, Assert.Single(lines, line => line.SharedPhone).Id);

        Assert.IsType<Answer.Done>(await Sessions.EndAsync(holder.Session, phone.Session.Id, _world.Operation()));
        Assert.Null(await Sessions.FindAsync(phone.Token));
        Assert.NotNull(await Sessions.FindAsync(shared.Token));
        Assert.IsType<Answer.Done>(await Sessions.EndOthersAsync(holder.Session, _world.Operation()));
        Assert.Null(await Sessions.FindAsync(shared.Token));
        Assert.NotNull(await Sessions.FindAsync(holder.SignedIn.Token));
        Assert.Single(await Sessions.ListAsync(holder.Session, access));
    }

    [Fact]
    public async Task Nobody_ends_the_session_of_somebody_else()
    {
        var holder = await _world.HolderAsync();
        var other = await _world.HolderAsync();
        Assert.IsType<Answer.Done>(await Sessions.EndAsync(other.Session, holder.Session.Id, _world.Operation()));
        Assert.IsType<Answer.Refused>(await Sessions.EndAllAsync(holder.Session.Account, other.Session, "x", _world.Operation()));
        Assert.NotNull(await Sessions.FindAsync(holder.SignedIn.Token));
        var @operator = await OfficeAccountsTests.FirstAsync(_world, "op.one");
        Assert.IsType<Answer.Done>(await Sessions.EndAllAsync(holder.Session.Account, @operator.Session, "reported", _world.Operation()));
        Assert.Null(await Sessions.FindAsync(holder.SignedIn.Token));
    }

    [Fact]
    public async Task A_ninth_session_ends_the_oldest()
    {
        var holder = await _world.HolderAsync();
        var tokens = new List<string> { holder.SignedIn.Token };
        for (var i = 0; i < 8; i++)
        {
            tokens.Add((await _world.SignInAsync(holder)).Token);
        }
        Assert.Null(await Sessions.FindAsync(tokens[0]));
        foreach (var token in tokens.Skip(1))
        {
            Assert.NotNull(await Sessions.FindAsync(token));
        }
    }

    [Fact]
    public async Task A_sign_in_that_races_with_the_account_being_stopped_leaves_no_session()
    {
        var holder = await _world.HolderAsync();
        for (var round = 0; round < 5; round++)
        {
            var more = Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here));
            var code = await _world.LastCodeAsync();
            var end = Task.Run(() => _world.Node.SignIns.CompleteAsync(more.Token, Factor.Message, code, _world.Here));
            var stop = Task.Run(() => _world.Node.Accounts.SuspendAsync(holder.Session.Account, holder.Session, "lost", _world.Operation()));
            Assert.IsType<Answer.Done>(await stop);
            if (await end is SignInEnd.In { SignedIn: var signedIn })
            {
                Assert.Null(await Sessions.FindAsync(signedIn.Token));
            }
            Assert.Equal(0, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM session WHERE ended_at IS NULL"));
            await _world.Database.ExecuteAsync("UPDATE account SET state = 'Active'");
            _world.Clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public async Task The_holder_stops_the_own_account_and_only_the_office_opens_it_again()
    {
        var holder = await _world.HolderAsync();
        Assert.IsType<Answer.Done>(await _world.Node.Accounts.SuspendAsync(holder.Session.Account, holder.Session, "lost phone", _world.Operation()));
        Assert.Null(await Sessions.FindAsync(holder.SignedIn.Token));
        Assert.IsType<Answer.Refused>(await _world.Node.Accounts.ResumeAsync(holder.Session.Account, holder.Session, "found", _world.Operation()));
        var @operator = await OfficeAccountsTests.FirstAsync(_world, "op.one");
        Assert.IsType<Answer.Done>(await _world.Node.Accounts.ResumeAsync(holder.Session.Account, @operator.Session, "found", _world.Operation()));
        Assert.NotNull(await _world.SignInAsync(holder));
    }

    [Fact]
    public async Task Every_beginning_and_end_is_a_recorded_act()
    {
        var holder = await _world.HolderAsync();
        var second = await _world.SignInAsync(holder);
        await Sessions.SignOutAsync(second.Session, _world.Operation());
        var verbs = await _world.Database.Db.QueryAsync<string>("SELECT verb FROM act WHERE person_id = @person", new { person = holder.Session.Person.Value });
        Assert.Contains("session.start", verbs);
        Assert.Contains("session.sign_out", verbs);
        Assert.Contains("account.open", await _world.Database.Db.QueryAsync<string>("SELECT verb FROM act"));
    }

    [Fact]
    public async Task Finding_a_session_in_memory_asks_no_database()
    {
        var token = (await _world.HolderAsync()).SignedIn.Token;
        Assert.NotNull(await Sessions.FindAsync(token));
        for (var i = 0; i < 1000; i++)
        {
            // It completes on the spot: there was nothing to wait for.
            Assert.True(Sessions.FindAsync(token).IsCompletedSuccessfully);
        }
    }
}
