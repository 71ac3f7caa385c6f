using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>What money is for, as the payment network and the prepaid balances know it.</summary>
public static class PaymentPurpose
{
    public const string Residence = "RESIDENCE";
    public const string ExitReentry = "EXIT_REENTRY";
    public const string DependentsLevy = "DEPENDENTS_LEVY";
    public const string WorkPermit = "WORK_PERMIT";
    public const string Transfer = "TRANSFER";
    public const string Occupation = "OCCUPATION";
    public const string Fines = "FINES";
    public const string Document = "DOCUMENT";

    public static readonly IReadOnlyList<string> All = [Residence, ExitReentry, DependentsLevy, WorkPermit, Transfer, Occupation, Fines, Document];
}

/// <param name="Reference">Ours; unique per bill, no personal data. The same reference again is the same bill.</param>
/// <param name="Payer">Resident, border, citizen or establishment number.</param>
public sealed record BillOrder(string Reference, string Payer, string Purpose, long AmountHalalas, LocalDate DueOn);

public enum BillState { Open, PartlyPaid, Paid, Cancelled, Expired }

public sealed record Bill(string Source, Instant AsOf, string BillNumber, string Biller, string Reference, string Payer, string Purpose, long AmountHalalas, long PaidHalalas, LocalDate DueOn, BillState State) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Number(BillNumber, 6, 20) => "billNumber",
        _ when !Shape.Number(Biller, 3) => "biller",
        _ when !Shape.Text(Reference, 60) => "reference",
        _ when !Shape.Number(Payer, 10) => "payer",
        _ when AmountHalalas <= 0 => "amountHalalas",
        _ when PaidHalalas < 0 => "paidHalalas",
        _ => null,
    };
}

/// <summary>Money that a payer has deposited beforehand, by purpose.</summary>
public sealed record PrepaidBalances(string Source, Instant AsOf, string Payer, IReadOnlyList<PrepaidBalance> Balances) : IAgencyRecord
{
    public string? BrokenField()
    {
        if (!Shape.Number(Payer, 10))
        {
            return "payer";
        }
        return Shape.Each("balances", Balances, b => b.AmountHalalas < 0 ? "amountHalalas" : !Shape.Text(b.Purpose, 40) ? "purpose" : null);
    }

    public Money Of(string purpose) => Balances.Where(balance => balance.Purpose == purpose).Aggregate(Money.Zero, (sum, balance) => sum + new Money(balance.AmountHalalas));
}

public sealed record PrepaidBalance(string Purpose, long AmountHalalas);

/// <summary>Takes from a prepaid balance. The same reference again takes once.</summary>
public sealed record PrepaidTake(string Reference, string Payer, string Purpose, long AmountHalalas);

public enum PrepaidTakeState { Taken, Insufficient }

public sealed record PrepaidTakeReceipt(string Source, Instant AsOf, string Reference, PrepaidTakeState State, string? PaymentId, long BalanceHalalas) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Text(Reference, 60) => "reference",
        _ when State == PrepaidTakeState.Taken && !Shape.Text(PaymentId, 60) => "paymentId",
        _ when BalanceHalalas < 0 => "balanceHalalas",
        _ => null,
    };
}

/// <param name="PaymentId">The payment that is given back, wholly or in part.</param>
/// <param name="Iban">Only when the account that paid no longer exists.</param>
public sealed record RefundOrder(string Reference, string Payer, string Purpose, string PaymentId, long AmountHalalas, string? Iban);

public enum RefundState { Accepted, Paid, Declined }

public sealed record RefundReceipt(string Source, Instant AsOf, string Reference, string RefundId, RefundState State) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Text(Reference, 60) => "reference",
        _ when !Shape.Text(RefundId, 60) => "refundId",
        _ => null,
    };
}

/// <summary>All payments that reached us on one day in Riyadh: what the day's books are compared with.</summary>
public sealed record PaymentsOfDay(string Source, Instant AsOf, LocalDate Day, long TotalHalalas, IReadOnlyList<PaymentReceived> Payments) : IAgencyRecord
{
    public string? BrokenField() => Shape.Each("payments", Payments, p => p.BrokenField()) ?? (TotalHalalas == Payments.Sum(payment => payment.AmountHalalas) ? null : "totalHalalas");
}

public enum PaymentChannel { Sadad, Mada, Bank, Prepaid }

/// <summary>Money arrived. May be told twice, late, or before we have the answer to our bill.</summary>
/// <param name="BillNumber">Null: a deposit to the payer's prepaid balance.</param>
public sealed record PaymentReceived(string PaymentId, string? BillNumber, string? Reference, string Payer, string Purpose, long AmountHalalas, PaymentChannel Channel, Instant At, string? Currency = null)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(PaymentId, 60) => "paymentId",
        _ when BillNumber is not null && !Shape.Number(BillNumber, 6, 20) => "billNumber",
        _ when !Shape.Number(Payer, 10) => "payer",
        _ when !Shape.Text(Purpose, 40) => "purpose",
        _ when AmountHalalas <= 0 || AmountHalalas > Money.Largest.Halalas => "amountHalalas",
        _ when Currency is not (null or "SAR") => "currency",
        _ => null,
    };
}

/// <summary>The national payment network: bills, prepaid balances, refunds, and the day's payments.</summary>
public sealed class PaymentGateway(AgencyLine line)
{
    public const string Name = "PaymentGateway";

    public static readonly Duration BillValidity = Duration.FromMinutes(1);
    public static readonly Duration BalanceValidity = Duration.FromMinutes(1);

    public Task<AgencyAnswer<Bill>> CreateBillAsync(BillOrder order, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<Bill>("bill", HttpMethod.Post, "bills", order, requestId, cancel);

    public Task<AgencyAnswer<Bill>> CancelBillAsync(string billNumber, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<Bill>("bill", HttpMethod.Post, $"bills/{Uri.EscapeDataString(billNumber)}/cancel", new object(), requestId, cancel);

    public Task<AgencyAnswer<Bill>> BillAsync(string billNumber, CancellationToken cancel = default) =>
        line.GetAsync<Bill>("bill", $"bills/{Uri.EscapeDataString(billNumber)}", BillValidity, cancel);

    public Task<AgencyAnswer<PrepaidBalances>> BalancesAsync(string payer, CancellationToken cancel = default) =>
        line.GetAsync<PrepaidBalances>("balances", $"balances/{Uri.EscapeDataString(payer)}", BalanceValidity, cancel);

    public Task<AgencyAnswer<PrepaidTakeReceipt>> TakeAsync(PrepaidTake take, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<PrepaidTakeReceipt>("take", HttpMethod.Post, "takes", take, requestId, cancel);

    public Task<AgencyAnswer<RefundReceipt>> RefundAsync(RefundOrder order, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<RefundReceipt>("refund", HttpMethod.Post, "refunds", order, requestId, cancel);

    public Task<AgencyAnswer<PaymentsOfDay>> PaymentsAsync(LocalDate day, CancellationToken cancel = default) =>
        line.GetAsync<PaymentsOfDay>("payments", $"payments?day={NodaTime.Text.LocalDatePattern.Iso.Format(day)}", Duration.FromMinutes(1), cancel);
}
