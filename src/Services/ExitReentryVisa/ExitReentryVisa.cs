using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Payments.Pricing;

namespace Muqeem.Services.ExitReentryVisa;

/// <summary>A visa to leave the Kingdom and come back: VISA.ERV.S, VISA.ERV.M and their cancellation, one service because the holder asks one question.</summary>
public sealed class ExitReentryVisa : Service<Request>
{
    public const string ServiceCode = "VISA.ERV";

    public override string Code => ServiceCode;
    public override string Key => "exit-reentry";
    public override int Schema => 1;
    public override string Purpose => "exit_reentry";
    public override Lifecycle States => ExitReentryVisaStates;
    public override Form Form => Questions.Form;

    public override IReadOnlyList<string> Facts { get; } =
        [PersonFact.Name, PassportsFact.Name, ContractFact.Name, TrafficFact.Name, JusticeFact.Name, ResidenceFact.Name, VisasFact.Name];

    /// <summary>The border's entry on a visa for several journeys.</summary>
    public const string EntryForAnother = Services.ExitReentryVisa.States.EntryForAnother;

    private static readonly Lifecycle ExitReentryVisaStates = Services.ExitReentryVisa.States.Lifecycle;

    protected override IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context) => Rules.Check(request, facts, context);

    protected override Quote Price(Request request, FactSet facts, RuleContext context) =>
        Plan.Cheapest(request, facts.Get<ResidenceFact>().Until, context) is { } plan ? new Quote([plan.Price], []) : Quote.Free;

    protected override IEnumerable<Effect> Effects(string act, string state, Request request, FactSet facts, RuleContext context) => Outcomes.Of(act, state, request, facts, context);
}
