using System.Net;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.Tests;

namespace Muqeem.Host.Api;

public sealed class MoneyApiOnSqliteTests(SqliteWorld world) : MoneyApiTests(world), IClassFixture<SqliteWorld>;

public sealed class MoneyApiOnPostgreSqlTests(PostgreSqlWorld world) : MoneyApiTests(world), IClassFixture<PostgreSqlWorld>;

/// <summary>The own money back, by program and by page. No residence is asked for: whoever has left signs in the same way.</summary>
public abstract class MoneyApiTests(SharedWorld shared)
{
    private const string Iban = "SA0380000000608010167519";
    private const string Mistyped = "SA0380000000608010167518";

    private readonly WholeWorld _world = shared.World;

    /// <summary>Somebody who paid 110 riyals on a bill of 10, at a gateway that knows nothing of it: it will decline to give it back.</summary>
    private async Task<(Browser Browser, ApiCaller Program, PersonId Person)> OverpaidAsync(string number)
    {
        var browser = new Browser(_world, "en");
        var hand = await browser.OpenAccountAsync(_world);
        var program = new ApiCaller(_world);
        await program.SignInAsync(hand);
        var person = new PersonId(await _world.Get<Db>().SingleAsync<Guid>("SELECT person FROM account WHERE kind = 'Resident' ORDER BY id DESC LIMIT 1"));
        var bills = _world.Get<Bills>();
        var change = new Change(new Act(ActId.New(_world.Clock), "test.bill", Actor.System("test"), Guid.CreateVersion7(), Digest.Of(number), _world.Clock.Now()));
        var bill = bills.Issue(change, CaseId.New(_world.Clock), Payer.Person(person), "VISA.ERV.S", Payments.World.Price(10), _world.Clock.Today().PlusDays(30));
        bills.Number(change, bill, number);
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
        Assert.IsType<PaymentReception.Received>(await _world.Get<PaymentsInbox>().ReceiveAsync(new PaymentNotice("P-" + number, number, null, Kernel.Money.Riyals(110), _world.Clock.Now(), "SADAD")));
        return (browser, program, person);
    }

    private static void Is(HttpStatusCode status, ApiAnswer answer) => Assert.True(answer.Status == status, $"{(int)answer.Status}: {answer.Text}");

    /// <summary>The refunds when the bank has answered all of them, newest first.</summary>
    private static Task<ApiAnswer> AnsweredAsync(ApiCaller program, int count) => WholeWorld.UntilAsync(async () =>
        await program.GetAsync("refunds") is var all && all["refunds"].EnumerateArray().Count(r => r.GetProperty("state").GetString() == "failed") == count ? all : null, "the bank answers", 60);

    [Fact]
    public async Task A_part_and_then_the_rest_are_asked_back_each_once_and_what_the_bank_declines_is_on_the_balance_again()
    {
        var (browser, program, person) = await OverpaidAsync("88000001");
        using var b = browser;
        using var p = program;
        var before = await program.GetAsync("refunds");
        Assert.Equal((10_000L, 0), (before["balanceHalalas"].GetInt64(), before["refunds"].GetArrayLength()));

        var operation = Guid.CreateVersion7();
        var part = new { iban = Iban, amountHalalas = 3_000 };
        Is(HttpStatusCode.OK, await program.PostAsync("refunds", part, operation));
        Is(HttpStatusCode.OK, await program.PostAsync("refunds", part, operation));
        Is(HttpStatusCode.Conflict, await program.PostAsync("refunds", new { iban = Iban, amountHalalas = 9_900 }, operation));
        var declined = await AnsweredAsync(program, 1);
        Assert.Equal((10_000L, 3_000L), (declined["balanceHalalas"].GetInt64(), declined["refunds"][0].GetProperty("amountHalalas").GetInt64()));

        await browser.OpenAsync("me/money");
        Assert.True(browser.Shows("100"));
        await browser.PressAsync(null, ("iban", Mistyped));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        await browser.PressAsync(null, ("iban", "sa03 8000 0000 6080 1016 7519"));
        Assert.Equal((HttpStatusCode.OK, "/en/me/money"), (browser.Status, browser.Path));
        await browser.SendAgainAsync();
        Assert.Equal((HttpStatusCode.OK, "/en/me/money"), (browser.Status, browser.Path));
        await AnsweredAsync(program, 2);
        Assert.Equal([10_000L, 3_000L], (await _world.Get<Refunds>().OfAsync(person.Value)).Select(r => r.Amount.Halalas));
        Assert.Empty(await _world.Get<Ledger>().AuditAsync());
    }

    [Fact]
    public async Task What_is_not_an_amount_or_not_there_or_not_an_account_is_refused_and_nothing_moves()
    {
        var (browser, program, person) = await OverpaidAsync("88000002");
        using var b = browser;
        using var p = program;
        var mistyped = await program.PostAsync("refunds", new { iban = Mistyped });
        Is(HttpStatusCode.BadRequest, mistyped);
        Assert.Equal(["iban:iban.check_digits"], mistyped.Refusals);
        foreach (var (amount, code) in new[] { ("0", Refunds.NoAmount), ("-1", Refunds.NoAmount), ("10001", Refunds.Insufficient), ("9223372036854775807", Refunds.Insufficient) })
        {
            var refused = await program.PostTextAsync("refunds", $$"""{"iban":"{{Iban}}","amountHalalas":{{amount}}}""");
            Is(HttpStatusCode.Conflict, refused);
            Assert.Equal([code], refused.Refusals);
        }
        foreach (var amount in new[] { "1.5", "9223372036854775808", "\"100\"", "1,\"currency\":\"USD\"" })
        {
            Is(HttpStatusCode.BadRequest, await program.PostTextAsync("refunds", $$"""{"iban":"{{Iban}}","amountHalalas":{{amount}}}"""));
        }
        Is(HttpStatusCode.BadRequest, await program.PostAsync("refunds", null, null, null));
        using var nobody = new ApiCaller(_world);
        Is(HttpStatusCode.Unauthorized, await nobody.GetAsync("refunds"));
        Assert.Empty(await _world.Get<Refunds>().OfAsync(person.Value));
        Assert.Equal(Kernel.Money.Riyals(100), await _world.Get<Ledger>().BalanceOfAsync(person.Value));
    }
}
