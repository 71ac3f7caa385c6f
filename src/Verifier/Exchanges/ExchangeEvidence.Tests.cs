using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Muqeem.Verifier.Cryptography;

namespace Muqeem.Verifier.Exchanges;

/// <summary>Evidence that is made here line by line, by RFC 9421 and not by our own signer: a question on Ed25519, an answer on P-256.</summary>
public sealed class ExchangeEvidenceTests : IDisposable
{
    private readonly byte[] _seed = RandomNumberGenerator.GetBytes(32);
    private readonly ECDsa _other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _other.Dispose();

    private string OurKey => $$"""{"kty":"OKP","crv":"Ed25519","x":"{{Base64Url.EncodeToString(Ed25519.PublicKey(_seed))}}"}""";

    private string TheirKey => _other.ExportParameters(false) is var p ? $$"""{"kty":"EC","crv":"P-256","x":"{{Base64Url.EncodeToString(p.Q.X)}}","y":"{{Base64Url.EncodeToString(p.Q.Y)}}","kid":"any"}""" : "";

    private byte[][] Keys => [Encoding.UTF8.GetBytes(OurKey), Encoding.UTF8.GetBytes($$"""{"keys":[{{TheirKey}}]}""")];

    /// <summary>RFC 7638: the members that make the key, in the order of their names.</summary>
    private string OurId => Id($$"""{"crv":"Ed25519","kty":"OKP","x":"{{Base64Url.EncodeToString(Ed25519.PublicKey(_seed))}}"}""");

    private string TheirId => _other.ExportParameters(false) is var p ? Id($$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(p.Q.X)}}","y":"{{Base64Url.EncodeToString(p.Q.Y)}}"}""") : "";

    private static string Id(string canonical) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)));

    private static string Digest(byte[] body) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body))}:";

    private static JsonObject Part(string signed, byte[] signature, byte[] body) =>
        new() { ["base"] = signed, ["signature"] = Convert.ToBase64String(signature), ["digest"] = Convert.ToBase64String(SHA256.HashData(body)), ["body"] = Convert.ToBase64String(body) };

    private JsonObject Request(string id = "r-1", string parameters = ";nonce=\"0123456789abcdef\";alg=\"ed25519\";tag=\"t\"")
    {
        var signed = $"\"@method\": POST\n\"content-digest\": {Digest("asked"u8.ToArray())}\n\"x-request-id\": {id}\n\"@signature-params\": (\"@method\" \"content-digest\" \"x-request-id\");created=1700000000;keyid=\"{OurId}\"{parameters}";
        return Part(signed, Ed25519.Sign(_seed, Encoding.ASCII.GetBytes(signed)), "asked"u8.ToArray());
    }

    private JsonObject Answer(JsonObject request, string id = "r-1")
    {
        var signed = $"\"@status\": 200\n\"content-digest\": {Digest("said"u8.ToArray())}\n\"x-request-id\": {id}\n\"signature\";req: any=:{request["signature"]}:\n"
            + $"\"@signature-params\": (\"@status\" \"content-digest\" \"x-request-id\" \"signature\";req);created=1700000001;keyid=\"{TheirId}\"";
        return Part(signed, _other.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256), "said"u8.ToArray());
    }

    private static byte[] File(params JsonObject[] exchanges) => Encoding.UTF8.GetBytes(new JsonObject { ["format"] = ExchangeEvidence.Format, ["exchanges"] = new JsonArray([.. exchanges]) }.ToJsonString());

    private Reason? Judged(JsonObject request, JsonObject? answer, byte[][]? keys = null)
    {
        var exchange = new JsonObject { ["request"] = request };
        if (answer is not null)
        {
            exchange["answer"] = answer;
        }
        return ExchangeEvidence.Verify(File(exchange), keys ?? Keys).Reason;
    }

    /// <summary>A good one, for whoever damages it.</summary>
    internal static (byte[] File, byte[][] Keys) Sample()
    {
        using var made = new ExchangeEvidenceTests();
        var request = made.Request();
        return (File(new JsonObject { ["request"] = request, ["answer"] = made.Answer(request) }), made.Keys);
    }

    [Fact]
    public void Who_said_what_and_when_is_read_from_what_was_signed()
    {
        var request = Request();
        var proved = Assert.Single(ExchangeEvidence.Verify(File(new JsonObject { ["request"] = request.DeepClone(), ["answer"] = Answer(request) }), Keys).Value);
        Assert.Equal((OurId, "POST", "r-1", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)), (proved.Request.KeyId, proved.Request["@method"], proved.Request["x-request-id"], proved.Request.SignedAt));
        Assert.Equal((TheirId, "200", "said"), (proved.Answer!.KeyId, proved.Answer["@status"], Encoding.UTF8.GetString(proved.Answer.Body!)));
        Assert.Null(proved.Request["@path"]);
        Assert.Null(Judged(Request(), null));
    }

    [Fact]
    public void No_part_of_it_may_change()
    {
        static string Flipped(JsonNode? base64)
        {
            var bytes = Convert.FromBase64String(base64!.GetValue<string>());
            bytes[bytes.Length / 2] ^= 1;
            return Convert.ToBase64String(bytes);
        }
        foreach (var ofAnswer in (bool[])[false, true])
        {
            Reason? Changed(Action<JsonObject> change)
            {
                var request = Request();
                var answer = Answer(request);
                change(ofAnswer ? answer : request);
                return Judged(request, answer);
            }
            void Rewrite(JsonObject part, string from, string to) => part["base"] = part["base"]!.GetValue<string>().Replace(from, to, StringComparison.Ordinal);
            Assert.Null(Changed(_ => { }));
            Assert.Equal(Reason.ExchangeSignatureWrong, Changed(p => p["signature"] = Flipped(p["signature"])));
            Assert.Equal(Reason.ExchangeSignatureWrong, Changed(p => Rewrite(p, "created=17", "created=18")));
            Assert.Equal(Reason.ExchangeContradicted, Changed(p => p["digest"] = Flipped(p["digest"])));
            Assert.Equal(Reason.ExchangeBodyOther, Changed(p => p["body"] = Convert.ToBase64String("other"u8)));
            Assert.Equal(Reason.ExchangeMalformed, Changed(p => Rewrite(p, "\"@signature-params\"", "\"@other\"")));
            Assert.Equal(Reason.ExchangeMalformed, Changed(p => Rewrite(p, "\"x-request-id\": ", "\"x-request-id\": r-0\n\"x-request-id\": ")));
            Assert.Equal(Reason.ExchangeMalformed, Changed(p => p["base"] = "\"x-more\": 1\n" + p["base"]));
            Assert.Equal(Reason.ExchangeMalformed, Changed(p => p["body"] = 5));
            // Without its body the digest is still what was signed.
            Assert.Null(Changed(p => p.Remove("body")));
        }
    }

    [Fact]
    public void A_right_answer_to_another_question_is_none_to_this_one()
    {
        var (one, other) = (Request(), Request("r-2"));
        Assert.Equal(Reason.ExchangeAnswerOther, Judged(one, Answer(other)));
        Assert.Equal(Reason.ExchangeAnswerOther, Judged(Request(), Answer(Request(), "r-2")));
    }

    [Fact]
    public void Only_keys_that_were_given_count()
    {
        var request = Request();
        Assert.Equal(Reason.ExchangeKeyUnknown, Judged((JsonObject)request.DeepClone(), Answer(request), [Keys[0]]));
        Assert.Equal(Reason.ExchangeKeyUnknown, Judged((JsonObject)request.DeepClone(), Answer(request), [Keys[1]]));
        Assert.Equal(Reason.ExchangeMalformed, Judged((JsonObject)request.DeepClone(), null, ["no"u8.ToArray()]));
    }

    [Theory]
    [InlineData(";nonce=\";created=5;x\"")]
    [InlineData(";created=5")]
    [InlineData(";alg=\"none\"", Reason.ExchangeSignatureWrong)]
    [InlineData(";alg=\"ecdsa-p256-sha256\"", Reason.ExchangeSignatureWrong)]
    [InlineData(";alg=ed25519")]
    [InlineData(";expires=5")]
    public void What_is_inside_of_a_text_cannot_pass_for_another_parameter(string parameters, Reason reason = Reason.ExchangeMalformed) => Assert.Equal(reason, Judged(Request(parameters: parameters), null));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"format":"muqeem-exchange-1","exchanges":[]}""")]
    [InlineData("""{"format":"muqeem-exchange-1","exchanges":[{}]}""")]
    [InlineData("""{"format":"muqeem-exchange-2","exchanges":[{"request":{}}]}""")]
    [InlineData("""{"format":"muqeem-exchange-1","exchanges":[{"request":{"base":"","signature":"","digest":""}}]}""")]
    public void What_is_no_evidence_is_refused(string text) => Assert.Equal(Reason.ExchangeMalformed, ExchangeEvidence.Verify(Encoding.UTF8.GetBytes(text), Keys).Reason);
}
