using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Payments.Pricing;

public class TariffTests
{
    private static readonly LocalDate Today = new(2026, 11, 22);
    private static readonly Tariff Table = Tariff.Of(PolicyBook.BaselineSnapshot(), Today);
    private static readonly EstablishmentBalance MoreForeigners = new(30, 12);

    private static Money Total(params Result<PriceLine>?[] parts)
    {
        var quote = Quote.Of(parts);
        Assert.Empty(quote.Refusals);
        return quote.Total;
    }

    [Theory]
    [InlineData("ERV_SINGLE", 1, 200)]
    [InlineData("ERV_SINGLE", 2, 200)]
    [InlineData("ERV_SINGLE", 5, 500)]
    [InlineData("ERV_MULTIPLE", 3, 500)]
    [InlineData("ERV_MULTIPLE", 6, 1100)]
    public void An_exit_and_re_entry_visa_costs_its_first_block_and_each_further_month(string code, int months, int riyals) =>
        Assert.Equal(Money.Riyals(riyals), Total(Table.ForStay(code, months, Today)));

    [Fact]
    public void A_commercial_worker_for_a_year_where_foreigners_are_the_majority_costs_10350() =>
        Assert.Equal(Money.Riyals(10_350), Total(
            Table.ForTerm("IQAMA_COMMERCIAL", 12, Today), Table.ForTerm("WORK_PERMIT_BASE", 12, Today), Table.ForeignWorkerLevy(12, MoreForeigners, [], Today)));

    [Fact]
    public void A_commercial_worker_for_three_months_costs_2588() =>
        Assert.Equal(Money.Riyals(2_588), Total(
            Table.ForTerm("IQAMA_COMMERCIAL", 3, Today), Table.ForTerm("WORK_PERMIT_BASE", 3, Today), Table.ForeignWorkerLevy(3, MoreForeigners, [], Today)));

    [Fact]
    public void Three_dependents_for_a_year_cost_14400() =>
        Assert.Equal(Money.Riyals(14_400), Total(Table.DependentLevy([12, 12, 12], Today)));

    [Fact]
    public void A_second_late_renewal_under_an_industrial_licence_costs_1750() =>
        Assert.Equal(Money.Riyals(1_750), Total(
            Table.ForTerm("IQAMA_COMMERCIAL", 12, Today), Table.ForTerm("WORK_PERMIT_BASE", 12, Today),
            Table.ForeignWorkerLevy(12, MoreForeigners, ["industrial_licence"], Today), Table.ByOrdinal("LATE_RENEWAL", 2, Today, daysLate: 10)));

    [Fact]
    public void A_lost_card_with_seven_months_left_costs_1500() =>
        Assert.Equal(Money.Riyals(1_500), Total(Table.ByOrdinal("LOST_ID", 1, Today), Table.ForReplacement("IQAMA_REPLACE_LOST_FEE", 7, Today)));

    [Fact]
    public void A_household_workers_third_transfer_costs_6000_and_the_fourth_no_more()
    {
        Assert.Equal(Money.Riyals(6_000), Total(Table.ByOrdinal("TRANSFER_SPONSORSHIP", 3, Today)));
        Assert.Equal(Money.Riyals(6_000), Total(Table.ByOrdinal("TRANSFER_SPONSORSHIP", 4, Today)));
    }

    [Theory]
    [InlineData(3, 163)]
    [InlineData(6, 325)]
    [InlineData(9, 488)]
    [InlineData(12, 650)]
    [InlineData(24, 1300)]
    public void The_permit_of_a_commercial_worker_follows_its_table_and_two_years_are_two_years(int months, int riyals) =>
        Assert.Equal(Money.Riyals(riyals), Total(Table.ForTerm("IQAMA_COMMERCIAL", months, Today)));

    [Theory]
    [InlineData(3, "162.5", 163)]
    [InlineData(1, "54.16", 54)]
    [InlineData(9, "487.5", 488)]
    public void A_half_riyal_of_a_part_year_goes_up(int months, string exact, int riyals)
    {
        Assert.NotNull(exact);
        var perYear = new Tariff(7, [new FeeRow { Code = "X", Per = "year", Amount = 650 }]);
        Assert.Equal(Money.Riyals(riyals), perYear.ForTerm("X", months, Today).Value.Amount);
    }

    [Fact]
    public void A_term_that_is_not_offered_is_refused_and_says_which_are()
    {
        var refusal = Table.ForTerm("IQAMA_DOMESTIC", 6, Today).Refusal;
        Assert.Equal(Tariff.TermNotOffered, refusal?.Code);
        Assert.Equal("12, 24", refusal?.Facts["offered"]);
    }

    [Fact]
    public void Renewal_from_outside_doubles_the_permit_of_a_household_worker_but_not_of_a_commercial_one()
    {
        Assert.Equal(Money.Riyals(1_200), Total(Table.ForTerm("IQAMA_DOMESTIC", 12, Today, outside: true)));
        Assert.Equal(Money.Riyals(650), Total(Table.ForTerm("IQAMA_COMMERCIAL", 12, Today, outside: true)));
        Assert.Equal(Money.Riyals(600), Total(Table.ForTerm("IQAMA_DOMESTIC", 12, new LocalDate(2023, 1, 5), outside: true)));
        Assert.Equal("fee.remark.outside", Table.ForTerm("IQAMA_DOMESTIC", 12, Today, outside: true).Value.RemarkKey);
    }

    [Theory]
    [InlineData("2012-11-15", 200, 0)]
    [InlineData("2018-06-30", 400, 300)]
    [InlineData("2019-12-31", 600, 500)]
    [InlineData("2020-01-01", 800, 700)]
    public void The_levy_is_that_of_the_day(string day, int majority, int minority)
    {
        var on = NodaTime.Text.LocalDatePattern.Iso.Parse(day).Value;
        Assert.Equal(Money.Riyals(majority), Total(Table.ForeignWorkerLevy(1, new(11, 10), [], on)));
        Assert.Equal(Money.Riyals(minority), Total(Table.ForeignWorkerLevy(1, new(10, 10), [], on)));
    }

    [Fact]
    public void An_exempt_levy_stays_as_a_zero_line_that_names_its_ground()
    {
        var line = Table.ForeignWorkerLevy(12, MoreForeigners, ["special_community_burmese"], Today).Value;
        Assert.Equal(Money.Zero, line.Amount);
        Assert.Equal("fee.remark.exempt", line.RemarkKey);
        Assert.Equal("special_community_burmese", line.Facts["ground"]);
        Assert.Equal(Money.Riyals(9_600), Total(Table.ForeignWorkerLevy(12, MoreForeigners, ["unheard_of"], Today)));
    }

    [Fact]
    public void The_industrial_exemption_does_not_reach_back_before_its_first_day() =>
        Assert.NotEqual(Money.Zero, Total(Table.ForeignWorkerLevy(1, MoreForeigners, ["industrial_licence"], new LocalDate(2019, 9, 30))));

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 500)]
    public void A_late_renewal_is_fined_from_the_fourth_day(int daysLate, int riyals) =>
        Assert.Equal(Money.Riyals(riyals), Total(Table.ByOrdinal("LATE_RENEWAL", 1, Today, daysLate: daysLate)));

    [Fact]
    public void The_third_late_renewal_costs_no_more_and_asks_for_a_human_decision()
    {
        var line = Table.ByOrdinal("LATE_RENEWAL", 3, Today, daysLate: 4).Value;
        Assert.Equal(Money.Riyals(1_000), line.Amount);
        Assert.Equal("fee.remark.human_decision", line.RemarkKey);
    }

    [Fact]
    public void A_household_within_its_free_number_pays_no_extra_levy()
    {
        Assert.Null(Table.HouseholdExtraLevy(4, "citizen", newWorker: true, 12, Today));
        Assert.Equal(Money.Riyals(9_600), Total(Table.HouseholdExtraLevy(5, "citizen", newWorker: true, 12, Today)));
        Assert.Equal(Money.Riyals(9_600), Total(Table.HouseholdExtraLevy(3, "resident", newWorker: false, 12, Today)));
        Assert.Null(Table.HouseholdExtraLevy(3, "resident", newWorker: false, 12, new LocalDate(2023, 1, 1)));
    }

    [Fact]
    public void Platform_fees_are_off_until_they_are_switched_on()
    {
        Assert.Null(Table.PlatformFee("PLATFORM_IQAMA_RENEW", Today));
        Assert.Equal(Money.Riyals(51.75m), Total(new Tariff(1, [.. Table.Rows], platformFees: true).PlatformFee("PLATFORM_IQAMA_RENEW", Today)));
    }

    [Fact]
    public void A_fee_without_an_amount_on_that_day_is_refused_not_free()
    {
        Assert.Equal(Tariff.NotInForce, Table.ForRequest("VISIT_VISA_LATE_EXTENSION", Today).Refusal?.Code);
        Assert.Equal(Tariff.NotInForce, Table.DependentLevy([1], new LocalDate(2017, 6, 30)).Refusal?.Code);
    }

    [Fact]
    public void A_quote_knows_the_day_on_which_the_table_would_change_it()
    {
        var quote = Quote.Of(Table.DependentLevy([3], new LocalDate(2019, 8, 1)), Table.ForStay("ERV_SINGLE", 1, new LocalDate(2019, 8, 1)));
        Assert.Equal(new LocalDate(2020, 7, 1), quote.ChangesOn);
        Assert.Null(Quote.Of(Table.ForStay("ERV_SINGLE", 1, Today)).ChangesOn);
    }

    [Fact]
    public void Each_line_names_the_version_of_the_policies_it_was_priced_under() =>
        Assert.Equal(9, Tariff.Of(new PolicySnapshot(9, PolicyBook.Baseline()), Today).ForStay("ERV_SINGLE", 1, Today).Value.PolicyVersion);

    [Fact]
    public void Two_rows_of_one_fee_may_not_be_in_force_on_one_day() =>
        Assert.Throws<ArgumentException>(() => new Tariff(1, [
            new FeeRow { Code = "X", Amount = 1, To = new LocalDate(2026, 1, 2) },
            new FeeRow { Code = "X", Amount = 2, From = new LocalDate(2026, 1, 1) }]));

    [Fact]
    public void A_mistyped_member_of_the_table_is_an_error() =>
        Assert.ThrowsAny<System.Text.Json.JsonException>(() => FeeRow.Parse("""[{"code":"X","max_remainig_months":12}]"""));

    [Fact]
    public void A_frozen_line_comes_back_as_it_was()
    {
        PriceLine[] lines = [Table.ForeignWorkerLevy(12, MoreForeigners, ["industrial_licence"], Today).Value, Table.DependentLevy([3], new LocalDate(2019, 8, 1)).Value];
        var json = PriceLine.ToJson(lines);
        Assert.Equal(json, PriceLine.ToJson(PriceLine.FromJson(json)));
        Assert.Equal(lines[1].Until, PriceLine.FromJson(json)[1].Until);
        Assert.Equal(lines[0].Code, PriceLine.FromJson(json)[0].Code);
    }
}
