using Muqeem.Cases;
using Muqeem.Cases.Definition;

namespace Muqeem.Services.DeliverCard;

/// <summary>Decided, the card is on its way: the post, the code, time and the ID itself move it. What the post tells may skip steps, because it comes in any order.</summary>
internal static class Way
{
    private static readonly (string Act, string To)[] Told =
    [
        (ShipmentActs.Accepted, ShipmentStates.Printed),
        (ShipmentActs.InTransit, ShipmentStates.InDelivery),
        (ShipmentActs.AtDoor, ShipmentStates.AtDoor),
        (ShipmentActs.Attempted, ShipmentStates.NotDelivered),
        (ShipmentActs.Delivered, ShipmentStates.Delivered),
        (ShipmentActs.Unconfirmed, ShipmentStates.NotConfirmed),
        (ShipmentActs.Returned, ShipmentStates.SentBack),
    ];

    public static readonly Lifecycle Lifecycle = new(
    [
        // Carried out means here: ordered.
        .. SharedStates.Application().Concat(SharedStates.Review()).Select(t => t.Act == CaseActs.Execute ? t with { To = ShipmentStates.Ordered } : t),
        .. ShipmentStates.UnderWay.SelectMany(from => Told.Select(told => new Transition(from, told.Act, By.Post, told.To))),
        .. ShipmentStates.UnderWay.Select(from => new Transition(from, ShipmentActs.Stop, By.System, ShipmentStates.Stopped)),
        new(ShipmentStates.Stopped, ShipmentActs.Returned, By.Post, ShipmentStates.SentBack),
        new(ShipmentStates.NotConfirmed, ShipmentActs.CodeRight, By.Post, ShipmentStates.Delivered),
        new(ShipmentStates.NotConfirmed, ShipmentActs.Returned, By.Post, ShipmentStates.SentBack),
        .. ((IEnumerable<string>)[.. ShipmentStates.UnderWay, ShipmentStates.Stopped, ShipmentStates.NotConfirmed]).Select(from => new Transition(from, ShipmentActs.Silence, By.System, ShipmentStates.Closed)),
    ]);
}
