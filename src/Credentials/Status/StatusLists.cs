using System.Collections.Concurrent;
using System.Globalization;
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

/// <summary>A status list's newest token, as it is served.</summary>
public sealed record StatusToken(string List, Instant At, Instant ExpiresAt, byte[] Jwt, byte[] Cwt);

/// <summary>
/// The status lists: one for each quarter in which credentials expire, more when it fills. Each node holds the entries in memory and follows the table of forms; one of them, by lease, signs a
/// new token within a second of a change. A list is no longer signed once all in it has expired.
/// </summary>
public sealed partial class StatusLists(Db db, IWriter writer, KeyStore keys, Leases leases, TimeProvider clock, Func<StatusRules> rules, string origin, ILogger<StatusLists> log)
{
    /// <summary>Claimed with this kind: an index met another by chance; make the change anew.</summary>
    public const string IndexClaim = "status.index";

    private const string LeaseName = "status.publish";
    private static readonly Duration LeaseLength = Duration.FromSeconds(30);

    /// <summary>From so many on a further list is begun: in a full one a free place is hard to find, and in an empty one an entry tells whose it is.</summary>
    private const int Full = StatusEntries.FullSize / 5 * 3;

    /// <summary>How far back each look reaches again: a commit can become visible after a later one.</summary>
    private static readonly Duration Overlap = Duration.FromSeconds(20);

    private const string Changed =
        "SELECT list, list_index, invalid_reason, suspended_at, frozen_at, changed_at FROM credential_form WHERE changed_at >= @since AND expires_at > @now";

    private readonly ConcurrentDictionary<string, List> _lists = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, StatusToken> _tokens = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _one = new(1, 1);
    private Instant _seen = Instant.MinValue;

    /// <summary>The address of a list, which is also the subject of its token.</summary>
    public string UriOf(string list) => origin + "/status/" + list;

    /// <summary>A place nobody has: the index is random, so that neighbours in the list were not issued one after the other. The caller claims it by <see cref="ClaimOf"/>.</summary>
    public StatusPlace Allocate(Instant expires)
    {
        for (var number = 0; ; number++)
        {
            var list = _lists.GetOrAdd(NameOf(expires, number), static _ => new List());
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
            var signed = await leases.TakeAsync(LeaseName, LeaseLength, cancel) is null ? 0 : await PublishAsync(cancel);
            await TakeTokensAsync(cancel);
            return signed;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task FollowAsync(CancellationToken cancel)
    {
        var since = _seen == Instant.MinValue ? Instant.FromUnixTimeSeconds(0) : _seen - Overlap;
        foreach (var row in await db.QueryAsync<Row>(Changed, new { since, now = clock.Now() }, cancel))
        {
            var list = _lists.GetOrAdd(row.List, static _ => new List());
            lock (list)
            {
                list.Set(row.ListIndex, StatusOf(row.InvalidReason, row.SuspendedAt, row.FrozenAt));
            }
            _seen = Instant.Max(_seen, row.ChangedAt);
        }
    }

    /// <summary>Final before suspended before frozen: the graver word counts, and a freeze that is not lifted counts again when a suspension is.</summary>
    internal static CredentialStatus StatusOf(string? invalidReason, Instant? suspendedAt, Instant? frozenAt) =>
        invalidReason is not null ? CredentialStatus.Invalid : suspendedAt is not null ? CredentialStatus.Suspended : frozenAt is not null ? CredentialStatus.Frozen : CredentialStatus.Valid;

    private async Task<int> PublishAsync(CancellationToken cancel)
    {
        var (now, rule) = (clock.Now(), rules());
        var signed = 0;
        foreach (var (name, list) in _lists)
        {
            byte[] entries;
            long version;
            lock (list)
            {
                var fresh = _tokens.TryGetValue(name, out var token) && token.ExpiresAt - now > rule.Life - rule.Renew && token.At <= now;
                if (EndOf(name) <= now || list.Count == 0 || (fresh && list.Published == list.Version))
                {
                    continue;
                }
                (entries, version) = (list.Entries.Bytes.ToArray(), list.Version);
            }
            await SignAsync(name, entries, now, rule, cancel);
            lock (list)
            {
                list.Published = version;
            }
            signed++;
        }
        return signed;
    }

    /// <summary>The act says what will be signed before it is; its leaf makes every list that was ever signed known.</summary>
    private async Task SignAsync(string name, byte[] entries, Instant now, StatusRules rule, CancellationToken cancel)
    {
        var by = keys.Current(KeyPurpose.StatusList);
        var packed = StatusListForm.Packed(entries);
        var jwt = StatusListForm.Jwt(UriOf(name), packed, now, rule.Life, rule.Ttl, by.Chain);
        var cwt = StatusListForm.Cwt(UriOf(name), packed, now, rule.Life, rule.Ttl, by.Chain);
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var act = new Act(ActId.New(clock), "status.publish", Actor.System("status"), id, Digest.Of("status.publish", name), now);
        var intent = new Change(act) { Rows = { CredentialsTables.StatusToken.Insert(id, name, now, now + rule.Life, by.KeyId, jwt.Digest, cwt.Digest) } };
        if (await writer.WriteAsync(intent, cancel: cancel) is not WriteOutcome.Done)
        {
            throw new NotWrittenException("A status list could not be announced.", intent.Outcome!);
        }
        var (jwtBytes, cwtBytes) = (jwt.Complete(keys.Sign(by, jwt.ToBeSigned)), cwt.Complete(keys.Sign(by, cwt.ToBeSigned)));
        var stored = new Change(null) { Rows = { CredentialsTables.StatusList.Put(name, now, now + rule.Life, jwtBytes, cwtBytes) } };
        if (await writer.WriteAsync(stored, cancel: cancel) is not WriteOutcome.Done)
        {
            throw new NotWrittenException("A status list could not be stored.", stored.Outcome!);
        }
        Signed(log, name, packed.Length);
    }

    private async Task TakeTokensAsync(CancellationToken cancel)
    {
        foreach (var head in await db.QueryAsync<Head>("SELECT list, at FROM status_list", null, cancel))
        {
            if (_tokens.TryGetValue(head.List, out var known) && known.At == head.At)
            {
                continue;
            }
            if (await db.FirstAsync<StatusToken>("SELECT list, at, expires_at, jwt, cwt FROM status_list WHERE list = @list", new { list = head.List }, cancel) is { } token)
            {
                _tokens[head.List] = token;
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

    private sealed record Row(string List, int ListIndex, string? InvalidReason, Instant? SuspendedAt, Instant? FrozenAt, Instant ChangedAt);

    private sealed record Head(string List, Instant At);

    /// <summary>A list in memory; locked by who uses it.</summary>
    private sealed class List
    {
        private readonly byte[] _taken = new byte[StatusEntries.FullSize / 8];

        public StatusEntries Entries { get; } = new(StatusEntries.FullSize);

        /// <summary>Places given away.</summary>
        public int Count { get; private set; }

        /// <summary>Grows with each change of an entry.</summary>
        public long Version { get; private set; }

        /// <summary>The version that was signed last by this node.</summary>
        public long Published { get; set; } = -1;

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
