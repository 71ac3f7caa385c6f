using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Writing;
using Muqeem.Sandbox.Population;

namespace Muqeem.Bench;

/// <summary>What slow and absent agencies cost: the facts of one case while all take their time, and the cases that waited for one which is back.</summary>
internal sealed class Neighbours(Site site, Sizes sizes) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = site.Sandbox };

    public static readonly string[] All = [Figure.FactsGather, Figure.WaitingDrain];

    /// <summary>Of each agency. What we do ourselves falls on it: a case's facts are read from the database, sealed and written.</summary>
    private const int LatencyMs = 300;

    /// <summary>What the first ID of an establishment's worker needs, and what two operators say here that it is to ask besides: no service of the catalogue asks as many as eight by itself.</summary>
    private static readonly string[] Needed =
        [AlienRegister.Name, LabourContracts.Name, MedicalFitness.Name, HealthInsurance.Name, Justice.Name, ForeignAffairs.Name, SocialInsurance.Name, Traffic.Name, NationalAddresses.Name];

    private static readonly string[] Besides = [EmploymentFact.Name, TrafficFact.Name, AddressFact.Name];

    public async Task MeasureAsync(People people, IEnumerator<int> newcomers)
    {
        Say("Agencies that are slow, and one that was away");
        await using var cluster = await PostgresCluster.StartAsync(Path.Combine(site.Scratch, "neighbours-cluster"));
        await cluster.ExecuteAsync("postgres", "CREATE DATABASE muqeem");
        await using var product = new Product(site, "neighbours", site.FirstPort + 5, cluster.ConnectionString("muqeem"), largestGroup: null);
        await product.PopulateAsync(people, newcomers, sizes.WarmUp / 2 + sizes.Rounds * (sizes.Slow + 2 * sizes.Waiting) + 60, AskMoreAsync);
        await product.ServeAsync();
        await SendAsync(product, Load.Take(product, sizes.WarmUp / 2), null);
        for (var round = 1; round <= sizes.Rounds; round++)
        {
            if (Run.Asked(Figure.FactsGather))
            {
                await GatherAsync(product, cluster, round);
            }
            if (Run.Asked(Figure.WaitingDrain))
            {
                await DrainAsync(product, cluster, round);
            }
        }
    }

    private static async Task AskMoreAsync(IServiceProvider services)
    {
        var desk = services.GetRequiredService<PolicyDesk>();
        var today = services.GetRequiredService<TimeProvider>().Today();
        var rows = string.Join(',', Besides.Select(fact => $$"""{"service":"ID.ISSUE.SELF","fact":"{{fact}}"}"""));
        var change = new PolicyChange(CasePolicies.Informing, today, null, $$"""{"rows":[{{rows}}]}""", "this bench", null);
        if (await desk.ProposeAsync(Actor.System("bench one"), Guid.CreateVersion7(), change) is not PolicyAnswer.Done proposed || await desk.ConfirmAsync(Actor.System("bench two"), Guid.CreateVersion7(), proposed.Proposal) is not PolicyAnswer.Done)
        {
            throw new WrongAnswerException("facts.gather: what is asked besides was not put in force.");
        }
    }

    private async Task GatherAsync(Product product, PostgresCluster cluster, int round)
    {
        Task<long> AskedAsync(string agency) => cluster.CountAsync("muqeem", $"SELECT COUNT(*) FROM exchange WHERE direction = 'OUT' AND agency = '{agency}'");
        var before = await Task.WhenAll(Needed.Select(AskedAsync));
        foreach (var agency in Needed)
        {
            await TurnAsync(agency, "latencyMs", LatencyMs.ToString(CultureInfo.InvariantCulture));
        }
        using var caller = new Caller(product.Port);
        var took = new List<double>();
        foreach (var applicant in Load.Take(product, sizes.Slow))
        {
            var from = Stopwatch.GetTimestamp();
            if (await caller.SendAsync(applicant.Prepare) != 200 || !caller.Says("\"eligible\":true"u8))
            {
                throw new WrongAnswerException($"facts.gather: {caller.Text}");
            }
            took.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }
        foreach (var agency in Needed)
        {
            await TurnAsync(agency, "reset", "true");
        }
        await product.DrainAsync(TimeSpan.FromMinutes(2));
        for (var i = 0; i < Needed.Length; i++)
        {
            if (await AskedAsync(Needed[i]) - before[i] < took.Count)
            {
                throw new WrongAnswerException($"facts.gather: {Needed[i]} was not asked of every case.");
            }
        }
        took.Sort();
        var median = took[took.Count / 2];
        Say(Figure.Of(Figure.FactsGather).Keep(round, new(LatencyMs / median, median / LatencyMs, 1000 / median, median * 1000), $"{median:0} ms where each of {Needed.Length} agencies takes {LatencyMs}: {median / LatencyMs:0.00} times"));
    }

    private async Task DrainAsync(Product product, PostgresCluster cluster, int round)
    {
        await product.DrainAsync(TimeSpan.FromMinutes(2));
        var taken = await SendAsync(product, Load.Take(product, sizes.Waiting), CaseStates.UnderReview);
        await product.DrainAsync(TimeSpan.FromMinutes(2));
        await TurnAsync(Justice.Name, "down", "true");
        await SendAsync(product, Load.Take(product, sizes.Waiting), CaseStates.WaitingForSource);
        await TurnAsync(Justice.Name, "reset", "true");
        Task<long> LeftAsync() => cluster.CountAsync("muqeem", "SELECT COUNT(*) FROM case_head WHERE state = 'WAITING_FOR_SOURCE'");
        // From when the first goes on: until then nobody knows that it is back.
        while (await LeftAsync() == sizes.Waiting)
        {
            await Task.Delay(20);
        }
        var cpu = Cpu.Of(product.Pid) + Cpu.OfTree(cluster.Pid);
        var from = Stopwatch.GetTimestamp();
        while (await LeftAsync() > 0)
        {
            if (Stopwatch.GetElapsedTime(from).TotalMinutes > 3)
            {
                throw new WrongAnswerException($"waiting.drain: {await LeftAsync()} cases wait still.");
            }
            await Task.Delay(50);
        }
        var rate = sizes.Waiting / Stopwatch.GetElapsedTime(from).TotalSeconds;
        var micros = (Cpu.Of(product.Pid) + Cpu.OfTree(cluster.Pid) - cpu) / sizes.Waiting;
        var reviewed = await cluster.CountAsync("muqeem", "SELECT COUNT(*) FROM case_event WHERE from_state = 'WAITING_FOR_SOURCE' AND to_state = 'UNDER_REVIEW'");
        if (reviewed != round * sizes.Waiting)
        {
            throw new WrongAnswerException($"waiting.drain: {reviewed} cases went on to an officer, not {round * sizes.Waiting}.");
        }
        Say(Figure.Of(Figure.WaitingDrain).Keep(round, new(rate / taken, taken / rate, rate, micros), $"{sizes.Waiting} cases; new ones are taken at {taken:0}/s"));
    }

    /// <summary>Sends drafts whose facts nobody has fetched, by 32 callers. Returns how many a second.</summary>
    private static async Task<double> SendAsync(Product product, IReadOnlyList<Applicant> drafts, string? state)
    {
        var next = -1;
        var from = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            using var caller = new Caller(product.Port);
            for (int i; (i = Interlocked.Increment(ref next)) < drafts.Count;)
            {
                if (await caller.SendAsync(drafts[i].Submit) != 200 || (state is not null && !caller.Text.Contains(state, StringComparison.Ordinal)))
                {
                    throw new WrongAnswerException($"submit, {state}: {caller.Text}");
                }
            }
        })));
        return drafts.Count / Stopwatch.GetElapsedTime(from).TotalSeconds;
    }

    /// <summary>Turns a knob of a stand-in as its page does.</summary>
    private async Task TurnAsync(string agency, string knob, string value)
    {
        using var form = new FormUrlEncodedContent([new("agency", agency), new(knob, value)]);
        using var answer = await _http.PostAsync("knobs", form);
        if ((int)answer.StatusCode >= 400)
        {
            throw new InvalidOperationException($"The knob of {agency} did not turn: {answer.StatusCode}.");
        }
    }

    public void Dispose() => _http.Dispose();

    private static void Say(string what) => Console.WriteLine(what);
}
