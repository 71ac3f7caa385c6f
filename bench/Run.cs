using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Agencies;
using Muqeem.Sandbox.Population;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Bench;

/// <summary>One run: everything is made anew, measured in rounds, and thrown away.</summary>
internal sealed class Run(Site site, Sizes sizes)
{
    private sealed record Measured(string Id, List<double> Ratios, List<double> CpuRatios, List<CaseSlice> Slices);

    /// <param name="Least">The ratio that must be reached; null: only told.</param>
    private sealed record Bar(string Id, double Least);

    private static readonly Bar[] Bars = [new("case.pg.c32", 0.4), new("case.pg.c256", 0.75), new("case.sqlite.c32", 2)];
    private const double MostMebibytes = 400;

    private readonly Dictionary<string, Measured> _measured = new(StringComparer.Ordinal);
    private readonly List<PgbenchSlice> _pgbench = [];
    private readonly List<double> _starts = [];
    private readonly List<string> _loads = [];
    private double _mebibytes;

    public async Task<int> GoAsync()
    {
        var origin = SystemClock.Instance.GetCurrentInstant().InZone(DateTimeZoneProviders.Tzdb["Asia/Riyadh"]).Date;
        var people = new People("muqeem", origin);
        var speeds = new Speeds(site, sizes);
        await speeds.InProcessAsync();
        if (Asked(Figure.ImportPersons))
        {
            await speeds.ImportedAsync(people);
        }
        if (!Asked("pg") && !Asked("sqlite") && !Speeds.OverHttp.Any(Asked) && !Neighbours.All.Any(Asked))
        {
            return await ReportAsync();
        }
        using var newcomers = Product.Newcomers(people);
        using var sandbox = Site.Start(site.Built("Sandbox"), ["--urls", site.Sandbox.ToString(), "--data", ":memory:", "--seed", people.Seed, "--origin", LocalDatePattern.Iso.Format(origin), .. site.StandInKeys], [], Path.Combine(site.Scratch, "sandbox.log"));
        try
        {
            if (Speeds.OverHttp.Any(Asked))
            {
                await speeds.OverHttpAsync(people, newcomers);
            }
            if (Neighbours.All.Any(Asked))
            {
                using var neighbours = new Neighbours(site, sizes);
                await neighbours.MeasureAsync(people, newcomers);
            }
            if (Asked("pg"))
            {
                await OnPostgresAsync(people, newcomers);
            }
            if (Asked("sqlite"))
            {
                await OnSqliteAsync(people, newcomers);
            }
        }
        finally
        {
            sandbox.Kill();
            await sandbox.WaitForExitAsync();
        }
        return await ReportAsync();
    }

    private async Task OnPostgresAsync(People people, IEnumerator<int> newcomers)
    {
        Say("PostgreSQL: a fresh cluster, pgbench's tables, people and drafts");
        await using var cluster = await PostgresCluster.StartAsync(Path.Combine(site.Scratch, "cluster"));
        await cluster.FillAsync(sizes.Scale);
        await cluster.ExecuteAsync("postgres", "CREATE DATABASE muqeem");
        await using var product = new Product(site, "postgres", site.FirstPort + 1, cluster.ConnectionString("muqeem"), largestGroup: null);
        await product.PopulateAsync(people, newcomers, sizes.OnPostgres);
        await cluster.ExecuteAsync("muqeem", "VACUUM ANALYZE");
        for (var i = 0; i < 3; i++)
        {
            await product.StopAsync();
            _starts.Add(await product.ServeAsync());
        }
        var acknowledged = new Acknowledged();
        if (PostgresCluster.Statements)
        {
            await cluster.ExecuteAsync("muqeem", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
        }
        await Load.RunAsync(product, cluster, await Load.PrepareAsync(product, sizes.WarmUp), 32, acknowledged);
        await product.DrainAsync(TimeSpan.FromMinutes(2));
        if (PostgresCluster.Statements)
        {
            await cluster.ExecuteAsync("muqeem", "SELECT pg_stat_statements_reset()");
        }
        for (var round = 1; round <= sizes.Rounds; round++)
        {
            foreach (var (id, callers, count) in new[] { ("case.pg.c1", 1, sizes.One), ("case.pg.c32", 32, sizes.ThirtyTwo), ("case.pg.c256", 256, sizes.Many), ("case.full.pg.c32", 32, sizes.FactsInside) })
            {
                if (!Asked(id))
                {
                    continue;
                }
                var drafts = id == "case.full.pg.c32" ? Load.Take(product, count) : await Load.PrepareAsync(product, count);
                await product.DrainAsync(TimeSpan.FromMinutes(2));
                await cluster.TidyAsync();
                // pgbench before and after, so that what else goes on in the machine falls on both.
                var before = await cluster.PgbenchAsync(sizes.PgbenchSeconds);
                var slice = await Load.RunAsync(product, cluster, drafts, callers, acknowledged);
                await product.DrainAsync(TimeSpan.FromMinutes(2));
                var after = await cluster.PgbenchAsync(sizes.PgbenchSeconds);
                _pgbench.AddRange([before, after]);
                var (rate, cpu) = ((before.PerSecond + after.PerSecond) / 2, (before.CpuMicros + after.CpuMicros) / 2);
                Keep(round, id, slice, slice.PerSecond / rate, slice.CpuMicros / cpu, $"pgbench {before.PerSecond:0} and {after.PerSecond:0}/s, {cpu:0} µs");
            }
        }
        if (PostgresCluster.Statements)
        {
            Say(string.Join('\n', await cluster.CostliestAsync("muqeem", 40)));
        }
        _mebibytes = Cpu.MebibytesOf(product.Pid);
        await product.StopAsync();
        Say(await Books.CheckAsync(product, acknowledged));
    }

    private async Task OnSqliteAsync(People people, IEnumerator<int> newcomers)
    {
        Say("SQLite: two folders, one written in groups and one a change at a time");
        await using var grouped = new Product(site, "sqlite", site.FirstPort + 2, postgres: null, largestGroup: null);
        await using var single = new Product(site, "sqlite-one-by-one", site.FirstPort + 3, postgres: null, largestGroup: 1);
        var acknowledged = new Dictionary<Product, Acknowledged> { [grouped] = new(), [single] = new() };
        foreach (var product in acknowledged.Keys)
        {
            await product.PopulateAsync(people, newcomers, sizes.OnSqlite);
            await product.ServeAsync();
            await Load.RunAsync(product, null, await Load.PrepareAsync(product, sizes.WarmUp / 2), 32, acknowledged[product]);
            await product.DrainAsync(TimeSpan.FromMinutes(2));
        }
        for (var round = 1; round <= sizes.Rounds; round++)
        {
            foreach (var (id, callers, count) in new[] { ("case.sqlite.c1", 1, sizes.SqliteOne), ("case.sqlite.c32", 32, sizes.SqliteThirtyTwo), ("case.sqlite.c256", 256, sizes.SqliteMany) })
            {
                if (!Asked(id))
                {
                    continue;
                }
                var slices = new List<CaseSlice>();
                foreach (var product in round % 2 == 1 ? new[] { grouped, single } : [single, grouped])
                {
                    var drafts = await Load.PrepareAsync(product, count);
                    await product.DrainAsync(TimeSpan.FromMinutes(2));
                    slices.Add(await Load.RunAsync(product, null, drafts, callers, acknowledged[product]));
                    await product.DrainAsync(TimeSpan.FromMinutes(2));
                }
                var (many, one) = round % 2 == 1 ? (slices[0], slices[1]) : (slices[1], slices[0]);
                Keep(round, id, many, many.PerSecond / one.PerSecond, many.CpuMicros / one.CpuMicros, $"one by one {one.PerSecond:0}/s, {one.CpuMicros:0} µs");
            }
        }
        foreach (var (product, issues) in acknowledged)
        {
            await product.StopAsync();
            Say(await Books.CheckAsync(product, issues));
        }
    }

    private void Keep(int round, string id, CaseSlice slice, double ratio, double cpuRatio, string against)
    {
        if (!_measured.TryGetValue(id, out var measured))
        {
            _measured[id] = measured = new(id, [], [], []);
        }
        measured.Ratios.Add(ratio);
        measured.CpuRatios.Add(cpuRatio);
        measured.Slices.Add(slice);
        _loads.Add(Cpu.Load());
        Say($"round {round}  {id,-17} {slice.PerSecond,7:0.0} cases/s  ratio {ratio:0.00}  CPU {slice.CpuMicros:0} µs (product {slice.HostCpuMicros:0}), ratio {cpuRatio:0.0}  against {against}  load {_loads[^1]}{(slice.Retries > 0 ? $"  {slice.Retries} asked again" : "")}");
    }

    private async Task<int> ReportAsync()
    {
        var results = new JsonArray();
        Console.WriteLine("\nMedians of the rounds:\n");
        var figures = Figure.All.Where(f => f.Readings.Count > 0).ToList();
        foreach (var f in figures)
        {
            var ratios = f.Readings.Select(r => r.Ratio).ToList();
            Console.WriteLine($"{f.Id,-20}{Median(f.Readings.Select(r => r.PerSecond)),12:0} /s{Median(f.Readings.Select(r => r.CpuMicros)),10:0.0} µs   ratio {Median(ratios):0.00} ({ratios.Min():0.00}–{ratios.Max():0.00}) to {f.Against}");
            results.Add(new JsonObject
            {
                ["id"] = f.Id,
                ["ratio"] = Round(Median(ratios)),
                ["cpuRatio"] = Round(Median(f.Readings.Select(r => r.CpuRatio))),
                ["wallPerSecond"] = Round(Median(f.Readings.Select(r => r.PerSecond))),
                ["cpuMicros"] = Round(Median(f.Readings.Select(r => r.CpuMicros))),
                ["against"] = f.Against,
                ["ratios"] = new JsonArray([.. ratios.Select(r => (JsonNode)Round(r))]),
            });
        }
        if (_measured.Count > 0)
        {
            Console.WriteLine($"\n{"",-18}{"cases/s",9}{"ratio",8}{"(from–to)",14}{"CPU µs",9}{"product",9}{"CPU ratio",11}   p50 / p99 ms of a step: {string.Join(", ", Load.Steps)}");
        }
        foreach (var m in _measured.Values)
        {
            var all = m.Slices.SelectMany(s => s.Steps.SelectMany(t => t)).ToList();
            var steps = Load.Steps.Select((_, i) => m.Slices.SelectMany(s => s.Steps[i]).ToList()).ToList();
            Console.WriteLine($"{m.Id,-18}{Median(m.Slices.Select(s => s.PerSecond)),9:0.0}{Median(m.Ratios),8:0.00}{$"{m.Ratios.Min():0.00}–{m.Ratios.Max():0.00}",14}{Median(m.Slices.Select(s => s.CpuMicros)),9:0}{Median(m.Slices.Select(s => s.HostCpuMicros)),9:0}{Median(m.CpuRatios),11:0.0}   "
                + string.Join("   ", steps.Select(t => $"{At(t, 0.5):0.0} / {At(t, 0.99):0.0}")));
            results.Add(new JsonObject
            {
                ["id"] = m.Id,
                ["ratio"] = Round(Median(m.Ratios)),
                ["cpuRatio"] = Round(Median(m.CpuRatios)),
                ["wallPerSecond"] = Round(Median(m.Slices.Select(s => s.PerSecond))),
                ["cpuMicros"] = Round(Median(m.Slices.Select(s => s.CpuMicros))),
                ["p50Ms"] = Round(At(all, 0.5)),
                ["p99Ms"] = Round(At(all, 0.99)),
                ["ratios"] = new JsonArray([.. m.Ratios.Select(r => (JsonNode)Round(r))]),
                ["steps"] = new JsonArray([.. steps.Select((t, i) => (JsonNode)new JsonObject { ["step"] = Load.Steps[i], ["p50Ms"] = Round(At(t, 0.5)), ["p99Ms"] = Round(At(t, 0.99)) })]),
            });
        }
        if (_pgbench.Count > 0)
        {
            results.Add(new JsonObject { ["id"] = "memory.afterLoad", ["mib"] = Round(_mebibytes) });
            results.Add(new JsonObject { ["id"] = "start.firstPage", ["seconds"] = Round(Median(_starts)) });
            Console.WriteLine($"\npgbench, 32 clients, scale {sizes.Scale}: {Median(_pgbench.Select(p => p.PerSecond)):0}/s, {Median(_pgbench.Select(p => p.CpuMicros)):0} µs of CPU a transaction");
            Console.WriteLine($"memory after the load {_mebibytes:0} MiB; first page {Median(_starts):0.00} s after the start of the process; load average {_loads[0]} … {_loads[^1]}");
        }
        if (!Load.Skipped.IsEmpty)
        {
            Console.WriteLine($"{Load.Skipped.Count} drafts were left out because something stood against them in the records.");
        }
        var machine = new JsonObject
        {
            ["processor"] = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim(),
            ["cores"] = Environment.ProcessorCount,
            ["memoryMib"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20,
            ["os"] = System.Runtime.InteropServices.RuntimeInformation.OSDescription,
            ["runtime"] = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
            ["rounds"] = sizes.Rounds,
            ["quick"] = sizes == Sizes.Quick,
            ["loadAverage"] = new JsonArray([.. _loads.Select(l => (JsonNode)l)]),
            ["pgbenchPerSecond"] = Round(Median(_pgbench.Select(p => p.PerSecond))),
            ["pgbenchCpuMicros"] = Round(Median(_pgbench.Select(p => p.CpuMicros))),
        };
        Directory.CreateDirectory(Path.Combine(site.Root, "out"));
        await File.WriteAllTextAsync(Path.Combine(site.Root, "out", "bench.json"), new JsonObject { ["machine"] = machine, ["results"] = results }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");

        Console.WriteLine();
        var missed = 0;
        void Tell(string what, double reached, double bar, bool holds)
        {
            missed += holds ? 0 : 1;
            Console.WriteLine($"{(holds ? "holds " : "MISSED")}  {what}: {reached:0.00}, bar {bar:0.00}{(holds ? "" : $", by {Math.Abs(reached - bar):0.00} ({Math.Abs(reached - bar) / bar:0 %})")}");
        }
        foreach (var bar in Bars.Where(b => _measured.ContainsKey(b.Id)))
        {
            var reached = Median(_measured[bar.Id].Ratios);
            Tell(bar.Id, reached, bar.Least, reached >= bar.Least);
        }
        foreach (var figure in figures)
        {
            var reached = Median(figure.Readings.Select(r => r.Ratio));
            Tell(figure.Id, reached, figure.Least, reached >= figure.Least);
        }
        if (_pgbench.Count > 0)
        {
            Tell("memory.afterLoad, MiB", _mebibytes, MostMebibytes, _mebibytes <= MostMebibytes);
        }
        return missed == 0 ? 0 : 2;
    }

    /// <summary>BENCH_ONLY names what is measured by a part of its id, like <c>pg.c32</c>, to look at one thing while working on it; all without it.</summary>
    public static bool Asked(string id) =>
        Environment.GetEnvironmentVariable("BENCH_ONLY") is not { Length: > 0 } only || id.Contains(only, StringComparison.Ordinal) || only.Contains(id, StringComparison.Ordinal);

    private static void Say(string what) => Console.WriteLine(what);

    private static double Median(IEnumerable<double> values) => At([.. values], 0.5);

    private static double At(List<double> values, double share)
    {
        if (values.Count == 0)
        {
            return 0;
        }
        values.Sort();
        return values.Count % 2 == 0 && share == 0.5 ? (values[(values.Count / 2) - 1] + values[values.Count / 2]) / 2 : values[Math.Min(values.Count - 1, (int)(values.Count * share))];
    }

    private static double Round(double value) => double.IsFinite(value) ? Math.Round(value, 3) : 0;
}
