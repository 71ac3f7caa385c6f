using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>A passport's number: Latin letters and digits, in capitals, without spaces or hyphens. Up to nine are in its place in the MRZ; longer ones spill into the optional data.</summary>
[JsonConverter(typeof(ParsedConverter<PassportNumber>))]
public readonly record struct PassportNumber : IParsed<PassportNumber>
{
    public const string Missing = "passport_number.missing";
    public const string Characters = "passport_number.characters";
    public const string Length = "passport_number.length";

    /// <summary>The longest that any state is known to print.</summary>
    public const int Longest = 20;

    private readonly string? _number;

    private PassportNumber(string number) => _number = number;

    public static Result<PassportNumber> Parse(string? text)
    {
        var number = Digits.Compact(text).ToUpperInvariant();
        if (number.Length == 0)
        {
            return new Refusal(Missing);
        }
        foreach (var c in number)
        {
            if (!char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c))
            {
                return new Refusal(Characters);
            }
        }
        return number.Length > Longest
            ? new Refusal(Length, ("given", number.Length), ("longest", Longest))
            : new PassportNumber(number);
    }

    /// <summary>Capitals and digits.</summary>
    public override string ToString() => _number ?? "";

    /// <summary>The last two characters.</summary>
    public string Masked() => Mask.Last(ToString(), 2);
}
