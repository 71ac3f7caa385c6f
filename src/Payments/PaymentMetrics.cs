using System.Diagnostics.Metrics;

namespace Muqeem.Payments;

/// <summary>What operators watch of the money. Each of the last three should stay at zero.</summary>
internal static class PaymentMetrics
{
    private static readonly Meter Meter = new("Muqeem.Payments");

    public static readonly Counter<long> Received = Meter.CreateCounter<long>("muqeem.payments.received", "{payment}", "Payments booked.");
    public static readonly Counter<long> Missed = Meter.CreateCounter<long>("muqeem.payments.missed", "{payment}", "Payments found only in the gateway's list of the day.");
    public static readonly Counter<long> Contradicting = Meter.CreateCounter<long>("muqeem.payments.contradicting", "{payment}", "Payment ids told with two contents.");
    public static readonly Counter<long> Faults = Meter.CreateCounter<long>("muqeem.payments.ledger_faults", "{fault}", "Findings of the ledger's audit.");
}
