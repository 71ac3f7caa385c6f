using NodaTime;

namespace Muqeem.Agencies;

public enum HouseholdEmployerKind { Citizen, Resident, PremiumResident }

/// <summary>A worker of a household: the contract and the household.</summary>
public sealed record HouseholdContract(
    string Source, Instant AsOf, string Id, DomesticContract Contract, Household Household, string OccupationCode, WorkStatus WorkStatus, LocalDate? DisconnectedOn) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Person(Id) => "id",
        _ when Contract.BrokenField() is { } field => "contract." + field,
        _ when Household.BrokenField() is { } field => "household." + field,
        _ when !Shape.Occupation(OccupationCode) => "occupationCode",
        _ => null,
    };
}

/// <param name="Documented">Both parties accepted it in the agency's own platform.</param>
/// <param name="WageHalalas">Monthly wage.</param>
public sealed record DomesticContract(string Number, ContractStatus Status, LocalDate Start, LocalDate? End, bool Documented, long WageHalalas)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(Number, 30) => "number",
        _ when End < Start => "end",
        _ when WageHalalas < 0 => "wageHalalas",
        _ => null,
    };
}

/// <param name="Number">The employer's citizen or resident number.</param>
/// <param name="Workers">Under contract with this employer now, this one included.</param>
/// <param name="Mobile">Of the employer, <c>+9665…</c>.</param>
public sealed record Household(string Number, HouseholdEmployerKind Kind, string NameAr, string NameEn, int Workers, string? Mobile)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Employer(Number) || Number[0] == '7' => "number",
        _ when !Shape.Text(NameAr) => "nameAr",
        _ when Workers < 0 => "workers",
        _ when Mobile is not null && !Shape.Mobile(Mobile) => "mobile",
        _ => null,
    };
}

/// <summary>A household on its own, by the employer's number.</summary>
public sealed record HouseholdStanding(string Source, Instant AsOf, Household Household) : IAgencyRecord
{
    public string? BrokenField() => Household.BrokenField() is { } field ? "household." + field : null;
}

/// <summary>Our notice that the residence of a household's worker began, was renewed or ended.</summary>
public sealed record DomesticResidenceNotice(string ResidentNumber, ResidenceStatus Status, LocalDate ExpiresOn);
