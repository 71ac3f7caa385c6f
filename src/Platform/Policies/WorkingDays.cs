using System.Globalization;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Policies;

/// <summary>The days on which offices work: the week and the holidays of the policies, on the calendar of Riyadh.</summary>
public static class WorkingDays
{
    public const string Week = "calendar.working_days";
    public const string Holidays = "calendar.holidays";

    // An office that is never open is a broken policy, not a reason to count for ever.
    private const int LongestClosure = 60;

    /// <summary>Days of the year, <c>MM-dd</c>, that are holidays in every year of that calendar.</summary>
    internal sealed record HolidayDays(IReadOnlyList<string> Gregorian, IReadOnlyList<string> Hijri);

    internal static readonly IReadOnlyList<string> DayNames = [.. Enum.GetValues<IsoDayOfWeek>().Where(d => d != IsoDayOfWeek.None).Select(d => d.ToString().ToLowerInvariant())];

    /// <summary>A day that is written otherwise than it is looked for would be no holiday, and nobody would notice.</summary>
    internal static string? FaultOf(HolidayDays holidays) =>
        holidays.Gregorian.Concat(holidays.Hijri).FirstOrDefault(d => d.Length != 5 || d[2] != '-' || !int.TryParse(d[..2], NumberStyles.None, CultureInfo.InvariantCulture, out var month) || month is < 1 or > 12
            || !int.TryParse(d[3..], NumberStyles.None, CultureInfo.InvariantCulture, out var day) || day is < 1 or > 31) is { } bad ? $"'{bad}' is no day of the year, MM-dd." : null;

    public static bool IsWorkingDay(this PolicySnapshot policy, LocalDate day)
    {
        if (!policy.Get<IReadOnlyList<string>>(Week, day).Contains(day.DayOfWeek.ToString(), StringComparer.OrdinalIgnoreCase))
        {
            return false;
        }
        var holidays = policy.Get<HolidayDays>(Holidays, day);
        return !holidays.Gregorian.Contains(string.Create(CultureInfo.InvariantCulture, $"{day.Month:00}-{day.Day:00}"), StringComparer.Ordinal)
            && !(HijriDate.Of(day) is { } hijri && holidays.Hijri.Contains(string.Create(CultureInfo.InvariantCulture, $"{hijri.Month:00}-{hijri.Day:00}"), StringComparer.Ordinal));
    }

    /// <summary>The day so many working days later; what begins on a closed day counts from there all the same.</summary>
    public static LocalDate AddWorkingDays(this PolicySnapshot policy, LocalDate from, int days)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(days);
        var day = from;
        for (var closed = 0; days > 0;)
        {
            day = day.PlusDays(1);
            if (policy.IsWorkingDay(day))
            {
                days--;
                closed = 0;
            }
            else if (++closed > LongestClosure)
            {
                throw new InvalidOperationException($"Policy {Week} or {Holidays} leaves no working day after {NodaTime.Text.LocalDatePattern.Iso.Format(from)}.");
            }
        }
        return day;
    }

    /// <summary>The same time of day in Riyadh so many working days later.</summary>
    public static Instant AddWorkingDays(this PolicySnapshot policy, Instant from, int days)
    {
        var local = from.WithOffset(Clock.Riyadh);
        return policy.AddWorkingDays(local.Date, days).At(local.TimeOfDay).WithOffset(Clock.Riyadh).ToInstant();
    }
}
