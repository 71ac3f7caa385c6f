using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>A contract with an establishment or a household ended, or will end. May be told twice, late and out of order: <paramref name="At"/> orders, not the arrival.</summary>
/// <param name="EventId">The platform's own id of the event.</param>
/// <param name="PersonNumber">The worker's resident number, or border number before one exists.</param>
/// <param name="EndsOn">Its last day.</param>
public sealed record ContractEnded(string EventId, string PersonNumber, string ContractNumber, LocalDate EndsOn, Instant At)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(EventId, 60) => "eventId",
        _ when !Shape.Person(PersonNumber) => "personNumber",
        _ when !Shape.Text(ContractNumber, 30) => "contractNumber",
        _ => null,
    };
}

/// <summary>The labour platform's calls about contracts.</summary>
public static class ContractWebhook
{
    public const string Operation = "contract_ended";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<ContractEnded> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<ContractEnded>(body, c => c.BrokenField());
}
