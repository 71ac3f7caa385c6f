namespace Muqeem.Kernel;

public class MoneyTests
{
    [Fact]
    public void An_amount_below_a_halala_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Money.Riyals(1.005m));

    [Fact]
    public void Riyals_become_halalas_and_print_with_two_decimals() =>
        Assert.Equal("488.50", Money.Riyals(488.5m).ToString());

    [Fact]
    public void Adding_past_the_end_is_an_error_not_a_negative_amount() =>
        Assert.Throws<OverflowException>(() => new Money(long.MaxValue) + new Money(1));

    [Theory]
    [InlineData("500", 50_000L)]
    [InlineData(" 1,234.5 ", 123_450L)]
    [InlineData("٣٥٫٢٥", 3_525L)]
    [InlineData("0.01", 1L)]
    [InlineData("0", null)]
    [InlineData("-5", null)]
    [InlineData("5.005", null)]
    [InlineData("1e3", null)]
    [InlineData("five", null)]
    [InlineData("", null)]
    [InlineData("100000000000.01", null)]
    [InlineData("99999999999999999999999999999", null)]
    public void What_people_type_is_an_amount_or_is_refused(string typed, long? halalas)
    {
        var read = Money.Parse(typed);
        Assert.Equal(halalas, read.Ok ? read.Value.Halalas : null);
        Assert.Equal(halalas is null ? Money.Shape : null, read.Ok ? null : read.Refusal.Code);
    }
}
