using NodaTime;

namespace Muqeem.Agencies;

/// <summary>What the insurance council holds of our notices about a person, and what it told of the cover.</summary>
/// <param name="EndTold">The day on which the person left for good, as we told it; null: we did not.</param>
/// <param name="Lapsed">The end of the cover as its call told it, or should have; null while there is cover, or where none ever was.</param>
public sealed record InsuranceHolding(string Id, LocalDate? EndTold, PolicyLapsed? Lapsed = null) : IHolding
{
    public string? BrokenField() => Lapsed?.BrokenField() is { } field ? "lapsed." + field : null;
}
