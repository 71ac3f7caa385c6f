using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.SignIn.Factors;
using NodaTime;

namespace Muqeem.SignIn;

public sealed class AccessRecoveryOnSqliteTests() : AccessRecoveryTests(DatabaseKind.Sqlite);

public sealed class AccessRecoveryOnPostgreSqlTests() : AccessRecoveryTests(DatabaseKind.PostgreSql);

public abstract class AccessRecoveryTests(DatabaseKind kind) : IAsyncLifetime
{
    private const string Fresh = "five blue lamps here";
    private SignInWorld _world = null!;

    private AccessRecovery Recovery => _world.Node.Recovery;

    public async ValueTask InitializeAsync() => _world = await SignInWorld.MakeAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private RegistrationStart DetailsOf(HolderForTest holder)
    {
        var (person, passports) = _world.Registers.People[holder.Number];
        var bd = person.Birth.Date;
        return new(holder.Number, $"{bd.Day}", $"{bd.Month}", $"{bd.Year}", CalendarKind.Gregorian, passports[0].Number);
    }

    private async Task<string> CodeStepAsync(HolderForTest holder)
    {
        var started = Assert.IsType<RecoveryAnswer.At>(await Recovery.StartAsync(DetailsOf(holder), _world.Here));
        Assert.IsType<RecoveryStep.EnterCode>(started.Step);
        return started.Token!;
    }

    [Fact]
    public async Task A_forgotten_password_is_replaced_with_the_details_and_a_code_to_the_mobile()
    {
        var holder = await _world.HolderAsync();
        var token = await CodeStepAsync(holder);
        Assert.IsType<RecoveryStep.ChoosePassword>(Assert.IsType<RecoveryAnswer.At>(await Recovery.ConfirmCodeAsync(token, await _world.LastCodeAsync("+966500000001"), _world.Operation())).Step);
        Assert.Equal("password.about_you", Assert.Single(Assert.IsType<RecoveryAnswer.Refused>(await Recovery.PasswordAsync(token, holder.Number, _world.Operation())).Refusals).Code);
        Assert.IsType<RecoveryAnswer.Done>(await Recovery.PasswordAsync(token, Fresh, _world.Operation()));
        Assert.IsType<RecoveryAnswer.Gone>(await Recovery.PasswordAsync(token, "six red lamps here", _world.Operation()));
        Assert.Null(await _world.Node.Sessions.FindAsync(holder.SignedIn.Token));
        Assert.Contains(await _world.InboxAsync(), message => message.Text == _world.Texts.In("en").Bare("sms.password_changed"));
        Assert.IsType<SignInStart.Failed>(await _world.Node.SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here));
        // It gives no session: signing in still takes both factors.
        Assert.NotNull(await _world.SignInAsync(holder with { Password = Fresh }));
    }

    [Fact]
    public async Task It_tells_nobody_whether_there_is_an_account()
    {
        var holder = await _world.HolderAsync();
        var nobody = _world.Newcomer().Typed;
        RegistrationStart[] all = [DetailsOf(holder), nobody, nobody with { Number = "2999999994" }, DetailsOf(holder) with { Passport = "Z9" }, DetailsOf(holder) with { BirthYear = "1955" }];
        var answers = new List<string>();
        foreach (var one in all)
        {
            var answer = Assert.IsType<RecoveryAnswer.At>(await Recovery.StartAsync(one, _world.Stranger));
            answers.Add(JsonSerializer.Serialize<object>(answer.Step) + JsonSerializer.Serialize<object>(await Recovery.ConfirmCodeAsync(answer.Token, "000000", _world.Operation())));
        }
        Assert.Single(answers.Distinct(StringComparer.Ordinal));
        Assert.Equal("+966500000001", Assert.Single(await _world.InboxAsync()).To);
    }

    [Fact]
    public async Task The_second_factor_is_not_bypassed()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var token = await CodeStepAsync(holder);
        Assert.IsType<RecoveryStep.EnterFactor>(Assert.IsType<RecoveryAnswer.At>(await Recovery.ConfirmCodeAsync(token, await _world.LastCodeAsync(), _world.Operation())).Step);
        Assert.IsType<RecoveryStep.EnterFactor>(Assert.IsType<RecoveryAnswer.At>(await Recovery.PasswordAsync(token, Fresh, _world.Operation())).Step);
        Assert.Equal(4, Assert.IsType<RecoveryAnswer.Refused>(await Recovery.ConfirmFactorAsync(token, Factor.Authenticator, "000000", _world.Operation())).Refusals[0].Facts["left"]);
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        var code = Totp.Code(holder.Secret, Totp.StepAt(_world.Clock.Now()));
        Assert.IsType<RecoveryStep.ChoosePassword>(Assert.IsType<RecoveryAnswer.At>(await Recovery.ConfirmFactorAsync(token, Factor.Authenticator, code, _world.Operation())).Step);
        Assert.IsType<RecoveryAnswer.Done>(await Recovery.PasswordAsync(token, Fresh, _world.Operation()));
        // The app stays, and the code that was used here is used up.
        var more = Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StartAsync(holder.Number, Fresh, false, _world.Here));
        Assert.IsType<SignInEnd.Refused>(await _world.Node.SignIns.CompleteAsync(more.Token, Factor.Authenticator, code, _world.Here));
    }

    [Fact]
    public async Task Five_wrong_factors_end_it_however_many_come_at_once()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var token = await CodeStepAsync(holder);
        await Recovery.ConfirmCodeAsync(token, await _world.LastCodeAsync(), _world.Operation());
        var ends = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => Recovery.ConfirmFactorAsync(token, Factor.Authenticator, $"00000{i % 10}", _world.Operation()))));
        Assert.Equal(4, ends.OfType<RecoveryAnswer.Refused>().Count());
        Assert.Equal(12, ends.OfType<RecoveryAnswer.Gone>().Count());
    }

    [Fact]
    public async Task A_recovery_code_takes_the_place_of_the_app()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var token = await CodeStepAsync(holder);
        await Recovery.ConfirmCodeAsync(token, await _world.LastCodeAsync(), _world.Operation());
        Assert.IsType<RecoveryAnswer.Refused>(await Recovery.ConfirmFactorAsync(token, Factor.RecoveryCode, "0000-0000-0000", _world.Operation()));
        Assert.IsType<RecoveryStep.ChoosePassword>(Assert.IsType<RecoveryAnswer.At>(await Recovery.ConfirmFactorAsync(token, Factor.RecoveryCode, holder.RecoveryCodes[0], _world.Operation())).Step);
        Assert.Equal(9, await _world.Node.RecoveryCodes.LeftAsync(holder.Session));
    }

    [Fact]
    public async Task With_the_app_lost_too_it_takes_a_day_with_notice_and_any_sign_in_ends_it()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var token = await CodeStepAsync(holder);
        await Recovery.ConfirmCodeAsync(token, await _world.LastCodeAsync(), _world.Operation());
        var cooling = Assert.IsType<RecoveryStep.Cooling>(Assert.IsType<RecoveryAnswer.At>(await Recovery.FactorIsLostAsync(token, _world.Operation())).Step);
        Assert.Equal(_world.Clock.Now() + Duration.FromHours(24), cooling.At);
        Assert.Contains(await _world.InboxAsync(), message => message.Text == _world.Texts.In("en").Bare("sms.recovery_cooling", ("hours", 24)));
        _world.Clock.Advance(TimeSpan.FromHours(23));
        Assert.IsType<RecoveryStep.Cooling>(Assert.IsType<RecoveryAnswer.At>(await Recovery.PasswordAsync(token, Fresh, _world.Operation())).Step);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.IsType<RecoveryAnswer.Done>(await Recovery.PasswordAsync(token, Fresh, _world.Operation()));
        var more = Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StartAsync(holder.Number, Fresh, false, _world.Here));
        Assert.Equal([Factor.Message, Factor.RecoveryCode], more.Factors);

        var second = await _world.HolderAsync(withAuthenticator: true);
        token = await CodeStepAsync(second);
        await Recovery.ConfirmCodeAsync(token, await _world.LastCodeAsync(), _world.Operation());
        await Recovery.FactorIsLostAsync(token, _world.Operation());
        _world.Clock.Advance(TimeSpan.FromHours(2));
        await _world.SignInAsync(second);
        _world.Clock.Advance(TimeSpan.FromHours(23));
        Assert.IsType<RecoveryAnswer.Gone>(await Recovery.PasswordAsync(token, Fresh, _world.Operation()));
    }

    [Fact]
    public async Task A_token_of_a_registration_is_none_of_a_recovery_and_the_other_way_round()
    {
        var holder = await _world.HolderAsync();
        var recovery = await CodeStepAsync(holder);
        var registration = Assert.IsType<RegistrationAnswer.At>(await _world.Node.Registration.StartAsync(_world.Newcomer().Typed, _world.Here)).Token;
        Assert.IsType<RegistrationAnswer.Gone>(await _world.Node.Registration.ResumeAsync(recovery));
        Assert.IsType<RecoveryAnswer.Gone>(await Recovery.ResumeAsync(registration));
    }

    [Fact]
    public async Task When_the_register_is_away_it_waits()
    {
        var holder = await _world.HolderAsync();
        _world.Registers.Away.Add("alien-register");
        var started = Assert.IsType<RecoveryAnswer.At>(await Recovery.StartAsync(DetailsOf(holder), _world.Here));
        Assert.Equal(AlienRegister.Name, Assert.IsType<RecoveryStep.Waiting>(started.Step).Agency);
        _world.Registers.Away.Clear();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.IsType<RecoveryStep.EnterCode>(Assert.IsType<RecoveryAnswer.At>(await Recovery.RetryAsync(started.Token)).Step);
    }

    [Fact]
    public async Task An_officer_replaces_a_lost_mobile_and_learns_no_secret()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var officer = await OfficeAccountsTests.OfficerAsync(_world, OfficeRole.Officer);
        Assert.IsType<Answer.Refused>(await Recovery.ReplaceMobileAsync(holder.Session, holder.Session.Account, "0559182736", "case-1", _world.Operation()));
        Assert.IsType<Answer.Done>(await Recovery.ReplaceMobileAsync(officer.Session, holder.Session.Account, "0559182736", "case-1", _world.Operation()));
        Assert.Null(await _world.Node.Sessions.FindAsync(holder.SignedIn.Token));
        var token = await CodeStepAsync(holder);
        Assert.IsType<RecoveryStep.ChoosePassword>(Assert.IsType<RecoveryAnswer.At>(await Recovery.ConfirmCodeAsync(token, await _world.LastCodeAsync("+966559182736"), _world.Operation())).Step);
        Assert.IsType<RecoveryAnswer.Done>(await Recovery.PasswordAsync(token, Fresh, _world.Operation()));
        Assert.NotNull(await _world.SignInAsync(holder with { Password = Fresh, Secret = null }));
    }
}
