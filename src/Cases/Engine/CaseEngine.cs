using System.Security.Cryptography;
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

/// <summary>
/// The verbs of every case. Pages and API call the same; each is one act, once per operation id, durable before it is answered.
/// A service's pure functions say what; this does everything that touches the world.
/// </summary>
public sealed partial class CaseEngine
{
    /// <summary>So many lost races in a row are no coincidence.</summary>
    private const int Attempts = 20;

    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly Sealer _sealer;
    private readonly ReadDoor _door;
    private readonly PolicyBook _policies;
    private readonly ServiceCatalogue _services;
    private readonly Gatherer _gatherer;
    private readonly Performer _performer;
    private readonly Persons _persons;
    private readonly Residences _residences;
    private readonly Bills _bills;
    private readonly Ledger _ledger;
    private readonly Notices _notices;
    private readonly Reconciliations _records;
    private readonly UploadsSent _uploads;
    private readonly ShipmentStore _shipments;
    private readonly TimeProvider _clock;
    private readonly CaseStore _store;

    public CaseEngine(Db db, IWriter writer, Sealer sealer, ReadDoor door, PolicyBook policies, ServiceCatalogue services, Gatherer gatherer, Performer performer, Persons persons,
        Residences residences, Bills bills, Ledger ledger, Notices notices, Reconciliations records, AgencyEvents events, UploadsSent uploads, ShipmentStore shipments, PersonOfAccount personOf, TimeProvider clock)
    {
        (_db, _writer, _sealer, _door, _policies, _services, _gatherer, _performer) = (db, writer, sealer, door, policies, services, gatherer, performer);
        (_persons, _residences, _bills, _ledger, _notices, _records, _uploads, _shipments, _clock) = (persons, residences, bills, ledger, notices, records, uploads, shipments, clock);
        _store = new CaseStore(db, sealer, door, events, personOf);
    }

    /// <summary>Starts a draft. Any resident may; one open case of a service a person.</summary>
    /// <param name="known">What the account knows already, so that nothing is asked twice.</param>
    public async Task<CaseOutcome> StartAsync(Operation operation, AccountId account, PersonId person, string serviceKey, IReadOnlyDictionary<string, string> known, CancellationToken cancel = default)
    {
        if (_services.Find(serviceKey) is not { } service)
        {
            return new CaseOutcome.NotFound();
        }
        var now = _clock.Now();
        var id = CaseId.New(_clock);
        var reference = ReferenceNumber.From(RandomNumberGenerator.GetBytes(ReferenceNumber.RandomBytes)).ToString();
        var residence = await _residences.OfAsync(person, cancel);
        var before = new CaseHead
        {
            Id = id.Value,
            Service = service.Code,
            PersonId = person.Value,
            AccountId = account.Value,
            Reference = reference,
            Category = residence?.Category ?? "",
            CreatedAt = now,
            StateSince = now,
        };
        var change = new Change(Act(operation, "case.start", before, answer: $"{id} {reference}"));
        var c = new CaseChange(change, service, before, operation, now, _clock);
        c.Move(CaseActs.Start, By.Applicant);
        DueIn(c, Days(CasePolicies.DraftIdleDays, now));
        change.Claims.Add(OpenClaim(service, person));
        change.Rows.Add(CaseTables.Reference.Insert(reference, id.Value));
        change.Rows.Add(CaseTables.Party.Insert(id.Value, "subject", person.Value));
        change.Rows.Add(CaseTables.Party.Insert(id.Value, "starter", account.Value));
        var fields = service.Form.Fields.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        var prefilled = known.Where(k => fields.Contains(k.Key.Split('.')[0])).ToDictionary(k => k.Key, k => k.Value, StringComparer.Ordinal);
        await _store.PutAnswersAsync(change, c.Head, new Answers(prefilled), now);
        var outcome = await _writer.WriteAsync(c.Close(), cancel: cancel);
        return outcome is WriteOutcome.Claimed
            ? new CaseOutcome.NotNow(CaseStates.Draft, new Refusal(CaseRefusals.OpenAlready))
            : await AnswerAsync(outcome, c.Head, cancel);
    }

    /// <summary>Saves one page of answers as typed. Faults are told, and what was typed is kept all the same.</summary>
    public Task<CaseOutcome> SaveAsync(Operation operation, AccountId account, CaseId id, string pageId, IReadOnlyDictionary<string, string> values, CancellationToken cancel = default) =>
        AnewAsync(() => SaveOnceAsync(operation, account, id, pageId, values, cancel));

    /// <summary>
    /// Once more when the case moved meanwhile, read anew: an agency told us something of the person, a bill got its number. What is said counts then too, as long as it may still be said; and who sends by two
    /// windows at once sends one after the other. Not for officers, who decide by what they saw.
    /// </summary>
    private static async Task<CaseOutcome> AnewAsync(Func<Task<CaseOutcome>> once)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await once() is var outcome && (outcome is not CaseOutcome.Conflict || attempt == Attempts))
            {
                return outcome;
            }
        }
    }

    private async Task<CaseOutcome> SaveOnceAsync(Operation operation, AccountId account, CaseId id, string pageId, IReadOnlyDictionary<string, string> values, CancellationToken cancel)
    {
        if (await OwnAsync(account, id, cancel) is not var (head, service))
        {
            return new CaseOutcome.NotFound();
        }
        if (service.Form.Page(pageId) is not { } page)
        {
            return new CaseOutcome.NotFound();
        }
        if (!head.MayBeChanged)
        {
            return await NotNowAsync(operation, "case.save", head, cancel);
        }
        var now = _clock.Now();
        var change = new Change(Act(operation, "case.save", head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.Self, "case.save", head.Person);
        var names = page.Fields.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        var typed = values.Where(v => names.Contains(v.Key.Split('.')[0])).Select(v => KeyValuePair.Create(v.Key, v.Value.Length > 2000 ? v.Value[..2000] : v.Value));
        var answers = (await _store.AnswersAsync(access, head, cancel)).With(typed);
        var context = FormContext.From(Rules(head.Category, now), FactSet.Empty);
        var (_, faults) = service.Form.Bind(answers, context, page);
        var c = new CaseChange(change, service, head, operation, now, _clock);
        await _store.PutAnswersAsync(change, head, answers, now);
        if (head.State == CaseStates.Draft)
        {
            DueIn(c, Days(CasePolicies.DraftIdleDays, now));
        }
        var outcome = await _writer.WriteAsync(c.Close(), cancel: cancel);
        var answer = await AnswerAsync(outcome, c.Head, cancel);
        return answer is CaseOutcome.Done && faults.Count > 0 ? new CaseOutcome.Invalid(id, faults) : answer;
    }

    /// <summary>Sends a draft, or sends again what was asked for. Sent twice is sent once.</summary>
    /// <remarks>What sending ends may have moved meanwhile, and the case not: nobody may keep a report off by asking for credentials all the while.</remarks>
    public Task<CaseOutcome> SubmitAsync(Operation operation, AccountId account, CaseId id, CancellationToken cancel = default) =>
        AnewAsync(async () => await OwnAsync(account, id, cancel) is var (head, service) ? await SubmitAsync(operation, head, service, cancel) : new CaseOutcome.NotFound());

    private async Task<CaseOutcome> SubmitAsync(Operation operation, CaseHead head, Service service, CancellationToken cancel)
    {
        if (head.State is not (CaseStates.Draft or CaseStates.NeedsAction or CaseStates.NeedsInformation))
        {
            return await NotNowAsync(operation, "case.submit", head, cancel);
        }
        var now = _clock.Now();
        var change = new Change(Act(operation, "case.submit", head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.CheckRecords, "case.submit", head.Person);
        var answers = await _store.AnswersAsync(access, head, cancel);
        var c = new CaseChange(change, service, head, operation, now, _clock);
        c.Head = head with { Submission = head.Submission + 1, SubmittedAt = now };

        // The form is bound with the facts at hand: lists of choices may depend on them.
        var gathered = await GatherAsync(c, access, service, cancel);
        var context = FormContext.From(Rules(gathered.Category, now), gathered.Facts);
        var (request, faults) = service.Form.Bind(answers, context);
        // Pages and programs send an upload's id: it must be a file that this person sent for this question.
        var sent = await _uploads(head.Person, service.Form.UploadsOf(request), cancel);
        faults = [.. faults, .. service.Form.NotSent(request, sent)];
        if (faults.Count > 0)
        {
            return new CaseOutcome.Invalid(head.Case, faults);
        }
        c.Head = c.Head with { Category = gathered.Category };
        await _store.AddSubmissionAsync(change, c.Head, c.Head.Submission, now, service.Schema, service.Pack(request));
        c.Note(CaseActs.Submit, head.State);
        // What sending alone causes, whatever the checks say of the rest.
        var rules = Rules(gathered.Category, now);
        await _performer.PerformAsync(c, service.EffectsOf(CaseActs.Submit, head.State, request, gathered.Facts, rules), gathered.Person, rules);
        await AssessAndMoveAsync(c, access, service, request, gathered, paid: null, sent, cancel);
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    /// <summary>Withdraws a case that is not carried out yet. Money that arrived stays the payer's.</summary>
    public Task<CaseOutcome> WithdrawAsync(Operation operation, AccountId account, CaseId id, CancellationToken cancel = default) => AnewAsync(() => WithdrawOnceAsync(operation, account, id, cancel));

    private async Task<CaseOutcome> WithdrawOnceAsync(Operation operation, AccountId account, CaseId id, CancellationToken cancel)
    {
        if (await OwnAsync(account, id, cancel) is not var (head, service))
        {
            return new CaseOutcome.NotFound();
        }
        if (!service.States.Allows(head.State, CaseActs.Withdraw, By.Applicant))
        {
            return await NotNowAsync(operation, "case.withdraw", head, cancel);
        }
        var c = new CaseChange(new Change(Act(operation, "case.withdraw", head, answer: $"{head.Id} {head.Reference}")), service, head, operation, _clock.Now(), _clock);
        c.Move(CaseActs.Withdraw, By.Applicant);
        await ReleaseBillAsync(c, expired: false, cancel);
        GiveBackClaim(c);
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    /// <summary>Objects to a refusal: another officer decides.</summary>
    public Task<CaseOutcome> ObjectAsync(Operation operation, AccountId account, CaseId id, string text, CancellationToken cancel = default) => AnewAsync(() => ObjectOnceAsync(operation, account, id, text, cancel));

    private async Task<CaseOutcome> ObjectOnceAsync(Operation operation, AccountId account, CaseId id, string text, CancellationToken cancel)
    {
        if (await OwnAsync(account, id, cancel) is not var (head, service))
        {
            return new CaseOutcome.NotFound();
        }
        if (!service.States.Allows(head.State, CaseActs.Object, By.Applicant))
        {
            return await NotNowAsync(operation, "case.object", head, cancel);
        }
        var now = _clock.Now();
        if (now > head.StateSince + Days(CasePolicies.ObjectionDays, now))
        {
            return new CaseOutcome.NotNow(head.State, new Refusal(CaseRefusals.ObjectionTooLate));
        }
        if (string.IsNullOrWhiteSpace(text))
        {
            return new CaseOutcome.Invalid(id, [new("text", new Refusal(CaseRefusals.ReasonMissing))]);
        }
        var change = new Change(Act(operation, "case.object", head, answer: $"{head.Id} {head.Reference}"));
        var c = new CaseChange(change, service, head, operation, now, _clock);
        var note = await _store.SealNoteAsync(change, head, "case_event", new DecisionContent([], text.Trim()));
        c.Move(CaseActs.Object, By.Applicant, note: note);
        change.Claims.Add(OpenClaim(service, head.Person));
        ToQueue(c, head.DecidedBy);
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    /// <summary>The employer or head of family confirms or declines; told by the platform in which he was asked.</summary>
    /// <param name="of">Whose employers that platform has; null: everybody's.</param>
    /// <param name="submission">The submission that was asked about; an answer to an earlier question no longer applies.</param>
    public async Task<CaseOutcome> ConfirmAsync(Operation operation, CaseId id, int submission, bool confirmed, CancellationToken cancel = default, string? of = null)
    {
        if (await _store.HeadAsync(id, cancel) is not { } head)
        {
            return new CaseOutcome.NotFound();
        }
        if (head.State != CaseStates.AwaitingEmployer || head.Submission != submission || (of is not null && head.Category != of))
        {
            return await NotNowAsync(operation, "case.confirm", head, cancel);
        }
        var service = _services.ByCode(head.Service);
        var now = _clock.Now();
        var change = new Change(Act(operation, "case.confirm", head, answer: $"{head.Id} {head.Reference}"));
        var c = new CaseChange(change, service, head, operation, now, _clock);
        if (!confirmed)
        {
            c.Move(CaseActs.Decline, By.Employer, "employer.declined");
            await _notices.AddAsync(change, head.Person, "employer_declined", head.Case, ("reference", head.Reference));
            GiveBackClaim(c);
        }
        else
        {
            c.Note(CaseActs.Confirm, head.State);
            c.Head = c.Head with { Confirmed = head.Submission };
            var access = _door.Within(change, operation.Actor, Purpose.CheckRecords, "case.confirm", head.Person);
            await ReassessAsync(c, access, service, paid: null, cancel);
        }
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    /// <summary>Money arrived for the case's bill: the checks run again, and what they allow is carried out in the same act.</summary>
    public async Task<CaseOutcome> PaidAsync(Operation operation, CaseId id, CancellationToken cancel = default)
    {
        if (await _store.HeadAsync(id, cancel) is not { } head)
        {
            return new CaseOutcome.NotFound();
        }
        var bill = head.BillId is { } billId ? await _ledger.BillAsync(new BillId(billId), cancel) : null;
        if (bill is { State: BillState.Settled } && _services.ByCode(head.Service).States.Allows(head.State, InstrumentActs.FinePaid, By.System))
        {
            return await FinePaidAsync(operation, head, bill, cancel);
        }
        if (head.State is not (CaseStates.AwaitingPayment or CaseStates.WaitingForSource) || bill is not { State: BillState.Settled })
        {
            return await NotNowAsync(operation, "case.execute", head, cancel);
        }
        return (await ContinueAsync(operation, "case.execute", head, bill, cancel)).Outcome;
    }

    /// <summary>The money of a fine arrived: what the service's table says follows (a visa that was not used is closed).</summary>
    private async Task<CaseOutcome> FinePaidAsync(Operation operation, CaseHead head, Bill bill, CancellationToken cancel)
    {
        var service = _services.ByCode(head.Service);
        var now = _clock.Now();
        var change = new Change(Act(operation, "case.fine_paid", head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.Payment, "case.fine_paid", head.Person);
        var c = new CaseChange(change, service, head, operation, now, _clock);
        var request = await _store.RequestAsync(access, head, service, cancel);
        var record = await _persons.OpenAsync(access, head.Person, cancel);
        await _performer.SettleFineAsync(c, bill);
        c.Move(InstrumentActs.FinePaid, By.System);
        var rules = Rules(head.Category, now);
        await _performer.PerformAsync(c, service.EffectsOf(InstrumentActs.FinePaid, c.Head.State, request, FactSet.Empty, rules), record, rules);
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    internal RuleContext Rules(string category, Instant now)
    {
        var policy = _policies.Current;
        return new(now, now.DayInRiyadh(), policy, Tariff.Of(policy, now.DayInRiyadh()), category);
    }

    private Duration Days(string code, Instant now) => Duration.FromDays(_policies.Current.Get<int>(code, now.DayInRiyadh()));

    private Act Act(Operation operation, string verb, CaseHead head, string answer) => new(ActId.New(_clock), verb, operation.Actor, operation.Id, operation.Digest, _clock.Now())
    {
        Person = head.Person,
        Case = head.Case,
        Rules = head.Rules.Length > 0 ? head.Rules : null,
        Answer = answer,
    };

    private static Claim OpenClaim(Service service, PersonId person) => new("open_case:" + service.Code, person.Value.ToByteArray());

    private async Task<(CaseHead Head, Service Service)?> OwnAsync(AccountId account, CaseId id, CancellationToken cancel) =>
        await _store.OwnAsync(account, id, cancel) is { } head ? (head, _services.ByCode(head.Service)) : null;

    /// <summary>Not in this state: unless this very operation brought it there, in which case its answer is given again.</summary>
    private async Task<CaseOutcome> NotNowAsync(Operation operation, string verb, CaseHead head, CancellationToken cancel)
    {
        var probe = new Change(Act(operation, verb, head, answer: ""));
        // A head version that cannot be: the writer answers for a known operation before it looks at heads.
        probe.Heads.Add(head.Write(-1));
        return await _writer.WriteAsync(probe, cancel: cancel) switch
        {
            WriteOutcome.Replayed => new CaseOutcome.Done(head.Case, head.Reference, head.State),
            WriteOutcome.OperationReused => new CaseOutcome.OperationReused(),
            WriteOutcome.Busy busy => new CaseOutcome.TryAgain(busy.RetryAfter),
            WriteOutcome.InDoubt => new CaseOutcome.TryAgain(TimeSpan.FromSeconds(2)),
            _ => new CaseOutcome.NotNow(head.State, new Refusal(CaseRefusals.NotInThisState, ("state", head.State))),
        };
    }

    private async Task<CaseOutcome> AnswerAsync(WriteOutcome outcome, CaseHead head, CancellationToken cancel)
    {
        switch (outcome)
        {
            case WriteOutcome.Done:
                return new CaseOutcome.Done(head.Case, head.Reference, head.State);
            case WriteOutcome.Replayed replayed:
                var id = new CaseId(Guid.Parse(replayed.Answer!.Split(' ')[0]));
                var stands = await _store.HeadAsync(id, cancel);
                return new CaseOutcome.Done(id, replayed.Answer.Split(' ')[1], stands?.State ?? head.State);
            case WriteOutcome.OperationReused:
                return new CaseOutcome.OperationReused();
            case WriteOutcome.Busy busy:
                return new CaseOutcome.TryAgain(busy.RetryAfter);
            case WriteOutcome.InDoubt:
                return new CaseOutcome.TryAgain(TimeSpan.FromSeconds(2));
            default:
                return new CaseOutcome.Conflict();
        }
    }
}
