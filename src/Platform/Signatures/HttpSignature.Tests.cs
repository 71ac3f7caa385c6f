using System.Text;
using Microsoft.AspNetCore.Http;
using NodaTime;

namespace Muqeem.Platform.Signatures;

/// <summary>Against the test request of RFC 9421, appendix B.2, and its published signatures.</summary>
public sealed class HttpSignatureTests
{
    private const string Ed25519Input = """sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519" """;
    private const string Ed25519Value = "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";
    private static readonly byte[] Ed25519Key = System.Buffers.Text.Base64Url.DecodeFromChars("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs");

    private static HttpRequest Request(string? input, string? value, Action<HttpRequest>? change = null)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Scheme, request.Host, request.Path, request.QueryString) = ("POST", "https", new HostString("Example.com"), "/foo", new QueryString("?param=Value&Pet=dog"));
        request.Headers.Date = "Tue, 20 Apr 2021 02:07:55 GMT";
        request.Headers.ContentType = "application/json";
        request.Headers.ContentLength = 18;
        request.Headers[HttpSignature.InputHeader] = input?.TrimEnd(' ');
        request.Headers[HttpSignature.Header] = value;
        change?.Invoke(request);
        return request;
    }

    [Fact]
    public void The_published_Ed25519_signature_is_read_and_verifies()
    {
        var signature = HttpSignature.Of(Request(Ed25519Input, Ed25519Value))!;
        Assert.Equal(("test-key-ed25519", Instant.FromUnixTimeSeconds(1618884473), "", ""), (signature.KeyId, signature.Created, signature.Nonce, signature.Algorithm));
        Assert.Equal(["date", "@method", "@path", "@authority", "content-type", "content-length"], signature.Components);
        Assert.EndsWith("""
            "content-length": 18
            "@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"
            """, Encoding.ASCII.GetString(signature.Base));
        Assert.True(signature.IsByEd25519(Ed25519Key));
        Assert.False(signature.IsByEd25519([.. Ed25519Key[..31], 0]));
    }

    [Fact]
    public void The_published_Ed25519_signature_is_the_one_that_is_made()
    {
        var seed = Convert.FromBase64String("n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU=");
        Assert.Equal(Ed25519Value, $"sig-b26=:{Convert.ToBase64String(Muqeem.Verifier.Cryptography.Ed25519.Sign(seed, HttpSignature.Of(Request(Ed25519Input, Ed25519Value))!.Base))}:");
    }

    /// <summary>Appendix B.2.4: an answer, signed on P-256.</summary>
    private static SignedMessage Answer(string input, string value, Action<HttpResponse>? change = null)
    {
        var answer = new DefaultHttpContext().Response;
        answer.StatusCode = 200;
        answer.Headers.ContentType = "application/json";
        answer.Headers.ContentLength = 23;
        answer.Headers[HttpSignature.DigestHeader] = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:";
        answer.Headers[HttpSignature.InputHeader] = input;
        answer.Headers[HttpSignature.Header] = value;
        change?.Invoke(answer);
        return SignedMessage.Of(answer, SignedMessage.Of(Request(Ed25519Input, Ed25519Value)));
    }

    [Fact]
    public void The_published_signature_of_an_answer_is_read_and_verifies()
    {
        const string input = "sig-b24=(\"@status\" \"content-type\" \"content-digest\" \"content-length\");created=1618884473;keyid=\"test-key-ecc-p256\"";
        const string value = "sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:";
        var key = new MessageKey(PublicKeyText.Read("""
            -----BEGIN PUBLIC KEY-----
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
            w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
            -----END PUBLIC KEY-----
            """)!);
        Assert.True(key.Made(HttpSignature.Of(Answer(input, value))!));
        Assert.False(key.Made(HttpSignature.Of(Answer(input, value, a => a.StatusCode = 201))!));
        // It says another algorithm than that of the key.
        Assert.False(key.Made(HttpSignature.Of(Answer(input + ";alg=\"ed25519\"", value))!));
        Assert.False(key.Made(HttpSignature.Of(Answer(input + ";alg=\"hmac-sha256\"", value))!));
        Assert.False(key.Made(HttpSignature.Of(Answer(input + ";alg=\"none\"", value))!));
    }

    [Fact]
    public void An_answer_is_bound_to_its_request_by_the_requests_signature()
    {
        var signer = MessageSigner.OfSeed([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        var answer = new DefaultHttpContext().Response;
        answer.StatusCode = 404;
        var asked = SignedMessage.Of(Request(Ed25519Input, Ed25519Value));
        var made = HttpSignature.Sign(SignedMessage.Of(answer, asked), ["@status", "@method;req", "signature;req"], signer, Instant.FromUnixTimeSeconds(1618884480), null, "test");
        Assert.Equal($"""
            "@status": 404
            "@method";req: POST
            "signature";req: {Ed25519Value}
            "@signature-params": ("@status" "@method";req "signature";req);created=1618884480;keyid="{signer.Key.Thumbprint}";alg="ed25519";tag="test"
            """.ReplaceLineEndings("\n"), Encoding.ASCII.GetString(made.Base));
        answer.Headers[HttpSignature.InputHeader] = made.Input;
        answer.Headers[HttpSignature.Header] = made.Text;
        var key = new MessageKey(signer.Key);
        var read = HttpSignature.Of(SignedMessage.Of(answer, asked))!;
        Assert.True(key.Made(read));
        Assert.Equal(["@status", "@method;req", "signature;req"], read.Components);
        // The same answer to another request is not one.
        Assert.False(key.Made(HttpSignature.Of(SignedMessage.Of(answer, SignedMessage.Of(Request(Ed25519Input, Ed25519Value.Replace("wqcA", "wqcB", StringComparison.Ordinal)))))!));
    }

    [Theory]
    [InlineData("sig1=(\"@method\");created=1;keyid=\"k\"")]
    [InlineData("sig1=(\"@status\";req);created=1;keyid=\"k\"")]
    [InlineData("sig1=(\"@status\";bs);created=1;keyid=\"k\"")]
    [InlineData("sig1=(\"@status\" \"signature\";req;key=\"sig-b26\");created=1;keyid=\"k\"")]
    [InlineData("sig1=(\"@method\";req \"@method\";req);created=1;keyid=\"k\"")]
    [InlineData("sig1=(\"@status\";REQ);created=1;keyid=\"k\"")]
    public void An_answer_covers_what_is_its_own_and_what_its_request_has(string input) => Assert.Null(HttpSignature.Of(Answer(input, "sig1=:wqcA:")));

    /// <summary>Whatever the fields hold, reading ends with a signature or none, and what is signed says again what was read.</summary>
    [Fact]
    public void Changed_fields_are_read_or_refused_and_never_thrown_at()
    {
        var dice = new Tests.Kills.Dice(9421);
        const string characters = "\"();=:, @abcmnostuyz0123456789-_.*\\\t\u00e9\0";
        string Changed(string text)
        {
            var bytes = new StringBuilder(text);
            for (var n = 1 + dice.Roll(4); n > 0; n--)
            {
                var at = dice.Roll(bytes.Length + 1);
                switch (dice.Roll(4))
                {
                    case 0 when at < bytes.Length:
                        bytes.Remove(at, Math.Min(1 + dice.Roll(7), bytes.Length - at));
                        break;
                    case 1 when at < bytes.Length:
                        bytes[at] = characters[dice.Roll(characters.Length)];
                        break;
                    case 2:
                        var from = dice.Roll(text.Length);
                        bytes.Insert(at, text.AsSpan(from, dice.Roll(text.Length - from)));
                        break;
                    default:
                        bytes.Insert(at, characters[dice.Roll(characters.Length)]);
                        break;
                }
            }
            return bytes.ToString();
        }
        var read = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var message = i % 2 == 0 ? SignedMessage.Of(Request(Changed(Ed25519Input), i % 3 == 0 ? Changed(Ed25519Value) : Ed25519Value))
                : Answer(Changed("sig-b26=(\"@status\" \"@method\";req \"signature\";req);created=1618884480;keyid=\"k\";nonce=\"n\";alg=\"ed25519\";tag=\"t\""), i % 3 == 0 ? Changed(Ed25519Value) : Ed25519Value);
            if (HttpSignature.Of(message) is { } signature)
            {
                read++;
                Assert.EndsWith(message.Field(HttpSignature.InputHeader)![(message.Field(HttpSignature.InputHeader)!.IndexOf('=', StringComparison.Ordinal) + 1)..], Encoding.ASCII.GetString(signature.Base), StringComparison.Ordinal);
                Assert.Equal(signature.Components.Count, signature.Components.Distinct(StringComparer.Ordinal).Count());
                Assert.False(signature.IsByEd25519(Ed25519Key) && signature.KeyId != "test-key-ed25519");
            }
        }
        Assert.InRange(read, 100, 19_000);
    }

    [Fact]
    public void The_published_MAC_is_read_and_verifies()
    {
        var secret = Convert.FromBase64String("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==");
        var signature = HttpSignature.Of(Request("""sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret" """, "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"))!;
        Assert.True(signature.IsMacOf(secret));
        Assert.False(signature.IsMacOf(secret.AsSpan(1)));
    }

    [Fact]
    public void Whatever_is_covered_cannot_be_changed()
    {
        foreach (var change in new Action<HttpRequest>[] { r => r.Method = "PUT", r => r.Path = "/bar", r => r.Host = new HostString("example.org"), r => r.Headers.ContentType = "text/plain", r => r.Headers.Date = "Tue, 20 Apr 2021 02:07:56 GMT" })
        {
            Assert.False(HttpSignature.Of(Request(Ed25519Input, Ed25519Value, change))!.IsByEd25519(Ed25519Key));
        }
        Assert.True(HttpSignature.Of(Request(Ed25519Input, Ed25519Value, r => r.QueryString = new QueryString("?not=covered")))!.IsByEd25519(Ed25519Key));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sig-b26")]
    [InlineData("""Sig=("@method");created=1;keyid="k" """)]
    [InlineData("""other=("@method");created=1;keyid="k" """)]
    [InlineData("""sig-b26="@method";created=1;keyid="k" """)]
    [InlineData("""sig-b26=("@method" "@method");created=1;keyid="k" """)]
    [InlineData("""sig-b26=("@method"  "@path");created=1;keyid="k" """)]
    [InlineData("""sig-b26=("@method" );created=1;keyid="k" """)]
    [InlineData("""sig-b26=("@method"@path");created=1;keyid="k" """)]
    [InlineData("""sig-b26=("@method";req);created=1;keyid="k" """)]
    [InlineData("""sig-b26=("@status");created=1;keyid="k" """)]
    [InlineData("""sig-b26=("x-absent");created=1;keyid="k" """)]
    [InlineData("""sig-b26=("Date");created=1;keyid="k" """)]
    [InlineData("""sig-b26=("@method");created=01;keyid="k" """)]
    [InlineData("""sig-b26=("@method");created=-1;keyid="k" """)]
    [InlineData("""sig-b26=("@method");created=1;created=2;keyid="k" """)]
    [InlineData("""sig-b26=("@method");created=1;keyid="a\"b" """)]
    [InlineData("""sig-b26=("@method");created=1;keyid="k";expires=5""")]
    [InlineData("""sig-b26=("@method");created=1;keyid=k""")]
    [InlineData("""sig-b26=("@method");created=1; keyid="k" """)]
    [InlineData("""sig-b26=("@method");created=1;keyid="k", sig2=("@method")""")]
    [InlineData("""sig-b26=("@method";created=1""")]
    [InlineData("""sig-b26=(""")]
    public void What_is_not_the_one_way_to_write_it_is_none(string? input) => Assert.Null(HttpSignature.Of(Request(input, Ed25519Value)));

    [Theory]
    [InlineData(null)]
    [InlineData("sig-b26=wqcA")]
    [InlineData("sig-b26=:wq cA:")]
    [InlineData("sig-b26=:wqc:")]
    [InlineData("sig=:wqcA:")]
    public void A_signature_has_one_form(string? value) => Assert.Null(HttpSignature.Of(Request(Ed25519Input, value)));

    [Theory]
    // RFC 9530, appendices B.1 and D.
    [InlineData("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", true)]
    [InlineData("sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:, sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", true)]
    [InlineData("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:, sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", false)]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", false)]
    [InlineData("sha-256=RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=", false)]
    [InlineData("", false)]
    public void The_digest_must_be_that_of_the_body(string header, bool right) =>
        Assert.Equal(right, HttpSignature.IsDigestOf(Request(null, null, r => r.Headers[HttpSignature.DigestHeader] = header), "{\"hello\": \"world\"}\n"u8));
}
