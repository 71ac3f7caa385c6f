using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Muqeem.Platform.Keys;

/// <summary>
/// ES256 by libcrypto with a context that is made once for the key: .NET's own class makes one for each signature, which costs half as much as the signature. For one thread at a time. Owns key and context until disposed.
/// </summary>
internal sealed partial class EcdsaSigner : IDisposable
{
    private const string Library = "libcrypto.so.3";

    /// <summary>SEQUENCE of two INTEGERs of at most 33 bytes.</summary>
    private const int LongestDer = 72;

    private nint _key;
    private nint _context;

    /// <param name="pkcs8">Of a key on P-256.</param>
    /// <exception cref="CryptographicException">The library does not take it.</exception>
    public unsafe EcdsaSigner(ReadOnlySpan<byte> pkcs8)
    {
        fixed (byte* bytes = pkcs8)
        {
            var at = bytes;
            _key = d2i_AutoPrivateKey(0, &at, pkcs8.Length);
        }
        _context = _key == 0 ? 0 : EVP_PKEY_CTX_new(_key, 0);
        if (_context == 0 || EVP_PKEY_sign_init(_context) != 1 || EVP_PKEY_CTX_set_signature_md(_context, EVP_sha256()) != 1)
        {
            Dispose();
            throw new CryptographicException("The key cannot be used for ES256.");
        }
    }

    /// <summary>r‖s, 64 bytes, over a SHA-256.</summary>
    public byte[] SignHash(ReadOnlySpan<byte> hash)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        Span<byte> der = stackalloc byte[LongestDer];
        nuint length = LongestDer;
        if (EVP_PKEY_sign(_context, der, ref length, hash, (nuint)hash.Length) != 1)
        {
            throw new CryptographicException("ES256 could not sign.");
        }
        var signature = new byte[64];
        // 30 length 02 length r 02 length s: both lengths are short on P-256.
        var r = der.Slice(4, der[3]);
        var s = der.Slice(4 + r.Length + 2, der[4 + r.Length + 1]);
        if ((nuint)(4 + r.Length + 2 + s.Length) != length || der[0] != 0x30 || der[2] != 2 || der[4 + r.Length] != 2)
        {
            throw new CryptographicException("ES256 made no signature.");
        }
        Put(r, signature.AsSpan(0, 32));
        Put(s, signature.AsSpan(32));
        return signature;
    }

    public void Dispose()
    {
        EVP_PKEY_CTX_free(_context);
        EVP_PKEY_free(_key);
        (_context, _key) = (0, 0);
    }

    /// <summary>An INTEGER without its sign byte, at the right end.</summary>
    private static void Put(ReadOnlySpan<byte> number, Span<byte> into)
    {
        number = number.Length == 33 && number[0] == 0 ? number[1..] : number;
        number.CopyTo(into[(32 - number.Length)..]);
    }

    [LibraryImport(Library)]
    private static unsafe partial nint d2i_AutoPrivateKey(nint reuse, byte** bytes, nint length);

    [LibraryImport(Library)]
    private static partial nint EVP_PKEY_CTX_new(nint key, nint engine);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_sign_init(nint context);

    [LibraryImport(Library)]
    private static partial nint EVP_sha256();

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_CTX_set_signature_md(nint context, nint digest);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_sign(nint context, Span<byte> signature, ref nuint signatureLength, ReadOnlySpan<byte> hash, nuint hashLength);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_free(nint key);
}
