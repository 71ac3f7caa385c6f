using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Muqeem.Demo;

namespace Muqeem.EndToEnd;

/// <summary>A newcomer's whole way to the first ID, on a phone of 360 pixels, in Arabic, without script; played once, looked at by every test.</summary>
public sealed class Journey : IAsyncLifetime
{
    private Installation _muqeem = null!;

    public Chromium Chromium { get; private set; } = null!;
    public Resident Person { get; private set; } = null!;
    public Texts Texts { get; private set; } = null!;
    public Uri Address => _muqeem.Muqeem;

    /// <summary>Every page as it came, answers to forms among them.</summary>
    public List<(string Url, string Html)> Pages { get; } = [];

    public string State { get; private set; } = "";

    /// <summary>The widths of the pictures on the page of the card, as the browser drew them.</summary>
    public IReadOnlyList<int> CardPictures { get; private set; } = [];

    /// <summary>The saved copy as a phone without a network shows it.</summary>
    public (string Text, int[] Pictures, int Complaints) Copy { get; private set; }

    public async ValueTask InitializeAsync()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Muqeem.slnx")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("The tests do not lie in the repository.");
        }
        Texts = new Texts(root);
        var folder = Path.Combine(Path.GetTempPath(), "muqeem-end-to-end-" + Path.GetRandomFileName());
        _muqeem = await Installation.StartAsync(root, folder, seed: 1, configuration: AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug");
        Chromium = await Chromium.StartAsync();
        var browser = await Chromium.PersonAsync(Address, "ar", Texts);
        browser.Arrived = async b => Pages.Add((b.Url, await b.Page.ContentAsync()));
        Person = new Resident(_muqeem, browser, await _muqeem.HandAsync(0));
        await Person.OpenAccountAsync();
        await Person.ApplyForFirstIdAsync();
        if (await Person.StateAsync() == Texts.Of("ar", "case.state.UNDER_REVIEW"))
        {
            // Drawn by the random sample: an officer looks.
            var office = await _muqeem.OfficeAsync();
            await using var desk = await Chromium.PersonAsync(Address, "ar", Texts, 1280);
            var officer = new Officer(_muqeem, desk, "officer.one", office["officer.one"]);
            await officer.SignInAsync();
            await officer.TakeNextAsync();
            await officer.ApproveAsync("approve.records_agree");
        }
        await Person.PayAsync(Texts);
        await Person.UntilAsync("ISSUED", Texts);
        State = await Person.StateAsync();
        foreach (var place in new[] { "home", "id", "id?view=valid", "id/code", "inbox", "accesses", "me", "applications", "prices", "help", "agencies", "accessibility", "privacy", "verify" })
        {
            await browser.OpenAsync(place);
        }
        await browser.OpenAsync("id/card");
        await browser.PressAsync("/id/card");
        var copy = Path.Combine(folder, "copy.html");
        var saved = await browser.Page.Context.APIRequest.GetAsync(new Uri(Address, "ar/id/card/copy.html").ToString());
        await File.WriteAllBytesAsync(copy, await saved.BodyAsync());
        await using (var elsewhere = await Chromium.PersonAsync(new Uri("http://nowhere.invalid"), "ar", Texts))
        {
            // A file, in a browser without a network, without script and without a session.
            await elsewhere.Page.Context.SetOfflineAsync(true);
            await elsewhere.OpenAsync(new Uri(copy));
            Copy = (await elsewhere.TextAsync(), await elsewhere.Page.EvaluateAsync<int[]>("() => [...document.images].map(i => i.complete ? i.naturalWidth : 0)"), elsewhere.Complaints.Count);
        }
        CardPictures = await browser.Page.EvaluateAsync<int[]>("() => [...document.images].map(i => i.complete ? i.naturalWidth : 0)");
    }

    public async ValueTask DisposeAsync()
    {
        await Chromium.DisposeAsync();
        await _muqeem.DisposeAsync();
        Directory.Delete(_muqeem.Folder, recursive: true);
    }
}

public sealed class FirstId(Journey journey) : IClassFixture<Journey>
{
    [Fact]
    public void A_newcomer_gets_the_first_ID_without_script() => Assert.Equal(journey.Texts.Of("ar", "case.state.ISSUED"), journey.State);

    [Fact]
    public void The_card_is_drawn_on_both_sides() => Assert.Equal([1348, 1348], journey.CardPictures);

    [Fact]
    public void The_saved_copy_is_whole_without_a_network()
    {
        Assert.Contains(journey.Person.Hand.NameArabic, journey.Copy.Text, StringComparison.Ordinal);
        Assert.Contains(journey.Texts.Of("ar", "portal.copy.check"), journey.Copy.Text, StringComparison.Ordinal);
        Assert.True(Assert.Single(journey.Copy.Pictures) > 100);
        Assert.Equal(0, journey.Copy.Complaints);
    }

    [Fact]
    public void Every_page_is_Arabic_from_right_to_left_and_is_there()
    {
        Assert.True(journey.Person.Browser.Visited.Count > 30, $"Only {journey.Person.Browser.Visited.Count} pages.");
        Assert.All(journey.Person.Browser.Visited, page => Assert.Equal((200, "ar", "rtl"), (page.Status, page.Lang, page.Dir)));
    }

    [Fact]
    public void No_page_scrolls_sideways_on_a_narrow_phone() =>
        Assert.Empty(journey.Person.Browser.Visited.Where(p => p.Width > p.View).Select(p => $"{p.Url}: {p.Width} > {p.View}").Distinct());

    [Fact]
    public void The_browser_has_nothing_to_complain_about() => Assert.Empty(journey.Person.Browser.Complaints);

    /// <summary>A camera that the browser makes up gives the pictures; only the reading of the code is stood in for, for Chromium has none of its own on a desk.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_camera_reads_the_code_where_the_browser_can_and_says_so_when_it_may_not(bool allowed)
    {
        await using var checker = await journey.Chromium.PersonAsync(journey.Address, "ar", journey.Texts, script: true);
        await checker.OpenAsync("verify");
        var button = checker.Page.Locator("[data-scan] button");
        Assert.False(await button.IsVisibleAsync());

        await checker.Page.Context.AddInitScriptAsync("window.BarcodeDetector = class { static async getSupportedFormats() { return ['qr_code']; } async detect(video) { return video.videoWidth > 0 && !video.paused ? [{ rawValue: 'ABCD-2345' }] : []; } };");
        if (allowed)
        {
            await checker.Page.Context.GrantPermissionsAsync(["camera"]);
        }
        await checker.OpenAsync("verify");
        await button.ClickAsync();
        if (allowed)
        {
            await Microsoft.Playwright.Assertions.Expect(checker.Page.Locator("h1, .verdict").First).ToContainTextAsync(journey.Texts.Of("ar", "verify.result.not_valid"));
        }
        else
        {
            await Microsoft.Playwright.Assertions.Expect(checker.Page.Locator("[data-scan] [role=status]")).ToHaveTextAsync(journey.Texts.Of("ar", "sys.scan.refused"));
            Assert.False(await checker.Page.Locator("[data-scan] video").IsVisibleAsync());
        }
    }

    [Fact]
    public async Task Axe_finds_no_barrier_on_any_page()
    {
        await using var looker = await journey.Chromium.PersonAsync(journey.Address, "ar", journey.Texts, script: true, storage: await journey.Person.Browser.StorageAsync());
        // Axe needs script: the pages as they came, in a browser that has it. One of a kind.
        var found = new List<string>();
        var looked = 0;
        foreach (var (url, html) in journey.Pages.GroupBy(p => (Regex.Replace(new Uri(p.Url).AbsolutePath, "[0-9a-f-]{36}", "*"), Regex.Match(p.Html, "<h1[^>]*>.*?</h1>|<title>.*?</title>", RegexOptions.Singleline).Value)).Select(g => g.Last()))
        {
            // Without the page's own refresh: it would be loaded anew under the looker's eyes.
            var still = Regex.Replace(html, "<meta http-equiv=\"refresh\"[^>]*>", "");
            await looker.Page.RouteAsync(url, route => route.FulfillAsync(new() { Body = still, ContentType = "text/html; charset=utf-8" }));
            await looker.Page.GotoAsync(url);
            await looker.Page.UnrouteAsync(url);
            var result = await looker.Page.RunAxe();
            looked++;
            found.AddRange(result.Violations.Select(v => $"{url}: {v.Id}: {v.Help}: {string.Join(" | ", v.Nodes.Select(n => n.Html))}"));
        }
        Assert.True(looked > 20, $"Only {looked} pages.");
        Assert.Empty(found);
    }
}
