using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using Muqeem.Verifier.Receipts;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>One person's record after the other is away: the line itself never rests.</summary>
public abstract class DegradedWorld(DatabaseKind kind) : SharedWorld(kind)
{
    protected override IReadOnlyDictionary<string, string?> Settings { get; } =
        new[] { HealthInsurance.Name, Traffic.Name }.SelectMany(a => new[] { KeyValuePair.Create($"Agencies:{a}:Retries", (string?)"0"), KeyValuePair.Create($"Agencies:{a}:FailureCalls", (string?)"10000") }).ToDictionary();
}

public sealed class DegradedOnSqlite() : DegradedWorld(DatabaseKind.Sqlite);

public sealed class DegradedOnPostgreSql() : DegradedWorld(DatabaseKind.PostgreSql);

public sealed class DegradedOnSqliteTests(DegradedOnSqlite world) : DegradedTests(world), IClassFixture<DegradedOnSqlite>;

public sealed class DegradedOnPostgreSqlTests(DegradedOnPostgreSql world) : DegradedTests(world), IClassFixture<DegradedOnPostgreSql>;

/// <summary>The health insurance register is away while people renew: the table allows what it said before for three days, and of nobody else's record anything.</summary>
public abstract class DegradedTests(SharedWorld shared)
{
    private static int _next = 60_000;

    private readonly WholeWorld _world = shared.World;
    private readonly Residents _residents = shared.Residents;

    private World People => _world.SandboxApp.Services.GetRequiredService<World>();

    private void Down(Resident who, bool down, string agency = HealthInsurance.Name) => _world.SandboxApp.Services.GetRequiredService<Knobs>().Set(agency, who.Index, new Knob(Down: down));

    /// <summary>Somebody against whom nothing stands, whose residence ends soon.</summary>
    private async Task<Resident> SettledAsync()
    {
        while (true)
        {
            var index = Interlocked.Increment(ref _next);
            var person = People.At(index)!;
            if (person is { ResidentNumber: not null, Category: ResidenceCategory.Establishment, Alive: true, Location: Whereabouts.Inside } && person.Passports[0].Status == PassportStatus.Valid && People.People.DiscrepancyOf(person) is null)
            {
                await _world.NothingStandsAgainstAsync(await _world.InHandAsync(index));
                await _world.AtDeskAsync($"people/{index}/acts/pay-fines");
                return await _residents.SettleAsync(index, _residents.Today.PlusDays(60));
            }
        }
    }

    private async Task<(Resident Resident, CaseId Case)> SentAsync()
    {
        while (true)
        {
            var resident = await SettledAsync();
            var (id, state) = await _residents.SendAsync(resident, "renew", ("months", "12"));
            // A few have an employer or a passport that the rules do not let pass: they are not what is looked at here.
            if (state == CaseStates.AwaitingEmployer)
            {
                return (resident, id);
            }
        }
    }

    private async Task<(Resident Resident, CaseId Case)> ToPayAsync()
    {
        var (resident, id) = await SentAsync();
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
        return (resident, id);
    }

    private async Task<DegradedFact> CheckedAsync(Resident resident, CaseId id, string state)
    {
        // The lane asks again when its time has come.
        await _world.MoveClockAsync(Duration.FromMinutes(2));
        return await WholeWorld.UntilAsync(async () => (await _residents.TrackAsync(resident, id)).Degraded is [.., var last] && last.State == state ? last : null, $"it was checked again: {state}");
    }

    private void Lapses(Resident who) => People.Set(who.Index, FactKind.Cover, new Cover("Najd Cooperative Insurance", "88-0000001", "C", _residents.Today.PlusYears(-2), _residents.Today.PlusDays(-1)));

    private async Task<IReadOnlyList<string>> ActsAsync(Resident resident, CaseId id) => [.. (await _residents.TrackAsync(resident, id)).Timeline.Select(t => t.Act)];

    private Task<bool> ToldAsync(Resident resident, string kind) => _world.Get<Db>().ExistsAsync("SELECT 1 FROM notice WHERE person_id = @person AND kind = @kind", new { person = resident.Person.Value, kind });

    [Fact]
    public async Task With_a_young_record_it_goes_on_and_says_so_and_when_the_record_says_the_same_the_mark_is_cleared()
    {
        var (resident, id) = await ToPayAsync();
        await _world.MoveClockAsync(Duration.FromHours(2));
        Down(resident, true);
        await _residents.PayAsync(resident, id, CaseStates.Issued);
        var used = Assert.Single((await _residents.TrackAsync(resident, id)).Degraded);
        Assert.Equal((InsuranceFact.Name, Sources.Insurance, DegradedStates.Unchecked), (used.Fact, used.Source, used.State));
        Assert.True(used.AsOf < used.UsedAt - Duration.FromHours(1), $"{used.AsOf} {used.UsedAt}");
        Assert.Contains("degraded", await ActsAsync(resident, id));
        Assert.True((await _world.Get<Residences>().OfAsync(resident.Person))!.Until > _residents.Today.PlusDays(300));

        // The receipt names the source and as of when it spoke.
        var receipts = _world.Get<DecisionReceipts>();
        var granted = (await receipts.ListAsync(resident.Account, id))!.Single(r => r.Outcome == ReceiptOutcomes.Granted);
        var receipt = await WholeWorld.UntilAsync(async () => await ReadDoor.RunAsync(() => receipts.ReceiptAsync(Actor.Resident(resident.Account), resident.Account, id, granted.Act)) as ReceiptAnswer.Ready, "the receipt is ready");
        using var json = System.Text.Json.JsonDocument.Parse(receipt.File);
        var fact = json.RootElement.GetProperty("facts").EnumerateArray().Single(f => f.GetProperty("name").GetString() == InsuranceFact.Name);
        Assert.Equal(Sources.Insurance, fact.GetProperty("source").GetString());
        Assert.True(string.CompareOrdinal(fact.GetProperty("as_of").GetString(), fact.GetProperty("fetched_at").GetString()) < 0);

        // Still away: it is asked, and nothing is said. Back: the mark is cleared.
        await _world.MoveClockAsync(Duration.FromMinutes(2));
        Assert.True((await _residents.TrackAsync(resident, id)).Degraded.Single().Unchecked);
        Down(resident, false);
        Assert.NotNull((await CheckedAsync(resident, id, DegradedStates.Confirmed)).CheckedAt);
        Assert.Equal("rechecked", (await ActsAsync(resident, id))[^1]);
        Assert.False(await ToldAsync(resident, "recheck_differs"));
        Assert.Equal(CaseStates.Issued, await _residents.StateAsync(resident, id));
    }

    [Fact]
    public async Task With_an_old_record_or_one_that_is_not_in_the_table_it_waits()
    {
        var ((old, ofOld), (other, ofOther)) = (await ToPayAsync(), await ToPayAsync());
        await _world.MoveClockAsync(Duration.FromHours(2));
        Down(other, true, Traffic.Name);
        await _residents.PayAsync(other, ofOther, CaseStates.WaitingForSource);
        await _world.MoveClockAsync(Duration.FromHours(72));
        Down(old, true);
        await _residents.PayAsync(old, ofOld, CaseStates.WaitingForSource);
        foreach (var (resident, id, source) in new[] { (old, ofOld, Sources.Insurance), (other, ofOther, Sources.Traffic) })
        {
            var track = await _residents.TrackAsync(resident, id);
            Assert.Empty(track.Degraded);
            Assert.Equal(source, track.Head.Waiting);
        }
        Down(old, false);
        Down(other, false, Traffic.Name);
        await _world.MoveClockAsync(Duration.FromMinutes(20));
        await _residents.BecomesAsync(old, ofOld, CaseStates.Issued);
        await _residents.BecomesAsync(other, ofOther, CaseStates.Issued);
    }

    [Fact]
    public async Task Before_it_is_carried_out_a_record_that_says_something_else_brings_it_to_an_officer()
    {
        var (resident, id) = await SentAsync();
        await _world.MoveClockAsync(Duration.FromHours(2));
        Down(resident, true);
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
        Assert.True(Assert.Single((await _residents.TrackAsync(resident, id)).Degraded).Unchecked);
        Lapses(resident);
        Down(resident, false);
        await CheckedAsync(resident, id, DegradedStates.Differs);
        await _residents.BecomesAsync(resident, id, CaseStates.UnderReview);
        Assert.True(await ToldAsync(resident, "recheck_differs"));
        Assert.True(await _world.Get<Db>().ExistsAsync("SELECT 1 FROM review_queue WHERE case_id = @id", new { id = id.Value }));
        Assert.Contains((await _residents.TrackAsync(resident, id)).Findings, f => f.Refusal.Code == Check.Codes.NotInsured);
        Assert.Null((await _residents.TrackAsync(resident, id)).Bill);
    }

    [Fact]
    public async Task After_it_was_carried_out_an_officer_gets_both_sides_and_nothing_is_undone_by_rule()
    {
        var (resident, id) = await ToPayAsync();
        await _world.MoveClockAsync(Duration.FromHours(2));
        Down(resident, true);
        await _residents.PayAsync(resident, id, CaseStates.Issued);
        Lapses(resident);
        Down(resident, false);
        await CheckedAsync(resident, id, DegradedStates.Differs);
        Assert.True(await ToldAsync(resident, "recheck_differs"));
        Assert.Equal(CaseStates.Issued, await _residents.StateAsync(resident, id));
        var difference = Assert.Single(await _world.Get<Reconciliations>().OfAsync(HealthInsurance.Name, [resident.Person]));
        Assert.Equal((DifferenceKinds.Recheck, DifferenceStates.Open, id.ToString()), (difference.Kind, difference.State, difference.About));
    }

    [Fact]
    public async Task Not_twice_before_the_agency_was_asked_again()
    {
        var (resident, id) = await SentAsync();
        await _world.MoveClockAsync(Duration.FromHours(2));
        Down(resident, true);
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
        await _residents.PayAsync(resident, id, CaseStates.WaitingForSource);
        Assert.Single((await _residents.TrackAsync(resident, id)).Degraded);
        Down(resident, false);
        await _world.MoveClockAsync(Duration.FromMinutes(20));
        await _residents.BecomesAsync(resident, id, CaseStates.Issued);
        await CheckedAsync(resident, id, DegradedStates.Confirmed);
    }

    [Fact]
    public async Task What_is_old_is_not_used_against_anybody()
    {
        // The cover ends soon, as the record said before; the renewal was sent when it was long enough.
        var (resident, id) = await SentAsync();
        await _world.MoveClockAsync(Duration.FromHours(2));
        Lapses(resident);
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.NeedsAction);
        await _world.MoveClockAsync(Duration.FromHours(2));
        Down(resident, true);
        Assert.IsType<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.SubmitAsync(Residents.By(resident.Account), resident.Account, id)));
        var track = await _residents.TrackAsync(resident, id);
        Assert.Equal((CaseStates.WaitingForSource, Sources.Insurance), (track.Head.State, track.Head.Waiting));
        Assert.Empty(track.Degraded);
        Down(resident, false);
    }

    [Fact]
    public void Nothing_that_security_agencies_courts_or_the_border_say_is_in_the_table()
    {
        string[] never = [PersonFact.Name, JusticeFact.Name, MovementsFact.Name, ContractFact.Name, TrafficFact.Name, PassportsFact.Name];
        var table = PolicyBook.BaselineSnapshot().Get<DegradedTable>(CasePolicies.Degraded, new LocalDate(2027, 1, 1));
        Assert.NotEmpty(table.Rows);
        Assert.All(table.Rows, row =>
        {
            Assert.DoesNotContain(row.Fact, never);
            Assert.NotEqual(Services.ExitReentryVisa.ExitReentryVisa.ServiceCode, row.Service);
            Assert.Contains(row.Fact, Services.Catalogue.All.Single(s => s.Code == row.Service).Facts);
            Assert.InRange(row.Hours, 1, 168);
        });
        Assert.Null(table.GreatestAge("ID.RENEW", JusticeFact.Name));
    }
}
