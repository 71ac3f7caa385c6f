using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Muqeem.Platform.Privacy;

namespace Muqeem.Credentials.Live;

/// <summary>
/// Whom a live code is of, in 24 bytes that only this installation can read: a nonce, and the holder's handle under a pad made of it. It looks different in each code, so that two verifiers
/// cannot tell that they saw the same person.
/// </summary>
internal static class LiveSubject
{
    private const int NonceLength = 8, HandleLength = 16;

    /// <param name="handle">Of the holder's credential, 16 bytes.</param>
    public static byte[] Write(BlindIndex blind, byte[] handle)
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceLength);
        return [.. nonce, .. Pad(blind, nonce, handle)];
    }

    public static bool TryRead(BlindIndex blind, ReadOnlySpan<byte> subject, [NotNullWhen(true)] out byte[]? handle)
    {
        handle = subject.Length == NonceLength + HandleLength ? Pad(blind, subject[..NonceLength], subject[NonceLength..]) : null;
        return handle is not null;
    }

    /// <summary>The same call takes the pad off again.</summary>
    private static byte[] Pad(BlindIndex blind, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> handle)
    {
        var pad = blind.Of("live_subject", nonce);
        var padded = new byte[HandleLength];
        for (var i = 0; i < padded.Length; i++)
        {
            padded[i] = (byte)(pad[i] ^ handle[i]);
        }
        return padded;
    }
}
