using System.Buffers.Text;
using System.Collections.Frozen;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Verifiers;

/// <summary>A verifier as an operator enters it.</summary>
/// <param name="Keys">Public keys, PEM or JWK, at least one.</param>
/// <param name="PerMinute">Null: as the policy has it.</param>
/// <param name="PerDay"><inheritdoc cref="PerMinute" path="/summary"/></param>
public sealed record VerifierApplication(VerifierKind Kind, string NameArabic, string NameEnglish, IReadOnlyList<Grant> Grants, IReadOnlyList<string> Keys, int? PerMinute = null, int? PerDay = null);

public enum VerifierProposalState
{
    Open,
    Confirmed,

    /// <summary>Not confirmed, or taken back by who proposed it.</summary>
    Rejected,
}

/// <summary>What a verifier is to be: all that its registration will say.</summary>
public sealed record ProposedVerifier(VerifierKind Kind, string NameArabic, string NameEnglish, IReadOnlySet<Grant> Grants, int PerMinute, int PerDay)
{
    public string NameIn(string language) => language == "ar" ? NameArabic : NameEnglish;
}

/// <summary>What one operator proposes about who may check IDs: a verifier with its keys, or keys for one that is registered. Only another can confirm it; until then no key of it counts.</summary>
/// <param name="RowVersion">For compare-and-set.</param>
/// <param name="Verifier">The registered one, or the one that is to be.</param>
/// <param name="New">Null: the verifier is registered, and gets keys.</param>
/// <param name="ProposedBy">An operator of the office, or whoever has the machine's console.</param>
public sealed record VerifierProposal(
    Guid Id, long RowVersion, Guid Verifier, ProposedVerifier? New, IReadOnlyList<PublicKeyText> Keys, Actor ProposedBy, Instant ProposedAt, Instant ExpiresAt, VerifierProposalState State, Actor? DecidedBy, Instant? DecidedAt)
{
    private const string Columns =
        "SELECT id, version AS row_version, verifier_id, kind, name_ar, name_en, grants, per_minute, per_day, keys, proposed_kind, proposed_by, proposed_at, expires_at, state, decided_kind, decided_by, decided_at FROM verifier_proposal ";

    public bool IsOpenAt(Instant now) => State == VerifierProposalState.Open && now < ExpiresAt;

    internal HeadWrite Next() => CredentialsTables.VerifierProposal.Head(
        Id, RowVersion, Verifier, New?.Kind.ToString().ToUpperInvariant(), New?.NameArabic, New?.NameEnglish, New is null ? null : TextOf(New.Grants), New?.PerMinute, New?.PerDay, string.Join(' ', Keys.Select(TextOf)),
        ProposedBy.Kind.ToString(), ProposedBy.Id, ProposedAt, ExpiresAt, State.ToString().ToUpperInvariant(), DecidedBy?.Kind.ToString(), DecidedBy?.Id, DecidedAt);

    internal static string TextOf(IEnumerable<Grant> grants) => string.Join(' ', grants.Select(g => g.ToString()).Distinct().Order(StringComparer.Ordinal));

    internal static async Task<VerifierProposal?> FindAsync(Db db, Guid id, CancellationToken cancel) => (await db.FirstAsync<Stored>(Columns + "WHERE id = @id", new { id }, cancel))?.Read();

    /// <summary>All that wait, oldest first.</summary>
    internal static async Task<IReadOnlyList<VerifierProposal>> OpenAsync(Db db, Instant now, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE state = 'OPEN' AND expires_at > @now ORDER BY proposed_at, id", new { now }, cancel)).Select(s => s.Read())];

    private static string TextOf(PublicKeyText key) => $"{key.Algorithm}:{Base64Url.EncodeToString(key.Bytes)}";

    private sealed record Stored(
        Guid Id, long RowVersion, Guid VerifierId, string? Kind, string? NameAr, string? NameEn, string? Grants, int? PerMinute, int? PerDay, string Keys, string ProposedKind, string ProposedBy, Instant ProposedAt,
        Instant ExpiresAt, string State, string? DecidedKind, string? DecidedBy, Instant? DecidedAt)
    {
        public VerifierProposal Read() => new(
            Id, RowVersion, VerifierId,
            Kind is null ? null : new(Enum.Parse<VerifierKind>(Kind, ignoreCase: true), NameAr!, NameEn!, Words(Grants!).Select(Grant.Of).OfType<Grant>().ToFrozenSet(), PerMinute!.Value, PerDay!.Value),
            [.. Words(Keys).Select(KeyOf)], new Actor(Enum.Parse<ActorKind>(ProposedKind), ProposedBy), ProposedAt, ExpiresAt, Enum.Parse<VerifierProposalState>(State, ignoreCase: true),
            DecidedBy is null ? null : new Actor(Enum.Parse<ActorKind>(DecidedKind!), DecidedBy), DecidedAt);

        private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        private static PublicKeyText KeyOf(string text) => text.Split(':') is [var algorithm, var bytes] && PublicKeyText.Of(algorithm, Base64Url.DecodeFromChars(bytes)) is { } key
            ? key : throw new InvalidOperationException("A proposed key cannot be read any more.");
    }
}
