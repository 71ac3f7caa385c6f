using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Host.Wiring;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.Reconciling;

/// <summary>Residences of workers of establishments as the labour platform was told of them; the employer, the occupation and the end of the contract, which it owns.</summary>
internal sealed class LabourComparison(LabourContracts labour, RecordEvents events) : ComparedAgency
{
    public override string Name => LabourContracts.Name;
    public override string Topic => Performer.LabourTopic;

    public override async Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => HoldingsAnswer.Of(await labour.ChangesAsync(after, most, cancel));

    public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => HoldingsAnswer.Of(await labour.HoldingsAsync(numbers, cancel));

    public override bool Concerns(ComparedPerson person) => person.Residence is { Category: Categories.EstablishmentWorker };

    /// <summary>Before households had a platform of their own their workers were here too.</summary>
    public override bool HandedOver(ComparedPerson person) => person.Residence is { Category: Categories.HouseholdWorker };

    public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding) => holding is LabourHolding held && Concerns(person)
        ? WorkComparison.Of(person, Topic, held.Told is { } told ? (told.Status, told.ExpiresOn) : null, held.EmployerNumber, held.OccupationCode).Concat(WorkComparison.EndOfContract(person, Name, held.Ended, events))
        : [];
}

/// <summary>The same of households' workers and the platform of domestic work.</summary>
internal sealed class DomesticComparison(DomesticWork domestic, RecordEvents events) : ComparedAgency
{
    public override string Name => DomesticWork.Name;
    public override string Topic => Performer.DomesticTopic;

    public override async Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => HoldingsAnswer.Of(await domestic.ChangesAsync(after, most, cancel));

    public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => HoldingsAnswer.Of(await domestic.HoldingsAsync(numbers, cancel));

    public override bool Concerns(ComparedPerson person) => person.Residence is { Category: Categories.HouseholdWorker };

    public override bool HandedOver(ComparedPerson person) => person.Residence is { Category: Categories.EstablishmentWorker };

    public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding) => holding is DomesticHolding held && Concerns(person)
        ? WorkComparison.Of(person, Topic, held.Told is { } told ? (told.Status, told.ExpiresOn) : null, held.EmployerNumber, held.OccupationCode).Concat(WorkComparison.EndOfContract(person, Name, held.Ended, events))
        : [];
}

/// <summary>What must agree with the platform on which a worker's employer is.</summary>
internal static class WorkComparison
{
    /// <param name="told">As the platform was told of the residence; null: never.</param>
    public static IEnumerable<Disagreement> Of(ComparedPerson person, string topic, (ResidenceStatus Status, LocalDate ExpiresOn)? told, string? employerNumber, string? occupationCode)
    {
        if (person is not { Residence: { } residence, Details: { } details })
        {
            yield break;
        }
        var ended = residence.EndReason is not null;
        var status = ended ? ResidenceStatus.Ended : ResidenceStatus.Active;
        // Of a residence that ended before it was ever told of there is nothing to tell.
        if (told is { } known ? known.Status != status || (!ended && known.ExpiresOn != residence.Until) : !ended)
        {
            yield return new("residence", "", $"{status} {Iso(residence.Until)}", told is { } said ? $"{said.Status} {Iso(said.ExpiresOn)}" : null,
                new Remedy.TellAgain(topic, new AgencyNotice(ended ? "residence.ended" : "residence.renewed", person.Person.Value, "") { Category = residence.Category, Until = residence.Until }));
        }
        // A residence that was taken over may have its occupation in words: only codes are compared.
        var occupation = Reference.Occupation(details.Occupation) is null ? occupationCode : details.Occupation;
        if (!ended && employerNumber is { } employer && (employer != details.EmployerNumber || occupationCode != occupation))
        {
            yield return new("employer", "", $"{details.EmployerNumber} {details.Occupation}", $"{employer} {occupationCode}", Remedy.Officer);
        }
    }

    /// <summary>The end of a contract of which the platform told, or should have.</summary>
    public static IEnumerable<Disagreement> EndOfContract(ComparedPerson person, string platform, ContractEnded? ended, RecordEvents events) => ended is null || person.Residence?.EndReason is not null ? []
        : ToldComparison.Of(person, "contract_end", "", RecordEvents.EventOf(person.Person, ended, platform), cancel => events.ContractEndedAsync(person.Person, ended, platform, WriteClass.Bulk, cancel));

    private static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);
}
