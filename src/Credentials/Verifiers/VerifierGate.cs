using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Muqeem.Kernel;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Signatures;
using NodaTime;

namespace Muqeem.Credentials.Verifiers;

/// <summary>Why a call of a verifier is not answered. The names are codes of the API and are never renamed.</summary>
public enum NotAdmitted
{
    /// <summary>There is no signature.</summary>
    Unsigned,

    /// <summary>There is one that cannot be read, or does not cover what it must.</summary>
    Unreadable,

    /// <summary>The body is not the one that was signed.</summary>
    Digest,
    KeyUnknown,

    /// <summary>It is not by the key that it names.</summary>
    Signature,

    /// <summary>Made too long ago, or in the future.</summary>
    Late,

    /// <summary>This very call came before.</summary>
    Replayed,

    /// <summary>The key, or the verifier, was revoked.</summary>
    Revoked,

    /// <summary>A session is opened by a key of the verifier's own.</summary>
    OwnKey,

    /// <summary>The operation is not granted for this purpose.</summary>
    Purpose,
    MinuteBudget,
    DayBudget,

    /// <summary>This node cannot tell now.</summary>
    Busy,
}

/// <summary>Who calls.</summary>
/// <param name="Key">The verifier's own key, or the one that opened the session.</param>
public sealed record Admitted(RegisteredVerifier Verifier, VerifierKey Key, bool InSession);

/// <summary>The secret of a session, which its opener gets once.</summary>
/// <param name="KeyId">What signatures of the session name.</param>
public sealed record VerifierSession(string KeyId, byte[] Secret, Instant Until);

/// <summary>
/// Tells who calls: by a signature after RFC 9421 over method, host, path and body, made now and sent once, with a key of the verifier's own or with the secret of a session which such a key
/// opened. A session is there for whoever asks often: a MAC costs a hundredth of a signature. Its secret is derived from its name by a key of ours, so any node knows it and none keeps it.
/// </summary>
public sealed class VerifierGate(VerifierBook book, KeyStore keys, TimeProvider clock)
{
    /// <summary>What a signature says it is for.</summary>
    public const string Tag = "muqeem-verifier";

    private const string SessionPrefix = "s1.";
    private const int SessionLength = 16 + 8 + 16;
    private const int MostKept = 20_000;
    private const int LeastNonce = 16, MostNonce = 64;

    /// <summary>What every signature covers, at least.</summary>
    private static readonly string[] Covered = ["@method", "@authority", "@path", "content-digest"];

    /// <summary>And where the address has a query, that.</summary>
    private const string CoveredQuery = "@query";

    private readonly ReplayGuard _seen = new();
    private readonly ConcurrentDictionary<string, VerifierSession> _sessions = new(StringComparer.Ordinal);

    /// <summary>The caller, or why not. A signature that counted once counts no more.</summary>
    public (Admitted? Caller, NotAdmitted Why) Admit(HttpRequest request, ReadOnlySpan<byte> body)
    {
        if (!request.Headers.ContainsKey(HttpSignature.Header) && !request.Headers.ContainsKey(HttpSignature.InputHeader))
        {
            return (null, NotAdmitted.Unsigned);
        }
        if (!book.IsFresh)
        {
            return (null, NotAdmitted.Busy);
        }
        if (HttpSignature.Of(request) is not { Created: { } created, Tag: Tag } signature || signature.Nonce.Length is < LeastNonce or > MostNonce || Array.Exists(Covered, c => !signature.Components.Contains(c))
            || (request.QueryString.HasValue && !signature.Components.Contains(CoveredQuery)))
        {
            return (null, NotAdmitted.Unreadable);
        }
        VerifierSession? session = null;
        var key = signature.KeyId.StartsWith(SessionPrefix, StringComparison.Ordinal) ? OpenerOf(signature.KeyId, out session) : book.Key(signature.KeyId);
        if (key is null)
        {
            return (null, NotAdmitted.KeyUnknown);
        }
        var algorithm = session is null ? key.Algorithm : HttpSignature.Hmac;
        if ((signature.Algorithm.Length > 0 && signature.Algorithm != algorithm) || !(session is null ? key.Made(signature) : signature.IsMacOf(session.Secret)))
        {
            return (null, NotAdmitted.Signature);
        }
        if (session is not null && _sessions.Count < MostKept)
        {
            _sessions.TryAdd(session.KeyId, session);
        }
        var (now, tolerance) = (clock.Now(), book.Rules.Signature);
        if (created < now - tolerance || created > now + tolerance || (session is not null && session.Until <= now))
        {
            return (null, NotAdmitted.Late);
        }
        if (!HttpSignature.IsDigestOf(request, body))
        {
            return (null, NotAdmitted.Digest);
        }
        if (!key.IsActive || book.Find(key.Verifier) is not { IsActive: true } verifier)
        {
            return (null, NotAdmitted.Revoked);
        }
        return _seen.Take(signature.KeyId, signature.Nonce, now, tolerance * 2) switch
        {
            true => (new Admitted(verifier, key, session is not null), default),
            false => (null, NotAdmitted.Replayed),
            null => (null, NotAdmitted.Busy),
        };
    }

    /// <summary>Opens a session for a caller who signed with a key of its own.</summary>
    public VerifierSession Open(Admitted caller)
    {
        if (caller.InSession)
        {
            throw new InvalidOperationException("A session opens no other: who has its secret could go on for ever.");
        }
        Span<byte> name = stackalloc byte[SessionLength];
        caller.Key.Id.TryWriteBytes(name, bigEndian: true, out _);
        var until = Instant.FromUnixTimeSeconds((clock.Now() + book.Rules.Session).ToUnixTimeSeconds());
        BinaryPrimitives.WriteInt64BigEndian(name[16..], until.ToUnixTimeSeconds());
        RandomNumberGenerator.Fill(name[24..]);
        return new(SessionPrefix + Base64Url.EncodeToString(name), keys.Mac(KeyPurpose.VerifierSession, name), until);
    }

    /// <summary>Forgets sessions that are over.</summary>
    internal void Clean()
    {
        var now = clock.Now();
        foreach (var (id, session) in _sessions)
        {
            if (session.Until <= now)
            {
                _sessions.TryRemove(id, out _);
            }
        }
    }

    /// <summary>The key that opened a session, and the session. That it is genuine is told by the MAC alone.</summary>
    private VerifierKey? OpenerOf(string keyId, out VerifierSession? session)
    {
        session = null;
        Span<byte> name = stackalloc byte[SessionLength];
        var coded = keyId.AsSpan(SessionPrefix.Length);
        if (coded.Length != Base64Url.GetEncodedLength(SessionLength) || !Base64Url.TryDecodeFromChars(coded, name, out var length) || length != SessionLength)
        {
            return null;
        }
        var until = BinaryPrimitives.ReadInt64BigEndian(name[16..]);
        if (until is <= 0 or > 253_402_300_799 || book.Key(new Guid(name[..16], bigEndian: true)) is not { } key)
        {
            return null;
        }
        session = _sessions.GetValueOrDefault(keyId) ?? new VerifierSession(keyId, keys.Mac(KeyPurpose.VerifierSession, name), Instant.FromUnixTimeSeconds(until));
        return key;
    }
}
