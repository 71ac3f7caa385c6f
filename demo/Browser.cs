using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Muqeem.Demo;

/// <summary>Debian's Chromium; every person gets a context of it, with cookies of their own.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Chromium> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        return new(playwright, await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream"],
        }));
    }

    /// <param name="width">360 is a cheap phone, 1280 a desk.</param>
    /// <param name="script">Off: every journey must work without.</param>
    public async Task<Browser> PersonAsync(Uri address, string language, Texts texts, int width = 360, bool script = false, string? storage = null)
    {
        var context = await _browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = width < 700 ? 740 : 860 },
            DeviceScaleFactor = width < 700 ? 2 : 1,
            JavaScriptEnabled = script,
            Locale = language,
            StorageState = storage,
        });
        context.SetDefaultTimeout(60_000);
        return new Browser(context, await context.NewPageAsync(), address, language, texts);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}

/// <summary>A person at a browser: opens addresses, fills in what has a name, chooses, presses, and sees words. Every page that comes is looked at.</summary>
public sealed class Browser : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly Uri _address;
    private readonly Texts _texts;
    private int _status;

    internal Browser(IBrowserContext context, IPage page, Uri address, string language, Texts texts)
    {
        (_context, Page, _address, Language, _texts) = (context, page, address, language, texts);
        page.Console += (_, message) =>
        {
            // An answer 422 is a form drawn again, and no fault. Other houses' pages are not ours to judge.
            if (message.Type is "error" or "warning" && page.Url.StartsWith(address.ToString(), StringComparison.Ordinal) && !message.Text.Contains("status of 422", StringComparison.Ordinal))
            {
                Complaints.Add($"{page.Url}: {message.Text}");
            }
        };
        page.PageError += (_, error) => Complaints.Add($"{page.Url}: {error}");
        page.Response += (_, response) =>
        {
            if (response.Request.IsNavigationRequest && response.Frame == page.MainFrame && response.Status is < 300 or >= 400)
            {
                _status = response.Status;
            }
        };
    }

    public IPage Page { get; }
    public string Language { get; }

    /// <summary>What the browser wrote to its console, refusals of the content security policy among it.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Every page of Muqeem that was shown.</summary>
    public List<Seen> Visited { get; } = [];

    /// <summary>Called with every page of Muqeem that came.</summary>
    public Func<Browser, Task>? Arrived { get; set; }

    /// <summary>The status of the newest page.</summary>
    public int Status => _status;

    public string Url => Page.Url;

    /// <summary>A page of Muqeem in the person's language, or any address.</summary>
    public Task OpenAsync(string path) => OpenAsync(path.Contains("://", StringComparison.Ordinal) ? new Uri(path) : new Uri(_address, $"/{Language}/{path}"));

    public async Task OpenAsync(Uri address)
    {
        await Page.GotoAsync(address.ToString(), new() { WaitUntil = WaitUntilState.Load });
        await ArrivedAsync();
    }

    public async Task FillAsync(string name, string text) => await Field(name).First.FillAsync(text);

    /// <summary>The three boxes of a day.</summary>
    public async Task FillDayAsync(string name, DateOnly day)
    {
        await FillAsync(name + ".day", day.Day.ToString(CultureInfo.InvariantCulture));
        await FillAsync(name + ".month", day.Month.ToString(CultureInfo.InvariantCulture));
        await FillAsync(name + ".year", day.Year.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>One of a list, of circles or of boxes.</summary>
    public async Task ChooseAsync(string name, string value)
    {
        var list = Page.Locator($"select[name='{name}']");
        if (await list.CountAsync() > 0)
        {
            await list.SelectOptionAsync(value);
        }
        else
        {
            await Page.Locator($"input[name='{name}'][value='{value}']").CheckAsync();
        }
    }

    public async Task<bool> AsksAsync(string name) => await Field(name).CountAsync() > 0;

    public async Task UploadAsync(string name, string file) => await Page.Locator($"input[type=file][name='{name}']").SetInputFilesAsync(file);

    /// <summary>Presses what sends the form.</summary>
    /// <param name="what">Null: the first button of the page's own form. <c>name=value</c>: that button. Else the end of the address that a form is sent to.</param>
    public Task PressAsync(string? what = null) => ClickAsync(what switch
    {
        null => Page.Locator("main form button.button:not(.second)"),
        _ when what.Split('=') is [var name, var value] => Page.Locator($"button[name='{name}'][value='{value}']"),
        _ => Page.Locator($"form[action$='{what}'] button"),
    }, what ?? "the form's button");

    /// <summary>Follows a link whose address has these letters.</summary>
    public Task FollowAsync(string address) => ClickAsync(Page.Locator($"main a[href*='{address}']"), address);

    private async Task ClickAsync(ILocator what, string name)
    {
        if (await what.CountAsync() == 0)
        {
            throw new NotAsExpectedException($"There is no “{name}” on {Page.Url}:\n{await TextAsync()}");
        }
        var loaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Done(object? sender, IPage page) => loaded.TrySetResult();
        Page.Load += Done;
        try
        {
            await what.First.ClickAsync();
            await loaded.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException e)
        {
            throw new NotAsExpectedException($"“{name}” on {Page.Url} led nowhere:\n{await TextAsync()}", e);
        }
        finally
        {
            Page.Load -= Done;
        }
        await ArrivedAsync();
    }

    /// <summary>Whether the page says the words of a key of the texts.</summary>
    public async Task<bool> SeesAsync(string key) => (await TextAsync()).Contains(_texts.Of(Language, key), StringComparison.Ordinal);

    /// <summary>The page must say the words of a key.</summary>
    public async Task MustSeeAsync(string key)
    {
        if (!await SeesAsync(key))
        {
            throw new NotAsExpectedException($"“{_texts.Of(Language, key)}” ({key}) is not on {Page.Url} ({Status}):\n{await TextAsync()}");
        }
    }

    /// <summary>The address must be this now.</summary>
    public async Task MustBeAtAsync(string pattern)
    {
        if (!Regex.IsMatch(new Uri(Page.Url).PathAndQuery, pattern))
        {
            throw new NotAsExpectedException($"{Page.Url} ({Status}) is not {pattern}:\n{await TextAsync()}");
        }
    }

    /// <summary>What the main part of the page says.</summary>
    public async Task<string> TextAsync() => await Page.Locator(await Page.Locator("main").CountAsync() > 0 ? "main" : "body").First.InnerTextAsync();

    public async Task<string> TextOfAsync(string css)
    {
        var found = Page.Locator(css);
        return await found.CountAsync() > 0 ? (await found.First.InnerTextAsync()).Trim() : throw new NotAsExpectedException($"There is no {css} on {Page.Url}:\n{await TextAsync()}");
    }

    public Task<byte[]> PictureAsync(string? css = null) => css is null ? Page.ScreenshotAsync(new() { FullPage = true }) : Page.Locator(css).First.ScreenshotAsync();

    /// <summary>The cookies, to go on in another browser.</summary>
    public Task<string> StorageAsync() => _context.StorageStateAsync();

    private async Task ArrivedAsync()
    {
        if (!Page.Url.StartsWith(_address.ToString(), StringComparison.Ordinal))
        {
            return;
        }
        var page = (await Page.EvaluateAsync<JsonElement>("() => ({lang: document.documentElement.lang, dir: document.documentElement.dir, width: document.documentElement.scrollWidth, view: document.documentElement.clientWidth})"));
        Visited.Add(new(Page.Url, Status, page.GetProperty("lang").GetString()!, page.GetProperty("dir").GetString()!, page.GetProperty("width").GetInt32(), page.GetProperty("view").GetInt32()));
        if (Arrived is not null)
        {
            await Arrived(this);
        }
        if (Status >= 500)
        {
            throw new NotAsExpectedException($"{Page.Url} answered {Status}:\n{await TextAsync()}");
        }
    }

    private ILocator Field(string name) => Page.Locator($"input[name='{name}']:not([type=hidden]), textarea[name='{name}']:not([hidden]), select[name='{name}']");

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}

/// <summary>A page as it was shown.</summary>
/// <param name="Width">Of what is on it; more than <paramref name="View"/> scrolls sideways.</param>
public sealed record Seen(string Url, int Status, string Lang, string Dir, int Width, int View);
