using System.Collections.Concurrent;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Background;

/// <summary>A lease that this process holds. <see cref="Fence"/> grows with every holder: what a former holder still sends can be told by it.</summary>
public sealed record HeldLease(string Name, long Fence, Instant Until);

/// <summary>Who does what only one process may do at a time. A lease ends by itself when its holder dies.</summary>
public sealed class Leases(Db db, IWriter writer, TimeProvider clock)
{
    /// <summary>This process, until it ends.</summary>
    public string Holder { get; } = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.CreateVersion7(clock.GetUtcNow()):N}";

    private readonly ConcurrentDictionary<string, HeldLease> _held = new(StringComparer.Ordinal);

    /// <summary>Takes or prolongs the lease; null when another process has it, or the database is away.</summary>
    public async Task<HeldLease?> TakeAsync(string name, Duration length, CancellationToken cancel = default)
    {
        var id = Names.IdOf(name);
        var now = clock.Now();
        // Nobody takes it before it ends: while half of it is still to come nothing is to be asked, and it is not worth a write.
        if (_held.TryGetValue(name, out var held) && held.Until - now > length / 2)
        {
            return held;
        }
        var row = await db.FirstAsync<Stored>("SELECT version, holder, until_at FROM lease WHERE id = @id", new { id }, cancel);
        if (row is not null && row.Holder != Holder && row.UntilAt > now)
        {
            return null;
        }
        var change = new Change(act: null) { Heads = { PlatformTables.Lease.Head(id, row?.Version ?? 0, name, Holder, now + length) } };
        return await writer.WriteAsync(change, cancel: cancel) is WriteOutcome.Done
            ? _held[name] = new HeldLease(name, (row?.Version ?? 0) + 1, now + length)
            : null;
    }

    /// <summary>Gives the lease back, so that another process need not wait for its end.</summary>
    public async Task ReleaseAsync(HeldLease lease)
    {
        _held.TryRemove(lease.Name, out _);
        var id = Names.IdOf(lease.Name);
        var row = await db.FirstAsync<Stored>("SELECT version, holder, until_at FROM lease WHERE id = @id", new { id });
        if (row is not null && row.Holder == Holder)
        {
            await writer.WriteAsync(new Change(act: null) { Heads = { PlatformTables.Lease.Head(id, row.Version, lease.Name, Holder, Clock.FromMicros(0)) } });
        }
    }

    private sealed record Stored(long Version, string Holder, Instant UntilAt);
}
