using System.Net;
using System.Text.RegularExpressions;
using Muqeem.Tests;

namespace Muqeem.Portal;

/// <summary>A browser without script: keeps cookies, follows redirects, reads forms as they were drawn and sends them as a browser does.</summary>
internal sealed partial class Browser : IDisposable
{
    private readonly HttpClient _http;
    private readonly CookieContainer _cookies = new();

    public Browser(WholeWorld world, string language = "ar")
    {
        Language = language;
        var handler = SharedWorld.Caller();
        handler.CookieContainer = _cookies;
        _http = new HttpClient(handler) { BaseAddress = world.Address };
    }

    public string Language { get; }
    public string Path { get; private set; } = "";
    public string Html { get; private set; } = "";
    public HttpStatusCode Status { get; private set; }
    public string CacheControl { get; private set; } = "";

    /// <summary>The form that was sent last, for sending it again.</summary>
    public (string Action, List<KeyValuePair<string, string>> Fields) Sent { get; private set; }

    public string Heading => WebUtility.HtmlDecode(HeadingPattern().Match(Html) is { Success: true } m ? Tag().Replace(m.Groups["inner"].Value, "").Trim() : "");

    public Task<Browser> OpenAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path.StartsWith('/') ? path : $"/{Language}/{path}"));

    /// <summary>Fills the form and presses a button of it.</summary>
    /// <param name="button">The name and value of the button as <c>name=value</c>; null: the first.</param>
    public Task<Browser> PressAsync(string? button = null, params (string Name, string Value)[] typed) => PressInAsync("form", button, typed);

    public Task<Browser> PressInAsync(string id, string? button, params (string Name, string Value)[] typed)
    {
        var form = FormPattern().Matches(Html).FirstOrDefault(m => Attribute(m.Groups["tag"].Value, "id") == id) ?? throw new InvalidOperationException($"{Path} has no form '{id}':\n{Html}");
        var fields = Fields(form.Groups["inner"].Value, typed);
        if (button is not null)
        {
            Assert.Contains(ButtonPattern().Matches(form.Groups["inner"].Value), b => $"{Attribute(b.Value, "name")}={Attribute(b.Value, "value")}" == button);
            fields.Add(KeyValuePair.Create(button.Split('=')[0], button.Split('=')[1]));
        }
        Sent = (Attribute(form.Groups["tag"].Value, "action")!, fields);
        return PostAsync(Sent.Action, fields);
    }

    /// <summary>A form as it would be sent without a button, for sending it otherwise.</summary>
    public (string Action, List<KeyValuePair<string, string>> Fields) Drawn(string id = "form")
    {
        var form = FormPattern().Matches(Html).First(m => Attribute(m.Groups["tag"].Value, "id") == id);
        return (Attribute(form.Groups["tag"].Value, "action")!, Fields(form.Groups["inner"].Value, []));
    }

    public Task<Browser> SendAgainAsync() => PostAsync(Sent.Action, Sent.Fields);

    /// <summary>Sends the same form several times at once, as a double click does; the page that is shown stays.</summary>
    public async Task<IReadOnlyList<HttpStatusCode>> PostAtOnceAsync(string path, IReadOnlyList<KeyValuePair<string, string>> fields, int times) =>
        await Task.WhenAll(Enumerable.Range(0, times).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) };
            request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "same-origin");
            using var answer = await _http.SendAsync(request);
            return answer.StatusCode;
        }));

    public Task<Browser> PostAsync(string path, IEnumerable<KeyValuePair<string, string>> fields)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) };
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "same-origin");
        return SendAsync(request);
    }

    /// <summary>Fills a form with a file in it.</summary>
    public Task<Browser> UploadAsync(IEnumerable<(string Field, string Name, byte[] Bytes, string Type)> files, params (string Name, string Value)[] typed)
    {
        var form = FormPattern().Matches(Html).First(m => Attribute(m.Groups["tag"].Value, "id") == "form");
        Assert.Equal("multipart/form-data", Attribute(form.Groups["tag"].Value, "enctype"));
        var content = new MultipartFormDataContent();
        foreach (var (name, value) in Fields(form.Groups["inner"].Value, typed))
        {
            content.Add(new StringContent(value), name);
        }
        foreach (var (field, name, bytes, type) in files)
        {
            var part = new ByteArrayContent(bytes);
            part.Headers.ContentType = new(type);
            content.Add(part, field, name);
        }
        var request = new HttpRequestMessage(HttpMethod.Post, Attribute(form.Groups["tag"].Value, "action")) { Content = content };
        // So that the answer to what is far too large is read before the connection ends.
        request.Headers.ExpectContinue = files.Any(f => f.Bytes.Length > 8 * 1024 * 1024);
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "same-origin");
        return SendAsync(request);
    }

    /// <summary>Goes on in a session that was begun elsewhere.</summary>
    public void TakeSession(string token) => Take("muqeem", token);

    public void Take(string cookie, string value) => _cookies.Add(_http.BaseAddress!, new Cookie(cookie, value));

    /// <summary>Forgets the session, as a browser does when it was ended elsewhere.</summary>
    public void ForgetSession()
    {
        foreach (Cookie cookie in _cookies.GetAllCookies())
        {
            if (cookie.Name == "muqeem")
            {
                cookie.Expired = true;
            }
        }
    }

    public bool Shows(string text) => WebUtility.HtmlDecode(Html).Contains(text, StringComparison.Ordinal);

    /// <summary>What a text field holds.</summary>
    public string? Value(string field) => InputPattern().Matches(Html).FirstOrDefault(m => Attribute(m.Value, "name") == field) is { } input ? Attribute(input.Value, "value")
        : AreaPattern().Matches(Html).FirstOrDefault(m => Attribute(m.Groups["tag"].Value, "name") == field) is { } area ? WebUtility.HtmlDecode(area.Groups["inner"].Value).TrimStart('\n') : null;

    private async Task<Browser> SendAsync(HttpRequestMessage request)
    {
        using var first = request;
        var answer = await _http.SendAsync(request);
        for (var hops = 0; answer.Headers.Location is { } next; hops++)
        {
            Assert.True(hops < 8, $"{Path} redirects for ever.");
            answer.Dispose();
            answer = await _http.GetAsync(next);
        }
        Path = answer.RequestMessage!.RequestUri!.PathAndQuery;
        Status = answer.StatusCode;
        CacheControl = answer.Headers.CacheControl?.ToString() ?? "";
        Html = await answer.Content.ReadAsStringAsync();
        answer.Dispose();
        return this;
    }

    /// <summary>What a browser sends: fields as drawn, with what is typed in their place.</summary>
    private static List<KeyValuePair<string, string>> Fields(string form, (string Name, string Value)[] typed)
    {
        var fields = new List<KeyValuePair<string, string>>();
        foreach (Match input in InputPattern().Matches(form))
        {
            var (name, type) = (Attribute(input.Value, "name"), Attribute(input.Value, "type"));
            if (name is not null && type is not "file" && !typed.Any(t => t.Name == name) && (type is not ("radio" or "checkbox") || input.Value.Contains(" checked", StringComparison.Ordinal)))
            {
                fields.Add(KeyValuePair.Create(name, Attribute(input.Value, "value") ?? ""));
            }
        }
        foreach (Match area in AreaPattern().Matches(form))
        {
            if (Attribute(area.Groups["tag"].Value, "name") is { } name && !typed.Any(t => t.Name == name))
            {
                fields.Add(KeyValuePair.Create(name, WebUtility.HtmlDecode(area.Groups["inner"].Value).TrimStart('\n')));
            }
        }
        foreach (Match select in SelectPattern().Matches(form))
        {
            if (Attribute(select.Groups["tag"].Value, "name") is { } name && !typed.Any(t => t.Name == name))
            {
                fields.Add(KeyValuePair.Create(name, OptionPattern().Matches(select.Groups["inner"].Value).FirstOrDefault(o => o.Value.Contains(" selected", StringComparison.Ordinal)) is { } chosen ? Attribute(chosen.Value, "value") ?? "" : ""));
            }
        }
        fields.AddRange(typed.Select(t => KeyValuePair.Create(t.Name, t.Value)));
        return fields;
    }

    public static string? Attribute(string tag, string name) => Regex.Match(tag, $"\\b{name}=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)) is { Success: true } m ? WebUtility.HtmlDecode(m.Groups["value"].Value) : null;

    [GeneratedRegex("<form(?<tag>[^>]*)>(?<inner>.*?)</form>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FormPattern();

    [GeneratedRegex("<input[^>]*>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex InputPattern();

    [GeneratedRegex("<textarea(?<tag>[^>]*)>(?<inner>.*?)</textarea>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AreaPattern();

    [GeneratedRegex("<select(?<tag>[^>]*)>(?<inner>.*?)</select>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SelectPattern();

    [GeneratedRegex("<option[^>]*>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OptionPattern();

    [GeneratedRegex("<button[^>]*>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ButtonPattern();

    [GeneratedRegex("<h1[^>]*>(?<inner>.*?)</h1>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HeadingPattern();

    [GeneratedRegex("<[^>]*>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Tag();

    public void Dispose() => _http.Dispose();
}

/// <summary>Journeys that several tests begin with.</summary>
internal static class Journeys
{
    public const string Password = "a quiet river near 9 palms";

    /// <summary>Opens an account as a newcomer does, by the code that arrives at the stand-in's telephone.</summary>
    public static async Task<PersonInHand> OpenAccountAsync(this Browser browser, WholeWorld world, PersonInHand? who = null)
    {
        var hand = who ?? await world.NewcomerAsync();
        await browser.OpenAsync("register");
        await browser.PressAsync(null, ("have", "border"));
        await browser.PressAsync(null, Details(hand));
        Assert.EndsWith("/register/step", browser.Path);
        await browser.PressAsync("act=code", ("code", await world.CodeForAsync(hand.Mobile)));
        await browser.PressAsync("act=profile", ("place", "الرياض"));
        await browser.PressAsync("act=password", ("password", Password));
        await browser.PressAsync("act=skip");
        await browser.PressAsync("act=finish");
        Assert.EndsWith("/home", browser.Path);
        return hand;
    }

    public static (string, string)[] Details(PersonInHand hand)
    {
        var birth = hand.Birth.Split('-');
        return
        [
            ("number", hand.BorderNumber), ("birth.day", birth[2]), ("birth.month", birth[1]), ("birth.year", birth[0]),
            ("birth.calendar", hand.BirthCalendar.Equals("hijri", StringComparison.OrdinalIgnoreCase) ? "hijri" : "gregorian"), ("passport", hand.Mrz),
        ];
    }

    public static async Task SignInAsync(this Browser browser, WholeWorld world, PersonInHand hand)
    {
        var before = await world.CodesForAsync(hand.Mobile);
        await browser.PressAsync(null, ("number", hand.BorderNumber), ("password", Password));
        Assert.Contains("/sign-in/code", browser.Path);
        await browser.PressAsync(null, ("code", await world.CodeForAsync(hand.Mobile, before)));
    }

    /// <summary>The newest code at a telephone, later than those given.</summary>
    public static Task<string> CodeForAsync(this WholeWorld world, string mobile, IReadOnlyCollection<string>? before = null) =>
        WholeWorld.UntilAsync(async () => (await world.CodesForAsync(mobile)).FirstOrDefault(c => before?.Contains(c) != true), "a code arrives");

    public static async Task<IReadOnlyList<string>> CodesForAsync(this WholeWorld world, string mobile)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "inbox?to=" + Uri.EscapeDataString(mobile));
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await world.Sandbox.SendAsync(request);
        using var json = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return [.. json.RootElement.EnumerateArray().Select(m => Regex.Match(m.GetProperty("text").GetString()!, @"\b\d{6}\b", RegexOptions.None, TimeSpan.FromSeconds(1))).Where(m => m.Success).Select(m => m.Value)];
    }
}
