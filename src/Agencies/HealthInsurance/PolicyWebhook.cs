using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>Health cover ended before its day, or ran out and was not renewed. May be told twice, late and out of order: <paramref name="At"/> orders, not the arrival.</summary>
/// <param name="EventId">The council's own id of the event.</param>
/// <param name="PersonNumber">Resident number, or border number before one exists.</param>
/// <param name="LapsedOn">The first day without cover.</param>
public sealed record PolicyLapsed(string EventId, string PersonNumber, string PolicyNumber, string Insurer, LocalDate LapsedOn, Instant At)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(EventId, 60) => "eventId",
        _ when !Shape.Person(PersonNumber) => "personNumber",
        _ when !Shape.Text(PolicyNumber, 30) => "policyNumber",
        _ when !Shape.Text(Insurer) => "insurer",
        _ when LapsedOn > At.DayInRiyadh() => "lapsedOn",
        _ => null,
    };
}

/// <summary>The insurance council's calls about cover.</summary>
public static class PolicyWebhook
{
    public const string Operation = "policy_lapsed";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<PolicyLapsed> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<PolicyLapsed>(body, c => c.BrokenField());
}
