using NodaTime;

namespace Muqeem.Agencies;

public enum SuspensionScope { AllServices, Travel }

/// <summary>Suspensions of services that a court ordered against a person.</summary>
public sealed record ServiceSuspensions(string Source, Instant AsOf, string Id, IReadOnlyList<ServiceSuspension> Suspensions) : IAgencyRecord
{
    public string? BrokenField()
    {
        if (!Shape.Person(Id))
        {
            return "id";
        }
        return Shape.Each("suspensions", Suspensions, s => !Shape.Text(s.OrderNumber, 30) ? "orderNumber" : s.LiftedOn < s.Since ? "liftedOn" : null);
    }

    public IEnumerable<ServiceSuspension> InForce(LocalDate on) => Suspensions.Where(order => order.Since <= on && (order.LiftedOn is null || order.LiftedOn > on));
}

public sealed record ServiceSuspension(string OrderNumber, SuspensionScope Scope, string Court, LocalDate Since, LocalDate? LiftedOn);

public enum MandateStatus { Active, Revoked, Expired }

/// <summary>A power of attorney.</summary>
public sealed record Mandate(string Source, Instant AsOf, string Number, string Principal, string Agent, IReadOnlyList<string> Powers, LocalDate ValidUntil, MandateStatus Status) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Number(Number, 6, 12) => "number",
        _ when !Shape.Person(Principal) => "principal",
        _ when !Shape.Person(Agent) => "agent",
        _ => null,
    };
}

public enum MaritalEventKind { Marriage, Divorce }

public sealed record MaritalEvents(string Source, Instant AsOf, string Id, IReadOnlyList<MaritalEvent> Events) : IAgencyRecord
{
    public string? BrokenField()
    {
        if (!Shape.Person(Id))
        {
            return "id";
        }
        return Shape.Each("events", Events, e => !Shape.Person(e.SpouseId) ? "spouseId" : null);
    }
}

public sealed record MaritalEvent(MaritalEventKind Kind, LocalDate On, string SpouseId, string DeedNumber);

/// <summary>The courts: suspensions of services, powers of attorney, marriages and divorces.</summary>
public sealed class Justice(AgencyLine line)
{
    public const string Name = "Justice";

    public static readonly Duration SuspensionsValidity = Duration.FromHours(1);
    public static readonly Duration DeedsValidity = Duration.FromHours(24);

    public Task<AgencyAnswer<ServiceSuspensions>> SuspensionsAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<ServiceSuspensions>("suspensions", $"suspensions?id={Uri.EscapeDataString(number)}", SuspensionsValidity, cancel);

    /// <summary>Whose orders changed since a cursor, in that order.</summary>
    public Task<AgencyAnswer<HoldingPage<OrderHolding>>> ChangesAsync(string after, int most, CancellationToken cancel = default) => HoldingPages.ChangesAsync<OrderHolding>(line, after, most, cancel);

    /// <summary>The orders about some people, by resident or border number.</summary>
    public Task<AgencyAnswer<HoldingPage<OrderHolding>>> HoldingsAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel = default) => HoldingPages.OfAsync<OrderHolding>(line, numbers, cancel);

    public Task<AgencyAnswer<Mandate>> MandateAsync(string mandateNumber, CancellationToken cancel = default) =>
        line.GetAsync<Mandate>("mandate", $"mandates/{Uri.EscapeDataString(mandateNumber)}", DeedsValidity, cancel);

    public Task<AgencyAnswer<MaritalEvents>> MaritalEventsAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<MaritalEvents>("marital_events", $"marital-events?id={Uri.EscapeDataString(number)}", DeedsValidity, cancel);
}
