using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;

namespace Muqeem.Host.Wiring;

/// <summary>Has cards printed and handed to the post, and called back: in the lane of the person, so that no order overtakes its own end. What is personal is opened when the message's turn comes.</summary>
internal sealed class Shipments(NationalAddresses post, CaseEngine engine, IssuedCards cards, Persons persons, ReadDoor door)
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<DocumentEnds>(p => (change, document, cancel) => p.GetRequiredService<ShipmentStore>().DocumentEndsAsync(change, document, cancel));
        services.AddSingleton<Shipments>().HandleOutbox<Shipments>(Performer.ShipmentTopic, (s, item, cancel) => s.SendAsync(item, cancel));
    }

    private Task<OutboxResult> SendAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync(async () =>
    {
        var message = item.Read<ShipmentMessage>();
        var reader = Actor.System("post");
        var id = new CaseId(message.Case);
        return await engine.ShipmentToSendAsync(reader, id, cancel) is not { } shipment ? OutboxResult.Done
            : message.Stops ? await StopAsync(item, shipment, cancel)
            : shipment.Ordered ? await OrderAsync(item, reader, shipment, cancel)
            : OutboxResult.Done;
    });

    private async Task<OutboxResult> OrderAsync(OutboxItem item, Actor reader, ShipmentToSend shipment, CancellationToken cancel)
    {
        var id = new CaseId(shipment.Case);
        var access = door.Enter(reader, Purpose.IssueDocument, id, "shipment.order", shipment.Person);
        // The print shop needs the card's signed code, which is made once. Of an ID that was just held or ended none is made; then the order is stopped, or waits until it is released.
        if (await cards.AskAsync(access, reader, shipment.Person, cancel) is not CardAnswer.Made)
        {
            return new OutboxResult.Again("shipment.no_card");
        }
        var record = await persons.OpenAsync(access, shipment.Person, cancel);
        var order = new ShipmentOrder(record.ResidentNumber!, shipment.Case.ToString(), shipment.Short);
        var answer = await post.ShipAsync(order, item.Id, cancel);
        if (answer is AgencyAnswer<ShipmentReceipt>.Found { Value.TrackingNumber: var number })
        {
            var taken = new Operation(Actor.Agency(NationalAddresses.Name), item.Id, Digest.Of("shipment.ordered", shipment.Case.ToString(), number));
            return await engine.ShipmentOrderedAsync(taken, id, number, cancel) is CaseOutcome.Done or CaseOutcome.NotFound ? OutboxResult.Done : new OutboxResult.Again("case.busy");
        }
        // Once: what it says is that the post is silent, not how often it was asked.
        await engine.ShipmentWaitsAsync(new Operation(reader, Names.IdOf($"shipment.waits:{shipment.Case}"), Digest.Of("shipment.waits", shipment.Case.ToString())), id, cancel);
        return Again(answer);
    }

    private async Task<OutboxResult> StopAsync(OutboxItem item, ShipmentToSend shipment, CancellationToken cancel)
    {
        var answer = await post.StopAsync(new ShipmentStop(shipment.Case.ToString(), "DOCUMENT_ENDED"), item.Id, cancel);
        return answer is AgencyAnswer<ShipmentStopped>.Found ? OutboxResult.Done : Again(answer);
    }

    private static OutboxResult Again<T>(AgencyAnswer<T> answer) where T : class => answer switch
    {
        AgencyAnswer<T>.NotFound => new OutboxResult.Never("shipment.not_found"),
        _ => answer.NotNow() ?? throw new System.Diagnostics.UnreachableException(),
    };
}
