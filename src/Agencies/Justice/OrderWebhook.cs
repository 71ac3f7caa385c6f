using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

public enum OrderChange { Imposed, Lifted }

/// <summary>A court suspended somebody's services or banned him from travelling, or lifted that. May be told twice, late and out of order: <paramref name="At"/> orders, not the arrival.</summary>
/// <param name="EventId">The courts' own id of the event.</param>
/// <param name="PersonNumber">Resident number, or border number before one exists.</param>
/// <param name="On">From which day on.</param>
public sealed record CourtOrder(string EventId, string PersonNumber, string OrderNumber, SuspensionScope Scope, OrderChange Change, string Court, LocalDate On, Instant At)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(EventId, 60) => "eventId",
        _ when !Shape.Person(PersonNumber) => "personNumber",
        _ when !Shape.Text(OrderNumber, 30) => "orderNumber",
        _ when !Shape.Text(Court) => "court",
        _ => null,
    };
}

/// <summary>The courts' calls about orders.</summary>
public static class OrderWebhook
{
    public const string Operation = "court_order";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<CourtOrder> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<CourtOrder>(body, c => c.BrokenField());
}
