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

/// <summary>One line of a person's list of cases: nothing personal in it.</summary>
public sealed record CaseLine(CaseId Case, string Reference, Service Service, string State, string Holder, Instant StateSince, Instant? DueAt);

/// <summary>A draft with its questions.</summary>
/// <param name="Asked">Names of the fields that an officer asked to mend; empty for a first draft.</param>
public sealed record DraftView(CaseHead Head, Service Service, Answers Answers, FormContext Context, IReadOnlyList<PageStanding> Pages, IReadOnlyList<string> Asked)
{
    public bool Complete => Pages.All(p => p.Done);
}

public sealed record PageStanding(FormPage Page, bool Done, bool Asked);

/// <summary>A case as its applicant follows it.</summary>
/// <param name="Question">What the officer asked or why he refused.</param>
/// <param name="Contests">What the person said is wrong in a record, in order.</param>
/// <param name="Degraded">What it went on with although an agency did not answer.</param>
/// <param name="Contestable">What may be contested now: <c>finding:&lt;code&gt;</c>, <c>field:&lt;name&gt;</c>.</param>
public sealed record TrackView(CaseHead Head, Service Service, IReadOnlyList<TimelineEntry> Timeline, IReadOnlyList<Finding> Findings, IReadOnlyList<ComparedField> Comparisons, Bill? Bill,
    DecisionContent? Question, string? Reason, Instant? NextAttempt, Instant? ObjectUntil, IReadOnlyList<Contest> Contests, IReadOnlyList<string> Contestable, IReadOnlyList<DegradedFact> Degraded)
{
    /// <summary>The card that this case sends, once it is ordered.</summary>
    public ShipmentView? Shipment { get; init; }

    /// <summary>The newest contest of what a check found.</summary>
    public Contest? ContestOf(Finding finding) => Contests.LastOrDefault(c => c.About == AboutOf(finding));

    public Contest? ContestOf(ComparedField field) => Contests.LastOrDefault(c => c.About == AboutOf(field));

    public bool MayContest(string about) => Contestable.Contains(about, StringComparer.Ordinal);

    public static string AboutOf(Finding finding) => ContestPoint.OfFinding(finding.Refusal.Code);

    public static string AboutOf(ComparedField field) => ContestPoint.OfField(field.Field);
}

/// <summary>One thing that happened.</summary>
public sealed record TimelineEntry(Instant At, string Act, string From, string To, string ActorKind, string? Reason);

/// <summary>A line of the officers' queue.</summary>
public sealed record QueueLine(CaseId Case, string Reference, Service Service, Instant Since, Instant DueAt, string State, Guid? LockedBy, Instant? LockedUntil, bool MayDecide);

/// <summary>The last line of a page of the queue; the next page begins after it, whatever has left the queue since.</summary>
public sealed record QueuePlace(Instant Since, CaseId Case);

/// <summary>A case as an officer reviews it.</summary>
public sealed record ReviewView(CaseHead Head, Service Service, object Request, Answers Answers, FormContext Context, IReadOnlyList<ComparedField> Comparisons, IReadOnlyList<Finding> Findings, IReadOnlyList<string> Signals,
    IReadOnlyList<PriceLine> Price, IReadOnlyList<TimelineEntry> Timeline, Guid? LockedBy, Instant? LockedUntil, PendingDecision? Pending, DecisionContent? Objection, DecisionContent? LastDecision,
    IReadOnlyList<Contest> Contests, IReadOnlyList<DegradedFact> Degraded)
{
    public Contest? ContestOf(Finding finding) => Contests.LastOrDefault(c => c.About == TrackView.AboutOf(finding));

    public Contest? ContestOf(ComparedField field) => Contests.LastOrDefault(c => c.About == TrackView.AboutOf(field));
}

/// <summary>A decision that can still be undone.</summary>
public sealed record PendingDecision(Guid Officer, string Act, string Reason, Instant EffectiveAt, DecisionContent Content);

/// <summary>Counts for the officers' dashboard.</summary>
public sealed record QueueCounts(int Waiting, int Late, int Mine, int Objections, IReadOnlyList<(string Service, int Count)> ByService);

/// <summary>Read models of cases. What opens personal data takes the reader and leaves an access.</summary>
public sealed class CaseViews
{
    private const int Looks = 4;

    private readonly Db _db;
    private readonly ReadDoor _door;
    private readonly ServiceCatalogue _services;
    private readonly CaseEngine _engine;
    private readonly Ledger _ledger;
    private readonly PolicyBook _policies;
    private readonly TimeProvider _clock;
    private readonly CaseStore _store;
    private readonly ShipmentStore _shipments;

    public CaseViews(Db db, Sealer sealer, ReadDoor door, ServiceCatalogue services, CaseEngine engine, Ledger ledger, PolicyBook policies, AgencyEvents events, ShipmentStore shipments, PersonOfAccount personOf,
        TimeProvider clock)
    {
        (_db, _door, _services, _engine, _ledger, _policies, _shipments, _clock) = (db, door, services, engine, ledger, policies, shipments, clock);
        _store = new CaseStore(db, sealer, door, events, personOf);
    }

    /// <summary>The cases of a person, newest first.</summary>
    public async Task<IReadOnlyList<CaseLine>> ListAsync(PersonId person, CancellationToken cancel = default) =>
        [.. (await _db.QueryAsync<CaseHead>(CaseHead.Select + " WHERE person_id = @person ORDER BY id DESC LIMIT 100", new { person = person.Value }, cancel))
            .Select(h => new CaseLine(h.Case, h.Reference, _services.ByCode(h.Service), h.State, h.Holder, h.StateSince, h.DueAt))];

    public async Task<CaseId?> ByReferenceAsync(string reference, CancellationToken cancel = default) =>
        await _db.FirstAsync<Guid?>("SELECT case_id FROM case_reference WHERE reference = @reference", new { reference }, cancel) is { } id ? new CaseId(id) : null;

    /// <summary>Where a case stands, for its own account only.</summary>
    public Task<CaseHead?> HeadAsync(AccountId account, CaseId id, CancellationToken cancel = default) => _store.OwnAsync(account, id, cancel);

    /// <summary>The draft (or what was asked for), for its own account only.</summary>
    public async Task<DraftView?> DraftAsync(Actor reader, AccountId account, CaseId id, CancellationToken cancel = default)
    {
        if (await _store.OwnAsync(account, id, cancel) is not { } head)
        {
            return null;
        }
        var access = _door.Enter(reader, Purpose.Self, id, "case.draft", head.Person);
        var service = _services.ByCode(head.Service);
        var answers = await _store.AnswersAsync(access, head, cancel);
        var (facts, _) = await _store.FactsAsync(access, head, _clock.Now(), cancel);
        var context = FormContext.From(_engine.Rules(head.Category, _clock.Now()), facts);
        var asked = head.State == CaseStates.NeedsInformation ? (await LastNoteAsync(access, head, CaseActs.Ask, cancel))?.Items ?? [] : [];
        var pages = service.Form.Pages
            .Where(p => p.Fields.Any(f => f.Asked(answers)))
            .Select(p => new PageStanding(p, p.Done(answers, context, service.Form.Blank), p.Fields.Any(f => asked.Contains(f.Name))));
        return new(head, service, answers, context, [.. pages], asked);
    }

    /// <summary>The case as its applicant follows it.</summary>
    public async Task<TrackView?> TrackAsync(Actor reader, AccountId account, CaseId id, CancellationToken cancel = default)
    {
        if (await _store.OwnAsync(account, id, cancel) is not { } head)
        {
            return null;
        }
        var access = _door.Enter(reader, Purpose.Self, id, "case.track", head.Person);
        return await WholeAsync(head, now => TrackAsync(access, now, cancel), cancel);
    }

    /// <summary>
    /// Looks until nothing was written in between: a view is of several questions, and an act that commits between two of them would be seen by half. After that many looks at a case that
    /// does not come to rest the last one is shown.
    /// </summary>
    private async Task<T> WholeAsync<T>(CaseHead head, Func<CaseHead, Task<T>> look, CancellationToken cancel)
    {
        for (var left = Looks; ; left--)
        {
            var view = await look(head);
            if (left == 1 || await _store.HeadAsync(head.Case, cancel) is not { } now || now.Version == head.Version)
            {
                return view;
            }
            head = now with { AccountId = head.AccountId };
        }
    }

    private async Task<TrackView> TrackAsync(Access access, CaseHead head, CancellationToken cancel)
    {
        var (last, _) = await _store.AssessmentAsync(access, head, cancel);
        var timeline = await TimelineAsync(head, cancel);
        var decided = head.State is CaseStates.Refused or CaseStates.NeedsInformation
            ? await LastNoteAsync(access, head, head.State == CaseStates.Refused ? CaseActs.Refuse : CaseActs.Ask, cancel) : null;
        var bill = head.BillId is { } bid ? await _ledger.BillAsync(new BillId(bid), cancel) : null;
        var next = head.State == CaseStates.WaitingForSource
            ? await _db.FirstAsync<long?>("SELECT due_at FROM deadline WHERE subject_id = @id AND kind = @kind", new { id = head.Id, kind = Deadlines.Retry }, cancel) : null;
        var objectUntil = _services.ByCode(head.Service).States.Allows(head.State, CaseActs.Object, By.Applicant)
            ? head.StateSince + Duration.FromDays(_policies.Current.Get<int>(CasePolicies.ObjectionDays, _clock.Today())) : (Instant?)null;
        var contests = await _store.ContestsAsync(head.Case, cancel);
        // A refusal by rule shows the findings; a refusal by an officer his words.
        return new(head, _services.ByCode(head.Service), timeline, [.. (last?.Findings ?? []).Select(f => f.ToFinding())], last?.Comparisons ?? [], bill, decided,
            timeline.LastOrDefault(e => e.To == head.State && e.Reason is not null)?.Reason, next is { } n ? Instant.Max(Clock.FromMicros(n), _clock.Now()) : null, objectUntil,
            await _store.OpenedAsync(access, head, contests), Contestable(head, last, contests), await _store.DegradedAsync(head.Case, cancel))
        { Shipment = await ShipmentAsync(access, head, cancel) };
    }

    private async Task<ShipmentView?> ShipmentAsync(Access access, CaseHead head, CancellationToken cancel)
    {
        // A case that was never carried out has none: nothing is asked for it.
        if (!(ShipmentStates.IsOpen(head.State) || head.State is ShipmentStates.Delivered or ShipmentStates.SentBack or ShipmentStates.Closed) || await _shipments.OfCaseAsync(head.Case, cancel) is not { } s)
        {
            return null;
        }
        var content = await _shipments.OpenAsync(access, head, cancel);
        var left = Math.Max(0, _policies.Current.Get<int>(ShipmentPolicies.CodeTries, _clock.Today()) - s.WrongCodes);
        var asked = head.State != ShipmentStates.Ordered && (ShipmentStates.UnderWay.Contains(head.State, StringComparer.Ordinal) || head.State == ShipmentStates.NotConfirmed);
        return new(s.TrackingNumber, content.Short, s.PromisedAt, s.ToldAt, s.Reason, s.NextOn, s.LateAt, asked && s.ConfirmedAt is null && left > 0 ? content.Code : null, left, s.OldCard);
    }

    private IReadOnlyList<string> Contestable(CaseHead head, StoredAssessment? last, IReadOnlyList<StoredContest> before)
    {
        var (policy, now) = (_policies.Current, _clock.Now());
        return last is null || !Contesting.IsOpen(head, _services.ByCode(head.Service), last, policy, now) ? []
            : [.. ContestPoint.Of(last).Select(p => p.About).Where(about => Contesting.Against(about, before, policy, now) is null)];
    }

    /// <summary>The queue, oldest first. Nothing personal is opened for it.</summary>
    public async Task<IReadOnlyList<QueueLine>> QueueAsync(AccountId officer, string? service, bool mine, bool late, QueuePlace? after, int limit, CancellationToken cancel = default)
    {
        var rows = await _db.QueryAsync<QueueRow>("""
            SELECT q.case_id AS CaseId, q.service AS Service, q.since AS Since, q.due_at AS DueAt, q.excluded AS Excluded, h.reference AS Reference, h.state AS State, l.officer AS Officer, l.until AS Until
            FROM review_queue q JOIN case_head h ON h.id = q.case_id LEFT JOIN review_lock l ON l.case_id = q.case_id AND l.until > @now
            WHERE (@any = 1 OR q.service = @service) AND (@mine = 0 OR l.officer = @officer) AND (@late = 0 OR q.due_at < @now) AND (@first = 1 OR q.since > @since OR (q.since = @since AND q.case_id > @after))
            ORDER BY q.since, q.case_id LIMIT @limit
            """, new
        {
            now = _clock.Now(),
            officer = officer.Value,
            any = service is null ? 1 : 0,
            service = service ?? "",
            mine = mine ? 1 : 0,
            late = late ? 1 : 0,
            first = after is null ? 1 : 0,
            since = after?.Since ?? Instant.MinValue,
            after = after?.Case.Value ?? Guid.Empty,
            limit,
        }, cancel);
        return [.. rows.Select(r => new QueueLine(new CaseId(r.CaseId), r.Reference, _services.ByCode(r.Service), r.Since, r.DueAt, r.State, r.Officer, r.Until, r.Excluded != officer.Value))];
    }

    public async Task<QueueCounts> CountsAsync(AccountId officer, CancellationToken cancel = default)
    {
        var rows = await _db.QueryAsync<QueueRow>("""
            SELECT q.case_id AS CaseId, q.service AS Service, q.since AS Since, q.due_at AS DueAt, q.excluded AS Excluded, h.reference AS Reference, h.state AS State, l.officer AS Officer, l.until AS Until
            FROM review_queue q JOIN case_head h ON h.id = q.case_id LEFT JOIN review_lock l ON l.case_id = q.case_id AND l.until > @now
            """, new { now = _clock.Now() }, cancel);
        var now = _clock.Now();
        return new(rows.Count, rows.Count(r => r.DueAt < now), rows.Count(r => r.Officer == officer.Value), rows.Count(r => r.State == CaseStates.Objection),
            [.. rows.GroupBy(r => r.Service, StringComparer.Ordinal).Select(g => (g.Key, g.Count()))]);
    }

    /// <summary>A case for review. The read is recorded and the resident sees it.</summary>
    public async Task<ReviewView?> ReviewAsync(Actor reader, CaseId id, CancellationToken cancel = default)
    {
        if (await _store.HeadAsync(id, cancel) is not { } head || head.Submission == 0)
        {
            return null;
        }
        var access = _door.Enter(reader, Purpose.DecideCase, id, "office.case", head.Person);
        return await WholeAsync(head, now => ReviewAsync(access, now, cancel), cancel);
    }

    private async Task<ReviewView> ReviewAsync(Access access, CaseHead head, CancellationToken cancel)
    {
        var service = _services.ByCode(head.Service);
        var request = await _store.RequestAsync(access, head, service, cancel);
        var answers = await _store.AnswersAsync(access, head, cancel);
        var (facts, _) = await _store.FactsAsync(access, head, Instant.MinValue, cancel);
        var (last, _) = await _store.AssessmentAsync(access, head, cancel);
        var held = await _store.LockAsync(head, cancel);
        var decision = await _store.PendingDecisionAsync(head, cancel);
        PendingDecision? pending = null;
        if (decision is not null)
        {
            pending = new(decision.Officer, decision.Act, decision.Reason, decision.EffectiveAt, (await _store.DecisionAsync(access, head, decision))!);
        }
        return new(head, service, request, answers, FormContext.From(_engine.Rules(head.Category, _clock.Now()), facts), last?.Comparisons ?? [], [.. (last?.Findings ?? []).Select(f => f.ToFinding())], last?.Signals ?? [],
            last is null ? [] : PriceLine.FromJson(last.Lines), await TimelineAsync(head, cancel), held?.Until > _clock.Now() ? held.Officer : null, held?.Until, pending,
            await LastNoteAsync(access, head, CaseActs.Object, cancel), await LastNoteAsync(access, head, CaseActs.Refuse, cancel) ?? await LastNoteAsync(access, head, CaseActs.Ask, cancel),
            await _store.OpenedAsync(access, head, await _store.ContestsAsync(head.Case, cancel)), await _store.DegradedAsync(head.Case, cancel));
    }

    private async Task<IReadOnlyList<TimelineEntry>> TimelineAsync(CaseHead head, CancellationToken cancel) =>
        [.. (await _db.QueryAsync<EventRow>("SELECT at AS At, act AS Act, from_state AS FromState, to_state AS ToState, actor_kind AS ActorKind, reason AS Reason FROM case_event WHERE case_id = @id ORDER BY id",
            new { id = head.Id }, cancel)).Select(e => new TimelineEntry(e.At, e.Act, e.FromState, e.ToState, e.ActorKind, e.Reason))];

    private async Task<DecisionContent?> LastNoteAsync(Access access, CaseHead head, string act, CancellationToken cancel)
    {
        var note = await _db.FirstAsync<byte[]>("SELECT note FROM case_event WHERE case_id = @id AND act = @act AND note IS NOT NULL ORDER BY id DESC LIMIT 1", new { id = head.Id, act }, cancel);
        return note is null ? null : await _store.OpenNoteAsync<DecisionContent>(access, head, "case_event", note);
    }

    private sealed record EventRow
    {
        public Instant At { get; init; }
        public string Act { get; init; } = "";
        public string FromState { get; init; } = "";
        public string ToState { get; init; } = "";
        public string ActorKind { get; init; } = "";
        public string? Reason { get; init; }
    }

    private sealed record QueueRow
    {
        public Guid CaseId { get; init; }
        public string Service { get; init; } = "";
        public Instant Since { get; init; }
        public Instant DueAt { get; init; }
        public Guid? Excluded { get; init; }
        public string Reference { get; init; } = "";
        public string State { get; init; } = "";
        public Guid? Officer { get; init; }
        public Instant? Until { get; init; }
    }
}
