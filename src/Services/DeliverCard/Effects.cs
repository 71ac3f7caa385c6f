using Muqeem.Cases;
using Muqeem.Cases.Definition;

namespace Muqeem.Services.DeliverCard;

/// <summary>What each step of the card's way causes.</summary>
internal static class Outcomes
{
    public static IEnumerable<Effect> Of(string act, Request request, FactSet facts, RuleContext context) => act switch
    {
        CaseActs.Execute =>
        [
            new Effect.OrderShipment(request.Address ?? facts.Get<AddressFact>().Addresses[0].Short),
            new Effect.Due(ShipmentActs.Silence, context.Today.PlusDays(context.Policy.Get<int>(ShipmentPolicies.SilentDays, context.Today))),
        ],
        ShipmentActs.InTransit => [new Effect.Notify("delivery_on_its_way")],
        ShipmentActs.AtDoor => [new Effect.Notify("delivery_at_door")],
        ShipmentActs.Attempted => [new Effect.Notify("delivery_attempted")],
        ShipmentActs.Delivered or ShipmentActs.CodeRight => [new Effect.NoLongerDue(ShipmentActs.Silence), new Effect.Notify("delivery_delivered")],
        ShipmentActs.Unconfirmed => [new Effect.Notify("delivery_unconfirmed")],
        ShipmentActs.Returned => [new Effect.NoLongerDue(ShipmentActs.Silence), new Effect.Notify("delivery_returned")],
        ShipmentActs.Stop => [new Effect.StopShipment(), new Effect.Notify("delivery_stopped")],
        ShipmentActs.Silence => [new Effect.Notify("delivery_silent")],
        _ => [],
    };
}
