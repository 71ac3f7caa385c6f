using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Payments.Pricing;

namespace Muqeem.Services.RenewResidentId;

/// <summary>Renewal of the resident ID for workers of establishments and households and for dependents: ID.RENEW.</summary>
public sealed class RenewResidentId : Service<Request>
{
    public const string ServiceCode = "ID.RENEW";

    private static readonly Lifecycle Renewal = RenewResidentIdStates.Lifecycle;

    public override string Code => ServiceCode;
    public override string Key => "renew";
    public override int Schema => 1;
    public override string Purpose => "residence";
    public override Lifecycle States => Renewal;
    public override Form Form => Questions.Form;

    public override IReadOnlyList<string> Facts { get; } =
        [PersonFact.Name, PassportsFact.Name, ContractFact.Name, InsuranceFact.Name, TrafficFact.Name, JusticeFact.Name, FamilyFact.Name, ResidenceFact.Name, VisasFact.Name];

    protected override IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context) => Rules.Check(request, facts, context);

    protected override Quote Price(Request request, FactSet facts, RuleContext context) => Fee.For(request, facts, context);

    protected override IEnumerable<Effect> Effects(string act, string state, Request request, FactSet facts, RuleContext context) => Outcomes.Of(state, request, facts, context);
}
