using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Credentials.Issuing;
using Muqeem.Host;
using Muqeem.Host.Verbs;
using Muqeem.Platform.Database;
using Muqeem.Platform.Journal;
using Muqeem.Sandbox.Population;

namespace Muqeem.Bench;

/// <summary>The figures beside whole cases that are asked for: each in rounds, next to what it is compared with.</summary>
internal sealed class Speeds(Site site, Sizes sizes)
{
    private static readonly string[] WithOpenssl = [Figure.SdJwtIssue, Figure.MdocIssue, Figure.VerifyOffline];

    public static readonly string[] OverHttp = [Figure.VerifyStatus, Figure.VerifyPresentation, Figure.JournalRows];

    /// <summary>What needs the product and a database with issued IDs in it.</summary>
    public async Task OverHttpAsync(People people, IEnumerator<int> newcomers)
    {
        Say("Registered verifiers over HTTP, and the replay of the journal");
        await using var cluster = await PostgresCluster.StartAsync(Path.Combine(site.Scratch, "speeds-cluster"));
        await cluster.ExecuteAsync("postgres", "CREATE DATABASE muqeem");
        await using var product = new Product(site, "speeds", site.FirstPort + 4, cluster.ConnectionString("muqeem"), largestGroup: null);
        using var bank = new Bank(product.Port);
        await product.PopulateAsync(people, newcomers, sizes.Residents + 40, bank.RegisterAsync);
        await product.ServeAsync();
        var applicants = await Load.PrepareAsync(product, sizes.Residents);
        await Load.RunAsync(product, cluster, applicants, 32, new Acknowledged());
        await product.DrainAsync(TimeSpan.FromMinutes(2));
        if (Run.Asked(Figure.VerifyStatus) || Run.Asked(Figure.VerifyPresentation))
        {
            await bank.MeetAsync(applicants);
            await VerifiedAsync(product, cluster, bank);
            await bank.CheckRefusalsAsync();
            await bank.CheckRecordedAsync(cluster);
        }
        await product.StopAsync();
        if (Run.Asked(Figure.JournalRows))
        {
            await ReplayedAsync(product, cluster);
        }
    }

    private async Task VerifiedAsync(Product product, PostgresCluster cluster, Bank bank)
    {
        var bare = Enumerable.Repeat(Caller.Request("GET", "/vct/resident-id/1", null, null, null), 2000).ToArray();
        async Task<Slice> BareAsync(int count) => await SliceAsync(product, cluster, Enumerable.Range(0, count).Select(i => bare[i % bare.Length]).ToList(), "\"vct\""u8.ToArray());
        var counts = new Dictionary<string, int>(StringComparer.Ordinal) { ["bare"] = 2000, [Figure.VerifyStatus] = 2000, [Figure.VerifyPresentation] = 1000 };
        int Next(string id, Slice slice) => counts[id] = Math.Clamp((int)(slice.PerSecond * sizes.FigureSeconds), 200, 60_000);
        // Round 0 warms up.
        for (var round = 0; round <= sizes.Rounds; round++)
        {
            foreach (var id in new[] { Figure.VerifyStatus, Figure.VerifyPresentation }.Where(Run.Asked))
            {
                var before = await BareAsync(counts["bare"]);
                var (requests, says) = await bank.PrepareAsync(id, counts[id]);
                var own = Cpu.Of(product.Pid);
                var slice = await SliceAsync(product, cluster, requests, says);
                var ofProduct = (Cpu.Of(product.Pid) - own) / requests.Count;
                var after = await BareAsync(counts["bare"]);
                Next("bare", after);
                Next(id, slice);
                var (rate, cpu) = ((before.PerSecond + after.PerSecond) / 2, (before.CpuMicros + after.CpuMicros) / 2);
                if (round > 0)
                {
                    Say(Figure.Of(id).Keep(round, new(slice.PerSecond / rate, slice.CpuMicros / cpu, slice.PerSecond, slice.CpuMicros), $"(product {ofProduct:0} µs)  bare {rate:0}/s, {cpu:0} µs"));
                }
            }
        }
    }

    /// <summary>All requests by 32 callers; each must be answered 200 and say so. The processor time is the product's and the database's.</summary>
    private static async Task<Slice> SliceAsync(Product product, PostgresCluster cluster, IReadOnlyList<byte[]> requests, byte[] says)
    {
        var next = -1;
        double CpuNow() => Cpu.Of(product.Pid) + Cpu.OfTree(cluster.Pid);
        var (cpu, from) = (CpuNow(), Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            using var caller = new Caller(product.Port);
            for (int i; (i = Interlocked.Increment(ref next)) < requests.Count;)
            {
                var status = await caller.SendAsync(requests[i]);
                if (status != 200 || !caller.Says(says))
                {
                    throw new WrongAnswerException($"verify: {status} {caller.Text}");
                }
            }
        })));
        return new(requests.Count / Stopwatch.GetElapsedTime(from).TotalSeconds, (CpuNow() - cpu) / requests.Count);
    }

    /// <summary><c>muqeem journal verify</c> over what was just filled, which has no fault; and then over one changed row, which it must name.</summary>
    private async Task ReplayedAsync(Product product, PostgresCluster cluster)
    {
        await using var app = MuqeemHost.Build([], product.Settings.ToDictionary(s => s.Key, s => (string?)s.Value), services => services.AddLogging(log => log.ClearProviders()));
        var db = app.Services.GetRequiredService<Db>();
        var verification = JournalVerbs.VerificationOf(app.Services);
        for (var round = 0; round <= sizes.Rounds; round++)
        {
            var (cpu, from) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            var findings = new List<string>();
            var report = await verification.RunAsync(db, finding => findings.Add(finding.ToString()));
            var seconds = Stopwatch.GetElapsedTime(from).TotalSeconds;
            if (findings.Count > 0)
            {
                throw new WrongAnswerException($"journal.rows: a database that nobody touched has {findings.Count} findings, e.g. {findings[0]}.");
            }
            if (round > 0)
            {
                var micros = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / report.Rows;
                Say(Figure.Of(Figure.JournalRows).Keep(round, new(report.Rows / seconds / 10_000, micros / 100, report.Rows / seconds, micros), $"{report.Rows} rows, {report.Acts} acts, {report.Entries} entries in {seconds:0.0} s"));
            }
        }
        await cluster.ExecuteAsync("muqeem", "UPDATE registered_verifier SET name_en = name_en || '.'");
        var found = new List<Finding>();
        await verification.RunAsync(db, found.Add);
        if (!found.Exists(f => f.Table == "registered_verifier"))
        {
            throw new WrongAnswerException("journal.rows: a row that was changed past the system was not named.");
        }
    }

    /// <summary><c>muqeem import</c> of one delivery after the other into a register that grows, from the start of the verb to the signed checkpoint. In the end everybody must be there and the journal verify.</summary>
    public async Task ImportedAsync(People people)
    {
        const double Bar = 1_000_000 / 1800.0;
        Say("An existing register taken over");
        await using var cluster = await PostgresCluster.StartAsync(Path.Combine(site.Scratch, "import-cluster"));
        await cluster.ExecuteAsync("postgres", "CREATE DATABASE muqeem");
        await using var product = new Product(site, "import", site.FirstPort + 5, cluster.ConnectionString("muqeem"), largestGroup: null);
        string[] args = [.. product.Settings.Select(s => $"--{s.Key}={s.Value}")];
        var warmUp = Math.Min(sizes.Imported, Sizes.Full.Imported);
        // Round 0 warms up.
        for (var round = 0; round <= sizes.Rounds; round++)
        {
            var (folder, persons) = (Path.Combine(site.Scratch, $"delivery-{round}"), round == 0 ? warmUp : sizes.Imported);
            // Two thirds of the population are residents.
            new Deliveries(people).Write(folder, persons, from: Stories.Reserved + (round * 2 * sizes.Imported));
            double CpuNow() => Environment.CpuUsage.TotalTime.TotalMicroseconds + Cpu.OfTree(cluster.Pid);
            var (cpu, from) = (CpuNow(), Stopwatch.GetTimestamp());
            if (await ImportVerb.RunAsync([.. args, "--From=" + folder]) != 0)
            {
                throw new WrongAnswerException($"import.persons: a delivery without a fault was not taken over whole, see {folder}.");
            }
            var (rate, micros) = (persons / Stopwatch.GetElapsedTime(from).TotalSeconds, (CpuNow() - cpu) / persons);
            if (round > 0)
            {
                Say(Figure.Of(Figure.ImportPersons).Keep(round, new(rate / Bar, micros / (2e6 / Bar), rate, micros), $"{persons} persons"));
            }
            Directory.Delete(folder, recursive: true);
        }
        await using var app = MuqeemHost.Build([], product.Settings.ToDictionary(s => s.Key, s => (string?)s.Value), services => services.AddLogging(log => log.ClearProviders()));
        var (db, wanted) = (app.Services.GetRequiredService<Db>(), ((long)sizes.Imported * sizes.Rounds) + warmUp);
        var (there, live) = (await db.SingleAsync<long>("SELECT count(*) FROM taken_over"), await db.SingleAsync<long>("SELECT count(*) FROM document WHERE state = 'LIVE'"));
        var report = await JournalVerbs.VerificationOf(app.Services).RunAsync(db, _ => { });
        if (there != wanted || live != wanted || report.Findings > 0)
        {
            throw new WrongAnswerException($"import.persons: {there} persons and {live} live IDs for {wanted}, and {report.Findings} findings of the journal.");
        }
    }

    /// <summary>What needs no server.</summary>
    public async Task InProcessAsync()
    {
        if (WithOpenssl.Any(Run.Asked))
        {
            await SignedAsync();
        }
        for (var round = 1; round <= sizes.Rounds && Run.Asked(Figure.StatusRebuild); round++)
        {
            var (cpu, seconds, bytes) = Structures.Rebuild();
            Say(Figure.Of(Figure.StatusRebuild).Keep(round, new(1 / cpu, cpu, Structures.Entries / seconds, cpu * 1e6 / Structures.Entries), $"{cpu:0.00} s of processor, {seconds:0.00} s, {bytes / 1024.0 / 1024:0.0} MiB packed"));
        }
        if (Run.Asked(Figure.JournalTree))
        {
            Structures.Append();
        }
        for (var round = 1; round <= sizes.Rounds && Run.Asked(Figure.JournalTree); round++)
        {
            var slice = Structures.Append();
            Say(Figure.Of(Figure.JournalTree).Keep(round, new(slice.PerSecond / 200_000, slice.CpuMicros / 5, slice.PerSecond, slice.CpuMicros), $"{Structures.Leaves} leaves"));
        }
    }

    private async Task SignedAsync()
    {
        Say("The ID's forms in this process, and openssl beside them");
        using var forms = new Forms(Path.Combine(site.Scratch, "forms"));
        forms.CheckRefusals();
        var slice = TimeSpan.FromSeconds(sizes.FigureSeconds);
        foreach (var id in WithOpenssl.Where(Run.Asked))
        {
            WarmUp(() => SliceOf(forms, id, slice));
        }
        for (var round = 1; round <= sizes.Rounds; round++)
        {
            var before = await Openssl.MeasureAsync(sizes.FigureSeconds);
            var done = WithOpenssl.Where(Run.Asked).Select(id => (Id: id, Slice: SliceOf(forms, id, slice))).ToList();
            var openssl = Openssl.Mean(before, await Openssl.MeasureAsync(sizes.FigureSeconds));
            foreach (var (id, measured) in done)
            {
                var baseline = id == Figure.VerifyOffline ? openssl.VerifyMicros : openssl.SignMicros;
                Say(Figure.Of(id).Keep(round, new(baseline / measured.CpuMicros, measured.CpuMicros / baseline, measured.PerSecond, measured.CpuMicros), $"openssl {baseline:0.0} µs"));
            }
        }
    }

    /// <summary>A slice, and whether what it made is right.</summary>
    private static Slice SliceOf(Forms forms, string id, TimeSpan length)
    {
        Slice slice;
        if (id == Figure.VerifyOffline)
        {
            slice = forms.Verify(length);
            forms.CheckRefusals();
            return slice;
        }
        var kind = id == Figure.SdJwtIssue ? FormKind.SdJwtVc : FormKind.Mdoc;
        slice = forms.Issue(kind, length);
        forms.CheckMade(kind);
        return slice;
    }

    /// <summary>Until nothing becomes cheaper any more: what is called often is compiled anew meanwhile, and that is paid for here.</summary>
    private static void WarmUp(Func<Slice> slice)
    {
        var (last, still) = (slice().CpuMicros, 0);
        for (var i = 0; i < 15 && still < 2; i++)
        {
            var next = slice().CpuMicros;
            still = next > last * 0.96 ? still + 1 : 0;
            last = Math.Min(last, next);
        }
    }

    private static void Say(string what) => Console.WriteLine(what);
}
