using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Codes;
using Muqeem.SignIn.Messages;
using NodaTime;

namespace Muqeem.SignIn;

public sealed class OneTimeCodesOnSqliteTests() : OneTimeCodesTests(DatabaseKind.Sqlite);

public sealed class OneTimeCodesOnPostgreSqlTests() : OneTimeCodesTests(DatabaseKind.PostgreSql);

public abstract class OneTimeCodesTests(DatabaseKind kind) : IAsyncLifetime
{
    private SignInWorld _world = null!;

    private OneTimeCodes Codes => _world.Node.Codes;

    public async ValueTask InitializeAsync() => _world = await SignInWorld.MakeAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private Change Act(string verb) => new(Requests.Own(_world.Clock, verb, null, verb));

    private async Task<(Guid Id, Guid Bound, string Code)> SentAsync(CodePurpose purpose = CodePurpose.SignIn)
    {
        var bound = _world.Operation();
        var change = Act("test.issue");
        var sent = await Codes.IssueAsync(change, purpose, bound, new(PersonId.New(_world.Clock), ContactKind.Mobile, "+966555000111", "ar"));
        Assert.IsType<WriteOutcome.Done>(await _world.Database.Writer.WriteAsync(change));
        return (sent.Id, bound, await _world.LastCodeAsync());
    }

    private Task<CodeUse> UseAsync(Guid id, Guid bound, string? code, CodePurpose purpose = CodePurpose.SignIn) =>
        Codes.UseAsync(id, purpose, bound, code, () => Task.FromResult(Act("test.use")), default);

    private static string? Refused(CodeUse use) => (use as CodeUse.Refused)?.Refusal.Code;

    [Fact]
    public async Task A_code_works_once()
    {
        var (id, bound, code) = await SentAsync();
        Assert.IsType<WriteOutcome.Done>(Assert.IsType<CodeUse.Fitted>(await UseAsync(id, bound, code)).Outcome);
        Assert.Equal("code.voided", Refused(await UseAsync(id, bound, code)));
    }

    [Fact]
    public async Task Of_thirty_two_submissions_at_once_one_wins()
    {
        var (id, bound, code) = await SentAsync();
        var uses = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => UseAsync(id, bound, code))));
        Assert.Single(uses.OfType<CodeUse.Fitted>(), fitted => fitted.Outcome is WriteOutcome.Done);
        Assert.Equal(31, uses.Count(use => Refused(use) == "code.voided"));
        Assert.Equal(1, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM act WHERE verb = 'test.use'"));
    }

    [Fact]
    public async Task Of_thirty_two_guesses_at_once_five_count_and_then_the_right_one_is_void()
    {
        var (id, bound, code) = await SentAsync();
        var guesses = Enumerable.Range(1, 32).Select(i => ((int.Parse(code) + i) % 1_000_000).ToString("D6"));
        var uses = await Task.WhenAll(guesses.Select(guess => Task.Run(() => UseAsync(id, bound, guess))));
        Assert.Equal(4, uses.Count(use => Refused(use) == "code.wrong"));
        Assert.Equal(28, uses.Count(use => Refused(use) == "code.voided"));
        Assert.Equal("code.voided", Refused(await UseAsync(id, bound, code)));
    }

    [Fact]
    public async Task The_tries_that_are_left_are_told_and_the_fifth_wrong_one_voids()
    {
        var (id, bound, code) = await SentAsync();
        for (var left = 4; left > 0; left--)
        {
            Assert.Equal(left, Assert.IsType<CodeUse.Refused>(await UseAsync(id, bound, SignInWorld.Other(code))).Refusal.Facts["left"]);
        }
        Assert.Equal("code.voided", Refused(await UseAsync(id, bound, SignInWorld.Other(code))));
        Assert.Equal("code.voided", Refused(await UseAsync(id, bound, code)));
    }

    [Fact]
    public async Task A_code_for_one_request_or_purpose_fits_no_other()
    {
        var first = await SentAsync();
        var second = await SentAsync();
        Assert.Equal("code.voided", Refused(await UseAsync(first.Id, second.Bound, first.Code)));
        Assert.Equal("code.voided", Refused(await UseAsync(first.Id, first.Bound, first.Code, CodePurpose.StepUp)));
        Assert.NotNull(Refused(await UseAsync(second.Id, second.Bound, first.Code == second.Code ? SignInWorld.Other(first.Code) : first.Code)));
        Assert.Equal("code.voided", Refused(await UseAsync(_world.Operation(), first.Bound, first.Code)));
        Assert.IsType<CodeUse.Fitted>(await UseAsync(first.Id, first.Bound, first.Code));
    }

    [Theory]
    [InlineData(9, 59, true)]
    [InlineData(10, 1, false)]
    public async Task A_code_lives_ten_minutes(int minutes, int seconds, bool fits)
    {
        var (id, bound, code) = await SentAsync();
        _world.Clock.Advance(new TimeSpan(0, minutes, seconds));
        Assert.Equal(fits ? null : "code.expired", Refused(await UseAsync(id, bound, code)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("12345a")]
    public async Task Anything_but_six_digits_costs_no_try(string? typed)
    {
        var (id, bound, code) = await SentAsync();
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal("code.form", Refused(await UseAsync(id, bound, typed)));
        }
        Assert.IsType<CodeUse.Fitted>(await UseAsync(id, bound, $" {code[..3]} {code[3..]}"));
    }

    [Fact]
    public async Task The_digits_of_any_keyboard_do()
    {
        var (id, bound, code) = await SentAsync();
        Assert.IsType<CodeUse.Fitted>(await UseAsync(id, bound, string.Concat(code.Select(digit => (char)('٠' + digit - '0')))));
    }

    [Fact]
    public async Task Another_code_comes_after_a_minute_replaces_the_first_and_not_for_ever()
    {
        var (id, bound, code) = await SentAsync();
        var to = new Destination(PersonId.New(_world.Clock), ContactKind.Mobile, "+966555000111", "ar");
        var (_, refusal, _) = await Codes.ResendAsync(id, CodePurpose.SignIn, bound, to, default);
        Assert.Equal(("code.too_soon", 60), (refusal!.Code, refusal.Facts["seconds"]));
        _world.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.NotNull((await Codes.ResendAsync(id, CodePurpose.SignIn, bound, to, default)).Sent);
        var second = await _world.LastCodeAsync();
        if (second != code)
        {
            Assert.Equal("code.wrong", Refused(await UseAsync(id, bound, code)));
        }
        for (var i = 0; i < 2; i++)
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(60));
            Assert.NotNull((await Codes.ResendAsync(id, CodePurpose.SignIn, bound, to, default)).Sent);
        }
        _world.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("code.no_more", (await Codes.ResendAsync(id, CodePurpose.SignIn, bound, to, default)).Refusal!.Code);
        Assert.IsType<CodeUse.Fitted>(await UseAsync(id, bound, await _world.LastCodeAsync()));
    }

    [Fact]
    public async Task The_message_is_in_the_persons_language_fits_one_part_and_the_code_is_nowhere_in_the_database()
    {
        var (id, _, code) = await SentAsync();
        var message = _world.Inbox[^1];
        Assert.Equal($"رمز مقيم: {code}. صالح 10 دقائق. لا تعطه لأحد.", message.Text);
        Assert.True(message.Text.Length <= 70);
        var hash = await _world.Database.Db.SingleAsync<byte[]>("SELECT hash FROM one_time_code WHERE id = @id", new { id });
        Assert.Equal(16, hash.Length);
        Assert.Equal(0, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM outbox WHERE payload LIKE @like", new { like = $"%{code}%" }));
    }

    [Fact]
    public async Task A_code_that_went_stale_in_the_queue_is_not_sent_any_more()
    {
        var delivery = new Delivery(new Agencies.Messaging(_world.Line(Agencies.Messaging.Name, "messaging")), _world.Door, _world.Node.Policies, _world.Clock);
        var change = Act("test.issue");
        await Codes.IssueAsync(change, CodePurpose.SignIn, _world.Operation(), new(PersonId.New(_world.Clock), ContactKind.Mobile, "+966555000111", "ar"));
        Assert.IsType<WriteOutcome.Done>(await _world.Database.Writer.WriteAsync(change));
        var message = Assert.Single(change.Messages);
        var item = new Platform.Background.OutboxItem(message.Id, message.Topic, message.Lane, message.Payload, message.Secret!.Cipher, message.Person, _world.Clock.Now(), 1);
        _world.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.IsType<Platform.Background.OutboxResult.Sent>(await delivery.HandleAsync(item, default));
        Assert.Empty(_world.Registers.Asked);
    }
}
