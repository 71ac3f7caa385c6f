using Muqeem.Agencies;
using Muqeem.Platform.Database;
using NodaTime;

namespace Muqeem.SignIn;

public sealed class FederatedSignInsOnSqliteTests() : FederatedSignInsTests(DatabaseKind.Sqlite);

public sealed class FederatedSignInsOnPostgreSqlTests() : FederatedSignInsTests(DatabaseKind.PostgreSql);

/// <summary>What the stand-in does not play: an agency that says something wrong, the last moment, several nodes.</summary>
public abstract class FederatedSignInsTests(DatabaseKind kind) : IAsyncLifetime
{
    private SignInWorld _world = null!;

    private FederatedSignIns Federated => _world.Node.Federated;

    public async ValueTask InitializeAsync() => _world = await SignInWorld.MakeAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task<FederatedStart.Asked> StartAsync(string number, Visitor? visitor = null) =>
        Assert.IsType<FederatedStart.Asked>(await Federated.StartAsync(number, false, visitor ?? _world.Here));

    /// <summary>Somebody confirms the newest request.</summary>
    private void Confirm(string number, Duration? after = null)
    {
        var standing = _world.Registers.Phones[_world.Registers.Newest];
        _world.Registers.Phones[_world.Registers.Newest] = standing with { State = SignInRequestState.Completed, ResidentNumber = number, ConfirmedAt = Instant.FromDateTimeOffset(_world.Clock.GetUtcNow()) + (after ?? Duration.Zero) };
    }

    [Fact]
    public async Task Who_confirmed_is_signed_in_once_with_a_session_like_any_other()
    {
        var holder = await _world.HolderAsync();
        var asked = await StartAsync(holder.Number);
        Assert.Equal((42, asked.ExpiresAt), Assert.IsType<FederatedStep.Waiting>(await Federated.ContinueAsync(asked.Token, _world.Here)) is var waiting ? (waiting.Number, waiting.ExpiresAt) : default);
        Confirm(holder.Number);
        var entered = Assert.IsType<FederatedStep.In>(await Federated.ContinueAsync(asked.Token, _world.Here)).SignedIn;
        Assert.Equal((holder.Session.Account, SessionLevel.Full, holder.Session.ExpiresAt), (entered.Session.Account, entered.Session.Level, entered.Session.ExpiresAt));
        Assert.True(entered.Session.IsSteppedUp(entered.Session.CreatedAt));
        Assert.Equal(entered.Session.Id, (await _world.Node.Sessions.FindAsync(entered.Token))!.Id);
        Assert.IsType<FederatedStep.Over>(await Federated.ContinueAsync(asked.Token, _world.Here));
        var access = _world.Door.Enter(holder.Session.Actor, Platform.Privacy.Purpose.Self, null, "test", holder.Session.Person);
        Assert.Equal(SignInWays.Federated, Assert.Single(await _world.Node.Sessions.ListAsync(entered.Session, access), line => line.IsThisOne).Way);
    }

    [Fact]
    public async Task Two_nodes_that_look_at_once_open_one_session()
    {
        _world.Several = true;
        var (first, second) = (new NodeForTest(_world), new NodeForTest(_world));
        var holder = await _world.HolderAsync();
        var asked = await StartAsync(holder.Number);
        Confirm(holder.Number);
        var steps = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => (i % 2 == 0 ? first : second).Federated.ContinueAsync(asked.Token, _world.Here)));
        Assert.Single(steps, s => s is FederatedStep.In);
        Assert.All(steps.Where(s => s is not FederatedStep.In), s => Assert.IsType<FederatedStep.Over>(s));
        Assert.Equal(1, await _world.Database.Db.FirstAsync<long>("SELECT COUNT(*) FROM session WHERE way = 'federated'"));
    }

    [Fact]
    public async Task A_confirmation_by_somebody_else_or_from_before_signs_nobody_in()
    {
        var (holder, other) = (await _world.HolderAsync(), await _world.HolderAsync());
        var asked = await StartAsync(holder.Number);
        Confirm(other.Number);
        Assert.IsType<FederatedStep.Waiting>(await Federated.ContinueAsync(asked.Token, _world.Here));
        Confirm(holder.Number, -Duration.FromMinutes(6));
        Assert.IsType<FederatedStep.Waiting>(await Federated.ContinueAsync(asked.Token, _world.Here));
        // An answer about another request.
        var standing = _world.Registers.Phones[_world.Registers.Newest];
        _world.Registers.Phones[_world.Registers.Newest] = standing with { Transaction = Guid.CreateVersion7(), ConfirmedAt = standing.AsOf };
        Assert.IsType<FederatedStep.Waiting>(await Federated.ContinueAsync(asked.Token, _world.Here));
        Assert.Equal(0, await _world.Database.Db.FirstAsync<long>("SELECT COUNT(*) FROM session WHERE way = 'federated'"));
    }

    [Fact]
    public async Task Who_confirms_in_the_last_moment_gets_in_and_later_nobody()
    {
        var holder = await _world.HolderAsync();
        var asked = await StartAsync(holder.Number);
        _world.Clock.Advance(TimeSpan.FromSeconds(119));
        Confirm(holder.Number);
        _world.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.IsType<FederatedStep.In>(await Federated.ContinueAsync(asked.Token, _world.Here));
        asked = await StartAsync(holder.Number);
        _world.Clock.Advance(TimeSpan.FromSeconds(121));
        Assert.IsType<FederatedStep.Over>(await Federated.ContinueAsync(asked.Token, _world.Here));
        Confirm(holder.Number);
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.IsType<FederatedStep.Over>(await Federated.ContinueAsync(asked.Token, _world.Here));
    }

    [Fact]
    public async Task The_agency_is_asked_the_same_for_every_number_and_the_row_is_the_same()
    {
        var holder = await _world.HolderAsync();
        var (without, _, _) = _world.Newcomer();
        foreach (var number in new[] { holder.Number, without, "2999999994" })
        {
            lock (_world.Registers.Asked)
            {
                _world.Registers.Asked.Clear();
            }
            var asked = await StartAsync(number);
            Assert.InRange(asked.Number, 10, 99);
            Assert.IsType<FederatedStep.Waiting>(await Federated.ContinueAsync(asked.Token, _world.Here));
            Assert.Collection(_world.Registers.Asked, a => Assert.Equal("/federated-sign-in/requests", a), a => Assert.Matches("^/federated-sign-in/requests/[0-9a-f-]{36}$", a));
        }
        var rows = await _world.Database.Db.QueryAsync<string>("SELECT state FROM federated_request");
        Assert.Equal(["OPEN", "OPEN", "OPEN"], rows);
        // After their time they are gone.
        _world.Clock.Advance(TimeSpan.FromHours(2));
        await _world.Node.Cleaning.RunAsync(default);
        Assert.Empty(await _world.Database.Db.QueryAsync<string>("SELECT state FROM federated_request"));
    }

    [Fact]
    public async Task One_address_cannot_ring_at_everybodys_and_the_agency_is_not_asked_without_end()
    {
        _world.Limits = new() { AppRequestsPerAddress = 5, AppAsks = 4 };
        var answers = new List<FederatedStart>();
        for (var i = 0; i < 7; i++)
        {
            answers.Add(await Federated.StartAsync(Kernel.ResidentNumber.FromPayload($"29{i:0000000}").ToString(), false, _world.Stranger));
        }
        Assert.Equal(5, answers.Count(a => a is FederatedStart.Asked));
        Assert.All(answers.Skip(5), a => Assert.Equal(SignIns.WaitCode, Assert.IsType<FederatedStart.Wait>(a).Refusal.Code));
        var asked = await StartAsync((await _world.HolderAsync()).Number);
        lock (_world.Registers.Asked)
        {
            _world.Registers.Asked.Clear();
        }
        for (var i = 0; i < 10; i++)
        {
            Assert.IsType<FederatedStep.Waiting>(await Federated.ContinueAsync(asked.Token, _world.Here));
        }
        Assert.Equal(4, _world.Registers.Asked.Count);
    }

    [Fact]
    public async Task An_account_that_was_given_up_or_stopped_meanwhile_is_not_entered()
    {
        var holder = await _world.HolderAsync();
        var asked = await StartAsync(holder.Number);
        Assert.IsType<Answer.Done>(await _world.Node.Accounts.SuspendAsync(holder.Session.Account, holder.Session, "lost phone", _world.Operation()));
        Confirm(holder.Number);
        Assert.IsType<FederatedStep.Waiting>(await Federated.ContinueAsync(asked.Token, _world.Here));
        Assert.Equal(0, await _world.Database.Db.FirstAsync<long>("SELECT COUNT(*) FROM session WHERE way = 'federated'"));
    }
}
