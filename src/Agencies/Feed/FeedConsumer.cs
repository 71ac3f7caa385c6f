using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>How far an agency that is called was told.</summary>
/// <param name="Cursor">Everything before it was taken.</param>
/// <param name="IsStopped">It failed for too long, or what it was not told is no longer kept: an act sets it going again.</param>
/// <param name="Attempts">That failed, since the last that did not.</param>
/// <param name="Reason">A code: why the last attempt failed.</param>
public sealed record FeedConsumer(
    Guid Id, long RowVersion, string Agency, bool IsStopped, FeedCursor Cursor, int Attempts, Instant DueAt, Instant? FailingSince, string? Reason, Instant? DeliveredAt, Instant ChangedAt)
{
    internal const string Sending = "SENDING", Stopped = "STOPPED";

    private const string Columns =
        "SELECT id, version AS row_version, agency, state, generation, position, ordinal, attempts, due_at, failing_since, reason, delivered_at, changed_at FROM feed_consumer ";

    internal static Guid IdOf(string agency) => Names.IdOf("feed:" + agency);

    internal static FeedConsumer New(string agency, FeedCursor from, Instant now) => new(IdOf(agency), 0, agency, false, from, 0, now, null, null, null, now);

    internal HeadWrite Next(Instant now) => FeedTables.Consumer.Head(Id, RowVersion, Agency, IsStopped ? Stopped : Sending, Cursor.Generation, Cursor.Position, Cursor.Ordinal, Attempts, DueAt, FailingSince, Reason, DeliveredAt, now);

    internal static async Task<FeedConsumer?> FindAsync(Db db, string agency, CancellationToken cancel) => (await db.FirstAsync<Stored>(Columns + "WHERE id = @id", new { id = IdOf(agency) }, cancel))?.Read();

    internal static async Task<IReadOnlyList<FeedConsumer>> AllAsync(Db db, CancellationToken cancel) => [.. (await db.QueryAsync<Stored>(Columns + "ORDER BY agency", null, cancel)).Select(s => s.Read())];

    private sealed record Stored(
        Guid Id, long RowVersion, string Agency, string State, int Generation, long Position, int Ordinal, int Attempts, Instant DueAt, Instant? FailingSince, string? Reason, Instant? DeliveredAt, Instant ChangedAt)
    {
        public FeedConsumer Read() => new(Id, RowVersion, Agency, State == Stopped, new FeedCursor(Generation, Position, Ordinal), Attempts, DueAt, FailingSince, Reason, DeliveredAt, ChangedAt);
    }
}

/// <summary>How an act on a consumer ended.</summary>
public abstract record FeedSteered
{
    private FeedSteered() { }

    public sealed record Done(FeedConsumer Consumer) : FeedSteered;

    public sealed record Refused(Refusal Refusal) : FeedSteered;

    /// <summary>The operation id was used for something else.</summary>
    public sealed record OperationReused : FeedSteered;

    /// <summary>Nothing was written, or nobody knows yet: again under the same operation.</summary>
    public sealed record TryAgain(TimeSpan After) : FeedSteered;
}

/// <summary>What operators and the agencies themselves do about deliveries, each as an act with who and why.</summary>
public sealed class FeedSteering(Db db, IWriter writer, EventFeed feed, FeedLines lines, TimeProvider clock)
{
    public const string ReplayVerb = "feed.replay", ResumeVerb = "feed.resume";

    private const int Attempts = 20;
    private const int LongestReason = 100;

    /// <summary>Every agency that is called or was. In no order of importance.</summary>
    public Task<IReadOnlyList<FeedConsumer>> AllAsync(CancellationToken cancel = default) => FeedConsumer.AllAsync(db, cancel);

    /// <summary>From this cursor on everything is sent again. Nothing else changes, not even whether it is sent at all.</summary>
    /// <param name="reason">A word or number by which the decision is found again.</param>
    public Task<FeedSteered> ReplayAsync(string agency, FeedCursor to, Actor by, Guid operation, string reason, CancellationToken cancel = default) => ActAsync(ReplayVerb, agency, to.ToString(), by, operation, reason,
        (row, place) => EventFeed.FaultOf(to, place) is { } fault ? (null, fault) : IsAfter(to, row.Cursor) ? (null, new Refusal(FeedRefusals.ReplayForward)) : (row with { Cursor = to }, null), cancel);

    /// <summary>An agency that is not called any more is called again, at once.</summary>
    public Task<FeedSteered> ResumeAsync(string agency, Actor by, Guid operation, string reason, CancellationToken cancel = default) => ActAsync(ResumeVerb, agency, "", by, operation, reason,
        (row, place) => EventFeed.FaultOf(row.Cursor with { Generation = place.Generation }, place) is { } fault ? (null, fault) : (row with { IsStopped = false, Attempts = 0, DueAt = clock.Now(), FailingSince = null, Reason = null }, null), cancel);

    /// <summary>Whether a text can be the reason of an act: a code, nothing about a person.</summary>
    public static bool IsReason(string? reason) => reason is { Length: > 0 and <= LongestReason } && reason.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private async Task<FeedSteered> ActAsync(
        string verb, string agency, string what, Actor by, Guid operation, string reason, Func<FeedConsumer, EventFeed.Place, (FeedConsumer? Next, Refusal? No)> of, CancellationToken cancel)
    {
        if (!IsReason(reason))
        {
            return new FeedSteered.Refused(new Refusal(FeedRefusals.Reason));
        }
        for (var attempt = 1; ; attempt++)
        {
            if (!lines.Has(agency) || await FeedConsumer.FindAsync(db, agency, cancel) is not { } row)
            {
                return new FeedSteered.Refused(new Refusal(FeedRefusals.NoAddress));
            }
            var (next, no) = of(row, await feed.PlaceAsync(cancel));
            if (next is null)
            {
                return new FeedSteered.Refused(no!);
            }
            var now = clock.Now();
            var change = new Change(new Act(ActId.New(clock), verb, by, operation, Digest.Of(verb, agency, what, reason), now) { Reason = reason, Answer = $"{agency} {row.Cursor} {next.Cursor}" });
            change.Heads.Add(next.Next(now));
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done or WriteOutcome.Replayed:
                    return new FeedSteered.Done(await FeedConsumer.FindAsync(db, agency, cancel) ?? next);
                case WriteOutcome.OperationReused:
                    return new FeedSteered.OperationReused();
                case WriteOutcome.Busy busy:
                    return new FeedSteered.TryAgain(busy.RetryAfter);
                // A delivery moved it meanwhile.
                case WriteOutcome.Conflict when attempt < Attempts:
                    continue;
                default:
                    return new FeedSteered.TryAgain(TimeSpan.FromSeconds(1));
            }
        }
    }

    private static bool IsAfter(FeedCursor one, FeedCursor other) => (one.Position, one.Ordinal).CompareTo((other.Position, other.Ordinal)) > 0;
}
