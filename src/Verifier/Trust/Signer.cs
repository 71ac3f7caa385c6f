using System.Buffers.Binary;
using Muqeem.Verifier.Cryptography;

namespace Muqeem.Verifier.Trust;

/// <summary>Somebody whose certificate leads to a pinned root, with the key to verify what they sign. Shared by threads.</summary>
public sealed class Signer
{
    /// <summary>Null for a key that is not on P-256, which makes no ES256.</summary>
    private readonly P256Key? _key;

    internal Signer(Certificate certificate, P256Key? key, Certificate? root)
    {
        Certificate = certificate;
        Root = root;
        _key = key;
    }

    public Certificate Certificate { get; }

    /// <summary>Null for a signer that is pinned itself.</summary>
    public Certificate? Root { get; }
    public string Name => Certificate.CommonName;
    public string Country => Certificate.Country;

    /// <summary>The first eight bytes of the certificate's SHA-256, big-endian: how a QR code names its signer.</summary>
    public ulong KeyId => BinaryPrimitives.ReadUInt64BigEndian(Certificate.Sha256.Span);

    public bool MaySign(string purpose) => Certificate.Purposes.Contains(purpose, StringComparer.Ordinal);

    /// <summary>ES256.</summary>
    /// <param name="hash">SHA-256 of what was signed.</param>
    /// <param name="signature">r‖s, 64 bytes; of any other length it is false.</param>
    internal bool Verify(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature) => _key is not null && _key.VerifyHash(hash, signature);
}
