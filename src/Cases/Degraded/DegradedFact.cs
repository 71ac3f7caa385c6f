using NodaTime;

namespace Muqeem.Cases;

/// <summary>A fact that a case went on with although its agency did not answer: what the record had said before.</summary>
/// <param name="AsOf">Of what the record had said.</param>
/// <param name="UsedAt">When the case went on with it.</param>
/// <param name="State">One of <see cref="DegradedStates"/>.</param>
/// <param name="CheckedAt">When the agency was asked again and answered.</param>
public sealed record DegradedFact(Guid CaseId, string Fact, Instant UsedAt, string Source, Instant AsOf, string State, Instant? CheckedAt)
{
    public bool Unchecked => State == DegradedStates.Unchecked;
}

public static class DegradedStates
{
    public const string Unchecked = "unchecked";

    /// <summary>The record says nothing that would have led elsewhere.</summary>
    public const string Confirmed = "confirmed";

    /// <summary>It does: an officer has it.</summary>
    public const string Differs = "differs";

    /// <summary>The case came to nothing before the agency answered.</summary>
    public const string Closed = "closed";
}

/// <summary>The dated table of how old a kept fact may be while its agency does not answer. What is not in it is never used.</summary>
public sealed record DegradedTable(IReadOnlyList<DegradedRow> Rows)
{
    /// <summary>Null: never.</summary>
    public Duration? GreatestAge(string service, string fact) =>
        Rows.FirstOrDefault(r => r.Service == service && r.Fact == fact) is { } row ? Duration.FromHours(row.Hours) : null;
}

/// <param name="Service">Code of the catalogue.</param>
/// <param name="Fact">Name of the fact.</param>
public sealed record DegradedRow(string Service, string Fact, int Hours);
