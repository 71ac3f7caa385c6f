using System.Globalization;
using System.Text;

namespace Muqeem.Kernel;

/// <summary>What people type, made comparable: digits of every script become 0-9; spaces and invisible marks go. Every parser starts here.</summary>
public static class Digits
{
    // Nobody types an identifier this long; a longer text is not worth the work of reading it.
    private const int Longest = 512;

    /// <summary>ASCII digits, full-width forms folded, no spaces, no bidirectional or zero-width marks. Letters stay as typed. Null becomes empty.</summary>
    public static string Normalise(string? text) => Fold(text, static rune => !Rune.IsWhiteSpace(rune));

    /// <summary>As <see cref="Normalise"/>, but spaces stay (runs of them become one, the ends are trimmed): for texts with several words.</summary>
    public static string NormaliseWords(string? text)
    {
        var folded = Fold(text, static _ => true);
        return string.Join(' ', folded.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>As <see cref="Normalise"/>, and without the separators people group numbers with: hyphens, dots, slashes, brackets, underscores.</summary>
    public static string Compact(string? text) => Fold(text, static rune => !Rune.IsWhiteSpace(rune) && !IsSeparator(rune));

    public static bool AllAscii(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    /// <summary>Whether the mod-10 sum (Luhn) of ASCII digits, the last one being the check digit, holds.</summary>
    public static bool LuhnHolds(ReadOnlySpan<char> digits) => LuhnSum(digits, doubleFirst: digits.Length % 2 == 0) % 10 == 0;

    /// <summary>The mod-10 check digit to append to these ASCII digits.</summary>
    public static char LuhnDigit(ReadOnlySpan<char> payload) =>
        (char)('0' + ((10 - (LuhnSum(payload, doubleFirst: payload.Length % 2 == 1) % 10)) % 10));

    private static int LuhnSum(ReadOnlySpan<char> digits, bool doubleFirst)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[i] - '0';
            if (i % 2 == 0 == doubleFirst)
            {
                digit *= 2;
            }
            sum += digit > 9 ? digit - 9 : digit;
        }
        return sum;
    }

    private static string Fold(string? text, Func<Rune, bool> keep)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }
        var result = new StringBuilder(Math.Min(text.Length, Longest));
        var read = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (++read > Longest)
            {
                // Kept, so that a length rule refuses it: cutting would turn a wrong text into another, perhaps valid one.
                result.Append('\uFFFD');
                break;
            }
            if (IsInvisible(rune) || !keep(rune))
            {
                continue;
            }
            var digit = DecimalValue(rune);
            if (digit >= 0)
            {
                result.Append((char)('0' + digit));
            }
            else if (rune.Value is >= 0xFF01 and <= 0xFF5E)
            {
                // Full-width forms of ASCII, from East Asian keyboards.
                var ascii = new Rune(rune.Value - 0xFEE0);
                if (keep(ascii))
                {
                    result.Append((char)ascii.Value);
                }
            }
            else
            {
                result.Append(rune.ToString());
            }
        }
        return result.ToString();
    }

    // CharUnicodeInfo has no decimal value by rune, only by (string, index); Nd's numeric value is its decimal value.
    private static int DecimalValue(Rune rune) =>
        Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber ? (int)Rune.GetNumericValue(rune) : -1;

    private static bool IsInvisible(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control && !Rune.IsWhiteSpace(rune)
        || rune.Value is >= 0xFE00 and <= 0xFE0F;

    private static bool IsSeparator(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.DashPunctuation || rune.Value is '.' or '/' or '(' or ')' or '_' or 0x2212 or 0x0640;
}
