using Muqeem.Kernel;
using Muqeem.Platform.Database;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>What officers do to a line of a bill, always two of them.</summary>
public enum BillAct
{
    /// <summary>What is still owed of it is not asked for any more.</summary>
    WriteOff,

    /// <summary>What was paid of it and spent is the payer's again.</summary>
    GiveBack,
}

public enum BillProposalState
{
    Open,
    Confirmed,
    Rejected,

    /// <summary>Taken back by the officer who proposed it.</summary>
    Withdrawn,

    /// <summary>Nobody decided it in time.</summary>
    Expired,
}

/// <summary>What one officer proposes about a bill; only another can decide it.</summary>
/// <param name="RowVersion">For compare-and-set.</param>
/// <param name="Person">Of the case.</param>
/// <param name="Code">Fee code of the line.</param>
/// <param name="Reason">A code of <see cref="BillReasons"/>.</param>
public sealed record BillProposal(
    Guid Id, long RowVersion, BillId Bill, CaseId Case, PersonId Person, BillAct Act, string Code, Money Amount, string Reason, AccountId ProposedBy, Instant ProposedAt, Instant ExpiresAt,
    BillProposalState State, AccountId? DecidedBy, Instant? DecidedAt, string? DecisionReason)
{
    private const string Columns =
        "SELECT id, version AS row_version, bill_id, case_id, person_id, act, code, amount, reason, proposed_by, proposed_at, expires_at, state, decided_by, decided_at, decision_reason FROM bill_proposal ";

    /// <summary>How it stands at a moment: an open one past its time is expired, whatever is written.</summary>
    public BillProposalState StateAt(Instant now) => State == BillProposalState.Open && now >= ExpiresAt ? BillProposalState.Expired : State;

    internal HeadWrite Next() => PaymentsTables.Proposal.Head(Id, RowVersion, Bill.Value, Case.Value, Person.Value, Act == BillAct.WriteOff ? "WRITE_OFF" : "GIVE_BACK", Code, Amount.Halalas, Reason, ProposedBy.Value, ProposedAt, ExpiresAt,
        State.ToString().ToUpperInvariant(), DecidedBy?.Value, DecidedAt, DecisionReason);

    internal static async Task<BillProposal?> FindAsync(Db db, Guid id, CancellationToken cancel) => (await db.FirstAsync<Stored>(Columns + "WHERE id = @id", new { id }, cancel))?.Read();

    /// <summary>All about a bill, newest first.</summary>
    internal static async Task<IReadOnlyList<BillProposal>> OfAsync(Db db, BillId bill, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE bill_id = @bill ORDER BY proposed_at DESC, id DESC", new { bill = bill.Value }, cancel)).Select(s => s.Read())];

    /// <summary>All that wait, oldest first, at most <paramref name="most"/>.</summary>
    internal static async Task<IReadOnlyList<BillProposal>> OpenAsync(Db db, Instant now, int most, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE state = 'OPEN' AND expires_at > @now ORDER BY proposed_at, id LIMIT @most", new { now, most }, cancel)).Select(s => s.Read())];

    private sealed record Stored(
        Guid Id, long RowVersion, Guid BillId, Guid CaseId, Guid PersonId, string Act, string Code, Money Amount, string Reason, Guid ProposedBy, Instant ProposedAt, Instant ExpiresAt,
        string State, Guid? DecidedBy, Instant? DecidedAt, string? DecisionReason)
    {
        public BillProposal Read() => new(
            Id, RowVersion, new BillId(BillId), new CaseId(CaseId), new PersonId(PersonId), Act == "WRITE_OFF" ? BillAct.WriteOff : BillAct.GiveBack, Code, Amount, Reason, new AccountId(ProposedBy), ProposedAt, ExpiresAt,
            Enum.Parse<BillProposalState>(State, ignoreCase: true), DecidedBy is { } by ? new AccountId(by) : null, DecidedAt, DecisionReason);
    }
}

/// <summary>A proposal with the sentence that goes with it; null when it was erased.</summary>
public sealed record BillProposalInWords(BillProposal Proposal, string? Words);

/// <summary>A bill as an officer sees it, with what was proposed about it, newest first.</summary>
public sealed record BillFile(Bill Bill, PersonId Person, IReadOnlyList<BillProposalInWords> Proposals)
{
    /// <summary>The one that waits for a second officer.</summary>
    public BillProposalInWords? OpenAt(Instant now) => Proposals.FirstOrDefault(p => p.Proposal.StateAt(now) == BillProposalState.Open);

    /// <summary>What may be proposed as it stands.</summary>
    public BillAct? May(Instant now) => OpenAt(now) is not null ? null
        : Bill.Due > Money.Zero ? BillAct.WriteOff
        : Bill.State == BillState.Consumed && Bill.Received > Bill.GivenBack ? BillAct.GiveBack
        : null;
}
