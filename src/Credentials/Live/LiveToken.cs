using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Credentials.Live;

/// <summary>
/// What the live QR code holds, 98 bytes: version, key tag, masked subject, issue time, life, nonce, ES256 signature. Nothing personal; the subject looks
/// different in each code, so that two verifiers cannot tell that they saw the same person.
/// </summary>
/// <param name="Handle">The random handle of the holder's credential, 16 bytes.</param>
/// <param name="Life">For how long it counts from <see cref="IssuedAt"/>.</param>
internal sealed record LiveToken(byte[] Handle, Instant IssuedAt, Duration Life)
{
    /// <summary>Stands before the code where no public address is set; the version is part of it.</summary>
    public const string Scheme = "MUQEEM1:";

    private const byte Version = 1;
    private const int TagAt = 1, SubjectAt = 5, TimeAt = 21, LifeAt = 25, NonceAt = 26, SignatureAt = 34, Length = 98;

    // Signed along, so that no other signature of this key can pass for a live code.
    private static readonly byte[] Domain = "muqeem live code 1\0"u8.ToArray();

    public byte[] Write(KeyStore keys, BlindIndex blind)
    {
        var bytes = new byte[Length];
        bytes[0] = Version;
        TagOf(keys.ActiveKey(KeyPurpose.LiveQr)).CopyTo(bytes.AsSpan(TagAt));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(TimeAt), checked((uint)IssuedAt.ToUnixTimeSeconds()));
        bytes[LifeAt] = checked((byte)Life.TotalSeconds);
        RandomNumberGenerator.Fill(bytes.AsSpan(NonceAt, SignatureAt - NonceAt));
        Mask(blind, bytes, Handle).CopyTo(bytes.AsSpan(SubjectAt));
        keys.Sign(KeyPurpose.LiveQr, Signed(bytes)).CopyTo(bytes.AsSpan(SignatureAt));
        return bytes;
    }

    /// <summary>Reads what one of our keys signed; anything else is no token. Says nothing about its age.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, KeyStore keys, BlindIndex blind, [NotNullWhen(true)] out LiveToken? token)
    {
        token = null;
        if (bytes.Length != Length || bytes[0] != Version)
        {
            return false;
        }
        var signed = Signed(bytes);
        foreach (var key in keys.PublicKeys(KeyPurpose.LiveQr))
        {
            if (bytes.Slice(TagAt, 4).SequenceEqual(TagOf(key.Id)) && keys.Verify(KeyPurpose.LiveQr, key.Id, signed, bytes[SignatureAt..]))
            {
                token = new LiveToken(
                    Mask(blind, bytes, bytes.Slice(SubjectAt, 16)),
                    Instant.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32BigEndian(bytes[TimeAt..])),
                    Duration.FromSeconds(bytes[LifeAt]));
                return true;
            }
        }
        return false;
    }

    /// <summary>Four bytes by which a verifier chooses the key.</summary>
    public static byte[] TagOf(string keyId) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(keyId))[..4];

    private static byte[] Signed(ReadOnlySpan<byte> bytes) => [.. Domain, .. bytes[..SignatureAt]];

    /// <summary>The handle under a pad that is made of time, life and nonce; the same call takes it off again.</summary>
    private static byte[] Mask(BlindIndex blind, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> subject)
    {
        var masked = blind.Of("live_subject", bytes[TimeAt..SignatureAt]);
        for (var i = 0; i < masked.Length; i++)
        {
            masked[i] ^= subject[i];
        }
        return masked;
    }
}
