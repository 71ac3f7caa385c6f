using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Muqeem.Kernel;

namespace Muqeem.Platform.Pages;

public class FormStateTests
{
    private static FormState Posted(params (string Name, string[] Values)[] fields) =>
        FormState.Read(new FormCollection(fields.ToDictionary(f => f.Name, f => new StringValues(f.Values), StringComparer.Ordinal)));

    [Fact]
    public void Everything_is_kept_exactly_as_typed()
    {
        var form = Posted(("number", [" ٢٠٠٠ "]), ("who", ["me", "son"]), ("empty", [""]));
        Assert.True(form.Posted);
        Assert.Equal(" ٢٠٠٠ ", form["number"]);
        Assert.Equal(["me", "son"], form.All("who"));
        Assert.Equal("", form["empty"]);
        Assert.Null(form["absent"]);
        Assert.Empty(form.All("absent"));
        Assert.True(form.Ok);
    }

    [Fact]
    public void A_value_that_is_too_long_is_cut_and_said_and_no_letter_is_halved()
    {
        var form = FormState.Read(new FormCollection(new Dictionary<string, StringValues>(StringComparer.Ordinal) { ["name"] = new string('x', 9) + "𐍈 and more", ["reason"] = new string('y', 40) }), length: 10, new Dictionary<string, int>(StringComparer.Ordinal) { ["reason"] = 50 });
        Assert.Equal(new string('x', 9), form["name"]);
        Assert.Equal(40, form["reason"]!.Length);
        var error = Assert.Single(form.Errors);
        Assert.Equal(("name", "sys.error.too_long"), (error.Field, error.Key));
        Assert.Equal(10, error.Facts["limit"]);
    }

    [Fact]
    public void Control_characters_go_and_lines_end_in_one_way()
    {
        var form = Posted(("text", ["a\0b\u0007\r\nc\rd\te"]), ("half", ["x\uD800y"]));
        Assert.Equal("ab\nc\nd\te", form["text"]);
        Assert.Equal("x\uFFFDy", form["half"]);
    }

    [Fact]
    public void A_parser_fills_the_value_or_the_fields_error()
    {
        var form = Posted(("number", ["200"]));
        Assert.False(form.TryParse("number", ResidentNumber.Parse, out _));
        Assert.StartsWith("refusal.resident_number.", form.ErrorOf("number")!.Key, StringComparison.Ordinal);
        var good = Posted(("number", ["x"]));
        Assert.True(good.TryParse("number", text => (Result<string>)(text + "!"), out var value));
        Assert.Equal("x!", value);
        Assert.True(good.Ok);
    }

    [Fact]
    public void A_date_is_three_boxes_and_a_calendar()
    {
        var date = Posted(("birth.day", ["٥"]), ("birth.month", ["1"]), ("birth.year", ["1410"]), ("birth.calendar", ["hijri"])).Date("birth");
        Assert.Equal(("٥", "1", "1410"), (date.Day, date.Month, date.Year));
        Assert.True(date.IsHijri);
        Assert.True(Posted(("birth.day", [" "])).Date("birth").IsEmpty);
    }

    [Fact]
    public void The_operation_id_is_the_forms_own_and_nothing_else()
    {
        var id = Guid.Parse("0193a5d4-0000-7000-8000-000000000000");
        Assert.Equal(id, Posted((FormState.OperationField, [id.ToString()])).Operation);
        Assert.Null(Posted((FormState.OperationField, ["1; DROP TABLE"])).Operation);
        Assert.Null(FormState.Empty().Operation);
    }

    [Fact]
    public void More_fields_than_any_form_has_are_refused() =>
        Assert.Throws<BadHttpRequestException>(() => Posted([.. Enumerable.Range(0, 301).Select(i => ($"f{i}", (string[])["x"]))]));

    [Fact]
    public void A_draft_fills_a_form_that_nobody_has_sent()
    {
        var form = FormState.Of([KeyValuePair.Create("name", (string?)"Sara"), KeyValuePair.Create("city", (string?)null)]);
        Assert.False(form.Posted);
        Assert.Equal("Sara", form["name"]);
        Assert.False(form.Has("city"));
    }
}
