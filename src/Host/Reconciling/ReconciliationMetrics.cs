using System.Diagnostics.Metrics;

namespace Muqeem.Host.Reconciling;

/// <summary>What operators watch of the comparisons with other agencies.</summary>
internal static class ReconciliationMetrics
{
    private static readonly Meter Meter = new("Muqeem.Reconciliation");

    public static readonly Counter<long> Compared = Meter.CreateCounter<long>("muqeem.reconciliation.compared", "{record}", "Records compared with an agency's.");

    /// <summary>Tags: agency, kind, what became of it (told_again, caught_up, open, settled).</summary>
    public static readonly Counter<long> Differences = Meter.CreateCounter<long>("muqeem.reconciliation.differences", "{difference}", "Differences by what became of them.");

    public static readonly Counter<long> Silent = Meter.CreateCounter<long>("muqeem.reconciliation.silent", "{question}", "Questions that an agency did not answer: the comparison waits.");
}
