using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Payments.Pricing;

namespace Muqeem.Services.DeliverCard;

/// <summary>Sends the card of the ID by post to the holder's National Address: ID.DELIVERY.</summary>
public sealed class DeliverCard : Service<Request>
{
    public const string ServiceCode = "ID.DELIVERY";
    public const string Fee = "ID_DELIVERY";

    public override string Code => ServiceCode;
    public override string Key => "deliver-card";
    public override int Schema => 1;
    public override string Purpose => "residence";
    public override Lifecycle States => Way.Lifecycle;
    public override Form Form => Questions.Form;
    public override IReadOnlyList<string> Facts => [ResidenceFact.Name, DocumentFact.Name, DeliveryFact.Name, AddressFact.Name];

    protected override IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context) => Rules.Check(facts, context);

    protected override Quote Price(Request request, FactSet facts, RuleContext context) => Quote.Of(context.Tariff.ForRequest(Fee, context.Today, context.Party(ServiceCode).Payer));

    protected override IEnumerable<Effect> Effects(string act, string state, Request request, FactSet facts, RuleContext context) => Outcomes.Of(act, request, facts, context);
}
