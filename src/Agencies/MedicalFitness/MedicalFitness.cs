using NodaTime;

namespace Muqeem.Agencies;

/// <summary>The medical test for residence. Whether fit and when: never a diagnosis.</summary>
/// <param name="ValidUntil">The last day on which an ID may be issued on it.</param>
public sealed record FitnessTest(string Source, Instant AsOf, string PassportNumber, string Nationality, bool Fit, LocalDate TestedOn, LocalDate ValidUntil, string Facility) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Passport(PassportNumber) => "passportNumber",
        _ when !Shape.State(Nationality) => "nationality",
        _ when ValidUntil < TestedOn => "validUntil",
        _ when !Shape.Text(Facility) => "facility",
        _ => null,
    };
}

/// <summary>The health ministry's register of medical tests of newcomers.</summary>
public sealed class MedicalFitness(AgencyLine line)
{
    public const string Name = "MedicalFitness";

    public static readonly Duration TestValidity = Duration.FromHours(6);

    /// <param name="issuer">ICAO three-letter code.</param>
    /// <returns><c>NotFound</c>: no test on this passport yet.</returns>
    public Task<AgencyAnswer<FitnessTest>> TestAsync(string issuer, string passport, CancellationToken cancel = default) =>
        line.GetAsync<FitnessTest>("test", $"tests?issuer={Uri.EscapeDataString(issuer)}&passport={Uri.EscapeDataString(passport)}", TestValidity, cancel);
}
