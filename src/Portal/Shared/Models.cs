using Muqeem.Cases.Definition;
using Muqeem.Kernel;

namespace Muqeem.Portal.Shared;

/// <summary>Something that cannot be done as things stand. <paramref name="State"/> is how the case stands, where one is concerned.</summary>
public sealed record NotNowModel(Refusal Refusal, string? State, string Back);

/// <summary>What the rules say against it, all of it.</summary>
public sealed record NotEligibleModel(IReadOnlyList<Finding> Findings, string Back);
