using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>Topics of the outbox that this project sends and handles.</summary>
public static class PaymentTopics
{
    /// <summary>Ask the gateway for a bill number.</summary>
    public const string Bill = "payment.bill";

    /// <summary>Withdraw a bill number, so that nobody pays it any more.</summary>
    public const string BillWithdrawn = "payment.bill.withdrawn";

    /// <summary>Pay money back to an account.</summary>
    public const string Refund = "payment.refund";
}

/// <summary>
/// What may happen to bills and money. Each verb adds rows, heads, claims, balances and messages to a change of the caller and writes nothing itself;
/// it returns the bill as it will be, so that several verbs can follow each other in one change.
/// </summary>
public sealed class Bills(TimeProvider clock)
{
    internal const string NumberClaim = "payment.bill_number";
    internal const string PaymentClaim = "payment.gateway_id";

    /// <summary>The last day of a new price: the earlier of <paramref name="validDays"/> from today and the day before <paramref name="boundary"/>.</summary>
    /// <param name="boundary">The first day on which the price would be another one (tariff, fine, term); null when none is known.</param>
    public static LocalDate ValidUntil(LocalDate today, int validDays, LocalDate? boundary)
    {
        var last = today.PlusDays(validDays);
        return boundary is { } day && day.PlusDays(-1) < last ? LocalDate.Max(today, day.PlusDays(-1)) : last;
    }

    /// <summary>Freezes a price for one payer and asks the gateway for a bill number. The lines must all have a price and cost something together.</summary>
    public Bill Issue(Change change, CaseId @case, Payer payer, string purpose, Quote quote, LocalDate validUntil)
    {
        if (quote.Refusals.Count > 0 || quote.Total <= Money.Zero || quote.Total > Money.Largest || quote.Lines.Any(line => line.Amount < Money.Zero))
        {
            throw new InvalidOperationException("A bill needs a price; what is free is not billed.");
        }
        var bill = new Bill(BillId.New(clock), 0, @case, payer, purpose, BillState.Open, quote.Total, Money.Zero, validUntil, null,
            quote.Lines[0].PolicyVersion, quote.Lines, clock.Now(), null);
        Send(change, PaymentTopics.Bill, bill);
        return Set(change, bill);
    }

    /// <summary>Money the gateway received: once by its payment id. What the bill needs is set aside for it, the rest is the payer's.</summary>
    /// <param name="bill">The bill with the notice's number as just read; null when none is known yet.</param>
    public Allocation Receive(Change change, PaymentNotice notice, Bill? bill)
    {
        if (notice.Amount <= Money.Zero || notice.Amount > Money.Largest)
        {
            throw new ArgumentOutOfRangeException(nameof(notice), "A payment without an amount, or beyond any.");
        }
        var payment = Guid.CreateVersion7(clock.GetUtcNow());
        change.Claims.Add(new Claim(PaymentClaim, Once(notice.GatewayId)));
        change.Heads.Add(new Payment(payment, 0, notice.GatewayId, notice.BillNumber, bill?.Id, bill?.Payer.Id, notice.Amount, Money.Zero, notice.PaidAt, clock.Now(), notice.Method).Write());
        var posting = new Posting(change, clock, "payment.receive").Entry(LedgerAccount.Clearing, null, -notice.Amount);
        if (bill is null)
        {
            posting.Entry(LedgerAccount.Unallocated, payment, notice.Amount).Post();
            return new Allocation(null, Money.Zero, Money.Zero);
        }
        return Share(change, posting, bill, notice.Amount, notice.PaidAt);
    }

    /// <summary>Gives a payment that came before its bill was known to that bill.</summary>
    public Allocation Allocate(Change change, Payment payment, Bill bill)
    {
        if (payment.Bill is not null)
        {
            throw new InvalidOperationException("This payment has its bill already.");
        }
        change.Heads.Add((payment with { Bill = bill.Id, Payer = bill.Payer.Id }).Write());
        var posting = new Posting(change, clock, "payment.allocate").Entry(LedgerAccount.Unallocated, payment.Id, -payment.Amount);
        return Share(change, posting, bill, payment.Amount, payment.PaidAt);
    }

    /// <summary>Pays what is due from the payer's own balance. The writer refuses with Insufficient when it is not there: also when many spend it at once.</summary>
    public Bill PayFromBalance(Change change, Bill bill)
    {
        Require(bill.Payable(clock.Today()), bill, "paid");
        new Posting(change, clock, "bill.pay_from_balance")
            .Entry(LedgerAccount.Payer, bill.Payer.Id, -bill.Due)
            .Entry(LedgerAccount.Held, bill.Id.Value, bill.Due)
            .Post();
        Send(change, PaymentTopics.BillWithdrawn, bill);
        return Set(change, bill with { State = BillState.Settled, Received = bill.Received + bill.Due });
    }

    /// <summary>What is owed of a line is not asked for any more: it settles the bill like money, from the account of what was written off. Only officers do it, always two.</summary>
    public Bill WriteOff(Change change, Bill bill, string code, Money amount)
    {
        Require(bill.State == BillState.Open && amount > Money.Zero && amount <= bill.OwedOf(code), bill, "written off");
        new Posting(change, clock, "bill.write_off")
            .Entry(LedgerAccount.WriteOff, bill.Id.Value, -amount, code)
            .Entry(LedgerAccount.Held, bill.Id.Value, amount)
            .Post();
        var after = bill with { Lines = Share(bill.Lines, code, amount, l => l.Amount - l.WrittenOff, (l, part) => l with { WrittenOff = l.WrittenOff + part }) };
        if (after.Due == Money.Zero)
        {
            after = after with { State = BillState.Settled };
            Send(change, PaymentTopics.BillWithdrawn, after);
        }
        return Set(change, after);
    }

    /// <summary>What was spent of a line is the payer's again, free to use or to take back. Only officers do it, always two.</summary>
    public Bill GiveBack(Change change, Bill bill, string code, Money amount)
    {
        Require(bill.State == BillState.Consumed && amount > Money.Zero && amount <= bill.KeptOf(code), bill, "given back");
        new Posting(change, clock, "bill.give_back")
            .Entry(LedgerAccount.Revenue, null, -amount, code)
            .Entry(LedgerAccount.Payer, bill.Payer.Id, amount)
            .Post();
        return Set(change, bill with { Lines = Share(bill.Lines, code, amount, l => l.Amount - l.WrittenOff - l.GivenBack, (l, part) => l with { GivenBack = l.GivenBack + part }) });
    }

    /// <summary>Spreads an amount over the lines with a fee code, the first ones first, none beyond what it may take.</summary>
    private static List<PriceLine> Share(IReadOnlyList<PriceLine> lines, string code, Money amount, Func<PriceLine, Money> room, Func<PriceLine, Money, PriceLine> with)
    {
        var after = new List<PriceLine>();
        foreach (var line in lines)
        {
            var part = line.Code != code ? Money.Zero : room(line) < amount ? room(line) : amount;
            amount -= part;
            after.Add(part == Money.Zero ? line : with(line, part));
        }
        return amount == Money.Zero ? after : throw new InvalidOperationException($"No line of {code} takes {amount}.");
    }

    /// <summary>The gateway's number for a bill; a number belongs to one bill for ever.</summary>
    public Bill Number(Change change, Bill bill, string number)
    {
        Require(bill.Number is null, bill, "numbered");
        change.Claims.Add(new Claim(NumberClaim, Once(number)));
        return Set(change, bill with { Number = number });
    }

    /// <summary>Spends a settled bill: the service is carried out in this same change. Each line becomes revenue under its fee code.</summary>
    public Bill Consume(Change change, Bill bill)
    {
        Require(bill.State == BillState.Settled, bill, "spent");
        var posting = new Posting(change, clock, "bill.consume").Entry(LedgerAccount.Held, bill.Id.Value, -bill.Total);
        foreach (var line in bill.Lines)
        {
            posting.Entry(LedgerAccount.Revenue, null, line.Amount, line.Code);
        }
        posting.Post();
        return Set(change, bill with { State = BillState.Consumed, ClosedAt = clock.Now() });
    }

    /// <summary>Ends a bill that is not spent: what had arrived is the payer's again, free to use or to take back.</summary>
    /// <param name="expired">True when its days ran out, false when it was given up (withdrawn, refused, priced anew).</param>
    public Bill Release(Change change, Bill bill, bool expired = false)
    {
        Require(bill.State is BillState.Open or BillState.Settled, bill, "released");
        var posting = new Posting(change, clock, "bill.release")
            .Entry(LedgerAccount.Held, bill.Id.Value, -(bill.Received + bill.WrittenOff))
            .Entry(LedgerAccount.Payer, bill.Payer.Id, bill.Received);
        // Of a claim that is given up as a whole nothing was written off, and it is nobody's money.
        foreach (var line in bill.Lines)
        {
            posting.Entry(LedgerAccount.WriteOff, bill.Id.Value, line.WrittenOff, line.Code);
        }
        posting.Post();
        var closed = bill with
        {
            State = expired ? BillState.Expired : BillState.Cancelled,
            Received = Money.Zero,
            ClosedAt = clock.Now(),
            Lines = [.. bill.Lines.Select(l => l with { WrittenOff = Money.Zero })],
        };
        Send(change, PaymentTopics.BillWithdrawn, closed);
        return Set(change, closed);
    }

    private Allocation Share(Change change, Posting posting, Bill bill, Money amount, Instant paidAt)
    {
        var taken = bill.Payable(paidAt.DayInRiyadh()) ? (amount < bill.Due ? amount : bill.Due) : Money.Zero;
        posting.Entry(LedgerAccount.Held, bill.Id.Value, taken).Entry(LedgerAccount.Payer, bill.Payer.Id, amount - taken).Post();
        if (taken == Money.Zero)
        {
            return new Allocation(bill, taken, amount);
        }
        var after = Set(change, bill with { Received = bill.Received + taken, State = taken == bill.Due ? BillState.Settled : BillState.Open });
        return new Allocation(after, taken, amount - taken);
    }

    /// <summary>Writes the bill's head, or folds into the one this change writes already.</summary>
    private static Bill Set(Change change, Bill bill)
    {
        object?[] rest =
        [
            bill.Case.Value, bill.Payer.Kind.ToString(), bill.Payer.Id, bill.Purpose, bill.State.ToString().ToUpperInvariant(), bill.Total.Halalas, bill.Received.Halalas,
            bill.ValidUntil, bill.Number, bill.PolicyVersion, PriceLine.ToJson(bill.Lines), bill.IssuedAt, bill.ClosedAt, NoneOr(bill.WrittenOff), NoneOr(bill.GivenBack),
        ];
        var written = change.Heads.FindIndex(h => h.Table == PaymentsTables.Bill && h.Id == bill.Id.Value);
        if (written >= 0)
        {
            change.Heads[written] = PaymentsTables.Bill.Head(bill.Id.Value, change.Heads[written].ExpectedVersion, rest);
        }
        else
        {
            change.Heads.Add(PaymentsTables.Bill.Head(bill.Id.Value, bill.Version, rest));
            bill = bill with { Version = bill.Version + 1 };
        }
        change.Remember(PaymentsTables.Bill, bill.Id.Value, Ledger.BillById, bill);
        return bill;
    }

    private static long? NoneOr(Money amount) => amount == Money.Zero ? null : amount.Halalas;

    private void Send(Change change, string topic, Bill bill) =>
        change.Messages.Add(new OutboxMessage(Guid.CreateVersion7(clock.GetUtcNow()), topic, "bill:" + bill.Id, JsonSerializer.Serialize(new BillMessage(bill.Id.Value))));

    private static void Require(bool allowed, Bill bill, string what)
    {
        if (!allowed)
        {
            throw new InvalidOperationException($"Bill {bill.Id} is {bill.State} and cannot be {what}.");
        }
    }

    /// <summary>Gateway ids are random and not personal: a plain hash is enough for a claim.</summary>
    internal static byte[] Once(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[..16];
}

internal sealed record BillMessage(Guid Bill);
