using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>One person's agency after the other is away: the lines themselves never rest.</summary>
public abstract class WhoseRecordWorld(DatabaseKind kind) : SharedWorld(kind)
{
    protected override IReadOnlyDictionary<string, string?> Settings { get; } =
        AgenciesSetup.All.SelectMany(a => new[] { KeyValuePair.Create($"Agencies:{a.Name}:Retries", (string?)"0"), KeyValuePair.Create($"Agencies:{a.Name}:FailureCalls", (string?)"10000") }).ToDictionary();
}

public sealed class WhoseRecordOnSqlite() : WhoseRecordWorld(DatabaseKind.Sqlite);

public sealed class WhoseRecordOnPostgreSql() : WhoseRecordWorld(DatabaseKind.PostgreSql);

public sealed class WhoseRecordOnSqliteTests(WhoseRecordOnSqlite world) : WhoseRecordTests(world), IClassFixture<WhoseRecordOnSqlite>;

public sealed class WhoseRecordOnPostgreSqlTests(WhoseRecordOnPostgreSql world) : WhoseRecordTests(world), IClassFixture<WhoseRecordOnPostgreSql>;

/// <summary>Establishments, households and social insurance have a platform each: none of them answers for another's people, and none of them takes another's along when it is away.</summary>
public abstract class WhoseRecordTests(SharedWorld shared)
{
    private const string Key = "renew";
    private static readonly (string, string)[] AYear = [("months", "12")];
    private static int _next = 80_000;

    private readonly WholeWorld _world = shared.World;
    private readonly Residents _residents = shared.Residents;

    private Knobs Knobs => _world.SandboxApp.Services.GetRequiredService<Knobs>();

    private void Down(Resident who, bool down, params string[] agencies)
    {
        foreach (var agency in agencies)
        {
            Knobs.Set(agency, who.Index, down ? new Knob(Down: true) : null);
        }
    }

    /// <summary>Somebody against whom nothing stands, whose residence ends soon.</summary>
    private async Task<Resident> SettledAsync(ResidenceCategory category)
    {
        var people = _world.SandboxApp.Services.GetRequiredService<World>();
        while (true)
        {
            var index = Interlocked.Increment(ref _next);
            if (people.At(index) is { ResidentNumber: not null, Alive: true, Location: Whereabouts.Inside } person && person.Category == category
                && person.Passports[0].Status == PassportStatus.Valid && people.People.DiscrepancyOf(person) is null)
            {
                await _world.NothingStandsAgainstAsync(await _world.InHandAsync(index));
                await _world.AtDeskAsync($"people/{index}/acts/pay-fines");
                return await _residents.SettleAsync(index, _residents.Today.PlusDays(60));
            }
        }
    }

    private async Task<ContractFact?> ContractOfAsync(Resident who) => (await _residents.WhatIfAsync(who, Key, AYear)).Facts.Find<ContractFact>();

    /// <summary>What the stand-ins were told or asked of somebody, as <c>agency verb</c>.</summary>
    private async Task<IReadOnlyList<string>> NoticesOfAsync(Resident who)
    {
        using var told = await _residents.DeskAsync("notices?count=1000");
        return [.. told.RootElement.EnumerateArray().Where(n => n.GetProperty("subject").GetString() == who.Number).Select(n => $"{n.GetProperty("agency").GetString()} {n.GetProperty("verb").GetString()}")];
    }

    [Fact]
    public async Task A_households_worker_waits_for_the_platform_of_households_alone()
    {
        var resident = await SettledAsync(ResidenceCategory.Household);
        Down(resident, true, LabourContracts.Name, SocialInsurance.Name, ForeignAffairs.Name);
        var contract = await ContractOfAsync(resident);
        Assert.Equal((true, Categories.HouseholdWorker), (contract!.Found, contract.Category));

        Down(resident, true, DomesticWork.Name);
        var (id, state) = await _residents.SendAsync(resident, Key, AYear);
        var waiting = await _residents.TrackAsync(resident, id);
        Assert.Equal((CaseStates.WaitingForSource, Sources.DomesticWork, Holders.Agency), (state, waiting.Head.Waiting, waiting.Head.Holder));

        // It is back, and the other is still away.
        Down(resident, false, DomesticWork.Name);
        await _world.MoveClockAsync(Duration.FromMinutes(2));
        await _residents.BecomesAsync(resident, id, CaseStates.AwaitingEmployer);
        Assert.Equal(Sources.DomesticWork, await _world.Get<Db>().SingleAsync<string>("SELECT source FROM case_fact WHERE case_id = @id AND fact = 'contract' AND outcome = 'found' ORDER BY attempt DESC LIMIT 1", new { id = id.Value }));
    }

    /// <summary>Exchanges of one request with an agency that are over.</summary>
    private async Task<long> AskedAsync(Activity request, string agency) => await _world.Get<Db>().SingleAsync<long>(
        "SELECT count(*) FROM exchange WHERE correlation = @correlation AND agency = @agency", new { correlation = request.TraceId.ToHexString(), agency });

    [Fact]
    public async Task The_labour_platform_is_not_asked_about_a_households_worker_who_is_in_work()
    {
        var resident = await SettledAsync(ResidenceCategory.Household);
        using var request = new Activity("household").Start();
        Assert.Equal(Categories.HouseholdWorker, (await ContractOfAsync(resident))!.Category);
        await WholeWorld.UntilAsync(async () => await AskedAsync(request, DomesticWork.Name) == 1 && await AskedAsync(request, Traffic.Name) == 1 ? "" : null, "the exchanges are kept");
        Assert.Equal(0, await AskedAsync(request, LabourContracts.Name));
    }

    [Fact]
    public async Task Of_a_dependent_all_three_are_asked_at_once()
    {
        var resident = await SettledAsync(ResidenceCategory.Dependent);
        Knobs.Set(LabourContracts.Name, resident.Index, new Knob(LatencyMs: 2500));
        using var request = new Activity("dependent").Start();
        var asked = ContractOfAsync(resident);
        await WholeWorld.UntilAsync(async () => await AskedAsync(request, DomesticWork.Name) == 1 && await AskedAsync(request, AlienRegister.Name) >= 3 ? "" : null, "the platform of households and the register have answered");
        Assert.Equal(0, await AskedAsync(request, LabourContracts.Name));
        Assert.Equal(Categories.Dependent, (await asked)!.Category);
        Knobs.Set(LabourContracts.Name, resident.Index, null);
        // Two facts look at the family, which is asked for once.
        await WholeWorld.UntilAsync(async () => await AskedAsync(request, LabourContracts.Name) == 1 ? "" : null, "the labour platform answered");
        Assert.Equal(1, await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM exchange WHERE correlation = @correlation AND operation = 'family'", new { correlation = request.TraceId.ToHexString() }));
    }

    [Fact]
    public async Task Of_a_newcomer_the_others_are_asked_while_the_labour_platform_thinks()
    {
        var hand = await _world.NewcomerAsync();
        Knobs.Set(LabourContracts.Name, hand.Index, new Knob(LatencyMs: 2500));
        using var request = new Activity("newcomer").Start();
        var sent = _world.SendAsync(hand);
        await WholeWorld.UntilAsync(async () => await AskedAsync(request, DomesticWork.Name) >= 1 ? "" : null, "the platform of households has answered");
        Assert.Equal(0, await AskedAsync(request, LabourContracts.Name));
        var (account, id, _, state) = await sent;
        Assert.NotEqual(CaseStates.WaitingForSource, state);
        Assert.Equal(Categories.EstablishmentWorker, (await FirstIdAsync(account, id)).Head.Category);
        Knobs.Set(LabourContracts.Name, hand.Index, null);
    }

    [Fact]
    public async Task An_establishments_worker_waits_for_the_labour_platform_and_never_for_that_of_households()
    {
        var resident = await SettledAsync(ResidenceCategory.Establishment);
        Down(resident, true, DomesticWork.Name, ForeignAffairs.Name);
        Assert.Equal(Categories.EstablishmentWorker, (await ContractOfAsync(resident))!.Category);
        Down(resident, true, LabourContracts.Name);
        Assert.Equal([Sources.Labour], (await _residents.WhatIfAsync(resident, Key, AYear)).Waiting);
        Down(resident, false, DomesticWork.Name);
        // Households do not know this person: only the labour platform can say whether there is a contract.
        Assert.Equal([Sources.Labour], (await _residents.WhatIfAsync(resident, Key, AYear)).Waiting);
    }

    [Fact]
    public async Task A_dependent_of_ours_waits_for_neither_platform()
    {
        var resident = await SettledAsync(ResidenceCategory.Dependent);
        var expected = await ContractOfAsync(resident);
        Assert.Equal(Categories.Dependent, expected!.Category);
        Down(resident, true, LabourContracts.Name, DomesticWork.Name, SocialInsurance.Name);
        Assert.Equal((expected.Category, expected.EmployerNumber), await ContractOfAsync(resident) is { } contract ? (contract.Category, contract.EmployerNumber) : default);
    }

    [Fact]
    public async Task Each_employer_is_asked_in_the_platform_that_he_uses_and_answers_for_his_own()
    {
        var (household, establishment) = (await SettledAsync(ResidenceCategory.Household), await SettledAsync(ResidenceCategory.Establishment));
        var (ofHousehold, _) = await _residents.SendAsync(household, Key, AYear);
        var (ofEstablishment, _) = await _residents.SendAsync(establishment, Key, AYear);
        foreach (var (who, agency) in new[] { (household, DomesticWork.Name), (establishment, LabourContracts.Name) })
        {
            await WholeWorld.UntilAsync(async () => (await NoticesOfAsync(who)).Contains($"{agency} confirmation") ? "" : null, $"{agency} was asked");
            Assert.DoesNotContain(await NoticesOfAsync(who), n => n.EndsWith(" confirmation", StringComparison.Ordinal) && n != $"{agency} confirmation");
        }

        // Another's key at an address, and an answer for another's worker: nothing follows.
        Assert.Equal(HttpStatusCode.Forbidden, await SayAsync(ofHousehold, "hooks/domestic-work", LabourContracts.Name));
        Assert.Equal(HttpStatusCode.Forbidden, await SayAsync(ofHousehold, "hooks/labour", DomesticWork.Name));
        Assert.Equal(HttpStatusCode.Accepted, await SayAsync(ofEstablishment, "hooks/domestic-work", DomesticWork.Name));
        Assert.Equal(CaseStates.AwaitingEmployer, await _residents.StateAsync(establishment, ofEstablishment));
        Assert.Equal(CaseStates.AwaitingEmployer, await _residents.StateAsync(household, ofHousehold));
        Assert.Equal(HttpStatusCode.OK, await SayAsync(ofHousehold, "hooks/domestic-work", DomesticWork.Name));
        Assert.Equal(CaseStates.AwaitingPayment, await _residents.StateAsync(household, ofHousehold));

        // And told of the new term is the platform that the employer is on.
        await _residents.PayAsync(household, ofHousehold, CaseStates.Issued);
        await WholeWorld.UntilAsync(async () => (await NoticesOfAsync(household)).Contains($"{DomesticWork.Name} residence") ? "" : null, "the platform of households was told");
        Assert.DoesNotContain($"{LabourContracts.Name} residence", await NoticesOfAsync(household));
    }

    private async Task<HttpStatusCode> SayAsync(CaseId id, string path, string agency)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new ConfirmationGiven(EmployerQuestion.ReferenceOf(id, 1), Confirmed: true, _world.Clock.Now()), Wire.Options);
        using var answer = await _world.CallAsync(path, body, agency, ConfirmationWebhook.Operation);
        return answer.StatusCode;
    }

    [Fact]
    public async Task A_notice_that_was_written_for_the_labour_platform_goes_to_the_one_that_the_household_has_now()
    {
        var resident = await SettledAsync(ResidenceCategory.Household);
        var change = new Change(new Act(ActId.New(_world.Clock), "test.notice", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("notice"), _world.Clock.Now()));
        change.Messages.Add(Performer.NoticeTo(Performer.LabourTopic, new AgencyNotice("residence.renewed", resident.Person.Value, "") { Category = Categories.HouseholdWorker }, _world.Clock));
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
        await WholeWorld.UntilAsync(async () => (await NoticesOfAsync(resident)).Contains($"{DomesticWork.Name} residence") ? "" : null, "the platform of households was told");
        Assert.DoesNotContain($"{LabourContracts.Name} residence", await NoticesOfAsync(resident));
    }

    [Fact]
    public async Task What_social_insurance_says_of_the_employment_informs_and_holds_up_nobody()
    {
        var resident = await SettledAsync(ResidenceCategory.Establishment);
        Assert.Empty((await _residents.WhatIfAsync(resident, Key, AYear)).Findings);
        await _world.AtDeskAsync($"people/{resident.Index}/acts/unregister");
        var considered = await _residents.WhatIfAsync(resident, Key, AYear);
        var note = Assert.Single(considered.Findings);
        Assert.Equal((Check.Codes.NotRegistered, FindingKind.Note, Sources.SocialInsurance), (note.Refusal.Code, note.Kind, note.Source));

        var (id, state) = await _residents.SendAsync(resident, Key, AYear);
        Assert.Equal(CaseStates.AwaitingEmployer, state);
        var track = await _residents.TrackAsync(resident, id);
        Assert.Equal(Check.Codes.NotRegistered, Assert.Single(track.Findings).Refusal.Code);
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
        await _residents.PayAsync(resident, id, CaseStates.Issued);
    }

    [Fact]
    public async Task Another_employer_than_the_contracts_is_said_too()
    {
        // Number 29 is registered by another employer.
        var resident = await _residents.SettleAsync(29, _residents.Today.PlusDays(60));
        var note = Assert.Single((await _residents.WhatIfAsync(resident, Key, AYear)).Findings, f => f.Kind == FindingKind.Note);
        Assert.Equal((Check.Codes.RegisteredElsewhere, Sources.SocialInsurance), (note.Refusal.Code, note.Source));
    }

    [Fact]
    public async Task While_social_insurance_is_away_a_renewal_goes_on_without_it()
    {
        var resident = await SettledAsync(ResidenceCategory.Establishment);
        await _world.AtDeskAsync($"people/{resident.Index}/acts/unregister");
        Down(resident, true, SocialInsurance.Name);
        var considered = await _residents.WhatIfAsync(resident, Key, AYear);
        Assert.Empty(considered.Waiting);
        Assert.Empty(considered.Findings);
        var (id, state) = await _residents.SendAsync(resident, Key, AYear);
        Assert.Equal(CaseStates.AwaitingEmployer, state);
        Assert.Equal("unavailable", await _world.Get<Db>().SingleAsync<string>("SELECT outcome FROM case_fact WHERE case_id = @id AND fact = 'employment'", new { id = id.Value }));
        Assert.Empty((await _residents.TrackAsync(resident, id)).Findings);
    }

    [Fact]
    public async Task What_is_wrong_in_social_insurance_is_contested_there()
    {
        var resident = await SettledAsync(ResidenceCategory.Establishment);
        await _world.AtDeskAsync($"people/{resident.Index}/acts/unregister");
        // Something to be mended, so that the case waits for the person.
        await _world.AtDeskAsync($"people/{resident.Index}/acts/fine");
        var (id, state) = await _residents.SendAsync(resident, Key, AYear);
        Assert.Equal(CaseStates.NeedsAction, state);
        var about = ContestPoint.OfFinding(Check.Codes.NotRegistered);
        Assert.Contains(about, (await _residents.TrackAsync(resident, id)).Contestable);
        Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.ContestAsync(Residents.By(resident.Account), resident.Account, id, about, "أعمل هناك منذ سنة.", null)));
        var contest = await WholeWorld.UntilAsync(async () => (await _residents.TrackAsync(resident, id)).Contests.FirstOrDefault(c => c.State == ContestStates.WithAgency), "social insurance has it");
        Assert.Equal(Sources.SocialInsurance, contest.Source);
        await _world.AtDeskAsync("contests/answers", ("reference", contest.Id.ToString()), ("corrected", "true"));
        await WholeWorld.UntilAsync(async () => (await _residents.TrackAsync(resident, id)).Contests.FirstOrDefault(c => c.State == ContestStates.Corrected), "it says that it corrected its record");
        Assert.DoesNotContain((await _residents.WhatIfAsync(resident, Key, AYear)).Findings, f => f.Refusal.Code == Check.Codes.NotRegistered);
    }

    private async Task<TrackView> FirstIdAsync(AccountId account, CaseId id) => (await Residents.InRequest(() => _world.Views.TrackAsync(Actor.Resident(account), account, id)))!;

    private async Task<(string Outcome, string? Source)> EntryVisaOfAsync(CaseId id) => await _world.Get<Db>().SingleAsync<(string, string?)>(
        "SELECT outcome, source FROM case_fact WHERE case_id = @id AND fact = 'entry_visa' ORDER BY attempt DESC LIMIT 1", new { id = id.Value });

    [Fact]
    public async Task Who_came_on_a_visit_visa_gets_no_residence_until_foreign_affairs_says_otherwise()
    {
        var hand = await _world.NewcomerAsync();
        await _world.AtDeskAsync($"people/{hand.Index}/acts/visit-visa");
        var (account, id, _, state) = await _world.SendAsync(hand);
        Assert.Equal(CaseStates.Refused, state);
        var finding = Assert.Single((await FirstIdAsync(account, id)).Findings);
        Assert.Equal((Check.Codes.VisitVisa, FindingKind.Final, Sources.ForeignAffairs), (finding.Refusal.Code, finding.Kind, finding.Source));

        Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.ContestAsync(Residents.By(account), account, id, ContestPoint.OfFinding(Check.Codes.VisitVisa), "دخلت بتأشيرة عمل.", null)));
        var contest = await WholeWorld.UntilAsync(async () => (await FirstIdAsync(account, id)).Contests.FirstOrDefault(c => c.State == ContestStates.WithAgency), "foreign affairs has it");
        await _world.AtDeskAsync("contests/answers", ("reference", contest.Id.ToString()), ("corrected", "true"));
        await WholeWorld.UntilAsync(async () => (await FirstIdAsync(account, id)).Head.State == CaseStates.UnderReview ? "" : null, "it goes on, to the officer who compares the name");
    }

    [Fact]
    public async Task A_visa_of_another_kind_is_an_officers_to_look_at()
    {
        var hand = await _world.NewcomerAsync();
        await _world.AtDeskAsync($"people/{hand.Index}/acts/family-visa");
        var (account, id, _) = await _world.ApplyAsync(hand);
        var finding = Assert.Single((await FirstIdAsync(account, id)).Findings);
        Assert.Equal((Check.Codes.OtherEntryVisa, FindingKind.Review), (finding.Refusal.Code, finding.Kind));
    }

    [Fact]
    public async Task A_first_ID_waits_for_foreign_affairs_by_name_and_goes_on()
    {
        var hand = await _world.NewcomerAsync();
        Knobs.Set(ForeignAffairs.Name, hand.Index, new Knob(Down: true));
        var (account, id, _, state) = await _world.SendAsync(hand);
        Assert.Equal((CaseStates.WaitingForSource, Sources.ForeignAffairs), (state, (await FirstIdAsync(account, id)).Head.Waiting));
        Knobs.Set(ForeignAffairs.Name, hand.Index, null);
        await _world.MoveClockAsync(Duration.FromMinutes(2));
        await WholeWorld.UntilAsync(async () => (await FirstIdAsync(account, id)).Head.State == CaseStates.UnderReview ? "" : null, "it goes on");
        Assert.Equal(("found", Sources.ForeignAffairs), await EntryVisaOfAsync(id));
    }

    [Fact]
    public async Task The_visa_of_an_earlier_passport_is_found_by_its_number()
    {
        var hand = await _world.NewcomerAsync();
        await _world.KnowAsync(hand);
        await _world.AtDeskAsync($"people/{hand.Index}/acts/passport", ("quiet", "true"));
        // A newcomer whose new passport we have seen: no mission knows it.
        var other = await _world.NewcomerAsync();
        await _world.AtDeskAsync($"people/{other.Index}/acts/passport", ("quiet", "true"));
        foreach (var who in new[] { hand, other })
        {
            var (account, id, _) = await _world.ApplyAsync(who);
            Assert.DoesNotContain((await FirstIdAsync(account, id)).Findings, f => f.Refusal.Code == Check.Codes.NoEntryVisa);
            Assert.Equal(("found", Sources.ForeignAffairs), await EntryVisaOfAsync(id));
        }
    }
}
