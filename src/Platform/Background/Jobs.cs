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

/// <summary>How a periodic job stands, for the operators' page.</summary>
public sealed record JobState(string Name, string State, int Attempts, Instant DueAt, string? Remark);

/// <summary>
/// Work that comes again: each job runs in one process at a time, and a run that died is taken over. A job must bear to be run twice for the same time.
/// </summary>
public sealed partial class Jobs(Db db, IWriter writer, TimeProvider clock, BackgroundOptions options, Leases leases, ILogger<Jobs> log)
{
    private readonly ConcurrentDictionary<string, Job> _jobs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _running = new(StringComparer.Ordinal);

    /// <summary>Every so often, counted from the end of the last run.</summary>
    public void Every(string name, Duration interval, Func<JobRun, CancellationToken, Task> work) => Add(name, now => now + interval, now => now, work);

    /// <summary>Once a day at this time in Riyadh.</summary>
    public void Daily(string name, LocalTime at, Func<JobRun, CancellationToken, Task> work) => Daily(name, _ => at, work);

    /// <param name="at">The time on a day: it may be a dated rule.</param>
    public void Daily(string name, Func<LocalDate, LocalTime> at, Func<JobRun, CancellationToken, Task> work)
    {
        Instant Next(Instant now)
        {
            var today = now.DayInRiyadh().At(at(now.DayInRiyadh())).WithOffset(Clock.Riyadh).ToInstant();
            return today > now ? today : today + Duration.FromDays(1);
        }
        Add(name, Next, Next, work);
    }

    public async Task<IReadOnlyList<JobState>> StatesAsync(CancellationToken cancel = default) =>
        await db.QueryAsync<JobState>("SELECT name, state, attempts, due_at, remark FROM job ORDER BY name", null, cancel);

    /// <summary>Runs what is due. Returns the names of the jobs that ran to their end.</summary>
    public async Task<IReadOnlyList<string>> RunDueAsync(CancellationToken cancel = default)
    {
        var done = new ConcurrentBag<string>();
        var rows = (await db.QueryAsync<Row>("SELECT name, version, state, attempts, due_at, holder, changed_at FROM job", null, cancel)).ToDictionary(r => r.Name, StringComparer.Ordinal);
        await Task.WhenAll(_jobs.Values.Select(async job =>
        {
            if (await RunIfDueAsync(job, rows.GetValueOrDefault(job.Name), cancel))
            {
                done.Add(job.Name);
            }
        }));
        return [.. done.Order(StringComparer.Ordinal)];
    }

    private void Add(string name, Func<Instant, Instant> next, Func<Instant, Instant> first, Func<JobRun, CancellationToken, Task> work)
    {
        if (!_jobs.TryAdd(name, new Job(name, next, first, work)))
        {
            throw new InvalidOperationException($"There is a job {name} already.");
        }
    }

    private async Task<bool> RunIfDueAsync(Job job, Row? row, CancellationToken cancel)
    {
        var now = clock.Now();
        if (row is null)
        {
            var due = job.First(now);
            if (await WriteAsync(job, 0, "waiting", 0, due, null, now, null, cancel) is not WriteOutcome.Done)
            {
                return false; // another process has just made it
            }
            row = new Row(job.Name, 1, "waiting", 0, due, null, now);
        }
        var dead = row.State == "running" && now - row.ChangedAt > options.JobLease;
        if (!(row.State == "waiting" && row.DueAt <= now) && !dead)
        {
            return false;
        }
        if (!_running.TryAdd(job.Name, true))
        {
            return false; // running here; the moved clock made its lease look old
        }
        try
        {
            if (await WriteAsync(job, row.Version, "running", row.Attempts, row.DueAt, leases.Holder, now, null, cancel) is not WriteOutcome.Done)
            {
                return false;
            }
            return await RunAsync(job, new JobRun(writer, clock, job.Name, row.Version + 1, row.Attempts, row.DueAt, leases.Holder), cancel);
        }
        finally
        {
            _running.TryRemove(job.Name, out _);
        }
    }

    private async Task<bool> RunAsync(Job job, JobRun run, CancellationToken cancel)
    {
        string? remark = null;
        try
        {
            await job.Work(run, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Stopping: the next process takes it up at once.
            await WriteAsync(job, run.Fence, "waiting", run.Attempts, run.Due, null, clock.Now(), "job.stopped", CancellationToken.None);
            throw;
        }
        catch (Exception e) when (e is AccessNotRecordedException or NotWrittenException or DatabaseBusyException or DbException or JobTakenException)
        {
            remark = "job.database_away";
        }
        catch (KeyUnavailableException)
        {
            remark = "job.keys_away";
        }
        catch (Exception bug)
        {
            JobFailed(log, job.Name, bug.GetType().Name, bug.StackTrace);
            remark = "job.failed." + bug.GetType().Name;
        }
        var now = clock.Now();
        var attempts = remark is null ? 0 : run.Attempts + 1;
        var next = job.Next(now);
        if (remark is not null)
        {
            var again = now + Duration.FromSeconds(Math.Min(30 * Math.Pow(2, Math.Min(attempts - 1, 10)), 3600));
            next = again < next ? again : next;
        }
        await WriteAsync(job, run.Fence, "waiting", attempts, next, null, now, remark, cancel);
        return remark is null;
    }

    private async Task<WriteOutcome> WriteAsync(Job job, long version, string state, int attempts, Instant due, string? holder, Instant changed, string? remark, CancellationToken cancel) =>
        await writer.WriteAsync(new Change(act: null) { Heads = { PlatformTables.Job.Head(Names.IdOf("job:" + job.Name), version, job.Name, null, state, attempts, due, holder, changed, remark) } }, WriteClass.Interactive, cancel);

    private sealed record Job(string Name, Func<Instant, Instant> Next, Func<Instant, Instant> First, Func<JobRun, CancellationToken, Task> Work);

    private sealed record Row(string Name, long Version, string State, int Attempts, Instant DueAt, string? Holder, Instant ChangedAt);

    [LoggerMessage(32, LogLevel.Error, "The job {Name} failed: {Kind} {Stack}")]
    private static partial void JobFailed(ILogger logger, string name, string kind, string? stack);
}

/// <summary>One run of a job. Its writes carry its fence: once another process has taken the job over, they change nothing.</summary>
public sealed class JobRun
{
    private readonly IWriter _writer;
    private readonly TimeProvider _clock;
    private readonly string _name;
    private readonly string _holder;

    internal JobRun(IWriter writer, TimeProvider clock, string name, long fence, int attempts, Instant due, string holder)
    {
        _writer = writer;
        _clock = clock;
        _name = name;
        _holder = holder;
        Fence = fence;
        Attempts = attempts;
        Due = due;
    }

    /// <summary>When it was to run; late after a pause or a moved clock.</summary>
    public Instant Due { get; }

    internal long Fence { get; private set; }
    internal int Attempts { get; }

    /// <summary>Writes a change only if the job is still ours, and keeps it ours. One write at a time; bulk class.</summary>
    /// <exception cref="JobTakenException">Another process has the job now: stop.</exception>
    public async Task<WriteOutcome> WriteAsync(Change change, CancellationToken cancel = default)
    {
        var id = Names.IdOf("job:" + _name);
        change.Heads.Add(PlatformTables.Job.Head(id, Fence, _name, null, "running", Attempts, Due, _holder, _clock.Now(), null));
        var outcome = await _writer.WriteAsync(change, WriteClass.Bulk, cancel);
        if (outcome is WriteOutcome.Done)
        {
            Fence++;
        }
        else if (outcome is WriteOutcome.Conflict conflict && conflict.Id == id)
        {
            throw new JobTakenException();
        }
        return outcome;
    }

    /// <summary>Says that a long run goes on, without writing anything else.</summary>
    /// <exception cref="JobTakenException">Another process has the job now: stop.</exception>
    public Task<WriteOutcome> GoOnAsync(CancellationToken cancel = default) => WriteAsync(new Change(act: null), cancel);
}

/// <summary>The job was taken over by another process.</summary>
public sealed class JobTakenException() : Exception("Another process has this job now.");
