using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Host.Reconciling;

/// <summary>
/// Compares our records with an agency's, both ways: what changed with them since the last time, what changed with us, and what did not agree before. A step is a page: what it found, what it sends and how far
/// it came are one act, so that a process that dies in the middle loses nothing and a step made twice finds the same. A second process that plays the same comparison loses the race for its row, and stops.
/// </summary>
internal sealed class Reconciler(
    IEnumerable<ComparedAgency> agencies, Reconciliations records, ComparedPersons persons, OurRecords ours, Outbox outbox, IWriter writer, PolicyBook policies, TimeProvider clock)
{
    public const string AtPolicy = "reconciliation.at";
    public const string CallsPolicy = "reconciliation.calls_per_second";
    public const string PagePolicy = "reconciliation.page";

    private readonly Dictionary<string, ComparedAgency> _agencies = agencies.ToDictionary(a => a.Name, StringComparer.Ordinal);

    /// <summary>With whom we compare.</summary>
    public IEnumerable<string> Compared => _agencies.Values.Where(a => a.IsThere).Select(a => a.Name);

    /// <summary>Begins one with each agency that has none under way.</summary>
    public async Task BeginAllAsync(CancellationToken cancel = default)
    {
        foreach (var agency in Compared)
        {
            await BeginAsync(agency, cancel);
        }
    }

    /// <summary>Begins a comparison where the last one stopped; the one under way, where there is one.</summary>
    public async Task<Reconciliation> BeginAsync(string agency, CancellationToken cancel = default)
    {
        while (true)
        {
            if (await records.UnfinishedAsync(agency, cancel) is { } unfinished)
            {
                return unfinished;
            }
            var change = new Change(ActOf("reconcile.begin", agency));
            var begun = records.Begin(change, agency, await records.LastAsync(agency, cancel));
            if (await writer.WriteAsync(change, WriteClass.Bulk, cancel) is WriteOutcome.Done)
            {
                return begun;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
        }
    }

    /// <summary>Plays the comparison that is under way until it is over or the agency does not answer.</summary>
    /// <param name="alive">Called before each step: says that we are still at it.</param>
    /// <returns>How it stands now; null: none is under way, or another process plays it.</returns>
    public async Task<Reconciliation?> PlayAsync(string agency, Func<CancellationToken, Task>? alive = null, CancellationToken cancel = default)
    {
        // Looked at when the process starts, before the rules are there: the next look is soon enough.
        if (!policies.IsLoaded || await records.UnfinishedAsync(agency, cancel) is not { } unfinished)
        {
            return null;
        }
        Reconciliation? run = unfinished;
        var pace = new Pace(policies.Current.Get<int>(CallsPolicy, clock.Today()), clock);
        while (run is { IsOver: false })
        {
            if (alive is not null)
            {
                await alive(cancel);
            }
            var current = run;
            run = await ReadDoor.RunAsync(() => StepAsync(current, pace, cancel));
            if (run is { State: ReconciliationStates.Waiting })
            {
                break;
            }
        }
        return run;
    }

    /// <summary>One page.</summary>
    /// <returns>How it stands after it; null: another process was faster.</returns>
    internal async Task<Reconciliation?> StepAsync(Reconciliation run, Pace pace, CancellationToken cancel)
    {
        var agency = _agencies[run.Agency];
        var change = new Change(ActOf("reconcile.compare", run.Agency));
        var page = await (run.Phase switch
        {
            ReconciliationPhases.Theirs => TheirsAsync(run, agency, pace, cancel),
            ReconciliationPhases.Ours => OursAsync(run, agency, pace, cancel),
            _ => EarlierAsync(run, agency, pace, cancel),
        });
        if (page.Silent is { } why)
        {
            ReconciliationMetrics.Silent.Add(1, new KeyValuePair<string, object?>("agency", run.Agency));
            if (run.State == ReconciliationStates.Waiting && run.Reason == why)
            {
                return run;
            }
            return await WriteAsync(change, run, run with { State = ReconciliationStates.Waiting, WaitingSince = run.WaitingSince ?? clock.Now(), Reason = why }, cancel);
        }
        var next = await SettleAsync(change, page.Next with { State = ReconciliationStates.Running, WaitingSince = null, Reason = null }, agency, page.Pairs, cancel);
        if (page.Last)
        {
            next = next with { State = ReconciliationStates.Done, FinishedAt = clock.Now() };
        }
        return await WriteAsync(change, run, next, cancel);
    }

    /// <param name="Next">Where to go on.</param>
    /// <param name="Silent">Why the agency did not answer.</param>
    private sealed record Page(Reconciliation Next, IReadOnlyList<(ComparedPerson Person, IHolding? Holding)> Pairs, bool Last = false, string? Silent = null);

    private async Task<Page> TheirsAsync(Reconciliation run, ComparedAgency agency, Pace pace, CancellationToken cancel)
    {
        await pace.WaitAsync(cancel);
        var answer = await agency.ChangesAsync(run.After, policies.Current.Get<int>(PagePolicy, clock.Today()), cancel);
        if (answer.Silent is { } why)
        {
            return new(run, [], Silent: why);
        }
        var of = await persons.OfAsync(answer.Holdings, cancel);
        var opened = (await persons.OpenAsync([.. of.Values.Distinct()], cancel)).ToDictionary(p => p.Person);
        // Of somebody who is listed twice the later entry counts.
        var pairs = answer.Holdings.Where(h => of.ContainsKey(h.Id) && opened.ContainsKey(of[h.Id])).GroupBy(h => of[h.Id]).Select(g => (opened[g.Key], (IHolding?)g.Last())).ToList();
        return new(run with { After = answer.Next, Phase = answer.More ? ReconciliationPhases.Theirs : ReconciliationPhases.Ours }, pairs);
    }

    private async Task<Page> OursAsync(Reconciliation run, ComparedAgency agency, Pace pace, CancellationToken cancel)
    {
        var written = await agency.WrittenSinceAsync(ours, run.Position, cancel);
        var (pairs, silent) = await AskAsync(agency, written.Persons, pace, cancel);
        return new(run with { Position = written.Next, Phase = written.AtEnd ? ReconciliationPhases.Earlier : ReconciliationPhases.Ours }, pairs, Silent: silent);
    }

    private async Task<Page> EarlierAsync(Reconciliation run, ComparedAgency agency, Pace pace, CancellationToken cancel)
    {
        var unsettled = await records.UnsettledAsync(run.Agency, run.Id, run.LastDifference, HoldingPages.MostAsked, cancel);
        if (unsettled.Count == 0)
        {
            return new(run, [], Last: true);
        }
        var people = unsettled.Select(d => d.Person).Distinct().ToList();
        var (pairs, silent) = await AskAsync(agency, people, pace, cancel);
        // Who is another agency's by now has no difference with this one.
        var gone = silent is not null ? [] : (await persons.OpenAsync([.. people.Except(pairs.Select(p => p.Item1.Person))], cancel)).Where(agency.HandedOver).Select(p => (p, (IHolding?)null));
        return new(run with { LastDifference = unsettled[^1].Id }, [.. pairs, .. gone], Silent: silent);
    }

    private async Task<(IReadOnlyList<(ComparedPerson, IHolding?)> Pairs, string? Silent)> AskAsync(ComparedAgency agency, IReadOnlyCollection<PersonId> wanted, Pace pace, CancellationToken cancel)
    {
        var known = (await persons.OpenAsync(wanted, cancel)).Where(p => p.Number is not null && agency.Concerns(p)).ToList();
        var pairs = new List<(ComparedPerson, IHolding?)>(known.Count);
        foreach (var some in known.Chunk(HoldingPages.MostAsked))
        {
            await pace.WaitAsync(cancel);
            var answer = await agency.OfAsync([.. some.Select(p => p.Number!)], cancel);
            if (answer.Silent is { } why)
            {
                return ([], why);
            }
            var held = answer.Holdings.GroupBy(h => h.Id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal);
            pairs.AddRange(some.Select(p => (p, held.GetValueOrDefault(p.Number!))));
        }
        return (pairs, null);
    }

    /// <summary>Compares, repairs where it is clear who owns it, and leaves the rest to officers.</summary>
    private async Task<Reconciliation> SettleAsync(Change change, Reconciliation run, ComparedAgency agency, IReadOnlyList<(ComparedPerson Person, IHolding? Holding)> pairs, CancellationToken cancel)
    {
        if (pairs.Count == 0)
        {
            return run;
        }
        var busy = await outbox.BusyAsync([.. pairs.Select(p => agency.LaneOf(p.Person.Person)).OfType<string>()], cancel);
        var before = (await records.OfAsync(agency.Name, [.. pairs.Select(p => p.Person.Person)], cancel)).ToDictionary(d => d.Id);
        foreach (var (person, holding) in pairs)
        {
            // What is on its way to them is no difference yet; when it arrives they list it as changed.
            if (agency.LaneOf(person.Person) is { } lane && busy.Contains(lane))
            {
                continue;
            }
            var found = agency.Compare(person, holding).ToList();
            if (found.Count > 0 && !await StillAsync(agency, person.Person, holding, found, cancel))
            {
                continue;
            }
            run = run with { Compared = run.Compared + 1 };
            foreach (var disagreement in found)
            {
                run = await SettleAsync(change, run, agency, person.Person, disagreement, before.GetValueOrDefault(Difference.IdOf(agency.Name, disagreement.Kind, person.Person, disagreement.About)), cancel);
            }
            var still = found.Select(f => Difference.IdOf(agency.Name, f.Kind, person.Person, f.About)).ToHashSet();
            foreach (var gone in before.Values.Where(d => d.Person == person.Person && d.State is DifferenceStates.Open or DifferenceStates.ToldAgain && !DifferenceKinds.ForOfficers.Contains(d.Kind, StringComparer.Ordinal) && !still.Contains(d.Id)))
            {
                await PutAsync(change, gone, run, agency, gone.Kind, gone.Person, gone.About, DifferenceStates.Settled, new(null, null));
            }
        }
        ReconciliationMetrics.Compared.Add(pairs.Count, new KeyValuePair<string, object?>("agency", agency.Name));
        return run;
    }

    /// <summary>
    /// Whether our side, read once more, differs from theirs in the same way. Their answer may tell of a message or a call that came while they were asked, which our side did not know when it was opened; whoever changed meanwhile
    /// is in their list or in our journal, and is compared then.
    /// </summary>
    private async Task<bool> StillAsync(ComparedAgency agency, PersonId person, IHolding? holding, List<Disagreement> found, CancellationToken cancel) =>
        await persons.OpenAsync([person], cancel) is [var now] && agency.Compare(now, holding).Select(SaidOf).SequenceEqual(found.Select(SaidOf));

    private static (string Kind, string About, string? Ours, string? Theirs) SaidOf(Disagreement d) => (d.Kind, d.About, d.Ours, d.Theirs);

    private async Task<Reconciliation> SettleAsync(Change change, Reconciliation run, ComparedAgency agency, PersonId person, Disagreement found, Difference? before, CancellationToken cancel)
    {
        if (before is { State: DifferenceStates.Open })
        {
            // What could not be caught up with is tried again: it may have been a moment's fault, ours or theirs.
            if (found.Remedy is not Remedy.CatchUp later || !await later.Do(cancel))
            {
                return run;
            }
            await PutAsync(change, before, run, agency, found.Kind, person, found.About, DifferenceStates.CaughtUp, new(found.Ours, found.Theirs));
            return run with { Repaired = run.Repaired + 1 };
        }
        if (before is { State: DifferenceStates.ToldAgain } && before.RunId == run.Id)
        {
            return run;
        }
        run = run with { Found = run.Found + (before is { State: DifferenceStates.ToldAgain } ? 0 : 1) };
        string state;
        switch (found.Remedy)
        {
            // It was told again and they lack it still: it is not the telling that fails.
            case Remedy.TellAgain when before is { State: DifferenceStates.ToldAgain }:
                state = DifferenceStates.Open;
                break;
            case Remedy.TellAgain again:
                change.Messages.Add(again.Message(clock));
                state = DifferenceStates.ToldAgain;
                break;
            case Remedy.CatchUp caught:
                state = await caught.Do(cancel) ? DifferenceStates.CaughtUp : DifferenceStates.Open;
                break;
            default:
                state = DifferenceStates.Open;
                break;
        }
        await PutAsync(change, before, run, agency, found.Kind, person, found.About, state, new(found.Ours, found.Theirs));
        return state == DifferenceStates.Open ? run with { Opened = run.Opened + 1 } : run with { Repaired = run.Repaired + 1 };
    }

    private async Task PutAsync(Change change, Difference? before, Reconciliation run, ComparedAgency agency, string kind, PersonId person, string about, string state, DifferenceSides sides)
    {
        await records.PutAsync(change, before, agency.Name, kind, person, about, state, run.Id, sides);
        ReconciliationMetrics.Differences.Add(1, new("agency", agency.Name), new("kind", kind), new("became", state.ToLowerInvariant()));
    }

    private async Task<Reconciliation?> WriteAsync(Change change, Reconciliation before, Reconciliation after, CancellationToken cancel)
    {
        records.Put(change, after with { Version = before.Version });
        while (true)
        {
            switch (await writer.WriteAsync(change, WriteClass.Bulk, cancel))
            {
                case WriteOutcome.Done or WriteOutcome.Replayed:
                    return after with { Version = before.Version + 1 };
                case WriteOutcome.Busy busy:
                    await Task.Delay(busy.RetryAfter, cancel);
                    break;
                case WriteOutcome.InDoubt:
                    await Task.Delay(TimeSpan.FromSeconds(1), cancel);
                    break;
                default:
                    return null;
            }
        }
    }

    private Act ActOf(string verb, string agency) => new(ActId.New(clock), verb, Actor.System("reconcile"), Guid.CreateVersion7(clock.GetUtcNow()), Digest.Of(verb, agency), clock.Now()) { Reason = agency };
}

/// <summary>At most so many calls a second, evenly.</summary>
internal sealed class Pace(int callsPerSecond, TimeProvider clock)
{
    private readonly TimeSpan _between = TimeSpan.FromSeconds(1.0 / Math.Max(1, callsPerSecond));
    private long _last;

    public async Task WaitAsync(CancellationToken cancel)
    {
        if (_last != 0 && _between - clock.GetElapsedTime(_last) is { Ticks: > 0 } left)
        {
            await Task.Delay(left, cancel);
        }
        _last = clock.GetTimestamp();
    }
}
