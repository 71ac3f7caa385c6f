using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>One sum that paid a bill.</summary>
/// <param name="Purpose">How: the text is <c>ledger.&lt;purpose&gt;</c>, e.g. by the gateway or from the payer's balance.</param>
public sealed record ReceiptPart(Instant At, string Purpose, Money Amount);

/// <summary>What a payer can show: the frozen lines of a paid bill and the sums that paid it. Page, PDF and API show the same.</summary>
/// <param name="Number">The gateway's bill number, or our own id where the bill was paid from the balance before it had one.</param>
/// <param name="Spent">Whether the service was carried out; until then the money can still become the payer's again.</param>
public sealed record Receipt(
    string Number, BillId Bill, CaseId Case, Payer Payer, string Purpose, IReadOnlyList<PriceLine> Lines, Money Total, IReadOnlyList<ReceiptPart> Parts, Instant PaidAt, bool Spent, long PolicyVersion)
{
    internal static Receipt Of(Bill bill, IReadOnlyList<ReceiptPart> parts) => new(
        bill.Number ?? bill.Id.ToString(), bill.Id, bill.Case, bill.Payer, bill.Purpose, bill.Lines, bill.Total, parts, parts.Max(p => p.At), bill.State == BillState.Consumed, bill.PolicyVersion);
}
