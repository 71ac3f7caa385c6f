using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Registry;

namespace Muqeem.Services.ExitReentryVisa;

/// <summary>What each step of the visa causes.</summary>
internal static class Outcomes
{
    public static IEnumerable<Effect> Of(string act, string state, Request request, FactSet facts, RuleContext context)
    {
        switch (state)
        {
            case CaseStates.Issued when act == CaseActs.Execute:
                var plan = Plan.Cheapest(request, facts.Get<ResidenceFact>().Until, context) ?? throw new InvalidOperationException("A visa was approved that fits no plan.");
                var kind = request.Kind!;
                yield return new Effect.IssueExitVisa(kind, plan.Stay, plan.Months, plan.LeaveBefore, plan.Stay == VisaStays.Date ? plan.ReturnBefore : null);
                yield return new Effect.Due(InstrumentActs.LeaveDayPassed, plan.LeaveBefore.PlusDays(1));
                yield return new Effect.Notify("visa_issued", ("leave", plan.LeaveBefore), ("return", plan.ReturnBefore));
                break;
            case CaseStates.Issued:
                // Back from one journey of several; the visa runs to its day.
                yield return new Effect.MoveVisa(VisaStates.Issued, context.Today);
                yield return new Effect.NoLongerDue(InstrumentActs.ReturnDayPassed);
                yield return new Effect.DueAtReturnDay(States.EndDayPassed);
                yield return new Effect.Notify("welcome_back");
                break;
            case VisaStates.Out:
                yield return new Effect.MoveVisa(VisaStates.Out, context.Today);
                yield return new Effect.NoLongerDue(InstrumentActs.LeaveDayPassed);
                yield return new Effect.NoLongerDue(States.EndDayPassed);
                yield return new Effect.Notify("exited");
                break;
            case VisaStates.Returned:
                yield return new Effect.MoveVisa(VisaStates.Returned, context.Today);
                yield return new Effect.NoLongerDue(InstrumentActs.ReturnDayPassed);
                yield return new Effect.NoLongerDue(InstrumentActs.NoReturn);
                yield return new Effect.Notify("welcome_back");
                break;
            case VisaStates.Cancelled:
                yield return new Effect.MoveVisa(VisaStates.Cancelled, context.Today);
                yield return new Effect.NoLongerDue(InstrumentActs.LeaveDayPassed);
                yield return new Effect.NoLongerDue(States.EndDayPassed);
                yield return new Effect.Notify("visa_cancelled");
                break;
            case VisaStates.Violated:
                yield return new Effect.MoveVisa(VisaStates.Violated, context.Today);
                yield return new Effect.Charge("VISA_NOT_USED_NOT_CANCELLED");
                break;
            case VisaStates.ExpiredOut:
                yield return new Effect.MoveVisa(VisaStates.ExpiredOut, context.Today);
                yield return new Effect.Notify("visa_expired_outside");
                if (context.Category != Categories.Dependent)
                {
                    // "Exited and did not return" counts for workers, not for dependents.
                    yield return new Effect.Due(InstrumentActs.NoReturn, context.Today.PlusMonths(context.Policy.Get<int>("exit_reentry.no_return_months", context.Today)));
                }
                break;
            case VisaStates.NoReturn:
                yield return new Effect.MoveVisa(VisaStates.NoReturn, context.Today);
                yield return new Effect.EndResidence(EndReasons.NoReturn, context.Today);
                yield return new Effect.Notify("ended_no_return");
                break;
            case VisaStates.Closed:
                yield return new Effect.MoveVisa(VisaStates.Closed, context.Today);
                break;
        }
    }
}
