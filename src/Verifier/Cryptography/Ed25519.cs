using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Muqeem.Verifier.Cryptography;

/// <summary>Ed25519 (RFC 8032) by libcrypto, which .NET itself uses here; the base library has no class for it. Safe for several threads: nothing is shared.</summary>
public static partial class Ed25519
{
    public const int PublicKeyLength = 32;
    public const int SignatureLength = 64;

    private const string Library = "libcrypto.so.3";

    /// <summary>EVP_PKEY_ED25519, from openssl/evp.h.</summary>
    private const int KeyType = 1087;

    /// <summary>True when <paramref name="signature"/> is by this key over the message; of any other length it is false.</summary>
    /// <param name="publicKey">32 bytes.</param>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != PublicKeyLength || signature.Length != SignatureLength)
        {
            return false;
        }
        var key = EVP_PKEY_new_raw_public_key(KeyType, 0, publicKey, PublicKeyLength);
        if (key == 0)
        {
            return false;
        }
        var context = EVP_MD_CTX_new();
        try
        {
            return context != 0 && EVP_DigestVerifyInit(context, 0, 0, 0, key) == 1 && EVP_DigestVerify(context, signature, SignatureLength, message, (nuint)message.Length) == 1;
        }
        finally
        {
            EVP_MD_CTX_free(context);
            EVP_PKEY_free(key);
        }
    }

    /// <summary>64 bytes.</summary>
    /// <param name="privateKey">The 32 bytes of RFC 8032's private key (the seed).</param>
    /// <exception cref="CryptographicException">The key is not 32 bytes, or the library failed.</exception>
    public static byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> message)
    {
        var key = Private(privateKey);
        var context = EVP_MD_CTX_new();
        try
        {
            var signature = new byte[SignatureLength];
            nuint length = SignatureLength;
            return context != 0 && EVP_DigestSignInit(context, 0, 0, 0, key) == 1 && EVP_DigestSign(context, signature, ref length, message, (nuint)message.Length) == 1 && length == SignatureLength
                ? signature
                : throw new CryptographicException("Ed25519 could not sign.");
        }
        finally
        {
            EVP_MD_CTX_free(context);
            EVP_PKEY_free(key);
        }
    }

    /// <summary>The public key, 32 bytes, of a private one.</summary>
    /// <exception cref="CryptographicException">The key is not 32 bytes.</exception>
    public static byte[] PublicKey(ReadOnlySpan<byte> privateKey)
    {
        var key = Private(privateKey);
        try
        {
            var bytes = new byte[PublicKeyLength];
            nuint length = PublicKeyLength;
            return EVP_PKEY_get_raw_public_key(key, bytes, ref length) == 1 ? bytes : throw new CryptographicException("Ed25519 gave no public key.");
        }
        finally
        {
            EVP_PKEY_free(key);
        }
    }

    private static nint Private(ReadOnlySpan<byte> seed)
    {
        var key = seed.Length == 32 ? EVP_PKEY_new_raw_private_key(KeyType, 0, seed, 32) : 0;
        return key != 0 ? key : throw new CryptographicException("An Ed25519 private key has 32 bytes.");
    }

    [LibraryImport(Library)]
    private static partial nint EVP_PKEY_new_raw_public_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    private static partial nint EVP_PKEY_new_raw_private_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_get_raw_public_key(nint key, Span<byte> bytes, ref nuint length);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    private static partial nint EVP_MD_CTX_new();

    [LibraryImport(Library)]
    private static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerifyInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerify(nint context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> message, nuint messageLength);

    [LibraryImport(Library)]
    private static partial int EVP_DigestSignInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestSign(nint context, Span<byte> signature, ref nuint signatureLength, ReadOnlySpan<byte> message, nuint messageLength);
}
