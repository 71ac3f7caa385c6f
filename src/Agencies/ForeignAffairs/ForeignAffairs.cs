using NodaTime;

namespace Muqeem.Agencies;

public enum EntryVisaType { Work, FamilyResidence, Visit }

/// <summary>A visa to come, issued by a mission abroad.</summary>
/// <param name="UsedOn">The day of the entry on it; null: nobody came on it yet.</param>
public sealed record EntryVisa(
    string Source, Instant AsOf, string Number, EntryVisaType Type, string PassportNumber, string Nationality, string? EmployerNumber, string? HeadNumber, string? OccupationCode,
    LocalDate IssuedOn, LocalDate ValidUntil, LocalDate? UsedOn) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Number(Number, 8, 10) => "number",
        _ when !Shape.Passport(PassportNumber) => "passportNumber",
        _ when !Shape.State(Nationality) => "nationality",
        _ when EmployerNumber is not null && !Shape.Employer(EmployerNumber) => "employerNumber",
        _ when HeadNumber is not null && !Shape.Person(HeadNumber) => "headNumber",
        _ when OccupationCode is not null && !Shape.Occupation(OccupationCode) => "occupationCode",
        _ when ValidUntil < IssuedOn => "validUntil",
        _ => null,
    };
}

/// <summary>The missions abroad: visas to come.</summary>
public sealed class ForeignAffairs(AgencyLine line)
{
    public const string Name = "ForeignAffairs";

    /// <summary>What was issued abroad does not change; whether it was used does, once.</summary>
    public static readonly Duration VisaValidity = Duration.FromHours(24);

    /// <param name="number">Of the visa, as in <see cref="RegisteredEntry.VisaNumber"/>.</param>
    public Task<AgencyAnswer<EntryVisa>> EntryVisaAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<EntryVisa>("entry_visa", $"visas/{Uri.EscapeDataString(number)}", VisaValidity, cancel);

    /// <summary>The visa on which the holder of a passport last came.</summary>
    /// <param name="issuer">ICAO three-letter code.</param>
    /// <returns><c>NotFound</c>: nobody came on a visa in this passport; the visa may be in an earlier one.</returns>
    public Task<AgencyAnswer<EntryVisa>> EntryVisaOfAsync(string issuer, string passport, CancellationToken cancel = default) =>
        line.GetAsync<EntryVisa>("entry_visa", $"visas?issuer={Uri.EscapeDataString(issuer)}&passport={Uri.EscapeDataString(passport)}", VisaValidity, cancel);
}
