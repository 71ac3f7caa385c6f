using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Portal.Shared;

/// <summary>The last day on which something counts, of a moment at which it no longer does.</summary>
internal static class LastDays
{
    /// <summary>What ends at midnight ends with the day before it.</summary>
    public static LocalDate LastDay(this Instant due) => (due - Duration.FromSeconds(1)).DayInRiyadh();
}
