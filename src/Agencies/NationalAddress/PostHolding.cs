namespace Muqeem.Agencies;

/// <summary>What the post holds of the cards that it was to carry to one person.</summary>
/// <param name="Shipments">Those under way, and those that ended no longer ago than the post keeps them.</param>
public sealed record PostHolding(string Id, IReadOnlyList<HeldShipment> Shipments) : IHolding
{
    public string? BrokenField() => Shape.Each("shipments", Shipments, e => e.BrokenField());
}

/// <param name="DocumentReference">As in our order.</param>
/// <param name="Stopped">The post was told not to hand it over.</param>
/// <param name="Last">The newest event, as its call told it or should have; null: it has the order and nothing else.</param>
public sealed record HeldShipment(string DocumentReference, bool Stopped, ShipmentEvent? Last)
{
    /// <summary>Nothing more will happen to it.</summary>
    public bool IsOver => Last is { Status: ShipmentStatus.Delivered or ShipmentStatus.Returned };

    internal string? BrokenField() => this switch
    {
        _ when !Guid.TryParseExact(DocumentReference, "D", out _) => "documentReference",
        _ when Last is not null && Last.DocumentReference != DocumentReference => "last.documentReference",
        _ => Last?.BrokenField() is { } field ? "last." + field : null,
    };
}
