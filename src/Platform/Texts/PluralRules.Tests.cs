using System.Globalization;
using Muqeem.Platform.Culture;

namespace Muqeem.Platform.Texts;

public class PluralRulesTests
{
    [Fact]
    public void Every_language_agrees_with_all_of_CLDRs_own_samples()
    {
        var wrong = new List<string>();
        foreach (var row in PluralSamples.All)
        {
            var (language, number, expected) = row.Data;
            var found = PluralRules.Of(language, decimal.Parse(number, CultureInfo.InvariantCulture));
            if (found != expected)
            {
                wrong.Add($"{language} {number}: {found} instead of {expected}");
            }
        }
        Assert.Empty(wrong);
        Assert.True(PluralSamples.All.Count > 700);
    }

    [Fact]
    public void Every_language_of_the_table_has_rules()
    {
        foreach (var culture in MuqeemCulture.All)
        {
            Assert.Contains(PluralCategory.Other, culture.PluralCategories);
            Assert.Contains(culture.Plural(7), culture.PluralCategories);
        }
        Assert.Equal(6, MuqeemCulture.Of("ar").PluralCategories.Count);
        Assert.Equal([PluralCategory.Other], MuqeemCulture.Of("id").PluralCategories);
    }

    [Fact]
    public void A_debt_of_one_counts_as_one() => Assert.Equal(PluralCategory.One, PluralRules.Of("en", -1));

    [Fact]
    public void One_with_decimals_shown_is_not_one_in_English() => Assert.Equal(PluralCategory.Other, PluralRules.Of("en", 1.0m));
}
