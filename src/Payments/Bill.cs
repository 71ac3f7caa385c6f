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
/// <param name="Received">Money set aside for this bill; kept as a record after it was spent.</param>
/// <param name="Lines">Frozen, but for what officers write off of a line or give back of it.</param>
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
    /// <summary>What is not asked for any more; it settles the bill like money.</summary>
    public Money WrittenOff => Lines.Aggregate(Money.Zero, (sum, line) => sum + line.WrittenOff);

    /// <summary>What was spent and is the payer's again.</summary>
    public Money GivenBack => Lines.Aggregate(Money.Zero, (sum, line) => sum + line.GivenBack);

    /// <summary>What is still to be paid.</summary>
    public Money Due => State == BillState.Open ? Total - Received - WrittenOff : Money.Zero;

    /// <summary>What may be written off of the lines with a fee code.</summary>
    public Money OwedOf(string code) => Least(Due, Lines.Where(l => l.Code == code).Aggregate(Money.Zero, (sum, l) => sum + l.Amount - l.WrittenOff));

    /// <summary>What may be given back of the lines with a fee code, once they are spent.</summary>
    public Money KeptOf(string code) => Least(Received - GivenBack, Lines.Where(l => l.Code == code).Aggregate(Money.Zero, (sum, l) => sum + l.Amount - l.WrittenOff - l.GivenBack));

    private static Money Least(Money one, Money other) => one < other ? one : other;

    /// <summary>The state to show on a day: an open bill past its last day is expired whether or not an act has said so.</summary>
    public BillState StateOn(LocalDate day) => State == BillState.Open && day > ValidUntil ? BillState.Expired : State;

    public bool Payable(LocalDate day) => StateOn(day) == BillState.Open;
}
