using NodaTime;

namespace Muqeem.Platform.Policies;

public class PoliciesTests
{
    private static readonly PolicySnapshot Baseline = PolicyBook.BaselineSnapshot();

    [Fact]
    public void A_rule_that_changed_is_read_as_of_the_day()
    {
        Assert.Empty(Baseline.Get<IReadOnlyList<string>>("renew.outside_categories", new LocalDate(2024, 12, 31)));
        Assert.Contains("dependent", Baseline.Get<IReadOnlyList<string>>("renew.outside_categories", new LocalDate(2025, 1, 1)));
    }

    [Fact]
    public void A_code_that_nobody_wrote_says_which_and_when() =>
        Assert.Contains("no.such.rule", Assert.Throws<InvalidOperationException>(() => Baseline.Get<int>("no.such.rule", new LocalDate(2026, 11, 22))).Message);

    [Fact]
    public void No_two_rows_of_a_code_are_in_force_on_one_day()
    {
        foreach (var code in Baseline.Rows.GroupBy(r => r.Code))
        {
            foreach (var edge in code.SelectMany(r => new[] { r.From, r.To }).OfType<LocalDate>().Append(new LocalDate(2026, 11, 22)))
            {
                Assert.True(code.Count(r => r.InForce(edge)) <= 1, $"{code.Key} has two rows on {edge}.");
            }
        }
    }

    [Fact]
    public void Every_row_has_a_source_and_the_uncertain_are_on_the_list_of_open_questions()
    {
        Assert.All(Baseline.Rows, r => Assert.False(string.IsNullOrWhiteSpace(r.Source), r.Code));
        var questions = File.ReadAllText(Path.Combine(Muqeem.Tests.Repository.Root, "docs", "open-questions.md"));
        Assert.All(Baseline.Rows.Where(r => r.Evidence == "uncertain"), r => Assert.Contains($"`{r.Code}`", questions));
    }

    [Fact]
    public void Codes_of_nationalities_and_occupations_are_found_and_named_in_both_languages()
    {
        Assert.Equal("Bangladeshi", Reference.Nationality("BGD")!.English);
        Assert.All(Reference.Nationalities, n => Assert.False(string.IsNullOrWhiteSpace(n.Arabic), n.Code));
        Assert.All(Reference.Occupations, o => Assert.False(string.IsNullOrWhiteSpace(o.Arabic), o.Code));
    }
}
