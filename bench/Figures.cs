using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Muqeem.Bench;

/// <summary>A piece of work over and over for a while: how many a second of the clock, and what each costs this process in microseconds of processor time.</summary>
internal sealed record Slice(double PerSecond, double CpuMicros)
{
    /// <summary>On one thread. What the collector of garbage and the compiler do beside it counts.</summary>
    /// <param name="work">Is told how many were done before; throws when an answer is wrong.</param>
    public static Slice Of(TimeSpan length, Action<int> work)
    {
        var (done, cpu, from) = (0, Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        do
        {
            for (var i = 0; i < 16; i++)
            {
                work(done++);
            }
        }
        while (Stopwatch.GetElapsedTime(from) < length);
        return new(done / Stopwatch.GetElapsedTime(from).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / done);
    }
}

/// <summary>One round of a figure.</summary>
/// <param name="Ratio">To the baseline of the same round; of what has a bar of its own, to that bar.</param>
/// <param name="CpuRatio">Processor time of one, to that of one of the baseline's.</param>
internal sealed record Reading(double Ratio, double CpuRatio, double PerSecond, double CpuMicros);

/// <summary>Something measured beside whole cases.</summary>
/// <param name="Least">The ratio that must be reached.</param>
/// <param name="Against">What the ratio is to.</param>
internal sealed record Figure(string Id, double Least, string Against)
{
    public const string SdJwtIssue = "sdjwt.issue", MdocIssue = "mdoc.issue", VerifyOffline = "verify.offline", StatusRebuild = "status.rebuild", JournalTree = "journal.tree",
        JournalRows = "journal.rows", VerifyStatus = "verify.status", VerifyPresentation = "verify.presentation", FactsGather = "facts.gather", WaitingDrain = "waiting.drain", ImportPersons = "import.persons";

    private const string Signing = "openssl's P-256 signatures per second of processor", Checking = "openssl's P-256 verifications per second of processor", Bare = "a bare JSON endpoint of the same server";

    public static readonly Figure[] All =
    [
        new(SdJwtIssue, 0.35, Signing),
        new(MdocIssue, 0.25, Signing),
        new(VerifyOffline, 0.6, Checking),
        new(StatusRebuild, 1, "one second of processor for 15 million entries"),
        new(JournalTree, 1, "200,000 leaves a second"),
        new(VerifyStatus, 0.25, Bare),
        new(VerifyPresentation, 0.1, Bare),
        new(JournalRows, 1, "10,000 rows a second"),
        new(FactsGather, 1 / 1.3, "the slowest agency's latency"),
        new(WaitingDrain, 1, "new cases that are taken"),
        new(ImportPersons, 1, "556 persons a second: a million in half an hour"),
    ];

    public List<Reading> Readings { get; } = [];

    public static Figure Of(string id) => All.Single(f => f.Id == id);

    public string Keep(int round, Reading reading, string beside)
    {
        Readings.Add(reading);
        return string.Create(CultureInfo.InvariantCulture, $"round {round}  {Id,-20} {reading.PerSecond,10:0} /s  {reading.CpuMicros:0.0} µs  ratio {reading.Ratio:0.00}  {beside}  load {Cpu.Load()}");
    }
}

/// <summary>What openssl itself reaches on P-256: one thread, by the processor time that it counts of itself.</summary>
internal sealed partial record Openssl(double SignsPerCpuSecond, double VerifiesPerCpuSecond)
{
    public double SignMicros => 1e6 / SignsPerCpuSecond;
    public double VerifyMicros => 1e6 / VerifiesPerCpuSecond;

    public static Openssl Mean(Openssl before, Openssl after) => new((before.SignsPerCpuSecond + after.SignsPerCpuSecond) / 2, (before.VerifiesPerCpuSecond + after.VerifiesPerCpuSecond) / 2);

    public static async Task<Openssl> MeasureAsync(int seconds)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", ["speed", "-seconds", seconds.ToString(CultureInfo.InvariantCulture), "ecdsap256"]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("openssl is not installed.");
        var output = process.StandardOutput.ReadToEndAsync();
        var told = await process.StandardError.ReadToEndAsync() + await output;
        await process.WaitForExitAsync();
        var counts = Counts().Matches(told).ToDictionary(m => m.Groups["what"].Value, m => double.Parse(m.Groups["count"].Value, CultureInfo.InvariantCulture) / double.Parse(m.Groups["seconds"].Value, CultureInfo.InvariantCulture), StringComparer.Ordinal);
        return counts.TryGetValue("signs", out var signs) && counts.TryGetValue("verify", out var verifies) ? new(signs, verifies) : throw new InvalidOperationException("openssl speed said nothing that is known here: " + told);
    }

    // Without -elapsed the seconds are those of the processor.
    [GeneratedRegex(@"(?<count>\d+) 256 bits? ECDSA (?<what>signs|verify) in (?<seconds>[\d.]+)s", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Counts();
}
