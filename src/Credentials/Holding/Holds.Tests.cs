using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;
using NodaTime;
using Standing = Muqeem.Credentials.Verifying.Standing;

namespace Muqeem.Credentials.Holding;

public class HoldsOnPostgreSqlTests : HoldsTests
{
    protected override DatabaseKind Kind => DatabaseKind.PostgreSql;
}

public class HoldsOnSqliteTests : HoldsTests
{
    protected override DatabaseKind Kind => DatabaseKind.Sqlite;
}

/// <summary>A resident with an ID and a credential of it, and two officers, on a real database with the real lists and inbox.</summary>
public abstract partial class HoldsTests : IAsyncLifetime
{
    private const int Valid = 0, Invalid = 1, Suspended = 2, Frozen = 3;
    private const string Origin = "https://muqeem.example";

    private World _world = null!;
    private Documents _documents = null!;
    private StatusLists _lists = null!;
    private IssuedForms _forms = null!;
    private Holds _holds = null!;
    private LiveCodes _codes = null!;
    private Verification _verifier = null!;
    private TrustAnchors _trust = null!;
    private PersonId _person;
    private PersonId _desk;
    private AccountId _holder;
    private AccountId _first;
    private AccountId _second;

    protected abstract DatabaseKind Kind { get; }

    private DateTimeOffset Now => _world.Clock.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _world = await World.CreateAsync(Kind);
        var (policies, today) = (PolicyBook.BaselineSnapshot(), _world.Clock.Today());
        _documents = new Documents(_world.Db, _world.Sealer, _world.Door, _world.Blind, _world.Clock);
        _lists = new StatusLists(_world.Db, _world.Database.Writer, _world.Keys, new Leases(_world.Db, _world.Database.Writer, _world.Clock), _world.Clock, () => StatusRules.Of(policies, today), Origin, NullLogger<StatusLists>.Instance);
        var types = new TypeVersions(_world.Db, _world.Database.Writer, TextCatalogue.Of(typeof(SdJwtForm).Assembly, typeof(TextCatalogue).Assembly, typeof(ResidentNumber).Assembly), () => FormRules.Of(policies, today).Ages, _world.Clock, Origin);
        Task<Standing?> StandingAsync(PersonId person, CancellationToken cancel) => Task.FromResult<Standing?>(new Standing(ResidenceStanding.Active, today.PlusYears(1), _world.Clock.Now()));
        _forms = new IssuedForms(_world.Db, _documents, _world.Sealer, _world.Door, _world.Keys, _lists, _world.Database.Writer, StandingAsync, (_, _, _, _) => Task.FromResult<byte[]?>(null), types,
            () => FormRules.Of(policies, today), _world.Clock, Origin, NullLogger<IssuedForms>.Instance);
        var notices = new Notices(_world.Db, _world.Sealer, _world.Door, _world.Clock);
        _holds = new Holds(_world.Db, _documents, _world.Sealer, _world.Door, _world.Blind, _world.Database.Writer,
            (change, person, kind, arguments) => notices.AddAsync(change, person, kind, null, arguments), () => HoldRules.Of(policies, today), _world.Clock);
        var codes = LiveCodeRules.Of(policies, today);
        _codes = new LiveCodes(_world.Db, _documents, _world.Keys, _world.Blind, _world.Database.Writer, () => codes, () => [18], _world.Clock);
        _verifier = new Verification(_world.Db, _documents, new OwnSigners(_world.Keys, NullLogger<OwnSigners>.Instance), _world.Blind, _world.Door, StandingAsync, () => codes, _world.Clock);
        _trust = TrustAnchors.Create(_world.Keys.Roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).Value;
        (_person, _desk) = (PersonId.New(_world.Clock), PersonId.New(_world.Clock));
        (_holder, _first, _second) = (AccountId.New(_world.Clock), AccountId.New(_world.Clock), AccountId.New(_world.Clock));
        await IssueAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private DocumentOrder Order => new(_person, Guid.CreateVersion7(Now), new DocumentContent
    {
        ResidentNumber = "2000000006",
        NameArabic = "محمد عبد الرحمن",
        NameLatin = "MOHAMMAD ABDUR RAHMAN",
        FamilyName = "RAHMAN",
        GivenNames = "MOHAMMAD ABDUR",
        Sex = Sex.Male,
        Nationality = "BGD",
        Birth = BirthDate.Of(new LocalDate(1990, 5, 17)),
        AnswerableName = "شركة البناء الحديث",
        AnswerableKind = Answerable.Establishment,
    }, 5);

    private async Task IssueAsync()
    {
        var change = _world.Act("document.issue");
        await _documents.IssueAsync(change, Order);
        await _world.DoneAsync(change);
    }

    /// <summary>What follows is later than what was: lists and inbox are in the order of time.</summary>
    private void Later() => _world.Clock.Advance(TimeSpan.FromSeconds(1));

    private Guid NewOperation() => Guid.CreateVersion7(Now);

    private async Task<FormAnswer> AskAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(false).Q;
        return await ReadDoor.RunAsync(() => _forms.RequestAsync(_world.Door.Enter(Actor.System("test"), Purpose.Self, null, "test", _person), Actor.System("test"), _person, FormKind.SdJwtVc, new HolderKey(q.X!, q.Y!), NewOperation()));
    }

    private async Task<StatusPlace> CredentialAsync() => Assert.IsType<FormAnswer.Issued>(await AskAsync()).Form.Place;

    /// <summary>What a verifier reads in the list.</summary>
    private async Task<int?> InListAsync(StatusPlace place)
    {
        Later();
        await _lists.RoundAsync();
        return StatusList.VerifyJwt(Encoding.ASCII.GetString(_lists.Token(place.List)!.Jwt), _lists.UriOf(place.List), _trust, Now, new StatusListOptions()).Value.Get(place.Index);
    }

    private Task<HoldAnswer> FreezeAsync(Guid? operation = null) => _holds.FreezeAsync(Actor.Resident(_holder), _holder, _person, operation ?? NewOperation());

    private Task<HoldAnswer> UnfreezeAsync() => _holds.UnfreezeAsync(Actor.Resident(_holder), _holder, _person, NewOperation());

    private Task<HoldAnswer> ProposeAsync(ProposedAct act, AccountId? by = null, string? reason = null, string words = "لأن الصورة لشخص آخر", Guid? operation = null, PersonId? self = null) =>
        _holds.ProposeAsync(Actor.Officer(by ?? _first), by ?? _first, self ?? _desk, _person, act, reason ?? HoldReasons.For(act)[0], words, operation ?? NewOperation());

    private async Task<Guid> ProposedAsync(ProposedAct act)
    {
        Later();
        return Assert.IsType<HoldAnswer.Done>(await ProposeAsync(act)).Proposal!.Value;
    }

    private Task<HoldAnswer> ConfirmAsync(Guid proposal, AccountId? by = null, Guid? operation = null, PersonId? self = null) =>
        ReadDoor.RunAsync(() => _holds.ConfirmAsync(Actor.Officer(by ?? _second), by ?? _second, self ?? _desk, proposal, operation ?? NewOperation()));

    private async Task ByTwoAsync(ProposedAct act)
    {
        var proposal = await ProposedAsync(act);
        Later();
        Assert.IsType<HoldAnswer.Done>(await ConfirmAsync(proposal));
    }

    private static void Refused(string code, HoldAnswer answer) => Assert.Equal(code, Assert.IsType<HoldAnswer.Refused>(answer).Refusal.Code);

    private async Task<IReadOnlyList<string>> ToldAsync() => await _world.Db.QueryAsync<string>("SELECT kind FROM notice WHERE person_id = @person ORDER BY id", new { person = _person.Value });

    private async Task<Verdict> VerdictAsync(string code) => await _verifier.CheckAsync(code, "here", Actor.Anonymous);

    private Task<LiveCode?> LiveAsync() => ReadDoor.RunAsync(() => _codes.MakeAsync(_world.Door.Enter(Actor.System("test"), Purpose.Self, null, "test", _person), _person, QrView.Valid));

    private async Task<IdFile> FileAsync() => (await ReadDoor.RunAsync(() => _holds.FileAsync(_world.Door.Enter(Actor.Officer(_first), Purpose.DecideDocument, null, "test", _person), _person)))!;

    [Fact]
    public async Task A_holder_freezes_the_ID_and_it_counts_nowhere_until_the_holder_unfreezes_it()
    {
        var credential = await CredentialAsync();
        var code = (await _codes.MakeShortAsync(_person)).Code!.Text;
        var live = (await LiveAsync())!.Text;
        Assert.Equal(Valid, await InListAsync(credential));

        Assert.IsType<HoldAnswer.Done>(await FreezeAsync());
        Assert.Equal(Frozen, await InListAsync(credential));
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentFrozen), await VerdictAsync(code));
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentFrozen), await VerdictAsync(live));
        Assert.Equal("verify.not_valid.document_frozen", (await VerdictAsync(code)).TextKey);
        Assert.Null(await LiveAsync());
        Assert.Null((await _codes.MakeShortAsync(_person)).Code);
        Assert.Equal(new FormAnswer.Held(HoldKind.Frozen), await AskAsync());

        Assert.IsType<HoldAnswer.Done>(await UnfreezeAsync());
        Assert.Equal(Valid, await InListAsync(credential));
        Assert.IsType<Verdict.Valid>(await VerdictAsync(code));
        Assert.NotNull(await LiveAsync());
        Assert.Equal(["id_frozen", "id_unfrozen"], await ToldAsync());
        // It can be done again, and what is not there need not be ended.
        Assert.IsType<HoldAnswer.Done>(await UnfreezeAsync());
        Assert.IsType<HoldAnswer.Done>(await FreezeAsync());
        Assert.Equal(Frozen, await InListAsync(credential));
        Assert.Equal(2, (await FileAsync()).Holds.Count);
    }

    [Fact]
    public async Task Two_officers_suspend_and_lift_and_the_holder_reads_why_each_time()
    {
        var credential = await CredentialAsync();
        var code = (await _codes.MakeShortAsync(_person)).Code!.Text;
        var proposal = await ProposedAsync(ProposedAct.Suspend);
        // Proposed is not done, and the holder hears of nothing.
        Assert.Equal(Valid, await InListAsync(credential));
        Assert.IsType<Verdict.Valid>(await VerdictAsync(code));
        Assert.Empty(await ToldAsync());
        Assert.Equal([proposal], (await _holds.WaitingAsync()).Select(p => p.Id));

        Assert.IsType<HoldAnswer.Done>(await ConfirmAsync(proposal));
        Assert.Equal(Suspended, await InListAsync(credential));
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentSuspended), await VerdictAsync(code));
        Assert.Equal(new FormAnswer.Held(HoldKind.Suspended), await AskAsync());
        Assert.Empty(await _holds.WaitingAsync());
        var hold = Assert.Single((await FileAsync()).Holds);
        Assert.Equal((HoldKind.Suspended, "suspend.identity_in_doubt", _second, proposal), (hold.Kind, hold.Reason, hold.BegunBy, hold.Proposal!.Value));

        await ByTwoAsync(ProposedAct.Lift);
        Assert.Equal(Valid, await InListAsync(credential));
        Assert.IsType<Verdict.Valid>(await VerdictAsync(code));
        Assert.Equal(["id_suspended", "id_suspension_lifted"], await ToldAsync());
        Assert.Equal(["document.propose", "document.suspend", "document.propose", "document.lift"],
            await _world.Db.QueryAsync<string>("SELECT verb FROM act WHERE person_id = @person AND verb LIKE 'document.%' AND reason IS NOT NULL ORDER BY id", new { person = _person.Value }));
    }

    [Fact]
    public async Task A_suspension_hides_a_freeze_and_the_freeze_is_there_again_when_it_is_lifted()
    {
        var credential = await CredentialAsync();
        var code = (await _codes.MakeShortAsync(_person)).Code!.Text;
        await FreezeAsync();
        await ByTwoAsync(ProposedAct.Suspend);
        Assert.Equal(Suspended, await InListAsync(credential));
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentSuspended), await VerdictAsync(code));
        await ByTwoAsync(ProposedAct.Lift);
        Assert.Equal(Frozen, await InListAsync(credential));
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentFrozen), await VerdictAsync(code));
        Assert.Equal(["id_frozen", "id_suspended", "id_suspension_lifted_frozen"], await ToldAsync());
        // The other way round: the holder cannot unfreeze what the authority has suspended.
        await ByTwoAsync(ProposedAct.Suspend);
        Assert.IsType<HoldAnswer.Done>(await UnfreezeAsync());
        Assert.Equal(Suspended, await InListAsync(credential));
        await ByTwoAsync(ProposedAct.Lift);
        Assert.Equal(Valid, await InListAsync(credential));
    }

    [Fact]
    public async Task Revoked_is_final_and_the_way_back_is_an_ID_that_nothing_holds()
    {
        var credential = await CredentialAsync();
        var live = (await LiveAsync())!.Text;
        await FreezeAsync();
        await ByTwoAsync(ProposedAct.Suspend);
        await ByTwoAsync(ProposedAct.Revoke);
        Assert.Equal(Invalid, await InListAsync(credential));
        Assert.Equal("revoked", Assert.Single(await _forms.OfAsync(_person)).InvalidReason);
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentRevoked), await VerdictAsync(live));
        Assert.IsType<FormAnswer.NoDocument>(await AskAsync());
        var file = await FileAsync();
        Assert.Equal((DocumentState.Revoked, false), (file.Latest.State, file.Open.Any));
        Assert.All(file.Holds, h => Assert.Equal(HoldReasons.Revoked, h.EndReason));
        Assert.Empty(file.May(_world.Clock.Now()));
        Assert.IsType<HoldAnswer.NotThere>(await FreezeAsync());
        Refused(HoldRefusals.NoDocument, await ProposeAsync(ProposedAct.Suspend));
        Refused(HoldRefusals.NotSuspended, await ProposeAsync(ProposedAct.Lift));

        await IssueAsync();
        Assert.Equal(Valid, await InListAsync(await CredentialAsync()));
        Assert.Equal(Invalid, await InListAsync(credential));
        Assert.IsType<Verdict.Valid>(await VerdictAsync((await _codes.MakeShortAsync(_person)).Code!.Text));
        await FreezeAsync();
        await ByTwoAsync(ProposedAct.Suspend);
        Assert.True(await _holds.OpenAsync(_person) is { Suspension: not null, Freeze: not null });
    }

    [Fact]
    public async Task What_holds_an_ID_outlasts_its_version()
    {
        var old = await CredentialAsync();
        var code = (await _codes.MakeShortAsync(_person)).Code!.Text;
        await ByTwoAsync(ProposedAct.Suspend);
        var change = _world.Act("document.replace");
        await _documents.ReplaceAsync(change, (await _documents.LiveAsync(_person))!, Order);
        await _world.DoneAsync(change);
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentSuspended), await VerdictAsync(code));
        Assert.Equal(new FormAnswer.Held(HoldKind.Suspended), await AskAsync());
        // Reported lost and issued anew, it is still suspended: nobody gets out of it that way.
        change = _world.Act("document.end");
        await _documents.EndAsync(change, (await _documents.LiveAsync(_person))!, DocumentState.Lost);
        await _world.DoneAsync(change);
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentLost), await VerdictAsync(code));
        await IssueAsync();
        Assert.Equal(new FormAnswer.Held(HoldKind.Suspended), await AskAsync());
        await ByTwoAsync(ProposedAct.Lift);
        Assert.Equal(Valid, await InListAsync(await CredentialAsync()));
        Assert.Equal(Invalid, await InListAsync(old));
    }

    [Fact]
    public async Task Who_proposed_never_decides_in_whatever_session_and_nobody_acts_on_the_own_ID()
    {
        var proposal = await ProposedAsync(ProposedAct.Suspend);
        foreach (var _ in new[] { "one session", "another" })
        {
            Refused(HoldRefusals.AnotherDecides, await ConfirmAsync(proposal, _first));
            Refused(HoldRefusals.AnotherDecides, await _holds.RejectAsync(Actor.Officer(_first), _first, _desk, proposal, HoldReasons.Reject[0], NewOperation()));
        }
        Refused(HoldRefusals.NotYourOwn, await ConfirmAsync(proposal, _second, self: _person));
        Refused(HoldRefusals.NotWithdrawn, await _holds.WithdrawAsync(Actor.Officer(_second), _second, proposal, NewOperation()));
        Assert.False((await _holds.OpenAsync(_person)).Any);
        // Nor does the database take it.
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => _world.Database.ExecuteAsync("UPDATE document_proposal SET state = 'CONFIRMED', decided_by = proposed_by, decided_at = 1"));

        Assert.IsType<HoldAnswer.Done>(await _holds.WithdrawAsync(Actor.Officer(_first), _first, proposal, NewOperation()));
        Refused(HoldRefusals.ProposalOver, await ConfirmAsync(proposal));
        Refused(HoldRefusals.NotYourOwn, await ProposeAsync(ProposedAct.Suspend, self: _person));
    }

    [Fact]
    public async Task What_the_second_officer_rejects_changes_nothing_and_can_be_proposed_again()
    {
        var proposal = await ProposedAsync(ProposedAct.Revoke);
        Refused(HoldRefusals.ReasonMissing, await _holds.RejectAsync(Actor.Officer(_second), _second, _desk, proposal, "because", NewOperation()));
        Assert.IsType<HoldAnswer.Done>(await _holds.RejectAsync(Actor.Officer(_second), _second, _desk, proposal, "reject.too_severe", NewOperation()));
        Refused(HoldRefusals.ProposalOver, await ConfirmAsync(proposal, AccountId.New(_world.Clock)));
        var rejected = Assert.Single((await FileAsync()).Proposals);
        Assert.Equal((ProposalState.Rejected, "reject.too_severe", "لأن الصورة لشخص آخر"), (rejected.Proposal.State, rejected.Proposal.DecisionReason, rejected.Words));
        Assert.NotNull(await _documents.LiveAsync(_person));
        Assert.Empty(await ToldAsync());
        await ByTwoAsync(ProposedAct.Suspend);
    }

    [Fact]
    public async Task A_proposal_that_nobody_decides_in_time_is_over()
    {
        var proposal = await ProposedAsync(ProposedAct.Suspend);
        _world.Clock.Advance(TimeSpan.FromHours(48) - TimeSpan.FromSeconds(1));
        Assert.Single(await _holds.WaitingAsync());
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(await _holds.WaitingAsync());
        Refused(HoldRefusals.ProposalExpired, await ConfirmAsync(proposal));
        Refused(HoldRefusals.ProposalExpired, await _holds.WithdrawAsync(Actor.Officer(_first), _first, proposal, NewOperation()));
        Assert.False((await _holds.OpenAsync(_person)).Any);
        // The next takes its place, twice over.
        await ByTwoAsync(ProposedAct.Suspend);
        await ProposedAsync(ProposedAct.Lift);
        _world.Clock.Advance(TimeSpan.FromHours(49));
        await ByTwoAsync(ProposedAct.Lift);
        Assert.Equal([ProposalState.Confirmed, ProposalState.Expired, ProposalState.Confirmed, ProposalState.Expired], (await FileAsync()).Proposals.Select(p => p.Proposal.State));
    }

    [Fact]
    public async Task About_an_ID_one_proposal_is_open_at_a_time_and_only_what_makes_sense()
    {
        Refused(HoldRefusals.NotSuspended, await ProposeAsync(ProposedAct.Lift));
        Refused(HoldRefusals.ReasonMissing, await ProposeAsync(ProposedAct.Suspend, reason: "revoke.misused"));
        Refused(HoldRefusals.WordsMissing, await ProposeAsync(ProposedAct.Suspend, words: "  "));
        Refused(HoldRefusals.WordsTooLong, await ProposeAsync(ProposedAct.Suspend, words: new string('x', Holds.LongestWords + 1)));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => ProposeAsync(i % 2 == 0 ? ProposedAct.Suspend : ProposedAct.Revoke, i < 4 ? _first : _second))));
        Assert.Single(answers, a => a is HoldAnswer.Done);
        Assert.All(answers.Where(a => a is not HoldAnswer.Done), a => Refused(HoldRefusals.ProposalOpen, a));
        Assert.Single(await _holds.WaitingAsync());
    }

    [Fact]
    public async Task The_same_operation_is_done_once_and_with_another_body_it_is_refused()
    {
        var (propose, confirm, freeze) = (NewOperation(), NewOperation(), NewOperation());
        var first = Assert.IsType<HoldAnswer.Done>(await ProposeAsync(ProposedAct.Suspend, operation: propose)).Proposal!.Value;
        Assert.Equal(new HoldAnswer.Done(first), await ProposeAsync(ProposedAct.Suspend, operation: propose));
        Assert.IsType<HoldAnswer.OperationReused>(await ProposeAsync(ProposedAct.Suspend, operation: propose, words: "another sentence"));
        Assert.Equal(new HoldAnswer.Done(first), await ConfirmAsync(first, operation: confirm));
        Assert.Equal(new HoldAnswer.Done(first), await ConfirmAsync(first, operation: confirm));
        Assert.Equal(new HoldAnswer.Done(first), await ProposeAsync(ProposedAct.Suspend, operation: propose));
        Later();
        var frozen = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => FreezeAsync(freeze))));
        Assert.All(frozen, a => Assert.IsType<HoldAnswer.Done>(a));
        Assert.Equal(["id_suspended", "id_frozen"], await ToldAsync());
        await UnfreezeAsync();
        // Sent again later it gets its old answer, and freezes nothing.
        Assert.IsType<HoldAnswer.Done>(await FreezeAsync(freeze));
        Assert.Null((await _holds.OpenAsync(_person)).Freeze);
    }

    [Fact]
    public async Task Frozen_twice_at_once_is_frozen_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => FreezeAsync())));
        Assert.All(answers, a => Assert.IsType<HoldAnswer.Done>(a));
        Assert.Single((await FileAsync()).Holds);
        Assert.Equal(["id_frozen"], await ToldAsync());
    }

    [Fact]
    public async Task Two_officers_who_decide_at_once_decide_once()
    {
        var proposal = await ProposedAsync(ProposedAct.Suspend);
        var third = AccountId.New(_world.Clock);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => i % 2 == 0
            ? ConfirmAsync(proposal, _second)
            : _holds.RejectAsync(Actor.Officer(third), third, _desk, proposal, HoldReasons.Reject[0], NewOperation()))));
        var state = Assert.Single((await FileAsync()).Proposals).Proposal.State;
        Assert.Contains(state, (ProposalState[])[ProposalState.Confirmed, ProposalState.Rejected]);
        // Whoever came first is answered so however often; the other is told that it is over.
        Assert.All(answers.Where((_, i) => i % 2 == 0 == (state == ProposalState.Confirmed)), a => Assert.IsType<HoldAnswer.Done>(a));
        Assert.All(answers.Where((_, i) => i % 2 == 0 != (state == ProposalState.Confirmed)), a => Refused(HoldRefusals.ProposalOver, a));
        Assert.Equal(state == ProposalState.Confirmed ? 1 : 0, (await FileAsync()).Holds.Count);
        Assert.Equal(state == ProposalState.Confirmed, (await _holds.OpenAsync(_person)).Suspension is not null);
    }

    [Fact]
    public async Task No_credential_slips_past_a_freeze_that_begins_while_it_is_issued()
    {
        for (var round = 0; round < 4; round++)
        {
            var asking = Enumerable.Range(0, 6).Select(_ => Task.Run(AskAsync)).ToList();
            await Task.Run(() => FreezeAsync());
            var answers = await Task.WhenAll(asking);
            Assert.All(answers, a => Assert.True(a is FormAnswer.Issued or FormAnswer.Held, a.ToString()));
            var forms = await _forms.OfAsync(_person);
            Assert.All(forms, f => Assert.Equal((PromiseState.Signed, CredentialStatus.Frozen), (f.State, f.Status)));
            await UnfreezeAsync();
            Assert.All(await _forms.OfAsync(_person), f => Assert.Equal(CredentialStatus.Valid, f.Status));
        }
    }

    [Fact]
    public async Task A_promise_that_was_held_before_it_was_kept_is_kept_and_still_held()
    {
        var credential = await CredentialAsync();
        await _world.Database.ExecuteAsync("UPDATE credential_form SET state = 'INTENDED', signature = NULL");
        await FreezeAsync();
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(1, await ReadDoor.RunAsync(() => _forms.CompleteAsync()));
        Assert.Equal(PromiseState.Signed, Assert.Single(await _forms.OfAsync(_person)).State);
        Assert.Equal(Frozen, await InListAsync(credential));
        await UnfreezeAsync();
        Assert.Equal(Valid, await InListAsync(credential));
    }

    [Fact]
    public async Task The_sentence_of_a_proposal_is_not_stored_in_the_clear()
    {
        await ProposedAsync(ProposedAct.Suspend);
        var stored = Encoding.UTF8.GetString(await _world.Db.SingleAsync<byte[]>("SELECT words FROM document_proposal_words"));
        Assert.DoesNotContain("الصورة", stored, StringComparison.Ordinal);
    }
}
