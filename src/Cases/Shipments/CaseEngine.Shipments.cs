using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>A card on its way: ordered by the outbox, moved by what the post tells, and handed over to whoever tells the code. The service's table says what may happen, and its effects what follows.</summary>
public sealed partial class CaseEngine
{
    /// <summary>What the post is to be told; null: there is no such shipment.</summary>
    public async Task<ShipmentToSend?> ShipmentToSendAsync(Actor reader, CaseId id, CancellationToken cancel = default)
    {
        if (await _store.HeadAsync(id, cancel) is not { } head || await _shipments.OfCaseAsync(id, cancel) is not { } shipment)
        {
            return null;
        }
        var access = _door.Enter(reader, Purpose.IssueDocument, id, "shipment.send", head.Person);
        var content = await _shipments.OpenAsync(access, head, cancel);
        return new(head.Person, head.Id, content.Short, shipment.TrackingNumber is null && ShipmentStates.UnderWay.Contains(head.State, StringComparer.Ordinal));
    }

    /// <summary>The post took the order.</summary>
    public Task<CaseOutcome> ShipmentOrderedAsync(Operation operation, CaseId id, string trackingNumber, CancellationToken cancel = default) => OfShipmentAsync(operation, id, "shipment.ordered", (c, shipment) =>
    {
        c.Head = c.Head with { Waiting = null };
        // It may have told of it before it answered.
        ShipmentStore.Put(c.Change, shipment with { TrackingNumber = shipment.TrackingNumber ?? trackingNumber });
        return Task.CompletedTask;
    }, cancel);

    /// <summary>The post does not answer: the case says so by name, and the outbox goes on trying.</summary>
    public Task<CaseOutcome> ShipmentWaitsAsync(Operation operation, CaseId id, CancellationToken cancel = default) => OfShipmentAsync(operation, id, "shipment.waits", (c, _) =>
    {
        c.Note(CaseActs.SourceDown, c.Head.State, "source." + Sources.NationalAddress);
        c.Head = c.Head with { Waiting = Sources.NationalAddress };
        return Task.CompletedTask;
    }, cancel);

    /// <summary>The post told where the card is. What is older than what we know changes nothing; what it says to have handed over counts as confirmed only if we were told the code.</summary>
    public async Task<CaseOutcome> ShipmentToldAsync(Operation operation, CaseId id, ShipmentNews news, CancellationToken cancel = default)
    {
        const string verb = "shipment.told";
        if (await _store.HeadAsync(id, cancel) is not { } head || await _shipments.OfCaseAsync(id, cancel) is not { } shipment)
        {
            return new CaseOutcome.NotFound();
        }
        var service = _services.ByCode(head.Service);
        var act = news.Act == ShipmentActs.Delivered && shipment.ConfirmedAt is null ? ShipmentActs.Unconfirmed : news.Act;
        if (shipment.ToldAt >= Clock.FromMicros(news.At.ToMicros()) || !service.States.Allows(head.State, act, By.Post))
        {
            return await NotNowAsync(operation, verb, head, cancel);
        }
        return await MoveShipmentAsync(operation, verb, head, service, shipment with
        {
            TrackingNumber = shipment.TrackingNumber ?? news.TrackingNumber,
            ToldAt = news.At,
            Reason = news.Reason,
            NextOn = news.NextOn,
            OldCard = news.OldCard ?? shipment.OldCard,
        }, act, null, cancel);
    }

    /// <summary>The courier was told a code. Each try counts, once by its operation; after too many none is right any more.</summary>
    public async Task<(CaseOutcome Outcome, ShipmentCodeAnswer? Answer)> ShipmentCodeAsync(Operation operation, CaseId id, string code, CancellationToken cancel = default)
    {
        const string verb = "shipment.code";
        if (await _store.HeadAsync(id, cancel) is not { } head || await _shipments.OfCaseAsync(id, cancel) is not { } shipment)
        {
            return (new CaseOutcome.NotFound(), null);
        }
        var done = new CaseOutcome.Done(id, head.Reference, head.State);
        // Whoever asked before is answered as before, whatever came of it since.
        var probe = new Change(Act(operation, verb, head, answer: ""));
        probe.Heads.Add(head.Write(-1));
        if (await _writer.WriteAsync(probe, cancel: cancel) is WriteOutcome.Replayed before)
        {
            return (done, Read(before.Answer!));
        }
        // An ID that has just ended hands nothing over, though its case is told of it only in a moment.
        if ((!ShipmentStates.UnderWay.Contains(head.State, StringComparer.Ordinal) && head.State != ShipmentStates.NotConfirmed)
            || await _db.ExistsAsync("SELECT 1 FROM deadline WHERE subject_id = @id AND kind = @kind", new { id = head.Id, kind = Deadlines.Instrument + ShipmentActs.Stop }, cancel))
        {
            return (done, new(false, 0));
        }
        var (now, service) = (_clock.Now(), _services.ByCode(head.Service));
        var tries = _policies.Current.Get<int>(ShipmentPolicies.CodeTries, now.DayInRiyadh());
        var access = _door.Enter(operation.Actor, Purpose.IssueDocument, id, verb, head.Person);
        var content = await _shipments.OpenAsync(access, head, cancel);
        var right = shipment.WrongCodes < tries && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(content.Code), Encoding.UTF8.GetBytes(code));
        var after = right ? shipment with { ConfirmedAt = shipment.ConfirmedAt ?? now } : shipment with { WrongCodes = Math.Min(tries, shipment.WrongCodes + 1) };
        var answer = new ShipmentCodeAnswer(right, tries - after.WrongCodes);
        var text = string.Create(CultureInfo.InvariantCulture, $"{head.Id} {head.Reference} {(right ? "right" : "wrong")} {answer.TriesLeft}");
        var change = new Change(Act(operation, verb, head, text));
        var c = new CaseChange(change, service, head, operation, now, _clock);
        if (right && head.State == ShipmentStates.NotConfirmed)
        {
            await FollowShipmentAsync(c, service, after, ShipmentActs.CodeRight, null, cancel);
        }
        else
        {
            ShipmentStore.Put(change, after);
            if (!right && answer.TriesLeft == 0 && shipment.WrongCodes < tries)
            {
                await _notices.AddAsync(change, head.Person, "delivery_code_locked", head.Case);
            }
        }
        var written = await _writer.WriteAsync(c.Close(), cancel: cancel);
        // One try has one answer: that of whoever was first, also when two asked at once.
        if (written is WriteOutcome.Replayed first)
        {
            return (done, Read(first.Answer!));
        }
        var outcome = await AnswerAsync(written, c.Head, cancel);
        return (outcome, outcome is CaseOutcome.Done ? answer : null);

        static ShipmentCodeAnswer Read(string text) => text.Split(' ') is [_, _, var said, var left] ? new(said == "right", int.Parse(left, CultureInfo.InvariantCulture)) : new(false, 0);
    }

    private async Task<CaseOutcome> MoveShipmentAsync(Operation operation, string verb, CaseHead head, Service service, Shipment after, string act, string? deadline, CancellationToken cancel)
    {
        var c = new CaseChange(new Change(Act(operation, verb, head, answer: $"{head.Id} {head.Reference}")), service, head, operation, _clock.Now(), _clock);
        if (deadline is not null)
        {
            c.Change.Rows.Add(CaseTables.Deadline.Delete(head.Id, deadline));
        }
        await FollowShipmentAsync(c, service, after, act, after.Reason is { } reason ? "shipment.reason." + reason : null, cancel);
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    private async Task FollowShipmentAsync(CaseChange c, Service service, Shipment after, string act, string? reason, CancellationToken cancel)
    {
        var access = _door.Within(c.Change, c.Change.Act!.Actor, Purpose.IssueDocument, c.Change.Act.Verb, c.Head.Person);
        var request = await _store.RequestAsync(access, c.Head, service, cancel);
        var record = await _persons.OpenAsync(access, c.Head.Person, cancel);
        c.Move(act, act is ShipmentActs.Stop or ShipmentActs.Silence ? By.System : By.Post, reason);
        c.Head = c.Head with { Waiting = null };
        if (!ShipmentStates.IsOpen(c.Head.State))
        {
            _shipments.End(c.Change, after);
        }
        else
        {
            ShipmentStore.Put(c.Change, after);
            if (ShipmentStates.UnderWay.Contains(c.Head.State, StringComparer.Ordinal) && after.LateAt is null)
            {
                // Wherever it is: the promise is of the whole way.
                c.Due(Deadlines.State, after.PromisedAt, c.Head.Rules);
            }
        }
        var rules = Rules(c.Head.Category, c.Now);
        await _performer.PerformAsync(c, service.EffectsOf(act, c.Head.State, request, FactSet.Empty, rules), record, rules);
    }

    /// <summary>An event of time or of the ID that the card shows; null: the act is none of a shipment's.</summary>
    private async Task<CaseOutcome?> TryShipmentAsync(Operation operation, CaseHead head, string act, string? deadline, CancellationToken cancel) =>
        act is ShipmentActs.Stop or ShipmentActs.Silence && await _shipments.OfCaseAsync(head.Case, cancel) is { } shipment
            ? await MoveShipmentAsync(operation, "instrument." + act, head, _services.ByCode(head.Service), shipment with { Reason = null, NextOn = null }, act, deadline, cancel)
            : null;

    /// <summary>It has not come in the promised time.</summary>
    private async Task MarkLateAsync(CaseChange c, CancellationToken cancel)
    {
        if (await _shipments.OfCaseAsync(c.Head.Case, cancel) is { } shipment)
        {
            ShipmentStore.Put(c.Change, shipment with { LateAt = c.Now });
        }
    }

    private async Task<CaseOutcome> OfShipmentAsync(Operation operation, CaseId id, string verb, Func<CaseChange, Shipment, Task> work, CancellationToken cancel)
    {
        if (await _store.HeadAsync(id, cancel) is not { } head || await _shipments.OfCaseAsync(id, cancel) is not { } shipment)
        {
            return new CaseOutcome.NotFound();
        }
        var c = new CaseChange(new Change(Act(operation, verb, head, answer: $"{head.Id} {head.Reference}")), _services.ByCode(head.Service), head, operation, _clock.Now(), _clock);
        await work(c, shipment);
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }
}
