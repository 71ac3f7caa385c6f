using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>The number given at first entry, before there is a resident number: ten digits, the first is 3, sometimes 4 or 5. Its check digit is not known, so only the form is checked.</summary>
[JsonConverter(typeof(ParsedConverter<BorderNumber>))]
public readonly record struct BorderNumber : IParsed<BorderNumber>
{
    public const string Missing = "border_number.missing";
    public const string Characters = "border_number.characters";
    public const string Length = "border_number.length";
    public const string Prefix = "border_number.prefix";
    public const string IsResident = "border_number.is_resident";

    private readonly string? _digits;

    private BorderNumber(string digits) => _digits = digits;

    public static Result<BorderNumber> Parse(string? text)
    {
        if (!TenDigits.Read("border_number", text).TryGet(out var digits, out var refusal))
        {
            return refusal;
        }
        return digits[0] switch
        {
            '3' or '4' or '5' => new BorderNumber(digits),
            '2' when Digits.LuhnHolds(digits) => new Refusal(IsResident),
            _ => new Refusal(Prefix),
        };
    }

    public override string ToString() => _digits ?? "";

    /// <summary>The last four digits.</summary>
    public string Masked() => Mask.Last(ToString(), 4);
}
