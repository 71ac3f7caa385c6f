using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Platform.Policies;

namespace Muqeem.Services.IssueResidentId;

internal static class Outcomes
{
    public static IEnumerable<Effect> Of(string state, Request request, FactSet facts, RuleContext context)
    {
        if (state != CaseStates.Issued)
        {
            yield break;
        }
        // The labour record is the owner of employer and occupation; what the applicant said was compared with it.
        var contract = facts.Get<ContractFact>();
        var occupation = contract.OccupationCode is { } code ? Reference.Occupation(code) : null;
        yield return new Effect.IssueResidence(context.Category, Terms.Parse(request.Months), context.Today, contract.EmployerNumber ?? request.EmployerNumber ?? "", contract.EmployerName ?? "",
            contract.OccupationCode ?? "", occupation?.Arabic, request.Photo);
    }
}
