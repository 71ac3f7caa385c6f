using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.SignIn.Factors;
using Muqeem.SignIn.Passwords;
using NodaTime;

namespace Muqeem.SignIn;

public sealed class SignInsOnSqliteTests() : SignInsTests(DatabaseKind.Sqlite);

public sealed class SignInsOnPostgreSqlTests() : SignInsTests(DatabaseKind.PostgreSql);

public abstract class SignInsTests(DatabaseKind kind) : IAsyncLifetime
{
    private SignInWorld _world = null!;

    private SignIns SignIns => _world.Node.SignIns;

    public async ValueTask InitializeAsync() => _world = await SignInWorld.MakeAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task<SignInStart.OneMoreFactor> StartAsync(HolderForTest holder, Visitor? visitor = null) =>
        Assert.IsType<SignInStart.OneMoreFactor>(await SignIns.StartAsync(holder.Number, holder.Password, false, visitor ?? _world.Here));

    [Fact]
    public async Task A_resident_signs_in_with_number_password_and_a_code_to_the_mobile()
    {
        var holder = await _world.HolderAsync();
        var more = await StartAsync(holder);
        Assert.Equal([Factor.Message, Factor.RecoveryCode], more.Factors);
        Assert.EndsWith("01", more.SentTo);
        var signedIn = Assert.IsType<SignInEnd.In>(await SignIns.CompleteAsync(more.Token, Factor.Message, await _world.LastCodeAsync(), _world.Here)).SignedIn;
        Assert.Equal(holder.Session.Account, (await _world.Node.Sessions.FindAsync(signedIn.Token))!.Account);
        Assert.NotEqual(holder.SignedIn.Token, signedIn.Token);
        // The number may be typed in any digits.
        Assert.IsType<SignInStart.OneMoreFactor>(await SignIns.StartAsync(string.Concat(holder.Number.Select(digit => (char)('٠' + digit - '0'))), holder.Password, false, _world.Here));
    }

    [Fact]
    public async Task With_an_authenticator_no_code_is_sent_unless_asked_for()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var more = await StartAsync(holder);
        Assert.Equal([Factor.Authenticator, Factor.Message, Factor.RecoveryCode], more.Factors);
        Assert.Null(more.SentTo);
        Assert.Empty(await _world.InboxAsync());
        Assert.EndsWith("01", Assert.IsType<CodeSending.Sent>(await SignIns.SendCodeAsync(more.Token)).To);
        Assert.Equal("code.too_soon", Assert.IsType<CodeSending.Refused>(await SignIns.SendCodeAsync(more.Token)).Refusal.Code);
        Assert.IsType<SignInEnd.In>(await SignIns.CompleteAsync(more.Token, Factor.Message, await _world.LastCodeAsync(), _world.Here));
        Assert.IsType<CodeSending.Over>(await SignIns.SendCodeAsync(more.Token));
    }

    [Fact]
    public async Task One_answer_for_every_failure_whether_or_not_there_is_an_account()
    {
        var holder = await _world.HolderAsync();
        var stopped = await _world.HolderAsync();
        await _world.Node.Accounts.SuspendAsync(stopped.Session.Account, stopped.Session, "lost phone", _world.Operation());
        await _world.InboxAsync();
        var answers = new List<string>();
        foreach (var (name, password) in new[] { (holder.Number, "wrong wrong wrong"), ("2999999994", holder.Password), ("nobody.here", "x"), ("", ""), (stopped.Number, stopped.Password), (holder.Number, new string('x', 100_000)) })
        {
            answers.Add(JsonSerializer.Serialize<object>(await SignIns.StartAsync(name, password, false, _world.Here with { Address = $"192.0.2.{answers.Count}" })));
        }
        Assert.Single(answers.Distinct(StringComparer.Ordinal));
        Assert.Contains("sign_in.failed", answers[0], StringComparison.Ordinal);
        Assert.Empty(await _world.InboxAsync());
    }

    [Fact]
    public async Task Failures_slow_down_whoever_fails_and_not_the_holder()
    {
        var holder = await _world.HolderAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.IsType<SignInStart.Failed>(await SignIns.StartAsync(holder.Number, "wrong wrong wrong", false, _world.Stranger));
        }
        var wait = Assert.IsType<SignInStart.Wait>(await SignIns.StartAsync(holder.Number, holder.Password, false, _world.Stranger));
        Assert.Equal(_world.Clock.Now() + Duration.FromSeconds(15), wait.OpensAt);
        // The same for a number that does not exist.
        for (var i = 0; i < 5; i++)
        {
            await SignIns.StartAsync("2999999994", "wrong wrong wrong", false, _world.Stranger);
        }
        Assert.IsType<SignInStart.Wait>(await SignIns.StartAsync("2999999994", "x", false, _world.Stranger));
        // The holder, elsewhere, is not kept waiting; nor at the same address, from a known device.
        Assert.IsType<SignInStart.OneMoreFactor>(await SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here));
        Assert.IsType<SignInStart.OneMoreFactor>(await SignIns.StartAsync(holder.Number, holder.Password, false, _world.Stranger with { Device = holder.SignedIn.DeviceToken }));
        // The delay doubles, and after it one try is let through.
        _world.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.IsType<SignInStart.Failed>(await SignIns.StartAsync(holder.Number, "wrong wrong wrong", false, _world.Stranger));
        Assert.Equal(_world.Clock.Now() + Duration.FromSeconds(30), Assert.IsType<SignInStart.Wait>(await SignIns.StartAsync(holder.Number, "x", false, _world.Stranger)).OpensAt);
    }

    [Fact]
    public async Task The_delay_survives_a_restart_and_is_seen_by_other_nodes()
    {
        var holder = await _world.HolderAsync();
        for (var i = 0; i < 6; i++)
        {
            await SignIns.StartAsync(holder.Number, "wrong wrong wrong", false, _world.Stranger);
        }
        await _world.Node.Throttle.FlushAsync(default);
        var other = new NodeForTest(_world);
        await other.Throttle.FlushAsync(default);
        Assert.IsType<SignInStart.Wait>(await other.SignIns.StartAsync(holder.Number, holder.Password, false, _world.Stranger));
        Assert.IsType<SignInStart.OneMoreFactor>(await other.SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here));
    }

    [Fact]
    public async Task Stuffing_one_address_with_a_thousand_accounts_is_stopped()
    {
        var answers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < 300; i++)
        {
            var name = (await SignIns.StartAsync(ResidentNumber.FromPayload($"29{i:0000000}").ToString(), "wrong wrong wrong", false, _world.Stranger)).GetType().Name;
            answers[name] = answers.GetValueOrDefault(name) + 1;
        }
        Assert.Equal(100, answers["Failed"]);
        Assert.Equal(200, answers["Wait"]);
    }

    [Fact]
    public async Task Many_failures_from_everywhere_are_told_to_the_holder_once_and_lock_nobody_out()
    {
        var holder = await _world.HolderAsync();
        for (var i = 0; i < 40; i++)
        {
            await SignIns.StartAsync(holder.Number, "wrong wrong wrong", false, _world.Stranger with { Address = $"192.0.2.{i}" });
        }
        Assert.Equal(_world.Texts.In("en").Bare("sms.many_failures"), Assert.Single(await _world.InboxAsync()).Text);
        Assert.IsType<SignInStart.OneMoreFactor>(await SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here));
    }

    [Fact]
    public async Task A_code_of_the_authenticator_works_once_also_in_another_sign_in()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var first = await StartAsync(holder);
        var second = await StartAsync(holder);
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        var code = Totp.Code(holder.Secret, Totp.StepAt(_world.Clock.Now()));
        Assert.IsType<SignInEnd.In>(await SignIns.CompleteAsync(first.Token, Factor.Authenticator, code, _world.Here));
        Assert.IsType<SignInEnd.Over>(await SignIns.CompleteAsync(first.Token, Factor.Authenticator, code, _world.Here));
        Assert.Equal("sign_in.wrong_code", Assert.IsType<SignInEnd.Refused>(await SignIns.CompleteAsync(second.Token, Factor.Authenticator, code, _world.Here)).Refusal.Code);
    }

    [Fact]
    public async Task Thirty_two_sign_ins_with_one_authenticator_code_at_once_open_one_session()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var starts = new List<SignInStart.OneMoreFactor>();
        for (var i = 0; i < 32; i++)
        {
            starts.Add(await StartAsync(holder));
        }
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        var code = Totp.Code(holder.Secret, Totp.StepAt(_world.Clock.Now()));
        var ends = await Task.WhenAll(starts.Select(start => Task.Run(() => SignIns.CompleteAsync(start.Token, Factor.Authenticator, code, _world.Here))));
        Assert.Single(ends.OfType<SignInEnd.In>());
        Assert.Equal(2, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM session"));
    }

    [Fact]
    public async Task One_sign_in_sent_thirty_two_times_opens_one_session()
    {
        var holder = await _world.HolderAsync();
        var more = await StartAsync(holder);
        var code = await _world.LastCodeAsync();
        var ends = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => SignIns.CompleteAsync(more.Token, Factor.Message, code, _world.Here))));
        Assert.Single(ends.OfType<SignInEnd.In>());
        Assert.Equal(2, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM session"));
    }

    [Fact]
    public async Task Five_wrong_second_factors_end_the_sign_in_and_the_holder_is_told_that_the_password_is_known()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var more = await StartAsync(holder, _world.Stranger);
        for (var left = 4; left > 0; left--)
        {
            Assert.Equal(left, Assert.IsType<SignInEnd.Refused>(await SignIns.CompleteAsync(more.Token, Factor.Authenticator, "000000", _world.Stranger)).Refusal.Facts["left"]);
        }
        Assert.IsType<SignInEnd.Over>(await SignIns.CompleteAsync(more.Token, Factor.RecoveryCode, "AAAA-BBBB-CCCC", _world.Stranger));
        Assert.IsType<SignInEnd.Over>(await SignIns.CompleteAsync(more.Token, Factor.Authenticator, "000000", _world.Stranger));
        Assert.Equal(_world.Texts.In("en").Bare("sms.password_known"), Assert.Single(await _world.InboxAsync()).Text);
    }

    [Fact]
    public async Task Whoever_knows_the_password_cannot_go_on_guessing_the_code_and_the_holders_device_still_gets_in()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        for (var i = 0; i < 6; i++)
        {
            var more = await StartAsync(holder, _world.Stranger with { Address = $"192.0.2.{i}" });
            for (var j = 0; j < 5; j++)
            {
                await SignIns.CompleteAsync(more.Token, Factor.Authenticator, "000000", _world.Stranger);
            }
        }
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        var code = Totp.Code(holder.Secret, Totp.StepAt(_world.Clock.Now()));
        var stranger = await StartAsync(holder, _world.Stranger);
        Assert.IsType<SignInEnd.Over>(await SignIns.CompleteAsync(stranger.Token, Factor.Authenticator, code, _world.Stranger));
        var known = _world.Here with { Device = holder.SignedIn.DeviceToken };
        Assert.IsType<SignInEnd.In>(await SignIns.CompleteAsync((await StartAsync(holder, known)).Token, Factor.Authenticator, code, known));
    }

    [Fact]
    public async Task A_recovery_code_works_once()
    {
        var holder = await _world.HolderAsync();
        var typed = holder.RecoveryCodes[3].ToLowerInvariant().Replace("-", " ", StringComparison.Ordinal);
        Assert.Equal(9, Assert.IsType<SignInEnd.In>(await SignIns.CompleteAsync((await StartAsync(holder)).Token, Factor.RecoveryCode, typed, _world.Here)).RecoveryCodesLeft);
        Assert.Contains(await _world.InboxAsync(), message => message.Text == _world.Texts.In("en").Bare("sms.recovery_code_used"));
        Assert.IsType<SignInEnd.Refused>(await SignIns.CompleteAsync((await StartAsync(holder)).Token, Factor.RecoveryCode, typed, _world.Here));

        var starts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StartAsync(holder)));
        var ends = await Task.WhenAll(starts.Select(start => Task.Run(() => SignIns.CompleteAsync(start.Token, Factor.RecoveryCode, holder.RecoveryCodes[7], _world.Here))));
        Assert.Equal(8, Assert.Single(ends.OfType<SignInEnd.In>()).RecoveryCodesLeft);
    }

    [Fact]
    public async Task A_new_device_is_told_and_a_known_or_shared_one_is_not_marked_again()
    {
        var holder = await _world.HolderAsync();
        var fresh = await _world.SignInAsync(holder, _world.Here);
        Assert.NotNull(fresh.DeviceToken);
        Assert.Contains(await _world.InboxAsync(), message => message.Text == _world.Texts.In("en").Bare("sms.new_device"));
        var known = await _world.SignInAsync(holder, _world.Here with { Device = fresh.DeviceToken });
        Assert.Null(known.DeviceToken);
        Assert.DoesNotContain(await _world.InboxAsync(), message => message.Text == _world.Texts.In("en").Bare("sms.new_device"));
        var shared = await _world.SignInAsync(holder, _world.Here, shared: true);
        Assert.Null(shared.DeviceToken);
        Assert.True(shared.Session.SharedPhone);
    }

    [Fact]
    public async Task A_sign_in_waits_ten_minutes_for_its_second_factor()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var more = await StartAsync(holder);
        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.IsType<SignInEnd.Over>(await SignIns.CompleteAsync(more.Token, Factor.Authenticator, Totp.Code(holder.Secret, Totp.StepAt(_world.Clock.Now())), _world.Here));
        Assert.IsType<SignInEnd.Over>(await SignIns.CompleteAsync(null, Factor.Authenticator, "000000", _world.Here));
        Assert.IsType<SignInEnd.Over>(await SignIns.CompleteAsync(Token.New(out _), Factor.Authenticator, "000000", _world.Here));
    }

    [Fact]
    public async Task Stepping_up_asks_for_both_again_and_changes_the_token()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        _world.Clock.Advance(TimeSpan.FromMinutes(6));
        var session = (await _world.Node.Sessions.FindAsync(holder.SignedIn.Token))!;
        Assert.False(session.IsSteppedUp(_world.Clock.Now()));
        Assert.IsType<SignInStart.Failed>(await SignIns.StepUpAsync(session, "wrong wrong wrong", _world.Here));
        var more = Assert.IsType<SignInStart.OneMoreFactor>(await SignIns.StepUpAsync(session, holder.Password, _world.Here));
        var up = Assert.IsType<SignInEnd.In>(await _world.FactorAsync(holder, more)).SignedIn;
        Assert.Equal(session.Id, up.Session.Id);
        Assert.True(up.Session.IsSteppedUp(_world.Clock.Now()));
        Assert.Null(await _world.Node.Sessions.FindAsync(holder.SignedIn.Token));
        Assert.NotNull(await _world.Node.Sessions.FindAsync(up.Token));
        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.False((await _world.Node.Sessions.FindAsync(up.Token))!.IsSteppedUp(_world.Clock.Now()));
    }

    [Fact]
    public async Task A_code_for_signing_in_does_not_step_up_and_the_other_way_round()
    {
        var holder = await _world.HolderAsync();
        var signIn = await StartAsync(holder);
        var signInCode = await _world.LastCodeAsync();
        var stepUp = Assert.IsType<SignInStart.OneMoreFactor>(await SignIns.StepUpAsync(holder.Session, holder.Password, _world.Here));
        var stepUpCode = await _world.LastCodeAsync();
        if (signInCode != stepUpCode)
        {
            Assert.IsType<SignInEnd.Refused>(await SignIns.CompleteAsync(stepUp.Token, Factor.Message, signInCode, _world.Here));
            Assert.IsType<SignInEnd.Refused>(await SignIns.CompleteAsync(signIn.Token, Factor.Message, stepUpCode, _world.Here));
        }
        Assert.IsType<SignInEnd.In>(await SignIns.CompleteAsync(stepUp.Token, Factor.Message, stepUpCode, _world.Here));
        Assert.IsType<SignInEnd.In>(await SignIns.CompleteAsync(signIn.Token, Factor.Message, signInCode, _world.Here));
    }

    [Fact]
    public async Task A_hash_of_another_time_is_made_anew_at_the_next_sign_in()
    {
        var holder = await _world.HolderAsync();
        using var former = new PasswordHasher(cost: new Argon2Cost(32, 1, 1));
        var old = await former.HashAsync(holder.Password, default);
        await _world.Database.ExecuteAsync($"UPDATE account SET password = '{old}'");
        await StartAsync(holder);
        var now = await _world.Database.Db.SingleAsync<string>("SELECT password FROM account");
        Assert.NotEqual(old, now);
        Assert.Contains("keyid=p", now, StringComparison.Ordinal);
        Assert.IsType<SignInStart.OneMoreFactor>(await SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here));
    }

    [Fact]
    public async Task A_closed_account_still_signs_in_and_reads()
    {
        var holder = await _world.HolderAsync();
        Assert.IsType<Answer.Done>(await _world.Node.Accounts.CloseAsync(holder.Session.Account, Platform.Writing.Actor.System("departure"), "departure", _world.Operation()));
        Assert.Null(await _world.Node.Sessions.FindAsync(holder.SignedIn.Token));
        var back = (await _world.SignInAsync(holder)).Session;
        Assert.True(back.ReadsOnly);
        Assert.True(back.SeesRecords);
        Assert.IsType<Answer.Done>(await _world.Node.Accounts.ReopenAsync(holder.Session.Account, Platform.Writing.Actor.System("arrival"), "arrival", _world.Operation()));
        Assert.False((await _world.SignInAsync(holder)).Session.ReadsOnly);
    }

    [Fact]
    public async Task The_password_is_changed_with_the_former_one_after_stepping_up_and_the_other_sessions_end()
    {
        var holder = await _world.HolderAsync();
        var other = await _world.SignInAsync(holder);
        await _world.InboxAsync();
        var accounts = _world.Node.Accounts;
        Assert.Equal("password.wrong", Assert.Single(Assert.IsType<Answer.Refused>(await accounts.ChangePasswordAsync(holder.Session, "no no no no", "five blue lamps here", _world.Operation())).Refusals).Code);
        Assert.Equal("password.too_common", Assert.Single(Assert.IsType<Answer.Refused>(await accounts.ChangePasswordAsync(holder.Session, holder.Password, "password123", _world.Operation())).Refusals).Code);
        Assert.IsType<Answer.Done>(await accounts.ChangePasswordAsync(holder.Session, holder.Password, "five blue lamps here", _world.Operation()));
        Assert.NotNull(await _world.Node.Sessions.FindAsync(holder.SignedIn.Token));
        Assert.Null(await _world.Node.Sessions.FindAsync(other.Token));
        Assert.Equal(_world.Texts.In("en").Bare("sms.password_changed"), Assert.Single(await _world.InboxAsync()).Text);
        Assert.IsType<SignInStart.Failed>(await SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here));
        Assert.IsType<SignInStart.OneMoreFactor>(await SignIns.StartAsync(holder.Number, "five blue lamps here", false, _world.Here));
        _world.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("session.step_up", Assert.Single(Assert.IsType<Answer.Refused>(await accounts.ChangePasswordAsync(holder.Session, "five blue lamps here", "six red lamps here", _world.Operation())).Refusals).Code);
    }

    [Fact]
    public async Task Every_reading_of_the_holders_number_for_a_sign_in_is_in_the_record_the_holder_sees()
    {
        var holder = await _world.HolderAsync();
        await StartAsync(holder);
        var reads = await _world.Database.Db.QueryAsync<string>(
            "SELECT e.place FROM access_entry e JOIN access_subject s ON s.access_id = e.id WHERE s.person_id = @person AND e.purpose = 'SignIn'", new { person = holder.Session.Person.Value });
        Assert.Contains("sign_in.code", reads);
    }
}
