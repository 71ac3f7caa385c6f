using System.Reflection;
using System.Text.RegularExpressions;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Texts;

namespace Muqeem.SignIn;

public partial class SignInTextsTests
{
    private static readonly TextCatalogue Texts = TextCatalogue.Of(typeof(Refusal).Assembly, typeof(TextCatalogue).Assembly, typeof(SignInSetup).Assembly);

    [Theory]
    [InlineData("ar")]
    [InlineData("en")]
    public void Every_refusal_has_a_text_and_every_text_a_refusal(string language)
    {
        var codes = typeof(SignInSetup).Assembly.GetTypes()
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(field => field.IsLiteral && field.FieldType == typeof(string))
            .Select(field => (string)field.GetRawConstantValue()!)
            .Where(value => Code().IsMatch(value))
            .Distinct(StringComparer.Ordinal).ToList();
        Assert.True(codes.Count > 50);
        var all = Texts.Raw(language).Keys.Where(key => key.StartsWith("refusal.", StringComparison.Ordinal)).Select(key => key["refusal.".Length..]).ToList();
        var kernel = TextCatalogue.Of(typeof(Refusal).Assembly, typeof(TextCatalogue).Assembly).Raw(language).Keys.ToHashSet(StringComparer.Ordinal);
        Assert.Equal("", string.Join(' ', codes.Except(all, StringComparer.Ordinal)));
        Assert.Equal("", string.Join(' ', all.Where(code => !kernel.Contains("refusal." + code)).Except(codes, StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("ar")]
    [InlineData("en")]
    public void Every_short_message_fits_one_part_and_says_nothing_of_a_case(string language)
    {
        var keys = Texts.Raw(language).Keys.Where(key => key.StartsWith("sms.", StringComparison.Ordinal)).ToList();
        Assert.True(keys.Count > 15);
        foreach (var key in keys)
        {
            var text = Texts.In(language).Bare(key, ("code", "123456"), ("minutes", 10), ("hours", 24), ("stop", "ABCDE-FGHJK"));
            var parsed = SmsText.Parse(text);
            Assert.True(parsed.Ok && parsed.Value.Parts == 1, $"{key}: {parsed}");
            Assert.DoesNotContain(text, letter => letter is >= '\u2066' and <= '\u2069');
            Assert.True(Texts.Raw(language).ContainsKey("email." + key["sms.".Length..]), key);
            Assert.True(Texts.Raw(language).ContainsKey($"email.{key["sms.".Length..]}.subject"), key);
        }
    }

    [Fact]
    public void The_two_languages_have_the_same_texts() =>
        Assert.Equal(Texts.Raw("ar").Keys.Order(StringComparer.Ordinal), Texts.Raw("en").Keys.Order(StringComparer.Ordinal));

    [GeneratedRegex("^[a-z_]+(\\.[a-z_0-9]+)+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
