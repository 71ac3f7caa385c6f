using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>The officer's verbs: take, release, decide, undo.</summary>
public sealed partial class CaseEngine
{
    /// <summary>Takes the oldest case that this officer may decide and nobody holds.</summary>
    /// <param name="own">The officer's own person, if he is a resident: nobody decides his own case.</param>
    public async Task<CaseOutcome> TakeNextAsync(Operation operation, AccountId officer, PersonId? own, string? service, CancellationToken cancel = default)
    {
        var now = _clock.Now();
        // A few, because another officer may take the first in the same moment.
        var waiting = await _db.QueryAsync<Guid>("""
            SELECT q.case_id FROM review_queue q LEFT JOIN review_lock l ON l.case_id = q.case_id
            WHERE (l.case_id IS NULL OR l.until < @now) AND (q.excluded IS NULL OR q.excluded <> @officer) AND (@any = 1 OR q.service = @service)
            ORDER BY q.since LIMIT 8
            """, new { now, officer = officer.Value, any = service is null ? 1 : 0, service = service ?? "" }, cancel);
        foreach (var id in waiting)
        {
            var taken = await TakeAsync(operation, officer, own, new CaseId(id), cancel);
            if (taken is not (CaseOutcome.Conflict or CaseOutcome.NotNow))
            {
                return taken;
            }
        }
        return new CaseOutcome.NotFound();
    }

    /// <summary>Takes a case for some minutes. Taking it again prolongs the lock.</summary>
    public async Task<CaseOutcome> TakeAsync(Operation operation, AccountId officer, PersonId? own, CaseId id, CancellationToken cancel = default)
    {
        if (await _store.HeadAsync(id, cancel) is not { } head)
        {
            return new CaseOutcome.NotFound();
        }
        if (head.State is not (CaseStates.UnderReview or CaseStates.Objection))
        {
            return await NotNowAsync(operation, "review.take", head, cancel);
        }
        var now = _clock.Now();
        if (Barred(head, officer, own) is { } barred)
        {
            return new CaseOutcome.NotNow(head.State, barred);
        }
        if (await _store.LockAsync(head, cancel) is { } held && held.Until > now && held.Officer != officer.Value)
        {
            return new CaseOutcome.NotNow(head.State, new Refusal(CaseRefusals.LockedByAnother, ("until", held.Until)));
        }
        var c = new CaseChange(new Change(Act(operation, "review.take", head, answer: $"{head.Id} {head.Reference}")), _services.ByCode(head.Service), head, operation, now, _clock);
        var minutes = _policies.Current.Get<int>(CasePolicies.LockMinutes, now.DayInRiyadh());
        c.Change.Rows.Add(CaseTables.Lock.Put(head.Id, officer.Value, now + Duration.FromMinutes(minutes)));
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    public async Task<CaseOutcome> ReleaseAsync(Operation operation, AccountId officer, CaseId id, CancellationToken cancel = default)
    {
        if (await _store.HeadAsync(id, cancel) is not { } head)
        {
            return new CaseOutcome.NotFound();
        }
        if (await _store.LockAsync(head, cancel) is not { } held || held.Officer != officer.Value)
        {
            return new CaseOutcome.NotNow(head.State, new Refusal(CaseRefusals.NotLocked));
        }
        var c = new CaseChange(new Change(Act(operation, "review.release", head, answer: $"{head.Id} {head.Reference}")), _services.ByCode(head.Service), head, operation, _clock.Now(), _clock);
        c.Change.Rows.Add(CaseTables.Lock.Delete(head.Id));
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    /// <summary>Approves: what differs is accepted by this officer; price and execution follow in the same act.</summary>
    /// <param name="reason">A code of the list of reasons.</param>
    public async Task<CaseOutcome> ApproveAsync(Operation operation, AccountId officer, PersonId? own, CaseId id, string reason, CancellationToken cancel = default)
    {
        if (await ForDecisionAsync(operation, "review.approve", officer, own, id, cancel) is not { } ready)
        {
            return new CaseOutcome.NotFound();
        }
        if (ready.No is { } no)
        {
            return no;
        }
        var (head, service) = (ready.Head!, ready.Service!);
        var change = new Change(Act(operation, "review.approve", head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.DecideCase, "review.approve", head.Person);
        var c = new CaseChange(change, service, head, operation, _clock.Now(), _clock) { Clears = true };
        c.Head = head with { Cleared = head.Submission, DecidedBy = officer.Value };
        c.Note(CaseActs.Approve, head.State, reason);
        await ReassessAsync(c, access, service, paid: null, cancel);
        if (c.Head.State == head.State)
        {
            // The checks did not move it (nothing to bill was changed): it must not stay in the queue as if undecided.
            throw new InvalidOperationException($"{service.Code}: an approved case stayed in {head.State}.");
        }
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    /// <summary>Asks for the picked items, or refuses with a coded reason; both are sent after the time to undo them.</summary>
    /// <param name="act"><see cref="CaseActs.Ask"/> or <see cref="CaseActs.Refuse"/>.</param>
    public async Task<CaseOutcome> DecideAsync(Operation operation, AccountId officer, PersonId? own, CaseId id, string act, string reason, DecisionContent content, CancellationToken cancel = default)
    {
        if (await ForDecisionAsync(operation, "review." + act, officer, own, id, cancel) is not { } ready)
        {
            return new CaseOutcome.NotFound();
        }
        if (ready.No is { } no)
        {
            return no;
        }
        var (head, service) = (ready.Head!, ready.Service!);
        if (act == CaseActs.Ask && content.Items.Count == 0)
        {
            return new CaseOutcome.Invalid(id, [new("items", new Refusal(CaseRefusals.ItemsMissing))]);
        }
        if (string.IsNullOrWhiteSpace(content.Text) || string.IsNullOrWhiteSpace(reason))
        {
            return new CaseOutcome.Invalid(id, [new("text", new Refusal(CaseRefusals.ReasonMissing))]);
        }
        var now = _clock.Now();
        var change = new Change(Act(operation, "review." + act, head, answer: $"{head.Id} {head.Reference}"));
        var c = new CaseChange(change, service, head, operation, now, _clock);
        var effective = now + Duration.FromSeconds(_policies.Current.Get<int>(CasePolicies.UndoSeconds, now.DayInRiyadh()));
        change.Rows.Add(CaseTables.Decision.Put(head.Id, Guid.CreateVersion7(_clock.GetUtcNow()), officer.Value, act, reason, now, effective,
            await _store.SealNoteAsync(change, head, "case_decision", content)));
        c.Due(Deadlines.Decision, effective, head.Rules);
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    /// <summary>Takes back a question or refusal that is not sent yet.</summary>
    public async Task<CaseOutcome> UndoAsync(Operation operation, AccountId officer, CaseId id, CancellationToken cancel = default)
    {
        if (await _store.HeadAsync(id, cancel) is not { } head)
        {
            return new CaseOutcome.NotFound();
        }
        if (await _store.PendingDecisionAsync(head, cancel) is not { } pending || pending.Officer != officer.Value)
        {
            return new CaseOutcome.NotNow(head.State, new Refusal(CaseRefusals.UndoTooLate));
        }
        var c = new CaseChange(new Change(Act(operation, "review.undo", head, answer: $"{head.Id} {head.Reference}")), _services.ByCode(head.Service), head, operation, _clock.Now(), _clock);
        c.Change.Rows.Add(CaseTables.Decision.Delete(head.Id));
        c.Change.Rows.Add(CaseTables.Deadline.Delete(head.Id, Deadlines.Decision));
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    /// <summary>The time to undo is over: the decision is sent.</summary>
    private async Task<CaseOutcome> SendDecisionAsync(Operation operation, CaseHead head, CancellationToken cancel)
    {
        var service = _services.ByCode(head.Service);
        if (await _store.PendingDecisionAsync(head, cancel) is not { } decision)
        {
            return new CaseOutcome.NotFound();
        }
        var change = new Change(Act(operation, "review.send", head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.DecideCase, "review.send", head.Person);
        var content = (await _store.DecisionAsync(access, head, decision))!;
        var c = new CaseChange(change, service, head, operation, _clock.Now(), _clock);
        c.Head = head with { DecidedBy = decision.Officer };
        var note = await _store.SealNoteAsync(change, head, "case_event", content);
        c.Move(decision.Act, By.Officer, decision.Reason, note, Actor.Officer(new AccountId(decision.Officer)));
        change.Rows.Add(CaseTables.Decision.Delete(head.Id));
        change.Rows.Add(CaseTables.Deadline.Delete(head.Id, Deadlines.Decision));
        if (decision.Act == CaseActs.Refuse)
        {
            await ReleaseBillAsync(c, expired: false, cancel);
            await _notices.AddAsync(change, head.Person, "refused", head.Case, ("reference", head.Reference));
            GiveBackClaim(c);
        }
        else
        {
            DueIn(c, Days(CasePolicies.NeedsInformationDays, c.Now));
            await _notices.AddAsync(change, head.Person, "needs_information", head.Case, ("reference", head.Reference));
        }
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    private static Refusal? Barred(CaseHead head, AccountId officer, PersonId? own) =>
        own is { } person && person == head.Person ? new Refusal(CaseRefusals.OwnCase)
        : head.State == CaseStates.Objection && head.DecidedBy == officer.Value ? new Refusal(CaseRefusals.DecidedBefore)
        : null;

    private sealed record Ready(CaseHead? Head, Service? Service, CaseOutcome? No);

    private async Task<Ready?> ForDecisionAsync(Operation operation, string verb, AccountId officer, PersonId? own, CaseId id, CancellationToken cancel)
    {
        if (await _store.HeadAsync(id, cancel) is not { } head)
        {
            return null;
        }
        if (head.State is not (CaseStates.UnderReview or CaseStates.Objection))
        {
            return new(null, null, await NotNowAsync(operation, verb, head, cancel));
        }
        if (Barred(head, officer, own) is { } barred)
        {
            return new(null, null, new CaseOutcome.NotNow(head.State, barred));
        }
        if (await _store.LockAsync(head, cancel) is { } held && held.Until > _clock.Now() && held.Officer != officer.Value)
        {
            return new(null, null, new CaseOutcome.NotNow(head.State, new Refusal(CaseRefusals.LockedByAnother, ("until", held.Until))));
        }
        // One decision at a time: what is pressed is undone before anything else is decided.
        if (await _store.PendingDecisionAsync(head, cancel) is { } pending)
        {
            var known = await NotNowAsync(operation, verb, head, cancel);
            return new(null, null, known is CaseOutcome.NotNow ? new CaseOutcome.NotNow(head.State, new Refusal(CaseRefusals.DecisionPending, ("until", pending.EffectiveAt))) : known);
        }
        if (operation.Seen is { } seen && seen != head.Version)
        {
            return new(null, null, new CaseOutcome.Conflict());
        }
        return new(head, _services.ByCode(head.Service), null);
    }
}
