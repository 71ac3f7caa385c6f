namespace Muqeem.Agencies;

public class RightsTests
{
    private static readonly ExchangeRight[] Written =
    [
        new(LabourContracts.Name, "household_contract", "old"), new(LabourContracts.Name, "worker", "old"), new(AlienRegister.Name, "entry_visa", "old"),
    ];

    [Fact]
    public void What_an_operator_allowed_before_an_agency_was_split_off_is_allowed_at_the_new_one()
    {
        Assert.Equal("old", ExchangeRight.PurposeOf(Written, DomesticWork.Name, "household_contract"));
        Assert.Equal("old", ExchangeRight.PurposeOf(Written, ForeignAffairs.Name, "entry_visa"));
        Assert.Null(ExchangeRight.PurposeOf(Written, DomesticWork.Name, "household"));
        Assert.Null(ExchangeRight.PurposeOf(Written, Traffic.Name, "worker"));
    }

    [Fact]
    public void Once_the_operator_has_a_row_of_the_new_one_only_its_rows_count()
    {
        ExchangeRight[] since = [.. Written, new(DomesticWork.Name, "household", "new")];
        Assert.Equal("new", ExchangeRight.PurposeOf(since, DomesticWork.Name, "household"));
        Assert.Null(ExchangeRight.PurposeOf(since, DomesticWork.Name, "household_contract"));
        Assert.Equal("old", ExchangeRight.PurposeOf(since, LabourContracts.Name, "household_contract"));
    }
}
