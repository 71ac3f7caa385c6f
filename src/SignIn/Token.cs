using System.Buffers.Text;
using System.Security.Cryptography;

namespace Muqeem.SignIn;

/// <summary>A secret that stands for a row: 256 random bits, shown once, kept as its SHA-256.</summary>
internal static class Token
{
    public const int Bytes = 32;

    /// <summary>43 letters of base64url.</summary>
    public static string New(out byte[] hash)
    {
        Span<byte> secret = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(secret);
        hash = SHA256.HashData(secret);
        return Base64Url.EncodeToString(secret);
    }

    /// <summary>The hash to look up, or null when this cannot be one of ours.</summary>
    public static byte[]? Hash(string? token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        return TryHash(token, hash) ? hash.ToArray() : null;
    }

    public static bool TryHash(string? token, Span<byte> hash)
    {
        Span<byte> secret = stackalloc byte[Bytes + 1];
        if (token is not { Length: 43 } || Base64Url.DecodeFromChars(token, secret, out var read, out var written) != System.Buffers.OperationStatus.Done || read != 43 || written != Bytes)
        {
            return false;
        }
        SHA256.HashData(secret[..written], hash);
        return true;
    }
}
