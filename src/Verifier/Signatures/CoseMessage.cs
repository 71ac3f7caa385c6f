using System.Buffers.Binary;
using System.Security.Cryptography;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Signatures;

/// <summary>COSE_Sign1 or COSE_Mac0 (RFC 9052): four parts, of which the last is a signature or a tag over the first and the third.</summary>
internal sealed class CoseMessage
{
    private readonly ReadOnlyMemory<byte> _protected;

    private CoseMessage(ReadOnlyMemory<byte> protectedBytes, Cbor header, Cbor unprotected, ReadOnlyMemory<byte>? payload, ReadOnlyMemory<byte> signature)
    {
        _protected = protectedBytes;
        Protected = header;
        Unprotected = unprotected;
        Payload = payload;
        Signature = signature;
    }

    /// <summary>A map.</summary>
    public Cbor Protected { get; }

    /// <summary>A map that nobody signed.</summary>
    public Cbor Unprotected { get; }

    /// <summary>Null when it travels apart.</summary>
    public ReadOnlyMemory<byte>? Payload { get; }
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>The algorithm of the protected header; 0 when there is none.</summary>
    public long Algorithm => Protected[1] is { } algorithm && algorithm.TryInteger(out var value) ? value : 0;

    public static Checked<CoseMessage> Parse(Cbor? message, CborRules rules)
    {
        if (message is not { Kind: CborKind.Array } || message.Items.Length != 4)
        {
            return Reason.CoseMalformed;
        }
        var parts = message.Items;
        if (parts[0].Kind != CborKind.Bytes || parts[1].Kind != CborKind.Map || parts[2].Kind is not (CborKind.Bytes or CborKind.Null) || parts[3].Kind != CborKind.Bytes)
        {
            return Reason.CoseMalformed;
        }
        if (!Cbor.Parse(parts[0].Bytes, rules).TryGet(out var header, out var reason))
        {
            return parts[0].Bytes.IsEmpty ? Reason.CoseAlgorithm : reason;
        }
        if (header.Kind != CborKind.Map)
        {
            return Reason.CoseMalformed;
        }

        // Label 2 lists what must be understood: none of that is understood here.
        if (header[2] is not null || parts[1][1] is not null || parts[1][2] is not null)
        {
            return Reason.CoseAlgorithm;
        }
        return new CoseMessage(parts[0].Bytes, header, parts[1], parts[2].Kind == CborKind.Null ? (ReadOnlyMemory<byte>?)null : parts[2].Bytes, parts[3].Bytes);
    }

    /// <summary>SHA-256 of the Sig_structure of a COSE_Sign1.</summary>
    /// <param name="payload">As signed; the message's own, or the one that travelled apart.</param>
    public byte[] HashToSign(ReadOnlySpan<byte> payload)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0x84, 0x6a]);
        hash.AppendData("Signature1"u8);
        AppendBytes(hash, _protected.Span);
        hash.AppendData([0x40]);
        AppendBytes(hash, payload);
        return hash.GetHashAndReset();
    }

    /// <summary>HMAC-SHA-256 over the MAC_structure of a COSE_Mac0.</summary>
    public byte[] Mac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> payload)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData([0x84, 0x64, (byte)'M', (byte)'A', (byte)'C', (byte)'0']);
        AppendBytes(mac, _protected.Span);
        mac.AppendData([0x40]);
        AppendBytes(mac, payload);
        return mac.GetHashAndReset();
    }

    /// <summary>The certificates of an x5chain (RFC 9360): one byte string, or an array of two or more.</summary>
    public static Checked<List<ReadOnlyMemory<byte>>> Chain(Cbor? x5chain)
    {
        switch (x5chain)
        {
            case { Kind: CborKind.Bytes }:
                return new List<ReadOnlyMemory<byte>> { x5chain.Bytes };
            case { Kind: CborKind.Array, Items.Length: >= 2 and <= 8 }:
                var chain = new List<ReadOnlyMemory<byte>>();
                foreach (var item in x5chain.Items)
                {
                    if (item.Kind != CborKind.Bytes)
                    {
                        return Reason.CertificateMalformed;
                    }
                    chain.Add(item.Bytes);
                }
                return chain;
            case null:
                return Reason.ChainMissing;
            default:
                return Reason.CertificateMalformed;
        }
    }

    /// <summary>ES256 by the signer of a chain.</summary>
    public Checked<Signer> Verify(Cbor? x5chain, ReadOnlySpan<byte> payload, TrustAnchors trust, string purpose, DateTimeOffset at)
    {
        if (Algorithm != -7)
        {
            return Reason.CoseAlgorithm;
        }
        if (!Chain(x5chain).TryGet(out var chain, out var reason) || !trust.Check(chain, purpose, at).TryGet(out var signer, out reason))
        {
            return reason;
        }
        return signer.Verify(HashToSign(payload), Signature.Span) ? signer : Reason.SignatureWrong;
    }

    private static void AppendBytes(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        AppendHead(hash, 2, bytes.Length);
        hash.AppendData(bytes);
    }

    /// <summary>The first bytes of an item of this major type.</summary>
    internal static void AppendHead(IncrementalHash hash, int major, int length)
    {
        Span<byte> head = stackalloc byte[5];
        hash.AppendData(head[..Head(head, major, length)]);
    }

    internal static int Head(Span<byte> head, int major, int length)
    {
        switch (length)
        {
            case < 24:
                head[0] = (byte)((major << 5) | length);
                return 1;
            case < 256:
                (head[0], head[1]) = ((byte)((major << 5) | 24), (byte)length);
                return 2;
            case < 65536:
                head[0] = (byte)((major << 5) | 25);
                BinaryPrimitives.WriteUInt16BigEndian(head[1..], (ushort)length);
                return 3;
            default:
                head[0] = (byte)((major << 5) | 26);
                BinaryPrimitives.WriteInt32BigEndian(head[1..], length);
                return 5;
        }
    }
}
