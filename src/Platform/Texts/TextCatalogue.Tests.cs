using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Muqeem.Platform.Culture;

namespace Muqeem.Platform.Texts;

/// <summary>What must hold for every text of every project.</summary>
public partial class TextCatalogueTests
{
    /// <summary>All texts of the product: every Muqeem assembly that lies beside the tests.</summary>
    public static readonly TextCatalogue Everything = TextCatalogue.Of(Directory.GetFiles(AppContext.BaseDirectory, "Muqeem.*.dll")
        .Where(file => Path.GetFileName(file) is not ("Muqeem.Tests.dll" or "Muqeem.EndToEnd.dll"))
        .Select(file => Assembly.Load(AssemblyName.GetAssemblyName(file))));

    [Fact]
    public void Arabic_and_English_have_the_same_keys()
    {
        var arabic = Everything.Raw("ar").Keys.ToHashSet(StringComparer.Ordinal);
        var english = Everything.Raw("en").Keys.ToHashSet(StringComparer.Ordinal);
        Assert.Empty(arabic.Except(english, StringComparer.Ordinal));
        Assert.Empty(english.Except(arabic, StringComparer.Ordinal));
        Assert.True(arabic.Count > 200);
    }

    [Fact]
    public void Keys_are_dotted_words() =>
        Assert.DoesNotContain(Everything.Raw("en").Keys, key => !Key().IsMatch(key));

    [Fact]
    public void Both_languages_fill_the_same_placeholders_and_slots()
    {
        var wrong = Everything.Raw("en").Keys.Where(key => !Names("en", key).SetEquals(Names("ar", key))).ToList();
        // A form for one or two may leave the number to the word; the number must still be there in the whole.
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_plural_has_exactly_the_forms_of_its_language()
    {
        var wrong = new List<string>();
        foreach (var language in Everything.Languages)
        {
            var needed = MuqeemCulture.Of(language).PluralCategories.ToHashSet();
            wrong.AddRange(from text in Everything.Messages(language)
                           from plural in text.Value.All().OfType<Message.Plural>()
                           where !needed.SetEquals(plural.Forms.Keys)
                           select $"{language} {text.Key}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Digits_are_those_of_the_card_in_every_language() =>
        Assert.Empty(from language in Everything.Languages
                     from text in Everything.Raw(language)
                     where text.Value.Any(c => char.IsDigit(c) && !char.IsAsciiDigit(c))
                     select $"{language} {text.Key}");

    [Fact]
    public void No_text_carries_invisible_direction_marks_or_markup() =>
        Assert.Empty(from language in Everything.Languages
                     from text in Everything.Raw(language)
                     where text.Value.Any(c => c is '\u200E' or '\u200F' or '\u061C' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\uFEFF')
                        || text.Value.Contains("&nbsp;", StringComparison.Ordinal) || text.Value.Contains("<br", StringComparison.Ordinal)
                     select $"{language} {text.Key}");

    [Fact]
    public void No_text_is_empty_or_padded() =>
        Assert.Empty(from language in Everything.Languages
                     from text in Everything.Raw(language)
                     where text.Value.Length == 0 || text.Value != text.Value.Trim() || text.Value.Contains("  ", StringComparison.Ordinal)
                     select $"{language} {text.Key}");

    [Fact]
    public void Arabic_is_written_in_Arabic_letters_but_for_what_programmers_must_type()
    {
        var foreign = from text in Everything.Messages("ar")
                      let letters = string.Concat(text.Value.All().OfType<Message.Literal>().Select(l => l.Text)).Where(char.IsLetter).ToList()
                      where letters.Count > 0 && !text.Key.StartsWith("api.", StringComparison.Ordinal) && !text.Key.StartsWith("developers.", StringComparison.Ordinal) && !Loanword().IsMatch(Everything.Raw("ar")[text.Key])
                      let share = letters.Count(c => c is >= '\u0600' and <= '\u06FF') / (double)letters.Count
                      where share < 0.9
                      select $"{text.Key}: {Everything.Raw("ar")[text.Key]}";
        Assert.Empty(foreign);
    }

    [Fact]
    public void English_is_written_in_Latin_letters() =>
        Assert.Empty(from text in Everything.Raw("en") where text.Value.Any(c => char.IsLetter(c) && c > '\u024F') && !text.Key.Contains("arabic", StringComparison.OrdinalIgnoreCase) select text.Key);

    [Fact]
    public void Nothing_in_Arabic_is_a_copy_of_the_English() =>
        Assert.Empty(from text in Everything.Raw("en")
                     where text.Value == Everything.Raw("ar")[text.Key] && text.Value.Any(char.IsLetter) && Everything.Messages("en")[text.Key].All().OfType<Message.Literal>().Any(l => l.Text.Any(char.IsLetter))
                     select text.Key);

    [Theory]
    [InlineData("iqama number", "رقم الإقامة")]
    [InlineData("border number", "رقم الحدود")]
    [InlineData("final exit", "خروج نهائي|الخروج النهائي")]
    [InlineData("National Address", "العنوان الوطني|عنوانك الوطني|عنوانه الوطني|عنوان وطني")]
    [InlineData("one-time code", "رمز التحقق|رمز تحقق|الرمز")]
    public void The_words_of_the_glossary_are_used(string english, string arabic)
    {
        var allowed = new Regex(arabic, RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.Empty(from text in Everything.Raw("en")
                     where text.Value.Contains(english, StringComparison.OrdinalIgnoreCase) && !allowed.IsMatch(Everything.Raw("ar")[text.Key])
                     select $"{text.Key}: {Everything.Raw("ar")[text.Key]}");
    }

    [Fact]
    public void Every_key_that_code_or_a_page_names_is_there()
    {
        var known = Everything.Raw("en").Keys.ToHashSet(StringComparer.Ordinal);
        var sources = SourceFiles().Where(f => !f.EndsWith(".Tests.cs", StringComparison.Ordinal)).ToList();
        var named = (from file in sources
                     from Match match in NamedKey().Matches(File.ReadAllText(file))
                     select (File: Path.GetFileName(file), Key: match.Groups["key"].Value)).ToList();
        Assert.True(named.Count > 80);
        Assert.Empty(from name in named where !known.Contains(name.Key) select $"{name.File}: {name.Key}");
    }

    private static IEnumerable<string> SourceFiles([CallerFilePath] string here = "") =>
        Directory.EnumerateFiles(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../..")), "*.*", SearchOption.AllDirectories)
            .Where(f => (f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal)) && !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    [Fact]
    public void A_missing_text_shows_its_key_and_is_counted_or_throws_where_that_is_asked_for()
    {
        var lenient = new TextCatalogue([new TextSource(typeof(TextCatalogue).Assembly)], new TextOptions());
        Assert.Equal("⟦no.such.key⟧", lenient.In("ar").Text("no.such.key"));
        Assert.Equal("⟦label⟧ (optional)", lenient.In("en").Text("sys.optional"));
        Assert.Contains(("ar", "no.such.key"), lenient.Missing);
        Assert.Contains(("en", "sys.optional {label}"), lenient.Missing);
        Assert.Throws<InvalidOperationException>(() => Everything.In("ar").Text("no.such.key"));
        Assert.Throws<InvalidOperationException>(() => Everything.In("en").Text("sys.optional"));
    }

    [Fact]
    public void A_language_without_texts_of_its_own_falls_back_to_English_and_that_is_counted()
    {
        var lenient = new TextCatalogue([new TextSource(typeof(TextCatalogue).Assembly)], new TextOptions());
        Assert.Equal("2 days", lenient.In("ur").Text("sys.span.days", ("n", 2)));
        Assert.Contains(("ur", "sys.span.days"), lenient.Missing);
    }

    private static HashSet<string> Names(string language, string key) => Everything.Messages(language)[key].All().Select(part => part switch
    {
        Message.Argument argument => argument.Name,
        Message.Plural plural => plural.Name,
        Message.Select select => select.Name,
        Message.Slot slot => $"<{slot.Name}>",
        _ => "",
    }).Where(name => name.Length > 0).ToHashSet(StringComparer.Ordinal);

    [GeneratedRegex(@"^[a-z][a-z0-9_-]*(\.[A-Za-z0-9_-]+)+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Key();

    /// <summary>A whole key as a literal argument: not the beginning of one that is put together.</summary>
    [GeneratedRegex("""\.(Text|Html|Bare)\(\s*"(?<key>[a-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+)"(?!\s*\+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamedKey();

    /// <summary>Texts that must show Latin letters: what is printed in a passport, formats, names of things.</summary>
    [GeneratedRegex(@"P<|@|\b[A-Z0-9]{2,}\b", RegexOptions.None, 1000)]
    private static partial Regex Loanword();
}
