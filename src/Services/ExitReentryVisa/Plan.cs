using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Services.ExitReentryVisa;

/// <summary>A visa that would serve the journey.</summary>
/// <param name="Stay">Counted from the exit (months) or fixed (date), <see cref="VisaStays"/>.</param>
/// <param name="LeaveBefore">The last day to leave.</param>
/// <param name="ReturnBefore">The last day to be back: fixed, or as it will be when the planned exit is kept.</param>
public sealed record VisaPlan(string Stay, int Months, LocalDate LeaveBefore, LocalDate ReturnBefore, PriceLine Price);

/// <summary>
/// Finds the cheapest visa that fits the travel dates. A stay in months counts from the day of exit, a stay to a date from the day of issue
/// (domain reference §3.2), so the first needs fewer months; but it may run past the residence, where the second fits.
/// </summary>
public static class Plan
{
    public static VisaPlan? Cheapest(Request request, LocalDate? residenceUntil, RuleContext context)
    {
        if (request is not { Kind: { } kind, LeaveOn: { } leave, ReturnOn: { } back } || back < leave || leave < context.Today)
        {
            return null;
        }
        var leaveBefore = LastDayToLeave(context);
        var end = residenceUntil ?? LocalDate.MaxIsoValue;
        var fee = kind == VisaKinds.Multiple ? "ERV_MULTIPLE" : "ERV_SINGLE";
        var plans = new List<VisaPlan>();
        if (kind == VisaKinds.Single)
        {
            var months = MonthsBetween(leave, back);
            if (Priced(months) is { } line && ExitReentryClock.ReturnBefore(leave, PaidMonths(line)) <= end)
            {
                plans.Add(new(VisaStays.Months, PaidMonths(line), LocalDate.Min(leaveBefore, end), ExitReentryClock.ReturnBefore(leave, PaidMonths(line)), line));
            }
        }
        var fromIssue = MonthsBetween(context.Today, back);
        if (Priced(fromIssue) is { } dated && back <= end)
        {
            // What is paid for may be used: the day of return is the end of the months paid, but never after the residence.
            var last = LocalDate.Min(context.Today.PlusMonths(PaidMonths(dated)), end);
            plans.Add(new(VisaStays.Date, PaidMonths(dated), LocalDate.Min(leaveBefore, last), last, dated));
        }
        return plans.OrderBy(p => p.Price.Amount).ThenBy(p => p.Stay == VisaStays.Months ? 0 : 1).FirstOrDefault();

        PriceLine? Priced(int months) => context.Tariff.ForStay(fee, months, context.Today, context.Party(ExitReentryVisa.ServiceCode).Payer) is { Ok: true } price ? price.Value : null;
    }

    /// <summary>The months that the price buys: the first block is paid for as a whole.</summary>
    private static int PaidMonths(PriceLine line) => Math.Max(line.Quantity, line.Facts.TryGetValue("included", out var included) && included is long months ? (int)months : 0);

    /// <summary>The last day to leave on a visa issued today.</summary>
    public static LocalDate LastDayToLeave(RuleContext context) => context.Today.PlusDays(context.Policy.Get<int>("exit_reentry.leave_within_days", context.Today));

    /// <summary>The least number of whole months whose end is not before <paramref name="to"/>; at least one.</summary>
    public static int MonthsBetween(LocalDate from, LocalDate to)
    {
        var months = 1;
        while (from.PlusMonths(months) < to)
        {
            months++;
        }
        return months;
    }
}
