using System.Buffers.Binary;
using System.Security.Cryptography;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Journal;

/// <summary>What an act says that it wrote, as the verification holds it.</summary>
/// <param name="Number">A head's version, or what was added to a balance.</param>
/// <param name="Heads">The heads that the act moved, by hash, with the versions they got: they tell which of two acts was later.</param>
internal sealed record Promise(uint Table, Leaf.Mode Mode, byte[] Key, byte[] Digest, byte[] Salt, Guid Act, long Number, (ulong Head, long Version)[] Heads, byte[]? Commitment);

/// <summary>A row as it is stored.</summary>
/// <param name="Act">The act that it names, where it names one beside its digest.</param>
/// <param name="Number">A head's version, or a balance.</param>
/// <param name="Bytes">See <see cref="Leaf.RowBytes"/>; empty when it cannot be told and was reported.</param>
internal sealed record Kept(uint Table, byte[] Key, Guid? Act, long Number, byte[] Bytes);

/// <summary>
/// Promises and rows, brought together by the hash of table and key, so that each part fits in memory: in memory when there is one part, else in files of the
/// scratch folder that vanish with the process.
/// </summary>
internal sealed class VerificationSpill : IDisposable
{
    private const byte IsPromise = 1;
    private const byte IsKept = 2;

    private readonly Stream[] _parts;

    /// <param name="folder">Where the parts are kept when there are several.</param>
    public VerificationSpill(int parts, DataFolder folder)
    {
        _parts = new Stream[parts];
        for (var i = 0; i < parts; i++)
        {
            // Made by its owner only; it holds what the rows hold outside of their seals.
            _parts[i] = parts == 1
                ? new MemoryStream()
                : new FileStream(Path.Combine(folder.Scratch, $"verify-{Path.GetRandomFileName()}"), new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.ReadWrite,
                    Options = FileOptions.DeleteOnClose | FileOptions.SequentialScan,
                    BufferSize = 64 * 1024,
                    UnixCreateMode = DurableFile.OwnerOnly,
                });
        }
    }

    public int Parts => _parts.Length;

    public void Add(Promise promise)
    {
        using var to = Begin(promise.Table, promise.Key, IsPromise);
        to.Write((byte)promise.Mode);
        to.Write(promise.Digest);
        to.Write(promise.Salt.Length);
        to.Write(promise.Salt);
        to.Write(promise.Act.ToByteArray());
        to.Write(promise.Number);
        to.Write(promise.Commitment is not null);
        to.Write(promise.Commitment ?? []);
        to.Write(promise.Heads.Length);
        foreach (var (head, version) in promise.Heads)
        {
            to.Write(head);
            to.Write(version);
        }
    }

    public void Add(Kept row)
    {
        using var to = Begin(row.Table, row.Key, IsKept);
        to.Write((row.Act ?? Guid.Empty).ToByteArray());
        to.Write(row.Number);
        to.Write(row.Bytes.Length);
        to.Write(row.Bytes);
    }

    private BinaryWriter Begin(uint table, byte[] key, byte kind)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(key, hash);
        var part = _parts.Length == 1 ? 0 : (int)((BinaryPrimitives.ReadUInt32BigEndian(hash) ^ table) % (uint)_parts.Length);
        var to = new BinaryWriter(_parts[part], System.Text.Encoding.UTF8, leaveOpen: true);
        to.Write(kind);
        to.Write(table);
        to.Write(key.Length);
        to.Write(key);
        return to;
    }

    /// <summary>Everything of one part, by table and key.</summary>
    public IEnumerable<(uint Table, byte[] Key, List<Promise> Promises, List<Kept> Rows)> Read(int part)
    {
        var found = new Dictionary<(uint, byte[]), (List<Promise> Promises, List<Kept> Rows)>(SameKey.Instance);
        var stream = _parts[part];
        stream.Position = 0;
        using var from = new BinaryReader(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        while (stream.Position < stream.Length)
        {
            var kind = from.ReadByte();
            var table = from.ReadUInt32();
            var key = from.ReadBytes(from.ReadInt32());
            if (!found.TryGetValue((table, key), out var group))
            {
                group = ([], []);
                found.Add((table, key), group);
            }
            if (kind == IsPromise)
            {
                var mode = (Leaf.Mode)from.ReadByte();
                var digest = from.ReadBytes(Leaf.DigestLength);
                var salt = from.ReadBytes(from.ReadInt32());
                var act = new Guid(from.ReadBytes(16));
                var number = from.ReadInt64();
                var commitment = from.ReadBoolean() ? from.ReadBytes(32) : null;
                var heads = new (ulong, long)[from.ReadInt32()];
                for (var i = 0; i < heads.Length; i++)
                {
                    heads[i] = (from.ReadUInt64(), from.ReadInt64());
                }
                group.Promises.Add(new(table, mode, key, digest, salt, act, number, heads, commitment));
            }
            else
            {
                var act = new Guid(from.ReadBytes(16));
                var number = from.ReadInt64();
                group.Rows.Add(new(table, key, act == Guid.Empty ? null : act, number, from.ReadBytes(from.ReadInt32())));
            }
        }
        return found.Select(g => (g.Key.Item1, g.Key.Item2, g.Value.Promises, g.Value.Rows));
    }

    public void Dispose()
    {
        foreach (var part in _parts)
        {
            part.Dispose();
        }
    }

    private sealed class SameKey : IEqualityComparer<(uint Table, byte[] Key)>
    {
        public static readonly SameKey Instance = new();

        public bool Equals((uint Table, byte[] Key) x, (uint Table, byte[] Key) y) => x.Table == y.Table && x.Key.AsSpan().SequenceEqual(y.Key);

        public int GetHashCode((uint Table, byte[] Key) obj)
        {
            var hash = new HashCode();
            hash.Add(obj.Table);
            hash.AddBytes(obj.Key);
            return hash.ToHashCode();
        }
    }
}
