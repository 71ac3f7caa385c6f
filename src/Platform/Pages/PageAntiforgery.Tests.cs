using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Muqeem.Platform.Pages;

public class PageAntiforgeryTests
{
    private static void Actions(RouteGroupBuilder pages)
    {
        // Reads no form: the framework's own check would let it through.
        pages.MapPost("/sign-out", () => Results.Text("signed out"));
        pages.MapPost("/save", async Task<IResult> (HttpContext http) => Results.Text($"saved {(await FormState.ReadAsync(http))["name"]}"));
    }

    [Fact]
    public async Task Signing_out_without_a_token_is_refused_although_it_reads_no_form()
    {
        await using var site = await PageSite.OpenAsync(Actions);
        using var answer = await site.PostAsync("/en/sign-out", []);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var empty = await site.Browser.PostAsync(new Uri("/en/sign-out", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.BadRequest, empty.StatusCode);
    }

    [Fact]
    public async Task A_form_of_ours_is_taken()
    {
        await using var site = await PageSite.OpenAsync(Actions);
        var (cookie, token) = await site.TokenAsync("/en/gallery");
        using var answer = await site.PostAsync("/en/save", [new("token", token), new("name", "سارة")], cookie, ("Sec-Fetch-Site", "same-origin"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("saved سارة", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    public async Task A_form_from_elsewhere_is_refused_even_with_a_stolen_token_and_nothing_of_it_is_shown(string header, string value)
    {
        await using var site = await PageSite.OpenAsync(Actions);
        var (cookie, token) = await site.TokenAsync("/en/gallery");
        using var answer = await site.PostAsync("/en/save", [new("token", token), new("name", "typed")], cookie, (header, value));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain("typed", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_that_was_open_too_long_keeps_what_was_typed_but_no_password()
    {
        await using var site = await PageSite.OpenAsync(Actions);
        using var answer = await site.PostAsync("/en/save", [new("token", "old"), new("name", "Sara"), new("password", "hidden words"), new("one-time-code", "123456")], null, ("Sec-Fetch-Site", "same-origin"));
        var html = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("<form method=\"post\" action=\"/en/save\"", html, StringComparison.Ordinal);
        Assert.Contains("name=\"name\" value=\"Sara\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden words", html, StringComparison.Ordinal);
        Assert.DoesNotContain("123456", html, StringComparison.Ordinal);

        // Its button sends them again with a good token.
        const string before = "name=\"token\" value=\"";
        var from = html.IndexOf(before, StringComparison.Ordinal) + before.Length;
        var cookie = answer.Headers.GetValues("Set-Cookie").First(c => c.StartsWith("form=", StringComparison.Ordinal)).Split(';')[0];
        using var again = await site.PostAsync("/en/save", [new("token", html[from..html.IndexOf('"', from)]), new("name", "Sara")], cookie);
        Assert.Equal("saved Sara", await again.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_browser_that_says_nothing_of_origin_gets_nothing_back()
    {
        await using var site = await PageSite.OpenAsync(Actions);
        using var answer = await site.PostAsync("/en/save", [new("name", "Sara")]);
        Assert.DoesNotContain("Sara", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_that_is_too_large_gets_a_page()
    {
        await using var site = await PageSite.OpenAsync(Actions);
        var (cookie, token) = await site.TokenAsync("/en/gallery");
        using var answer = await site.PostAsync("/en/save", [new("token", token), new("name", new string('x', 200_000))], cookie);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("This is too large to send", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
