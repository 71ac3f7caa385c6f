using Muqeem.Agencies;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>
/// A case goes on with what a record had said before, while its agency does not answer: only for facts and ages of the dated table, never against the person, marked, and not twice before the agency was asked
/// again. Once it answers, what it says is held against what was used.
/// </summary>
public sealed partial class CaseEngine
{
    /// <summary>Before the agency is asked again; the lane of the agency decides when, once it answers anybody.</summary>
    private static readonly Duration CheckAgainAfter = Duration.FromMinutes(1);

    /// <summary>It is away. That it answers something else than its contract says, or that we asked too much, is no reason to do without its word.</summary>
    private static bool IsAway(Outage outage) => outage.Reason is AgencyReason.Timeout or AgencyReason.Unreachable or AgencyReason.Failing or AgencyReason.Resting;

    /// <summary>What was kept of everything that is missing; nothing, when any of it may not be used.</summary>
    private async Task<IReadOnlyList<Gathered>> KeptAsync(CaseChange c, Access access, Service service, GatheredFacts gathered, CancellationToken cancel)
    {
        if (gathered.Missing.Count == 0 || !gathered.Missing.All(m => IsAway(m.Outage!)))
        {
            return [];
        }
        var table = _policies.Current.Get<DegradedTable>(CasePolicies.Degraded, c.Now.DayInRiyadh());
        var kept = new List<Gathered>(gathered.Missing.Count);
        foreach (var missing in gathered.Missing)
        {
            if (table.GreatestAge(service.Code, missing.Name) is not { } age || await _store.KeptAsync(access, c.Head.Person, missing.Name, c.Now - age, cancel) is not { } found)
            {
                return [];
            }
            kept.Add(found);
        }
        return (await _store.DegradedAsync(c.Head.Case, cancel)).Any(d => d.Unchecked) ? [] : kept;
    }

    /// <summary>The case went on: it says with what, and when it is looked at again.</summary>
    private async Task MarkAsync(CaseChange c, GatheredFacts gathered, IReadOnlyList<Gathered> kept)
    {
        // What it stands on takes the place of the attempt that failed: of a fact an act writes one row, which its receipt shows. That the agency was silent is the mark.
        var failed = gathered.Missing.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var attempts = gathered.Rows.Where(r => failed.Contains(r.Fact)).GroupBy(r => r.Fact, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Max(r => r.Attempt), StringComparer.Ordinal);
        c.Change.Rows.RemoveAll(r => r.Table == CaseTables.Fact && r.Values[1] is string fact && failed.Contains(fact));
        await _store.AddFactsAsync(c.Change, c.Head, [.. gathered.Rows.Where(r => !failed.Contains(r.Fact) || r.Attempt != attempts[r.Fact])], kept, c.Now);
        foreach (var fact in kept)
        {
            CaseStore.PutDegraded(c.Change, new(c.Head.Id, fact.Name, c.Now, fact.Origin!.Source, fact.Origin.AsOf, DegradedStates.Unchecked, null));
        }
        foreach (var source in kept.Select(k => k.Origin!.Source).Distinct(StringComparer.Ordinal))
        {
            c.Note("degraded", c.Head.State, "source." + source, who: Actor.System("engine"));
            c.Due(Deadlines.Recheck + source, c.Now + CheckAgainAfter, c.Head.Rules);
        }
    }

    /// <summary>Asks again for what a case went on without.</summary>
    /// <param name="due">Of its row, so that several processes ask once.</param>
    /// <returns>When to ask next, where the source is still away; null when it answered.</returns>
    internal async Task<Instant?> RecheckAsync(Guid id, Instant due, string source, CancellationToken cancel)
    {
        if (await _store.HeadAsync(new CaseId(id), cancel) is not { } head)
        {
            return null;
        }
        var operation = Operation.Due("deadlines", id, Deadlines.Recheck + source, due);
        var service = _services.ByCode(head.Service);
        var change = new Change(Act(operation, "case.recheck", head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.CheckRecords, "case.recheck", head.Person);
        var c = new CaseChange(change, service, head, operation, _clock.Now(), _clock);
        var marks = (await _store.DegradedAsync(head.Case, cancel)).Where(d => d.Unchecked && d.Source == source).ToList();
        Instant? askAgainAt = null;
        change.Rows.Add(CaseTables.Deadline.Delete(head.Id, Deadlines.Recheck + source));
        if (head.State is CaseStates.Withdrawn or CaseStates.Lapsed or CaseStates.ClosedNoAnswer or CaseStates.ExpiredDraft)
        {
            Answered(c, marks, DegradedStates.Closed);
        }
        else if (marks.Count > 0)
        {
            var record = await _persons.OpenAsync(access, head.Person, cancel);
            var fresh = await _gatherer.GatherAsync(new FactQuery(head.Person, record), marks.Select(m => m.Fact).Distinct(StringComparer.Ordinal), cancel);
            if (fresh.Select(f => f.Outage).FirstOrDefault(o => o is not null) is { } outage)
            {
                askAgainAt = Instant.Max(outage.RetryAt, c.Now + CheckAgainAfter);
                change.Rows.RemoveAll(r => r.Table == CaseTables.Deadline);
                c.Due(Deadlines.Recheck + source, askAgainAt.Value, head.Rules);
            }
            else
            {
                await CompareAsync(c, access, service, source, marks, fresh, cancel);
            }
        }
        var outcome = await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
        return outcome is CaseOutcome.TryAgain later ? _clock.Now() + Duration.FromTimeSpan(later.After) : askAgainAt;
    }

    private static void Answered(CaseChange c, IEnumerable<DegradedFact> marks, string state)
    {
        foreach (var mark in marks)
        {
            CaseStore.PutDegraded(c.Change, mark with { State = state, CheckedAt = c.Now });
        }
    }

    private async Task CompareAsync(CaseChange c, Access access, Service service, string source, IReadOnlyList<DegradedFact> marks, IReadOnlyList<Gathered> fresh, CancellationToken cancel)
    {
        var (facts, rows) = await _store.LastFactsAsync(access, c.Head, cancel);
        await _store.AddFactsAsync(c.Change, c.Head, rows, fresh, c.Now);
        var request = await _store.RequestAsync(access, c.Head, service, cancel);
        var rules = Rules(c.Head.Category, c.Now);
        // Both by the rules of today: only the record may make the difference.
        var standing = new CaseStanding(c.Head.Case, Cleared: true, Confirmed: true, Paid: true, ReusedUpload: false);
        var before = Assessor.Assess(service, request, facts, rules, standing);
        foreach (var fact in fresh)
        {
            facts.Add(fact.Name, fact.Value!, fact.Origin!);
        }
        var now = Assessor.Assess(service, request, facts, rules, standing);
        var news = News(before, now);
        if (news.Count == 0)
        {
            Answered(c, marks, DegradedStates.Confirmed);
            c.Note("rechecked", c.Head.State, "source." + source, who: Actor.System("engine"));
            return;
        }
        Answered(c, marks, DegradedStates.Differs);
        c.Note("recheck_differs", c.Head.State, "source." + source, who: Actor.System("engine"));
        await _notices.AddAsync(c.Change, c.Head.Person, "recheck_differs", c.Head.Case, ("reference", c.Head.Reference));
        await ToOfficerAsync(c, service, source, marks, now, news, cancel);
    }

    /// <summary>What stands against it now and did not before, and whether the price is another.</summary>
    private static IReadOnlyList<string> News(Assessment before, Assessment now) =>
    [
        .. now.Findings.Where(f => f.Kind != FindingKind.Note).Select(f => f.Refusal.Code).Except(before.Findings.Select(f => f.Refusal.Code), StringComparer.Ordinal),
        .. now.Comparisons.Where(n => !n.Agrees).Select(n => "field." + n.Field).Except(before.Comparisons.Where(b => !b.Agrees).Select(b => "field." + b.Field), StringComparer.Ordinal),
        .. before.Quote.Total == now.Quote.Total ? [] : (string[])["price"],
    ];

    private async Task ToOfficerAsync(CaseChange c, Service service, string source, IReadOnlyList<DegradedFact> marks, Assessment now, IReadOnlyList<string> news, CancellationToken cancel)
    {
        if (c.Head.State is CaseStates.AwaitingPayment or CaseStates.AwaitingEmployer && service.States.Allows(c.Head.State, CaseActs.ToReview, By.System))
        {
            // Not carried out yet: an officer decides, before anything is paid or issued.
            await _store.AddAssessmentAsync(c.Change, c.Head, now, await _store.NextAssessmentAsync(c.Head, cancel), c.Now, cancel);
            await ReleaseBillAsync(c, expired: false, cancel);
            c.Head = c.Head with { Cleared = 0 };
            c.Move(CaseActs.ToReview, By.System, "source." + source);
            ToQueue(c, null);
            return;
        }
        if (c.Head.MayBeChanged || c.Head.State is CaseStates.UnderReview or CaseStates.Objection or CaseStates.WaitingForSource)
        {
            // It is assessed again in any case, with what the record says now.
            await _store.AddAssessmentAsync(c.Change, c.Head, now, await _store.NextAssessmentAsync(c.Head, cancel), c.Now, cancel);
            return;
        }
        // Carried out: it is not undone by rule. An officer has both sides.
        var agency = Sources.OwnerOf(source)!;
        var about = c.Head.Case.ToString();
        var known = await _records.FindAsync(Difference.IdOf(agency, DifferenceKinds.Recheck, c.Head.Person, about), cancel);
        var used = string.Join(' ', marks.Select(m => $"{m.Fact} {NodaTime.Text.LocalDatePattern.Iso.Format(m.AsOf.DayInRiyadh())}"));
        await _records.PutAsync(c.Change, known, agency, DifferenceKinds.Recheck, c.Head.Person, about, DifferenceStates.Open, c.Head.Id, new(used, string.Join(' ', news)));
    }
}
