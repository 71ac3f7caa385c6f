using System.Globalization;
using System.Runtime.InteropServices;
using NodaTime;

namespace Muqeem.Kernel;

/// <summary>The calendar in which a date was given or a duration counts.</summary>
public enum CalendarKind
{
    Gregorian,
    Hijri,
}

/// <summary>A day of the Umm al-Qura calendar, which is known for the years 1318 to 1500 (1900-04-30 to 2077-11-16). Not the tabular one.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct HijriDate(int Year, int Month, int Day)
{
    public const string Range = "hijri_date.range";
    public const string MonthRange = "hijri_date.month";
    public const string DayRange = "hijri_date.day";

    public const int FirstYear = 1318;
    public const int LastYear = 1500;

    /// <summary>The first and last day that can be converted.</summary>
    public static readonly LocalDate FirstDay = new LocalDate(FirstYear, 1, 1, CalendarSystem.UmAlQura).WithCalendar(CalendarSystem.Iso);
    public static readonly LocalDate LastDay = LastOf(LastYear);

    /// <summary>A day that exists, or why it does not: 30-01-1415 never was.</summary>
    public static Result<HijriDate> Create(int year, int month, int day)
    {
        if (year is < FirstYear or > LastYear)
        {
            return new Refusal(Range, ("first", FirstYear), ("last", LastYear));
        }
        if (month is < 1 or > 12)
        {
            return new Refusal(MonthRange);
        }
        var days = DaysInMonth(year, month);
        return day < 1 || day > days ? new Refusal(DayRange, ("days", days)) : new HijriDate(year, month, day);
    }

    /// <summary>29 or 30, by the calendar's table.</summary>
    public static int DaysInMonth(int year, int month) => CalendarSystem.UmAlQura.GetDaysInMonth(year, month);

    /// <summary>The Hijri day, or null outside the calendar's table. For display: a birth date is never recomputed.</summary>
    public static HijriDate? Of(LocalDate day)
    {
        if (day.WithCalendar(CalendarSystem.Iso) is var iso && (iso < FirstDay || iso > LastDay))
        {
            return null;
        }
        var hijri = day.WithCalendar(CalendarSystem.UmAlQura);
        return new HijriDate(hijri.Year, hijri.Month, hijri.Day);
    }

    public LocalDate ToGregorian() => new LocalDate(Year, Month, Day, CalendarSystem.UmAlQura).WithCalendar(CalendarSystem.Iso);

    /// <summary><c>1448-06-12</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Year:0000}-{Month:00}-{Day:00}");

    private static LocalDate LastOf(int year) =>
        new LocalDate(year, 12, DaysInMonth(year, 12), CalendarSystem.UmAlQura).WithCalendar(CalendarSystem.Iso);
}

/// <summary>A length of residence or of a visa: whole months from a day, counted in one calendar. Valid through <see cref="End"/>.</summary>
public sealed record Term(LocalDate Start, int Months, CalendarKind Calendar)
{
    /// <summary>The last valid day: the same day of the month, or the month's last when it is shorter.</summary>
    public LocalDate End => AddMonths(Start, Months, Calendar);

    /// <summary>A term counts in the calendar that the law named on the day it was granted.</summary>
    /// <param name="gregorianSince">The first day on which grants count Gregorian months (a policy).</param>
    public static Term Grant(LocalDate start, int months, LocalDate grantedOn, LocalDate gregorianSince) =>
        new(start, months, CalendarOf(grantedOn, gregorianSince));

    public static CalendarKind CalendarOf(LocalDate grantedOn, LocalDate gregorianSince) =>
        grantedOn < gregorianSince ? CalendarKind.Hijri : CalendarKind.Gregorian;

    /// <summary>
    /// The same term with more months. In one calendar they count from the first start, so that a term from the 31st does not
    /// creep to the 28th; in another calendar a new term follows.
    /// </summary>
    public Term Extend(int months, CalendarKind calendar) =>
        calendar == Calendar ? this with { Months = checked(Months + months) } : new Term(End, months, calendar);

    public bool Covers(LocalDate day) => Start <= day && day <= End;

    /// <summary>Months later in that calendar, kept within the month. Throws outside the Umm al-Qura table when counting in it.</summary>
    public static LocalDate AddMonths(LocalDate day, int months, CalendarKind calendar) => calendar == CalendarKind.Gregorian
        ? day.PlusMonths(months)
        : day.WithCalendar(CalendarSystem.UmAlQura).PlusMonths(months).WithCalendar(CalendarSystem.Iso);
}
