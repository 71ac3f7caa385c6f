using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Platform.Writing;

/// <summary>
/// The salted commitment of an act or of a batch of accesses: what the journal's tree holds. For an act it is
/// SHA-256(0x00 ‖ salt ‖ act's row ‖ manifest), where the manifest names each thing written with its table, mode, key and 16 bytes of
/// SHA-256(salt ‖ table ‖ values). The manifest is kept beside the leaf: who replays the rows against it finds any row changed since. Sealed
/// columns enter by the commitment of their plaintext, so that a rotated key changes no leaf. Empty columns at the end are left out, so that
/// a column that a later release adds changes none either.
/// </summary>
public sealed record Leaf(Guid Id, string Kind, byte[] Hash, byte[] Salt, byte[] Manifest)
{
    public const string ActKind = "act";
    public const string AccessesKind = "accesses";

    internal const int SaltLength = 16;
    internal const int DigestLength = 16;

    /// <summary>What a manifest entry says was done.</summary>
    public enum Mode : byte
    {
        Insert = 0,
        Put = 1,
        Delete = 2,
        Head = 3,
        Claim = 4,
        Release = 5,
        Balance = 6,
        Message = 7,
        Access = 8,
        Key = 9,
        Erasure = 10,
    }

    /// <summary>
    /// One thing that an act wrote. <paramref name="Table"/> are the first four bytes of SHA-256 of the table's name. The key is the row's; a head's has its new
    /// version after the id, a balance's what was added after the account.
    /// </summary>
    /// <param name="Commitment">Of the row's sealed value, where it has one: when its key is destroyed, the rest of the row can still be verified.</param>
    public sealed record Entry(uint Table, Mode Mode, byte[] Key, byte[] Digest, byte[]? Commitment = null);

    /// <summary>Set in the mode's byte when a commitment follows the digest.</summary>
    private const byte WithCommitment = 0x80;

    [ThreadStatic]
    private static Encoder? _values;

    [ThreadStatic]
    private static Encoder? _whole;

    /// <summary>The first four bytes of SHA-256 of a table's name; a test sees to it that no two tables share them.</summary>
    public static uint TableCode(string table)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(table), hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }

    /// <summary>The salted digest of a row, from its stored values in the order of its columns; sealed columns as <see cref="SealedBytes"/> with the commitment.</summary>
    public static byte[] RowDigest(ReadOnlySpan<byte> salt, string table, IReadOnlyList<object?> values)
    {
        var encoder = _values ??= new Encoder();
        encoder.Clear();
        encoder.Raw(salt);
        encoder.Text(table);
        encoder.Values(values);
        return SHA256.HashData(encoder.Written)[..DigestLength];
    }

    /// <summary>What of a row goes into its digest after the salt: for who has the row before he knows the salt.</summary>
    internal static byte[] RowBytes(string table, IReadOnlyList<object?> values)
    {
        var encoder = _values ??= new Encoder();
        encoder.Clear();
        encoder.Text(table);
        encoder.Values(values);
        return encoder.Written.ToArray();
    }

    /// <summary>The encoding of a row's values alone.</summary>
    internal static byte[] ValueBytes(IReadOnlyList<object?> values)
    {
        var encoder = new Encoder();
        encoder.Values(values);
        return encoder.Written.ToArray();
    }

    /// <summary>The salted digest of a row from <see cref="RowBytes"/>.</summary>
    internal static byte[] RowDigest(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> row)
    {
        var encoder = _values ??= new Encoder();
        encoder.Clear();
        encoder.Raw(salt);
        encoder.Raw(row);
        return SHA256.HashData(encoder.Written)[..DigestLength];
    }

    /// <summary>The encoding of a key, as a manifest entry has it.</summary>
    public static byte[] KeyBytes(params ReadOnlySpan<object?> key)
    {
        var encoder = new Encoder();
        foreach (var value in key)
        {
            encoder.Value(value);
        }
        return encoder.Written.ToArray();
    }

    /// <summary>The leaf's hash from its parts.</summary>
    /// <param name="act">The act's row as it is stored, in the order of its columns.</param>
    public static byte[] HashOf(ReadOnlySpan<byte> salt, IReadOnlyList<object?> act, ReadOnlySpan<byte> manifest)
    {
        var encoder = _whole ??= new Encoder();
        encoder.Clear();
        encoder.Raw([0x00]);
        encoder.Raw(salt);
        encoder.Text("muqeem-act-2");
        encoder.Values(act);
        encoder.Bytes(manifest);
        return SHA256.HashData(encoder.Written);
    }

    /// <summary>The leaf of a batch of accesses, from the digests of its entries in the order of their ids.</summary>
    public static byte[] HashOf(ReadOnlySpan<byte> salt, IEnumerable<byte[]> accessDigests)
    {
        var encoder = new Encoder();
        encoder.Raw([0x00]);
        encoder.Raw(salt);
        encoder.Text("muqeem-accesses-1");
        foreach (var digest in accessDigests)
        {
            encoder.Raw(digest);
        }
        return SHA256.HashData(encoder.Written);
    }

    /// <summary>SHA-256 of one access with its subjects. Unsalted: its id holds 74 random bits, and only the salted batch leaves the database.</summary>
    public static byte[] AccessDigest(AccessEntry access)
    {
        var encoder = _values ??= new Encoder();
        encoder.Clear();
        encoder.Text("muqeem-access-1");
        encoder.Value(access.Id);
        encoder.Value(access.At.ToMicros());
        encoder.Text(access.Reader.Kind.ToString());
        encoder.Text(access.Reader.Id);
        encoder.Text(access.Purpose.ToString());
        encoder.Value(access.Case?.Value);
        encoder.Text(access.Where);
        foreach (var subject in access.Subjects.Select(s => s.Value).Distinct().Order())
        {
            encoder.Value(subject);
        }
        return SHA256.HashData(encoder.Written);
    }

    /// <summary>Reads a manifest back.</summary>
    /// <exception cref="FormatException">Not a manifest.</exception>
    public static IReadOnlyList<Entry> Read(ReadOnlySpan<byte> manifest)
    {
        var entries = new List<Entry>();
        while (manifest.Length > 0)
        {
            var rest = (manifest.Length > 4 && (manifest[4] & WithCommitment) != 0 ? SHA256.HashSizeInBytes : 0) + DigestLength;
            if (manifest.Length < 7 || manifest.Length < 7 + BinaryPrimitives.ReadUInt16BigEndian(manifest[5..]) + rest)
            {
                throw new FormatException("Not a manifest.");
            }
            var keyLength = BinaryPrimitives.ReadUInt16BigEndian(manifest[5..]);
            entries.Add(new(BinaryPrimitives.ReadUInt32BigEndian(manifest), (Mode)(manifest[4] & ~WithCommitment), manifest.Slice(7, keyLength).ToArray(),
                manifest.Slice(7 + keyLength, DigestLength).ToArray(), rest > DigestLength ? manifest.Slice(7 + keyLength + DigestLength, SHA256.HashSizeInBytes).ToArray() : null));
            manifest = manifest[(7 + keyLength + rest)..];
        }
        return entries;
    }

    /// <summary>Reads an entry's key back: ids, texts, numbers and bytes.</summary>
    /// <exception cref="FormatException">Not a key.</exception>
    internal static IReadOnlyList<object?> ReadKey(ReadOnlySpan<byte> key)
    {
        var parts = new List<object?>();
        while (key.Length > 0)
        {
            var length = key[0] switch
            {
                0 => 1,
                1 => 17,
                3 => 9,
                2 or 4 when key.Length >= 5 => 5 + (long)BinaryPrimitives.ReadUInt32BigEndian(key[1..]),
                _ => throw new FormatException("Not a key."),
            };
            if (length > key.Length)
            {
                throw new FormatException("Not a key.");
            }
            parts.Add(key[0] switch
            {
                1 => new Guid(key[1..17], bigEndian: true),
                2 => Encoding.UTF8.GetString(key[5..(int)length]),
                3 => BinaryPrimitives.ReadInt64BigEndian(key[1..]),
                4 => key[5..(int)length].ToArray(),
                _ => null,
            });
            key = key[(int)length..];
        }
        return parts;
    }

    /// <summary>Builds the manifest of one act.</summary>
    internal sealed class ManifestBuilder(byte[] salt)
    {
        private readonly ArrayBufferWriter<byte> _bytes = new(512);

        public void Add(string table, uint code, Mode mode, ReadOnlySpan<object?> key, IReadOnlyList<object?> values)
        {
            var digest = RowDigest(salt, table, values);
            var encoder = _values!;
            encoder.Clear();
            foreach (var part in key)
            {
                encoder.Value(part);
            }
            var keyBytes = encoder.Written;
            byte[]? commitment = null;
            for (var i = 0; i < values.Count && commitment is null; i++)
            {
                commitment = (values[i] as SealedBytes)?.Commitment;
            }
            var span = _bytes.GetSpan(7 + keyBytes.Length + DigestLength + SHA256.HashSizeInBytes);
            BinaryPrimitives.WriteUInt32BigEndian(span, code);
            span[4] = (byte)((byte)mode | (commitment is null ? 0 : WithCommitment));
            BinaryPrimitives.WriteUInt16BigEndian(span[5..], checked((ushort)keyBytes.Length));
            keyBytes.CopyTo(span[7..]);
            digest.CopyTo(span[(7 + keyBytes.Length)..]);
            commitment?.CopyTo(span[(7 + keyBytes.Length + DigestLength)..]);
            _bytes.Advance(7 + keyBytes.Length + DigestLength + (commitment?.Length ?? 0));
        }

        public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
    }

    /// <summary>Every value with its kind, and its length where it has one: no two different lists of values have the same bytes.</summary>
    private sealed class Encoder
    {
        private readonly ArrayBufferWriter<byte> _bytes = new(1024);

        public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

        public void Clear() => _bytes.ResetWrittenCount();

        public void Raw(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

        public void Text(string text)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            var span = _bytes.GetSpan(5 + length);
            span[0] = 2;
            BinaryPrimitives.WriteInt32BigEndian(span[1..], length);
            Encoding.UTF8.GetBytes(text, span[5..]);
            _bytes.Advance(5 + length);
        }

        public void Bytes(ReadOnlySpan<byte> bytes, byte tag = 4)
        {
            var span = _bytes.GetSpan(5 + bytes.Length);
            span[0] = tag;
            BinaryPrimitives.WriteInt32BigEndian(span[1..], bytes.Length);
            bytes.CopyTo(span[5..]);
            _bytes.Advance(5 + bytes.Length);
        }

        public void Values(IReadOnlyList<object?> values)
        {
            var count = values.Count;
            while (count > 0 && values[count - 1] is null)
            {
                count--;
            }
            for (var i = 0; i < count; i++)
            {
                Value(values[i]);
            }
        }

        public void Value(object? value)
        {
            switch (value)
            {
                case null:
                    Raw([0]);
                    break;
                case Guid id:
                    var uuid = _bytes.GetSpan(17);
                    uuid[0] = 1;
                    id.TryWriteBytes(uuid[1..], bigEndian: true, out _);
                    _bytes.Advance(17);
                    break;
                case string text:
                    Text(text);
                    break;
                case long number:
                    Number(number);
                    break;
                case int number:
                    Number(number);
                    break;
                case byte[] bytes:
                    Bytes(bytes);
                    break;
                case SealedBytes blob:
                    Bytes(blob.Commitment, tag: 5);
                    break;
                default:
                    throw new ArgumentException($"{value.GetType().Name} has no place in a leaf.");
            }
        }

        private void Number(long number)
        {
            var span = _bytes.GetSpan(9);
            span[0] = 3;
            BinaryPrimitives.WriteInt64BigEndian(span[1..], number);
            _bytes.Advance(9);
        }
    }
}
