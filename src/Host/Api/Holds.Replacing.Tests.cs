using System.Net;
using Muqeem.Agencies;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Portal;
using Muqeem.Registry;
using Muqeem.Services.ReplaceLostId;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.Api;

/// <summary>A lost ID as its holder reports it on pages and by program, and as verifiers meet it.</summary>
public abstract partial class HoldsFrontDoorTests
{
    /// <summary>Somebody whom the alien register knows as a resident too, with some months of the residence left.</summary>
    private async Task<(PersonInHand Hand, string Number)> RegisteredAsync(Browser browser)
    {
        var until = _world.Clock.Today().PlusMonths(5);
        var (hand, number) = await shared.ResidentAsync(browser, until: until);
        Assert.IsType<AgencyAnswer<NoticeReceipt>.Found>(await _world.Get<AlienRegister>().TellResidenceAsync(
            new ResidenceNotice(number, hand.BorderNumber, ResidenceCategory.Establishment, hand.EmployerNumber, null, hand.Occupation, until.PlusYears(-1), until, 1), Guid.CreateVersion7()));
        await _world.NothingStandsAgainstAsync(hand);
        return (hand, number);
    }

    private (string, string)[] Now(string cause)
    {
        var today = _world.Clock.Today();
        return [("cause", cause), .. Residents.Day("lostOn", today), ("partOfDay", PartsOfDay.All[_world.Clock.Now().WithOffset(Clock.Riyadh).Hour / PartsOfDay.Hours]), ("place", "Riyadh, Al Malaz"), ("how", "It fell out in a taxi.")];
    }

    private async Task<IReadOnlyList<DocumentState>> VersionsAsync(PersonInHand hand) =>
        [.. (await _world.Get<Documents>().OfAsync((await _world.Get<Persons>().FindAsync(IdentifierKinds.Border, hand.BorderNumber))!.Value)).Select(v => v.State)];

    [Fact]
    public async Task On_the_pages_a_holder_reports_the_loss_pays_and_has_another_ID()
    {
        using var browser = new Browser(_world, "en");
        var (hand, number) = await RegisteredAsync(browser);
        using var holder = new ApiCaller(_world);
        await holder.SignInAsync(hand);
        var code = await CodeAsync(holder);
        Is(HttpStatusCode.OK, await holder.CredentialAsync());
        await browser.OpenAsync("id");
        Assert.Contains("href=\"/en/services/replace-lost\"", browser.Html, StringComparison.Ordinal);

        await browser.OpenAsync("services/replace-lost");
        Assert.True(browser.Shows(_words.Text("portal.preflight.nothing")), browser.Html);
        await browser.PressAsync("start=yes");
        Assert.EndsWith("/tasks", browser.Path, StringComparison.Ordinal);
        var application = browser.Path[..browser.Path.LastIndexOf('/')];
        var answers = Now(Causes.Stolen);
        foreach (var (page, names) in new[] { ("cause", 1), ("time", 4), ("place", 2) })
        {
            await browser.OpenAsync($"{application}/page/{page}");
            await browser.PressAsync(null, answers[..names]);
            Assert.Equal(HttpStatusCode.OK, browser.Status);
            answers = answers[names..];
        }
        Assert.Equal("valid", await ReasonAsync(code));
        await browser.OpenAsync($"{application}/answers");
        Assert.True(browser.Shows("It fell out in a taxi.") && browser.Shows(_words.Text("svc.replace-lost.field.truth")), browser.Html);
        await browser.PressAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        Assert.Equal("valid", await ReasonAsync(code));
        await browser.PressAsync(null, ("truth", "yes"));
        Assert.EndsWith("/sent", browser.Path, StringComparison.Ordinal);

        // Nothing is paid yet.
        Assert.Equal("document_lost", await ReasonAsync(code));
        Assert.Equal("invalid", Assert.Single((await holder.GetAsync("credentials"))["credentials"].EnumerateArray()).GetProperty("status").GetString());
        await browser.OpenAsync("id");
        Assert.True(browser.Shows("Your ID has ended: Reported lost"), browser.Html);
        await browser.OpenAsync("home");
        Assert.True(browser.Shows("Your ID has ended: Reported lost") && !browser.Shows("Your ID is valid until"), browser.Html);
        await browser.OpenAsync("inbox");
        Assert.True(browser.Shows(_words.Text("notice.id_reported_lost.title")), browser.Html);

        var bill = await WholeWorld.UntilAsync(async () => (await holder.GetAsync("bills"))["bills"].EnumerateArray().FirstOrDefault(b => b.TryGetProperty("number", out var n) && n.ValueKind == System.Text.Json.JsonValueKind.String) is { ValueKind: System.Text.Json.JsonValueKind.Object } found ? found.ToString() : null, "the bill got its number");
        using var json = System.Text.Json.JsonDocument.Parse(bill);
        Assert.Equal(50_000, json.RootElement.GetProperty("totalHalalas").GetInt64());
        await _world.AtDeskAsync($"bank/bills/{json.RootElement.GetProperty("number").GetString()}/pay", ("twice", "true"));
        await WholeWorld.UntilAsync(async () => (await holder.GetAsync("id")).Status == HttpStatusCode.OK ? "" : null, "the ID is there");
        Assert.Equal([DocumentState.Live, DocumentState.Lost], await VersionsAsync(hand));
        await browser.OpenAsync("id");
        Assert.True(browser.Html.Contains("class=\"idcard", StringComparison.Ordinal) && browser.Shows(number), browser.Html);
        Assert.Equal("document_lost", await ReasonAsync(code));
        Assert.Equal("valid", await ReasonAsync(await CodeAsync(holder)));
        var receipts = await holder.GetAsync($"cases/{json.RootElement.GetProperty("case").GetString()}/receipts");
        Is(HttpStatusCode.OK, receipts);
        Assert.Equal(["approved", "granted"], receipts.Json.EnumerateArray().Select(r => r.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task Holders_programs_report_a_loss_and_what_is_withdrawn_after_it_brings_nothing_back()
    {
        using var browser = new Browser(_world, "en");
        var (hand, _) = await RegisteredAsync(browser);
        using var holder = new ApiCaller(_world);
        await holder.SignInAsync(hand);
        var code = await CodeAsync(holder);
        var what = await holder.PostAsync("services/replace-lost/what-if", new { answers = Now(Causes.Lost).ToDictionary(a => a.Item1, a => a.Item2) });
        Is(HttpStatusCode.OK, what);
        Assert.Equal((true, 50_000L), (what["eligible"].GetBoolean(), what["price"].GetProperty("totalHalalas").GetInt64()));
        var started = await holder.PostAsync("cases", new { service = "replace-lost" });
        Is(HttpStatusCode.Created, started);
        var at = "cases/" + started["id"].GetString();
        var answers = Now(Causes.Lost).Append(("truth", "yes")).ToDictionary(a => a.Item1, a => a.Item2);
        foreach (var page in new[] { "cause", "time", "place", "statement" })
        {
            var fields = Services.Catalogue.All.Single(s => s.Key == "replace-lost").Form.Page(page)!.Fields.Select(f => f.Name).ToList();
            Is(HttpStatusCode.OK, await holder.PostAsync($"{at}/pages/{page}", new { answers = answers.Where(a => fields.Contains(a.Key.Split('.')[0])).ToDictionary(a => a.Key, a => a.Value) }));
        }
        Assert.Equal("valid", await ReasonAsync(code));
        var operation = Guid.CreateVersion7();
        foreach (var sent in await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => holder.PostAsync(at + "/submit", operation: operation))))
        {
            Is(HttpStatusCode.OK, sent);
            Assert.Equal(CaseStates.AwaitingPayment, sent["state"].GetString());
        }
        Assert.Equal("document_lost", await ReasonAsync(code));
        Is(HttpStatusCode.NotFound, await holder.GetAsync("id"));
        Is(HttpStatusCode.NotFound, await holder.PostAsync("id/short-code"));
        Is(HttpStatusCode.OK, await holder.PostAsync(at + "/withdraw"));
        Assert.Equal("document_lost", await ReasonAsync(code));
        Assert.Equal([DocumentState.Lost], await VersionsAsync(hand));
        Is(HttpStatusCode.NotFound, await holder.GetAsync("id"));
    }
}
