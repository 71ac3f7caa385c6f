using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Database;

/// <summary>Serial numbers from 1 upwards, per name. Blocks are reserved durably and handed out from memory: no number twice, and up to a block is skipped by a restart.</summary>
public sealed class Serials(Db db, IWriter writer)
{
    public const int BlockSize = 256;

    private readonly ConcurrentDictionary<string, Block> _blocks = new(StringComparer.Ordinal);

    /// <summary>The next number of a series.</summary>
    /// <exception cref="DatabaseBusyException">No block could be reserved now.</exception>
    public async ValueTask<long> NextAsync(string name, CancellationToken cancel = default)
    {
        var block = _blocks.GetOrAdd(name, static _ => new());
        await block.Gate.WaitAsync(cancel);
        try
        {
            if (block.Next == block.End)
            {
                block.Next = await ReserveAsync(name, cancel);
                block.End = block.Next + BlockSize;
            }
            return block.Next++;
        }
        finally
        {
            block.Gate.Release();
        }
    }

    private async Task<long> ReserveAsync(string name, CancellationToken cancel)
    {
        var id = IdOf(name);
        while (true)
        {
            var row = await db.FirstAsync<Stored>("SELECT version, next_value FROM serial WHERE id = @id", new { id }, cancel);
            var first = row?.NextValue ?? 1;
            var change = new Change(null);
            change.Heads.Add(PlatformTables.Serial.Head(id, row?.Version ?? 0, name, first + BlockSize));
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done:
                    return first;
                case WriteOutcome.Conflict:
                    // Another node took this block.
                    continue;
                default:
                    // In doubt too: a block that may be ours or not is left alone.
                    throw new DatabaseBusyException();
            }
        }
    }

    private static Guid IdOf(string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16), bigEndian: true);

    private sealed record Stored(long Version, long NextValue);

    private sealed class Block
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);
        public long Next { get; set; }
        public long End { get; set; }
    }
}

/// <summary>The database cannot take this now; the request can be sent again.</summary>
public sealed class DatabaseBusyException() : Exception("The database cannot take this now.");
