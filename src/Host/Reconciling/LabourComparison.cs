using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Platform.Policies;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.Reconciling;

/// <summary>Workers' residences as the labour platform was told of them, and the employer and occupation that it owns.</summary>
internal sealed class LabourComparison(LabourContracts labour) : ComparedAgency
{
    public override string Name => LabourContracts.Name;
    public override string Topic => Performer.LabourTopic;

    public override async Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => HoldingsAnswer.Of(await labour.ChangesAsync(after, most, cancel));

    public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => HoldingsAnswer.Of(await labour.HoldingsAsync(numbers, cancel));

    public override bool Concerns(ComparedPerson person) => person.IsWorker;

    public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding)
    {
        if (holding is not LabourHolding held || person is not { Residence: { } residence, Details: { } details } || !person.IsWorker)
        {
            yield break;
        }
        var ended = residence.EndReason is not null;
        var status = ended ? ResidenceStatus.Ended : ResidenceStatus.Active;
        // Of a residence that ended before it was ever told of there is nothing to tell.
        if (held.Told is { } told ? told.Status != status || (!ended && told.ExpiresOn != residence.Until) : !ended)
        {
            yield return new("residence", "", $"{status} {Iso(residence.Until)}", held.Told is { } known ? $"{known.Status} {Iso(known.ExpiresOn)}" : null,
                new Remedy.TellAgain(Topic, new RegisterNotice(ended ? "residence.ended" : "residence.renewed", person.Person.Value, "") { Category = residence.Category, Until = residence.Until }));
        }
        // A residence that was taken over may have its occupation in words: only codes are compared.
        var occupation = Reference.Occupation(details.Occupation) is null ? held.OccupationCode : details.Occupation;
        if (!ended && held.EmployerNumber is { } employer && (employer != details.EmployerNumber || held.OccupationCode != occupation))
        {
            yield return new("employer", "", $"{details.EmployerNumber} {details.Occupation}", $"{employer} {held.OccupationCode}", Remedy.Officer);
        }
    }

    private static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);
}
