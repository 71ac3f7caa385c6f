using System.Net;

namespace Muqeem.Platform.Pages;

public class LanguagesTests
{
    [Theory]
    [InlineData(null, null, "/ar")]
    [InlineData("en-GB,en;q=0.9", null, "/en")]
    [InlineData("fr-FR", null, "/ar")]
    [InlineData("ur, ar;q=0.2, en;q=0.7", null, "/en")]
    [InlineData("en", "lang=ar", "/ar")]
    [InlineData("en", "lang=xx", "/en")]
    public async Task The_root_leads_to_the_readers_language(string? asked, string? cookie, string expected)
    {
        await using var site = await PageSite.OpenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        if (asked is not null)
        {
            request.Headers.Add("Accept-Language", asked);
        }
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }
        using var answer = await site.Browser.SendAsync(request);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(expected, answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task The_language_of_the_address_is_remembered()
    {
        await using var site = await PageSite.OpenAsync();
        using var answer = await site.Browser.GetAsync(new Uri("/en/gallery", UriKind.Relative));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("lang=", StringComparison.Ordinal));
        Assert.StartsWith("lang=en;", cookie, StringComparison.Ordinal);
        Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_language_that_is_not_offered_is_no_page()
    {
        await using var site = await PageSite.OpenAsync();
        Assert.Equal(404, (await site.GetAsync("/ur/gallery")).Status);
        Assert.Equal(404, (await site.GetAsync("/xx/gallery")).Status);
    }

    [Fact]
    public async Task The_switcher_keeps_the_page_and_its_query()
    {
        await using var site = await PageSite.OpenAsync();
        var (_, html) = await site.GetAsync("/en/gallery/404?from=queue&page=2");
        Assert.Contains("<a class=\"lang\" href=\"/ar/gallery/404?from=queue&amp;page=2\" lang=\"ar\" hreflang=\"ar\" dir=\"rtl\">العربية</a>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_switcher_keeps_what_is_typed_where_the_page_offers_that()
    {
        await using var site = await PageSite.OpenAsync();
        var (cookie, token) = await site.TokenAsync("/ar/gallery");
        var (_, html) = await site.GetAsync("/ar/gallery");
        Assert.Contains("<button class=\"lang\" form=\"form\" formaction=\"/en/gallery\" formnovalidate name=\"redraw\" value=\"1\"", html, StringComparison.Ordinal);
        using var answer = await site.PostAsync("/en/gallery", [new("token", token), new("redraw", "1"), new("name", "سارة"), new("who", "son"), new("family", "no")], cookie);
        var redrawn = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("<html lang=\"en\"", redrawn, StringComparison.Ordinal);
        Assert.Contains("value=\"سارة\"", redrawn, StringComparison.Ordinal);
        Assert.Contains("value=\"son\" checked", redrawn, StringComparison.Ordinal);
        Assert.DoesNotContain("value=\"me\" checked", redrawn, StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"errors\"", redrawn, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_two_languages_are_a_list_by_their_own_names()
    {
        await using var site = await PageSite.OpenAsync(configure: o => o.Languages = ["ar", "en", "qps-ploc", "qps-plocm"]);
        var (status, html) = await site.GetAsync("/qps-plocm/gallery/404");
        Assert.Equal(404, status);
        Assert.Contains("<html lang=\"qps-plocm\" dir=\"rtl\">", html, StringComparison.Ordinal);
        Assert.Contains("<details class=\"langs\">", html, StringComparison.Ordinal);
        Assert.Contains("href=\"/ar/gallery/404\" lang=\"ar\" hreflang=\"ar\" dir=\"rtl\">العربية</a>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_can_take_the_demonstrations_line_and_gallery_away()
    {
        await using var site = await PageSite.OpenAsync(configure: o => o.Demonstration = false);
        var (status, html) = await site.GetAsync("/en/gallery");
        Assert.Equal(404, status);
        Assert.DoesNotContain("class=\"demo\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_moved_clock_is_shown_on_every_page()
    {
        await using var site = await PageSite.OpenAsync(configure: o => o.ClockIsMoved = true);
        Assert.Contains("23 November 2026, 12:00", (await site.GetAsync("/en/nowhere")).Html, StringComparison.Ordinal);
    }
}
