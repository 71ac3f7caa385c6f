using Muqeem.Agencies;
using Muqeem.Platform.Policies;
using Muqeem.Registry;

namespace Muqeem.Cases;

/// <summary>Who answers for a person: an establishment, a household, or the head of the family. Three agencies know, each of its own.</summary>
public sealed partial class Gatherer
{
    /// <summary>How long the labour platform may think about a newcomer before the others are asked beside it. An answer takes some ten milliseconds; three slow ones after each other are thrice the wait.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Each platform speaks for its own: that one of them is silent holds up nobody whom the other has in work, and no dependent of ours. Who works in a household by our residence is asked for there first, and of the
    /// labour platform only when that contract is over: it is told of nobody without need.
    /// </summary>
    private async Task<Gathered> ContractAsync(LabourContracts labour, DomesticWork domestic, AlienRegister register, FactQuery q, CancellationToken cancel)
    {
        var ours = (await OursAsync(q, cancel))?.Category;
        Task<AgencyAnswer<HouseholdContract>>? ofHousehold = null;
        if (ours == Categories.HouseholdWorker)
        {
            ofHousehold = domestic.ContractAsync(q.Number, cancel);
            if (await ofHousehold is { ValueOrNull.Contract.Status: not ContractStatus.Ended } working)
            {
                return OfHousehold(working);
            }
        }
        var ofWorker = labour.WorkerAsync(q.Number, cancel);
        if (ours == Categories.Dependent || (ours is null && await IsSlowAsync(ofWorker, cancel)))
        {
            (ofHousehold, q.Family) = (domestic.ContractAsync(q.Number, cancel), q.Family ?? register.FamilyAsync(q.Number, cancel));
        }
        var worker = await ofWorker;
        if (worker.ValueOrNull is { Contract.Status: not ContractStatus.Ended })
        {
            return OfEstablishment(worker);
        }
        var household = await (ofHousehold ?? domestic.ContractAsync(q.Number, cancel));
        if (household.ValueOrNull is { Contract.Status: not ContractStatus.Ended })
        {
            return OfHousehold(household);
        }
        var silent = worker.AskAgainAt is not null || household.AskAgainAt is not null;
        if (!silent && (worker.ValueOrNull is not null || household.ValueOrNull is not null))
        {
            return worker.ValueOrNull is not null ? OfEstablishment(worker) : OfHousehold(household);
        }
        var waits = worker.AskAgainAt is not null && (ours != Categories.HouseholdWorker || household.AskAgainAt is null) ? OfEstablishment(worker) : OfHousehold(household);
        if (silent && ours != Categories.Dependent)
        {
            return waits;
        }
        var family = await (q.Family ??= register.FamilyAsync(q.Number, cancel));
        if (family.AskAgainAt is null && (family.ValueOrNull?.HeadNumber is not { } named || named == q.Number))
        {
            // Nobody answers for this person. Whose record lacks the contract is the one to be contested.
            return silent ? waits : ours == Categories.HouseholdWorker ? OfHousehold(household) : OfEstablishment(worker);
        }
        return Map<ContractFact, RegisteredFamily>(family, Sources.AlienRegister, f => new ContractFact
        {
            Found = true,
            Status = "ACTIVE",
            EmployerNumber = f.HeadNumber,
            EmployerName = f.Members.FirstOrDefault(m => m.Id == f.HeadNumber)?.FullAr ?? f.HeadNumber,
            Category = Categories.Dependent,
        }, new ContractFact());
    }

    private async Task<bool> IsSlowAsync(Task answer, CancellationToken cancel) => await Task.WhenAny(answer, Task.Delay(Patience, _clock, cancel)) != answer;

    private Gathered OfEstablishment(AgencyAnswer<LabourWorker> answer) => Map<ContractFact, LabourWorker>(answer, Sources.Labour, w => new ContractFact
    {
        Found = true,
        ContractId = w.Contract.Number,
        Status = w.Contract.Status.ToString().ToUpperInvariant(),
        EmployerNumber = w.Establishment.Unified,
        EmployerName = w.Establishment.NameAr,
        OccupationCode = w.OccupationCode,
        Occupation = Reference.Occupation(w.OccupationCode)?.English,
        OccupationArabic = Reference.Occupation(w.OccupationCode)?.Arabic,
        PermitUntil = w.Permit?.Expiry,
        Saudis = w.Establishment.Citizens,
        Expatriates = w.Establishment.Foreigners,
        IndustrialLicence = w.Establishment.IndustrialLicence,
        EmployerSuspended = w.Establishment.Suspended,
        AbsenceReported = w.WorkStatus == WorkStatus.Absent,
        Category = Categories.EstablishmentWorker,
    }, new ContractFact());

    private Gathered OfHousehold(AgencyAnswer<HouseholdContract> answer) => Map<ContractFact, HouseholdContract>(answer, Sources.DomesticWork, h => new ContractFact
    {
        Found = true,
        ContractId = h.Contract.Number,
        Status = h.Contract.Status.ToString().ToUpperInvariant(),
        EmployerNumber = h.Household.Number,
        EmployerName = h.Household.NameAr,
        OccupationCode = h.OccupationCode,
        Occupation = Reference.Occupation(h.OccupationCode)?.English,
        OccupationArabic = Reference.Occupation(h.OccupationCode)?.Arabic,
        AbsenceReported = h.WorkStatus == WorkStatus.Absent,
        HouseholdWorkers = h.Household.Workers,
        HouseholdKind = h.Household.Kind switch { HouseholdEmployerKind.Citizen => "citizen", HouseholdEmployerKind.PremiumResident => "premium_resident", _ => "resident" },
        Category = Categories.HouseholdWorker,
    }, new ContractFact());
}
