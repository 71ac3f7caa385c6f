using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Host.Reconciling;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host;

public sealed class AgencyEventsOnSqliteTests(AgencyEventsOnSqliteTests.Alone world) : AgencyEventsTests(world), IClassFixture<AgencyEventsOnSqliteTests.Alone>
{
    public sealed class Alone() : AloneWorld(DatabaseKind.Sqlite);
}

public sealed class AgencyEventsOnPostgreSqlTests(AgencyEventsOnPostgreSqlTests.Alone world) : AgencyEventsTests(world), IClassFixture<AgencyEventsOnPostgreSqlTests.Alone>
{
    public sealed class Alone() : AloneWorld(DatabaseKind.PostgreSql);
}

/// <summary>What agencies tell of their records, from their desks to the person's inbox and cases: twice, late, in the wrong order, and while a case waits for its money.</summary>
public abstract partial class AgencyEventsTests(SharedWorld shared)
{
    private static int _next = 80_000;

    private readonly WholeWorld _world = shared.World;
    private readonly Residents _residents = shared.Residents;

    private World People => _world.SandboxApp.Services.GetRequiredService<World>();

    private void Lags(Resident who, int minutes) => _world.SandboxApp.Services.GetRequiredService<Knobs>().Set(HealthInsurance.Name, who.Index, new Knob(LagMinutes: minutes));

    /// <summary>Somebody whom no other test of this world has met, against whom nothing stands, whose residence ends soon.</summary>
    private async Task<Resident> SettledAsync(ResidenceCategory category = ResidenceCategory.Establishment)
    {
        while (true)
        {
            var index = Interlocked.Increment(ref _next);
            var person = People.At(index)!;
            if (person is { ResidentNumber: not null, Alive: true, Location: Whereabouts.Inside } && person.Category == category && person.Passports[0] is { Status: PassportStatus.Valid } passport
                && passport.ExpiryDate > _residents.Today.PlusYears(2) && People.People.DiscrepancyOf(person) is null)
            {
                await _world.NothingStandsAgainstAsync(await _world.InHandAsync(index));
                await _world.AtDeskAsync($"people/{index}/acts/pay-fines");
                var resident = await _residents.SettleAsync(index, _residents.Today.PlusDays(60));
                await (category == ResidenceCategory.Household
                    ? _world.Get<DomesticWork>().TellResidenceAsync(new(resident.Number, ResidenceStatus.Active, _residents.Today.PlusDays(60)), Guid.CreateVersion7())
                    : _world.Get<LabourContracts>().TellResidenceAsync(new(resident.Number, null, ResidenceStatus.Active, _residents.Today.PlusDays(60)), Guid.CreateVersion7()));
                return resident;
            }
        }
    }

    private (string, string)[] Journey()
    {
        var leave = _residents.Today.PlusDays(5);
        return [("kind", VisaKinds.Single), .. Residents.Day("leaveOn", leave), .. Residents.Day("returnOn", leave.PlusDays(20))];
    }

    /// <summary>With a case that waits for the employer's word.</summary>
    private async Task<(Resident Resident, CaseId Case)> SentAsync(string service = "renew", ResidenceCategory category = ResidenceCategory.Establishment)
    {
        while (true)
        {
            var resident = await SettledAsync(category);
            var (id, state) = await _residents.SendAsync(resident, service, service == "renew" ? [("months", "12")] : Journey());
            // A few have an employer that the rules do not let pass: they are not what is looked at here.
            if (state == CaseStates.AwaitingEmployer)
            {
                return (resident, id);
            }
        }
    }

    private async Task<(Resident Resident, CaseId Case)> ToPayAsync(string service = "renew")
    {
        var (resident, id) = await SentAsync(service);
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
        return (resident, id);
    }

    /// <summary>Sends what was put right, and has it confirmed.</summary>
    private async Task SendAgainAsync(Resident resident, CaseId id)
    {
        Assert.Equal(CaseStates.AwaitingEmployer, Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.SubmitAsync(Residents.By(resident.Account), resident.Account, id))).State);
        // The employer was asked before: the second question has to be there before he answers the newest.
        await WholeWorld.UntilAsync(async () =>
        {
            using var asked = await _residents.DeskAsync("employer");
            return asked.RootElement.EnumerateArray().Any(q => q.GetProperty("reference").GetString() == $"{id}-2") ? "" : null;
        }, "the employer is asked again");
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
    }

    private Task AtDeskAsync(int index, string act, params (string, string)[] how) => _world.AtDeskAsync($"people/{index}/acts/{act}", how);

    private async Task<IReadOnlyList<Notice>> InboxAsync(PersonId person, string kind) => [.. (await ReadDoor.RunAsync(() =>
        _world.Get<Notices>().ListAsync(_world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Audit, null, "test", person), person, null, 100))).Where(n => n.Kind == kind)];

    private Task<Notice> ToldAsync(PersonId person, string kind) => WholeWorld.UntilAsync(async () => (await InboxAsync(person, kind)).SingleOrDefault(), $"the person is told: {kind}");

    private Task<long> EventsAsync(PersonId person) => _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM agency_event WHERE person_id = @person", new { person = person.Value });

    private async Task<IReadOnlyList<string>> FindingsAsync(Resident resident, CaseId id) => [.. (await _residents.TrackAsync(resident, id)).Findings.Select(f => f.Refusal.Code)];

    /// <summary>That there is nothing on which the two records do not agree.</summary>
    private async Task AgreesAsync(Resident who, string agency)
    {
        await WholeWorld.UntilAsync(async () =>
            await _world.Get<Db>().ExistsAsync("SELECT 1 FROM delivery WHERE state = 'waiting' AND lane LIKE @lane", new { lane = $"%.notice:{who.Person}" }) ? null : "", "the notices arrived");
        // Another test of this world may play the one that is under way: it is over when one that began afterwards is.
        await WholeWorld.UntilAsync(async () =>
        {
            var begun = await _world.Get<Reconciler>().BeginAsync(agency);
            return await _world.Get<Reconciler>().PlayAsync(agency) is { IsOver: true } over && over.Id == begun.Id ? "" : null;
        }, "the records are compared");
        Assert.Empty(await _world.Get<Reconciliations>().OfAsync(agency, [who.Person]));
    }

    [Fact]
    public async Task Cover_that_lapses_while_the_money_is_awaited_stops_it_and_says_why_and_what_to_do()
    {
        var (resident, id) = await ToPayAsync();
        await AtDeskAsync(resident.Index, "lapse", ("twice", "true"));
        await _residents.BecomesAsync(resident, id, CaseStates.NeedsAction);
        var told = await ToldAsync(resident.Person, "policy_lapsed");
        Assert.Equal(_residents.Today, told.Arguments["day"]);
        var track = await _residents.TrackAsync(resident, id);
        Assert.Equal([Check.Codes.NotInsured], track.Findings.Select(f => f.Refusal.Code));
        Assert.Equal((Holders.Applicant, null, Sources.Insurance), (track.Head.Holder, track.Bill, track.Findings.Single().Source));
        Assert.NotNull(track.Head.DueAt);
        Assert.Equal("source.insurance", Assert.Single(track.Timeline, e => e.Act == "told").Reason);
        Assert.Contains((await _residents.WhatIfAsync(resident, "renew", ("months", "12"))).Findings, f => f.Refusal.Code == Check.Codes.NotInsured);
        Assert.Equal(1, await EventsAsync(resident.Person));

        // Insured again, and what was read may be used no more: it goes on where it was.
        await AtDeskAsync(resident.Index, "insure");
        await _world.MoveClockAsync(HealthInsurance.PolicyValidity + Duration.FromMinutes(1));
        await SendAgainAsync(resident, id);
        await _residents.PayAsync(resident, id, CaseStates.Issued);
        await AgreesAsync(resident, HealthInsurance.Name);
    }

    [Fact]
    public async Task Nothing_is_issued_on_what_a_register_that_lags_still_says()
    {
        var (paying, id) = await ToPayAsync();
        var (later, until) = (await SettledAsync(), (await _residents.ResidenceAsync(paying)).Until);
        foreach (var resident in new[] { paying, later })
        {
            // The insurers told us; the council's copy shows it in twenty minutes.
            Lags(resident, 20);
            await AtDeskAsync(resident.Index, "lapse");
            await ToldAsync(resident.Person, "policy_lapsed");
        }
        // Paid at once: the money is here, and nothing is carried out.
        await _residents.PayAsync(paying, id, CaseStates.WaitingForSource);
        Assert.Equal((Sources.Insurance, Holders.Agency), (await _residents.TrackAsync(paying, id)).Head is var head ? (head.Waiting, head.Holder) : default);
        // And begun only now: the same.
        Assert.Contains(Sources.Insurance, (await _residents.WhatIfAsync(later, "renew", ("months", "12"))).Waiting);
        var (another, state) = await _residents.SendAsync(later, "renew", ("months", "12"));
        Assert.Equal(CaseStates.WaitingForSource, state);

        await _world.MoveClockAsync(Duration.FromMinutes(45));
        await _residents.BecomesAsync(paying, id, CaseStates.NeedsAction);
        await _residents.BecomesAsync(later, another, CaseStates.NeedsAction);
        Assert.Contains(Check.Codes.NotInsured, await FindingsAsync(later, another));
        Assert.Equal(until, (await _residents.ResidenceAsync(paying)).Until);
        Assert.Single(await InboxAsync(paying.Person, "money_kept"));
    }

    [Fact]
    public async Task A_ban_from_travelling_stops_the_visa_that_is_not_issued_and_cancels_none()
    {
        var (resident, id) = await ToPayAsync("exit-reentry");
        var (traveller, issued) = await ToPayAsync("exit-reentry");
        await _residents.PayAsync(traveller, issued, CaseStates.Issued);
        await AtDeskAsync(resident.Index, "ban");
        await AtDeskAsync(traveller.Index, "ban");
        await _residents.BecomesAsync(resident, id, CaseStates.NeedsAction);
        var found = Assert.Single((await _residents.TrackAsync(resident, id)).Findings);
        Assert.Equal((Check.Codes.TravelBan, Sources.Justice), (found.Refusal.Code, found.Source));
        Assert.Equal("travel", (await ToldAsync(resident.Person, "order_imposed")).Arguments["scope"]);
        // It stands against visas, and not against a renewal.
        Assert.DoesNotContain((await _residents.WhatIfAsync(resident, "renew", ("months", "12"))).Findings, f => f.Check == "CHK-SUSPEND");

        await ToldAsync(traveller.Person, "order_imposed");
        Assert.Equal(VisaStates.Issued, (await _residents.VisaAsync(issued)).State);
        Assert.Equal(CaseStates.Issued, await _residents.StateAsync(traveller, issued));

        // Lifted, it goes on by itself.
        await AtDeskAsync(resident.Index, "lift");
        await _residents.BecomesAsync(resident, id, CaseStates.AwaitingPayment);
        await ToldAsync(resident.Person, "order_lifted");
        await _residents.PayAsync(resident, id, CaseStates.Issued);
        await AgreesAsync(resident, AlienRegister.Name);
    }

    [Fact]
    public async Task A_contract_that_ends_while_the_employer_is_asked_is_up_to_the_worker_with_his_time()
    {
        var (resident, id) = await SentAsync();
        await AtDeskAsync(resident.Index, "end-contract");
        await _residents.BecomesAsync(resident, id, CaseStates.NeedsAction);
        Assert.Contains(Check.Codes.NoContract, await FindingsAsync(resident, id));
        var told = await ToldAsync(resident.Person, "contract_ended");
        Assert.Equal((_residents.Today, _residents.Today.PlusDays(60)), ((LocalDate)told.Arguments["day"]!, (LocalDate)told.Arguments["until"]!));
        // The residence is what it was.
        Assert.Equal(Standing.Active, await _residents.StandingAsync(resident));
        Assert.Contains((await _residents.WhatIfAsync(resident, "renew", ("months", "12"))).Findings, f => f.Refusal.Code == Check.Codes.NoContract);
        await AgreesAsync(resident, LabourContracts.Name);

        await AtDeskAsync(resident.Index, "new-contract");
        await _world.MoveClockAsync(LabourContracts.WorkerValidity + Duration.FromMinutes(1));
        await SendAgainAsync(resident, id);

        // One that will end is told with its day, and stands against nothing before.
        await AtDeskAsync(resident.Index, "give-notice");
        var notice = await WholeWorld.UntilAsync(async () => await InboxAsync(resident.Person, "contract_ended") is { Count: 2 } both ? both[0] : null, "the notice is told");
        Assert.Equal(_residents.Today.PlusDays(30), notice.Arguments["day"]);
        await _residents.PayAsync(resident, id, CaseStates.Issued);

        // For household workers no time is known, and none is said.
        var household = await SettledAsync(ResidenceCategory.Household);
        await AtDeskAsync(household.Index, "end-contract");
        Assert.DoesNotContain("until", (await ToldAsync(household.Person, "contract_ended_household")).Arguments.Keys);
        Assert.Empty(await InboxAsync(household.Person, "contract_ended"));
    }

    private async Task<string?> PassportOfAsync(Resident who) => (await ReadDoor.RunAsync(() =>
        _world.Get<Persons>().OpenAsync(_world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.CheckRecords, null, "test", who.Person), who.Person))).PassportNumber;

    [Fact]
    public async Task Of_two_new_passports_the_later_counts_in_whatever_order_they_are_told()
    {
        var resident = await SettledAsync();
        await AtDeskAsync(resident.Index, "passport", ("late", "60"));
        await AtDeskAsync(resident.Index, "passport", ("twice", "true"));
        var told = await ToldAsync(resident.Person, "passport_recorded");
        var newest = People.At(resident.Index)!.Passports[0].Number;
        Assert.Equal(newest, told.Arguments["passport"]);
        await AgreesAsync(resident, AlienRegister.Name);

        await _world.MoveClockAsync(Duration.FromMinutes(61));
        await CalledAsync($"PX-{resident.Index}-", 3);
        Assert.Equal(newest, await PassportOfAsync(resident));
        Assert.Single(await InboxAsync(resident.Person, "passport_recorded"));
        await AgreesAsync(resident, AlienRegister.Name);
    }

    [Fact]
    public async Task A_passport_that_was_replaced_before_we_saw_the_one_in_hand_is_not_written_over_it()
    {
        var resident = await SettledAsync();
        var (persons, passport) = (_world.Get<Persons>(), People.At(resident.Index)!.Passports[0]);
        var read = await ReadDoor.RunAsync(async () =>
        {
            var change = new Change(new Act(ActId.New(_world.Clock), "test.person", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("passport"), _world.Clock.Now()));
            var record = await persons.OpenAsync(_world.Get<ReadDoor>().Within(change, Actor.System("test"), Purpose.CheckRecords, "test", resident.Person), resident.Person);
            await persons.UpdateAsync(change, resident.Person, record, record with { PassportNumber = passport.Number });
            Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
            return record.AsOf;
        });
        var late = new PassportRenewed($"PX-{resident.Index}-0", resident.Number, passport with { Number = "OLD12345" }, read - Duration.FromHours(1));
        Assert.Equal(HttpStatusCode.OK, (await CallAsync("passports", AlienRegister.Name, PassportWebhook.Operation, late)).Status);
        Assert.Equal(passport.Number, await PassportOfAsync(resident));
        Assert.Empty(await InboxAsync(resident.Person, "passport_recorded"));
    }

    /// <summary>Waits until so many calls about this person's events were accepted.</summary>
    private Task CalledAsync(string ids, int calls) => WholeWorld.UntilAsync(async () =>
    {
        using var made = await _residents.DeskAsync("calls");
        return made.RootElement.EnumerateArray().Count(c => c.GetProperty("webhookId").GetString()!.StartsWith(ids, StringComparison.Ordinal) && c.GetProperty("state").GetString() == "ACCEPTED") >= calls ? "" : null;
    }, $"{calls} calls were accepted");

    [Fact]
    public async Task A_case_that_waits_for_a_new_passport_goes_on_when_the_register_tells_of_it()
    {
        // Runs out in forty days: too soon for a journey.
        var resident = await _residents.SettleAsync(19, _residents.Today.PlusDays(200));
        var (id, state) = await _residents.SendAsync(resident, "exit-reentry", Journey());
        Assert.Equal(CaseStates.NeedsAction, state);
        Assert.Equal([Check.Codes.PassportTooShort], await FindingsAsync(resident, id));
        await AtDeskAsync(resident.Index, "passport");
        await _residents.BecomesAsync(resident, id, CaseStates.AwaitingEmployer);
        Assert.Contains((await _residents.TrackAsync(resident, id)).Timeline, e => e is { Act: "told", Reason: "source.alien_register" });
    }

    [Fact]
    public async Task A_death_ends_the_residence_and_what_waits_and_cancels_the_visa_once()
    {
        var (paying, id) = await ToPayAsync();
        var (traveller, issued) = await ToPayAsync("exit-reentry");
        await _residents.PayAsync(traveller, issued, CaseStates.Issued);
        await AtDeskAsync(paying.Index, "die", ("twice", "true"));
        await AtDeskAsync(traveller.Index, "die");
        await WholeWorld.UntilAsync(async () => (await _residents.ResidenceAsync(paying)).EndReason == EndReasons.Death ? "" : null, "the residence ended");
        await _residents.BecomesAsync(paying, id, CaseStates.Refused);
        Assert.Null((await _residents.TrackAsync(paying, id)).Bill);
        await _residents.BecomesAsync(traveller, issued, VisaStates.Cancelled);
        Assert.Equal(VisaStates.Cancelled, (await _residents.VisaAsync(issued)).State);
        await CalledAsync($"DX-{paying.Index}-", 2);
        foreach (var dead in new[] { paying, traveller })
        {
            Assert.Contains(dead.Person, await _world.Get<Persons>().DeadAsync([dead.Person]));
            Assert.Equal(1, await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM act WHERE verb = 'person.death' AND person_id = @person", new { person = dead.Person.Value }));
            await AgreesAsync(dead, AlienRegister.Name);
            await AgreesAsync(dead, HealthInsurance.Name);
        }
    }

    [Fact]
    public async Task A_death_that_was_taken_back_leaves_the_person_living_and_able_to_apply()
    {
        var (persons, dead, quick) = (_world.Get<Persons>(), await SettledAsync(), await SettledAsync());
        await AtDeskAsync(dead.Index, "die");
        await WholeWorld.UntilAsync(async () => (await _residents.ResidenceAsync(dead)).EndReason == EndReasons.Death ? "" : null, "the residence ended");
        Assert.Contains((await _residents.WhatIfAsync(dead, "issue")).Findings, f => f.Refusal.Code == Check.Codes.DeathRecorded);
        await _world.MoveClockAsync(Duration.FromMinutes(1));
        await AtDeskAsync(dead.Index, "live", ("twice", "true"));
        await CalledAsync($"DB-{dead.Index}-", 2);
        Assert.Empty(await persons.DeadAsync([dead.Person]));
        var residence = await _residents.ResidenceAsync(dead);
        // Nobody here gives a residence back, and the notice says what to do.
        Assert.Equal(EndReasons.Death, residence.EndReason);
        Assert.Equal(residence.EndedDay, Assert.IsType<LocalDate>((await ToldAsync(dead.Person, "death_taken_back_ended")).Arguments["day"]));
        Assert.Single(await InboxAsync(dead.Person, "death_taken_back_ended"));
        Assert.DoesNotContain((await _residents.WhatIfAsync(dead, "issue")).Findings, f => f.Refusal.Code == Check.Codes.DeathRecorded || f.Kind == FindingKind.Final);
        await AgreesAsync(dead, AlienRegister.Name);

        // Told the other way round: the death comes late and kills nobody.
        await AtDeskAsync(quick.Index, "die", ("late", "10"));
        await _world.MoveClockAsync(Duration.FromMinutes(1));
        await AtDeskAsync(quick.Index, "live");
        await CalledAsync($"DB-{quick.Index}-", 1);
        await _world.MoveClockAsync(Duration.FromMinutes(20));
        await CalledAsync($"DX-{quick.Index}-", 1);
        Assert.Empty(await persons.DeadAsync([quick.Person]));
        Assert.Null((await _residents.ResidenceAsync(quick)).EndReason);
        Assert.Empty(await InboxAsync(quick.Person, "death_taken_back"));
    }

    [Fact]
    public async Task What_an_officer_cleared_comes_back_to_officers_when_something_is_found_at_which_none_has_looked()
    {
        var hand = await _world.NewcomerAsync();
        var (account, id, _) = await _world.ApplyAsync(hand);
        var officer = new AccountId(Guid.CreateVersion7());
        var approved = Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.ApproveAsync(Residents.By(officer, officer: true), officer, null, id, "spelling")));
        Assert.Equal(CaseStates.AwaitingPayment, approved.State);
        await AtDeskAsync(hand.Index, "die");
        await WholeWorld.UntilAsync(async () => await _world.Get<Db>().ExistsAsync("SELECT 1 FROM review_queue WHERE case_id = @id", new { id = id.Value }) ? "" : null, "an officer has it");
        var track = (await Residents.InRequest(() => _world.Views.TrackAsync(Actor.Resident(account), account, id)))!;
        Assert.Equal((CaseStates.UnderReview, null), (track.Head.State, track.Bill));
        Assert.Contains(track.Findings, f => f.Refusal.Code == Check.Codes.DeathRecorded);
        // He looks, and may decide.
        Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.ApproveAsync(Residents.By(officer, officer: true), officer, null, id, "records.agree")));
    }
}
