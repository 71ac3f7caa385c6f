namespace Muqeem.Agencies;

public class SmsTextTests
{
    public static TheoryData<string, bool, int, int> Texts => new()
    {
        { "Code 123456", false, 11, 1 },
        { new string('a', 160), false, 160, 1 },
        { new string('a', 161), false, 161, 2 },
        { new string('a', 306), false, 306, 2 },
        { new string('a', 307), false, 307, 3 },
        { new string('a', 612), false, 612, 4 },
        { new string('€', 80), false, 160, 1 },
        { "a" + new string('€', 80), false, 161, 2 },
        { new string('م', 70), true, 70, 1 },
        { new string('م', 71), true, 71, 2 },
        { new string('م', 268), true, 268, 4 },
        { "পরিচয়", true, 6, 1 },
        { "ok 👍", true, 5, 1 },
        // 66 units and a pair that would be cut: the pair moves to the next part.
        { new string('م', 66) + "👍" + new string('م', 66), true, 134, 3 },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_takes_as_many_parts_as_the_network_needs(string text, bool wide, int units, int parts)
    {
        var sms = SmsText.Parse(text).Value;
        Assert.Equal((wide, units, parts), (sms.Wide, sms.Units, sms.Parts));
    }

    [Theory]
    [InlineData('a', 613)]
    [InlineData('م', 269)]
    public void A_text_of_more_than_four_parts_is_refused(char c, int length)
    {
        var refusal = SmsText.Parse(new string(c, length)).Refusal!;
        Assert.Equal(SmsText.TooLong, refusal.Code);
        Assert.Equal(5, refusal.Facts["parts"]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("  ")]
    public void An_empty_text_is_refused(string? text) => Assert.Equal(SmsText.Empty, SmsText.Parse(text).Refusal?.Code);
}
