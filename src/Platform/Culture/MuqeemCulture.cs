using System.Diagnostics.CodeAnalysis;
using Muqeem.Platform.Texts;

namespace Muqeem.Platform.Culture;

/// <summary>Which way a script runs.</summary>
public enum Direction
{
    LeftToRight,
    RightToLeft,
}

/// <summary>What the system knows about a language. Nothing is taken from the platform's culture data: its calendars and digits differ by language
/// and by version, while here every language shows Gregorian dates and the digits 0-9, as on the card.</summary>
public sealed class MuqeemCulture
{
    private static readonly Dictionary<string, MuqeemCulture> Known;

    static MuqeemCulture() => Known = new[]
    {
        new MuqeemCulture("ar", "العربية", "Arab", Direction.RightToLeft, 1.75),
        new("en", "English", "Latn", Direction.LeftToRight, 1.6),
        new("bn", "বাংলা", "Beng", Direction.LeftToRight, 1.7),
        // Nastaliq rises and falls far beyond its box.
        new("ur", "اردو", "Arab", Direction.RightToLeft, 2.35),
        new("hi", "हिन्दी", "Deva", Direction.LeftToRight, 1.7),
        new("fil", "Filipino", "Latn", Direction.LeftToRight, 1.6),
        new("ne", "नेपाली", "Deva", Direction.LeftToRight, 1.7),
        new("id", "Indonesia", "Latn", Direction.LeftToRight, 1.6),
        new("ml", "മലയാളം", "Mlym", Direction.LeftToRight, 1.7),
        new("ta", "தமிழ்", "Taml", Direction.LeftToRight, 1.7),
        new("te", "తెలుగు", "Telu", Direction.LeftToRight, 1.7),
        new("am", "አማርኛ", "Ethi", Direction.LeftToRight, 1.65),
        new("si", "සිංහල", "Sinh", Direction.LeftToRight, 1.7),
        new("ps", "پښتو", "Arab", Direction.RightToLeft, 1.75),
        // Made from English when the process starts: long and accented, and mirrored. They show what was not translated and what does not stretch or turn.
        new("qps-ploc", "Ŧḗşŧ", "Latn", Direction.LeftToRight, 1.6) { PseudoOf = "en" },
        new("qps-plocm", "Ŧḗşŧ ⇄", "Latn", Direction.RightToLeft, 1.6) { PseudoOf = "en" },
    }.ToDictionary(c => c.Code, StringComparer.Ordinal);

    private MuqeemCulture(string code, string ownName, string script, Direction direction, double lineHeight)
    {
        Code = code;
        OwnName = ownName;
        Script = script;
        Direction = direction;
        LineHeight = lineHeight;
    }

    /// <summary>BCP 47, lower case: what stands in the address and in <c>lang</c>.</summary>
    public string Code { get; }

    /// <summary>The language's name in itself, as the switcher shows it.</summary>
    public string OwnName { get; }

    /// <summary>ISO 15924.</summary>
    public string Script { get; }

    public Direction Direction { get; }

    /// <summary>The line height, in font sizes, that the script needs; the style sheet has the same numbers.</summary>
    public double LineHeight { get; }

    /// <summary>The language from which a test language is made; null for real ones.</summary>
    public string? PseudoOf { get; private init; }

    public bool IsRightToLeft => Direction == Direction.RightToLeft;

    /// <summary><c>rtl</c> or <c>ltr</c>, for <c>dir</c>.</summary>
    public string Dir => IsRightToLeft ? "rtl" : "ltr";

    public static IReadOnlyCollection<MuqeemCulture> All => Known.Values;

    /// <summary>Throws for a code that is not in the table.</summary>
    public static MuqeemCulture Of(string code) => Known[code];

    public static bool TryGet(string? code, [NotNullWhen(true)] out MuqeemCulture? culture)
    {
        culture = null;
        return code is not null && Known.TryGetValue(code, out culture);
    }

    internal PluralCategory Plural(decimal value) => PluralRules.Of(PseudoOf ?? Code, value);

    internal IReadOnlyList<PluralCategory> PluralCategories => PluralRules.Categories(PseudoOf ?? Code);

    public override string ToString() => Code;
}
