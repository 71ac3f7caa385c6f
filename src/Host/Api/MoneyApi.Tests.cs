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
        foreach (var (amount, what) in new[] { ("100.01", "balance"), ("-5", "riyals"), ("ten", "riyals"), ("0.001", "riyals") })
        {
            await browser.PressAsync(null, ("amount", amount), ("iban", Iban));
            Assert.True(browser.Status == HttpStatusCode.UnprocessableEntity && browser.Shows(what), browser.Html);
        }
        // A part, typed as people type it, and then all that is left.
        await browser.PressAsync(null, ("amount", "٣٥٫٥"), ("iban", "sa03 8000 0000 6080 1016 7519"));
        Assert.Equal((HttpStatusCode.OK, "/en/me/money"), (browser.Status, browser.Path));
        await AnsweredAsync(program, 2);
        await browser.OpenAsync("me/money");
        await browser.PressAsync(null, ("amount", ""), ("iban", Iban));
        Assert.Equal((HttpStatusCode.OK, "/en/me/money"), (browser.Status, browser.Path));
        await browser.SendAgainAsync();
        Assert.Equal((HttpStatusCode.OK, "/en/me/money"), (browser.Status, browser.Path));
        await AnsweredAsync(program, 3);
        Assert.Equal([10_000L, 3_550L, 3_000L], (await _world.Get<Refunds>().OfAsync(person.Value)).Select(r => r.Amount.Halalas));
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

    /// <summary>A bill of ten riyals for an application that was just begun, paid.</summary>
    private async Task<(Browser Browser, ApiCaller Program, Bill Bill)> PaidAsync(string number)
    {
        var (browser, program, person) = await OverpaidAsync(number + "0");
        var started = await program.PostAsync("cases", new { service = "issue" });
        Is(HttpStatusCode.Created, started);
        var change = Act("test.bill");
        var bill = _world.Get<Bills>().Issue(change, new CaseId(started["id"].GetGuid()), Payer.Person(person), "residence", Payments.World.Price(10), _world.Clock.Today().PlusDays(30));
        _world.Get<Bills>().Number(change, bill, number);
        await DoneAsync(change);
        Assert.IsType<PaymentReception.Received>(await _world.Get<PaymentsInbox>().ReceiveAsync(new PaymentNotice("P-" + number, number, null, Kernel.Money.Riyals(10), _world.Clock.Now(), "SADAD")));
        return (browser, program, await SettledAsync(bill.Id));
    }

    private Task<Bill> SettledAsync(BillId bill) => WholeWorld.UntilAsync(async () => await _world.Get<Ledger>().BillAsync(bill) is { State: BillState.Settled } settled ? settled : null, "the bill is settled");

    private Change Act(string verb) => new(new Act(ActId.New(_world.Clock), verb, Actor.System("test"), Guid.CreateVersion7(), Digest.Of(verb), _world.Clock.Now()));

    private async Task DoneAsync(Change change) => Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));

    [Fact]
    public async Task Who_paid_takes_a_receipt_away_and_whoever_is_shown_it_learns_that_it_is_genuine_and_whether_the_money_went_back()
    {
        var (browser, program, bill) = await PaidAsync("77000001");
        using var b = browser;
        using var p = program;
        await browser.OpenAsync("me/money");
        Assert.Contains($"me/receipts/{bill.Id}", browser.Html, StringComparison.Ordinal);
        await browser.OpenAsync($"me/receipts/{bill.Id}");
        Assert.Equal(HttpStatusCode.OK, browser.Status);
        Assert.True(browser.Shows("77000001") && browser.Shows("SAR 10.00"), browser.Html);
        Assert.DoesNotContain("⟦", browser.Html);
        await browser.OpenAsync($"/ar/me/receipts/{bill.Id}");
        Assert.True(browser.Shows("إيصال سداد") && browser.Shows("نموذج"), browser.Html);
        Assert.DoesNotContain("⟦", browser.Html);
        var pdf = await program.GetAsync($"bills/{bill.Id}/receipt.pdf");
        Is(HttpStatusCode.OK, pdf);
        Assert.Equal(("application/pdf", "no-store"), (pdf.Content.ContentType?.MediaType, pdf.Headers.CacheControl?.ToString()));

        var receipt = await program.GetAsync($"bills/{bill.Id}/receipt");
        Is(HttpStatusCode.OK, receipt);
        var code = receipt["code"].GetString()!;
        Assert.Equal(("77000001", "paid", 1_000L, 0L, true), (receipt["number"].GetString(), receipt["state"].GetString(), receipt["totalHalalas"].GetInt64(), receipt["taxHalalas"].GetInt64(), receipt["specimen"].GetBoolean()));
        using var anybody = new ApiCaller(_world);
        var genuine = await anybody.PostAsync("verify/receipt", new { text = code });
        Assert.Equal(("genuine", "paid", 1_000L, "ID.ISSUE.SELF", "77000001"), (genuine["verdict"].GetString(), genuine["state"].GetString(), genuine["amountHalalas"].GetInt64(), genuine["service"].GetString(), genuine["number"].GetString()));
        // As a phone's camera opens it, and as it is typed.
        using var street = new Browser(_world, "en");
        await street.OpenAsync("v/" + code[(code.LastIndexOfAny([':', '/']) + 1)..]);
        Assert.True(street.Shows("Genuine receipt") && street.Shows("SAR 10.00") && street.Shows("SPECIMEN"), street.Html);
        Assert.DoesNotContain("⟦", street.Html);
        await street.OpenAsync("verify");
        await street.PressAsync(null, ("shown", code));
        Assert.True(street.Shows("Genuine receipt"), street.Html);

        // No letter of it can be another, and no receipt passes for an ID nor an ID's code for a receipt.
        Assert.Equal("forged", (await anybody.PostAsync("verify/receipt", new { text = code[..^8] + (code[^8] == 'A' ? 'B' : 'A') + code[^7..] }))["verdict"].GetString());
        Assert.Equal("not_valid", (await anybody.PostAsync("verify", new { text = code }))["verdict"].GetString());
        Assert.Equal("forged", (await anybody.PostAsync("verify/receipt", new { text = "7K3M-Q2XD" }))["verdict"].GetString());

        var change = Act("test.release");
        _world.Get<Bills>().Release(change, bill);
        await DoneAsync(change);
        var back = await WholeWorld.UntilAsync(async () => await anybody.PostAsync("verify/receipt", new { text = code }) is var answer && answer["state"].GetString() == "back" ? answer : null, "the receipt says that the money went back");
        Assert.Equal(("genuine", 1_000L), (back["verdict"].GetString(), back["backHalalas"].GetInt64()));
        await browser.OpenAsync($"me/receipts/{bill.Id}");
        Assert.True(browser.Shows("proves no payment any more"), browser.Html);
    }

    [Fact]
    public async Task A_receipt_is_its_payers_and_a_bill_that_is_not_paid_has_none()
    {
        var (browser, program, bill) = await PaidAsync("77000002");
        using var b = browser;
        using var p = program;
        var (stranger, other, _) = await OverpaidAsync("77000003");
        using var s = stranger;
        using var o = other;
        foreach (var path in new[] { "receipt", "receipt.pdf" })
        {
            Is(HttpStatusCode.NotFound, await other.GetAsync($"bills/{bill.Id}/{path}"));
            Is(HttpStatusCode.NotFound, await program.GetAsync($"bills/{Guid.CreateVersion7()}/{path}"));
        }
        await stranger.OpenAsync($"me/receipts/{bill.Id}");
        Assert.Equal(HttpStatusCode.NotFound, stranger.Status);
        var change = Act("test.bill");
        var open = _world.Get<Bills>().Issue(change, bill.Case, bill.Payer, "residence", Payments.World.Price(10), _world.Clock.Today().PlusDays(30));
        await DoneAsync(change);
        Is(HttpStatusCode.NotFound, await program.GetAsync($"bills/{open.Id}/receipt"));
    }
}
