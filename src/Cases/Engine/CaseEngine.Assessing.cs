using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Facts are gathered, the rules are asked, and the case goes where they send it.</summary>
public sealed partial class CaseEngine
{
    /// <summary>Assesses again a case that waits: a source is back, money is here.</summary>
    private async Task<(CaseOutcome Outcome, Outage? Outage)> ContinueAsync(Operation operation, string verb, CaseHead head, Bill? bill, CancellationToken cancel)
    {
        var service = _services.ByCode(head.Service);
        var change = new Change(Act(operation, verb, head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.CheckRecords, verb, head.Person);
        var c = new CaseChange(change, service, head, operation, _clock.Now(), _clock);
        var outage = await ReassessAsync(c, access, service, bill, cancel);
        return (await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel), outage);
    }

    /// <param name="anew">A record whose facts are asked for again, however long they might still be used.</param>
    /// <returns>Why it waits, if it does.</returns>
    private async Task<Outage?> ReassessAsync(CaseChange c, Access access, Service service, Bill? paid, CancellationToken cancel, string? anew = null)
    {
        var request = await _store.RequestAsync(access, c.Head, service, cancel);
        var gathered = await GatherAsync(c, access, service, cancel, anew);
        await AssessAndMoveAsync(c, access, service, request, gathered, paid, sent: null, cancel);
        return gathered.Outage;
    }

    /// <param name="Missing">What could not be had, each with why.</param>
    /// <param name="Rows">All attempts so far, those of now among them.</param>
    private sealed record GatheredFacts(FactSet Facts, PersonRecord Person, Outage? Outage, string Category, IReadOnlyList<Gathered> Missing, IReadOnlyList<CaseStore.StoredFact> Rows);

    /// <summary>The facts that may still be used, and the others anew, as rows of this change.</summary>
    private async Task<GatheredFacts> GatherAsync(CaseChange c, Access access, Service service, CancellationToken cancel, string? anew = null)
    {
        var (facts, rows) = await _store.FactsAsync(access, c.Head, c.Now, cancel, anew);
        var record = await _persons.OpenAsync(access, c.Head.Person, cancel);
        var missing = Asked(service, c.Now).Where(name => !facts.Has(name)).ToList();
        Outage? outage = null;
        IReadOnlyList<Gathered> away = [];
        if (missing.Count > 0)
        {
            var gathered = await _gatherer.GatherAsync(new FactQuery(c.Head.Person, record), missing, cancel);
            rows = await _store.AddFactsAsync(c.Change, c.Head, rows, gathered, c.Now);
            away = [.. gathered.Where(g => g.Outage is not null && service.Facts.Contains(g.Name))];
            foreach (var g in gathered)
            {
                if (g.Value is { } value)
                {
                    facts.Add(g.Name, value, g.Origin!);
                }
                else if (service.Facts.Contains(g.Name))
                {
                    outage = outage is null || g.Outage!.RetryAt > outage.RetryAt ? g.Outage : outage;
                }
            }
        }
        return new(facts, record, outage, CategoryOf(c.Head.Category, facts), away, rows);
    }

    /// <summary>What decides, and what only informs.</summary>
    private IEnumerable<string> Asked(Service service, Instant now) => service.Facts.Union(_policies.Current.Get<InformingTable>(CasePolicies.Informing, now.DayInRiyadh()).Of(service.Code));

    /// <summary>What the residence or the contract says, or what was known before; empty when nobody says: then there is no price, and the assessment says why.</summary>
    private static string CategoryOf(string known, FactSet facts) =>
        facts.Find<ResidenceFact>() is { Category.Length: > 0 } residence ? residence.Category
        : facts.Find<ContractFact>() is { Category.Length: > 0 } contract ? contract.Category
        : known;

    /// <summary>The heart: rules over request and facts, and the one move that follows.</summary>
    private async Task AssessAndMoveAsync(CaseChange c, Access access, Service service, object request, GatheredFacts gathered, Bill? paid, IReadOnlyList<Platform.Files.SentUpload>? sent, CancellationToken cancel)
    {
        var rules = Rules(gathered.Category, c.Now);
        c.Head = c.Head with { Rules = $"{service.Code}/{service.RuleSet}@{rules.Policy.Version}" };
        IReadOnlyList<Gathered> kept = [];
        if (gathered.Outage is { } outage)
        {
            kept = await KeptAsync(c, access, service, gathered, cancel);
            if (kept.Count == 0)
            {
                Wait(c, outage);
                return;
            }
            foreach (var fact in kept)
            {
                gathered.Facts.Add(fact.Name, fact.Value!, fact.Origin!);
            }
        }
        var standing = new CaseStanding(c.Head.Case, c.Head.Cleared == c.Head.Submission, c.Head.Confirmed == c.Head.Submission, paid is not null,
            // Once an officer has looked, it is no news.
            c.Head.Cleared != c.Head.Submission && (sent ?? await _uploads(c.Head.Person, service.Form.UploadsOf(request), cancel)).Any(u => u.Elsewhere));
        var assessment = Assessor.Assess(service, request, gathered.Facts, rules, standing);
        if (standing.Cleared && !c.Clears && await IsNewsAsync(access, c.Head, assessment, cancel))
        {
            // An officer cleared what he saw. What has been found since is for an officer again, before anything is issued.
            c.Head = c.Head with { Cleared = 0 };
            assessment = Assessor.Assess(service, request, gathered.Facts, rules, standing with { Cleared = false });
        }
        if (kept.Count > 0)
        {
            if (assessment.Act is CaseActs.NeedAction or CaseActs.RefuseByRule)
            {
                // What is old may speak for somebody, and not against: the record may have been put right since.
                Wait(c, gathered.Outage!);
                return;
            }
            await MarkAsync(c, gathered, kept);
        }
        var number = await _store.NextAssessmentAsync(c.Head, cancel);
        await _store.AddAssessmentAsync(c.Change, c.Head, assessment, number, c.Now, cancel);
        c.Head = c.Head with { Attempts = 0 };
        await FollowAsync(c, service, request, gathered, assessment, paid, rules, cancel);
    }

    /// <summary>Whether an officer must look at something at which none has looked.</summary>
    private async Task<bool> IsNewsAsync(Access access, CaseHead head, Assessment assessment, CancellationToken cancel)
    {
        var forOfficers = assessment.Findings.Where(f => f.Kind == FindingKind.Review).Select(f => f.Refusal.Code).ToList();
        if (forOfficers.Count == 0)
        {
            return false;
        }
        var (last, _) = await _store.AssessmentAsync(access, head, cancel);
        return forOfficers.Except((last?.Findings ?? []).Select(f => f.Code), StringComparer.Ordinal).Any();
    }

    private async Task FollowAsync(CaseChange c, Service service, object request, GatheredFacts gathered, Assessment assessment, Bill? paid, RuleContext rules, CancellationToken cancel)
    {
        switch (assessment.Act)
        {
            case CaseActs.RefuseByRule when c.Head.State == CaseStates.Refused:
                // A record was corrected, and it is refused all the same.
                break;
            case CaseActs.RefuseByRule:
                c.Move(CaseActs.RefuseByRule, By.System, assessment.Findings.First(f => f.Kind == FindingKind.Final).Refusal.Code);
                await ReleaseBillAsync(c, expired: false, cancel);
                await _notices.AddAsync(c.Change, c.Head.Person, "refused_by_rule", c.Head.Case, ("reference", c.Head.Reference));
                GiveBackClaim(c);
                break;
            case CaseActs.NeedAction:
                if (c.Head.State != CaseStates.NeedsAction)
                {
                    c.Move(CaseActs.NeedAction, By.System);
                    await _notices.AddAsync(c.Change, c.Head.Person, "needs_action", c.Head.Case, ("reference", c.Head.Reference));
                }
                await ReleaseBillAsync(c, expired: false, cancel);
                DueIn(c, Days(CasePolicies.NeedsActionDays, c.Now));
                HoldForAgency(c, assessment.Findings.Where(f => f.Kind == FindingKind.Fixable).Select(f => f.Refusal.Code), await _store.ContestsAsync(c.Head.Case, cancel));
                break;
            case CaseActs.AskEmployer when c.Head.State == CaseStates.AwaitingEmployer:
                // He was asked, and his time runs.
                break;
            case CaseActs.AskEmployer:
                c.Move(CaseActs.AskEmployer, By.System);
                DueIn(c, Days(CasePolicies.EmployerDays, c.Now));
                _performer.AskEmployer(c, gathered.Facts, service.ConfirmedBy(rules)!);
                await _notices.AddAsync(c.Change, c.Head.Person, "employer_asked", c.Head.Case, ("reference", c.Head.Reference));
                break;
            case CaseActs.ToReview when c.Head.State == CaseStates.UnderReview:
                // It is in the queue; the officer sees what is new.
                break;
            case CaseActs.ToReview:
                // What comes of it is billed anew.
                await ReleaseBillAsync(c, expired: false, cancel);
                c.Move(CaseActs.ToReview, By.System);
                ToQueue(c, null);
                break;
            case CaseActs.Bill:
                await BillAsync(c, service, gathered, assessment.Quote, rules, cancel);
                break;
            default:
                await ExecuteAsync(c, service, request, gathered, paid, rules);
                break;
        }
    }

    private async Task BillAsync(CaseChange c, Service service, GatheredFacts gathered, Quote quote, RuleContext rules, CancellationToken cancel)
    {
        if (c.Head.State == CaseStates.AwaitingPayment)
        {
            // The price was frozen; only a bill that is no longer open is priced anew.
            var bill = c.Head.BillId is { } id ? await _ledger.BillAsync(new BillId(id), cancel) : null;
            if (bill is not null && bill.Payable(rules.Today))
            {
                return;
            }
        }
        else
        {
            c.Move(CaseActs.Bill, By.System);
        }
        var days = rules.Policy.Get<int>(CasePolicies.PaymentDays, rules.Today);
        var until = Bills.ValidUntil(rules.Today, days, quote.ChangesOn);
        var issued = _bills.Issue(c.Change, c.Head.Case, _performer.PayerOf(c.Head, service, gathered.Facts, rules), service.Purpose, quote, until);
        c.Head = c.Head with { BillId = issued.Id.Value };
        c.Due(Deadlines.State, until.EndInRiyadh(), c.Head.Rules);
        await _notices.AddAsync(c.Change, c.Head.Person, "to_pay", c.Head.Case, ("reference", c.Head.Reference), ("amount", quote.Total));
    }

    private async Task ExecuteAsync(CaseChange c, Service service, object request, GatheredFacts gathered, Bill? paid, RuleContext rules)
    {
        c.Move(CaseActs.Execute, By.System);
        if (paid is not null)
        {
            _bills.Consume(c.Change, paid);
        }
        GiveBackClaim(c);
        await _performer.PerformAsync(c, service.EffectsOf(CaseActs.Execute, c.Head.State, request, gathered.Facts, rules), gathered.Person, rules);
    }

    private void Wait(CaseChange c, Outage outage)
    {
        if (c.Head.State != CaseStates.WaitingForSource)
        {
            c.Move(CaseActs.SourceDown, By.System, "source." + outage.Agency);
            DueIn(c, Days(CasePolicies.SourceDays, c.Now));
        }
        var attempts = c.Head.Attempts + 1;
        // 30 s, 1, 2, 4 … minutes, at most a quarter of an hour; never before the agency itself said.
        var backOff = Duration.FromSeconds(Math.Min(900, 30 * Math.Pow(2, Math.Min(attempts - 1, 10))));
        var next = Instant.Max(c.Now + backOff, outage.RetryAt);
        c.Head = c.Head with { Waiting = outage.Agency, Attempts = attempts };
        c.Due(Deadlines.Retry, next, c.Head.Rules);
    }

    private async Task ReleaseBillAsync(CaseChange c, bool expired, CancellationToken cancel)
    {
        if (c.Head.BillId is not { } id || await _ledger.BillAsync(new BillId(id), cancel) is not { } bill)
        {
            return;
        }
        if (bill.State is BillState.Open or BillState.Settled)
        {
            _bills.Release(c.Change, bill, expired);
            if (bill.Received > Money.Zero)
            {
                await _notices.AddAsync(c.Change, c.Head.Person, "money_kept", c.Head.Case, ("amount", bill.Received));
            }
        }
        c.Head = c.Head with { BillId = null };
    }

    /// <summary>A case that ends gives back its claim, so that the person may start again.</summary>
    private static void GiveBackClaim(CaseChange c) => c.Change.Releases.Add(OpenClaim(c.Service, c.Head.Person));

    private void ToQueue(CaseChange c, Guid? excluded)
    {
        var due = _policies.Current.AddWorkingDays(c.Now, _policies.Current.Get<int>(CasePolicies.ReviewWorkingDays, c.Now.DayInRiyadh()));
        c.Queue(due, excluded);
        c.Due(Deadlines.State, due, c.Head.Rules);
    }

    private void DueIn(CaseChange c, Duration after) => c.Due(Deadlines.State, c.Now + after, c.Head.Rules);
}
