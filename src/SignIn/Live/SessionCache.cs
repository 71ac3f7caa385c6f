using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Authentication;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.SignIn.Live;

/// <summary>The SHA-256 of a session's token, as a key.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TokenKey(UInt128 High, UInt128 Low)
{
    public static TokenKey Of(ReadOnlySpan<byte> hash)
    {
        var halves = MemoryMarshal.Cast<byte, UInt128>(hash);
        return new(halves[0], halves[1]);
    }

    public override int GetHashCode() => (int)(ulong)Low;
}

/// <summary>A session in memory: what a request needs, made once. The time of the last use is written by many requests at once, as one number.</summary>
internal sealed class LiveSession
{
    /// <summary>Language, office and the like may change without ending a session; they are read again after this time.</summary>
    private static readonly Duration Life = Duration.FromMinutes(1);
    private readonly long _until;
    private long _seen;
    private long _stored;
    private volatile bool _ended;

    public LiveSession(Session session, TokenKey key, long version, Duration idle, Instant seen, Instant readAt)
    {
        Session = session;
        Key = key;
        Version = version;
        Idle = idle;
        _until = Math.Min(session.ExpiresAt.ToMicros(), (readAt + Life).ToMicros());
        _seen = seen.ToMicros();
        _stored = _seen;
    }

    public Session Session { get; }
    public TokenKey Key { get; }

    /// <summary>Of the row: a read that was slower than a change of the token does not bring the old one back.</summary>
    public long Version { get; }
    public Duration Idle { get; }

    /// <summary>Made when it is first asked for: nearly every session comes by one of the two ways only. Two requests may both make it; either will do.</summary>
    public AuthenticateResult ByCookie => field ??= Ticket(Session, byBearer: false);
    public AuthenticateResult ByBearer => field ??= Ticket(Session, byBearer: true);
    public Instant Seen => Clock.FromMicros(Volatile.Read(ref _seen));
    public bool Ended => _ended;

    public void End() => _ended = true;

    public bool IsIdle(long now) => now - Volatile.Read(ref _seen) > Micros(Idle);

    /// <summary>Past its end, or read too long ago to be believed.</summary>
    public bool IsOld(long now) => now >= _until;

    public void See(long now) => Volatile.Write(ref _seen, now);

    /// <summary>True for one caller each time the stored time is older than this.</summary>
    public bool ShouldStore(long now, long every)
    {
        var stored = Volatile.Read(ref _stored);
        return now - stored > every && Interlocked.CompareExchange(ref _stored, now, stored) == stored;
    }

    public static long Micros(Duration duration) => duration.BclCompatibleTicks / 10;

    private static AuthenticateResult Ticket(Session session, bool byBearer) =>
        AuthenticateResult.Success(new AuthenticationTicket(new SessionPrincipal(session, byBearer), MuqeemSession.Scheme));
}

/// <summary>
/// The sessions this node has seen, so that a request costs a hash and a look-up. What ends here ends at once. What ends on another node is
/// heard from the database several times a second; when it has not been heard for two seconds, nothing here is believed and every request asks the database.
/// </summary>
internal sealed class SessionCache(TimeProvider clock)
{
    private const int Most = 500_000;
    private static readonly TimeSpan Trust = TimeSpan.FromMilliseconds(900);
    private readonly ConcurrentDictionary<TokenKey, LiveSession> _byToken = new();
    private readonly ConcurrentDictionary<Guid, LiveSession> _byId = new();
    private readonly ConcurrentDictionary<Guid, Instant> _ended = new();
    private readonly Lock _changing = new();
    private long _heardAt = clock.GetTimestamp();

    /// <summary>Whether other nodes' endings are known as of less than a second ago.</summary>
    public bool IsTrusted => Alone || clock.GetElapsedTime(Volatile.Read(ref _heardAt)) < Trust;

    /// <summary>The database belongs to this process: there are no other nodes.</summary>
    public bool Alone { get; init; }

    public int Count => _byToken.Count;

    /// <param name="asOf">From <see cref="Stamp"/>, before the database was asked.</param>
    public void Heard(long asOf) => Volatile.Write(ref _heardAt, asOf);

    public long Stamp() => clock.GetTimestamp();

    public LiveSession? Find(in TokenKey key) => _byToken.TryGetValue(key, out var live) && !live.Ended ? live : null;

    public LiveSession? ById(Guid session) => _byId.GetValueOrDefault(session);

    /// <summary>False when the session has ended or has another token by now.</summary>
    public bool Add(LiveSession live)
    {
        var id = live.Session.Id.Value;
        lock (_changing)
        {
            if (_ended.ContainsKey(id) || (_byId.TryGetValue(id, out var before) && before.Version > live.Version))
            {
                return false;
            }
            if (_byToken.Count >= Most)
            {
                // Whoever comes back is read again. Clearing all is rare and safe; choosing whom would cost every request.
                _byToken.Clear();
                _byId.Clear();
            }
            if (_byId.TryGetValue(id, out before))
            {
                Drop(before);
            }
            _byId[id] = live;
            _byToken[live.Key] = live;
            return true;
        }
    }

    public void End(Guid session)
    {
        lock (_changing)
        {
            _ended[session] = clock.Now();
            if (_byId.TryGetValue(session, out var live))
            {
                Drop(live);
            }
        }
    }

    /// <summary>The session goes on with this token; any other is dead.</summary>
    public void Keep(Guid session, in TokenKey key)
    {
        lock (_changing)
        {
            if (_byId.TryGetValue(session, out var live) && live.Key != key)
            {
                Drop(live);
            }
        }
    }

    /// <summary>Forgets what is over, or has not been used here for so long that it may be. Whoever comes back is read again, and the stored time decides: on another node it may have been used later.</summary>
    public void Sweep(Instant now)
    {
        foreach (var (session, at) in _ended)
        {
            if (now - at > Duration.FromMinutes(10))
            {
                _ended.TryRemove(session, out _);
            }
        }
        foreach (var live in _byToken.Values)
        {
            if (live.Ended || now >= live.Session.ExpiresAt || live.IsIdle(now.ToMicros()))
            {
                Drop(live);
            }
        }
    }

    // Under the lock, or a sweep of what nobody uses.
    private void Drop(LiveSession live)
    {
        live.End();
        _byToken.TryRemove(new KeyValuePair<TokenKey, LiveSession>(live.Key, live));
        _byId.TryRemove(new KeyValuePair<Guid, LiveSession>(live.Session.Id.Value, live));
    }
}
