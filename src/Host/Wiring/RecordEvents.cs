using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.Wiring;

/// <summary>What the labour platform, the courts and the insurers tell of their records: kept with its day, told to the person, and asked for anew wherever a case rests on it.</summary>
internal sealed class RecordEvents(AgencyActs acts, Residences residences, Notices notices, PolicyBook policies)
{
    public const string ContractEndedDaysPolicy = "contract.ended_days";

    /// <summary>A contract ended: the residence does not, but nothing is renewed without another.</summary>
    /// <param name="platform">Whose contract it is: the labour platform's or the domestic work platform's.</param>
    public Task<WriteOutcome?> ContractEndedAsync(PersonId person, ContractEnded told, string platform, WriteClass @class, CancellationToken cancel)
    {
        var digest = Digest.Of("contract_ended", told.EventId, told.PersonNumber, told.ContractNumber, Iso(told.EndsOn), Iso(told.At));
        return acts.DoAsync("person.contract_ended", "contract_ended:" + told.EventId, digest, EventOf(person, told, platform), async change =>
        {
            // No source says how long a household worker has.
            if (await residences.OfAsync(person, cancel) is { Category: Categories.HouseholdWorker })
            {
                await notices.AddAsync(change, person, "contract_ended_household", null, ("day", told.EndsOn));
                return;
            }
            var until = told.EndsOn.PlusDays(policies.Current.Get<int>(ContractEndedDaysPolicy, told.EndsOn));
            await notices.AddAsync(change, person, "contract_ended", null, ("day", told.EndsOn), ("until", until));
        }, @class, cancel);
    }

    /// <summary>A court ordered something, or lifted it. A visa to leave that was issued stays what it is: the border stops whom it must.</summary>
    public Task<WriteOutcome?> OrderedAsync(PersonId person, CourtOrder told, WriteClass @class, CancellationToken cancel)
    {
        var heard = EventOf(person, told);
        var (scope, became) = (heard.Detail!, heard.State);
        var digest = Digest.Of("court_order", told.EventId, told.PersonNumber, told.OrderNumber, scope, became, told.Court, Iso(told.On), Iso(told.At));
        return acts.DoAsync("person.court_order", "court_order:" + told.EventId, digest, heard,
            change => notices.AddAsync(change, person, "order_" + became, null, ("scope", scope), ("order", told.OrderNumber), ("court", told.Court), ("day", told.On)), @class, cancel);
    }

    /// <summary>Health cover ended.</summary>
    public Task<WriteOutcome?> LapsedAsync(PersonId person, PolicyLapsed told, WriteClass @class, CancellationToken cancel)
    {
        var digest = Digest.Of("policy_lapsed", told.EventId, told.PersonNumber, told.PolicyNumber, told.Insurer, Iso(told.LapsedOn), Iso(told.At));
        return acts.DoAsync("person.policy_lapsed", "policy_lapsed:" + told.EventId, digest, EventOf(person, told),
            change => notices.AddAsync(change, person, "policy_lapsed", null, ("insurer", told.Insurer), ("day", told.LapsedOn)), @class, cancel);
    }

    /// <summary>As it is kept.</summary>
    public static AgencyEvent EventOf(PersonId person, ContractEnded told, string platform) =>
        new(platform, platform == DomesticWork.Name ? AgencyEventKinds.HouseholdContract : AgencyEventKinds.Contract, person, told.ContractNumber, told.At, "ended", told.EndsOn);

    public static AgencyEvent EventOf(PersonId person, CourtOrder told) =>
        new(Justice.Name, AgencyEventKinds.Order, person, told.OrderNumber, told.At, told.Change == OrderChange.Imposed ? "imposed" : "lifted", told.On) { Detail = told.Scope == SuspensionScope.Travel ? "travel" : "services" };

    public static AgencyEvent EventOf(PersonId person, PolicyLapsed told) => new(HealthInsurance.Name, AgencyEventKinds.Policy, person, told.PolicyNumber, told.At, "lapsed", told.LapsedOn);

    private static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);

    private static string Iso(Instant at) => InstantPattern.ExtendedIso.Format(at);
}
