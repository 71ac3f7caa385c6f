using System.Diagnostics;
using System.Globalization;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Registry;

namespace Muqeem.Host.TakeOver;

/// <summary>What a run came to, in persons.</summary>
internal sealed record TakenOver(long New, long Before, long Refused, long Remarked, IReadOnlyDictionary<string, long> Counts, double Seconds)
{
    public IEnumerable<string> Lines =>
    [
        string.Create(CultureInfo.InvariantCulture, $"{New} persons taken over in {Seconds:0.0} s, {Remarked} of all with a remark"),
        string.Create(CultureInfo.InvariantCulture, $"{Before} were here already from the same rows"),
        string.Create(CultureInfo.InvariantCulture, $"{Refused} were not taken over"),
    ];
}

/// <summary>
/// Takes a delivery over. First all of it is read and compared with its manifest; then person after person is checked and entered, in parallel, each by an act of its own. What was entered is
/// known again by its content, so that the same command given again, after whatever, goes on where it was.
/// </summary>
internal sealed class Importer(IServiceProvider services, Delivery delivery, string reason, TextWriter progress)
{
    private const int BatchSize = 128;
    private const int MostUnreadable = 20;
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(5);

    private readonly Db _db = services.GetRequiredService<Db>();
    private readonly TimeProvider _clock = services.GetRequiredService<TimeProvider>();
    private readonly TakeOvers _notes = services.GetRequiredService<TakeOvers>();
    private readonly Entering _entering = ActivatorUtilities.CreateInstance<Entering>(services, delivery, reason);

    private long _new;
    private long _before;
    private long _refused;
    private long _remarked;
    private long _started;
    private long _said;

    private sealed record Batch(long Number, IReadOnlyList<Bundle> Bundles, IReadOnlyList<Discrepancy> Orphans);

    /// <exception cref="CannotStartException">A file is not the one that the manifest names, or a line cannot be read; nothing was written.</exception>
    public async Task<TakenOver> RunAsync(string reportPath, CancellationToken cancel = default)
    {
        var duplicates = await InspectAsync();
        var given = await GivenNumbers.ReadAsync(_db, services.GetRequiredService<KeyStore>(), cancel);
        var anybody = await _notes.AnybodyAsync(cancel);
        var checks = new Checks(_clock.Today(), _clock.Now(), services.GetRequiredService<DataFolder>().Kind, delivery.Manifest.Source,
            services.GetRequiredService<ServiceCatalogue>().All.Select(s => s.Code).ToHashSet(StringComparer.Ordinal), given.Has, duplicates.Twice);
        using var report = new Report(reportPath);
        _said = _started = Stopwatch.GetTimestamp();
        // Twice the cores: while one batch waits for its commit, another is sealed.
        await Parallel.ForEachAsync(Batches(), new ParallelOptions { MaxDegreeOfParallelism = 2 * Math.Max(2, Environment.ProcessorCount), CancellationToken = cancel },
            async (batch, stop) => report.Add(batch.Number, await WorkAsync(batch, checks, anybody, stop)));
        var result = new TakenOver(_new, _before, _refused, _remarked, report.Counts, Stopwatch.GetElapsedTime(_started).TotalSeconds);
        report.Close([$"delivery {delivery.Name} of {delivery.Manifest.Source}", .. result.Lines]);
        return result;
    }

    /// <summary>Reads all files once, each by a thread of its own.</summary>
    private async Task<Duplicates> InspectAsync()
    {
        var duplicates = new Duplicates(delivery);
        var unreadable = new List<string>();
        await Task.WhenAll(Shape.All.Select(shape => Task.Run(() =>
        {
            try
            {
                delivery.Inspect(shape, row =>
                {
                    if (shape == Shape.Persons)
                    {
                        duplicates.Person(row);
                    }
                    else if (shape == Shape.Documents)
                    {
                        duplicates.Document(row);
                    }
                });
            }
            catch (UnreadableException e)
            {
                lock (unreadable)
                {
                    unreadable.Add(e.Message);
                }
            }
        })));
        if (unreadable.Count > 0)
        {
            throw new CannotStartException($"The delivery cannot be read, and nothing was taken over.\n  {string.Join("\n  ", unreadable.Order(StringComparer.Ordinal).Take(MostUnreadable))}");
        }
        duplicates.Close();
        return duplicates;
    }

    private IEnumerable<Batch> Batches()
    {
        var orphans = new List<Discrepancy>();
        var bundles = new List<Bundle>(BatchSize);
        var number = 0L;
        foreach (var bundle in Bundle.Of(delivery, row => orphans.Add(row.Says("row.orphan", Shape.Key))))
        {
            bundles.Add(bundle);
            if (bundles.Count == BatchSize)
            {
                yield return new(number++, bundles, orphans);
                (bundles, orphans) = (new(BatchSize), []);
            }
        }
        yield return new(number, bundles, orphans);
    }

    private async Task<IReadOnlyList<Discrepancy>> WorkAsync(Batch batch, Checks checks, bool anybody, CancellationToken cancel)
    {
        var plans = batch.Bundles.Select(checks.Of).ToList();
        var contents = plans.Select(p => _notes.ContentOf(p.Bundle.Bytes())).ToList();
        Dictionary<Plan, KnownPerson> known = anybody ? await KnownAsync(plans, cancel) : [];
        var entering = new Task<Entered>[plans.Count];
        for (var i = 0; i < plans.Count; i++)
        {
            entering[i] = known.TryGetValue(plans[i], out var person)
                ? Task.FromResult<Entered>(person.Content?.AsSpan().SequenceEqual(contents[i]) == true ? new Entered.Before() : new Entered.Refused("person.known"))
                : plans[i].Refused ? Task.FromResult<Entered>(new Entered.Refused(""))
                : await _entering.EnterAsync(plans[i], contents[i], cancel);
        }
        var findings = new List<Discrepancy>(batch.Orphans);
        foreach (var (plan, outcome) in plans.Zip(await Task.WhenAll(entering)))
        {
            Count(plan, outcome, findings);
        }
        Say();
        return findings;
    }

    private void Count(Plan plan, Entered outcome, List<Discrepancy> findings)
    {
        findings.AddRange(outcome is Entered.Before ? plan.Findings.Where(f => !Codes.Of(f.Code).Refuses) : plan.Findings);
        switch (outcome)
        {
            case Entered.New:
                Interlocked.Increment(ref _new);
                break;
            case Entered.Before:
                Interlocked.Increment(ref _before);
                break;
            case Entered.Refused refused:
                Interlocked.Increment(ref _refused);
                if (refused.Why.Length > 0)
                {
                    findings.Add(plan.Bundle.Person.Says(refused.Why));
                }
                break;
        }
        if (outcome is not Entered.Refused && plan.Findings.Any(f => !Codes.Of(f.Code).Refuses))
        {
            Interlocked.Increment(ref _remarked);
        }
    }

    private async Task<Dictionary<Plan, KnownPerson>> KnownAsync(List<Plan> plans, CancellationToken cancel)
    {
        var known = new Dictionary<Plan, KnownPerson>(ReferenceEqualityComparer.Instance);
        foreach (var (kind, field) in new[] { (IdentifierKinds.Border, "border_number"), (IdentifierKinds.Resident, "resident_number") })
        {
            var numbers = plans.Select(p => (Plan: p, Number: Duplicates.Canonical(p.Bundle.Person, field))).Where(p => p.Number is not null).ToList();
            var found = await _notes.KnownAsync(kind, [.. numbers.Select(n => n.Number!)], cancel);
            foreach (var (plan, number) in numbers)
            {
                if (found.TryGetValue(number!, out var person))
                {
                    known[plan] = person;
                }
            }
        }
        return known;
    }

    private void Say()
    {
        var said = Interlocked.Read(ref _said);
        if (Stopwatch.GetElapsedTime(said) < SayEvery || Interlocked.CompareExchange(ref _said, Stopwatch.GetTimestamp(), said) != said)
        {
            return;
        }
        var done = Interlocked.Read(ref _new) + Interlocked.Read(ref _before) + Interlocked.Read(ref _refused);
        var rate = done / Stopwatch.GetElapsedTime(_started).TotalSeconds;
        progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"… {done} of {delivery.Persons} persons, {rate:0}/s, {TimeSpan.FromSeconds((delivery.Persons - done) / rate):d\\.hh\\:mm\\:ss} remain"));
    }
}
