using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.SignIn.Factors;

namespace Muqeem.SignIn;

public sealed class OfficeAccountsOnSqliteTests() : OfficeAccountsTests(DatabaseKind.Sqlite);

public sealed class OfficeAccountsOnPostgreSqlTests() : OfficeAccountsTests(DatabaseKind.PostgreSql);

public abstract class OfficeAccountsTests(DatabaseKind kind) : IAsyncLifetime
{
    private SignInWorld _world = null!;

    private OfficeAccounts Office => _world.Node.Office;

    public async ValueTask InitializeAsync() => _world = await SignInWorld.MakeAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal static async Task<(HolderForTest Holder, Session Session)> ActivateAsync(SignInWorld world, string name, string token)
    {
        var open = Assert.IsType<Activation.Open>(await world.Node.Office.OpenAsync(token));
        var secret = Totp.Unspell(open.Secret);
        var active = Assert.IsType<Activation.Active>(await world.Node.Office.ActivateAsync(token, SignInWorld.Password, Totp.Code(secret, Totp.StepAt(world.Clock.Now())), world.Operation()));
        var holder = new HolderForTest(null!, name, SignInWorld.Password, secret, active.RecoveryCodes);
        var signedIn = await world.SignInAsync(holder);
        holder = holder with { SignedIn = signedIn };
        return (holder, signedIn.Session);
    }

    internal static async Task<(HolderForTest Holder, Session Session)> FirstAsync(SignInWorld world, string name)
    {
        var approved = Assert.IsType<OfficeAnswer.Approved>(await world.Node.Office.AppointFirstAsync(new("Operator " + name, name, name + "@example.com", OfficeRole.Operator, "HQ")));
        return await ActivateAsync(world, name, approved.ActivationToken!);
    }

    /// <summary>An officer, appointed the long way by two operators.</summary>
    internal static async Task<(HolderForTest Holder, Session Session)> OfficerAsync(SignInWorld world, OfficeRole roles, string name = "huda")
    {
        var one = await FirstAsync(world, "op.one");
        var two = await FirstAsync(world, "op.two");
        return await AppointAsync(world, one.Session, two.Session, roles, name);
    }

    internal static async Task<(HolderForTest Holder, Session Session)> AppointAsync(SignInWorld world, Session one, Session two, OfficeRole roles, string name)
    {
        var proposed = Assert.IsType<OfficeAnswer.Proposed>(await world.Node.Office.ProposeAsync(one, new("Huda", name, name + "@example.com", roles, "R-01"), world.Operation()));
        Assert.IsType<OfficeAnswer.Approved>(await world.Node.Office.ApproveAsync(two, proposed.Invitation, world.Operation()));
        await world.InboxAsync();
        var mail = world.Inbox.Last(message => message.To == name + "@example.com");
        return await ActivateAsync(world, name, mail.Text.Split(' ', '\n').Last(word => word.Length == 43));
    }

    [Fact]
    public async Task The_first_two_operators_come_from_the_terminal_and_no_third()
    {
        var one = await FirstAsync(_world, "op.one");
        await FirstAsync(_world, "op.two");
        Assert.Equal("office.first_only", Assert.Single(Assert.IsType<OfficeAnswer.Refused>(await Office.AppointFirstAsync(new("X", "op.three", "x@example.com", OfficeRole.Operator, "HQ"))).Refusals).Code);
        Assert.True(one.Session.Has(OfficeRole.Operator));
        Assert.False(one.Session.SeesRecords);
    }

    [Fact]
    public async Task Nobody_alone_makes_an_account()
    {
        var one = (await FirstAsync(_world, "op.one")).Session;
        var two = (await FirstAsync(_world, "op.two")).Session;
        var proposed = Assert.IsType<OfficeAnswer.Proposed>(await Office.ProposeAsync(one, new("Huda", "huda", "huda@example.com", OfficeRole.Officer | OfficeRole.Supervisor, "R-01"), _world.Operation()));
        Assert.Equal("office.four_eyes", Assert.Single(Assert.IsType<OfficeAnswer.Refused>(await Office.ApproveAsync(one, proposed.Invitation, _world.Operation())).Refusals).Code);
        Assert.Empty(await _world.InboxAsync());
        Assert.IsType<OfficeAnswer.Approved>(await Office.ApproveAsync(two, proposed.Invitation, _world.Operation()));
        Assert.Equal("huda@example.com", Assert.Single(await _world.InboxAsync()).To);
        // Approved once.
        Assert.IsType<OfficeAnswer.Refused>(await Office.ApproveAsync(two, proposed.Invitation, _world.Operation()));

        // Not by officers, not without stepping up.
        var officer = (await AppointAsync(_world, one, two, OfficeRole.Officer, "sami")).Session;
        Assert.Equal("office.not_yours", Assert.Single(Assert.IsType<OfficeAnswer.Refused>(await Office.ProposeAsync(officer, new("A", "abc", "a@example.com", OfficeRole.Officer, "R"), _world.Operation())).Refusals).Code);
        _world.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("session.step_up", Assert.Single(Assert.IsType<OfficeAnswer.Refused>(await Office.ProposeAsync(one, new("A", "abc", "a@example.com", OfficeRole.Officer, "R"), _world.Operation())).Refusals).Code);
    }

    [Theory]
    [InlineData(OfficeRole.Officer | OfficeRole.Auditor)]
    [InlineData(OfficeRole.Operator | OfficeRole.Officer)]
    [InlineData(OfficeRole.Auditor | OfficeRole.Operator)]
    [InlineData(OfficeRole.None)]
    public async Task Roles_that_watch_each_other_are_not_in_one_hand(OfficeRole roles)
    {
        var one = (await FirstAsync(_world, "op.one")).Session;
        Assert.Contains("office.roles", Assert.IsType<OfficeAnswer.Refused>(await Office.ProposeAsync(one, new("A", "abc", "a@example.com", roles, "R"), _world.Operation())).Refusals.Select(no => no.Code));
    }

    [Fact]
    public async Task What_is_wrong_with_a_proposal_is_said_all_at_once()
    {
        var one = (await FirstAsync(_world, "op.one")).Session;
        Assert.Equal(["office.name", "office.account_name", "email.form", "office.office", "office.roles"],
            Assert.IsType<OfficeAnswer.Refused>(await Office.ProposeAsync(one, new(" ", "2000000014", "nobody", OfficeRole.None, ""), _world.Operation())).Refusals.Select(no => no.Code));
        Assert.Equal("office.name_taken", Assert.Single(Assert.IsType<OfficeAnswer.Refused>(await Office.ProposeAsync(one, new("A", "OP.one", "a@example.com", OfficeRole.Officer, "R"), _world.Operation())).Refusals).Code);
    }

    [Fact]
    public async Task The_office_never_signs_in_with_a_code_by_message()
    {
        var officer = await OfficerAsync(_world, OfficeRole.Officer);
        var more = Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StartAsync("huda", officer.Holder.Password, false, _world.Here));
        Assert.Equal([Factor.Authenticator, Factor.RecoveryCode], more.Factors);
        Assert.Equal("sign_in.no_factor", Assert.IsType<CodeSending.Refused>(await _world.Node.SignIns.SendCodeAsync(more.Token)).Refusal.Code);
        Assert.Equal("sign_in.no_factor", Assert.IsType<SignInEnd.Refused>(await _world.Node.SignIns.CompleteAsync(more.Token, Factor.Message, "123456", _world.Here)).Refusal.Code);
        Assert.Equal(OfficeRole.Officer, officer.Session.Roles);
        Assert.Equal("R-01", officer.Session.Office);
    }

    [Fact]
    public async Task An_activation_works_once_and_within_three_days()
    {
        var approved = Assert.IsType<OfficeAnswer.Approved>(await Office.AppointFirstAsync(new("One", "op.one", "one@example.com", OfficeRole.Operator, "HQ")));
        var open = Assert.IsType<Activation.Open>(await Office.OpenAsync(approved.ActivationToken));
        var secret = Totp.Unspell(open.Secret);
        Assert.Equal(["password.about_you", "authenticator.wrong"], Assert.IsType<Activation.Refused>(await Office.ActivateAsync(approved.ActivationToken, "one@example.com1", "000000", _world.Operation())).Refusals.Select(no => no.Code));
        // Before it is active nobody signs in, with no password at all.
        Assert.IsType<SignInStart.Failed>(await _world.Node.SignIns.StartAsync("op.one", "", false, _world.Here));
        Assert.IsType<Activation.Active>(await Office.ActivateAsync(approved.ActivationToken, SignInWorld.Password, Totp.Code(secret, Totp.StepAt(_world.Clock.Now())), _world.Operation()));
        Assert.IsType<Activation.Gone>(await Office.OpenAsync(approved.ActivationToken));
        Assert.IsType<Activation.Gone>(await Office.ActivateAsync(approved.ActivationToken, SignInWorld.Password, "000000", _world.Operation()));

        var late = Assert.IsType<OfficeAnswer.Approved>(await Office.AppointFirstAsync(new("Two", "op.two", "two@example.com", OfficeRole.Operator, "HQ")));
        _world.Clock.Advance(TimeSpan.FromHours(72));
        Assert.IsType<Activation.Gone>(await Office.OpenAsync(late.ActivationToken));
    }

    [Fact]
    public async Task A_disabled_officer_is_out_at_once_in_every_session()
    {
        var one = await FirstAsync(_world, "op.one");
        var two = await FirstAsync(_world, "op.two");
        var officer = await AppointAsync(_world, one.Session, two.Session, OfficeRole.Officer, "huda");
        var second = await _world.SignInAsync(officer.Holder);
        Assert.NotNull(await _world.Node.Sessions.FindAsync(officer.Holder.SignedIn.Token));
        Assert.NotNull(await _world.Node.Sessions.FindAsync(second.Token));

        Assert.IsType<OfficeAnswer.Done>(await Office.DisableAsync(one.Session, officer.Session.Account, "left", _world.Operation()));
        Assert.Null(await _world.Node.Sessions.FindAsync(officer.Holder.SignedIn.Token));
        Assert.Null(await _world.Node.Sessions.FindAsync(second.Token));
        Assert.IsType<SignInStart.Failed>(await _world.Node.SignIns.StartAsync("huda", officer.Holder.Password, false, _world.Here));

        // The last two operators stay.
        Assert.Equal("office.last_operators", Assert.Single(Assert.IsType<OfficeAnswer.Refused>(await Office.DisableAsync(one.Session, two.Session.Account, "left", _world.Operation())).Refusals).Code);
    }

    [Fact]
    public async Task Other_roles_need_a_second_person_and_end_the_sessions()
    {
        var one = (await FirstAsync(_world, "op.one")).Session;
        var two = (await FirstAsync(_world, "op.two")).Session;
        var officer = await AppointAsync(_world, one, two, OfficeRole.Officer, "huda");
        var proposed = Assert.IsType<OfficeAnswer.Proposed>(await Office.ProposeRolesAsync(one, officer.Session.Account, OfficeRole.Officer | OfficeRole.Supervisor, "R-02", _world.Operation()));
        Assert.IsType<OfficeAnswer.Refused>(await Office.ApproveAsync(one, proposed.Invitation, _world.Operation()));
        var access = _world.Door.Enter(two.Actor, Purpose.Operate, null, "test", [.. await Office.PersonsAsync()]);
        var waiting = Assert.Single(await Office.InvitationsAsync(access));
        Assert.Equal(("Huda", InvitationKind.Roles, one.Account), (waiting.Name, waiting.Kind, waiting.ProposedBy!.Value));
        Assert.IsType<OfficeAnswer.Approved>(await Office.ApproveAsync(two, proposed.Invitation, _world.Operation()));
        Assert.Null(await _world.Node.Sessions.FindAsync(officer.Holder.SignedIn.Token));
        var again = await _world.SignInAsync(officer.Holder);
        Assert.Equal((OfficeRole.Officer | OfficeRole.Supervisor, "R-02"), (again.Session.Roles, again.Session.Office));
        Assert.Contains(await Office.ListAsync(access), line => line is { AccountName: "huda", Office: "R-02", State: AccountState.Active });
        // Nobody changes his own.
        Assert.IsType<OfficeAnswer.Refused>(await Office.ProposeRolesAsync(one, one.Account, OfficeRole.Officer, "HQ", _world.Operation()));
    }

    [Fact]
    public async Task Lost_factors_are_renewed_by_two_and_chosen_by_the_colleague()
    {
        var one = (await FirstAsync(_world, "op.one")).Session;
        var two = (await FirstAsync(_world, "op.two")).Session;
        var officer = await AppointAsync(_world, one, two, OfficeRole.Officer, "huda");
        var proposed = Assert.IsType<OfficeAnswer.Proposed>(await Office.ProposeResetAsync(one, officer.Session.Account, _world.Operation()));
        // Until the second person agrees everything is as before.
        Assert.NotNull(await _world.Node.Sessions.FindAsync(officer.Holder.SignedIn.Token));
        Assert.IsType<OfficeAnswer.Approved>(await Office.ApproveAsync(two, proposed.Invitation, _world.Operation()));
        Assert.Null(await _world.Node.Sessions.FindAsync(officer.Holder.SignedIn.Token));
        Assert.IsType<SignInStart.Failed>(await _world.Node.SignIns.StartAsync("huda", officer.Holder.Password, false, _world.Here));
        await _world.InboxAsync();
        var renewed = await ActivateAsync(_world, "huda", _world.Inbox.Last(message => message.To == "huda@example.com").Text.Split(' ').Last(word => word.Length == 43));
        Assert.NotEqual(officer.Holder.Secret, renewed.Holder.Secret);
    }
}
