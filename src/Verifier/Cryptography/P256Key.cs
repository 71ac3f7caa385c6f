using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Muqeem.Verifier.Cryptography;

/// <summary>
/// A public key on P-256 that verifies ES256, by libcrypto's own functions. .NET's class multiplies a point by the order of its group before it takes it, which costs more than verifying (a group of cofactor 1 has no
/// other points than those on the curve), and makes a context for each signature. The functions are deprecated since OpenSSL 3.0 in favour of providers, and there for as long as libcrypto.so.3 is; on other systems the
/// base library does it. Shared by threads. Dispose of those that are used once.
/// </summary>
public sealed partial class P256Key : IDisposable
{
    private const string Library = "libcrypto.so.3";

    /// <summary>NID_X9_62_prime256v1, from openssl/obj_mac.h.</summary>
    private const int Curve = 415;

    /// <summary>SubjectPublicKeyInfo up to the point (RFC 5480).</summary>
    private static ReadOnlySpan<byte> InfoPrefix => [0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00];

    /// <summary>An uncompressed point: 04 ‖ X ‖ Y.</summary>
    private const int PointLength = 65;

    /// <summary>A key without a point: making the group anew costs more than copying it. Null where the library is not there.</summary>
    private static readonly Handle? Empty = OperatingSystem.IsLinux() && NativeLibrary.TryLoad(Library, typeof(P256Key).Assembly, DllImportSearchPath.SafeDirectories, out var library)
        && NativeLibrary.TryGetExport(library, nameof(ECDSA_do_verify), out _) ? EC_KEY_new_by_curve_name(Curve) : null;

    private readonly Handle? _native;
    private readonly ECDsa? _managed;

    private P256Key(Handle? native, ECDsa? managed)
    {
        _native = native;
        _managed = managed;
    }

    /// <summary>Null when the point is not on the curve.</summary>
    /// <param name="x">32 bytes.</param>
    /// <param name="y">32 bytes.</param>
    public static P256Key? Create(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        if (x.Length != 32 || y.Length != 32)
        {
            return null;
        }
        if (Empty is null || Empty.IsInvalid)
        {
            return Managed(x, y);
        }
        Span<byte> point = stackalloc byte[PointLength];
        point[0] = 4;
        x.CopyTo(point[1..]);
        y.CopyTo(point[33..]);
        var key = EC_KEY_dup(Empty);
        if (key.IsInvalid)
        {
            throw new CryptographicException("The library made no key.");
        }
        // Asks whether both are below the field's prime and whether the equation holds.
        if (EC_KEY_oct2key(key, point, PointLength, 0) == 1)
        {
            return new P256Key(key, null);
        }
        ERR_clear_error();
        key.Dispose();
        return null;
    }

    /// <summary>Of a SubjectPublicKeyInfo in DER; null when it is not one of P-256 with its point uncompressed.</summary>
    public static P256Key? OfInfo(ReadOnlySpan<byte> info) =>
        info.Length == InfoPrefix.Length + PointLength && info.StartsWith(InfoPrefix) && info[InfoPrefix.Length] == 4 ? Create(info[^64..^32], info[^32..]) : null;

    /// <summary>ES256.</summary>
    /// <param name="hash">SHA-256 of what was signed.</param>
    /// <param name="signature">r‖s, 64 bytes; of any other length it is false.</param>
    public bool VerifyHash(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        if (hash.Length != 32 || signature.Length != 64)
        {
            return false;
        }
        if (_native is null)
        {
            lock (_managed!)
            {
                return _managed.VerifyHash(hash, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            }
        }
        var read = ECDSA_SIG_new();
        try
        {
            // The numbers belong to the signature once they are set, and are freed with it.
            if (read == 0 || ECDSA_SIG_set0(read, BN_bin2bn(signature, 32, 0), BN_bin2bn(signature[32..], 32, 0)) != 1)
            {
                throw new CryptographicException("The library read no signature.");
            }
            if (ECDSA_do_verify(hash, 32, read, _native) == 1)
            {
                return true;
            }
            ERR_clear_error();
            return false;
        }
        finally
        {
            ECDSA_SIG_free(read);
        }
    }

    /// <summary>ES256 over data that are hashed here.</summary>
    public bool VerifyData(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> hash = stackalloc byte[32];
        Sha256.Hash(data, hash);
        return VerifyHash(hash, signature);
    }

    public void Dispose()
    {
        _native?.Dispose();
        _managed?.Dispose();
    }

    private static P256Key? Managed(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        try
        {
            return new P256Key(null, ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x.ToArray(), Y = y.ToArray() } }));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private sealed class Handle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            EC_KEY_free(handle);
            return true;
        }
    }

    [LibraryImport(Library)]
    private static partial Handle EC_KEY_new_by_curve_name(int curve);

    [LibraryImport(Library)]
    private static partial Handle EC_KEY_dup(Handle key);

    [LibraryImport(Library)]
    private static partial void EC_KEY_free(nint key);

    [LibraryImport(Library)]
    private static partial int EC_KEY_oct2key(Handle key, ReadOnlySpan<byte> point, nuint length, nint context);

    [LibraryImport(Library)]
    private static partial nint ECDSA_SIG_new();

    [LibraryImport(Library)]
    private static partial void ECDSA_SIG_free(nint signature);

    [LibraryImport(Library)]
    private static partial nint BN_bin2bn(ReadOnlySpan<byte> bytes, int length, nint reuse);

    [LibraryImport(Library)]
    private static partial int ECDSA_SIG_set0(nint signature, nint r, nint s);

    [LibraryImport(Library)]
    private static partial int ECDSA_do_verify(ReadOnlySpan<byte> hash, int length, nint signature, Handle key);

    [LibraryImport(Library)]
    private static partial void ERR_clear_error();
}
