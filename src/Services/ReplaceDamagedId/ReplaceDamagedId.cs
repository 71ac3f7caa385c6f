using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;

namespace Muqeem.Services.ReplaceDamagedId;

/// <summary>Replaces an ID whose card is damaged: ID.REPLACE.DAMAGED. It counts until the next is there.</summary>
public sealed class ReplaceDamagedId : Service<Request>
{
    public const string ServiceCode = "ID.REPLACE.DAMAGED";
    public const string NotInForce = "replace_damaged.not_in_force";

    private static readonly Lifecycle Replacing = new([.. SharedStates.Application(), .. SharedStates.Review()]);

    public override string Code => ServiceCode;
    public override string Key => "replace-damaged";
    public override int Schema => 1;
    public override string Purpose => "residence";
    public override Lifecycle States => Replacing;
    public override Form Form => Questions.Form;
    public override IReadOnlyList<string> Facts => Replacement.Facts;

    protected override IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context) => facts.Get<DocumentFact>() is { Number: > 0, State: not nameof(DocumentState.Live) }
        ? Replacement.Check(facts, context).Append(Cases.Checks.Check.Of<DocumentFact>(facts, "CHK-ID-VALID", new Refusal(NotInForce), FindingKind.Final))
        : Replacement.Check(facts, context);

    protected override Quote Price(Request request, FactSet facts, RuleContext context) => Replacement.Fee("IQAMA_REPLACE_DAMAGED_FEE", facts, context, context.Party(ServiceCode).Payer);

    protected override IEnumerable<Effect> Effects(string act, string state, Request request, FactSet facts, RuleContext context) =>
        state == CaseStates.Issued ? [new Effect.EndDocument(DocumentState.Damaged), new Effect.NextDocument()] : [];
}
