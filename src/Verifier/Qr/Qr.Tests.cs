using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Qr;

/// <summary>Makes codes for the tests, right and wrong.</summary>
internal static class TestQr
{
    public const string Uri = "https://muqeem.example/status/1";

    public static readonly QrSigners Signers = QrSigners.Create([Minted.Shared.QrCard.Der, Minted.Shared.QrLive.Der], Minted.Shared.Trust.Value, Minted.Purposes).Value;

    public static Dictionary<long, byte[]> Card() => new()
    {
        [6] = Minted.Int(Minted.At(Minted.Now.AddDays(-100))),
        [4] = Minted.Int(Minted.At(Minted.Now.AddDays(1000))),
        [65535] = Minted.Map((Minted.Text("status_list"), Minted.Sorted((Minted.Text("idx"), Minted.Int(3)), (Minted.Text("uri"), Minted.Text(Uri))))),
        [QrCode.KindClaim] = Minted.Int(1),
        [QrCode.AgesClaim] = Minted.Map((Minted.Int(18), Minted.Bool(true))),
    };

    public static Dictionary<long, byte[]> Live() => new()
    {
        [6] = Minted.Int(Minted.At(Minted.Now.AddSeconds(-10))),
        [4] = Minted.Int(Minted.At(Minted.Now.AddSeconds(50))),
        [7] = Minted.Bytes([1, 2, 3, 4, 5, 6, 7, 8]),
        [169] = Minted.Sorted((Minted.Int(1), Minted.Text("2012345678")), (Minted.Int(4), Minted.Text("Mohammed Rahman")), (Minted.Int(8), Minted.Text("19900203")), (Minted.Int(9), Minted.Int(1)),
            (Minted.Int(13), Minted.Text("BGD")), (Minted.Int(19), Minted.Text("محمد رحمن")), (Minted.Int(20), Minted.Text("ara"))),
        [QrCode.KindClaim] = Minted.Int(2),
    };

    public static byte[] Sign(Dictionary<long, byte[]> claims, Minted.Leaf signer, byte[]? header = null, byte[]? unprotected = null) =>
        Minted.Tag(18, Minted.Sign1(header ?? Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(4), Minted.Bytes(signer.KeyId))), unprotected ?? Minted.Map(), Minted.Sorted(claims.Select(c => (Minted.Int(c.Key), c.Value))), signer.Key));

    public static byte[] SignCard(Action<Dictionary<long, byte[]>>? change = null, Minted.Leaf? signer = null) => Changed(Card(), change, signer ?? Minted.Shared.QrCard);

    public static byte[] SignLive(Action<Dictionary<long, byte[]>>? change = null, Minted.Leaf? signer = null) => Changed(Live(), change, signer ?? Minted.Shared.QrLive);

    private static byte[] Changed(Dictionary<long, byte[]> claims, Action<Dictionary<long, byte[]>>? change, Minted.Leaf signer)
    {
        change?.Invoke(claims);
        return Sign(claims, signer);
    }
}

public class QrTests
{
    private static readonly QrOptions Options = new();

    private static Checked<QrCode> Verify(byte[] bytes, DateTimeOffset? now = null) => QrCode.Verify(bytes, TestQr.Signers, now ?? Minted.Now, Options);

    private static Checked<QrCode> Verify(string text) => QrCode.Verify(text, TestQr.Signers, Minted.Now, Options);

    [Fact]
    public void A_card_says_its_place_in_the_status_list_and_ages()
    {
        var code = Verify(TestQr.SignCard()).Value;
        Assert.Equal((QrKind.Card, TestQr.Uri, 3L), (code.Kind, code.Status!.Uri, code.Status.Index));
        Assert.True(code.Ages[18]);
        Assert.Empty(code.Identity);
        Assert.Null(code.Handle);
    }

    [Fact]
    public void A_live_code_says_who_it_is_in_the_numbers_of_claim_169()
    {
        var code = Verify(TestQr.SignLive()).Value;
        Assert.Equal(("2012345678", "Mohammed Rahman", "19900203", "1", "BGD", "محمد رحمن"), (code.Identity[1], code.Identity[4], code.Identity[8], code.Identity[9], code.Identity[13], code.Identity[19]));
        Assert.Equal(8, code.Handle!.Value.Length);
        Assert.Null(code.Status);
        Assert.Empty(Verify(TestQr.SignLive(c => { c.Remove(169); c.Remove(7); })).Value.Identity);
    }

    [Fact]
    public void The_text_is_an_address_or_has_the_prefix()
    {
        var coded = BaseText.ToBase32(TestQr.SignCard());
        Assert.True(Verify("HTTPS://ID.MUQEEM.EXAMPLE/V/" + coded).Ok);
        Assert.True(Verify("https://id.muqeem.example/V/" + coded.ToLowerInvariant()).Ok);
        Assert.True(Verify("HTTPS://A.EXAMPLE/V/B/V/" + coded).Ok);
        Assert.True(Verify("MUQEEM2:" + coded).Ok);
        Assert.Equal(Reason.QrNotOurs, Verify(coded).Reason);
        Assert.Equal(Reason.QrNotOurs, Verify("https://id.muqeem.example/v/" + coded).Reason);
        Assert.Equal(Reason.QrMalformed, Verify("MUQEEM2:").Reason);
        Assert.Equal(Reason.QrMalformed, Verify("MUQEEM2:" + coded + "=").Reason);
        Assert.Equal(Reason.QrMalformed, Verify("MUQEEM2:" + coded[..10] + coded[10..].ToLowerInvariant()).Reason);
        Assert.Equal(Reason.QrMalformed, Verify("MUQEEM2:" + new string('A', QrCode.Longest)).Reason);
        Assert.Equal(Reason.QrMalformed, Verify(new byte[QrCode.Longest + 1]).Reason);
        Assert.True(QrCode.IsCode("MUQEEM2:A") && QrCode.IsCode("HTTPS://X/V/A") && !QrCode.IsCode("MUQEEM1:A"));
    }

    [Fact]
    public void Only_a_signer_of_the_list_signs_and_only_its_own_kind()
    {
        Assert.Equal(Reason.QrSignerUnknown, Verify(TestQr.SignCard(signer: new Minted().QrCard)).Reason);
        Assert.Equal(Reason.SignatureWrong, Verify(TestQr.SignCard(signer: Minted.Shared.QrCard with { Key = Minted.Shared.QrLive.Key })).Reason);
        Assert.Equal(Reason.SignerPurpose, Verify(TestQr.SignCard(signer: Minted.Shared.QrLive)).Reason);
        Assert.Equal(Reason.SignerPurpose, Verify(TestQr.SignLive(signer: Minted.Shared.QrCard)).Reason);
        Assert.Equal(Reason.SignerPurpose, QrSigners.Create([Minted.Shared.Mdoc.Der], Minted.Shared.Trust.Value, Minted.Purposes).Reason);
        Assert.Equal(Reason.SignerRepeated, QrSigners.Create([Minted.Shared.QrCard.Der, Minted.Shared.QrCard.Der], Minted.Shared.Trust.Value, Minted.Purposes).Reason);
        Assert.Equal(Reason.SignerUnknown, QrSigners.Create([new Minted("C=SA, CN=Stranger").QrCard.Der], Minted.Shared.Trust.Value, Minted.Purposes).Reason);
        Assert.Equal(Reason.SignerExpired, Verify(TestQr.SignCard(), Minted.Now.AddYears(1).AddDays(1)).Reason);
        var revoked = Minted.Shared.Trust.Value.With(Minted.Shared.Crl(Minted.Now.AddDays(1), Minted.Shared.QrCard.Serial)).Value;
        Assert.Equal(Reason.SignerRevoked, QrCode.Verify(TestQr.SignCard(), QrSigners.Create([Minted.Shared.QrCard.Der], revoked, Minted.Purposes).Value, Minted.Now, Options).Reason);
    }

    [Fact]
    public void The_envelope_has_one_form()
    {
        var (card, signer) = (TestQr.Card(), Minted.Shared.QrCard);
        var whole = TestQr.SignCard();
        Assert.Equal(Reason.CoseMalformed, Verify(whole[1..]).Reason);
        Assert.Equal(Reason.CoseMalformed, Verify([0xd1, .. whole[1..]]).Reason);
        Assert.Equal(Reason.CborTrailingBytes, Verify([.. whole, 0]).Reason);
        Assert.Equal(Reason.CoseMalformed, Verify(Minted.Tag(18, Minted.Int(1))).Reason);
        Assert.Equal(Reason.CoseAlgorithm, Verify(TestQr.Sign(card, signer, Minted.Map((Minted.Int(1), Minted.Int(-8)), (Minted.Int(4), Minted.Bytes(signer.KeyId))))).Reason);
        Assert.Equal(Reason.QrMalformed, Verify(TestQr.Sign(card, signer, Minted.Map((Minted.Int(1), Minted.Int(-7))))).Reason);
        Assert.Equal(Reason.QrMalformed, Verify(TestQr.Sign(card, signer, Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(4), Minted.Bytes(signer.KeyId[..7]))))).Reason);
        Assert.Equal(Reason.QrMalformed, Verify(TestQr.Sign(card, signer, Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(4), Minted.Bytes(signer.KeyId)), (Minted.Int(5), Minted.Int(1))))).Reason);
        Assert.Equal(Reason.CborUnsorted, Verify(TestQr.Sign(card, signer, Minted.Map((Minted.Int(4), Minted.Bytes(signer.KeyId)), (Minted.Int(1), Minted.Int(-7))))).Reason);
        Assert.Equal(Reason.QrMalformed, Verify(TestQr.Sign(card, signer, unprotected: Minted.Map((Minted.Int(7), Minted.Int(1))))).Reason);
        Assert.Equal(Reason.QrMalformed, Verify(Minted.Tag(18, Minted.Sign1(Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(4), Minted.Bytes(signer.KeyId))), Minted.Map(), null, signer.Key, [1]))).Reason);
        Assert.Equal(Reason.CborUnsorted, Verify(Minted.Tag(18, Minted.Sign1(Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(4), Minted.Bytes(signer.KeyId))), Minted.Map(), Minted.Map((Minted.Int(6), Minted.Int(1)), (Minted.Int(4), Minted.Int(2))), signer.Key))).Reason);
    }

    public static TheoryData<string> BadClaims =>
    [
        "card without status", "card with a handle", "live with status", "no kind", "another kind", "no time", "no end", "end before start", "time as text", "another claim", "a claim by name",
        "age as number", "age 0", "no ages", "ages as list", "empty handle", "long handle", "empty identity", "identity by name", "name as number", "empty name", "birth date", "sex", "photo", "biometrics", "not a map",
    ];

    [Theory]
    [MemberData(nameof(BadClaims))]
    public void Claims_other_than_those_of_a_card_or_a_live_code_are_refused(string which)
    {
        byte[] Card(Action<Dictionary<long, byte[]>> change) => TestQr.SignCard(change);
        byte[] Live(Action<Dictionary<long, byte[]>> change) => TestQr.SignLive(change);
        byte[] Identity(int key, byte[] value) => Live(c => c[169] = Minted.Map((Minted.Int(key), value)));
        byte[] Raw(byte[] payload) => Minted.Tag(18, Minted.Sign1(Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(4), Minted.Bytes(Minted.Shared.QrCard.KeyId))), Minted.Map(), payload, Minted.Shared.QrCard.Key));
        var code = which switch
        {
            "card without status" => Card(c => c.Remove(65535)),
            "card with a handle" => Card(c => c[7] = Minted.Bytes([1])),
            "live with status" => Live(c => c[65535] = TestQr.Card()[65535]),
            "no kind" => Card(c => c.Remove(QrCode.KindClaim)),
            "another kind" => Card(c => c[QrCode.KindClaim] = Minted.Int(3)),
            "no time" => Card(c => c.Remove(6)),
            "no end" => Card(c => c.Remove(4)),
            "end before start" => Card(c => c[4] = c[6]),
            "time as text" => Card(c => c[6] = Minted.Text("now")),
            "another claim" => Card(c => c[1] = Minted.Text("issuer")),
            "a claim by name" => Raw(Minted.Map((Minted.Text("iat"), Minted.Int(1)))),
            "age as number" => Card(c => c[QrCode.AgesClaim] = Minted.Map((Minted.Int(18), Minted.Int(1)))),
            "age 0" => Card(c => c[QrCode.AgesClaim] = Minted.Map((Minted.Int(0), Minted.Bool(true)))),
            "no ages" => Card(c => c[QrCode.AgesClaim] = Minted.Map()),
            "ages as list" => Card(c => c[QrCode.AgesClaim] = Minted.List(Minted.Int(18))),
            "empty handle" => Live(c => c[7] = Minted.Bytes([])),
            "long handle" => Live(c => c[7] = Minted.Bytes(new byte[65])),
            "empty identity" => Live(c => c[169] = Minted.Map()),
            "identity by name" => Live(c => c[169] = Minted.Map((Minted.Text("name"), Minted.Text("x")))),
            "name as number" => Identity(4, Minted.Int(4)),
            "empty name" => Identity(4, Minted.Text("")),
            "birth date" => Identity(8, Minted.Text("19901303")),
            "sex" => Identity(9, Minted.Int(4)),
            "photo" => Identity(16, Minted.Text("AAAA")),
            "biometrics" => Identity(62, Minted.List()),
            _ => Raw(Minted.List()),
        };
        Assert.Equal(Reason.QrClaims, Verify(code).Reason);
    }

    [Fact]
    public void A_card_counts_for_years_and_a_live_code_for_seconds()
    {
        var card = TestQr.SignCard(c => c[4] = Minted.Int(Minted.At(Minted.Now.AddDays(10))));
        Assert.True(Verify(card, Minted.Now.AddDays(10)).Ok);
        Assert.Equal(Reason.QrExpired, Verify(card, Minted.Now.AddDays(10).AddSeconds(30)).Reason);
        Assert.Equal(Reason.QrFromFuture, Verify(card, Minted.Now.AddDays(-100).AddSeconds(-31)).Reason);
        var live = TestQr.SignLive();
        Assert.True(Verify(live, Minted.Now.AddSeconds(79)).Ok);
        Assert.Equal(Reason.QrProofTooOld, Verify(live, Minted.Now.AddSeconds(80)).Reason);
        Assert.Equal(Reason.QrFromFuture, Verify(live, Minted.Now.AddSeconds(-41)).Reason);

        // Whatever end it claims.
        var endless = TestQr.SignLive(c => c[4] = Minted.Int(Minted.At(Minted.Now.AddDays(10))));
        Assert.True(Verify(endless, Minted.Now.AddSeconds(140)).Ok);
        Assert.Equal(Reason.QrProofTooOld, Verify(endless, Minted.Now.AddSeconds(141)).Reason);
        Assert.Equal(Reason.StatusReferenceMalformed, Verify(TestQr.SignCard(c => c[65535] = Minted.Map())).Reason);
    }

    [Fact]
    public void Every_changed_byte_is_noticed()
    {
        foreach (var bytes in (byte[][])[TestQr.SignCard(), TestQr.SignLive()])
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                for (var bit = 0; bit < 8; bit++)
                {
                    var changed = bytes.ToArray();
                    changed[i] ^= (byte)(1 << bit);
                    Assert.False(Verify(changed).Ok, $"Bit {bit} of byte {i}.");
                }
            }
            var text = "MUQEEM2:" + BaseText.ToBase32(bytes);
            for (var i = 0; i < text.Length; i++)
            {
                var changed = text.ToCharArray();
                changed[i] ^= (char)(1 << (i % 7));
                Assert.False(Verify(new string(changed)).Ok, $"Character {i}.");
            }
        }
    }
}
