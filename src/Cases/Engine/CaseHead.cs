using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Where a case stands, as read at <see cref="Version"/>.</summary>
public sealed record CaseHead
{
    public Guid Id { get; init; }
    public long Version { get; init; }
    public string Service { get; init; } = "";
    public Guid PersonId { get; init; }
    public Guid AccountId { get; init; }
    public string Reference { get; init; } = "";
    public string Category { get; init; } = "";
    public string State { get; init; } = CaseStates.None;
    public Instant StateSince { get; init; }

    /// <summary>Who acts next, <see cref="Holders"/>.</summary>
    public string Holder { get; init; } = Holders.Applicant;

    /// <summary>Its applicant may change the answers and send: also while he waits for an agency to answer what he contests.</summary>
    public bool MayBeChanged => State is CaseStates.Draft or CaseStates.NeedsAction or CaseStates.NeedsInformation;
    public Instant? DueAt { get; init; }
    public Instant CreatedAt { get; init; }
    public Instant? SubmittedAt { get; init; }
    public int Submission { get; init; }
    public int Cleared { get; init; }
    public int Confirmed { get; init; }
    public string? Waiting { get; init; }
    public int Attempts { get; init; }
    public Guid? BillId { get; init; }
    public Guid? DecidedBy { get; init; }
    public string Rules { get; init; } = "";

    /// <summary>The account of a case that was taken over from another register, before its person has come.</summary>
    internal static readonly Guid NobodyYet = Guid.Empty;

    public CaseId Case => new(Id);
    public PersonId Person => new(PersonId);
    public AccountId Account => new(AccountId);

    internal const string Select = """
        SELECT id AS Id, version AS Version, service AS Service, person_id AS PersonId, account_id AS AccountId, reference AS Reference, category AS Category, state AS State,
               state_since AS StateSince, holder AS Holder, due_at AS DueAt, created_at AS CreatedAt, submitted_at AS SubmittedAt, submission AS Submission, cleared AS Cleared,
               confirmed AS Confirmed, waiting AS Waiting, attempts AS Attempts, bill_id AS BillId, decided_by AS DecidedBy, rules AS Rules
        FROM case_head
        """;

    internal const string SelectById = Select + " WHERE id = @id";

    internal HeadWrite Write(long expectedVersion) => CaseTables.Case.Head(Id, expectedVersion,
        Service, PersonId, AccountId, Reference, Category, State, StateSince, Holder, DueAt, CreatedAt, SubmittedAt, Submission, Cleared, Confirmed, Waiting, Attempts, BillId, DecidedBy, Rules);
}

/// <summary>Who acts next. Texts: <c>case.holder.*</c>.</summary>
public static class Holders
{
    public const string Applicant = "applicant";
    public const string Officer = "officer";
    public const string Employer = "employer";
    public const string Payer = "payer";
    public const string Agency = "agency";
    public const string Border = "border";
    public const string Post = "post";
    public const string None = "none";

    /// <summary>Derived from the state: a case never waits without somebody who acts next.</summary>
    public static string Of(Lifecycle states, string state) => state switch
    {
        CaseStates.Draft or CaseStates.NeedsAction or CaseStates.NeedsInformation => Applicant,
        CaseStates.UnderReview or CaseStates.Objection => Officer,
        CaseStates.AwaitingEmployer => Employer,
        CaseStates.AwaitingPayment => Payer,
        CaseStates.WaitingForSource => Agency,
        ShipmentStates.NotConfirmed => Officer,
        _ when ShipmentStates.IsOpen(state) => Post,
        _ => states.IsFinal(state) || state == CaseStates.Refused ? None : Border,
    };
}

/// <summary>Who does it, once: the client's operation id and the digest of what it asked.</summary>
public sealed record Operation(Actor Actor, Guid Id, byte[] Digest)
{
    /// <summary>The version of the case on which the officer decided; another one is a conflict. Null: whatever it is now.</summary>
    public long? Seen { get; init; }

    /// <summary>Of a job: the same row and due moment is the same operation.</summary>
    public static Operation Due(string job, Guid subject, string kind, Instant due)
    {
        var digest = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{job}|{subject}|{kind}|{due.ToUnixTimeTicks()}"));
        return new(Actor.System(job), new Guid(digest.AsSpan(0, 16)), digest);
    }
}

/// <summary>How a verb ended. Pages and API show the same.</summary>
public abstract record CaseOutcome
{
    private CaseOutcome() { }

    public sealed record Done(CaseId Case, string Reference, string State) : CaseOutcome;

    /// <summary>400: faults at fields; nothing typed is lost.</summary>
    public sealed record Invalid(CaseId? Case, IReadOnlyList<FieldFault> Faults) : CaseOutcome;

    /// <summary>422: the rules say no; all findings.</summary>
    public sealed record NotEligible(IReadOnlyList<Finding> Findings) : CaseOutcome;

    /// <summary>404: not there, or not theirs.</summary>
    public sealed record NotFound : CaseOutcome;

    /// <summary>409: not in this state.</summary>
    public sealed record NotNow(string State, Refusal Refusal) : CaseOutcome;

    /// <summary>409: changed meanwhile; read again.</summary>
    public sealed record Conflict : CaseOutcome;

    /// <summary>409: this operation id was used for something else.</summary>
    public sealed record OperationReused : CaseOutcome;

    /// <summary>503: ask again with the same operation id.</summary>
    public sealed record TryAgain(TimeSpan After) : CaseOutcome;
}

/// <summary>Refusals of the verbs themselves.</summary>
public static class CaseRefusals
{
    public const string NotInThisState = "case.not_in_this_state";
    public const string OpenAlready = "case.open_already";
    public const string LockedByAnother = "case.locked_by_another";
    public const string NotLocked = "case.not_locked";
    public const string DecidedBefore = "case.decided_before";
    public const string ObjectionTooLate = "case.objection_too_late";
    public const string UndoTooLate = "case.undo_too_late";
    public const string OwnCase = "case.own_case";
    public const string ReasonMissing = "case.reason_missing";
    public const string ItemsMissing = "case.items_missing";
    public const string DecisionPending = "case.decision_pending";
    public const string NothingToContest = "case.nothing_to_contest";
    public const string ContestedAlready = "case.contested_already";
    public const string ContestedEnough = "case.contested_enough";
}

/// <summary>A case's next state being built: the head, its timeline and its deadlines change together in one <see cref="Change"/>.</summary>
internal sealed class CaseChange(Change change, Service service, CaseHead before, Operation operation, Instant now, TimeProvider clock)
{
    public Change Change { get; } = change;
    public Service Service { get; } = service;
    public CaseHead Before { get; } = before;
    public CaseHead Head { get; set; } = before;
    public Instant Now { get; } = now;

    /// <summary>The contest that this very change answers: as stored it is open still.</summary>
    public Guid? Answers { get; set; }

    /// <summary>An officer clears it in this very change: what he did not see before, he sees now.</summary>
    public bool Clears { get; set; }

    /// <summary>Moves along the table; a move that the table does not have is a bug: verbs ask <see cref="Lifecycle.Allows"/> first.</summary>
    /// <param name="who">Who decided, when another carries it out.</param>
    public void Move(string act, By by, string? reason = null, Platform.Privacy.SealedBytes? note = null, Actor? who = null)
    {
        var to = Service.States.Next(Head.State, act, by) ?? throw new InvalidOperationException($"{Service.Code}: no way from {Head.State} by {act} of {by}.");
        if (Head.State is CaseStates.UnderReview or CaseStates.Objection)
        {
            Change.Rows.Add(CaseTables.Queue.Delete(Head.Id));
            Change.Rows.Add(CaseTables.Lock.Delete(Head.Id));
        }
        if (Head.State == CaseStates.WaitingForSource)
        {
            // Whichever way it leaves, withdrawn or timed out too: nobody asks the source for it any more.
            Head = Head with { Waiting = null };
            Change.Rows.Add(CaseTables.Deadline.Delete(Head.Id, Deadlines.Retry));
        }
        Note(act, to, reason, note, who ?? (by == By.System ? Actor.System("engine") : null));
        Head = Head with { State = to, StateSince = Now, Holder = Holders.Of(Service.States, to), DueAt = null };
        Change.Rows.Add(CaseTables.Deadline.Delete(Head.Id, Deadlines.State));
    }

    /// <summary>A line of the timeline.</summary>
    /// <param name="who">What follows by rule within somebody's act is the system's, not theirs.</param>
    public void Note(string act, string to, string? reason = null, Platform.Privacy.SealedBytes? note = null, Actor? who = null) =>
        Change.Rows.Add(CaseTables.Event.Insert(Guid.CreateVersion7(clock.GetUtcNow()), Head.Id, Now, act, Head.State, to, (who ?? operation.Actor).Kind.ToString(), (who ?? operation.Actor).Id, reason, note));

    public void Due(string kind, Instant at, string rules)
    {
        Change.Rows.Add(CaseTables.Deadline.Put(Head.Id, kind, at, rules));
        if (kind == Deadlines.State)
        {
            Head = Head with { DueAt = at };
        }
    }

    public void Queue(Instant due, Guid? excluded) => Change.Rows.Add(CaseTables.Queue.Put(Head.Id, Head.Service, Now, due, excluded));

    /// <summary>Adds the head. Last.</summary>
    public Change Close()
    {
        if (Head.Rules.Length > 0)
        {
            // What was known when the act was begun were the rules of the assessment before.
            Change.DecidedUnder(Head.Rules);
        }
        Change.Heads.Add(Head.Write(Before.Version));
        Change.Remember(CaseTables.Case, Head.Id, CaseHead.SelectById, Head with { Version = Before.Version + 1 });
        return Change;
    }
}

/// <summary>Kinds of deadline rows.</summary>
internal static class Deadlines
{
    /// <summary>The current state's time-out.</summary>
    public const string State = "state";

    /// <summary>The next attempt to reach a source.</summary>
    public const string Retry = "retry";

    /// <summary>A record is asked again for what the case went on without: <c>recheck:&lt;source&gt;</c>. Played in the lane of the source.</summary>
    public const string Recheck = "recheck:";

    /// <summary>An agency told us that its record changed: it is asked anew, <c>told:&lt;source&gt;</c>. Played in the lane of the source.</summary>
    public const string Told = "told:";

    /// <summary>A decision takes effect.</summary>
    public const string Decision = "decision";

    /// <summary>Something of the instrument: <c>instrument:&lt;act&gt;</c>.</summary>
    public const string Instrument = "instrument:";

    /// <summary>An agency should have answered a contest: <c>contest:&lt;id&gt;</c>.</summary>
    public const string Contest = "contest:";

    /// <summary>Reminders before a residence ends: <c>reminder:&lt;days&gt;</c>.</summary>
    public const string Reminder = "reminder:";
}

/// <summary>Whose account it is; null when there is no such account, or it is no resident's. Registered by the host.</summary>
public delegate Task<Kernel.PersonId?> PersonOfAccount(Kernel.AccountId account, CancellationToken cancel);

/// <summary>Of these uploads, those that the person sent, each with its kind. That somebody else sent the same is a signal, never a verdict.</summary>
public delegate Task<IReadOnlyList<Platform.Files.SentUpload>> UploadsSent(Kernel.PersonId person, IReadOnlyList<Guid> uploads, CancellationToken cancel);
