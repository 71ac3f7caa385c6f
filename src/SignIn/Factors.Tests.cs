using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.SignIn.Factors;

namespace Muqeem.SignIn;

public sealed class FactorsOnSqliteTests() : FactorsTests(DatabaseKind.Sqlite);

public sealed class FactorsOnPostgreSqlTests() : FactorsTests(DatabaseKind.PostgreSql);

public abstract class FactorsTests(DatabaseKind kind) : IAsyncLifetime
{
    private SignInWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await SignInWorld.MakeAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_authenticator_is_added_and_replaced_and_the_former_one_is_void()
    {
        var holder = await _world.HolderAsync();
        var authenticator = _world.Node.Authenticator;
        var scan = Assert.IsType<AuthenticatorStart.Scan>(await authenticator.StartAsync(holder.Session, _world.Operation()));
        Assert.StartsWith("otpauth://totp/Muqeem:", scan.Uri);
        Assert.False(await authenticator.HasAsync(holder.Session));
        Assert.Equal("authenticator.wrong", Assert.Single(Assert.IsType<Answer.Refused>(await authenticator.ConfirmAsync(holder.Session, scan.Id, "000000", _world.Operation())).Refusals).Code);
        var first = Totp.Unspell(scan.Secret);
        Assert.IsType<Answer.Done>(await authenticator.ConfirmAsync(holder.Session, scan.Id, Totp.Code(first, Totp.StepAt(_world.Clock.Now())), _world.Operation()));
        Assert.Contains(await _world.InboxAsync(), message => message.Text == _world.Texts.In("en").Bare("sms.authenticator_added"));

        var session = (await _world.SignInAsync(holder with { Secret = first })).Session;
        var second = Assert.IsType<AuthenticatorStart.Scan>(await authenticator.StartAsync(session, _world.Operation()));
        var secret = Totp.Unspell(second.Secret);
        Assert.IsType<Answer.Done>(await authenticator.ConfirmAsync(session, second.Id, Totp.Code(secret, Totp.StepAt(_world.Clock.Now())), _world.Operation()));
        var more = Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here));
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.IsType<SignInEnd.Refused>(await _world.Node.SignIns.CompleteAsync(more.Token, Factor.Authenticator, Totp.Code(first, Totp.StepAt(_world.Clock.Now())), _world.Here));
        Assert.IsType<SignInEnd.In>(await _world.Node.SignIns.CompleteAsync(more.Token, Factor.Authenticator, Totp.Code(secret, Totp.StepAt(_world.Clock.Now())), _world.Here));
    }

    [Fact]
    public async Task Nothing_of_the_factors_changes_without_stepping_up()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        _world.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("session.step_up", Assert.IsType<AuthenticatorStart.Refused>(await _world.Node.Authenticator.StartAsync(holder.Session, _world.Operation())).Refusal.Code);
        Assert.Equal("session.step_up", Assert.Single(Assert.IsType<Answer.Refused>(await _world.Node.Authenticator.RemoveAsync(holder.Session, _world.Operation())).Refusals).Code);
        Assert.Equal("session.step_up", Assert.IsType<RecoveryCodesAnswer.Refused>(await _world.Node.RecoveryCodes.RenewAsync(holder.Session, _world.Operation())).Refusal.Code);
    }

    [Fact]
    public async Task The_app_is_removed_where_the_mobile_takes_its_place()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        Assert.IsType<Answer.Done>(await _world.Node.Authenticator.RemoveAsync(holder.Session, _world.Operation()));
        Assert.Equal([Factor.Message, Factor.RecoveryCode], Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here)).Factors);
        var officer = await OfficeAccountsTests.FirstAsync(_world, "op.one");
        Assert.Equal("authenticator.only_factor", Assert.Single(Assert.IsType<Answer.Refused>(await _world.Node.Authenticator.RemoveAsync(officer.Session, _world.Operation())).Refusals).Code);
    }

    [Fact]
    public async Task New_recovery_codes_make_the_old_ones_void()
    {
        var holder = await _world.HolderAsync();
        var fresh = Assert.IsType<RecoveryCodesAnswer.Fresh>(await _world.Node.RecoveryCodes.RenewAsync(holder.Session, _world.Operation())).Codes;
        Assert.Equal(10, fresh.Count);
        Assert.Empty(fresh.Intersect(holder.RecoveryCodes, StringComparer.Ordinal));
        var more = Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here));
        Assert.IsType<SignInEnd.Refused>(await _world.Node.SignIns.CompleteAsync(more.Token, Factor.RecoveryCode, holder.RecoveryCodes[0], _world.Here));
        Assert.IsType<SignInEnd.In>(await _world.Node.SignIns.CompleteAsync(more.Token, Factor.RecoveryCode, fresh[0], _world.Here));
    }
}

public class RecoveryCodeSetTests
{
    [Fact]
    public void Codes_have_sixty_bits_and_no_letters_that_look_alike()
    {
        var codes = RecoveryCodeSet.New();
        Assert.All(codes, code => Assert.Matches("^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$", code));
    }

    [Theory]
    [InlineData("7k3m q8wz 1htc", "7K3MQ8WZ1HTC")]
    [InlineData("7K3M-Q8WZ-lHTC", "7K3MQ8WZ1HTC")]
    [InlineData("OOOO-0000-IIII", "000000001111")]
    [InlineData("٧K٣M-Q٨WZ-١HTC", "7K3MQ8WZ1HTC")]
    [InlineData("7K3M-Q8WZ", null)]
    [InlineData("7K3M-Q8WZ-1HT!", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void What_hands_write_is_read(string? typed, string? read) => Assert.Equal(read, RecoveryCodeSet.Read(typed));
}
