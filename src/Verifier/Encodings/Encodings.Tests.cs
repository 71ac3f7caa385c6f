using System.Text;

namespace Muqeem.Verifier.Encodings;

public class BaseTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("Zg", "66")]
    [InlineData("Zm8", "666f")]
    [InlineData("Zm9v", "666f6f")]
    [InlineData("-_-_", "fbffbf")]
    public void Base64url_is_read_in_its_one_form(string text, string hex)
    {
        Assert.Equal(Convert.FromHexString(hex), BaseText.FromBase64Url(text));
        Assert.Equal(Convert.FromHexString(hex), BaseText.FromBase64Url(Encoding.ASCII.GetBytes(text)));
    }

    [Theory]
    [InlineData("Zg==")]
    [InlineData("Zh")]
    [InlineData("Zm9")]
    [InlineData("Z")]
    [InlineData("Zm9vZ")]
    [InlineData("Zm 8")]
    [InlineData("Zm8\n")]
    [InlineData("+/+/")]
    [InlineData("Zm8é")]
    public void Base64url_in_any_other_form_is_refused(string text)
    {
        Assert.Null(BaseText.FromBase64Url(text));
        Assert.Null(BaseText.FromBase64Url(Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("Zg==", "66")]
    [InlineData("Zm8=", "666f")]
    [InlineData("Zm9v", "666f6f")]
    [InlineData("+/+/", "fbffbf")]
    public void Base64_is_read_in_its_one_form(string text, string hex) => Assert.Equal(Convert.FromHexString(hex), BaseText.FromBase64(text));

    [Theory]
    [InlineData("Zg")]
    [InlineData("Zh==")]
    [InlineData("Zm9=")]
    [InlineData("Zm9v====")]
    [InlineData("Z===")]
    [InlineData("Zg==Zg==")]
    [InlineData("Zm9v\n")]
    [InlineData("Zm9 v===")]
    [InlineData("-_-_")]
    [InlineData("=")]
    [InlineData("====")]
    public void Base64_in_any_other_form_is_refused(string text) => Assert.Null(BaseText.FromBase64(text));

    [Theory]
    [InlineData("", "")]
    [InlineData("MY", "66")]
    [InlineData("MZXQ", "666f")]
    [InlineData("MZXW6", "666f6f")]
    [InlineData("MZXW6YQ", "666f6f62")]
    [InlineData("MZXW6YTB", "666f6f6261")]
    [InlineData("mzxw6ytboi", "666f6f626172")]
    public void Base32_is_read_in_either_case(string text, string hex)
    {
        Assert.Equal(Convert.FromHexString(hex), BaseText.FromBase32(text));
        Assert.Equal(text.ToUpperInvariant(), BaseText.ToBase32(Convert.FromHexString(hex)));
    }

    [Theory]
    [InlineData("MY======")]
    [InlineData("MZ")]
    [InlineData("M")]
    [InlineData("MZX")]
    [InlineData("MZXW6Y")]
    [InlineData("MZxq")]
    [InlineData("M1XQ")]
    [InlineData("M8XQ")]
    [InlineData("MZX Q")]
    public void Base32_in_any_other_form_is_refused(string text) => Assert.Null(BaseText.FromBase32(text));
}

public class JsonTests
{
    [Fact]
    public void A_text_is_read_as_it_stands()
    {
        var json = Json.Parse("""{"a":[1,-2.50e3,"\u00e9\ud83d\ude00",true,false,null],"b":{"":{}}}"""u8).Value;
        var items = json["a"]!.Items;
        Assert.True(items[0].TryInteger(out var one) && one == 1);
        Assert.False(items[1].TryInteger(out _));
        Assert.Equal("-2.50e3", items[1].Digits);
        Assert.Equal("é😀", items[2].Text);
        Assert.Equal((JsonKind.True, JsonKind.False, JsonKind.Null), (items[3].Kind, items[4].Kind, items[5].Kind));
        Assert.Equal(JsonKind.Object, json["b"]![""]!.Kind);
        Assert.Null(json["c"]);
        Assert.Null(items[0]["a"]);
        Assert.False(items[2].TryInteger(out _));
    }

    [Theory]
    [InlineData("\"bank\"", "bank")]
    [InlineData("\"b\\u0061nk\"", "bank")]
    [InlineData("\"مقيم\"", "مقيم")]
    [InlineData("\"\\u0645قيم\"", "مقيم")]
    [InlineData("\"\\\"\"", "\"")]
    [InlineData("\"\"", "")]
    public void A_text_is_that_text_however_it_was_written(string written, string text)
    {
        var json = Json.Parse(Encoding.UTF8.GetBytes(written)).Value;
        foreach (var other in new[] { "", "ban", "Bank", "bank ", "مقي", "????", "\"\"" })
        {
            Assert.False(json.IsText(other) && other != text, $"{written} is not {other}.");
        }
        Assert.True(json.IsText(text));
        Assert.Equal(Encoding.UTF8.GetBytes(text), json.Utf8.ToArray());
        Assert.Equal(text, json.Text);
        // Also after the string was made.
        Assert.True(json.IsText(text));
        Assert.Equal(Encoding.UTF8.GetBytes(text), json.Utf8.ToArray());
        Assert.False(Json.Parse(Encoding.UTF8.GetBytes($"[{written}]")).Value.IsText(text));
    }

    [Fact]
    public void A_text_keeps_what_it_said_when_the_bytes_that_it_was_read_from_change()
    {
        var bytes = """{"name":"value","number":12}"""u8.ToArray();
        var json = Json.Parse(bytes).Value;
        bytes.AsSpan().Fill((byte)'x');
        Assert.Equal(("value", "12"), (json["name"]!.Text, json["number"]!.Digits));
    }

    /// <summary>Names are kept in places that several share.</summary>
    [Fact]
    public void Names_of_one_length_with_the_same_ends_are_each_their_own()
    {
        var names = Enumerable.Range(0, 2000).Select(i => $"x{i:0000}y").ToList();
        for (var round = 0; round < 2; round++)
        {
            var json = Json.Parse(Encoding.UTF8.GetBytes("{" + string.Join(',', names.Select((n, i) => $"\"{n}\":{i}")) + "}")).Value;
            Assert.Equal(names, json.Members.ToArray().Select(m => m.Key));
            Assert.All(names, (n, i) => Assert.Equal($"{i}", json[n]!.Digits));
        }
        Assert.Equal(["é", new string('n', 41), ""], Json.Parse(Encoding.UTF8.GetBytes($$"""{"é":1,"{{new string('n', 41)}}":2,"":3}""")).Value.Members.ToArray().Select(m => m.Key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{} x")]
    [InlineData("[1,]")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\"}")]
    [InlineData("[01]")]
    [InlineData("[NaN]")]
    [InlineData("// note\n{}")]
    [InlineData("['a']")]
    [InlineData("[\"\\ud800\"]")]
    [InlineData("[\"\\udc00\\ud800\"]")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("[\"a\nb\"]")]
    [InlineData("\ufeff{}")]
    public void What_is_not_JSON_is_refused(string text) => Assert.Equal(Reason.JsonMalformed, Json.Parse(Encoding.UTF8.GetBytes(text)).Reason);

    [Fact]
    public void What_is_not_UTF_8_is_refused()
    {
        Assert.Equal(Reason.JsonMalformed, Json.Parse([(byte)'"', 0xff, (byte)'"']).Reason);
        Assert.Equal(Reason.JsonMalformed, Json.Parse([(byte)'"', 0xed, 0xa0, 0x80, (byte)'"']).Reason);
    }

    [Theory]
    [InlineData("""{"a":1,"a":1}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("""[{"b":{"a":1,"c":2,"a":3}}]""")]
    [InlineData("""{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"a":0,"b":0,"c":0,"d":0,"e":0,"4":0}""")]
    public void A_name_twice_is_refused_at_any_level(string text) => Assert.Equal(Reason.JsonDuplicateKey, Json.Parse(Encoding.UTF8.GetBytes(text)).Reason);

    /// <summary>The short way for the usual disclosure may pass by what it does not know; what it reads is what the long way reads.</summary>
    [Fact]
    public void A_named_value_is_read_by_the_short_way_as_by_the_long_one()
    {
        static string Nested(int levels) => new string('[', levels) + "1" + new string(']', levels);
        string[] usual =
        [
            """["salt","name","value"]""", """[ "s" , "n" , { "a" : [1, 2.50, null, true], "b\u0041": "\u0627" } ]""", """["","",""]""", """["s","n","escaped \"value\""]""", """["s","n",-0]""",
            $"""["s","n",{Nested(Json.MostDepth - 1)}]""", $"""["s","n",[{string.Join(',', Enumerable.Repeat("0", Json.MostNodes - 4))}]]""",
        ];
        string[] others =
        [
            "", "[", "[]", """["s"]""", """["s","v"]""", """["s",1]""", """[1,"n","v"]""", """["s",1,"v"]""", """["s",null,"v"]""", """["s","n","v","more"]""", """["s","n","v"] x""", """["s","n","v"]["s"]""", """["s","n","v",]""",
            """["s","n",]""", """{"s":"n"}""", """["s\u0041","n","v"]""", """["s","n\u0041","v"]""", """["s","n",{"a":1,"a":2}]""", """["s","n","\ud800"]""", "[\"s\",\"n\",\"\u0001\"]",
            $"""["s","n",{Nested(Json.MostDepth)}]""", $"""["s","n",[{string.Join(',', Enumerable.Repeat("0", Json.MostNodes - 3))}]]""",
        ];
        foreach (var text in usual)
        {
            Assert.True(Json.TryNamed(Encoding.UTF8.GetBytes(text), out var name, out var value), text[..Math.Min(60, text.Length)]);
            var whole = Json.Parse(Encoding.UTF8.GetBytes(text)).Value.Items;
            Assert.Equal(3, whole.Length);
            Assert.Equal(whole[1].Text, name);
            Assert.Equal(Written(whole[2]), Written(value));
        }
        Assert.All(others, text => Assert.False(Json.TryNamed(Encoding.UTF8.GetBytes(text), out _, out _), text[..Math.Min(60, text.Length)]));
        Assert.False(Json.TryNamed(new byte[] { 0x5B, 0x22, 0xFF, 0x22, 0x2C, 0x22, 0x22, 0x2C, 0x31, 0x5D }, out _, out _));
        // Those that the long way reads as a disclosure, too, are only the escaped ones.
        Assert.Equal(2, others.Count(text => Json.Parse(Encoding.UTF8.GetBytes(text)) is { Ok: true } read && read.Value.Items is [{ Kind: JsonKind.Text }, { Kind: JsonKind.Text }, _]));

        static string Written(Json value) => value.Kind switch
        {
            JsonKind.Object => "{" + string.Join(",", value.Members.ToArray().Select(m => m.Key + ":" + Written(m.Value))) + "}",
            JsonKind.Array => "[" + string.Join(",", value.Items.ToArray().Select(Written)) + "]",
            _ => $"{value.Kind} {value.Text}{value.Digits}",
        };
    }

    [Fact]
    public void A_name_is_found_again_among_few_and_among_many()
    {
        foreach (var count in new[] { 2, 31, 32, 33, 100 })
        {
            // One length, one beginning and one end: ten of each are told apart by nothing but their whole.
            var names = Enumerable.Range(0, count).Select(i => $"a{i:000}z").ToList();
            Assert.True(Json.Parse(Encoding.UTF8.GetBytes("{" + string.Join(',', names.Select(n => $"\"{n}\":1")) + "}")).Ok, $"{count}");
            Assert.All(names, twice => Assert.Equal(Reason.JsonDuplicateKey, Json.Parse(Encoding.UTF8.GetBytes("{" + string.Join(',', names.Append(twice).Select(n => $"\"{n}\":1")) + "}")).Reason));
        }
        Assert.Equal(Reason.JsonDuplicateKey, Json.Parse("""{"":1,"a":2,"":3}"""u8).Reason);
    }

    [Fact]
    public void Depth_and_number_are_bounded()
    {
        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
        Assert.True(Json.Parse(Encoding.UTF8.GetBytes(Nested(Json.MostDepth))).Ok);
        Assert.Equal(Reason.JsonTooDeep, Json.Parse(Encoding.UTF8.GetBytes(Nested(Json.MostDepth + 1))).Reason);
        static string Flat(int count) => "[" + string.Join(',', Enumerable.Repeat("1", count - 1)) + "]";
        Assert.True(Json.Parse(Encoding.UTF8.GetBytes(Flat(Json.MostNodes))).Ok);
        Assert.Equal(Reason.JsonTooLarge, Json.Parse(Encoding.UTF8.GetBytes(Flat(Json.MostNodes + 1))).Reason);
    }

    [Theory]
    [InlineData("9223372036854775807", true)]
    [InlineData("9223372036854775808", false)]
    [InlineData("-5", true)]
    [InlineData("1e2", false)]
    [InlineData("1.0", false)]
    public void A_whole_number_is_written_as_one(string text, bool whole) => Assert.Equal(whole, Json.Parse(Encoding.UTF8.GetBytes(text)).Value.TryInteger(out _));
}

public class CborTests
{
    private static Checked<Cbor> Read(string hex, CborRules? rules = null) => Cbor.Parse(Convert.FromHexString(hex), rules ?? CborRules.Others);

    /// <summary>From RFC 8949, appendix A.</summary>
    [Theory]
    [InlineData("00", 0)]
    [InlineData("17", 23)]
    [InlineData("1818", 24)]
    [InlineData("1903e8", 1000)]
    [InlineData("1a000f4240", 1000000)]
    [InlineData("1b000000e8d4a51000", 1000000000000)]
    [InlineData("20", -1)]
    [InlineData("3903e7", -1000)]
    [InlineData("3b7fffffffffffffff", long.MinValue)]
    public void Whole_numbers_are_read(string hex, long value) => Assert.True(Read(hex).Value.TryInteger(out var read) && read == value);

    [Fact]
    public void A_number_that_does_not_fit_is_none()
    {
        Assert.Equal(ulong.MaxValue, Read("1bffffffffffffffff").Value.Argument);
        Assert.False(Read("1bffffffffffffffff").Value.TryInteger(out _));
        Assert.False(Read("3bffffffffffffffff").Value.TryInteger(out _));
    }

    [Fact]
    public void Each_item_knows_its_own_bytes()
    {
        var read = Read("a36161012082d8184101f542ffff63c3a974").Value;
        Assert.Equal("82d8184101f5", Convert.ToHexStringLower(read[-1]!.Encoded.Span));
        Assert.Equal("d8184101", Convert.ToHexStringLower(read[-1]!.Items[0].Encoded.Span));
        Assert.Equal((byte[])[1], read[-1]!.Items[0].Embedded!.Value.ToArray());
        Assert.Equal(1UL, read["a"]!.Argument);
        Assert.Equal("ét", read.Pairs[5].Text);
        Assert.Equal((byte[])[0xff, 0xff], read.Pairs[4].Bytes.ToArray());
        Assert.Null(read["b"]);
        Assert.Null(read[7]);
        Assert.Null(read.Pairs[0].Embedded);
    }

    [Theory]
    [InlineData("", Reason.CborMalformed)]
    [InlineData("18", Reason.CborMalformed)]
    [InlineData("1900", Reason.CborMalformed)]
    [InlineData("1c", Reason.CborMalformed)]
    [InlineData("4201", Reason.CborMalformed)]
    [InlineData("5bffffffffffffffff00", Reason.CborMalformed)]
    [InlineData("99100000", Reason.CborMalformed)]
    [InlineData("9bffffffffffffffff00", Reason.CborTooLarge)]
    [InlineData("ba7fffffff00", Reason.CborTooLarge)]
    [InlineData("bbffffffffffffffff00", Reason.CborTooLarge)]
    [InlineData("bb800000000000000000", Reason.CborTooLarge)]
    [InlineData("61ff", Reason.CborMalformed)]
    [InlineData("63eda080", Reason.CborMalformed)]
    [InlineData("f7", Reason.CborMalformed)]
    [InlineData("f0", Reason.CborMalformed)]
    [InlineData("f814", Reason.CborMalformed)]
    [InlineData("f8ff", Reason.CborMalformed)]
    [InlineData("ff", Reason.CborIndefinite)]
    [InlineData("9fff", Reason.CborIndefinite)]
    [InlineData("bfff", Reason.CborIndefinite)]
    [InlineData("5f4101ff", Reason.CborIndefinite)]
    [InlineData("1817", Reason.CborNotShortest)]
    [InlineData("1900ff", Reason.CborNotShortest)]
    [InlineData("1a0000ffff", Reason.CborNotShortest)]
    [InlineData("1b00000000ffffffff", Reason.CborNotShortest)]
    [InlineData("3800", Reason.CborNotShortest)]
    [InlineData("580101", Reason.CborNotShortest)]
    [InlineData("b90000", Reason.CborNotShortest)]
    [InlineData("d81700", Reason.CborNotShortest)]
    [InlineData("f93c00", Reason.CborFloat)]
    [InlineData("fb3ff0000000000000", Reason.CborFloat)]
    [InlineData("a201000100", Reason.CborDuplicateKey)]
    [InlineData("a2616100616100", Reason.CborDuplicateKey)]
    [InlineData("81a2616100616100", Reason.CborDuplicateKey)]
    [InlineData("a1f500", Reason.CborMalformed)]
    [InlineData("a1800000", Reason.CborMalformed)]
    [InlineData("0000", Reason.CborTrailingBytes)]
    [InlineData("a100", Reason.CborMalformed)]
    public void What_is_not_strict_CBOR_is_refused(string hex, Reason reason) => Assert.Equal(reason, Read(hex).Reason);

    [Fact]
    public void A_key_is_the_same_however_long_it_was_written()
    {
        Assert.True(Read("a20100180200", CborRules.Loose).Ok);
        Assert.Equal(Reason.CborDuplicateKey, Read("a20100180100", CborRules.Loose).Reason);
        Assert.Equal(Reason.CborDuplicateKey, Read("a261610078016100", CborRules.Loose).Reason);

        // Many keys are compared otherwise than few.
        var many = string.Concat(Enumerable.Range(0, 15).Select(i => i.ToString("x2") + "00"));
        Assert.True(Read("af" + many).Ok);
        Assert.Equal(Reason.CborDuplicateKey, Read("b0" + many + "180300", CborRules.Loose).Reason);
    }

    [Fact]
    public void Our_own_keys_are_sorted()
    {
        Assert.Equal(Reason.CborUnsorted, Read("a202000100", CborRules.Ours).Reason);
        Assert.Equal(Reason.CborUnsorted, Read("a220000100", CborRules.Ours).Reason);
        Assert.Equal(Reason.CborUnsorted, Read("a26162006161" + "00", CborRules.Ours).Reason);
        Assert.True(Read("a3010020006161" + "00", CborRules.Ours).Ok);
        Assert.True(Read("a202000100").Ok);
    }

    [Fact]
    public void Floats_are_read_where_they_are_asked_for()
    {
        var rules = new CborRules(false, Floats: true);
        Assert.Equal(1.5, Read("f93e00", rules).Value.Float);
        Assert.Equal(100000.0, Read("fa47c35000", rules).Value.Float);
        Assert.Equal(1.1, Read("fb3ff199999999999a", rules).Value.Float);
        Assert.Equal(Reason.CborMalformed, Read("fb3ff1", rules).Reason);
    }

    [Fact]
    public void Depth_and_number_are_bounded()
    {
        static byte[] Nested(int depth) => [.. Enumerable.Repeat((byte)0x81, depth - 1), 0x00];
        Assert.True(Cbor.Parse(Nested(Cbor.MostDepth), CborRules.Ours).Ok);
        Assert.Equal(Reason.CborTooDeep, Cbor.Parse(Nested(Cbor.MostDepth + 1), CborRules.Ours).Reason);
        static byte[] Flat(int count) => Minted.List([.. Enumerable.Repeat(Minted.Int(1), count - 1)]);
        Assert.True(Cbor.Parse(Flat(Cbor.MostNodes), CborRules.Ours).Ok);
        Assert.Equal(Reason.CborTooLarge, Cbor.Parse(Flat(Cbor.MostNodes + 1), CborRules.Ours).Reason);
    }
}
