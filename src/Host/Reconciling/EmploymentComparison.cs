using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Registry;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.Reconciling;

/// <summary>Residences of establishments' workers, as social insurance was told of them.</summary>
internal sealed class EmploymentComparison(SocialInsurance insurance) : ComparedAgency
{
    public override string Name => SocialInsurance.Name;
    public override string Topic => Performer.EmploymentTopic;

    public override async Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => HoldingsAnswer.Of(await insurance.ChangesAsync(after, most, cancel));

    public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => HoldingsAnswer.Of(await insurance.HoldingsAsync(numbers, cancel));

    public override bool Concerns(ComparedPerson person) => person.Residence is { Category: Categories.EstablishmentWorker };

    public override bool HandedOver(ComparedPerson person) => !Concerns(person);

    public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding)
    {
        // Of a residence that ended before it was ever told of there is nothing to tell.
        if (!Concerns(person) || person is not { Residence: { } residence, Details: { } details } || holding is not EmploymentHolding { Told: var told } || (told is null && residence.EndReason is not null))
        {
            yield break;
        }
        if (told is null || told.EmployerNumber != details.EmployerNumber || told.From != residence.From || told.EndedOn != residence.EndedDay)
        {
            yield return new("employment", "", Said(details.EmployerNumber, residence.From, residence.EndedDay), told is null ? null : Said(told.EmployerNumber, told.From, told.EndedOn),
                new Remedy.TellAgain(Topic, new AgencyNotice(residence.EndReason is null ? "residence.issued" : "residence.ended", person.Person.Value, "") { Category = residence.Category, Until = residence.Until }));
        }
    }

    private static string Said(string employer, LocalDate from, LocalDate? ended) => $"{employer} {LocalDatePattern.Iso.Format(from)}{(ended is { } day ? " " + LocalDatePattern.Iso.Format(day) : "")}";
}
