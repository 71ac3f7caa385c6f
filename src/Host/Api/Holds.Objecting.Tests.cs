using System.Net;
using Muqeem.Credentials.Holding;
using Muqeem.Kernel;
using Muqeem.Portal;
using Muqeem.Tests;

namespace Muqeem.Host.Api;

/// <summary>Objecting to a suspension, by the pages without script and by program.</summary>
public abstract partial class HoldsFrontDoorTests
{
    [Fact]
    public async Task A_holder_objects_on_the_page_with_a_paper_and_an_officer_who_had_no_part_lets_the_suspension_stand()
    {
        using var browser = new Browser(_world, "en");
        var (hand, number) = await shared.ResidentAsync(browser);
        using var holder = new ApiCaller(_world);
        await holder.SignInAsync(hand);
        await browser.OpenAsync("id/objection");
        Assert.StartsWith("/en/id?", browser.Path, StringComparison.Ordinal);
        Is(HttpStatusCode.NotFound, await holder.GetAsync("id/objection"));
        Is(HttpStatusCode.OK, await shared.Second.PostAsync(await ProposedAsync(shared.First, number, "suspend", "suspend.record_in_review")));

        await browser.OpenAsync("id");
        Assert.Contains("href=\"/en/id/objection\"", browser.Html, StringComparison.Ordinal);
        await browser.OpenAsync("id/objection");
        await browser.PressAsync(null, ("words", "  "));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        Assert.True(browser.Shows(_words.Refusal(new Refusal(HoldRefusals.ObjectionMissing))), browser.Html);
        await browser.UploadAsync([("evidence", "letter.png", "not a picture"u8.ToArray(), "image/png")], ("words", "I was at home."));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        Assert.True(browser.Shows("I was at home."), browser.Html);
        var paper = await _world.Sandbox.GetByteArrayAsync($"people/{hand.Index}/portrait.png");
        await browser.UploadAsync([("evidence", "letter.png", paper, "image/png")], ("words", "I was at home.\nReport 14478 says so."));
        Assert.StartsWith("/en/id", browser.Path, StringComparison.Ordinal);
        Assert.True(browser.Status == HttpStatusCode.OK && browser.Shows("Report 14478 says so.") && browser.Shows(_words.Text("portal.held.objection")), browser.Html);
        Assert.DoesNotContain("href=\"/en/id/objection\"", browser.Html, StringComparison.Ordinal);
        await browser.OpenAsync("id/objection");
        Assert.True(browser.Status == HttpStatusCode.Conflict && browser.Shows(_words.Refusal(new Refusal(HoldRefusals.ObjectedAlready))), browser.Html);
        NotNow(HoldRefusals.ObjectedAlready, await holder.PostAsync("id/objection", new { words = "x" }));

        await shared.NextCodeAsync();
        using var first = await shared.DeskAsync("officer.one");
        await first.OpenAsync("office/ids");
        var file = await shared.First.PostAsync("office/ids/find", new { residentNumber = number });
        var page = "/en/office/ids/" + file["id"].GetString();
        Assert.True(first.Shows(_words.Text("office.ids.objections")), first.Html);
        Assert.Contains($"href=\"{page}\"", first.Html, StringComparison.Ordinal);
        await first.OpenAsync(page);
        Assert.True(first.Shows("Report 14478 says so.") && first.Shows(_words.Text("office.id.objection.had_part")), first.Html);
        Assert.DoesNotContain("id=\"uphold\"", first.Html, StringComparison.Ordinal);
        using var supervisor = await shared.DeskAsync("supervisor");
        await supervisor.OpenAsync(page);
        var evidence = supervisor.Html.Split('"').Single(link => link.StartsWith(page + "/evidence/", StringComparison.Ordinal));
        await supervisor.OpenAsync(evidence);
        Assert.Equal(HttpStatusCode.OK, supervisor.Status);
        await supervisor.OpenAsync(evidence + "?page=2");
        Assert.Equal(HttpStatusCode.NotFound, supervisor.Status);
        await browser.OpenAsync(evidence);
        Assert.True(browser.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden, $"{browser.Status}");
        await supervisor.OpenAsync(page);
        await supervisor.PressInAsync("uphold", null, ("words", "The review needs <ten> more days."));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, supervisor.Status);
        await supervisor.PressInAsync("uphold", null, ("reason", "uphold.review_goes_on"), ("words", "The review needs <ten> more days."));
        Assert.Equal((HttpStatusCode.OK, page + "?done=upheld"), (supervisor.Status, supervisor.Path));
        Assert.True(supervisor.Shows(_words.Text("office.id.event.objection.upheld")) && !supervisor.Html.Contains("⟦", StringComparison.Ordinal), supervisor.Html);

        await browser.OpenAsync("id");
        Assert.True(browser.Shows("The review needs <ten> more days.") && browser.Shows(_words.Text("portal.held.objection.court")), browser.Html);
        await browser.OpenAsync("inbox");
        Assert.True(browser.Shows(_words.Text("notice.id_objection_upheld.title")) && browser.Shows("The review needs <ten> more days."), browser.Html);
        var own = await holder.GetAsync("id/objection");
        Assert.Equal(("upheld", "uphold.review_goes_on", "The review needs <ten> more days."), (own["state"].GetString(), own["reason"].GetString(), own["answer"].GetString()));
    }

    [Fact]
    public async Task A_holders_program_objects_and_a_lift_by_two_grants_it()
    {
        using var browser = new Browser(_world, "en");
        var (hand, number) = await shared.ResidentAsync(browser);
        using var holder = new ApiCaller(_world);
        await holder.SignInAsync(hand);
        NotNow(HoldRefusals.NothingToObject, await holder.PostAsync("id/objection", new { words = "x" }));
        Is(HttpStatusCode.OK, await shared.Second.PostAsync(await ProposedAsync(shared.First, number, "suspend", "suspend.order")));
        Assert.Equal(["words:" + HoldRefusals.ObjectionMissing], (await holder.PostAsync("id/objection", new { words = "" })).Refusals);
        var operation = Guid.CreateVersion7();
        foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => holder.PostAsync("id/objection", new { words = "The order is about my brother." }, operation: operation))))
        {
            Is(HttpStatusCode.Created, answer);
            Assert.Equal(("open", "The order is about my brother."), (answer["state"].GetString(), answer["words"].GetString()));
        }
        var id = (await holder.GetAsync("id/objection"))["objection"].GetString();
        var waiting = Assert.Single((await shared.Auditor.GetAsync("office/objections"))["objections"].EnumerateArray(), o => o.GetProperty("objection").GetString() == id);
        Assert.Equal(("suspend.order", false), (waiting.GetProperty("reason").GetString(), waiting.GetProperty("late").GetBoolean()));

        var stands = new { reason = "uphold.reason_stands", words = "It stands." };
        NotNow(HoldRefusals.HadPart, await shared.First.PostAsync($"office/objections/{id}/uphold", stands));
        NotNow(HoldRefusals.HadPart, await shared.Second.PostAsync($"office/objections/{id}/uphold", stands));
        Is(HttpStatusCode.NotFound, await shared.Auditor.PostAsync($"office/objections/{id}/uphold", stands));
        Is(HttpStatusCode.NotFound, await holder.PostAsync($"office/objections/{id}/uphold", stands));
        Is(HttpStatusCode.NotFound, await holder.GetAsync("office/objections"));
        Is(HttpStatusCode.OK, await shared.Second.PostAsync(await ProposedAsync(shared.First, number, "lift", "lift.our_mistake")));
        Assert.Equal("in_force", await StateAsync(holder));
        Is(HttpStatusCode.NotFound, await holder.GetAsync("id/objection"));
        var file = await shared.First.PostAsync("office/ids/find", new { residentNumber = number });
        Assert.Equal(["granted"], file["objections"].EnumerateArray().Select(o => o.GetProperty("state").GetString()));
        Assert.Equal(4, (await shared.First.GetAsync("office/ids/reasons"))["uphold"].GetArrayLength());
    }
}
