using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Signatures;

/// <summary>A JWS in its compact form (RFC 7515) whose payload is a JSON object. ES256 only, nothing critical, nothing unencoded.</summary>
internal sealed class CompactJws
{
    private readonly byte[] _hash;
    private readonly byte[] _signature;

    private CompactJws(Json header, Json payload, byte[] hash, byte[] signature)
    {
        Header = header;
        Payload = payload;
        _hash = hash;
        _signature = signature;
    }

    public Json Header { get; }

    /// <summary>An object. It counts after a signature was verified.</summary>
    public Json Payload { get; }

    public static Checked<CompactJws> Parse(ReadOnlySpan<char> text)
    {
        var first = text.IndexOf('.');
        var second = first < 0 ? -1 : text[(first + 1)..].IndexOf('.') + first + 1;
        if (second <= first)
        {
            return Reason.JwsMalformed;
        }
        if (BaseText.FromBase64Url(text[..first]) is not { } head || BaseText.FromBase64Url(text[(first + 1)..second]) is not { } body || BaseText.FromBase64Url(text[(second + 1)..]) is not { Length: 64 } signature)
        {
            return Reason.JwsMalformed;
        }
        if (!Json.Parse(body).TryGet(out var payload, out var reason))
        {
            return reason;
        }
        return Made(head, payload, text[..second], signature);
    }

    /// <summary>One whose payload travels apart (RFC 7515, appendix F): nothing stands between the two points.</summary>
    /// <param name="bytes">What was signed: <paramref name="payload"/> in the form in which it is.</param>
    public static Checked<CompactJws> ParseDetached(ReadOnlySpan<char> text, Json payload, ReadOnlySpan<byte> bytes)
    {
        var first = text.IndexOf("..");
        if (first < 0 || BaseText.FromBase64Url(text[..first]) is not { } head || BaseText.FromBase64Url(text[(first + 2)..]) is not { Length: 64 } signature)
        {
            return Reason.JwsMalformed;
        }
        return Made(head, payload, string.Concat(text[..(first + 1)], Base64Url.EncodeToString(bytes)), signature);
    }

    private static Checked<CompactJws> Made(byte[] head, Json payload, ReadOnlySpan<char> signed, byte[] signature)
    {
        if (!Json.Parse(head).TryGet(out var header, out var reason))
        {
            return reason;
        }
        if (header.Kind != JsonKind.Object || payload.Kind != JsonKind.Object)
        {
            return Reason.JwsMalformed;
        }
        if (header["alg"]?.Text != "ES256" || header["crit"] is not null || header["b64"] is not null)
        {
            return Reason.JwsAlgorithm;
        }
        return new CompactJws(header, payload, HashAscii(signed), signature);
    }

    /// <summary>Whether the header says this type, in the form without <c>application/</c>.</summary>
    public bool IsType(string type) => Header["typ"]?.Text == type;

    public bool IsSignedBy(ECDsa key) => key.VerifyHash(_hash, _signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <summary>The type, the chain in <c>x5c</c>, then the signature.</summary>
    public Checked<Signer> Verify(string type, TrustAnchors trust, string purpose, DateTimeOffset at)
    {
        if (!IsType(type))
        {
            return Reason.JwsType;
        }
        if (Header["x5c"] is not { Kind: JsonKind.Array } x5c || x5c.Items.Length == 0)
        {
            return Reason.ChainMissing;
        }
        var chain = new List<ReadOnlyMemory<byte>>(1);
        foreach (var item in x5c.Items)
        {
            if (item.Text is not { Length: < 2 * Certificate.Longest } text || chain.Count == 8 || BaseText.FromBase64(text) is not { } der)
            {
                return Reason.CertificateMalformed;
            }
            chain.Add(der);
        }
        if (!trust.Check(chain, purpose, at).TryGet(out var signer, out var reason))
        {
            return reason;
        }
        return signer.Verify(_hash, _signature) ? signer : Reason.SignatureWrong;
    }

    /// <summary>SHA-256 over a text that is known to be ASCII.</summary>
    internal static byte[] HashAscii(ReadOnlySpan<char> text)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            var length = Encoding.ASCII.GetBytes(text, bytes);
            return SHA256.HashData(bytes.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
