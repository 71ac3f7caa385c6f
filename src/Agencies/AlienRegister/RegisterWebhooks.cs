using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>Somebody has a new passport. May be told twice, late and out of order: <paramref name="At"/> orders, not the arrival.</summary>
/// <param name="EventId">The register's own id of the event, as where it lists what it holds.</param>
/// <param name="PersonNumber">Resident number, or border number before one exists.</param>
public sealed record PassportRenewed(string EventId, string PersonNumber, RegisteredPassport Passport, Instant At)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(EventId, 60) => "eventId",
        _ when !Shape.Person(PersonNumber) => "personNumber",
        _ when Passport.BrokenField() is { } field => "passport." + field,
        _ => null,
    };
}

public enum DeathChange
{
    Recorded,

    /// <summary>It was recorded in error: the person lives.</summary>
    TakenBack,
}

/// <summary>Somebody died, or a death that was recorded in error was taken back. May be told twice, late and out of order: <paramref name="At"/> orders, not the arrival.</summary>
/// <param name="EventId">The register's own id of the event, as where it lists what it holds.</param>
/// <param name="PersonNumber">Resident number, or border number before one exists.</param>
/// <param name="On">The day of the death as it was recorded.</param>
public sealed record PersonDied(string EventId, string PersonNumber, LocalDate On, Instant At, DeathChange Change = DeathChange.Recorded)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(EventId, 60) => "eventId",
        _ when !Shape.Person(PersonNumber) => "personNumber",
        _ when On > At.DayInRiyadh() => "on",
        _ => null,
    };
}

/// <summary>The alien register's calls about passports.</summary>
public static class PassportWebhook
{
    public const string Operation = "passport_renewed";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<PassportRenewed> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<PassportRenewed>(body, c => c.BrokenField());
}

/// <summary>The alien register's calls about deaths.</summary>
public static class DeathWebhook
{
    public const string Operation = "death";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<PersonDied> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<PersonDied>(body, c => c.BrokenField());
}
