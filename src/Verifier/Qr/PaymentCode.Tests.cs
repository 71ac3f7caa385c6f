namespace Muqeem.Verifier.Qr;

public class PaymentCodeTests
{
    private static readonly Minted.Leaf By = Minted.Shared.Signer(Minted.Purposes.Receipt);

    private static readonly QrSigners Signers = QrSigners.Create([Minted.Shared.QrCard.Der, By.Der], Minted.Shared.Trust.Value, Minted.Purposes).Value;

    private static readonly QrOptions Options = new();

    private static Dictionary<long, byte[]> Paid() => new()
    {
        [6] = Minted.Int(Minted.At(Minted.Now.AddDays(-10))),
        [7] = Minted.Bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
        [QrCode.KindClaim] = Minted.Int(PaymentCode.Kind),
        [PaymentCode.PaidClaim] = Minted.List(Minted.Int(50_000), Minted.Int(Minted.At(Minted.Now.AddDays(-11))), Minted.Text("ID.RENEW"), Minted.Bool(true)),
    };

    private static byte[] Sign(Action<Dictionary<long, byte[]>>? change = null, Minted.Leaf? signer = null)
    {
        var claims = Paid();
        change?.Invoke(claims);
        return TestQr.Sign(claims, signer ?? By);
    }

    private static Checked<PaymentCode> Verify(byte[] bytes, DateTimeOffset? now = null) => PaymentCode.Verify(bytes, Signers, now ?? Minted.Now, Options);

    [Fact]
    public void A_receipt_says_what_was_paid_when_and_for_what_and_names_nobody()
    {
        var code = Verify(Sign()).Value;
        Assert.Equal((50_000L, Minted.Now.AddDays(-11).ToUnixTimeSeconds(), "ID.RENEW", true, 16), (code.Halalas, code.PaidAt.ToUnixTimeSeconds(), code.Service, code.IsSpecimen, code.Bill.Length));
        Assert.True(PaymentCode.Claims(Sign()));
        Assert.False(PaymentCode.Claims(TestQr.SignCard()));
        Assert.False(PaymentCode.Claims(new byte[40]));
        // It is still good when the certificate of its signer has long run out.
        Assert.True(Verify(Sign(), Minted.Now.AddYears(30)).Ok);
    }

    [Fact]
    public void Neither_an_IDs_code_nor_an_IDs_signer_makes_a_receipt_nor_the_other_way_round()
    {
        Assert.Equal(Reason.QrClaims, QrCode.Verify(Sign(), Signers, Minted.Now, Options).Reason);
        Assert.Equal(Reason.SignerPurpose, Verify(Sign(signer: Minted.Shared.QrCard)).Reason);
        Assert.Equal(Reason.QrClaims, Verify(TestQr.Sign(TestQr.Card(), By)).Reason);
        Assert.Equal(Reason.SignerPurpose, QrCode.Verify(TestQr.SignCard(signer: By), Signers, Minted.Now, Options).Reason);
        Assert.Equal(Reason.QrSignerUnknown, Verify(Sign(signer: new Minted().Signer(Minted.Purposes.Receipt))).Reason);
        Assert.Equal(Reason.QrFromFuture, Verify(Sign(), Minted.Now.AddDays(-20)).Reason);
    }

    public static TheoryData<string> Wrong => ["no bill", "short bill", "nothing", "negative", "no service", "a name", "another claim", "no time", "paid after it was signed"];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Other_claims_are_refused(string which)
    {
        byte[] Of(params byte[][] paid) => Sign(c => c[PaymentCode.PaidClaim] = Minted.List(paid));
        var (at, amount, service) = (Minted.Int(Minted.At(Minted.Now.AddDays(-11))), Minted.Int(1), Minted.Text("ID.RENEW"));
        var code = which switch
        {
            "no bill" => Sign(c => c.Remove(7)),
            "short bill" => Sign(c => c[7] = Minted.Bytes([1])),
            "nothing" => Of(Minted.Int(0), at, service, Minted.Bool(true)),
            "negative" => Of(Minted.Int(-5), at, service, Minted.Bool(true)),
            "no service" => Of(amount, at, Minted.Text(""), Minted.Bool(true)),
            "a name" => Of(amount, at, service, Minted.Bool(true), Minted.Text("Mohammed Rahman")),
            "another claim" => Sign(c => c[1] = Minted.Text("issuer")),
            "no time" => Sign(c => c.Remove(6)),
            _ => Of(amount, Minted.Int(Minted.At(Minted.Now)), service, Minted.Bool(true)),
        };
        Assert.Contains(Verify(code).Reason, (Reason?[])[Reason.QrClaims, Reason.QrFromFuture]);
    }

    [Fact]
    public void Every_changed_byte_is_noticed()
    {
        var bytes = Sign();
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            Assert.False(Verify(changed).Ok, $"Byte {i}.");
        }
    }
}
