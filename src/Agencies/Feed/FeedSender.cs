using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>
/// Sends an agency its events, in order, at least once: the cursor moves when the agency's own signed word says that they were taken. After a failure it first asks with an empty delivery whether anybody is
/// there: as long as nobody is, nobody's data is opened.
/// </summary>
public sealed partial class FeedSender(Db db, IWriter writer, EventFeed feed, FeedLines lines, Leases leases, TimeProvider clock, ILogger<FeedSender> log)
{
    private static readonly Meter Meter = new("Muqeem.Feed");
    private static readonly Gauge<double> Behind = Meter.CreateGauge<double>("muqeem.feed.behind", "s", "Age of the oldest event that a consumer was not given; by consumer.");
    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>("muqeem.feed.deliveries", "{delivery}", "Deliveries, by consumer and how they ended.");
    private static readonly Counter<long> Given = Meter.CreateCounter<long>("muqeem.feed.events", "{event}", "Events given, by consumer and kind.");
    private static readonly Gauge<int> Stopped = Meter.CreateGauge<int>("muqeem.feed.stopped", "{consumer}", "1: the consumer is not called any more, because it failed for long.");

    private static readonly Duration LeaseLength = Duration.FromSeconds(30);

    /// <summary>How long a cursor may stay behind where nothing is for its consumer: it must not fall out of what is kept.</summary>
    private static readonly Duration MoveAtLeastEvery = Duration.FromHours(1);

    /// <summary>The agencies that are called.</summary>
    public IReadOnlyList<string> Agencies => lines.Agencies;

    /// <summary>Sends one page, if it is time and there is one. True: there is more to be sent at once.</summary>
    public async Task<bool> RoundAsync(string agency, CancellationToken cancel = default)
    {
        var row = await FeedConsumer.FindAsync(db, agency, cancel) ?? FeedConsumer.New(agency, await feed.EndAsync(cancel), clock.Now());
        if (row.RowVersion == 0)
        {
            // From now on. What was before can be had by a replay.
            return await WriteAsync(row, cancel);
        }
        Stopped.Record(row.IsStopped ? 1 : 0, new KeyValuePair<string, object?>("consumer", agency));
        if (row.IsStopped || row.DueAt > clock.Now() || await leases.TakeAsync(LeaseOf(agency), LeaseLength, cancel) is null)
        {
            return false;
        }
        if (row.Attempts > 0 && await SendAsync(agency, await TestPageAsync(agency, [], cancel), cancel) is { } away)
        {
            await FailedAsync(row, away, cancel);
            return false;
        }
        var rules = feed.Rules;
        // Our own cursor is of this database, whatever became of the journal's name.
        var from = row.Cursor with { Generation = (await feed.EndAsync(cancel)).Generation };
        if (!(await feed.ReadAsync(agency, from, rules.Page, cancel)).TryGet(out var reading, out var refusal))
        {
            if (refusal.Code != FeedRefusals.NotGranted)
            {
                await StopAsync(row, refusal.Code, cancel);
            }
            return false;
        }
        Measure(agency, reading.Oldest);
        if (reading.Events.Count == 0)
        {
            return (reading.More || row.Attempts > 0 || (reading.Next != row.Cursor && clock.Now() - row.ChangedAt > MoveAtLeastEvery)) && await WriteAsync(Taken(row, reading.Next), cancel) && reading.More;
        }
        if (await SendAsync(agency, new FeedPage(FeedPage.From, clock.Now(), reading.Events, reading.Next.ToString(), reading.More), cancel) is { } failure)
        {
            await FailedAsync(row, failure, cancel);
            return false;
        }
        Count(agency, reading.Events);
        // Moved back meanwhile, it stays there, and all of this is sent again.
        if (!await WriteAsync(Taken(row, reading.Next) with { DeliveredAt = clock.Now() }, cancel))
        {
            return true;
        }
        if (!reading.More)
        {
            Measure(agency, null);
        }
        return reading.More;
    }

    /// <summary>Sends an event that tells nothing. Null: the agency took it; else a code of why not. No cursor moves.</summary>
    public async Task<string?> TestAsync(string agency, CancellationToken cancel = default) =>
        await SendAsync(agency, await TestPageAsync(agency, [new FeedEvent(Guid.CreateVersion7(clock.GetUtcNow()), FeedKinds.Test, clock.Now())], cancel), cancel);

    /// <summary>How far behind a consumer is who fetches by itself, and what it got.</summary>
    public static void Fetched(string agency, FeedReading reading, Instant now)
    {
        Count(agency, reading.Events);
        Behind.Record(reading.Oldest is { } at ? Math.Max(0, (now - at).TotalSeconds) : 0, new KeyValuePair<string, object?>("consumer", agency));
    }

    /// <summary>Whoever stops lets another go on at once.</summary>
    public async Task ReleaseAsync(CancellationToken cancel)
    {
        foreach (var agency in Agencies)
        {
            if (await leases.TakeAsync(LeaseOf(agency), LeaseLength, cancel) is { } held)
            {
                await leases.ReleaseAsync(held);
            }
        }
    }

    private async Task<FeedPage> TestPageAsync(string agency, IReadOnlyList<FeedEvent> events, CancellationToken cancel) =>
        new(FeedPage.From, clock.Now(), events, ((await FeedConsumer.FindAsync(db, agency, cancel))?.Cursor ?? await feed.EndAsync(cancel)).ToString(), More: false, Test: true);

    private async Task<string?> SendAsync(string agency, FeedPage page, CancellationToken cancel)
    {
        var failure = await lines.SendAsync(agency, page, Guid.CreateVersion7(clock.GetUtcNow()), cancel);
        Deliveries.Add(1, new("consumer", agency), new("outcome", failure is null ? "taken" : failure.Split(':')[0]), new("test", page.Test));
        return failure;
    }

    private static FeedConsumer Taken(FeedConsumer row, FeedCursor next) => row with { Cursor = next, Attempts = 0, FailingSince = null, Reason = null };

    private async Task FailedAsync(FeedConsumer row, string reason, CancellationToken cancel)
    {
        var (now, rules) = (clock.Now(), feed.Rules);
        if (row.FailingSince is { } since && now - since >= rules.StopAfter)
        {
            await StopAsync(row, reason, cancel);
            return;
        }
        var pause = rules.RetryFirst;
        for (var i = 0; i < row.Attempts && pause < rules.RetryMost; i++)
        {
            pause *= 2;
        }
        await WriteAsync(row with { Attempts = row.Attempts + 1, FailingSince = row.FailingSince ?? now, Reason = reason, DueAt = now + Duration.Min(pause, rules.RetryMost) }, cancel);
    }

    private async Task StopAsync(FeedConsumer row, string reason, CancellationToken cancel)
    {
        if (await WriteAsync(row with { IsStopped = true, Reason = reason, FailingSince = row.FailingSince ?? clock.Now() }, cancel))
        {
            Stops(log, row.Agency, reason);
        }
    }

    /// <summary>False: somebody else changed it, or it cannot be written now. The next round looks again.</summary>
    private async Task<bool> WriteAsync(FeedConsumer row, CancellationToken cancel) =>
        await writer.WriteAsync(new Change(act: null) { Heads = { row.Next(clock.Now()) } }, cancel: cancel) is WriteOutcome.Done;

    private void Measure(string agency, Instant? oldest) => Behind.Record(oldest is { } at ? Math.Max(0, (clock.Now() - at).TotalSeconds) : 0, new KeyValuePair<string, object?>("consumer", agency));

    private static void Count(string agency, IReadOnlyList<FeedEvent> events)
    {
        foreach (var kind in events.CountBy(e => e.Kind))
        {
            Given.Add(kind.Value, new("consumer", agency), new("kind", kind.Key));
        }
    }

    private static string LeaseOf(string agency) => "feed.send/" + agency;

    [LoggerMessage(130, LogLevel.Error, "{Agency} is not sent events any more: it has failed for long ({Reason}). Clear it with the agency, then run muqeem feed resume.")]
    private static partial void Stops(ILogger logger, string agency, string reason);
}
