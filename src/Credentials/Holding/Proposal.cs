using Muqeem.Kernel;
using Muqeem.Platform.Database;
using NodaTime;

namespace Muqeem.Credentials.Holding;

/// <summary>What officers do to an ID, always two of them.</summary>
public enum ProposedAct
{
    Suspend,

    /// <summary>Ends a suspension.</summary>
    Lift,

    /// <summary>Ends the ID for good. The way back is a new application.</summary>
    Revoke,
}

public enum ProposalState
{
    Open,
    Confirmed,
    Rejected,

    /// <summary>Taken back by the officer who proposed it.</summary>
    Withdrawn,

    /// <summary>Nobody decided it in time.</summary>
    Expired,
}

/// <summary>What one officer proposes about an ID; only another can decide it.</summary>
/// <param name="RowVersion">For compare-and-set.</param>
/// <param name="Document">The newest version when it was proposed.</param>
/// <param name="Hold">Of a lift: the suspension that ends.</param>
/// <param name="Reason">A code of <see cref="HoldReasons"/>.</param>
public sealed record Proposal(
    Guid Id, long RowVersion, PersonId Person, Guid Document, ProposedAct Act, Guid? Hold, string Reason, AccountId ProposedBy, Instant ProposedAt, Instant ExpiresAt,
    ProposalState State, AccountId? DecidedBy, Instant? DecidedAt, string? DecisionReason)
{
    private const string Columns =
        "SELECT id, version AS row_version, person_id, document_id, act, hold_id, reason, proposed_by, proposed_at, expires_at, state, decided_by, decided_at, decision_reason FROM document_proposal ";

    /// <summary>How it stands at a moment: an open one past its time is expired, whatever is written.</summary>
    public ProposalState StateAt(Instant now) => State == ProposalState.Open && now >= ExpiresAt ? ProposalState.Expired : State;

    internal HeadWrite Next() => CredentialsTables.Proposal.Head(Id, RowVersion, Person.Value, Document, Act.ToString().ToUpperInvariant(), Hold, Reason, ProposedBy.Value, ProposedAt, ExpiresAt,
        State.ToString().ToUpperInvariant(), DecidedBy?.Value, DecidedAt, DecisionReason);

    internal static async Task<Proposal?> FindAsync(Db db, Guid id, CancellationToken cancel) => (await db.FirstAsync<Stored>(Columns + "WHERE id = @id", new { id }, cancel))?.Read();

    /// <summary>All about a person's ID, newest first.</summary>
    internal static async Task<IReadOnlyList<Proposal>> OfAsync(Db db, PersonId person, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE person_id = @person ORDER BY proposed_at DESC, id DESC", new { person = person.Value }, cancel)).Select(s => s.Read())];

    /// <summary>All that wait, oldest first, at most <paramref name="most"/>.</summary>
    internal static async Task<IReadOnlyList<Proposal>> OpenAsync(Db db, Instant now, int most, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE state = 'OPEN' AND expires_at > @now ORDER BY proposed_at, id LIMIT @most", new { now, most }, cancel)).Select(s => s.Read())];

    private sealed record Stored(
        Guid Id, long RowVersion, Guid PersonId, Guid DocumentId, string Act, Guid? HoldId, string Reason, Guid ProposedBy, Instant ProposedAt, Instant ExpiresAt,
        string State, Guid? DecidedBy, Instant? DecidedAt, string? DecisionReason)
    {
        public Proposal Read() => new(
            Id, RowVersion, new PersonId(PersonId), DocumentId, Enum.Parse<ProposedAct>(Act, ignoreCase: true), HoldId, Reason, new AccountId(ProposedBy), ProposedAt, ExpiresAt,
            Enum.Parse<ProposalState>(State, ignoreCase: true), DecidedBy is { } by ? new AccountId(by) : null, DecidedAt, DecisionReason);
    }
}

/// <summary>A proposal with the sentence that goes with it; null when it was erased.</summary>
public sealed record ProposalInWords(Proposal Proposal, string? Words);

/// <summary>A person's ID as an officer sees it: what it says, every version, what holds it, and what was proposed about it.</summary>
/// <param name="Versions">Newest first, at least one.</param>
/// <param name="Content">Of the newest version.</param>
/// <param name="Holds">All that ever were, newest first.</param>
/// <param name="Proposals">Newest first.</param>
/// <param name="Objections">Newest first.</param>
public sealed record IdFile(
    PersonId Person, IReadOnlyList<Issuing.DocumentVersion> Versions, Issuing.DocumentContent Content, OpenHolds Open, IReadOnlyList<DocumentHold> Holds, IReadOnlyList<ProposalInWords> Proposals,
    IReadOnlyList<ObjectionInWords> Objections)
{
    public Issuing.DocumentVersion Latest => Versions[0];

    public Issuing.DocumentVersion? Live => Versions.FirstOrDefault(v => v.State == Issuing.DocumentState.Live);

    /// <summary>The one that waits for a second officer.</summary>
    public ProposalInWords? OpenAt(Instant now) => Proposals.FirstOrDefault(p => p.Proposal.StateAt(now) == ProposalState.Open);

    /// <summary>The one that waits to be decided.</summary>
    public ObjectionInWords? Objected => Objections.FirstOrDefault(o => o.Objection.State == ObjectionState.Open);

    /// <summary>Whether an officer proposed or confirmed the suspension that is open.</summary>
    public bool HadPart(AccountId officer) => Open.Suspension is { } suspension
        && (suspension.BegunBy == officer || Proposals.Any(p => p.Proposal.Id == suspension.Proposal && p.Proposal.ProposedBy == officer));

    /// <summary>What may be proposed as it stands.</summary>
    public IReadOnlyList<ProposedAct> May(Instant now) => OpenAt(now) is not null ? [] :
    [
        .. Live is not null && Open.Suspension is null ? [ProposedAct.Suspend] : (ProposedAct[])[],
        .. Open.Suspension is not null ? [ProposedAct.Lift] : (ProposedAct[])[],
        .. Live is not null ? [ProposedAct.Revoke] : (ProposedAct[])[],
    ];
}
