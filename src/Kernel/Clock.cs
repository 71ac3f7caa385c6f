using NodaTime;

namespace Muqeem.Kernel;

/// <summary>What the injected <see cref="TimeProvider"/> means in this domain: instants in UTC, civil days in Riyadh (UTC+3, no daylight saving).</summary>
public static class Clock
{
    public static readonly Offset Riyadh = Offset.FromHours(3);

    public static Instant Now(this TimeProvider clock) => Instant.FromDateTimeOffset(clock.GetUtcNow());

    /// <summary>The civil day in Riyadh.</summary>
    public static LocalDate Today(this TimeProvider clock) => clock.Now().DayInRiyadh();

    public static LocalDate DayInRiyadh(this Instant instant) => instant.WithOffset(Riyadh).Date;

    /// <summary>The midnight with which a day begins in Riyadh.</summary>
    public static Instant StartInRiyadh(this LocalDate day) => day.AtMidnight().WithOffset(Riyadh).ToInstant();

    /// <summary>The midnight with which a day ends there: the first moment that is no longer within it.</summary>
    public static Instant EndInRiyadh(this LocalDate day) => day.PlusDays(1).StartInRiyadh();

    /// <summary>Microseconds since 1970-01-01T00:00Z: how instants are stored.</summary>
    public static long ToMicros(this Instant instant) => (instant - NodaConstants.UnixEpoch).BclCompatibleTicks / 10;

    public static Instant FromMicros(long micros) => NodaConstants.UnixEpoch + Duration.FromTicks(micros * 10);
}
