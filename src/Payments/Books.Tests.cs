using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Payments;

public class BooksOnPostgreSqlTests : BooksTests
{
    protected override DatabaseKind Kind => DatabaseKind.PostgreSql;
}

public class BooksOnSqliteTests : BooksTests
{
    protected override DatabaseKind Kind => DatabaseKind.Sqlite;
}

/// <summary>Money on a real database with the real writer, the same on both.</summary>
public abstract class BooksTests : IAsyncLifetime
{
    private World _world = null!;

    protected abstract DatabaseKind Kind { get; }

    public async ValueTask InitializeAsync() => _world = await World.CreateAsync(Kind);

    public async ValueTask DisposeAsync()
    {
        await _world.SoundAsync();
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_bill_is_read_back_as_it_was_issued()
    {
        var payer = _world.NewPayer();
        var bill = await _world.IssueAsync(payer, 500, "900100");
        Assert.Equal((BillState.Open, Money.Riyals(500), "900100", payer, 1L), (bill.State, bill.Due, bill.Number, bill.Payer, bill.Version));
        Assert.Equal(1L, Assert.Single(bill.Lines).Facts["months"]);
        Assert.Equal(bill.Id, Assert.Single(await _world.Ledger.BillsOfAsync(bill.Case)).Id);
        Assert.Equal(bill.Id, Assert.Single(await _world.Ledger.BillsOfPayerAsync(payer.Id)).Id);
    }

    [Fact]
    public async Task A_payment_settles_its_bill_and_names_the_case()
    {
        var bill = await _world.IssueAsync(_world.NewPayer(), 500, "900100");
        var received = Assert.IsType<PaymentReception.Received>(await _world.Inbox.ReceiveAsync(_world.Notice("P1", "900100", 500)));
        Assert.Equal([bill.Case], received.CasesTouched);
        Assert.Equal(BillState.Settled, (await _world.Ledger.BillAsync(bill.Id))!.State);
        Assert.Equal(Money.Riyals(500), Assert.Single(await _world.Ledger.PaymentsOfAsync(bill.Id)).Amount);
    }

    [Fact]
    public async Task A_repeated_message_books_nothing_and_names_the_case_again()
    {
        var payer = _world.NewPayer();
        var bill = await _world.IssueAsync(payer, 500, "900100");
        var notice = _world.Notice("P1", "900100", 500);
        await _world.Inbox.ReceiveAsync(notice);
        var again = Assert.IsType<PaymentReception.Repeated>(await _world.Inbox.ReceiveAsync(notice));
        Assert.Equal([bill.Case], again.CasesTouched);
        Assert.Equal(Money.Zero, await _world.Ledger.BalanceOfAsync(payer.Id));
    }

    [Fact]
    public async Task A_payment_id_told_with_another_amount_is_not_booked()
    {
        var payer = _world.NewPayer();
        await _world.IssueAsync(payer, 500, "900100");
        await _world.Inbox.ReceiveAsync(_world.Notice("P1", "900100", 500));
        Assert.IsType<PaymentReception.Contradicts>(await _world.Inbox.ReceiveAsync(_world.Notice("P1", "900100", 9_999)));
        Assert.Equal(Money.Zero, await _world.Ledger.BalanceOfAsync(payer.Id));
    }

    [Fact]
    public async Task Sixty_four_messages_of_one_payment_book_it_once()
    {
        var payer = _world.NewPayer();
        await _world.IssueAsync(payer, 500, "900100");
        var notice = _world.Notice("P1", "900100", 500);
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => _world.Inbox.ReceiveAsync(notice))));
        Assert.Single(answers.OfType<PaymentReception.Received>());
        Assert.Equal(63, answers.OfType<PaymentReception.Repeated>().Count());
        Assert.Equal(Money.Zero, await _world.Ledger.BalanceOfAsync(payer.Id));
    }

    [Fact]
    public async Task Sixty_four_payments_of_one_bill_settle_it_once_and_the_rest_is_the_payers()
    {
        var payer = _world.NewPayer();
        var bill = await _world.IssueAsync(payer, 10, "900100");
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
        {
            PaymentReception answer;
            while ((answer = await _world.Inbox.ReceiveAsync(_world.Notice("P" + i, "900100", 3))) is PaymentReception.Busy)
            {
            }
            return answer;
        })));
        Assert.All(answers, a => Assert.IsType<PaymentReception.Received>(a));
        Assert.Single(answers.Cast<PaymentReception.Received>(), a => a.CasesTouched.Count > 0);
        Assert.Equal(BillState.Settled, (await _world.Ledger.BillAsync(bill.Id))!.State);
        Assert.Equal(Money.Riyals((64 * 3) - 10), await _world.Ledger.BalanceOfAsync(payer.Id));
    }

    [Fact]
    public async Task Money_for_another_bill_leaves_this_one_open()
    {
        var mine = await _world.IssueAsync(_world.NewPayer(), 500, "900100");
        var other = await _world.IssueAsync(_world.NewPayer(), 500, "900101");
        // The reference names my bill, the number another: the number is what the payer typed.
        var received = Assert.IsType<PaymentReception.Received>(await _world.Inbox.ReceiveAsync(_world.Notice("P1", "900101", 500, mine.Id)));
        Assert.Equal([other.Case], received.CasesTouched);
        Assert.Equal(BillState.Open, (await _world.Ledger.BillAsync(mine.Id))!.State);
    }

    [Fact]
    public async Task A_payment_before_the_number_is_known_waits_and_settles_when_it_is()
    {
        var bill = await _world.IssueAsync(_world.NewPayer(), 500);
        var early = Assert.IsType<PaymentReception.Received>(await _world.Inbox.ReceiveAsync(_world.Notice("P1", "900100", 500)));
        Assert.Null(early.Allocation.Bill);
        await _world.SoundAsync();
        var change = _world.Act();
        _world.Bills.Number(change, bill, "900100");
        await _world.DoneAsync(change);
        Assert.Equal([bill.Case], await _world.Inbox.SweepAsync());
        Assert.Equal(BillState.Settled, (await _world.Ledger.BillAsync(bill.Id))!.State);
        Assert.Empty(await _world.Inbox.SweepAsync());
    }

    [Fact]
    public async Task A_payment_that_echoes_our_reference_brings_the_number_along()
    {
        var bill = await _world.IssueAsync(_world.NewPayer(), 500);
        await _world.Inbox.ReceiveAsync(_world.Notice("P1", "900100", 500, bill.Id));
        bill = (await _world.Ledger.BillAsync(bill.Id))!;
        Assert.Equal((BillState.Settled, "900100"), (bill.State, bill.Number));
    }

    [Fact]
    public async Task A_number_and_an_early_payment_that_race_always_meet()
    {
        for (var round = 0; round < 20; round++)
        {
            var number = "70000" + round.ToString("00", System.Globalization.CultureInfo.InvariantCulture);
            var bill = await _world.IssueAsync(_world.NewPayer(), 5);
            async Task<IReadOnlyList<CaseId>> NumberAsync()
            {
                var change = _world.Act();
                _world.Bills.Number(change, bill, number);
                await _world.DoneAsync(change);
                return await _world.Inbox.AllocateWaitingAsync(number);
            }
            await Task.WhenAll(Task.Run(NumberAsync), Task.Run(() => _world.Inbox.ReceiveAsync(_world.Notice("R" + round, number, 5))));
            Assert.Equal(BillState.Settled, (await _world.Ledger.BillAsync(bill.Id))!.State);
        }
    }

    [Fact]
    public async Task A_number_belongs_to_one_bill()
    {
        await _world.IssueAsync(_world.NewPayer(), 5, "900100");
        var change = _world.Act();
        _world.Bills.Number(change, await _world.IssueAsync(_world.NewPayer(), 5), "900100");
        Assert.IsType<WriteOutcome.Claimed>(await _world.WriteAsync(change));
    }

    [Fact]
    public async Task Money_paid_to_a_closed_bill_is_the_payers()
    {
        var payer = _world.NewPayer();
        var bill = await _world.IssueAsync(payer, 500, "900100");
        var change = _world.Act();
        _world.Bills.Release(change, bill, expired: true);
        await _world.DoneAsync(change);
        var received = Assert.IsType<PaymentReception.Received>(await _world.Inbox.ReceiveAsync(_world.Notice("P1", "900100", 500)));
        Assert.Empty(received.CasesTouched);
        Assert.Equal(Money.Riyals(500), await _world.Ledger.BalanceOfAsync(payer.Id));
        Assert.Equal("payment.receive", Assert.Single(await _world.Ledger.StatementAsync(payer.Id)).Purpose);
    }

    [Fact]
    public async Task A_deposit_at_the_gateway_is_not_ours_yet() =>
        Assert.IsType<PaymentReception.Deposit>(await _world.Inbox.ReceiveAsync(_world.Notice("P1", null, 500)));

    [Fact]
    public async Task Sixty_four_callers_spend_one_balance_no_further_than_it_goes()
    {
        var payer = _world.NewPayer();
        await _world.FundAsync(payer, 100, "P1");
        var bills = new List<Bill>();
        for (var i = 0; i < 64; i++)
        {
            bills.Add(await _world.IssueAsync(payer, 7));
        }
        var outcomes = await Task.WhenAll(bills.Select(b => Task.Run(async () =>
        {
            var change = _world.Act();
            _world.Bills.PayFromBalance(change, b);
            return await _world.WriteAsync(change);
        })));
        Assert.Equal(14, outcomes.Count(o => o is WriteOutcome.Done));
        Assert.Equal(50, outcomes.Count(o => o is WriteOutcome.Insufficient));
        Assert.Equal(Money.Riyals(2), await _world.Ledger.BalanceOfAsync(payer.Id));
    }

    [Fact]
    public async Task Sixty_four_executions_of_one_bill_spend_it_once()
    {
        var issued = await _world.IssueAsync(_world.NewPayer(), 500, "900100");
        await _world.Inbox.ReceiveAsync(_world.Notice("P1", "900100", 500));
        var bill = (await _world.Ledger.BillAsync(issued.Id))!;
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            var change = _world.Act();
            _world.Bills.Consume(change, bill);
            return await _world.WriteAsync(change);
        })));
        Assert.Single(outcomes, o => o is WriteOutcome.Done);
        Assert.Equal(63, outcomes.Count(o => o is WriteOutcome.Conflict));
    }

    [Fact]
    public async Task An_audit_names_what_was_changed_behind_the_systems_back()
    {
        var payer = _world.NewPayer();
        await _world.FundAsync(payer, 100, "P1");
        await _world.Database.ExecuteAsync("UPDATE balance SET halalas = halalas + 1");
        var fault = Assert.Single(await _world.Ledger.AuditAsync());
        Assert.Equal(("balance.entries", payer.Id.ToString(), 1L), (fault.Rule, fault.Where, fault.Halalas));
        await _world.Database.ExecuteAsync("UPDATE balance SET halalas = halalas - 1");
    }

    [Theory]
    [InlineData("UPDATE ledger_entry SET halalas = halalas + 1")]
    [InlineData("DELETE FROM ledger_entry")]
    public async Task An_entry_of_the_ledger_is_final(string sql)
    {
        await _world.FundAsync(_world.NewPayer(), 100, "P1");
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => _world.Database.ExecuteAsync(sql));
    }

    /// <summary>Random histories with many hands at once; the audit must hold after each.</summary>
    [Fact]
    public async Task Whatever_many_hands_do_at_once_the_books_are_sound()
    {
        for (uint seed = 1; seed <= 12; seed++)
        {
            var payers = Enumerable.Range(0, 3).Select(_ => _world.NewPayer()).ToArray();
            var bills = new List<Bill>();
            for (var i = 0; i < 6; i++)
            {
                bills.Add(await _world.IssueAsync(payers[i % 3], 2 + i, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"8{seed:000}{i:00}")));
            }
            await Task.WhenAll(Enumerable.Range(0, 8).Select(hand => Task.Run(() => HandAsync((seed * 100) + (uint)hand, bills))));
            await _world.SoundAsync();
        }
    }

    private async Task HandAsync(uint seed, IReadOnlyList<Bill> bills)
    {
        var state = (seed * 2_654_435_761u) + 1;
        int Next(int below)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            return (int)(state % (uint)below);
        }
        for (var step = 0; step < 12; step++)
        {
            var bill = (await _world.Ledger.BillAsync(bills[Next(bills.Count)].Id))!;
            var change = _world.Act();
            try
            {
                switch (Next(5))
                {
                    case 0 or 1:
                        await _world.Inbox.ReceiveAsync(_world.Notice($"S{seed / 100}-{Next(30)}", bill.Number, 1 + Next(5)));
                        continue;
                    case 2: _world.Bills.PayFromBalance(change, bill); break;
                    case 3: _world.Bills.Consume(change, bill); break;
                    default: _world.Bills.Release(change, bill); break;
                }
            }
            catch (InvalidOperationException refused) when (refused.Message.Contains("cannot be", StringComparison.Ordinal))
            {
                continue;
            }
            await _world.WriteAsync(change);
        }
    }

    [Fact]
    public async Task A_receipt_shows_the_frozen_lines_and_each_sum_that_paid_them()
    {
        var payer = _world.NewPayer();
        await _world.FundAsync(payer, 300, "P1");
        var bill = await _world.IssueAsync(payer, 500, "900100");
        await _world.Inbox.ReceiveAsync(_world.Notice("P2", "900100", 200));
        Assert.Null(await _world.Ledger.ReceiptAsync(bill.Id));
        _world.Clock.Advance(TimeSpan.FromHours(1));
        var change = _world.Act();
        _world.Bills.PayFromBalance(change, (await _world.Ledger.BillAsync(bill.Id))!);
        await _world.DoneAsync(change);
        // More money for a bill that is paid is no part of its receipt.
        await _world.Inbox.ReceiveAsync(_world.Notice("P3", "900100", 500));
        var receipt = (await _world.Ledger.ReceiptAsync(bill.Id))!;
        Assert.Equal(("900100", Money.Riyals(500), false), (receipt.Number, receipt.Total, receipt.Spent));
        Assert.Equal([("payment.receive", Money.Riyals(200)), ("bill.pay_from_balance", Money.Riyals(300))], receipt.Parts.Select(p => (p.Purpose, p.Amount)));
        Assert.Equal(_world.Clock.Now(), receipt.PaidAt);
    }

    private static readonly Iban Account = Iban.Parse("SA0380000000608010167519").Value;

    private async Task<Refund> RefundAsync(Payer payer, int riyals)
    {
        var change = _world.Act("refund.request");
        var refund = Assert.Single((await _world.Refunds.RequestAsync(change, payer, Money.Riyals(riyals), Account)).Value);
        await _world.DoneAsync(change);
        return refund;
    }

    private GatewayDesk Desk(GatewayAnswer answer, List<string> asked, List<CaseId>? arrived = null, IReadOnlyList<PaymentNotice>? listed = null)
    {
        Task<GatewayAnswer> Answer(string what)
        {
            asked.Add(what);
            return Task.FromResult(answer);
        }
        var calls = new GatewayCalls
        {
            CreateBill = (b, _) => Answer("create " + b.Total),
            CancelBill = (b, _) => Answer("cancel " + b.Number),
            PaymentsOf = (_, _) => Task.FromResult(listed),
            Refund = (r, p, iban, _) => Answer($"refund {r.Amount} of {p.GatewayId} to {iban}"),
        };
        return new GatewayDesk(_world.Bills, _world.Ledger, _world.Inbox, _world.Refunds, _world.Door, _world.Database.Writer, calls,
            (touched, _) => { arrived?.Add(touched); return Task.CompletedTask; }, _world.Clock);
    }

    [Fact]
    public async Task A_payment_that_nobody_told_is_found_in_the_gateways_list_of_the_day()
    {
        var told = await _world.IssueAsync(_world.NewPayer(), 500, "900100");
        var quiet = await _world.IssueAsync(_world.NewPayer(), 300, "900101");
        await _world.Inbox.ReceiveAsync(_world.Notice("P1", "900100", 500));
        List<CaseId> arrived = [];
        var desk = Desk(new GatewayAnswer.Later("-"), [], arrived,
            [_world.Notice("P1", "900100", 500), _world.Notice("P2", "900101", 300), _world.Notice("P3", null, 70)]);
        var found = (await desk.ReconcileAsync(_world.Clock.Today()))!;
        Assert.Equal((2, 1, 0), (found.Listed, found.Missed, found.Contradicting.Count));
        Assert.Equal([quiet.Case], arrived);
        Assert.NotEqual(told.Case, quiet.Case);
        Assert.Equal(0, (await desk.ReconcileAsync(_world.Clock.Today()))!.Missed);
        Assert.Equal(["P1"], (await Desk(new GatewayAnswer.Later("-"), [], listed: [_world.Notice("P1", "900100", 501)]).ReconcileAsync(_world.Clock.Today()))!.Contradicting);
        Assert.Null(await Desk(new GatewayAnswer.Later("-"), []).ReconcileAsync(_world.Clock.Today()));
    }

    [Fact]
    public async Task A_watch_over_the_books_says_what_it_finds()
    {
        await _world.FundAsync(_world.NewPayer(), 100, "P1");
        var watch = new LedgerWatch(_world.Ledger, Microsoft.Extensions.Logging.Abstractions.NullLogger<LedgerWatch>.Instance);
        Assert.Empty(await watch.RunAsync());
        await _world.Database.ExecuteAsync("UPDATE payment SET refunded = 1 WHERE gateway_id = 'P1'; UPDATE bill SET received = 5 WHERE number = 'FP1'; UPDATE bill SET state = 'OPEN' WHERE number = 'FP1'");
        Assert.Equal("bill.held", Assert.Single(await watch.RunAsync()).Rule);
        await _world.Database.ExecuteAsync("UPDATE bill SET received = 0, state = 'CANCELLED' WHERE number = 'FP1'");
    }

    private static string BillPayload(Bill bill) => $$"""{"Bill":"{{bill.Id}}"}""";

    private static string RefundPayload(Refund refund) => $$"""{"Refund":"{{refund.Id}}"}""";

    [Fact]
    public async Task The_gateways_number_reaches_the_bill_and_the_money_that_waited_reaches_the_case()
    {
        var bill = await _world.IssueAsync(_world.NewPayer(), 500);
        await _world.Inbox.ReceiveAsync(_world.Notice("P1", "900100", 500));
        List<string> asked = [];
        List<CaseId> arrived = [];
        Assert.False(await Desk(new GatewayAnswer.Later("down"), asked, arrived).BillAsync(BillPayload(bill), default));
        Assert.Null((await _world.Ledger.BillAsync(bill.Id))!.Number);
        Assert.True(await Desk(new GatewayAnswer.Done("900100"), asked, arrived).BillAsync(BillPayload(bill), default));
        Assert.Equal([bill.Case], arrived);
        Assert.Equal(BillState.Settled, (await _world.Ledger.BillAsync(bill.Id))!.State);
        Assert.True(await Desk(new GatewayAnswer.Done("900999"), asked).BillAsync(BillPayload(bill), default));
        Assert.Equal(["create 500.00", "create 500.00"], asked);
        Assert.Equal("900100", (await _world.Ledger.BillAsync(bill.Id))!.Number);
    }

    [Fact]
    public async Task A_refund_leaves_the_balance_at_once_and_the_books_when_the_bank_has_paid()
    {
        var payer = _world.NewPayer();
        await _world.FundAsync(payer, 100, "P1");
        var refund = await RefundAsync(payer, 60);
        Assert.Equal(Money.Riyals(40), await _world.Ledger.BalanceOfAsync(payer.Id));
        await _world.SoundAsync();
        List<string> asked = [];
        Assert.False(await Desk(new GatewayAnswer.Later("accepted"), asked).RefundAsync(RefundPayload(refund), default));
        Assert.True(await Desk(new GatewayAnswer.Done("R1"), asked).RefundAsync(RefundPayload(refund), default));
        Assert.True(await Desk(new GatewayAnswer.Done("R1"), asked).RefundAsync(RefundPayload(refund), default));
        Assert.Equal(["refund 60.00 of P1 to SA0380000000608010167519", "refund 60.00 of P1 to SA0380000000608010167519"], asked);
        Assert.Equal((RefundState.Paid, "R1"), Assert.Single(await _world.Refunds.OfAsync(payer.Id)) is var paid ? (paid.State, paid.GatewayId) : default);
        Assert.Equal(-4_000, await _world.Db.FirstAsync<long>("SELECT CAST(SUM(halalas) AS bigint) FROM ledger_entry WHERE account = 'CLEARING'"));
    }

    [Fact]
    public async Task A_refund_that_the_bank_refuses_is_the_payers_money_again_and_may_be_asked_again()
    {
        var payer = _world.NewPayer();
        await _world.FundAsync(payer, 100, "P1");
        var refund = await RefundAsync(payer, 100);
        Assert.True(await Desk(new GatewayAnswer.Declined("account_closed"), []).RefundAsync(RefundPayload(refund), default));
        Assert.Equal(Money.Riyals(100), await _world.Ledger.BalanceOfAsync(payer.Id));
        await RefundAsync(payer, 100);
    }

    [Fact]
    public async Task A_refund_of_several_payments_gives_back_each_and_never_more_than_was_paid()
    {
        var payer = _world.NewPayer();
        await _world.FundAsync(payer, 30, "P1");
        await _world.FundAsync(payer, 30, "P2");
        var change = _world.Act();
        var refunds = (await _world.Refunds.RequestAsync(change, payer, Money.Riyals(50), Account)).Value;
        await _world.DoneAsync(change);
        Assert.Equal([Money.Riyals(30), Money.Riyals(20)], refunds.Select(r => r.Amount));
        Assert.Equal(Refunds.Insufficient, (await _world.Refunds.RequestAsync(_world.Act(), payer, Money.Riyals(11), Account)).Refusal?.Code);
        Assert.Equal(Refunds.NoAmount, (await _world.Refunds.RequestAsync(_world.Act(), payer, Money.Zero, Account)).Refusal?.Code);
    }

    [Fact]
    public async Task Many_refund_requests_at_once_take_no_more_than_the_balance()
    {
        var payer = _world.NewPayer();
        await _world.FundAsync(payer, 30, "P1");
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            var change = _world.Act();
            if ((await _world.Refunds.RequestAsync(change, payer, Money.Riyals(20), Account)).Ok)
            {
                await _world.WriteAsync(change);
            }
        })));
        Assert.Single(await _world.Refunds.OfAsync(payer.Id));
        Assert.Equal(Money.Riyals(10), await _world.Ledger.BalanceOfAsync(payer.Id));
    }

    [Fact]
    public async Task The_account_number_is_nowhere_in_the_clear()
    {
        var payer = _world.NewPayer();
        await _world.FundAsync(payer, 30, "P1");
        await RefundAsync(payer, 30);
        var stored = await _world.Db.SingleAsync<byte[]>("SELECT iban FROM refund");
        Assert.DoesNotContain("6080101675", System.Text.Encoding.Latin1.GetString(stored), StringComparison.Ordinal);
        Assert.All(await _world.Db.QueryAsync<string>("SELECT payload FROM outbox"), p => Assert.DoesNotContain("SA03", p, StringComparison.Ordinal));
    }
}
