using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Files;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Holding;

public enum ObjectionState
{
    Open,

    /// <summary>The suspension stands, and the holder was told why.</summary>
    Upheld,

    /// <summary>The suspension was lifted.</summary>
    Granted,

    /// <summary>The ID was revoked meanwhile.</summary>
    Closed,
}

/// <summary>What a holder says against a suspension of the ID.</summary>
/// <param name="RowVersion">For compare-and-set.</param>
/// <param name="Hold">The suspension.</param>
/// <param name="DueAt">By when it should be decided; one that is late is open still.</param>
/// <param name="Evidence">An upload.</param>
/// <param name="DecisionReason">A code of <see cref="HoldReasons.Uphold"/>.</param>
public sealed record Objection(
    Guid Id, long RowVersion, PersonId Person, Guid Hold, ObjectionState State, Instant OpenedAt, AccountId OpenedBy, Instant DueAt, Guid? Evidence, Instant? DecidedAt, AccountId? DecidedBy, string? DecisionReason)
{
    private const string Columns = "SELECT id, version AS row_version, person_id, hold_id, state, opened_at, opened_by, due_at, evidence, decided_at, decided_by, decision_reason FROM document_objection ";

    internal HeadWrite Next() => CredentialsTables.Objection.Head(
        Id, RowVersion, Person.Value, Hold, State.ToString().ToUpperInvariant(), OpenedAt, OpenedBy.Value, DueAt, Evidence, DecidedAt, DecidedBy?.Value, DecisionReason);

    internal static async Task<Objection?> FindAsync(Db db, Guid id, CancellationToken cancel) => (await db.FirstAsync<Stored>(Columns + "WHERE id = @id", new { id }, cancel))?.Read();

    /// <summary>All of a person, newest first.</summary>
    internal static async Task<IReadOnlyList<Objection>> OfAsync(Db db, PersonId person, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE person_id = @person ORDER BY opened_at DESC, id DESC", new { person = person.Value }, cancel)).Select(s => s.Read())];

    /// <summary>All that wait, those that are due first, with the version of the ID on which the suspension began.</summary>
    internal static Task<IReadOnlyList<WaitingObjection>> OpenAsync(Db db, int most, CancellationToken cancel) => db.QueryAsync<WaitingObjection>(
        """
        SELECT o.id AS Id, h.document_id AS Document, h.reason AS Reason, o.opened_at AS OpenedAt, o.due_at AS DueAt
        FROM document_objection o JOIN document_hold h ON h.id = o.hold_id WHERE o.state = 'OPEN' ORDER BY o.due_at, o.id LIMIT @most
        """,
        new { most }, cancel);

    private sealed record Stored(
        Guid Id, long RowVersion, Guid PersonId, Guid HoldId, string State, Instant OpenedAt, Guid OpenedBy, Instant DueAt, Guid? Evidence, Instant? DecidedAt, Guid? DecidedBy, string? DecisionReason)
    {
        public Objection Read() => new(
            Id, RowVersion, new PersonId(PersonId), HoldId, Enum.Parse<ObjectionState>(State, ignoreCase: true), OpenedAt, new AccountId(OpenedBy), DueAt, Evidence,
            DecidedAt, DecidedBy is { } by ? new AccountId(by) : null, DecisionReason);
    }
}

/// <summary>What is personal of an objection.</summary>
/// <param name="Answer">Why the suspension stands, in a sentence.</param>
public sealed record ObjectionContent(string Words, string? Answer = null);

/// <summary>An objection in its words; null when they were erased.</summary>
public sealed record ObjectionInWords(Objection Objection, ObjectionContent? Content);

/// <summary>An objection that nobody has decided. Nothing personal is in it.</summary>
public sealed record WaitingObjection
{
    public Guid Id { get; init; }

    /// <summary>The version of the ID on which the suspension began.</summary>
    public Guid Document { get; init; }

    /// <summary>Why the ID was suspended.</summary>
    public string Reason { get; init; } = "";
    public Instant OpenedAt { get; init; }
    public Instant DueAt { get; init; }

    public bool IsLate(Instant now) => now > DueAt;
}

/// <summary>A paper that goes with an objection.</summary>
/// <param name="Digest">Of its content.</param>
/// <param name="Add">Keeps it within the change.</param>
public sealed record ObjectionEvidence(byte[] Digest, Func<Change, CancellationToken, Task<UploadId>> Add);
