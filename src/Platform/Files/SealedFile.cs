using System.Buffers.Binary;
using System.Security.Cryptography;
using Muqeem.Platform.Folder;

namespace Muqeem.Platform.Files;

/// <summary>
/// A file at rest: magic ‖ length of the sealed file key (2) ‖ sealed file key ‖ pieces of 64 KiB, each AES-256-GCM with its tag. The nonce of a piece is its
/// number and whether it is the last, so that pieces cannot be swapped, repeated or cut off. The file key is made for this file alone and sealed under the
/// person's key: when that is destroyed, the file is noise.
/// </summary>
internal static class SealedFile
{
    private const int PieceLength = 64 * 1024;
    private const int TagLength = 16;

    private static ReadOnlySpan<byte> Magic => "MQF1"u8;

    /// <summary>Writes the whole file durably; never half of one.</summary>
    public static void Write(string path, byte[] sealedKey, ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain)
    {
        var pieces = Math.Max(1, (plain.Length + PieceLength - 1) / PieceLength);
        var header = Magic.Length + 2 + sealedKey.Length;
        var content = new byte[header + plain.Length + (pieces * TagLength)];
        Magic.CopyTo(content);
        BinaryPrimitives.WriteUInt16BigEndian(content.AsSpan(Magic.Length), checked((ushort)sealedKey.Length));
        sealedKey.CopyTo(content, Magic.Length + 2);
        using var aes = new AesGcm(key, TagLength);
        Span<byte> nonce = stackalloc byte[12];
        var at = header;
        for (var i = 0; i < pieces; i++)
        {
            var piece = plain[(i * PieceLength)..Math.Min(plain.Length, (i + 1) * PieceLength)];
            Nonce(nonce, i, i == pieces - 1);
            aes.Encrypt(nonce, piece, content.AsSpan(at, piece.Length), content.AsSpan(at + piece.Length, TagLength), content.AsSpan(0, header));
            at += piece.Length + TagLength;
        }
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        DurableFile.Write(path, content);
    }

    /// <exception cref="CryptographicException">Not a sealed file.</exception>
    public static byte[] KeyOf(ReadOnlySpan<byte> content)
    {
        if (!content.StartsWith(Magic) || content.Length < Magic.Length + 2)
        {
            throw new CryptographicException("Not a sealed file.");
        }
        var length = BinaryPrimitives.ReadUInt16BigEndian(content[Magic.Length..]);
        return content.Length >= Magic.Length + 2 + length ? content.Slice(Magic.Length + 2, length).ToArray() : throw new CryptographicException("Not a sealed file.");
    }

    /// <exception cref="CryptographicException">Changed, cut short, or under another key.</exception>
    public static byte[] Open(ReadOnlySpan<byte> content, ReadOnlySpan<byte> key)
    {
        var header = Magic.Length + 2 + KeyOf(content).Length;
        var body = content[header..];
        var pieces = Math.Max(1, (body.Length + PieceLength + TagLength - 1) / (PieceLength + TagLength));
        if (body.Length - ((pieces - 1) * (PieceLength + TagLength)) < TagLength)
        {
            throw new CryptographicException("A sealed file is cut short.");
        }
        var plain = new byte[body.Length - (pieces * TagLength)];
        using var aes = new AesGcm(key, TagLength);
        Span<byte> nonce = stackalloc byte[12];
        for (var i = 0; i < pieces; i++)
        {
            var piece = body[(i * (PieceLength + TagLength))..Math.Min(body.Length, (i + 1) * (PieceLength + TagLength))];
            Nonce(nonce, i, i == pieces - 1);
            aes.Decrypt(nonce, piece[..^TagLength], piece[^TagLength..], plain.AsSpan(i * PieceLength, piece.Length - TagLength), content[..header]);
        }
        return plain;
    }

    private static void Nonce(Span<byte> nonce, int piece, bool last)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt32BigEndian(nonce[7..], piece);
        nonce[11] = last ? (byte)1 : (byte)0;
    }
}
