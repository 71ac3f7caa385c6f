using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.SignIn.Book;

// One record per table, its columns in order; Next() is the row at its next version.

internal sealed record AccountRow(
    Guid Id, long Version, Guid Person, string Kind, string State, string Proofing, string Roles, string? Office, string Language, string? Password, Instant CreatedAt, Instant ChangedAt)
{
    public const string Columns = "a.id, a.version, a.person, a.kind, a.state, a.proofing, a.roles, a.office, a.language, a.password, a.created_at, a.changed_at";

    public AccountId AccountId => new(Id);
    public PersonId PersonId => new(Person);
    public bool IsOffice => Kind == nameof(AccountKind.Office);
    public AccountState StateNow => Enum.Parse<AccountState>(State);
    public OfficeRole RolesNow => OfficeRoles.Parse(Roles);
    public bool MaySignIn => Password is not null && StateNow is AccountState.Registered or AccountState.Active or AccountState.Closed;

    public Account ToAccount() => new(AccountId, PersonId, Enum.Parse<AccountKind>(Kind), StateNow, Enum.Parse<Proofing>(Proofing), RolesNow, Office, Language, CreatedAt);

    public Actor Actor => IsOffice ? Actor.Officer(AccountId) : Actor.Resident(AccountId);

    public HeadWrite Next() => SignInTables.Account.Head(Id, Version, Person, Kind, State, Proofing, Roles, Office, Language, Password, CreatedAt, ChangedAt);
}

internal sealed record ContactRow(Guid Id, Guid Account, string Kind, byte[] Hash, string Source, Instant Since, Instant? Until)
{
    public const string Columns = "id, account, kind, hash, source, since, until";

    public ContactKind KindNow => Enum.Parse<ContactKind>(Kind);

    public Row Put() => SignInTables.Contact.Put(Id, Account, Kind, Hash, Source, Since, Until);
}

internal sealed record AuthenticatorRow(Guid Id, long Version, Guid Account, string State, long LastStep, Instant CreatedAt)
{
    public const string Columns = "id, version, account, state, last_step, created_at";

    public const string Active = "ACTIVE";
    public const string Removed = "REMOVED";

    public HeadWrite Next() => SignInTables.Authenticator.Head(Id, Version, Account, State, LastStep, CreatedAt);
}

internal sealed record RecoverySetRow(Guid Id, long Version, Guid Account, byte[] Salt, byte[] Hashes, int Used, string State, Instant CreatedAt)
{
    public const string Columns = "id, version, account, salt, hashes, used, state, created_at";

    public const string Active = "ACTIVE";
    public const string Replaced = "REPLACED";

    public HeadWrite Next() => SignInTables.RecoverySet.Head(Id, Version, Account, Salt, Hashes, Used, State, CreatedAt);
}

internal sealed record PendingRow(Guid Id, long Version, byte[] Token, byte[] State, Instant ExpiresAt)
{
    public const string Columns = "id, version, token, state, expires_at";

    // Sealed under the row's own id and not under the person's: nothing here shows whether there is a person.
    public static SealContext Context(Guid id) => new(new PersonId(id), RetentionClass.Account, "pending_registration", id);
}

internal sealed record CodeRow(Guid Id, long Version, string Purpose, Guid BoundTo, byte[] Hash, int Tries, int Sends, string State, Instant SentAt, Instant ExpiresAt)
{
    public const string Columns = "id, version, purpose, bound_to, hash, tries, sends, state, sent_at, expires_at";
    public const string Open = "OPEN";
    public const string Used = "USED";
    public const string Void = "VOID";

    public HeadWrite Next() => SignInTables.Code.Head(Id, Version, Purpose, BoundTo, Hash, Tries, Sends, State, SentAt, ExpiresAt);
}

internal sealed record ChallengeRow(Guid Id, long Version, byte[] Token, Guid Account, Guid? Session, Guid? Code, int Tries, string State, bool Shared, Instant ExpiresAt)
{
    public const string Columns = "id, version, token, account, session, code, tries, state, shared, expires_at";
    public const string Open = "OPEN";
    public const string Done = "DONE";
    public const string Void = "VOID";

    public HeadWrite Next() => SignInTables.Challenge.Head(Id, Version, Token, Account, Session, Code, Tries, State, Shared, ExpiresAt);
}

internal sealed record FederatedRow(Guid Id, long Version, byte[] Token, byte[] NumberHash, Guid TransactionId, int Shown, string State, bool Shared, Instant BeganAt, Instant ExpiresAt)
{
    public const string Columns = "id, version, token, number_hash, transaction_id, shown, state, shared, began_at, expires_at";
    public const string Open = "OPEN";
    public const string Done = "DONE";

    public HeadWrite Next() => SignInTables.Federated.Head(Id, Version, Token, NumberHash, TransactionId, Shown, State, Shared, BeganAt, ExpiresAt);
}

internal sealed record SessionRow(
    Guid Id, long Version, byte[] Token, Guid Account, Guid Person, int Level, Instant? SteppedUpUntil, bool Shared, Instant CreatedAt, Instant ExpiresAt, Instant? EndedAt, string? EndReason, Instant ChangedAt, string? Way)
{
    public const string Columns = "s.id, s.version, s.token, s.account, s.person, s.level, s.stepped_up_until, s.shared, s.created_at, s.expires_at, s.ended_at, s.end_reason, s.changed_at, s.way";

    public HeadWrite Next() => SignInTables.Session.Head(Id, Version, Token, Account, Person, Level, SteppedUpUntil, Shared, CreatedAt, ExpiresAt, EndedAt, EndReason, ChangedAt, Way);
}

internal sealed record ContactChangeRow(
    Guid Id, long Version, Guid Account, string Kind, byte[] Hash, Guid? OldCode, Guid NewCode, bool NewConfirmed, bool OldConfirmed, byte[]? StopHash, string State, Instant DueAt, Instant CreatedAt)
{
    public const string Columns = "id, version, account, kind, hash, old_code, new_code, new_confirmed, old_confirmed, stop_hash, state, due_at, created_at";
    public const string Open = "OPEN";
    public const string Cooling = "COOLING";
    public const string Done = "DONE";
    public const string Stopped = "STOPPED";

    public ContactKind KindNow => Enum.Parse<ContactKind>(Kind);

    public HeadWrite Next() => SignInTables.ContactChange.Head(Id, Version, Account, Kind, Hash, OldCode, NewCode, NewConfirmed, OldConfirmed, StopHash, State, DueAt, CreatedAt);
}

internal sealed record InvitationRow(
    Guid Id, long Version, string Kind, Guid Account, string Roles, string Office, Guid? ProposedBy, Guid? ApprovedBy, byte[]? Token, string State, Instant ExpiresAt, Instant CreatedAt)
{
    public const string Columns = "id, version, kind, account, roles, office, proposed_by, approved_by, token, state, expires_at, created_at";
    public const string Proposed = "PROPOSED";
    public const string Approved = "APPROVED";
    public const string Activated = "ACTIVATED";
    public const string Withdrawn = "WITHDRAWN";

    public HeadWrite Next() => SignInTables.Invitation.Head(Id, Version, Kind, Account, Roles, Office, ProposedBy, ApprovedBy, Token, State, ExpiresAt, CreatedAt);
}

/// <summary>Roles as stored: their names, separated by spaces.</summary>
internal static class OfficeRoles
{
    private static readonly OfficeRole[] Each = [OfficeRole.Officer, OfficeRole.Supervisor, OfficeRole.Auditor, OfficeRole.Operator];

    public static string Write(OfficeRole roles) => string.Join(' ', Each.Where(role => roles.HasFlag(role)).Select(role => role.ToString()));

    public static OfficeRole Parse(string stored) =>
        stored.Split(' ', StringSplitOptions.RemoveEmptyEntries).Aggregate(OfficeRole.None, (all, one) => all | Enum.Parse<OfficeRole>(one));

    /// <summary>Whoever decides does not audit, whoever audits changes nothing, whoever runs the system reads nobody's file.</summary>
    public static bool GoTogether(OfficeRole roles) => roles is OfficeRole.Officer or OfficeRole.Supervisor or (OfficeRole.Officer | OfficeRole.Supervisor) or OfficeRole.Auditor or OfficeRole.Operator;
}
