using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Registry;
using NodaTime.Text;

namespace Muqeem.Host.Reconciling;

/// <summary>Cards that are on their way: whether the post has the order and knows what was called back, which is ours to say, and where they are, which is the post's.</summary>
internal sealed class PostComparison(NationalAddresses post, CaseEngine engine, TimeProvider clock) : ComparedAgency
{
    /// <summary>So many lost races for a case's head are no coincidence.</summary>
    private const int Attempts = 5;

    public override string Name => NationalAddresses.Name;
    public override string Topic => Performer.ShipmentTopic;

    public override async Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => HoldingsAnswer.Of(await post.ChangesAsync(after, most, cancel));

    public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => HoldingsAnswer.Of(await post.HoldingsAsync(numbers, cancel));

    public override Task<WrittenPage> WrittenSinceAsync(OurRecords ours, long from, CancellationToken cancel) => ours.ShipmentsAsync(from, cancel);

    public override bool Concerns(ComparedPerson person) => person.Shipments.Any(s => s.IsOpen);

    /// <summary>Whatever did not agree about a card that has arrived is over with it.</summary>
    public override bool HandedOver(ComparedPerson person) => !Concerns(person);

    public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding)
    {
        var theirs = (holding as PostHolding)?.Shipments ?? [];
        foreach (var ours in person.Shipments.Where(s => s.IsOpen))
        {
            if (OfShipment(person, ours, theirs.LastOrDefault(t => t.DocumentReference == ours.CaseId.ToString("D"))) is { } disagreement)
            {
                yield return disagreement;
            }
        }
        // One that ended is kept for as long as its case is: what the post still carries and we do not know was ordered by a state of ours that is lost.
        foreach (var unknown in theirs.Where(t => !t.IsOver && person.Shipments.All(ours => ours.CaseId.ToString("D") != t.DocumentReference)))
        {
            yield return new("shipment_unknown", unknown.Last?.TrackingNumber ?? "", null, Said(unknown), Remedy.Officer);
        }
    }

    private Disagreement? OfShipment(ComparedPerson person, ShipmentStanding ours, HeldShipment? theirs)
    {
        var said = $"{ours.State} {ours.TrackingNumber}";
        if (theirs is null)
        {
            // Ordering it again might print a second card: where the first is has to be found out.
            return ours.WasTaken ? new("shipment", ours.Reference, said, null, Remedy.Officer) : null;
        }
        if (ours.State == ShipmentStates.Stopped && theirs.Last is { Status: ShipmentStatus.Delivered })
        {
            return new(DifferenceKinds.ShipmentStopped, ours.Reference, said, Said(theirs), Remedy.Officer);
        }
        if (ours.State == ShipmentStates.Stopped && !theirs.Stopped && !theirs.IsOver)
        {
            return new("shipment_stop", ours.Reference, said, Said(theirs), new Remedy.TellAgain(at => Performer.ShipmentStop(person.Person, ours.CaseId, at)));
        }
        return theirs.Last is { } last && ours.IsNews(last.At, last.Status == ShipmentStatus.Returned)
            ? new("shipment_event", ours.Reference, said, Said(theirs), new Remedy.CatchUp(cancel => FollowAsync(last, cancel)))
            : null;
    }

    /// <summary>As its call would have told it: the call, coming late, changes nothing; and of a time to come it is believed as little.</summary>
    private async Task<bool> FollowAsync(ShipmentEvent last, CancellationToken cancel)
    {
        if (last.At > clock.Now() + AgencyActs.ClocksDiffer)
        {
            return false;
        }
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            switch (await ReadDoor.RunAsync(() => PostEvents.ToldAsync(engine, last, cancel)))
            {
                case CaseOutcome.Done:
                    return true;
                case CaseOutcome.Conflict or CaseOutcome.TryAgain:
                    break;
                default:
                    return false;
            }
        }
        return false;
    }

    private static string Said(HeldShipment theirs) =>
        theirs.Last is { } last ? $"{last.Status} {last.TrackingNumber} {InstantPattern.General.Format(last.At)}{(theirs.Stopped ? " stopped" : "")}" : theirs.Stopped ? "stopped" : "ordered";
}
