using System.Buffers;
using System.Buffers.Text;

namespace Muqeem.Verifier.Encodings;

/// <summary>Base64, base64url and Base32 (RFC 4648), each with one text for each value: no space, no missing or surplus padding, no bits left over.</summary>
public static class BaseText
{
    private const string Base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private static readonly SearchValues<char> Base64Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    /// <summary>The bytes of a base64url text without padding; null when it is not in its one form.</summary>
    public static byte[]? FromBase64Url(ReadOnlySpan<char> text)
    {
        if (text.Length % 4 == 1)
        {
            return null;
        }
        var bytes = new byte[LengthOf(text.Length)];
        return Base64Url.DecodeFromChars(text, bytes, out _, out var count) == OperationStatus.Done && count == bytes.Length && (text.Length == 0 || NoBitsLeft(Value((byte)text[^1]), text.Length % 4)) ? bytes : null;
    }

    /// <inheritdoc cref="FromBase64Url(ReadOnlySpan{char})"/>
    public static byte[]? FromBase64Url(ReadOnlySpan<byte> text)
    {
        if (text.Length % 4 == 1)
        {
            return null;
        }
        var bytes = new byte[LengthOf(text.Length)];
        return FromBase64Url(text, bytes) == bytes.Length ? bytes : null;
    }

    /// <summary>The same into room that is there. Returns how many bytes; -1 when it is not in its one form.</summary>
    internal static int FromBase64Url(ReadOnlySpan<byte> text, Span<byte> into) =>
        text.Length % 4 != 1 && Base64Url.DecodeFromUtf8(text, into, out _, out var count) == OperationStatus.Done && count == LengthOf(text.Length) && (text.Length == 0 || NoBitsLeft(Value(text[^1]), text.Length % 4)) ? count : -1;

    /// <summary>
    /// How many bytes so many digits are. The base library passes over space and takes padding, and of a text with either it makes fewer bytes than this.
    /// </summary>
    private static int LengthOf(int digits) => digits / 4 * 3 + (digits % 4 == 0 ? 0 : digits % 4 - 1);

    /// <summary>The bytes of a base64 text with its padding; null when it is not in its one form.</summary>
    public static byte[]? FromBase64(ReadOnlySpan<char> text)
    {
        var digits = text.TrimEnd('=');
        if (text.Length % 4 != 0 || text.Length - digits.Length > 2 || digits.ContainsAnyExcept(Base64Characters))
        {
            return null;
        }
        if (digits.Length > 0 && !NoBitsLeft(Value((byte)digits[^1]), digits.Length % 4))
        {
            return null;
        }
        var bytes = new byte[LengthOf(digits.Length)];
        return Convert.TryFromBase64Chars(text, bytes, out var written) && written == bytes.Length ? bytes : null;
    }

    /// <summary>The bytes of a Base32 text without padding, in upper or lower case and not in both; null when it is not in its one form.</summary>
    public static byte[]? FromBase32(ReadOnlySpan<char> text)
    {
        if (text.Length % 8 is 1 or 3 or 6)
        {
            return null;
        }
        var bytes = new byte[text.Length * 5 / 8];
        var (bits, held, at) = (0, 0u, 0);
        var (upper, lower) = (false, false);
        foreach (var c in text)
        {
            uint value;
            switch (c)
            {
                case >= 'A' and <= 'Z':
                    value = (uint)(c - 'A');
                    upper = true;
                    break;
                case >= 'a' and <= 'z':
                    value = (uint)(c - 'a');
                    lower = true;
                    break;
                case >= '2' and <= '7':
                    value = (uint)(c - '2' + 26);
                    break;
                default:
                    return null;
            }
            held = (held << 5) | value;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[at++] = (byte)(held >> bits);
                held &= (1u << bits) - 1;
            }
        }
        return held == 0 && !(upper && lower) ? bytes : null;
    }

    /// <summary>Base32 in upper case without padding, as the texts of our QR codes have it.</summary>
    public static string ToBase32(ReadOnlySpan<byte> bytes)
    {
        var text = new char[(bytes.Length * 8 + 4) / 5];
        var (bits, held, at) = (0, 0u, 0);
        foreach (var b in bytes)
        {
            held = (held << 8) | b;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text[at++] = Base32Alphabet[(int)(held >> bits) & 31];
                held &= (1u << bits) - 1;
            }
        }
        if (bits > 0)
        {
            text[at] = Base32Alphabet[(int)(held << (5 - bits)) & 31];
        }
        return new string(text);
    }

    /// <summary>Whether the last digit of a group of this length holds no bit that belongs to no byte.</summary>
    private static bool NoBitsLeft(int last, int length) => length switch { 2 => (last & 15) == 0, 3 => (last & 3) == 0, _ => true };

    private static int Value(byte digit) => digit switch
    {
        >= (byte)'A' and <= (byte)'Z' => digit - 'A',
        >= (byte)'a' and <= (byte)'z' => digit - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => digit - '0' + 52,
        (byte)'-' or (byte)'+' => 62,
        _ => 63,
    };
}
