using System.Globalization;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Credentials.Forms;

/// <summary>What the ID says, once: every form in which it is issued is written from this.</summary>
/// <param name="Birth">As given. A part that is not known is left out of a form, never filled.</param>
/// <param name="Family">The surname; for who has none, the whole name: ICAO's primary identifier.</param>
/// <param name="Given">Empty for who has one name only.</param>
/// <param name="Portrait">JPEG; null when the document was issued without one.</param>
/// <param name="AgesReached">For each age asked for by the policy, whether the holder had reached it on the day of issue.</param>
public sealed record IdClaims(
    string ResidentNumber,
    string Serial,
    string NameLatin,
    string Family,
    string Given,
    string NameArabic,
    BirthDate Birth,
    Sex? Sex,
    Nationality? Nationality,
    string NationalityCode,
    Occupation? Occupation,
    string AnswerableName,
    Answerable AnswerableKind,
    LocalDate Issued,
    LocalDate Expires,
    LocalDate ResidenceUntil,
    byte[]? Portrait,
    IReadOnlyDictionary<int, bool> AgesReached,
    bool Specimen)
{
    /// <param name="ages">The ages whose reaching can be shown without the birth date.</param>
    /// <param name="on">The day of issue.</param>
    public static IdClaims Of(DocumentVersion document, DocumentContent content, LocalDate residenceUntil, byte[]? portrait, IReadOnlyList<int> ages, LocalDate on)
    {
        var (family, given) = content.FamilyName is { } surname ? (surname, content.GivenNames ?? "") : (content.NameLatin, "");
        return new(
            content.ResidentNumber, document.Serial, content.NameLatin, family, given, content.NameArabic, content.Birth, content.Sex,
            Reference.Nationality(content.Nationality), content.Nationality, content.Occupation is { } code ? Reference.Occupation(code) : null,
            content.AnswerableName, content.AnswerableKind, document.IssuedDay, document.ExpiresDay, residenceUntil, portrait,
            ages.ToDictionary(a => a, a => content.Birth.AgeOn(on).Least >= a), content.ResidentNumber.StartsWith(DigitalId.SpecimenPrefix, StringComparison.Ordinal));
    }

    /// <summary>ISO 8601, only as far as it is known: <c>1990-05-17</c>, <c>1990-05</c>, <c>1990</c>.</summary>
    public string BirthText => Birth switch
    {
        { Precision: BirthPrecision.Day } => Day(Birth.Earliest),
        // A month of the other calendar lies in two of this one.
        { Precision: BirthPrecision.Month, Calendar: CalendarKind.Gregorian } => Day(Birth.Earliest)[..7],
        _ => Day(Birth.Earliest)[..4],
    };

    /// <summary>ISO/IEC 5218: 0 not known, 1 male, 2 female, 9 not applicable.</summary>
    public int SexNumber => Sex switch
    {
        Kernel.Sex.Male => 1,
        Kernel.Sex.Female => 2,
        Kernel.Sex.Unspecified => 9,
        _ => 0,
    };

    /// <summary>ISO 8601. Written by hand: four or five in each form, and the pattern takes eight times as long.</summary>
    public static string Day(LocalDate day) => day.Calendar == CalendarSystem.Iso && day.Year is > 0 and < 10_000
        ? string.Create(10, day, static (text, d) =>
        {
            var (year, month, number) = (d.Year, d.Month, d.Day);
            (text[0], text[1], text[2], text[3]) = (Digit(year / 1000), Digit(year / 100), Digit(year / 10), Digit(year));
            (text[4], text[5], text[6]) = ('-', Digit(month / 10), Digit(month));
            (text[7], text[8], text[9]) = ('-', Digit(number / 10), Digit(number));
        })
        : NodaTime.Text.LocalDatePattern.Iso.Format(day);

    private static char Digit(int number) => (char)('0' + (number % 10));

    public string AnswerableWord => AnswerableKind switch
    {
        Answerable.Household => "household",
        Answerable.HeadOfFamily => "head_of_family",
        _ => "establishment",
    };

    /// <summary>An age as the forms name it, two digits.</summary>
    public static string AgeName(int age) => age.ToString("00", CultureInfo.InvariantCulture);
}
