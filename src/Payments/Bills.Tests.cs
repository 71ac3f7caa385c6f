using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>A writer in memory with the rules that money rests on: one act once, claims once, heads by version, no balance below zero.</summary>
internal sealed class MemoryLedger
{
    private readonly HashSet<(string, string)> _claims = [];
    private readonly Dictionary<Guid, long> _versions = [];

    public Dictionary<Guid, long> Balances { get; } = [];
    public List<(Guid Transaction, string Account, Guid? Owner, string Code, long Halalas)> Entries { get; } = [];

    public WriteOutcome Write(Change change)
    {
        foreach (var head in change.Heads)
        {
            if (_versions.GetValueOrDefault(head.Id) != head.ExpectedVersion)
            {
                return new WriteOutcome.Conflict(head.Table.Name, head.Id);
            }
        }
        foreach (var claim in change.Claims)
        {
            if (_claims.Contains((claim.Kind, Convert.ToHexString(claim.Hash))))
            {
                return new WriteOutcome.Claimed(claim.Kind);
            }
        }
        foreach (var delta in change.Balances)
        {
            if (Balances.GetValueOrDefault(delta.Account) + delta.Halalas < 0)
            {
                return new WriteOutcome.Insufficient(delta.Account);
            }
        }
        change.Heads.ForEach(h => _versions[h.Id] = h.ExpectedVersion + 1);
        change.Claims.ForEach(c => _claims.Add((c.Kind, Convert.ToHexString(c.Hash))));
        change.Balances.ForEach(d => Balances[d.Account] = Balances.GetValueOrDefault(d.Account) + d.Halalas);
        Entries.AddRange(change.Rows.Where(r => r.Table == PaymentsTables.Entry)
            .Select(r => ((Guid)r.Values[0]!, (string)r.Values[2]!, (Guid?)r.Values[3], (string)r.Values[4]!, (long)r.Values[6]!)));
        return new WriteOutcome.Done(change.Act?.Id);
    }

    public long Sum(string account, Guid? owner = null) => Entries.Where(e => e.Account == account && (owner is null || e.Owner == owner)).Sum(e => e.Halalas);

    public void Balanced()
    {
        Assert.All(Entries.GroupBy(e => e.Transaction), t => Assert.Equal(0, t.Sum(e => e.Halalas)));
        foreach (var (payer, balance) in Balances)
        {
            Assert.True(balance >= 0);
            Assert.Equal(balance, Sum("PAYER", payer));
        }
    }
}

internal sealed class SetClock(Instant now) : TimeProvider
{
    public Instant Time { get; set; } = now;
    public override DateTimeOffset GetUtcNow() => Time.ToDateTimeOffset();
}

public class BillsTests
{
    private readonly SetClock _clock = new(Instant.FromUtc(2026, 11, 22, 9, 0));
    private readonly MemoryLedger _ledger = new();
    private readonly Bills _bills;
    private readonly Payer _payer;
    private readonly CaseId _case;

    public BillsTests()
    {
        _bills = new Bills(_clock);
        _payer = Payer.Person(PersonId.New(_clock));
        _case = CaseId.New(_clock);
    }

    private Change Act(string verb = "test") =>
        new(new Act(ActId.New(_clock), verb, Actor.System("test"), Guid.CreateVersion7(_clock.GetUtcNow()), [1], _clock.Now()));

    private static Quote Price(int riyals) => new([new PriceLine("ERV_SINGLE", 1, Money.Riyals(riyals), PayerKind.Resident, 1, new Dictionary<string, object>(StringComparer.Ordinal), null)], []);

    private Bill Issued(int riyals)
    {
        var change = Act();
        var bill = _bills.Issue(change, _case, _payer, "VISA.ERV.S", Price(riyals), Bills.ValidUntil(_clock.Today(), 30, null));
        Assert.Equal(PaymentTopics.Bill, Assert.Single(change.Messages).Topic);
        Assert.IsType<WriteOutcome.Done>(_ledger.Write(change));
        return bill;
    }

    private PaymentNotice Paid(int riyals, string id = "P1") => new(id, "900100", null, Money.Riyals(riyals), _clock.Now(), "card");

    private Bill Receive(Bill bill, PaymentNotice notice)
    {
        var change = Act();
        var allocation = _bills.Receive(change, notice, bill);
        Assert.IsType<WriteOutcome.Done>(_ledger.Write(change));
        _ledger.Balanced();
        return allocation.Bill!;
    }

    [Fact]
    public void A_bill_paid_in_full_is_settled_and_spent_into_revenue()
    {
        var bill = Receive(Issued(500), Paid(500));
        Assert.Equal(BillState.Settled, bill.State);
        var change = Act();
        Assert.Equal(BillState.Consumed, _bills.Consume(change, bill).State);
        Assert.IsType<WriteOutcome.Done>(_ledger.Write(change));
        Assert.Equal(50_000, _ledger.Sum("REVENUE"));
        Assert.Equal(-50_000, _ledger.Sum("CLEARING"));
        Assert.Equal(0, _ledger.Sum("HELD"));
        _ledger.Balanced();
    }

    [Fact]
    public void Parts_add_up_and_what_is_too_much_is_the_payers()
    {
        var bill = Receive(Issued(500), Paid(200, "P1"));
        Assert.Equal(BillState.Open, bill.State);
        Assert.Equal(Money.Riyals(300), bill.Due);
        bill = Receive(bill, Paid(450, "P2"));
        Assert.Equal(BillState.Settled, bill.State);
        Assert.Equal(15_000, _ledger.Balances[_payer.Id]);
    }

    [Fact]
    public void A_second_payment_of_a_settled_bill_is_the_payers()
    {
        var bill = Receive(Issued(500), Paid(500, "P1"));
        var again = Receive(bill, Paid(500, "P2"));
        Assert.Equal(bill, again);
        Assert.Equal(50_000, _ledger.Balances[_payer.Id]);
    }

    [Fact]
    public void Money_counts_by_the_day_it_was_paid_in_Riyadh()
    {
        var bill = Issued(500);
        Assert.Equal(new LocalDate(2026, 12, 22), bill.ValidUntil);
        // 23:59 in Riyadh on the last day, told two days later.
        var inTime = Paid(500) with { PaidAt = Instant.FromUtc(2026, 12, 22, 20, 59) };
        _clock.Time = Instant.FromUtc(2026, 12, 24, 9, 0);
        Assert.Equal(BillState.Expired, bill.StateOn(_clock.Today()));
        Assert.Equal(BillState.Settled, _bills.Receive(Act(), inTime, bill).Bill!.State);
        var late = _bills.Receive(Act(), inTime with { PaidAt = Instant.FromUtc(2026, 12, 22, 21, 0) }, bill);
        Assert.Equal((Money.Zero, Money.Riyals(500)), (late.ToBill, late.ToBalance));
        Assert.False(late.Settles);
    }

    [Fact]
    public void A_payment_of_the_same_id_is_taken_once()
    {
        var bill = Issued(500);
        var newest = Receive(bill, Paid(200));
        var repeated = Act();
        _bills.Receive(repeated, Paid(200), newest);
        Assert.Equal(new WriteOutcome.Claimed(Bills.PaymentClaim), _ledger.Write(repeated));
        Assert.Equal(-20_000, _ledger.Sum("CLEARING"));
    }

    [Fact]
    public void A_payment_that_comes_before_its_bill_waits_for_it()
    {
        var early = Act();
        Assert.Null(_bills.Receive(early, Paid(700), null).Bill);
        _ledger.Write(early);
        Assert.Equal(70_000, _ledger.Sum("UNALLOCATED"));
        var row = early.Heads[0];
        var waiting = new Payment(row.Id, 1, "P1", "900100", null, null, Money.Riyals(700), Money.Zero, _clock.Now(), _clock.Now(), "card");

        var bill = Issued(500);
        var change = Act();
        bill = _bills.Number(change, bill, "900100");
        var allocation = _bills.Allocate(change, waiting, bill);
        Assert.True(allocation.Settles);
        Assert.IsType<WriteOutcome.Done>(_ledger.Write(change));
        Assert.Equal(2, change.Heads.Count);
        Assert.Equal(0, _ledger.Sum("UNALLOCATED"));
        Assert.Equal(20_000, _ledger.Balances[_payer.Id]);
        _ledger.Balanced();
    }

    [Fact]
    public void Released_money_is_the_payers_and_pays_the_next_bill()
    {
        var bill = Receive(Issued(500), Paid(500));
        var release = Act();
        Assert.Equal(BillState.Cancelled, _bills.Release(release, bill).State);
        Assert.IsType<WriteOutcome.Done>(_ledger.Write(release));
        Assert.Equal(PaymentTopics.BillWithdrawn, Assert.Single(release.Messages).Topic);

        var next = Issued(450);
        var pay = Act();
        Assert.Equal(BillState.Settled, _bills.PayFromBalance(pay, next).State);
        Assert.IsType<WriteOutcome.Done>(_ledger.Write(pay));
        Assert.Equal(5_000, _ledger.Balances[_payer.Id]);
        _ledger.Balanced();
    }

    [Fact]
    public void A_bill_that_ends_half_paid_gives_back_the_half()
    {
        var bill = Receive(Issued(500), Paid(200));
        var release = Act();
        var ended = _bills.Release(release, bill, expired: true);
        Assert.Equal((BillState.Expired, Money.Zero, Money.Zero), (ended.State, ended.Received, ended.Due));
        Assert.IsType<WriteOutcome.Done>(_ledger.Write(release));
        Assert.Equal(20_000, _ledger.Balances[_payer.Id]);
        Assert.Equal(0, _ledger.Sum("HELD"));
    }

    [Fact]
    public void A_balance_that_does_not_cover_the_bill_pays_nothing_of_it()
    {
        var release = Act();
        _bills.Release(release, Receive(Issued(100), Paid(100)));
        _ledger.Write(release);
        var pay = Act();
        _bills.PayFromBalance(pay, Issued(101));
        Assert.IsType<WriteOutcome.Insufficient>(_ledger.Write(pay));
        Assert.Equal(10_000, _ledger.Balances[_payer.Id]);
    }

    [Fact]
    public void A_bill_is_spent_once()
    {
        var bill = Receive(Issued(500), Paid(500));
        var change = Act();
        var spent = _bills.Consume(change, bill);
        _ledger.Write(change);
        Assert.Throws<InvalidOperationException>(() => _bills.Consume(Act(), spent));
        var stale = Act();
        _bills.Consume(stale, bill);
        Assert.IsType<WriteOutcome.Conflict>(_ledger.Write(stale));
        Assert.Equal(50_000, _ledger.Sum("REVENUE"));
    }

    [Fact]
    public void What_is_free_or_has_no_price_is_not_billed()
    {
        Assert.Throws<InvalidOperationException>(() => _bills.Issue(Act(), _case, _payer, "X", Quote.Free, _clock.Today()));
        Assert.Throws<InvalidOperationException>(() => _bills.Issue(Act(), _case, _payer, "X", new Quote(Price(5).Lines, [new Refusal(Tariff.NotInForce)]), _clock.Today()));
    }

    [Fact]
    public void Money_does_not_move_without_an_act() =>
        Assert.Throws<InvalidOperationException>(() => _bills.Receive(new Change(null), Paid(5), null));

    [Theory]
    [InlineData(null, "2026-12-22")]
    [InlineData("2026-12-01", "2026-11-30")]
    [InlineData("2027-03-01", "2026-12-22")]
    [InlineData("2026-11-22", "2026-11-22")]
    public void A_price_is_valid_until_thirty_days_or_the_day_before_it_would_change(string? boundary, string until) =>
        Assert.Equal(NodaTime.Text.LocalDatePattern.Iso.Parse(until).Value,
            Bills.ValidUntil(_clock.Today(), 30, boundary is null ? null : NodaTime.Text.LocalDatePattern.Iso.Parse(boundary).Value));

    /// <summary>Random histories of several payers and bills, with repeats, stale reads and late money; after every step the ledger must hold.</summary>
    [Fact]
    public void Whatever_happens_in_whatever_order_no_halala_appears_or_is_lost()
    {
        for (var seed = 0; seed < 3_000; seed++)
        {
            History(seed);
        }
    }

    private static void History(int seed)
    {
        var state = (uint)seed * 2_654_435_761u + 1;
        int Next(int below)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            return (int)(state % (uint)below);
        }
        var clock = new SetClock(Instant.FromUtc(2026, 11, 22, 9, 0));
        var verbs = new Bills(clock);
        var ledger = new MemoryLedger();
        var payers = new[] { Payer.Person(PersonId.New(clock)), Payer.Person(PersonId.New(clock)) };
        var bills = new List<List<Bill>>();
        var waiting = new List<Payment>();
        long paidIn = 0;
        Change Act() => new(new Act(ActId.New(clock), "t", Actor.System("t"), Guid.CreateVersion7(clock.GetUtcNow()), [1], clock.Now()));
        for (var step = 0; step < 40; step++)
        {
            clock.Time += Duration.FromHours(Next(60));
            var change = Act();
            if (bills.Count == 0 || Next(6) == 0)
            {
                var issued = verbs.Issue(change, CaseId.New(clock), payers[Next(2)], "S", Price(1 + Next(9)), Bills.ValidUntil(clock.Today(), 30, null));
                Assert.IsType<WriteOutcome.Done>(ledger.Write(change));
                bills.Add([issued]);
                continue;
            }
            var versions = bills[Next(bills.Count)];
            // Mostly the newest version, sometimes a stale one.
            var bill = Next(5) == 0 ? versions[Next(versions.Count)] : versions[^1];
            Bill? after = null;
            long incoming = 0;
            Payment? early = null;
            try
            {
                switch (Next(7))
                {
                    case 0 or 1:
                        var notice = new PaymentNotice("P" + Next(40), "n", null, Money.Riyals(1 + Next(9)), clock.Now() - Duration.FromHours(Next(40)), "card");
                        incoming = notice.Amount.Halalas;
                        var allocation = verbs.Receive(change, notice, Next(5) == 0 ? null : bill);
                        after = allocation.Bill;
                        early = after is null ? new Payment(change.Heads[0].Id, 1, notice.GatewayId, "n", null, null, notice.Amount, Money.Zero, notice.PaidAt, clock.Now(), "card") : null;
                        break;
                    case 2 when waiting.Count > 0:
                        after = verbs.Allocate(change, waiting[Next(waiting.Count)], bill).Bill;
                        break;
                    case 3: after = verbs.Consume(change, bill); break;
                    case 4: after = verbs.Release(change, bill, Next(2) == 0); break;
                    case 5: after = verbs.PayFromBalance(change, bill); break;
                    default: after = verbs.Number(change, bill, "N" + Next(30)); break;
                }
            }
            catch (InvalidOperationException refused) when (refused.Message.Contains("cannot be", StringComparison.Ordinal) || refused.Message.Contains("has its bill already", StringComparison.Ordinal))
            {
                continue;
            }
            if (ledger.Write(change) is WriteOutcome.Done)
            {
                paidIn += incoming;
                if (early is not null)
                {
                    waiting.Add(early);
                }
                if (after is not null && after.Version > versions[^1].Version)
                {
                    versions.Add(after);
                }
            }
            ledger.Balanced();
            Assert.Equal(-paidIn, ledger.Sum("CLEARING"));
            foreach (var current in bills.Select(v => v[^1]))
            {
                var held = current.State is BillState.Open or BillState.Settled ? current.Received.Halalas : 0;
                Assert.Equal(held, ledger.Sum("HELD", current.Id.Value));
                Assert.InRange(held, 0, current.Total.Halalas);
            }
            Assert.Equal(bills.Select(v => v[^1]).Where(b => b.State == BillState.Consumed).Sum(b => b.Total.Halalas), ledger.Sum("REVENUE"));
        }
    }
}
