using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Population;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox.State;

/// <summary>The people and what happened to them since.</summary>
public sealed class World
{
    private readonly Store _store;
    private readonly SandboxClock _clock;
    private readonly ConcurrentDictionary<int, bool> _changed;

    public World(Store store, SandboxClock clock, string seed, LocalDate? origin)
    {
        _store = store;
        _clock = clock;

        // The world stays the one it began as, whatever the options say later.
        seed = Keep("seed", seed);
        var began = Keep("origin", LocalDatePattern.Iso.Format(origin ?? clock.Today()));
        if (store.Meta("clock") is { } ticks)
        {
            clock.Offset = TimeSpan.FromTicks(long.Parse(ticks, CultureInfo.InvariantCulture));
        }
        _changed = new(store.Read(db => db.Query<int>("select distinct person from facts").AsList()).Select(person => KeyValuePair.Create(person, true)));
        People = new(seed, LocalDatePattern.Iso.Parse(began).Value);
    }

    public People People { get; }

    public void MoveClock(DateTimeOffset now)
    {
        _clock.MoveTo(now);
        _store.SetMeta("clock", _clock.Offset.Ticks.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The person today; null beyond the population.</summary>
    public Person? At(int index) => index is < 0 or >= People.Size ? null : Since(People.At(index));

    /// <summary>By resident number (also one that Muqeem gave), or border number.</summary>
    public Person? ByNumber(string number)
    {
        var given = _store.Read(db => db.QueryFirstOrDefault<int?>("select person from numbers where number = @number", new { number }));
        var person = given is { } index ? People.At(index) : People.ByNumber(number);
        return person is null ? null : Since(person);
    }

    public Person? ByPassport(string issuer, string number)
    {
        if (People.ByPassport(issuer, number) is { } person)
        {
            return Since(person);
        }
        // A passport issued since.
        var index = _store.Read(db => db.QueryFirstOrDefault<int?>("select person from numbers where number = @key", new { key = $"{issuer}/{number}" }));
        return index is { } i ? At(i) : null;
    }

    public Person? ByVisa(string number) => People.ByVisa(number) is { } person ? Since(person) : null;

    /// <summary>From <paramref name="visibleAt"/> on, registers say so.</summary>
    public void Set<T>(int person, string kind, T value, Instant? visibleAt = null)
    {
        _store.Write(db => db.Execute(
            "insert into facts (person, kind, json, visible_at) values (@person, @kind, @json, @at) on conflict (person, kind) do update set json = excluded.json, visible_at = excluded.visible_at",
            new { person, kind, json = JsonSerializer.Serialize(value, Wire.Options), at = visibleAt?.ToMicros() ?? 0 }));
        _changed[person] = true;
        foreach (var agency in FactKind.AgenciesOf(kind))
        {
            Touch(agency, person, visibleAt);
        }
    }

    /// <summary>What the agency was told or knew of this since is gone: it says again what it said when the world began.</summary>
    public void Forget(int person, string kind)
    {
        _store.Write(db => db.Execute("delete from facts where person = @person and kind = @kind", new { person, kind }));
        foreach (var agency in FactKind.AgenciesOf(kind))
        {
            Touch(agency, person);
        }
    }

    /// <summary>Something of what the agency holds of this person is another: its list of changes says so, once it can be seen.</summary>
    public void Touch(string agency, int person, Instant? visibleAt = null) => _store.Write(db => db.Execute(
        "insert into changes (agency, person, at) values (@agency, @person, @at)",
        new { agency, person, at = Math.Max(visibleAt?.ToMicros() ?? 0, _clock.Now().ToMicros()) }));

    /// <summary>The people whose record changed after a cursor, each once, where to read on, and whether there is more.</summary>
    /// <param name="after">As it was given; empty: from the first.</param>
    public (IReadOnlyList<Person> People, string Next, bool More) ChangedAfter(string agency, string after, int most)
    {
        var (at, seq) = after.Split('.') is [var a, var s] && long.TryParse(a, CultureInfo.InvariantCulture, out var time) && long.TryParse(s, CultureInfo.InvariantCulture, out var number) ? (time, number) : (0, 0);
        var rows = _store.Read(db => db.Query<(long At, long Seq, int Person)>(
            "select at, seq, person from changes where agency = @agency and at <= @now and (at > @at or (at = @at and seq > @seq)) order by at, seq limit @limit",
            new { agency, at, seq, now = _clock.Now().ToMicros(), limit = most + 1 }).AsList());
        var page = rows.Take(most).ToList();
        return ([.. page.Select(row => row.Person).Distinct().Select(index => At(index)!)], page.Count == 0 ? after : string.Create(CultureInfo.InvariantCulture, $"{page[^1].At}.{page[^1].Seq}"), rows.Count > most);
    }

    public void Give(string number, int person) =>
        _store.Write(db => db.Execute("insert into numbers (number, person) values (@number, @person) on conflict (number) do nothing", new { number, person }));

    private Person Since(Person person)
    {
        foreach (var (kind, json) in _changed.ContainsKey(person.Index) ? FactsOf(person.Index) : [])
        {
            person = kind switch
            {
                FactKind.Birth => person with { Birth = Get<LocalDate>(json) },
                FactKind.NameAr => person with { Name = person.Name with { Ar = Get<string[]>(json) } },
                FactKind.NameEn => person with { Name = person.Name with { En = Get<string[]>(json) } },
                FactKind.Mobile => person with { Mobile = Get<string>(json) is { Length: > 0 } mobile ? mobile : null },
                FactKind.Cover => person with { Cover = Get<Cover>(json) },
                FactKind.Fitness => person with { Fitness = Get<Fitness>(json) },
                FactKind.Biometrics => person with { Biometrics = Get<RegisteredBiometrics>(json) },
                FactKind.Flags => person with { Flags = Get<RegisterFlag[]>(json) },
                FactKind.Violations => person with { Violations = Get<TrafficViolation[]>(json) },
                FactKind.Vehicles => person with { Vehicles = Get<OwnedVehicle[]>(json) },
                FactKind.Suspensions => person with { Suspensions = Get<ServiceSuspension[]>(json) },
                FactKind.Movements => person with { Movements = Get<RegisteredMovement[]>(json) },
                FactKind.Passports => person with { Passports = Get<RegisteredPassport[]>(json) },
                FactKind.Residence when Get<RegisteredResidence>(json) is var residence => person with { Residence = residence, ResidentNumber = residence.Number },
                FactKind.Alive => person with { Alive = Get<bool>(json) },
                FactKind.Death => person with { DiedOn = Get<LocalDate>(json), Alive = false },
                FactKind.DeathAt => person with { DeathAt = Get<Instant>(json) },
                FactKind.DeathTakenBack => person with { DeathAt = Get<Instant>(json), Alive = true },
                FactKind.PassportAt => person with { PassportAt = Get<Instant>(json) },
                FactKind.ContractEnd => person with { ContractEnd = Get<LocalDate?>(json) },
                FactKind.EntryVisa => person with { OtherVisa = Get<EntryVisaType?>(json) },
                FactKind.ContractEvent => person with { ContractEvent = Get<ContractEnded>(json) },
                FactKind.CoverEvent => person with { CoverEvent = Get<PolicyLapsed>(json) },
                FactKind.OrderEvents => person with { OrderEvents = Get<CourtOrder[]>(json) },
                FactKind.Absence => person with { AbsentSince = Get<LocalDate?>(json) },
                FactKind.Registration => person with { RegisteredBy = Get<string?>(json) },
                FactKind.Address => person with { Address = Get<RegisteredAddress>(json) },
                _ => throw new InvalidOperationException($"Nobody knows what {kind} is."),
            };
        }
        // The days go on: what has run out since the world began has run out.
        var today = _clock.Today();
        if (person.Residence is { Status: ResidenceStatus.Active } valid && valid.ExpiresOn < today)
        {
            person = person with { Residence = valid with { Status = ResidenceStatus.Expired } };
        }
        if (person.Passports.Any(passport => passport.Status == PassportStatus.Valid && passport.ExpiryDate < today))
        {
            person = person with { Passports = [.. person.Passports.Select(passport => passport.Status == PassportStatus.Valid && passport.ExpiryDate < today ? passport with { Status = PassportStatus.Expired } : passport)] };
        }
        return person;
    }

    private List<(string Kind, string Json)> FactsOf(int person) => _store.Read(db => db.Query<(string, string)>(
        "select kind, json from facts where person = @person and visible_at <= @now order by kind", new { person, now = _clock.Now().ToMicros() }).AsList());

    private static T Get<T>(string json) => JsonSerializer.Deserialize<T>(json, Wire.Options)!;

    private string Keep(string key, string value)
    {
        if (_store.Meta(key) is { } kept)
        {
            return kept;
        }
        _store.SetMeta(key, value);
        return value;
    }
}

/// <summary>What of a person can change.</summary>
public static class FactKind
{
    public const string Birth = "birth";
    public const string NameAr = "name_ar";
    public const string NameEn = "name_en";
    public const string Mobile = "mobile";
    public const string Cover = "cover";
    public const string Fitness = "fitness";
    public const string Biometrics = "biometrics";
    public const string Flags = "flags";
    public const string Violations = "violations";
    public const string Vehicles = "vehicles";
    public const string Suspensions = "suspensions";
    public const string Movements = "movements";
    public const string Passports = "passports";
    public const string Residence = "residence";
    public const string Alive = "alive";
    public const string EntryVisa = "entry_visa";
    public const string Absence = "absence";
    public const string Address = "address";
    public const string Registration = "registration";
    public const string Death = "death";

    /// <summary>When the register recorded the newest passport, and the death.</summary>
    public const string PassportAt = "passport_at";
    public const string DeathAt = "death_at";

    /// <summary>When it was taken back. Read after the death, by its name.</summary>
    public const string DeathTakenBack = "death_taken_back";
    public const string ContractEnd = "contract_end";

    /// <summary>What was told of the end of the contract and of the cover, and of orders.</summary>
    public const string ContractEvent = "contract_event";
    public const string CoverEvent = "cover_event";
    public const string OrderEvents = "order_events";

    /// <summary>In whose lists of changes it is: of an absence or the end of a contract, in that of the platform on which the employer is and in the other's for nothing.</summary>
    internal static IReadOnlyList<string> AgenciesOf(string kind) => kind switch
    {
        Movements or Passports or Residence or Death or DeathTakenBack => [AlienRegister.Name],
        Absence or ContractEnd or ContractEvent => [LabourContracts.Name, DomesticWork.Name],
        Cover or CoverEvent => [HealthInsurance.Name],
        OrderEvents => [Justice.Name],
        _ => [],
    };
}
