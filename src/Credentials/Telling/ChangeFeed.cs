using Muqeem.Credentials.Verifiers;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Telling;

/// <summary>One thing that a verifier is told.</summary>
/// <param name="Word">One of <see cref="StatusWords"/>.</param>
/// <param name="At">When it was found to be so: about a second after it was.</param>
public sealed record StatusChange(Guid Subscription, string Word, Instant At);

/// <summary>How a look into the changes ended.</summary>
public abstract record ChangesAnswer
{
    private ChangesAnswer() { }

    /// <param name="Cursor">To ask on with.</param>
    /// <param name="More">There are more at once.</param>
    public sealed record Page(IReadOnlyList<StatusChange> Changes, long Cursor, bool More) : ChangesAnswer;

    /// <summary>What came after this cursor is no longer kept.</summary>
    public sealed record Gone : ChangesAnswer;

    /// <summary>No such cursor was ever given.</summary>
    public sealed record Unknown : ChangesAnswer;
}

/// <summary>
/// What a verifier was told, in the order of its own numbers. Each is there from the commit that gave it, and a number that is passed over is of a consent that was taken back since: what was not fetched
/// before that is not given any more.
/// </summary>
public sealed class ChangeFeed(Db db, IWriter writer, Func<SubscriptionRules> rules, TimeProvider clock)
{
    private const int ForgottenAtOnce = 500;

    /// <param name="cursor">Of the page before; null: from the oldest that is kept.</param>
    public async Task<ChangesAnswer> ReadAsync(RegisteredVerifier by, long? cursor, CancellationToken cancel = default)
    {
        // The head first: what is committed after it is found by its row.
        var feed = await db.FirstAsync<Feed>("SELECT version AS row_version, first_number, last_number FROM subscription_feed WHERE id = @id", new { id = by.Id }, cancel) ?? new Feed(0, 1, 0);
        var (after, most) = (cursor ?? feed.FirstNumber - 1, rules().Page);
        if (after < 0 || after > feed.LastNumber)
        {
            return new ChangesAnswer.Unknown();
        }
        if (after < feed.FirstNumber - 1)
        {
            return new ChangesAnswer.Gone();
        }
        var rows = await db.QueryAsync<Row>("""
            SELECT e.number, e.subscription_id, e.word, e.at FROM subscription_event e JOIN status_subscription s ON s.id = e.subscription_id
            WHERE e.verifier_id = @verifier AND e.number > @after AND (e.word = @ended OR (s.state = 'ACTIVE' AND s.until_at > @now)) ORDER BY e.number LIMIT @limit
            """, new { verifier = by.Id, after, ended = StatusWords.Ended, now = clock.Now(), limit = most + 1 }, cancel);
        var more = rows.Count > most;
        var page = rows.Take(most).ToList();
        return new ChangesAnswer.Page([.. page.Select(r => new StatusChange(r.SubscriptionId, r.Word, r.At))],
            more ? page[^1].Number : Math.Max(feed.LastNumber, page.Count > 0 ? page[^1].Number : after), more);
    }

    /// <summary>Deletes what was kept long enough to be fetched. Returns how many.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancel = default)
    {
        var before = clock.Now() - Duration.FromDays(rules().EventDays);
        var old = await db.QueryAsync<Key>("SELECT verifier_id, number FROM subscription_event WHERE at < @before ORDER BY at, number LIMIT @most", new { before, most = ForgottenAtOnce }, cancel);
        foreach (var ofVerifier in old.GroupBy(k => k.VerifierId, k => k.Number))
        {
            var feed = await db.FirstAsync<Feed>("SELECT version AS row_version, first_number, last_number FROM subscription_feed WHERE id = @id", new { id = ofVerifier.Key }, cancel)
                ?? throw new InvalidOperationException($"The verifier {ofVerifier.Key} was told something and has no numbers.");
            var first = ofVerifier.Max() + 1;
            var change = new Change(new Act(ActId.New(clock), "subscription.forget", Actor.System("subscriptions"), Names.IdOf(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"subscription.forget:{ofVerifier.Key}:{first}")), Digest.Of("subscription.forget"), clock.Now()));
            change.Heads.Add(CredentialsTables.SubscriptionFeed.Head(ofVerifier.Key, feed.RowVersion, Math.Max(first, feed.FirstNumber), feed.LastNumber));
            change.Rows.AddRange(ofVerifier.Select(number => CredentialsTables.SubscriptionEvent.Delete(ofVerifier.Key, number)));
            if (await writer.WriteAsync(change, WriteClass.Bulk, cancel) is not WriteOutcome.Done and var outcome)
            {
                throw new NotWrittenException("What verifiers were told was not deleted.", outcome);
            }
        }
        return old.Count;
    }

    private sealed record Feed(long RowVersion, long FirstNumber, long LastNumber);

    private sealed record Row(long Number, Guid SubscriptionId, string Word, Instant At);

    private sealed record Key(Guid VerifierId, long Number);
}
