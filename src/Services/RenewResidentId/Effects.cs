using Muqeem.Cases;
using Muqeem.Cases.Definition;

namespace Muqeem.Services.RenewResidentId;

internal static class Outcomes
{
    public static IEnumerable<Effect> Of(string state, Request request, FactSet facts, RuleContext context)
    {
        if (state == CaseStates.Issued)
        {
            yield return new Effect.RenewResidence(Terms.Parse(request.Months), Late: Fee.DaysLate(facts.Get<ResidenceFact>(), context) > Fee.GraceDays(context));
        }
    }
}
