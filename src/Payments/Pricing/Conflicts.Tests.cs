using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Payments.Pricing;

/// <summary>Where the sources contradict each other (domain reference, section 12) the other reading is another row, and never other code.</summary>
public class ConflictsTests
{
    private static readonly LocalDate Today = new(2026, 11, 22);
    private static readonly PolicySnapshot Baseline = PolicyBook.BaselineSnapshot();
    private static readonly Tariff Table = Tariff.Of(Baseline, Today);

    /// <summary>The table as it would be with other rows of these codes.</summary>
    private static Tariff With(Func<FeeRow, FeeRow> other) => new(2, [.. Table.Rows.Select(other)]);

    private static PolicySnapshot With(string code, string value) => new(2, Baseline.Rows.Select(r => r.Code == code ? r with { Value = value } : r));

    private static Money Of(Result<PriceLine> line) => line.Value.Amount;

    [Theory]
    [InlineData(3, 3, 0)]
    [InlineData(3, 4, 500)]
    // "Renew three days before": a fine from the second day before the last.
    [InlineData(-3, -3, 0)]
    [InlineData(-3, -2, 500)]
    [InlineData(0, 1, 500)]
    public void The_days_of_grace_of_a_renewal_are_a_number_in_its_row(int grace, int daysLate, int riyals) =>
        Assert.Equal(Money.Riyals(riyals), Of(With(r => r.Code == "LATE_RENEWAL" ? r with { GraceDays = grace } : r).ByOrdinal("LATE_RENEWAL", 1, Today, daysLate: daysLate)));

    [Theory]
    [InlineData(600, 12, 600)]
    [InlineData(650, 12, 650)]
    [InlineData(650, 24, 1_300)]
    public void A_household_workers_renewal_costs_what_its_row_says(int perYear, int months, int riyals) =>
        Assert.Equal(Money.Riyals(riyals), Of(With(r => r.Code == "IQAMA_DOMESTIC" ? r with { Amount = perYear } : r).ForTerm("IQAMA_DOMESTIC", months, Today)));

    [Theory]
    [InlineData("ERV_EXTEND_OUTSIDE_SINGLE", "2023-01-05", 100)]
    [InlineData("ERV_EXTEND_OUTSIDE_SINGLE", "2023-01-06", 200)]
    [InlineData("ERV_EXTEND_OUTSIDE_MULTIPLE", "2023-01-05", 200)]
    [InlineData("ERV_EXTEND_OUTSIDE_MULTIPLE", "2023-01-06", 400)]
    public void An_extension_from_outside_is_doubled_from_the_day_in_its_row_and_not_where_the_row_says_otherwise(string code, string day, int riyals)
    {
        var on = NodaTime.Text.LocalDatePattern.Iso.Parse(day).Value;
        Assert.Equal(Money.Riyals(riyals), Of(Table.ForTerm(code, 1, on)));
        var single = With(r => r.Code == code && r.From > new LocalDate(2022, 1, 1) ? r with { Amount = r.Amount / 2 } : r);
        Assert.Equal(Of(Table.ForTerm(code, 1, new LocalDate(2023, 1, 5))), Of(single.ForTerm(code, 1, on)));
    }

    [Theory]
    [InlineData("biometrics.from_age", 6, 15)]
    [InlineData("exit_reentry.max_stay_days", 365, 180)]
    [InlineData("case.objection_days", 60, 30)]
    public void An_age_or_a_number_of_days_on_which_sources_differ_is_a_row(string code, int ours, int theirs)
    {
        Assert.Equal(ours, Baseline.Get<int>(code, Today));
        Assert.Equal(theirs, With(code, theirs.ToString(System.Globalization.CultureInfo.InvariantCulture)).Get<int>(code, Today));
    }

    [Fact]
    public void Who_may_renew_from_outside_changes_on_a_day()
    {
        Assert.Empty(Baseline.Get<string[]>("renew.outside_categories", new LocalDate(2024, 12, 31)));
        Assert.Equal(["household_worker", "dependent"], Baseline.Get<string[]>("renew.outside_categories", new LocalDate(2025, 1, 1)));
    }

    [Theory]
    [InlineData("2022-05-31", 0)]
    [InlineData("2022-06-01", 3)]
    [InlineData("2024-01-15", 3)]
    [InlineData("2024-01-16", 0)]
    public void The_ban_for_not_returning_was_in_force_between_two_days(string day, int years) =>
        Assert.Equal(years, Baseline.Get<int>("entry_ban.no_return_years", NodaTime.Text.LocalDatePattern.Iso.Parse(day).Value));

    [Fact]
    public void A_fine_whose_amount_nobody_knows_is_refused_until_a_row_has_one()
    {
        Assert.Equal(Tariff.NotInForce, Table.ByOrdinal("VISIT_VISA_LATE_EXTENSION", 1, Today).Refusal?.Code);
        var known = With(r => r.Code == "VISIT_VISA_LATE_EXTENSION" ? r with { ByOrdinal = new Dictionary<int, decimal> { [1] = 500 } } : r);
        Assert.Equal(Money.Riyals(500), Of(known.ByOrdinal("VISIT_VISA_LATE_EXTENSION", 1, Today)));
    }

    [Theory]
    [InlineData("VISA_NOT_USED_NOT_CANCELLED")]
    [InlineData("LOST_NOT_REPORTED_24H")]
    [InlineData("ID_NOT_SHOWN")]
    [InlineData("DEPENDENT_WORKING")]
    public void A_fine_grows_with_each_time_and_stops_at_the_last_row(string code) =>
        Assert.Equal([1_000, 2_000, 3_000, 3_000], Enumerable.Range(1, 4).Select(n => (int)(Of(Table.ByOrdinal(code, n, Today)).Halalas / 100)));

    [Theory]
    [InlineData("PLATFORM_ERV_EXTEND", 90)]
    [InlineData("PLATFORM_IQAMA_ISSUE", 45)]
    [InlineData("PLATFORM_IQAMA_RENEW", 45)]
    [InlineData("PLATFORM_PASSPORT_UPDATE", 60)]
    [InlineData("PLATFORM_RESIDENT_REPORT", 25)]
    public void Only_the_platforms_own_charge_has_value_added_tax_in_it(string code, int before)
    {
        var row = Table.RowOn(code, Today)!;
        Assert.Equal((FeeKind.Platform, before * 1.15m), (row.Kind, row.Amount));
        Assert.Null(Table.PlatformFee(code, Today));
    }
}
