using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>Somebody crossed the border. May be told twice, late and out of order: <paramref name="At"/> orders, not the arrival.</summary>
/// <param name="EventId">The border's own id of the crossing.</param>
/// <param name="PersonNumber">Resident number, or border number before one exists.</param>
/// <param name="VisaNumber">The exit visa, or on a first entry the entry visa.</param>
public sealed record BorderEvent(string EventId, string PersonNumber, MovementDirection Direction, string Port, Instant At, string? VisaNumber, string? PassportNumber)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(EventId, 60) => "eventId",
        _ when !Shape.Person(PersonNumber) => "personNumber",
        _ when !Shape.Text(Port, 80) => "port",
        _ when VisaNumber is not null && !Shape.Number(VisaNumber, 8, 10) => "visaNumber",
        _ when PassportNumber is not null && !Shape.Passport(PassportNumber) => "passportNumber",
        _ => null,
    };
}

/// <summary>The alien register's calls.</summary>
public static class BorderWebhook
{
    public const string Operation = "crossing";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<BorderEvent> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<BorderEvent>(body, c => c.BrokenField());
}
