namespace Muqeem.Agencies;

/// <summary>What the courts ordered about a person, as their calls told it, or should have.</summary>
/// <param name="Orders">Of each order the newest change.</param>
public sealed record OrderHolding(string Id, IReadOnlyList<CourtOrder> Orders) : IHolding
{
    public string? BrokenField() => Shape.Each("orders", Orders, e => e.BrokenField());
}
