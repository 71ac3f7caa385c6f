using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

public class SignedWebhookTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly Instant Now = Instant.FromUtc(2026, 3, 15, 9, 0);
    private static readonly PaymentReceived Payment = new("PAY-1", "9900000001", "case-1", "2000000006", PaymentPurpose.Residence, 65_000, PaymentChannel.Sadad, Now);
    private static readonly byte[] Body = JsonSerializer.SerializeToUtf8Bytes(Payment, Wire.Options);

    [Fact]
    public void A_payment_signed_with_the_key_is_believed()
    {
        var call = PaymentWebhook.Verify(Headers(Now), Body, Key, Now).Value;
        Assert.Equal(("PAY-1", Payment), (call.WebhookId, call.Payment));
    }

    [Fact]
    public void The_signature_is_that_of_the_standard()
    {
        // The example of the Standard Webhooks reference libraries.
        var key = Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        var padded = SignedWebhook.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", Instant.FromUnixTimeSeconds(1614265330), """{"test": 2432232314}"""u8, key);
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", padded[SignedWebhook.SignatureHeader]);
    }

    [Fact]
    public void One_bit_changed_anywhere_in_the_body_is_refused()
    {
        for (var bit = 0; bit < Body.Length * 8; bit++)
        {
            var changed = (byte[])Body.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(SignedWebhook.BadSignature, PaymentWebhook.Verify(Headers(Now), changed, Key, Now).Refusal?.Code);
        }
    }

    [Theory]
    [InlineData(SignedWebhook.IdHeader, "PAY-2", SignedWebhook.BadSignature)]
    [InlineData(SignedWebhook.IdHeader, "", SignedWebhook.Malformed)]
    [InlineData(SignedWebhook.IdHeader, null, SignedWebhook.Malformed)]
    [InlineData(SignedWebhook.TimestampHeader, "1773565199", SignedWebhook.BadSignature)]
    [InlineData(SignedWebhook.TimestampHeader, "yesterday", SignedWebhook.Malformed)]
    [InlineData(SignedWebhook.TimestampHeader, "99999999999999999", SignedWebhook.Malformed)]
    [InlineData(SignedWebhook.TimestampHeader, null, SignedWebhook.Malformed)]
    [InlineData(SignedWebhook.SignatureHeader, "v1,", SignedWebhook.BadSignature)]
    [InlineData(SignedWebhook.SignatureHeader, "v1,not base64", SignedWebhook.BadSignature)]
    [InlineData(SignedWebhook.SignatureHeader, "", SignedWebhook.BadSignature)]
    [InlineData(SignedWebhook.SignatureHeader, null, SignedWebhook.Malformed)]
    public void A_changed_or_missing_header_is_refused(string header, string? value, string code)
    {
        var headers = Headers(Now);
        headers[header] = value;
        Assert.Equal(code, PaymentWebhook.Verify(headers, Body, Key, Now).Refusal?.Code);
    }

    [Theory]
    [InlineData(-301, false)]
    [InlineData(-300, true)]
    [InlineData(0, true)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public void Five_minutes_either_way_are_tolerated(int seconds, bool believed)
    {
        var result = PaymentWebhook.Verify(Headers(Now), Body, Key, Now - Duration.FromSeconds(seconds));
        Assert.Equal(believed, result.Ok);
        Assert.Equal(believed ? null : SignedWebhook.OutsideTime, result.Refusal?.Code);
    }

    [Fact]
    public void An_old_call_with_a_wrong_signature_says_only_that_the_signature_is_wrong() =>
        Assert.Equal(SignedWebhook.BadSignature, PaymentWebhook.Verify(Headers(Now), Body, [.. Key.Reverse()], Now + Duration.FromDays(1)).Refusal?.Code);

    [Fact]
    public void While_a_key_changes_one_good_signature_of_several_is_enough()
    {
        var headers = Headers(Now);
        var old = SignedWebhook.Sign("PAY-1", Now, Body, [.. Key.Reverse()])[SignedWebhook.SignatureHeader];
        headers[SignedWebhook.SignatureHeader] = $"{old} {headers[SignedWebhook.SignatureHeader]}";
        Assert.True(PaymentWebhook.Verify(headers, Body, Key, Now).Ok);
        headers[SignedWebhook.SignatureHeader] = old;
        Assert.False(PaymentWebhook.Verify(headers, Body, Key, Now).Ok);
    }

    [Fact]
    public void The_same_call_again_is_believed_again_with_the_same_id_for_the_receiver_to_know()
    {
        var first = PaymentWebhook.Verify(Headers(Now), Body, Key, Now).Value;
        var second = PaymentWebhook.Verify(Headers(Now), Body, Key, Now + Duration.FromMinutes(1)).Value;
        Assert.Equal(first.WebhookId, second.WebhookId);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"paymentId":"P","payer":"2000000006","purpose":"RESIDENCE","amountHalalas":0,"channel":"SADAD","at":"2026-03-15T09:00:00Z"}""")]
    [InlineData("""{"paymentId":"P","payer":"2000000006","purpose":"RESIDENCE","amountHalalas":1.5,"channel":"SADAD","at":"2026-03-15T09:00:00Z"}""")]
    [InlineData("""{"paymentId":"P","payer":"1","purpose":"RESIDENCE","amountHalalas":5,"channel":"SADAD","at":"2026-03-15T09:00:00Z"}""")]
    public void What_is_signed_but_no_payment_is_refused(string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        var headers = new HeaderDictionary();
        foreach (var (name, value) in SignedWebhook.Sign("id", Now, body, Key))
        {
            headers[name] = value;
        }
        Assert.Equal(SignedWebhook.Malformed, PaymentWebhook.Verify(headers, body, Key, Now).Refusal?.Code);
    }

    [Fact]
    public void A_short_key_is_a_bug() =>
        Assert.Throws<ArgumentException>(() => PaymentWebhook.Verify(Headers(Now), Body, new byte[16], Now));

    private static HeaderDictionary Headers(Instant at)
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in SignedWebhook.Sign("PAY-1", at, Body, Key))
        {
            headers[name] = value;
        }
        return headers;
    }
}
