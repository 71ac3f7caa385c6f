using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>The unified national number of an establishment ("700"): ten digits, the first is 7. Its check digit is not known, so only the form is checked.</summary>
[JsonConverter(typeof(ParsedConverter<EstablishmentNumber>))]
public readonly record struct EstablishmentNumber : IParsed<EstablishmentNumber>
{
    public const string Missing = "establishment_number.missing";
    public const string Characters = "establishment_number.characters";
    public const string Length = "establishment_number.length";
    public const string Prefix = "establishment_number.prefix";

    private readonly string? _digits;

    private EstablishmentNumber(string digits) => _digits = digits;

    public static Result<EstablishmentNumber> Parse(string? text)
    {
        if (!TenDigits.Read("establishment_number", text).TryGet(out var digits, out var refusal))
        {
            return refusal;
        }
        return digits[0] == '7' ? new EstablishmentNumber(digits) : new Refusal(Prefix);
    }

    public override string ToString() => _digits ?? "";

    /// <summary>The last four digits.</summary>
    public string Masked() => Mask.Last(ToString(), 4);
}

/// <summary>What an employer is, as the first digit of his number says.</summary>
public enum EmployerKind
{
    Citizen,
    Resident,
    Establishment,
}

/// <summary>The number of an employer: a citizen's, a resident's, or an establishment's.</summary>
[JsonConverter(typeof(ParsedConverter<EmployerNumber>))]
public readonly record struct EmployerNumber : IParsed<EmployerNumber>
{
    public const string Missing = "employer_number.missing";
    public const string Characters = "employer_number.characters";
    public const string Length = "employer_number.length";
    public const string Prefix = "employer_number.prefix";
    public const string CheckDigit = "employer_number.check_digit";

    private readonly string? _digits;

    private EmployerNumber(string digits) => _digits = digits;

    public EmployerKind Kind => _digits is ['7', ..] ? EmployerKind.Establishment : _digits is ['2', ..] ? EmployerKind.Resident : EmployerKind.Citizen;

    public static EmployerNumber Of(CitizenNumber number) => new(number.ToString());
    public static EmployerNumber Of(ResidentNumber number) => new(number.ToString());
    public static EmployerNumber Of(EstablishmentNumber number) => new(number.ToString());

    public static Result<EmployerNumber> Parse(string? text)
    {
        if (!TenDigits.Read("employer_number", text).TryGet(out var digits, out var refusal))
        {
            return refusal;
        }
        return digits[0] switch
        {
            '7' => new EmployerNumber(digits),
            '1' or '2' when Digits.LuhnHolds(digits) => new EmployerNumber(digits),
            '1' or '2' => new Refusal(CheckDigit),
            _ => new Refusal(Prefix),
        };
    }

    public override string ToString() => _digits ?? "";

    /// <summary>The last four digits.</summary>
    public string Masked() => Mask.Last(ToString(), 4);
}
