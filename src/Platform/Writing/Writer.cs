using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Platform.Database;

namespace Muqeem.Platform.Writing;

/// <summary>
/// The one way to write: takes all changes that wait, writes them as one group in one transaction, commits once, and only then answers each caller.
/// A commit whose answer was lost is asked for before anything else is written.
/// </summary>
public sealed partial class Writer : IWriter, IAsyncDisposable
{
    // The time that callers and the database spend is real, whatever day the domain's clock shows.
    private static readonly TimeProvider Real = TimeProvider.System;
    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(1);

    /// <summary>From so many changes in a group on, more are waited for.</summary>
    private const int FewTogether = 4;
    private static readonly TimeSpan LongestGathering = TimeSpan.FromMilliseconds(4);

    private readonly IGroupStore _store;
    private readonly DatabaseOptions _options;
    private readonly ILogger _log;
    private readonly GroupQueue _queue;
    private readonly Recollection _recollection;
    private readonly CancellationTokenSource _abort = new();
    private readonly Task _loop;
    private int _failuresInARow;
    private volatile bool _away;
    private int _disposed;

    internal IGroupStore Store => _store;

    /// <summary>Raised on the writer's own loop after a group with messages has committed; whoever listens only takes note.</summary>
    public event EventHandler? MessagesCommitted;

    /// <summary>Raised likewise after a group with leaves for the journal.</summary>
    public event EventHandler? LeavesCommitted;

    /// <summary>How long the store goes untended at most: what hangs on the session is known to hold for four times as long.</summary>
    internal static readonly TimeSpan TendEvery = TimeSpan.FromMilliseconds(500);

    internal Writer(IGroupStore store, DatabaseOptions options, Recollection recollection, ILogger log)
    {
        _store = store;
        _recollection = recollection;
        _options = options;
        _log = log;
        _queue = new(options);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>A writer for a database; it works from now on until it is stopped. One per process and database.</summary>
    public static Writer Start(Db db, TimeProvider clock, ILogger<Writer>? log = null)
    {
        var logger = (ILogger?)log ?? NullLogger.Instance;
        return new(db.Dialect.Kind == DatabaseKind.Sqlite ? new SqliteStore(db, clock, logger) : new PostgresStore(db, clock, logger), db.Options, db.Recollection, logger);
    }

    /// <summary>Whether the database cannot be written to now; for health checks.</summary>
    public bool IsAway => _away;

    /// <summary>Changes that wait for a group; for health checks and metrics.</summary>
    public int Waiting => _queue.Count;

    /// <summary>
    /// Writes a change. The answer comes after the commit. An <see cref="OperationCanceledException"/> means that nothing was written; once the change is on
    /// its way to the database, cancelling has no effect.
    /// </summary>
    /// <exception cref="InvalidOperationException">The change breaks a rule of the writer: a bug of the caller.</exception>
    public async Task<WriteOutcome> WriteAsync(Change change, WriteClass @class = WriteClass.Interactive, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        var prepared = Prepared.From(change, @class);
        if (!_queue.TryAdd(prepared))
        {
            WriterMetrics.QueueFull.Add(1);
            return new WriteOutcome.Busy(ComeBack);
        }
        var answer = prepared.Answer.Task;
        try
        {
            return await answer.WaitAsync(_options.GiveUpAfter, Real, cancel);
        }
        catch (TimeoutException)
        {
            return prepared.TryAbandon() ? new WriteOutcome.Busy(ComeBack)
                : prepared.TryAbandonSent() ? new WriteOutcome.InDoubt()
                : await answer;
        }
        catch (OperationCanceledException) when (!answer.IsCompleted)
        {
            if (prepared.TryAbandon())
            {
                throw;
            }
            // It is on its way: its end is near, or nobody knows it.
            try
            {
                return await answer.WaitAsync(_options.GiveUpAfter, Real, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                return prepared.TryAbandonSent() ? new WriteOutcome.InDoubt() : await answer;
            }
        }
    }

    /// <summary>Takes no more, finishes what is queued, then ends. What cannot be finished because the database is away is answered by each caller's own patience.</summary>
    public async Task StopAsync(CancellationToken cancel = default)
    {
        _queue.Close();
        try
        {
            await _loop.WaitAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await _abort.CancelAsync();
            await _loop;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A container disposes it once for each name it is registered under.
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        using var patience = new CancellationTokenSource(_options.GiveUpAfter);
        await StopAsync(patience.Token);
        _recollection.NotAlone();
        await _store.DisposeAsync();
    }

    private async Task LoopAsync()
    {
        var group = new List<Prepared>(_options.LargestGroup);
        var (together, lasted) = (false, TimeSpan.Zero);
        try
        {
            await _store.TendAsync(_abort.Token);
            var tended = Stopwatch.GetTimestamp();
            while (!_abort.IsCancellationRequested)
            {
                if (together)
                {
                    // Many write at once: half a group's time spent waiting makes fewer and larger groups, and a group costs nearly the same whatever its size.
                    await _queue.GatherAsync(group.Count, lasted / 2 < LongestGathering ? lasted / 2 : LongestGathering, _abort.Token);
                }
                _queue.Take(group);
                if (group.Count > 0)
                {
                    var started = Stopwatch.GetTimestamp();
                    together = group.Count >= FewTogether;
                    await WriteAsync(group);
                    lasted = Stopwatch.GetElapsedTime(started);
                }
                else
                {
                    together = false;
                    if (!await _queue.WaitAsync(TendEvery, _abort.Token))
                    {
                        return;
                    }
                    if (_queue.Count > 0)
                    {
                        continue;
                    }
                }
                // Callers come first.
                if (Stopwatch.GetElapsedTime(tended) >= TendEvery)
                {
                    await _store.TendAsync(_abort.Token);
                    tended = Stopwatch.GetTimestamp();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Given up while stopping; each caller's own patience answers.
        }
    }

    private async Task WriteAsync(List<Prepared> group)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var change in group)
        {
            ForEachSubject(change, _recollection.Writing);
        }
        try
        {
            await _store.WriteAsync(group, _abort.Token);
            Settle(group);
            _failuresInARow = 0;
        }
        catch (StoreAwayException away)
        {
            await RecoverAsync(group, away);
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            // A bug of the writer itself: nobody may wait for ever, and the next group is not to blame.
            WriterFailed(_log, bug);
            foreach (var change in group)
            {
                change.Outcome = null;
                change.Failure ??= new InvalidOperationException("The writer failed.", bug);
            }
            Settle(group);
        }
        WriterMetrics.GroupTime.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private void Settle(IEnumerable<Prepared> group)
    {
        var done = 0;
        var messages = false;
        var leaves = false;
        foreach (var change in group)
        {
            if (change.Failure is { } failure)
            {
                ForEachSubject(change, _recollection.Written);
                change.Answer.TrySetException(failure);
            }
            else if (change.Outcome is { } outcome)
            {
                if (outcome is WriteOutcome.Done)
                {
                    Note(change);
                    done++;
                    messages |= change.Change.Messages.Count > 0;
                    leaves |= change.Leaf is not null || change.AccessDigests.Length > 0;
                }
                else
                {
                    // Whoever lost a head reads it again.
                    ForgetHeads(change);
                    WriterMetrics.Refused.Add(1, new KeyValuePair<string, object?>("kind", outcome.GetType().Name));
                }
                ForEachSubject(change, _recollection.Written);
                // Before the answer: accesses that ride in the change look at it.
                change.Change.Outcome = outcome;
                change.Answer.TrySetResult(outcome);
            }
            else
            {
                ForEachSubject(change, _recollection.Written);
                if (change.TryTakeBack())
                {
                    _queue.Hold(change);
                }
            }
        }
        WriterMetrics.GroupSize.Record(done);
        if (messages)
        {
            MessagesCommitted?.Invoke(this, EventArgs.Empty);
        }
        if (leaves)
        {
            LeavesCommitted?.Invoke(this, EventArgs.Empty);
        }
    }

    /// <summary>Before anybody is answered: what was read before this change does not hold any more.</summary>
    private void Note(Prepared change)
    {
        ForgetHeads(change);
        foreach (var row in change.Rows)
        {
            Forget(row.Table, row.Values);
        }
        foreach (var (table, subject, what, value) in change.Change.Remembered)
        {
            _recollection.Remember(table, subject, what, value);
        }
    }

    /// <summary>The subjects of all that it writes; one that two rows name comes twice.</summary>
    private static void ForEachSubject(Prepared change, Action<Guid> each)
    {
        foreach (var head in change.Heads)
        {
            ForEachSubject(head.Table, head.Values, each);
        }
        foreach (var row in change.Rows)
        {
            ForEachSubject(row.Table, row.Values, each);
        }
    }

    private static void ForEachSubject(Table table, object?[] values, Action<Guid> each)
    {
        foreach (var column in table.SubjectColumns)
        {
            // A deleted row has its key only.
            if (column < values.Length && values[column] is Guid subject)
            {
                each(subject);
            }
        }
    }

    private void ForgetHeads(Prepared change)
    {
        foreach (var head in change.Heads)
        {
            Forget(head.Table, head.Values);
        }
    }

    private void Forget(Table table, object?[] values)
    {
        if (table.IsRecalled)
        {
            ForEachSubject(table, values, subject => _recollection.Forget(table, subject));
        }
    }

    /// <summary>
    /// The database went away. Until it is back nothing else is written: the commit in doubt is asked for first. Meanwhile callers lose patience by themselves.
    /// </summary>
    private async Task RecoverAsync(List<Prepared> group, StoreAwayException away)
    {
        DatabaseAway(_log, away.InnerException!.GetType().Name, away.Mark is not null);
        if (away.Mark is not null)
        {
            WriterMetrics.InDoubt.Add(1);
        }
        _away = true;
        _recollection.NotAlone();
        while (!_abort.IsCancellationRequested)
        {
            try
            {
                await PauseAsync();
                var committed = await _store.RecoverAsync(away.Mark, _abort.Token);
                DatabaseBack(_log, committed);
                if (!committed)
                {
                    foreach (var change in away.Sent)
                    {
                        change.Outcome = null;
                        change.Failure = null;
                    }
                }
                // What has no outcome is held, and so comes first in the next group.
                Settle(group);
                _away = false;
                return;
            }
            catch (StoreAwayException)
            {
                // Not yet.
            }
        }
    }

    /// <summary>None after the first failure, then longer each time, to a second: a full disk takes connections and fails every write.</summary>
    private Task PauseAsync()
    {
        var failures = _failuresInARow++;
        return failures == 0 ? Task.CompletedTask : Task.Delay(TimeSpan.FromMilliseconds(Math.Min(1000, 10 << Math.Min(failures, 7))), Real, _abort.Token);
    }

    [LoggerMessage(10, LogLevel.Error, "The writer failed on a group; its callers got an error. This is a bug.")]
    private static partial void WriterFailed(ILogger logger, Exception bug);

    [LoggerMessage(11, LogLevel.Warning, "The database went away ({Kind}); a commit is in doubt: {Doubt}.")]
    private static partial void DatabaseAway(ILogger logger, string kind, bool doubt);

    [LoggerMessage(12, LogLevel.Warning, "The database is back; the commit in doubt had happened: {Committed}.")]
    private static partial void DatabaseBack(ILogger logger, bool committed);
}
