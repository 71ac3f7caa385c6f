using System.Security.Cryptography;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Signatures;

namespace Muqeem.Verifier.Mdoc;

/// <summary>Whether the device that presents a document has its key, and means this session (ISO/IEC 18013-5, 9.1.3).</summary>
internal static class DeviceProof
{
    private const long HmacSha256 = 5;
    private const long Es256 = -7;

    /// <summary>Null: it has.</summary>
    public static Reason? Check(Cbor deviceSigned, MdocCredential credential, MdocSession session, MdocOptions options)
    {
        if (!MdocVerifier.HasOnly(deviceSigned, "nameSpaces", "deviceAuth") || deviceSigned["nameSpaces"] is not { Embedded: { } inner } nameSpaces || deviceSigned["deviceAuth"] is not { Kind: CborKind.Map, Pairs.Length: 2 } auth)
        {
            return Reason.MdocMalformed;
        }
        if (!Cbor.Parse(inner, options.Rules).TryGet(out var said, out var reason))
        {
            return reason;
        }
        if (said.Kind != CborKind.Map || said.Pairs.Length > 0)
        {
            // What a device says of itself is no part of an ID.
            return Reason.MdocDeviceData;
        }
        var (signature, mac) = (auth["deviceSignature"], auth["deviceMac"]);
        if (!CoseMessage.Parse(signature ?? mac, options.Rules).TryGet(out var message, out reason))
        {
            return reason;
        }
        if (message.Payload is not null)
        {
            return Reason.MdocDeviceProof;
        }
        var payload = Authentication(session.Transcript.Span, credential.DocumentType, nameSpaces.Encoded.Span);
        if (signature is not null)
        {
            if (message.Algorithm != Es256)
            {
                return Reason.CoseAlgorithm;
            }
            using var key = P256Key.Create(credential.DeviceKey.Q.X, credential.DeviceKey.Q.Y);
            return key is not null && key.VerifyHash(message.HashToSign(payload), message.Signature.Span) ? null : Reason.MdocDeviceProof;
        }
        if (message.Algorithm != HmacSha256)
        {
            return Reason.CoseAlgorithm;
        }
        if (session.ReaderKey is not { } reader)
        {
            return Reason.MdocDeviceProof;
        }
        using var device = ECDiffieHellman.Create(credential.DeviceKey);
        var shared = reader.DeriveRawSecretAgreement(device.PublicKey);
        var salt = SHA256.HashData(Embed(session.Transcript.Span));
        var macKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, 32, salt, "EMacKey"u8.ToArray());
        return CryptographicOperations.FixedTimeEquals(message.Mac(macKey, payload), message.Signature.Span) ? null : Reason.MdocDeviceProof;
    }

    /// <summary>DeviceAuthenticationBytes: tag 24 over ["DeviceAuthentication", SessionTranscript, DocType, DeviceNameSpacesBytes].</summary>
    private static byte[] Authentication(ReadOnlySpan<byte> transcript, string documentType, ReadOnlySpan<byte> nameSpaces)
    {
        var type = System.Text.Encoding.UTF8.GetBytes(documentType);
        Span<byte> head = stackalloc byte[5];
        return Embed([0x84, 0x74, .. "DeviceAuthentication"u8, .. transcript, .. head[..CoseMessage.Head(head, 3, type.Length)], .. type, .. nameSpaces]);
    }

    private static byte[] Embed(ReadOnlySpan<byte> item)
    {
        Span<byte> head = stackalloc byte[5];
        return [0xd8, 0x18, .. head[..CoseMessage.Head(head, 2, item.Length)], .. item];
    }
}
