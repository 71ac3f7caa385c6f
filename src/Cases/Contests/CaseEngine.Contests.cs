using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Contesting a record: the person says that it is wrong, the agency that owns it answers, and the case goes on by itself. Whoever has it, a clock runs.</summary>
public sealed partial class CaseEngine
{
    public const string ContestTopic = "contest";

    private const string Evidence = "evidence";

    /// <summary>Contests what a check found, or where an answer differs from a record. It goes to the agency; the case stays where it is, and its other remedies stay open.</summary>
    /// <param name="about">As the views name it: <c>finding:&lt;code&gt;</c>, <c>field:&lt;name&gt;</c>.</param>
    /// <param name="words">What is right.</param>
    /// <param name="evidence">An upload that the person sent as evidence.</param>
    public Task<CaseOutcome> ContestAsync(Operation operation, AccountId account, CaseId id, string about, string words, Guid? evidence, CancellationToken cancel = default) =>
        AnewAsync(() => ContestOnceAsync(operation, account, id, about, words.Trim(), evidence, cancel));

    private async Task<CaseOutcome> ContestOnceAsync(Operation operation, AccountId account, CaseId id, string about, string words, Guid? evidence, CancellationToken cancel)
    {
        const string verb = "case.contest";
        if (await OwnAsync(account, id, cancel) is not var (head, service))
        {
            return new CaseOutcome.NotFound();
        }
        if (head.Submission == 0)
        {
            return await NotNowAsync(operation, verb, head, cancel);
        }
        var now = _clock.Now();
        var policy = _policies.Current;
        var change = new Change(Act(operation, verb, head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.Self, verb, head.Person);
        var (last, _) = await _store.AssessmentAsync(access, head, cancel);
        if (last is null || !Contesting.IsOpen(head, service, last, policy, now))
        {
            return await NotNowAsync(operation, verb, head, cancel);
        }
        var before = await _store.ContestsAsync(id, cancel);
        var point = ContestPoint.Of(last).FirstOrDefault(p => p.About == about);
        if ((point is null ? new Refusal(CaseRefusals.NothingToContest) : Contesting.Against(about, before, policy, now)) is { } against)
        {
            // Sent twice it is contested by its own first telling: that one's answer is given again.
            return await NotNowAsync(operation, verb, head, cancel) is var known && known is CaseOutcome.NotNow ? new CaseOutcome.NotNow(head.State, against) : known;
        }
        if (await FaultsAsync(head, words, evidence, cancel) is { Count: > 0 } faults)
        {
            return new CaseOutcome.Invalid(id, faults);
        }
        var c = new CaseChange(change, service, head, operation, now, _clock);
        var contest = new StoredContest
        {
            Id = Guid.CreateVersion7(_clock.GetUtcNow()),
            CaseId = head.Id,
            About = about,
            Source = point!.Source,
            State = ContestStates.Sending,
            OpenedAt = now,
            DueAt = now + Days(CasePolicies.ContestDays, now),
            Evidence = evidence,
        };
        await _store.PutContestAsync(change, head, contest, new ContestContent(point.Typed, point.Recorded, point.AsOf, words));
        c.Note("contest", head.State, "source." + point.Source);
        c.Due(Deadlines.Contest + contest.Id, contest.DueAt, head.Rules);
        HoldForAgency(c, last.Findings.Where(f => f.Kind == FindingKind.Fixable).Select(f => f.Code), [.. before, contest]);
        change.Messages.Add(Outbox.Message(_clock, ContestTopic, $"{ContestTopic}:{contest.Id}", new ContestMessage(contest.Id, head.Id)));
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }

    private async Task<List<FieldFault>> FaultsAsync(CaseHead head, string words, Guid? evidence, CancellationToken cancel)
    {
        var faults = new List<FieldFault>();
        if (words.Length is 0 or > Contesting.LongestWords)
        {
            faults.Add(new("words", words.Length == 0 ? new Refusal(CaseRefusals.ReasonMissing) : new Refusal(FormRefusals.TooLong, ("max", Contesting.LongestWords))));
        }
        // The id of a file that this person sent for this, and not somebody else's, nor his passport's picture.
        if (evidence is { } file && !(await _uploads(head.Person, [file], cancel)).Any(u => u.Id == file && u.Kind == Evidence))
        {
            faults.Add(new(Evidence, new Refusal(FormRefusals.Upload)));
        }
        return faults;
    }

    /// <summary>When agencies have to answer for all that stands against a case, they act next; else its applicant does.</summary>
    private static void HoldForAgency(CaseChange c, IEnumerable<string> standing, IReadOnlyList<StoredContest> contests)
    {
        if (c.Head.State == CaseStates.NeedsAction)
        {
            c.Head = c.Head with { Holder = standing.All(code => contests.Any(o => o.IsOpen && o.Id != c.Answers && o.About == ContestPoint.OfFinding(code))) ? Holders.Agency : Holders.Applicant };
        }
    }

    /// <summary>A contest for whoever hands it to the agency; null when it is answered already.</summary>
    public async Task<ContestToSend?> ContestToSendAsync(Actor reader, Guid contest, CancellationToken cancel = default)
    {
        if (await _store.ContestAsync(contest, cancel) is not { IsOpen: true } row || await _store.HeadAsync(new CaseId(row.CaseId), cancel) is not { } head)
        {
            return null;
        }
        var access = _door.Enter(reader, Purpose.CheckRecords, head.Case, "contest.send", head.Person);
        return new(head.Person, await _store.OpenedAsync(access, head, row));
    }

    /// <summary>Those that an agency has and has not answered, oldest first.</summary>
    public async Task<IReadOnlyList<WaitingContest>> ContestsWithAgenciesAsync(int limit, CancellationToken cancel = default) =>
        [.. (await _db.QueryAsync<StoredContest>("SELECT id AS Id, source AS Source FROM case_contest WHERE state = 'with_agency' ORDER BY id LIMIT @limit", new { limit }, cancel))
            .Select(c => new WaitingContest(c.Id, c.Source))];

    /// <summary>The agency has it.</summary>
    public Task<CaseOutcome> ContestTakenAsync(Operation operation, Guid contest, CancellationToken cancel = default) => WithContestAsync(contest, async (head, row) =>
    {
        const string verb = "case.contest_taken";
        if (row.State != ContestStates.Sending)
        {
            return await NotNowAsync(operation, verb, head, cancel);
        }
        var change = new Change(Act(operation, verb, head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.CheckRecords, verb, head.Person);
        var c = new CaseChange(change, _services.ByCode(head.Service), head, operation, _clock.Now(), _clock);
        await _store.PutContestAsync(change, head, row with { State = ContestStates.WithAgency }, (await _store.OpenedAsync(access, head, row)).Content);
        c.Note("contest_taken", head.State, "source." + row.Source);
        return await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel);
    }, cancel);

    /// <summary>
    /// The agency answers: it corrected its record, which is then read anew and the case assessed again; or it stands by it, and the person reads why. An answer that changes nothing any more
    /// (told twice with other words, late, out of order) is <see cref="CaseOutcome.NotNow"/>.
    /// </summary>
    /// <param name="source">The record whose agency answers: nobody answers for another.</param>
    public Task<CaseOutcome> ContestAnsweredAsync(Operation operation, string source, Guid contest, bool corrected, string reason, CancellationToken cancel = default) => WithContestAsync(contest, async (head, row) =>
    {
        const string verb = "case.contest_answer";
        if (row.Source != source)
        {
            return new CaseOutcome.NotFound();
        }
        if (!row.Takes(corrected))
        {
            return await NotNowAsync(operation, verb, head, cancel);
        }
        // What an officer has just pressed goes out first, or is undone.
        if (await _store.PendingDecisionAsync(head, cancel) is { } pending && corrected)
        {
            var wait = pending.EffectiveAt - _clock.Now();
            return new CaseOutcome.TryAgain(Duration.Max(wait, Duration.FromSeconds(1)).ToTimeSpan());
        }
        var outcome = await AnsweredAsync(operation, verb, head, row, corrected, reason, goOn: true, cancel);
        // Refused by rule, and applied for anew since: the new application goes on, not this one.
        return outcome ?? (await AnsweredAsync(operation, verb, head, row, corrected, reason, goOn: false, cancel))!;
    }, cancel);

    private async Task<CaseOutcome?> AnsweredAsync(Operation operation, string verb, CaseHead head, StoredContest row, bool corrected, string reason, bool goOn, CancellationToken cancel)
    {
        var service = _services.ByCode(head.Service);
        var now = _clock.Now();
        var change = new Change(Act(operation, verb, head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.CheckRecords, verb, head.Person);
        var c = new CaseChange(change, service, head, operation, now, _clock) { Answers = row.Id };
        var answered = row with { State = corrected ? ContestStates.Corrected : ContestStates.Upheld, AnsweredAt = now };
        await _store.PutContestAsync(change, head, answered, (await _store.OpenedAsync(access, head, row)).Content with { Reason = reason });
        c.Note(corrected ? "contest_corrected" : "contest_upheld", head.State, "source." + row.Source);
        change.Rows.Add(CaseTables.Deadline.Delete(head.Id, Deadlines.Contest + row.Id));
        await _notices.AddAsync(change, head.Person, corrected ? "contest_corrected" : "contest_upheld", head.Case, ("reference", head.Reference));
        if (head.State == CaseStates.NeedsAction)
        {
            // Now it is up to the person again, with the whole time for it; what the assessment says comes after.
            c.Head = c.Head with { Holder = Holders.Applicant };
            DueIn(c, Days(CasePolicies.NeedsActionDays, now));
        }
        else if (head.State == CaseStates.NeedsInformation)
        {
            DueIn(c, Days(CasePolicies.NeedsInformationDays, now));
        }
        if (corrected && goOn)
        {
            await GoOnAsync(c, access, service, row.Source, cancel);
        }
        else if (head.State == CaseStates.NeedsAction && await _store.AssessmentAsync(access, head, cancel) is ({ } last, _))
        {
            HoldForAgency(c, last.Findings.Where(f => f.Kind == FindingKind.Fixable).Select(f => f.Code), await _store.ContestsAsync(head.Case, cancel));
        }
        var written = await _writer.WriteAsync(c.Close(), cancel: cancel);
        return written is WriteOutcome.Claimed && goOn ? null : await AnswerAsync(written, c.Head, cancel);
    }

    /// <summary>The record is read anew, and the case assessed, where an assessment is what it waits for.</summary>
    private async Task GoOnAsync(CaseChange c, Access access, Service service, string source, CancellationToken cancel)
    {
        switch (c.Head.State)
        {
            case CaseStates.NeedsAction or CaseStates.UnderReview or CaseStates.WaitingForSource:
                var bill = c.Head.BillId is { } id ? await _ledger.BillAsync(new BillId(id), cancel) : null;
                await ReassessAsync(c, access, service, bill is { State: BillState.Settled } ? bill : null, cancel, anew: source);
                break;
            case CaseStates.Refused when c.Service.States.Allows(CaseStates.Refused, CaseActs.Escalate, By.System):
                await ReassessAsync(c, access, service, paid: null, cancel, anew: source);
                // It is an open application again, unless it ended in the same act.
                if (c.Change.Releases.RemoveAll(r => r.Kind == OpenClaim(service, c.Head.Person).Kind) == 0 && c.Head.State != CaseStates.Refused)
                {
                    c.Change.Claims.Add(OpenClaim(service, c.Head.Person));
                }
                break;
            case CaseStates.NeedsInformation or CaseStates.Objection:
                // An officer asked, or decides: he and the next sending find the record as it is now.
                await GatherAsync(c, access, service, cancel, anew: source);
                break;
            default:
                break;
        }
    }

    /// <summary>The agency's time is over: an officer takes it up, and the person is told. The contest stays open; an answer that comes later counts all the same.</summary>
    private async Task<CaseOutcome> ContestLateAsync(Operation operation, CaseHead head, string kind, CancellationToken cancel) =>
        // Refused by rule, and applied for anew since: no officer opens the old one again.
        await LateAsync(operation, head, kind, escalate: true, cancel) ?? (await LateAsync(operation, head, kind, escalate: false, cancel))!;

    private async Task<CaseOutcome?> LateAsync(Operation operation, CaseHead head, string kind, bool escalate, CancellationToken cancel)
    {
        const string verb = "case.contest_late";
        var service = _services.ByCode(head.Service);
        var change = new Change(Act(operation, verb, head, answer: $"{head.Id} {head.Reference}"));
        var c = new CaseChange(change, service, head, operation, _clock.Now(), _clock);
        change.Rows.Add(CaseTables.Deadline.Delete(head.Id, kind));
        if (await _store.ContestAsync(Guid.Parse(kind[Deadlines.Contest.Length..]), cancel) is { IsOpen: true } row)
        {
            var access = _door.Within(change, operation.Actor, Purpose.CheckRecords, verb, head.Person);
            var content = (await _store.OpenedAsync(access, head, row)).Content;
            if (Ended(head))
            {
                await _store.PutContestAsync(change, head, row with { State = ContestStates.Closed, AnsweredAt = c.Now }, content);
            }
            else
            {
                await EscalateAsync(c, row, content, escalate);
            }
        }
        var written = await _writer.WriteAsync(c.Close(), cancel: cancel);
        return written is WriteOutcome.Claimed && escalate ? null : await AnswerAsync(written, c.Head, cancel);
    }

    private async Task EscalateAsync(CaseChange c, StoredContest row, ContestContent content, bool escalate)
    {
        await _store.PutContestAsync(c.Change, c.Head, row with { LateAt = row.LateAt ?? c.Now }, content);
        c.Note("contest_late", c.Head.State, "source." + row.Source);
        if (row.LateAt is null)
        {
            await _notices.AddAsync(c.Change, c.Head.Person, "contest_late", c.Head.Case, ("reference", c.Head.Reference));
        }
        // Whatever the officer does with it: as long as the agency has not answered, an officer is told again.
        c.Due(Deadlines.Contest + row.Id, c.Now + Days(CasePolicies.ContestDays, c.Now), c.Head.Rules);
        if (escalate && c.Service.States.Allows(c.Head.State, CaseActs.Escalate, By.System))
        {
            if (c.Head.State == CaseStates.Refused)
            {
                c.Change.Claims.Add(OpenClaim(c.Service, c.Head.Person));
            }
            c.Move(CaseActs.Escalate, By.System, "source." + row.Source);
            ToQueue(c, null);
        }
    }

    /// <summary>Nothing of it waits for a record any more.</summary>
    private static bool Ended(CaseHead head) => head.State is not (CaseStates.NeedsAction or CaseStates.NeedsInformation or CaseStates.UnderReview or CaseStates.Objection or CaseStates.WaitingForSource
        or CaseStates.AwaitingEmployer or CaseStates.AwaitingPayment or CaseStates.Refused);

    /// <summary>A contest with its case as they are now; a lost race looks again.</summary>
    private Task<CaseOutcome> WithContestAsync(Guid contest, Func<CaseHead, StoredContest, Task<CaseOutcome>> verb, CancellationToken cancel) => AnewAsync(async () =>
        await _store.ContestAsync(contest, cancel) is { } row && await _store.HeadAsync(new CaseId(row.CaseId), cancel) is { } head ? await verb(head, row) : new CaseOutcome.NotFound());
}
