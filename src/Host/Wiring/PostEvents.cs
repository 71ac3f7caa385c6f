using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Writing;
using NodaTime.Text;

namespace Muqeem.Host.Wiring;

/// <summary>What the post tells of cards, or lists of them: the same event is the same operation, whichever way it comes.</summary>
internal static class PostEvents
{
    public static Task<CaseOutcome> ToldAsync(CaseEngine engine, ShipmentEvent told, CancellationToken cancel)
    {
        var news = new ShipmentNews(ActOf(told.Status), told.At, told.TrackingNumber, ReasonOf(told.Reason), told.NextAttemptOn, told.OldCardCollected);
        var digest = Digest.Of("shipment", told.EventId, told.DocumentReference, told.TrackingNumber, news.Act, InstantPattern.ExtendedIso.Format(told.At), news.Reason ?? "",
            told.NextAttemptOn is { } next ? LocalDatePattern.Iso.Format(next) : "", told.OldCardCollected?.ToString() ?? "");
        return engine.ShipmentToldAsync(new Operation(Actor.Agency(NationalAddresses.Name), Names.IdOf("shipment:" + told.EventId), digest), new CaseId(Guid.ParseExact(told.DocumentReference, "D")), news, cancel);
    }

    private static string ActOf(ShipmentStatus status) => status switch
    {
        ShipmentStatus.Accepted => ShipmentActs.Accepted,
        ShipmentStatus.InTransit => ShipmentActs.InTransit,
        ShipmentStatus.OutForDelivery => ShipmentActs.AtDoor,
        ShipmentStatus.Attempted => ShipmentActs.Attempted,
        ShipmentStatus.Delivered => ShipmentActs.Delivered,
        _ => ShipmentActs.Returned,
    };

    private static string? ReasonOf(AttemptReason? reason) => reason switch
    {
        null => null,
        AttemptReason.NobodyHome => "nobody_home",
        AttemptReason.WrongAddress => "wrong_address",
        AttemptReason.Refused => "refused",
        _ => "no_code",
    };
}
