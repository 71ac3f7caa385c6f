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
}
