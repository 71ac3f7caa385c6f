using System.Buffers.Binary;
using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>
/// The reference of an application, to be read aloud and copied by hand: seven random characters and a check character out of 29 (no vowels, so no words; no 1, I, L or O).
/// The alphabet's size is prime and every place has its own weight: each wrong character and each swap of two is caught. About 17 billion exist; uniqueness is a claim's business.
/// </summary>
[JsonConverter(typeof(ParsedConverter<ReferenceNumber>))]
public readonly record struct ReferenceNumber : IParsed<ReferenceNumber>
{
    public const string Missing = "reference.missing";
    public const string Characters = "reference.characters";
    public const string Length = "reference.length";
    public const string Check = "reference.check";

    private const string Alphabet = "023456789BCDFGHJKMNPQRSTVWXYZ";
    private const int Full = 8;

    /// <summary>How many random bytes one reference takes. Eight make the remainder's bias less than one in a billion.</summary>
    public const int RandomBytes = 8;

    private readonly string? _text;

    private ReferenceNumber(string text) => _text = text;

    /// <summary>A reference from <see cref="RandomBytes"/> random bytes.</summary>
    public static ReferenceNumber From(ReadOnlySpan<byte> random)
    {
        var number = BinaryPrimitives.ReadUInt64LittleEndian(random);
        Span<char> text = stackalloc char[Full];
        for (var i = 0; i < Full - 1; i++)
        {
            text[i] = Alphabet[(int)(number % (ulong)Alphabet.Length)];
            number /= (ulong)Alphabet.Length;
        }
        text[^1] = CheckOf(text[..^1]);
        return new(new string(text));
    }

    public static Result<ReferenceNumber> Parse(string? text)
    {
        // O is heard and written for the zero that the alphabet has.
        var code = Digits.Compact(text).ToUpperInvariant().Replace('O', '0');
        if (code.Length == 0)
        {
            return new Refusal(Missing);
        }
        if (code.AsSpan().ContainsAnyExcept(Alphabet))
        {
            return new Refusal(Characters);
        }
        if (code.Length != Full)
        {
            return new Refusal(Length, ("given", code.Length), ("expected", Full));
        }
        return code[^1] == CheckOf(code.AsSpan(0, Full - 1)) ? new ReferenceNumber(code) : new Refusal(Check);
    }

    private static char CheckOf(ReadOnlySpan<char> payload)
    {
        // With weights 1…7 for the payload and 28 (= -1) for the check character, the weighted sum of all eight is 0 mod 29.
        var sum = 0;
        for (var i = 0; i < payload.Length; i++)
        {
            sum += (i + 1) * Alphabet.IndexOf(payload[i], StringComparison.Ordinal);
        }
        return Alphabet[sum % Alphabet.Length];
    }

    /// <summary>Eight characters without a hyphen: for addresses and storage.</summary>
    public override string ToString() => _text ?? "";

    /// <summary>In two groups, as it is shown: <c>K7MP-R2XD</c>.</summary>
    public string Grouped() => _text is null ? "" : $"{_text[..4]}-{_text[4..]}";

    /// <summary>The last two characters.</summary>
    public string Masked() => Mask.Last(ToString(), 2);
}
