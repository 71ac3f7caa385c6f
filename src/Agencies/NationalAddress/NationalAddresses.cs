using System.Text.Json.Serialization;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>Addresses registered in a person's name.</summary>
public sealed record RegisteredAddresses(string Source, Instant AsOf, string Id, IReadOnlyList<RegisteredAddress> Addresses) : IAgencyRecord
{
    public string? BrokenField()
    {
        if (!Shape.Person(Id))
        {
            return "id";
        }
        return Shape.Each("addresses", Addresses, e => e.BrokenField());
    }

    [JsonIgnore]
    public RegisteredAddress? Primary => Addresses.FirstOrDefault(address => address.Primary) ?? Addresses.FirstOrDefault();
}

/// <summary>One address, looked up by its short form. Says nothing about who lives there.</summary>
public sealed record AddressLookup(string Source, Instant AsOf, RegisteredAddress Address) : IAgencyRecord
{
    public string? BrokenField() => Address.BrokenField() is { } field ? "address." + field : null;
}

/// <param name="Short">Four letters and four digits; the digits are the building number.</param>
/// <param name="Region">ISO 3166-2, e.g. <c>SA-01</c>.</param>
public sealed record RegisteredAddress(
    string Short, string Building, string StreetAr, string StreetEn, string Secondary, string DistrictAr, string DistrictEn, string CityAr, string CityEn, string Region,
    string Postal, string? Unit, decimal Latitude, decimal Longitude, bool Primary)
{
    internal string? BrokenField() => this switch
    {
        _ when Short.Length != 8 || !Short.AsSpan(0, 4).ToString().All(char.IsAsciiLetterUpper) || !Shape.Number(Short[4..], 4) => "short",
        _ when !Shape.Number(Building, 4) => "building",
        _ when !Shape.Number(Secondary, 4) => "secondary",
        _ when !Shape.Number(Postal, 5) => "postal",
        _ when Region.Length != 5 || !Region.StartsWith("SA-", StringComparison.Ordinal) => "region",
        _ when !Shape.Text(CityAr) => "cityAr",
        _ when Latitude is < 15 or > 33 => "latitude",
        _ when Longitude is < 34 or > 56 => "longitude",
        _ => null,
    };
}

/// <param name="DocumentReference">Ours: by it the post tells where the card is. No personal data.</param>
public sealed record ShipmentOrder(string Id, string DocumentReference, string ShortAddress);

public sealed record ShipmentReceipt(string Source, Instant AsOf, string TrackingNumber) : IAgencyRecord
{
    public string? BrokenField() => Shape.Text(TrackingNumber, 30) ? null : "trackingNumber";
}

/// <summary>A card is not to be handed over; it comes back to us.</summary>
/// <param name="Reason">DOCUMENT_ENDED.</param>
public sealed record ShipmentStop(string DocumentReference, string Reason);

/// <param name="DocumentReference">Of the shipment that will not be handed over, whether the post had it already or not.</param>
public sealed record ShipmentStopped(string Source, Instant AsOf, string DocumentReference) : IAgencyRecord
{
    public string? BrokenField() => Guid.TryParseExact(DocumentReference, "D", out _) ? null : "documentReference";
}

/// <summary>The national address register and the post that carries cards: one agency, with one key.</summary>
public sealed class NationalAddresses(AgencyLine line)
{
    public const string Name = "NationalAddress";

    public static readonly Duration AddressValidity = Duration.FromHours(1);

    public Task<AgencyAnswer<RegisteredAddresses>> OfPersonAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<RegisteredAddresses>("addresses", $"addresses?id={Uri.EscapeDataString(number)}", AddressValidity, cancel);

    /// <param name="shortAddress">Canonical, e.g. <c>RRRD2929</c>.</param>
    public Task<AgencyAnswer<AddressLookup>> ByShortAsync(string shortAddress, CancellationToken cancel = default) =>
        line.GetAsync<AddressLookup>("address", $"addresses/{Uri.EscapeDataString(shortAddress)}", AddressValidity, cancel);

    public Task<AgencyAnswer<ShipmentReceipt>> ShipAsync(ShipmentOrder order, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<ShipmentReceipt>("shipment", HttpMethod.Post, "shipments", order, requestId, cancel);

    /// <summary>By our reference: it holds for an order, too, whose answer never came.</summary>
    public Task<AgencyAnswer<ShipmentStopped>> StopAsync(ShipmentStop stop, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<ShipmentStopped>("shipment_cancel", HttpMethod.Post, "shipments/cancellations", stop, requestId, cancel);

    /// <summary>To whom cards are sent of which something changed since a cursor, in that order.</summary>
    public Task<AgencyAnswer<HoldingPage<PostHolding>>> ChangesAsync(string after, int most, CancellationToken cancel = default) => HoldingPages.ChangesAsync<PostHolding>(line, after, most, cancel);

    /// <summary>The cards that are sent to some people, by resident number.</summary>
    public Task<AgencyAnswer<HoldingPage<PostHolding>>> HoldingsAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel = default) => HoldingPages.OfAsync<PostHolding>(line, numbers, cancel);
}
