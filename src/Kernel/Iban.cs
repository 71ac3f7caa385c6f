using System.Text;
using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>An international bank account number (ISO 13616): two letters, two check digits, the account; mod 97 is 1. A Saudi one has 24 characters.</summary>
[JsonConverter(typeof(ParsedConverter<Iban>))]
public readonly record struct Iban : IParsed<Iban>
{
    public const string Missing = "iban.missing";
    public const string Characters = "iban.characters";
    public const string Length = "iban.length";
    public const string CheckDigits = "iban.check_digits";

    private const int SaudiLength = 24;

    // ISO 13616: no national account is shorter (Norway) or longer (the standard's limit).
    private const int Shortest = 15;
    private const int Longest = 34;

    private readonly string? _text;

    private Iban(string text) => _text = text;

    public bool IsSaudi => _text is ['S', 'A', ..];

    public static Result<Iban> Parse(string? text)
    {
        var iban = Digits.Compact(text).ToUpperInvariant();
        if (iban.Length == 0)
        {
            return new Refusal(Missing);
        }
        foreach (var c in iban)
        {
            if (!char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c))
            {
                return new Refusal(Characters);
            }
        }
        if (iban.Length < 4 || !char.IsAsciiLetterUpper(iban[0]) || !char.IsAsciiLetterUpper(iban[1]) || !Digits.AllAscii(iban.AsSpan(2, 2)))
        {
            return new Refusal(Characters);
        }
        var saudi = iban.StartsWith("SA", StringComparison.Ordinal);
        if (saudi ? iban.Length != SaudiLength : iban.Length is < Shortest or > Longest)
        {
            return new Refusal(Length, ("given", iban.Length), ("expected", saudi ? SaudiLength : Longest));
        }
        if (saudi && !Digits.AllAscii(iban.AsSpan(2, 4)))
        {
            // The bank is two digits; the account may hold letters.
            return new Refusal(Characters);
        }
        // 00, 01 and 99 can satisfy mod 97 but are never issued.
        return iban.AsSpan(2, 2) is "00" or "01" or "99" || Remainder(iban) != 1 ? new Refusal(CheckDigits) : new Iban(iban);
    }

    private static int Remainder(string iban)
    {
        var remainder = 0;
        foreach (var c in string.Concat(iban.AsSpan(4), iban.AsSpan(0, 4)))
        {
            remainder = char.IsAsciiDigit(c) ? ((remainder * 10) + (c - '0')) % 97 : ((remainder * 100) + (c - 'A' + 10)) % 97;
        }
        return remainder;
    }

    public override string ToString() => _text ?? "";

    /// <summary>In groups of four, as banks print it.</summary>
    public string Grouped()
    {
        var text = ToString();
        var grouped = new StringBuilder(text.Length + (text.Length / 4));
        for (var i = 0; i < text.Length; i++)
        {
            if (i > 0 && i % 4 == 0)
            {
                grouped.Append(' ');
            }
            grouped.Append(text[i]);
        }
        return grouped.ToString();
    }

    /// <summary>The last four characters.</summary>
    public string Masked() => Mask.Last(ToString(), 4);
}
