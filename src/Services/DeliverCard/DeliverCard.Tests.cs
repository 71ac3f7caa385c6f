using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Holding;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Muqeem.Services.DeliverCard;

/// <summary>ID.DELIVERY from the wish to the card in the hand, with the post's stand-in: also when nobody is at home, the post is slow or silent, or the ID ends on the way.</summary>
public abstract partial class DeliverCardTests(SharedWorld shared)
{
    private const string Key = "deliver-card";

    private readonly Residents _residents = shared.Residents;

    private WholeWorld World => _residents.World;

    private Task<Resident> SettledAsync(int index) => _residents.SettleAsync(index, _residents.Today.PlusDays(200));

    /// <summary>Asked for and paid, and the post has taken the order.</summary>
    private async Task<CaseId> OrderedAsync(Resident resident, params (string, string)[] answers)
    {
        var id = await PaidAsync(resident, answers);
        await WholeWorld.UntilAsync(async () => (await ShipmentAsync(resident, id)).TrackingNumber, "the post has taken the order");
        return id;
    }

    private async Task<CaseId> PaidAsync(Resident resident, params (string, string)[] answers)
    {
        var (id, state) = await _residents.SendAsync(resident, Key, answers);
        Assert.True(state == CaseStates.AwaitingPayment, $"{state}: {string.Join(", ", await FindingsAsync(resident, id))}");
        Assert.Equal(Money.Riyals(20), await _residents.PayAsync(resident, id, ShipmentStates.Ordered));
        return id;
    }

    private async Task<IReadOnlyList<string>> FindingsAsync(Resident resident, CaseId id) => [.. (await _residents.TrackAsync(resident, id)).Findings.Select(f => f.Refusal.Code)];

    private async Task<ShipmentView> ShipmentAsync(Resident resident, CaseId id) => (await _residents.TrackAsync(resident, id)).Shipment!;

    private async Task MoveAsync(Resident resident, CaseId id, int hours, string then)
    {
        await World.MoveClockAsync(Duration.FromHours(hours));
        await _residents.BecomesAsync(resident, id, then);
    }

    /// <summary>What the courier hears when he types a code.</summary>
    private async Task<(bool HandOver, int Left)> TellCodeAsync(CaseId id, string code, bool oldCard = false)
    {
        using var form = new FormUrlEncodedContent([new("code", code), new("oldCard", oldCard ? "true" : "false")]);
        using var answer = await World.Sandbox.PostAsync($"post/{id}/code", form);
        using var json = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return (json.RootElement.GetProperty("handOver").GetBoolean(), json.RootElement.GetProperty("triesLeft").GetInt32());
    }

    private static string Other(string code) => code == "000000" ? "000001" : "000000";

    private async Task<IReadOnlyList<string>> InboxAsync(Resident resident) => [.. (await ReadDoor.RunAsync(() => World.Get<Notices>().ListAsync(
        World.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Audit, null, "test", resident.Person), resident.Person, null, 100))).Select(n => n.Kind).Where(k => k.StartsWith("delivery", StringComparison.Ordinal)).Reverse()];

    /// <summary>What the post was told of a case.</summary>
    private async Task<int> ToldThePostAsync(string verb, CaseId id)
    {
        using var notices = await _residents.DeskAsync("notices");
        return notices.RootElement.EnumerateArray().Count(n => n.GetProperty("verb").GetString() == verb && n.ToString().Contains(id.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_card_goes_the_whole_way_and_is_handed_over_to_whoever_tells_the_code()
    {
        // Has a second address, at which he works.
        var resident = await SettledAsync(27);
        var what = await _residents.WhatIfAsync(resident, Key);
        Assert.Empty(what.Findings);
        Assert.Equal((Money.Riyals(20), "resident", (string?)null), (what.Quote.Total, what.PaidBy, what.ConfirmedBy));
        var addresses = what.Facts.Get<AddressFact>().Addresses;
        Assert.Equal(2, addresses.Count);
        var hand = await World.InHandAsync(27);
        Assert.Equal(hand.ShortAddress, addresses[0].Short);

        var id = await OrderedAsync(resident, ("address", addresses[1].Short));
        var ordered = await _residents.TrackAsync(resident, id);
        Assert.Equal((Holders.Post, addresses[1].Short, (string?)null, ordered.Shipment!.PromisedAt.ToMicros()), (ordered.Head.Holder, ordered.Shipment.Short, ordered.Shipment.Code, ordered.Head.DueAt!.Value.ToMicros()));
        Assert.Equal(1, await ToldThePostAsync("shipment", id));
        // Nobody sends it twice at once.
        Assert.Equal([Rules.UnderWay], (await _residents.WhatIfAsync(resident, Key)).Findings.Select(f => f.Refusal.Code));

        await MoveAsync(resident, id, 2, ShipmentStates.Printed);
        await MoveAsync(resident, id, 20, ShipmentStates.InDelivery);
        await MoveAsync(resident, id, 24, ShipmentStates.AtDoor);
        var atDoor = await ShipmentAsync(resident, id);
        Assert.Matches("^[0-9]{6}$", atDoor.Code);
        Assert.Equal((false, 4), await TellCodeAsync(id, Other(atDoor.Code!)));
        Assert.Equal(ShipmentStates.AtDoor, await _residents.StateAsync(resident, id));
        Assert.Equal((true, 4), await TellCodeAsync(id, atDoor.Code!, oldCard: true));
        await _residents.BecomesAsync(resident, id, ShipmentStates.Delivered);

        var over = await _residents.TrackAsync(resident, id);
        Assert.Equal((Holders.None, (string?)null, true), (over.Head.Holder, over.Shipment!.Code, over.Shipment.OldCard!.Value));
        Assert.Equal(["delivery_on_its_way", "delivery_at_door", "delivery_delivered"], await InboxAsync(resident));
        Assert.Empty((await _residents.WhatIfAsync(resident, Key)).Findings);
        Assert.Empty(await World.Get<Ledger>().AuditAsync());
        // The code lies nowhere in clear.
        var stored = await World.Get<Db>().SingleAsync<byte[]>("SELECT content FROM shipment_content WHERE case_id = @id", new { id = id.Value });
        Assert.DoesNotContain(atDoor.Code!, System.Text.Encoding.Latin1.GetString(stored), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_against_it_is_mended_and_then_it_goes()
    {
        var resident = await SettledAsync(Residents.HouseholdWorker);
        await World.AtDeskAsync($"people/{resident.Index}/acts/no-address");
        var holds = World.Get<Holds>();
        Assert.IsType<HoldAnswer.Done>(await Residents.InRequest(() => holds.FreezeAsync(Actor.Resident(resident.Account), resident.Account, resident.Person, Guid.CreateVersion7())));
        var (id, state) = await _residents.SendAsync(resident, Key);
        Assert.Equal(CaseStates.NeedsAction, state);
        Assert.Equal([Rules.Frozen, Rules.NoAddress], await FindingsAsync(resident, id));
        Assert.Equal(Sources.NationalAddress, (await _residents.TrackAsync(resident, id)).Findings[1].Source);

        Assert.IsType<HoldAnswer.Done>(await Residents.InRequest(() => holds.UnfreezeAsync(Actor.Resident(resident.Account), resident.Account, resident.Person, Guid.CreateVersion7())));
        await World.AtDeskAsync($"people/{resident.Index}/acts/address");
        await World.MoveClockAsync(Duration.FromMinutes(61));
        Assert.Equal(CaseStates.AwaitingPayment, Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => World.Engine.SubmitAsync(Residents.By(resident.Account), resident.Account, id))).State);
        await _residents.PayAsync(resident, id, ShipmentStates.Ordered);
    }

    [Fact]
    public async Task Nobody_at_home_twice_sends_the_card_back_and_it_can_be_ordered_again()
    {
        var resident = await SettledAsync(26);
        var id = await OrderedAsync(resident);
        await MoveAsync(resident, id, 54, ShipmentStates.NotDelivered);
        var attempted = await ShipmentAsync(resident, id);
        Assert.Equal("nobody_home", attempted.Reason);
        Assert.Equal(attempted.ToldAt!.Value.Plus(Duration.FromHours(18)).DayInRiyadh(), attempted.NextOn);
        Assert.NotNull(attempted.Code);
        await MoveAsync(resident, id, 20, ShipmentStates.AtDoor);
        await MoveAsync(resident, id, 6, ShipmentStates.NotDelivered);
        Assert.Null((await ShipmentAsync(resident, id)).NextOn);
        await MoveAsync(resident, id, 49, ShipmentStates.SentBack);
        Assert.Equal("delivery_returned", (await InboxAsync(resident))[^1]);
        // The fee stays where it is.
        Assert.Equal(Money.Zero, await World.Get<Ledger>().BalanceOfAsync(resident.Person.Value));
        Assert.NotEqual(id, await OrderedAsync(resident));
    }

    [Fact]
    public async Task A_post_that_is_slow_is_late_and_officers_see_it_and_it_comes_all_the_same()
    {
        var resident = await SettledAsync(29);
        var id = await OrderedAsync(resident);
        var ordered = World.Clock.Now();
        var promised = (await ShipmentAsync(resident, id)).PromisedAt;
        await World.MoveClockAsync(promised - World.Clock.Now() + Duration.FromMinutes(1));
        await WholeWorld.UntilAsync(async () => (await ShipmentAsync(resident, id)).LateAt is null ? null : "", "the case says that it is late");
        var late = await _residents.TrackAsync(resident, id);
        Assert.Contains(late.Timeline, e => e.Act == "late");
        Assert.Contains(await World.Get<ShipmentStore>().TroubledAsync(100), t => t.CaseId == id.Value && t.Reference == late.Head.Reference);
        await World.MoveClockAsync(ordered + Duration.FromHours(239) - World.Clock.Now());
        await _residents.BecomesAsync(resident, id, ShipmentStates.AtDoor);
        Assert.True((await TellCodeAsync(id, (await ShipmentAsync(resident, id)).Code!)).HandOver);
        await _residents.BecomesAsync(resident, id, ShipmentStates.Delivered);
        Assert.DoesNotContain(await World.Get<ShipmentStore>().TroubledAsync(100), t => t.CaseId == id.Value);
    }

    [Fact]
    public async Task While_the_post_is_down_the_case_says_so_by_name_and_goes_on_by_itself()
    {
        var resident = await SettledAsync(21);
        var (id, _) = await _residents.SendAsync(resident, Key);
        var knobs = World.SandboxApp.Services.GetRequiredService<Knobs>();
        knobs.Set(NationalAddresses.Name, resident.Index, new Knob(Down: true));
        await _residents.PayAsync(resident, id, ShipmentStates.Ordered);
        await WholeWorld.UntilAsync(async () => (await _residents.TrackAsync(resident, id)).Head.Waiting, "the case says who does not answer");
        Assert.Equal((Sources.NationalAddress, ShipmentStates.Ordered), ((await _residents.TrackAsync(resident, id)).Head.Waiting, await _residents.StateAsync(resident, id)));
        knobs.Set(NationalAddresses.Name, resident.Index, null);
        await WholeWorld.UntilAsync(async () => (await ShipmentAsync(resident, id)).TrackingNumber, "the post has taken the order");
        var track = await _residents.TrackAsync(resident, id);
        Assert.Null(track.Head.Waiting);
        Assert.Single(track.Timeline, e => e.Act == CaseActs.SourceDown);
        Assert.Equal(1, await ToldThePostAsync("shipment", id));
    }

    [Fact]
    public async Task The_card_of_an_ID_that_is_replaced_on_the_way_is_called_back_and_no_code_hands_it_over()
    {
        var resident = await SettledAsync(Residents.EstablishmentWorker);
        var id = await OrderedAsync(resident);
        await MoveAsync(resident, id, 2, ShipmentStates.Printed);
        var code = (await ShipmentAsync(resident, id)).Code!;
        var (replacing, _) = await _residents.SendAsync(resident, "replace-damaged", ("damage", "الرمز مخدوش"), ("truth", "yes"));
        await _residents.PayAsync(resident, replacing, CaseStates.Issued);
        await _residents.BecomesAsync(resident, id, ShipmentStates.Stopped);
        await WholeWorld.UntilAsync(async () => await ToldThePostAsync("shipment-cancel", id) == 1 ? "" : null, "the post was told to bring it back");
        Assert.Equal("delivery_stopped", (await InboxAsync(resident))[^1]);
        Assert.Null((await ShipmentAsync(resident, id)).Code);
        Assert.Equal((false, 0), await TellCodeAsync(id, code));
        // The card of the new ID can be sent while the old one comes back.
        Assert.Empty((await _residents.WhatIfAsync(resident, Key)).Findings);
        await MoveAsync(resident, id, 25, ShipmentStates.SentBack);
        Assert.Equal(1, await ToldThePostAsync("shipment-cancel", id));
    }

    [Fact]
    public async Task The_card_of_a_holder_who_died_on_the_way_is_called_back()
    {
        var resident = await SettledAsync(19);
        var id = await OrderedAsync(resident);
        await MoveAsync(resident, id, 2, ShipmentStates.Printed);
        var code = (await ShipmentAsync(resident, id)).Code!;
        await World.AtDeskAsync($"people/{resident.Index}/acts/die");
        await _residents.BecomesAsync(resident, id, ShipmentStates.Stopped);
        await WholeWorld.UntilAsync(async () => await ToldThePostAsync("shipment-cancel", id) == 1 ? "" : null, "the post was told to bring it back");
        Assert.Null((await ShipmentAsync(resident, id)).Code);
        Assert.Equal((false, 0), await TellCodeAsync(id, code));
    }
}

public sealed class DeliverCardOnSqliteTests(SqliteWorld shared) : DeliverCardTests(shared), IClassFixture<SqliteWorld>;

public sealed class DeliverCardOnPostgreSqlTests(PostgreSqlWorld shared) : DeliverCardTests(shared), IClassFixture<PostgreSqlWorld>;
