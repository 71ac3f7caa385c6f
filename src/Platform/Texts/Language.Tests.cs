using Muqeem.Kernel;
using Muqeem.Platform.Culture;
using NodaTime;

namespace Muqeem.Platform.Texts;

public class LanguageTests
{
    private static readonly TextCatalogue Catalogue = TextCatalogue.Of(typeof(Refusal).Assembly, typeof(TextCatalogue).Assembly);
    private static readonly Language Arabic = Catalogue.In("ar");
    private static readonly Language English = Catalogue.In("en");

    [Fact]
    public void Dates_have_the_name_of_the_month_and_the_digits_of_the_card()
    {
        var day = new LocalDate(2029, 3, 27);
        Assert.Equal("27 March 2029", English.Date(day));
        Assert.Equal("27 مارس 2029", Arabic.Date(day));
        Assert.Equal("27 March 2029 (12 Dhu al-Qadah 1450 AH)", English.DateInBoth(day));
        Assert.Equal("27 مارس 2029 (12 ذو القعدة 1450 هـ)", Arabic.DateInBoth(day));
        Assert.Equal("March 2029", English.Month(new YearMonth(2029, 3)));
    }

    [Fact]
    public void Outside_of_Umm_al_Qura_there_is_no_Hijri_date_and_no_fault()
    {
        Assert.Null(English.Hijri(new LocalDate(1800, 1, 1)));
        Assert.Null(English.Hijri(new LocalDate(2100, 1, 1)));
        Assert.Equal("1 January 2100", English.DateInBoth(new LocalDate(2100, 1, 1)));
        Assert.NotNull(English.Hijri(new LocalDate(1900, 5, 1)));
        Assert.NotNull(English.Hijri(new LocalDate(2077, 11, 1)));
    }

    [Fact]
    public void Hijri_days_agree_with_the_platforms_own_calendar()
    {
        var theirs = new System.Globalization.UmAlQuraCalendar();
        var names = Enumerable.Range(1, 12).Select(m => English.Text($"sys.hijri_month.{m}")).ToArray();
        for (var day = new LocalDate(1937, 3, 15); day < new LocalDate(2077, 10, 1); day = day.PlusDays(97))
        {
            var moment = day.ToDateTimeUnspecified();
            Assert.Equal($"{theirs.GetDayOfMonth(moment)} {names[theirs.GetMonth(moment) - 1]} {theirs.GetYear(moment)} AH", English.Hijri(day));
        }
    }

    [Fact]
    public void A_day_given_in_the_Hijri_calendar_is_shown_in_it_when_it_is_a_fact()
    {
        var day = new LocalDate(1450, 11, 12, CalendarSystem.UmAlQura);
        Assert.Equal("27 March 2029", English.Date(day));
        Assert.Equal("12 Dhu al-Qadah 1450 AH", English.Show(day, false, out _));
    }

    [Fact]
    public void Times_are_those_of_Riyadh()
    {
        var instant = Instant.FromUtc(2026, 12, 31, 22, 5);
        Assert.Equal("1 January 2027, 01:05", English.DateAndTime(instant));
        Assert.Equal("1 يناير 2027، 01:05", Arabic.DateAndTime(instant));
        Assert.Equal("01:05", Arabic.Time(instant));
    }

    [Fact]
    public void Amounts_name_the_currency_where_the_language_does()
    {
        Assert.Equal("SAR 650.00", English.Money(Money.Riyals(650)));
        Assert.Equal("650.00 ريال", Arabic.Money(Money.Riyals(650)));
        Assert.Equal("SAR 1,234,567.05", English.Money(new Money(123456705)));
        Assert.Equal("SAR -12.50", English.Money(Money.Riyals(-12.5m)));
    }

    [Theory]
    [InlineData(30, "30 seconds")]
    [InlineData(90, "1 minute")]
    [InlineData(3600, "60 minutes")]
    [InlineData(7300, "2 hours")]
    [InlineData(86400, "24 hours")]
    [InlineData(259200, "3 days")]
    public void A_span_is_told_in_its_largest_useful_unit(int seconds, string expected) => Assert.Equal(expected, English.Span(Duration.FromSeconds(seconds)));

    [Fact]
    public void A_period_names_what_is_not_zero()
    {
        Assert.Equal("1 year and 3 months", English.Span(new PeriodBuilder { Years = 1, Months = 3 }.Build()));
        Assert.Equal("سنة واحدة و3 أشهر", Arabic.Span(new PeriodBuilder { Years = 1, Months = 3 }.Build()));
        Assert.Equal("0 days", English.Span(Period.Zero));
    }

    [Fact]
    public void Lists_end_in_and()
    {
        Assert.Equal("", English.List([]));
        Assert.Equal("a", English.List(["a"]));
        Assert.Equal("a and b", English.List(["a", "b"]));
        Assert.Equal("a, b, c and d", English.List(["a", "b", "c", "d"]));
        Assert.Equal("أب، أم، ابن وبنت", Arabic.List(["أب", "أم", "ابن", "بنت"]));
    }

    [Fact]
    public void A_Latin_name_inside_Arabic_is_isolated_and_an_Arabic_one_is_not()
    {
        Assert.Equal("وصلنا ملفك: \u2068photo.jpg\u2069", Arabic.Text("sys.file.kept", ("name", "photo.jpg")));
        Assert.Equal("وصلنا ملفك: صورة", Arabic.Text("sys.file.kept", ("name", "صورة")));
        Assert.Equal("وصلنا ملفك: photo.jpg", Arabic.Bare("sys.file.kept", ("name", "photo.jpg")));
        Assert.Equal("We have your file: \u2068صورة\u2069", English.Text("sys.file.kept", ("name", "صورة")));
    }

    [Theory]
    [InlineData("+966501234567", true)]
    [InlineData("2026-11-22", true)]
    [InlineData("2000000008", false)]
    [InlineData("650.00", false)]
    [InlineData("12:30", false)]
    [InlineData("ريال", false)]
    public void Between_Arabic_letters_signs_would_leave_their_number(string value, bool isolated)
    {
        Assert.Equal(isolated, Bidi.NeedsIsolation(value, Direction.RightToLeft));
        Assert.Equal(value == "ريال", Bidi.NeedsIsolation(value, Direction.LeftToRight));
    }

    [Fact]
    public void The_first_strong_letter_gives_the_direction()
    {
        Assert.Equal(Direction.RightToLeft, Bidi.FirstStrong("12 محمد Asif"));
        Assert.Equal(Direction.LeftToRight, Bidi.FirstStrong("(Asif محمد"));
        Assert.Null(Bidi.FirstStrong("12-٣٤"));
    }

    [Fact]
    public void A_refusal_becomes_its_sentence() => Assert.Equal(English.Text("refusal.resident_number.missing"), English.Refusal(new Refusal("resident_number.missing")));

    [Fact]
    public void The_words_of_an_enumeration_are_found_by_its_name()
    {
        Assert.Equal("To decide your application", English.Word("sys.purpose", Privacy.Purpose.DecideCase));
        foreach (var language in (Language[])[Arabic, English])
        {
            Assert.All(Enum.GetValues<Privacy.Purpose>(), p => Assert.NotEmpty(language.Word("sys.purpose", p)));
            Assert.All(Enum.GetValues<ComparisonClass>(), c => Assert.NotEmpty(language.Word("sys.comparison_class", c)));
        }
    }

    [Fact]
    public void The_test_languages_are_long_accented_and_mirrored()
    {
        var pseudo = Catalogue.In("qps-ploc").Text("sys.error.page.404.body");
        var english = English.Text("sys.error.page.404.body");
        Assert.True(pseudo.Length >= english.Length * 1.3);
        Assert.DoesNotContain(pseudo, char.IsAsciiLetter);
        Assert.Equal("rtl", Catalogue.In("qps-plocm").Dir);
        Assert.Contains("2", Catalogue.In("qps-plocm").Text("sys.span.days", ("n", 2)), StringComparison.Ordinal);
    }
}
