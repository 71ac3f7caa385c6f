using System.Globalization;
using System.Text;
using NodaTime;

namespace Muqeem.Kernel;

/// <summary>Sex as documents give it.</summary>
public enum Sex
{
    Unspecified,
    Female,
    Male,
}

/// <summary>The sizes of ICAO Doc 9303: a card (three lines of 30), the rarer larger card (two of 36), a passport (two of 44).</summary>
public enum MrzFormat
{
    Td1,
    Td2,
    Td3,
}

/// <summary>One fault of a machine-readable zone.</summary>
/// <param name="Code">A refusal code, e.g. <c>mrz.check.birth</c>.</param>
/// <param name="Line">From 1.</param>
/// <param name="Position">From 1, as ICAO counts; the fault covers <paramref name="Length"/> places.</param>
/// <param name="Expected">What would be right, when that is known.</param>
public sealed record MrzFault(string Code, int Line, int Position, int Length, string Found, string? Expected = null)
{
    public Refusal ToRefusal() => new(Code, ("line", Line), ("position", Position), ("given", Found.Length), ("expected", Expected));
}

/// <summary>What was read, and every fault found. With faults the fields are what could be read: for showing, not for deciding.</summary>
public sealed record MrzReading(Mrz? Document, IReadOnlyList<MrzFault> Faults)
{
    public bool Ok => Document is not null && Faults.Count == 0;
}

/// <summary>
/// The machine-readable zone of a passport or card (ICAO Doc 9303 parts 3 to 6). Numbers longer than nine characters spill into the optional
/// data behind a filler, as part 5 says for cards; some states do so in passports too.
/// </summary>
public sealed record Mrz
{
    public const string Missing = "mrz.missing";
    public const string LineCount = "mrz.lines";
    public const string LineLength = "mrz.line_length";
    public const string Characters = "mrz.characters";
    public const string DocumentFault = "mrz.document";
    public const string IssuerFault = "mrz.issuer";
    public const string NationalityFault = "mrz.nationality";
    public const string NumberFault = "mrz.number";
    public const string BirthFault = "mrz.birth";
    public const string ExpiryFault = "mrz.expiry";
    public const string SexFault = "mrz.sex";
    public const string NameFault = "mrz.name";
    public const string CheckNumber = "mrz.check.number";
    public const string CheckBirth = "mrz.check.birth";
    public const string CheckExpiry = "mrz.check.expiry";
    public const string CheckOptional = "mrz.check.optional";
    public const string CheckComposite = "mrz.check.composite";

    public required MrzFormat Format { get; init; }

    /// <summary>One or two letters: P, PO, I, ID, ….</summary>
    public required string DocumentCode { get; init; }

    /// <summary>The issuing state or organisation: three letters, or D for Germany; XXA, XXB, XXC, XXX, UNO and others of ICAO.</summary>
    public required string Issuer { get; init; }

    /// <summary>Capitals and digits, whole even if it spilled.</summary>
    public required string Number { get; init; }

    public required string Nationality { get; init; }

    /// <summary>With the precision that the fillers leave; null when all of it is unknown.</summary>
    public required BirthDate? Birth { get; init; }

    public required Sex Sex { get; init; }

    /// <summary>Null when the document has none.</summary>
    public required LocalDate? Expiry { get; init; }

    /// <summary>Null when it could not be read. Null never writes.</summary>
    public required LatinName? Name { get; init; }

    /// <summary>Optional data behind the number (card) or of the only field (passport), without fillers at its end and without a spilled number.</summary>
    public string Optional { get; init; } = "";

    /// <summary>A card's second optional field.</summary>
    public string Optional2 { get; init; } = "";

    /// <summary>The name fills its field to the last place: it was probably cut.</summary>
    public bool NameMayBeCut { get; init; }

    /// <summary>The document, or its first fault.</summary>
    public static Result<Mrz> Parse(string? text, LocalDate today)
    {
        var reading = Read(text, today);
        return reading.Faults.Count > 0 ? reading.Faults[0].ToRefusal() : reading.Document!;
    }

    /// <summary>Reads lines as typed, scanned or pasted, and collects every fault.</summary>
    /// <param name="today">The day in Riyadh: two digits of a birth year mean the latest year that is not after it.</param>
    public static MrzReading Read(string? text, LocalDate today) => MrzReader.Read(text, today);

    /// <summary>The lines. Throws when a field has no place in the format.</summary>
    public IReadOnlyList<string> Lines() => MrzWriter.Lines(this);

    /// <summary>The check digit of ICAO Doc 9303-3: weights 7, 3, 1; A is 10, Z is 35, the filler 0; modulo 10.</summary>
    public static char CheckDigit(ReadOnlySpan<char> field)
    {
        var sum = 0;
        for (var i = 0; i < field.Length; i++)
        {
            var value = field[i] switch
            {
                >= '0' and <= '9' and var digit => digit - '0',
                >= 'A' and <= 'Z' and var letter => letter - 'A' + 10,
                _ => 0,
            };
            sum += value * (i % 3) switch { 0 => 7, 1 => 3, _ => 1 };
        }
        return (char)('0' + (sum % 10));
    }

    /// <summary>A passport's name as its MRZ has it: letters A to Z, parts divided by one filler.</summary>
    internal static string NameLetters(string name) => MrzWriter.NameLetters(name);
}

/// <summary>Where each field lies. Positions count from 0; the document's own count from 1.</summary>
internal sealed record MrzLayout(MrzFormat Format, int Lines, int Width)
{
    public static readonly MrzLayout Td1 = new(MrzFormat.Td1, 3, 30) { NumberLine = 0, NumberAt = 5, OptionalLine = 0, OptionalAt = 15, OptionalLength = 15, DatesAt = 0, NationalityAt = 15, Optional2At = 18, Optional2Length = 11, NameLine = 2, NameAt = 0 };
    public static readonly MrzLayout Td2 = new(MrzFormat.Td2, 2, 36) { NumberLine = 1, NumberAt = 0, OptionalLine = 1, OptionalAt = 28, OptionalLength = 7, DatesAt = 13, NationalityAt = 10, NameLine = 0, NameAt = 5 };
    public static readonly MrzLayout Td3 = new(MrzFormat.Td3, 2, 44) { NumberLine = 1, NumberAt = 0, OptionalLine = 1, OptionalAt = 28, OptionalLength = 14, DatesAt = 13, NationalityAt = 10, NameLine = 0, NameAt = 5 };
    public static readonly MrzLayout[] All = [Td1, Td2, Td3];

    public required int NumberLine { get; init; }
    public required int NumberAt { get; init; }
    public required int OptionalLine { get; init; }
    public required int OptionalAt { get; init; }
    public required int OptionalLength { get; init; }

    /// <summary>In line 2: birth (6), its check, sex, expiry (6), its check.</summary>
    public required int DatesAt { get; init; }

    public required int NationalityAt { get; init; }
    public int Optional2At { get; init; }
    public int Optional2Length { get; init; }
    public required int NameLine { get; init; }
    public required int NameAt { get; init; }
    public int NameLength => Width - NameAt;
    public int CheckOfNumberAt => NumberAt + 9;

    /// <summary>Only the passport has a check digit for its optional data.</summary>
    public int? CheckOfOptionalAt => Format == MrzFormat.Td3 ? 42 : null;

    /// <summary>The last place of line 2.</summary>
    public int CompositeAt => Width - 1;

    /// <summary>What the composite check digit covers.</summary>
    public string Composite(IReadOnlyList<string> lines) => Format switch
    {
        MrzFormat.Td1 => string.Concat(lines[0].AsSpan(5, 25), lines[1].AsSpan(0, 7), lines[1].AsSpan(8, 7), lines[1].AsSpan(18, 11)),
        MrzFormat.Td2 => string.Concat(lines[1].AsSpan(0, 10), lines[1].AsSpan(13, 7), lines[1].AsSpan(21, 14)),
        _ => string.Concat(lines[1].AsSpan(0, 10), lines[1].AsSpan(13, 7), lines[1].AsSpan(21, 22)),
    };
}

internal static class MrzReader
{
    private const int NumberLength = 9;

    public static MrzReading Read(string? text, LocalDate today)
    {
        var lines = Split(text);
        var faults = new List<MrzFault>();
        if (lines.Count == 0)
        {
            return Nothing(new MrzFault(Mrz.Missing, 1, 1, 0, ""));
        }
        var layout = LayoutOf(lines);
        if (layout is null)
        {
            return Nothing(new MrzFault(Mrz.LineCount, 1, 1, 0, "", "2"));
        }
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Length != layout.Width)
            {
                faults.Add(new MrzFault(Mrz.LineLength, i + 1, Math.Min(lines[i].Length, layout.Width) + 1, Math.Abs(lines[i].Length - layout.Width), lines[i], layout.Width.ToString(CultureInfo.InvariantCulture)));
            }
            for (var at = 0; at < lines[i].Length; at++)
            {
                if (lines[i][at] is not ('<' or (>= '0' and <= '9') or (>= 'A' and <= 'Z')))
                {
                    faults.Add(new MrzFault(Mrz.Characters, i + 1, at + 1, 1, lines[i][at].ToString()));
                }
            }
        }
        if (faults.Count > 0)
        {
            // With a place missing or foreign every later position would be blamed wrongly.
            return new MrzReading(null, faults);
        }
        return new Reading(layout, lines, faults, today).Read();

        static MrzReading Nothing(MrzFault fault) => new(null, [fault]);
    }

    /// <summary>Lines in capitals without spaces; a zone pasted as one line is cut by its length.</summary>
    private static List<string> Split(string? text)
    {
        var lines = (text ?? "").Split(['\n', '\r', '\u2028', '\u2029'], StringSplitOptions.RemoveEmptyEntries)
            .Select(l => Digits.Normalise(l).ToUpperInvariant().Replace("«", "<<", StringComparison.Ordinal).Replace('‹', '<').Replace('〈', '<'))
            .Where(l => l.Length > 0)
            .ToList();
        if (lines is [var single] && MrzLayout.All.FirstOrDefault(l => l.Lines * l.Width == single.Length) is { } layout)
        {
            return [.. Enumerable.Range(0, layout.Lines).Select(i => single.Substring(i * layout.Width, layout.Width))];
        }
        return lines;
    }

    private static MrzLayout? LayoutOf(List<string> lines) => lines.Count switch
    {
        3 => MrzLayout.Td1,
        // The one whose width is nearer, so that a missing filler is a wrong length and not another format.
        2 => lines.Max(l => l.Length) <= 40 ? MrzLayout.Td2 : MrzLayout.Td3,
        _ => null,
    };

    private sealed class Reading(MrzLayout layout, List<string> lines, List<MrzFault> faults, LocalDate today)
    {
        public MrzReading Read()
        {
            var code = Text(0, 0, 2);
            if (code.Length == 0 || !char.IsAsciiLetterUpper(code[0]) || code.Contains('<', StringComparison.Ordinal) || code[0] == 'V')
            {
                // A visa (V) has another layout and no composite check digit.
                Fault(Mrz.DocumentFault, 0, 0, 2);
            }
            var issuer = State(0, 2, Mrz.IssuerFault);
            var (number, optional) = NumberAndOptional();
            var nationality = State(1, layout.NationalityAt, Mrz.NationalityFault);

            var at = layout.DatesAt;
            var birth = Birth(at);
            Check(Mrz.CheckBirth, Field(1, at, 6), 1, at + 6);
            var sex = SexAt(at + 7);
            var expiry = Expiry(at + 8);
            Check(Mrz.CheckExpiry, Field(1, at + 8, 6), 1, at + 14);
            if (layout.CheckOfOptionalAt is { } optionalCheck)
            {
                Check(Mrz.CheckOptional, Field(1, layout.OptionalAt, layout.OptionalLength), 1, optionalCheck);
            }
            Check(Mrz.CheckComposite, layout.Composite(lines), 1, layout.CompositeAt);

            var field = Field(layout.NameLine, layout.NameAt, layout.NameLength);
            var name = NameOf(field);
            if (name is null || field.AsSpan().ContainsAnyInRange('0', '9'))
            {
                Fault(Mrz.NameFault, layout.NameLine, layout.NameAt, layout.NameLength);
            }
            return new MrzReading(
                new Mrz
                {
                    Format = layout.Format,
                    DocumentCode = code,
                    Issuer = issuer,
                    Number = number,
                    Nationality = nationality,
                    Birth = birth,
                    Sex = sex,
                    Expiry = expiry,
                    Name = name,
                    Optional = optional,
                    Optional2 = layout.Optional2Length > 0 ? Text(1, layout.Optional2At, layout.Optional2Length) : "",
                    NameMayBeCut = field[^1] != '<',
                },
                faults);
        }

        private (string Number, string Optional) NumberAndOptional()
        {
            var field = Field(layout.NumberLine, layout.NumberAt, NumberLength);
            var optional = Text(layout.OptionalLine, layout.OptionalAt, layout.OptionalLength);
            var check = lines[layout.NumberLine][layout.CheckOfNumberAt];
            if (check == '<' && field[^1] != '<' && optional.Length > 0 && optional[0] != '<')
            {
                // The number goes on in the optional data up to the first filler; its last character is the check digit.
                var end = optional.IndexOf('<', StringComparison.Ordinal);
                var spilled = end < 0 ? optional : optional[..end];
                var whole = field + spilled[..^1];
                var expected = Mrz.CheckDigit(whole);
                // Older cards counted the filler between the two halves.
                if (spilled[^1] != expected && spilled[^1] != Mrz.CheckDigit($"{field}<{spilled[..^1]}"))
                {
                    faults.Add(new MrzFault(Mrz.CheckNumber, layout.OptionalLine + 1, layout.OptionalAt + spilled.Length, 1, spilled[^1].ToString(), expected.ToString()));
                }
                return (whole.Replace("<", "", StringComparison.Ordinal), end < 0 ? "" : optional[end..].TrimStart('<'));
            }
            var number = field.Replace("<", "", StringComparison.Ordinal);
            if (number.Length == 0)
            {
                Fault(Mrz.NumberFault, layout.NumberLine, layout.NumberAt, NumberLength);
            }
            Check(Mrz.CheckNumber, field, layout.NumberLine, layout.CheckOfNumberAt);
            return (number, optional);
        }

        /// <summary>A check digit; a field of fillers only may leave it out.</summary>
        private void Check(string code, string field, int line, int at)
        {
            var expected = Mrz.CheckDigit(field);
            var found = lines[line][at];
            if (found != expected && !(found == '<' && field.All(c => c == '<')))
            {
                faults.Add(new MrzFault(code, line + 1, at + 1, 1, found.ToString(), expected.ToString()));
            }
        }

        private string State(int line, int at, string code)
        {
            var state = Text(line, at, 3);
            if (state.Length == 0 || !state.All(char.IsAsciiLetterUpper))
            {
                Fault(code, line, at, 3);
            }
            return state;
        }

        private BirthDate? Birth(int at)
        {
            var field = Field(1, at, 6);
            // Unknown parts are fillers; some states print 00.
            var month = field[2..4] is "<<" or "00" ? "" : field[2..4];
            var day = field[4..6] is "<<" or "00" ? "" : field[4..6];
            if (field[..2] == "<<" && month.Length + day.Length == 0)
            {
                return null;
            }
            if (Digits.AllAscii(field.AsSpan(0, 2)) && (month.Length > 0 || day.Length == 0))
            {
                foreach (var century in new[] { today.Year / 100, (today.Year / 100) - 1 })
                {
                    var year = century.ToString("00", CultureInfo.InvariantCulture) + field[..2];
                    var read = BirthDate.Parse(day, month, year, CalendarKind.Gregorian, today, BirthPrecision.Year);
                    if (read.Ok)
                    {
                        return read.Value;
                    }
                }
            }
            Fault(Mrz.BirthFault, 1, at, 6);
            return null;
        }

        private LocalDate? Expiry(int at)
        {
            var field = Field(1, at, 6);
            if (field == "<<<<<<")
            {
                return null;
            }
            if (Digits.AllAscii(field))
            {
                var number = int.Parse(field, NumberStyles.None, CultureInfo.InvariantCulture);
                var (year, month, day) = (2000 + (number / 10_000), number / 100 % 100, number % 100);
                if (month is >= 1 and <= 12 && day >= 1 && day <= CalendarSystem.Iso.GetDaysInMonth(year, month))
                {
                    return new LocalDate(year, month, day);
                }
            }
            Fault(Mrz.ExpiryFault, 1, at, 6);
            return null;
        }

        private Sex SexAt(int at)
        {
            switch (lines[1][at])
            {
                case 'M':
                    return Sex.Male;
                case 'F':
                    return Sex.Female;
                case '<' or 'X':
                    return Sex.Unspecified;
                default:
                    Fault(Mrz.SexFault, 1, at, 1);
                    return Sex.Unspecified;
            }
        }

        private static LatinName? NameOf(string field)
        {
            // The first double filler divides primary and secondary identifier; with nothing before it the only name is the secondary one.
            var divide = field.IndexOf("<<", StringComparison.Ordinal);
            var primary = divide < 0 ? field : field[..divide];
            var secondary = divide < 0 ? "" : field[divide..];
            return LatinName.FromMrz(primary.Replace('<', ' '), secondary.Replace('<', ' '));
        }

        private string Field(int line, int at, int length) => lines[line].Substring(at, length);

        private string Text(int line, int at, int length) => Field(line, at, length).TrimEnd('<');

        private void Fault(string code, int line, int at, int length) => faults.Add(new MrzFault(code, line + 1, at + 1, length, Field(line, at, length)));
    }
}

internal static class MrzWriter
{
    // ICAO Doc 9303-3 section 6, the recommended spelling of national letters; the rest lose their marks.
    private static readonly Dictionary<char, string> National = new()
    {
        ['Ä'] = "AE",
        ['Å'] = "AA",
        ['Æ'] = "AE",
        ['Ö'] = "OE",
        ['Ø'] = "OE",
        ['Œ'] = "OE",
        ['Ü'] = "UE",
        ['ß'] = "SS",
        ['ẞ'] = "SS",
        ['Þ'] = "TH",
        ['Ð'] = "D",
        ['Đ'] = "D",
        ['Ħ'] = "H",
        ['Ĳ'] = "IJ",
        ['Ł'] = "L",
        ['Ŋ'] = "N",
        ['Ŧ'] = "T",
        ['ı'] = "I",
        ['Ə'] = "E",
        ['Ñ'] = "N",
    };

    public static IReadOnlyList<string> Lines(Mrz mrz)
    {
        var layout = MrzLayout.All.Single(l => l.Format == mrz.Format);
        var lines = new StringBuilder[layout.Lines];
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = new StringBuilder(new string('<', layout.Width));
        }

        Put(lines[0], 0, 2, Clean(mrz.DocumentCode), "document code");
        Put(lines[0], 2, 3, Clean(mrz.Issuer), "issuer");
        PutNumber(lines, layout, mrz);
        Put(lines[1], layout.NationalityAt, 3, Clean(mrz.Nationality), "nationality");

        var at = layout.DatesAt;
        Put(lines[1], at, 6, BirthOf(mrz.Birth), "birth date");
        lines[1][at + 6] = Mrz.CheckDigit(lines[1].ToString(at, 6));
        lines[1][at + 7] = mrz.Sex switch { Sex.Male => 'M', Sex.Female => 'F', _ => '<' };
        Put(lines[1], at + 8, 6, mrz.Expiry is { } expiry ? string.Create(CultureInfo.InvariantCulture, $"{expiry.Year % 100:00}{expiry.Month:00}{expiry.Day:00}") : "<<<<<<", "expiry");
        lines[1][at + 14] = Mrz.CheckDigit(lines[1].ToString(at + 8, 6));
        if (layout.Optional2Length > 0)
        {
            Put(lines[1], layout.Optional2At, layout.Optional2Length, Clean(mrz.Optional2), "second optional data");
        }
        if (layout.CheckOfOptionalAt is { } optionalCheck)
        {
            lines[1][optionalCheck] = Mrz.CheckDigit(lines[1].ToString(layout.OptionalAt, layout.OptionalLength));
        }
        lines[1][layout.CompositeAt] = Mrz.CheckDigit(layout.Composite([.. lines.Select(l => l.ToString())]));

        var name = mrz.Name ?? throw new ArgumentException("A machine-readable zone needs a name.", nameof(mrz));
        Put(lines[layout.NameLine], layout.NameAt, layout.NameLength, NameField(name, layout.NameLength), "name");
        return [.. lines.Select(l => l.ToString())];
    }

    private static void PutNumber(StringBuilder[] lines, MrzLayout layout, Mrz mrz)
    {
        var number = Clean(mrz.Number);
        var optional = Clean(mrz.Optional);
        var line = lines[layout.NumberLine];
        if (number.Length <= 9)
        {
            Put(line, layout.NumberAt, 9, number, "number");
            line[layout.CheckOfNumberAt] = Mrz.CheckDigit(line.ToString(layout.NumberAt, 9));
            Put(lines[layout.OptionalLine], layout.OptionalAt, layout.OptionalLength, optional, "optional data");
        }
        else
        {
            Put(line, layout.NumberAt, 9, number[..9], "number");
            var spilled = number[9..] + Mrz.CheckDigit(number);
            Put(lines[layout.OptionalLine], layout.OptionalAt, layout.OptionalLength, optional.Length == 0 ? spilled : $"{spilled}<{optional}", "number and optional data");
        }
    }

    private static string BirthOf(BirthDate? birth)
    {
        if (birth is null)
        {
            return "<<<<<<";
        }
        if (birth.Calendar != CalendarKind.Gregorian)
        {
            throw new ArgumentException("A birth date given in the Hijri calendar is not recomputed for a document.", nameof(birth));
        }
        return string.Create(CultureInfo.InvariantCulture, $"{birth.Year % 100:00}")
            + (birth.Month is { } month ? month.ToString("00", CultureInfo.InvariantCulture) : "<<")
            + (birth.Day is { } day ? day.ToString("00", CultureInfo.InvariantCulture) : "<<");
    }

    private static void Put(StringBuilder line, int at, int length, string text, string what)
    {
        if (text.Length > length)
        {
            throw new ArgumentException($"The {what} does not fit into {length} places.", nameof(text));
        }
        for (var i = 0; i < text.Length; i++)
        {
            line[at + i] = text[i];
        }
    }

    private static string Clean(string text)
    {
        var clean = text.ToUpperInvariant().Replace(' ', '<').Replace('-', '<');
        return clean.All(c => c is '<' || char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c))
            ? clean
            : throw new ArgumentException("A machine-readable zone has letters A to Z, digits and fillers only.", nameof(text));
    }

    public static string NameLetters(string name)
    {
        var letters = new StringBuilder(name.Length + 8);
        foreach (var c in name.Normalize(NormalizationForm.FormC))
        {
            var upper = c is 'ß' or 'ı' ? c : char.ToUpperInvariant(c);
            if (National.TryGetValue(upper, out var spelled))
            {
                letters.Append(spelled);
                continue;
            }
            foreach (var part in upper.ToString().Normalize(NormalizationForm.FormKD))
            {
                if (char.IsAsciiLetter(part))
                {
                    letters.Append(char.ToUpperInvariant(part));
                }
                else if (char.IsWhiteSpace(part) || char.GetUnicodeCategory(part) == UnicodeCategory.DashPunctuation)
                {
                    letters.Append('<');
                }
            }
        }
        return string.Join('<', letters.ToString().Split('<', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>
    /// Primary and secondary identifier in that many places. When they do not fit, ICAO's way of cutting: later parts of the primary become
    /// initials until a place for the secondary is free, then the secondary is cut; a letter in the last place tells that it was cut.
    /// </summary>
    internal static string NameField(LatinName name, int length)
    {
        var primary = NameLetters(name.SurnameParts > 0 ? name.Surname : name.ToString());
        var secondary = name.SurnameParts > 0 ? NameLetters(name.Given) : "";
        if (primary.Length == 0)
        {
            (primary, secondary) = (secondary, "");
        }
        if (primary.Length == 0)
        {
            throw new ArgumentException("The name has no letter that a machine-readable zone can show.", nameof(name));
        }
        var whole = secondary.Length == 0 ? primary : $"{primary}<<{secondary}";
        if (whole.Length <= length)
        {
            return whole;
        }
        if (secondary.Length > 0)
        {
            primary = Shorten(primary, length - 3);
            whole = $"{primary}<<{secondary}";
        }
        if (whole.Length <= length)
        {
            // Initials freed more than was needed; the last place still has to be a letter when it can be.
            return whole;
        }
        return whole[length - 1] != '<' ? whole[..length] : EndWithLetter(whole, length);
    }

    /// <summary>Turns parts into initials, from the last to the second, and then cuts the first, until the rest fits.</summary>
    private static string Shorten(string primary, int length)
    {
        var parts = primary.Split('<');
        for (var i = parts.Length - 1; i > 0 && Joined().Length > length; i--)
        {
            parts[i] = parts[i][..1];
        }
        var joined = Joined();
        return joined.Length <= length ? joined : joined[..length].TrimEnd('<');

        string Joined() => string.Join('<', parts);
    }

    /// <summary>The cut would fall on a filler: one letter less of an earlier part lets the next part's initial in.</summary>
    private static string EndWithLetter(string whole, int length)
    {
        for (var at = length - 2; at > 0; at--)
        {
            var endsPart = whole[at] != '<' && whole[at + 1] == '<';
            if (endsPart && whole[at - 1] != '<')
            {
                return whole.Remove(at, 1)[..length];
            }
        }
        return whole[..length];
    }
}
