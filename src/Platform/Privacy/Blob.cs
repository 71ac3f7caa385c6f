using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Muqeem.Platform.Privacy;

/// <summary>
/// The bytes of a sealed value: version (1) ‖ mark of the key (4) ‖ nonce (12) ‖ ciphertext ‖ tag (16). Inside: salt (16) ‖ UTF-8 JSON.
/// </summary>
internal static class Blob
{
    private const byte Version = 1;
    private const int HeaderLength = 1 + 4 + 12;
    public const int SaltLength = 16;

    /// <summary>False when the key was disposed meanwhile: get it again.</summary>
    public static bool TrySeal(DataKey key, in SealContext context, ReadOnlySpan<byte> salted, byte[] blob)
    {
        blob[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan(1), key.Mark);
        var nonce = blob.AsSpan(5, 12);
        RandomNumberGenerator.Fill(nonce);
        Span<byte> associated = stackalloc byte[AssociatedLength(context)];
        WriteAssociated(context, associated);
        return key.TrySeal(nonce, salted, blob.AsSpan(HeaderLength, salted.Length), blob.AsSpan(HeaderLength + salted.Length), associated);
    }

    public static byte[] Sized(int saltedLength) => new byte[HeaderLength + saltedLength + DataKey.TagLength];

    /// <exception cref="CryptographicException">Not a blob.</exception>
    public static uint MarkOf(ReadOnlySpan<byte> blob) =>
        blob.Length >= HeaderLength + SaltLength + DataKey.TagLength && blob[0] == Version
            ? BinaryPrimitives.ReadUInt32BigEndian(blob[1..])
            : throw new CryptographicException("Not a sealed value.");

    /// <summary>The salted plaintext. False when the key was disposed meanwhile.</summary>
    /// <exception cref="AuthenticationTagMismatchException">Moved from another row, person or class, or changed.</exception>
    public static bool TryOpen(DataKey key, in SealContext context, ReadOnlySpan<byte> blob, out byte[] salted)
    {
        salted = new byte[blob.Length - HeaderLength - DataKey.TagLength];
        Span<byte> associated = stackalloc byte[AssociatedLength(context)];
        WriteAssociated(context, associated);
        return key.TryOpen(blob.Slice(5, 12), blob[HeaderLength..^DataKey.TagLength], blob[^DataKey.TagLength..], salted, associated);
    }

    private static int AssociatedLength(in SealContext context) =>
        context.Table.Length is > 0 and <= 64 && Ascii.IsValid(context.Table)
            ? 1 + 16 + 1 + 16 + context.Table.Length
            : throw new ArgumentException("A seal context names its table, in ASCII.", nameof(context));

    private static void WriteAssociated(in SealContext context, Span<byte> associated)
    {
        // Fixed lengths first, the name last: no two contexts give the same bytes.
        associated[0] = Version;
        context.Person.Value.TryWriteBytes(associated[1..], bigEndian: true, out _);
        associated[17] = (byte)context.Class;
        context.Row.TryWriteBytes(associated[18..], bigEndian: true, out _);
        Encoding.ASCII.GetBytes(context.Table, associated[34..]);
    }
}
