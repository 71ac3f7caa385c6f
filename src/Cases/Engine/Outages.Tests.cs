using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using Muqeem.SignIn;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>
/// Each agency in turn is away, slow or errs while people apply: no case is without somebody who acts next, a reason and a clock, and when it is over all come to their end by themselves.
/// Everything is counted in the database.
/// </summary>
public abstract class OutageTests(DatabaseKind kind) : IAsyncLifetime
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("MUQEEM_LONG") == "1";

    /// <summary>Those whose word the first ID of an establishment's worker needs, as the case names them.</summary>
    private static readonly Dictionary<string, string> Needed = new(StringComparer.Ordinal)
    {
        [AlienRegister.Name] = Sources.AlienRegister,
        [LabourContracts.Name] = Sources.Labour,
        [MedicalFitness.Name] = Sources.Medical,
        [HealthInsurance.Name] = Sources.Insurance,
        [Justice.Name] = Sources.Justice,
        [ForeignAffairs.Name] = Sources.ForeignAffairs,
    };

    private WholeWorld _world = null!;

    private Knobs Knobs => _world.SandboxApp.Services.GetRequiredService<Knobs>();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _world.DisposeAsync();
    }

    /// <param name="settings">Of the line to each agency.</param>
    private async Task StartAsync(params (string Name, string Value)[] settings)
    {
        _world = await WholeWorld.StartAsync(kind, AgenciesSetup.All.SelectMany(a => settings.Select(s => KeyValuePair.Create($"Agencies:{a.Name}:{s.Name}", (string?)s.Value))).ToDictionary());
        // The insurers' register shows at once what is done at its desk.
        Knobs.Set(HealthInsurance.Name, null, Knob.None);
    }

    [Fact]
    public async Task While_an_agency_is_away_every_case_has_a_holder_a_reason_and_a_clock_and_afterwards_all_are_issued()
    {
        await StartAsync(("Retries", "0"));
        var all = new List<Application>();
        foreach (var (agency, source) in Needed)
        {
            all.AddRange(await ThroughAsync(agency, source, new Knob(Down: true), Long ? 12 : 2));
        }
        // Of households' workers their own platform is asked, and that of establishments holds up none of them.
        all.AddRange(await ThroughAsync(DomesticWork.Name, Sources.DomesticWork, new Knob(Down: true), Long ? 12 : 2, households: true));
        // After so many failures the line rests; while it does, nobody could say which of the two employs a person.
        await WholeWorld.UntilAsync(async () => (await _world.Get<DomesticWork>().ContractAsync("2000000006")).AskAgainAt is null ? "" : null, "the platform of households is asked again");
        all.AddRange(await ThroughAsync(LabourContracts.Name, null, new Knob(Down: true), Long ? 6 : 1, households: true, notFor: Sources.Labour));
        // And by what another agency keeps nothing of a first ID is decided.
        foreach (var (agency, source) in new[] { (DomesticWork.Name, Sources.DomesticWork), (SocialInsurance.Name, Sources.SocialInsurance), (Traffic.Name, Sources.Traffic) })
        {
            all.AddRange(await ThroughAsync(agency, null, new Knob(Down: true), Long ? 6 : 1, notFor: source));
        }
        all.AddRange(await ThroughAsync(PaymentGateway.Name, null, new Knob(Down: true), Long ? 12 : 2));
        all.AddRange(await ThroughAsync(Messaging.Name, null, new Knob(Down: true), Long ? 12 : 1));
        await IssuedAsync(all);
    }

    [Fact]
    public async Task The_same_when_it_answers_after_we_gave_it_up_or_with_errors()
    {
        await StartAsync(("Retries", "0"), ("Attempt", "00:00:02"), ("Limit", "00:00:02.5"));
        var all = new List<Application>();
        foreach (var (agency, _) in Long ? Needed.ToList() : [.. Needed.Where(n => n.Key == Justice.Name)])
        {
            all.AddRange(await ThroughAsync(agency, null, new Knob(LatencyMs: 5000), Long ? 6 : 1));
        }
        foreach (var agency in Needed.Keys)
        {
            Knobs.Set(agency, null, new Knob(ErrorShare: 0.1));
        }
        all.AddRange(await SendAsync(await DraftsAsync(Long ? 60 : 6)));
        foreach (var agency in Needed.Keys)
        {
            Knobs.Set(agency, null, Knob.None);
        }
        await IssuedAsync(all);
    }

    [Fact]
    public async Task While_it_is_away_a_few_ask_for_all_and_when_it_is_back_the_longest_waiting_goes_first()
    {
        await StartAsync(("Retries", "0"));
        var drafts = await DraftsAsync(8);
        Knobs.Set(Justice.Name, null, new Knob(Down: true));
        var all = await SendAsync(drafts);
        Task<long> AttemptsAsync() => CountAsync("SELECT SUM(attempts) FROM case_head WHERE state = 'WAITING_FOR_SOURCE'");
        Assert.Equal(all.Count, await AttemptsAsync());
        for (var minutes = 1; minutes <= 3; minutes++)
        {
            await _world.MoveClockAsync(Duration.FromMinutes(1));
            // Three probes, and then it is left alone until half a minute has passed.
            await WholeWorld.UntilAsync(async () => await AttemptsAsync() >= all.Count + 3 * minutes ? "" : null, "the probes were sent");
            Assert.Equal(all.Count + 3 * minutes, await AttemptsAsync());
        }

        // One person's trouble is nobody else's: the register of the courts fails for the longest waiting alone.
        var first = await TextAsync("SELECT CAST(id AS text) FROM case_head WHERE state = 'WAITING_FOR_SOURCE' ORDER BY state_since, id LIMIT 1");
        var unlucky = all.Single(a => a.Case.ToString() == first);
        Knobs.Set(Justice.Name, unlucky.Hand.Index, new Knob(Down: true));
        Knobs.Set(Justice.Name, null, Knob.None);
        await _world.MoveClockAsync(Duration.FromMinutes(20));
        await WholeWorld.UntilAsync(async () => await CountAsync("SELECT COUNT(*) FROM case_head WHERE state = 'WAITING_FOR_SOURCE'") == 1 ? "" : null, "the others went on");
        var second = await TextAsync("SELECT CAST(case_id AS text) FROM case_event WHERE from_state = 'WAITING_FOR_SOURCE' ORDER BY at, id LIMIT 1");
        Assert.Equal(await TextAsync($"SELECT CAST(h.case_id AS text) FROM case_event h WHERE h.to_state = 'WAITING_FOR_SOURCE' AND CAST(h.case_id AS text) <> '{first}' ORDER BY h.at, h.case_id LIMIT 1"), second);
        Knobs.Set(Justice.Name, unlucky.Hand.Index, null);
        await _world.MoveClockAsync(Duration.FromMinutes(20));
        await IssuedAsync(all);
    }

    private sealed record Application(AccountId Account, CaseId Case, PersonInHand Hand);

    /// <summary>People apply while the knob is turned; it is turned back when all stand as they should.</summary>
    /// <param name="source">Which source each case must name as what it waits for; null: whichever, or none.</param>
    /// <param name="notFor">What no case may wait for.</param>
    private async Task<IReadOnlyList<Application>> ThroughAsync(string agency, string? source, Knob knob, int people, bool households = false, string? notFor = null)
    {
        var drafts = await DraftsAsync(people, households);
        Knobs.Set(agency, null, knob);
        var all = await SendAsync(drafts);
        await StandAsync(all, source);
        Assert.All(await HeadsAsync(all), head => Assert.True(notFor is null || head.Waiting != notFor, head.ToString()));
        await _world.MoveClockAsync(Duration.FromMinutes(1));
        if (source is not null)
        {
            await WholeWorld.UntilAsync(async () => await CountAsync($"SELECT MAX(attempts) FROM case_head WHERE waiting = '{source}'") > 1 ? "" : null, $"{agency} is asked again");
        }
        await StandAsync(all, source);
        Knobs.Set(agency, null, Knob.None);
        return all;
    }

    private int _household = 2_000;

    /// <summary>A newcomer who works for a household, has a mobile on record and papers that agree with it.</summary>
    private Task<PersonInHand> HouseholdNewcomerAsync()
    {
        var people = _world.SandboxApp.Services.GetRequiredService<Sandbox.State.World>().People;
        Person person;
        do
        {
            person = people.At(++_household);
        }
        while (person is not { ResidentNumber: null, Category: ResidenceCategory.Household, Alive: true, Entry: not null, Mobile: not null, Location: Whereabouts.Inside } || people.DiscrepancyOf(person) is not null);
        return _world.InHandAsync(person.Index);
    }

    private async Task<IReadOnlyList<Application>> DraftsAsync(int people, bool households = false)
    {
        var all = new List<Application>();
        for (var i = 0; i < people; i++)
        {
            var hand = households ? await HouseholdNewcomerAsync() : await _world.NewcomerAsync();
            foreach (var act in new[] { "insure", "test", "enrol", "clear", "lift" })
            {
                await _world.AtDeskAsync($"people/{hand.Index}/acts/{act}");
            }
            var person = await _world.KnowAsync(hand);
            var account = new AccountId(Guid.CreateVersion7());
            var started = Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.StartAsync(Residents.By(account), account, person, "issue", new Dictionary<string, string>())));
            foreach (var (page, answers) in await _world.AnswersAsync(person, hand))
            {
                Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.SaveAsync(Residents.By(account), account, started.Case, page, answers)));
            }
            all.Add(new(account, started.Case, hand));
        }
        return all;
    }

    private async Task<IReadOnlyList<Application>> SendAsync(IReadOnlyList<Application> drafts)
    {
        await Task.WhenAll(drafts.Select(async d => Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.SubmitAsync(Residents.By(d.Account), d.Account, d.Case)))));
        return drafts;
    }

    /// <summary>What must hold of every case at any moment.</summary>
    private async Task StandAsync(IReadOnlyList<Application> all, string? source)
    {
        foreach (var stands in await HeadsAsync(all))
        {
            Assert.NotEqual(Holders.None, stands.Holder);
            Assert.NotNull(stands.DueAt);
            Assert.Equal(1, stands.Clocks);
            Assert.NotEqual(CaseStates.Draft, stands.State);
            Assert.Equal(stands.State == CaseStates.WaitingForSource, stands.Waiting is not null);
            Assert.Equal(stands.Waiting is null ? 0 : 1, stands.Attempts);
            if (source is not null)
            {
                Assert.Equal((CaseStates.WaitingForSource, Holders.Agency, source, "source." + source), (stands.State, stands.Holder, stands.Waiting, stands.Reason));
            }
        }
    }

    /// <summary>All come to their end: bills are paid in another order than they were made, and told twice.</summary>
    private async Task IssuedAsync(IReadOnlyList<Application> all)
    {
        var open = new HashSet<Guid>(all.Select(a => a.Case.Value));
        // Whatever waits for its time need not wait for it here: retries of messages, probes.
        for (var moved = 0; open.Count > 0 && moved < 60; moved++)
        {
            await _world.MoveClockAsync(Duration.FromMinutes(2));
            await Task.Delay(500);
            foreach (var (id, number) in (await BillsAsync(all)).Where(b => open.Contains(b.Case)).Reverse())
            {
                await _world.AtDeskAsync($"bank/bills/{number}/pay", ("twice", "true"));
                open.Remove(id);
            }
            // The random sample goes to an officer, who is a holder with a clock too.
            foreach (var head in (await HeadsAsync(all)).Where(h => h.State == CaseStates.UnderReview))
            {
                open.Remove(head.Id);
            }
        }
        Assert.Empty(open);
        await WholeWorld.UntilAsync(async () => (await HeadsAsync(all)).All(h => h.State is CaseStates.Issued or CaseStates.UnderReview) ? "" : null, "all are issued");
        var issued = (await HeadsAsync(all)).Count(h => h.State == CaseStates.Issued);
        Assert.True(issued >= all.Count - Math.Max(2, all.Count / 8), $"{issued} of {all.Count}");
        Assert.Equal(issued, await CountAsync("SELECT COUNT(*) FROM document"));
        Assert.Equal(issued, await CountAsync("SELECT COUNT(*) FROM bill WHERE state = 'CONSUMED'"));
        Assert.Empty(await _world.Get<Ledger>().AuditAsync());
    }

    private async Task<IReadOnlyList<Stands>> HeadsAsync(IReadOnlyList<Application> all) => await _world.Get<Db>().QueryAsync<Stands>("""
        SELECT h.id AS Id, h.state AS State, h.holder AS Holder, h.waiting AS Waiting, h.due_at AS DueAt,
          (SELECT COUNT(*) FROM deadline d WHERE d.subject_id = h.id AND d.kind = 'state') AS Clocks, (SELECT COUNT(*) FROM deadline d WHERE d.subject_id = h.id AND d.kind = 'retry') AS Attempts,
          (SELECT e.reason FROM case_event e WHERE e.case_id = h.id AND e.to_state = h.state AND e.from_state <> e.to_state ORDER BY e.at DESC LIMIT 1) AS Reason
        FROM case_head h WHERE h.id = ANY(@ids)
        """, new { ids = all.Select(a => a.Case.Value).ToArray() });

    private async Task<IReadOnlyList<(Guid Case, string Number)>> BillsAsync(IReadOnlyList<Application> all) =>
        [.. (await _world.Get<Db>().QueryAsync<Billed>("SELECT case_id AS \"Case\", number AS Number FROM bill WHERE state = 'OPEN' AND number IS NOT NULL AND case_id = ANY(@ids) ORDER BY id", new { ids = all.Select(a => a.Case.Value).ToArray() }))
            .Select(b => (b.Case, b.Number))];

    private async Task<long> CountAsync(string sql) => await _world.Get<Db>().FirstAsync<long?>(sql, null) ?? 0;

    private async Task<string> TextAsync(string sql) => (await _world.Get<Db>().FirstAsync<string>(sql, null))!;

    private sealed record Stands
    {
        public Guid Id { get; init; }
        public string State { get; init; } = "";
        public string Holder { get; init; } = "";
        public string? Waiting { get; init; }
        public Instant? DueAt { get; init; }
        public long Clocks { get; init; }
        public long Attempts { get; init; }
        public string? Reason { get; init; }
    }

    private sealed record Billed
    {
        public Guid Case { get; init; }
        public string Number { get; init; } = "";
    }
}

public sealed class OutagesOnSqlite() : OutageTests(DatabaseKind.Sqlite);

public sealed class OutagesOnPostgreSql() : OutageTests(DatabaseKind.PostgreSql);
