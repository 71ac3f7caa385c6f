using Muqeem.Sandbox.Population;
using Muqeem.Tests;

namespace Muqeem.Host.TakeOver;

/// <summary>The handbook's page of the format against the code.</summary>
public sealed class TakeOverDocsTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "handbook", "take-over.md"));

    [Fact]
    public void Every_code_of_the_report_is_in_the_handbook_with_what_to_do_and_no_other_is()
    {
        var listed = Page.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal) && l.Count(c => c == '|') == 3 && l.Contains('.')).Select(l => l.Trim('|', ' ').Split(" | ", 2)).Where(c => c[0].Contains('.', StringComparison.Ordinal));
        Assert.Equal(Codes.All.Select(c => ($"`{c.Name}`", c.ToDo)).Order(), listed.Select(c => (c[0], c[1])).Order());
        Assert.All(Codes.Families, family => Assert.Contains($"`{family}.*`", Page, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_field_of_every_file_is_in_the_handbook()
    {
        foreach (var shape in Shape.All)
        {
            var section = Page.Split("### ").Single(s => s.StartsWith(shape.File, StringComparison.Ordinal));
            Assert.All(shape.Fields, field => Assert.Contains($"`{field.Name}`", section, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_code_has_a_way_to_be_met_in_the_stand_ins_deliveries_or_depends_on_who_is_here_already()
    {
        string[] here = ["person.known", "person.held_back", "number.given_here", "document.serial_known", "row.field_twice"];
        Assert.Equal(Codes.All.Select(c => c.Name).Order(StringComparer.Ordinal), Deliveries.Codes.Where(c => Codes.All.Any(k => k.Name == c)).Concat(here).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }
}
