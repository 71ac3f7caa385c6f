using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Payments.Pricing;

namespace Muqeem.Services.IssueResidentId;

/// <summary>The resident applies for the first resident ID: ID.ISSUE.SELF.</summary>
public sealed class IssueResidentId : Service<Request>
{
    public const string ServiceCode = "ID.ISSUE.SELF";

    private static readonly Lifecycle Application = IssueResidentIdStates.Lifecycle;

    public override string Code => ServiceCode;
    public override string Key => "issue";
    public override int Schema => 1;
    public override string Purpose => "residence";
    public override bool ForNewcomers => true;
    public override Lifecycle States => Application;
    public override Form Form => Questions.Form;

    public override IReadOnlyList<string> Facts { get; } =
        [PersonFact.Name, PassportsFact.Name, MovementsFact.Name, EntryVisaFact.Name, ContractFact.Name, MedicalFact.Name, InsuranceFact.Name, JusticeFact.Name, ResidenceFact.Name, VisasFact.Name];

    protected override IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context) => Rules.Check(request, facts, context);

    protected override IEnumerable<ComparedField> Compare(Request request, FactSet facts, RuleContext context) => Comparisons.Of(request, facts, context);

    protected override Quote Price(Request request, FactSet facts, RuleContext context) => Fee.For(request, facts, context);

    protected override IEnumerable<Effect> Effects(string act, string state, Request request, FactSet facts, RuleContext context) => Outcomes.Of(state, request, facts, context);
}
