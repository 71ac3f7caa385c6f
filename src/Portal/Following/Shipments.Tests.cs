using System.Net;
using Muqeem.Cases;
using Muqeem.Host.Api;
using Muqeem.Kernel;
using Muqeem.Office;
using Muqeem.Platform.Database;
using Muqeem.Platform.Texts;
using Muqeem.Registry;
using Muqeem.Tests;

namespace Muqeem.Portal.Following;

/// <summary>The card by post on the pages without script, by program, and on the office's page.</summary>
public sealed class ShipmentPagesTests(OfficeOnSqlite shared) : IClassFixture<OfficeOnSqlite>
{
    private readonly WholeWorld _world = shared.World;
    private readonly Language _words = shared.World.Get<TextCatalogue>().In("en");

    [Fact]
    public async Task Two_presses_send_the_card_to_the_registered_address_and_the_page_shows_where_it_is_and_the_code()
    {
        var hand = await _world.InHandAsync(0);
        using var browser = new Browser(_world, "en");
        await browser.OpenAccountAsync(_world, hand);
        var person = (await _world.Get<Persons>().FindAsync(IdentifierKinds.Border, hand.BorderNumber))!.Value;
        var account = await _world.Get<Db>().SingleAsync<Guid>("SELECT id FROM account WHERE person = @person", new { person = person.Value });
        var residents = shared.Residents;
        var resident = await residents.SettleAsync(hand.Index, residents.Today.PlusDays(200), known: person) with { Account = new AccountId(account) };

        await Whole(browser.OpenAsync("services/deliver-card"));
        await Whole(browser.PressAsync("start=yes"));
        Assert.EndsWith("/answers", browser.Path);
        // It is shown and not asked.
        Assert.Contains(hand.ShortAddress!, browser.Html);
        await Whole(browser.PressAsync());
        var id = (await _world.Views.ListAsync(person)).Single(c => c.Service.Key == "deliver-card").Case;
        await residents.PayAsync(resident, id, ShipmentStates.Ordered);
        await WholeWorld.UntilAsync(async () => (await residents.TrackAsync(resident, id)).Shipment!.TrackingNumber, "the post has taken the order");
        await Whole(browser.OpenAsync($"applications/{id}"));
        Assert.True(browser.Shows(_words.Text("case.state.ORDERED")) && browser.Shows(_words.Text("portal.shipment.promised")), browser.Html);
        Assert.DoesNotContain("delivery-code", browser.Html);

        await _world.AtDeskAsync($"post/{id}/move", ("status", "OutForDelivery"));
        await residents.BecomesAsync(resident, id, ShipmentStates.AtDoor);
        var code = (await residents.TrackAsync(resident, id)).Shipment!.Code!;
        await Whole(browser.OpenAsync($"applications/{id}"));
        Assert.Contains($"id=\"delivery-code\">{code}<", browser.Html);
        using var program = new ApiCaller(_world);
        await program.SignInAsync(hand);
        Assert.Equal((code, hand.ShortAddress), ((await program.GetAsync($"cases/{id}"))["shipment"].GetProperty("code").GetString(), (await program.GetAsync($"cases/{id}"))["shipment"].GetProperty("address").GetString()));

        await _world.AtDeskAsync($"post/{id}/move", ("status", "Delivered"));
        await residents.BecomesAsync(resident, id, ShipmentStates.NotConfirmed);
        await Whole(browser.OpenAsync($"applications/{id}"));
        Assert.True(browser.Shows(_words.Text("portal.shipment.unconfirmed")), browser.Html);
        await Whole(shared.First.OpenAsync("office/deliveries"));
        Assert.Contains((await residents.TrackAsync(resident, id)).Head.Reference, shared.First.Html);
    }

    private static async Task Whole(Task<Browser> page)
    {
        var browser = await page;
        Assert.True(browser.Status == HttpStatusCode.OK, $"{browser.Path}: {browser.Status}\n{browser.Html}");
        Assert.DoesNotContain("⟦", browser.Html);
    }
}
