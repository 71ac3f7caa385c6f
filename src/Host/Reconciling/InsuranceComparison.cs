using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Host.Wiring;
using Muqeem.Platform.Writing;
using NodaTime.Text;

namespace Muqeem.Host.Reconciling;

/// <summary>Who left for good, as the insurers were told; cover that ended, of which they tell us.</summary>
internal sealed class InsuranceComparison(HealthInsurance insurance, RecordEvents events) : ComparedAgency
{
    public override string Name => HealthInsurance.Name;
    public override string Topic => Performer.InsuranceTopic;

    public override async Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => HoldingsAnswer.Of(await insurance.ChangesAsync(after, most, cancel));

    public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => HoldingsAnswer.Of(await insurance.HoldingsAsync(numbers, cancel));

    public override bool Concerns(ComparedPerson person) => person.Residence is not null;

    public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding)
    {
        if (holding is not InsuranceHolding held || person.Residence is not { } residence)
        {
            return [];
        }
        if (residence is { EndReason: not null, EndedDay: { } ended })
        {
            return held.EndTold == ended ? []
                : [new("end_notice", "", LocalDatePattern.Iso.Format(ended), held.EndTold is { } told ? LocalDatePattern.Iso.Format(told) : null,
                    new Remedy.TellAgain(Topic, new AgencyNotice("residence.ended", person.Person.Value, "") { Until = ended }))];
        }
        return held.Lapsed is not { } lapsed ? []
            : ToldComparison.Of(person, "cover_end", "", RecordEvents.EventOf(person.Person, lapsed), cancel => events.LapsedAsync(person.Person, lapsed, WriteClass.Bulk, cancel));
    }
}
