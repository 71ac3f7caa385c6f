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
