using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>The civil-registry number of a citizen, here as an employer, head of a household or delegate: ten digits, the first is 1, the last is the mod-10 check digit.</summary>
[JsonConverter(typeof(ParsedConverter<CitizenNumber>))]
public readonly record struct CitizenNumber : IParsed<CitizenNumber>
{
    public const string Missing = "citizen_number.missing";
    public const string Characters = "citizen_number.characters";
    public const string Length = "citizen_number.length";
    public const string Prefix = "citizen_number.prefix";
    public const string CheckDigit = "citizen_number.check_digit";
    public const string IsResident = "citizen_number.is_resident";

    private readonly string? _digits;

    private CitizenNumber(string digits) => _digits = digits;

    public static Result<CitizenNumber> Parse(string? text)
    {
        if (!TenDigits.Read("citizen_number", text).TryGet(out var digits, out var refusal))
        {
            return refusal;
        }
        return digits[0] switch
        {
            '1' when Digits.LuhnHolds(digits) => new CitizenNumber(digits),
            '2' when Digits.LuhnHolds(digits) => new Refusal(IsResident),
            '1' => new Refusal(CheckDigit),
            _ => new Refusal(Prefix),
        };
    }

    public override string ToString() => _digits ?? "";

    /// <summary>The last four digits.</summary>
    public string Masked() => Mask.Last(ToString(), 4);
}
