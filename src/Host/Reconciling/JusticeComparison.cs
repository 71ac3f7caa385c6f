using Muqeem.Agencies;
using Muqeem.Host.Wiring;
using Muqeem.Platform.Writing;

namespace Muqeem.Host.Reconciling;

/// <summary>Orders of courts, of which they tell us. We tell them nothing.</summary>
internal sealed class JusticeComparison(Justice justice, RecordEvents events) : ComparedAgency
{
    public override string Name => Justice.Name;
    public override string? Topic => null;

    public override async Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => HoldingsAnswer.Of(await justice.ChangesAsync(after, most, cancel));

    public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => HoldingsAnswer.Of(await justice.HoldingsAsync(numbers, cancel));

    public override bool Concerns(ComparedPerson person) => person.Residence is { EndReason: null };

    public override bool HandedOver(ComparedPerson person) => !Concerns(person);

    /// <remarks>An order that was imposed and lifted without our hearing of either leaves nothing to tell.</remarks>
    public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding) => holding is not OrderHolding held || !Concerns(person) ? []
        : held.Orders.Where(order => order.Change == OrderChange.Imposed || person.Heard.KnowsOf(RecordEvents.EventOf(person.Person, order)))
            .OrderBy(order => order.At)
            .SelectMany(order => ToldComparison.Of(person, "order", order.EventId, RecordEvents.EventOf(person.Person, order), cancel => events.OrderedAsync(person.Person, order, WriteClass.Bulk, cancel)));
}
