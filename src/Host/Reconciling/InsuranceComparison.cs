using Muqeem.Agencies;
using Muqeem.Cases;
using NodaTime.Text;

namespace Muqeem.Host.Reconciling;

/// <summary>Who left for good, as the insurers were told.</summary>
internal sealed class InsuranceComparison(HealthInsurance insurance) : ComparedAgency
{
    public override string Name => HealthInsurance.Name;
    public override string Topic => Performer.InsuranceTopic;

    public override async Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => HoldingsAnswer.Of(await insurance.ChangesAsync(after, most, cancel));

    public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => HoldingsAnswer.Of(await insurance.HoldingsAsync(numbers, cancel));

    public override bool Concerns(ComparedPerson person) => person.Residence is { EndReason: not null };

    public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding)
    {
        if (holding is InsuranceHolding held && person.Residence is { EndReason: not null, EndedDay: { } ended } && held.EndTold != ended)
        {
            yield return new("end_notice", "", LocalDatePattern.Iso.Format(ended), held.EndTold is { } told ? LocalDatePattern.Iso.Format(told) : null,
                new Remedy.TellAgain(Topic, new AgencyNotice("residence.ended", person.Person.Value, "") { Until = ended }));
        }
    }
}
