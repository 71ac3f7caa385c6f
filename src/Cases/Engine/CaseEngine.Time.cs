using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>What happens by date: due rows, each an act whose operation id is the row and its due moment, so that it happens exactly once.</summary>
public sealed partial class CaseEngine
{
    /// <summary>Plays what is due, in order, but for cases that wait for a source: those have <see cref="SourceLanes"/>. Returns how many acts were done and when the next is due.</summary>
    public async Task<(int Played, Instant? Next)> PlayDueAsync(int limit, CancellationToken cancel = default)
    {
        var now = _clock.Now();
        var due = await _db.QueryAsync<DueRow>("SELECT subject_id AS Subject, kind AS Kind, due_at AS DueAt FROM deadline WHERE due_at <= @now AND kind <> @retry AND kind NOT LIKE 'recheck:%' AND kind NOT LIKE 'told:%' ORDER BY due_at LIMIT @limit", new { now, limit, retry = Deadlines.Retry }, cancel);
        var played = 0;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? fault = null;
        foreach (var row in due)
        {
            try
            {
                played += await PlayAsync(row, cancel) is CaseOutcome.Done ? 1 : 0;
            }
            catch (Exception e) when (e is not (OperationCanceledException or System.Data.Common.DbException))
            {
                // A row that fails must not hold up the others; the caller is told of the first.
                fault ??= System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
            }
        }
        fault?.Throw();
        var next = await _db.FirstAsync<long?>("SELECT min(due_at) FROM deadline WHERE kind <> @retry AND kind NOT LIKE 'recheck:%' AND kind NOT LIKE 'told:%'", new { retry = Deadlines.Retry }, cancel);
        return (played, next is { } micros ? Clock.FromMicros(micros) : null);
    }

    private async Task<CaseOutcome> PlayAsync(DueRow row, CancellationToken cancel)
    {
        var operation = Operation.Due("deadlines", row.Subject, row.Kind, row.DueAt);
        if (await _store.HeadAsync(new CaseId(row.Subject), cancel) is not { } head)
        {
            throw new InvalidOperationException($"A deadline {row.Kind} of a case that is not there.");
        }
        if (row.Kind == Deadlines.Decision)
        {
            return await SendDecisionAsync(operation, head, cancel);
        }
        if (row.Kind.StartsWith(Deadlines.Instrument, StringComparison.Ordinal))
        {
            return await InstrumentAsync(operation, head, row.Kind[Deadlines.Instrument.Length..], By.System, row.DueAt.DayInRiyadh(), row.Kind, cancel);
        }
        if (row.Kind.StartsWith(Deadlines.Contest, StringComparison.Ordinal))
        {
            return await ContestLateAsync(operation, head, row.Kind, cancel);
        }
        if (row.Kind.StartsWith(Deadlines.Reminder, StringComparison.Ordinal))
        {
            return await RemindAsync(operation, head, row.Kind, cancel);
        }
        return await TimeOutAsync(operation, head, cancel);
    }

    /// <summary>A case that waits for a source asks again.</summary>
    /// <param name="due">Of its row, so that several processes ask once.</param>
    /// <returns>When to ask next, where it waits for this source still; null when it went on, or waits for another one.</returns>
    internal async Task<Instant?> AskAgainAsync(Guid id, Instant due, string source, CancellationToken cancel)
    {
        if (await _store.HeadAsync(new CaseId(id), cancel) is not { State: CaseStates.WaitingForSource } head)
        {
            return null;
        }
        var bill = head.BillId is { } billId ? await _ledger.BillAsync(new BillId(billId), cancel) : null;
        var (outcome, outage) = await ContinueAsync(Operation.Due("deadlines", id, Deadlines.Retry, due), "case.retry", head, bill is { State: BillState.Settled } ? bill : null, cancel);
        return outcome is CaseOutcome.TryAgain later ? _clock.Now() + Duration.FromTimeSpan(later.After)
            // A system that has not caught up for one person answers for the others.
            : outage is { IsBehind: false } none && none.Agency == source ? none.RetryAt : null;
    }

    private async Task<CaseOutcome> TimeOutAsync(Operation operation, CaseHead head, CancellationToken cancel)
    {
        var service = _services.ByCode(head.Service);
        var c = new CaseChange(new Change(Act(operation, "case.time_out", head, answer: $"{head.Id} {head.Reference}")), service, head, operation, _clock.Now(), _clock);
        if (head.MayBeChanged && head.State != CaseStates.Draft && (await _store.ContestsAsync(head.Case, cancel)).Any(o => o.IsOpen))
        {
            // Nobody's application lapses while an agency has the record to answer for.
            DueIn(c, Days(CasePolicies.ContestDays, c.Now));
        }
        else if (service.States.Allows(head.State, CaseActs.TimeOut, By.System))
        {
            c.Move(CaseActs.TimeOut, By.System);
            await ReleaseBillAsync(c, expired: true, cancel);
            await _notices.AddAsync(c.Change, head.Person, "timed_out", head.Case, ("reference", head.Reference));
            GiveBackClaim(c);
        }
        else
        {
            // Late with us (a review over its time): nothing lapses, the person is told and the queue shows it.
            c.Note("late", head.State);
            c.Change.Rows.Add(CaseTables.Deadline.Delete(head.Id, Deadlines.State));
            await MarkLateAsync(c, cancel);
            await _notices.AddAsync(c.Change, head.Person, "late", head.Case, ("reference", head.Reference));
        }
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    private async Task<CaseOutcome> RemindAsync(Operation operation, CaseHead head, string kind, CancellationToken cancel)
    {
        var service = _services.ByCode(head.Service);
        var c = new CaseChange(new Change(Act(operation, "case.remind", head, answer: $"{head.Id} {head.Reference}")), service, head, operation, _clock.Now(), _clock);
        c.Change.Rows.Add(CaseTables.Deadline.Delete(head.Id, kind));
        await _notices.AddAsync(c.Change, head.Person, "expires_soon", null, ("days", int.Parse(kind[Deadlines.Reminder.Length..], System.Globalization.CultureInfo.InvariantCulture)));
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    /// <summary>
    /// An event of the case's instrument (a visa): the border's exit and entry, a cancellation, a day that passed. The service's table says whether it may
    /// happen and its effects what follows.
    /// </summary>
    public async Task<CaseOutcome> InstrumentAsync(Operation operation, CaseId id, AccountId? applicant, string act, By by, LocalDate day, CancellationToken cancel = default)
    {
        if (await _store.HeadAsync(id, cancel) is not { } head || (applicant is { } account && head.AccountId != account.Value))
        {
            return new CaseOutcome.NotFound();
        }
        return await InstrumentAsync(operation, head, act, by, day, null, cancel);
    }

    private async Task<CaseOutcome> InstrumentAsync(Operation operation, CaseHead head, string act, By by, LocalDate day, string? deadline, CancellationToken cancel)
    {
        var service = _services.ByCode(head.Service);
        var verb = "instrument." + act;
        var now = _clock.Now();
        if (!service.States.Allows(head.State, act, by))
        {
            if (deadline is null)
            {
                return await NotNowAsync(operation, verb, head, cancel);
            }
            // What was due no longer applies (the visa was used or cancelled meanwhile).
            var stale = new CaseChange(new Change(Act(operation, verb, head, answer: $"{head.Id} {head.Reference}")), service, head, operation, now, _clock);
            stale.Change.Rows.Add(CaseTables.Deadline.Delete(head.Id, deadline));
            return await AnswerAsync(await _writer.WriteAsync(stale.Close(), cancel: cancel), head, cancel);
        }
        if (await TryShipmentAsync(operation, head, act, deadline, cancel) is { } moved)
        {
            return moved;
        }
        var change = new Change(Act(operation, verb, head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Platform.Privacy.Purpose.CheckRecords, verb, head.Person);
        var c = new CaseChange(change, service, head, operation, now, _clock);
        var request = await _store.RequestAsync(access, head, service, cancel);
        var record = await _persons.OpenAsync(access, head.Person, cancel);
        c.Move(act, by);
        if (deadline is not null)
        {
            change.Rows.Add(CaseTables.Deadline.Delete(head.Id, deadline));
        }
        var rules = Rules(head.Category, now) with { Today = day };
        await _performer.PerformAsync(c, service.EffectsOf(act, c.Head.State, request, FactSet.Empty, rules), record, rules);
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    private sealed record DueRow
    {
        public Guid Subject { get; init; }
        public string Kind { get; init; } = "";
        public Instant DueAt { get; init; }
    }
}
