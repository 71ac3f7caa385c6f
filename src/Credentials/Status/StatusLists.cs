using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Muqeem.Credentials.Forms;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Status;

/// <summary>Where a credential's status stands.</summary>
/// <param name="List">Name of the list; the last part of its address.</param>
public sealed record StatusPlace(string List, int Index);

/// <summary>What stands at a place now.</summary>
/// <param name="Status">Null: no credential of ours stands there.</param>
/// <param name="IsOver">All credentials of the list have expired.</param>
/// <param name="AsOf">When this was known to be so.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PlaceStatus(CredentialStatus? Status, bool IsOver, Instant AsOf);

/// <summary>A status list's newest token, as it is served.</summary>
/// <param name="KeyId">Of its signer; null when an earlier release signed it.</param>
/// <param name="TokenId">Of its announcement; null likewise.</param>
public sealed record StatusToken(string List, Instant At, Instant ExpiresAt, byte[] Jwt, byte[] Cwt, string? KeyId, Guid? TokenId);

/// <summary>
/// The status lists: one for each quarter in which credentials expire, more when it fills. Each node holds the entries in memory, 384 KB a list, and follows the forms; one of them, by lease, signs a
/// new token within a second of a change. A list is no longer signed once all in it has expired, and is dropped when its last token has.
/// </summary>
/// <remarks>
/// Followed twice: by the time of the change, which is at once but misses a commit that comes late, and by the journal's positions, which miss nothing. When the journal stands still the first goes on alone.
/// </remarks>
public sealed partial class StatusLists(Db db, IWriter writer, KeyStore keys, Leases leases, TimeProvider clock, Func<StatusRules> rules, string origin, ILogger<StatusLists> log)
{
    /// <summary>Claimed with this kind: an index met another by chance; make the change anew.</summary>
    public const string IndexClaim = "status.index";

    private const string LeaseName = "status.publish";
    private static readonly Duration LeaseLength = Duration.FromSeconds(30);

    /// <summary>From so many on a further list is begun: in a full one a free place is hard to find, and in an empty one an entry tells whose it is.</summary>
    private const int Full = StatusEntries.FullSize / 5 * 3;

    /// <summary>A node that is further behind gives no answers: what it does not know yet may be a revocation.</summary>
    public static readonly Duration Behind = Duration.FromSeconds(1);

    private readonly string _root = origin + "/status/";
    private long _knownAt = long.MinValue;
    private readonly ConcurrentDictionary<string, List> _lists = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, StatusToken> _tokens = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>The address of a list, which is also the subject of its token.</summary>
    public string UriOf(string list) => _root + list;

    /// <summary>The list of an address; null when the address is not one of ours.</summary>
    public string? ListOf(string uri) => uri.Length > _root.Length && uri.StartsWith(_root, StringComparison.Ordinal) ? uri[_root.Length..] : null;

    /// <summary>What stands at a place, from memory: the database is not asked. Null when this node has not followed it for longer than <see cref="Behind"/>, and so cannot say.</summary>
    public PlaceStatus? Look(ReadOnlySpan<char> uri, long index)
    {
        var (at, now) = (Volatile.Read(ref _knownAt), clock.Now());
        if (at == long.MinValue || now - Clock.FromMicros(at) > Behind)
        {
            return null;
        }
        var asOf = Clock.FromMicros(at);
        if (!uri.StartsWith(_root, StringComparison.Ordinal) || index is < 0 or >= StatusEntries.FullSize
            || !_lists.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(uri[_root.Length..], out var list))
        {
            return new PlaceStatus(null, false, asOf);
        }
        lock (list)
        {
            return new PlaceStatus(list.IsTaken((int)index) ? list.Entries[(int)index] : null, list.End <= now, asOf);
        }
    }

    /// <summary>A place nobody has: the index is random, so that neighbours in the list were not issued one after the other. The caller claims it by <see cref="ClaimOf"/>.</summary>
    public StatusPlace Allocate(Instant expires)
    {
        for (var number = 0; ; number++)
        {
            var list = _lists.GetOrAdd(NameOf(expires, number), static name => new List(name));
            lock (list)
            {
                if (list.Count >= Full)
                {
                    continue;
                }
                int index;
                do
                {
                    index = RandomNumberGenerator.GetInt32(StatusEntries.FullSize);
                }
                while (!list.Take(index));
                return new StatusPlace(NameOf(expires, number), index);
            }
        }
    }

    public static Claim ClaimOf(StatusPlace place) =>
        new(IndexClaim, SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{place.List}:{place.Index}"))));

    /// <summary>The newest token; null for a list that does not exist, or no longer.</summary>
    public StatusToken? Token(string list) => _tokens.GetValueOrDefault(list) is { } token && token.ExpiresAt > clock.Now() ? token : null;

    /// <summary>For how long a verifier may keep a list.</summary>
    public Duration Ttl => rules().Ttl;

    /// <summary>The newest tokens of all lists.</summary>
    public IReadOnlyList<StatusToken> Tokens => [.. _tokens.Values.Where(t => t.ExpiresAt > clock.Now()).OrderBy(t => t.List, StringComparer.Ordinal)];

    /// <summary>One round: takes over what changed; when this node has the lease, signs what must be signed; takes over the newest tokens. Returns how many were signed.</summary>
    public async Task<int> RoundAsync(CancellationToken cancel = default)
    {
        await _one.WaitAsync(cancel);
        try
        {
            await FollowAsync(cancel);
            var leads = await leases.TakeAsync(LeaseName, LeaseLength, cancel) is not null;
            var signed = leads ? await PublishAsync(cancel) : 0;
            await TakeTokensAsync(leads, cancel);
            return signed;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Final before suspended before frozen: the graver word counts, and a freeze that is not lifted counts again when a suspension is.</summary>
    internal static CredentialStatus StatusOf(string? invalidReason, Instant? suspendedAt, Instant? frozenAt) =>
        invalidReason is not null ? CredentialStatus.Invalid : suspendedAt is not null ? CredentialStatus.Suspended : frozenAt is not null ? CredentialStatus.Frozen : CredentialStatus.Valid;

    private async Task<int> PublishAsync(CancellationToken cancel)
    {
        var (now, rule) = (clock.Now(), rules());
        // Announced and not stored: its maker died between, or could not sign.
        var open = (await db.QueryAsync<Announced>("SELECT list, token FROM status_announced", null, cancel)).ToDictionary(a => a.List, a => a.Token, StringComparer.Ordinal);
        foreach (var ended in open.Where(o => EndOf(o.Key) <= now))
        {
            await GiveUpAsync(ended.Key, ended.Value, now, cancel);
        }
        // What a withdrawn signer signed is believed by nobody: it is signed anew at once.
        var withdrawn = keys.All(KeyPurpose.StatusList).Where(c => c.State == KeyState.Revoked).Select(c => c.KeyId).ToHashSet(StringComparer.Ordinal);
        var signed = 0;
        foreach (var (name, list) in _lists)
        {
            byte[] entries;
            long version;
            lock (list)
            {
                var fresh = _tokens.TryGetValue(name, out var token) && token.ExpiresAt - now > rule.Life - rule.Renew && token.At <= now && !open.ContainsKey(name) && !withdrawn.Contains(token.KeyId ?? "");
                if (list.End <= now || list.Count == 0 || (fresh && list.Published == list.Version))
                {
                    continue;
                }
                (entries, version) = (list.Entries.Bytes.ToArray(), list.Version);
            }
            await SignAsync(name, entries, open.TryGetValue(name, out var former) ? former : null, now, rule, cancel);
            lock (list)
            {
                list.Published = version;
            }
            signed++;
        }
        return signed;
    }

    /// <summary>The act says what will be signed before it is; its leaf makes every list that was ever signed known. One that was announced before and never stored is given up in the same act.</summary>
    private async Task SignAsync(string name, byte[] entries, Guid? former, Instant now, StatusRules rule, CancellationToken cancel)
    {
        var by = keys.Current(KeyPurpose.StatusList);
        var packed = StatusListForm.Packed(entries);
        var jwt = StatusListForm.Jwt(UriOf(name), packed, now, rule.Life, rule.Ttl, by.Chain);
        var cwt = StatusListForm.Cwt(UriOf(name), packed, now, rule.Life, rule.Ttl, by.Chain);
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var act = new Act(ActId.New(clock), "status.publish", Actor.System("status"), id, Digest.Of("status.publish", name), now);
        var intent = new Change(act)
        {
            Rows = { CredentialsTables.StatusToken.Insert(id, name, now, now + rule.Life, by.KeyId, jwt.Digest, cwt.Digest), CredentialsTables.StatusAnnounced.Put(name, id) },
        };
        if (former is { } lost)
        {
            intent.Rows.Add(CredentialsTables.StatusVoid.Insert(lost, now));
        }
        if (await writer.WriteAsync(intent, cancel: cancel) is not WriteOutcome.Done)
        {
            throw new NotWrittenException("A status list could not be announced.", intent.Outcome!);
        }
        var (jwtBytes, cwtBytes) = (jwt.Complete(keys.Sign(by, jwt.ToBeSigned)), cwt.Complete(keys.Sign(by, cwt.ToBeSigned)));
        // Who was away too long has lost the lease, and another has announced the next.
        if (await leases.TakeAsync(LeaseName, LeaseLength, cancel) is null)
        {
            throw new NotWrittenException("A status list is another node's to store.", new WriteOutcome.InDoubt());
        }
        var stored = new Change(null) { Rows = { CredentialsTables.StatusList.Put(name, now, now + rule.Life, jwtBytes, cwtBytes, by.KeyId, id), CredentialsTables.StatusAnnounced.Delete(name) } };
        if (await writer.WriteAsync(stored, cancel: cancel) is not WriteOutcome.Done)
        {
            throw new NotWrittenException("A status list could not be stored.", stored.Outcome!);
        }
        Signed(log, name, packed.Length);
    }

    /// <summary>Of a list that is not signed any more.</summary>
    private async Task GiveUpAsync(string name, Guid token, Instant now, CancellationToken cancel)
    {
        var act = new Act(ActId.New(clock), "status.void", Actor.System("status"), token, Digest.Of("status.void", name), now);
        await writer.WriteAsync(new Change(act) { Rows = { CredentialsTables.StatusVoid.Insert(token, now), CredentialsTables.StatusAnnounced.Delete(name) } }, cancel: cancel);
    }

    /// <summary>Takes over the newest tokens, and lets go what nobody can need any more.</summary>
    /// <param name="leads">Whether this node has the lease.</param>
    private async Task TakeTokensAsync(bool leads, CancellationToken cancel)
    {
        var now = clock.Now();
        foreach (var ended in _lists.Keys.Where(name => EndOf(name) <= now))
        {
            _lists.TryRemove(ended, out _);
        }
        foreach (var head in await db.QueryAsync<Head>("SELECT list, at, expires_at, token_id FROM status_list", null, cancel))
        {
            if (EndOf(head.List) <= now && head.ExpiresAt <= now)
            {
                _tokens.TryRemove(head.List, out _);
                if (leads)
                {
                    await writer.WriteAsync(new Change(null) { Rows = { CredentialsTables.StatusList.Delete(head.List) } }, cancel: cancel);
                }
                continue;
            }
            if (_tokens.TryGetValue(head.List, out var known) && (known.At, known.TokenId) == (head.At, head.TokenId))
            {
                continue;
            }
            if (await db.FirstAsync<StatusToken>("SELECT list, at, expires_at, jwt, cwt, key_id, token_id FROM status_list WHERE list = @list", new { list = head.List }, cancel) is { } token)
            {
                _tokens[head.List] = token;
            }
        }
        foreach (var (name, token) in _tokens)
        {
            if (EndOf(name) <= now && token.ExpiresAt <= now)
            {
                _tokens.TryRemove(name, out _);
            }
        }
    }

    /// <summary>e.g. <c>2027q1-0</c>.</summary>
    internal static string NameOf(Instant expires, int number)
    {
        var day = expires.InUtc().Date;
        return string.Create(CultureInfo.InvariantCulture, $"{day.Year:0000}q{((day.Month - 1) / 3) + 1}-{number}");
    }

    /// <summary>The moment at which the last credential of a list has expired.</summary>
    internal static Instant EndOf(string list)
    {
        var (year, quarter) = (int.Parse(list.AsSpan(0, 4), CultureInfo.InvariantCulture), list[5] - '0');
        return new LocalDate(year, ((quarter - 1) * 3) + 1, 1).PlusMonths(3).AtStartOfDayInZone(DateTimeZone.Utc).ToInstant();
    }

    [LoggerMessage(70, LogLevel.Debug, "Status list {List} signed, {Bytes} bytes packed.")]
    private static partial void Signed(ILogger logger, string list, int bytes);

    /// <summary>Lists whose entries are in memory.</summary>
    internal int Held => _lists.Count;

    private sealed record Row(Guid Id, string List, int ListIndex, string? InvalidReason, Instant? SuspendedAt, Instant? FrozenAt, Instant ChangedAt);

    private sealed record Head(string List, Instant At, Instant ExpiresAt, Guid? TokenId);

    private sealed record Announced(string List, Guid Token);

    /// <summary>A list in memory; locked by who uses it.</summary>
    private sealed class List(string name)
    {
        private readonly byte[] _taken = new byte[StatusEntries.FullSize / 8];

        public Instant End { get; } = EndOf(name);

        public StatusEntries Entries { get; } = new(StatusEntries.FullSize);

        /// <summary>Places given away.</summary>
        public int Count { get; private set; }

        /// <summary>Grows with each change of an entry.</summary>
        public long Version { get; private set; }

        /// <summary>The version that was signed last by this node.</summary>
        public long Published { get; set; } = -1;

        public bool IsTaken(int index) => (_taken[index >> 3] & (1 << (index & 7))) != 0;

        public bool Take(int index)
        {
            var bit = (byte)(1 << (index & 7));
            if ((_taken[index >> 3] & bit) != 0)
            {
                return false;
            }
            _taken[index >> 3] |= bit;
            Count++;
            return true;
        }

        public void Set(int index, CredentialStatus status)
        {
            Take(index);
            if (Entries[index] != status)
            {
                Entries[index] = status;
                Version++;
            }
        }
    }
}

/// <summary>From the policies.</summary>
/// <param name="Life">For how long a token counts.</param>
/// <param name="Ttl">After which a verifier asks again.</param>
/// <param name="Renew">A token older than this is signed anew though nothing changed.</param>
public sealed record StatusRules(Duration Life, Duration Ttl, Duration Renew)
{
    public static StatusRules Of(PolicySnapshot policies, LocalDate on) => new(
        Duration.FromHours(policies.Get<int>("status_list.life_hours", on)),
        Duration.FromSeconds(policies.Get<int>("status_list.ttl_seconds", on)),
        Duration.FromMinutes(policies.Get<int>("status_list.renew_minutes", on)));
}
