using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Background;

/// <summary>A row whose time has come.</summary>
/// <param name="Key">The row: a case's deadline, a bill, a term.</param>
public sealed record DueRow(Guid Key, Instant Due);

/// <summary>
/// What happens by date. Rows are taken in the order of their due times, each becomes one act whose operation id is computed from (work, row, due): it
/// happens once however often it is tried. One process at a time does a work (a lease); a row that fails does not hold up the others.
/// </summary>
public sealed partial class DueWork(IWriter writer, Leases leases, TimeProvider clock, ILogger<DueWork> log)
{
    private const int Page = 100;
    private static readonly Duration LeaseLength = Duration.FromSeconds(30);

    private static readonly Duration PlayLease = Duration.FromSeconds(60);

    private readonly ConcurrentDictionary<string, Func<CancellationToken, Task<int>>> _plays = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Work> _works = new(StringComparer.Ordinal);

    /// <summary>Registers a work.</summary>
    /// <param name="find">Rows due at or before the instant, ordered by (due, key), at most so many, after the given row (null: from the first).</param>
    /// <param name="act">
    /// Makes the act for a row, with this operation id and <c>Actor.System(name)</c>; the act must move or end the row's due time. Null: nothing is to be done
    /// any more (the row has changed since).
    /// </param>
    public void Add(string name, Func<Instant, DueRow?, int, CancellationToken, Task<IReadOnlyList<DueRow>>> find, Func<DueRow, Guid, CancellationToken, Task<Change?>> act)
    {
        if (!_works.TryAdd(name, new Work(name, find, act)))
        {
            throw new InvalidOperationException($"There is due work {name} already.");
        }
    }

    /// <summary>
    /// Registers a work that finds and does its own due rows. It is called each round, in one process at a time; costs one small write in half a minute while idle.
    /// </summary>
    /// <param name="play">Does some and returns how many; called again at once until it returns 0.</param>
    public void Add(string name, Func<CancellationToken, Task<int>> play)
    {
        if (!_plays.TryAdd(name, play))
        {
            throw new InvalidOperationException($"There is due work {name} already.");
        }
    }

    /// <summary>Does everything that is due. Returns how many acts were done.</summary>
    public async Task<int> RunDueAsync(CancellationToken cancel = default)
    {
        var done = await Task.WhenAll([.. _works.Values.Select(w => RunAsync(w, cancel)), .. _plays.Select(p => PlayAsync(p.Key, p.Value, cancel))]);
        return done.Sum();
    }

    private async Task<int> PlayAsync(string name, Func<CancellationToken, Task<int>> play, CancellationToken cancel)
    {
        var done = 0;
        try
        {
            while (await leases.TakeAsync("due:" + name, PlayLease, cancel) is not null)
            {
                var some = await ReadDoor.RunAsync(() => play(cancel));
                if (some == 0)
                {
                    return done;
                }
                done += some;
            }
        }
        catch (Exception e) when (e is AccessNotRecordedException or NotWrittenException or KeyUnavailableException or DatabaseBusyException or DbException)
        {
            // The database or the token of keys is away; the next round tries again.
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            Failed(log, name, Guid.Empty, bug.GetType().Name, bug.StackTrace);
        }
        return done;
    }

    private async Task<int> RunAsync(Work work, CancellationToken cancel)
    {
        var done = 0;
        DueRow? last = null;
        try
        {
            // A look before the lease: most of the time nothing is due, and looking costs no write.
            while (true)
            {
                var now = clock.Now();
                var rows = await work.Find(now, last, Page, cancel);
                if (rows.Count == 0 || await leases.TakeAsync("due:" + work.Name, LeaseLength, cancel) is null)
                {
                    return done;
                }
                foreach (var row in rows)
                {
                    last = row;
                    if (work.Later.TryGetValue(row, out var later) && later.Until > now)
                    {
                        continue;
                    }
                    switch (await DoAsync(work, row, cancel))
                    {
                        case Step.Done:
                            done++;
                            work.Later.TryRemove(row, out _);
                            break;
                        case Step.Skipped:
                            break;
                        case Step.Stop:
                            return done;
                    }
                }
            }
        }
        catch (DbException)
        {
            return done; // the database is away; the next round finds the rows again
        }
    }

    private enum Step
    {
        Done,
        Skipped,
        Stop,
    }

    private async Task<Step> DoAsync(Work work, DueRow row, CancellationToken cancel)
    {
        try
        {
            var (step, code) = await ReadDoor.RunAsync(async () =>
            {
                var change = await work.Act(row, Names.OperationOf(work.Name, row.Key, row.Due), cancel);
                if (change is null)
                {
                    return (Step.Skipped, null);
                }
                return await writer.WriteAsync(change, WriteClass.Bulk, cancel) switch
                {
                    WriteOutcome.Done => (Step.Done, null),
                    WriteOutcome.Busy or WriteOutcome.InDoubt => (Step.Stop, null),
                    // Somebody changed the row at the same moment: it is found again if it is still due.
                    WriteOutcome.Conflict => (Step.Skipped, null),
                    WriteOutcome.Replayed => (Step.Skipped, "replayed: the act does not move the due time"),
                    var outcome => (Step.Skipped, (string?)outcome.GetType().Name),
                };
            });
            if (code is not null)
            {
                Postpone(work, row);
                Refused(log, work.Name, row.Key, code);
            }
            return step;
        }
        catch (Exception e) when (e is AccessNotRecordedException or NotWrittenException or KeyUnavailableException or DatabaseBusyException or DbException)
        {
            return Step.Stop;
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            Postpone(work, row);
            Failed(log, work.Name, row.Key, bug.GetType().Name, bug.StackTrace);
            return Step.Skipped;
        }
    }

    /// <summary>A row that fails is tried less and less often; kept in memory only, so a restart tries it at once.</summary>
    private void Postpone(Work work, DueRow row)
    {
        var times = work.Later.TryGetValue(row, out var later) ? later.Times + 1 : 1;
        work.Later[row] = (clock.Now() + Duration.FromSeconds(Math.Min(5 * Math.Pow(2, Math.Min(times, 12)), 3600)), times);
    }

    private sealed record Work(string Name, Func<Instant, DueRow?, int, CancellationToken, Task<IReadOnlyList<DueRow>>> Find, Func<DueRow, Guid, CancellationToken, Task<Change?>> Act)
    {
        public ConcurrentDictionary<DueRow, (Instant Until, int Times)> Later { get; } = new();
    }

    [LoggerMessage(33, LogLevel.Error, "Due work {Name} failed for {Row}: {Kind} {Stack}")]
    private static partial void Failed(ILogger logger, string name, Guid row, string kind, string? stack);

    [LoggerMessage(34, LogLevel.Error, "The act of due work {Name} for {Row} was refused: {Outcome}. It is tried again later.")]
    private static partial void Refused(ILogger logger, string name, Guid row, string outcome);
}
