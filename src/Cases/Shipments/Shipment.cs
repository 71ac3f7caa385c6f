using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Where a card that is sent by post is: states of its case after it was decided.</summary>
public static class ShipmentStates
{
    /// <summary>Being printed and handed to the post.</summary>
    public const string Ordered = "ORDERED";

    /// <summary>The post has it.</summary>
    public const string Printed = "PRINTED";
    public const string InDelivery = "IN_DELIVERY";
    public const string AtDoor = "AT_DOOR";

    /// <summary>It could not be handed over; the post tries again, or sends it back.</summary>
    public const string NotDelivered = "NOT_DELIVERED";
    public const string Delivered = "DELIVERED";

    /// <summary>The post says that it was handed over, and nobody told us the code.</summary>
    public const string NotConfirmed = "NOT_CONFIRMED";

    /// <summary>The post was told not to hand it over: the ID on it is no longer in force.</summary>
    public const string Stopped = "STOPPED";
    public const string SentBack = "SENT_BACK";

    /// <summary>The post fell silent.</summary>
    public const string Closed = "CLOSED";

    /// <summary>On its way to the holder.</summary>
    public static readonly IReadOnlyList<string> UnderWay = [Ordered, Printed, InDelivery, AtDoor, NotDelivered];

    /// <summary>Somebody is still to do something about it.</summary>
    public static bool IsOpen(string state) => UnderWay.Contains(state, StringComparer.Ordinal) || state is Stopped or NotConfirmed;
}

/// <summary>Acts by which the post, a code or time moves a shipment. Texts: <c>case.act.*</c>.</summary>
public static class ShipmentActs
{
    public const string Accepted = "shipment_accepted";
    public const string InTransit = "shipment_in_transit";
    public const string AtDoor = "shipment_at_door";
    public const string Attempted = "shipment_attempted";
    public const string Delivered = "shipment_delivered";
    public const string Unconfirmed = "shipment_unconfirmed";
    public const string Returned = "shipment_returned";
    public const string CodeRight = "shipment_code_right";
    public const string Stop = "shipment_stop";
    public const string Silence = "shipment_silence";
}

/// <summary>Codes of the dated policies about shipments.</summary>
public static class ShipmentPolicies
{
    /// <summary>Within how many working days a card should be there.</summary>
    public const string WorkingDays = "delivery.working_days";

    /// <summary>After how many days without an end a shipment is given up.</summary>
    public const string SilentDays = "delivery.silent_days";

    /// <summary>How often a wrong code may be told.</summary>
    public const string CodeTries = "delivery.code_tries";
}

/// <summary>What the post tells of a shipment.</summary>
/// <param name="Act">One of <see cref="ShipmentActs"/>, as the post means it: of what it delivered we decide ourselves whether it is confirmed.</param>
/// <param name="At">By the post's clock: orders what is told, whenever it arrives.</param>
/// <param name="Reason">Of an attempt: <c>nobody_home</c>, <c>wrong_address</c>, <c>refused</c>, <c>no_code</c>. Texts: <c>shipment.reason.*</c>.</param>
/// <param name="NextOn">When the post tries again.</param>
/// <param name="OldCard">Of what was handed over: whether the old card was taken in.</param>
public sealed record ShipmentNews(string Act, Instant At, string TrackingNumber, string? Reason = null, LocalDate? NextOn = null, bool? OldCard = null);

/// <summary>A shipment as its row has it. Guarded by the case's head.</summary>
public sealed record Shipment
{
    public Guid CaseId { get; init; }
    public Guid DocumentId { get; init; }
    public string? TrackingNumber { get; init; }
    public Instant PromisedAt { get; init; }

    /// <summary>When the newest that we know happened, by the post's clock.</summary>
    public Instant? ToldAt { get; init; }
    public string? Reason { get; init; }
    public LocalDate? NextOn { get; init; }

    /// <summary>When it had not come in the promised time.</summary>
    public Instant? LateAt { get; init; }

    /// <summary>How often a wrong code was told.</summary>
    public int WrongCodes { get; init; }

    /// <summary>When the right one was.</summary>
    public Instant? ConfirmedAt { get; init; }
    public bool? OldCard { get; init; }

    /// <summary>When it was over: another of the same ID may be sent.</summary>
    public Instant? EndedAt { get; init; }
}

/// <summary>Where a shipment stands, for whoever compares it with what the post says. Nothing personal but whose it is.</summary>
/// <param name="ToldAt">When the newest that we know happened, by the post's clock.</param>
public sealed record ShipmentStanding(Guid PersonId, Guid CaseId, string Reference, string State, string? TrackingNumber, Instant? ToldAt, Instant? EndedAt)
{
    public PersonId Person => new(PersonId);

    public bool IsOpen => EndedAt is null;

    /// <summary>The post took the order, or told of it before it answered.</summary>
    public bool WasTaken => TrackingNumber is not null;

    /// <summary>Whether something that happened to it would move its case: newer than all that we know, and not of one that we wait for back or for its code.</summary>
    /// <param name="at">By the post's clock.</param>
    /// <param name="returned">It came back.</param>
    public bool IsNews(Instant at, bool returned) => (ToldAt is not { } known || known < Clock.FromMicros(at.ToMicros())) && (returned || ShipmentStates.UnderWay.Contains(State, StringComparer.Ordinal));
}

/// <summary>The sealed part of a shipment.</summary>
/// <param name="Short">The National Address in its short form.</param>
/// <param name="Code">Six digits: who tells them to the courier gets the card.</param>
public sealed record ShipmentContent(string Short, string Code);

/// <summary>A shipment as its holder follows it.</summary>
/// <param name="Code">While it may still be asked for at the door; null before the post has the card, and afterwards.</param>
/// <param name="TriesLeft">How often a code may still be told.</param>
public sealed record ShipmentView(string? TrackingNumber, string Short, Instant PromisedAt, Instant? ToldAt, string? Reason, LocalDate? NextOn, Instant? LateAt, string? Code, int TriesLeft, bool? OldCard);

/// <summary>The message by which the post's turn comes; what is personal is opened then.</summary>
/// <param name="Stops">It is not to be handed over.</param>
public sealed record ShipmentMessage(Guid Case, bool Stops);

/// <summary>What the post needs to know of a shipment.</summary>
/// <param name="Ordered">It is to be ordered still; false: it was, or it was stopped before.</param>
public sealed record ShipmentToSend(PersonId Person, Guid Case, string Short, bool Ordered);

/// <summary>Whether a code that the courier was told is right.</summary>
/// <param name="HandOver">The card may be handed over: the code is right, and the ID on it in force.</param>
public sealed record ShipmentCodeAnswer(bool HandOver, int TriesLeft);

/// <summary>A shipment that an officer should look at: it is late, or the post says that it was handed over without the code. Nothing personal.</summary>
public sealed record TroubledShipment(Guid CaseId, string Reference, string State, string? TrackingNumber, Instant PromisedAt, Instant? ToldAt, Instant? LateAt, int WrongCodes);
