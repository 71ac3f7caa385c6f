using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;

namespace Muqeem.Payments;

public sealed class BillDeskOnSqliteTests() : BillDeskTests(DatabaseKind.Sqlite);

public sealed class BillDeskOnPostgreSqlTests() : BillDeskTests(DatabaseKind.PostgreSql);

/// <summary>What two officers write off and give back.</summary>
public abstract class BillDeskTests(DatabaseKind kind) : IAsyncLifetime
{
    private const string Fine = "LATE_RENEWAL", Fee = "IQAMA_COMMERCIAL";

    private static readonly AccountId One = new(Guid.CreateVersion7()), Other = new(Guid.CreateVersion7());

    private readonly List<CaseId> _arrived = [];
    private readonly List<string> _told = [];
    private World _world = null!;
    private BillDesk _desk = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await World.CreateAsync(kind);
        _desk = _world.Officers(arrived: _arrived, told: _told);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.SoundAsync();
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A permit of 650 riyals and a fine of 500.</summary>
    private async Task<Bill> BillAsync(string number)
    {
        PriceLine Line(string code, int riyals) => new(code, 1, Money.Riyals(riyals), PayerKind.Resident, 1, new Dictionary<string, object>(StringComparer.Ordinal), null);
        var change = _world.Act();
        var bill = _world.Bills.Issue(change, CaseId.New(_world.Clock), _world.NewPayer(), "residence", new Quote([Line(Fee, 650), Line(Fine, 500)], []), Bills.ValidUntil(_world.Clock.Today(), 30, null));
        _world.Bills.Number(change, bill, number);
        await _world.DoneAsync(change);
        return await NowAsync(bill);
    }

    private async Task<Bill> NowAsync(Bill bill) => (await _world.Ledger.BillAsync(bill.Id))!;

    private Task PayAsync(string id, string number, int riyals) => _world.Inbox.ReceiveAsync(_world.Notice(id, number, riyals));

    private async Task<Bill> SpentAsync(string number)
    {
        var bill = await BillAsync(number);
        await PayAsync("P" + number, number, 1150);
        var change = _world.Act();
        _world.Bills.Consume(change, await NowAsync(bill));
        await _world.DoneAsync(change);
        return await NowAsync(bill);
    }

    private Task<BillAnswer> ProposeAsync(Bill bill, BillAct act, string code, int? riyals, string reason, AccountId? by = null, PersonId? self = null, string words = "لأن المال لا يُحصّل.", Guid? operation = null) =>
        _desk.ProposeAsync(Actor.Officer(by ?? One), by ?? One, self ?? default, bill.Id, act, code, riyals is { } r ? Money.Riyals(r) : null, reason, words, operation ?? Guid.CreateVersion7());

    private Task<BillAnswer> ConfirmAsync(Guid id, AccountId? by = null, PersonId? self = null) => _desk.ConfirmAsync(Actor.Officer(by ?? Other), by ?? Other, self ?? default, id, Guid.CreateVersion7());

    private static Guid Done(BillAnswer answer) => Assert.IsType<BillAnswer.Done>(answer).Proposal;

    private static void Refused(string code, BillAnswer answer) => Assert.Equal(code, Assert.IsType<BillAnswer.Refused>(answer).Refusal.Code);

    private Task<long> OnAccountAsync(string account, string code) =>
        _world.Db.SingleAsync<long>("SELECT CAST(COALESCE(SUM(halalas), 0) AS bigint) FROM ledger_entry WHERE account = @account AND code = @code", new { account, code });

    [Fact]
    public async Task What_two_officers_write_off_is_booked_settles_the_bill_with_what_was_paid_and_the_case_goes_on()
    {
        var bill = await BillAsync("900200");
        await PayAsync("P1", "900200", 650);
        var id = Done(await ProposeAsync(bill, BillAct.WriteOff, Fine, null, "write_off.left"));
        Assert.Equal((BillState.Open, Money.Riyals(500)), ((await NowAsync(bill)).State, (await NowAsync(bill)).Due));
        Refused(BillRefusals.AnotherDecides, await ConfirmAsync(id, One));
        Assert.Equal(id, Done(await ConfirmAsync(id)));
        // Confirmed twice it is done once.
        Assert.Equal(id, Done(await ConfirmAsync(id)));
        Refused(BillRefusals.ProposalOver, await ConfirmAsync(id, new AccountId(Guid.CreateVersion7())));
        var after = await NowAsync(bill);
        Assert.Equal((BillState.Settled, Money.Riyals(650), Money.Riyals(500), Money.Zero), (after.State, after.Received, after.WrittenOff, after.Due));
        Assert.Equal((-50_000L, 0L), (await OnAccountAsync("WRITE_OFF", Fine), await OnAccountAsync("WRITE_OFF", Fee)));
        Assert.Equal([bill.Case], _arrived);
        Assert.Equal(["bill_written_off"], _told);

        var change = _world.Act();
        _world.Bills.Consume(change, after);
        await _world.DoneAsync(change);
        // The claim is revenue under its code, and the account of what was written off says that no money came.
        Assert.Equal((50_000L, 65_000L), (await OnAccountAsync("REVENUE", Fine), await OnAccountAsync("REVENUE", Fee)));
        var receipt = (await _world.Ledger.ReceiptAsync(bill.Id))!;
        Assert.Equal((Money.Riyals(1150), Money.Riyals(500), Money.Riyals(650)), (receipt.Total, receipt.WrittenOff, receipt.Paid));
        // What was written off is nobody's money.
        Refused(BillRefusals.MoreThanPaid, await ProposeAsync(bill, BillAct.GiveBack, Fine, 1, "give_back.order"));
    }

    [Fact]
    public async Task Of_a_bill_that_is_given_up_after_a_part_was_written_off_the_payer_gets_what_was_paid_and_no_more()
    {
        var bill = await BillAsync("900201");
        await PayAsync("P1", "900201", 100);
        Done(await ConfirmAsync(Done(await ProposeAsync(bill, BillAct.WriteOff, Fine, 300, "write_off.remitted"))));
        Assert.Equal(Money.Riyals(750), (await NowAsync(bill)).Due);
        var change = _world.Act();
        _world.Bills.Release(change, await NowAsync(bill));
        await _world.DoneAsync(change);
        Assert.Equal(Money.Riyals(100), await _world.Ledger.BalanceOfAsync(bill.Payer.Id));
        Assert.Equal(0, await OnAccountAsync("WRITE_OFF", Fine));
        Refused(BillRefusals.NotOwed, await ProposeAsync(bill, BillAct.WriteOff, Fine, 1, "write_off.remitted"));
    }

    [Fact]
    public async Task More_than_is_owed_another_line_the_own_bill_and_words_that_are_missing_are_refused()
    {
        var bill = await BillAsync("900202");
        Refused(BillRefusals.MoreThanOwed, await ProposeAsync(bill, BillAct.WriteOff, Fine, 501, "write_off.remitted"));
        Refused(Refunds.NoAmount, await ProposeAsync(bill, BillAct.WriteOff, Fine, 0, "write_off.remitted"));
        Refused(Refunds.NoAmount, await ProposeAsync(bill, BillAct.WriteOff, Fine, -5, "write_off.remitted"));
        Refused(BillRefusals.LineMissing, await ProposeAsync(bill, BillAct.WriteOff, "ERV_SINGLE", 1, "write_off.remitted"));
        Refused(BillRefusals.OnlyFines, await ProposeAsync(bill, BillAct.WriteOff, Fee, 1, "write_off.died"));
        Refused(BillRefusals.ReasonMissing, await ProposeAsync(bill, BillAct.WriteOff, Fee, 1, "give_back.order"));
        Refused(BillRefusals.WordsMissing, await ProposeAsync(bill, BillAct.WriteOff, Fee, 1, "write_off.remitted", words: "  "));
        Refused(BillRefusals.WordsTooLong, await ProposeAsync(bill, BillAct.WriteOff, Fee, 1, "write_off.remitted", words: new string('a', 501)));
        Refused(BillRefusals.NotYourOwn, await ProposeAsync(bill, BillAct.WriteOff, Fee, 1, "write_off.remitted", self: _world.Somebody));
        Refused(BillRefusals.NotSpent, await ProposeAsync(bill, BillAct.GiveBack, Fee, 1, "give_back.order"));
        var operation = Guid.CreateVersion7();
        var id = Done(await ProposeAsync(bill, BillAct.WriteOff, Fee, 1, "write_off.remitted", operation: operation));
        Assert.Equal(id, Done(await ProposeAsync(bill, BillAct.WriteOff, Fee, 1, "write_off.remitted", operation: operation)));
        Assert.IsType<BillAnswer.OperationReused>(await ProposeAsync(bill, BillAct.WriteOff, Fee, 2, "write_off.remitted", operation: operation));
        Refused(BillRefusals.ProposalOpen, await ProposeAsync(bill, BillAct.WriteOff, Fine, 1, "write_off.remitted"));
        Refused(BillRefusals.NotYourOwn, await ConfirmAsync(id, self: _world.Somebody));
        Refused(BillRefusals.NotWithdrawn, await _desk.WithdrawAsync(Actor.Officer(Other), Other, id, Guid.CreateVersion7()));
        Refused(BillRefusals.ReasonMissing, await _desk.RejectAsync(Actor.Officer(Other), Other, default, id, "because", Guid.CreateVersion7()));
        Assert.Single(await _desk.WaitingAsync());
        _world.Clock.Advance(TimeSpan.FromHours(48));
        Assert.Empty(await _desk.WaitingAsync());
        Refused(BillRefusals.ProposalExpired, await ConfirmAsync(id));
        // Its time is over: another may be proposed, and be taken back.
        var next = Done(await ProposeAsync(bill, BillAct.WriteOff, Fine, 1, "write_off.remitted"));
        Done(await _desk.WithdrawAsync(Actor.Officer(One), One, next, Guid.CreateVersion7()));
        Assert.Equal(Money.Zero, (await NowAsync(bill)).WrittenOff);
        Assert.Equal([BillProposalState.Withdrawn, BillProposalState.Expired], (await _desk.FileAsync(Actor.Officer(One), "test", bill.Id))!.Proposals.Select(p => p.Proposal.State));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task What_was_paid_between_the_two_officers_is_not_written_off_however_close_it_comes()
    {
        var paid = await BillAsync("900203");
        var late = Done(await ProposeAsync(paid, BillAct.WriteOff, Fine, null, "write_off.remitted"));
        await PayAsync("P0", "900203", 1150);
        Refused(BillRefusals.NotOwed, await ConfirmAsync(late));
        for (var i = 0; i < 6; i++)
        {
            var number = "90021" + i;
            var bill = await BillAsync(number);
            var id = Done(await ProposeAsync(bill, BillAct.WriteOff, Fine, null, "write_off.remitted"));
            var confirm = Task.Run(() => ConfirmAsync(id));
            await Task.WhenAll(confirm, Task.Run(() => PayAsync("Q" + i, number, 1150)), Task.Run(() => ConfirmAsync(id, new AccountId(Guid.CreateVersion7()))));
            var after = await NowAsync(bill);
            // Paid first, nothing is written off; written off first, what was paid too much is the payer's.
            Assert.Equal((BillState.Settled, Money.Riyals(1150)), (after.State, after.Received + after.WrittenOff));
            Assert.Equal(after.WrittenOff, await _world.Ledger.BalanceOfAsync(bill.Payer.Id));
        }
    }

    [Fact]
    public async Task A_part_that_could_not_be_carried_out_goes_back_line_by_line_and_never_more_than_was_paid()
    {
        var bill = await SpentAsync("900230");
        Done(await ConfirmAsync(Done(await ProposeAsync(bill, BillAct.GiveBack, Fee, 200, "give_back.not_carried_out"))));
        Assert.Equal((Money.Riyals(200), Money.Riyals(200)), (await _world.Ledger.BalanceOfAsync(bill.Payer.Id), (await NowAsync(bill)).GivenBack));
        var receipt = (await _world.Ledger.ReceiptAsync(bill.Id))!;
        Assert.Equal((ReceiptStanding.PartlyBack, Money.Riyals(200), _world.Clock.Now()), (receipt.Standing, receipt.Back, receipt.BackAt));
        Refused(BillRefusals.MoreThanPaid, await ProposeAsync(bill, BillAct.GiveBack, Fee, 451, "give_back.not_carried_out"));
        Done(await ConfirmAsync(Done(await ProposeAsync(bill, BillAct.GiveBack, Fee, null, "give_back.charged_too_much"))));
        Done(await ConfirmAsync(Done(await ProposeAsync(bill, BillAct.GiveBack, Fine, null, "give_back.order"))));
        Assert.Equal((ReceiptStanding.Back, Money.Riyals(1150)), ((await _world.Ledger.ReceiptAsync(bill.Id))!.Standing, await _world.Ledger.BalanceOfAsync(bill.Payer.Id)));
        Refused(BillRefusals.MoreThanPaid, await ProposeAsync(bill, BillAct.GiveBack, Fine, 1, "give_back.order"));
        Assert.Equal((0L, 0L), (await OnAccountAsync("REVENUE", Fine), await OnAccountAsync("REVENUE", Fee)));
        Assert.Equal(["money_given_back", "money_given_back", "money_given_back"], _told);
        // It can be asked back to an account, in parts, against the payment it came by.
        var change = _world.Act();
        Assert.True((await _world.Refunds.RequestAsync(change, bill.Payer, Money.Riyals(650), Iban.Parse("SA0380000000608010167519").Value)).Ok);
        await _world.DoneAsync(change);
    }

    [Theory]
    [InlineData("UPDATE bill SET written_off = 51000")]
    [InlineData("UPDATE bill SET given_back = 1")]
    [InlineData("UPDATE bill_proposal SET state = 'CONFIRMED', decided_by = proposed_by, decided_at = 1")]
    public async Task The_database_itself_refuses_what_must_not_be(string sql)
    {
        var bill = await BillAsync("900240");
        await PayAsync("P1", "900240", 650);
        Done(await ProposeAsync(bill, BillAct.WriteOff, Fine, null, "write_off.remitted"));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => _world.Database.ExecuteAsync(sql));
    }

    [Fact]
    public async Task The_audit_finds_what_somebody_writes_off_behind_the_officers_back()
    {
        var bill = await BillAsync("900241");
        await _world.Database.ExecuteAsync("UPDATE bill SET written_off = 40000");
        var faults = (await _world.Ledger.AuditAsync()).Select(f => f.Rule).Order(StringComparer.Ordinal);
        Assert.Equal(["bill.confirmed", "bill.held", "bill.written_off"], faults);
        await _world.Database.ExecuteAsync("UPDATE bill SET written_off = NULL");
        Assert.Equal(Money.Riyals(1150), bill.Due);
    }
}
