using NodaTime;

namespace Muqeem.Agencies;

/// <summary>What the insurance council holds of our notices about a person.</summary>
/// <param name="EndTold">The day on which the person left for good, as we told it; null: we did not.</param>
public sealed record InsuranceHolding(string Id, LocalDate? EndTold) : IHolding
{
    public string? BrokenField() => null;
}
