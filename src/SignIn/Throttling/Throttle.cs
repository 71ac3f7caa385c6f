using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.SignIn.Throttling;

/// <summary>A budget: so many in so long. The name also goes into the keyed hash.</summary>
internal readonly record struct Budget(string Name, int Limit, Duration Window);

/// <summary>How a budget stands, for the operators: no subject, only how many subjects are over.</summary>
public sealed record BudgetStanding(string Budget, int Subjects, int Over, long Refused);

/// <summary>
/// Counts attempts per budget and subject, in memory and, as bookkeeping, in the database, so that a restart forgives nothing and nodes see each other
/// within seconds. Subjects are kept as keyed hashes. What is typed is counted whether or not it exists, so a refusal tells nothing.
/// </summary>
internal sealed partial class Throttle(BlindIndex blind, Db db, IWriter writer, TimeProvider clock, ILogger<Throttle> log)
{
    private const int MostSubjects = 400_000;
    private static readonly Meter Meter = new("Muqeem.SignIn");
    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>("muqeem.signin.throttled", description: "Attempts refused by a budget.");
    private readonly string _node = Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");
    private readonly ConcurrentDictionary<Subject, Count> _counts = new();
    private readonly ConcurrentDictionary<string, long> _refused = new(StringComparer.Ordinal);
    private long _lastFlush = long.MinValue;

    /// <summary>Counts one more; null when within the budget, or else when the next will be.</summary>
    public Instant? Take(Budget budget, string subject)
    {
        var count = Of(budget, subject);
        var now = clock.Now();
        lock (count)
        {
            count.Roll(SlotOf(now, budget));
            if (count.Weight(now, budget) >= budget.Limit)
            {
                Refuse(budget);
                return count.OpensAt(now, budget);
            }
            count.Add(now);
            return null;
        }
    }

    /// <summary>Counts one more failure and says how many there are in the window.</summary>
    public int Add(Budget budget, string subject)
    {
        var count = Of(budget, subject);
        var now = clock.Now();
        lock (count)
        {
            count.Roll(SlotOf(now, budget));
            count.Add(now);
            return (int)count.Weight(now, budget);
        }
    }

    /// <summary>How many there are in the window, and when the last was.</summary>
    public (int Count, Instant Last) Look(Budget budget, string subject)
    {
        var now = clock.Now();
        // What only other nodes counted, or this one before a restart, counts as well; a look alone is not remembered.
        var key = Key(budget, subject);
        var count = _counts.GetValueOrDefault(key) ?? new Count(key, budget, _others);
        lock (count)
        {
            count.Roll(SlotOf(now, budget));
            return ((int)count.Weight(now, budget), count.Last);
        }
    }

    public void Forget(Budget budget, string subject)
    {
        if (_counts.TryGetValue(Key(budget, subject), out var count))
        {
            lock (count)
            {
                count.Clear();
            }
        }
    }

    /// <summary>Refused without counting: the caller found a delay running.</summary>
    public void Refuse(Budget budget)
    {
        Refusals.Add(1, new KeyValuePair<string, object?>("budget", budget.Name));
        var refused = _refused.AddOrUpdate(budget.Name, 1, static (_, before) => before + 1);
        // 1, 10, 100, …: enough to raise an alarm, too few to fill a disk.
        if (refused == (long)Math.Pow(10, Math.Floor(Math.Log10(refused))))
        {
            Over(log, budget.Name, refused);
        }
    }

    public IReadOnlyList<BudgetStanding> Standing() =>
        [.. _counts.Values.GroupBy(count => count.Budget.Name, StringComparer.Ordinal)
            .Select(all => new BudgetStanding(all.Key, all.Count(), all.Count(one => one.Total >= one.Budget.Limit), _refused.GetValueOrDefault(all.Key)))
            .OrderBy(one => one.Budget, StringComparer.Ordinal)];

    /// <summary>Writes what changed and reads what other nodes counted. Called every few seconds.</summary>
    public async Task FlushAsync(CancellationToken cancel)
    {
        var now = clock.Now();
        var change = new Change(null);
        foreach (var (subject, count) in _counts)
        {
            lock (count)
            {
                if (count.TakeDirty(out var slot, out var mine))
                {
                    change.Rows.Add(SignInTables.Throttle.Put(_node, subject.ToBytes(), slot, mine, count.Last));
                }
                else if (now - count.Last > count.Budget.Window * 2)
                {
                    _counts.TryRemove(subject, out _);
                }
            }
            if (change.Rows.Count == 200)
            {
                await writer.WriteAsync(change, WriteClass.Bulk, cancel);
                change = new Change(null);
            }
        }
        if (change.Rows.Count > 0)
        {
            await writer.WriteAsync(change, WriteClass.Bulk, cancel);
        }
        // Overlaps by a minute: a row of another node may have been written late.
        var since = _lastFlush == long.MinValue ? now - Duration.FromHours(25) : Clock.FromMicros(_lastFlush) - Duration.FromMinutes(1);
        foreach (var row in await db.QueryAsync<OtherRow>(
            "SELECT subject, slot, SUM(count) AS count, MAX(last_at) AS last_at FROM throttle_count WHERE node <> @node AND last_at >= @since GROUP BY subject, slot", new { node = _node, since }, cancel))
        {
            _others[(new Subject(row.Subject), row.Slot)] = (row.Count, row.LastAt);
        }
        foreach (var (key, other) in _others)
        {
            if (now - other.Last > Duration.FromHours(49))
            {
                _others.TryRemove(key, out _);
            }
        }
        _lastFlush = now.ToMicros();
    }

    /// <summary>Removes rows that no budget looks at any more.</summary>
    public async Task SweepAsync(CancellationToken cancel)
    {
        while (true)
        {
            var old = await db.QueryAsync<OldRow>("SELECT node, subject, slot FROM throttle_count WHERE last_at < @before ORDER BY last_at LIMIT 500",
                new { before = clock.Now() - Duration.FromHours(49) }, cancel);
            if (old.Count == 0)
            {
                return;
            }
            var change = new Change(null);
            change.Rows.AddRange(old.Select(row => SignInTables.Throttle.Delete(row.Node, row.Subject, row.Slot)));
            if (await writer.WriteAsync(change, WriteClass.Bulk, cancel) is not WriteOutcome.Done)
            {
                return;
            }
        }
    }

    private readonly ConcurrentDictionary<(Subject, long), (int Count, Instant Last)> _others = new();

    private Count Of(Budget budget, string subject)
    {
        var key = Key(budget, subject);
        if (_counts.TryGetValue(key, out var count))
        {
            return count;
        }
        if (_counts.Count >= MostSubjects)
        {
            // Somebody has more addresses than we have room: they share one count from here on.
            key = Key(budget, "everybody else");
        }
        return _counts.GetOrAdd(key, static (k, state) => new Count(k, state.budget, state.me._others), (budget, me: this));
    }

    private Subject Key(Budget budget, string subject) => new(blind.Of("throttle." + budget.Name, subject));

    private static long SlotOf(Instant now, Budget budget) => now.ToUnixTimeTicks() / budget.Window.BclCompatibleTicks;

    [LoggerMessage(2, LogLevel.Warning, "The budget {Budget} has refused {Refused} attempts. If this is no exercise, somebody is trying numbers or passwords.")]
    private static partial void Over(ILogger log, string budget, long refused);

    private sealed record OtherRow(byte[] Subject, long Slot, int Count, Instant LastAt);

    private sealed record OldRow(string Node, byte[] Subject, long Slot);

    private readonly record struct Subject(UInt128 Value)
    {
        public Subject(byte[] hash) : this(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash)) { }

        public byte[] ToBytes()
        {
            var bytes = new byte[16];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
            return bytes;
        }
    }

    /// <summary>Two slots, the running and the one before, weighed by how much of the window they cover. Guarded by its own lock.</summary>
    private sealed class Count(Subject subject, Budget budget, ConcurrentDictionary<(Subject, long), (int Count, Instant Last)> others)
    {
        private long _slot = long.MinValue;
        private int _mine;
        private int _before;
        private bool _dirty;
        private Instant _last = Instant.MinValue;

        public Budget Budget => budget;
        public int Total => _mine;

        public Instant Last
        {
            get
            {
                var last = _last;
                foreach (var slot in new[] { _slot, _slot - 1 })
                {
                    if (others.TryGetValue((subject, slot), out var other) && other.Last > last)
                    {
                        last = other.Last;
                    }
                }
                return last;
            }
        }

        public void Roll(long slot)
        {
            if (slot == _slot)
            {
                return;
            }
            _before = slot == _slot + 1 ? _mine : 0;
            _mine = 0;
            _slot = slot;
        }

        public void Add(Instant now)
        {
            _mine++;
            _last = now;
            _dirty = true;
        }

        public void Clear()
        {
            _mine = 0;
            _before = 0;
            _dirty = true;
        }

        public double Weight(Instant now, Budget current)
        {
            var passed = (double)(now.ToUnixTimeTicks() % current.Window.BclCompatibleTicks) / current.Window.BclCompatibleTicks;
            return _mine + Others(_slot) + ((_before + Others(_slot - 1)) * (1 - passed));
        }

        public Instant OpensAt(Instant now, Budget current)
        {
            // The running slot is full: the next begins with its weight and loses it evenly.
            var window = current.Window;
            var ends = Instant.FromUnixTimeTicks((_slot + 1) * window.BclCompatibleTicks);
            var here = _mine + Others(_slot);
            if (here >= current.Limit)
            {
                return ends + (window * Math.Min(1, 1 - ((current.Limit - 0.999) / here)));
            }
            var before = _before + Others(_slot - 1);
            return Instant.Max(now, ends - (window * ((current.Limit - 0.999 - here) / before)));
        }

        public bool TakeDirty(out long slot, out int mine)
        {
            (slot, mine) = (_slot, _mine);
            var dirty = _dirty;
            _dirty = false;
            return dirty;
        }

        private int Others(long slot) => others.TryGetValue((subject, slot), out var other) ? other.Count : 0;
    }
}
