using System.Text;

namespace Muqeem.Host.TakeOver;

public sealed class RowTests
{
    private static Row Read(string line) => Row.Read(Shape.Persons, 7, Encoding.UTF8.GetBytes(line));

    [Fact]
    public void A_row_has_its_fields_and_null_and_empty_are_missing()
    {
        var row = Read("""{"person":"a.1","sex":"","names_latin":["ALI","","","KHAN"],"border_number":null,"nationality":"BGD","birth":"1990","names_arabic":["علي","","",""]}""");
        Assert.Equal(("a.1", 7, "BGD"), (row.Person, row.Line, row.Text("nationality")));
        Assert.Equal(["ALI", "", "", "KHAN"], row.Parts("names_latin"));
        Assert.Null(row.Text("border_number"));
        Assert.Equal(("row.field_missing", "sex"), (Assert.Single(row.Faults).Code, row.Faults[0].Field));
    }

    [Theory]
    [InlineData("""{"person":"a","sex":"M","sex":"F"}""", "row.field_twice", "sex")]
    [InlineData("""{"person":"a","colour":{"deep":["x"]}}""", "row.unknown_field", "colour")]
    [InlineData("""{"person":"a","sex":1}""", "row.field_type", "sex")]
    [InlineData("""{"person":"a","names_latin":["a","b","c"]}""", "row.field_type", "names_latin")]
    [InlineData("""{"person":"a","names_latin":["a","b","c",[1]]}""", "row.field_type", "names_latin")]
    [InlineData("""{"person":"a","birth":"1990\u0000"}""", "row.field_text", "birth")]
    public void What_is_wrong_with_a_field_is_said_of_it(string line, string code, string field) => Assert.Contains(Read(line).Faults, f => f.Code == code && f.Field == field);

    [Theory]
    [InlineData("", "column 1: not JSON")]
    [InlineData("[]", "column 1: not a JSON object")]
    [InlineData("""{"person":"a"} x""", "column 16: not JSON")]
    [InlineData("""{"person":"a"}{}""", "not JSON")]
    [InlineData("""{"person":"a",}""", "column 15: not JSON")]
    [InlineData("""{"person":"a","sex":"\ud800"}""", "half a surrogate pair")]
    [InlineData("""{"person":"no spaces here"}""", "person is missing")]
    [InlineData("""{"person":["a"]}""", "person is missing")]
    [InlineData("{\"person\":\"a\",\"x\":[[[[[1]]]]]}", "not JSON")]
    public void A_line_that_cannot_be_read_is_told_with_its_place(string line, string says)
    {
        var told = Assert.Throws<UnreadableException>(() => Read(line)).Message;
        Assert.StartsWith("persons.jsonl, line 7", told, StringComparison.Ordinal);
        Assert.Contains(says, told, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_told_with_their_place() =>
        Assert.Contains("column 12: not UTF-8", Assert.Throws<UnreadableException>(() => Row.Read(Shape.Persons, 1, [.. "{\"person\":\""u8, 0xC3, 0x28, .. "\"}"u8])).Message, StringComparison.Ordinal);

    [Fact]
    public void Lines_are_read_to_the_last_whatever_their_length_up_to_the_longest()
    {
        var lengths = new[] { 0, 1, 100, LineReader.Longest, 3, LineReader.Longest - 1, LineReader.Longest, 0, 5 };
        using var reader = new LineReader("x", new MemoryStream(Encoding.ASCII.GetBytes(string.Join('\n', lengths.Select(l => new string('a', l))))));
        foreach (var length in lengths)
        {
            Assert.Equal(length, reader.Next()!.Length);
        }
        Assert.Null(reader.Next());
        Assert.Equal(lengths.Length, reader.Number);
        using var longer = new LineReader("x", new MemoryStream(new byte[(5 * LineReader.Longest) + 7]));
        Assert.Throws<UnreadableException>(longer.Next);
    }
}
