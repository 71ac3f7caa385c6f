using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.Reconciling;

/// <summary>Cards on their way, compared with the post.</summary>
public abstract partial class ReconcilingTests
{
    private const string Quietly = "quiet";

    /// <summary>A card that the post has taken.</summary>
    private async Task<(Resident Resident, CaseId Case)> WithCardAsync()
    {
        var resident = await SettledAsync();
        var (id, state) = await _residents.SendAsync(resident, "deliver-card");
        Assert.Equal(CaseStates.AwaitingPayment, state);
        await _residents.PayAsync(resident, id, ShipmentStates.Ordered);
        await CardsToldAsync(resident.Person);
        return (resident, id);
    }

    private Task<string> CardsToldAsync(PersonId person) => WholeWorld.UntilAsync(
        async () => await _world.Get<Db>().ExistsAsync("SELECT 1 FROM delivery WHERE state = 'waiting' AND lane = @lane", new { lane = Performer.LaneOf(Performer.ShipmentTopic, person) }) ? null : "", "the post was told");

    private Task AtPostAsync(CaseId id, ShipmentStatus status) => _world.AtDeskAsync($"post/{id}/move", ("status", status.ToString()), (Quietly, "true"));

    private async Task<HeldShipment> HeldAsync(Resident who, CaseId id) =>
        (await _world.Get<NationalAddresses>().HoldingsAsync([who.Number])).ValueOrNull!.Holdings.Single().Shipments.Single(s => s.DocumentReference == id.ToString());

    private Task<IReadOnlyList<string>> FoundAtPostAsync(Resident who) => FoundAsync(who, NationalAddresses.Name);

    /// <summary>Its ID has another version now, whose card is another.</summary>
    private async Task StoppedAsync(Resident resident, CaseId id)
    {
        var (replacing, _) = await _residents.SendAsync(resident, "replace-damaged", ("damage", "الرمز مخدوش"), ("truth", "yes"));
        await _residents.PayAsync(resident, replacing, CaseStates.Issued);
        await _residents.BecomesAsync(resident, id, ShipmentStates.Stopped);
        await CardsToldAsync(resident.Person);
    }

    [Fact]
    public async Task What_the_post_did_not_tell_of_a_card_is_caught_up_with_and_its_late_call_changes_nothing()
    {
        var (resident, id) = await WithCardAsync();
        await CompareAsync(NationalAddresses.Name);
        Assert.Empty(await FoundAtPostAsync(resident));

        await AtPostAsync(id, ShipmentStatus.InTransit);
        Assert.Equal(ShipmentStates.Ordered, await StateAsync(id));
        var run = await CompareAsync(NationalAddresses.Name);
        Assert.True(run is { IsOver: true, Repaired: >= 1 }, run.ToString());
        Assert.Equal(["shipment_event CAUGHT_UP"], await FoundAtPostAsync(resident));
        Assert.Equal(ShipmentStates.InDelivery, await StateAsync(id));
        Assert.Single(await NoticesOfAsync(resident), kind => kind == "delivery_on_its_way");

        var last = (await HeldAsync(resident, id)).Last!;
        Assert.IsType<CaseOutcome.Done>(await ReadDoor.RunAsync(() => PostEvents.ToldAsync(_world.Engine, last, default)));
        Assert.Equal(1, await CountAsync($"SELECT count(*) FROM case_event WHERE act = 'shipment_in_transit' AND CAST(case_id AS text) = '{id}'"));
        Assert.Equal(0, (await CompareAsync(NationalAddresses.Name)).Found);

        // Handed over, it says, and nobody told us the code: found by comparing it is believed no more than told.
        await AtPostAsync(id, ShipmentStatus.Delivered);
        await CompareAsync(NationalAddresses.Name);
        Assert.Equal(ShipmentStates.NotConfirmed, await StateAsync(id));
        Assert.Equal(0, (await CompareAsync(NationalAddresses.Name)).Found);
    }

    [Fact]
    public async Task A_card_that_was_called_back_and_is_carried_on_is_called_back_again_and_one_handed_over_all_the_same_is_for_an_officer()
    {
        var (resident, id) = await WithCardAsync();
        await StoppedAsync(resident, id);
        await CompareAsync(NationalAddresses.Name);
        Assert.Empty(await FoundAtPostAsync(resident));

        await _world.AtDeskAsync($"post/{id}/forget-stop");
        Assert.False((await HeldAsync(resident, id)).Stopped);
        await CompareAsync(NationalAddresses.Name);
        await ToldAgainAsync(resident, NationalAddresses.Name, "shipment_stop");
        await CardsToldAsync(resident.Person);
        Assert.True((await HeldAsync(resident, id)).Stopped);
        await CompareAsync(NationalAddresses.Name);
        Assert.Equal(["shipment_stop SETTLED"], await FoundAtPostAsync(resident));

        await AtPostAsync(id, ShipmentStatus.Delivered);
        await CompareAsync(NationalAddresses.Name);
        Assert.Equal(["shipment_stop SETTLED", "shipment_stopped OPEN"], await FoundAtPostAsync(resident));
        // An officer sees to it; that the case is closed for silence does not.
        await AtPostAsync(id, ShipmentStatus.Returned);
        await CompareAsync(NationalAddresses.Name);
        Assert.Equal(ShipmentStates.SentBack, await StateAsync(id));
        Assert.Equal(["shipment_event CAUGHT_UP", "shipment_stop SETTLED", "shipment_stopped OPEN"], await FoundAtPostAsync(resident));
    }

    /// <summary>As the post's call tells it, and in the journal.</summary>
    private async Task TellAsync(Resident who, CaseId id, ShipmentStatus status, long from)
    {
        var told = new ShipmentEvent("SX-" + Guid.CreateVersion7().ToString("N"), id.ToString(), "SP-7", status, _world.Clock.Now());
        Assert.IsType<CaseOutcome.Done>(await ReadDoor.RunAsync(() => PostEvents.ToldAsync(_world.Engine, told, default)));
        await WholeWorld.UntilAsync(async () => (await _world.Get<ShipmentStore>().WrittenSinceAsync(from)).Persons.Contains(who.Person) ? "" : null, "the journal has the shipment");
    }

    [Fact]
    public async Task A_card_that_the_post_lost_is_found_by_what_changed_with_us_and_is_for_an_officer_until_it_has_arrived()
    {
        var (resident, id) = await WithCardAsync();
        await WholeWorld.UntilAsync(async () => (await _world.Get<ShipmentStore>().WrittenSinceAsync(0)).Persons.Contains(resident.Person) ? "" : null, "the journal has the shipment");
        var agreed = await CompareAsync(NationalAddresses.Name);
        await _world.AtDeskAsync($"post/{id}/lose");
        await TellAsync(resident, id, ShipmentStatus.Accepted, agreed.Position);
        await CompareAsync(NationalAddresses.Name);
        Assert.Equal(["shipment OPEN"], await FoundAtPostAsync(resident));
        Assert.Equal((await _world.Get<ShipmentStore>().OfPersonsAsync([resident.Person])).Single().Reference, Assert.Single(await Records.OfAsync(NationalAddresses.Name, [resident.Person])).About);
        // It is not ordered again: that might print a second one.
        await CardsToldAsync(resident.Person);
        Assert.Empty((await _world.Get<NationalAddresses>().HoldingsAsync([resident.Number])).ValueOrNull!.Holdings.Single().Shipments);

        await TellAsync(resident, id, ShipmentStatus.Returned, agreed.Position);
        Assert.Equal(ShipmentStates.SentBack, await StateAsync(id));
        await CompareAsync(NationalAddresses.Name);
        Assert.Equal(["shipment SETTLED"], await FoundAtPostAsync(resident));
    }

    /// <summary>The post, and something that happens while it is asked about named people, or to its answer.</summary>
    private sealed class Meanwhile(ComparedAgency post, Func<HoldingsAnswer, Task<HoldingsAnswer>> happens) : ComparedAgency
    {
        public override string Name => post.Name;
        public override string? Topic => post.Topic;

        public override Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => Task.FromResult(new HoldingsAnswer([], after, false, null));

        public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => await happens(await post.OfAsync(numbers, cancel));

        public override Task<WrittenPage> WrittenSinceAsync(OurRecords ours, long from, CancellationToken cancel) => post.WrittenSinceAsync(ours, from, cancel);

        public override bool Concerns(ComparedPerson person) => post.Concerns(person);

        public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding) => post.Compare(person, holding);
    }

    private async Task<Reconciliation> CompareMeanwhileAsync(Func<HoldingsAnswer, Task<HoldingsAnswer>> happens)
    {
        var between = new Reconciler([new Meanwhile(_world.Get<IEnumerable<ComparedAgency>>().OfType<PostComparison>().Single(), happens)], Records, _world.Get<ComparedPersons>(), _world.Get<OurRecords>(),
            _world.Get<Outbox>(), _world.Get<IWriter>(), _world.Get<PolicyBook>(), _world.Clock);
        await between.BeginAsync(NationalAddresses.Name);
        return (await between.PlayAsync(NationalAddresses.Name))!;
    }

    [Fact]
    public async Task What_the_post_says_of_a_time_to_come_is_not_believed_and_is_for_an_officer()
    {
        await CompareAsync(NationalAddresses.Name);
        var (resident, id) = await WithCardAsync();
        await WholeWorld.UntilAsync(async () => (await _world.Get<ShipmentStore>().WrittenSinceAsync(0)).Persons.Contains(resident.Person) ? "" : null, "the journal has the shipment");
        await AtPostAsync(id, ShipmentStatus.InTransit);
        await CompareMeanwhileAsync(answer => Task.FromResult(answer with
        {
            Holdings = [.. answer.Holdings.Cast<PostHolding>().Select(h => h with { Shipments = [.. h.Shipments.Select(s => s with { Last = s.Last! with { At = s.Last.At + Duration.FromHours(1) } })] })],
        }));
        Assert.Equal(ShipmentStates.Ordered, await StateAsync(id));
        Assert.Equal(["shipment_event OPEN"], await FoundAtPostAsync(resident));
        // Its clock is right again.
        await CompareAsync(NationalAddresses.Name);
        Assert.Equal(ShipmentStates.InDelivery, await StateAsync(id));
        Assert.Equal(["shipment_event CAUGHT_UP"], await FoundAtPostAsync(resident));
    }

    [Fact]
    public async Task A_call_that_comes_while_the_post_is_asked_is_no_difference()
    {
        await CompareAsync(NationalAddresses.Name);
        var (resident, id) = await WithCardAsync();
        await WholeWorld.UntilAsync(async () => (await _world.Get<ShipmentStore>().WrittenSinceAsync(0)).Persons.Contains(resident.Person) ? "" : null, "the journal has the shipment");
        await AtPostAsync(id, ShipmentStatus.InTransit);
        var last = (await HeldAsync(resident, id)).Last!;
        var asked = 0;
        var run = await CompareMeanwhileAsync(async answer =>
        {
            asked++;
            Assert.IsType<CaseOutcome.Done>(await ReadDoor.RunAsync(() => PostEvents.ToldAsync(_world.Engine, last, default)));
            return answer;
        });
        Assert.True(run.IsOver && asked > 0, $"{asked} {run}");
        Assert.Equal(ShipmentStates.InDelivery, await StateAsync(id));
        Assert.Empty(await FoundAtPostAsync(resident));
    }

    [Fact]
    public async Task A_card_that_no_case_of_ours_sent_is_for_an_officer()
    {
        // Ordered by a state of ours that is gone.
        var resident = await SettledAsync();
        var order = new ShipmentOrder(resident.Number, Guid.CreateVersion7().ToString(), (await _world.InHandAsync(resident.Index)).ShortAddress!);
        Assert.NotNull((await _world.Get<NationalAddresses>().ShipAsync(order, Guid.CreateVersion7())).ValueOrNull);
        await CompareAsync(NationalAddresses.Name);
        Assert.Equal(["shipment_unknown OPEN"], await FoundAtPostAsync(resident));
    }
}
