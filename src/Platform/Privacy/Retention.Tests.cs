using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Platform.Privacy;

public sealed class RetentionOnSqliteTests() : RetentionTests(DatabaseKind.Sqlite);

public sealed class RetentionOnPostgreSqlTests() : RetentionTests(DatabaseKind.PostgreSql);

/// <summary>The schedule of the baseline, on the real databases and with what the capabilities know of persons.</summary>
public abstract class RetentionTests(DatabaseKind kind) : IAsyncLifetime
{
    private static int _numbers;

    private World _world = null!;
    private DataKeys _keys = null!;
    private PolicyBook _policies = null!;
    private Persons _persons = null!;
    private Residences _residences = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await World.CreateAsync(kind);
        _keys = PrivacySetup.KeysOf(_world.Db, _world.Database.Writer, _world.Keys, _world.Clock);
        _policies = new PolicyBook(_world.Db, _world.Clock);
        await _policies.ImportBaselineAsync(_world.Database.Writer);
        await _policies.LoadAsync();
        _persons = new Persons(_world.Db, _world.Sealer, _world.Door, _world.Blind, _world.Clock);
        _residences = new Residences(_world.Db, _world.Sealer, _world.Door, _world.Clock);
    }

    public async ValueTask DisposeAsync()
    {
        _keys.Dispose();
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private Retention Job(params RetentionSource[] more) => new(_world.Db, _keys, _policies,
        [RegistryRetention.Of(_world.Db), CasesRetention.Of(_world.Db), PaymentsRetention.Of(_world.Db), SignInRetention.Of(_world.Db), .. more], _world.Clock, NullLogger<Retention>.Instance);

    private Task<WriteOutcome> WriteAsync(Change change, CancellationToken cancel) => _world.Database.Writer.WriteAsync(change, WriteClass.Bulk, cancel);

    /// <summary>The whole cycle of a day.</summary>
    private async Task<RetentionStanding> CycleAsync(params RetentionSource[] more)
    {
        using var job = Job(more);
        while (await job.RoundAsync(WriteAsync) > 0)
        {
        }
        return (await job.StandingAsync())!;
    }

    private async Task<(PersonId Person, PersonRecord Record)> KnownAsync()
    {
        var record = new PersonRecord
        {
            BorderNumber = (3_000_000_000 + Interlocked.Increment(ref _numbers)).ToString(System.Globalization.CultureInfo.InvariantCulture),
            NamesArabic = ["محمد", "", "", "حسين"],
            NamesLatin = ["MOHAMMAD", "", "", "HOSSAIN"],
            FullNameArabic = "محمد حسين",
            FullNameLatin = "MOHAMMAD HOSSAIN",
            Sex = "M",
            Nationality = "BGD",
            BirthDate = "1990-05-17",
            BirthPrecision = "DAY",
        };
        var change = _world.Act("person.add");
        var person = await _persons.AddAsync(change, record);
        await _world.DoneAsync(change);
        return (person, record);
    }

    private async Task<Residence> SettledAsync(PersonId person)
    {
        var (today, change) = (_world.Clock.Today(), _world.Act("residence.issue"));
        await _residences.IssueAsync(change, person, Categories.EstablishmentWorker, today, today.PlusYears(1), 12, "Gregorian", new ResidenceDetails { ResidentNumber = "2000000006", EmployerNumber = "7000000001", EmployerName = "صاحب العمل", Occupation = "1" },
            CaseId.New(_world.Clock));
        await _world.DoneAsync(change);
        return (await _residences.OfAsync(person))!;
    }

    private async Task EndAsync(Residence residence)
    {
        var change = _world.Act("residence.end");
        _residences.End(change, residence, _world.Clock.Today(), "departure");
        await _world.DoneAsync(change);
    }

    private async Task<string> KeptAsync(PersonId person) =>
        string.Join(' ', (await _world.Db.QueryAsync<string>("SELECT class FROM keys.data_key WHERE person_id = @person", new { person = person.Value })).Order(StringComparer.Ordinal));

    private async Task<string> OnDayAfterAsync(PersonId person, LocalDate end, int years)
    {
        _world.Clock.Set(end.PlusYears(years).AtMidnight().WithOffset(Clock.Riyadh).ToInstant().ToDateTimeOffset().AddHours(9));
        await CycleAsync();
        var before = await KeptAsync(person);
        _world.Clock.Advance(TimeSpan.FromDays(1));
        await CycleAsync();
        return $"{before} > {await KeptAsync(person)}";
    }

    [Fact]
    public async Task Each_class_of_data_is_erased_on_the_day_after_its_time_and_the_register_forgets_who_it_was()
    {
        var (person, record) = await KnownAsync();
        var residence = await SettledAsync(person);
        _world.Clock.Advance(TimeSpan.FromDays(200));
        await EndAsync(residence);
        var end = _world.Clock.Today();
        const string All = "Account Case Document Identity Message Payment";
        Assert.Equal($"{All} > Case Document Identity Message Payment", await OnDayAfterAsync(person, end, 1));
        Assert.Equal("Case Document Identity Message Payment > Case Document Identity Payment", await OnDayAfterAsync(person, end, 2));
        Assert.Equal("Case Document Identity Payment > Identity Payment", await OnDayAfterAsync(person, end, 5));
        Assert.Equal("Identity Payment > ", await OnDayAfterAsync(person, end, 10));
        Assert.Equal(6, await _world.Db.SingleAsync<long>("SELECT count(*) FROM erasure e JOIN act a ON a.id = e.act_id WHERE a.verb = 'retention.erase' AND e.person_id = @person AND e.key_mark IS NOT NULL", new { person = person.Value }));
        _world.ForgetKeys(person);
        await Assert.ThrowsAsync<ErasedException>(() => _persons.OpenAsync(_world.Door.Enter(Actor.System("test"), Purpose.Audit, null, "test", person), person));
        // Who comes back is somebody new.
        Assert.Null(await _persons.FindAsync(IdentifierKinds.Border, record.BorderNumber!));
        var again = _world.Act("person.add");
        Assert.NotEqual(person, await _persons.AddAsync(again, record));
        await _world.DoneAsync(again);
    }

    [Fact]
    public async Task An_open_case_a_debt_money_of_the_persons_an_open_fine_an_office_account_or_a_residence_that_is_not_ended_keeps_everything()
    {
        var people = new Dictionary<string, PersonId>(StringComparer.Ordinal);
        foreach (var why in (string[])["residence", "case", "bill", "balance", "fine", "office", "nobody"])
        {
            people[why] = (await KnownAsync()).Person;
        }
        await SettledAsync(people["residence"]);
        var change = _world.Act();
        var (open, now) = (CaseId.New(_world.Clock), _world.Clock.Now());
        change.Heads.Add(CaseHead(open, 0, people["case"], "applicant"));
        change.Heads.Add(RegistryTables.Fine.Head(Guid.CreateVersion7(_world.Clock.GetUtcNow()), 0, people["fine"].Value, "ERV_UNUSED", 1, _world.Clock.Today(), 100_000L, "OPEN", Guid.Empty));
        change.Heads.Add(SignInTables.Account.Head(Guid.CreateVersion7(_world.Clock.GetUtcNow()), 0, people["office"].Value, "Office", "Active", "Office", "Officer", null, "ar", null, now, now));
        await _world.DoneAsync(change);
        await _world.IssueAsync(Payer.Person(people["bill"]), 200);
        await _world.FundAsync(Payer.Person(people["balance"]), 100, "P1");
        _world.Clock.Advance(TimeSpan.FromDays(365 * 20));

        var standing = await CycleAsync();

        Assert.Equal((7, 6, 6), (standing.Persons, standing.Held, standing.Erased));
        foreach (var (why, person) in people)
        {
            Assert.Equal(why == "nobody" ? "" : "Account Case Document Identity Message Payment", await KeptAsync(person));
        }
        // The case ends: from then on the time runs.
        change = _world.Act();
        change.Heads.Add(CaseHead(open, 1, people["case"], "none"));
        await _world.DoneAsync(change);
        var end = _world.Clock.Today();
        Assert.EndsWith("> Case Document Identity Message Payment", await OnDayAfterAsync(people["case"], end, 1));
        Assert.EndsWith("> ", await OnDayAfterAsync(people["case"], end, 10));
    }

    private HeadWrite CaseHead(CaseId id, long version, PersonId person, string holder) => CaseTables.Case.Head(id.Value, version, "visa", person.Value, Guid.Empty, "R-1", "establishment_worker", holder == "none" ? "WITHDRAWN" : "DRAFT", _world.Clock.Now(),
        holder, null, _world.Clock.Now(), null, 0, 0, 0, null, 0, null, null, "");

    [Fact]
    public async Task A_cycle_that_dies_goes_on_where_it_was_and_nobody_is_erased_twice()
    {
        const int People = Retention.PersonsAtOnce + 40;
        var change = new Change(act: null);
        var people = Enumerable.Range(0, People).Select(_ => PersonId.New(_world.Clock)).ToList();
        change.Keys.AddRange(people.Select(p => new NewDataKey(p, RetentionClass.Account, new byte[60], "none")));
        await _world.DoneAsync(change);
        var over = people.Where((_, i) => i % 20 == 0).ToHashSet();
        var source = new RetentionSource("test", (persons, notes, _) =>
        {
            foreach (var person in persons)
            {
                notes.Happened(person, "known", over.Contains(person) ? Instant.FromUtc(2020, 1, 1, 0, 0) : _world.Clock.Now());
            }
            return Task.CompletedTask;
        });
        var (deaths, done) = (0, false);
        while (!done)
        {
            Assert.True(deaths < 20);
            var lives = 7;
            using var job = Job(source);
            try
            {
                while (await job.RoundAsync(async (c, cancel) => --lives >= 0 ? await WriteAsync(c, cancel) : new WriteOutcome.InDoubt()) > 0)
                {
                }
                done = true;
            }
            catch (NotWrittenException)
            {
                deaths++;
            }
        }
        Assert.True(deaths > 2);
        var left = await _world.Db.QueryAsync<Guid>("SELECT person_id FROM keys.data_key");
        Assert.Equal(people.Except(over).Select(p => p.Value).Order(), left.Order());
        Assert.Equal(over.Count, await _world.Db.SingleAsync<long>("SELECT count(*) FROM erasure"));
        // Done for today: nothing is looked at until tomorrow.
        using var next = Job(source);
        Assert.Equal(0, await next.RoundAsync(WriteAsync));
        _world.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(People - over.Count, await next.RoundAsync(WriteAsync));
        Assert.Equal(2, (await next.StandingAsync())!.Cycle);
    }

    [Fact]
    public void Every_class_has_a_rule_whose_events_somebody_tells()
    {
        string[] told = ["known", "residence_ended", "case_closed", "money_moved", "signed_in", "told", "exchanged"];
        foreach (var @class in Enum.GetValues<RetentionClass>())
        {
            var rule = PolicyBook.BaselineSnapshot().Get<RetentionRule>(Retention.PolicyOf(@class), new LocalDate(2026, 11, 28));
            Assert.InRange(rule.Years, 1, 100);
            Assert.NotEmpty(rule.After);
            Assert.Subset(told.ToHashSet(), rule.After.ToHashSet());
        }
    }
}
