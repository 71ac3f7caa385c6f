using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>From the policies.</summary>
/// <param name="Page">Events in one answer or delivery at most.</param>
/// <param name="KeepDays">How long an event can be fetched.</param>
/// <param name="RetryFirst">Until the second attempt at a delivery; doubled each time...</param>
/// <param name="RetryMost">...up to this.</param>
/// <param name="StopAfter">An agency that has failed for so long is not called any more until somebody says so.</param>
public sealed record FeedRules(int Page, int KeepDays, Duration RetryFirst, Duration RetryMost, Duration StopAfter, long Version)
{
    public static FeedRules Of(PolicySnapshot policies, LocalDate on) => new(
        policies.Get<int>("feed.page_most", on),
        policies.Get<int>("feed.keep_days", on),
        Duration.FromSeconds(policies.Get<int>("feed.retry_first_seconds", on)),
        Duration.FromSeconds(policies.Get<int>("feed.retry_most_seconds", on)),
        Duration.FromHours(policies.Get<int>("feed.stop_after_hours", on)),
        policies.Version);
}

/// <summary>Why the feed gives nothing.</summary>
public static class FeedRefusals
{
    /// <summary>The policy <c>feed.consumers</c> has no row for the agency.</summary>
    public const string NotGranted = "feed.not_granted";

    /// <summary>No such cursor was ever given.</summary>
    public const string Cursor = "feed.cursor";

    /// <summary>What came after this cursor is no longer kept, or the journal was given up since.</summary>
    public const string CursorGone = "feed.cursor_gone";

    public const string Limit = "feed.limit";

    /// <summary>A replay moves back, never on: what is passed over would be lost.</summary>
    public const string ReplayForward = "feed.replay_forward";

    /// <summary>The agency is not called: it has no address here.</summary>
    public const string NoAddress = "feed.no_address";

    /// <summary>A reason is a word or number by which the decision is found again.</summary>
    public const string Reason = "feed.reason";
}

/// <summary>The resident numbers of these residences for an agency: recorded as read by it before they are given. Who was erased is not in it. Registered by the host, because the register is no part of this project.</summary>
public delegate Task<IReadOnlyDictionary<Guid, string>> FeedNumbers(string agency, IReadOnlyCollection<(Guid Person, Guid Residence)> of, CancellationToken cancel);

/// <summary>A page with the cursors around it.</summary>
/// <param name="Oldest">When the oldest of its events happened; null when it has none.</param>
public sealed record FeedReading(IReadOnlyList<FeedEvent> Events, FeedCursor Next, bool More, Instant? Oldest);

/// <summary>
/// What happened to residences and IDs, in the order of the journal. What is read is below the place up to which the journal was read, and that place and its events are one commit: nothing ever appears before
/// something that a reader has passed.
/// </summary>
public sealed class EventFeed(Db db, Func<PolicySnapshot> policies, FeedNumbers numbers, TimeProvider clock)
{
    internal static readonly Guid PlaceId = Names.IdOf("feed");

    internal sealed record Place(long RowVersion, long Position, long FirstPosition, int Generation);

    public FeedRules Rules => FeedRules.Of(policies(), clock.Today());

    /// <summary>What an agency is told.</summary>
    public IReadOnlyList<FeedGrant> GrantsOf(string agency) => [.. policies().Get<IReadOnlyList<FeedGrant>>(FeedGrant.Policy, clock.Today()).Where(g => g.Agency == agency).DistinctBy(g => g.Kind)];

    /// <summary>Version 0: nothing was read yet.</summary>
    internal async Task<Place> PlaceAsync(CancellationToken cancel) => await db.FirstAsync<Place>("""
        SELECT p.version AS row_version, p.position, p.first_position, coalesce((SELECT h.generation FROM journal_head h), 1) AS generation FROM feed_place p WHERE p.id = @id
        """, new { id = PlaceId }, cancel) ?? new Place(0, 0, 0, 1);

    /// <summary>Where the feed ends now.</summary>
    public async Task<FeedCursor> EndAsync(CancellationToken cancel = default) => await PlaceAsync(cancel) is var place ? new(place.Generation, place.Position, 0) : default;

    /// <param name="after">The cursor of the page before; null: from the oldest that is kept.</param>
    /// <param name="most">At most <see cref="FeedRules.Page"/>.</param>
    public async Task<Result<FeedReading>> ReadAsync(string agency, FeedCursor? after, int most, CancellationToken cancel = default)
    {
        if (GrantsOf(agency) is not { Count: > 0 } grants)
        {
            return new Refusal(FeedRefusals.NotGranted);
        }
        // The place first: what is committed after it is found by the next reader.
        var place = await PlaceAsync(cancel);
        if (FaultOf(after, place) is { } no)
        {
            return no;
        }
        var from = after ?? new FeedCursor(place.Generation, place.FirstPosition, 0);
        var found = new List<FeedFact>();
        foreach (var grant in grants)
        {
            found.AddRange(await db.QueryAsync<FeedFact>("""
                SELECT position, ordinal, act_id AS act, kind, person_id AS person, residence_id AS residence, category, at, from_day AS "from", until_day AS until, ended_day AS ended, state, frozen, number FROM feed_event
                WHERE kind = @kind AND (position, ordinal) >= (@position, @ordinal) AND position < @end AND category = ANY(@categories) ORDER BY position, ordinal LIMIT @limit
                """, new { kind = grant.Kind, position = from.Position, ordinal = from.Ordinal, end = place.Position, categories = grant.Categories.ToList(), limit = most + 1 }, cancel));
        }
        var page = found.OrderBy(f => f.Position).ThenBy(f => f.Ordinal).Take(most).ToList();
        var more = found.Count > page.Count;
        var next = more ? new FeedCursor(place.Generation, page[^1].Position, page[^1].Ordinal + 1) : new FeedCursor(place.Generation, place.Position, 0);
        var rows = grants.ToDictionary(g => g.Kind, StringComparer.Ordinal);
        var named = page.Where(f => rows[f.Kind].Fields.Contains(FeedFields.ResidentNumber)).Select(f => (f.Person, f.Residence)).Distinct().ToList();
        var known = named.Count == 0 ? new Dictionary<Guid, string>() : await numbers(agency, named, cancel);
        // Of somebody who was erased nothing is told.
        var events = page.Where(f => !rows[f.Kind].Fields.Contains(FeedFields.ResidentNumber) || known.ContainsKey(f.Residence)).Select(f => Given(f, rows[f.Kind].Fields, known.GetValueOrDefault(f.Residence))).ToList();
        return new FeedReading(events, next, more, page.Count > 0 ? page[0].At : null);
    }

    /// <summary>Why a cursor is none to read on from; null when it is.</summary>
    internal static Refusal? FaultOf(FeedCursor? cursor, Place place) => cursor is not { } at ? null
        : at.Generation > place.Generation || (at.Generation == place.Generation && (at.Position > place.Position || (at.Position == place.Position && at.Ordinal > 0))) ? new Refusal(FeedRefusals.Cursor)
        // After a restore the same places hold other acts.
        : at.Generation < place.Generation || at.Position < place.FirstPosition ? new Refusal(FeedRefusals.CursorGone)
        : null;

    private static FeedEvent Given(FeedFact fact, IReadOnlyList<string> fields, string? number) => new(Names.IdOf($"feed:{fact.Act}:{fact.Ordinal}"), fact.Kind, fact.At)
    {
        ResidentNumber = Only(fields, FeedFields.ResidentNumber, number),
        ValidFrom = Only(fields, FeedFields.ValidFrom, fact.From),
        ValidUntil = Only(fields, FeedFields.ValidUntil, fact.Until),
        EndedOn = Only(fields, FeedFields.EndedOn, fact.Ended),
        State = Only(fields, FeedFields.State, fact.State),
        DocumentVersion = Only(fields, FeedFields.Version, fact.Number),
        Frozen = Only(fields, FeedFields.Frozen, fact.Frozen),
    };

    private static T? Only<T>(IReadOnlyList<string> fields, string field, T? value) => fields.Contains(field) ? value : default;
}

/// <summary>Writes what was found in the journal. The place and the events are one commit, and the place is compared: whatever is killed between, no event is lost and none is there twice.</summary>
public sealed class FeedWriter(Db db, IWriter writer, EventFeed feed, TimeProvider clock)
{
    private const int ForgottenAtOnce = 500;

    /// <summary>From where on the journal is to be read.</summary>
    public async Task<FeedCursor> NextAsync(CancellationToken cancel = default) => await feed.EndAsync(cancel);

    /// <summary>Whether a residence is already said to have ended.</summary>
    public async Task<IReadOnlySet<Guid>> EndedAsync(IReadOnlyCollection<Guid> residences, CancellationToken cancel = default) => residences.Count == 0 ? new HashSet<Guid>()
        : (await db.QueryAsync<Guid>($"SELECT residence_id FROM feed_event WHERE kind = '{FeedKinds.ResidenceEnded}' AND residence_id = ANY(@ids)", new { ids = residences.ToList() }, cancel)).ToHashSet();

    /// <param name="from">Where the reading began: somebody else who has gone on since is not overtaken.</param>
    /// <param name="to">Where it goes on.</param>
    /// <exception cref="NotWrittenException">Nothing was written: it is read again.</exception>
    public async Task AddAsync(long from, long to, IReadOnlyList<FeedFact> facts, CancellationToken cancel = default)
    {
        var place = await feed.PlaceAsync(cancel);
        if (place.Position != from)
        {
            throw new NotWrittenException("Another process has read the journal for the feed.", new WriteOutcome.Conflict(FeedTables.Place.Name, EventFeed.PlaceId));
        }
        var change = new Change(act: null) { Heads = { FeedTables.Place.Head(EventFeed.PlaceId, place.RowVersion, to, place.FirstPosition) } };
        change.Rows.AddRange(facts.Select(f => FeedTables.Event.Insert(f.Position, f.Ordinal, f.Act, f.Kind, f.Person, f.Residence, f.Category, f.At, f.From, f.Until, f.Ended, f.State, f.Frozen, f.Number)));
        await WriteAsync(change, cancel);
    }

    /// <summary>Deletes what was kept long enough. Returns how many.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancel = default)
    {
        var before = clock.Now() - Duration.FromDays(feed.Rules.KeepDays);
        // Times may be a little out of order: the last place that is old enough takes along what lies before it.
        var old = await db.QueryAsync<Key>("SELECT position, ordinal FROM feed_event WHERE at < @before ORDER BY position, ordinal LIMIT @most", new { before, most = ForgottenAtOnce }, cancel);
        if (old.Count == 0)
        {
            return 0;
        }
        var place = await feed.PlaceAsync(cancel);
        var change = new Change(act: null) { Heads = { FeedTables.Place.Head(EventFeed.PlaceId, place.RowVersion, place.Position, Math.Max(place.FirstPosition, old[^1].Position + 1)) } };
        change.Rows.AddRange(old.Select(k => FeedTables.Event.Delete(k.Position, k.Ordinal)));
        await WriteAsync(change, cancel);
        return old.Count;
    }

    private async Task WriteAsync(Change change, CancellationToken cancel)
    {
        if (await writer.WriteAsync(change, WriteClass.Bulk, cancel) is not WriteOutcome.Done and var outcome)
        {
            throw new NotWrittenException("The feed was not written.", outcome);
        }
    }

    private sealed record Key(long Position, int Ordinal);
}
