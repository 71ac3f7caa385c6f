using FsCheck;
using FsCheck.Fluent;
using Muqeem.Tests;

namespace Muqeem.Kernel;

public class DigitsTests
{
    [Theory]
    [InlineData("٢٠٠٠٠٠٠٠٠٦", "2000000006")]
    [InlineData("۲۰۰۰۰۰۰۰۰۶", "2000000006")]
    [InlineData("२००००००००६", "2000000006")]
    [InlineData("২০০০০০০০০৬", "2000000006")]
    [InlineData("２００００００００６", "2000000006")]
    [InlineData("\u2066 200 000 0006\u2069", "2000000006")]
    [InlineData("\u200f2000\u00a0000\u202f006\u200d\ufeff", "2000000006")]
    [InlineData("𝟐𝟎", "20")]
    public void Digits_of_any_script_become_ascii(string typed, string expected) => Assert.Equal(expected, Digits.Normalise(typed));

    [Fact]
    public void A_text_far_too_long_is_not_cut_into_a_valid_one() =>
        Assert.Equal(ResidentNumber.Characters, ResidentNumber.Parse(new string(' ', 600) + "2000000006").Refusal!.Code);

    [Fact]
    public void Half_a_surrogate_pair_does_no_harm() => Assert.Equal("2\uFFFD3", Digits.Normalise("2\ud8353"));

    [Fact]
    public void Words_keep_one_space_between_them() => Assert.Equal("King Fahd Road 12", Digits.NormaliseWords("  King \t Fahd\u200f Road ١٢ "));

    [Fact]
    public void Normalising_twice_is_normalising_once() =>
        Prop.ForAll<string?>(text => Digits.Normalise(Digits.Normalise(text)) == Digits.Normalise(text)).Holds();

    [Fact]
    public void The_check_digit_makes_the_sum_hold() =>
        Prop.ForAll<NonNegativeInt>(n => Digits.LuhnHolds($"{n.Get}" + Digits.LuhnDigit($"{n.Get}"))).Holds();
}
