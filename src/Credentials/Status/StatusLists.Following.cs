using Muqeem.Kernel;
using Muqeem.Platform.Journal;
using NodaTime;

namespace Muqeem.Credentials.Status;

/// <summary>How a node comes to know what stands in the lists: whole at its start, page by page, and then what changes.</summary>
public sealed partial class StatusLists
{
    /// <summary>How far back each look by time reaches again, so that commits which overtake each other are seen at once; those that are later still come by the journal.</summary>
    private static readonly Duration Overlap = Duration.FromSeconds(2);

    /// <summary>Rows in memory at once, however many forms there are.</summary>
    internal const int Page = 4096;

    private const string Columns = "SELECT id, list, list_index, invalid_reason, suspended_at, frozen_at, changed_at FROM credential_form ";

    private readonly JournalFeed _feed = new(db);
    private Instant _seen;

    /// <summary>Up to here the journal is taken over; null before the lists are loaded.</summary>
    private long? _position;

    private readonly SemaphoreSlim _following = new(1, 1);

    /// <summary>Takes over which places are given away, and signs nothing: for a process that issues and does not serve.</summary>
    public Task KnowAsync(CancellationToken cancel = default) => FollowAsync(cancel);

    /// <summary>Takes over what changed. Asked more often than a round, which may take long when many lists are signed.</summary>
    internal async Task FollowAsync(CancellationToken cancel = default)
    {
        await _following.WaitAsync(cancel);
        try
        {
            var asOf = clock.Now();
            if (_position is null)
            {
                // First where the journal stands, then the rows: an act is in the one or comes in the other.
                var (end, now) = (await _feed.EndAsync(cancel), clock.Now());
                await LoadAsync(now, cancel);
                (_position, _seen) = (end, now);
            }
            await FollowTimeAsync(cancel);
            await FollowJournalAsync(cancel);
            Volatile.Write(ref _knownAt, asOf.ToMicros());
        }
        finally
        {
            _following.Release();
        }
    }

    /// <summary>List by list and page by page, along the index.</summary>
    private async Task LoadAsync(Instant now, CancellationToken cancel)
    {
        // Names sort by their quarter; before the present one all has expired.
        var list = NameOf(now, 0)[..6];
        while (await db.FirstAsync<string>("SELECT list FROM credential_form WHERE list > @list ORDER BY list LIMIT 1", new { list }, cancel) is { } next)
        {
            list = next;
            var index = -1;
            IReadOnlyList<Row> rows;
            do
            {
                rows = await db.QueryAsync<Row>(Columns + "WHERE list = @list AND list_index > @index ORDER BY list_index LIMIT @most", new { list, index, most = Page }, cancel);
                TakeOver(rows);
                index = rows.Count > 0 ? rows[^1].ListIndex : index;
            }
            while (rows.Count == Page);
        }
    }

    private async Task FollowTimeAsync(CancellationToken cancel)
    {
        var (at, id, now) = (_seen - Overlap, Guid.Empty, clock.Now());
        IReadOnlyList<Row> rows;
        do
        {
            rows = await db.QueryAsync<Row>(Columns + "WHERE (changed_at, id) > (@at, @id) ORDER BY changed_at, id LIMIT @most", new { at, id, most = Page }, cancel);
            TakeOver(rows);
            if (rows.Count > 0)
            {
                (at, id) = (rows[^1].ChangedAt, rows[^1].Id);
                // A clock that is ahead must not make this one pass over what comes meanwhile.
                _seen = Instant.Max(_seen, Instant.Min(at, now));
            }
        }
        while (rows.Count == Page);
    }

    private async Task FollowJournalAsync(CancellationToken cancel)
    {
        HeadPage page;
        do
        {
            page = await _feed.ReadAsync(CredentialsTables.Form, _position!.Value, cancel);
            foreach (var ids in page.Heads.Chunk(Page))
            {
                TakeOver(await db.QueryAsync<Row>(Columns + "WHERE id = ANY(@ids)", new { ids }, cancel));
            }
            _position = page.Next;
        }
        while (!page.AtEnd);
    }

    private void TakeOver(IReadOnlyList<Row> rows)
    {
        var now = clock.Now();
        foreach (var row in rows.Where(r => EndOf(r.List) > now))
        {
            var list = _lists.GetOrAdd(row.List, static name => new List(name));
            lock (list)
            {
                list.Set(row.ListIndex, StatusOf(row.InvalidReason, row.SuspendedAt, row.FrozenAt));
            }
        }
    }
}
