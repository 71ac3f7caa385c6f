using System.Diagnostics.Metrics;

namespace Muqeem.Platform.Writing;

/// <summary>What the writer counts. Nothing here names anybody.</summary>
internal static class WriterMetrics
{
    private static readonly Meter Meter = new("Muqeem.Writer");

    public static readonly Histogram<int> GroupSize = Meter.CreateHistogram<int>("muqeem.writer.group.size", "{change}", "Changes committed together");
    public static readonly Histogram<double> GroupTime = Meter.CreateHistogram<double>("muqeem.writer.group.time", "s", "From taking a group to its answers");
    public static readonly Counter<long> Refused = Meter.CreateCounter<long>("muqeem.writer.refused", "{change}", "Changes answered with a no, by kind");
    public static readonly Counter<long> LostRaces = Meter.CreateCounter<long>("muqeem.writer.lost_races", "{group}", "Groups aborted because another node was first");
    public static readonly Counter<long> Surprises = Meter.CreateCounter<long>("muqeem.writer.surprises", "{group}", "Groups aborted by an error that no check foresaw; each is a bug");
    public static readonly Counter<long> InDoubt = Meter.CreateCounter<long>("muqeem.writer.in_doubt", "{group}", "Commits whose answer was lost");
    public static readonly Counter<long> QueueFull = Meter.CreateCounter<long>("muqeem.writer.queue_full", "{change}", "Changes sent away because the queue was full");
}
