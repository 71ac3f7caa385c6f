using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Policies;

public enum PolicyProposalState
{
    Open,
    Confirmed,

    /// <summary>Not confirmed, or taken back by who proposed it.</summary>
    Rejected,
}

/// <summary>What one operator proposes about a rule. Only another can put it in force.</summary>
/// <param name="RowVersion">For compare-and-set.</param>
/// <param name="Basis">Digest of the code's rows as the proposer saw them: when they changed since, it is proposed anew.</param>
/// <param name="Published">The version of the rules in which it came to be; null before.</param>
public sealed record PolicyProposal(
    Guid Id, long RowVersion, PolicyChange Change, string Basis, Actor ProposedBy, Instant ProposedAt, Instant ExpiresAt, PolicyProposalState State, Actor? DecidedBy, Instant? DecidedAt, long? Published)
{
    private const string Columns =
        "SELECT id, version AS row_version, code, effective_from, effective_to, value, source, note, basis, proposed_kind, proposed_by, proposed_at, expires_at, state, decided_kind, decided_by, decided_at, published FROM policy_proposal ";

    public bool IsOpenAt(Instant now) => State == PolicyProposalState.Open && now < ExpiresAt;

    internal HeadWrite Next() => PolicyTables.Proposal.Head(
        Id, RowVersion, Change.Code, Change.From, Change.To, Change.Value, Change.Source, Change.Note, Basis, ProposedBy.Kind.ToString(), ProposedBy.Id, ProposedAt, ExpiresAt, State.ToString().ToUpperInvariant(),
        DecidedBy?.Kind.ToString(), DecidedBy?.Id, DecidedAt, Published);

    internal static async Task<PolicyProposal?> FindAsync(Db db, Guid id, CancellationToken cancel) => (await db.FirstAsync<Stored>(Columns + "WHERE id = @id", new { id }, cancel))?.Read();

    /// <summary>All that wait, oldest first.</summary>
    internal static async Task<IReadOnlyList<PolicyProposal>> OpenAsync(Db db, Instant now, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE state = 'OPEN' AND expires_at > @now ORDER BY proposed_at, id", new { now }, cancel)).Select(s => s.Read())];

    private sealed record Stored(
        Guid Id, long RowVersion, string Code, LocalDate EffectiveFrom, LocalDate? EffectiveTo, string Value, string Source, string? Note, string Basis, string ProposedKind, string ProposedBy, Instant ProposedAt, Instant ExpiresAt,
        string State, string? DecidedKind, string? DecidedBy, Instant? DecidedAt, long? Published)
    {
        public PolicyProposal Read() => new(
            Id, RowVersion, new(Code, EffectiveFrom, EffectiveTo, Value, Source, Note), Basis, new Actor(Enum.Parse<ActorKind>(ProposedKind), ProposedBy), ProposedAt, ExpiresAt, Enum.Parse<PolicyProposalState>(State, ignoreCase: true),
            DecidedBy is null ? null : new Actor(Enum.Parse<ActorKind>(DecidedKind!), DecidedBy), DecidedAt, Published);
    }
}
