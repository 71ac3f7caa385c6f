using System.Text.Json.Serialization;
using NodaTime;

namespace Muqeem.Agencies;

public enum RegisterIdType { Resident, Citizen, Border }

/// <summary>How much of a birth date is known. The day or month that is not known is written 01.</summary>
public enum DatePrecision { Day, Month, Year }

public enum MaritalStatus { Single, Married, Divorced, Widowed, Unknown }

public enum Whereabouts { Inside, Outside }

public enum MovementDirection { In, Out }

/// <summary>What stands against a person in the register.</summary>
public enum RegisterFlag { Wanted, TravelBan, Suspended, Absent, ExitedNoReturn }

public enum PassportType { Ordinary, Diplomatic, Service, TravelDocument }

public enum PassportStatus { Valid, Expired, Replaced, Lost }

public enum FamilyRelation { Head, Husband, Wife, Son, Daughter, Father, Mother }

public enum FamilyLinkStatus { Active, Ended }

public enum ResidenceCategory { Establishment, Household, Dependent }

public enum ResidenceStatus { Active, Expired, Suspended, Absent, Ended, Revoked }

/// <summary>A person as the alien register holds him. Answers by resident or border number.</summary>
/// <param name="Id">The number that was asked for.</param>
/// <param name="Nationality">The three-letter code of the travel document (ICAO 9303), without fillers.</param>
/// <param name="PhotoRef">Asks for the portrait; null when none was taken.</param>
/// <param name="Mobile">The number registered in the person's name, <c>+9665…</c>; null when none is.</param>
/// <param name="Entry">The first entry on the visa that the residence rests on.</param>
/// <param name="Residence">The residence as it was last noticed to the register.</param>
public sealed record RegisteredPerson(
    string Source, Instant AsOf, string Id, RegisterIdType IdType, string? ResidentNumber, string? BorderNumber, RegisteredNames Names, string Sex, RegisteredBirth Birth,
    string Nationality, string? Religion, MaritalStatus MaritalStatus, string? PhotoRef, bool Alive, Whereabouts Location, RegisteredBiometrics Biometrics,
    IReadOnlyList<RegisterFlag> Flags, string? Mobile, RegisteredEntry? Entry, RegisteredResidence? Residence) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Person(Id) => "id",
        _ when ResidentNumber is not null && !Shape.Resident(ResidentNumber) => "residentNumber",
        _ when BorderNumber is not null && !Shape.Border(BorderNumber) => "borderNumber",
        _ when Id != ResidentNumber && Id != BorderNumber && IdType != RegisterIdType.Citizen => "id",
        _ when Names.BrokenField() is { } field => "names." + field,
        _ when Sex is not ("M" or "F" or "U") => "sex",
        _ when Birth.BrokenField() is { } field => "birth." + field,
        _ when !Shape.State(Nationality) => "nationality",
        _ when PhotoRef is not null && !Shape.Text(PhotoRef, 80) => "photoRef",
        _ when Mobile is not null && !Shape.Mobile(Mobile) => "mobile",
        _ when Entry is not null && !Shape.Number(Entry.VisaNumber, 8, 10) => "entry.visaNumber",
        _ when Residence?.BrokenField() is { } field => "residence." + field,
        _ => null,
    };
}

/// <summary>Names as recorded: up to four parts (own, father's, grandfather's, family) in each script; any part may be an empty string, and a mononym is one part.</summary>
public sealed record RegisteredNames(IReadOnlyList<string> Ar, IReadOnlyList<string> En, string FullAr, string FullEn)
{
    internal string? BrokenField() => this switch
    {
        _ when Ar.Count > 4 || Ar.Any(part => part.Length > 60) => "ar",
        _ when En.Count > 4 || En.Any(part => part.Length > 60) => "en",
        _ when FullAr.Length > 240 => "fullAr",
        _ when !Shape.Text(FullEn, 240) => "fullEn",
        _ => null,
    };
}

/// <param name="Hijri">The date in Umm al-Qura, <c>1410-05-23</c>, when the register has it.</param>
public sealed record RegisteredBirth(LocalDate Date, DatePrecision Precision, string? Hijri)
{
    internal string? BrokenField() => this switch
    {
        _ when Date.Year is < 1880 or > 2200 => "date",
        _ when Precision != DatePrecision.Day && Date.Day != 1 => "date",
        _ when Precision == DatePrecision.Year && Date.Month != 1 => "date",
        _ => null,
    };
}

/// <param name="Reference">The biometrics agency's reference; two records with the same one are one person.</param>
public sealed record RegisteredBiometrics(bool Fingerprint, bool Face, string? Reference);

public sealed record RegisteredEntry(string VisaNumber, Instant At, string Port);

public sealed record RegisteredResidence(string Number, ResidenceCategory Category, string? EmployerNumber, string? HeadNumber, string OccupationCode, LocalDate IssuedOn, LocalDate ExpiresOn, int Version, ResidenceStatus Status)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Resident(Number) => "number",
        _ when EmployerNumber is not null && !Shape.Employer(EmployerNumber) => "employerNumber",
        _ when HeadNumber is not null && !Shape.Person(HeadNumber) => "headNumber",
        _ when !Shape.Occupation(OccupationCode) => "occupationCode",
        _ when ExpiresOn < IssuedOn => "expiresOn",
        _ when Version < 1 => "version",
        _ => null,
    };
}

/// <summary>All passports of a person known to the register, newest first.</summary>
public sealed record RegisteredPassports(string Source, Instant AsOf, string Id, IReadOnlyList<RegisteredPassport> Passports) : IAgencyRecord
{
    public string? BrokenField()
    {
        if (!Shape.Person(Id))
        {
            return "id";
        }
        return Shape.Each("passports", Passports, e => e.BrokenField());
    }

    /// <summary>The one to travel on, if any.</summary>
    [JsonIgnore]
    public RegisteredPassport? Current => Passports.FirstOrDefault(passport => passport.Status is PassportStatus.Valid or PassportStatus.Expired);
}

public sealed record RegisteredPassport(string Number, string Issuer, PassportType Type, LocalDate IssueDate, LocalDate ExpiryDate, string? IssuePlace, PassportStatus Status)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Passport(Number) => "number",
        _ when !Shape.State(Issuer) => "issuer",
        _ when ExpiryDate < IssueDate => "expiryDate",
        _ => null,
    };
}

/// <summary>Border crossings, newest first.</summary>
public sealed record RegisteredMovements(string Source, Instant AsOf, string Id, IReadOnlyList<RegisteredMovement> Movements) : IAgencyRecord
{
    public string? BrokenField()
    {
        if (!Shape.Person(Id))
        {
            return "id";
        }
        return Shape.Each("movements", Movements, m =>
            !Shape.Text(m.Port, 80) ? "port" : m.VisaNumber is not null && !Shape.Number(m.VisaNumber, 8, 10) ? "visaNumber" : !Shape.Passport(m.PassportNumber) ? "passportNumber" : null);
    }
}

/// <param name="EventId">As in the call that tells it; null for those from before there were calls.</param>
public sealed record RegisteredMovement(MovementDirection Direction, string Port, Instant At, string? VisaNumber, string PassportNumber, string? EventId = null);

/// <summary>The family of a person: the head and everybody under his record, the person asked for included.</summary>
/// <param name="HeadNumber">The head's resident or border number; a citizen's when married to one.</param>
public sealed record RegisteredFamily(string Source, Instant AsOf, string Id, string? HeadNumber, IReadOnlyList<RegisteredRelative> Members) : IAgencyRecord
{
    public string? BrokenField()
    {
        if (!Shape.Person(Id))
        {
            return "id";
        }
        if (HeadNumber is not null && !Shape.Person(HeadNumber))
        {
            return "headNumber";
        }
        return Shape.Each("members", Members, m => !Shape.Person(m.Id) ? "id" : null);
    }
}

/// <param name="Relation">To the head.</param>
public sealed record RegisteredRelative(string Id, FamilyRelation Relation, FamilyLinkStatus Status, LocalDate BirthDate, string FullAr, string FullEn);

/// <summary>A portrait as enrolled. Not JSON on the wire: an image with <c>X-Source</c> and <c>X-As-Of</c>.</summary>
public sealed record RegisteredPortrait(string Source, Instant AsOf, string ContentType, ReadOnlyMemory<byte> Image) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when ContentType is not ("image/png" or "image/jpeg") => "Content-Type",
        _ when Image.Length < 16 => "$",
        _ when !(ContentType == "image/png" ? Image.Span.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47]) : Image.Span.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) => "$",
        _ => null,
    };
}

/// <summary>Our notice that a residence was issued or renewed. Muqeem allocates the number.</summary>
/// <param name="OccupationCode">Null for a dependent: the register keeps what it has.</param>
public sealed record ResidenceNotice(
    string ResidentNumber, string? BorderNumber, ResidenceCategory Category, string? EmployerNumber, string? HeadNumber, string? OccupationCode, LocalDate IssuedOn, LocalDate ExpiresOn, int Version);

/// <summary>Our notice of a later change: new term, status, or version of the document.</summary>
public sealed record ResidenceChange(LocalDate? ExpiresOn, ResidenceStatus? Status, int? Version, string? EmployerNumber, string? OccupationCode, string Reason);

/// <summary>Our notice of a visa that we issued: to leave and return, or to leave for good.</summary>
public sealed record VisaNotice(string VisaNumber, string ResidentNumber, ExitVisaType Type, LocalDate IssuedOn, LocalDate ExitBefore, LocalDate? ReturnBefore, int? StayDays);

public enum ExitVisaType { ExitReentrySingle, ExitReentryMultiple, FinalExit }

public enum ExitVisaStatus { Issued, Cancelled, Extended }

public sealed record VisaChange(ExitVisaStatus Status, LocalDate? ReturnBefore, string Reason);

public enum NoticeState { Recorded, AlreadyRecorded }

/// <summary>The agency's receipt for a notice.</summary>
public sealed record NoticeReceipt(string Source, Instant AsOf, string Reference, NoticeState State) : IAgencyRecord
{
    public string? BrokenField() => Shape.Text(Reference, 80) ? null : "reference";
}
