using System.Net;
using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Holding;
using Muqeem.Kernel;
using Muqeem.Platform.Files;
using Muqeem.Portal;
using Muqeem.Tests;

namespace Muqeem.Host.Api;

/// <summary>What the holder sees of the card and at home while the ID is held or cannot be drawn.</summary>
public abstract partial class HoldsFrontDoorTests
{
    private static readonly string[] CardFiles = ["front.png", "back.png", "card.pdf", "copy.html"];

    private static async Task<string> ProposedAsync(ApiCaller officer, string number, string act, string reason)
    {
        var file = await officer.PostAsync("office/ids/find", new { residentNumber = number });
        var proposed = await officer.PostAsync($"office/ids/{file["id"].GetString()}/proposals", new { act, reason, words = "We are looking into it." });
        Is(HttpStatusCode.Created, proposed);
        return $"office/proposals/{proposed["proposal"].GetString()}/confirm";
    }

    [Fact]
    public async Task The_card_of_a_held_ID_is_neither_shown_nor_made_and_home_says_what_holds_it_and_what_to_do()
    {
        using var browser = new Browser(_world, "en");
        var (hand, number) = await shared.ResidentAsync(browser);
        using var holder = new ApiCaller(_world);
        await holder.SignInAsync(hand);
        await browser.OpenAsync("id/card");
        await browser.PressAsync();
        Assert.Contains("id/card/front.png", browser.Html, StringComparison.Ordinal);
        Assert.Equal("%PDF"u8.ToArray(), (await holder.BytesAsync((await holder.PostAsync("id/card"))["pdf"].GetString()!))[..4]);
        await browser.OpenAsync("home");
        Assert.True(browser.Shows("Your ID is valid until") && !browser.Shows(_words.Text("portal.held.frozen")), browser.Html);

        async Task NothingOfTheCardAsync(string refusal)
        {
            await browser.OpenAsync("id/card");
            Assert.StartsWith("/en/id?", browser.Path, StringComparison.Ordinal);
            foreach (var file in CardFiles)
            {
                await browser.OpenAsync("id/card/" + file);
                Assert.True(browser.Status == HttpStatusCode.Conflict && browser.Shows(_words.Refusal(new Refusal(refusal))), $"{file}: {browser.Status}");
            }
            NotNow(refusal, await holder.PostAsync("id/card"));
            foreach (var file in new[] { "front.png", "back.png", "card.pdf", "code.svg" })
            {
                NotNow(refusal, await holder.GetAsync("id/card/" + file));
            }
            await browser.OpenAsync("home");
            Assert.False(browser.Shows("Your ID is valid until"), browser.Html);
        }

        Is(HttpStatusCode.OK, await holder.PostAsync("id/freeze"));
        await NothingOfTheCardAsync(HoldRefusals.Frozen);
        Assert.True(browser.Shows(_words.Text("portal.held.frozen")) && !browser.Shows(_words.Text("portal.held.suspended")), browser.Html);
        Assert.Contains("href=\"/en/id/unfreeze\"", browser.Html, StringComparison.Ordinal);

        Is(HttpStatusCode.OK, await shared.Second.PostAsync(await ProposedAsync(shared.First, number, "suspend", "suspend.used_by_another")));
        await NothingOfTheCardAsync(HoldRefusals.Suspended);
        Assert.True(browser.Shows(_words.Text("portal.held.frozen")) && browser.Shows(_words.Text("portal.held.suspended")) && browser.Shows(_words.Text("id.reason.suspend.used_by_another")), browser.Html);

        Is(HttpStatusCode.OK, await shared.Second.PostAsync(await ProposedAsync(shared.First, number, "revoke", "revoke.issued_in_error")));
        await browser.OpenAsync("home");
        Assert.True(browser.Shows("Your ID has ended: Revoked") && !browser.Shows(_words.Text("portal.held.frozen")) && !browser.Shows("Your ID is valid until"), browser.Html);
        Is(HttpStatusCode.NotFound, await holder.GetAsync("id/card/front.png"));
    }

    [Fact]
    public async Task A_card_whose_photo_cannot_be_read_says_so_each_time_and_shows_no_broken_picture()
    {
        using var browser = new Browser(_world, "en");
        var (hand, _) = await shared.ResidentAsync(browser, FilesForTest.Zip());
        var sentence = _words.Refusal(new Refusal(CardRefusals.PhotoUnreadable));
        await browser.OpenAsync("id/card");
        await browser.PressAsync();
        for (var look = 0; look < 2; look++)
        {
            Assert.True(browser.Shows(sentence) && browser.Shows(_words.Text("remedy." + CardRefusals.PhotoUnreadable)) && !browser.Shows(_words.Refusal(new Refusal(CardRefusals.NameTooLong))), browser.Html);
            Assert.DoesNotContain("id/card/front.png", browser.Html, StringComparison.Ordinal);
            await browser.OpenAsync("id/card");
        }
        await browser.OpenAsync("id/card/back.png");
        // The back has no photo.
        Assert.Equal(HttpStatusCode.OK, browser.Status);

        using var holder = new ApiCaller(_world);
        await holder.SignInAsync(hand);
        Is(HttpStatusCode.OK, await holder.PostAsync("id/card"));
        foreach (var file in new[] { "front.png", "card.pdf" })
        {
            var no = await holder.GetAsync("id/card/" + file);
            Is(HttpStatusCode.Conflict, no);
            Assert.Equal(("card_not_drawable", CardRefusals.PhotoUnreadable), (no.Code, Assert.Single(no.Refusals)));
        }
    }
}
