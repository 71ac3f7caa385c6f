using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;

namespace Muqeem.Payments;

/// <summary>What became of a message that money arrived. All but <see cref="Busy"/> are final: the gateway need not tell it again.</summary>
public abstract record PaymentReception
{
    private PaymentReception() { }

    /// <summary>Booked now.</summary>
    /// <param name="CasesTouched">Cases whose bill is settled: the engine runs their checks again and goes on.</param>
    public sealed record Received(Allocation Allocation, IReadOnlyList<CaseId> CasesTouched) : PaymentReception;

    /// <summary>Booked before; the cases are named again, so that a step lost between the two messages is made up for.</summary>
    public sealed record Repeated(IReadOnlyList<CaseId> CasesTouched) : PaymentReception;

    /// <summary>The same payment id with other content: nothing was booked, and somebody has to look.</summary>
    public sealed record Contradicts : PaymentReception;

    /// <summary>A deposit to a prepaid balance that the gateway keeps: it becomes ours when a bill takes it.</summary>
    public sealed record Deposit : PaymentReception;

    /// <summary>Not booked and not known to be: tell it again after this time.</summary>
    public sealed record Busy(TimeSpan RetryAfter) : PaymentReception;
}

/// <summary>Books what the gateway tells, once per payment id whatever is repeated, late, early or at the same time.</summary>
public sealed class PaymentsInbox(Bills bills, Ledger ledger, IWriter writer, TimeProvider clock)
{
    public const string Gateway = "payment-gateway";

    private const int Attempts = 8;

    /// <param name="notice">Verified: its signature was checked over the raw bytes.</param>
    public async Task<PaymentReception> ReceiveAsync(PaymentNotice notice, CancellationToken cancel = default)
    {
        if (notice.BillNumber is null && notice.Reference is null)
        {
            return new PaymentReception.Deposit();
        }
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var bill = await BillOfAsync(notice, cancel);
            var change = new Change(new Act(ActId.New(clock), "payment.receive", Actor.Agency(Gateway), OperationOf("payment.receive", notice.GatewayId), DigestOf(notice), clock.Now())
            {
                Case = bill?.Case,
                Answer = notice.GatewayId,
            });
            if (bill is { Number: null } && notice.BillNumber is { } number)
            {
                // The gateway's answer with the number is still on its way, or was lost.
                bill = bills.Number(change, bill, number);
            }
            var allocation = bills.Receive(change, notice, bill);
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done when allocation.Bill is null:
                    PaymentMetrics.Received.Add(1);
                    // The bill's number may have become known while this was written; whoever commits last sees the other.
                    return new PaymentReception.Received(allocation, await AllocateWaitingAsync(notice.BillNumber!, cancel));
                case WriteOutcome.Done:
                    PaymentMetrics.Received.Add(1);
                    return new PaymentReception.Received(allocation, allocation.Settles ? [allocation.Bill.Case] : []);
                case WriteOutcome.Replayed or WriteOutcome.Claimed { Kind: Bills.PaymentClaim }:
                    return new PaymentReception.Repeated(await SettledCasesAsync(notice, cancel));
                case WriteOutcome.OperationReused:
                    PaymentMetrics.Contradicting.Add(1);
                    return new PaymentReception.Contradicts();
                case WriteOutcome.Busy busy:
                    return new PaymentReception.Busy(busy.RetryAfter);
                case WriteOutcome.InDoubt:
                    return new PaymentReception.Busy(TimeSpan.FromSeconds(5));
            }
        }
        return new PaymentReception.Busy(TimeSpan.FromSeconds(1));
    }

    /// <summary>Gives money that came early to its bill, now that the bill's number is known. Call it after the number was written; safe to repeat.</summary>
    /// <returns>The cases whose bill became settled.</returns>
    public async Task<IReadOnlyList<CaseId>> AllocateWaitingAsync(string number, CancellationToken cancel = default)
    {
        var touched = new List<CaseId>();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var bill = await ledger.BillByNumberAsync(number, cancel);
            var waiting = bill is null ? [] : await ledger.WaitingAsync(number, cancel);
            if (bill is null || waiting.Count == 0)
            {
                break;
            }
            var payment = waiting[0];
            var change = new Change(new Act(ActId.New(clock), "payment.allocate", Actor.System("payments"), OperationOf("payment.allocate", payment.GatewayId), Digest.Of(payment.GatewayId, bill.Id.ToString()), clock.Now()) { Case = bill.Case });
            var allocation = bills.Allocate(change, payment, bill);
            var outcome = await writer.WriteAsync(change, cancel: cancel);
            if (outcome is WriteOutcome.Done)
            {
                attempt = -1;
                if (allocation.Settles)
                {
                    touched.Add(bill.Case);
                }
            }
            else if (outcome is WriteOutcome.Busy or WriteOutcome.InDoubt)
            {
                break;
            }
        }
        return touched;
    }

    /// <summary>Makes up for crashes between a bill's number and the money that waited for it; a job calls it.</summary>
    /// <returns>The cases whose bill became settled.</returns>
    public async Task<IReadOnlyList<CaseId>> SweepAsync(CancellationToken cancel = default)
    {
        var touched = new List<CaseId>();
        foreach (var bill in await ledger.BillsWithWaitingMoneyAsync(cancel))
        {
            touched.AddRange(await AllocateWaitingAsync(bill.Number!, cancel));
        }
        return touched;
    }

    private async Task<Bill?> BillOfAsync(PaymentNotice notice, CancellationToken cancel)
    {
        if (notice.BillNumber is { } number && await ledger.BillByNumberAsync(number, cancel) is { } byNumber)
        {
            return byNumber;
        }
        // The number rules: a reference to a bill that has another number names the wrong bill.
        return notice.Reference is { } reference && await ledger.BillAsync(reference, cancel) is { } bill && (bill.Number is null || notice.BillNumber is null) ? bill : null;
    }

    private async Task<IReadOnlyList<CaseId>> SettledCasesAsync(PaymentNotice notice, CancellationToken cancel)
    {
        if (await ledger.PaymentAsync(notice.GatewayId, cancel) is not { } payment)
        {
            return [];
        }
        if (payment.Bill is null)
        {
            return await AllocateWaitingAsync(payment.BillNumber!, cancel);
        }
        return await ledger.BillAsync(payment.Bill.Value, cancel) is { State: BillState.Settled } bill ? [bill.Case] : [];
    }

    /// <summary>An operation id that is the same whenever the same thing is told again.</summary>
    internal static Guid OperationOf(string verb, string id) => new(SHA256.HashData(Encoding.UTF8.GetBytes(verb + "\n" + id)).AsSpan(0, 16));

    /// <summary>The time is left out: another channel of the gateway may print it less exactly.</summary>
    private static byte[] DigestOf(PaymentNotice notice) =>
        Digest.Of(notice.GatewayId, notice.BillNumber, notice.Reference?.ToString(), notice.Amount.Halalas.ToString(CultureInfo.InvariantCulture));
}
