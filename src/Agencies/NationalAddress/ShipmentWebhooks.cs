using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>Where a card is.</summary>
public enum ShipmentStatus
{
    /// <summary>The post has it.</summary>
    Accepted,
    InTransit,

    /// <summary>The courier has it with him.</summary>
    OutForDelivery,

    /// <summary>It could not be handed over.</summary>
    Attempted,
    Delivered,

    /// <summary>It came back to us.</summary>
    Returned,
}

/// <summary>Why a card could not be handed over.</summary>
public enum AttemptReason { NobodyHome, WrongAddress, Refused, NoCode }

/// <summary>Something happened to a shipment. May be told twice, late and out of order: <paramref name="At"/> orders, not the arrival.</summary>
/// <param name="EventId">The post's own id of the event.</param>
/// <param name="DocumentReference">As in our order.</param>
/// <param name="Reason">Of an attempt, and only of one.</param>
/// <param name="NextAttemptOn">Of an attempt: when the next is; none when it goes back.</param>
/// <param name="OldCardCollected">Of what was delivered, and only of that: whether the old card was taken in.</param>
public sealed record ShipmentEvent(
    string EventId, string DocumentReference, string TrackingNumber, ShipmentStatus Status, Instant At, AttemptReason? Reason = null, LocalDate? NextAttemptOn = null, bool? OldCardCollected = null)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(EventId, 60) => "eventId",
        _ when !Guid.TryParseExact(DocumentReference, "D", out _) => "documentReference",
        _ when !Shape.Text(TrackingNumber, 30) => "trackingNumber",
        _ when !Enum.IsDefined(Status) => "status",
        _ when (Reason is not null) != (Status == ShipmentStatus.Attempted) => "reason",
        _ when NextAttemptOn is { } next && (Status != ShipmentStatus.Attempted || next < At.DayInRiyadh()) => "nextAttemptOn",
        _ when OldCardCollected is not null && Status != ShipmentStatus.Delivered => "oldCardCollected",
        _ => null,
    };
}

/// <summary>Somebody at the door told the courier a code: whether the card may be handed over is ours to say. Each try has an id of its own; told again it is the same try.</summary>
/// <param name="EventId">The post's own id of the try, which nobody can guess.</param>
/// <param name="Code">Six digits.</param>
public sealed record DeliveryCodeTold(string EventId, string DocumentReference, string Code)
{
    /// <summary>How long a code is.</summary>
    public const int Digits = 6;

    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(EventId, 60) => "eventId",
        _ when !Guid.TryParseExact(DocumentReference, "D", out _) => "documentReference",
        _ when !Shape.Number(Code, Digits) => "code",
        _ => null,
    };
}

/// <summary>Our answer.</summary>
/// <param name="HandOver">The code is right, and the card may be handed over; false: it goes back.</param>
public sealed record DeliveryCodeVerdict(bool HandOver, int TriesLeft);

/// <summary>The post's calls about shipments.</summary>
public static class ShipmentWebhook
{
    public const string Operation = "shipment";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<ShipmentEvent> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<ShipmentEvent>(body, c => c.BrokenField());
}

/// <summary>The courier's question at the door.</summary>
public static class DeliveryCodeWebhook
{
    public const string Operation = "delivery_code";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<DeliveryCodeTold> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<DeliveryCodeTold>(body, c => c.BrokenField());
}
