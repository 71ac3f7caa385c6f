using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>The short address: four Latin letters and four digits; the digits are the building's number.</summary>
[JsonConverter(typeof(ParsedConverter<ShortAddress>))]
public readonly record struct ShortAddress : IParsed<ShortAddress>
{
    public const string Missing = "short_address.missing";
    public const string Form = "short_address.form";

    private const int Letters = 4;
    private const int Full = 8;

    private readonly string? _text;

    private ShortAddress(string text) => _text = text;

    public static Result<ShortAddress> Parse(string? text)
    {
        var code = Digits.Compact(text).ToUpperInvariant();
        if (code.Length == 0)
        {
            return new Refusal(Missing);
        }
        if (code.Length != Full || !Digits.AllAscii(code.AsSpan(Letters)) || code.AsSpan(0, Letters).ContainsAnyExceptInRange('A', 'Z'))
        {
            return new Refusal(Form);
        }
        return new ShortAddress(code);
    }

    public override string ToString() => _text ?? "";

    /// <summary>The four digits of the building.</summary>
    public string Building => _text is null ? "" : _text[Letters..];

    /// <summary>The last two digits.</summary>
    public string Masked() => Mask.Last(ToString(), 2);
}

/// <summary>A National Address as the resident types it or the postal record gives it, not yet checked.</summary>
public sealed record NationalAddressText
{
    public string? Short { get; init; }
    public string? Building { get; init; }
    public string? Street { get; init; }
    public string? Secondary { get; init; }
    public string? District { get; init; }
    public string? City { get; init; }
    public string? PostalCode { get; init; }
    public string? Unit { get; init; }
}

/// <summary>A National Address: building (4 digits), street, secondary number (4 digits), district, city, postal code (5 digits), unit, and the short address if known.</summary>
public sealed record NationalAddress
{
    public const string BuildingForm = "address.building";
    public const string SecondaryForm = "address.secondary";
    public const string PostalCodeForm = "address.postal_code";
    public const string UnitForm = "address.unit";
    public const string StreetMissing = "address.street";
    public const string DistrictMissing = "address.district";
    public const string CityMissing = "address.city";
    public const string TooLong = "address.too_long";
    public const string ShortDisagrees = "address.short_disagrees";

    private const int LongestName = 100;
    private const int LongestUnit = 10;

    public required string Building { get; init; }
    public required string Street { get; init; }
    public required string Secondary { get; init; }
    public required string District { get; init; }
    public required string City { get; init; }
    public required string PostalCode { get; init; }
    public string? Unit { get; init; }
    public ShortAddress? Short { get; init; }

    /// <summary>The address, or null with every fault at once.</summary>
    public static NationalAddress? Parse(NationalAddressText text, out IReadOnlyList<Refusal> refusals)
    {
        var found = new List<Refusal>();
        var building = DigitsOf(text.Building, 4, BuildingForm, found);
        var secondary = DigitsOf(text.Secondary, 4, SecondaryForm, found);
        var postal = DigitsOf(text.PostalCode, 5, PostalCodeForm, found);
        var street = Words(text.Street, StreetMissing, "street", found);
        var district = Words(text.District, DistrictMissing, "district", found);
        var city = Words(text.City, CityMissing, "city", found);

        string? unit = Digits.Normalise(text.Unit).ToUpperInvariant();
        if (unit.Length == 0)
        {
            unit = null;
        }
        else if (unit.Length > LongestUnit || !unit.All(c => char.IsLetterOrDigit(c) || c is '-' or '/'))
        {
            found.Add(new Refusal(UnitForm));
        }

        ShortAddress? shortAddress = null;
        if (!string.IsNullOrWhiteSpace(text.Short))
        {
            if (!ShortAddress.Parse(text.Short).TryGet(out var parsed, out var refusal))
            {
                found.Add(refusal);
            }
            else if (building.Length > 0 && parsed.Building != building)
            {
                found.Add(new Refusal(ShortDisagrees));
            }
            else
            {
                shortAddress = parsed;
            }
        }

        refusals = found;
        return found.Count > 0 ? null : new NationalAddress
        {
            Building = building,
            Street = street,
            Secondary = secondary,
            District = district,
            City = city,
            PostalCode = postal,
            Unit = unit,
            Short = shortAddress,
        };
    }

    private static string DigitsOf(string? text, int length, string code, List<Refusal> found)
    {
        var digits = Digits.Compact(text);
        if (digits.Length == length && Digits.AllAscii(digits))
        {
            return digits;
        }
        found.Add(new Refusal(code, ("expected", length)));
        return "";
    }

    private static string Words(string? text, string code, string field, List<Refusal> found)
    {
        var words = Digits.NormaliseWords(text);
        if (words.Length == 0)
        {
            found.Add(new Refusal(code));
        }
        else if (words.Length > LongestName)
        {
            found.Add(new Refusal(TooLong, ("field", field), ("longest", LongestName)));
        }
        return words;
    }

    /// <summary>One line, as the postal service writes it.</summary>
    public override string ToString() => $"{Building} {Street}, {District}, {City} {PostalCode}-{Secondary}" + (Unit is null ? "" : $", {Unit}");
}
