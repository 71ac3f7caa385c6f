using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Background;

/// <summary>
/// Sends what acts left in the outbox: each at least once, one lane in order, lanes beside each other. One process sends at a time (a lease); what it
/// failed to note as sent comes again.
/// </summary>
public sealed partial class Outbox : IDisposable
{
    private const string LeaseName = "outbox";
    private const int Page = 256;
    private static readonly Duration LeaseLength = Duration.FromSeconds(30);
    private static readonly TimeSpan LookAtMostEvery = TimeSpan.FromMilliseconds(10);

    /// <summary>The first waiting message of each lane, those that are due, in the order in which they became it.</summary>
    /// <remarks>
    /// In the order of the index on what is due, each looked up by the index of its lane, until the page is full. To PostgreSQL's planner both indexes are empty
    /// and cost the same, since nothing waited when the table was last looked over; it would read all that is due for each message that is due. So the index on
    /// what is due wants a time above zero, which only the outer search has.
    /// </remarks>
    internal const string DueSql =
        """
        SELECT d.id, d.version, d.topic, d.lane, d.attempts, o.payload, o.secret, o.person_id, o.at
        FROM (SELECT w.id, w.version, w.topic, w.lane, w.attempts, w.due_at FROM delivery w
              WHERE w.state = 'waiting' AND w.due_at > 0 AND w.due_at <= @now
                AND w.id = (SELECT b.id FROM delivery b WHERE b.state = 'waiting' AND b.lane = w.lane ORDER BY b.id LIMIT 1)
              ORDER BY w.due_at LIMIT @page) d
        JOIN outbox o ON o.id = d.id
        ORDER BY d.due_at, d.id
        """;

    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly Leases _leases;
    private readonly TimeProvider _clock;
    private readonly BackgroundOptions _options;
    private readonly ILogger<Outbox> _log;
    private readonly ConcurrentDictionary<string, Func<OutboxItem, CancellationToken, Task<OutboxResult>>> _handlers = new(StringComparer.Ordinal);

    public Outbox(Db db, IWriter writer, Leases leases, TimeProvider clock, BackgroundOptions options, ILogger<Outbox> log)
    {
        _db = db;
        _writer = writer;
        _leases = leases;
        _clock = clock;
        _options = options;
        _log = log;
    }

    internal WakeUp Bell { get; } = new();

    /// <summary>Names who sends the messages of a topic. Once per topic, before the process serves.</summary>
    public void Handle(string topic, Func<OutboxItem, CancellationToken, Task<OutboxResult>> handler)
    {
        if (!_handlers.TryAdd(topic, handler))
        {
            throw new InvalidOperationException($"The topic {topic} has a handler already.");
        }
    }

    /// <summary>A message with its payload as JSON.</summary>
    public static OutboxMessage Message<T>(TimeProvider clock, string topic, string lane, T payload) =>
        new(MessageId.New(clock), topic, lane, JsonSerializer.Serialize(payload, StoredJson.Options));

    /// <summary>A message with a sealed part for what is personal.</summary>
    public static async Task<OutboxMessage> MessageAsync<T, TSecret>(Sealer sealer, TimeProvider clock, Change change, string topic, string lane, T payload, PersonId person, TSecret secret)
    {
        var id = MessageId.New(clock);
        var blob = await sealer.SealAsync(change, SecretContext(person, id), secret);
        return new(id, topic, lane, JsonSerializer.Serialize(payload, StoredJson.Options), blob, person);
    }

    /// <summary>How the sealed part of a message is bound.</summary>
    public static SealContext SecretContext(PersonId person, Guid message) => new(person, RetentionClass.Message, "outbox", message);

    public async Task<OutboxState> StateAsync(CancellationToken cancel = default)
    {
        var waiting = await _db.SingleAsync<StateRow>("SELECT count(*) AS number, min(due_at) AS oldest FROM delivery WHERE state = 'waiting'", null, cancel);
        return new OutboxState(waiting.Number, waiting.Oldest, await _db.SingleAsync<long>("SELECT count(*) FROM delivery WHERE state = 'parked'", null, cancel));
    }

    /// <summary>Of these lanes, those in which something is still on its way.</summary>
    public async Task<IReadOnlySet<string>> BusyAsync(IReadOnlyCollection<string> lanes, CancellationToken cancel = default) =>
        (await _db.QueryAsync<string>("SELECT DISTINCT lane FROM delivery WHERE state = 'waiting' AND lane = ANY(@lanes)", new { lanes = lanes.ToArray() }, cancel)).ToHashSet(StringComparer.Ordinal);

    /// <summary>What was given up, oldest first.</summary>
    public async Task<IReadOnlyList<ParkedMessage>> ParkedAsync(int take = 100, CancellationToken cancel = default) =>
        await _db.QueryAsync<ParkedMessage>(
            "SELECT id, topic, lane, attempts, due_at AS since, remark AS code FROM delivery WHERE state = 'parked' ORDER BY id LIMIT @take", new { take }, cancel);

    /// <summary>Adds to an operator's act that a parked message is tried again from the start. False when it is not parked.</summary>
    public async Task<bool> TryAgainAsync(Change change, Guid message, CancellationToken cancel = default)
    {
        var row = await _db.FirstAsync<HeadRow>("SELECT version, topic, lane FROM delivery WHERE id = @message AND state = 'parked'", new { message }, cancel);
        if (row is null)
        {
            return false;
        }
        change.Heads.Add(PlatformTables.Delivery.Head(message, row.Version, row.Topic, row.Lane, "waiting", 0, _clock.Now(), null, null));
        return true;
    }

    /// <summary>
    /// Sends everything that is due, until nothing is, or another process holds the lease. A slow lane does not keep the others waiting. Returns how many
    /// attempts were made.
    /// </summary>
    public async Task<int> SendDueAsync(CancellationToken cancel = default)
    {
        var attempts = 0;
        var sending = new Dictionary<string, Task<bool>>(StringComparer.Ordinal);
        var ready = new Queue<DueRow>();
        var looked = 0L;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            while (true)
            {
                if (ready.Count == 0)
                {
                    // While much is on its way each that arrives would be a reason to look: some together are one.
                    if (sending.Count > 0 && LookAtMostEvery - Stopwatch.GetElapsedTime(looked) is { Ticks: > 0 } pause)
                    {
                        await Task.Delay(pause, cancel);
                    }
                    looked = Stopwatch.GetTimestamp();
                    if (await _leases.TakeAsync(LeaseName, LeaseLength, cancel) is null)
                    {
                        return attempts;
                    }
                    foreach (var row in await DueAsync(sending, cancel))
                    {
                        ready.Enqueue(row);
                    }
                }
                while (sending.Count < _options.LanesAtOnce && ready.TryDequeue(out var row))
                {
                    attempts++;
                    sending.Add(row.Lane, SendAsync(row, stop.Token));
                }
                if (sending.Count == 0)
                {
                    return attempts;
                }
                await WaitAsync(sending.Values, full: ready.Count > 0, cancel);
                foreach (var (lane, task) in sending.Where(s => s.Value.IsCompleted).ToList())
                {
                    sending.Remove(lane);
                    if (!await task)
                    {
                        // The database takes nothing: what was sent is not noted, and sending more would only send it twice.
                        return attempts;
                    }
                }
            }
        }
        finally
        {
            if (cancel.IsCancellationRequested)
            {
                await stop.CancelAsync();
            }
            await ((Task)Task.WhenAll(sending.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The first waiting message of each lane that is due; not of the lanes that are at work.</summary>
    private async Task<IReadOnlyList<DueRow>> DueAsync(Dictionary<string, Task<bool>> busy, CancellationToken cancel)
    {
        var due = await _db.QueryAsync<DueRow>(DueSql, new { now = _clock.Now(), page = Page + busy.Count }, cancel);
        return [.. due.Where(row => !busy.ContainsKey(row.Lane))];
    }

    /// <summary>Until one is sent; when there is room for more, also until a new message comes. Whoever calls looks into the database next.</summary>
    private async Task WaitAsync(IReadOnlyCollection<Task<bool>> sending, bool full, CancellationToken cancel)
    {
        if (full || sending.Count >= _options.LanesAtOnce)
        {
            await Task.WhenAny(sending);
            return;
        }
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var bell = Bell.WaitAsync(_options.LookAtLeastEvery, enough.Token);
        await Task.WhenAny([.. sending, bell]);
        await enough.CancelAsync();
        await bell.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<bool> SendAsync(DueRow row, CancellationToken cancel)
    {
        var item = new OutboxItem(row.Id, row.Topic, row.Lane, row.Payload, row.Secret, row.PersonId is { } person ? new PersonId(person) : null, row.At, row.Attempts + 1);
        OutboxResult result;
        if (!_handlers.TryGetValue(row.Topic, out var handler))
        {
            result = new OutboxResult.Again("outbox.no_handler");
        }
        else
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(_options.LongestSending);
            try
            {
                result = await handler(item, limit.Token);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                throw;
            }
            catch (OperationCanceledException)
            {
                result = new OutboxResult.Again("outbox.too_slow");
            }
            catch (Exception e) when (e is AccessNotRecordedException or NotWrittenException or DatabaseBusyException or DbException)
            {
                result = new OutboxResult.Again("outbox.database_away");
            }
            catch (KeyUnavailableException)
            {
                result = new OutboxResult.Again("outbox.keys_away");
            }
            catch (ErasedException)
            {
                result = new OutboxResult.Never("outbox.erased");
            }
            catch (Exception bug)
            {
                // The type only: a message may quote what it was about.
                HandlerFailed(_log, row.Topic, row.Id, bug.GetType().Name, bug.StackTrace);
                result = new OutboxResult.Again("outbox.failed." + bug.GetType().Name);
            }
        }
        return await NoteAsync(row, item, result, cancel);
    }

    private async Task<bool> NoteAsync(DueRow row, OutboxItem item, OutboxResult result, CancellationToken cancel)
    {
        var now = _clock.Now();
        if (result is OutboxResult.Again { Code: var code } && item.Attempt >= _options.MostAttempts)
        {
            result = new OutboxResult.Never(code);
        }
        var head = result switch
        {
            OutboxResult.Sent => PlatformTables.Delivery.Head(row.Id, row.Version, row.Topic, row.Lane, "sent", item.Attempt, now, now, null),
            OutboxResult.Again again => PlatformTables.Delivery.Head(row.Id, row.Version, row.Topic, row.Lane, "waiting", item.Attempt, now + (again.After ?? Pause(item.Attempt)), null, again.Code),
            _ => PlatformTables.Delivery.Head(row.Id, row.Version, row.Topic, row.Lane, "parked", item.Attempt, now, now, ((OutboxResult.Never)result).Code),
        };
        if (result is OutboxResult.Never never)
        {
            Parked(_log, row.Topic, row.Id, item.Attempt, never.Code);
        }
        var change = (result as OutboxResult.Sent)?.Change ?? new Change(act: null);
        change.Heads.Add(head);
        for (var attempt = 0; ; attempt++)
        {
            var outcome = await _writer.WriteAsync(change, cancel: cancel);
            switch (outcome)
            {
                case WriteOutcome.Done:
                    return true;
                case WriteOutcome.Replayed:
                    // The act was recorded before, but then the message was not noted: note it alone.
                    change = new Change(act: null) { Heads = { head } };
                    continue;
                case WriteOutcome.Busy or WriteOutcome.InDoubt when attempt < 5:
                    // After a lost answer the version tells whether it was noted: then this is a conflict.
                    await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), cancel);
                    continue;
                case WriteOutcome.Conflict conflict when conflict.Table == PlatformTables.Delivery.Name:
                    return true;
                case WriteOutcome.Busy or WriteOutcome.InDoubt:
                    return false;
                default:
                    // The handler's own change was refused: it has to decide anew.
                    var again = PlatformTables.Delivery.Head(row.Id, row.Version, row.Topic, row.Lane, "waiting", item.Attempt, now + Pause(item.Attempt), null,
                        "outbox.refused." + outcome.GetType().Name);
                    return await _writer.WriteAsync(new Change(act: null) { Heads = { again } }, cancel: cancel) is WriteOutcome.Done or WriteOutcome.Conflict;
            }
        }
    }

    /// <summary>1 s, 2 s, 4 s … to the longest, a fifth more or less, so that what failed together does not come back together.</summary>
    internal Duration Pause(int attempt)
    {
        var seconds = Math.Min(Math.Pow(2, Math.Min(attempt - 1, 30)), _options.LongestPause.TotalSeconds);
        return Duration.FromSeconds(seconds * (0.8 + (RandomNumberGenerator.GetInt32(0, 4001) / 10_000.0)));
    }

    /// <summary>Forgets where messages stand that were sent long ago; the messages stay, for the journal.</summary>
    internal async Task CleanAsync(JobRun run, CancellationToken cancel)
    {
        while (true)
        {
            var old = await _db.QueryAsync<Guid>("SELECT id FROM delivery WHERE state = 'sent' AND done_at < @before ORDER BY id LIMIT 500",
                new { before = _clock.Now() - _options.KeepSent }, cancel);
            if (old.Count == 0)
            {
                return;
            }
            var change = new Change(act: null);
            change.Rows.AddRange(old.Select(id => PlatformTables.Delivery.Delete(id)));
            if (await run.WriteAsync(change, cancel) is not WriteOutcome.Done)
            {
                return;
            }
        }
    }

    public void Dispose() => Bell.Dispose();

    private sealed record DueRow(Guid Id, long Version, string Topic, string Lane, int Attempts, string Payload, byte[]? Secret, Guid? PersonId, Instant At);

    private sealed record HeadRow(long Version, string Topic, string Lane);

    private sealed record StateRow(long Number, Instant? Oldest);

    [LoggerMessage(30, LogLevel.Error, "Sending a message of {Topic} failed ({Message}): {Kind} {Stack}")]
    private static partial void HandlerFailed(ILogger logger, string topic, Guid message, string kind, string? stack);

    [LoggerMessage(31, LogLevel.Warning, "A message of {Topic} is given up ({Message}) after {Attempts} attempts: {Code}.")]
    private static partial void Parked(ILogger logger, string topic, Guid message, int attempts, string code);
}
