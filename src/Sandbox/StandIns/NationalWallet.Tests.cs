using Muqeem.Agencies;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Sandbox.StandIns;

/// <summary>The national wallet app's contract, as its client meets it.</summary>
public class NationalWalletTests
{
    [Fact]
    public async Task A_card_is_shown_once_for_a_request_and_taken_away_once()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var (app, number, id) = (sandbox.Client<WalletApp>(), sandbox.People.At(8).Number, sandbox.NewId());
        Assert.True(app.IsConfigured);
        // An offer of nobody: what comes of it is the app's matter, and told on its page.
        var card = new WalletCard(number, WalletApp.Offer, "openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1%3A9%2Fnothing", Clock.Now(sandbox.Clock) + Duration.FromDays(1));
        var receipt = ContractTests.Found(await app.ShowAsync(card, id));
        Assert.Equal(receipt.Reference, ContractTests.Found(await app.ShowAsync(card, id)).Reference);
        Assert.Single(sandbox.Inside<NationalWallet>().Cards(number));
        Assert.Equal(receipt.Reference, ContractTests.Found(await app.TakeBackAsync(receipt.Reference, sandbox.NewId())).Reference);
        Assert.IsType<AgencyAnswer<WalletCardReceipt>.NotFound>(await app.TakeBackAsync(receipt.Reference, sandbox.NewId()));
        Assert.IsType<AgencyAnswer<WalletCardReceipt>.NotFound>(await app.ShowAsync(card with { Id = "2999999994" }, sandbox.NewId()));
        Assert.Equal("422 field.invalid", Assert.IsType<AgencyAnswer<WalletCardReceipt>.Broken>(await app.ShowAsync(card with { Type = "picture" }, sandbox.NewId())).Breach);
        Assert.Equal("422 field.invalid", Assert.IsType<AgencyAnswer<WalletCardReceipt>.Broken>(await app.ShowAsync(card with { Payload = "https://elsewhere.example" }, sandbox.NewId())).Breach);

        Assert.Equal(NoticeState.Recorded, ContractTests.Found(await app.TellAsync(new WalletNotice(number, "There is a message for you.", "en"), sandbox.NewId())).State);
        Assert.Equal("There is a message for you.", Assert.Single(sandbox.Inside<NationalWallet>().Told(number)).Text);
        Assert.IsType<AgencyAnswer<NoticeReceipt>.NotFound>(await app.TellAsync(new WalletNotice("2999999994", "x", "en"), sandbox.NewId()));
    }
}
