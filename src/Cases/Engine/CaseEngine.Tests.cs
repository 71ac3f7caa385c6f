using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>The engine with real agencies over HTTP, a real database and the real outbox.</summary>
public abstract class CaseEngineTests(DatabaseKind kind) : IAsyncLifetime
{
    private readonly AccountId _officer = new(Guid.CreateVersion7());
    private readonly AccountId _second = new(Guid.CreateVersion7());
    private WholeWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await WholeWorld.StartAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private Operation By(AccountId account, string what, bool officer = false) =>
        new(officer ? Actor.Officer(account) : Actor.Resident(account), Guid.CreateVersion7(), Digest.Of(what));

    private static T Done<T>(CaseOutcome outcome) where T : CaseOutcome => outcome is T t ? t : throw new Xunit.Sdk.XunitException($"{typeof(T).Name} was expected, not {outcome}.");

    private Task<T> InRequest<T>(Func<Task<T>> work) => ReadDoor.RunAsync(work);

    private async Task<(AccountId Account, PersonId Person, CaseId Case)> ApplyAsync(int index, Func<Dictionary<string, string>, Dictionary<string, string>>? change = null)
    {
        var hand = await _world.InHandAsync(index);
        var person = await _world.KnowAsync(hand);
        var account = new AccountId(Guid.CreateVersion7());
        var started = Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.StartAsync(By(account, "start"), account, person, "issue", new Dictionary<string, string> { ["mrz"] = hand.Mrz })));
        var answers = new Dictionary<string, string>
        {
            ["passportPage"] = await _world.SendFileAsync(person, "passport_page"),
            ["photo"] = await _world.SendFileAsync(person, "face_photo"),
            ["nameArabic"] = hand.NameArabic!,
            ["occupation"] = hand.Occupation,
            ["employerNumber"] = hand.EmployerNumber!,
            ["shortAddress"] = hand.ShortAddress!,
            ["months"] = "12",
            ["truth"] = "yes",
        };
        answers = change?.Invoke(answers) ?? answers;
        foreach (var page in Services.Catalogue.All.Single(s => s.Key == "issue").Form.Pages)
        {
            Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.SaveAsync(By(account, page.Id), account, started.Case, page.Id, answers)));
        }
        return (account, person, started.Case);
    }

    private Task<CaseOutcome> SubmitAsync(AccountId account, CaseId id) => InRequest(() => _world.Engine.SubmitAsync(By(account, "submit"), account, id));

    private async Task<TrackView> TrackAsync(AccountId account, CaseId id) =>
        (await InRequest(() => _world.Views.TrackAsync(Actor.Resident(account), account, id)))!;

    private async Task PayAsync(AccountId account, CaseId id, string until)
    {
        var bill = await WholeWorld.UntilAsync(async () => (await TrackAsync(account, id)).Bill is { Number: not null } b ? b : null, "the bill got its number");
        await _world.AtDeskAsync($"bank/bills/{bill.Number}/pay");
        await WholeWorld.UntilAsync(async () => (await TrackAsync(account, id)).Head.State == until ? "" : null, $"the case came to {until}");
    }

    [Fact]
    public async Task A_file_that_is_made_up_or_anothers_or_of_another_kind_is_not_taken()
    {
        var (_, stranger, _) = await ApplyAsync(1);
        var anothers = await _world.SendFileAsync(stranger, "face_photo");
        var (account, person, id) = await ApplyAsync(0, answers => new(answers) { ["photo"] = Guid.CreateVersion7().ToString(), ["passportPage"] = anothers });
        async Task<IEnumerable<(string, string)>> FaultsAsync() => Done<CaseOutcome.Invalid>(await SubmitAsync(account, id)).Faults.Select(f => (f.Field, f.Refusal.Code));
        Assert.Equal([("passportPage", FormRefusals.Upload), ("photo", FormRefusals.Upload)], await FaultsAsync());

        Task<CaseOutcome> PhotoAsync(string file) => InRequest(() => _world.Engine.SaveAsync(By(account, "photo"), account, id, "photo", new Dictionary<string, string> { ["photo"] = file }));
        Done<CaseOutcome.Done>(await InRequest(async () => await _world.Engine.SaveAsync(By(account, "passport"), account, id, "passport",
            new Dictionary<string, string> { ["passportPage"] = await _world.SendFileAsync(person, "passport_page") })));
        Done<CaseOutcome.Done>(await PhotoAsync(await _world.SendFileAsync(person, "passport_page")));
        Assert.Equal([("photo", FormRefusals.Upload)], await FaultsAsync());

        Done<CaseOutcome.Done>(await PhotoAsync(await _world.SendFileAsync(person, "face_photo")));
        Done<CaseOutcome.Done>(await SubmitAsync(account, id));
    }

    [Fact]
    public async Task When_all_records_match_the_ID_is_issued_as_soon_as_it_is_paid()
    {
        var (account, person, id) = await ApplyAsync(0);
        var sent = Done<CaseOutcome.Done>(await SubmitAsync(account, id));
        var view = await TrackAsync(account, id);
        Assert.True(sent.State is CaseStates.AwaitingPayment or CaseStates.UnderReview, $"{sent.State}: {string.Join(", ", view.Findings.Select(f => f.Refusal.Code))}");
        if (sent.State == CaseStates.UnderReview)
        {
            // Drawn by the random sample.
            Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.ApproveAsync(By(_officer, "approve", officer: true), _officer, null, id, "records.agree")));
        }
        await PayAsync(account, id, CaseStates.Issued);

        var residence = (await _world.Get<Residences>().OfAsync(person))!;
        Assert.Equal(Registry.Standing.Active, residence.StandingAt(_world.Clock.Now()));
        var record = await InRequest(async () => await _world.Get<Persons>().OpenAsync(_world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Audit, null, "test", person), person));
        Assert.StartsWith("20", record.ResidentNumber);
        Assert.NotNull(await _world.Get<Credentials.Issuing.Documents>().LiveAsync(person));
        Assert.Empty(await _world.Get<Ledger>().AuditAsync());
        Assert.Equal(BillState.Consumed, (await TrackAsync(account, id)).Bill!.State);
    }

    [Fact]
    public async Task A_name_that_differs_goes_to_an_officer_who_asks_and_the_person_mends_it()
    {
        var (account, _, id) = await ApplyAsync(1);
        Assert.Equal(CaseStates.UnderReview, Done<CaseOutcome.Done>(await SubmitAsync(account, id)).State);
        var review = (await InRequest(() => _world.Views.ReviewAsync(Actor.Officer(_officer), id)))!;
        Assert.Contains(review.Comparisons, c => c.Field is "name_latin" or "name_arabic" && !c.Agrees);

        Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.TakeNextAsync(By(_officer, "take", officer: true), _officer, null, null)));
        var taken = Done<CaseOutcome.NotNow>(await InRequest(() => _world.Engine.TakeAsync(By(_second, "take", officer: true), _second, null, id)));
        Assert.Equal(CaseRefusals.LockedByAnother, taken.Refusal.Code);
        Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.DecideAsync(By(_officer, "ask", officer: true), _officer, null, id, CaseActs.Ask, "name", new DecisionContent(["nameArabic"], "Write the name as in your entry record."))));
        Assert.Equal(CaseStates.UnderReview, (await TrackAsync(account, id)).Head.State);
        await _world.MoveClockAsync(Duration.FromSeconds(61));
        await WholeWorld.UntilAsync(async () => (await TrackAsync(account, id)).Head.State == CaseStates.NeedsInformation ? "" : null, "the question was sent after the time to undo it");

        var draft = (await InRequest(() => _world.Views.DraftAsync(Actor.Resident(account), account, id)))!;
        Assert.Equal(["nameArabic"], draft.Asked);
        Done<CaseOutcome.Done>(await SubmitAsync(account, id));
        Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.ApproveAsync(By(_officer, "approve", officer: true), _officer, null, id, "spelling")));
        await PayAsync(account, id, CaseStates.Issued);
    }

    [Fact]
    public async Task A_refusal_is_objected_to_and_another_officer_decides()
    {
        var (account, _, id) = await ApplyAsync(2);
        var sent = Done<CaseOutcome.Done>(await SubmitAsync(account, id));
        Assert.True(sent.State == CaseStates.UnderReview, $"{sent.State}: {string.Join(", ", (await TrackAsync(account, id)).Findings.Select(f => f.Refusal.Code))}");
        Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.DecideAsync(By(_officer, "refuse", officer: true), _officer, null, id, CaseActs.Refuse, "medical", new DecisionContent([], "The medical test says not fit."))));
        Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.UndoAsync(By(_officer, "undo", officer: true), _officer, id)));
        Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.DecideAsync(By(_officer, "refuse2", officer: true), _officer, null, id, CaseActs.Refuse, "medical", new DecisionContent([], "The medical test says not fit."))));
        await _world.MoveClockAsync(Duration.FromSeconds(61));
        await WholeWorld.UntilAsync(async () => (await TrackAsync(account, id)).Head.State == CaseStates.Refused ? "" : null, "the refusal was sent");

        Assert.Equal(CaseStates.Objection, Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.ObjectAsync(By(account, "object"), account, id, "The test was of somebody else."))).State);
        Assert.Equal(CaseRefusals.DecidedBefore, Done<CaseOutcome.NotNow>(await InRequest(() => _world.Engine.TakeAsync(By(_officer, "again", officer: true), _officer, null, id))).Refusal.Code);
        Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.ApproveAsync(By(_second, "approve", officer: true), _second, null, id, "objection.upheld")));
        var track = await TrackAsync(account, id);
        Assert.Equal(CaseStates.AwaitingPayment, track.Head.State);
        // The system sends a refusal when the time to undo is over; the officer decided it.
        Assert.Equal([(CaseActs.Refuse, nameof(ActorKind.Officer)), (CaseActs.Object, nameof(ActorKind.Resident))],
            track.Timeline.Where(e => e.Act is CaseActs.Refuse or CaseActs.Object).Select(e => (e.Act, e.ActorKind)));
    }

    [Fact]
    public async Task Sent_twice_is_sent_once()
    {
        var (account, _, id) = await ApplyAsync(0);
        var operation = By(account, "submit");
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => InRequest(() => _world.Engine.SubmitAsync(operation, account, id))));
        Assert.All(both, o => Done<CaseOutcome.Done>(o));
        var again = Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.SubmitAsync(operation, account, id)));
        Assert.Equal(id, again.Case);
        Assert.Single((await TrackAsync(account, id)).Timeline, e => e.Act == "submit");
        Done<CaseOutcome.OperationReused>(await InRequest(() => _world.Engine.SubmitAsync(operation with { Digest = Digest.Of("another body") }, account, id)));
    }

    /// <summary>An agency's word moves the version of a case, whatever its applicant is about to do with it.</summary>
    [Fact]
    public async Task What_an_applicant_types_and_sends_is_taken_while_agencies_tell_us_things()
    {
        var (account, person, id) = await ApplyAsync(0);
        async Task TellAsync()
        {
            for (var told = 0; told < 3;)
            {
                var change = new Change(new Act(ActId.New(_world.Clock), "test.told", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("told"), _world.Clock.Now()));
                await _world.Engine.InterruptAsync(change, person, AgencyEventKinds.Policy);
                Assert.Single(change.Heads);
                told += await _world.Get<IWriter>().WriteAsync(change) is WriteOutcome.Done ? 1 : 0;
            }
        }
        var occupation = Services.Catalogue.All.Single(s => s.Key == "issue").Form.Pages.Single(p => p.Fields.Any(f => f.Name == "months"));
        var saves = Enumerable.Range(0, 6).Select(i => InRequest(() => _world.Engine.SaveAsync(By(account, $"save {i}"), account, id, occupation.Id, new Dictionary<string, string> { ["months"] = "24" }))).ToList();
        await Task.WhenAll(TellAsync(), TellAsync());
        Assert.All(await Task.WhenAll(saves), o => Done<CaseOutcome.Done>(o));

        var telling = TellAsync();
        Done<CaseOutcome.Done>(await SubmitAsync(account, id));
        await telling;
    }

    [Fact]
    public async Task What_is_missing_in_the_records_is_said_all_at_once_and_can_be_mended()
    {
        // Number 23 has no health cover, number 22 no fingerprints.
        var (account, _, id) = await ApplyAsync(23);
        Assert.Equal(CaseStates.NeedsAction, Done<CaseOutcome.Done>(await SubmitAsync(account, id)).State);
        var finding = Assert.Single((await TrackAsync(account, id)).Findings);
        Assert.Equal(Checks.Check.Codes.NotInsured, finding.Refusal.Code);
        Assert.Equal(Sources.Insurance, finding.Source);
    }

    [Fact]
    public async Task An_agency_that_does_not_answer_leaves_the_case_waiting_by_name_and_it_goes_on_by_itself()
    {
        await _world.AtDeskAsync("knobs", ("agency", "HealthInsurance"), ("down", "true"));
        var (account, _, id) = await ApplyAsync(0);
        Assert.Equal(CaseStates.WaitingForSource, Done<CaseOutcome.Done>(await SubmitAsync(account, id)).State);
        var waiting = await TrackAsync(account, id);
        Assert.Equal((Sources.Insurance, Holders.Agency), (waiting.Head.Waiting, waiting.Head.Holder));
        Assert.NotNull(waiting.NextAttempt);
        await _world.AtDeskAsync("knobs", ("agency", "HealthInsurance"), ("reset", "true"));
        await _world.MoveClockAsync(Duration.FromMinutes(2));
        await WholeWorld.UntilAsync(async () => (await TrackAsync(account, id)).Head.State is CaseStates.AwaitingPayment or CaseStates.UnderReview ? "" : null, "the case went on", 40);
    }

    [Fact]
    public async Task A_case_that_is_withdrawn_while_it_waits_is_asked_for_no_more()
    {
        await _world.AtDeskAsync("knobs", ("agency", "HealthInsurance"), ("down", "true"));
        var (account, _, id) = await ApplyAsync(0);
        Assert.Equal(CaseStates.WaitingForSource, Done<CaseOutcome.Done>(await SubmitAsync(account, id)).State);
        Task<long> AttemptsAsync() => _world.Get<Db>().SingleAsync<long>("SELECT COUNT(*) FROM deadline WHERE subject_id = @id AND kind = 'retry'", new { id = id.Value });
        Assert.Equal(1, await AttemptsAsync());
        Done<CaseOutcome.Done>(await InRequest(() => _world.Engine.WithdrawAsync(By(account, "withdraw"), account, id)));
        Assert.Equal(0, await AttemptsAsync());
        Assert.Null((await TrackAsync(account, id)).Head.Waiting);
        await _world.AtDeskAsync("knobs", ("agency", "HealthInsurance"), ("reset", "true"));
    }

    [Fact]
    public async Task A_case_of_somebody_else_is_not_there()
    {
        var (_, _, id) = await ApplyAsync(0);
        var other = new AccountId(Guid.CreateVersion7());
        Done<CaseOutcome.NotFound>(await SubmitAsync(other, id));
        Assert.Null(await InRequest(() => _world.Views.TrackAsync(Actor.Resident(other), other, id)));
    }

    [Fact]
    public async Task Faults_are_told_at_their_fields_and_what_was_typed_is_kept()
    {
        var (account, _, id) = await ApplyAsync(0);
        var saved = await InRequest(() => _world.Engine.SaveAsync(By(account, "bad"), account, id, "work", new Dictionary<string, string> { ["employerNumber"] = "1234567890", ["occupation"] = "P999" }));
        Assert.Equal(["occupation", "employerNumber"], Done<CaseOutcome.Invalid>(saved).Faults.Select(f => f.Field));
        var draft = (await InRequest(() => _world.Views.DraftAsync(Actor.Resident(account), account, id)))!;
        Assert.Equal("1234567890", draft.Answers["employerNumber"]);
        Done<CaseOutcome.Invalid>(await SubmitAsync(account, id));
        Assert.Equal(CaseStates.Draft, (await TrackAsync(account, id)).Head.State);
    }
}

public sealed class CaseEngineOnSqlite() : CaseEngineTests(DatabaseKind.Sqlite);

public sealed class CaseEngineOnPostgreSql() : CaseEngineTests(DatabaseKind.PostgreSql);
