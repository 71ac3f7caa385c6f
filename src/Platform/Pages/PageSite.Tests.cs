using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Texts;

namespace Muqeem.Platform.Pages;

/// <summary>A site with our pipeline in memory, its clock at noon of 23 November 2026 in Riyadh.</summary>
internal sealed class PageSite : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PageSite(WebApplication app)
    {
        _app = app;
        Browser = app.GetTestClient();
        Browser.BaseAddress = new Uri("https://localhost");
    }

    /// <summary>Follows nothing, keeps no cookies.</summary>
    public HttpClient Browser { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<PageSite> OpenAsync(Action<RouteGroupBuilder>? map = null, Action<PageOptions>? configure = null)
    {
        var options = new PageOptions { HelpPhone = "+966 11 000 0000" };
        configure?.Invoke(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(new Noon());
        builder.Services.AddSingleton(new TextOptions { ThrowWhenMissing = true });
        builder.Services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
        builder.Services.AddRouting(o => o.SetParameterPolicy<Microsoft.AspNetCore.Routing.Constraints.RegexInlineRouteConstraint>("regex"));
        builder.Services.AddPages(options);
        var app = builder.Build();
        app.UsePages();
        app.UseRouting();
        app.UsePageAntiforgery();
        var pages = app.MapPages();
        map?.Invoke(pages);
        app.MapGet("/api/fault", new RequestDelegate(_ => throw new InvalidOperationException("a fault of the API")));
        await app.StartAsync();
        return new PageSite(app);
    }

    /// <summary>A page of the site with its status.</summary>
    public async Task<(int Status, string Html)> GetAsync(string path)
    {
        using var answer = await Browser.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Draws a page, so that its token and cookie can be sent back.</summary>
    public async Task<(string Cookie, string Token)> TokenAsync(string path)
    {
        using var answer = await Browser.GetAsync(new Uri(path, UriKind.Relative));
        var html = await answer.Content.ReadAsStringAsync();
        var cookie = answer.Headers.GetValues("Set-Cookie").First(c => c.StartsWith("form=", StringComparison.Ordinal)).Split(';')[0];
        const string before = "name=\"token\" value=\"";
        var from = html.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return (cookie, html[from..html.IndexOf('"', from)]);
    }

    public async Task<HttpResponseMessage> PostAsync(string path, IEnumerable<KeyValuePair<string, string>> fields, string? cookie = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) };
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }
        return await Browser.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Browser.Dispose();
        await _app.DisposeAsync();
    }

    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);
    }
}
