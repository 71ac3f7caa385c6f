using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>One sum that paid a bill.</summary>
/// <param name="Purpose">How: the text is <c>ledger.&lt;purpose&gt;</c>, e.g. by the gateway or from the payer's balance.</param>
public sealed record ReceiptPart(Instant At, string Purpose, Money Amount);

/// <summary>Whether the payer still has paid it.</summary>
public enum ReceiptStanding
{
    Paid,

    /// <summary>Some of it went back to the payer.</summary>
    PartlyBack,

    /// <summary>All of it went back to the payer.</summary>
    Back,
}

/// <summary>What a payer can show: the frozen lines of a bill that was paid in full and the sums that paid it. Page, PDF and API show the same.</summary>
/// <param name="Number">The gateway's bill number, or our own id where the bill was paid from the balance before it had one.</param>
/// <param name="Spent">Whether the service was carried out; until then the money can still become the payer's again.</param>
/// <param name="WrittenOff">What of the total was not asked for.</param>
/// <param name="Back">What of the money is the payer's again.</param>
/// <param name="BackAt">When the last of it went back; null when none did.</param>
public sealed record Receipt(
    string Number, BillId Bill, CaseId Case, Payer Payer, string Purpose, IReadOnlyList<PriceLine> Lines, Money Total, IReadOnlyList<ReceiptPart> Parts, Instant PaidAt, bool Spent, long PolicyVersion,
    Money WrittenOff, Money Back, Instant? BackAt)
{
    /// <summary>What was paid in money.</summary>
    public Money Paid => Total - WrittenOff;

    public ReceiptStanding Standing => Back == Money.Zero ? ReceiptStanding.Paid : Back < Paid ? ReceiptStanding.PartlyBack : ReceiptStanding.Back;

    /// <summary>The value added tax within the total; zero where none of the lines has any.</summary>
    public Money Tax => Lines.Aggregate(Money.Zero, (sum, line) => sum + line.Tax);

    /// <summary>Null: it was never paid in full, or without any money.</summary>
    internal static Receipt? Of(Bill bill, IReadOnlyList<ReceiptPart> parts, Instant? givenBackAt)
    {
        Money Sum(Func<ReceiptPart, bool> which) => parts.Where(which).Aggregate(Money.Zero, (sum, p) => sum + p.Amount);
        var writtenOff = Sum(p => p.Purpose == WriteOffPart);
        if (bill.State == BillState.Open || Sum(_ => true) < bill.Total || writtenOff == bill.Total)
        {
            return null;
        }
        var released = bill.State is not (BillState.Settled or BillState.Consumed);
        return new(bill.Number ?? bill.Id.ToString(), bill.Id, bill.Case, bill.Payer, bill.Purpose, bill.Lines, bill.Total, parts, parts.Max(p => p.At), bill.State == BillState.Consumed, bill.PolicyVersion,
            writtenOff, released ? bill.Total - writtenOff : bill.GivenBack, released ? bill.ClosedAt : givenBackAt);
    }

    private const string WriteOffPart = "bill.write_off";
}
