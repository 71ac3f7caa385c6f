using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Verifiers;

/// <summary>How much a verifier may still ask.</summary>
/// <param name="MinuteLeft">Now; it fills again by the second.</param>
/// <param name="RetryAfter">Null when it was allowed.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Quota(int PerMinute, int MinuteLeft, int PerDay, long DayLeft, Duration? RetryAfter, bool IsOfDay);

/// <summary>
/// Counts what verifiers ask: by the minute in a bucket of this node, by the day over all nodes. What was asked is written down every second, so a node that dies forgets a second's worth, and
/// nodes that count at once are ahead of each other by as much.
/// </summary>
public sealed class VerifierBudgets(Db db, IWriter writer, TimeProvider clock)
{
    private readonly Guid _node = Guid.CreateVersion7(clock.GetUtcNow());
    private readonly ConcurrentDictionary<Guid, Meter> _meters = new();

    /// <summary>Takes a number of questions at once, all or none.</summary>
    public Quota Take(RegisteredVerifier verifier, int count) => _meters.GetOrAdd(verifier.Id, static _ => new Meter()).Take(verifier, count, clock.Now());

    /// <summary>Writes down what was asked here, and reads what was asked elsewhere.</summary>
    internal async Task SettleAsync(CancellationToken cancel = default)
    {
        var today = clock.Today();
        var change = new Change(null);
        var told = new List<(Meter Meter, LocalDate Day, long Count)>();
        foreach (var (id, meter) in _meters)
        {
            if (meter.Untold() is { } use)
            {
                change.Rows.Add(CredentialsTables.VerifierUse.Put(id, use.Day, _node, use.Count));
                told.Add((meter, use.Day, use.Count));
            }
        }
        if (told.Count > 0)
        {
            if (await writer.WriteAsync(change, WriteClass.Bulk, cancel) is not WriteOutcome.Done)
            {
                return;
            }
            foreach (var (meter, day, count) in told)
            {
                meter.Told(day, count);
            }
        }
        foreach (var row in await db.QueryAsync<Row>("SELECT verifier_id, CAST(sum(asked) AS bigint) AS asked FROM verifier_use WHERE day = @today AND node <> @node GROUP BY verifier_id", new { today, node = _node }, cancel))
        {
            _meters.GetOrAdd(row.VerifierId, static _ => new Meter()).Elsewhere(today, row.Asked);
        }
    }

    private sealed record Row(Guid VerifierId, long Asked);

    private sealed class Meter
    {
        private readonly Lock _lock = new();
        private double _left = double.MaxValue;
        private Instant _at;
        private LocalDate _day;
        private long _here, _elsewhere, _told;

        public Quota Take(RegisteredVerifier verifier, int count, Instant now)
        {
            lock (_lock)
            {
                var perSecond = verifier.PerMinute / 60.0;
                if (now > _at)
                {
                    _left = _left == double.MaxValue ? verifier.PerMinute : Math.Min(verifier.PerMinute, _left + ((now - _at).TotalSeconds * perSecond));
                    _at = now;
                }
                On(now.DayInRiyadh());
                var day = verifier.PerDay - _here - _elsewhere;
                if (count > day)
                {
                    return new(verifier.PerMinute, (int)_left, verifier.PerDay, Math.Max(0, day), _day.EndInRiyadh() - now, true);
                }
                if (count > _left)
                {
                    return new(verifier.PerMinute, (int)_left, verifier.PerDay, day, Duration.FromSeconds((count - _left) / perSecond), false);
                }
                _left -= count;
                _here += count;
                return new(verifier.PerMinute, (int)_left, verifier.PerDay, day - count, null, false);
            }
        }

        public (LocalDate Day, long Count)? Untold()
        {
            lock (_lock)
            {
                return _here > _told ? (_day, _here) : null;
            }
        }

        public void Told(LocalDate day, long count)
        {
            lock (_lock)
            {
                _told = _day == day ? count : _told;
            }
        }

        public void Elsewhere(LocalDate day, long count)
        {
            lock (_lock)
            {
                if (day >= _day)
                {
                    On(day);
                    _elsewhere = count;
                }
            }
        }

        private void On(LocalDate day)
        {
            if (_day != day)
            {
                (_day, _here, _elsewhere, _told) = (day, 0, 0, 0);
            }
        }
    }
}
