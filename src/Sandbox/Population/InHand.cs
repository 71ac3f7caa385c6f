using System.Globalization;
using Muqeem.Agencies;
using NodaTime;

namespace Muqeem.Sandbox.Population;

/// <summary>What a person holds and would type differs from the register in one of these ways. About five in a hundred people have one.</summary>
public enum Discrepancy
{
    /// <summary>Another usual spelling: MOHAMMED, MUHAMMAD.</summary>
    Transliteration,

    /// <summary>The same parts in another order.</summary>
    NameOrder,

    /// <summary>One part of the name is not in the passport.</summary>
    MissingPart,

    /// <summary>One digit of the passport number typed wrong.</summary>
    OneDigit,

    /// <summary>The birth date typed in the Hijri calendar.</summary>
    OtherCalendar,

    /// <summary>Day and month of birth exchanged.</summary>
    SwappedDayAndMonth,

    /// <summary>The passport in hand has expired; the register knows a later date.</summary>
    ExpiredPassport,

    /// <summary>The passport in hand was replaced.</summary>
    OldPassportNumber,

    Occupation,

    Employer,

    /// <summary>The sex in the passport.</summary>
    Sex,

    /// <summary>The nationality code in the passport.</summary>
    NationalityCode,
}

/// <summary>What a person has in hand and would type.</summary>
public sealed record InHand(
    int Index, string? Story, Discrepancy? Discrepancy, string? ResidentNumber, string BorderNumber, string? VisaNumber, Typed Typed, PassportPage Passport, string Portrait, string PassportImage);

/// <summary>What the person would type into a form, in their own way.</summary>
/// <param name="Birth">As written: ISO, and in the calendar named.</param>
/// <param name="Mobile">The telephone the person carries: there even if none is on record; a child has its parent's.</param>
public sealed record Typed(
    string NameEn, string? NameAr, string Birth, string BirthCalendar, string Sex, string Nationality, string PassportNumber, string OccupationCode, string? EmployerNumber,
    string Region, string CityEn, string CityAr, string? ShortAddress, string Mobile, string? Email, string Language);

/// <summary>The data page of a passport.</summary>
public sealed record PassportPage(
    string Issuer, string Number, string Primary, string Secondary, string Nationality, string Sex, LocalDate Birth, DatePrecision BirthPrecision, LocalDate Issued, LocalDate Expires, IReadOnlyList<string> Mrz);

/// <summary>What people hold, and how it differs from the registers.</summary>
public static class Hands
{
    public const double Share = 0.05;

    // Of the discrepancies, in the order of the enum.
    private static readonly int[] Weights = [22, 10, 12, 12, 8, 8, 5, 7, 6, 5, 2, 3];

    // Codes that are taken for each other, or that people who moved hold.
    private static readonly Dictionary<string, string> LookAlike = new(StringComparer.Ordinal)
    {
        ["IND"] = "IDN",
        ["IDN"] = "IND",
        ["NER"] = "NGA",
        ["NGA"] = "NER",
        ["SDN"] = "SSD",
        ["SSD"] = "SDN",
        ["IRN"] = "IRQ",
        ["IRQ"] = "IRN",
        ["PSE"] = "JOR",
        ["JOR"] = "PSE",
        ["SYR"] = "PSE",
        ["MMR"] = "BGD",
        ["YEM"] = "SOM",
        ["SOM"] = "DJI",
        ["ETH"] = "ERI",
        ["ERI"] = "ETH",
        ["GBR"] = "GBD",
        ["MLI"] = "MRT",
        ["MRT"] = "MLI",
        ["PAK"] = "AFG",
        ["AFG"] = "PAK",
        ["LBN"] = "SYR",
    };

    /// <summary>How what this person has in hand differs, or null. What the class cannot apply to (the order of one name) becomes the next that can.</summary>
    public static Discrepancy? DiscrepancyOf(this People people, Person person)
    {
        if (person.Index < Stories.Reserved)
        {
            return Stories.Of(person.Index)?.Discrepancy;
        }
        var dice = people.DiceOf(person.Index);
        if (!dice.Chance(Share, Topic.Discrepancy))
        {
            return null;
        }
        var drawn = dice.Weighted(Weights, Topic.DiscrepancyClass);
        for (var n = 0; ; n++)
        {
            var candidate = (Discrepancy)((drawn + n) % Weights.Length);
            if (Applies(candidate, person, dice))
            {
                return candidate;
            }
        }
    }

    public static InHand InHandOf(this People people, Person person)
    {
        var dice = people.DiceOf(person.Index);
        var discrepancy = people.DiscrepancyOf(person);
        var passport = person.Passports[0];
        var (primary, secondary) = (person.Name.Primary, person.Name.Secondary);
        var nameEn = person.Name.FullEn;
        var sex = person.Sex;
        var nationality = person.Nationality.Code;
        var expires = passport.ExpiryDate;
        string? typedNumber = null;
        var birth = Iso(person.Birth);
        var calendar = "GREGORIAN";
        var occupation = person.Occupation;
        var employer = person.EmployerNumber;
        switch (discrepancy)
        {
            case Discrepancy.Transliteration:
                // The passport has the other spelling, so the person types it too.
                secondary = Names.OtherSpelling(secondary, dice) ?? secondary;
                primary = secondary == person.Name.Secondary ? Names.OtherSpelling(primary, dice) ?? primary : primary;
                nameEn = Written(person, primary, secondary);
                break;
            case Discrepancy.NameOrder:
                (primary, secondary) = (secondary.Split(' ')[^1], string.Join(' ', [.. secondary.Split(' ')[..^1], primary]));
                nameEn = $"{secondary} {primary}".Trim();
                break;
            case Discrepancy.MissingPart:
                if (secondary.Contains(' ', StringComparison.Ordinal))
                {
                    secondary = string.Join(' ', secondary.Split(' ')[..^1]);
                }
                else
                {
                    primary = string.Join(' ', primary.Split(' ')[..^1]);
                }
                nameEn = $"{secondary} {primary}".Trim();
                break;
            case Discrepancy.OneDigit:
                var digits = passport.Number.Select((c, i) => (c, i)).Where(x => char.IsAsciiDigit(x.c)).Select(x => x.i).ToArray();
                var at = dice.Pick(digits, Topic.DiscrepancyDetail);
                typedNumber = passport.Number[..at] + (char)('0' + ((passport.Number[at] - '0' + 1 + dice.Below(9, Topic.DiscrepancyDetail, 1)) % 10)) + passport.Number[(at + 1)..];
                break;
            case Discrepancy.OtherCalendar:
                birth = Iso(person.Birth.WithCalendar(CalendarSystem.UmAlQura));
                calendar = "HIJRI";
                break;
            case Discrepancy.SwappedDayAndMonth:
                birth = Iso(new LocalDate(person.Birth.Year, person.Birth.Day, person.Birth.Month));
                break;
            case Discrepancy.ExpiredPassport:
                expires = people.Origin.PlusDays(-dice.Between(10, 300, Topic.DiscrepancyDetail));
                break;
            case Discrepancy.OldPassportNumber:
                passport = person.Passports[1];
                expires = passport.ExpiryDate;
                break;
            case Discrepancy.Occupation:
                occupation = dice.Pick(Sectors.DomesticMen.Concat(["P035", "P064", "P065", "P019", "P021", "P058"]).Where(code => code != person.Occupation).ToArray(), Topic.DiscrepancyDetail);
                break;
            case Discrepancy.Employer:
                employer = people.EstablishmentNumberOf(dice.Below(People.Establishments, Topic.DiscrepancyDetail));
                break;
            case Discrepancy.Sex:
                sex = person.Sex == "M" ? "F" : "M";
                break;
            case Discrepancy.NationalityCode:
                nationality = LookAlike[person.Nationality.Code];
                break;
            case null:
                break;
        }
        var issued = LocalDate.Min(passport.IssueDate, expires.PlusYears(-1));
        var page = new PassportPage(
            nationality, passport.Number, primary, secondary, nationality, sex, person.Birth, person.Precision, issued, expires,
            MachineReadable.Lines(nationality, nationality, passport.Number, primary, secondary, sex, person.Birth, person.Precision, expires));
        var address = person.Address ?? people.At(person.Index).Address!;
        var index = person.Index.ToString(CultureInfo.InvariantCulture);
        return new(
            person.Index, person.Story, discrepancy, person.ResidentNumber, person.BorderNumber, person.Entry is null ? null : person.VisaNumber,
            new(nameEn, person.Name.FullAr.Length > 0 ? person.Name.FullAr : null, birth, calendar, sex, nationality, typedNumber ?? passport.Number, occupation, employer,
                address.Region, address.CityEn, address.CityAr, address.Short, person.Mobile ?? people.MobileOf(person.Birth.PlusYears(15) > people.Origin && person.Head is { } head ? head : person.Index), person.Email, person.Language),
            page, $"people/{index}/portrait.png", $"people/{index}/passport.jpg");
    }

    private static bool Applies(Discrepancy discrepancy, Person person, Dice dice) => discrepancy switch
    {
        Discrepancy.Transliteration => Names.OtherSpelling(person.Name.Secondary, dice) is not null || Names.OtherSpelling(person.Name.Primary, dice) is not null,
        Discrepancy.NameOrder => person.Name.Secondary.Length > 0 && person.Name.Primary.Length > 0,
        Discrepancy.MissingPart => person.Name.Secondary.Contains(' ', StringComparison.Ordinal) || person.Name.Primary.Contains(' ', StringComparison.Ordinal),
        Discrepancy.OtherCalendar => person.Precision == DatePrecision.Day && person.Birth.Year > 1940,
        Discrepancy.SwappedDayAndMonth => person.Precision == DatePrecision.Day && person.Birth.Day <= 12 && person.Birth.Day != person.Birth.Month,
        Discrepancy.OldPassportNumber => person.Passports.Count > 1,
        Discrepancy.Occupation or Discrepancy.Employer => person.Category == ResidenceCategory.Establishment,
        Discrepancy.NationalityCode => LookAlike.ContainsKey(person.Nationality.Code),
        _ => true,
    };

    // The order in which the person writes it: as the register does, but with the passport's words.
    private static string Written(Person person, string primary, string secondary) =>
        person.Name.Secondary.Length == 0 ? primary : $"{secondary} {primary}";

    internal static string Iso(LocalDate date) => $"{date.Year.ToString("0000", CultureInfo.InvariantCulture)}-{date.Month.ToString("00", CultureInfo.InvariantCulture)}-{date.Day.ToString("00", CultureInfo.InvariantCulture)}";
}

/// <summary>The two lines at the foot of a passport page (ICAO 9303, TD3).</summary>
public static class MachineReadable
{
    private const int Width = 44;

    public static IReadOnlyList<string> Lines(string issuer, string nationality, string number, string primary, string secondary, string sex, LocalDate birth, DatePrecision precision, LocalDate expires)
    {
        var born = Date(birth);
        born = precision switch { DatePrecision.Year => born[..2] + "<<<<", DatePrecision.Month => born[..4] + "<<", _ => born };
        var numberField = Field(number, 9);
        var expiry = Date(expires);
        var optional = new string('<', 14);
        var head = numberField + Check(numberField);
        var middle = born + Check(born);
        var tail = expiry + Check(expiry) + optional + "<"; // an empty optional field may have a filler for its check digit
        return
        [
            $"P<{Field(issuer, 3)}{Name(primary, secondary)}",
            head + Field(nationality, 3) + middle + (sex is "M" or "F" ? sex : "<") + tail + Check(head + middle + tail),
        ];
    }

    /// <summary>39 characters: surname, two fillers, given names. Cut as the standard says: the surname may be cut only when it leaves no room for the first given name.</summary>
    internal static string Name(string primary, string secondary)
    {
        const int room = Width - 5;
        var first = Letters(primary);
        var second = Letters(secondary);
        if (second.Length == 0)
        {
            return Field(first, room);
        }
        if (first.Length + 2 + second.Length > room)
        {
            first = first.Length > room - 3 ? first[..(room - 3)] : first;
        }
        return Field($"{first}<<{second}", room);
    }

    internal static char Check(string text)
    {
        var sum = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var value = text[i] switch { '<' => 0, >= '0' and <= '9' => text[i] - '0', _ => text[i] - 'A' + 10 };
            sum += value * (i % 3) switch { 0 => 7, 1 => 3, _ => 1 };
        }
        return (char)('0' + (sum % 10));
    }

    /// <summary>Letters as the standard transliterates them, words parted by fillers.</summary>
    internal static string Letters(string name)
    {
        var text = new System.Text.StringBuilder();
        foreach (var c in name.ToUpperInvariant())
        {
            text.Append(c switch
            {
                >= 'A' and <= 'Z' => c.ToString(),
                ' ' or '-' => "<",
                '\'' or '.' or ',' => "",
                'Ä' or 'Æ' => "AE",
                'Ö' or 'Ø' or 'Œ' => "OE",
                'Ü' => "UE",
                'ß' => "SS",
                'Ñ' => "N",
                'Ç' => "C",
                'Ş' or 'Š' => "S",
                'Ğ' => "G",
                'İ' or 'I' => "I",
                'Þ' => "TH",
                'Å' => "AA",
                'Ð' => "D",
                _ => new string([.. c.ToString().Normalize(System.Text.NormalizationForm.FormD).Where(char.IsAsciiLetterUpper)]),
            });
        }
        return text.ToString();
    }

    private static string Date(LocalDate date) => string.Create(CultureInfo.InvariantCulture, $"{date.Year % 100:00}{date.Month:00}{date.Day:00}");

    private static string Field(string text, int width) => text.Length >= width ? text[..width] : text.PadRight(width, '<');
}
