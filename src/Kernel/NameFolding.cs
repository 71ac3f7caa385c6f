using System.Globalization;
using System.Text;

namespace Muqeem.Kernel;

/// <summary>Which script a letter of a name belongs to.</summary>
internal enum LetterKind
{
    Arabic,
    Latin,

    /// <summary>Spaces, marks on letters, apostrophes, hyphens, full stops: at home in names of any script.</summary>
    Joiner,
    Digit,
    OtherLetter,
    OtherSign,
}

/// <summary>Takes away what two spellings of one name may differ in. Folded names are compared and searched, never shown or stored as the name.</summary>
public static class NameFolding
{
    /// <summary>
    /// One form for alef with any hamza, waw and ya with hamza, final ya, ta marbuta, Persian and Urdu letters; no hamza, vowel marks or
    /// tatweel; words of letters and digits with one space between.
    /// </summary>
    public static string Arabic(string? text)
    {
        var folded = new StringBuilder();
        foreach (var c in Safe(text).Normalize(NormalizationForm.FormKC))
        {
            switch (c)
            {
                case 'أ' or 'إ' or 'آ' or 'ٱ' or 'ٲ' or 'ٳ':
                    folded.Append('ا');
                    break;
                case 'ؤ':
                    folded.Append('و');
                    break;
                case 'ئ' or 'ى' or 'ی' or 'ې' or 'ے' or 'ۓ':
                    folded.Append('ي');
                    break;
                case 'ة' or 'ہ' or 'ھ' or 'ە' or 'ۀ' or 'ۃ':
                    folded.Append('ه');
                    break;
                case 'ک' or 'ڪ':
                    folded.Append('ك');
                    break;
                case 'ء' or 'ـ':
                    break;
                default:
                    AppendLetterOrSpace(folded, c);
                    break;
            }
        }
        return OneSpaced(folded);
    }

    /// <summary>Lower-case ASCII letters and digits; accents taken off (ø is o, ß is ss, þ is th); apostrophes and full stops gone, hyphens spaces.</summary>
    public static string Latin(string? text)
    {
        var folded = new StringBuilder();
        foreach (var c in Safe(text).Normalize(NormalizationForm.FormKD).ToLowerInvariant())
        {
            switch (c)
            {
                case 'ß':
                    folded.Append("ss");
                    break;
                case 'æ':
                    folded.Append("ae");
                    break;
                case 'œ':
                    folded.Append("oe");
                    break;
                case 'þ':
                    folded.Append("th");
                    break;
                case 'ø':
                    folded.Append('o');
                    break;
                case 'đ' or 'ð' or 'ɖ':
                    folded.Append('d');
                    break;
                case 'ł':
                    folded.Append('l');
                    break;
                case 'ı':
                    folded.Append('i');
                    break;
                case 'ħ':
                    folded.Append('h');
                    break;
                case 'ŋ':
                    folded.Append('n');
                    break;
                case 'ə':
                    folded.Append('a');
                    break;
                case '\'' or '’' or '‘' or '`' or '´' or 'ʿ' or 'ʾ' or 'ʻ' or 'ʼ' or 'ˈ' or '.':
                    break;
                default:
                    AppendLetterOrSpace(folded, c);
                    break;
            }
        }
        return OneSpaced(folded);
    }

    /// <summary>The name as given, without the marks nobody sees, with single spaces, and with letters in one encoding.</summary>
    internal static string Tidy(string? text)
    {
        var words = new StringBuilder();
        foreach (var rune in Safe(text).EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (Rune.IsWhiteSpace(rune))
            {
                words.Append(' ');
            }
            else if (category is not (UnicodeCategory.Format or UnicodeCategory.Control) || rune.Value is 0x200C)
            {
                // The zero-width non-joiner is part of Persian spelling: only folding drops it.
                words.Append(rune.ToString());
            }
        }
        var tidy = OneSpaced(words);
        foreach (var c in tidy)
        {
            if (c is >= '\uFB50' and <= '\uFDFF' or >= '\uFE70' and <= '\uFEFE')
            {
                // Arabic presentation forms, pasted from old systems, are the same letters.
                return tidy.Normalize(NormalizationForm.FormKC);
            }
        }
        return tidy.Normalize(NormalizationForm.FormC);
    }

    internal static LetterKind KindOf(Rune rune) => rune.Value switch
    {
        ' ' or '-' or '.' or '\'' or '’' or '‘' or '`' or '´' or 0x2010 or 0x2011 or 0x200C => LetterKind.Joiner,
        >= 0x2B0 and <= 0x2FF => LetterKind.Joiner,
        0x640 => LetterKind.Arabic,
        _ => Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.DecimalDigitNumber => LetterKind.Digit,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark when rune.Value is < 0x370 or (>= 0x610 and < 0x700) => LetterKind.Joiner,
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.OtherLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => rune.Value switch
                {
                    < 0x250 or (>= 0x1E00 and < 0x1F00) or (>= 0xFB00 and <= 0xFB06) or 0x259 => LetterKind.Latin,
                    (>= 0x600 and < 0x700) or (>= 0x750 and < 0x780) or (>= 0x8A0 and < 0x900) or (>= 0xFB50 and < 0xFE00) or (>= 0xFE70 and < 0xFF00) => LetterKind.Arabic,
                    _ => LetterKind.OtherLetter,
                },
            _ => LetterKind.OtherSign,
        },
    };

    private static void AppendLetterOrSpace(StringBuilder folded, char c)
    {
        if (char.IsAsciiLetterOrDigit(c) || char.IsLetter(c))
        {
            folded.Append(c);
        }
        else if (char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) is UnicodeCategory.DashPunctuation || c is ',' or '،' or '/')
        {
            folded.Append(' ');
        }
    }

    private static string OneSpaced(StringBuilder text) =>
        string.Join(' ', text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));

    // Normalisation throws on half a surrogate pair; such a text is not a name, but not a bug of ours either.
    private static string Safe(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }
        foreach (var c in text)
        {
            if (char.IsSurrogate(c))
            {
                return string.Concat(text.EnumerateRunes().Select(r => r.ToString()));
            }
        }
        return text;
    }
}
