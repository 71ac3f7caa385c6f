using System.Net;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Services.DeliverCard;

/// <summary>The post at our door: once, in any order, by whom it may, and in the shape that the contract says; and codes that somebody guesses.</summary>
public abstract partial class DeliverCardTests
{
    private async Task<(HttpStatusCode Status, string? Word)> CallAsync<T>(string path, string operation, T told, string agency = NationalAddresses.Name, CallSigning? with = null)
    {
        using var answer = await World.CallAsync("hooks/" + path, told as byte[] ?? JsonSerializer.SerializeToUtf8Bytes(told, Wire.Options), agency, operation, with);
        var text = await answer.Content.ReadAsStringAsync();
        using var body = JsonDocument.Parse(text.Length > 0 ? text : "{}");
        string? Of(string name) => body.RootElement.TryGetProperty(name, out var value) ? value.ToString() : null;
        return (answer.StatusCode, Of("field") ?? Of("code") ?? Of("handOver"));
    }

    private Task<(HttpStatusCode Status, string? Word)> TellAsync(object told, string agency = NationalAddresses.Name, CallSigning? with = null) => CallAsync("shipments", ShipmentWebhook.Operation, told, agency, with);

    private Task<(HttpStatusCode Status, string? Word)> AskAsync(object told) => CallAsync("delivery-codes", DeliveryCodeWebhook.Operation, told);

    private static DeliveryCodeTold Code(CaseId id, string code) => new("PC-" + Guid.CreateVersion7().ToString("N"), id.ToString(), code);

    [Fact]
    public async Task What_the_post_tells_counts_once_and_in_the_order_in_which_it_happened()
    {
        var resident = await SettledAsync(Residents.Dependent);
        var id = await OrderedAsync(resident);
        var number = (await ShipmentAsync(resident, id)).TrackingNumber!;
        // Nothing of what the stand-in does by itself comes before an hour has passed.
        var start = World.Clock.Now() - Duration.FromMinutes(30);
        ShipmentEvent Event(ShipmentStatus status, int minute) => new("SX-" + Guid.CreateVersion7().ToString("N"), id.ToString(), number, status, start + Duration.FromMinutes(minute));
        var (accepted, moving) = (Event(ShipmentStatus.Accepted, 1), Event(ShipmentStatus.InTransit, 2));

        Assert.Equal(HttpStatusCode.OK, (await TellAsync(moving)).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await TellAsync(accepted)).Status);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TellAsync(moving)));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.Equal(HttpStatusCode.Conflict, (await TellAsync(moving with { TrackingNumber = "SP-other" })).Status);
        Assert.Equal(ShipmentStates.InDelivery, await _residents.StateAsync(resident, id));
        Assert.Single((await _residents.TrackAsync(resident, id)).Timeline, e => e.Act == ShipmentActs.InTransit);
        Assert.Equal(["delivery_on_its_way"], await InboxAsync(resident));

        // Who may not tell it, and what is malformed.
        var door = Event(ShipmentStatus.OutForDelivery, 3);
        Assert.Equal((HttpStatusCode.Unauthorized, CallGate.UnknownKey), await TellAsync(door, with: new(Signer: AgencyCaller.NewSigner())));
        Assert.Equal((HttpStatusCode.Forbidden, CallGate.NotAllowed), await TellAsync(door, Traffic.Name, new(Purpose: "deliver_document")));
        foreach (var (bad, field) in new (object, string)[]
        {
            (door with { EventId = "" }, "eventId"), (door with { DocumentReference = "7" }, "documentReference"), (door with { TrackingNumber = "" }, "trackingNumber"), (door with { Reason = AttemptReason.Refused }, "reason"),
            (door with { Status = ShipmentStatus.Attempted }, "reason"), (door with { NextAttemptOn = _residents.Today }, "nextAttemptOn"), (door with { OldCardCollected = true }, "oldCardCollected"),
            (door with { At = World.Clock.Now() + Duration.FromMinutes(10) }, "at"), ("{}"u8.ToArray(), "eventId"), ("no"u8.ToArray(), "$"),
        })
        {
            Assert.Equal((HttpStatusCode.BadRequest, field), await TellAsync(bad));
        }
        Assert.Equal((HttpStatusCode.BadRequest, "code"), await AskAsync(Code(id, "12345")));
        Assert.Equal(HttpStatusCode.Accepted, (await TellAsync(door with { DocumentReference = Guid.CreateVersion7().ToString() })).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(Code(new CaseId(Guid.CreateVersion7()), "123456"))).Status);
        Assert.Equal(ShipmentStates.InDelivery, await _residents.StateAsync(resident, id));

        // Handed over, says the courier, without having asked: that is not believed, until the code comes.
        Assert.Equal(HttpStatusCode.OK, (await TellAsync(Event(ShipmentStatus.Delivered, 10) with { OldCardCollected = false })).Status);
        var doubted = await _residents.TrackAsync(resident, id);
        Assert.Equal((ShipmentStates.NotConfirmed, Holders.Officer), (doubted.Head.State, doubted.Head.Holder));
        Assert.Contains(await World.Get<ShipmentStore>().TroubledAsync(100), t => t.CaseId == id.Value);
        Assert.Equal(HttpStatusCode.Accepted, (await TellAsync(Event(ShipmentStatus.InTransit, 5))).Status);
        Assert.Equal((HttpStatusCode.OK, "True"), await AskAsync(Code(id, doubted.Shipment!.Code!)));
        Assert.Equal(ShipmentStates.Delivered, await _residents.StateAsync(resident, id));
        // What is told afterwards changes nothing, however late it says it was.
        Assert.Equal(HttpStatusCode.Accepted, (await TellAsync(Event(ShipmentStatus.InTransit, 20))).Status);
        Assert.Equal(ShipmentStates.Delivered, await _residents.StateAsync(resident, id));
        Assert.Equal(["delivery_on_its_way", "delivery_unconfirmed", "delivery_delivered"], await InboxAsync(resident));
    }

    [Fact]
    public async Task A_code_is_guessed_five_times_and_then_none_is_right_however_many_ask_at_once()
    {
        var resident = await SettledAsync(20);
        var id = await OrderedAsync(resident);
        await MoveAsync(resident, id, 2, ShipmentStates.Printed);
        var code = (await ShipmentAsync(resident, id)).Code!;
        var same = Code(id, Other(code));
        foreach (var _ in Enumerable.Range(0, 3))
        {
            // The same try, told again.
            Assert.Equal((HttpStatusCode.OK, "False"), await AskAsync(same));
        }
        Assert.Equal(4, (await ShipmentAsync(resident, id)).TriesLeft);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => AskAsync(Code(id, Other(code)))));
        await WholeWorld.UntilAsync(async () => (await AskAsync(Code(id, Other(code)))).Status == HttpStatusCode.OK && (await ShipmentAsync(resident, id)).TriesLeft == 0 ? "" : null, "all tries are used");
        Assert.Equal((HttpStatusCode.OK, "False"), await AskAsync(Code(id, code)));
        Assert.Equal(5, await World.Get<Db>().SingleAsync<long>("SELECT wrong_codes FROM shipment WHERE case_id = @id", new { id = id.Value }));
        Assert.Null((await ShipmentAsync(resident, id)).Code);
        Assert.Single(await InboxAsync(resident), kind => kind == "delivery_code_locked");

        await World.AtDeskAsync($"post/{id}/move", ("status", "Returned"));
        await _residents.BecomesAsync(resident, id, ShipmentStates.SentBack);
        var again = await OrderedAsync(resident);
        Assert.Equal(5, (await ShipmentAsync(resident, again)).TriesLeft);
    }
}
