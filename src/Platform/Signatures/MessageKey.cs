using System.Buffers.Text;
using Muqeem.Platform.Keys;
using Muqeem.Verifier.Cryptography;

namespace Muqeem.Platform.Signatures;

/// <summary>A public key by which somebody signs messages. Shared by threads.</summary>
/// <param name="keyId">What signatures name.</param>
/// <param name="bytes">SubjectPublicKeyInfo of P-256; the 32 bytes of Ed25519.</param>
public sealed class MessageKey(string keyId, string algorithm, byte[] bytes)
{
    private readonly Lazy<P256Key?> _p256 = new(() => P256Key.OfInfo(bytes));

    public MessageKey(PublicKeyText key) : this(key.Thumbprint, key.Algorithm, key.Bytes)
    {
    }

    public string KeyId { get; } = keyId;

    /// <summary><see cref="HttpSignature.P256"/> or <see cref="HttpSignature.Ed25519"/>.</summary>
    public string Algorithm { get; } = algorithm;

    /// <summary>Whether this key made it, and it says no other algorithm.</summary>
    public bool Made(HttpSignature signature) =>
        (signature.Algorithm.Length == 0 || signature.Algorithm == Algorithm)
        && (Algorithm == HttpSignature.Ed25519 ? signature.IsByEd25519(bytes) : _p256.Value is { } key && signature.IsBy(key));
}

/// <summary>Signs messages: with a key of the key store, whichever is in use, or with one that is given.</summary>
public sealed class MessageSigner
{
    private readonly Func<PublicKeyText> _current;
    private readonly Func<PublicKeyText, byte[], byte[]?> _sign;

    private MessageSigner(Func<PublicKeyText> current, Func<PublicKeyText, byte[], byte[]?> sign) => (_current, _sign) = (current, sign);

    /// <summary>The public half of what is signed with now.</summary>
    public PublicKeyText Key => _current();

    /// <param name="seed">The 32 bytes of an Ed25519 private key.</param>
    public static MessageSigner OfSeed(byte[] seed) => Of(KeyAlgorithm.Ed25519, seed);

    /// <param name="pkcs8">Of a key on P-256.</param>
    public static MessageSigner OfPkcs8(byte[] pkcs8) => Of(KeyAlgorithm.EcdsaP256, pkcs8);

    /// <summary>A new private key on P-256, PKCS#8.</summary>
    public static byte[] NewPkcs8() => MemoryHolder.NewMaterial(KeyAlgorithm.EcdsaP256);

    /// <param name="purpose">One that signs, and is not certified.</param>
    public static MessageSigner Of(KeyStore keys, KeyPurpose purpose)
    {
        InUse? known = null;
        PublicKeyText Current()
        {
            var now = keys.PublicKey(purpose);
            if (known is not { } same || same.Id != now.Id)
            {
                known = same = new(now.Id, PublicKeyText.Of(now));
            }
            return same.Key;
        }
        // A rotation between the two gives another key's signature: then it is made again.
        return new(Current, (key, data) => keys.Sign(purpose, data, out var id) is var made && known is { } last && last.Id == id && last.Key == key ? made : null);
    }

    private static MessageSigner Of(KeyAlgorithm algorithm, byte[] material)
    {
        var holder = new MemoryHolder(algorithm, material);
        var key = PublicKeyText.Of(holder.Public("", KeyState.Active));
        return new(() => key, (_, data) => holder.Sign(data));
    }

    /// <summary>64 bytes, or null when the key was replaced since <paramref name="key"/> was asked for.</summary>
    internal byte[]? Sign(PublicKeyText key, byte[] data) => _sign(key, data);

    /// <summary>What nobody sent before: 16 random bytes.</summary>
    public static string NewNonce() => Base64Url.EncodeToString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    private sealed record InUse(string Id, PublicKeyText Key);
}
