using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Muqeem.Platform.Pages;

/// <summary>What must hold for the style sheet, the scripts and all markup of the product.</summary>
public partial class DesignSystemTests
{
    private static readonly string Sheet = Encoding.UTF8.GetString(PageAssets.Content("muqeem.css"));

    [Fact]
    public void The_style_sheet_names_no_left_and_no_right() =>
        Assert.Empty(Physical().Matches(Sheet).Select(m => m.Value));

    [Fact]
    public void At_most_two_rules_are_written_for_one_direction() =>
        Assert.InRange(Sheet.Split("[dir=rtl]").Length - 1, 0, 2);

    [Fact]
    public void The_style_sheet_and_each_island_stay_small()
    {
        Assert.InRange(PageAssets.SizeInBrotli("muqeem.css"), 1000, 6 * 1024);
        foreach (var script in PageAssets.Names.Where(n => n.EndsWith(".js", StringComparison.Ordinal)))
        {
            Assert.InRange(PageAssets.SizeInBrotli(script), 1, 5 * 1024);
        }
    }

    [Fact]
    public void Both_Arabic_fonts_together_are_a_light_load() =>
        Assert.InRange(PageAssets.Content("muqeem-arabic-400.woff2").Length + PageAssets.Content("muqeem-arabic-700.woff2").Length, 1, 30 * 1024);

    [Fact]
    public void Old_browsers_find_no_rule_that_they_would_drop_whole()
    {
        Assert.DoesNotContain(":has(", Sheet, StringComparison.Ordinal);
        Assert.DoesNotContain("@layer", Sheet, StringComparison.Ordinal);
        Assert.DoesNotContain("&", Sheet, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_font_is_ours_and_under_another_name_than_the_reserved_one()
    {
        Assert.DoesNotContain("Plex", Sheet, StringComparison.Ordinal);
        Assert.DoesNotContain("://", Sheet, StringComparison.Ordinal);
        Assert.Matches("""url\("muqeem-arabic-400\.[0-9a-f]{10}\.woff2"\)""", Sheet);
        Assert.Contains("SIL Open Font License", Encoding.UTF8.GetString(PageAssets.Content("muqeem-arabic.licence.txt")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void No_page_writes_styles_scripts_or_handlers_into_its_markup()
    {
        var wrong = from file in RazorFiles()
                    from Match match in Inline().Matches(File.ReadAllText(file))
                    select $"{Path.GetFileName(file)}: {match.Value}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void No_page_carries_words_of_its_own()
    {
        // Between tags: text in Arabic or two Latin words in a row, outside of code, comments and what the gallery shows as data.
        var wrong = from file in RazorFiles()
                    let markup = Code().Replace(Comment().Replace(File.ReadAllText(file), ""), "")
                    from Match match in BareWords().Matches(markup)
                    select $"{Path.GetFileName(file)}: {match.Value}";
        Assert.Empty(wrong);
    }

    private static IEnumerable<string> RazorFiles([CallerFilePath] string here = "")
    {
        var files = Directory.GetFiles(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../..")), "*.razor", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)).ToList();
        Assert.True(files.Count > 30);
        return files;
    }

    [GeneratedRegex(@"(?<![\w-])(margin|padding|border)-(left|right)|(?<![\w-])(left|right)\s*:|text-align\s*:\s*(left|right)|float\s*:|clear\s*:\s*(left|right)|border-(top|bottom)-(left|right)-radius", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Physical();

    [GeneratedRegex(@"\sstyle=""|<style|<script(?!\s+src=)|\son[a-z]+=""|javascript:", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Inline();

    [GeneratedRegex(@"@\*.*?\*@", RegexOptions.Singleline, 1000)]
    private static partial Regex Comment();

    [GeneratedRegex(@"@code\s*\{.*\z", RegexOptions.Singleline, 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@">\s*[A-Za-z]{2,} [a-z]{2,}[^<@{]*<|>[^<@{]*[\u0621-\u064A]{2,}[^<@{]*<", RegexOptions.None, 1000)]
    private static partial Regex BareWords();
}
