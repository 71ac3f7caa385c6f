using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Writing;

namespace Muqeem.Host;

/// <summary>What the post tells of cards, each once by its own id and in any order, and its courier's question at the door.</summary>
internal static partial class Hooks
{
    private static void MapShipments(IEndpointRouteBuilder hooks)
    {
        hooks.MapPost("/shipments", TakeShipmentAsync);
        hooks.MapPost("/delivery-codes", TakeCodeAsync);
    }

    private static Task TakeShipmentAsync(HttpContext http) => SignedCalls.TakeAsync(http, ShipmentWebhook.Operation, NationalAddresses.Name, (_, body) => ShipmentAsync(http, body));

    private static Task TakeCodeAsync(HttpContext http) => SignedCalls.TakeAsync(http, DeliveryCodeWebhook.Operation, NationalAddresses.Name, (_, body) => CodeAsync(http, body));

    private static async Task<IResult> ShipmentAsync(HttpContext http, byte[] body)
    {
        if (!ShipmentWebhook.Read(body).TryGet(out var told, out var refusal))
        {
            return SignedCalls.Refused(refusal);
        }
        if (told.At > Of<TimeProvider>(http).Now() + AgencyActs.ClocksDiffer)
        {
            return SignedCalls.Refused(Wire.Malformed("at"));
        }
        return Answer(http, await PostEvents.ToldAsync(Engine(http), told, http.RequestAborted));
    }

    private static async Task<IResult> CodeAsync(HttpContext http, byte[] body)
    {
        if (!DeliveryCodeWebhook.Read(body).TryGet(out var told, out var refusal))
        {
            return SignedCalls.Refused(refusal);
        }
        // Without the code: a hash of six digits would tell them.
        var operation = new Operation(Actor.Agency(NationalAddresses.Name), Names.IdOf("delivery_code:" + told.EventId), Digest.Of("delivery_code", told.EventId, told.DocumentReference));
        return await Engine(http).ShipmentCodeAsync(operation, new CaseId(Guid.ParseExact(told.DocumentReference, "D")), told.Code, http.RequestAborted) switch
        {
            (_, { } verdict) => Results.Json(new DeliveryCodeVerdict(verdict.HandOver, verdict.TriesLeft), Wire.Options),
            (CaseOutcome.NotFound, _) => Results.NotFound(),
            (var outcome, _) => Answer(http, outcome),
        };
    }
}
