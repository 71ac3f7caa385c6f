using System.Text;
using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>
/// A name in Arabic letters: first, father, grandfather, family. Any part may be empty, not all. It is a transliteration that an officer
/// confirmed, or what the holder's own passport has; no machine overwrites it.
/// </summary>
public sealed record ArabicName
{
    public const string Missing = "arabic_name.missing";
    public const string LatinLetters = "arabic_name.latin_letters";
    public const string OtherScript = "arabic_name.other_script";
    public const string Characters = "arabic_name.characters";
    public const string TooLong = "arabic_name.too_long";

    private const int LongestPart = 60;

    [JsonConstructor]
    private ArabicName(string first, string father, string grandfather, string family) =>
        (First, Father, Grandfather, Family) = (first, father, grandfather, family);

    public string First { get; }
    public string Father { get; }
    public string Grandfather { get; }
    public string Family { get; }

    [JsonIgnore]
    public IReadOnlyList<string> Parts => [.. new[] { First, Father, Grandfather, Family }.Where(p => p.Length > 0)];

    /// <summary>Reads the four parts; empty ones are allowed and never filled with a sign.</summary>
    public static Result<ArabicName> Parse(string? first, string? father, string? grandfather, string? family)
    {
        string[] parts = [NameParts.Tidy(first), NameParts.Tidy(father), NameParts.Tidy(grandfather), NameParts.Tidy(family)];
        foreach (var part in parts)
        {
            if (NameParts.Fault(part, LetterKind.Arabic, LongestPart, (LatinLetters, OtherScript, Characters, TooLong)) is { } refusal)
            {
                return refusal;
            }
        }
        if (parts.All(p => NameFolding.Arabic(p).Length == 0))
        {
            return new Refusal(Missing);
        }
        return new ArabicName(parts[0], parts[1], parts[2], parts[3]);
    }

    /// <summary>
    /// Reads a whole name: the first word(s), then father, grandfather and the rest as family. What belongs together ("عبد الله", "آل سعود")
    /// stays together; two words are first and family, three first, father and family.
    /// </summary>
    public static Result<ArabicName> Parse(string? full)
    {
        var words = NameParts.ArabicUnits(NameParts.Tidy(full));
        return words.Count switch
        {
            0 => new Refusal(Missing),
            1 => Parse(words[0], null, null, null),
            2 => Parse(words[0], null, null, words[1]),
            3 => Parse(words[0], words[1], null, words[2]),
            _ => Parse(words[0], words[1], words[2], string.Join(' ', words.Skip(3))),
        };
    }

    /// <summary>All parts with spaces between.</summary>
    public override string ToString() => string.Join(' ', Parts);

    /// <summary>First and family, or what there is.</summary>
    [JsonIgnore]
    public string Short => Parts is [var only] ? only : $"{Parts[0]} {Parts[^1]}";

    /// <summary>The first letters of the first and last part, with a space so that they do not join.</summary>
    [JsonIgnore]
    public string Initials => NameParts.Initials(Parts, " ");

    /// <summary>Enough for somebody who knows the person: the first part, and one letter of each other.</summary>
    public string Masked() => NameParts.Masked(Parts);

    /// <summary>Compare ordinally to put names in the order of an Arabic list.</summary>
    [JsonIgnore]
    public string SortKey => NameFolding.Arabic(ToString());
}

/// <summary>
/// A name in Latin letters, exactly as the passport has it: one part or many, in the order in which it is said. A surname is never
/// demanded; when the passport tells one, it is the last <see cref="SurnameParts"/> parts.
/// </summary>
public sealed record LatinName
{
    public const string Missing = "latin_name.missing";
    public const string ArabicLetters = "latin_name.arabic_letters";
    public const string OtherScript = "latin_name.other_script";
    public const string Characters = "latin_name.characters";
    public const string TooLong = "latin_name.too_long";
    public const string Placeholder = "latin_name.placeholder";

    private const int LongestPart = 60;
    private const int MostParts = 20;

    // What offices write when a form insists on a surname. It sticks to people for years: never into the record.
    private static readonly string[] Placeholders = ["fnu", "lnu", "unknown"];

    [JsonConstructor]
    private LatinName(IReadOnlyList<string> parts, int surnameParts) => (Parts, SurnameParts) = (parts, surnameParts);

    public IReadOnlyList<string> Parts { get; }

    /// <summary>How many of the last parts are the surname; 0 when there is none, or none is known.</summary>
    public int SurnameParts { get; }

    [JsonIgnore]
    public string Given => string.Join(' ', Parts.Take(Parts.Count - SurnameParts));

    [JsonIgnore]
    public string Surname => string.Join(' ', Parts.Skip(Parts.Count - SurnameParts));

    /// <summary>Reads a whole name without saying which part is the surname.</summary>
    public static Result<LatinName> Parse(string? full) => Parse(full, null);

    /// <summary>Reads given names and surname; either may be empty, not both.</summary>
    public static Result<LatinName> Parse(string? given, string? surname)
    {
        var first = NameParts.Tidy(given).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var last = NameParts.Tidy(surname).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Of([.. first, .. last], first.Length == 0 ? 0 : last.Length);
    }

    /// <summary>Reads the parts of a source (first, second, third, last) of which any may be empty: the fourth is the surname.</summary>
    public static Result<LatinName> FromParts(params ReadOnlySpan<string?> parts)
    {
        var (given, surname) = (new List<string>(), new List<string>());
        for (var i = 0; i < parts.Length; i++)
        {
            (i == 3 ? surname : given).Add(NameParts.Tidy(parts[i]));
        }
        return Parse(string.Join(' ', given), string.Join(' ', surname));
    }

    private static Result<LatinName> Of(string[] parts, int surnameParts)
    {
        foreach (var part in parts)
        {
            if (NameParts.Fault(part, LetterKind.Latin, LongestPart, (ArabicLetters, OtherScript, Characters, TooLong)) is { } refusal)
            {
                return refusal;
            }
        }
        if (parts.All(p => NameFolding.Latin(p).Length == 0))
        {
            return new Refusal(Missing);
        }
        if (parts.Length > MostParts)
        {
            return new Refusal(TooLong, ("longest", MostParts));
        }
        return parts.Any(p => Placeholders.Contains(p.Trim('.').ToLowerInvariant(), StringComparer.Ordinal)) && parts.Length > 1
            ? new Refusal(Placeholder)
            : new LatinName(parts, surnameParts);
    }

    /// <summary>As the MRZ has it: primary and secondary identifier, fillers already spaces. Only a given name, or only a surname, are whole names.</summary>
    internal static LatinName? FromMrz(string primary, string secondary)
    {
        var first = secondary.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var last = primary.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return first.Length + last.Length == 0 ? null : new LatinName([.. first, .. last], first.Length == 0 ? 0 : last.Length);
    }

    /// <summary>All parts in the order in which the name is said.</summary>
    public override string ToString() => string.Join(' ', Parts);

    /// <summary>The first and the last part, or the only one.</summary>
    [JsonIgnore]
    public string Short => Parts is [var only] ? only : $"{Parts[0]} {Parts[^1]}";

    /// <summary>The first letters of the first and last part.</summary>
    [JsonIgnore]
    public string Initials => NameParts.Initials(Parts, "").ToUpperInvariant();

    /// <summary>Enough for somebody who knows the person: the first part, and one letter of each other.</summary>
    public string Masked() => NameParts.Masked(Parts);

    /// <summary>Compare ordinally to put names in order: by surname when there is one.</summary>
    [JsonIgnore]
    public string SortKey => NameFolding.Latin(SurnameParts > 0 ? $"{Surname} {Given}" : ToString());

    public bool Equals(LatinName? other) =>
        other is not null && SurnameParts == other.SurnameParts && Parts.SequenceEqual(other.Parts, StringComparer.Ordinal);

    public override int GetHashCode() => HashCode.Combine(ToString().GetHashCode(StringComparison.Ordinal), SurnameParts);
}

/// <summary>What names of both scripts share.</summary>
internal static class NameParts
{
    public static string Tidy(string? text) => NameFolding.Tidy(text);

    /// <summary>The first fault of one part: letters of the other script, of a third one, digits or signs, length.</summary>
    public static Refusal? Fault(string part, LetterKind own, int longest, (string Foreign, string Other, string Sign, string Long) codes)
    {
        if (part.Length > longest)
        {
            return new Refusal(codes.Long, ("longest", longest));
        }
        foreach (var rune in part.EnumerateRunes())
        {
            var kind = NameFolding.KindOf(rune);
            if (kind == own || kind == LetterKind.Joiner)
            {
                continue;
            }
            return new Refusal(
                kind switch
                {
                    LetterKind.Arabic or LetterKind.Latin => codes.Foreign,
                    LetterKind.OtherLetter => codes.Other,
                    _ => codes.Sign,
                },
                ("character", rune.ToString()));
        }
        return null;
    }

    /// <summary>Words of an Arabic name, those that are one name kept together.</summary>
    public static List<string> ArabicUnits(string full)
    {
        var units = new List<string>();
        string? open = null;
        foreach (var word in full.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var folded = NameFolding.Arabic(word);
            var unit = open is null ? word : $"{open} {word}";
            open = null;
            if (folded is "عبد" or "ابو" or "ابي" or "ام" or "ال" or "بن" or "ابن" or "بنت" or "ولد" or "بو")
            {
                open = unit;
            }
            else if (folded is "الدين" or "الله" or "الاسلام" or "الحق" && units.Count > 0 && unit == word)
            {
                units[^1] = $"{units[^1]} {word}";
            }
            else
            {
                units.Add(unit);
            }
        }
        if (open is not null)
        {
            units.Add(open);
        }
        return units;
    }

    public static string Initials(IReadOnlyList<string> parts, string between)
    {
        var first = FirstLetter(parts[0]);
        return parts.Count == 1 ? first : first + between + FirstLetter(parts[^1]);
    }

    public static string Masked(IReadOnlyList<string> parts)
    {
        var shown = new StringBuilder(parts[0]);
        foreach (var part in parts.Skip(1))
        {
            shown.Append(' ').Append(FirstLetter(part)).Append("***");
        }
        return shown.ToString();
    }

    private static string FirstLetter(string part)
    {
        foreach (var rune in part.EnumerateRunes())
        {
            if (Rune.IsLetter(rune))
            {
                return rune.ToString();
            }
        }
        return "";
    }
}
