using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>The number printed on an entry visa: ten digits. Only the form is known.</summary>
[JsonConverter(typeof(ParsedConverter<VisaNumber>))]
public readonly record struct VisaNumber : IParsed<VisaNumber>
{
    public const string Missing = "visa_number.missing";
    public const string Characters = "visa_number.characters";
    public const string Length = "visa_number.length";

    private readonly string? _digits;

    private VisaNumber(string digits) => _digits = digits;

    public static Result<VisaNumber> Parse(string? text) =>
        TenDigits.Read("visa_number", text).TryGet(out var digits, out var refusal) ? new VisaNumber(digits) : refusal;

    public override string ToString() => _digits ?? "";

    /// <summary>The last four digits.</summary>
    public string Masked() => Mask.Last(ToString(), 4);
}
