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

/// <summary>How a verb about verifiers ended.</summary>
public abstract record BookAnswer
{
    private BookAnswer() { }

    /// <param name="Proposal">Of what waits for a second operator, or was decided.</param>
    public sealed record Done(Guid Verifier, IReadOnlyList<string> KeyIds, Guid? Proposal = null) : BookAnswer;

    public sealed record Refused(Refusal Refusal) : BookAnswer;

    /// <summary>Nothing was written, or nobody knows yet: again under the same operation.</summary>
    public sealed record TryAgain(TimeSpan After) : BookAnswer;
}

/// <summary>
/// The registered verifiers and their keys. <see cref="VerifierRegistrar"/> enters them; ending one takes no second person, for it must be quick. Every change is an act; each node holds all of it in memory and takes over what changed every second. A node that has not heard of the database for
/// <see cref="Oldest"/> admits nobody: a key that was revoked must not go on counting.
/// </summary>
public sealed class VerifierBook(Db db, IWriter writer, Func<VerifierRules> rules, TimeProvider clock)
{
    public static readonly Duration Oldest = Duration.FromSeconds(15);

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

    /// <summary>Ends a key at once; sessions that it opened end with it.</summary>
    public async Task<BookAnswer> RevokeKeyAsync(Actor by, Guid operation, string keyId, string reason, CancellationToken cancel = default)
    {
        if (Key(keyId) is not { IsActive: true } key)
        {
            return new BookAnswer.Refused(new Refusal(VerifierRefusals.NoKey));
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
            return new BookAnswer.Refused(new Refusal(VerifierRefusals.NoVerifier));
        }
        var change = new Change(Act("verifier.revoke", by, operation, id) with { Reason = reason });
        change.Heads.Add(CredentialsTables.RegisteredVerifier.Head(id, v.RowVersion, v.Kind.ToString().ToUpperInvariant(), v.NameArabic, v.NameEnglish, KeyLine.Revoked,
            string.Join(' ', v.Grants.Select(g => g.ToString()).Order(StringComparer.Ordinal)), v.PerMinute, v.PerDay, v.AddedAt, clock.Now()));
        return await WriteAsync(change, id, [], cancel);
    }

    internal Act Act(string verb, Actor by, Guid operation, Guid verifier, params ReadOnlySpan<string> parts) =>
        new(ActId.New(clock), verb, by, operation, Digest.Of((string?[])[verb, .. parts]), clock.Now()) { Answer = verifier.ToString() };

    /// <summary>Writes, and takes over at once what was written.</summary>
    internal async Task<BookAnswer> WriteAsync(Change change, Guid verifier, IReadOnlyList<string> keys, CancellationToken cancel, Guid? proposal = null)
    {
        switch (await writer.WriteAsync(change, cancel: cancel))
        {
            case WriteOutcome.Done or WriteOutcome.Replayed:
                await LoadAsync(cancel);
                return new BookAnswer.Done(verifier, keys, proposal);
            case WriteOutcome.Claimed:
                return new BookAnswer.Refused(new Refusal(VerifierRefusals.KeyTaken));
            case WriteOutcome.Conflict:
                return new BookAnswer.Refused(new Refusal(VerifierRefusals.Changed));
            case WriteOutcome.OperationReused:
                return new BookAnswer.Refused(new Refusal(VerifierRefusals.OperationReused));
            case WriteOutcome.Busy busy:
                return new BookAnswer.TryAgain(busy.RetryAfter);
            case WriteOutcome.InDoubt:
                return new BookAnswer.TryAgain(TimeSpan.FromSeconds(2));
            case var other:
                throw new InvalidOperationException($"A change of the verifiers ended unexpectedly: {other.GetType().Name}.");
        }
    }

    private sealed record Shelf(Instant At, VerifierRules Rules, FrozenDictionary<Guid, RegisteredVerifier> Verifiers, FrozenDictionary<string, VerifierKey> ByKeyId, FrozenDictionary<Guid, VerifierKey> ByKey);

    private sealed record Stored(Guid Id, long RowVersion, string Kind, string NameAr, string NameEn, string State, string Grants, int PerMinute, int PerDay, Instant AddedAt, Instant? EndedAt)
    {
        public RegisteredVerifier Read() => new(Id, RowVersion, Enum.Parse<VerifierKind>(Kind, ignoreCase: true), NameAr, NameEn, State == KeyLine.Active,
            Grants.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Grant.Of).OfType<Grant>().ToFrozenSet(), PerMinute, PerDay, AddedAt, EndedAt);
    }
}
