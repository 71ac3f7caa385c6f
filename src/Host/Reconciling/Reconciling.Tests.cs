using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.Reconciling;

public sealed class ReconcilingOnSqliteTests(ReconcilingOnSqliteTests.Alone world) : ReconcilingTests(world), IClassFixture<ReconcilingOnSqliteTests.Alone>
{
    public sealed class Alone() : AloneWorld(DatabaseKind.Sqlite);
}

public sealed class ReconcilingOnPostgreSqlTests(ReconcilingOnPostgreSqlTests.Alone world) : ReconcilingTests(world), IClassFixture<ReconcilingOnPostgreSqlTests.Alone>
{
    public sealed class Alone() : AloneWorld(DatabaseKind.PostgreSql);
}

/// <summary>A world in which only the tests compare: its own jobs, which would play a comparison between two steps of a test, come again in many years.</summary>
public abstract class AloneWorld(DatabaseKind kind) : SharedWorld(kind)
{
    /// <summary>The wallet app takes what it is offered at this address.</summary>
    protected override IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.Ordinal) { ["PublicOrigin"] = WholeWorld.AtMuqeem };

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var name in World.Get<Reconciler>().Compared.Prepend("begin").Select(of => "reconcile." + of))
        {
            await WholeWorld.UntilAsync(async () => await PutOffAsync(name) ? "" : null, $"{name} is put off");
        }
    }

    private async Task<bool> PutOffAsync(string name)
    {
        var job = await World.Get<Db>().FirstAsync<JobRow>("SELECT version, state FROM job WHERE name = @name", new { name });
        // As the job itself would after a run: whoever has it at this moment comes first.
        return job is { State: "waiting" } && await World.Get<IWriter>().WriteAsync(new Change(act: null)
        {
            Heads = { PlatformTables.Job.Head(Names.IdOf("job:" + name), job.Version, name, null, "waiting", 0, World.Clock.Now() + Duration.FromDays(30_000), null, World.Clock.Now(), null) },
        }) is WriteOutcome.Done;
    }

    private sealed record JobRow(long Version, string State);
}

/// <summary>Differences in every direction, planted at the stand-ins' desks, and found by comparing.</summary>
public abstract partial class ReconcilingTests(SharedWorld shared)
{
    private static int _next = 40_000;

    private readonly WholeWorld _world = shared.World;
    private readonly Residents _residents = shared.Residents;

    private Reconciler Reconciler => _world.Get<Reconciler>();

    private Reconciliations Records => _world.Get<Reconciliations>();

    private Knobs Knobs => _world.SandboxApp.Services.GetRequiredService<Knobs>();

    /// <summary>Somebody whom no other test of this process has met, with a residence that everybody was told of.</summary>
    /// <param name="agrees">The person's own word for the occupation is the labour platform's.</param>
    private async Task<Resident> SettledAsync(bool agrees = true)
    {
        while (true)
        {
            var index = Interlocked.Increment(ref _next);
            var hand = await _world.InHandAsync(index);
            if (hand.ResidentNumber is { } number && (await _world.Get<LabourContracts>().WorkerAsync(number)).ValueOrNull is { } worker && worker.OccupationCode == hand.Occupation == agrees)
            {
                var resident = await _residents.SettleAsync(index, Until);
                await _world.Get<LabourContracts>().TellResidenceAsync(new(number, null, ResidenceStatus.Active, Until), Guid.CreateVersion7());
                return resident;
            }
        }
    }

    private LocalDate Until => _residents.Today.PlusMonths(10);

    private async Task<(Resident Resident, CaseId Case, ExitVisa Visa)> WithVisaAsync(int index)
    {
        var resident = await _residents.SettleAsync(index, Until);
        var leave = _residents.Today.PlusDays(10);
        var (id, _) = await _residents.SendAsync(resident, "exit-reentry", [("kind", VisaKinds.Single), .. Residents.Day("leaveOn", leave), .. Residents.Day("returnOn", leave.PlusMonths(1))]);
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
        await _residents.PayAsync(resident, id, CaseStates.Issued);
        await SentAsync(resident.Person);
        return (resident, id, await _residents.VisaAsync(id));
    }

    private static string Iso(LocalDate day) => NodaTime.Text.LocalDatePattern.Iso.Format(day);

    private Task AtDeskAsync(Resident who, string act) => _world.AtDeskAsync($"people/{who.Index}/acts/{act}", ("quiet", "true"));

    private Task<string> SentAsync(PersonId person) => WholeWorld.UntilAsync(
        async () => await _world.Get<Db>().ExistsAsync("SELECT 1 FROM delivery WHERE state = 'waiting' AND lane LIKE @lane", new { lane = $"%.notice:{person}" }) ? null : "", "the notices arrived");

    private async Task<Reconciliation> CompareAsync(string agency = AlienRegister.Name)
    {
        await Reconciler.BeginAsync(agency);
        return (await Reconciler.PlayAsync(agency))!;
    }

    private async Task<IReadOnlyList<string>> FoundAsync(Resident who, string agency = AlienRegister.Name) =>
        [.. (await Records.OfAsync(agency, [who.Person])).Select(d => $"{d.Kind} {d.State}").Order(StringComparer.Ordinal)];

    /// <summary>Told again; and settled already, where it arrived before the same comparison was over.</summary>
    private async Task ToldAgainAsync(Resident who, string agency, params string[] kinds)
    {
        var found = await FoundAsync(who, agency);
        Assert.Equal(kinds, found.Select(f => f.Split(' ')[0]));
        Assert.All(found, f => Assert.Matches("(TOLD_AGAIN|SETTLED)$", f));
    }

    [Fact]
    public async Task What_they_lost_of_our_notices_is_told_again_and_agrees_afterwards()
    {
        var (resident, _, _) = await WithVisaAsync(Residents.EstablishmentWorker);
        await CompareAsync();
        Assert.Empty(await FoundAsync(resident));

        await AtDeskAsync(resident, "forget-residence");
        await AtDeskAsync(resident, "forget-visas");
        var run = await CompareAsync();
        Assert.True(run is { IsOver: true, Repaired: >= 2 }, run.ToString());
        await ToldAgainAsync(resident, AlienRegister.Name, "residence", "visa");

        await SentAsync(resident.Person);
        await CompareAsync();
        Assert.Equal(["residence SETTLED", "visa SETTLED"], await FoundAsync(resident));
        var held = (await _world.Get<AlienRegister>().HoldingsAsync([resident.Number])).ValueOrNull!.Holdings.Single();
        Assert.Equal(Until, held.Residence!.ExpiresOn);
        Assert.Single(held.Visas);

        // Twice finds nothing new.
        var again = await CompareAsync();
        Assert.Equal((0, 0), (again.Found, again.Opened));
    }

    [Fact]
    public async Task A_row_that_was_changed_behind_our_back_is_told_again_and_goes_to_officers_when_that_does_not_help()
    {
        var resident = await SettledAsync();
        await CompareAsync();
        await AtDeskAsync(resident, "alter-residence");
        await CompareAsync();
        await ToldAgainAsync(resident, AlienRegister.Name, "residence");
        // Changed anew each time that it was told, until a comparison ends before the telling arrives.
        for (var tries = 1; await FoundAsync(resident) is not ["residence OPEN"]; tries++)
        {
            Assert.True(tries <= 20, "It never came to an officer.");
            await SentAsync(resident.Person);
            await AtDeskAsync(resident, "alter-residence");
            await CompareAsync();
        }
        var difference = Assert.Single(await Records.OfAsync(AlienRegister.Name, [resident.Person]));
        // An officer sees both sides.
        var sides = await ReadDoor.RunAsync(async () => await Records.SidesAsync(_world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.CheckRecords, null, "test", resident.Person), difference));
        Assert.Contains(Iso(Until), sides.Ours, StringComparison.Ordinal);
        Assert.Contains(resident.Number, sides.Theirs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crossing_that_nobody_told_is_caught_up_with_and_its_late_call_changes_nothing()
    {
        var (resident, id, visa) = await WithVisaAsync(Residents.HouseholdWorker);
        await _world.AtDeskAsync("border/crossings", ("number", resident.Number), ("direction", "Out"), ("visa", visa.Number), ("quiet", "true"));
        var run = await CompareAsync();
        Assert.True(run.Repaired >= 1, run.ToString());
        Assert.Equal(["crossing CAUGHT_UP"], await FoundAsync(resident));
        Assert.Equal(VisaStates.Out, (await _world.Get<ExitVisas>().OfCaseAsync(id))!.State);
        Assert.Equal(VisaStates.Out, await StateAsync(id));

        var crossing = (await _world.Get<AlienRegister>().HoldingsAsync([resident.Number])).ValueOrNull!.Holdings.Single().Crossings.Single();
        Assert.IsType<CaseOutcome.Done>(await ReadDoor.RunAsync(() => RegisterEvents.CrossedAsync(_world.Engine, _world.Get<ExitVisas>(), crossing, default)));
        Assert.Equal(1, (await _world.Get<ExitVisas>().OfCaseAsync(id))!.Trips);
        Assert.Equal(1, await CountAsync("SELECT count(*) FROM case_event WHERE act = 'exit' AND CAST(case_id AS text) = '" + id + "'"));

        // The way back is told, and the records go on to agree.
        await _world.AtDeskAsync("border/crossings", ("number", resident.Number), ("direction", "In"), ("visa", visa.Number));
        await WholeWorld.UntilAsync(async () => await StateAsync(id) == VisaStates.Returned ? "" : null, "the return was told");
        var found = (await CompareAsync()).Found;
        Assert.Equal(["crossing CAUGHT_UP"], await FoundAsync(resident));
        Assert.Equal(0, found);
    }

    [Fact]
    public async Task A_death_that_was_taken_back_is_caught_up_with_and_one_that_the_register_does_not_know_is_an_officers()
    {
        var (one, other, persons) = (await SettledAsync(), await SettledAsync(), _world.Get<Persons>());
        await AtDeskAsync(one, "die");
        await CompareAsync();
        Assert.Contains(one.Person, await persons.DeadAsync([one.Person]));
        await SentAsync(one.Person);
        await _world.MoveClockAsync(Duration.FromMinutes(1));
        await AtDeskAsync(one, "live");
        await CompareAsync();
        Assert.Equal(["death CAUGHT_UP"], await FoundAsync(one));
        Assert.Empty(await persons.DeadAsync([one.Person]));
        // And dead after all: the residence ended before, and the person counts as dead again.
        await _world.MoveClockAsync(Duration.FromMinutes(1));
        await AtDeskAsync(one, "die");
        await CompareAsync();
        Assert.Contains(one.Person, await persons.DeadAsync([one.Person]));

        // Told under our own name: the register has no such record.
        var death = new DeathRecorded("DX-none", _world.Clock.Today(), _world.Clock.Now());
        Assert.IsType<WriteOutcome.Done>(await ReadDoor.RunAsync(() => _world.Get<RegisterEvents>().DeathAsync(other.Person, death, WriteClass.Interactive, default)));
        // Of whom something is on its way nothing is compared.
        await SentAsync(other.Person);
        await CompareAsync();
        Assert.Contains("death_unknown OPEN", await FoundAsync(other));
        Assert.Contains(other.Person, await persons.DeadAsync([other.Person]));
    }

    [Fact]
    public async Task A_new_passport_and_a_death_that_nobody_told_are_caught_up_with()
    {
        var (one, other) = (await SettledAsync(), await SettledAsync());
        // We have seen the passport that is replaced.
        var seen = (await _world.Get<AlienRegister>().HoldingsAsync([one.Number])).ValueOrNull!.Holdings.Single().Passport!;
        Assert.IsType<WriteOutcome.Done>(await ReadDoor.RunAsync(() => _world.Get<RegisterEvents>().PassportAsync(one.Person, seen, listed: true, default)));
        await AtDeskAsync(one, "passport");
        await AtDeskAsync(other, "die");
        await CompareAsync();
        Assert.Equal(["passport CAUGHT_UP"], await FoundAsync(one));
        Assert.Equal(["death CAUGHT_UP"], await FoundAsync(other));
        Assert.Contains(other.Person, await _world.Get<Persons>().DeadAsync([one.Person, other.Person]));
        Assert.Equal(EndReasons.Death, (await _world.Get<Residences>().OfAsync(other.Person))!.EndReason);
        var passport = (await _world.Get<AlienRegister>().PassportsAsync(one.Number)).ValueOrNull!.Current!.Number;
        var record = await ReadDoor.RunAsync(() => _world.Get<Persons>().OpenAsync(_world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.CheckRecords, null, "test", one.Person), one.Person));
        Assert.Equal(passport, record.PassportNumber);

        // Whoever was told of the residence is told of its end.
        await SentAsync(other.Person);
        Assert.Equal(ResidenceStatus.Ended, (await _world.Get<AlienRegister>().HoldingsAsync([other.Number])).ValueOrNull!.Holdings.Single().Residence!.Status);
        Assert.NotNull((await _world.Get<HealthInsurance>().HoldingsAsync([other.Number])).ValueOrNull!.Holdings.Single().EndTold);
        await AtDeskAsync(other, "forget-insurance");
        await AtDeskAsync(one, "forget-labour");
        await CompareAsync(HealthInsurance.Name);
        await CompareAsync(LabourContracts.Name);
        await ToldAgainAsync(other, HealthInsurance.Name, "end_notice");
        await ToldAgainAsync(one, LabourContracts.Name, "residence");
        await SentAsync(one.Person);
        await SentAsync(other.Person);
        await CompareAsync(HealthInsurance.Name);
        await CompareAsync(LabourContracts.Name);
        Assert.Equal(["end_notice SETTLED"], await FoundAsync(other, HealthInsurance.Name));
        Assert.Equal(["residence SETTLED"], await FoundAsync(one, LabourContracts.Name));
    }

    [Fact]
    public async Task Stopped_in_the_middle_and_with_the_agency_away_it_goes_on_where_it_was()
    {
        var all = new List<Resident> { await SettledAsync(), await SettledAsync(), await SettledAsync() };
        await CompareAsync();
        foreach (var resident in all)
        {
            await AtDeskAsync(resident, "forget-residence");
        }
        // One step, and the process that made it is gone: nothing of it was kept but what it wrote.
        var begun = await Reconciler.BeginAsync(AlienRegister.Name);
        var after = (await ReadDoor.RunAsync(() => Reconciler.StepAsync(begun, new Pace(1000, TimeProvider.System), default)))!;
        Assert.True(after.Compared >= 3 && !after.IsOver, after.ToString());
        Assert.Null(await ReadDoor.RunAsync(() => Reconciler.StepAsync(begun, new Pace(1000, TimeProvider.System), default)));
        // Somebody is left to ask them about, once the journal has him: without that it would be over and they never asked.
        var fourth = await SettledAsync();
        await WholeWorld.UntilAsync(async () => (await _world.Get<Residences>().WrittenSinceAsync(after.Position)).Persons.Contains(fourth.Person) ? "" : null, "the journal has the fourth");

        Knobs.Set(AlienRegister.Name, null, new Knob(Down: true));
        try
        {
            var waiting = (await Reconciler.PlayAsync(AlienRegister.Name))!;
            Assert.Equal(ReconciliationStates.Waiting, waiting.State);
            Assert.NotNull(waiting.WaitingSince);
            Assert.Equal(begun.Id, (await Reconciler.BeginAsync(AlienRegister.Name)).Id);
        }
        finally
        {
            Knobs.Set(AlienRegister.Name, null, Knob.None);
        }
        await WholeWorld.UntilAsync(async () => (await _world.Get<AlienRegister>().HoldingsAsync([all[0].Number])).ValueOrNull is null ? null : "", "the register is asked again");
        foreach (var resident in all)
        {
            await SentAsync(resident.Person);
        }
        var done = (await Reconciler.PlayAsync(AlienRegister.Name))!;
        Assert.True(done.IsOver && done.Id == begun.Id && done.WaitingSince is null, done.ToString());
        foreach (var resident in all)
        {
            await ToldAgainAsync(resident, AlienRegister.Name, "residence");
        }
    }

    [Fact]
    public async Task A_households_worker_is_compared_with_the_platform_of_households_and_with_no_other()
    {
        var resident = await HouseholdWorkerAsync();
        // From before households had a platform of their own.
        var change = new Change(new Act(ActId.New(_world.Clock), "test.difference", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("difference"), _world.Clock.Now()));
        await Records.PutAsync(change, null, LabourContracts.Name, "residence", resident.Person, "", DifferenceStates.Open, Guid.CreateVersion7(), new("Active", null));
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));

        await CompareAsync(DomesticWork.Name);
        Assert.Empty(await FoundAsync(resident, DomesticWork.Name));
        await AtDeskAsync(resident, "forget-domestic");
        await CompareAsync(DomesticWork.Name);
        await ToldAgainAsync(resident, DomesticWork.Name, "residence");
        await SentAsync(resident.Person);
        Assert.Equal(Until, (await _world.Get<DomesticWork>().HoldingsAsync([resident.Number])).ValueOrNull!.Holdings.Single().Told!.ExpiresOn);
        await CompareAsync(DomesticWork.Name);
        Assert.Equal(["residence SETTLED"], await FoundAsync(resident, DomesticWork.Name));

        Assert.Equal(["residence OPEN"], await FoundAsync(resident, LabourContracts.Name));
        await CompareAsync(LabourContracts.Name);
        Assert.Equal(["residence SETTLED"], await FoundAsync(resident, LabourContracts.Name));
        Assert.Null((await _world.Get<LabourContracts>().HoldingsAsync([resident.Number])).ValueOrNull!.Holdings.Single().Told);
    }

    private async Task<Resident> HouseholdWorkerAsync()
    {
        while (true)
        {
            var index = Interlocked.Increment(ref _next);
            var hand = await _world.InHandAsync(index);
            if (hand.ResidentNumber is { } number && (await _world.Get<DomesticWork>().ContractAsync(number)).ValueOrNull is { } worker && worker.OccupationCode == hand.Occupation)
            {
                var resident = await _residents.SettleAsync(index, Until);
                await _world.Get<DomesticWork>().TellResidenceAsync(new(number, ResidenceStatus.Active, Until), Guid.CreateVersion7());
                return resident;
            }
        }
    }

    [Fact]
    public async Task An_occupation_that_is_another_is_for_an_officer()
    {
        var resident = await SettledAsync(agrees: false);
        await CompareAsync(LabourContracts.Name);
        Assert.Equal(["employer OPEN"], await FoundAsync(resident, LabourContracts.Name));
        Assert.Contains(await Records.OpenAsync(), o => o is { Agency: LabourContracts.Name, Kind: "employer", Number: >= 1 });
    }

    [Fact]
    public async Task What_an_agency_should_have_told_is_caught_up_with_and_its_late_call_changes_nothing()
    {
        var resident = await SettledAsync();
        string[] agencies = [LabourContracts.Name, HealthInsurance.Name, Justice.Name];
        foreach (var agency in agencies)
        {
            await CompareAsync(agency);
            Assert.Empty(await FoundAsync(resident, agency));
        }
        // The insurers' register would show it in twenty minutes.
        Knobs.Set(HealthInsurance.Name, resident.Index, new Knob());
        foreach (var act in new[] { "insure", "give-notice", "lapse", "suspend", "ban" })
        {
            await AtDeskAsync(resident, act);
        }
        foreach (var agency in agencies)
        {
            await CompareAsync(agency);
        }
        Assert.Equal(["contract_end CAUGHT_UP"], await FoundAsync(resident, LabourContracts.Name));
        Assert.Equal(["cover_end CAUGHT_UP"], await FoundAsync(resident, HealthInsurance.Name));
        Assert.Equal(["order CAUGHT_UP", "order CAUGHT_UP"], await FoundAsync(resident, Justice.Name));
        string[] told = ["contract_ended", "order_imposed", "order_imposed", "policy_lapsed"];
        Assert.Equal(told, await NoticesOfAsync(resident));

        // The calls come after all.
        var events = _world.Get<RecordEvents>();
        var order = (await _world.Get<Justice>().HoldingsAsync([resident.Number])).ValueOrNull!.Holdings.Single().Orders[0];
        Assert.IsType<WriteOutcome.Replayed>(await ReadDoor.RunAsync(() => events.OrderedAsync(resident.Person, order, WriteClass.Interactive, default)));
        var ended = (await _world.Get<LabourContracts>().HoldingsAsync([resident.Number])).ValueOrNull!.Holdings.Single().Ended!;
        Assert.IsType<WriteOutcome.Replayed>(await ReadDoor.RunAsync(() => events.ContractEndedAsync(resident.Person, ended, LabourContracts.Name, WriteClass.Interactive, default)));
        Assert.Equal(told, await NoticesOfAsync(resident));

        // Lifted, and nobody told of that either.
        await AtDeskAsync(resident, "lift");
        await CompareAsync(Justice.Name);
        Assert.Equal([.. told[..1], "order_imposed", "order_imposed", "order_lifted", "order_lifted", "policy_lapsed"], await NoticesOfAsync(resident));
        Assert.Equal(0, (await CompareAsync(Justice.Name)).Found);
    }

    [Fact]
    public async Task An_order_that_was_imposed_and_lifted_without_our_hearing_of_it_is_nothing_to_tell()
    {
        var resident = await SettledAsync();
        await AtDeskAsync(resident, "suspend");
        await AtDeskAsync(resident, "lift");
        await CompareAsync(Justice.Name);
        Assert.Empty(await FoundAsync(resident, Justice.Name));
        Assert.Empty(await NoticesOfAsync(resident));
    }

    [Fact]
    public async Task Social_insurance_is_told_of_the_employment_and_told_again_when_it_was_lost()
    {
        var resident = await SettledAsync();
        await WholeWorld.UntilAsync(async () =>
        {
            await CompareAsync(SocialInsurance.Name);
            return (await FoundAsync(resident, SocialInsurance.Name)).Count > 0 ? "" : null;
        }, "the journal has the residence, and the comparison finds it");
        await ToldAgainAsync(resident, SocialInsurance.Name, "employment");
        await SentAsync(resident.Person);
        var residence = (await _world.Get<Residences>().OfAsync(resident.Person))!;
        var told = (await _world.Get<SocialInsurance>().HoldingsAsync([resident.Number])).ValueOrNull!.Holdings.Single().Told!;
        Assert.Equal((resident.Number, '7', residence.From, null), (told.ResidentNumber, told.EmployerNumber[0], told.From, told.EndedOn));
        await CompareAsync(SocialInsurance.Name);
        Assert.Equal(["employment SETTLED"], await FoundAsync(resident, SocialInsurance.Name));

        // The end is told by the act that ends the residence, and found when that was lost.
        var change = new Change(new Act(ActId.New(_world.Clock), "test.end", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("end"), _world.Clock.Now()));
        _world.Get<Residences>().End(change, residence, _residents.Today, EndReasons.Departure);
        Performer.TellEnded(change, residence, _residents.Today, _world.Clock);
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
        await SentAsync(resident.Person);
        Assert.Equal(_residents.Today, (await _world.Get<SocialInsurance>().HoldingsAsync([resident.Number])).ValueOrNull!.Holdings.Single().Told!.EndedOn);
        await AtDeskAsync(resident, "forget-social");
        await CompareAsync(SocialInsurance.Name);
        Assert.DoesNotContain((await _world.Get<SocialInsurance>().HoldingsAsync([resident.Number])).ValueOrNull!.Holdings, h => h.Told is not null);
        Assert.Equal(["employment SETTLED"], await FoundAsync(resident, SocialInsurance.Name));
    }

    private async Task<IReadOnlyList<string>> NoticesOfAsync(Resident who) =>
        [.. (await _world.Get<Db>().QueryAsync<string>("SELECT kind FROM notice WHERE person_id = @person", new { person = who.Person.Value })).Order(StringComparer.Ordinal)];

    private async Task<string> StateAsync(CaseId id) => (await _world.Get<Db>().FirstAsync<string>("SELECT state FROM case_head WHERE id = @id", new { id = id.Value }))!;

    private Task<long> CountAsync(string sql) => _world.Get<Db>().SingleAsync<long>(sql);
}
