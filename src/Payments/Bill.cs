using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>Who pays. <see cref="Id"/> is a person's or an employer's; all money of one id is one spendable balance, whatever the role.</summary>
public sealed record Payer(PayerKind Kind, Guid Id)
{
    public static Payer Person(PersonId person, PayerKind kind = PayerKind.Resident) => new(kind, person.Value);
}

public readonly record struct BillId(Guid Value)
{
    public static BillId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));
    public override string ToString() => Value.ToString();
}

/// <summary>How a bill stands. Every bill leaves <see cref="Open"/> by its last day at the latest.</summary>
public enum BillState
{
    /// <summary>Waits for money; part of it may be here.</summary>
    Open,

    /// <summary>All of it is here and set aside for the case.</summary>
    Settled,

    /// <summary>Spent: the service was carried out.</summary>
    Consumed,

    /// <summary>Given up; what had arrived is the payer's again.</summary>
    Cancelled,

    /// <summary>Its price holds no longer; what had arrived is the payer's again.</summary>
    Expired,
}

/// <summary>A price frozen for one payer of one case, as read at <see cref="Version"/>.</summary>
/// <param name="Received">Set aside for this bill; kept as a record after it was spent.</param>
/// <param name="ValidUntil">The last day in Riyadh on which a payment counts for this price.</param>
/// <param name="Number">The number to pay at the gateway; null until the gateway has given one.</param>
public sealed record Bill(
    BillId Id,
    long Version,
    CaseId Case,
    Payer Payer,
    string Purpose,
    BillState State,
    Money Total,
    Money Received,
    LocalDate ValidUntil,
    string? Number,
    long PolicyVersion,
    IReadOnlyList<PriceLine> Lines,
    Instant IssuedAt,
    Instant? ClosedAt)
{
    /// <summary>What is still to be paid.</summary>
    public Money Due => State == BillState.Open ? Total - Received : Money.Zero;

    /// <summary>The state to show on a day: an open bill past its last day is expired whether or not an act has said so.</summary>
    public BillState StateOn(LocalDate day) => State == BillState.Open && day > ValidUntil ? BillState.Expired : State;

    public bool Payable(LocalDate day) => StateOn(day) == BillState.Open;
}
