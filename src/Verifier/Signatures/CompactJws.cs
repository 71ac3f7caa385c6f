using System.Buffers.Text;
using System.Text;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Signatures;

/// <summary>A JWS in its compact form (RFC 7515) whose payload is a JSON object. ES256 only, nothing critical, nothing unencoded.</summary>
internal sealed class CompactJws
{
    /// <summary>The header that was read last: all that one signer signs in a form begin with the same.</summary>
    private static volatile ReadHeader? _last;

    private readonly ReadHeader _header;
    private readonly byte[] _hash;
    private readonly byte[] _signature;

    private CompactJws(ReadHeader header, Json payload, byte[] hash, byte[] signature)
    {
        _header = header;
        Payload = payload;
        _hash = hash;
        _signature = signature;
    }

    public Json Header => _header.Json;

    /// <summary>An object. It counts after a signature was verified.</summary>
    public Json Payload { get; }

    /// <summary>What is no ASCII becomes a question mark, which base64url does not have.</summary>
    public static Checked<CompactJws> Parse(ReadOnlySpan<char> text)
    {
        var bytes = new byte[text.Length];
        Encoding.ASCII.GetBytes(text, bytes);
        return Parse(bytes);
    }

    /// <param name="signed">False: it is looked at before anybody signs it. No signature of it is ever good.</param>
    public static Checked<CompactJws> Parse(ReadOnlySpan<byte> text, bool signed = true)
    {
        var first = text.IndexOf((byte)'.');
        var second = first < 0 ? -1 : text[(first + 1)..].IndexOf((byte)'.') + first + 1;
        if (second <= first || BaseText.FromBase64Url(text[(second + 1)..]) is not { Length: 64 } signature)
        {
            return Reason.JwsMalformed;
        }
        var coded = text[(first + 1)..second];
        if (BaseText.FromBase64Url(coded) is not { } bytes)
        {
            return Reason.JwsMalformed;
        }
        return Json.ParseHeld(bytes).TryGet(out var payload, out var reason) ? Made(text[..first], payload, signed ? text[..second] : default, signature) : reason;
    }

    /// <summary>One whose payload travels apart (RFC 7515, appendix F): nothing stands between the two points.</summary>
    /// <param name="bytes">What was signed: <paramref name="payload"/> in the form in which it is.</param>
    public static Checked<CompactJws> ParseDetached(string detached, Json payload, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> text = Encoding.ASCII.GetBytes(detached);
        var first = text.IndexOf(".."u8);
        if (first < 0 || BaseText.FromBase64Url(text[(first + 2)..]) is not { Length: 64 } signature)
        {
            return Reason.JwsMalformed;
        }
        return Made(text[..first], payload, [.. text[..(first + 1)], .. Base64Url.EncodeToUtf8(bytes)], signature);
    }

    private static Checked<CompactJws> Made(ReadOnlySpan<byte> head, Json payload, ReadOnlySpan<byte> signed, byte[] signature)
    {
        if (!HeaderOf(head).TryGet(out var header, out var reason))
        {
            return reason;
        }
        if (payload.Kind != JsonKind.Object)
        {
            return Reason.JwsMalformed;
        }
        if (header.Json["alg"]?.IsText("ES256") != true || header.Json["crit"] is not null || header.Json["b64"] is not null)
        {
            return Reason.JwsAlgorithm;
        }
        byte[] hash = [];
        if (!signed.IsEmpty)
        {
            hash = new byte[Sha256.Length];
            Sha256.Hash(signed, hash);
        }
        return new CompactJws(header, payload, hash, signature);
    }

    /// <summary>Whether the header says this type, in the form without <c>application/</c>.</summary>
    public bool IsType(string type) => Header["typ"]?.IsText(type) == true;

    public bool IsSignedBy(P256Key key) => _hash.Length > 0 && key.VerifyHash(_hash, _signature);

    /// <summary>The type, the chain in <c>x5c</c>, then the signature.</summary>
    public Checked<Signer> Verify(string type, TrustAnchors trust, string purpose, DateTimeOffset at)
    {
        if (!IsType(type))
        {
            return Reason.JwsType;
        }
        if (!_header.Chain.TryGet(out var chain, out var reason) || !trust.Check(chain, purpose, at).TryGet(out var signer, out reason))
        {
            return reason;
        }
        return _hash.Length > 0 && signer.Verify(_hash, _signature) ? signer : Reason.SignatureWrong;
    }

    private static Checked<ReadHeader> HeaderOf(ReadOnlySpan<byte> text)
    {
        if (_last is { } last && text.SequenceEqual(last.Text))
        {
            return last;
        }
        if (BaseText.FromBase64Url(text) is not { } bytes)
        {
            return Reason.JwsMalformed;
        }
        if (!Json.ParseHeld(bytes).TryGet(out var json, out var reason))
        {
            return reason;
        }
        if (json.Kind != JsonKind.Object)
        {
            return Reason.JwsMalformed;
        }
        var header = new ReadHeader(text.ToArray(), json, ChainIn(json));
        // That of a proof changes with each holder and is soon read.
        _last = header.Chain.Ok ? header : _last;
        return header;
    }

    private static Checked<List<ReadOnlyMemory<byte>>> ChainIn(Json header)
    {
        if (header["x5c"] is not { Kind: JsonKind.Array } x5c || x5c.Items.Length == 0)
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
        return chain;
    }

    /// <summary>A header as it was read; says nothing yet of whether it is good.</summary>
    private sealed record ReadHeader(byte[] Text, Json Json, Checked<List<ReadOnlyMemory<byte>>> Chain);
}
