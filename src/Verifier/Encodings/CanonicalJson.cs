using System.Buffers;
using System.Globalization;
using System.Text;

namespace Muqeem.Verifier.Encodings;

/// <summary>The one form of a JSON value (RFC 8785): what is signed apart from a text that people may lay out anew. Of numbers only whole ones have it here.</summary>
public static class CanonicalJson
{
    /// <summary>Beyond this readers in other languages round.</summary>
    private const long MostInteger = (1L << 53) - 1;

    /// <summary>In UTF-8; null when a number in it is not a whole one of at most 53 bits in its shortest form.</summary>
    /// <param name="without">A member of the outermost object that is left out: the signature itself.</param>
    public static byte[]? Of(Json value, string? without = null)
    {
        var bytes = new ArrayBufferWriter<byte>(4096);
        return Write(bytes, value, without) ? bytes.WrittenSpan.ToArray() : null;
    }

    private static bool Write(ArrayBufferWriter<byte> into, Json value, string? without)
    {
        switch (value.Kind)
        {
            case JsonKind.Null:
                into.Write("null"u8);
                return true;
            case JsonKind.True:
                into.Write("true"u8);
                return true;
            case JsonKind.False:
                into.Write("false"u8);
                return true;
            case JsonKind.Text:
                Text(into, value.Text!);
                return true;
            case JsonKind.Number:
                if (!value.TryInteger(out var number) || Math.Abs((decimal)number) > MostInteger || number.ToString(CultureInfo.InvariantCulture) != value.Digits)
                {
                    return false;
                }
                into.Write(Encoding.ASCII.GetBytes(value.Digits));
                return true;
            case JsonKind.Array:
                return Array(into, value);
            default:
                return Object(into, value, without);
        }
    }

    private static bool Array(ArrayBufferWriter<byte> into, Json array)
    {
        into.Write("["u8);
        var first = true;
        foreach (var item in array.Items)
        {
            if (!first)
            {
                into.Write(","u8);
            }
            first = false;
            if (!Write(into, item, null))
            {
                return false;
            }
        }
        into.Write("]"u8);
        return true;
    }

    private static bool Object(ArrayBufferWriter<byte> into, Json value, string? without)
    {
        var members = value.Members.ToArray();
        // By UTF-16 code units, as the RFC has it.
        System.Array.Sort(members, (a, b) => string.CompareOrdinal(a.Key, b.Key));
        into.Write("{"u8);
        var first = true;
        foreach (var (name, member) in members)
        {
            if (name == without)
            {
                continue;
            }
            if (!first)
            {
                into.Write(","u8);
            }
            first = false;
            Text(into, name);
            into.Write(":"u8);
            if (!Write(into, member, null))
            {
                return false;
            }
        }
        into.Write("}"u8);
        return true;
    }

    private static void Text(ArrayBufferWriter<byte> into, string text)
    {
        into.Write("\""u8);
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var plain = 0;
            while (plain < rest.Length && rest[plain] is >= ' ' and not ('"' or '\\'))
            {
                plain++;
            }
            if (plain > 0)
            {
                Encoding.UTF8.GetBytes(rest[..plain], into);
                rest = rest[plain..];
                continue;
            }
            Encoding.UTF8.GetBytes(rest[0] switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\t' => "\\t",
                '\n' => "\\n",
                '\f' => "\\f",
                '\r' => "\\r",
                var control => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)control:x4}"),
            }, into);
            rest = rest[1..];
        }
        into.Write("\""u8);
    }
}
