using Muqeem.Kernel;
using Muqeem.Platform.Database;
using NodaTime;

namespace Muqeem.Credentials.Holding;

/// <summary>Whose word it is that an ID does not count for a time.</summary>
public enum HoldKind
{
    /// <summary>The authority's: two officers.</summary>
    Suspended,

    /// <summary>The holder's own. It says nothing against the holder.</summary>
    Frozen,
}

/// <summary>A time in which a person's ID does not count.</summary>
/// <param name="RowVersion">For compare-and-set.</param>
/// <param name="Document">The version on which it began; it outlasts that version.</param>
/// <param name="Reason">A code of <see cref="HoldReasons"/>.</param>
/// <param name="Proposal">Of a suspension: what was proposed and confirmed.</param>
public sealed record DocumentHold(
    Guid Id, long RowVersion, PersonId Person, Guid Document, HoldKind Kind, string Reason, Instant BegunAt, AccountId BegunBy, Guid? Proposal,
    Instant? EndedAt, AccountId? EndedBy, string? EndReason, Guid? EndProposal)
{
    internal HeadWrite Next() => CredentialsTables.Hold.Head(Id, RowVersion, Person.Value, Document, Kind.ToString().ToUpperInvariant(), Reason, BegunAt, BegunBy.Value, Proposal, EndedAt, EndedBy?.Value, EndReason, EndProposal);
}

/// <summary>What holds a person's ID now. Both may at once: when the suspension is lifted, the freeze is still there.</summary>
public sealed record OpenHolds(DocumentHold? Suspension, DocumentHold? Freeze)
{
    public static readonly OpenHolds None = new(null, null);

    private const string Columns =
        "SELECT id, version AS row_version, person_id, document_id, kind, reason, begun_at, begun_by, begun_proposal, ended_at, ended_by, end_reason, ended_proposal FROM document_hold ";

    private const string OpenOfPerson = Columns + "WHERE person_id = @person AND ended_at IS NULL";

    public bool Any => Suspension is not null || Freeze is not null;

    /// <summary>The graver of the two: the authority's word before the holder's.</summary>
    public HoldKind? Gravest => Suspension is not null ? HoldKind.Suspended : Freeze is not null ? HoldKind.Frozen : null;

    /// <summary>As a refusal, for what is not made while it lasts.</summary>
    public Refusal? Refusal => Gravest switch
    {
        HoldKind.Suspended => new Refusal(HoldRefusals.Suspended),
        HoldKind.Frozen => new Refusal(HoldRefusals.Frozen),
        _ => null,
    };

    /// <summary>From memory where this node knows it: every verification asks.</summary>
    internal static async ValueTask<OpenHolds> OfAsync(Db db, PersonId person, CancellationToken cancel)
    {
        var open = (await db.QueryOfAsync<Stored>(CredentialsTables.Hold, person.Value, OpenOfPerson, new { person = person.Value }, cancel)).Select(s => s.Read()).ToList();
        return open.Count == 0 ? None : new(open.Find(h => h.Kind == HoldKind.Suspended), open.Find(h => h.Kind == HoldKind.Frozen));
    }

    /// <summary>All that ever were, newest first.</summary>
    internal static async Task<IReadOnlyList<DocumentHold>> AllAsync(Db db, PersonId person, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE person_id = @person ORDER BY id DESC", new { person = person.Value }, cancel)).Select(s => s.Read())];

    private sealed record Stored(
        Guid Id, long RowVersion, Guid PersonId, Guid DocumentId, string Kind, string Reason, Instant BegunAt, Guid BegunBy, Guid? BegunProposal,
        Instant? EndedAt, Guid? EndedBy, string? EndReason, Guid? EndedProposal)
    {
        public DocumentHold Read() => new(
            Id, RowVersion, new PersonId(PersonId), DocumentId, Enum.Parse<HoldKind>(Kind, ignoreCase: true), Reason, BegunAt, new AccountId(BegunBy), BegunProposal,
            EndedAt, EndedBy is { } by ? new AccountId(by) : null, EndReason, EndedProposal);
    }
}
