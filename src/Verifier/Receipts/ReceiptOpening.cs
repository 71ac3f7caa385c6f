using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Muqeem.Verifier.Receipts;

/// <summary>Stands in a row for a value that is sealed: SHA-256 over its salt and plaintext.</summary>
internal sealed record SealedCommitment(byte[] Hash);

/// <summary>One thing that an act wrote.</summary>
/// <param name="Table">The first four bytes of SHA-256 of the table's name.</param>
/// <param name="Mode">3 is a head at its next version.</param>
/// <param name="Digest">16 bytes of SHA-256 over the act's salt and the row.</param>
internal sealed record ManifestEntry(uint Table, byte Mode, byte[] Key, byte[] Digest)
{
    public const byte Head = 3;
}

/// <param name="Columns">In their order; empty ones at the end are left out.</param>
internal sealed record OpenedRow(string Table, object?[] Columns, byte[] Key)
{
    public object? this[int column] => column < Columns.Length ? Columns[column] : null;
}

/// <summary>
/// What a receipt gives away of the journal's entry, so that anybody can compute it: SHA-256(0x00 ‖ salt ‖ text "muqeem-act-2" ‖ the act's columns ‖ manifest), and of the
/// rows that the decision rests on their columns, whose digests the manifest holds. Every value has its kind before it: 0 nothing, 1 id, 2 text, 3 number, 4 bytes, 5 the
/// commitment of a sealed value.
/// </summary>
/// <param name="Entry">The journal's entry, 32 bytes.</param>
/// <param name="Act">The columns of the act's row.</param>
/// <param name="Rows">Each the table's name and the row's columns.</param>
/// <param name="Letter">Salt and JSON of the letter; null when there is none.</param>
internal sealed record ReceiptOpening(byte[] Entry, byte[] Salt, byte[] Act, byte[] Manifest, IReadOnlyList<byte[]> Rows, byte[]? Letter)
{
    private const int SaltLength = 16;
    private const int DigestLength = 16;
    private const byte WithCommitment = 0x80;

    /// <summary>The act and the rows, found to be those of the entry.</summary>
    public Checked<OpenedAct> Open()
    {
        if (Entry.Length != SHA256.HashSizeInBytes || Salt.Length != SaltLength || Columns(Act) is not { } act || ReadManifest() is not { } entries)
        {
            return Reason.ReceiptOpeningMalformed;
        }
        if (!Hash().AsSpan().SequenceEqual(Entry))
        {
            return Reason.ReceiptEntryWrong;
        }
        var rows = new List<OpenedRow>(Rows.Count);
        var taken = new HashSet<ManifestEntry>(ReferenceEqualityComparer.Instance);
        foreach (var bytes in Rows)
        {
            if (Columns(bytes) is not [string table, ..] values)
            {
                return Reason.ReceiptOpeningMalformed;
            }
            var digest = SHA256.HashData([.. Salt, .. bytes]).AsSpan(0, DigestLength);
            var code = TableCode(table);
            ManifestEntry? found = null;
            foreach (var entry in entries)
            {
                if (entry.Table == code && entry.Digest.AsSpan().SequenceEqual(digest) && taken.Add(entry))
                {
                    found = entry;
                    break;
                }
            }
            if (found is null)
            {
                return Reason.ReceiptRowForeign;
            }
            rows.Add(new OpenedRow(table, values[1..], found.Key));
        }
        return new OpenedAct(act, rows, entries);
    }

    public static uint TableCode(string table) => BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(table)));

    private byte[] Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[5];
        hash.AppendData([0]);
        hash.AppendData(Salt);
        length[0] = 2;
        BinaryPrimitives.WriteInt32BigEndian(length[1..], "muqeem-act-2"u8.Length);
        hash.AppendData(length);
        hash.AppendData("muqeem-act-2"u8);
        hash.AppendData(Act);
        length[0] = 4;
        BinaryPrimitives.WriteInt32BigEndian(length[1..], Manifest.Length);
        hash.AppendData(length);
        hash.AppendData(Manifest);
        return hash.GetHashAndReset();
    }

    private List<ManifestEntry>? ReadManifest()
    {
        var entries = new List<ManifestEntry>();
        var rest = Manifest.AsSpan();
        while (rest.Length > 0)
        {
            if (rest.Length < 7)
            {
                return null;
            }
            var key = BinaryPrimitives.ReadUInt16BigEndian(rest[5..]);
            var length = 7 + key + DigestLength + ((rest[4] & WithCommitment) != 0 ? SHA256.HashSizeInBytes : 0);
            if (rest.Length < length)
            {
                return null;
            }
            entries.Add(new(BinaryPrimitives.ReadUInt32BigEndian(rest), (byte)(rest[4] & ~WithCommitment), rest.Slice(7, key).ToArray(), rest.Slice(7 + key, DigestLength).ToArray()));
            rest = rest[length..];
        }
        return entries;
    }

    /// <summary>The values of a row; null when they are none. An empty one at the end has no place there.</summary>
    internal static object?[]? Columns(ReadOnlySpan<byte> bytes)
    {
        var values = new List<object?>();
        while (bytes.Length > 0)
        {
            var length = bytes[0] switch
            {
                0 => 1L,
                1 => 17,
                3 => 9,
                2 or 4 or 5 when bytes.Length >= 5 => 5L + BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]),
                _ => long.MaxValue,
            };
            if (length > bytes.Length)
            {
                return null;
            }
            var content = length > 5 ? bytes[5..(int)length] : [];
            if ((bytes[0] == 2 && !Utf8.IsValid(content)) || (bytes[0] == 5 && content.Length != SHA256.HashSizeInBytes))
            {
                return null;
            }
            values.Add(bytes[0] switch
            {
                1 => new Guid(bytes[1..17], bigEndian: true),
                2 => Encoding.UTF8.GetString(content),
                3 => BinaryPrimitives.ReadInt64BigEndian(bytes[1..]),
                4 => content.ToArray(),
                5 => new SealedCommitment(content.ToArray()),
                _ => null,
            });
            bytes = bytes[(int)length..];
        }
        return values is [.., null] ? null : [.. values];
    }
}

/// <summary>An act with the rows that were opened of it.</summary>
/// <param name="Act">The act's columns.</param>
internal sealed record OpenedAct(object?[] Act, IReadOnlyList<OpenedRow> Rows, IReadOnlyList<ManifestEntry> Entries)
{
    public object? Column(int column) => column < Act.Length ? Act[column] : null;

    public IReadOnlyList<OpenedRow> Of(string table) => [.. Rows.Where(r => r.Table == table)];

    /// <summary>How many rows of the table the act wrote.</summary>
    public int Wrote(string table)
    {
        var code = ReceiptOpening.TableCode(table);
        return Entries.Count(e => e.Table == code);
    }

    /// <summary>Ids of the rows of a head's table that the act made, in no order.</summary>
    public IReadOnlyList<Guid> Made(string table)
    {
        var code = ReceiptOpening.TableCode(table);
        return [.. Entries.Where(e => e.Table == code && e.Mode == ManifestEntry.Head).Select(e => ReceiptOpening.Columns(e.Key)).OfType<object?[]>().Where(k => k is [Guid, 1L]).Select(k => (Guid)k[0]!)];
    }
}
