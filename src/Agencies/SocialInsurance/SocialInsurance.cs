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

/// <summary>The residence of an establishment's worker began, and with it the time for which the employer has to contribute; or it ended.</summary>
/// <param name="From">The first day of the residence.</param>
/// <param name="EndedOn">The day on which the residence ended; null: it goes on.</param>
public sealed record EmploymentNotice(string ResidentNumber, string EmployerNumber, LocalDate From, LocalDate? EndedOn);

/// <summary>The social insurance's register of employment.</summary>
public sealed class SocialInsurance(AgencyLine line)
{
    public const string Name = "SocialInsurance";

    /// <summary>Employers register by the month.</summary>
    public static readonly Duration ContributorValidity = Duration.FromHours(24);

    /// <param name="number">Resident or border number. <c>NotFound</c>: nobody ever registered this person.</param>
    public Task<AgencyAnswer<Contributor>> ContributorAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<Contributor>("contributor", $"contributors/{Uri.EscapeDataString(number)}", ContributorValidity, cancel);

    public Task<AgencyAnswer<NoticeReceipt>> TellEmploymentAsync(EmploymentNotice notice, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("employment_notice", HttpMethod.Post, "employments", notice, requestId, cancel);

    /// <summary>Whose record of our notices changed since a cursor, in that order.</summary>
    public Task<AgencyAnswer<HoldingPage<EmploymentHolding>>> ChangesAsync(string after, int most, CancellationToken cancel = default) => HoldingPages.ChangesAsync<EmploymentHolding>(line, after, most, cancel);

    /// <summary>What is held of some people, by resident or border number.</summary>
    public Task<AgencyAnswer<HoldingPage<EmploymentHolding>>> HoldingsAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel = default) => HoldingPages.OfAsync<EmploymentHolding>(line, numbers, cancel);
}
