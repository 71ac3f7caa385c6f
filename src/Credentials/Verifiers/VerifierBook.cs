using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Verifiers;

/// <summary>A verifier as an operator enters it.</summary>
/// <param name="Keys">Public keys, PEM or JWK, at least one.</param>
/// <param name="PerMinute">Null: as the policy has it.</param>
/// <param name="PerDay"><inheritdoc cref="PerMinute" path="/summary"/></param>
public sealed record VerifierApplication(VerifierKind Kind, string NameArabic, string NameEnglish, IReadOnlyList<Grant> Grants, IReadOnlyList<string> Keys, int? PerMinute = null, int? PerDay = null);

/// <summary>How a verb about verifiers ended.</summary>
public abstract record BookAnswer
{
    private BookAnswer() { }

    public sealed record Done(Guid Verifier, IReadOnlyList<string> KeyIds) : BookAnswer;

    /// <param name="Sentence">For the operator.</param>
    public sealed record Refused(string Sentence) : BookAnswer;
}

/// <summary>
/// The registered verifiers and their keys. Every change is an act; each node holds all of it in memory and takes over what changed every second. A node that has not heard of the database for
/// <see cref="Oldest"/> admits nobody: a key that was revoked must not go on counting.
/// </summary>
public sealed class VerifierBook(Db db, IWriter writer, Func<VerifierRules> rules, TimeProvider clock)
{
    public static readonly Duration Oldest = Duration.FromSeconds(15);

    /// <summary>A key stands for one verifier, for good.</summary>
    private const string KeyClaim = "verifier.key";

    private const int LongestName = 120, MostKeys = 8;

    private volatile Shelf? _shelf;

    /// <summary>Whether what is held is fresh enough to admit anybody by it.</summary>
    public bool IsFresh => _shelf is { } shelf && clock.Now() - shelf.At <= Oldest;

    /// <summary>As of the last look.</summary>
    public VerifierRules Rules => _shelf?.Rules ?? rules();

    /// <summary>The key that signatures name so, active or not.</summary>
    public VerifierKey? Key(string keyId) => _shelf?.ByKeyId.GetValueOrDefault(keyId);

    public VerifierKey? Key(Guid id) => _shelf?.ByKey.GetValueOrDefault(id);

    public RegisteredVerifier? Find(Guid id) => _shelf?.Verifiers.GetValueOrDefault(id);

    /// <summary>All, the oldest first.</summary>
    public IReadOnlyList<(RegisteredVerifier Verifier, IReadOnlyList<VerifierKey> Keys)> All =>
        _shelf is { } shelf ? [.. shelf.Verifiers.Values.OrderBy(v => v.AddedAt).ThenBy(v => v.Id).Select(v => (v, (IReadOnlyList<VerifierKey>)[.. shelf.ByKey.Values.Where(k => k.Verifier == v.Id).OrderBy(k => k.Line.AddedAt)]))] : [];

    /// <summary>Takes over what the tables hold.</summary>
    public async Task LoadAsync(CancellationToken cancel = default)
    {
        var at = clock.Now();
        var verifiers = await db.QueryAsync<Stored>("SELECT id, version AS row_version, kind, name_ar, name_en, state, grants, per_minute, per_day, added_at, ended_at FROM registered_verifier", null, cancel);
        var lines = await db.QueryAsync<KeyLine>("SELECT id, version AS row_version, verifier_id, key_id, algorithm, public_key, state, added_at, ended_at FROM verifier_key", null, cancel);
        var former = _shelf?.ByKey ?? FrozenDictionary<Guid, VerifierKey>.Empty;
        var keys = lines.Select(l => former.GetValueOrDefault(l.Id) is { } known && known.Line.RowVersion == l.RowVersion ? known : new VerifierKey(l)).ToList();
        _shelf = new Shelf(at, rules(), verifiers.Select(v => v.Read()).ToFrozenDictionary(v => v.Id), keys.ToFrozenDictionary(k => k.KeyId, StringComparer.Ordinal), keys.ToFrozenDictionary(k => k.Id));
    }

    /// <summary>Registers a verifier with its keys.</summary>
    public async Task<BookAnswer> AddAsync(Actor by, Guid operation, VerifierApplication application, CancellationToken cancel = default)
    {
        var rule = rules();
        if (application.NameArabic.Trim() is not { Length: > 0 and <= LongestName } arabic || application.NameEnglish.Trim() is not { Length: > 0 and <= LongestName } english)
        {
            return new BookAnswer.Refused($"A verifier has a name in Arabic and one in English, of at most {LongestName} characters: residents read it.");
        }
        if (application.Grants.Count == 0 || application.Grants.Any(g => !rule.Purposes.Contains(g.Purpose, StringComparer.Ordinal)))
        {
            return new BookAnswer.Refused($"Say what the verifier may ask, and for which of these purposes: {string.Join(", ", rule.Purposes)}.");
        }
        var keys = application.Keys.Select(PublicKeyText.Read).ToList();
        if (keys.Count is 0 or > MostKeys || keys.Contains(null))
        {
            return new BookAnswer.Refused($"A verifier has one to {MostKeys} public keys on P-256 or Ed25519, as PEM or JWK.");
        }
        var (perMinute, perDay) = (application.PerMinute ?? rule.PerMinute, application.PerDay ?? rule.PerDay);
        if (perMinute <= 0 || perDay <= 0)
        {
            return new BookAnswer.Refused("A budget is at least one.");
        }
        var now = clock.Now();
        var verifier = Guid.CreateVersion7(clock.GetUtcNow());
        var grants = string.Join(' ', application.Grants.Select(g => g.ToString()).Distinct().Order(StringComparer.Ordinal));
        var kind = application.Kind.ToString().ToUpperInvariant();
        var change = new Change(Act("verifier.add", by, operation, verifier, kind, arabic, english, grants, string.Join(' ', keys.Select(k => k!.Thumbprint))));
        change.Heads.Add(CredentialsTables.RegisteredVerifier.Head(verifier, 0, kind, arabic, english, KeyLine.Active, grants, perMinute, perDay, now, null));
        foreach (var key in keys)
        {
            AddKey(change, verifier, key!, now);
        }
        return await WriteAsync(change, verifier, [.. keys.Select(k => k!.Thumbprint)], cancel);
    }

    /// <summary>Another key for a verifier, as when it changes its own.</summary>
    public async Task<BookAnswer> AddKeyAsync(Actor by, Guid operation, Guid id, string text, CancellationToken cancel = default)
    {
        if (Find(id) is not { IsActive: true } || PublicKeyText.Read(text) is not { } key)
        {
            return new BookAnswer.Refused("There is no such verifier, or this is no public key on P-256 or Ed25519.");
        }
        var change = new Change(Act("verifier.add_key", by, operation, id, key.Thumbprint));
        AddKey(change, id, key, clock.Now());
        return await WriteAsync(change, id, [key.Thumbprint], cancel);
    }

    /// <summary>Ends a key at once; sessions that it opened end with it.</summary>
    public async Task<BookAnswer> RevokeKeyAsync(Actor by, Guid operation, string keyId, string reason, CancellationToken cancel = default)
    {
        if (Key(keyId) is not { IsActive: true } key)
        {
            return new BookAnswer.Refused("There is no such key, or it is revoked already.");
        }
        var change = new Change(Act("verifier.revoke_key", by, operation, key.Verifier, keyId) with { Reason = reason });
        var line = key.Line;
        change.Heads.Add(CredentialsTables.VerifierKey.Head(line.Id, line.RowVersion, line.VerifierId, line.KeyId, line.Algorithm, line.PublicKey, KeyLine.Revoked, line.AddedAt, clock.Now()));
        return await WriteAsync(change, key.Verifier, [keyId], cancel);
    }

    /// <summary>Ends a verifier for good. What it asked stays in the record.</summary>
    public async Task<BookAnswer> RevokeAsync(Actor by, Guid operation, Guid id, string reason, CancellationToken cancel = default)
    {
        if (Find(id) is not { IsActive: true } v)
        {
            return new BookAnswer.Refused("There is no such verifier, or it is revoked already.");
        }
        var change = new Change(Act("verifier.revoke", by, operation, id) with { Reason = reason });
        change.Heads.Add(CredentialsTables.RegisteredVerifier.Head(id, v.RowVersion, v.Kind.ToString().ToUpperInvariant(), v.NameArabic, v.NameEnglish, KeyLine.Revoked,
            string.Join(' ', v.Grants.Select(g => g.ToString()).Order(StringComparer.Ordinal)), v.PerMinute, v.PerDay, v.AddedAt, clock.Now()));
        return await WriteAsync(change, id, [], cancel);
    }

    private Act Act(string verb, Actor by, Guid operation, Guid verifier, params ReadOnlySpan<string> parts) =>
        new(ActId.New(clock), verb, by, operation, Digest.Of((string?[])[verb, .. parts]), clock.Now()) { Answer = verifier.ToString() };

    private void AddKey(Change change, Guid verifier, PublicKeyText key, Instant now)
    {
        change.Claims.Add(new Claim(KeyClaim, SHA256.HashData(Encoding.ASCII.GetBytes(key.Thumbprint))));
        change.Heads.Add(CredentialsTables.VerifierKey.Head(Guid.CreateVersion7(clock.GetUtcNow()), 0, verifier, key.Thumbprint, key.Algorithm, key.Bytes, KeyLine.Active, now, null));
    }

    private async Task<BookAnswer> WriteAsync(Change change, Guid verifier, IReadOnlyList<string> keys, CancellationToken cancel)
    {
        switch (await writer.WriteAsync(change, cancel: cancel))
        {
            case WriteOutcome.Done:
                await LoadAsync(cancel);
                return new BookAnswer.Done(verifier, keys);
            case WriteOutcome.Replayed { Answer: { } answer }:
                return new BookAnswer.Done(Guid.Parse(answer), keys);
            case WriteOutcome.Claimed:
                return new BookAnswer.Refused("One of these keys is registered already. A key stands for one verifier.");
            case WriteOutcome.Conflict:
                return new BookAnswer.Refused("Somebody else changed this verifier just now: look again.");
            case WriteOutcome.OperationReused:
                return new BookAnswer.Refused("This operation id was used for something else.");
            case var other:
                throw new NotWrittenException("A change of the verifiers was not written.", other);
        }
    }

    private sealed record Shelf(Instant At, VerifierRules Rules, FrozenDictionary<Guid, RegisteredVerifier> Verifiers, FrozenDictionary<string, VerifierKey> ByKeyId, FrozenDictionary<Guid, VerifierKey> ByKey);

    private sealed record Stored(Guid Id, long RowVersion, string Kind, string NameAr, string NameEn, string State, string Grants, int PerMinute, int PerDay, Instant AddedAt, Instant? EndedAt)
    {
        public RegisteredVerifier Read() => new(Id, RowVersion, Enum.Parse<VerifierKind>(Kind, ignoreCase: true), NameAr, NameEn, State == KeyLine.Active,
            Grants.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Grant.Of).OfType<Grant>().ToFrozenSet(), PerMinute, PerDay, AddedAt, EndedAt);
    }
}
