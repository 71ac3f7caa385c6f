using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Tests;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.SdJwt;

/// <summary>An issuer for the tests: hides what it is told to, as the frames of sd-jwt-js say it.</summary>
internal static class TestIssuer
{
    public static readonly ECDsa Holder = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static int _salt;

    public static string Disclosure(params JsonNode?[] parts) =>
        Minted.B64(new JsonArray([$"salt-of-16-bytes-{Interlocked.Increment(ref _salt)}", .. parts.Select(p => p?.DeepClone())]).ToJsonString());

    public static JsonObject Element(string disclosure) => new() { ["..."] = Minted.Digest(disclosure) };

    /// <summary>The node with what the frame names in its place as digests; the disclosures in the order of the walk.</summary>
    public static JsonNode? Hide(JsonNode? node, JsonObject frame, List<string> disclosures)
    {
        var hidden = (frame["_sd"] as JsonArray)?.Select(n => n!.ToString()).ToHashSet() ?? [];
        if (node is JsonArray array)
        {
            var items = new JsonArray();
            for (var i = 0; i < array.Count; i++)
            {
                var item = frame[$"{i}"] is JsonObject inner ? Hide(array[i], inner, disclosures) : array[i]?.DeepClone();
                if (hidden.Contains($"{i}"))
                {
                    disclosures.Add(Disclosure(item));
                    item = Element(disclosures[^1]);
                }
                items.Add(item?.DeepClone());
            }
            return items;
        }
        var members = new JsonObject();
        var digests = new List<string>();
        foreach (var (name, member) in node!.AsObject())
        {
            var value = frame[name] is JsonObject inner ? Hide(member, inner, disclosures) : member?.DeepClone();
            if (hidden.Contains(name))
            {
                disclosures.Add(Disclosure(name, value));
                digests.Add(Minted.Digest(disclosures[^1]));
            }
            else
            {
                members[name] = value?.DeepClone();
            }
        }
        for (var decoys = frame["_sd_decoy"]?.GetValue<int>() ?? 0; decoys > 0; decoys--)
        {
            digests.Add(Minted.Digest($"decoy {Interlocked.Increment(ref _salt)}"));
        }
        if (digests.Count > 0)
        {
            members["_sd"] = new JsonArray([.. digests.Order(StringComparer.Ordinal).Select(d => JsonValue.Create(d))]);
        }
        return members;
    }

    /// <summary>What every credential has: type, times, status, the holder's key.</summary>
    public static JsonObject Frame() => JsonNode.Parse($$$"""
        {"iss":"https://muqeem.example","vct":"https://muqeem.example/resident-id","iat":{{{Minted.At(Minted.Now) - 100}}},"exp":{{{Minted.At(Minted.Now) + 86400}}},"cnf":{"jwk":{{{Minted.Jwk(Holder)}}}},
         "status":{"status_list":{"idx":3,"uri":"https://muqeem.example/status/1"} } }
        """)!.AsObject();

    public static string Sign(JsonObject payload, IEnumerable<string> disclosures, string header = "", Minted.Leaf? signer = null, string type = SdJwtVerifier.Type) =>
        Minted.Jws(type, payload.ToJsonString(), signer ?? Minted.Shared.SdJwt, header) + "~" + string.Concat(disclosures.Select(d => d + "~"));

    /// <summary>A whole resident ID: flat, nested, recursive and array disclosures, and decoys.</summary>
    public static string ResidentId(Action<JsonObject>? change = null)
    {
        var claims = JsonNode.Parse("""
            {"family_name":"Rahman","given_name":"Mohammed","nationality":["BD","XX"],"address":{"city":"Riyadh","district":{"name":"Olaya","code":7}},"age_equal_or_over":{"18":true,"21":true}}
            """)!.AsObject();
        var frame = JsonNode.Parse("""
            {"_sd":["family_name","given_name","address"],"nationality":{"_sd":[0,1]},"address":{"_sd":["city","district"]},"age_equal_or_over":{"_sd":["18","21"]},"_sd_decoy":2}
            """)!.AsObject();
        var disclosures = new List<string>();
        var payload = Hide(claims, frame, disclosures)!.AsObject();
        foreach (var (name, value) in Frame())
        {
            payload[name] = value!.DeepClone();
        }
        payload["_sd_alg"] = "sha-256";
        change?.Invoke(payload);
        return Sign(payload, disclosures);
    }

    public static string Bind(string presentation, string audience = "https://bank.example", string nonce = "n-1", DateTimeOffset? at = null, ECDsa? key = null, string type = "kb+jwt", string? hash = null) =>
        presentation + Minted.Jws($$"""{"alg":"ES256","typ":"{{type}}"}""", $$"""{"aud":"{{audience}}","nonce":"{{nonce}}","iat":{{Minted.At(at ?? Minted.Now)}},"sd_hash":"{{hash ?? Minted.Digest(presentation)}}"}""", key ?? Holder);
}

public class SdJwtTests
{
    private static readonly SdJwtOptions Options = new();
    private static readonly SdJwtOptions Bound = new() { KeyBinding = new KeyBinding("https://bank.example", "n-1") };

    private static Checked<SdJwtCredential> Verify(string text, SdJwtOptions? options = null, DateTimeOffset? now = null) => SdJwtVerifier.Verify(text, Minted.Shared.Trust.Value, now ?? Minted.Now, options ?? Options);

    private static JsonElement Vector(string file, string name) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "src/Verifier/SdJwt/vectors", file))).RootElement.GetProperty(name);

    private static JsonNode? Node(Json json) => json.Kind switch
    {
        JsonKind.Object => new JsonObject(json.Members.ToArray().Select(m => KeyValuePair.Create(m.Key, Node(m.Value)))),
        JsonKind.Array => new JsonArray([.. json.Items.ToArray().Select(Node)]),
        JsonKind.Text => JsonValue.Create(json.Text),
        JsonKind.Number => JsonNode.Parse(json.Digits!),
        JsonKind.True => JsonValue.Create(true),
        JsonKind.False => JsonValue.Create(false),
        _ => null,
    };

    [Fact]
    public void A_whole_credential_says_all_its_claims()
    {
        var credential = Verify(TestIssuer.ResidentId()).Value;
        Assert.Equal("https://muqeem.example/resident-id", credential.Type);
        Assert.Equal("Mohammed", credential.Claims["given_name"]!.Text);
        Assert.Equal("Olaya", credential.Claims["address"]!["district"]!["name"]!.Text);
        Assert.Equal(["BD", "XX"], credential.Claims["nationality"]!.Items.ToArray().Select(i => i.Text));
        Assert.Null(credential.Claims["_sd"]);
        Assert.Null(credential.Claims["_sd_alg"]);
        Assert.Equal(3, credential.Status!.Index);
        Assert.False(credential.IsBound);
        Assert.NotNull(credential.HolderKey);
    }

    [Fact]
    public void A_presentation_says_what_was_chosen_and_what_that_lies_in()
    {
        var shown = SdJwtVerifier.Present(TestIssuer.ResidentId(), p => p is "/address/district" or "/nationality/1").Value;
        var claims = Verify(shown).Value.Claims;
        Assert.Null(claims["given_name"]);
        Assert.Null(claims["address"]!["city"]);
        Assert.Equal("7", claims["address"]!["district"]!["code"]!.Digits);
        Assert.Equal("XX", Assert.Single(claims["nationality"]!.Items.ToArray()).Text);
        Assert.Equal(3, shown.Count(c => c == '~') - 1);
        Assert.Empty(Verify(SdJwtVerifier.Present(shown, _ => false).Value).Value.Claims["nationality"]!.Items.ToArray());
        Assert.Equal(Reason.SdJwtMalformed, SdJwtVerifier.Present("nothing", _ => true).Reason);
    }

    /// <summary>Without the one that expects an object to go when nothing of it is shown; RFC 9901 takes out digests only.</summary>
    public static TheoryData<string> Cases =>
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "src/Verifier/SdJwt/vectors/sd-jwt-js.json"))).RootElement.EnumerateObject().Select(c => c.Name).Where(n => n != "array_none_disclosed")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_presented_comes_out_as_another_implementation_has_it(string name)
    {
        var vector = Vector("sd-jwt-js.json", name);
        JsonObject Part(string part) => JsonNode.Parse(vector.TryGetProperty(part, out var found) ? found.GetRawText() : "{}") as JsonObject ?? [];
        var disclosures = new List<string>();
        var payload = TestIssuer.Hide(Part("claims"), Part("disclosureFrame"), disclosures)!.AsObject();
        payload["vct"] = "https://muqeem.example/vector";
        var keep = new HashSet<string>();
        Paths(Part("presentationFrames"), "", keep);
        var shown = SdJwtVerifier.Present(TestIssuer.Sign(payload, disclosures), keep.Contains).Value;
        var claims = Node(Verify(shown).Value.Claims)!.AsObject();
        claims.Remove("vct");
        Assert.True(JsonNode.DeepEquals(Part("presenatedClaims"), claims), claims.ToJsonString());
    }

    private static void Paths(JsonObject frame, string pointer, HashSet<string> into)
    {
        foreach (var (name, value) in frame)
        {
            into.Add(pointer + "/" + name);
            if (value is JsonObject inner)
            {
                Paths(inner, pointer + "/" + name, into);
            }
        }
    }

    [Fact]
    public void The_example_of_OpenID4VP_is_read_with_the_key_it_prints()
    {
        JsonElement Part(string name) => Vector("openid4vp-sd-jwt.json", name);
        using var issuer = P256Key.Create(BaseText.FromBase64Url(Part("issuer_x").GetString()), BaseText.FromBase64Url(Part("issuer_y").GetString()));
        var text = Part("presentation").GetString()!;
        if (text.EndsWith('~'))
        {
            text += Part("kb").GetString();
        }
        var parts = SdJwtParts.Parse(text).Value;
        Assert.True(parts.Issued.IsSignedBy(issuer!));
        var claims = SdJwtProcessing.Process(parts).Value.Claims;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Part("verified").GetRawText()), Node(claims)));
        var options = new SdJwtOptions { KeyBinding = new KeyBinding("https://verifier.example.org", "1234567890") };
        var signer = Minted.Shared.Trust.Value.Check([Minted.Shared.SdJwt.Der], Minted.Purposes.SdJwt, Minted.Now).Value;
        var at = DateTimeOffset.FromUnixTimeSeconds(Part("kb_payload").GetProperty("iat").GetInt64());
        Assert.True(SdJwtVerifier.CheckClaims(parts, claims, signer, at, options).Value.IsBound);

        // Without a chain it is nobody's.
        Assert.Equal(Reason.ChainMissing, Verify(Part("issuance").GetString()!).Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b.c")]
    public void What_has_no_tilde_is_no_SD_JWT(string text) => Assert.Equal(Reason.SdJwtMalformed, Verify(text).Reason);

    [Fact]
    public void Size_is_bounded()
    {
        Assert.Equal(Reason.SdJwtTooLarge, Verify(new string('~', SdJwtVerifier.Longest + 1)).Reason);
        Assert.Equal(Reason.SdJwtTooLarge, Verify(TestIssuer.ResidentId() + string.Concat(Enumerable.Range(0, 257).Select(i => TestIssuer.Disclosure($"n{i}", 1) + "~"))).Reason);
    }

    [Theory]
    [InlineData("""{"alg":"ES384","typ":"dc+sd-jwt"}""", Reason.JwsAlgorithm)]
    [InlineData("""{"alg":"none","typ":"dc+sd-jwt"}""", Reason.JwsAlgorithm)]
    [InlineData("""{"alg":"ES256","typ":"dc+sd-jwt","b64":false}""", Reason.JwsAlgorithm)]
    [InlineData("""{"alg":"ES256","typ":"vc+sd-jwt","x5c":["$x"]}""", Reason.JwsType)]
    [InlineData("""{"alg":"ES256","x5c":["$x"]}""", Reason.JwsType)]
    [InlineData("""{"alg":"ES256","typ":"dc+sd-jwt"}""", Reason.ChainMissing)]
    [InlineData("""{"alg":"ES256","typ":"dc+sd-jwt","x5c":[]}""", Reason.ChainMissing)]
    [InlineData("""{"alg":"ES256","typ":"dc+sd-jwt","x5c":["AAAA"]}""", Reason.CertificateMalformed)]
    [InlineData("""{"alg":"ES256","typ":"dc+sd-jwt","x5c":[7]}""", Reason.CertificateMalformed)]
    [InlineData("""{"alg":"ES256","typ":"dc+sd-jwt","x5c":["$x"],"typ":"dc+sd-jwt"}""", Reason.JsonDuplicateKey)]
    [InlineData("""["ES256"]""", Reason.JwsMalformed)]
    public void The_header_says_what_it_is_and_by_whom(string header, Reason reason)
    {
        header = header.Replace("$x", Convert.ToBase64String(Minted.Shared.SdJwt.Der));
        Assert.Equal(reason, Verify(Minted.Jws(header, TestIssuer.Frame().ToJsonString(), Minted.Shared.SdJwt.Key) + "~").Reason);
    }

    [Fact]
    public void Only_a_signer_of_credentials_under_a_pinned_root_issues()
    {
        Assert.True(Verify(TestIssuer.Sign(TestIssuer.Frame(), [])).Ok);
        Assert.Equal(Reason.SignerPurpose, Verify(TestIssuer.Sign(TestIssuer.Frame(), [], signer: Minted.Shared.Status)).Reason);
        Assert.Equal(Reason.SignerUnknown, Verify(TestIssuer.Sign(TestIssuer.Frame(), [], signer: new Minted("C=SA, CN=Stranger").SdJwt)).Reason);
        Assert.Equal(Reason.SignatureWrong, Verify(TestIssuer.Sign(TestIssuer.Frame(), [], signer: Minted.Shared.SdJwt with { Key = Minted.Shared.Mdoc.Key })).Reason);
    }

    public static TheoryData<string, Reason> BadPayloads => new()
    {
        { """{"vct":null}""", Reason.SdJwtTypeMissing },
        { """{"vct":7}""", Reason.SdJwtTypeMissing },
        { """{"exp":"tomorrow"}""", Reason.SdJwtClaimMalformed },
        { """{"iat":1.5}""", Reason.SdJwtClaimMalformed },
        { """{"exp":-1}""", Reason.SdJwtClaimMalformed },
        { """{"nbf":1e10}""", Reason.SdJwtClaimMalformed },
        { """{"exp":99999999999999}""", Reason.SdJwtClaimMalformed },
        { """{"_sd_alg":"sha-512"}""", Reason.SdJwtDigestAlgorithm },
        { """{"_sd":"x"}""", Reason.SdJwtDigestMalformed },
        { """{"_sd":[7]}""", Reason.SdJwtDigestMalformed },
        { """{"list":[{"...":7}]}""", Reason.SdJwtDigestMalformed },
        { """{"_sd":["a","a"]}""", Reason.SdJwtDigestRepeated },
        { """{"_sd":["a"],"deep":{"_sd":["a"]}}""", Reason.SdJwtDigestRepeated },
        { """{"_sd":["a"],"list":[{"...":"a"}]}""", Reason.SdJwtDigestRepeated },
        { """{"...":"a"}""", Reason.SdJwtReservedName },
        { """{"deep":{"...":"a"}}""", Reason.SdJwtReservedName },
        { """{"deep":{"_sd_alg":"sha-256"}}""", Reason.SdJwtReservedName },
        { """{"list":[{"...":"a","b":1}]}""", Reason.SdJwtReservedName },
        { """{"cnf":{"_sd":["a"]}}""", Reason.SdJwtClaimHidden },
        { """{"status":{"status_list":{"_sd":["a"]}}}""", Reason.SdJwtClaimHidden },
        { """{"aka_vcts":[{"...":"a"}]}""", Reason.SdJwtClaimHidden },
        { """{"cnf":{"jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}}""", Reason.SdJwtHolderKey },
        { """{"cnf":{"kid":"x"}}""", Reason.SdJwtHolderKey },
        { """{"status":{"status_list":{"idx":-1,"uri":"https://a.example"}}}""", Reason.StatusReferenceMalformed },
    };

    [Theory]
    [MemberData(nameof(BadPayloads))]
    public void A_payload_that_breaks_a_rule_is_refused(string members, Reason reason)
    {
        var payload = TestIssuer.Frame();
        foreach (var (name, value) in JsonNode.Parse(members)!.AsObject())
        {
            payload[name] = value?.DeepClone();
        }
        Assert.Equal(reason, Verify(TestIssuer.Sign(payload, [])).Reason);
    }

    [Fact]
    public void A_key_that_is_not_on_the_curve_is_no_holders_key()
    {
        var payload = TestIssuer.Frame();
        payload["cnf"] = JsonNode.Parse($$$"""{"jwk":{"kty":"EC","crv":"P-256","x":"{{{Minted.B64(new byte[32])}}}","y":"{{{Minted.B64(new byte[32])}}}"}}""");
        Assert.Equal(Reason.SdJwtHolderKey, Verify(TestIssuer.Sign(payload, [])).Reason);
        payload["cnf"] = JsonNode.Parse($$$"""{"jwk":{{{Minted.Jwk(TestIssuer.Holder)[..^1]}}},"d":"AA"}}""");
        Assert.Equal(Reason.SdJwtHolderKey, Verify(TestIssuer.Sign(payload, [])).Reason);
    }

    [Fact]
    public void What_was_looked_at_before_it_was_signed_has_no_good_signature()
    {
        var text = Encoding.ASCII.GetBytes(TestIssuer.ResidentId());
        Assert.True(SdJwtParts.Parse(text).Value.Issued.Verify(SdJwtVerifier.Type, Minted.Shared.Trust.Value, Minted.Purposes.SdJwt, Minted.Now).Ok);
        Assert.Equal(Reason.SignatureWrong, SdJwtParts.Parse(text, signed: false).Value.Issued.Verify(SdJwtVerifier.Type, Minted.Shared.Trust.Value, Minted.Purposes.SdJwt, Minted.Now).Reason);
    }

    [Fact]
    public void A_credential_counts_in_its_time()
    {
        var text = TestIssuer.ResidentId(p => p["nbf"] = Minted.At(Minted.Now));
        Assert.True(Verify(text).Ok);
        Assert.Equal(Reason.SdJwtFromFuture, Verify(text, now: Minted.Now.AddSeconds(-161)).Reason);
        Assert.Equal(Reason.SdJwtNotYetValid, Verify(text, now: Minted.Now.AddSeconds(-61)).Reason);
        Assert.True(Verify(text, now: Minted.Now.AddSeconds(86400 + 59)).Ok);
        Assert.Equal(Reason.SdJwtExpired, Verify(text, now: Minted.Now.AddSeconds(86400 + 60)).Reason);
    }

    private static string With(string disclosure, Func<string, JsonObject> payload, params string[] more)
    {
        var frame = TestIssuer.Frame();
        foreach (var (name, value) in payload(Minted.Digest(disclosure)))
        {
            frame[name] = value?.DeepClone();
        }
        return TestIssuer.Sign(frame, [disclosure, .. more]);
    }

    /// <summary>The first character of the digest as an escape.</summary>
    private static string Escaped(string disclosure, Func<string, string[]> digests, bool shown = true)
    {
        var digest = Minted.Digest(disclosure);
        var frame = TestIssuer.Frame().ToJsonString();
        var sd = string.Join(',', digests($"\\u{(int)digest[0]:x4}{digest[1..]}").Select(d => $"\"{d}\""));
        return Minted.Jws(SdJwtVerifier.Type, $"{frame[..^1]},\"_sd\":[{sd}]}}", Minted.Shared.SdJwt, "") + "~" + (shown ? disclosure + "~" : "");
    }

    private static JsonObject Sd(string digest) => new() { ["_sd"] = new JsonArray(digest) };

    [Fact]
    public void Each_disclosure_is_asked_for_once_and_fits_its_place()
    {
        var claim = TestIssuer.Disclosure("name", "value");
        Assert.True(Verify(With(claim, Sd)).Ok);
        Assert.Equal(Reason.SdJwtDisclosureUnreferenced, Verify(With(claim, Sd, TestIssuer.Disclosure("other", 1))).Reason);
        Assert.Equal(Reason.SdJwtDisclosureRepeated, Verify(With(claim, Sd, claim)).Reason);
        Assert.Equal(Reason.SdJwtDisclosureKind, Verify(With(claim, d => new JsonObject { ["list"] = new JsonArray(new JsonObject { ["..."] = d }) })).Reason);
        Assert.Equal(Reason.SdJwtDisclosureKind, Verify(With(TestIssuer.Disclosure("element"), Sd)).Reason);
        // What is shown stands in one place, whatever is asked for in two.
        Assert.Equal(Reason.SdJwtDigestRepeated, Verify(With(claim, d => new JsonObject { ["_sd"] = new JsonArray(d, d) })).Reason);
        Assert.Equal(Reason.SdJwtDigestRepeated, Verify(With(claim, d => new JsonObject { ["_sd"] = new JsonArray(d), ["deep"] = Sd(d) })).Reason);
        // Likewise when it is written another way in the second.
        Assert.Equal("value", Verify(Escaped(claim, d => [d])).Value.Claims["name"]!.Text);
        Assert.Equal(Reason.SdJwtDigestRepeated, Verify(Escaped(claim, d => [d, Minted.Digest(claim)])).Reason);
        Assert.Equal(Reason.SdJwtDigestRepeated, Verify(Escaped("decoy", d => [d, Minted.Digest("decoy")], shown: false)).Reason);
        Assert.Equal(Reason.SdJwtDigestRepeated, Verify(With(TestIssuer.Disclosure("element"), d => new JsonObject { ["list"] = new JsonArray(new JsonObject { ["..."] = d }, new JsonObject { ["..."] = d }) })).Reason);
        Assert.Equal(Reason.SdJwtClaimClash, Verify(With(TestIssuer.Disclosure("iat", 1), Sd)).Reason);
        var twin = TestIssuer.Disclosure("name", "again");
        Assert.Equal(Reason.SdJwtClaimClash, Verify(With(claim, d => new JsonObject { ["_sd"] = new JsonArray(d, Minted.Digest(twin)) }, twin)).Reason);
        Assert.Equal(Reason.SdJwtClaimHidden, Verify(With(TestIssuer.Disclosure("nbf", 1), Sd)).Reason);
        Assert.Equal(Reason.SdJwtClaimHidden, Verify(With(TestIssuer.Disclosure("vct#integrity", "sha256-x"), Sd)).Reason);

        // The names are protected at the top only.
        Assert.True(Verify(With(TestIssuer.Disclosure("status", "single"), d => new JsonObject { ["person"] = Sd(d) })).Ok);
        foreach (var name in (string[])["_sd", "...", "_sd_alg"])
        {
            Assert.Equal(Reason.SdJwtReservedName, Verify(With(TestIssuer.Disclosure(name, 1), Sd)).Reason);
        }
    }

    [Fact]
    public void A_disclosure_inside_one_that_is_kept_back_is_refused()
    {
        var inner = TestIssuer.Disclosure("city", "Riyadh");
        var outer = TestIssuer.Disclosure("address", Sd(Minted.Digest(inner)));
        var whole = With(outer, Sd, inner);
        Assert.True(Verify(whole).Ok);
        Assert.Equal(Reason.SdJwtDisclosureUnreferenced, Verify(whole.Replace(outer + "~", "")).Reason);
    }

    [Fact]
    public void Disclosures_do_not_nest_without_end()
    {
        var disclosures = new List<string> { TestIssuer.Disclosure("last", 1) };
        for (var i = 0; i < 40; i++)
        {
            disclosures.Add(TestIssuer.Disclosure($"level{i}", Sd(Minted.Digest(disclosures[^1]))));
        }
        var payload = TestIssuer.Frame();
        payload["_sd"] = new JsonArray(Minted.Digest(disclosures[^1]));
        Assert.Equal(Reason.JsonTooDeep, Verify(TestIssuer.Sign(payload, disclosures)).Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("!!!")]
    [InlineData("\"salt\"")]
    [InlineData("[]")]
    [InlineData("""["salt"]""")]
    [InlineData("""["salt","name",1,2]""")]
    [InlineData("""[7,"name",1]""")]
    [InlineData("""["salt",7,1]""")]
    public void What_is_no_disclosure_is_refused(string json) => Assert.Equal(Reason.SdJwtDisclosureMalformed, Verify(With(json == "!!!" ? json : Minted.B64(json), Sd)).Reason);

    [Fact]
    public void The_holder_proves_to_this_verifier_in_this_session()
    {
        var shown = SdJwtVerifier.Present(TestIssuer.ResidentId(), p => p == "/given_name").Value;
        Assert.True(Verify(TestIssuer.Bind(shown), Bound).Value.IsBound);
        Assert.Equal(Reason.KeyBindingMissing, Verify(shown, Bound).Reason);
        Assert.Equal(Reason.KeyBindingUnexpected, Verify(TestIssuer.Bind(shown)).Reason);
        Assert.Equal(Reason.JwsType, Verify(TestIssuer.Bind(shown, type: "JWT"), Bound).Reason);
        Assert.Equal(Reason.KeyBindingForged, Verify(TestIssuer.Bind(shown, key: Minted.Shared.Mdoc.Key), Bound).Reason);
        Assert.Equal(Reason.KeyBindingAudience, Verify(TestIssuer.Bind(shown, "https://shop.example"), Bound).Reason);
        Assert.Equal(Reason.KeyBindingNonce, Verify(TestIssuer.Bind(shown, nonce: "n-2"), Bound).Reason);
        Assert.Equal(Reason.KeyBindingHash, Verify(TestIssuer.Bind(shown, hash: Minted.Digest(shown[..^1])), Bound).Reason);
        Assert.Equal(Reason.KeyBindingFromFuture, Verify(TestIssuer.Bind(shown, at: Minted.Now.AddSeconds(61)), Bound).Reason);
        Assert.True(Verify(TestIssuer.Bind(shown, at: Minted.Now.AddMinutes(-6)), Bound).Ok);
        Assert.Equal(Reason.KeyBindingTooOld, Verify(TestIssuer.Bind(shown, at: Minted.Now.AddSeconds(-361)), Bound).Reason);
        Assert.Equal(Reason.JwsMalformed, Verify(shown + "rest", Bound).Reason);

        // A proof over fewer disclosures than are shown, and one without a time.
        var proof = TestIssuer.Bind(shown)[shown.Length..];
        Assert.Equal(Reason.KeyBindingHash, Verify(SdJwtVerifier.Present(TestIssuer.ResidentId(), _ => true).Value + proof, Bound).Reason);
        var timeless = Minted.Jws("""{"alg":"ES256","typ":"kb+jwt"}""", $$"""{"aud":"https://bank.example","nonce":"n-1","sd_hash":"{{Minted.Digest(shown)}}"}""", TestIssuer.Holder);
        Assert.Equal(Reason.SdJwtClaimMalformed, Verify(shown + timeless, Bound).Reason);
        Assert.Equal(Reason.SdJwtHolderKey, Verify(TestIssuer.Bind(TestIssuer.ResidentId(p => p.Remove("cnf"))), Bound).Reason);
    }

    [Fact]
    public void Every_changed_character_is_noticed()
    {
        var text = TestIssuer.Bind(TestIssuer.ResidentId());
        Assert.True(Verify(text, Bound).Ok);
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text.ToCharArray();
            changed[i] ^= (char)(1 << (i % 7));
            Assert.False(Verify(new string(changed), Bound).Ok, $"Character {i}.");
        }
    }
}
