using System.Globalization;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.StandIns;
using Muqeem.Sandbox.State;
using NodaTime;

namespace Muqeem.Sandbox.Desks;

/// <summary>How Muqeem is told of it.</summary>
/// <param name="Quiet">Not at all: the call was lost.</param>
/// <param name="Late">So much later; what happened afterwards is told first.</param>
/// <param name="Forged">By somebody else, and nothing happened.</param>
public sealed record Telling(bool Twice, bool Quiet, bool Forged, Duration Late)
{
    public static async Task<Telling> OfAsync(HttpRequest request)
    {
        var form = request.HasFormContentType ? await request.ReadFormAsync() : FormCollection.Empty;
        return new(form["twice"] == "true", form["quiet"] == "true", form["forged"] == "true", Duration.FromMinutes(int.TryParse(form["late"], CultureInfo.InvariantCulture, out var minutes) ? minutes : 0));
    }
}

/// <summary>What changes in the agencies' records of a person, and the calls by which they tell Muqeem.</summary>
internal sealed class RecordChanges(World world, Calls calls, Knobs knobs, SandboxClock clock)
{
    public void Passport(Person person, Telling how)
    {
        var (today, old, now) = (clock.Today(), person.Passports[0], clock.Now());
        var next = old with { Number = NextNumber(old.Number), IssueDate = today, ExpiryDate = today.PlusYears(10).PlusDays(-1), Status = PassportStatus.Valid };
        if (!how.Forged)
        {
            world.Set(person.Index, FactKind.Passports, (RegisteredPassport[])[next, .. person.Passports.Select(passport => passport with { Status = PassportStatus.Replaced })]);
            world.Set(person.Index, FactKind.PassportAt, now);
            world.Give($"{old.Issuer}/{next.Number}", person.Index);
        }
        var id = Holdings.PassportEvent(person.Index, person.Passports.Count + 1);
        Tell(Calls.Passports, id, new PassportRenewed(id, person.Number, next, now), how);
    }

    public void Death(Person person, Telling how)
    {
        var (on, now) = (clock.Today(), clock.Now());
        var id = Holdings.DeathEvent(person.Index, DeathChange.Recorded, now);
        if (!how.Forged)
        {
            world.Forget(person.Index, FactKind.DeathTakenBack);
            world.Set(person.Index, FactKind.Death, on);
            world.Set(person.Index, FactKind.DeathAt, now);
        }
        Tell(Calls.Deaths, id, new PersonDied(id, person.Number, on, now), how);
    }

    /// <summary>The register finds that it recorded somebody else's death.</summary>
    public void DeathTakenBack(Person person, Telling how)
    {
        var now = clock.Now();
        var id = Holdings.DeathEvent(person.Index, DeathChange.TakenBack, now);
        if (!how.Forged)
        {
            world.Set(person.Index, FactKind.DeathTakenBack, now);
        }
        Tell(Calls.Deaths, id, new PersonDied(id, person.Number, person.DiedOn ?? clock.Today(), now, DeathChange.TakenBack), how);
    }

    /// <param name="days">From today on.</param>
    public void ContractEnds(Person person, int days, Telling how)
    {
        var on = clock.Today().PlusDays(days);
        var told = new ContractEnded(Id("CX"), person.Number, Work.ContractNumber(person), on, clock.Now());
        if (!how.Forged)
        {
            var seen = Seen(PlatformOf(person), person);
            world.Set<LocalDate?>(person.Index, FactKind.ContractEnd, on, seen);
            world.Set(person.Index, FactKind.ContractEvent, told, seen);
        }
        Tell(person.Category == ResidenceCategory.Household ? Calls.HouseholdContracts : Calls.Contracts, told.EventId, told, how);
    }

    public void NewContract(Person person) => world.Set<LocalDate?>(person.Index, FactKind.ContractEnd, null, Seen(PlatformOf(person), person));

    private static string PlatformOf(Person person) => person.Category == ResidenceCategory.Household ? DomesticWork.Name : LabourContracts.Name;

    public void Order(Person person, SuspensionScope scope, Telling how)
    {
        var order = new ServiceSuspension((scope == SuspensionScope.Travel ? "4600" : "4500") + People.Digits(person.Index, 7), scope, "Enforcement Court, Riyadh", clock.Today(), null);
        if (!how.Forged)
        {
            world.Set(person.Index, FactKind.Suspensions, (ServiceSuspension[])[order, .. person.Suspensions.Where(other => other.OrderNumber != order.OrderNumber)], Seen(Justice.Name, person));
        }
        Tell(person, [order], OrderChange.Imposed, how);
    }

    public void LiftOrders(Person person, Telling how)
    {
        var inForce = person.Suspensions.Where(order => order.LiftedOn is null).ToList();
        if (!how.Forged)
        {
            world.Set(person.Index, FactKind.Suspensions, person.Suspensions.Select(order => order with { LiftedOn = order.LiftedOn ?? clock.Today() }).ToArray(), Seen(Justice.Name, person));
        }
        Tell(person, inForce, OrderChange.Lifted, how);
    }

    public void CoverLapses(Person person, Telling how)
    {
        if (person.Cover is not { } cover)
        {
            return;
        }
        var today = clock.Today();
        var told = new PolicyLapsed(Id("HX"), person.Number, cover.Number, cover.Insurer, today, clock.Now());
        if (!how.Forged)
        {
            var seen = Seen(HealthInsurance.Name, person);
            world.Set(person.Index, FactKind.Cover, cover with { To = today.PlusDays(-1) }, seen);
            world.Set(person.Index, FactKind.CoverEvent, told, seen);
        }
        Tell(Calls.Policies, told.EventId, told, how);
    }

    private void Tell(Person person, IReadOnlyList<ServiceSuspension> orders, OrderChange change, Telling how)
    {
        var told = orders.Select(order => new CourtOrder(Id("JX"), person.Number, order.OrderNumber, order.Scope, change, order.Court, clock.Today(), clock.Now())).ToList();
        if (!how.Forged)
        {
            world.Set(person.Index, FactKind.OrderEvents, (CourtOrder[])[.. told, .. person.OrderEvents.ExceptBy(told.Select(t => t.OrderNumber), e => e.OrderNumber)], Seen(Justice.Name, person));
        }
        foreach (var order in told)
        {
            Tell(Calls.Orders, order.EventId, order, how);
        }
    }

    private void Tell<T>(string topic, string id, T content, Telling how)
    {
        if (!how.Quiet)
        {
            calls.Add(topic, id, content, how.Twice, how.Forged, how.Late);
        }
    }

    private string Id(string kind) => $"{kind}-{Guid.CreateVersion7(clock.GetUtcNow()):N}";

    /// <summary>From when on the register shows it; null: at once.</summary>
    private Instant? Seen(string agency, Person person) => knobs.Of(agency, person).LagMinutes is > 0 and var lag ? clock.Now() + Duration.FromMinutes(lag) : null;

    // The next number: the first digit that can goes up.
    private static string NextNumber(string number)
    {
        var letters = number.ToCharArray();
        var at = Array.FindIndex(letters, char.IsAsciiDigit);
        letters[at] = letters[at] == '9' ? '1' : (char)(letters[at] + 1);
        return new(letters);
    }
}
