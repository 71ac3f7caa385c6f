using System.Net;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.OpenId;

public abstract partial class WalletsTests
{
    private sealed record Shown(string Reference, string State, string? Remark, string? Credential);

    /// <summary>What the app shows on the person's phone, newest first, and how many notices it has.</summary>
    private async Task<(List<Shown> Cards, int Notices)> PhoneAsync(string number)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "wallet?number=" + number);
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await _world.Sandbox.SendAsync(request);
        using var json = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        static string? Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.GetString() : null;
        return ([.. json.RootElement.GetProperty("cards").EnumerateArray().Select(c => new Shown(Text(c, "reference")!, Text(c, "state")!, Text(c, "remark"), Text(c, "credential")))], json.RootElement.GetProperty("notices").GetArrayLength());
    }

    /// <summary>Waits until the cards stand so, newest first.</summary>
    private Task<List<Shown>> CardsAsync(string number, params string[] states) => WholeWorld.UntilAsync(async () =>
    {
        var cards = (await PhoneAsync(number)).Cards;
        Assert.DoesNotContain(cards, c => c.State == "FAILED");
        return cards.Select(c => c.State).SequenceEqual(states) ? cards : null;
    }, "the cards are " + string.Join(", ", states));

    [Fact]
    public async Task The_national_app_shows_the_ID_while_the_holder_wants_it_and_holds_nothing_afterwards()
    {
        await _world.MoveClockAsync(Duration.FromHours(1));
        var (person, holder) = await shared.HolderAsync();
        using var owned = holder;
        await EmptyAsync(person);
        var number = (await _world.InHandAsync(Residents.EstablishmentWorker)).ResidentNumber!;

        await holder.OpenAsync("id/wallet");
        await holder.PressInAsync("national", "national=show");
        // The same form sent again is the same wish.
        await holder.SendAgainAsync();
        var first = (await CardsAsync(number, "HELD")).Single().Credential!;
        await StatusAsync(first, "valid");
        await holder.OpenAsync("id/wallet");
        Assert.True(holder.Shows("Your ID is in the national wallet app.") && holder.Shows("The national wallet app"), holder.Html);
        // That it was put there is told, and there too.
        await WholeWorld.UntilAsync(async () => (await PhoneAsync(number)).Notices > 0 ? "" : null, "the app has a notice");

        // The next version takes the place of the one before.
        await shared.ReplaceAsync(person);
        var second = (await CardsAsync(number, "HELD", "REMOVED"))[0].Credential!;
        await StatusAsync(second, "valid");
        await StatusAsync(first, "invalid");

        // While the app is away the consent is taken back: nothing counts from then on, and the app is told when it is there again.
        await _world.AtDeskAsync("knobs", ("agency", WalletApp.Name), ("down", "true"));
        try
        {
            holder.TakeSession(await shared.TokenAsync(person));
            await holder.OpenAsync("id/wallet");
            await holder.PressInAsync("national", "national=end");
            Assert.True(holder.Shows("No app holds your ID."), holder.Html);
            await StatusAsync(second, "invalid");
            Assert.Equal("HELD", (await PhoneAsync(number)).Cards[0].State);
        }
        finally
        {
            await _world.AtDeskAsync("knobs", ("agency", WalletApp.Name), ("reset", "true"));
        }
        await CardsAsync(number, "REMOVED", "REMOVED");
        await WholeWorld.UntilAsync(async () => (await _world.Get<NationalWallet>().CardAsync(person)).Reference is null ? "" : null, "we know that the card is gone");
        var verbs = await VerbsAsync(person);
        Assert.All(new[] { "wallet.consent", "wallet.card", "wallet.consent_end", "notice.forward" }, verb => Assert.Contains(verb, verbs));

        // Whoever has not just shown to be the holder is asked to.
        await _world.MoveClockAsync(Duration.FromMinutes(6));
        await holder.OpenAsync("id/wallet");
        await holder.PressInAsync("national", "national=show");
        Assert.StartsWith("/en/step-up", holder.Path);
        Assert.Equal(HttpStatusCode.OK, holder.Status);
    }

    [Fact]
    public async Task A_version_that_comes_while_the_ID_is_frozen_reaches_the_app_when_the_freeze_ends()
    {
        await _world.MoveClockAsync(Duration.FromHours(1));
        var (person, holder) = await shared.HolderAsync(Residents.HouseholdWorker);
        using var owned = holder;
        var number = (await _world.InHandAsync(Residents.HouseholdWorker)).ResidentNumber!;
        var (national, holds) = (_world.Get<NationalWallet>(), _world.Get<Holds>());
        await holder.OpenAsync("id/wallet");
        await holder.PressInAsync("national", "national=show");
        await CardsAsync(number, "HELD");
        var account = (await national.ConsentAsync(person)).Account;

        Assert.IsType<HoldAnswer.Done>(await ReadDoor.RunAsync(() => holds.FreezeAsync(Actor.Resident(account), account, person, Guid.CreateVersion7())));
        await shared.ReplaceAsync(person);
        await CardsAsync(number, "REMOVED");
        await WholeWorld.UntilAsync(async () => (await national.CardAsync(person)).Reference is null ? "" : null, "we know that the card is gone");
        await holder.OpenAsync("id/wallet");
        Assert.True(holder.Shows("We send it when it is accepted again."), holder.Html);

        Assert.IsType<HoldAnswer.Done>(await ReadDoor.RunAsync(() => holds.UnfreezeAsync(Actor.Resident(account), account, person, Guid.CreateVersion7())));
        await StatusAsync((await CardsAsync(number, "HELD", "REMOVED"))[0].Credential!, "valid");
    }
}
