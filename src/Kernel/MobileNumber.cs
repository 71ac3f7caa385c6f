using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>A mobile number in E.164. Saudi ones are +9665 and eight digits; a foreign one must be written with + or 00 and its country code.</summary>
[JsonConverter(typeof(ParsedConverter<MobileNumber>))]
public readonly record struct MobileNumber : IParsed<MobileNumber>
{
    public const string Missing = "mobile.missing";
    public const string Characters = "mobile.characters";
    public const string SaudiLength = "mobile.saudi_length";
    public const string SaudiPrefix = "mobile.saudi_prefix";
    public const string CountryCode = "mobile.country_code";
    public const string Length = "mobile.length";

    private const string SaudiCode = "966";
    private const int SaudiDigits = 9;

    // E.164: at most 15 digits with the country code; no real subscriber has fewer than 8.
    private const int Shortest = 8;
    private const int Longest = 15;

    private readonly string? _number;

    private MobileNumber(string number) => _number = number;

    public bool IsSaudi => _number is not null && _number.StartsWith("+966", StringComparison.Ordinal);

    public static Result<MobileNumber> Parse(string? text)
    {
        var typed = Digits.Compact(text);
        if (typed.Length == 0)
        {
            return new Refusal(Missing);
        }

        // A plus typed in a right-to-left field often ends up behind the digits.
        var international = typed[0] == '+' || typed[^1] == '+';
        var digits = typed.Trim('+');
        if (!Digits.AllAscii(digits))
        {
            return new Refusal(Characters);
        }
        if (!international && digits.StartsWith("00", StringComparison.Ordinal))
        {
            international = true;
            digits = digits[2..];
        }

        if (digits.StartsWith(SaudiCode, StringComparison.Ordinal))
        {
            // +966 (0)5…: the trunk zero is no part of the number.
            var rest = digits[SaudiCode.Length..];
            return Saudi(rest is ['0', ..] ? rest[1..] : rest);
        }
        if (!international)
        {
            return digits switch
            {
                ['0', ..] => Saudi(digits[1..]),
                ['5', ..] when digits.Length <= SaudiDigits => Saudi(digits),
                _ => new Refusal(CountryCode),
            };
        }
        if (digits.Length == 0 || digits[0] == '0')
        {
            return new Refusal(CountryCode);
        }
        return digits.Length is < Shortest or > Longest
            ? new Refusal(Length, ("given", digits.Length), ("shortest", Shortest), ("longest", Longest))
            : new MobileNumber("+" + digits);
    }

    private static Result<MobileNumber> Saudi(string rest)
    {
        if (rest.Length > 0 && rest[0] != '5')
        {
            return new Refusal(SaudiPrefix);
        }
        return rest.Length == SaudiDigits
            ? new MobileNumber("+" + SaudiCode + rest)
            : new Refusal(SaudiLength, ("given", rest.Length), ("expected", SaudiDigits));
    }

    /// <summary>E.164: <c>+9665XXXXXXXX</c>.</summary>
    public override string ToString() => _number ?? "";

    /// <summary>The last two digits.</summary>
    public string Masked() => Mask.Last(ToString(), 2);
}
