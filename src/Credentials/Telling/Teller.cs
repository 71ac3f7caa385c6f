using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Telling;

/// <summary>Persons whose residence was written, and where to read on.</summary>
/// <param name="Next">The position to ask for next.</param>
/// <param name="AtEnd">Nothing that has a position is left.</param>
public sealed record ResidencesWritten(IReadOnlyCollection<PersonId> Persons, long Next, bool AtEnd);

/// <summary>Whose residence acts from this position of the journal on wrote. Registered by the host, because the register is no part of this project.</summary>
public delegate Task<ResidencesWritten> ResidencesSince(long from, CancellationToken cancel);

/// <summary>
/// Writes down for verifiers what changed of the IDs that they are told of. It compares how an ID stands with what was told last, so it may look as often as it likes: whatever was not told is told by the
/// next look, however the one before ended. It looks at whom the journal names, which misses no act, and at what is due by date. What is told, and what ends a consent, move the same head: after a
/// withdrawal nothing can be told any more.
/// </summary>
public sealed class Teller(
    Db db, IWriter writer, StandingsOf standingsOf, ResidencesSince residencesSince, TellHolder tell, Subscriptions subscriptions, Leases leases, TimeProvider clock)
{
    /// <summary>How a change that was told stands in the record of accesses, before the purpose.</summary>
    public const string WhereRoot = "told.";

    private const string LeaseName = "subscriptions.tell";
    private static readonly Duration LeaseLength = Duration.FromSeconds(30);

    /// <summary>Subscriptions in one look.</summary>
    internal const int AtOnce = 128;

    private static readonly Guid Id = Names.IdOf(LeaseName);

    private readonly JournalFeed _feed = new(db);
    private readonly SemaphoreSlim _one = new(1, 1);
    private Place? _place;

    /// <summary>The purpose that stands in the record of what was told; empty when there is none.</summary>
    public static string PurposeIn(string where) => where.StartsWith(WhereRoot, StringComparison.Ordinal) ? where[WhereRoot.Length..] : "";

    /// <summary>Looks at whatever may have changed. Returns how many subscriptions something was written for.</summary>
    public async Task<int> RoundAsync(CancellationToken cancel = default)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (await leases.TakeAsync(LeaseName, LeaseLength, cancel) is null)
            {
                _place = null;
                return 0;
            }
            return await FollowAsync(cancel) + await DueAsync(cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Whoever stops lets another begin at once.</summary>
    internal async Task ReleaseAsync(CancellationToken cancel)
    {
        if (await leases.TakeAsync(LeaseName, LeaseLength, cancel) is { } held)
        {
            await leases.ReleaseAsync(held);
        }
    }

    /// <summary>Where it starts for the first time nothing was told yet: a consent is looked at when it is given, and what comes after that has a position.</summary>
    private async Task<int> FollowAsync(CancellationToken cancel)
    {
        _place ??= await db.FirstAsync<Place>("SELECT version AS row_version, position FROM subscription_teller WHERE id = @id", new { id = Id }, cancel) ?? new Place(0, await _feed.EndAsync(cancel));
        var (from, told) = (_place.Position, 0);
        for (var atEnd = false; !atEnd;)
        {
            var documents = await _feed.ReadAsync(CredentialsTables.Document, from, cancel);
            var residences = await residencesSince(from, cancel);
            var holders = documents.Heads.Count == 0 ? (IReadOnlyList<Guid>)[] : await db.QueryAsync<Guid>("SELECT DISTINCT person_id FROM document WHERE id = ANY(@ids)", new { ids = documents.Heads.ToList() }, cancel);
            foreach (var some in holders.Select(p => new PersonId(p)).Union(residences.Persons).Chunk(AtOnce))
            {
                foreach (var page in (await Subscription.ActiveAsync(db, some, cancel)).Chunk(AtOnce))
                {
                    told += await LookAsync(page, cancel);
                }
            }
            // The one that reads more slowly is waited for; what is read twice is told once.
            from = Math.Min(documents.Next, residences.Next);
            atEnd = documents.AtEnd && residences.AtEnd;
        }
        if (from != _place.Position || _place.RowVersion == 0)
        {
            // Only now: until it is written a restart begins at the former place.
            await WriteAsync(new Change(null) { Heads = { CredentialsTables.Teller.Head(Id, _place.RowVersion, from) } }, cancel);
            _place = new Place(_place.RowVersion + 1, from);
        }
        return told;
    }

    private async Task<int> DueAsync(CancellationToken cancel)
    {
        var told = 0;
        while (await Subscription.OrphanedAsync(db, AtOnce, cancel) is { Count: > 0 } orphans)
        {
            foreach (var orphan in orphans)
            {
                await EndAsync(orphan, SubscriptionEnds.Verifier, cancel);
                told++;
            }
        }
        while (await Subscription.DueAsync(db, clock.Now(), AtOnce, cancel) is { Count: > 0 } due)
        {
            told += await LookAsync(due, cancel);
        }
        return told;
    }

    private async Task<int> LookAsync(IReadOnlyList<Subscription> some, CancellationToken cancel)
    {
        var now = clock.Now();
        foreach (var over in some.Where(s => s.State == SubscriptionState.Active && s.StateAt(now) == SubscriptionState.Ended))
        {
            await EndAsync(over, SubscriptionEnds.Expired, cancel);
        }
        var active = some.Where(s => s.StateAt(now) == SubscriptionState.Active).ToList();
        var stands = await StandsAsync([.. active.Select(s => s.Person).Distinct()], now, cancel);
        var changes = active.Select(s => Compared(s, stands[s.Person])).Where(c => c is not null).Select(c => c!)
            .Concat(some.Where(s => s is { State: SubscriptionState.Ended, LookAt: not null }).Select(s => new Told(s with { LookAt = null }, [StatusWords.Ended]))).ToList();
        foreach (var ofVerifier in changes.GroupBy(c => c.Next.Verifier))
        {
            await TellAsync(ofVerifier.Key, [.. ofVerifier], now, cancel);
        }
        return changes.Count;
    }

    /// <summary>Null: nothing is to be told, and nothing is to be looked at earlier than was thought.</summary>
    private static Told? Compared(Subscription s, Stand stand)
    {
        List<string> words = [];
        if (s.Document is { } former && stand is { IsLive: true, Document: { } document } && document != former)
        {
            words.Add(StatusWords.Renewed);
        }
        if (s.Word != stand.Word)
        {
            words.Add(stand.Word);
        }
        var look = stand.Next is { } next ? Instant.Min(next, s.UntilAt) : s.UntilAt;
        var compared = s with { Word = stand.Word, Document = stand.IsLive ? stand.Document : s.Document, LookAt = look };
        return words.Count > 0 || compared != s ? new(compared, words) : null;
    }

    /// <summary>One act for all that a verifier is told now. The holder finds it among the accesses.</summary>
    private async Task TellAsync(Guid verifier, IReadOnlyList<Told> told, Instant now, CancellationToken cancel)
    {
        var act = new Act(ActId.New(clock), told.Any(t => t.Words.Count > 0) ? "subscription.tell" : "subscription.reckon", Actor.System("subscriptions"), Guid.CreateVersion7(clock.GetUtcNow()),
            Digest.Of((string?[])["subscription.tell", .. told.Select(t => t.Next.Id.ToString())]), now)
        { Person = told is [var only] ? only.Next.Person : null };
        var change = new Change(act);
        var feed = await db.FirstAsync<Feed>("SELECT version AS row_version, first_number, last_number FROM subscription_feed WHERE id = @verifier", new { verifier }, cancel) ?? new Feed(0, 1, 0);
        var number = feed.LastNumber;
        foreach (var (next, words) in told)
        {
            change.Heads.Add(next.Next());
            foreach (var word in words)
            {
                change.Rows.Add(CredentialsTables.SubscriptionEvent.Insert(verifier, ++number, next.Id, word, now));
            }
            if (words.Any(w => w != StatusWords.Ended))
            {
                change.Accesses.Add(new AccessEntry(Guid.CreateVersion7(now.ToDateTimeOffset()), now, Actor.Verifier(verifier), Purpose.VerifyDocument, null, WhereRoot + next.Purpose, [next.Person]));
            }
        }
        if (number != feed.LastNumber)
        {
            change.Heads.Add(CredentialsTables.SubscriptionFeed.Head(verifier, feed.RowVersion, feed.FirstNumber, number));
        }
        await WriteAsync(change, cancel);
    }

    /// <summary>Ends one whose time is over, or whose verifier is gone; that it ended is told by the next look.</summary>
    private async Task EndAsync(Subscription s, string reason, CancellationToken cancel)
    {
        var now = clock.Now();
        var change = new Change(new Act(ActId.New(clock), "subscription.end", Actor.System("subscriptions"), Names.OperationOf("subscription.end", s.Id, s.UntilAt), Digest.Of("subscription.end", reason), now) { Person = s.Person, Reason = reason });
        change.Heads.Add(Subscriptions.Over(s, reason, now).Next());
        change.Releases.Add(subscriptions.ClaimOf(s));
        var names = await db.FirstAsync<Named>("SELECT name_ar, name_en FROM registered_verifier WHERE id = @id", new { id = s.Verifier }, cancel);
        await tell(change, s.Person, "subscription_over", ("name_ar", names!.NameAr), ("name_en", names.NameEn), ("reason", reason));
        await WriteAsync(change, cancel);
    }

    /// <summary>A conflict is somebody's word about the same subscription: the next round looks again, and what was not told is told then.</summary>
    private async Task WriteAsync(Change change, CancellationToken cancel)
    {
        if (await writer.WriteAsync(change, WriteClass.Bulk, cancel) is not WriteOutcome.Done and var outcome)
        {
            _place = null;
            throw new NotWrittenException("What verifiers are told was not written.", outcome);
        }
    }

    /// <summary>How the IDs of these persons stand, by the same judgement as a check.</summary>
    private async Task<IReadOnlyDictionary<PersonId, Stand>> StandsAsync(IReadOnlyCollection<PersonId> persons, Instant now, CancellationToken cancel)
    {
        if (persons.Count == 0)
        {
            return new Dictionary<PersonId, Stand>();
        }
        var ids = persons.Select(p => p.Value).ToList();
        var versions = (await db.QueryAsync<Version>("SELECT id, person_id, number, state, expires_day FROM document WHERE person_id = ANY(@ids)", new { ids }, cancel)).ToLookup(v => v.PersonId);
        var holds = (await db.QueryAsync<Open>("SELECT person_id, kind FROM document_hold WHERE person_id = ANY(@ids) AND ended_at IS NULL", new { ids }, cancel)).ToLookup(h => h.PersonId, h => Enum.Parse<HoldKind>(h.Kind, ignoreCase: true));
        var standings = await standingsOf(persons, cancel);
        return persons.ToDictionary(p => p, p =>
        {
            var standing = standings.GetValueOrDefault(p);
            var version = versions[p.Value].OrderByDescending(v => v.Read == DocumentState.Live).ThenByDescending(v => v.Number).FirstOrDefault();
            var against = standing is null ? NotValidReason.Ended
                : Verifying.Verification.Against(standing.Residence, version?.Read, version?.ExpiresDay ?? default, holds[p.Value].Contains(HoldKind.Suspended), holds[p.Value].Contains(HoldKind.Frozen), now.DayInRiyadh());
            var end = version is { Read: DocumentState.Live } live && live.ExpiresDay.EndInRiyadh() is var over && over > now ? over : (Instant?)null;
            return new Stand(WordOf(against), version?.Id, version?.Read == DocumentState.Live, Earlier(end, standing?.Next));
        });
    }

    private static Instant? Earlier(Instant? one, Instant? other) => one is null ? other : other is null ? one : Instant.Min(one.Value, other.Value);

    private static string WordOf(NotValidReason? against) => against switch
    {
        null => StatusWords.Valid,
        NotValidReason.DocumentSuspended or NotValidReason.Suspended => StatusWords.Suspended,
        NotValidReason.DocumentFrozen => StatusWords.Frozen,
        NotValidReason.DocumentExpired or NotValidReason.Expired => StatusWords.Expired,
        NotValidReason.NotYet => StatusWords.NotYetValid,
        _ => StatusWords.Revoked,
    };

    /// <param name="Next">When the word may change by date alone.</param>
    private sealed record Stand(string Word, Guid? Document, bool IsLive, Instant? Next);

    /// <param name="Next">The subscription as it is when that was told.</param>
    private sealed record Told(Subscription Next, IReadOnlyList<string> Words);

    private sealed record Place(long RowVersion, long Position);

    private sealed record Feed(long RowVersion, long FirstNumber, long LastNumber);

    private sealed record Version(Guid Id, Guid PersonId, int Number, string State, LocalDate ExpiresDay)
    {
        public DocumentState Read => Enum.Parse<DocumentState>(State, ignoreCase: true);
    }

    private sealed record Named(string NameAr, string NameEn);

    private sealed record Open(Guid PersonId, string Kind);
}
