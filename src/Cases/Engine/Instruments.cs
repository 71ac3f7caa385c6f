using NodaTime;

namespace Muqeem.Cases;

/// <summary>Acts of an instrument that time or the border plays.</summary>
public static class InstrumentActs
{
    public const string Exit = "exit";
    public const string Entry = "entry";
    public const string LeaveDayPassed = "leave_day_passed";
    public const string ReturnDayPassed = "return_day_passed";
    public const string NoReturn = "no_return";
    public const string FinePaid = "fine_paid";
}

/// <summary>The two clocks of an exit/re-entry visa (domain reference §3.2).</summary>
public static class ExitReentryClock
{
    /// <summary>The last day to be back: stays in months count from the day of exit.</summary>
    public static LocalDate ReturnBefore(LocalDate exit, int months) => exit.PlusMonths(months);
}
