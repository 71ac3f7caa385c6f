using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Payments.Pricing;

namespace Muqeem.Services.ReplaceLostId;

/// <summary>Reports that the ID was lost or stolen, which ends it at once, and replaces it; or replaces one that was revoked for a reason that allows another: ID.REPLACE.LOST.</summary>
public sealed class ReplaceLostId : Service<Request>
{
    public const string ServiceCode = "ID.REPLACE.LOST";

    private static readonly Lifecycle Replacing = new([.. SharedStates.Application(), .. SharedStates.Review()]);

    public override string Code => ServiceCode;
    public override string Key => "replace-lost";
    public override int Schema => 1;
    public override string Purpose => "residence";
    public override Lifecycle States => Replacing;
    public override Form Form => Questions.Form;
    public override IReadOnlyList<string> Facts => Replacement.Facts;

    protected override IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context) => Rules.Check(request, facts, context);

    protected override Quote Price(Request request, FactSet facts, RuleContext context) => Fee.For(request, facts, context);

    protected override IEnumerable<Effect> Effects(string act, string state, Request request, FactSet facts, RuleContext context) => Outcomes.Of(act, state, request, facts, context);
}
