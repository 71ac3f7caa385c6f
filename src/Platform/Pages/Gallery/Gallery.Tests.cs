using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Muqeem.Platform.Pages;

public partial class GalleryTests
{
    /// <summary>The whole design system as HTML. When a change is meant: MUQEEM_GOLDEN=write, and the difference is read in review.</summary>
    [Theory]
    [InlineData("ar", "")]
    [InlineData("en", "")]
    [InlineData("ar", "?errors=true")]
    [InlineData("en", "?errors=true")]
    public async Task The_gallery_looks_as_it_was_approved(string language, string query)
    {
        await using var site = await PageSite.OpenAsync();
        var (status, html) = await site.GetAsync($"/{language}/gallery{query}");
        Assert.Equal(200, status);
        var settled = Changing().Replace(html, "${kept}·");
        var golden = GoldenFile($"gallery.{language}{(query.Length > 0 ? ".errors" : "")}.html");
        if (Environment.GetEnvironmentVariable("MUQEEM_GOLDEN") == "write")
        {
            await File.WriteAllTextAsync(golden, settled);
        }
        Assert.Equal(await File.ReadAllTextAsync(golden), settled);
    }

    [Theory]
    [InlineData("ar")]
    [InlineData("en")]
    public async Task Every_label_hint_and_error_belongs_to_something_that_is_there(string language)
    {
        await using var site = await PageSite.OpenAsync();
        var (_, html) = await site.GetAsync($"/{language}/gallery?errors=true");
        var ids = Id().Matches(html).Select(m => m.Groups["id"].Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
        var named = Reference().Matches(html).SelectMany(m => m.Groups["ids"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal);
        Assert.True(named.Count > 25);
        Assert.Empty(named.Except(ids, StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_same_place_in_both_languages_has_the_same_structure()
    {
        await using var site = await PageSite.OpenAsync();
        var arabic = Tag().Matches((await site.GetAsync("/ar/gallery")).Html).Select(m => m.Groups["name"].Value).Where(n => n is not ("link" or "bdi")).ToList();
        var english = Tag().Matches((await site.GetAsync("/en/gallery")).Html).Select(m => m.Groups["name"].Value).Where(n => n is not ("link" or "bdi")).ToList();
        Assert.Equal(english, arabic);
    }

    [Fact]
    public async Task A_page_weighs_little_on_a_slow_line()
    {
        await using var site = await PageSite.OpenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ar/gallery");
        request.Headers.Add("Accept-Encoding", "br");
        using var answer = await site.Browser.SendAsync(request);
        // All components at once; a real page has a tenth of them.
        Assert.InRange((await answer.Content.ReadAsByteArrayAsync()).Length, 1000, 12 * 1024);
    }

    [Fact]
    public async Task The_card_says_specimen_and_its_code_is_black_on_white()
    {
        await using var site = await PageSite.OpenAsync();
        var (_, html) = await site.GetAsync("/ar/gallery");
        Assert.Contains("<strong>نموذج</strong>", html, StringComparison.Ordinal);
        Assert.Contains("fill=\"#fff\"", html, StringComparison.Ordinal);
        Assert.Contains("fill=\"#000\"", html, StringComparison.Ordinal);
    }

    private static string GoldenFile(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "golden", name);

    /// <summary>Tokens, operation ids and hashes of assets.</summary>
    [GeneratedRegex("""(?<kept>name="token" value="|name="operation" value="|/assets/[a-z0-9-]+\.)[^".]+""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Changing();

    [GeneratedRegex("""\sid="(?<id>[^"]+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Id();

    [GeneratedRegex("""\s(for|aria-labelledby|aria-describedby|data-pause-for|list|form)="(?<ids>[^"]+)"|href="\#(?<ids>[^"]+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Reference();

    [GeneratedRegex("<(?<name>[a-z0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Tag();
}
