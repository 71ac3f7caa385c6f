using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using Muqeem.Tests.Kills;
using NodaTime;

namespace Muqeem.Payments;

public sealed class HistoriesOnSqliteTests(ITestOutputHelper output) : HistoriesTests(DatabaseKind.Sqlite, output);

public sealed class HistoriesOnPostgreSqlTests(ITestOutputHelper output) : HistoriesTests(DatabaseKind.PostgreSql, output);

/// <summary>
/// Lives of payers that nobody thought of, through the real verbs and the real writer. Beside them runs a model that knows no accounts and no transactions, only who has how much; after each
/// history the books, their audit and the model agree to the halala. <c>MUQEEM_SEED</c> repeats a run; with <c>MUQEEM_LONG</c> there are ten thousand on both databases together.
/// </summary>
public abstract class HistoriesTests(DatabaseKind kind, ITestOutputHelper output)
{
    /// <summary>In one database: its audit reads all of it after each history.</summary>
    private const int InOneWorld = 100;

    private const int AtOnce = 8;

    private static int Wanted => Environment.GetEnvironmentVariable("MUQEEM_LONG") == "1" ? 5_000 : 24;

    [Fact]
    public async Task Whatever_payers_the_gateway_and_officers_do_the_books_say_what_simple_counting_says()
    {
        var seed = Dice.Seed();
        output.WriteLine($"MUQEEM_SEED={seed}, {Wanted} histories");
        var steps = 0;
        foreach (var some in Enumerable.Range(0, Wanted).Chunk(InOneWorld))
        {
            await using var world = await World.CreateAsync(kind);
            var histories = some.Select(number => new History(world, seed, number)).ToList();
            await Parallel.ForEachAsync(histories, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken }, async (history, _) => await history.RunAsync());
            steps += histories.Sum(h => h.Steps);

            // What has no owner is compared for all of them together.
            Assert.Equal(histories.Sum(h => h.PaidBack - h.PaidIn), await world.Db.SingleAsync<long>("SELECT CAST(COALESCE(SUM(halalas), 0) AS bigint) FROM ledger_entry WHERE account = 'CLEARING'"));
            foreach (var code in History.Codes)
            {
                Assert.Equal(-histories.Sum(h => h.WrittenOff(code)), await world.Db.SingleAsync<long>("SELECT CAST(COALESCE(SUM(halalas), 0) AS bigint) FROM ledger_entry WHERE account = 'WRITE_OFF' AND code = @code", new { code }));
                Assert.Equal(histories.Sum(h => h.Earned.GetValueOrDefault(code)), await world.Db.SingleAsync<long>("SELECT CAST(COALESCE(SUM(halalas), 0) AS bigint) FROM ledger_entry WHERE account = 'REVENUE' AND code = @code", new { code }));
            }
        }
        output.WriteLine($"{steps} steps");
        Assert.True(steps > Wanted * 10, $"Only {steps} steps were taken.");
    }
}

/// <summary>One history: two payers, their bills, and what a gateway may tell in any order.</summary>
internal sealed class History
{
    public static readonly string[] Codes = ["IQAMA_COMMERCIAL", "WORK_PERMIT_BASE", "LATE_RENEWAL"];

    private static readonly IReadOnlyDictionary<string, object> NoFacts = new Dictionary<string, object>(StringComparer.Ordinal);
    private static readonly Iban Account = Iban.Parse("SA0380000000608010167519").Value;

    private readonly World _world;
    private readonly string _name;
    private readonly Dice _dice;
    private readonly TestClock _clock = new();
    private readonly Bills _verbs;
    private readonly PaymentsInbox _inbox;
    private readonly Refunds _refunds;
    private readonly GatewayDesk _desk;
    private readonly BillDesk _officers;
    private readonly Payer[] _payers;
    private readonly List<string> _log = [];
    private GatewayAnswer _answer = new GatewayAnswer.Later("-");

    // The model.
    private readonly Dictionary<Guid, long> _balance = [];
    private readonly List<KnownBill> _bills = [];
    private readonly List<KnownPayment> _payments = [];
    private readonly List<KnownRefund> _backs = [];

    private sealed class KnownBill(Bill issued, string gatewayNumber)
    {
        public Bill Issued { get; } = issued;

        /// <summary>What the gateway calls it, whether or not we have heard of it.</summary>
        public string GatewayNumber { get; } = gatewayNumber;
        public string? Number { get; set; }
        public BillState State { get; set; } = BillState.Open;
        public long Received { get; set; }

        /// <summary>At some time nothing more was owed, and some of it had come as money.</summary>
        public bool WasPaid { get; set; }

        /// <summary>By fee code, not asked for any more; given back after it was spent.</summary>
        public Dictionary<string, long> Off { get; } = new(StringComparer.Ordinal);
        public Dictionary<string, long> Back { get; } = new(StringComparer.Ordinal);

        /// <summary>Written off when it was paid, whatever became of it.</summary>
        public long OffWhenPaid { get; set; }
        public long Total => Issued.Total.Halalas;
        public long Due => State == BillState.Open ? Total - Received - Off.Values.Sum() : 0;

        public long Most(BillAct act, PriceLine line) => act == BillAct.WriteOff
            ? Math.Min(Due, line.Amount.Halalas - Off.GetValueOrDefault(line.Code))
            : State != BillState.Consumed ? 0 : Math.Min(Received - Back.Values.Sum(), line.Amount.Halalas - Off.GetValueOrDefault(line.Code) - Back.GetValueOrDefault(line.Code));

        /// <summary>Nothing is owed any more.</summary>
        public void Settle() => (State, OffWhenPaid, WasPaid) = (BillState.Settled, Off.Values.Sum(), Off.Values.Sum() < Total);
        public Guid Payer => Issued.Payer.Id;

        /// <summary>As read at some time: verbs are sometimes given an old one.</summary>
        public List<Bill> Read { get; } = [issued];
    }

    private sealed class KnownPayment(PaymentNotice notice)
    {
        public PaymentNotice Notice { get; } = notice;

        /// <summary>Null while it waits for its bill.</summary>
        public KnownBill? Bill { get; set; }
        public long Refunded { get; set; }
    }

    private sealed class KnownRefund(Refund refund, KnownPayment payment)
    {
        public Refund Refund { get; } = refund;
        public KnownPayment Payment { get; } = payment;
        public RefundState State { get; set; } = RefundState.Requested;
    }

    public History(World world, long seed, int number)
    {
        (_world, _name, _dice) = (world, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{number:0000}"), new Dice(unchecked((seed * 1_000_003) + number)));
        (Seed, _verbs) = (seed, new Bills(_clock));
        _inbox = new PaymentsInbox(_verbs, world.Ledger, world.Database.Writer, _clock);
        _refunds = new Refunds(world.Db, world.Ledger, world.Sealer, world.Door, _clock);
        _desk = new GatewayDesk(_verbs, world.Ledger, _inbox, _refunds, world.Door, world.Database.Writer, new GatewayCalls
        {
            CreateBill = (_, _) => Task.FromResult(_answer),
            CancelBill = (_, _) => Task.FromResult(_answer),
            Refund = (_, _, _, _) => Task.FromResult(_answer),
            PaymentsOf = (_, _) => Task.FromResult<IReadOnlyList<PaymentNotice>?>(null),
        }, (_, _) => Task.CompletedTask, _clock);
        _payers = [world.NewPayer(), world.NewPayer()];
        _officers = world.Officers(_clock);
        foreach (var payer in _payers)
        {
            _balance[payer.Id] = 0;
        }
    }

    private long Seed { get; }
    public int Steps { get; private set; }
    public long PaidIn { get; private set; }
    public long PaidBack { get; private set; }
    public Dictionary<string, long> Earned { get; } = new(StringComparer.Ordinal);

    public long WrittenOff(string code) => _bills.Sum(b => b.Off.GetValueOrDefault(code));

    public async Task RunAsync()
    {
        try
        {
            await IssueAsync();
            for (var steps = 12 + _dice.Roll(14); steps > 0; steps--, Steps++)
            {
                _clock.Advance(_dice.Roll(10) == 0 ? TimeSpan.FromHours(1 + _dice.Roll(35 * 24)) : TimeSpan.FromMilliseconds(1 + _dice.Roll(100_000)));
                await StepAsync();
            }
            await AgreeAsync();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"MUQEEM_SEED={Seed}, history {_name}: {e.Message}\n{string.Join('\n', _log)}", e);
        }
    }

    private Task StepAsync() => _dice.Roll(23) switch
    {
        0 or 1 => IssueAsync(),
        2 or 3 => NumberAsync(),
        4 or 5 or 6 or 7 or 8 => PayAsync(),
        9 => PayAgainAsync(),
        10 => ContradictAsync(),
        11 => AllocateAsync(),
        12 or 13 => BillAsync("pay from balance", _verbs.PayFromBalance, b => b.State == BillState.Open && _clock.Today() <= b.Issued.ValidUntil, b => b.Due, b =>
        {
            _balance[b.Payer] -= b.Due;
            b.Received += b.Due;
            b.Settle();
        }),
        14 or 15 => BillAsync("consume", _verbs.Consume, b => b.State == BillState.Settled, _ => 0, b =>
        {
            b.State = BillState.Consumed;
            foreach (var line in b.Issued.Lines)
            {
                Earned[line.Code] = Earned.GetValueOrDefault(line.Code) + line.Amount.Halalas;
            }
        }),
        16 => CloseAsync(),
        17 or 18 => RefundAsync(),
        19 => AnswerRefundAsync(),
        20 or 21 => OfficersAsync(BillAct.WriteOff),
        _ => OfficersAsync(BillAct.GiveBack),
    };

    private T Any<T>(IReadOnlyList<T> some) => some[_dice.Roll(some.Count)];

    private void Note(string what) => _log.Add($"{_clock.Now()} {what}");

    private Change Act(string verb) => new(new Act(ActId.New(_clock), verb, Actor.System("test"), Guid.CreateVersion7(_clock.GetUtcNow()), Digest.Of("test"), _clock.Now()));

    private async Task IssueAsync()
    {
        var lines = Enumerable.Range(0, 1 + _dice.Roll(3)).Select(i => new PriceLine(Codes[i], 1, new Money(i > 0 && _dice.Roll(4) == 0 ? 0 : 1 + _dice.Roll(90_000)), PayerKind.Resident, 1, NoFacts, null)).ToList();
        var change = Act("bill.issue");
        var bill = _verbs.Issue(change, CaseId.New(_clock), Any(_payers), "VISA.ERV.S", new Quote(lines, []), Bills.ValidUntil(_clock.Today(), 30, null));
        Assert.IsType<WriteOutcome.Done>(await _world.WriteAsync(change));
        _bills.Add(new KnownBill(bill, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"9{_name}{_bills.Count:00}")));
        Note($"bill {_bills[^1].GatewayNumber} of {bill.Total} for {bill.Payer.Id}");
    }

    /// <summary>The gateway gives a number, or is down.</summary>
    private async Task NumberAsync()
    {
        var bill = Any(_bills);
        var down = _dice.Roll(4) == 0;
        _answer = down ? new GatewayAnswer.Later("down") : new GatewayAnswer.Done(bill.GatewayNumber);
        Note($"number of {bill.GatewayNumber}{(down ? ", down" : "")}");
        var asks = bill.Number is null && bill.State == BillState.Open;
        Assert.Equal(!(asks && down), await _desk.BillAsync($$"""{"Bill":"{{bill.Issued.Id}}"}""", default));
        if (asks && !down)
        {
            bill.Number = bill.GatewayNumber;
        }
        Meet(bill.Number);
    }

    private async Task PayAsync()
    {
        var bill = Any(_bills);
        var amount = _dice.Roll(6) switch
        {
            0 or 1 => Math.Max(1, bill.Total - bill.Received),
            2 => 1 + _dice.Roll((int)bill.Total),
            3 => bill.Total + 1 + _dice.Roll(5_000),
            4 => 1,
            _ => bill.Total,
        };
        (string? Number, BillId? Reference) to = _dice.Roll(12) switch
        {
            0 => (bill.GatewayNumber, bill.Issued.Id),
            1 => (null, bill.Issued.Id),
            // The number rules: whatever bill it mentions, money with a number nobody has waits.
            2 when bill.Number is not null => ("0" + bill.GatewayNumber, bill.Issued.Id),
            3 => ("0" + bill.GatewayNumber, null),
            4 => (null, BillId.New(_clock)),
            5 => (Any(_bills).GatewayNumber, bill.Number is null ? null : bill.Issued.Id),
            _ => (bill.GatewayNumber, null),
        };
        var (number, reference) = to;
        var paidAt = _clock.Now() - (_dice.Roll(3) == 0 ? Duration.FromHours(_dice.Roll(40 * 24)) : Duration.Zero);
        var notice = new PaymentNotice($"P{_name}-{_payments.Count}", number, reference, new Money(amount), paidAt, "SADAD");
        Note($"pay {notice.GatewayId}: {notice.Amount} to {number ?? "-"}, mentions {reference?.ToString() ?? "-"}, at {paidAt}");
        var payment = new KnownPayment(notice);
        _payments.Add(payment);
        PaidIn += amount;
        var target = _bills.Find(b => number is not null && b.Number == number) ?? _bills.Find(b => b.Issued.Id == reference && (b.Number is null || number is null));
        var settles = target is not null && Give(payment, target);
        if (target is { Number: null })
        {
            target.Number = number;
        }
        var received = Assert.IsType<PaymentReception.Received>(await _inbox.ReceiveAsync(notice));
        Assert.Equal(settles ? [target!.Issued.Case] : (CaseId[])[], received.CasesTouched);
    }

    private async Task PayAgainAsync()
    {
        if (_payments.Count == 0)
        {
            return;
        }
        var payment = Any(_payments);
        Note($"again {payment.Notice.GatewayId}");
        Assert.IsType<PaymentReception.Repeated>(await _inbox.ReceiveAsync(payment.Notice));
        if (payment.Bill is null)
        {
            Meet(payment.Notice.BillNumber);
        }
    }

    private async Task ContradictAsync()
    {
        if (_payments.Count == 0)
        {
            return;
        }
        var notice = Any(_payments).Notice;
        Note($"contradict {notice.GatewayId}");
        Assert.IsType<PaymentReception.Contradicts>(await _inbox.ReceiveAsync(_dice.Roll(2) == 0 ? notice with { Amount = notice.Amount + new Money(1) } : notice with { BillNumber = notice.BillNumber + "1" }));
    }

    /// <summary>What the sweep does for a bill, as when the first try was lost.</summary>
    private async Task AllocateAsync()
    {
        if (Any(_bills) is { Number: { } number })
        {
            Note($"allocate {number}");
            await _inbox.AllocateWaitingAsync(number);
            Meet(number);
        }
    }

    private async Task BillAsync(string what, Func<Change, Bill, Bill> verb, Func<KnownBill, bool> allowed, Func<KnownBill, long> needs, Action<KnownBill> then)
    {
        var bill = Any(_bills);
        var current = (await _world.Ledger.BillAsync(bill.Issued.Id))!;
        bill.Read.Add(current);
        var given = _dice.Roll(6) == 0 ? Any(bill.Read) : current;
        var stale = given.Version != current.Version;
        Note($"{what} {bill.GatewayNumber}{(stale ? ", stale" : "")}");
        var change = Act("test.bill");
        try
        {
            verb(change, given);
        }
        catch (InvalidOperationException refused) when (refused.Message.Contains("cannot be", StringComparison.Ordinal))
        {
            Assert.True(stale || !allowed(bill), refused.Message);
            return;
        }
        var outcome = await _world.WriteAsync(change);
        if (stale)
        {
            Assert.True(outcome is WriteOutcome.Conflict or WriteOutcome.Insufficient, outcome.ToString());
            return;
        }
        Assert.True(allowed(bill), $"{what} of a bill that is {bill.State}");
        if (needs(bill) > _balance[bill.Payer])
        {
            Assert.IsType<WriteOutcome.Insufficient>(outcome);
            return;
        }
        Assert.IsType<WriteOutcome.Done>(outcome);
        then(bill);
    }

    /// <summary>Given up, or its days are over.</summary>
    private Task CloseAsync()
    {
        var expired = _dice.Roll(2) == 0;
        return BillAsync(expired ? "expire" : "cancel", (change, bill) => _verbs.Release(change, bill, expired), b => b.State is BillState.Open or BillState.Settled, _ => 0, b =>
        {
            _balance[b.Payer] += b.Received;
            (b.Received, b.State) = (0, expired ? BillState.Expired : BillState.Cancelled);
            b.Off.Clear();
        });
    }

    /// <summary>Two officers, and between them sometimes a payment, or one who would decide alone.</summary>
    private async Task OfficersAsync(BillAct act)
    {
        var bill = Any(_bills);
        var line = Any(bill.Issued.Lines);
        var most = bill.Most(act, line);
        var amount = _dice.Roll(5) switch { 0 => most + 1, 1 or 2 when most > 1 => 1 + _dice.Roll((int)most - 1), _ => most };
        Note($"propose {act} of {new Money(amount)} of {line.Code} of {bill.GatewayNumber}");
        var (one, other, nobody) = (new AccountId(Guid.CreateVersion7()), new AccountId(Guid.CreateVersion7()), new PersonId(Guid.CreateVersion7()));
        var proposed = await _officers.ProposeAsync(Actor.Officer(one), one, nobody, bill.Issued.Id, act, line.Code, new Money(amount), act == BillAct.WriteOff ? "write_off.remitted" : "give_back.order", "words", Guid.CreateVersion7());
        if (amount <= 0 || amount > most)
        {
            Assert.IsType<BillAnswer.Refused>(proposed);
            return;
        }
        var id = Assert.IsType<BillAnswer.Done>(proposed).Proposal;
        if (_dice.Roll(4) == 0)
        {
            await PayAsync();
        }
        if (_dice.Roll(4) == 0)
        {
            Assert.Equal(BillRefusals.AnotherDecides, Assert.IsType<BillAnswer.Refused>(await _officers.ConfirmAsync(Actor.Officer(one), one, nobody, id, Guid.CreateVersion7())).Refusal.Code);
            Assert.IsType<BillAnswer.Done>(await _officers.RejectAsync(Actor.Officer(other), other, nobody, id, "reject.not_founded", Guid.CreateVersion7()));
            return;
        }
        var confirmed = await _officers.ConfirmAsync(Actor.Officer(other), other, nobody, id, Guid.CreateVersion7());
        Note($"confirm: {confirmed}");
        if (amount > bill.Most(act, line))
        {
            Assert.IsType<BillAnswer.Refused>(confirmed);
            Assert.IsType<BillAnswer.Done>(await _officers.WithdrawAsync(Actor.Officer(one), one, id, Guid.CreateVersion7()));
            return;
        }
        Assert.IsType<BillAnswer.Done>(confirmed);
        if (act == BillAct.WriteOff)
        {
            bill.Off[line.Code] = bill.Off.GetValueOrDefault(line.Code) + amount;
            if (bill.Due == 0)
            {
                bill.Settle();
            }
            return;
        }
        bill.Back[line.Code] = bill.Back.GetValueOrDefault(line.Code) + amount;
        Earned[line.Code] -= amount;
        _balance[bill.Payer] += amount;
    }

    private async Task RefundAsync()
    {
        var payer = Any(_payers);
        var balance = _balance[payer.Id];
        var amount = _dice.Roll(6) switch { 0 => balance + 1, 1 => 0, 2 or 3 when balance > 1 => 1 + _dice.Roll((int)Math.Min(balance - 1, int.MaxValue)), _ => balance };
        Note($"refund {new Money(amount)} to {payer.Id}");
        var change = Act("refund.request");
        var answer = await _refunds.RequestAsync(change, payer, new Money(amount), Account);
        if (amount <= 0 || amount > balance)
        {
            Assert.Equal(amount <= 0 ? Refunds.NoAmount : Refunds.Insufficient, answer.Refusal?.Code);
            return;
        }
        Assert.IsType<WriteOutcome.Done>(await _world.WriteAsync(change));
        _balance[payer.Id] -= amount;
        // The latest payments first, none for more than was paid by it.
        var refunds = new Queue<Refund>(answer.Value);
        foreach (var payment in Enumerable.Reverse(_payments).Where(p => p.Bill?.Payer == payer.Id && p.Refunded < p.Notice.Amount.Halalas))
        {
            if (amount == 0)
            {
                break;
            }
            var part = Math.Min(amount, payment.Notice.Amount.Halalas - payment.Refunded);
            var refund = refunds.Dequeue();
            Assert.Equal(part, refund.Amount.Halalas);
            _backs.Add(new KnownRefund(refund, payment));
            payment.Refunded += part;
            amount -= part;
        }
        Assert.Equal((0L, 0), (amount, refunds.Count));
    }

    private async Task AnswerRefundAsync()
    {
        if (_backs.Count == 0)
        {
            return;
        }
        var back = Any(_backs);
        _answer = _dice.Roll(4) switch { 0 => new GatewayAnswer.Later("accepted"), 1 => new GatewayAnswer.Declined("account_closed"), _ => new GatewayAnswer.Done("R" + back.Refund.Id) };
        Note($"answer {_answer} to refund {back.Refund.Id} of {back.Refund.Amount}");
        Assert.Equal(back.State != RefundState.Requested || _answer is not GatewayAnswer.Later, await _desk.RefundAsync($$"""{"Refund":"{{back.Refund.Id}}"}""", default));
        if (back.State != RefundState.Requested)
        {
            return;
        }
        switch (_answer)
        {
            case GatewayAnswer.Done:
                back.State = RefundState.Paid;
                PaidBack += back.Refund.Amount.Halalas;
                break;
            case GatewayAnswer.Declined:
                back.State = RefundState.Failed;
                back.Payment.Refunded -= back.Refund.Amount.Halalas;
                _balance[back.Refund.Payer.Id] += back.Refund.Amount.Halalas;
                break;
        }
    }

    /// <summary>Money that waited for a number meets its bill, the oldest first.</summary>
    private void Meet(string? number)
    {
        if (number is not null && _bills.Find(b => b.Number == number) is { } bill)
        {
            foreach (var payment in _payments.Where(p => p.Bill is null && p.Notice.BillNumber == number))
            {
                Give(payment, bill);
            }
        }
    }

    /// <returns>Whether it was what the bill still lacked.</returns>
    private bool Give(KnownPayment payment, KnownBill bill)
    {
        var amount = payment.Notice.Amount.Halalas;
        var taken = payment.Notice.PaidAt.DayInRiyadh() <= bill.Issued.ValidUntil ? Math.Min(amount, bill.Due) : 0;
        payment.Bill = bill;
        bill.Received += taken;
        _balance[bill.Payer] += amount - taken;
        if (taken == 0 || bill.Due > 0)
        {
            return false;
        }
        bill.Settle();
        return true;
    }

    private async Task AgreeAsync()
    {
        Assert.Empty(await _world.Ledger.AuditAsync());
        foreach (var payer in _payers)
        {
            Assert.Equal(_balance[payer.Id], (await _world.Ledger.BalanceOfAsync(payer.Id)).Halalas);
            Assert.Equal(_balance[payer.Id], (await _world.Ledger.StatementAsync(payer.Id, 1_000)).Sum(l => l.Amount.Halalas));
            Assert.Equal(
                _backs.Where(b => b.Refund.Payer.Id == payer.Id).Select(b => (b.Refund.Id, b.State)).OrderBy(b => b.Id),
                (await _refunds.OfAsync(payer.Id)).Select(r => (r.Id, r.State)).OrderBy(r => r.Id));
        }
        foreach (var bill in _bills)
        {
            var kept = (await _world.Ledger.BillAsync(bill.Issued.Id))!;
            Assert.Equal((bill.State, bill.Received, bill.Number), (kept.State, kept.Received.Halalas, kept.Number));
            var receipt = await _world.Ledger.ReceiptAsync(kept.Id);
            Assert.Equal(bill.WasPaid, receipt is not null);
            Assert.Equal(bill.WasPaid ? (bill.Total, bill.OffWhenPaid, bill.State is BillState.Settled or BillState.Consumed ? bill.Back.Values.Sum() : bill.Total - bill.OffWhenPaid) : default,
                (receipt?.Parts.Sum(p => p.Amount.Halalas) ?? 0, receipt?.WrittenOff.Halalas ?? 0, receipt?.Back.Halalas ?? 0));
            Assert.Equal((bill.Off.Values.Sum(), bill.Back.Values.Sum()), (kept.WrittenOff.Halalas, kept.GivenBack.Halalas));
        }
        foreach (var payment in _payments)
        {
            var kept = (await _world.Ledger.PaymentAsync(payment.Notice.GatewayId))!;
            Assert.Equal((payment.Notice.Amount.Halalas, payment.Refunded, payment.Bill?.Issued.Id, payment.Bill?.Payer), (kept.Amount.Halalas, kept.Refunded.Halalas, kept.Bill, kept.Payer));
        }
    }
}
