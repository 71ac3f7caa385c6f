using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Verifiers;
using Muqeem.Kernel;
using Muqeem.Office.Endpoints;
using Muqeem.Platform.Background;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Office.Pages;

public sealed record OfficeSignInModel(FormState Form, Instant? OpensAt, string? ReturnTo);

public sealed record OfficeCodeModel(FormState Form, bool MayUsePaper, string? ReturnTo);

/// <param name="Open">The first day that is not closed; null: all are.</param>
public sealed record BooksModel(Session Me, IReadOnlyList<Payments.Closing> Closings, Payments.OpenDay? Open);

/// <param name="Waiting">What waits for a second officer.</param>
public sealed record BillsModel(Session Me, FormState Form, IReadOnlyList<Payments.BillProposal> Waiting);

/// <param name="Done">What was just done: proposed, confirmed, rejected, withdrawn.</param>
public sealed record BillFileModel(Session Me, Payments.BillFile File, NodaTime.Instant Now, NodaTime.LocalDate Today, FormState Form, string? Done)
{
    public Payments.BillProposalInWords? Open => File.OpenAt(Now);

    public Payments.BillAct? May => Me.Has(OfficeRole.Officer) ? File.May(Now) : null;

    public bool Mine => Open?.Proposal.ProposedBy == Me.Account;

    public bool MayDecide => Me.Has(OfficeRole.Officer) && Open is not null && !Mine;
}

/// <param name="Waiting">What waits for a second operator.</param>
public sealed record VerifiersModel(
    Session Me, IReadOnlyList<(RegisteredVerifier Verifier, IReadOnlyList<VerifierKey> Keys)> All, IReadOnlyList<VerifierProposal> Waiting, VerifierRules Rules, Instant Now, FormState Form);

public sealed record ClosedDayModel(Session Me, Payments.ClosedDay Day);

public sealed record DashboardModel(Session Me, QueueCounts Counts, IReadOnlyList<AgeOfQueue> Ages, IReadOnlyList<DayOfDecisions> Decisions);

public sealed record QueueModel(Session Me, QueueFilter Filter, IReadOnlyList<Service> Services, IReadOnlyList<QueueLine> Lines, string? Next, bool Later, Instant Now);

public sealed record NotFoundModel(Session Me, string? Typed);

/// <summary>Something cannot be done now.</summary>
/// <param name="State">Where the case stands, when that is what is in the way.</param>
/// <param name="Back">From where to go on.</param>
public sealed record NotNowModel(Refusal Refusal, string? State, string Back);

/// <summary>A case that this reader has no reason to open: nothing of it is opened, and its state is told.</summary>
public sealed record ClosedCaseModel(Session Me, string Reference, string State);

/// <param name="Done">What was just done: approved, undone.</param>
public sealed record CaseModel(Session Me, ReviewView View, Instant Now, bool OnlyDifferences, string? Done)
{
    public bool Waits => View.Head.State is CaseStates.UnderReview or CaseStates.Objection;

    public bool Mine => Waits && View.LockedBy == Me.Account.Value;

    public bool Another => Waits && View.LockedBy is { } holder && holder != Me.Account.Value;

    /// <summary>He refused before; another decides the objection.</summary>
    public bool DecidedBefore => View.Head.State == CaseStates.Objection && View.Head.DecidedBy == Me.Account.Value;

    public bool MayDecide => Me.Has(OfficeRole.Officer) && Mine && View.Pending is null && !DecidedBefore;

    public bool MayTake => Me.Has(OfficeRole.Officer) && Waits && !Mine && !Another && View.Pending is null && !DecidedBefore;

    public bool MayUndo => View.Pending is { } pending && pending.Officer == Me.Account.Value && Now < pending.EffectiveAt;
}

/// <summary>Where writing a decision stands.</summary>
public enum DecisionStep
{
    /// <summary>The reason, and what is asked for.</summary>
    Choose,

    /// <summary>The letter.</summary>
    Write,

    /// <summary>The letter as the resident will read it.</summary>
    Look,
}

/// <param name="Applicants">The language that the applicant reads.</param>
public sealed record DecisionModel(Session Me, ReviewView View, string Act, FormState Form, Language Applicants, DecisionStep Step);

/// <param name="Feeds">The agencies that are sent events.</param>
public sealed record AgenciesModel(Session Me, IReadOnlyList<AgencyStanding> Standings, IReadOnlyList<FeedConsumer> Feeds);

public sealed record WorkModel(Session Me, OutboxState Outbox, IReadOnlyList<ParkedMessage> Parked, IReadOnlyList<JobState> Jobs, bool MayRetry,
    IReadOnlyList<KeyAlarm> KeyAlarms, IReadOnlyList<SigningCertificate> Signers, RetentionStanding? Retention);

/// <param name="Rows">Those of the fee table each by itself.</param>
/// <param name="Waiting">What waits for a second operator.</param>
public sealed record PoliciesModel(Session Me, long Version, IReadOnlyList<PolicyRow> Rows, IReadOnlyList<WaitingChange> Waiting, LocalDate Today, string? Filter);

/// <param name="Rows">Of the code, in the order of their days.</param>
/// <param name="AsText">The value is written as JSON although it has parts.</param>
public sealed record PolicyChangeModel(Session Me, string Code, IReadOnlyList<PolicyRow> Rows, LocalDate Today, bool AsText, FormState Form)
{
    /// <summary>Names of the boxes are these and a number.</summary>
    public const string PartField = "part.";

    /// <summary>Each has its box; null: the value is written as a whole.</summary>
    public IReadOnlyList<PolicyPart>? Parts => AsText ? null : PolicyPart.Of(Present.Value);

    public bool HasParts => PolicyPart.Of(Present.Value) is not null;

    public string Seen => PolicyBook.DigestOf(Rows);

    /// <summary>What the new value is written over: what is in force, or will be, or was last.</summary>
    public PolicyRow Present => Rows.FirstOrDefault(r => r.InForce(Today)) ?? Rows.FirstOrDefault(r => r.From > Today) ?? Rows[^1];
}

/// <summary>A proposal beside what it would change.</summary>
/// <param name="Differences">From what is in force on its first day now.</param>
/// <param name="IsNew">Nothing is in force on that day.</param>
public sealed record WaitingChange(PolicyProposal Proposal, IReadOnlyList<PolicyDifference> Differences, bool IsNew)
{
    public static WaitingChange Of(PolicyProposal proposal, IReadOnlyCollection<PolicyRow> rows)
    {
        var before = PolicyChange.RowsOf(proposal.Change.Code, rows).FirstOrDefault(r => r.InForce(proposal.Change.From));
        return new(proposal, PolicyDifference.Between(before?.Value, proposal.Change.Value), before is null);
    }
}

public sealed record ClockModel(Session Me, Instant Now, Duration Offset, FormState Form);

public sealed record AccountsModel(Session Me, FormState Form, FoundAccount? Found, bool Done);

/// <summary>An account beside what the register says of its person.</summary>
public sealed record FoundAccount(Account Account, Muqeem.Registry.PersonRecord Record);

public sealed record ColleaguesModel(Session Me, IReadOnlyList<OfficeLine> Lines, IReadOnlyList<Invitation> Invitations, FormState Form);

/// <param name="Open">Null until a code that counts was given.</param>
public sealed record ActivateModel(FormState Form, Activation.Open? Open);

public sealed record ActivatedModel(IReadOnlyList<string> RecoveryCodes);

/// <param name="Shipments">The oldest promise first.</param>
public sealed record DeliveriesModel(Session Me, IReadOnlyList<Muqeem.Cases.TroubledShipment> Shipments);

/// <param name="Runs">The comparisons of the last nights, newest first.</param>
public sealed record DifferencesModel(Session Me, IReadOnlyList<Muqeem.Registry.Reconciliation> Runs, IReadOnlyList<Muqeem.Registry.OpenDifferences> Open, IReadOnlyList<Muqeem.Registry.Difference> List, bool MayOpen);

public sealed record DifferenceModel(Session Me, Muqeem.Registry.Difference Difference, Muqeem.Registry.DifferenceSides Sides, bool MaySettle);
