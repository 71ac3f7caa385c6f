using System.Diagnostics;
using System.Numerics;
using System.Security.Cryptography;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Status;
using Muqeem.Platform.Journal;
using Muqeem.Verifier.Status;

namespace Muqeem.Bench;

/// <summary>Status lists packed anew, and leaves appended to the journal's tree.</summary>
internal static class Structures
{
    public const int Entries = 15_000_000;
    public const int Leaves = 1 << 20;

    /// <summary>As full as a list becomes before the next is begun.</summary>
    private const int ListLength = StatusEntries.FullSize / 5 * 3;

    private static readonly Lazy<byte[]> States = new(MakeStates);
    private static readonly Lazy<byte[]> LeafEntries = new(() => [.. Enumerable.Range(0, Leaves).SelectMany(i => SHA256.HashData(BitConverter.GetBytes(i)))]);

    /// <summary>
    /// All lists that fifteen million credentials need, from the state of each: entries set, packed, compressed. In seconds of processor. Every list is unpacked again by the verifiers' code and compared.
    /// </summary>
    public static (double CpuSeconds, double Seconds, long Bytes) Rebuild()
    {
        var states = States.Value;
        var lists = (Entries + ListLength - 1) / ListLength;
        var packed = new byte[lists][];
        var (cpu, from) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        for (var l = 0; l < lists; l++)
        {
            var list = new StatusEntries(StatusEntries.FullSize);
            var part = states.AsSpan(l * ListLength, Math.Min(ListLength, Entries - (l * ListLength)));
            for (var i = 0; i < part.Length; i++)
            {
                list[Place(i)] = (CredentialStatus)part[i];
            }
            packed[l] = StatusListForm.Packed(list.Bytes);
        }
        var (cpuSeconds, seconds) = ((Environment.CpuUsage.TotalTime - cpu).TotalSeconds, Stopwatch.GetElapsedTime(from).TotalSeconds);
        for (var l = 0; l < lists; l++)
        {
            if (!StatusList.Inflate(packed[l], StatusEntries.FullSize).TryGet(out var bytes, out _) || bytes.Length != StatusEntries.FullSize / 4)
            {
                throw new WrongAnswerException("status.rebuild: a list cannot be unpacked.");
            }
            var count = Math.Min(ListLength, Entries - (l * ListLength));
            for (var i = 0; i < count; i++)
            {
                var place = Place(i);
                if (((bytes[place >> 2] >> ((place & 3) * 2)) & 3) != states[(l * ListLength) + i])
                {
                    throw new WrongAnswerException("status.rebuild: an entry says something else.");
                }
            }
        }
        return (cpuSeconds, seconds, packed.Sum(p => (long)p.Length));
    }

    /// <summary>Leaves appended to an empty tree. Its root is computed once as the standard defines it.</summary>
    public static Slice Append()
    {
        var tree = new Tree();
        var (cpu, from) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        tree.Append(LeafEntries.Value);
        var root = tree.Root();
        var slice = new Slice(Leaves / Stopwatch.GetElapsedTime(from).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / Leaves);
        if (!root.AsSpan().SequenceEqual(Root.Value))
        {
            throw new WrongAnswerException("journal.tree: the root is not that of RFC 6962.");
        }
        return slice;
    }

    private static readonly Lazy<byte[]> Root = new(() => HashOf(LeafEntries.Value));

    /// <summary>MTH of RFC 6962, 2.1.</summary>
    private static byte[] HashOf(ReadOnlySpan<byte> entries)
    {
        var count = entries.Length / SHA256.HashSizeInBytes;
        if (count == 1)
        {
            return SHA256.HashData([0, .. entries]);
        }
        var left = (1 << BitOperations.Log2((uint)count - 1)) * SHA256.HashSizeInBytes;
        return SHA256.HashData([1, .. HashOf(entries[..left]), .. HashOf(entries[left..])]);
    }

    /// <summary>Places are given at random: an odd factor visits each once, far from the one before.</summary>
    private static int Place(int i) => (int)((uint)i * 0x9E3779B1 % StatusEntries.FullSize);

    /// <summary>Of a hundred credentials two are taken back, and of a thousand two are suspended and one is frozen.</summary>
    private static byte[] MakeStates()
    {
        var dice = new byte[2 * Entries];
        RandomNumberGenerator.Fill(dice);
        var states = new byte[Entries];
        for (var i = 0; i < Entries; i++)
        {
            states[i] = (((dice[2 * i] << 8) | dice[(2 * i) + 1]) % 1000) switch { < 20 => 1, < 22 => 2, < 23 => 3, _ => 0 };
        }
        return states;
    }
}
