using NodaTime;

namespace Muqeem.Agencies;

/// <summary>Social insurance: whether and since when an employer has registered the person.</summary>
public sealed record Contributor(string Source, Instant AsOf, string Id, bool Active, string? EmployerNumber, long? WageHalalas, LocalDate? Since) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Person(Id) => "id",
        _ when Active && !Shape.Employer(EmployerNumber) => "employerNumber",
        _ when Active && WageHalalas is null or < 0 => "wageHalalas",
        _ when Active && Since is null => "since",
        _ => null,
    };
}

/// <summary>The social insurance's register of employment.</summary>
public sealed class SocialInsurance(AgencyLine line)
{
    public const string Name = "SocialInsurance";

    /// <summary>Employers register by the month.</summary>
    public static readonly Duration ContributorValidity = Duration.FromHours(24);

    /// <param name="number">Resident or border number. <c>NotFound</c>: nobody ever registered this person.</param>
    public Task<AgencyAnswer<Contributor>> ContributorAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<Contributor>("contributor", $"contributors/{Uri.EscapeDataString(number)}", ContributorValidity, cancel);
}
