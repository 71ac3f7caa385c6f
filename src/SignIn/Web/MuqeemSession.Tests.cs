using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Agencies;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Passwords;
using Muqeem.Tests;

namespace Muqeem.SignIn.Web;

/// <summary>The handler, the cookies and the setup in a real host, over HTTP.</summary>
public sealed class MuqeemSessionTests : IAsyncLifetime
{
    private readonly FolderForTest _folder = new();
    private KeyStore _keys = null!;
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        var options = await TestDatabase.EmptyAsync(DatabaseKind.Sqlite);
        _keys = KeyStore.Open(_folder.Data, null, _folder.Clock);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddDatabase(options);
        builder.Services.AddPrivacy(_folder.Data, new MovableClock(_folder.Data, _folder.Clock), _keys);
        builder.Services.AddSingleton<PolicyBook>();
        builder.Services.AddTexts(typeof(TextCatalogue).Assembly);
        builder.Services.AddRegistry();
        builder.Services.AddSingleton(AgencyCaller.Desk(AgencyCaller.NewSigner(), _folder.Clock));
        builder.Services.AddAgencies(builder.Configuration);
        builder.Services.AddBackground();
        builder.Services.AddSignIn();
        _app = builder.Build();
        _app.UseRouting();
        _app.UseRecordedReads();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.MapGet("/{lang}/home", (HttpContext context) => context.MustBeSignedIn().Account.ToString()).RequireAuthorization(Doors.Resident);
        _app.MapGet("/{lang}/records", () => "records").RequireAuthorization(Doors.Records);
        _app.MapGet("/{lang}/queue", () => "queue").RequireAuthorization(Doors.Officer);
        _app.MapGet("/api/me", (HttpContext context) => $"{context.MustBeSignedIn().Account} {context.CameByBearer()}").RequireAuthorization(Doors.SignedIn);
        _app.MapGet("/who", (HttpContext context) => context.SignedIn()?.Account.ToString() ?? "nobody");
        _app.MapPost("/in", async (HttpContext context, string account, bool shared, Sessions sessions) =>
        {
            var signedIn = await SessionForAsync(account, shared);
            SessionCookies.Set(context, signedIn);
            return signedIn.Token;
        });
        _app.MapPost("/out", async (HttpContext context, Sessions sessions) =>
        {
            await sessions.SignOutAsync(context.MustBeSignedIn(), Guid.CreateVersion7());
            SessionCookies.Clear(context);
        }).RequireAuthorization(Doors.SignedIn);
        await _app.Services.GetRequiredService<Db>().MigrateAsync(_folder.Clock);
        await _app.Services.GetRequiredService<PolicyBook>().ImportBaselineAsync(_app.Services.GetRequiredService<IWriter>());
        await _app.Services.GetRequiredService<PolicyBook>().LoadAsync();
        await _app.StartAsync();
        _http = _app.GetTestClient();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        _keys.Dispose();
        _folder.Dispose();
    }

    private IServiceProvider Services => _app.Services;

    // A session of an account that is there, without the way to it.
    private async Task<SignedIn> SessionForAsync(string kind, bool shared)
    {
        var clock = Services.GetRequiredService<TimeProvider>();
        var now = Kernel.Clock.Now(clock);
        var office = kind == "officer";
        var row = new AccountRow(Guid.CreateVersion7(), 0, Guid.CreateVersion7(), office ? "Office" : "Resident", kind == "limited" ? "Registered" : "Active", "None", office ? "Officer" : "", null, "en",
            await Services.GetRequiredService<PasswordHasher>().HashAsync("x y z x y z", default), now, now);
        var change = new Change(Requests.Own(clock, "test.open", row.PersonId, kind));
        change.Heads.Add(row.Next());
        var sessions = Services.GetRequiredService<Sessions>();
        var starting = await sessions.StartAsync(change, row, new("::1", null, "Test", "en"), shared, accountIsNew: true, default);
        Assert.IsType<WriteOutcome.Done>(await Services.GetRequiredService<IWriter>().WriteAsync(change));
        return sessions.Started(starting, shared ? null : Token.New(out _));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string? cookie = null, string? bearer = null, string scheme = "http")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{scheme}://localhost{path}");
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }
        request.Headers.Authorization = bearer is null ? null : new AuthenticationHeaderValue("Bearer", bearer);
        return await _http.SendAsync(request);
    }

    [Fact]
    public async Task The_cookie_is_host_only_secure_and_out_of_reach_of_scripts_on_https()
    {
        using var plain = await _http.PostAsync("http://localhost/in?account=full&shared=false", null);
        var cookies = plain.Headers.GetValues("Set-Cookie").ToList();
        Assert.All(cookies, cookie => Assert.Contains("path=/; samesite=lax; httponly", cookie.Split("; max-age")[0] + cookie, StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith("muqeem=", cookies[0]);
        Assert.DoesNotContain("max-age", cookies[0], StringComparison.OrdinalIgnoreCase);

        using var secure = await _http.PostAsync("https://localhost/in?account=full&shared=false", null);
        cookies = [.. secure.Headers.GetValues("Set-Cookie")];
        Assert.Equal(["__Host-muqeem", "__Host-muqeem-device"], cookies.Select(cookie => cookie.Split('=')[0]));
        Assert.All(cookies, cookie =>
        {
            Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("path=/", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        });
        // A name for the plain connection is none on https: a subdomain cannot plant it.
        var token = await plain.Content.ReadAsStringAsync();
        Assert.Equal("nobody", await (await GetAsync("/who", $"muqeem={token}", scheme: "https")).Content.ReadAsStringAsync());
        Assert.NotEqual("nobody", await (await GetAsync("/who", $"__Host-muqeem={token}", scheme: "https")).Content.ReadAsStringAsync());

        using var shared = await _http.PostAsync("https://localhost/in?account=full&shared=true", null);
        Assert.Single(shared.Headers.GetValues("Set-Cookie"));
    }

    [Fact]
    public async Task Pages_send_people_to_the_sign_in_and_back_and_the_api_says_401()
    {
        using var page = await GetAsync("/ur/home?tab=2");
        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
        Assert.Equal("/ur/sign-in?returnTo=%2Fur%2Fhome%3Ftab%3D2", page.Headers.Location!.OriginalString);
        using var api = await GetAsync("/api/me");
        Assert.Equal(HttpStatusCode.Unauthorized, api.StatusCode);
        Assert.Equal("Bearer", api.Headers.WwwAuthenticate.Single().Scheme);
        using var post = await _http.PostAsync("http://localhost/out", null);
        Assert.Equal("/ar/sign-in", post.Headers.Location!.OriginalString);
        using var wrong = await GetAsync("/en/home", bearer: "nonsense");
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
    }

    [Fact]
    public async Task Who_may_not_enter_sees_nothing_there()
    {
        var full = (await SessionForAsync("full", false)).Token;
        var limited = (await SessionForAsync("limited", false)).Token;
        var officer = (await SessionForAsync("officer", false)).Token;
        HttpStatusCode[] expected =
        [
            HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.NotFound,
            HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.NotFound,
            HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.OK,
        ];
        var seen = new List<HttpStatusCode>();
        foreach (var token in new[] { full, limited, officer })
        {
            foreach (var path in new[] { "/en/home", "/en/records", "/en/queue" })
            {
                seen.Add((await GetAsync(path, $"muqeem={token}")).StatusCode);
            }
        }
        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task The_same_token_is_good_as_bearer_and_a_wrong_header_is_not_mended_by_a_cookie()
    {
        var signedIn = await SessionForAsync("full", false);
        Assert.Equal($"{signedIn.Session.Account} True", await (await GetAsync("/api/me", bearer: signedIn.Token)).Content.ReadAsStringAsync());
        Assert.Equal($"{signedIn.Session.Account} False", await (await GetAsync("/api/me", cookie: $"muqeem={signedIn.Token}")).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("/api/me", cookie: $"muqeem={signedIn.Token}", bearer: Token.New(out _))).StatusCode);
    }

    [Fact]
    public async Task After_signing_out_the_token_is_worth_nothing()
    {
        var token = (await SessionForAsync("full", false)).Token;
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost/out");
        request.Headers.Add("Cookie", $"muqeem={token}");
        using var answer = await _http.SendAsync(request);
        Assert.Contains("expires=Thu, 01 Jan 1970", answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, (await GetAsync("/en/home", $"muqeem={token}")).StatusCode);
        Assert.Equal("nobody", await (await GetAsync("/who", $"muqeem={token}")).Content.ReadAsStringAsync());
    }

    [Fact]
    public void Every_service_of_the_setup_can_be_made()
    {
        foreach (var type in new[] { typeof(Accounts), typeof(Registration), typeof(SignIns), typeof(Sessions), typeof(Authenticator), typeof(RecoveryCodes), typeof(OfficeAccounts), typeof(ContactChanges), typeof(AddressChanges), typeof(AccessRecovery), typeof(AttemptBudgets), typeof(SignInPolicies) })
        {
            Assert.NotNull(Services.GetRequiredService(type));
        }
        Assert.Equal(10, Services.GetRequiredService<SignInPolicies>().Now.PasswordLength);
        Assert.Equal(new SignInLimits(), Services.GetRequiredService<SignInPolicies>().Now);
    }
}

public class VisitorTests
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64")]
    public void An_address_counts_as_its_network(string address, string network) => Assert.Equal(network, Visitor.Network(IPAddress.Parse(address)));

    [Theory]
    [InlineData("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36", "Chrome, Android")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1", "Safari, iPhone")]
    [InlineData("Mozilla/5.0 (Linux; Android 13; SM-A135F) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36", "Samsung Internet, Android")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0", "Firefox, Windows")]
    [InlineData("<script>alert(1)</script>", "")]
    public void A_browser_is_two_words_of_ours(string agent, string words) => Assert.Equal(words, Visitor.BrowserOf(agent));
}
