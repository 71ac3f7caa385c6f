using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>A genuine message of the gateway that money arrived; the caller has verified its signature.</summary>
/// <param name="GatewayId">The gateway's own payment id: the same one again is the same payment.</param>
/// <param name="BillNumber">The bill number the payer gave, perhaps not known here yet; null when the money came from a prepaid balance at the gateway.</param>
/// <param name="Reference">Our bill id, when the gateway echoes it.</param>
/// <param name="PaidAt">When the payer paid, by the gateway's clock: it decides whether the price still held.</param>
public sealed record PaymentNotice(string GatewayId, string? BillNumber, BillId? Reference, Money Amount, Instant PaidAt, string Method);

/// <summary>A payment as kept. <see cref="Bill"/> is null while no bill with that number is known.</summary>
/// <param name="Refunded">Given back or on its way back.</param>
public sealed record Payment(Guid Id, long Version, string GatewayId, string? BillNumber, BillId? Bill, Guid? Payer, Money Amount, Money Refunded, Instant PaidAt, Instant ReceivedAt, string Method)
{
    internal Platform.Database.HeadWrite Write() =>
        PaymentsTables.Payment.Head(Id, Version, GatewayId, BillNumber, Bill?.Value, Payer, Amount.Halalas, Refunded.Halalas, PaidAt, ReceivedAt, Method);
}

/// <summary>What became of a payment's money within a change.</summary>
/// <param name="Bill">The bill at its next version, or null when none is known: the money then waits for it.</param>
/// <param name="ToBill">Set aside for the bill.</param>
/// <param name="ToBalance">The payer's own: too much, too late, or for a bill that was paid or closed.</param>
public sealed record Allocation(Bill? Bill, Money ToBill, Money ToBalance)
{
    /// <summary>Whether this payment completed the bill.</summary>
    public bool Settles => Bill is { State: BillState.Settled } && ToBill > Money.Zero;
}
