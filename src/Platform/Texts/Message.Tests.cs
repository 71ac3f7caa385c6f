using Muqeem.Platform.Culture;

namespace Muqeem.Platform.Texts;

public class MessageTests
{
    private static readonly TextCatalogue Catalogue = TextCatalogue.Of(typeof(TextCatalogue).Assembly);

    private static string Write(string language, string message, params (string Name, object? Value)[] facts) =>
        Catalogue.In(language).Write(Message.Parse(message), "test", MuqeemCulture.Of(language), new Facts(facts.AsSpan()), isolate: false);

    [Fact]
    public void Placeholders_are_filled_by_name() =>
        Assert.Equal("Pay 650 before noon", Write("en", "Pay {n} before {when}", ("when", "noon"), ("n", 650)));

    [Fact]
    public void A_year_is_not_grouped_and_a_count_is_when_the_text_asks_for_it()
    {
        Assert.Equal("2027", Write("en", "{n}", ("n", 2027)));
        Assert.Equal("12,027", Write("en", "{n, number}", ("n", 12027)));
        Assert.Equal("12,027 letters", Write("en", "{n, plural, one {# letter} other {# letters}}", ("n", 12027)));
    }

    [Theory]
    [InlineData(0, "no visits")]
    [InlineData(1, "1 visit")]
    [InlineData(2, "2 visits")]
    public void An_exact_number_wins_over_its_category(int n, string expected) =>
        Assert.Equal(expected, Write("en", "{n, plural, =0 {no visits} one {# visit} other {# visits}}", ("n", n)));

    [Fact]
    public void An_offset_counts_the_others() =>
        Assert.Equal("you and 2 others", Write("en", "{n, plural, offset:1 =1 {you} one {you and # other} other {you and # others}}", ("n", 3)));

    [Theory]
    [InlineData(0, "صفر")]
    [InlineData(1, "واحد")]
    [InlineData(2, "اثنان")]
    [InlineData(3, "قليل 3")]
    [InlineData(110, "قليل 110")]
    [InlineData(11, "كثير 11")]
    [InlineData(99, "كثير 99")]
    [InlineData(100, "غير ذلك 100")]
    [InlineData(102, "غير ذلك 102")]
    public void Arabic_has_six_forms(int n, string expected) =>
        Assert.Equal(expected, Write("ar", "{n, plural, zero {صفر} one {واحد} two {اثنان} few {قليل #} many {كثير #} other {غير ذلك #}}", ("n", n)));

    [Fact]
    public void A_select_chooses_by_word_and_falls_back_to_other()
    {
        const string message = "{sex, select, female {her} male {his} other {their}} ID";
        Assert.Equal("her ID", Write("en", message, ("sex", "female")));
        Assert.Equal("their ID", Write("en", message, ("sex", "unknown")));
        Assert.Equal("left", Write("en", "{d, select, left_to_right {left} other {right}}", ("d", Direction.LeftToRight)));
        Assert.Equal("yes", Write("en", "{b, select, true {yes} other {no}}", ("b", true)));
    }

    [Fact]
    public void Messages_nest() =>
        Assert.Equal("Sara has 2 sons", Write("en", "{who} has {sex, select, male {{n, plural, one {# son} other {# sons}}} other {# children}}", ("who", "Sara"), ("sex", "male"), ("n", 2)));

    [Theory]
    [InlineData("It's here", "It's here")]
    [InlineData("a '{b}' c", "a {b} c")]
    [InlineData("the lines 'P<PAK'", "the lines 'P<PAK'")]
    [InlineData("P<PAK<<", "P<PAK<<")]
    [InlineData("two '' make one", "two ' make one")]
    [InlineData("{n, plural, other {'#' #}}", "# 5")]
    [InlineData("'<b>' is text", "<b> is text")]
    public void An_apostrophe_quotes_only_what_means_something(string message, string expected) =>
        Assert.Equal(expected, Write("en", message, ("n", 5)));

    [Fact]
    public void A_slot_shows_its_words() =>
        Assert.Equal("Read the rules first", Write("en", "Read <link>the {what}</link> first", ("what", "rules")));

    [Theory]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("{n")]
    [InlineData("{n, }")]
    [InlineData("{n, date}")]
    [InlineData("{n, plural, one {x}}")]
    [InlineData("{n, plural, some {x} other {y}}")]
    [InlineData("{n, plural, one {x} one {y} other {z}}")]
    [InlineData("{n, plural, =x {x} other {y}}")]
    [InlineData("{g, select, a {x}}")]
    [InlineData("<link>not closed")]
    [InlineData("<link>crossed</other>")]
    [InlineData("closed only</link>")]
    [InlineData("<a>{n, plural, other {</a>}}")]
    [InlineData("'{ not closed")]
    public void A_malformed_text_is_refused_when_it_is_read(string message) =>
        Assert.Throws<FormatException>(() => Message.Parse(message));

    [Fact]
    public void All_parts_are_found_at_any_depth()
    {
        var names = Message.Parse("{a} <s>{b, plural, =1 {{c}} other {{d}}}</s> {e, select, x {{f}} other {}}").All()
            .OfType<Message.Argument>().Select(a => a.Name);
        Assert.Equal(["a", "c", "d", "f"], names);
    }
}
