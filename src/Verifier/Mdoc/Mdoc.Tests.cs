using System.Security.Cryptography;
using System.Text.Json;
using Muqeem.Tests;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Signatures;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Mdoc;

/// <summary>An issuer and a device for the tests. Every part can be made wrong.</summary>
internal sealed class TestMdoc
{
    public const string Type = "org.iso.23220.photoID.1";
    public const string Namespace = "org.iso.23220.1";

    public static readonly ECDsa Device = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public byte[] Transcript { get; } = Minted.List(Minted.Null, Minted.Null, Minted.Text("handover"));

    /// <summary>Of the security object, in the order they are written.</summary>
    public Dictionary<string, byte[]> Object { get; } = [];
    public Dictionary<string, byte[]> Validity { get; } = [];
    public List<byte[]> Items { get; } = [];
    public Dictionary<ulong, byte[]> Digests { get; } = [];
    public Minted.Leaf Signer { get; set; } = Minted.Shared.Mdoc;
    public byte[] Protected { get; set; } = Minted.Map((Minted.Int(1), Minted.Int(-7)));
    public Func<byte[], byte[]> Unprotected { get; set; } = der => Minted.Map((Minted.Int(33), Minted.Bytes(der)));
    public Func<byte[], byte[]> Wrap { get; set; } = Minted.Embedded;

    public TestMdoc()
    {
        Add(0, "family_name_unicode", Minted.Text("رحمن"));
        Add(1, "birth_date", Minted.Tag(1004, Minted.Text("1990-02-03")));
        Add(2, "age_over_18", Minted.Bool(true));
        Add(3, "portrait", Minted.Bytes([1, 2, 3]));
        Digests[4] = SHA256.HashData("kept back"u8);
        Validity["signed"] = Date(Minted.Now.AddDays(-10));
        Validity["validFrom"] = Date(Minted.Now.AddDays(-10));
        Validity["validUntil"] = Date(Minted.Now.AddDays(20));
        Object["version"] = Minted.Text("1.0");
        Object["digestAlgorithm"] = Minted.Text("SHA-256");
        Object["deviceKeyInfo"] = Minted.Map((Minted.Text("deviceKey"), Minted.CoseKey(Device)));
        Object["docType"] = Minted.Text(Type);
        Object["status"] = Minted.Map((Minted.Text("status_list"), Minted.Map((Minted.Text("idx"), Minted.Int(3)), (Minted.Text("uri"), Minted.Text("https://muqeem.example/status/1")))));
    }

    public static byte[] Date(DateTimeOffset at) => Minted.Tag(0, Minted.Text(at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture)));

    public static byte[] Item(ulong id, string name, byte[] value, byte[]? random = null) => Minted.Embedded(Minted.Map(
        (Minted.Text("digestID"), Minted.Int((long)id)), (Minted.Text("random"), Minted.Bytes(random ?? SHA256.HashData([(byte)id])[..16])), (Minted.Text("elementIdentifier"), Minted.Text(name)), (Minted.Text("elementValue"), value)));

    public void Add(ulong id, string name, byte[] value, byte[]? random = null)
    {
        Items.Add(Item(id, name, value, random));
        Digests[id] = SHA256.HashData(Items[^1]);
    }

    public byte[] IssuerSigned()
    {
        static byte[] Map(Dictionary<string, byte[]> members) => Minted.Map([.. members.Select(m => (Minted.Text(m.Key), m.Value))]);
        var members = new Dictionary<string, byte[]>(Object);
        members.TryAdd("valueDigests", Minted.Map((Minted.Text(Namespace), Minted.Map([.. Digests.Select(d => (Minted.Int((long)d.Key), Minted.Bytes(d.Value)))]))));
        members.TryAdd("validityInfo", Map(Validity));
        return Minted.Map(
            (Minted.Text("nameSpaces"), Minted.Map((Minted.Text(Namespace), Minted.List([.. Items])))),
            (Minted.Text("issuerAuth"), Minted.Sign1(Protected, Unprotected(Signer.Der), Wrap(Map(members)), Signer.Key)));
    }

    public byte[] Authentication(string type = Type) => Minted.Embedded(Minted.List(Minted.Text("DeviceAuthentication"), Transcript, Minted.Text(type), Minted.Embedded(Minted.Map())));

    public byte[] Signature(ECDsa? key = null, byte[]? header = null, bool attached = false) =>
        Minted.Map((Minted.Text("deviceSignature"), Minted.Sign1(header ?? Minted.Map((Minted.Int(1), Minted.Int(-7))), Minted.Map(), attached ? Authentication() : null, key ?? Device, Authentication())));

    public byte[] Response(byte[]? auth = null, byte[]? nameSpaces = null, string type = Type, string version = "1.0", long status = 0, int documents = 1)
    {
        var document = Minted.Map(
            (Minted.Text("docType"), Minted.Text(type)), (Minted.Text("issuerSigned"), IssuerSigned()),
            (Minted.Text("deviceSigned"), Minted.Map((Minted.Text("nameSpaces"), Minted.Embedded(nameSpaces ?? Minted.Map())), (Minted.Text("deviceAuth"), auth ?? Signature()))));
        return Minted.Map((Minted.Text("version"), Minted.Text(version)), (Minted.Text("documents"), Minted.List([.. Enumerable.Repeat(document, documents)])), (Minted.Text("status"), Minted.Int(status)));
    }
}

public class MdocTests
{
    private static readonly MdocOptions Options = new();

    private static readonly Dictionary<string, string> AnnexD = Vectors("iso18013-5-annex-d.json");

    private static Dictionary<string, string> Vectors(string file) => JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(Path.Combine(Repository.Root, "src/Verifier/Mdoc/vectors", file)))!;

    private static byte[] Hex(string name) => Convert.FromHexString(AnnexD[name]);

    private static Checked<MdocCredential> Verify(byte[] bytes, DateTimeOffset? now = null, MdocOptions? options = null) =>
        MdocVerifier.VerifyIssuerSigned(bytes, Minted.Shared.Trust.Value, now ?? Minted.Now, options ?? Options);

    private static Reason? Refusal(Action<TestMdoc> change)
    {
        var mdoc = new TestMdoc();
        change(mdoc);
        return Verify(mdoc.IssuerSigned()).Reason;
    }

    private static Checked<IReadOnlyList<MdocCredential>> Present(byte[] response, TestMdoc mdoc, ECDiffieHellman? reader = null) =>
        MdocVerifier.VerifyResponse(response, new MdocSession(mdoc.Transcript, reader), Minted.Shared.Trust.Value, Minted.Now, Options);

    [Fact]
    public void The_device_response_of_the_standard_is_verified_with_its_MAC()
    {
        var trust = TrustAnchors.Create([], [Hex("ds_cert")]).Value;
        using var reader = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Hex("ephemeral_reader_key_x"), Y = Hex("ephemeral_reader_key_y") },
            D = Hex("ephemeral_reader_key_d"),
        });
        var transcript = Cbor.Parse(Hex("session_transcript_bytes"), CborRules.Others).Value.Embedded!.Value;
        var at = new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var document = Assert.Single(MdocVerifier.VerifyResponse(Hex("device_response"), new MdocSession(transcript, reader), trust, at, Options).Value);
        Assert.Equal("org.iso.18013.5.1.mDL", document.DocumentType);
        Assert.Equal("Doe", document["org.iso.18013.5.1", "family_name"]!.Text);
        Assert.Equal("123456789", document["org.iso.18013.5.1", "document_number"]!.Text);
        Assert.Equal(6, document.Elements.Count);
        Assert.True(document.IsBound);
        Assert.Null(document.Status);

        // In another session, with another reader, at another time, or under other roots it is nobody's.
        var other = Minted.List(Minted.Null);
        Assert.Equal(Reason.MdocDeviceProof, MdocVerifier.VerifyResponse(Hex("device_response"), new MdocSession(other, reader), trust, at, Options).Reason);
        Assert.Equal(Reason.MdocDeviceProof, MdocVerifier.VerifyResponse(Hex("device_response"), new MdocSession(transcript), trust, at, Options).Reason);
        Assert.Equal(Reason.SignerExpired, MdocVerifier.VerifyResponse(Hex("device_response"), new MdocSession(transcript, reader), trust, at.AddYears(1), Options).Reason);
        Assert.Equal(Reason.SignerUnknown, MdocVerifier.VerifyResponse(Hex("device_response"), new MdocSession(transcript, reader), Minted.Shared.Trust.Value, at, Options).Reason);
    }

    [Fact]
    public void The_COSE_example_and_the_IssuerSigned_of_another_implementation_are_verified()
    {
        var vectors = Vectors("cose-examples.json");
        var signed = CoseMessage.Parse(Cbor.Parse(Convert.FromHexString(vectors["sign1"]), CborRules.Others).Value, CborRules.Others).Value;
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Convert.FromHexString(vectors["sign1_private_key"]) });
        Assert.True(key.VerifyHash(signed.HashToSign(signed.Payload!.Value.Span), signed.Signature.Span));
        var trust = TrustAnchors.Create([], [Hex("ds_cert")]).Value;
        Assert.True(MdocVerifier.VerifyIssuerSigned(Convert.FromHexString(vectors["issuer_signed"]), trust, new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero), Options).Ok);
    }

    [Fact]
    public void Another_wallets_long_numbers_are_read_where_that_is_asked_for()
    {
        var vectors = Vectors("auth0-mdl-example1.json");
        var response = Convert.FromHexString(vectors["device_response"]);
        var session = new MdocSession(Cbor.Parse(Convert.FromHexString(vectors["session_transcript_bytes"]), CborRules.Others).Value.Embedded!.Value);
        Assert.Equal(Reason.CborNotShortest, MdocVerifier.VerifyResponse(response, session, Minted.Shared.Trust.Value, Minted.Now, Options).Reason);

        // Read as far as its chain, an array of one, which RFC 9360 does not have.
        Assert.Equal(Reason.CertificateMalformed, MdocVerifier.VerifyResponse(response, session, Minted.Shared.Trust.Value, Minted.Now, Options with { Rules = CborRules.Loose }).Reason);
    }

    [Fact]
    public void A_document_says_its_elements()
    {
        var document = Verify(new TestMdoc().IssuerSigned()).Value;
        Assert.Equal((TestMdoc.Type, 3L), (document.DocumentType, document.Status!.Index));
        Assert.Equal("رحمن", document[TestMdoc.Namespace, "family_name_unicode"]!.Text);
        Assert.Equal("1990-02-03", document[TestMdoc.Namespace, "birth_date"]!.Content!.Text);
        Assert.Equal((byte[])[1, 2, 3], document[TestMdoc.Namespace, "portrait"]!.Bytes.ToArray());
        Assert.Null(document[TestMdoc.Namespace, "given_name_unicode"]);
        Assert.False(document.IsBound);
    }

    [Fact]
    public void A_document_counts_in_its_time()
    {
        var bytes = new TestMdoc().IssuerSigned();
        Assert.Equal(Reason.MdocNotYetValid, Verify(bytes, Minted.Now.AddDays(-11)).Reason);
        Assert.True(Verify(bytes, Minted.Now.AddDays(20)).Ok);
        Assert.Equal(Reason.MdocExpired, Verify(bytes, Minted.Now.AddDays(20).AddMinutes(1)).Reason);
    }

    [Fact]
    public void The_dates_are_whole_seconds_in_UTC_and_agree()
    {
        foreach (var text in (string[])["2026-05-20T00:00:00.000Z", "2026-05-20T00:00:00+00:00", "2026-05-20", "2026-13-20T00:00:00Z", "2026-05-20t00:00:00z"])
        {
            Assert.Equal(Reason.MdocDate, Refusal(m => m.Validity["signed"] = Minted.Tag(0, Minted.Text(text))));
            Assert.Equal(Reason.MdocDate, Refusal(m => m.Validity["expectedUpdate"] = Minted.Tag(0, Minted.Text(text))));
        }
        Assert.Equal(Reason.MdocDate, Refusal(m => m.Validity["validUntil"] = Minted.Text("2026-07-20T00:00:00Z")));
        Assert.Equal(Reason.MdocDate, Refusal(m => m.Validity.Remove("validFrom")));
        Assert.Equal(Reason.MdocValidity, Refusal(m => m.Validity["signed"] = TestMdoc.Date(Minted.Now)));
        Assert.Equal(Reason.MdocValidity, Refusal(m => m.Validity["validUntil"] = m.Validity["validFrom"]));
        Assert.Equal(Reason.MdocValidity, Refusal(m => m.Validity["signed"] = TestMdoc.Date(Minted.Now.AddYears(-2))));
        Assert.Equal(Reason.MdocValidity, Refusal(m => m.Validity["signed"] = m.Validity["validFrom"] = m.Validity["validUntil"] = TestMdoc.Date(Minted.Now.AddYears(2))));
    }

    public static TheoryData<string, Reason> BadObjects => new()
    {
        { "version", Reason.MdocMalformed },
        { "docType", Reason.MdocMalformed },
        { "deviceKeyInfo", Reason.MdocMalformed },
        { "digestAlgorithm", Reason.MdocDigestAlgorithm },
    };

    [Theory]
    [MemberData(nameof(BadObjects))]
    public void A_security_object_lacks_nothing(string member, Reason reason) => Assert.Equal(reason, Refusal(m => m.Object.Remove(member)));

    [Fact]
    public void A_security_object_of_another_kind_is_refused()
    {
        Assert.Equal(Reason.MdocVersion, Refusal(m => m.Object["version"] = Minted.Text("1.1")));
        Assert.Equal(Reason.MdocDigestAlgorithm, Refusal(m => m.Object["digestAlgorithm"] = Minted.Text("SHA-512")));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Object["docType"] = Minted.Text("")));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Object["valueDigests"] = Minted.List()));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Object["validityInfo"] = Minted.List()));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Object["valueDigests"] = Minted.Map((Minted.Text("empty"), Minted.Map()))));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Object["valueDigests"] = Minted.Map((Minted.Int(1), Minted.Map((Minted.Int(1), Minted.Bytes(new byte[32])))))));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Digests[9] = new byte[20]));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Object["valueDigests"] = Minted.Map((Minted.Text("ns"), Minted.Map((Minted.Int(-1), Minted.Bytes(new byte[32])))))));
        Assert.Equal(Reason.MdocDeviceKey, Refusal(m => m.Object["deviceKeyInfo"] = Minted.Map()));
        Assert.Equal(Reason.MdocDeviceKey, Refusal(m => m.Object["deviceKeyInfo"] = Minted.Map((Minted.Text("deviceKey"), Minted.Map((Minted.Int(1), Minted.Int(1)))))));
        Assert.Equal(Reason.MdocDeviceKey, Refusal(m => m.Object["deviceKeyInfo"] = Minted.Map((Minted.Text("deviceKey"),
            Minted.Map((Minted.Int(1), Minted.Int(2)), (Minted.Int(-1), Minted.Int(1)), (Minted.Int(-2), Minted.Bytes(new byte[32])), (Minted.Int(-3), Minted.Bytes(new byte[32])))))));
        Assert.Equal(Reason.StatusReferenceMalformed, Refusal(m => m.Object["status"] = Minted.Map()));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Wrap = mso => mso));
        Assert.Equal(Reason.CborNotShortest, Refusal(m => m.Wrap = mso => [0xd8, 0x18, 0x5a, .. BitConverter.GetBytes(mso.Length).Reverse(), .. mso]));
    }

    [Fact]
    public void Each_element_is_what_was_signed()
    {
        Assert.Equal(Reason.MdocDigestWrong, Refusal(m => m.Items[0] = TestMdoc.Item(0, "family_name_unicode", Minted.Text("Other"))));
        Assert.Equal(Reason.MdocDigestWrong, Refusal(m => m.Items[0] = TestMdoc.Item(4, "family_name_unicode", Minted.Text("Other"))));
        Assert.Equal(Reason.MdocElementUnsigned, Refusal(m => m.Items[0] = TestMdoc.Item(5, "family_name_unicode", Minted.Text("Other"))));
        Assert.Equal(Reason.MdocElementUnsigned, Refusal(m => m.Object["valueDigests"] = Minted.Map((Minted.Text("other"), Minted.Map((Minted.Int(0), Minted.Bytes(new byte[32])))))));
        Assert.Equal(Reason.MdocElementRepeated, Refusal(m => m.Items.Add(m.Items[0])));
        Assert.Equal(Reason.MdocElementRepeated, Refusal(m => m.Add(7, "portrait", Minted.Bytes([4]))));
        Assert.Equal(Reason.MdocRandomShort, Refusal(m => m.Add(7, "given_name_unicode", Minted.Text("M"), new byte[15])));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Items.Add(Minted.Bytes([1]))));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Items.Add(Minted.Embedded(Minted.Map()))));
        Assert.Equal(Reason.MdocMalformed, Refusal(m => m.Items.Add(Minted.Embedded(Minted.Map(
            (Minted.Text("digestID"), Minted.Int(9)), (Minted.Text("random"), Minted.Bytes(new byte[16])), (Minted.Text("elementIdentifier"), Minted.Text("x")), (Minted.Text("elementValue"), Minted.Int(1)), (Minted.Text("more"), Minted.Int(1)))))));
    }

    [Fact]
    public void Only_a_signer_of_documents_under_a_pinned_root_signs()
    {
        Assert.Equal(Reason.SignerPurpose, Refusal(m => m.Signer = Minted.Shared.Status));
        Assert.Equal(Reason.SignerUnknown, Refusal(m => m.Signer = new Minted("C=SA, CN=Stranger").Mdoc));
        Assert.Equal(Reason.SignatureWrong, Refusal(m => m.Signer = m.Signer with { Key = Minted.Shared.SdJwt.Key }));
        Assert.Equal(Reason.CoseAlgorithm, Refusal(m => m.Protected = Minted.Map((Minted.Int(1), Minted.Int(-35)))));
        Assert.Equal(Reason.CoseAlgorithm, Refusal(m => m.Protected = []));
        Assert.Equal(Reason.CoseMalformed, Refusal(m => m.Protected = Minted.Int(1)));
        Assert.Equal(Reason.CoseAlgorithm, Refusal(m => m.Protected = Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(2), Minted.List(Minted.Int(1))))));
        Assert.Equal(Reason.ChainMissing, Refusal(m => m.Unprotected = _ => Minted.Map()));
        Assert.Equal(Reason.ChainHasRoot, Refusal(m => m.Unprotected = der => Minted.Map((Minted.Int(33), Minted.List(Minted.Bytes(der), Minted.Bytes(Minted.Shared.Root))))));
        Assert.Equal(Reason.CertificateMalformed, Refusal(m => m.Unprotected = der => Minted.Map((Minted.Int(33), Minted.List(Minted.Bytes(der))))));
        Assert.Equal(Reason.CertificateMalformed, Refusal(m => m.Unprotected = der => Minted.Map((Minted.Int(33), Minted.List(Minted.Bytes(der), Minted.Int(1))))));
    }

    [Fact]
    public void What_is_no_document_is_refused()
    {
        Assert.Equal(Reason.MdocMalformed, Verify(Minted.List()).Reason);
        Assert.Equal(Reason.MdocMalformed, Verify(Minted.Map((Minted.Text("issuerAuth"), Minted.Int(1)))).Reason);
        Assert.Equal(Reason.CoseMalformed, Verify(Minted.Map((Minted.Text("issuerAuth"), Minted.List(Minted.Int(1))))).Reason);
        Assert.Equal(Reason.CborTrailingBytes, Verify([.. new TestMdoc().IssuerSigned(), 0]).Reason);
        Assert.Equal(Reason.MdocTooLarge, Verify(new byte[MdocVerifier.Longest + 1]).Reason);
        Assert.Equal(Reason.CborUnsorted, Verify(new TestMdoc { Items = { TestMdoc.Item(0, "x", Minted.Int(1)) } }.IssuerSigned(), options: Options with { Rules = CborRules.Ours }).Reason);
    }

    [Fact]
    public void A_device_proves_by_signature_that_the_document_is_its_own()
    {
        var mdoc = new TestMdoc();
        Assert.True(Assert.Single(Present(mdoc.Response(), mdoc).Value).IsBound);
        Assert.Equal(Reason.MdocDeviceProof, Present(mdoc.Response(mdoc.Signature(Minted.Shared.Mdoc.Key)), mdoc).Reason);
        Assert.Equal(Reason.CoseAlgorithm, Present(mdoc.Response(mdoc.Signature(header: Minted.Map((Minted.Int(1), Minted.Int(-35))))), mdoc).Reason);
        Assert.Equal(Reason.MdocDeviceProof, Present(mdoc.Response(mdoc.Signature(attached: true)), mdoc).Reason);
        Assert.Equal(Reason.MdocDocumentType, Present(mdoc.Response(type: "org.iso.18013.5.1.mDL"), mdoc).Reason);
        Assert.Equal(Reason.MdocDeviceData, Present(mdoc.Response(nameSpaces: Minted.Map((Minted.Text("own"), Minted.Map()))), mdoc).Reason);
        Assert.Equal(Reason.MdocMalformed, Present(mdoc.Response(Minted.Map()), mdoc).Reason);
        Assert.Equal(Reason.CoseMalformed, Present(mdoc.Response(Minted.Map((Minted.Text("other"), Minted.Int(1)))), mdoc).Reason);
        Assert.Equal(Reason.MdocMalformed, Present(mdoc.Response(version: "2.0"), mdoc).Reason);
        Assert.Equal(Reason.MdocMalformed, Verify(Minted.Map((Minted.Text("namespaces"), Minted.Map()), (Minted.Text("issuerAuth"), Minted.List()))).Reason);
        Assert.Equal(Reason.MdocNothingPresented, Present(mdoc.Response(status: 10), mdoc).Reason);
        Assert.Equal(Reason.MdocNothingPresented, Present(mdoc.Response(documents: 0), mdoc).Reason);
        Assert.Equal(Reason.MdocTooLarge, Present(mdoc.Response(documents: 9), mdoc).Reason);
        Assert.Equal(Reason.MdocTooLarge, Present(new byte[MdocVerifier.Longest + 1], mdoc).Reason);
        Assert.Equal(Reason.MdocMalformed, Present(Minted.Map((Minted.Text("version"), Minted.Text("1.0")), (Minted.Text("documents"), Minted.List(Minted.Map())), (Minted.Text("status"), Minted.Int(0))), mdoc).Reason);
    }

    [Fact]
    public void A_device_proves_by_MAC_that_the_document_is_its_own()
    {
        var mdoc = new TestMdoc();
        using var reader = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var device = ECDiffieHellman.Create(TestMdoc.Device.ExportParameters(true));
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, device.DeriveRawSecretAgreement(reader.PublicKey), 32, SHA256.HashData(Minted.Embedded(mdoc.Transcript)), "EMacKey"u8.ToArray());
        byte[] Mac(byte[] header) => Minted.Map((Minted.Text("deviceMac"), Minted.List(Minted.Bytes(header), Minted.Map(), Minted.Null,
            Minted.Bytes(HMACSHA256.HashData(key, Minted.List(Minted.Text("MAC0"), Minted.Bytes(header), Minted.Bytes([]), Minted.Bytes(mdoc.Authentication())))))));
        var hmac = Minted.Map((Minted.Int(1), Minted.Int(5)));
        Assert.True(Present(mdoc.Response(Mac(hmac)), mdoc, reader).Ok);
        Assert.Equal(Reason.MdocDeviceProof, Present(mdoc.Response(Mac(hmac)), mdoc, ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256)).Reason);
        Assert.Equal(Reason.CoseAlgorithm, Present(mdoc.Response(Mac(Minted.Map((Minted.Int(1), Minted.Int(4))))), mdoc, reader).Reason);
    }

    [Fact]
    public void Every_changed_byte_is_noticed()
    {
        var mdoc = new TestMdoc();
        var bytes = mdoc.Response();
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = bytes.ToArray();
            changed[i] ^= (byte)(1 << (i % 8));
            Assert.False(Present(changed, mdoc).Ok, $"Byte {i}.");
        }
    }
}
