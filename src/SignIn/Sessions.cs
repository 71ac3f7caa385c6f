using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Live;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>A session that has just begun or changed its token.</summary>
/// <param name="Token">For <see cref="SessionCookies"/>, or as <c>Authorization: Bearer</c> in the API. Shown this once.</param>
/// <param name="DeviceToken">Marks the device as known; null on a shared phone or when it is known already.</param>
public sealed record SignedIn(Session Session, string Token, string? DeviceToken);

/// <summary>A line in the holder's list of sessions.</summary>
/// <param name="Way">One of <see cref="SignInWays"/>; null: password and second factor.</param>
public sealed record SessionLine(SessionId Id, string Device, Instant CreatedAt, Instant SeenAt, bool SharedPhone, bool IsThisOne, string? Way);

/// <summary>By which way a session began, where it was not password and second factor. Stored; texts <c>session.way.*</c>.</summary>
public static class SignInWays
{
    /// <summary>Confirmed on the holder's phone by the national sign-in.</summary>
    public const string Federated = "federated";
}

/// <summary>Why a session ended. Stored; texts <c>session.ended.*</c>.</summary>
public static class SessionEnd
{
    public const string SignedOut = "signed_out";
    public const string Elsewhere = "ended_by_holder";
    public const string TooMany = "too_many";
    public const string Changed = "factors_changed";
    public const string Stopped = "account_stopped";
    public const string Proofed = "proofed";
}

/// <summary>
/// Begins, finds, lists and ends sessions. A session is a row; its token is 256 random bits and is replaced whenever what the session may do changes.
/// It ends after ten idle minutes, after its longest life, or when somebody ends it; on this node at once, on others within a second.
/// </summary>
public sealed class Sessions
{
    private static readonly long StoreEvery = LiveSession.Micros(Duration.FromSeconds(30));
    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly AccountBook _book;
    private readonly SessionCache _cache;
    private readonly SignInPolicies _policies;
    private readonly TimeProvider _clock;
    private Instant _endingsSince;

    internal Sessions(Db db, IWriter writer, AccountBook book, SessionCache cache, SignInPolicies policies, TimeProvider clock)
    {
        _db = db;
        _writer = writer;
        _book = book;
        _cache = cache;
        _policies = policies;
        _clock = clock;
        _endingsSince = clock.Now();
    }

    /// <summary>The session of a token, for anything that is no HTTP request. Counts as a use of it.</summary>
    public async ValueTask<Session?> FindAsync(string? token, CancellationToken cancel = default) => (await FindLiveAsync(token, cancel))?.Session;

    /// <summary>The holder's open sessions, newest use first.</summary>
    /// <param name="access">Of the holder, for the holder: devices are sealed.</param>
    public async Task<IReadOnlyList<SessionLine>> ListAsync(Session session, Access access, CancellationToken cancel = default)
    {
        var now = _clock.Now();
        var lines = new List<SessionLine>();
        foreach (var row in await _book.OpenSessionsAsync(session.Account, now, cancel))
        {
            var seen = await SeenAsync(row, cancel);
            if (now - seen <= IdleOf(session.Kind))
            {
                lines.Add(new(new(row.Id), await _book.OpenValueAsync<string>(access, session.Person, row.Id, cancel), row.CreatedAt, seen, row.Shared, row.Id == session.Id.Value, row.Way));
            }
        }
        return [.. lines.OrderByDescending(line => line.SeenAt)];
    }

    /// <summary>Signs out.</summary>
    public Task<Answer> SignOutAsync(Session session, Guid operation, CancellationToken cancel = default) =>
        EndSomeAsync(session.Account, session.Actor, "session.sign_out", SessionEnd.SignedOut, operation, row => row.Id == session.Id.Value, cancel);

    /// <summary>Ends one of the holder's own sessions.</summary>
    public Task<Answer> EndAsync(Session session, SessionId which, Guid operation, CancellationToken cancel = default) =>
        EndSomeAsync(session.Account, session.Actor, "session.end", SessionEnd.Elsewhere, operation, row => row.Id == which.Value, cancel);

    /// <summary>Ends all of the holder's sessions but this one.</summary>
    public Task<Answer> EndOthersAsync(Session session, Guid operation, CancellationToken cancel = default) =>
        EndSomeAsync(session.Account, session.Actor, "session.end_others", SessionEnd.Elsewhere, operation, row => row.Id != session.Id.Value, cancel);

    /// <summary>Ends all sessions of an account: an operator's act.</summary>
    public Task<Answer> EndAllAsync(AccountId account, Session by, string reason, Guid operation, CancellationToken cancel = default) =>
        by.Has(OfficeRole.Operator)
            ? EndSomeAsync(account, by.Actor, "session.end_all", reason, operation, _ => true, cancel)
            : Task.FromResult<Answer>(new Answer.Refused(new Refusal(OfficeAccounts.NotYours)));

    /// <summary>Hears of sessions that ended on other nodes. Every quarter of a second.</summary>
    internal async Task HearEndingsAsync(CancellationToken cancel)
    {
        var stamp = _cache.Stamp();
        var now = _clock.Now();
        // Thirty seconds of overlap: a change may commit some time after it was written down. A session that is as it began is news to nobody.
        foreach (var row in await _db.QueryAsync<ChangedRow>("SELECT id, token, ended_at FROM session WHERE changed_at >= @since AND version > 1", new { since = _endingsSince - Duration.FromSeconds(30) }, cancel))
        {
            if (row.EndedAt is not null)
            {
                _cache.End(row.Id);
            }
            else
            {
                _cache.Keep(row.Id, TokenKey.Of(row.Token));
            }
        }
        _endingsSince = now;
        _cache.Heard(stamp);
    }

    internal void Sweep() => _cache.Sweep(_clock.Now());

    internal async ValueTask<AuthenticateResult> AuthenticateAsync(string token, bool byBearer, CancellationToken cancel)
    {
        var live = await FindLiveAsync(token, cancel);
        return live is null ? AuthenticateResult.NoResult() : byBearer ? live.ByBearer : live.ByCookie;
    }

    private ValueTask<LiveSession?> FindLiveAsync(string? token, CancellationToken cancel)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (!Token.TryHash(token, hash))
        {
            return ValueTask.FromResult<LiveSession?>(null);
        }
        var key = TokenKey.Of(hash);
        var now = _clock.Now().ToMicros();
        if (_cache.IsTrusted && _cache.Find(key) is { } live && !live.IsIdle(now) && !live.IsOld(now))
        {
            See(live, now);
            return ValueTask.FromResult<LiveSession?>(live);
        }
        return new(ReadAsync(key, hash.ToArray(), cancel));
    }

    private void See(LiveSession live, long now)
    {
        live.See(now);
        if (live.ShouldStore(now, StoreEvery))
        {
            // Nobody waits for it: at worst a restart finds the session idle half a minute early.
            _ = _writer.WriteAsync(new Change(null) { Rows = { SignInTables.SessionSeen.Put(live.Session.Id.Value, Clock.FromMicros(now)) } }, WriteClass.Bulk);
        }
    }

    private async Task<LiveSession?> ReadAsync(TokenKey key, byte[] hash, CancellationToken cancel)
    {
        var stored = await _db.FirstAsync<SessionRow>($"SELECT {SessionRow.Columns} FROM session s WHERE s.token = @hash", new { hash }, cancel);
        var now = _clock.Now();
        if (stored is null || stored.EndedAt is not null || now >= stored.ExpiresAt)
        {
            if (stored is not null)
            {
                _cache.End(stored.Id);
            }
            return null;
        }
        var account = await _book.ByIdAsync(new(stored.Account), cancel);
        if (account is null || !account.MaySignIn)
        {
            _cache.End(stored.Id);
            return null;
        }
        var session = Of(stored, account);
        var seen = await SeenAsync(stored, cancel);
        if (_cache.Find(key) is { } known)
        {
            // In memory it may have been used later than is stored, and on another node later than here.
            if (now - Instant.Max(seen, known.Seen) > known.Idle)
            {
                _cache.End(stored.Id);
                return null;
            }
            seen = Instant.Max(seen, known.Seen);
        }
        else if (now - seen > IdleOf(session.Kind))
        {
            return null;
        }
        var live = new LiveSession(session, key, stored.Version, IdleOf(session.Kind), seen, now);
        if (!_cache.Add(live))
        {
            // It ended, or got another token, while we read.
            return null;
        }
        See(live, now.ToMicros());
        return live;
    }

    private async Task<Instant> SeenAsync(SessionRow row, CancellationToken cancel)
    {
        var stored = await _db.FirstAsync<Instant?>("SELECT seen_at FROM session_seen WHERE session = @id", new { id = row.Id }, cancel) ?? row.CreatedAt;
        return _cache.ById(row.Id) is { Ended: false } live && live.Seen > stored ? live.Seen : stored;
    }

    internal Duration IdleOf(AccountKind kind) => kind == AccountKind.Office ? _policies.Now.OfficeIdle : _policies.Now.SessionIdle;

    /// <summary>Adds a new session to the change: the account's version guards it, so that an account that is being stopped cannot gain one.</summary>
    /// <param name="way">One of <see cref="SignInWays"/>, or null.</param>
    internal async Task<Starting> StartAsync(Change change, AccountRow account, Visitor visitor, bool shared, bool accountIsNew, CancellationToken cancel, string? way = null)
    {
        var limits = _policies.Now;
        var now = _clock.Now();
        var token = SignIn.Token.New(out var hash);
        var level = account.StateNow == AccountState.Registered ? SessionLevel.Limited : SessionLevel.Full;
        var row = new SessionRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, hash, account.Id, account.Person, (int)level, now + limits.StepUpLife, shared,
            now, now + (account.IsOffice ? limits.OfficeLife : limits.SessionLife), null, null, now, way);
        await _book.AddValueAsync(change, account.PersonId, account.AccountId, row.Id, visitor.Browser);
        change.Heads.Add(row.Next());
        change.Rows.Add(SignInTables.SessionSeen.Put(row.Id, now));
        var ended = new List<Guid>();
        if (!accountIsNew)
        {
            change.Heads.Add(account.Next());
            var open = await _book.OpenSessionsAsync(account.AccountId, now, cancel);
            foreach (var oldest in open.Take(Math.Max(0, open.Count - limits.Sessions + 1)))
            {
                change.Heads.Add((oldest with { EndedAt = now, EndReason = SessionEnd.TooMany, ChangedAt = now }).Next());
                ended.Add(oldest.Id);
            }
        }
        return new(Of(row, account), token, TokenKey.Of(hash), 1, ended);
    }

    /// <summary>Gives a session a new token, stepped up from now; the former token is dead.</summary>
    internal Starting Renew(Change change, SessionRow row, AccountRow account)
    {
        var token = SignIn.Token.New(out var hash);
        row = row with { Token = hash, SteppedUpUntil = _clock.Now() + _policies.Now.StepUpLife, ChangedAt = _clock.Now() };
        change.Heads.Add(row.Next());
        return new(Of(row, account), token, TokenKey.Of(hash), row.Version + 1, []);
    }

    internal Task<SessionRow?> RowAsync(SessionId id, CancellationToken cancel) =>
        _db.FirstAsync<SessionRow>($"SELECT {SessionRow.Columns} FROM session s WHERE s.id = @id", new { id = id.Value }, cancel);

    /// <summary>After the change has committed.</summary>
    internal SignedIn Started(Starting starting, string? deviceToken)
    {
        foreach (var ended in starting.Ended)
        {
            _cache.End(ended);
        }
        _cache.Add(new LiveSession(starting.Session, starting.Key, starting.Version, IdleOf(starting.Session.Kind), _clock.Now(), _clock.Now()));
        return new(starting.Session, starting.Token, deviceToken);
    }

    /// <summary>Adds the end of sessions to a change that changes the account. Call <see cref="Ended"/> with the result after it has committed.</summary>
    internal async Task<IReadOnlyList<Guid>> EndInAsync(Change change, AccountId account, string reason, SessionId? but, CancellationToken cancel)
    {
        var now = _clock.Now();
        var ended = new List<Guid>();
        foreach (var row in await _book.OpenSessionsAsync(account, now, cancel))
        {
            if (row.Id != but?.Value)
            {
                change.Heads.Add((row with { EndedAt = now, EndReason = reason, ChangedAt = now }).Next());
                ended.Add(row.Id);
            }
        }
        return ended;
    }

    internal void Ended(IEnumerable<Guid> sessions)
    {
        foreach (var session in sessions)
        {
            _cache.End(session);
        }
    }

    private async Task<Answer> EndSomeAsync(AccountId account, Actor actor, string verb, string reason, Guid operation, Func<SessionRow, bool> which, CancellationToken cancel)
    {
        for (var attempt = 0; ; attempt++)
        {
            var now = _clock.Now();
            var rows = (await _book.OpenSessionsAsync(account, now, cancel)).Where(which).ToList();
            if (rows.Count == 0)
            {
                return new Answer.Done();
            }
            var change = new Change(Requests.Act(_clock, verb, actor, operation, new PersonId(rows[0].Person), account.ToString(), reason) with { Reason = reason });
            change.Heads.AddRange(rows.Select(row => (row with { EndedAt = now, EndReason = reason, ChangedAt = now }).Next()));
            var outcome = await _writer.WriteAsync(change, cancel: cancel);
            if (outcome is WriteOutcome.Done or WriteOutcome.Replayed)
            {
                Ended(rows.Select(row => row.Id));
            }
            if (Requests.Final(outcome, attempt) is { } answer)
            {
                return answer;
            }
        }
    }

    private static Session Of(SessionRow row, AccountRow account) => new(
        new(row.Id), account.AccountId, account.PersonId, Enum.Parse<AccountKind>(account.Kind), account.StateNow, account.RolesNow, account.Office, (SessionLevel)row.Level, row.SteppedUpUntil, row.Shared,
        account.Language, row.CreatedAt, row.ExpiresAt);

    private sealed record ChangedRow(Guid Id, byte[] Token, Instant? EndedAt);
}

/// <summary>A session whose change has not committed yet.</summary>
internal sealed record Starting(Session Session, string Token, TokenKey Key, long Version, IReadOnlyList<Guid> Ended);
