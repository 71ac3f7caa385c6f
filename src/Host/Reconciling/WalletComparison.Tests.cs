using Muqeem.Agencies;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Tests;

namespace Muqeem.Host.Reconciling;

/// <summary>The ID in the national wallet app, compared with what the app has.</summary>
public abstract partial class ReconcilingTests
{
    private NationalWallet National => _world.Get<NationalWallet>();

    /// <summary>Somebody whose phone holds the ID.</summary>
    private async Task<(Resident Resident, string Reference)> WithWalletAsync()
    {
        while (true)
        {
            var resident = await SettledAsync();
            Assert.IsType<WalletAnswer.Done>(await ReadDoor.RunAsync(() => National.GiveAsync(Actor.Resident(resident.Account), resident.Account, resident.Person, Guid.CreateVersion7())));
            await WalletToldAsync(resident.Person);
            // Some have no phone.
            if (await National.CardAsync(resident.Person) is { Unknown: false, Reference: { } reference })
            {
                await StandsAsync(resident, (reference, WalletCardState.Held));
                return (resident, reference);
            }
        }
    }

    private Task<string> WalletToldAsync(PersonId person) => WholeWorld.UntilAsync(
        async () => await _world.Get<Db>().ExistsAsync("SELECT 1 FROM delivery WHERE state = 'waiting' AND lane = @lane", new { lane = NationalWallet.LaneOf(person) }) ? null : "", "the app was told");

    private async Task<IReadOnlyList<WalletHeldCard>> InAppAsync(Resident who) => (await _world.Get<WalletApp>().HoldingsAsync([who.Number])).ValueOrNull!.Holdings.Single().Cards;

    private Task<string> StandsAsync(Resident who, params (string, WalletCardState)[] cards) =>
        WholeWorld.UntilAsync(async () => (await InAppAsync(who)).Select(c => (c.Reference, c.State)).SequenceEqual(cards) ? "" : null, "the app holds " + string.Join(", ", cards));

    private async Task<IReadOnlyList<string>> ComparedWithAppAsync(Resident who)
    {
        var run = await CompareAsync(WalletApp.Name);
        Assert.True(run.IsOver, run.ToString());
        return await FoundAsync(who, WalletApp.Name);
    }

    /// <summary>A short notice about something else may be on its way to the app, and whoever is told something is compared another time.</summary>
    private Task<string> ComparedUntilAsync(Resident who, params string[] found) =>
        WholeWorld.UntilAsync(async () => (await ComparedWithAppAsync(who)).SequenceEqual(found) ? "" : null, "the comparison found " + string.Join(", ", found));

    private Task<string> FoundAgainAsync(Resident who, string kind) => WholeWorld.UntilAsync(
        async () => (await ComparedWithAppAsync(who)).Any(f => f == kind + " TOLD_AGAIN" || f == kind + " SETTLED") ? "" : null, kind + " was found");

    [Fact]
    public async Task A_card_that_the_app_lost_is_offered_again_and_one_that_its_holder_took_out_is_not()
    {
        var (resident, first) = await WithWalletAsync();
        Assert.Empty(await ComparedWithAppAsync(resident));

        await _world.AtDeskAsync($"wallet/{first}/lose");
        Assert.Empty(await InAppAsync(resident));
        await FoundAgainAsync(resident, "wallet_card");
        await WalletToldAsync(resident.Person);
        var second = (await National.CardAsync(resident.Person)).Reference!;
        Assert.NotEqual(first, second);
        await StandsAsync(resident, (second, WalletCardState.Held));
        await ComparedUntilAsync(resident, "wallet_card SETTLED");

        await _world.AtDeskAsync($"wallet/{second}/take-out");
        await ComparedUntilAsync(resident, "wallet_card SETTLED", "wallet_card_out CAUGHT_UP");
        // The holder's word in the app is the holder's word: what was there is over, and is put there again when it is wanted again.
        Assert.False((await National.ConsentAsync(resident.Person)).IsActive);
        await WalletToldAsync(resident.Person);
        await StandsAsync(resident);
        Assert.Null((await National.CardAsync(resident.Person)).Reference);
        Assert.IsType<WalletAnswer.Done>(await ReadDoor.RunAsync(() => National.GiveAsync(Actor.Resident(resident.Account), resident.Account, resident.Person, Guid.CreateVersion7())));
        await WalletToldAsync(resident.Person);
        var third = (await National.CardAsync(resident.Person)).Reference!;
        Assert.DoesNotContain(third, new[] { first, second });
        await StandsAsync(resident, (third, WalletCardState.Held));
    }

    [Fact]
    public async Task A_card_that_the_app_should_not_have_is_taken_back_again()
    {
        var (resident, first) = await WithWalletAsync();
        Assert.IsType<WalletAnswer.Done>(await ReadDoor.RunAsync(() => National.TakeBackAsync(Actor.Resident(resident.Account), resident.Person, Guid.CreateVersion7())));
        await WalletToldAsync(resident.Person);
        await StandsAsync(resident);
        Assert.Empty(await ComparedWithAppAsync(resident));

        await _world.AtDeskAsync($"wallet/{first}/bring-back");
        await StandsAsync(resident, (first, WalletCardState.Held));
        await FoundAgainAsync(resident, "wallet_card_kept");
        await WalletToldAsync(resident.Person);
        await StandsAsync(resident);
        await ComparedUntilAsync(resident, "wallet_card_kept SETTLED");
        Assert.Null((await National.CardAsync(resident.Person)).Reference);
    }

    [Fact]
    public async Task An_offer_that_a_freeze_made_the_app_give_up_is_made_again_when_the_freeze_is_over()
    {
        var (resident, first) = await WithWalletAsync();
        var holds = _world.Get<Holds>();
        Assert.IsType<HoldAnswer.Done>(await ReadDoor.RunAsync(() => holds.FreezeAsync(Actor.Resident(resident.Account), resident.Account, resident.Person, Guid.CreateVersion7())));
        await WalletToldAsync(resident.Person);
        await _world.AtDeskAsync($"wallet/{first}/give-up");
        await StandsAsync(resident, (first, WalletCardState.Failed));
        // An offer could not be taken now.
        Assert.Empty(await ComparedWithAppAsync(resident));

        Assert.IsType<HoldAnswer.Done>(await ReadDoor.RunAsync(() => holds.UnfreezeAsync(Actor.Resident(resident.Account), resident.Account, resident.Person, Guid.CreateVersion7())));
        await WalletToldAsync(resident.Person);
        await _world.AtDeskAsync($"wallet/{first}/give-up");
        await FoundAgainAsync(resident, "wallet_card");
        await WalletToldAsync(resident.Person);
        await StandsAsync(resident, ((await National.CardAsync(resident.Person)).Reference!, WalletCardState.Held));
        await ComparedUntilAsync(resident, "wallet_card SETTLED");
    }
}
