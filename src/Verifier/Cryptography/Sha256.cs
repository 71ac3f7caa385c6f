using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Muqeem.Verifier.Cryptography;

/// <summary>
/// SHA-256 of short texts by libcrypto's own functions. A credential has some thirty digests of a hundred bytes; by way of the providers each costs four times its hashing. Deprecated since OpenSSL 3.0 in favour of those
/// providers, and there for as long as libcrypto.so.3 is; on other systems the base library does it. Safe for several threads: nothing is shared.
/// </summary>
public static partial class Sha256
{
    public const int Length = 32;

    private const string Library = "libcrypto.so.3";

    private static readonly bool Direct = OperatingSystem.IsLinux() && NativeLibrary.TryLoad(Library, typeof(Sha256).Assembly, DllImportSearchPath.SafeDirectories, out var library)
        && NativeLibrary.TryGetExport(library, nameof(SHA256_Init), out _);

    /// <param name="hash">32 bytes.</param>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        if (hash.Length < Length)
        {
            throw new ArgumentException("A hash has 32 bytes.", nameof(hash));
        }
        if (!Direct)
        {
            SHA256.HashData(data, hash);
            return;
        }
        var state = default(State);
        if (SHA256_Init(ref state) != 1 || (data.Length <= Short ? SHA256_UpdateShort(ref state, data, (nuint)data.Length) : SHA256_Update(ref state, data, (nuint)data.Length)) != 1 || SHA256_Final(hash, ref state) != 1)
        {
            throw new CryptographicException("SHA-256 failed.");
        }
    }

    /// <summary>SHA256_CTX: eight words of state, two of length, sixteen of data, and two counters.</summary>
    [InlineArray(28)]
    private struct State
    {
        private uint _first;
    }

    /// <summary>In bytes: takes less than a microsecond, for which a collection can wait. The way there and back would cost a third of it.</summary>
    private const int Short = 512;

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int SHA256_Init(ref State state);

    [LibraryImport(Library)]
    private static partial int SHA256_Update(ref State state, ReadOnlySpan<byte> data, nuint length);

    [LibraryImport(Library, EntryPoint = nameof(SHA256_Update))]
    [SuppressGCTransition]
    private static partial int SHA256_UpdateShort(ref State state, ReadOnlySpan<byte> data, nuint length);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int SHA256_Final(Span<byte> hash, ref State state);
}
