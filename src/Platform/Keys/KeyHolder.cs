using System.Collections.Concurrent;
using System.Formats.Asn1;
using System.Security.Cryptography;
using Muqeem.Verifier.Cryptography;

namespace Muqeem.Platform.Keys;

/// <summary>One key at work, wherever it lies. Safe for many threads. What its algorithm does not do is a bug and throws.</summary>
internal abstract class KeyHolder : IDisposable
{
    public const int NonceLength = 12;
    public const int TagLength = 16;

    /// <summary>SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410).</summary>
    private static readonly byte[] Ed25519Prefix = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];

    private readonly KeyAlgorithm _algorithm;

    private readonly Lazy<P256Key> _verifier;

    protected KeyHolder(KeyAlgorithm algorithm)
    {
        _algorithm = algorithm;
        _verifier = new(() => P256Key.OfInfo(PublicKey) ?? throw Misused());
    }

    /// <summary>SubjectPublicKeyInfo; empty for a symmetric key. Set once, by the constructor of the kind.</summary>
    public byte[] PublicKey { get; protected init; } = [];

    /// <summary>ES256 (r‖s) or Ed25519, 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        if (_algorithm == KeyAlgorithm.Ed25519)
        {
            return SignEd25519(data);
        }
        Span<byte> hash = stackalloc byte[Sha256.Length];
        Sha256.Hash(data, hash);
        return SignHash(hash);
    }

    /// <summary>ES256 over a SHA-256 that is known already.</summary>
    public abstract byte[] SignHash(ReadOnlySpan<byte> hash);

    protected abstract byte[] SignEd25519(ReadOnlySpan<byte> data);

    public abstract void Mac(ReadOnlySpan<byte> data, Span<byte> mac);

    public abstract void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> cipher, Span<byte> tag, ReadOnlySpan<byte> associated);

    public abstract void Decrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> tag, Span<byte> plain, ReadOnlySpan<byte> associated);

    /// <summary>With the public half alone, so never in a token.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (_algorithm == KeyAlgorithm.Ed25519)
        {
            return Ed25519.Verify(Raw(), data, signature);
        }
        Must(KeyAlgorithm.EcdsaP256);
        return _verifier.Value.VerifyData(data, signature);
    }

    public SigningKey Public(string id, KeyState state)
    {
        if (PublicKey.Length == 0)
        {
            throw Misused();
        }
        var raw = Raw();
        // An uncompressed point: 04 ‖ X ‖ Y.
        return _algorithm == KeyAlgorithm.Ed25519 ? new SigningKey(id, state, raw.ToArray(), [], PublicKey) : new SigningKey(id, state, raw[1..33].ToArray(), raw[33..].ToArray(), PublicKey);
    }

    public virtual void Dispose()
    {
        if (_verifier.IsValueCreated)
        {
            _verifier.Value.Dispose();
        }
    }

    public static byte[] Ed25519Info(ReadOnlySpan<byte> raw) => [.. Ed25519Prefix, .. raw];

    protected void Must(KeyAlgorithm algorithm)
    {
        if (_algorithm != algorithm)
        {
            throw Misused();
        }
    }

    protected InvalidOperationException Misused() => new($"The key is {_algorithm}; it does not do this.");

    /// <summary>The last bytes of the SubjectPublicKeyInfo are the key itself: 32 of Ed25519, 65 of P-256.</summary>
    private ReadOnlySpan<byte> Raw() => PublicKey.AsSpan(^(_algorithm == KeyAlgorithm.Ed25519 ? 32 : 65)..);
}

/// <summary>A key in this process's memory. Owns its material until disposed.</summary>
internal sealed class MemoryHolder : KeyHolder
{
    private readonly KeyAlgorithm _algorithm;
    private readonly byte[] _material;

    // Neither AesGcm nor a signer is safe for several threads at once, so each is lent to one at a time.
    private readonly ConcurrentBag<AesGcm> _ciphers = [];
    private readonly ConcurrentBag<EcdsaSigner> _signers = [];

    public MemoryHolder(KeyAlgorithm algorithm, byte[] material) : base(algorithm)
    {
        _algorithm = algorithm;
        _material = material;
        if (algorithm == KeyAlgorithm.EcdsaP256)
        {
            using var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(material, out _);
            PublicKey = key.ExportSubjectPublicKeyInfo();
        }
        else if (algorithm == KeyAlgorithm.Ed25519)
        {
            PublicKey = Ed25519Info(Ed25519.PublicKey(material));
        }
    }

    /// <summary>PKCS#8 of an ECDSA key, 32 random bytes of any other.</summary>
    public static byte[] NewMaterial(KeyAlgorithm algorithm)
    {
        if (algorithm != KeyAlgorithm.EcdsaP256)
        {
            return RandomNumberGenerator.GetBytes(32);
        }
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return ecdsa.ExportPkcs8PrivateKey();
    }

    public override byte[] SignHash(ReadOnlySpan<byte> hash)
    {
        Must(KeyAlgorithm.EcdsaP256);
        var signer = _signers.TryTake(out var free) ? free : new EcdsaSigner(_material);
        var signature = signer.SignHash(hash);
        _signers.Add(signer);
        return signature;
    }

    protected override byte[] SignEd25519(ReadOnlySpan<byte> data) => Ed25519.Sign(_material, data);

    public override void Mac(ReadOnlySpan<byte> data, Span<byte> mac)
    {
        Must(KeyAlgorithm.HmacSha256);
        HMACSHA256.HashData(_material, data, mac);
    }

    public override void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> cipher, Span<byte> tag, ReadOnlySpan<byte> associated)
    {
        Must(KeyAlgorithm.Aes256Gcm);
        var aes = _ciphers.TryTake(out var free) ? free : new AesGcm(_material, TagLength);
        aes.Encrypt(nonce, plain, cipher, tag, associated);
        _ciphers.Add(aes);
    }

    public override void Decrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> tag, Span<byte> plain, ReadOnlySpan<byte> associated)
    {
        Must(KeyAlgorithm.Aes256Gcm);
        var aes = _ciphers.TryTake(out var free) ? free : new AesGcm(_material, TagLength);
        aes.Decrypt(nonce, cipher, tag, plain, associated);
        _ciphers.Add(aes);
    }

    public override void Dispose()
    {
        while (_ciphers.TryTake(out var aes))
        {
            aes.Dispose();
        }
        while (_signers.TryTake(out var signer))
        {
            signer.Dispose();
        }
        CryptographicOperations.ZeroMemory(_material);
        base.Dispose();
    }
}

/// <summary>ES256 signatures in the two shapes that standards want.</summary>
internal static class EcdsaShapes
{
    /// <summary>r‖s as X.509 has it: SEQUENCE { INTEGER r, INTEGER s }.</summary>
    public static byte[] ToSequence(ReadOnlySpan<byte> signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.PushSequence();
        writer.WriteIntegerUnsigned(Trimmed(signature[..(signature.Length / 2)]));
        writer.WriteIntegerUnsigned(Trimmed(signature[(signature.Length / 2)..]));
        writer.PopSequence();
        return writer.Encode();
    }

    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> number)
    {
        var zeros = number.IndexOfAnyExcept((byte)0);
        return zeros < 0 ? number[^1..] : number[zeros..];
    }
}
