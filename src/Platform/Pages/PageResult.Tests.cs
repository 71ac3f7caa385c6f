using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Muqeem.Platform.Pages;

public class PageResultTests
{
    [Fact]
    public async Task A_page_has_the_security_headers_and_is_never_stored()
    {
        await using var site = await PageSite.OpenAsync();
        using var answer = await site.Browser.GetAsync(new Uri("/ar/gallery", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        var policy = One(answer, "Content-Security-Policy");
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("base-uri 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", One(answer, "X-Content-Type-Options"));
        Assert.Equal("same-origin", One(answer, "Referrer-Policy"));
        Assert.Equal("same-origin", One(answer, "Cross-Origin-Opener-Policy"));
        Assert.Contains("camera=(self)", One(answer, "Permissions-Policy"), StringComparison.Ordinal);
        Assert.StartsWith("max-age=63072000", One(answer, "Strict-Transport-Security"), StringComparison.Ordinal);
        Assert.DoesNotContain(answer.Headers, h => h.Key.Contains("blazor", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_payment_page_is_a_place_where_forms_may_lead()
    {
        await using var site = await PageSite.OpenAsync(configure: o => o.FormDestinations.Add("https://pay.example"));
        using var answer = await site.Browser.GetAsync(new Uri("/en/gallery", UriKind.Relative));
        Assert.EndsWith("form-action 'self' https://pay.example", One(answer, "Content-Security-Policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arabic_letters_are_written_as_letters_and_markup_is_not()
    {
        await using var site = await PageSite.OpenAsync();
        var (_, html) = await site.GetAsync("/ar/gallery");
        Assert.Contains("<html lang=\"ar\" dir=\"rtl\">", html, StringComparison.Ordinal);
        Assert.Contains("بيانات جواز السفر", html, StringComparison.Ordinal);
        Assert.DoesNotContain("&#x6", html, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_was_typed_comes_back_as_text_and_never_as_markup()
    {
        await using var site = await PageSite.OpenAsync();
        var (cookie, token) = await site.TokenAsync("/en/gallery");
        using var answer = await site.PostAsync("/en/gallery", [new("token", token), new("name", "\"><script>alert(1)</script>"), new("reason", "</textarea><b>"), new("number", "٢٠")], cookie);
        var html = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
        Assert.DoesNotContain("</textarea><b>", html, StringComparison.Ordinal);
        Assert.Contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"", html, StringComparison.Ordinal);
        Assert.Contains("value=\"٢٠\"", html, StringComparison.Ordinal);
        Assert.Contains("<title>Error: ", html, StringComparison.Ordinal);
        Assert.Contains("href=\"#f-number\"", html, StringComparison.Ordinal);
        Assert.Contains("aria-invalid=\"true\" aria-describedby=\"f-number-hint f-number-error\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_HEAD_has_the_headers_of_its_GET_and_no_body()
    {
        await using var site = await PageSite.OpenAsync();
        using var get = await site.Browser.GetAsync(new Uri("/en/gallery/404", UriKind.Relative));
        using var request = new HttpRequestMessage(HttpMethod.Head, "/en/gallery/404");
        using var head = await site.Browser.SendAsync(request);
        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal((await get.Content.ReadAsByteArrayAsync()).Length, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        Assert.Equal(get.Headers.CacheControl, head.Headers.CacheControl);

        using var asset = new HttpRequestMessage(HttpMethod.Head, PageAssets.Url("muqeem.css"));
        using var style = await site.Browser.SendAsync(asset);
        Assert.Equal(HttpStatusCode.OK, style.StatusCode);
        Assert.True(style.Content.Headers.ContentLength > 1000);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task A_page_is_compressed_with_a_length_that_nobody_can_guess(string encoding)
    {
        await using var site = await PageSite.OpenAsync();
        var lengths = new HashSet<long>();
        var texts = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 12; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/en/gallery/404");
            request.Headers.Add("Accept-Encoding", encoding);
            using var answer = await site.Browser.SendAsync(request);
            Assert.Equal([encoding], answer.Content.Headers.ContentEncoding);
            Assert.Contains("Accept-Encoding", answer.Headers.Vary);
            var body = await answer.Content.ReadAsByteArrayAsync();
            lengths.Add(body.Length);
            await using var packed = new MemoryStream(body);
            await using Stream plain = encoding == "br" ? new BrotliStream(packed, CompressionMode.Decompress) : new GZipStream(packed, CompressionMode.Decompress);
            using var reader = new StreamReader(plain);
            texts.Add((await reader.ReadToEndAsync()).Split("</html>")[0]);
        }
        Assert.Single(texts);
        Assert.Contains("There is no such page", texts.Single(), StringComparison.Ordinal);
        Assert.True(lengths.Count > 1);
    }

    [Fact]
    public async Task Nothing_leaves_before_what_must_be_recorded_first()
    {
        var recorded = new TaskCompletionSource();
        await using var site = await PageSite.OpenAsync(pages => pages.MapGet("/record", () => PageResult.Error(404).After(recorded.Task)));
        var asked = site.GetAsync("/en/record");
        Assert.NotSame(asked, await Task.WhenAny(asked, Task.Run(() => Task.CompletedTask)));
        recorded.SetException(new IOException("The journal is gone."));
        var (status, html) = await asked;
        Assert.Equal(500, status);
        Assert.Contains("Something went wrong on our side", html, StringComparison.Ordinal);
        Assert.DoesNotContain("journal", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_for_everybody_may_be_kept_and_a_busy_one_says_when_to_return()
    {
        await using var site = await PageSite.OpenAsync(pages =>
        {
            pages.MapGet("/help", () => PageResult.Error(404).Public(TimeSpan.FromMinutes(5)));
            pages.MapGet("/busy", () => PageResult.Error(503).RetryAfter(TimeSpan.FromSeconds(12)));
        });
        using var help = await site.Browser.GetAsync(new Uri("/en/help", UriKind.Relative));
        Assert.Equal("public, max-age=300", help.Headers.CacheControl!.ToString());
        using var busy = await site.Browser.GetAsync(new Uri("/en/busy", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, busy.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(12), busy.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task Every_asset_that_a_page_names_is_there_for_ever()
    {
        await using var site = await PageSite.OpenAsync();
        var (_, html) = await site.GetAsync("/ar/gallery");
        var named = html.Split('"').Where(part => part.StartsWith("/assets/", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(named.Count >= 5);
        foreach (var address in named)
        {
            using var answer = await site.Browser.GetAsync(new Uri(address, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("public, max-age=31536000, immutable", answer.Headers.GetValues("Cache-Control").Single());
        }
        var (gone, _) = await site.GetAsync("/assets/muqeem.0000000000.css");
        Assert.Equal(404, gone);
    }

    private static string One(HttpResponseMessage answer, string header) => Assert.Single(answer.Headers.GetValues(header));
}
