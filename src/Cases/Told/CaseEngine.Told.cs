using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>
/// An agency tells us that its record of a person changed. What it says now is asked, and never taken from the call: so it does not matter in which order calls come. The act that keeps the event also moves the version
/// of every case that looks at such a fact: whoever was about to decide one with what was read before loses the race, and reads anew.
/// </summary>
public sealed partial class CaseEngine
{
    /// <summary>All that are not carried out and have not ended.</summary>
    private static readonly string[] UnderWay =
    [
        CaseStates.Draft, CaseStates.WaitingForSource, CaseStates.AwaitingEmployer, CaseStates.UnderReview, CaseStates.NeedsAction, CaseStates.NeedsInformation, CaseStates.AwaitingPayment, CaseStates.Objection,
    ];

    /// <summary>Adds to the act that keeps an event what follows for the person's cases under way: a line, and that they are looked at again at once.</summary>
    /// <param name="kind">One of <see cref="AgencyEventKinds"/>.</param>
    public async Task InterruptAsync(Change change, PersonId person, string kind, CancellationToken cancel = default)
    {
        var (source, fact) = Told.Of(kind);
        var now = _clock.Now();
        foreach (var head in await OfPersonAsync(person, UnderWay, cancel))
        {
            if (!_services.ByCode(head.Service).Facts.Contains(fact, StringComparer.Ordinal))
            {
                continue;
            }
            Bump(change, head);
            // A draft is looked at when it is sent, and one that waits for a record system asks by itself.
            if (head.State == CaseStates.Draft)
            {
                continue;
            }
            var who = change.Act!.Actor;
            change.Rows.Add(CaseTables.Event.Insert(Guid.CreateVersion7(_clock.GetUtcNow()), head.Id, now, "told", head.State, head.State, who.Kind.ToString(), who.Id, "source." + source, null));
            if (head.State != CaseStates.WaitingForSource)
            {
                change.Rows.Add(CaseTables.Deadline.Put(head.Id, Deadlines.Told + source, now, head.Rules));
            }
        }
    }

    /// <summary>Adds to the act by which somebody's death is kept that his visas that were not used end, so that no fine follows for the dead, and that his card is not handed to anybody.</summary>
    public async Task EndInstrumentsAsync(Change change, PersonId person, CancellationToken cancel = default)
    {
        foreach (var head in await OfPersonAsync(person, [CaseStates.Issued, .. ShipmentStates.UnderWay], cancel))
        {
            var states = _services.ByCode(head.Service).States;
            if (Array.Find([CaseActs.Cancel, ShipmentActs.Stop], act => states.Allows(head.State, act, By.System)) is { } end)
            {
                Bump(change, head);
                change.Rows.Add(CaseTables.Deadline.Put(head.Id, Deadlines.Instrument + end, _clock.Now(), head.Rules));
            }
        }
    }

    private Task<IReadOnlyList<CaseHead>> OfPersonAsync(PersonId person, string[] states, CancellationToken cancel) =>
        _db.QueryAsync<CaseHead>(CaseHead.Select + " WHERE person_id = @person AND state = ANY(@states) ORDER BY id", new { person = person.Value, states }, cancel);

    private static void Bump(Change change, CaseHead head)
    {
        change.Heads.Add(head.Write(head.Version));
        change.Remember(CaseTables.Case, head.Id, CaseHead.SelectById, head with { Version = head.Version + 1 });
    }

    /// <summary>Looks at a case again because an agency told us that its record changed.</summary>
    /// <param name="due">Of its row, so that several processes look once.</param>
    /// <returns>When to ask next, where the source does not answer; null when it did, or answers for the others.</returns>
    internal async Task<Instant?> LookAgainAsync(Guid id, Instant due, string source, CancellationToken cancel)
    {
        if (await _store.HeadAsync(new CaseId(id), cancel) is not { } head)
        {
            return null;
        }
        const string verb = "case.look_again";
        var service = _services.ByCode(head.Service);
        var operation = Operation.Due("deadlines", id, Deadlines.Told + source, due);
        var change = new Change(Act(operation, verb, head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.CheckRecords, verb, head.Person);
        var c = new CaseChange(change, service, head, operation, _clock.Now(), _clock);
        change.Rows.Add(CaseTables.Deadline.Delete(head.Id, Deadlines.Told + source));
        Instant? askAgainAt = null;
        if (UnderWay.Contains(head.State, StringComparer.Ordinal) && head.State is not (CaseStates.Draft or CaseStates.WaitingForSource))
        {
            var gathered = await GatherAsync(c, access, service, cancel);
            if (gathered.Outage is { } outage)
            {
                // It stays where it is: whatever would carry it out asks as well.
                change.Rows.RemoveAll(r => r.Table == CaseTables.Deadline);
                c.Due(Deadlines.Told + source, Instant.Max(outage.RetryAt, c.Now + CheckAgainAfter), head.Rules);
                askAgainAt = outage is { IsBehind: false } && outage.Agency == source ? outage.RetryAt : null;
            }
            else if (head.State is not (CaseStates.NeedsInformation or CaseStates.Objection) && await _store.PendingDecisionAsync(head, cancel) is null)
            {
                var request = await _store.RequestAsync(access, head, service, cancel);
                var bill = head.BillId is { } billId ? await _ledger.BillAsync(new BillId(billId), cancel) : null;
                await AssessAndMoveAsync(c, access, service, request, gathered, bill is { State: BillState.Settled } ? bill : null, sent: null, cancel);
            }
        }
        var outcome = await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
        return outcome is CaseOutcome.TryAgain later ? _clock.Now() + Duration.FromTimeSpan(later.After) : askAgainAt;
    }
}
