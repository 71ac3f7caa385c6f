using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>What the gateway answered.</summary>
public abstract record GatewayAnswer
{
    private GatewayAnswer() { }

    /// <param name="Number">The bill's number, or the refund's id.</param>
    public sealed record Done(string Number) : GatewayAnswer;

    /// <summary>It will never do it.</summary>
    public sealed record Declined(string Why) : GatewayAnswer;

    /// <summary>Down, slow, or still at it: ask again with the same reference.</summary>
    public sealed record Later(string Why) : GatewayAnswer;
}

/// <summary>The calls this project makes to the payment gateway. The host binds them to the agency's client and fills in the payer's number; each is repeated with the same reference until it is answered.</summary>
public sealed class GatewayCalls
{
    /// <summary>Creates a bill; the reference is the bill's id, so that a repetition makes no second one.</summary>
    public required Func<Bill, CancellationToken, Task<GatewayAnswer>> CreateBill { get; init; }

    public required Func<Bill, CancellationToken, Task<GatewayAnswer>> CancelBill { get; init; }

    /// <summary>Refunds a payment, wholly or in part, to an account number.</summary>
    public required Func<Refund, Payment, string, CancellationToken, Task<GatewayAnswer>> Refund { get; init; }

    /// <summary>All payments the gateway took for us on a day in Riyadh; null while it cannot say.</summary>
    public required Func<LocalDate, CancellationToken, Task<IReadOnlyList<PaymentNotice>?>> PaymentsOf { get; init; }
}

/// <summary>Told of cases whose bill is settled; the engine goes on with them. It may be told twice.</summary>
public delegate Task MoneyArrived(CaseId @case, CancellationToken cancel);

/// <summary>The gateway's list of a day against the books.</summary>
/// <param name="Missed">Payments we had not been told of; they are booked now.</param>
/// <param name="Contradicting">Payment ids whose amount is another one here: somebody has to look.</param>
public sealed record Reconciliation(int Listed, int Missed, IReadOnlyList<string> Contradicting);

/// <summary>The gateway's list of a day beside what is booked of it.</summary>
/// <param name="Booked">Payments booked here that were paid on the day.</param>
internal sealed record DayAtTheGateway(long ListedCount, Money Listed, long BookedCount, Money Booked, IReadOnlyList<ClosingDifference> Differences);

/// <summary>Carries this project's outbox messages to the gateway and its answers back. Each step may be repeated.</summary>
public sealed class GatewayDesk(Bills bills, Ledger ledger, PaymentsInbox inbox, Refunds refunds, ReadDoor door, IWriter writer, GatewayCalls gateway, MoneyArrived arrived, TimeProvider clock)
{
    /// <returns>Whether the message is dealt with; false: again later.</returns>
    public async Task<bool> BillAsync(string payload, CancellationToken cancel)
    {
        var bill = await BillIn(payload, cancel);
        if (bill.Number is null && bill.State == BillState.Open)
        {
            if (await gateway.CreateBill(bill, cancel) is not GatewayAnswer.Done answer)
            {
                return false;
            }
            var change = ActOn(bill, "bill.number", answer.Number);
            bills.Number(change, bill, answer.Number);
            // A conflict is a payment that came first and brought the number: the next round sees it.
            if (await writer.WriteAsync(change, cancel: cancel) is not (WriteOutcome.Done or WriteOutcome.Replayed))
            {
                return false;
            }
            bill = bill with { Number = answer.Number };
        }
        if (bill.Number is { } number)
        {
            foreach (var touched in await inbox.AllocateWaitingAsync(number, cancel))
            {
                await arrived(touched, cancel);
            }
        }
        return true;
    }

    /// <returns>Whether the message is dealt with; false: again later.</returns>
    public async Task<bool> WithdrawAsync(string payload, CancellationToken cancel)
    {
        var bill = await BillIn(payload, cancel);
        if (bill.State == BillState.Settled)
        {
            // Settled without the gateway: who settled it tells the engine, unless the process ended before.
            await arrived(bill.Case, cancel);
        }
        // Declined: it is paid or gone at the gateway; money that arrives now becomes the payer's.
        return bill.Number is null || await gateway.CancelBill(bill, cancel) is not GatewayAnswer.Later;
    }

    /// <returns>Whether the message is dealt with; false: again later.</returns>
    public async Task<bool> RefundAsync(string payload, CancellationToken cancel)
    {
        var id = JsonSerializer.Deserialize<RefundMessage>(payload)!.Refund;
        var refund = await refunds.FindAsync(id, cancel) ?? throw new InvalidOperationException($"There is no refund {id}.");
        if (refund.State != RefundState.Requested)
        {
            return true;
        }
        var payment = await ledger.PaymentAsync(refund.Payment, cancel) ?? throw new InvalidOperationException($"Refund {id} has no payment.");
        var change = new Change(new Act(ActId.New(clock), "refund.close", Actor.Agency(PaymentsInbox.Gateway), PaymentsInbox.OperationOf("refund.close", id.ToString()), Digest.Of(payload), clock.Now()));
        var access = door.Within(change, Actor.System("payments"), Purpose.Payment, "payment.refund", new PersonId(refund.Payer.Id));
        var iban = await refunds.IbanAsync(access, refund);
        switch (await gateway.Refund(refund, payment, iban, cancel))
        {
            case GatewayAnswer.Done done:
                await refunds.PaidAsync(change, refund, iban, done.Number);
                break;
            case GatewayAnswer.Declined:
                await refunds.FailedAsync(change, refund, iban, cancel);
                break;
            default:
                return false;
        }
        return await writer.WriteAsync(change, cancel: cancel) is WriteOutcome.Done or WriteOutcome.Replayed;
    }

    /// <summary>Books what the gateway took on a day and never told, and says what does not agree. Null while the gateway cannot say.</summary>
    public async Task<Reconciliation?> ReconcileAsync(LocalDate day, CancellationToken cancel = default)
    {
        if (await gateway.PaymentsOf(day, cancel) is not { } listed)
        {
            return null;
        }
        var ours = Ours(listed);
        var booked = await ledger.BookedAsync([.. ours.Select(n => n.GatewayId)], cancel);
        var contradicting = new List<string>();
        var missed = 0;
        foreach (var notice in ours)
        {
            if (booked.TryGetValue(notice.GatewayId, out var amount))
            {
                if (amount != notice.Amount)
                {
                    contradicting.Add(notice.GatewayId);
                }
                continue;
            }
            switch (await inbox.ReceiveAsync(notice, cancel))
            {
                case PaymentReception.Received { CasesTouched: var cases }:
                    missed++;
                    foreach (var touched in cases)
                    {
                        await arrived(touched, cancel);
                    }
                    break;
                case PaymentReception.Contradicts:
                    contradicting.Add(notice.GatewayId);
                    break;
            }
        }
        PaymentMetrics.Missed.Add(missed);
        PaymentMetrics.Contradicting.Add(contradicting.Count);
        return new Reconciliation(ours.Count, missed, contradicting);
    }

    /// <summary>Says what does not agree, and books nothing. Null while the gateway cannot say.</summary>
    internal async Task<DayAtTheGateway?> CompareAsync(LocalDate day, CancellationToken cancel = default)
    {
        if (await gateway.PaymentsOf(day, cancel) is not { } all)
        {
            return null;
        }
        var listed = Ours(all).DistinctBy(n => n.GatewayId).ToDictionary(n => n.GatewayId, n => n.Amount, StringComparer.Ordinal);
        var paid = await ledger.PaidOnAsync(day, cancel);
        var booked = await ledger.BookedAsync(listed.Keys, cancel);
        var differences = new List<ClosingDifference>();
        foreach (var (payment, amount) in listed.OrderBy(l => l.Key, StringComparer.Ordinal))
        {
            if (!booked.TryGetValue(payment, out var here))
            {
                differences.Add(new(ClosingDifference.NotBooked, payment, amount.Halalas, null));
            }
            else if (here != amount)
            {
                differences.Add(new(ClosingDifference.OtherAmount, payment, amount.Halalas, here.Halalas));
            }
        }
        differences.AddRange(paid.Where(p => !listed.ContainsKey(p.Key)).OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => new ClosingDifference(ClosingDifference.NotListed, p.Key, null, p.Value.Halalas)));
        return new(listed.Count, Sum(listed.Values), paid.Count, Sum(paid.Values), differences);

        static Money Sum(IEnumerable<Money> amounts) => amounts.Aggregate(Money.Zero, (sum, amount) => sum + amount);
    }

    /// <summary>Deposits to prepaid balances are the gateway's books, not ours.</summary>
    private static List<PaymentNotice> Ours(IEnumerable<PaymentNotice> listed) => [.. listed.Where(n => n.BillNumber is not null || n.Reference is not null)];

    private async Task<Bill> BillIn(string payload, CancellationToken cancel)
    {
        var id = new BillId(JsonSerializer.Deserialize<BillMessage>(payload)!.Bill);
        return await ledger.BillAsync(id, cancel) ?? throw new InvalidOperationException($"There is no bill {id}.");
    }

    private Change ActOn(Bill bill, string verb, string id) =>
        new(new Act(ActId.New(clock), verb, Actor.Agency(PaymentsInbox.Gateway), PaymentsInbox.OperationOf(verb, bill.Id + "\n" + id), Digest.Of(verb, bill.Id.ToString(), id), clock.Now()) { Case = bill.Case });
}
