using System.Text.Json;

namespace Muqeem.Platform.Policies;

public sealed class PolicyPartTests
{
    private const string Fee = """{"kind":"government","per":"year","amount":650,"allowed_months":[3,6],"by_months":{"3":163,"12":650.5},"once":true,"grounds":[]}""";

    [Fact]
    public void A_value_with_names_is_read_part_by_part_in_its_order()
    {
        Assert.Equal(
            [new("kind", "government"), new("per", "year"), new("amount", "650"), new("allowed_months", "3, 6"), new("by_months/3", "163"), new("by_months/12", "650.5"), new("once", "true"), new("grounds", "")],
            PolicyPart.Of(Fee)!);
        Assert.All(["30", "true", "\"01:30\"", "[1,2]", "{}", """{"rows":[{"a":1}]}""", """{"a":[["b"]]}""", """{"a":null}""", """{"a":["b, c"]}""", """{"a":[null]}"""], value => Assert.Null(PolicyPart.Of(value)));
    }

    [Fact]
    public void Parts_are_written_back_as_what_they_are()
    {
        var texts = PolicyPart.Of(Fee)!.Select(p => p.Text).ToArray();
        Assert.Equal(Fee, PolicyPart.With(Fee, texts, out var wrong));
        Assert.Empty(wrong);

        // As people type them: other digits, an Arabic comma, spaces.
        var value = PolicyPart.With(Fee, ["fine", " month ", "٧٠٠٫٢٥", "٣، ٦ ,12", "0", "1400", "False", "spouse, child"], out wrong);
        Assert.Empty(wrong);
        Assert.Equal("""{"kind":"fine","per":"month","amount":700.25,"allowed_months":[3,6,12],"by_months":{"3":0,"12":1400},"once":false,"grounds":["spouse","child"]}""", value);

        PolicyPart.With(Fee, ["", "year", "1,000", "3, six", "", "12 riyals", "yes", ""], out wrong);
        Assert.Equal([0, 2, 3, 4, 5, 6], wrong);
    }

    [Fact]
    public void The_rules_of_the_release_come_back_as_they_were()
    {
        var rows = PolicyBook.Baseline();
        var inParts = PolicyChange.CodesOf(rows).SelectMany(code => PolicyChange.RowsOf(code, rows)).Where(r => PolicyPart.Of(r.Value) is not null).ToList();
        Assert.All(inParts, row => Assert.Equal(PolicyPart.Read(row.Value).ToJsonString(Privacy.StoredJson.Options), PolicyPart.With(row.Value, [.. PolicyPart.Of(row.Value)!.Select(p => p.Text)], out _)));
        // Every fee, and what is kept for how long.
        Assert.All(PolicyChange.CodesOf(rows).Where(c => c.StartsWith(PolicyChange.FeePrefix, StringComparison.Ordinal) || c.StartsWith("retention.", StringComparison.Ordinal)), code => Assert.Contains(inParts, r => r.Code == code));
    }

    [Fact]
    public void A_difference_is_told_where_it_is_and_what_a_person_would_regret_is_marked()
    {
        Assert.Equal(
        [
            new("amount", "650", "6501", PolicyCaution.Tenfold), new("allowed_months", "3, 6", null, PolicyCaution.Gone), new("by_months/3", "163", "0", PolicyCaution.Zero), new("by_months/12", "650.5", "64", PolicyCaution.Tenfold),
            new("payer", null, "employer", null), new("base", null, "0", PolicyCaution.Zero),
        ],
            PolicyDifference.Between(Fee, """{"kind":"government","per":"year","amount":6501,"by_months":{"3":0,"12":64},"once":true,"grounds":[],"payer":"employer","base":0}"""));
        Assert.Equal([new PolicyDifference("", "30", "0", PolicyCaution.Zero)], PolicyDifference.Between("30", "0"));
        Assert.Equal([new PolicyDifference("", "0", "3", PolicyCaution.Tenfold)], PolicyDifference.Between("0", "3"));
        Assert.Equal([new PolicyDifference("", "3", "30", null)], PolicyDifference.Between("3", "30"));
        Assert.Empty(PolicyDifference.Between("""{"amount":25,"per":"year"}""", """{"per":"year","amount":25.00}"""));
        // Nothing was in force: what is new is no regret.
        Assert.Equal([new PolicyDifference("", null, "0", null)], PolicyDifference.Between(null, "0"));
    }

    [Fact]
    public void Of_a_list_of_rules_those_are_told_that_come_and_go()
    {
        const string before = """{"rows":[{"service":"A","pay":"employer"},{"service":"B","pay":"resident"},{"service":"D"}]}""";
        const string after = """{"rows":[{"service":"A","pay":"employer"},{"service":"C","pay":null},{"service":"B","pay":"resident"}]}""";
        Assert.Equal([new("rows", """{"service":"D"}""", null, null), new("rows", null, """{"service":"C","pay":null}""", null)], PolicyDifference.Between(before, after));
        Assert.Equal([new PolicyDifference("", "90, 60", "90, 30", null)], PolicyDifference.Between("[90,60]", "[90,30]"));
        Assert.Equal([new PolicyDifference("a", "null", "1", null)], PolicyDifference.Between("""{"a":null}""", """{"a":1}"""));
    }

    [Fact]
    public void What_names_something_twice_has_no_value() => Assert.ThrowsAny<JsonException>(() => PolicyPart.Of("""{"amount":1,"amount":2}"""));
}
