using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>The number of a resident: ten digits, the first is 2, the last is the mod-10 check digit. It says nothing about the person and stays for the life of the residence file.</summary>
[JsonConverter(typeof(ParsedConverter<ResidentNumber>))]
public readonly record struct ResidentNumber : IParsed<ResidentNumber>
{
    public const string Missing = "resident_number.missing";
    public const string Characters = "resident_number.characters";
    public const string Length = "resident_number.length";
    public const string Prefix = "resident_number.prefix";
    public const string CheckDigit = "resident_number.check_digit";
    public const string IsCitizen = "resident_number.is_citizen";
    public const string IsBorder = "resident_number.is_border";
    public const string IsEstablishment = "resident_number.is_establishment";

    private readonly string? _digits;

    private ResidentNumber(string digits) => _digits = digits;

    /// <summary>Numbers 20… belong to the demonstration and to tests; real ones start at 21.</summary>
    public bool IsDemonstration => _digits is ['2', '0', ..];

    public static Result<ResidentNumber> Parse(string? text)
    {
        if (!TenDigits.Read("resident_number", text).TryGet(out var digits, out var refusal))
        {
            return refusal;
        }
        return digits[0] switch
        {
            '2' when Digits.LuhnHolds(digits) => new ResidentNumber(digits),
            '1' when Digits.LuhnHolds(digits) => new Refusal(IsCitizen),
            '1' or '2' => new Refusal(CheckDigit),
            '3' or '4' or '5' => new Refusal(IsBorder),
            '7' => new Refusal(IsEstablishment),
            _ => new Refusal(Prefix),
        };
    }

    /// <summary>The number with this payload: nine ASCII digits, the first is 2; the check digit is added.</summary>
    internal static ResidentNumber FromPayload(ReadOnlySpan<char> payload) => new(string.Concat(payload, [Digits.LuhnDigit(payload)]));

    /// <summary>Ten ASCII digits.</summary>
    public override string ToString() => _digits ?? "";

    /// <summary>The last four digits.</summary>
    public string Masked() => Mask.Last(ToString(), 4);
}
