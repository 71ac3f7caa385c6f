using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Muqeem.Platform.Signatures;

/// <summary>A public key as it is handed in: PEM (SubjectPublicKeyInfo) or a JWK, on P-256 or Ed25519.</summary>
/// <param name="Bytes">SubjectPublicKeyInfo of P-256; the 32 bytes of Ed25519.</param>
/// <param name="Thumbprint">RFC 7638, SHA-256 in base64url.</param>
public sealed record PublicKeyText(string Algorithm, byte[] Bytes, string Thumbprint)
{
    private const int Longest = 4096;

    /// <summary>SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410).</summary>
    private static ReadOnlySpan<byte> Ed25519Prefix => [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];

    /// <summary>Null when it is no public key that can be used here; also for one with a private part in it.</summary>
    public static PublicKeyText? Read(string text)
    {
        try
        {
            return text.Length > Longest ? null : text.AsSpan().TrimStart().StartsWith("{") ? OfJwk(text) : OfPem(text);
        }
        catch (Exception e) when (e is CryptographicException or JsonException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Several: a JWK Set, one JWK, or PEM blocks one after the other. Empty when there is none, or one that cannot be used.</summary>
    public static IReadOnlyList<PublicKeyText> ReadAll(string text)
    {
        var parts = new List<string>();
        if (text.AsSpan().TrimStart().StartsWith("{"))
        {
            try
            {
                using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 6 });
                if (json.RootElement.TryGetProperty("keys", out var set))
                {
                    parts.AddRange(set.ValueKind == JsonValueKind.Array ? set.EnumerateArray().Select(k => k.GetRawText()) : []);
                }
                else
                {
                    parts.Add(text);
                }
            }
            catch (JsonException)
            {
                return [];
            }
        }
        else
        {
            for (var rest = text.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End.Value..])
            {
                parts.Add(rest[fields.Location].ToString());
            }
        }
        var keys = parts.ConvertAll(Read);
        return keys.Contains(null) ? [] : [.. keys.OfType<PublicKeyText>()];
    }

    /// <summary>A JWK Set of public keys, each named by its thumbprint.</summary>
    public static string SetOf(IEnumerable<PublicKeyText> keys) => $$"""{"keys":[{{string.Join(',', keys.Select(k => k.ToJwk()))}}]}""";

    private string ToJwk()
    {
        if (Algorithm == HttpSignature.Ed25519)
        {
            return $$"""{"kty":"OKP","crv":"Ed25519","x":"{{Base64Url.EncodeToString(Bytes)}}","kid":"{{Thumbprint}}"}""";
        }
        // The point ends the encoding: X, then Y.
        return $$"""{"kty":"EC","crv":"P-256","x":"{{Base64Url.EncodeToString(Bytes.AsSpan(^64..^32))}}","y":"{{Base64Url.EncodeToString(Bytes.AsSpan(^32..))}}","kid":"{{Thumbprint}}"}""";
    }

    private static PublicKeyText? OfPem(string text)
    {
        if (!PemEncoding.TryFind(text, out var fields) || !text.AsSpan()[fields.Label].SequenceEqual("PUBLIC KEY") || !text.AsSpan(fields.Location.End.Value).Trim().IsEmpty)
        {
            return null;
        }
        var der = Convert.FromBase64String(text[fields.Base64Data]);
        if (der.AsSpan().StartsWith(Ed25519Prefix))
        {
            return der.Length == Ed25519Prefix.Length + 32 ? OfEd25519(der[Ed25519Prefix.Length..]) : null;
        }
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(der, out var read);
        return read == der.Length && key.KeySize == 256 && key.ExportParameters(false) is { Curve.Oid.Value: "1.2.840.10045.3.1.7" } parameters ? OfP256(parameters.Q.X!, parameters.Q.Y!) : null;
    }

    private static PublicKeyText? OfJwk(string text)
    {
        using var jwk = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
        string? Member(string name) => jwk.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        byte[]? Number(string name) => Member(name) is { Length: 43 } coded && Base64Url.DecodeFromChars(coded) is { Length: 32 } bytes && Base64Url.EncodeToString(bytes) == coded ? bytes : null;
        if (jwk.RootElement.ValueKind != JsonValueKind.Object || jwk.RootElement.TryGetProperty("d", out _))
        {
            return null;
        }
        return (Member("kty"), Member("crv")) switch
        {
            ("EC", "P-256") when Number("x") is { } x && Number("y") is { } y => OfP256(x, y),
            ("OKP", "Ed25519") when Number("x") is { } x => OfEd25519(x),
            _ => null,
        };
    }

    private static PublicKeyText OfP256(byte[] x, byte[] y)
    {
        // Refuses a point that is not on the curve.
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } });
        return new(HttpSignature.P256, key.ExportSubjectPublicKeyInfo(), Hash($$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(x)}}","y":"{{Base64Url.EncodeToString(y)}}"}"""));
    }

    /// <summary>From <see cref="Algorithm"/> and <see cref="Bytes"/> as they are stored; null when they are none.</summary>
    public static PublicKeyText? Of(string algorithm, byte[] bytes) => algorithm switch
    {
        HttpSignature.Ed25519 when bytes.Length == 32 => OfEd25519(bytes),
        HttpSignature.P256 when bytes.Length > 64 => OfP256(bytes[^64..^32], bytes[^32..]),
        _ => null,
    };

    public static PublicKeyText Of(Keys.SigningKey key) => key.Y.Length == 0 ? OfEd25519(key.X) : OfP256(key.X, key.Y);

    /// <param name="x">32 bytes.</param>
    internal static PublicKeyText OfEd25519(byte[] x) => new(HttpSignature.Ed25519, x, Hash($$"""{"crv":"Ed25519","kty":"OKP","x":"{{Base64Url.EncodeToString(x)}}"}"""));

    private static string Hash(string canonical) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)));
}
