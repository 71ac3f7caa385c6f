using System.Globalization;

namespace Muqeem.Platform.Culture;

/// <summary>Keeps foreign runs from reordering the sentence around them.</summary>
public static class Bidi
{
    private const char FirstStrongIsolate = '\u2068';
    private const char PopDirectionalIsolate = '\u2069';

    /// <summary>Whether a value put into a sentence of that direction could change the order of what is around it or of itself. Between Arabic letters even
    /// "+966" and "2026-11-22" are turned round, because signs do not belong to the number there.</summary>
    public static bool NeedsIsolation(string value, Direction around)
    {
        foreach (var rune in value.EnumerateRunes())
        {
            if (IsRightToLeft(rune.Value))
            {
                if (around == Direction.LeftToRight)
                {
                    return true;
                }
            }
            else if (around == Direction.RightToLeft && !System.Text.Rune.IsDigit(rune) && rune.Value is not ('.' or ',' or ':' or ' ' or '\u00A0'))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The value between isolates (U+2068, U+2069) when it needs them. For plain text; in pages <c>&lt;bdi&gt;</c> does the same and is not copied along.</summary>
    public static string Isolate(string value, Direction around) =>
        NeedsIsolation(value, around) ? $"{FirstStrongIsolate}{value}{PopDirectionalIsolate}" : value;

    /// <summary>The direction of the first letter; null when there is none.</summary>
    public static Direction? FirstStrong(string value)
    {
        foreach (var rune in value.EnumerateRunes())
        {
            if (IsRightToLeft(rune.Value))
            {
                return Direction.RightToLeft;
            }
            if (System.Text.Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter)
            {
                return Direction.LeftToRight;
            }
        }
        return null;
    }

    /// <summary>Hebrew to Arabic Extended, their presentation forms, and the right-to-left scripts of the supplementary plane. Digits and marks between them do not count.</summary>
    private static bool IsRightToLeft(int c) =>
        c is (>= 0x0590 and <= 0x08FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFF) or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF)
        && !(c is (>= 0x0660 and <= 0x066C) or (>= 0x06F0 and <= 0x06F9));
}
