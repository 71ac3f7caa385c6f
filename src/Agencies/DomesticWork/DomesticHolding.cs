namespace Muqeem.Agencies;

/// <summary>What the domestic-work platform holds of a household's worker: our last notice of the residence, who employs the worker as what, and what it told of the contract.</summary>
/// <param name="Told">Null: it was never told of a residence.</param>
/// <param name="EmployerNumber">Null: no household employs this person.</param>
/// <param name="Ended">The end of the contract as its call told it, or should have; null while no end is known.</param>
public sealed record DomesticHolding(string Id, DomesticResidenceNotice? Told, string? EmployerNumber, string? OccupationCode, ContractEnded? Ended = null) : IHolding
{
    public string? BrokenField() => this switch
    {
        _ when Told is not null && !Shape.Resident(Told.ResidentNumber) => "told.residentNumber",
        _ when EmployerNumber is not null && (!Shape.Employer(EmployerNumber) || EmployerNumber[0] == '7') => "employerNumber",
        _ when OccupationCode is not null && !Shape.Occupation(OccupationCode) => "occupationCode",
        _ when Ended?.BrokenField() is { } field => "ended." + field,
        _ => null,
    };
}
