namespace Muqeem.Agencies;

/// <summary>What social insurance holds of our notices about a worker.</summary>
/// <param name="Told">The last one; null: it was told of no employment.</param>
public sealed record EmploymentHolding(string Id, EmploymentNotice? Told) : IHolding
{
    public string? BrokenField() => this switch
    {
        _ when Told is not null && !Shape.Resident(Told.ResidentNumber) => "told.residentNumber",
        _ when Told is not null && !Shape.Employer(Told.EmployerNumber) => "told.employerNumber",
        _ => null,
    };
}
