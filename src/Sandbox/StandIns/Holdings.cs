using System.Globalization;
using System.Text.Json;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using NodaTime;

namespace Muqeem.Sandbox.StandIns;

/// <summary>What each stand-in holds of what Muqeem told it, listed for the comparison of the night.</summary>
internal sealed class Holdings(World world, Store store, SandboxClock clock, Post post, NationalWallet wallet)
{
    public RegisterHolding Register(Person person, string id)
    {
        var visas = VisasOf(person);
        var numbers = visas.Select(visa => visa.VisaNumber).ToHashSet(StringComparer.Ordinal);
        return new(id, person.Residence, visas,
            [.. person.Movements.Reverse().Where(m => m.EventId is not null && m.VisaNumber is not null && numbers.Contains(m.VisaNumber))
                .Select(m => new BorderEvent(m.EventId!, person.Number, m.Direction, m.Port, m.At, m.VisaNumber, m.PassportNumber))],
            person.Passports is [{ Status: PassportStatus.Valid or PassportStatus.Expired } passport, ..] ? new(PassportEvent(person.Index, person.Passports.Count), passport, person.PassportAt ?? passport.IssueDate.StartInRiyadh()) : null,
            person is { DiedOn: { } died, DeathAt: { } at } && (person.Alive ? DeathChange.TakenBack : DeathChange.Recorded) is var change ? new(DeathEvent(person.Index, change, at), died, at, change) : null);
    }

    /// <summary>The register's own id of the event that somebody's so manieth passport was recorded.</summary>
    public static string PassportEvent(int person, int passports) => string.Create(CultureInfo.InvariantCulture, $"PX-{person}-{passports}");

    /// <summary>Another each time: who was recorded as dead in error dies once more.</summary>
    public static string DeathEvent(int person, DeathChange change, Instant at) => string.Create(CultureInfo.InvariantCulture, $"{(change == DeathChange.TakenBack ? "DB" : "DX")}-{person}-{at.ToUnixTimeSeconds()}");

    public LabourHolding Labour(Person person, string id) => new(id, LastOf<LabourResidenceNotice>(LabourContracts.Name, "residence", person.Number),
        Employs(person, ResidenceCategory.Establishment) ? person.EmployerNumber : null, Employs(person, ResidenceCategory.Establishment) ? person.Occupation : null,
        EndOf(person, ResidenceCategory.Establishment));

    public DomesticHolding Domestic(Person person, string id) => new(id, LastOf<DomesticResidenceNotice>(DomesticWork.Name, "residence", person.Number),
        Employs(person, ResidenceCategory.Household) ? person.EmployerNumber : null, Employs(person, ResidenceCategory.Household) ? person.Occupation : null,
        EndOf(person, ResidenceCategory.Household));

    private static ContractEnded? EndOf(Person person, ResidenceCategory category) => person.Category == category && person.ContractEnd is not null ? person.ContractEvent : null;

    private bool Employs(Person person, ResidenceCategory category) => person.Category == category && !(person.ContractEnd <= clock.Today());

    public InsuranceHolding Insurance(Person person, string id) => new(id, LastOf<HealthPolicyEnd>(HealthInsurance.Name, "end", person.Number)?.On, person.Cover?.To < clock.Today() ? person.CoverEvent : null);

    public static OrderHolding Orders(Person person, string id) => new(id, person.OrderEvents);

    public EmploymentHolding Employment(Person person, string id) => new(id, LastOf<EmploymentNotice>(SocialInsurance.Name, "employment", person.Number));

    public PostHolding Cards(Person person, string id) => post.Held(person, id);

    public WalletHolding Wallet(Person person, string id) => wallet.Held(person, id);

    /// <summary>What Muqeem told of a visa is gone, as if it had never come.</summary>
    public void ForgetVisas(Person person)
    {
        store.Write(db => db.Execute("delete from notices where agency = @agency and verb = 'visa' and subject = @number", new { agency = AlienRegister.Name, number = person.Number }));
        world.Touch(AlienRegister.Name, person.Index);
    }

    /// <summary>The same of what a platform of employers or the insurers were told.</summary>
    public void ForgetNotices(Person person, string agency)
    {
        store.Write(db => db.Execute("delete from notices where agency = @agency and subject = @number", new { agency, number = person.Number }));
        world.Touch(agency, person.Index);
    }

    /// <summary>Something about a visa was told: whoever holds it has another record now.</summary>
    public void VisaChanged(string visaNumber)
    {
        if (store.Read(db => db.QueryFirstOrDefault<string>("select subject from notices where agency = @agency and verb = 'visa' and json_extract(json, '$.visaNumber') = @visaNumber limit 1",
            new { agency = AlienRegister.Name, visaNumber })) is { } number && world.ByNumber(number) is { } person)
        {
            world.Touch(AlienRegister.Name, person.Index);
        }
    }

    /// <summary>Each visa as it was last told, with what was told of it afterwards.</summary>
    private IReadOnlyList<HeldVisa> VisasOf(Person person)
    {
        var told = store.Read(db => db.Query<string>("select json from notices where agency = @agency and verb = 'visa' and subject = @number order by id", new { agency = AlienRegister.Name, number = person.Number }).AsList())
            .Select(Read<VisaNotice>).GroupBy(visa => visa.VisaNumber, StringComparer.Ordinal).Select(again => again.Last());
        return
        [
            .. told.Select(visa => LastOf<VisaChange>(AlienRegister.Name, "visa-change", visa.VisaNumber) is { } change
                ? new HeldVisa(visa.VisaNumber, visa.Type, change.Status, visa.ExitBefore, change.ReturnBefore ?? visa.ReturnBefore)
                : new HeldVisa(visa.VisaNumber, visa.Type, ExitVisaStatus.Issued, visa.ExitBefore, visa.ReturnBefore)),
        ];
    }

    private T? LastOf<T>(string agency, string verb, string subject) where T : class =>
        store.Read(db => db.QueryFirstOrDefault<string>("select json from notices where agency = @agency and verb = @verb and subject = @subject order by id desc limit 1", new { agency, verb, subject })) is { } json
            ? Read<T>(json) : null;

    private static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Wire.Options)!;
}

/// <summary>The two operations of each agency that lists what it holds.</summary>
internal static class HoldingsOf
{
    public const int Most = 500;

    public static void Map(IEndpointRouteBuilder app)
    {
        Map(app, AlienRegister.Name, "alien-register", "alien register", (holdings, person, id) => holdings.Register(person, id));
        Map(app, LabourContracts.Name, "labour", "labour contracts", (holdings, person, id) => holdings.Labour(person, id));
        Map(app, DomesticWork.Name, "domestic-work", "domestic work", (holdings, person, id) => holdings.Domestic(person, id));
        Map(app, HealthInsurance.Name, "insurance", "health insurance", (holdings, person, id) => holdings.Insurance(person, id));
        Map(app, Justice.Name, "justice", "justice", (_, person, id) => Holdings.Orders(person, id));
        Map(app, SocialInsurance.Name, "social-insurance", "social insurance", (holdings, person, id) => holdings.Employment(person, id));
        Map(app, NationalAddresses.Name, "address", "national address", (holdings, person, id) => holdings.Cards(person, id));
        Map(app, WalletApp.Name, "wallet-app", "national wallet app", (holdings, person, id) => holdings.Wallet(person, id));
    }

    private static void Map<T>(IEndpointRouteBuilder app, string agency, string prefix, string words, Func<Holdings, Person, string, T> of) where T : class, IHolding
    {
        var group = app.MapGroup("/" + prefix).WithGroupName(prefix).WithTags(words);
        group.MapGet("/changes", (Holdings holdings, World world, SandboxClock clock, string after = "", int most = 100) =>
        {
            if (most is < 1 or > Most)
            {
                return Answer.Invalid("most");
            }
            var (people, next, more) = world.ChangedAfter(agency, after, most);
            return Answer.Json(new HoldingPage<T>(agency, clock.Now(), [.. people.Select(person => of(holdings, person, person.Number))], next, more));
        }).WithName("changesOf" + agency).WithSummary("Whose record changed since a cursor, in that order, each as it is now.").Produces<HoldingPage<T>>().ProducesProblem(422).ProducesProblem(503);
        group.MapGet("/holdings", (string ids, Holdings holdings, World world, SandboxClock clock) =>
        {
            var numbers = ids.Split(',', StringSplitOptions.RemoveEmptyEntries);
            return numbers.Length is 0 or > HoldingPages.MostAsked ? Answer.Invalid("ids")
                : Answer.Json(new HoldingPage<T>(agency, clock.Now(), [.. numbers.Select(number => world.ByNumber(number) is { } person ? of(holdings, person, number) : null).OfType<T>()], "", false));
        }).WithName("holdingsOf" + agency).WithSummary("What is held of some people, by resident or border number.").Produces<HoldingPage<T>>().ProducesProblem(422).ProducesProblem(503);
    }
}
