using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Kernel;

public class CalendarTests
{
    private static readonly LocalDate Switch = new(2023, 10, 31);

    [Fact]
    public void Our_umm_al_qura_is_the_one_of_dot_net_for_every_month()
    {
        var dotNet = new UmAlQuraCalendar();
        for (var year = HijriDate.FirstYear; year <= HijriDate.LastYear; year++)
        {
            for (var month = 1; month <= 12; month++)
            {
                Assert.Equal(dotNet.GetDaysInMonth(year, month), HijriDate.DaysInMonth(year, month));
                Assert.Equal(LocalDate.FromDateTime(dotNet.ToDateTime(year, month, 1, 0, 0, 0, 0)), new HijriDate(year, month, 1).ToGregorian());
            }
        }
        Assert.Equal(new LocalDate(1900, 4, 30), HijriDate.FirstDay);
        Assert.Equal(new LocalDate(2077, 11, 16), HijriDate.LastDay);
    }

    [Theory]
    [InlineData("2025-06-26", "1447-01-01")]
    [InlineData("2026-11-22", "1448-06-12")]
    [InlineData("1980-09-10", "1400-11-01")]
    public void Worked_days(string gregorian, string hijri) => Assert.Equal(hijri, HijriDate.Of(Day(gregorian)).ToString());

    [Fact]
    public void There_and_back_is_the_same_day() =>
        Prop.ForAll(Gen.Choose(0, Period.DaysBetween(HijriDate.FirstDay, HijriDate.LastDay)).ToArbitrary(), days =>
        {
            var day = HijriDate.FirstDay.PlusDays(days);
            return HijriDate.Of(day)!.Value.ToGregorian() == day;
        }).Holds();

    [Fact]
    public void Outside_the_table_there_is_no_hijri_day()
    {
        Assert.Null(HijriDate.Of(HijriDate.FirstDay.PlusDays(-1)));
        Assert.Null(HijriDate.Of(HijriDate.LastDay.PlusDays(1)));
        Assert.Equal(HijriDate.Range, HijriDate.Create(1317, 1, 1).Refusal!.Code);
        Assert.Equal(HijriDate.Range, HijriDate.Create(1501, 1, 1).Refusal!.Code);
    }

    [Fact]
    public void The_30th_of_muharram_1415_never_was()
    {
        var refusal = HijriDate.Create(1415, 1, 30).Refusal!;
        Assert.Equal(HijriDate.DayRange, refusal.Code);
        Assert.Equal(29, refusal.Facts["days"]);
        Assert.Equal(HijriDate.MonthRange, HijriDate.Create(1415, 13, 1).Refusal!.Code);
    }

    [Fact]
    public void Years_1447_and_1448_have_355_days() =>
        Assert.All([1447, 1448], year => Assert.Equal(355, Enumerable.Range(1, 12).Sum(m => HijriDate.DaysInMonth(year, m))));

    [Fact]
    public void A_year_counts_by_the_calendar_of_the_day_it_was_granted()
    {
        var start = new LocalDate(2026, 11, 22);
        Assert.Equal(new LocalDate(2027, 11, 11), Term.Grant(start, 12, Switch.PlusDays(-1), Switch).End);
        Assert.Equal(new LocalDate(2027, 11, 22), Term.Grant(start, 12, Switch, Switch).End);
    }

    [Theory]
    [InlineData("2024-01-31", 1, "2024-02-29")]
    [InlineData("2023-11-30", 3, "2024-02-29")]
    [InlineData("2024-02-29", 12, "2025-02-28")]
    [InlineData("2024-08-31", 6, "2025-02-28")]
    public void A_month_without_that_day_ends_on_its_last(string start, int months, string end) =>
        Assert.Equal(Day(end), Term.AddMonths(Day(start), months, CalendarKind.Gregorian));

    [Fact]
    public void A_hijri_term_from_the_30th_ends_on_the_29th_of_a_short_month()
    {
        // 1447-01 has 30 days, 1447-02 has 29.
        var start = new HijriDate(1447, 1, HijriDate.DaysInMonth(1447, 1)).ToGregorian();
        Assert.Equal(new HijriDate(1447, 2, HijriDate.DaysInMonth(1447, 2)), HijriDate.Of(Term.AddMonths(start, 1, CalendarKind.Hijri)));
    }

    [Fact]
    public void Extending_month_by_month_does_not_creep()
    {
        var term = new Term(new LocalDate(2024, 1, 31), 1, CalendarKind.Gregorian);
        Assert.Equal(new LocalDate(2024, 3, 31), term.Extend(1, CalendarKind.Gregorian).End);
        Assert.Equal(term.End, term.Extend(3, CalendarKind.Hijri).Start);
    }

    [Fact]
    public void A_term_holds_through_its_last_day()
    {
        var term = new Term(new LocalDate(2026, 1, 1), 3, CalendarKind.Gregorian);
        Assert.True(term.Covers(new LocalDate(2026, 4, 1)));
        Assert.False(term.Covers(new LocalDate(2026, 4, 2)));
    }

    [Fact]
    public void More_months_never_end_earlier() =>
        Prop.ForAll(Gen.Choose(0, 30_000).Zip(Gen.Choose(1, 119)).ToArbitrary(), x =>
        {
            var start = new LocalDate(1980, 1, 1).PlusDays(x.Item1);
            return Enum.GetValues<CalendarKind>().All(c => start.Year + 11 > 2077
                || Term.AddMonths(start, x.Item2, c) < Term.AddMonths(start, x.Item2 + 1, c));
        }).Holds();

    /// <summary>A Hijri month can have thirty days where February has twenty-eight; four Hijri months never have more than the shortest four of the other calendar.</summary>
    [Fact]
    public void From_four_months_on_the_Hijri_term_ends_first() =>
        Prop.ForAll(Gen.Choose(0, 30_000).Zip(Gen.Choose(1, 119)).ToArbitrary(), x =>
        {
            var start = new LocalDate(1980, 1, 1).PlusDays(x.Item1);
            var later = start.Year + 11 > 2077 ? 0 : Period.DaysBetween(Term.AddMonths(start, x.Item2, CalendarKind.Gregorian), Term.AddMonths(start, x.Item2, CalendarKind.Hijri));
            return later <= (x.Item2 < 4 ? 2 : 0);
        }).Holds();

    [Fact]
    public void A_short_Hijri_term_over_February_ends_later() =>
        Assert.Equal((Day("2057-03-03"), Day("2057-03-05")), (Term.AddMonths(Day("2057-02-03"), 1, CalendarKind.Gregorian), Term.AddMonths(Day("2057-02-03"), 1, CalendarKind.Hijri)));

    internal static LocalDate Day(string iso) => NodaTime.Text.LocalDatePattern.Iso.Parse(iso).Value;
}

public class BirthDateTests
{
    private static readonly LocalDate Today = new(2026, 11, 22);

    [Theory]
    [InlineData("12", "7", "1985", "1985-07-12")]
    [InlineData("١٢", "٠٧", "١٩٨٥", "1985-07-12")]
    [InlineData("12", "July", "1985", "1985-07-12")]
    [InlineData("12", "يوليو", "1985", "1985-07-12")]
    [InlineData("29", "2", "2000", "2000-02-29")]
    [InlineData("22", "11", "2026", "2026-11-22")]
    public void Three_boxes_make_a_date(string day, string month, string year, string expected) =>
        Assert.Equal(expected, BirthDate.Parse(day, month, year, CalendarKind.Gregorian, Today).Value.ToString());

    [Theory]
    [InlineData("1", "رمضان", "1405", "1405-09-01H")]
    [InlineData("29", "1", "1415", "1415-01-29H")]
    [InlineData("5", "جمادى الآخرة", "1410", "1410-06-05H")]
    [InlineData("5", "ذو القعدة", "1410", "1410-11-05H")]
    public void A_hijri_date_stays_hijri(string day, string month, string year, string expected) =>
        Assert.Equal(expected, BirthDate.Parse(day, month, year, CalendarKind.Hijri, Today).Value.ToString());

    [Theory]
    [InlineData("", "", "", BirthDate.Missing)]
    [InlineData("12", "7", "", BirthDate.YearMissing)]
    [InlineData("12", "", "1985", BirthDate.MonthMissing)]
    [InlineData("", "7", "1985", BirthDate.DayMissing)]
    [InlineData("30", "2", "1985", BirthDate.DayRange)]
    [InlineData("29", "2", "1985", BirthDate.DayRange)]
    [InlineData("0", "2", "1985", BirthDate.DayRange)]
    [InlineData("123", "2", "1985", BirthDate.DayRange)]
    [InlineData("12", "13", "1985", BirthDate.MonthRange)]
    [InlineData("12", "0", "1985", BirthDate.MonthRange)]
    [InlineData("12", "Xyz", "1985", BirthDate.Characters)]
    [InlineData("x", "7", "1985", BirthDate.Characters)]
    [InlineData("12", "7", "85", BirthDate.YearForm)]
    [InlineData("12", "7", "1405", BirthDate.LooksHijri)]
    [InlineData("23", "11", "2026", BirthDate.Future)]
    [InlineData("1", "1", "2030", BirthDate.Future)]
    [InlineData("1", "1", "1890", BirthDate.TooOld)]
    public void Each_fault_has_its_own_words(string day, string month, string year, string code) =>
        Assert.Equal(code, BirthDate.Parse(day, month, year, CalendarKind.Gregorian, Today).Refusal?.Code);

    [Theory]
    [InlineData("30", "1", "1415", BirthDate.DayRange)]
    [InlineData("1", "1", "1985", BirthDate.LooksGregorian)]
    [InlineData("1", "1", "1317", BirthDate.HijriRange)]
    [InlineData("13", "6", "1448", BirthDate.Future)]
    [InlineData("1", "1", "1500", BirthDate.Future)]
    public void Each_fault_of_a_hijri_date_has_its_own_words(string day, string month, string year, string code) =>
        Assert.Equal(code, BirthDate.Parse(day, month, year, CalendarKind.Hijri, Today).Refusal?.Code);

    [Fact]
    public void The_refusal_of_30_february_says_how_long_the_month_is()
    {
        var facts = BirthDate.Parse("30", "2", "1984", CalendarKind.Gregorian, Today).Refusal!.Facts;
        Assert.Equal(29, facts["days"]);
    }

    [Fact]
    public void Who_does_not_know_the_day_may_leave_it_empty_where_that_is_allowed()
    {
        var month = BirthDate.Parse("", "7", "1985", CalendarKind.Gregorian, Today, BirthPrecision.Month).Value;
        Assert.Equal((BirthPrecision.Month, "1985-07"), (month.Precision, month.ToString()));
        Assert.Equal((new LocalDate(1985, 7, 1), new LocalDate(1985, 7, 31)), (month.Earliest, month.Latest));
        var year = BirthDate.Parse(null, null, "1985", CalendarKind.Gregorian, Today, BirthPrecision.Year).Value;
        Assert.Equal(BirthPrecision.Year, year.Precision);
        Assert.Equal((40, 41), year.AgeOn(Today));
        Assert.Equal((41, 41), BirthDate.Of(new LocalDate(1985, 7, 12)).AgeOn(Today));
    }

    [Theory]
    [InlineData("1985-07-12", "1985-07-12")]
    [InlineData("12-07-1985", "1985-07-12")]
    [InlineData("12/07/1985", "1985-07-12")]
    [InlineData("07-1985", "1985-07")]
    [InlineData("1985-07-00", "1985-07")]
    [InlineData("1985-00-00", "1985")]
    [InlineData("1985", "1985")]
    [InlineData("1405-09-01H", "1405-09-01H")]
    [InlineData("01/09/1405 هـ", "1405-09-01H")]
    public void The_ways_of_records_are_read(string text, string expected)
    {
        var date = BirthDate.Read(text, CalendarKind.Gregorian, Today).Value;
        Assert.Equal(expected, date.ToString());
        Assert.Equal(date.ToString(), BirthDate.Read(date.ToString(), CalendarKind.Gregorian, Today).Value.ToString());
    }

    [Fact]
    public void What_is_stored_keeps_the_text_and_the_other_calendars_value_as_given()
    {
        var date = BirthDate.Of(new LocalDate(1980, 9, 10), BirthPrecision.Day, "1400-10-30");
        var back = JsonSerializer.Deserialize<BirthDate>(JsonSerializer.Serialize(date))!;
        Assert.Equal(date, back);
        Assert.Equal("1400-10-30", back.OtherText);
        Assert.Equal("١٢-٠٧-١٩٨٥", BirthDate.Read(" ١٢-٠٧-١٩٨٥ ", CalendarKind.Gregorian, Today).Value.Text);
        Assert.Equal("١٢-يوليو-١٩٨٥", BirthDate.Parse("١٢", "يوليو", "١٩٨٥", CalendarKind.Gregorian, Today).Value.Text);
    }

    [Theory]
    [InlineData("1985-07-12", "1985-07-12", ComparisonClass.Equal)]
    [InlineData("12/07/1985", "1985-07-12", ComparisonClass.Equal)]
    [InlineData("1985-12-07", "1985-07-12", ComparisonClass.SwappedDayMonth)]
    [InlineData("07-1985", "1985-07-12", ComparisonClass.LessPrecise)]
    [InlineData("1985", "1985-07", ComparisonClass.LessPrecise)]
    [InlineData("08-1985", "1985-07-12", ComparisonClass.Different)]
    [InlineData("1985-07-13", "1985-07-12", ComparisonClass.OneDigit)]
    [InlineData("1958-07-12", "1985-07-12", ComparisonClass.OneDigit)]
    [InlineData("1990-01-01", "1985-07-12", ComparisonClass.Different)]
    [InlineData("1405-10-24H", "1985-07-12", ComparisonClass.OtherCalendar)]
    [InlineData("1405-10-25H", "1985-07-12", ComparisonClass.OtherCalendar)] // a day's difference of old tables
    [InlineData("1405-10-29H", "1985-07-12", ComparisonClass.Different)]
    [InlineData("1405H", "1985", ComparisonClass.LessPrecise)]
    [InlineData(null, "1985-07-12", ComparisonClass.Missing)]
    public void Two_birth_dates_compare_as_an_officer_would(string? typed, string recorded, ComparisonClass expected) =>
        Assert.Equal(expected, DateComparison.Compare(typed is null ? null : Read(typed), Read(recorded)).Class);

    [Fact]
    public void What_the_source_says_in_the_other_calendar_counts_before_any_conversion()
    {
        var recorded = BirthDate.Of(new LocalDate(1985, 7, 12), BirthPrecision.Day, "20-10-1405");
        Assert.Equal(ComparisonClass.OtherCalendar, DateComparison.Compare(Read("1405-10-20H"), recorded).Class);
        Assert.Equal(ComparisonClass.Different, DateComparison.Compare(Read("1405-10-20H"), BirthDate.Of(new LocalDate(1985, 7, 12))).Class);
    }

    private static BirthDate Read(string text) => BirthDate.Read(text, CalendarKind.Gregorian, Today).Value;
}

public class NumberComparisonTests
{
    [Theory]
    [InlineData("A01234567", "A01234567", ComparisonClass.Equal)]
    [InlineData("a 0123 4567", "A01234567", ComparisonClass.EqualAfterFolding)]
    [InlineData("A01234568", "A01234567", ComparisonClass.OneDigit)]
    [InlineData("A01234576", "A01234567", ComparisonClass.OneDigit)]
    [InlineData("A0123456", "A01234567", ComparisonClass.OneDigit)]
    [InlineData("A012345567", "A01234567", ComparisonClass.OneDigit)]
    [InlineData("B01234568", "A01234567", ComparisonClass.Different)]
    [InlineData("", "A01234567", ComparisonClass.Missing)]
    public void A_slip_is_told_from_another_number(string typed, string recorded, ComparisonClass expected) =>
        Assert.Equal(expected, NumberComparison.Compare(typed, recorded).Class);

    [Fact]
    public void A_difference_is_shown_where_it_is()
    {
        var diff = NumberComparison.Compare("A01274567", "A01234567").Diff;
        Assert.Equal([new("A012", true), new("7", false), new("4567", true)], diff.Typed);
        Assert.Equal([new("A012", true), new("3", false), new("4567", true)], diff.Recorded);
    }

    [Fact]
    public void A_letter_and_its_marks_stay_together() =>
        Assert.Equal([new("مُ", false), new("حمد", true)], TextDiff.Between("مُحمد", "محمد").Typed);

    [Fact]
    public void The_spans_of_a_difference_spell_both_texts() =>
        Prop.ForAll<string, string>((a, b) =>
        {
            var diff = TextDiff.Between(a, b);
            return string.Concat(diff.Typed.Select(s => s.Text)) == (a ?? "")
                && string.Concat(diff.Recorded.Select(s => s.Text)) == (b ?? "")
                && string.Concat(diff.Typed.Where(s => s.Same).Select(s => s.Text)) == string.Concat(diff.Recorded.Where(s => s.Same).Select(s => s.Text));
        }).Holds();
}
