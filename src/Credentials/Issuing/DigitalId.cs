using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Credentials.Issuing;

/// <summary>What a document says: sealed when it is issued and never changed after. A correction makes the next version.</summary>
public sealed record DocumentContent
{
    /// <summary>Canonical, ten digits.</summary>
    public required string ResidentNumber { get; init; }
    public required string NameArabic { get; init; }

    /// <summary>As in the passport.</summary>
    public required string NameLatin { get; init; }

    /// <summary>The surname, or the whole name of who has none; null in documents issued before it was kept.</summary>
    public string? FamilyName { get; init; }

    /// <summary>The names before the surname; empty for who has one name only.</summary>
    public string? GivenNames { get; init; }

    /// <summary>Null in documents issued before it was kept.</summary>
    public Sex? Sex { get; init; }

    /// <summary>Code of the table of nationalities.</summary>
    public required string Nationality { get; init; }

    /// <summary>Code of the table of occupations; null for dependents.</summary>
    public string? Occupation { get; init; }
    public string? OccupationArabic { get; init; }

    /// <summary>As given; never recomputed into the other calendar.</summary>
    public required BirthDate Birth { get; init; }

    /// <summary>The employer's name, or the head of family's.</summary>
    public required string AnswerableName { get; init; }

    public required Answerable AnswerableKind { get; init; }

    /// <summary>The photo's upload.</summary>
    public Guid? Photo { get; init; }
}

/// <summary>Who is answerable for the resident.</summary>
public enum Answerable
{
    Establishment,
    Household,
    HeadOfFamily,
}

/// <summary>A day in both calendars; the Hijri one is null outside its table.</summary>
public sealed record BothCalendars(LocalDate Gregorian, HijriDate? Hijri)
{
    public static BothCalendars Of(LocalDate day) => new(day, HijriDate.Of(day));
}

/// <summary>The digital ID as page, API and PDF show it. The validity is that of the residence as it is now, not as it was when the document was issued.</summary>
/// <param name="ResidenceUntil">The last valid day of the residence.</param>
/// <param name="DocumentUntil">The last day of this version.</param>
/// <param name="Specimen">A demonstration number: the ID must say نموذج / SPECIMEN.</param>
public sealed record DigitalId(
    string ResidentNumber,
    int Version,
    string NameArabic,
    string NameLatin,
    string Nationality,
    string? Occupation,
    string? OccupationArabic,
    BirthDate Birth,
    BothCalendars Issued,
    BothCalendars ResidenceUntil,
    BothCalendars DocumentUntil,
    string Place,
    string AnswerableName,
    Answerable AnswerableKind,
    Guid? Photo,
    bool Specimen)
{
    /// <summary>Numbers that begin so are kept for demonstration and tests.</summary>
    public const string SpecimenPrefix = "20";

    public static DigitalId Of(DocumentVersion document, DocumentContent content, LocalDate residenceUntil) => new(
        content.ResidentNumber, document.Number, content.NameArabic, content.NameLatin, content.Nationality, content.Occupation, content.OccupationArabic, content.Birth,
        BothCalendars.Of(document.IssuedDay), BothCalendars.Of(residenceUntil), BothCalendars.Of(document.ExpiresDay), document.Place,
        content.AnswerableName, content.AnswerableKind, content.Photo, content.ResidentNumber.StartsWith(SpecimenPrefix, StringComparison.Ordinal));
}
