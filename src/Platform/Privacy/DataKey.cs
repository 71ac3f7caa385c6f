using System.Security.Cryptography;

namespace Muqeem.Platform.Privacy;

/// <summary>
/// One person's key of one retention class, ready for use: what costs in sealing is the key set-up, so the cipher is kept. Owned by
/// <see cref="DataKeys"/>, which may dispose it at any time; then the methods return false and the caller asks for it again.
/// </summary>
internal sealed class DataKey : IDisposable
{
    public const int TagLength = 16;

    private readonly AesGcm _cipher;
    private readonly Lock _one = new();
    private bool _disposed;

    /// <summary>Takes the key and zeroes it.</summary>
    public DataKey(byte[] key, long loadedAt)
    {
        Mark = MarkOf(key);
        LoadedAt = loadedAt;
        _cipher = new AesGcm(key, TagLength);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Four bytes that tell this key from a former one of the same person and class, which an erasure destroyed.</summary>
    public uint Mark { get; }

    /// <summary>Monotonic timestamp.</summary>
    public long LoadedAt { get; }

    /// <summary>For the cache: used since it was last looked at.</summary>
    public bool Used { get; set; } = true;

    public bool TrySeal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> cipher, Span<byte> tag, ReadOnlySpan<byte> associated)
    {
        lock (_one)
        {
            if (_disposed)
            {
                return false;
            }
            _cipher.Encrypt(nonce, plain, cipher, tag, associated);
            return true;
        }
    }

    /// <exception cref="AuthenticationTagMismatchException">Not sealed under this key and context, or changed since.</exception>
    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> tag, Span<byte> plain, ReadOnlySpan<byte> associated)
    {
        lock (_one)
        {
            if (_disposed)
            {
                return false;
            }
            _cipher.Decrypt(nonce, cipher, tag, plain, associated);
            return true;
        }
    }

    public void Dispose()
    {
        lock (_one)
        {
            _disposed = true;
            _cipher.Dispose();
        }
    }

    private static uint MarkOf(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData([.. "muqeem/key-mark"u8, .. key], hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}
