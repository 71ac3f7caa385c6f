using System.Text.Json;
using Muqeem.Tests;
using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Status;

public class StatusListTests
{
    private const string Uri = "https://muqeem.example/status/1";

    private static readonly DateTimeOffset Now = Minted.Now;
    private static readonly Minted Authority = Minted.Shared;
    private static readonly StatusListOptions Options = new();
    private static readonly byte[] States = [0b11_10_01_00, 0b00_00_00_01];

    private static readonly Dictionary<string, JsonElement> Vectors =
        JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(File.ReadAllText(Path.Combine(Repository.Root, "src/Verifier/Status/vectors/token-status-list-20.json")))!;

    private static Checked<StatusList> Jwt(string token, string? uri = Uri, StatusListOptions? options = null) => StatusList.VerifyJwt(token, uri, Authority.Trust.Value, Now, options ?? Options);

    private static Checked<StatusList> Cwt(byte[] token, string? uri = Uri, StatusListOptions? options = null) => StatusList.VerifyCwt(token, uri, Authority.Trust.Value, Now, options ?? Options);

    private static string Payload(string list, string sub = Uri, string more = "") => $$"""{"sub":"{{sub}}","iat":{{Minted.At(Now)}},"status_list":{{list}}{{more}}}""";

    private static string List(int bits, string lst) => $$"""{"bits":{{bits}},"lst":"{{lst}}"}""";

    public static TheoryData<string> Encoded => ["bits1", "bits2", "bits1_long", "bits2_long", "bits4_long", "bits8_long"];

    [Theory]
    [MemberData(nameof(Encoded))]
    public void The_vectors_of_the_draft_are_read_in_both_forms(string name)
    {
        var vector = Vectors[name];
        var bits = vector.GetProperty("bits").GetInt32();
        var fromJwt = Jwt(Minted.Jws("statuslist+jwt", Payload(List(bits, vector.GetProperty("lst").GetString()!)), Authority.Status)).Value;
        var claims = Minted.Map((Minted.Int(2), Minted.Text(Uri)), (Minted.Int(6), Minted.Int(Minted.At(Now))), (Minted.Int(65533), Convert.FromHexString(vector.GetProperty("cbor").GetString()!)));
        var fromCwt = Cwt(Token(claims)).Value;
        var values = vector.GetProperty("values").EnumerateObject().ToDictionary(v => int.Parse(v.Name), v => v.Value.GetInt32());
        var count = name.EndsWith("long", StringComparison.Ordinal) ? 1 << 20 : values.Count;
        Assert.Equal((count, count), (fromJwt.Count, fromCwt.Count));
        for (var i = 0; i < count; i++)
        {
            var expected = values.GetValueOrDefault(i);
            if (fromJwt.Get(i) != expected || fromCwt.Get(i) != expected)
            {
                Assert.Fail($"Index {i}.");
            }
        }
        Assert.Null(fromJwt.Get(count));
        Assert.Null(fromJwt.Get(-1));
    }

    [Fact]
    public void The_tokens_of_the_draft_are_read_and_lack_a_chain()
    {
        Assert.Equal(Reason.ChainMissing, Jwt(Vectors["jwt"].GetString()!).Reason);
        Assert.Equal(Reason.ChainMissing, Cwt(Convert.FromHexString(Vectors["cwt"].GetString()!)).Reason);
    }

    [Fact]
    public void A_list_says_the_state_at_each_place()
    {
        var list = Jwt(Authority.StatusList(Uri, States)).Value;
        Assert.Equal([0, 1, 2, 3, 1, 0, 0, 0], Enumerable.Range(0, 8).Select(i => list.Get(i)!.Value));
        Assert.Null(list.Get(8));
        Assert.Null(list.Get(long.MaxValue));
        Assert.Equal(Now.AddHours(-1), list.IssuedAt);
    }

    [Fact]
    public void A_list_is_fresh_until_it_expires_or_the_verifier_says_so()
    {
        var list = Jwt(Authority.StatusList(Uri, States)).Value;
        Assert.True(list.IsFreshAt(Now));
        Assert.False(list.IsFreshAt(Now.AddHours(23)));
        Assert.False(list.IsFreshAt(Now, TimeSpan.FromMinutes(59)));
        var aged = Jwt(Minted.Jws("statuslist+jwt", Payload(List(2, Minted.B64(Minted.Zlib(States))), more: ",\"ttl\":3600"), Authority.Status)).Value;
        Assert.True(aged.IsFreshAt(Now.AddHours(1)));
        Assert.False(aged.IsFreshAt(Now.AddHours(1).AddSeconds(1)));
    }

    [Theory]
    [InlineData("""{"sub":"$uri","iat":$now}""", Reason.StatusListMalformed)]
    [InlineData("""{"iat":$now,"status_list":$list}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","status_list":$list}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","iat":"$now","status_list":$list}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","iat":$now.5,"status_list":$list}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","iat":$now,"exp":"never","status_list":$list}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","iat":$now,"ttl":0,"status_list":$list}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","iat":$now,"ttl":"1","status_list":$list}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","iat":$now,"status_list":{"bits":3,"lst":"$lst"}}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","iat":$now,"status_list":{"lst":"$lst"}}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","iat":$now,"status_list":{"bits":2}}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","iat":$now,"status_list":{"bits":2,"lst":"$lst="}}""", Reason.StatusListMalformed)]
    [InlineData("""{"sub":"$uri","iat":$now,"status_list":{"bits":2,"lst":""}}""", Reason.StatusListCompression)]
    [InlineData("""{"sub":"$uri","iat":$now,"status_list":{"bits":2,"lst":"AAAA"}}""", Reason.StatusListCompression)]
    [InlineData("""{"sub":"$uri","iat":$later,"status_list":$list}""", Reason.StatusListFromFuture)]
    [InlineData("""{"sub":"$uri","iat":$now,"exp":$now,"status_list":$list}""", Reason.StatusListExpired)]
    [InlineData("""{"sub":"$uri/other","iat":$now,"status_list":$list}""", Reason.StatusListSubject)]
    public void A_list_that_lacks_something_is_refused(string payload, Reason reason)
    {
        var lst = Minted.B64(Minted.Zlib(States));
        payload = payload.Replace("$list", List(2, lst)).Replace("$lst", lst).Replace("$uri", Uri).Replace("$now", $"{Minted.At(Now)}").Replace("$later", $"{Minted.At(Now.AddMinutes(2))}");
        Assert.Equal(reason, Jwt(Minted.Jws("statuslist+jwt", payload, Authority.Status)).Reason);
    }

    [Fact]
    public void A_list_is_signed_for_this_by_its_own_signer()
    {
        var payload = Payload(List(2, Minted.B64(Minted.Zlib(States))));
        Assert.Equal(Reason.JwsType, Jwt(Minted.Jws("JWT", payload, Authority.Status)).Reason);
        Assert.Equal(Reason.SignerPurpose, Jwt(Minted.Jws("statuslist+jwt", payload, Authority.Mdoc)).Reason);
        Assert.Equal(Reason.SignatureWrong, Jwt(Minted.Jws("statuslist+jwt", payload, Authority.Status with { Key = Authority.Mdoc.Key })).Reason);
        Assert.Equal(Reason.JwsAlgorithm, Jwt(Minted.Jws("""{"alg":"none","typ":"statuslist+jwt"}""", payload, Authority.Status.Key)).Reason);
        Assert.Equal(Reason.JwsAlgorithm, Jwt(Minted.Jws("statuslist+jwt", payload, Authority.Status, ""","crit":["exp"]""")).Reason);
        Assert.Equal(Reason.JwsMalformed, Jwt("a.b").Reason);
        Assert.Equal(Reason.StatusListMalformed, Jwt(new string('a', StatusList.LongestToken + 1)).Reason);
        Assert.Equal(Reason.StatusListMalformed, Cwt(new byte[StatusList.LongestToken + 1]).Reason);
    }

    [Fact]
    public void A_list_that_unfolds_too_far_is_refused()
    {
        var bomb = Minted.Jws("statuslist+jwt", Payload(List(8, Minted.B64(Minted.Zlib(new byte[4 * 1024 * 1024 + 1])))), Authority.Status);
        Assert.Equal(Reason.StatusListTooLarge, Jwt(bomb).Reason);
        Assert.Equal(4 * 1024 * 1024 + 1, Jwt(bomb, options: Options with { MostBytes = 5 * 1024 * 1024 }).Value.Count);
    }

    [Fact]
    public void A_compressed_list_ends_where_it_says()
    {
        var whole = Minted.Zlib(States);
        Assert.Equal(Reason.StatusListCompression, StatusList.Inflate(whole[..^1], 100).Reason);
        Assert.Equal(Reason.StatusListCompression, StatusList.Inflate(whole[..^5], 100).Reason);
        Assert.Equal(Reason.StatusListCompression, StatusList.Inflate((byte[])[.. whole, 0], 100).Reason);
        Assert.Equal(Reason.StatusListCompression, StatusList.Inflate((byte[])[.. whole, .. whole], 100).Reason);
        Assert.Equal(Reason.StatusListCompression, StatusList.Inflate(Minted.Zlib([]), 100).Reason);
        Assert.Equal(Reason.StatusListCompression, StatusList.Inflate((byte[])[0x78, 0xbb, .. whole[2..]], 100).Reason);
        Assert.Equal(Reason.StatusListCompression, StatusList.Inflate((byte[])[0x79, .. whole[1..]], 100).Reason);
        Assert.Equal(Reason.StatusListCompression, StatusList.Inflate((byte[])[0x78, 0xdb, .. whole[2..]], 100).Reason);
        Assert.Equal(States, StatusList.Inflate(whole, 2).Value);
        Assert.Equal(Reason.StatusListTooLarge, StatusList.Inflate(whole, 1).Reason);
    }

    private static byte[] Token(byte[] claims, byte[]? header = null, byte[]? unprotected = null, ulong tag = 18) =>
        Minted.Tag(tag, Minted.Sign1(header ?? Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(16), Minted.Text("application/statuslist+cwt"))), unprotected ?? Minted.Map((Minted.Int(33), Minted.Bytes(Authority.Status.Der))), claims, Authority.Status.Key));

    private static byte[] Claims(long iat, byte[]? list = null, params (byte[], byte[])[] more) =>
        Minted.Map([(Minted.Int(2), Minted.Text(Uri)), (Minted.Int(6), Minted.Int(iat)), (Minted.Int(65533), list ?? Minted.Map((Minted.Text("bits"), Minted.Int(2)), (Minted.Text("lst"), Minted.Bytes(Minted.Zlib(States))))), .. more]);

    [Fact]
    public void The_CWT_form_has_the_same_rules()
    {
        var (now, good) = (Minted.At(Now), Claims(Minted.At(Now)));
        var list = Cwt(Token(Claims(now, null, (Minted.Int(4), Minted.Int(now + 100)), (Minted.Int(65534), Minted.Int(60))))).Value;
        Assert.Equal((2, 3, TimeSpan.FromMinutes(1)), (list.Get(2), list.Get(3), list.Life));
        Assert.True(Cwt(Token(good, Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(16), Minted.Text("application/statuslist+cwt")), (Minted.Int(33), Minted.Bytes(Authority.Status.Der))), Minted.Map())).Ok);
        Assert.Equal(Reason.CertificateMalformed, Cwt(Token(good, Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(16), Minted.Text("application/statuslist+cwt")), (Minted.Int(33), Minted.Bytes(Authority.Status.Der))))).Reason);
        Assert.Equal(Reason.CoseType, Cwt(Token(good, Minted.Map((Minted.Int(1), Minted.Int(-7))))).Reason);
        Assert.Equal(Reason.CoseAlgorithm, Cwt(Token(good, Minted.Map((Minted.Int(1), Minted.Int(-8)), (Minted.Int(16), Minted.Text("application/statuslist+cwt"))))).Reason);
        Assert.Equal(Reason.CoseAlgorithm, Cwt(Token(good, unprotected: Minted.Map((Minted.Int(1), Minted.Int(-7))))).Reason);
        Assert.Equal(Reason.CoseMalformed, Cwt(Token(good, tag: 61)).Reason);
        Assert.Equal(Reason.CoseMalformed, Cwt(Minted.Tag(18, Minted.List())).Reason);
        Assert.Equal(Reason.CborTrailingBytes, Cwt([.. Token(good), 0]).Reason);
        Assert.Equal(Reason.StatusListSubject, Cwt(Token(good), Uri + "/2").Reason);
        Assert.Equal(Reason.StatusListFromFuture, Cwt(Token(Claims(now + 120))).Reason);
        Assert.Equal(Reason.StatusListExpired, Cwt(Token(Claims(now, null, (Minted.Int(4), Minted.Int(now))))).Reason);
        Assert.Equal(Reason.StatusListMalformed, Cwt(Token(Claims(now, null, (Minted.Int(65534), Minted.Int(0))))).Reason);
        Assert.Equal(Reason.StatusListMalformed, Cwt(Token(Claims(now, null, (Minted.Int(65534), Minted.Text("60"))))).Reason);
        Assert.Equal(Reason.StatusListMalformed, Cwt(Token(Claims(now, Minted.Map((Minted.Text("bits"), Minted.Int(2)))))).Reason);
        Assert.Equal(Reason.StatusListMalformed, Cwt(Token(Claims(now, Minted.Map((Minted.Text("bits"), Minted.Int(5)), (Minted.Text("lst"), Minted.Bytes(Minted.Zlib(States))))))).Reason);
        Assert.Equal(Reason.StatusListMalformed, Cwt(Token(Minted.Int(1))).Reason);
    }

    [Fact]
    public void Every_changed_byte_of_a_list_is_noticed()
    {
        var jwt = Authority.StatusList(Uri, States);
        for (var i = 0; i < jwt.Length; i++)
        {
            var changed = jwt.ToCharArray();
            changed[i] ^= (char)(1 << (i % 7));
            Assert.False(Jwt(new string(changed)).Ok, $"Character {i} of the JWT.");
        }
        var cwt = Token(Claims(Minted.At(Now)));
        for (var i = 0; i < cwt.Length; i++)
        {
            var changed = cwt.ToArray();
            changed[i] ^= (byte)(1 << (i % 8));
            Assert.False(Cwt(changed).Ok, $"Byte {i} of the CWT.");
        }
    }

    [Theory]
    [InlineData("""{"status_list":{"idx":0,"uri":"https://a.example/1"}}""", true)]
    [InlineData("""{"status_list":{"idx":-1,"uri":"https://a.example/1"}}""", false)]
    [InlineData("""{"status_list":{"idx":"0","uri":"https://a.example/1"}}""", false)]
    [InlineData("""{"status_list":{"idx":0}}""", false)]
    [InlineData("""{"status_list":{"idx":0,"uri":"not an address"}}""", false)]
    [InlineData("""{"status_list":[0]}""", false)]
    [InlineData("""{"identifier_list":{}}""", false)]
    [InlineData("""7""", false)]
    public void A_reference_names_a_list_and_a_place(string json, bool good)
    {
        var reference = StatusReference.Of(Json.Parse(System.Text.Encoding.UTF8.GetBytes(json)).Value);
        Assert.Equal(good ? null : Reason.StatusReferenceMalformed, reference.Reason);
    }

    [Fact]
    public void A_reference_in_CBOR_is_the_same()
    {
        static Reason? Of(byte[] item) => StatusReference.Of(Cbor.Parse(item, CborRules.Others).Value).Reason;
        Assert.Null(Of(Minted.Map((Minted.Text("status_list"), Minted.Map((Minted.Text("idx"), Minted.Int(3)), (Minted.Text("uri"), Minted.Text(Uri)))))));
        Assert.Equal(Reason.StatusReferenceMalformed, Of(Minted.Map((Minted.Text("status_list"), Minted.Map((Minted.Text("idx"), Minted.Int(-3)), (Minted.Text("uri"), Minted.Text(Uri)))))));
        Assert.Equal(Reason.StatusReferenceMalformed, Of(Minted.Int(1)));
    }
}
