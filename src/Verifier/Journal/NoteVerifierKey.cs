using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Journal;

/// <summary>How a key signs a note: the byte that C2SP signed-note assigns.</summary>
public enum NoteSignatureType : byte
{
    /// <summary>Ed25519 over the text.</summary>
    Ed25519 = 0x01,

    /// <summary>A witness's Ed25519 over the time and the text (C2SP tlog-cosignature, cosignature/v1).</summary>
    Cosignature = 0x04,
}

/// <summary>Who may sign a note: a name and a public key. Its text, the vkey, is <c>name+id+key</c> (C2SP signed-note).</summary>
public sealed class NoteVerifierKey
{
    private readonly byte[] _publicKey;

    private NoteVerifierKey(string name, NoteSignatureType type, byte[] publicKey)
    {
        Name = name;
        Type = type;
        _publicKey = publicKey;
        KeyId = IdOf(name, type, publicKey);
    }

    public string Name { get; }
    public NoteSignatureType Type { get; }

    /// <summary>The first four bytes of SHA-256 over name, newline, type and key. Tells keys apart and proves nothing.</summary>
    public uint KeyId { get; }

    /// <summary>32 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <exception cref="ArgumentException">The name is empty or has a space or a plus; the key is not 32 bytes.</exception>
    public static NoteVerifierKey Create(string name, NoteSignatureType type, ReadOnlySpan<byte> publicKey)
    {
        if (!IsName(name) || publicKey.Length != Ed25519.PublicKeyLength || !Enum.IsDefined(type))
        {
            throw new ArgumentException("A note's key has a name without spaces and plus, a known type and 32 bytes.", nameof(name));
        }
        return new NoteVerifierKey(name, type, publicKey.ToArray());
    }

    public static Checked<NoteVerifierKey> Parse(string vkey)
    {
        var parts = vkey.Length <= 1024 ? vkey.Split('+', 3) : [];
        if (parts.Length != 3 || !IsName(parts[0]) || parts[1].Length != 8 || parts[1].AsSpan().ContainsAnyExcept("0123456789abcdef"))
        {
            return Reason.NoteKeyMalformed;
        }
        if (BaseText.FromBase64(parts[2]) is not { } key || key.Length < 1)
        {
            return Reason.NoteKeyMalformed;
        }
        var type = (NoteSignatureType)key[0];
        if (!Enum.IsDefined(type))
        {
            return Reason.NoteKeyTypeUnknown;
        }
        if (key.Length != 1 + Ed25519.PublicKeyLength)
        {
            return Reason.NoteKeyMalformed;
        }
        var made = new NoteVerifierKey(parts[0], type, key[1..]);
        return made.KeyId == uint.Parse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) ? made : Reason.NoteKeyIdWrong;
    }

    /// <summary>The vkey.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}+{KeyId:x8}+{Convert.ToBase64String([(byte)Type, .. _publicKey])}");

    /// <summary>Whether the signature is by this key over the note's text. A cosignature says its time in its first eight bytes.</summary>
    public bool Verifies(string text, ReadOnlySpan<byte> signature)
    {
        if (Type == NoteSignatureType.Ed25519)
        {
            return Ed25519.Verify(_publicKey, Encoding.UTF8.GetBytes(text), signature);
        }
        if (signature.Length != 8 + Ed25519.SignatureLength)
        {
            return false;
        }
        var time = BinaryPrimitives.ReadUInt64BigEndian(signature);
        return time <= long.MaxValue && Ed25519.Verify(_publicKey, CosignedMessage((long)time, text), signature[8..]);
    }

    /// <summary>What a witness signs.</summary>
    /// <param name="time">Seconds since 1970.</param>
    public static byte[] CosignedMessage(long time, string text) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {time}\n{text}"));

    internal static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (c is '+' or < ' ' || char.IsWhiteSpace(c))
            {
                return false;
            }
        }
        return name.Length > 0;
    }

    private static uint IdOf(string name, NoteSignatureType type, byte[] publicKey) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', (byte)type, .. publicKey]));
}
