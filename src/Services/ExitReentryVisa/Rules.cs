using Muqeem.Cases;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;

namespace Muqeem.Services.ExitReentryVisa;

/// <summary>Who may leave and come back: all reasons at once.</summary>
internal static class Rules
{
    public const string LeaveInPast = "exit_reentry.leave_in_past";
    public const string ReturnBeforeLeave = "exit_reentry.return_before_leave";
    public const string LeaveTooLate = "exit_reentry.leave_too_late";
    public const string StayTooLong = "exit_reentry.stay_too_long";

    public static IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context)
    {
        var minimum = context.Policy.Get<int>("passport.min_days.exit_reentry", context.Today);
        var findings = Cases.Checks.Check.Alive(facts)
            .Concat(Cases.Checks.Check.Inside(facts))
            // The passport must still run when the traveller comes back, and by law some days from now.
            .Concat(Cases.Checks.Check.Passport(facts, context.Today, minimum))
            .Concat(Cases.Checks.Check.ResidenceValid(facts, request.ReturnOn ?? context.Today))
            .Concat(Cases.Checks.Check.Biometrics(facts, context, context.Policy.Get<int>("biometrics.from_age", context.Today)))
            .Concat(Cases.Checks.Check.Traffic(facts))
            .Concat(Cases.Checks.Check.NotAbsent(facts))
            .Concat(Cases.Checks.Check.NotSuspended(facts, travel: true))
            .Concat(Cases.Checks.Check.NoOpenVisa(facts));
        foreach (var finding in findings)
        {
            yield return finding;
        }
        if (request.LeaveOn is { } leave && leave < context.Today)
        {
            yield return Own(LeaveInPast, context, ("leave", leave));
        }
        if (request is { LeaveOn: { } from, ReturnOn: { } to } && to < from)
        {
            yield return Own(ReturnBeforeLeave, context, ("leave", from), ("return", to));
        }
        if (request.LeaveOn is { } day && day > Plan.LastDayToLeave(context))
        {
            yield return Own(LeaveTooLate, context, ("last", Plan.LastDayToLeave(context))) with { PassesOn = day.PlusDays(-NodaTime.Period.DaysBetween(context.Today, Plan.LastDayToLeave(context))) };
        }
        if (request is { LeaveOn: { } start, ReturnOn: { } end })
        {
            var most = context.Policy.Get<int>("exit_reentry.max_stay_days", context.Today);
            if (NodaTime.Period.DaysBetween(start, end) > most)
            {
                yield return Own(StayTooLong, context, ("days", most));
            }
        }
    }

    private static Finding Own(string code, RuleContext context, params ReadOnlySpan<(string, object?)> facts) =>
        new("CHK-JOURNEY", new Refusal(code, facts), FindingKind.Fixable, Sources.Muqeem, context.Now);
}
