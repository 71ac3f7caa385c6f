using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Payments;

public sealed class ClosingsOnSqliteTests() : ClosingsTests(DatabaseKind.Sqlite);

public sealed class ClosingsOnPostgreSqlTests() : ClosingsTests(DatabaseKind.PostgreSql);

/// <summary>The books of a day are closed once, and what comes later belongs to a later day.</summary>
public abstract class ClosingsTests(DatabaseKind kind) : IAsyncLifetime
{
    private static readonly LocalDate First = new(2026, 3, 15);
    private static readonly Iban Account = Iban.Parse("SA0380000000608010167519").Value;

    private World _world = null!;

    /// <summary>What the gateway says; null: it is away.</summary>
    private List<PaymentNotice>? _listed = [];

    public async ValueTask InitializeAsync() => _world = await World.CreateAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.SoundAsync();
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private Closings Closings => new(_world.Db, new GatewayDesk(_world.Bills, _world.Ledger, _world.Inbox, _world.Refunds, _world.Door, _world.Database.Writer, new GatewayCalls
    {
        CreateBill = (_, _) => Task.FromResult<GatewayAnswer>(new GatewayAnswer.Later("-")),
        CancelBill = (_, _) => Task.FromResult<GatewayAnswer>(new GatewayAnswer.Later("-")),
        Refund = (_, _, _, _) => Task.FromResult<GatewayAnswer>(new GatewayAnswer.Later("-")),
        PaymentsOf = (day, _) => Task.FromResult<IReadOnlyList<PaymentNotice>?>(_listed?.Where(n => n.PaidAt.DayInRiyadh() == day).ToList()),
    }, (_, _) => Task.CompletedTask, _world.Clock), _world.Database.Writer, _world.Clock);

    private void NextNight() => _world.Clock.Advance(TimeSpan.FromHours(24));

    private async Task<PaymentNotice> PaidAsync(string id, string number, int riyals)
    {
        var notice = _world.Notice(id, number, riyals);
        Assert.IsType<PaymentReception.Received>(await _world.Inbox.ReceiveAsync(notice));
        return notice;
    }

    /// <summary>A service that was paid and carried out, money on a balance, money that nobody told us of, money with a number that no bill has, and a payment the gateway knows nothing of.</summary>
    private async Task<Bill> DayWithEverythingAsync()
    {
        var payer = _world.NewPayer();
        var bill = await _world.IssueAsync(payer, 500, "900100");
        var told = await PaidAsync("P1", "900100", 500);
        var spend = _world.Act();
        _world.Bills.Consume(spend, (await _world.Ledger.BillAsync(bill.Id))!);
        await _world.DoneAsync(spend);
        await _world.FundAsync(payer, 100, "P2");
        var quiet = await _world.IssueAsync(payer, 300, "900101");
        _listed = [told, _world.Notice("P2", "FP2", 100), _world.Notice("P9", "900101", 300), await PaidAsync("P5", "777777", 40), _world.Notice("D1", null, 70)];
        await PaidAsync("P6", "777778", 60);
        return quiet;
    }

    [Fact]
    public async Task A_closed_day_says_what_moved_and_names_what_does_not_agree_with_the_gateway()
    {
        var quiet = await DayWithEverythingAsync();
        Assert.IsType<ClosingAnswer.NotOver>(await Closings.CloseAsync(First));
        NextNight();
        var closing = Assert.Single(Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First)).Made);
        Assert.Equal((First, 4L, Money.Riyals(940), 4L, Money.Riyals(700)), (closing.Day, closing.ListedCount, closing.Listed, closing.BookedCount, closing.Booked));
        var day = (await Closings.OfAsync(First))!;
        Assert.Equal(closing, day.Closing);
        Assert.Equal(
            [(ClosingDifference.NotBooked, "P9"), (ClosingDifference.NotListed, "P6"), (ClosingDifference.Unallocated, "P5"), (ClosingDifference.Unallocated, "P6")],
            day.Differences.Select(d => (d.Kind, d.Payment)).OrderBy(d => d.Kind, StringComparer.Ordinal).ThenBy(d => d.Payment, StringComparer.Ordinal));
        Assert.Equal(4L, closing.Differences);
        Assert.Equal([("CLEARING", "", 700, 0), ("HELD", "", 600, 600), ("PAYER", "", 0, 100), ("REVENUE", "ERV_SINGLE", 0, 500), ("UNALLOCATED", "", 0, 100)],
            day.Lines.Select(l => (l.Account, l.Code, (int)(l.Debit.Halalas / 100), (int)(l.Credit.Halalas / 100))));

        // What nobody told was found by it: it is money of the day on which it became known.
        Assert.Equal(BillState.Settled, (await _world.Ledger.BillAsync(quiet.Id))!.State);
        NextNight();
        Assert.Single(Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First.PlusDays(1))).Made);
        Assert.Equal([("CLEARING", 300, 0), ("HELD", 0, 300)], (await Closings.OfAsync(First.PlusDays(1)))!.Lines.Select(l => (l.Account, (int)(l.Debit.Halalas / 100), (int)(l.Credit.Halalas / 100))));
    }

    [Fact]
    public async Task An_entry_of_a_closed_day_that_is_written_late_is_in_the_next_closing_and_the_closed_one_stays()
    {
        await DayWithEverythingAsync();
        NextNight();
        Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First));
        var before = (await Closings.OfAsync(First))!;

        // A node whose clock is a day behind writes for the day that is closed.
        var late = _world.Act();
        new Bills(new TestClock()).Receive(late, _world.Notice("P7", "777779", 11), null);
        await _world.DoneAsync(late);
        Assert.Empty(Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First)).Made);
        Assert.Equal(before.Lines, (await Closings.OfAsync(First))!.Lines);
        NextNight();
        Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First.PlusDays(1)));
        Assert.Contains((await Closings.OfAsync(First.PlusDays(1)))!.Lines, l => l is { Account: "UNALLOCATED" } && l.Credit == Money.Riyals(11));
        Assert.Equal(await _world.Db.SingleAsync<long>("SELECT count(*) FROM ledger_entry"), (await Closings.LatestAsync()).Sum(c => c.Entries));
    }

    [Fact]
    public async Task While_the_gateway_cannot_say_what_it_took_the_day_stays_open()
    {
        await DayWithEverythingAsync();
        NextNight();
        NextNight();
        var known = _listed;
        _listed = null;
        Assert.Equal(First, Assert.IsType<ClosingAnswer.GatewaySilent>(await Closings.CloseAsync(First.PlusDays(1))).Day);
        Assert.Empty(await Closings.LatestAsync());
        _listed = known;
        Assert.Equal([First, First.PlusDays(1)], Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First.PlusDays(1))).Made.Select(c => c.Day));
    }

    [Fact]
    public async Task Eight_processes_that_close_at_once_make_one_closing_a_day()
    {
        await DayWithEverythingAsync();
        NextNight();
        NextNight();
        NextNight();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Closings.CloseAsync(First.PlusDays(2)))));
        Assert.All(answers, a => Assert.True(a is ClosingAnswer.Done or ClosingAnswer.Later, a.ToString()));
        Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First.PlusDays(2)));
        Assert.Equal([First.PlusDays(2), First.PlusDays(1), First], (await Closings.LatestAsync()).Select(c => c.Day));
        NextNight();
        Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First.PlusDays(3)));
        Assert.Equal(await _world.Db.SingleAsync<long>("SELECT count(*) FROM ledger_entry"), (await Closings.LatestAsync()).Sum(c => c.Entries));
    }

    [Fact]
    public async Task The_export_balances_each_day_and_has_closed_days_only()
    {
        await DayWithEverythingAsync();
        NextNight();
        Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First));
        NextNight();
        Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First.PlusDays(1)));
        Assert.Equal((null, First.PlusDays(2)), await Closings.ExportAsync(First, First.PlusDays(2)));
        var (csv, open) = await Closings.ExportAsync(First, First.PlusDays(1));
        Assert.Null(open);
        var rows = csv!.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(r => r.Split(',')).ToList();
        Assert.Equal(["day", "account", "code", "debit", "credit", "currency", "entries", "closing"], rows[0]);
        Assert.Contains(rows, r => r is ["2026-03-15", "REVENUE", "ERV_SINGLE", "0.00", "500.00", "SAR", "1", _]);
        decimal Sum(IEnumerable<string[]> some, int column) => some.Sum(r => decimal.Parse(r[column], System.Globalization.CultureInfo.InvariantCulture));
        Assert.All(rows.Skip(1).GroupBy(r => r[0]), day => Assert.Equal(Sum(day, 3), Sum(day, 4)));
        Assert.Equal(["2026-03-15", "2026-03-16"], rows.Skip(1).Select(r => r[0]).Distinct());
    }

    [Theory]
    [InlineData("UPDATE books_closing SET differences = 0")]
    [InlineData("DELETE FROM books_closing_line")]
    [InlineData("DELETE FROM books_closing_difference")]
    public async Task A_closing_is_final(string sql)
    {
        await DayWithEverythingAsync();
        NextNight();
        Assert.IsType<ClosingAnswer.Done>(await Closings.CloseAsync(First));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => _world.Database.ExecuteAsync(sql));
    }

    [Fact]
    public async Task Money_asked_back_twice_by_one_request_goes_back_once()
    {
        var payer = _world.NewPayer();
        await _world.FundAsync(payer, 100, "P1");
        var desk = new RefundDesk(_world.Refunds, _world.Ledger, _world.Database.Writer, _world.Db);
        Act Ask(byte what, Guid operation) => new(ActId.New(_world.Clock), RefundDesk.Verb, Actor.Resident(new AccountId(payer.Id)), operation, Digest.Of("ask" + what), _world.Clock.Now()) { Person = new PersonId(payer.Id) };
        var (whole, part) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        Assert.IsType<RefundAnswer.Done>(await desk.AskAsync(Ask(1, part), Money.Riyals(30), Account));
        Assert.IsType<RefundAnswer.Done>(await desk.AskAsync(Ask(1, part), Money.Riyals(30), Account));
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Money.Riyals(70), await _world.Ledger.BalanceOfAsync(payer.Id));
        Assert.IsType<RefundAnswer.Done>(await desk.AskAsync(Ask(2, whole), null, Account));
        Assert.IsType<RefundAnswer.Done>(await desk.AskAsync(Ask(2, whole), null, Account));
        Assert.IsType<RefundAnswer.Reused>(await desk.AskAsync(Ask(3, whole), null, Account));
        Assert.Equal([70L, 30L], (await _world.Refunds.OfAsync(payer.Id)).Select(r => r.Amount.Halalas / 100));
        Assert.Equal(Refunds.NoAmount, Assert.IsType<RefundAnswer.Refused>(await desk.AskAsync(Ask(4, Guid.CreateVersion7()), null, Account)).Why.Code);
        Assert.Equal(Refunds.Insufficient, Assert.IsType<RefundAnswer.Refused>(await desk.AskAsync(Ask(5, Guid.CreateVersion7()), Money.Riyals(1), Account)).Why.Code);
        Assert.Equal(Refunds.NoAmount, Assert.IsType<RefundAnswer.Refused>(await desk.AskAsync(Ask(6, Guid.CreateVersion7()), new Money(-100), Account)).Why.Code);
        Assert.Equal(Refunds.Insufficient, Assert.IsType<RefundAnswer.Refused>(await desk.AskAsync(Ask(7, Guid.CreateVersion7()), new Money(long.MaxValue), Account)).Why.Code);
    }
}
