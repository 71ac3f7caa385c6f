using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>A fact: something a record system says, with the name under which a service asks for it.</summary>
public interface IFact
{
    static abstract string Name { get; }

    /// <summary>Number of the stored shape.</summary>
    static abstract int Schema { get; }
}

/// <summary>Where a fact came from and until when its contract lets it be used.</summary>
public sealed record FactOrigin(string Source, string RequestId, Instant AsOf, Instant ValidUntil);

/// <summary>The facts of one case that the rules may look at.</summary>
public sealed class FactSet
{
    private readonly Dictionary<string, (object Value, FactOrigin Origin)> _facts = new(StringComparer.Ordinal);

    public static readonly FactSet Empty = new();

    public FactSet Add<T>(T fact, FactOrigin origin) where T : class, IFact
    {
        _facts[T.Name] = (fact, origin);
        return this;
    }

    internal void Add(string name, object fact, FactOrigin origin) => _facts[name] = (fact, origin);

    public bool Has<T>() where T : class, IFact => _facts.ContainsKey(T.Name);

    public bool Has(string name) => _facts.ContainsKey(name);

    /// <summary>The fact; asking for one that the service did not list is a bug.</summary>
    public T Get<T>() where T : class, IFact =>
        _facts.TryGetValue(T.Name, out var f) ? (T)f.Value : throw new InvalidOperationException($"The service does not list the fact '{T.Name}'.");

    public T? Find<T>() where T : class, IFact => _facts.TryGetValue(T.Name, out var f) ? (T)f.Value : null;

    public FactOrigin Origin<T>() where T : class, IFact => _facts[T.Name].Origin;

    public IEnumerable<(string Name, object Value, FactOrigin Origin)> All => _facts.Select(f => (f.Key, f.Value.Value, f.Value.Origin));
}

/// <summary>Names of the record systems as texts know them: <c>source.&lt;name&gt;</c>.</summary>
public static class Sources
{
    public const string AlienRegister = "alien_register";
    public const string Labour = "labour";
    public const string DomesticWork = "domestic_work";
    public const string SocialInsurance = "social_insurance";
    public const string ForeignAffairs = "foreign_affairs";
    public const string Medical = "medical";
    public const string Insurance = "insurance";
    public const string Traffic = "traffic";
    public const string Justice = "justice";
    public const string NationalAddress = "national_address";
    public const string Muqeem = "muqeem";

    private static readonly Dictionary<string, string> Owners = new(StringComparer.Ordinal)
    {
        [AlienRegister] = Agencies.AlienRegister.Name,
        [Labour] = Agencies.LabourContracts.Name,
        [DomesticWork] = Agencies.DomesticWork.Name,
        [SocialInsurance] = Agencies.SocialInsurance.Name,
        [ForeignAffairs] = Agencies.ForeignAffairs.Name,
        [Medical] = Agencies.MedicalFitness.Name,
        [Insurance] = Agencies.HealthInsurance.Name,
        [Traffic] = Agencies.Traffic.Name,
        [Justice] = Agencies.Justice.Name,
        [NationalAddress] = Agencies.NationalAddresses.Name,
    };

    /// <summary>The agency that owns a record; null for our own.</summary>
    public static string? OwnerOf(string source) => Owners.GetValueOrDefault(source);

    /// <summary>The record that an agency owns; null when it owns none that we read.</summary>
    public static string? OwnedBy(string agency) => Owners.FirstOrDefault(o => o.Value == agency).Key;
}

/// <summary>The alien register's record of the person.</summary>
public sealed record PersonFact : IFact
{
    public static string Name => "person";
    public static int Schema => 1;

    public bool Found { get; init; } = true;
    public IReadOnlyList<string> NamesArabic { get; init; } = [];
    public IReadOnlyList<string> NamesLatin { get; init; } = [];
    public string FullNameArabic { get; init; } = "";
    public string FullNameLatin { get; init; } = "";
    public string Sex { get; init; } = "U";
    public string BirthDate { get; init; } = "";
    public string BirthPrecision { get; init; } = "DAY";
    public string? BirthDateHijri { get; init; }
    public string Nationality { get; init; } = "";
    public bool Alive { get; init; } = true;
    public bool Inside { get; init; }
    public bool Fingerprint { get; init; }
    public bool Face { get; init; }

    /// <summary>WANTED, TRAVEL_BAN, SUSPENDED, ABSENT, EXITED_NO_RETURN.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
    public string? PhotoReference { get; init; }
}

/// <summary>The person's passports as the register has them.</summary>
public sealed record PassportsFact : IFact
{
    public static string Name => "passports";
    public static int Schema => 1;

    public IReadOnlyList<RecordedPassport> Passports { get; init; } = [];

    /// <summary>The one in force: the latest to expire among the current ones.</summary>
    public RecordedPassport? Current => Passports.Where(p => p.Status == "CURRENT").OrderByDescending(p => p.ExpiryDate).FirstOrDefault();
}

public sealed record RecordedPassport(string Number, string Issuer, LocalDate? IssueDate, LocalDate ExpiryDate, string Status);

/// <summary>Border movements.</summary>
public sealed record MovementsFact : IFact
{
    public static string Name => "movements";
    public static int Schema => 1;

    public LocalDate? LastEntry { get; init; }
    public LocalDate? LastExit { get; init; }
}

/// <summary>Contract, work permit and employer, or the head of family's file for dependents.</summary>
public sealed record ContractFact : IFact
{
    public static string Name => "contract";
    public static int Schema => 1;

    public bool Found { get; init; }
    public string? ContractId { get; init; }
    public string Status { get; init; } = "";
    public string? EmployerNumber { get; init; }
    public string? EmployerName { get; init; }
    public string? OccupationCode { get; init; }
    public string? Occupation { get; init; }
    public string? OccupationArabic { get; init; }
    public LocalDate? PermitUntil { get; init; }
    public int Saudis { get; init; }
    public int Expatriates { get; init; }
    public bool IndustrialLicence { get; init; }
    public bool EmployerSuspended { get; init; }
    public bool AbsenceReported { get; init; }

    /// <summary>Workers of the household, this one included, and what the household's head is: citizen, resident, premium_resident.</summary>
    public int HouseholdWorkers { get; init; }
    public string HouseholdKind { get; init; } = "";

    /// <summary>Establishment worker, household worker or dependent.</summary>
    public string Category { get; init; } = "";
}

/// <summary>Social insurance's registration of the employment. The wage, which it has too, is nobody's business here.</summary>
public sealed record EmploymentFact : IFact
{
    public static string Name => "employment";
    public static int Schema => 1;

    public bool Registered { get; init; }
    public string? EmployerNumber { get; init; }
    public LocalDate? Since { get; init; }
}

/// <summary>The visa on which the person came, as foreign affairs issued it.</summary>
public sealed record EntryVisaFact : IFact
{
    public static string Name => "entry_visa";
    public static int Schema => 1;

    public bool Found { get; init; }

    /// <summary><see cref="Agencies.EntryVisaType"/>; empty when there is none.</summary>
    public string Kind { get; init; } = "";

    /// <summary>For whom it was issued: the employer, or the head of family.</summary>
    public string? SponsorNumber { get; init; }
    public LocalDate? UsedOn { get; init; }
}

public sealed record MedicalFact : IFact
{
    public static string Name => "medical";
    public static int Schema => 1;

    public bool Tested { get; init; }
    public bool Fit { get; init; }
    public LocalDate? On { get; init; }
}

public sealed record InsuranceFact : IFact
{
    public static string Name => "insurance";
    public static int Schema => 1;

    public bool Insured { get; init; }
    public string? Insurer { get; init; }
    public LocalDate? From { get; init; }
    public LocalDate? Until { get; init; }
}

public sealed record TrafficFact : IFact
{
    public static string Name => "traffic";
    public static int Schema => 1;

    public int Unpaid { get; init; }
    public Money Amount { get; init; }
}

public sealed record JusticeFact : IFact
{
    public static string Name => "justice";
    public static int Schema => 1;

    /// <summary>A ban from travelling alone: it stands against a visa to leave, and against nothing else.</summary>
    public const string Travel = nameof(Agencies.SuspensionScope.Travel);

    /// <summary>Scopes of the orders in force, <see cref="Agencies.SuspensionScope"/>.</summary>
    public IReadOnlyList<string> Suspensions { get; init; } = [];
}

/// <summary>Our own record of the residence.</summary>
public sealed record ResidenceFact : IFact
{
    public static string Name => "residence";
    public static int Schema => 1;

    public Guid? Id { get; init; }
    public string Standing { get; init; } = "";
    public string Category { get; init; } = "";
    public LocalDate? From { get; init; }
    public LocalDate? Until { get; init; }
    public int LateRenewals { get; init; }
    public string? EmployerNumber { get; init; }
    public string? EmployerName { get; init; }
    public string? Occupation { get; init; }
}

/// <summary>Our own record of the ID: its newest version.</summary>
public sealed record DocumentFact : IFact
{
    public static string Name => "document";
    public static int Schema => 1;

    /// <summary>0: there never was an ID.</summary>
    public int Number { get; init; }

    /// <summary><see cref="Credentials.Issuing.DocumentState"/>; empty without an ID.</summary>
    public string State { get; init; } = "";
    public LocalDate? Issued { get; init; }
    public LocalDate? Until { get; init; }

    /// <summary>When it ended before its day: of a lost one, when the loss was reported.</summary>
    public Instant? EndedAt { get; init; }

    /// <summary>Of a revoked one, the code of <see cref="Credentials.Holding.HoldReasons.Revoke"/>.</summary>
    public string? RevokedFor { get; init; }
}

/// <summary>The addresses that the National Address register has in the person's name, the primary one first.</summary>
public sealed record AddressFact : IFact
{
    public static string Name => "address";
    public static int Schema => 1;

    public IReadOnlyList<RecordedAddress> Addresses { get; init; } = [];
}

/// <param name="Short">Four letters and four digits.</param>
/// <param name="Arabic">In words: building, street, district, city, postal code.</param>
public sealed record RecordedAddress(string Short, string Arabic, string English);

/// <summary>Our own record of whether the card of the ID can be sent: what holds the ID, and whether it is on its way already.</summary>
public sealed record DeliveryFact : IFact
{
    public static string Name => "delivery";
    public static int Schema => 1;

    /// <summary>By the authority.</summary>
    public bool Suspended { get; init; }

    /// <summary>By the holder.</summary>
    public bool Frozen { get; init; }

    /// <summary>Reference of the case by which this version is being sent; null: by none.</summary>
    public string? UnderWay { get; init; }
}

/// <summary>Our own record of exit visas and of fines with their ordinals.</summary>
public sealed record VisasFact : IFact
{
    public static string Name => "visas";
    public static int Schema => 1;

    public string? OpenNumber { get; init; }
    public string? OpenState { get; init; }
    public int OpenFines { get; init; }
    public Money OpenFinesAmount { get; init; }

    /// <summary>How many fines of each code the person has had.</summary>
    public Dictionary<string, int> Ordinals { get; init; } = [];
}

/// <summary>The head of family's and dependents' tie: levy and expiry of the head.</summary>
public sealed record FamilyFact : IFact
{
    public static string Name => "family";
    public static int Schema => 1;

    public string? HeadNumber { get; init; }
    public string? HeadName { get; init; }
    public string? Relation { get; init; }
    public LocalDate? HeadResidenceUntil { get; init; }
    public int Dependents { get; init; }
}
