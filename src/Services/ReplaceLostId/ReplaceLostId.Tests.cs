using Muqeem.Cases;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Services.ReplaceLostId;

/// <summary>ID.REPLACE.LOST: the report ends the ID whatever follows, and the next is issued once.</summary>
public abstract class ReplaceLostIdTests(SharedWorld shared)
{
    private const string Key = "replace-lost";

    private readonly Residents _residents = shared.Residents;

    private WholeWorld World => _residents.World;

    private LocalDate Today => _residents.Today;

    private static (string, string)[] Loss(LocalDate day, string part, string cause = Causes.Lost) =>
        [("cause", cause), .. Residents.Day("lostOn", day), ("partOfDay", part), ("place", "الرياض، حي الملز"), ("how", "سقطت في سيارة أجرة"), ("truth", "yes")];

    /// <summary>In the quarter of the day that it is.</summary>
    private (string, string)[] JustNow => Loss(Today, PartsOfDay.All[World.Clock.Now().WithOffset(Clock.Riyadh).Hour / PartsOfDay.Hours]);

    private (string, string)[] TwoDaysAgo => Loss(Today.PlusDays(-2), PartsOfDay.Evening, Causes.Stolen);

    private static readonly (string, string)[] AfterRevocation = [("cause", Causes.Revoked), ("truth", "yes")];

    private Task<IReadOnlyList<DocumentVersion>> VersionsAsync(Resident resident) => World.Get<Documents>().OfAsync(resident.Person);

    /// <summary>Asks for a card and returns the code on it.</summary>
    private async Task<string> CardAsync(Resident resident)
    {
        var access = () => World.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Self, null, "test", resident.Person);
        return Assert.IsType<CardAnswer.Made>(await Residents.InRequest(() => World.Get<IssuedCards>().AskAsync(access(), Actor.System("test"), resident.Person))).Model.Qr;
    }

    private Task<Verdict> CheckAsync(string code) => Residents.InRequest(() => World.Get<Verification>().CheckAsync(code, "here", Actor.Anonymous));

    private async Task<IReadOnlyList<string>> FindingsAsync(Resident resident, CaseId id) => [.. (await _residents.TrackAsync(resident, id)).Findings.Select(f => f.Refusal.Code)];

    [Fact]
    public async Task A_loss_reported_within_a_day_ends_the_ID_before_anything_is_paid_and_costs_the_fee_alone()
    {
        var resident = await _residents.SettleAsync(Residents.EstablishmentWorker, Today.PlusDays(200));
        var old = Assert.Single(await VersionsAsync(resident));
        var card = await CardAsync(resident);
        Assert.IsType<Verdict.Valid>(await CheckAsync(card));
        var what = await _residents.WhatIfAsync(resident, Key, JustNow);
        Assert.Empty(what.Findings);
        Assert.Equal((Money.Riyals(500), "resident", (string?)null), (what.Quote.Total, what.PaidBy, what.ConfirmedBy));
        // A look ahead reports nothing.
        Assert.IsType<Verdict.Valid>(await CheckAsync(card));

        var (id, state) = await _residents.SendAsync(resident, Key, JustNow);
        Assert.True(state == CaseStates.AwaitingPayment, string.Join(", ", await FindingsAsync(resident, id)));
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentLost), await CheckAsync(card));
        Assert.Equal("lost", Assert.Single(await World.Get<IssuedForms>().OfAsync(resident.Person)).InvalidReason);
        Assert.Equal(DocumentState.Lost, Assert.Single(await VersionsAsync(resident)).State);

        Assert.Equal(Money.Riyals(500), await _residents.PayAsync(resident, id, CaseStates.Issued));
        // Money that is told of once more issues nothing more.
        await Residents.InRequest(() => World.Engine.PaidAsync(Residents.By(resident.Account), id));
        var versions = await VersionsAsync(resident);
        Assert.Equal([(2, DocumentState.Live), (1, DocumentState.Lost)], versions.Select(v => (v.Number, v.State)));
        Assert.Equal((old.Residence, old.ExpiresDay), (versions[0].Residence, versions[0].ExpiresDay));
        Assert.NotEqual(old.Serial, versions[0].Serial);
        var content = await Residents.InRequest(() => World.Get<Documents>().OpenAsync(World.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Self, null, "test", resident.Person), versions[0]));
        Assert.Equal(resident.Number, content.ResidentNumber);
        Assert.IsType<Verdict.Valid>(await CheckAsync(await CardAsync(resident)));
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentLost), await CheckAsync(card));
        await _residents.ToldAsync("residence-change", resident.Number);
        Assert.Empty(await World.Get<Ledger>().AuditAsync());
    }

    [Fact]
    public async Task A_loss_reported_later_is_fined_and_the_fine_counts_up()
    {
        var resident = await _residents.SettleAsync(Residents.HouseholdWorker, Today.PlusDays(300));
        foreach (var (time, fine) in new[] { (1, 1000), (2, 2000) })
        {
            await World.MoveClockAsync(Duration.FromDays(3));
            Assert.Equal(Money.Riyals(500), (await _residents.WhatIfAsync(resident, Key, JustNow)).Quote.Total);
            Assert.Equal(Money.Riyals(500 + fine), (await _residents.WhatIfAsync(resident, Key, TwoDaysAgo)).Quote.Total);
            var (id, state) = await _residents.SendAsync(resident, Key, TwoDaysAgo);
            Assert.True(state == CaseStates.AwaitingPayment, string.Join(", ", await FindingsAsync(resident, id)));
            Assert.Equal(Money.Riyals(500 + fine), await _residents.PayAsync(resident, id, CaseStates.Issued));
            Assert.Equal(time + 1, (await VersionsAsync(resident))[0].Number);
        }
        // It was paid with the price: nothing is owed.
        Assert.All(await World.Get<ExitVisas>().FinesAsync(resident.Person), f => Assert.False(f.Open));
        Assert.Empty(await World.Get<Ledger>().AuditAsync());
    }

    [Fact]
    public async Task Reported_twice_is_reported_once_and_a_withdrawn_application_brings_nothing_back()
    {
        var resident = await _residents.SettleAsync(27, Today.PlusDays(200));
        var card = await CardAsync(resident);
        var started = Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => World.Engine.StartAsync(Residents.By(resident.Account), resident.Account, resident.Person, Key, new Dictionary<string, string>())));
        var lost = JustNow;
        foreach (var page in Questions.Form.Pages)
        {
            Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => World.Engine.SaveAsync(Residents.By(resident.Account), resident.Account, started.Case, page.Id, lost.ToDictionary(a => a.Item1, a => a.Item2))));
        }
        var operation = Residents.By(resident.Account);
        var sent = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Residents.InRequest(() => World.Engine.SubmitAsync(operation, resident.Account, started.Case)))));
        Assert.All(sent, o => Assert.Equal(CaseStates.AwaitingPayment, Residents.Done<CaseOutcome.Done>(o).State));
        Assert.IsType<CaseOutcome.NotNow>(await Residents.InRequest(() => World.Engine.SubmitAsync(Residents.By(resident.Account), resident.Account, started.Case)));
        var reported = Assert.Single(await VersionsAsync(resident));
        Assert.Equal(DocumentState.Lost, reported.State);
        Assert.Single(await Residents.InRequest(() => World.Get<Notices>().ListAsync(World.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Self, null, "test", resident.Person), resident.Person, null, 50)), n => n.Kind == "id_reported_lost");

        Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => World.Engine.WithdrawAsync(Residents.By(resident.Account), resident.Account, started.Case)));
        Assert.Equal(reported, Assert.Single(await VersionsAsync(resident)));
        Assert.Equal(new Verdict.NotValid(NotValidReason.DocumentLost), await CheckAsync(card));

        // Days later another application for the same loss: it was reported in time, once and for all.
        await World.MoveClockAsync(Duration.FromDays(4));
        var (id, state) = await _residents.SendAsync(resident, Key, lost);
        Assert.True(state == CaseStates.AwaitingPayment, string.Join(", ", await FindingsAsync(resident, id)));
        Assert.Equal(reported, Assert.Single(await VersionsAsync(resident)));
        Assert.Equal(Money.Riyals(500), await _residents.PayAsync(resident, id, CaseStates.Issued));
        Assert.Equal(2, (await VersionsAsync(resident))[0].Number);
    }

    [Fact]
    public async Task With_more_than_a_year_left_nothing_is_owed_and_the_next_ID_is_there_in_the_act_of_the_report()
    {
        var resident = await _residents.SettleAsync(21, Today.PlusDays(500));
        var (_, state) = await _residents.SendAsync(resident, Key, JustNow);
        Assert.Equal(CaseStates.Issued, state);
        Assert.Equal([(2, DocumentState.Live), (1, DocumentState.Lost)], (await VersionsAsync(resident)).Select(v => (v.Number, v.State)));
        Assert.Empty(await World.Get<Ledger>().BillsOfPayerAsync(resident.Person.Value, 10));
    }

    [Fact]
    public async Task A_residence_that_is_over_keeps_the_next_ID_away_and_not_the_report()
    {
        var resident = await _residents.SettleAsync(15, Today.PlusDays(1));
        await World.MoveClockAsync(Duration.FromDays(3));
        var (id, state) = await _residents.SendAsync(resident, Key, JustNow);
        Assert.Equal((CaseStates.NeedsAction, Check.Codes.ResidenceTooShort), (state, Assert.Single(await FindingsAsync(resident, id))));
        Assert.Equal(DocumentState.Lost, Assert.Single(await VersionsAsync(resident)).State);
    }

    private async Task<Resident> RevokedAsync(int index, string reason)
    {
        var resident = await _residents.SettleAsync(index, Today.PlusDays(200));
        var (first, second, nobody) = (new AccountId(Guid.CreateVersion7()), new AccountId(Guid.CreateVersion7()), new PersonId(Guid.CreateVersion7()));
        var holds = World.Get<Holds>();
        var proposed = Assert.IsType<HoldAnswer.Done>(await Residents.InRequest(() => holds.ProposeAsync(Actor.Officer(first), first, nobody, resident.Person, ProposedAct.Revoke, reason, "نراجع ذلك.", Guid.CreateVersion7())));
        Assert.IsType<HoldAnswer.Done>(await Residents.InRequest(() => holds.ConfirmAsync(Actor.Officer(second), second, nobody, proposed.Proposal!.Value, Guid.CreateVersion7())));
        return resident;
    }

    [Fact]
    public async Task After_a_revocation_whose_reason_allows_it_an_officer_looks_and_another_ID_is_issued_at_the_price_of_the_reason()
    {
        foreach (var (index, reason, riyals) in new[] { (0, "revoke.misused", 500), (20, "revoke.issued_in_error", 0) })
        {
            var resident = await RevokedAsync(index, reason);
            Assert.Equal([Rules.WasRevoked, Rules.AfterRevoked], (await _residents.WhatIfAsync(resident, Key, JustNow)).Findings.Select(f => f.Refusal.Code));
            var (id, state) = await _residents.SendAsync(resident, Key, AfterRevocation);
            Assert.True(state == CaseStates.UnderReview, string.Join(", ", await FindingsAsync(resident, id)));
            Assert.Equal([Rules.AfterRevoked], await FindingsAsync(resident, id));
            var officer = new AccountId(Guid.CreateVersion7());
            Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => World.Engine.ApproveAsync(Residents.By(officer, officer: true), officer, null, id, "records.agree")));
            if (riyals > 0)
            {
                await _residents.BecomesAsync(resident, id, CaseStates.AwaitingPayment);
                Assert.Equal(Money.Riyals(riyals), await _residents.PayAsync(resident, id, CaseStates.Issued));
            }
            Assert.Equal(CaseStates.Issued, await _residents.StateAsync(resident, id));
            Assert.Equal([(2, DocumentState.Live), (1, DocumentState.Revoked)], (await VersionsAsync(resident)).Select(v => (v.Number, v.State)));
        }
    }

    [Fact]
    public async Task After_a_revocation_whose_reason_forbids_it_the_application_is_refused_with_the_reason()
    {
        var resident = await RevokedAsync(26, "revoke.untrue_statement");
        var (id, state) = await _residents.SendAsync(resident, Key, AfterRevocation);
        Assert.Equal(CaseStates.Refused, state);
        var finding = Assert.Single((await _residents.TrackAsync(resident, id)).Findings);
        Assert.Equal((Rules.NoOther, FindingKind.Final, "untrue_statement"), (finding.Refusal.Code, finding.Kind, finding.Refusal.Facts["reason"]));
        var words = World.Get<Platform.Texts.TextCatalogue>().In("en");
        Assert.Contains("issued on untrue statements", words.Refusal(finding.Refusal), StringComparison.Ordinal);
        Assert.Equal(DocumentState.Revoked, Assert.Single(await VersionsAsync(resident)).State);
    }
}

public sealed class ReplaceLostIdOnSqliteTests(SqliteWorld shared) : ReplaceLostIdTests(shared), IClassFixture<SqliteWorld>;

public sealed class ReplaceLostIdOnPostgreSqlTests(PostgreSqlWorld shared) : ReplaceLostIdTests(shared), IClassFixture<PostgreSqlWorld>;
