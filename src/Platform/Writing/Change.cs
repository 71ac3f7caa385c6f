using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Platform.Writing;

/// <summary>Who acts. <see cref="Id"/> is an account, a verifier, an agency's or a job's name.</summary>
public sealed record Actor(ActorKind Kind, string Id)
{
    public static Actor Resident(AccountId id) => new(ActorKind.Resident, id.ToString());
    public static Actor Officer(AccountId id) => new(ActorKind.Officer, id.ToString());
    public static Actor Agency(string name) => new(ActorKind.Agency, name);
    public static Actor Verifier(Guid id) => new(ActorKind.Verifier, id.ToString());
    public static Actor System(string job) => new(ActorKind.System, job);
    public static readonly Actor Anonymous = new(ActorKind.Anonymous, "-");
    public override string ToString() => $"{Kind}:{Id}";
}

public enum ActorKind
{
    Anonymous,
    Resident,
    Officer,
    Agency,
    System,

    /// <summary>A registered verifier, by its id.</summary>
    Verifier,
}

/// <summary>
/// What is recorded of every change. (Actor, verb, operation id) happens once: the same again with the same <see cref="RequestDigest"/> gets the
/// same <see cref="Answer"/>; with another digest it is refused.
/// </summary>
/// <param name="Verb">e.g. <c>case.submit</c>.</param>
/// <param name="OperationId">Made by the client: a form's when it is drawn; a job's from (row, due).</param>
/// <param name="RequestDigest">SHA-256 of the request as it came (see <see cref="Digest"/>).</param>
public sealed record Act(ActId Id, string Verb, Actor Actor, Guid OperationId, byte[] RequestDigest, Instant At)
{
    public Actor? OnBehalfOf { get; init; }
    public PersonId? Person { get; init; }
    public CaseId? Case { get; init; }

    /// <summary>A reason code or purpose; never free text about a person.</summary>
    public string? Reason { get; init; }

    /// <summary>Rule set and policy version under which it was decided.</summary>
    public string? Rules { get; init; }

    /// <summary>A reference from which the answer is rendered anew, e.g. a case id. No personal data.</summary>
    public string? Answer { get; init; }
}

/// <summary>Something that may exist once, as (kind, keyed hash): a number, a passport, a live document, a message id.</summary>
public sealed record Claim(string Kind, byte[] Hash);

/// <summary>A debit or credit of a spendable balance. Debits that would go below zero fail with <see cref="WriteOutcome.Insufficient"/>.</summary>
public sealed record BalanceDelta(Guid Account, long Halalas);

/// <summary>A message to the world, sent by the outbox after the commit. One lane is sent in order; lanes do not block each other.</summary>
/// <param name="Topic">Chooses the handler.</param>
/// <param name="Lane">e.g. <c>sms:person-id</c>.</param>
/// <param name="Payload">JSON; personal data only sealed.</param>
public sealed record OutboxMessage(Guid Id, string Topic, string Lane, string Payload, SealedBytes? Secret = null, PersonId? Person = null);

/// <summary>The data key of a person and retention class, to be destroyed.</summary>
public sealed record KeyErasure(PersonId Person, RetentionClass Class);

/// <summary>An act, the rows it sets, the messages it sends, the accesses it made. The only way to write; all of it commits, or none.</summary>
public sealed class Change(Act? act)
{
    /// <summary>Null only for bookkeeping.</summary>
    public Act? Act { get; private set; } = act;

    /// <summary>Says under which rules it was decided, which is known only after the act was begun. Before it is written.</summary>
    public void DecidedUnder(string rules) => Act = Act is { } begun ? begun with { Rules = rules } : throw new InvalidOperationException("Bookkeeping decides nothing.");

    public List<HeadWrite> Heads { get; } = [];
    public List<Claim> Claims { get; } = [];

    /// <summary>Claims given back, e.g. the live document that is superseded.</summary>
    public List<Claim> Releases { get; } = [];
    public List<BalanceDelta> Balances { get; } = [];
    public List<Row> Rows { get; } = [];
    public List<OutboxMessage> Messages { get; } = [];
    public List<AccessEntry> Accesses { get; } = [];

    /// <summary>Data keys made for this change; durable before the rows they seal.</summary>
    public List<NewDataKey> Keys { get; } = [];

    /// <summary>Data keys destroyed by this act: what they sealed is gone for good, and a tombstone says so.</summary>
    public List<KeyErasure> Erasures { get; } = [];

    /// <summary>Those of <see cref="Keys"/> that belong to a person who is new in this change, ready for use; see <see cref="Sealer.MakeKeys"/>.</summary>
    internal Dictionary<(PersonId Person, RetentionClass Class), DataKey>? Fresh { get; set; }

    /// <summary>Positions that leaves get in the journal; a leaf that has one keeps it. The sequencer's alone.</summary>
    internal List<(Guid Leaf, long Position)> Sequenced { get; } = [];

    /// <summary>What whoever reads next of a subject would read, when that is known without reading: see <see cref="Recollection"/>.</summary>
    internal List<(Table Table, Guid Subject, string What, object? Value)> Remembered { get; } = [];

    /// <summary>Says what <see cref="Db.FirstOfAsync"/> of this statement reads once the change is written. A later word for the same replaces this one.</summary>
    public void Remember(Table table, Guid subject, string sql, object? value) => Remembered.Add((table, subject, sql, value));

    /// <summary>How it ended, set by the writer before it answers; null before. Accesses that ride in a change look at it.</summary>
    public WriteOutcome? Outcome { get; internal set; }
}

/// <summary>How a change ended. All but <see cref="Done"/> wrote nothing.</summary>
public abstract record WriteOutcome
{
    private WriteOutcome() { }

    public sealed record Done(ActId? Act) : WriteOutcome;

    /// <summary>This operation was done before with the same request; render <see cref="Answer"/> again.</summary>
    public sealed record Replayed(ActId Act, string? Answer) : WriteOutcome;

    /// <summary>This operation id was used with another request: 409.</summary>
    public sealed record OperationReused : WriteOutcome;

    /// <summary>Somebody else changed this head: 409, read again.</summary>
    public sealed record Conflict(string Table, Guid Id) : WriteOutcome;

    /// <summary>This exists already.</summary>
    public sealed record Claimed(string Kind) : WriteOutcome;

    public sealed record Insufficient(Guid Account) : WriteOutcome;

    /// <summary>Queue full or database away: 503 with Retry-After; ask again with the same operation id.</summary>
    public sealed record Busy(TimeSpan RetryAfter) : WriteOutcome;

    /// <summary>The commit's fate is not known yet: 503; ask again with the same operation id.</summary>
    public sealed record InDoubt : WriteOutcome;
}

/// <summary>Bulk work takes at most a quarter of a group.</summary>
public enum WriteClass
{
    Interactive,
    Bulk,
}

/// <summary>The one way to write. One per node and database.</summary>
public interface IWriter
{
    Task<WriteOutcome> WriteAsync(Change change, WriteClass @class = WriteClass.Interactive, CancellationToken cancel = default);
}
