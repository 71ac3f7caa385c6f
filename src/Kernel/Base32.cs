using System.Diagnostics.CodeAnalysis;

namespace Muqeem.Kernel;

/// <summary>RFC 4648 base 32 without padding: what a QR code packs tightly, an address carries unescaped and a person can type.</summary>
public static class Base32
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new char[((bytes.Length * 8) + 4) / 5];
        int bits = 0, held = 0, at = 0;
        foreach (var b in bytes)
        {
            held = (held << 8) | b;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text[at++] = Alphabet[(held >> bits) & 31];
            }
            held &= (1 << bits) - 1;
        }
        if (bits > 0)
        {
            text[at] = Alphabet[(held << (5 - bits)) & 31];
        }
        return new string(text);
    }

    /// <summary>Reads capitals and small letters. One length of text and no loose bits per value: anything else, spaces and padding too, is refused.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        var result = new byte[text.Length * 5 / 8];
        // A last character that adds no byte belongs to no encoding.
        if (((result.Length * 8) + 4) / 5 != text.Length)
        {
            return false;
        }
        int bits = 0, held = 0, at = 0;
        foreach (var c in text)
        {
            var value = c switch
            {
                >= 'A' and <= 'Z' => c - 'A',
                >= 'a' and <= 'z' => c - 'a',
                >= '2' and <= '7' => c - '2' + 26,
                _ => -1,
            };
            if (value < 0)
            {
                return false;
            }
            held = (held << 5) | value;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                result[at++] = (byte)(held >> bits);
                held &= (1 << bits) - 1;
            }
        }
        if (held != 0)
        {
            return false;
        }
        bytes = result;
        return true;
    }
}
