using Muqeem.Agencies;
using NodaTime;

namespace Muqeem.Sandbox.Population;

/// <summary>A person as the registers hold him: a function of the seed, the index and the day on which the world began. What happened since is kept in <see cref="State.World"/>.</summary>
public sealed record Person
{
    public required int Index { get; init; }

    /// <summary>One of the people with a story, see people.md.</summary>
    public string? Story { get; init; }

    public required NationalityRow Nationality { get; init; }
    public required string Sex { get; init; }
    public required PersonName Name { get; init; }
    public required LocalDate Birth { get; init; }
    public required DatePrecision Precision { get; init; }
    public required ResidenceCategory Category { get; init; }
    public required string Occupation { get; init; }

    /// <summary>Null: a newcomer, whose residence Muqeem issues.</summary>
    public required string? ResidentNumber { get; init; }
    public required string BorderNumber { get; init; }
    public required string VisaNumber { get; init; }
    public required LocalDate VisaIssuedOn { get; init; }

    /// <summary>The kind of that visa, where it is another than the residence asks for.</summary>
    public EntryVisaType? OtherVisa { get; init; }
    public EntryVisaType CameOn => OtherVisa ?? (Category == ResidenceCategory.Dependent ? EntryVisaType.FamilyResidence : EntryVisaType.Work);

    /// <summary>Newest first.</summary>
    public required IReadOnlyList<RegisteredPassport> Passports { get; init; }
    public int? Establishment { get; init; }
    public Employer? Household { get; init; }

    /// <summary>The head of the family that this person belongs to; his own index for a head with dependents.</summary>
    public int? Head { get; init; }
    public FamilyRelation? Relation { get; init; }
    public required string? Mobile { get; init; }
    public required string? Email { get; init; }
    public required string Language { get; init; }
    public required MaritalStatus Marital { get; init; }
    public bool Alive { get; init; } = true;
    public LocalDate? DiedOn { get; init; }

    /// <summary>When the register recorded it; null: nobody noted it.</summary>
    public Instant? DeathAt { get; init; }
    public Instant? PassportAt { get; init; }
    public IReadOnlyList<RegisterFlag> Flags { get; init; } = [];
    public required RegisteredBiometrics Biometrics { get; init; }

    /// <summary>Null for a child born in the Kingdom.</summary>
    public required RegisteredEntry? Entry { get; init; }
    public required RegisteredResidence? Residence { get; init; }

    /// <summary>Newest first.</summary>
    public required IReadOnlyList<RegisteredMovement> Movements { get; init; }
    public required Fitness? Fitness { get; init; }
    public required Cover? Cover { get; init; }
    public IReadOnlyList<TrafficViolation> Violations { get; init; } = [];
    public IReadOnlyList<OwnedVehicle> Vehicles { get; init; } = [];
    public LocalDate? LicenceUntil { get; init; }
    public IReadOnlyList<ServiceSuspension> Suspensions { get; init; } = [];
    public required RegisteredAddress? Address { get; init; }
    public required long WageHalalas { get; init; }
    public required LocalDate ContractStart { get; init; }

    /// <summary>The contract's last day, when somebody ended it.</summary>
    public LocalDate? ContractEnd { get; init; }
    public LocalDate? AbsentSince { get; init; }

    /// <summary>What the agencies told of it since, or should have.</summary>
    public ContractEnded? ContractEvent { get; init; }
    public PolicyLapsed? CoverEvent { get; init; }

    /// <summary>Of each order the newest change.</summary>
    public IReadOnlyList<CourtOrder> OrderEvents { get; init; } = [];

    /// <summary>By whom social insurance has the person registered, where that is not the employer; empty: by nobody.</summary>
    public string? RegisteredBy { get; init; }

    /// <summary>An agency that is slow, or down, for this person: name of the agency.</summary>
    public string? SlowAgency { get; init; }
    public string? DownAgency { get; init; }

    public string Number => ResidentNumber ?? BorderNumber;
    public bool IsChild(LocalDate on) => Period.Between(Birth, on, PeriodUnits.Years).Years < 15;
    public Whereabouts Location => Movements is [{ Direction: MovementDirection.Out }, ..] ? Whereabouts.Outside : Whereabouts.Inside;
    public string? EmployerNumber { get; init; }
}

/// <summary>A household employer.</summary>
public sealed record Employer(string Number, HouseholdEmployerKind Kind, PersonName Name, string Mobile, int Workers);

public sealed record Fitness(bool Fit, LocalDate TestedOn, string Facility);

public sealed record Cover(string Insurer, string Number, string Class, LocalDate From, LocalDate To);
