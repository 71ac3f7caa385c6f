using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.SignIn;

/// <summary>The tables of accounts and sessions, as the writer sees them.</summary>
public static class SignInTables
{
    /// <summary>One account. The displayed word "locked" is derived from delays, never stored: nobody can lock somebody else out.</summary>
    public static readonly Table Account = new("account", TableKind.Act, 1, "Sign-in accounts of residents and of the office.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("person", ColumnType.Uuid, Remark: "whose account; office accounts have a person of their own"),
        new("kind", ColumnType.Text, Remark: "Resident, Office"),
        new("state", ColumnType.Text, Remark: "Registered, Active, Suspended, Closed, Released"),
        new("proofing", ColumnType.Text, Remark: "None, Mobile, Officer, Employer, Kiosk, Office: how the person was shown to be the person"),
        new("roles", ColumnType.Text, Remark: "office roles, separated by spaces"),
        new("office", ColumnType.Text, Nullable: true, Remark: "code of the office an officer serves"),
        new("language", ColumnType.Text),
        new("password", ColumnType.Text, Nullable: true, Remark: "Argon2id in PHC form"),
        new("created_at", ColumnType.Instant),
        new("changed_at", ColumnType.Instant));

    /// <summary>Sealed values of rows that change: a head is written again and again, its sealed part only once.</summary>
    public static readonly Table Value = new("account_value", TableKind.Act, 1, "Sealed values of accounts: channels, addresses, authenticator secrets, devices, names of staff. Never changed.",
        new("id", ColumnType.Uuid, Remark: "id of the row it belongs to"),
        new("account", ColumnType.Uuid),
        new("value", ColumnType.Sealed) { Binding = new(RetentionClass.Account, "id", "person", "account", "account") });

    public static readonly Table Identifier = new("account_identifier", TableKind.Act, 2, "What an account can be named by at sign-in, as blind indexes.",
        new("kind", ColumnType.Text, Remark: "name; numbers are found through the register of persons"),
        new("hash", ColumnType.Bytes),
        new("account", ColumnType.Uuid));

    public static readonly Table Profile = new("account_profile", TableKind.Act, 1, "Name, occupation and place of residence as confirmed when the account was opened; guarded by the account's version.",
        new("account", ColumnType.Uuid),
        new("profile", ColumnType.Sealed) { Binding = new(RetentionClass.Account, "account", "person", "account", "account") },
        new("changed_at", ColumnType.Instant));

    public static readonly Table Contact = new("account_contact", TableKind.Act, 1, "Channels to the holder, with their history; guarded by the account's version.",
        new("id", ColumnType.Uuid),
        new("account", ColumnType.Uuid),
        new("kind", ColumnType.Text, Remark: "Mobile, ForeignMobile, Email"),
        new("hash", ColumnType.Bytes, Remark: "blind index of the value, which is in account_value under the same id"),
        new("source", ColumnType.Text, Remark: "register, typed"),
        new("since", ColumnType.Instant),
        new("until", ColumnType.Instant, Nullable: true));

    public static readonly Table Address = new("account_address", TableKind.Act, 1, "The holder's National Address, with its history; the address is in account_value under the same id; guarded by the account's version.",
        new("id", ColumnType.Uuid),
        new("account", ColumnType.Uuid),
        new("source", ColumnType.Text),
        new("since", ColumnType.Instant),
        new("until", ColumnType.Instant, Nullable: true));

    public static readonly Table Authenticator = new("authenticator", TableKind.Act, 1, "Time-based code generators; the secret is in account_value under the same id. The last step used is kept, so that a code works once.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("account", ColumnType.Uuid),
        new("state", ColumnType.Text, Remark: "ACTIVE, REMOVED"),
        new("last_step", ColumnType.Long),
        new("created_at", ColumnType.Instant));

    public static readonly Table RecoverySet = new("recovery_set", TableKind.Act, 1, "A set of recovery codes: Argon2id hashes under one salt, and which are used.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("account", ColumnType.Uuid),
        new("salt", ColumnType.Bytes),
        new("hashes", ColumnType.Bytes, Remark: "32 bytes each, in order"),
        new("used", ColumnType.Int, Remark: "bit mask"),
        new("state", ColumnType.Text, Remark: "ACTIVE, REPLACED"),
        new("created_at", ColumnType.Instant));

    /// <summary>Steps are acts; the row itself is deleted a day later.</summary>
    public static readonly Table Pending = new("pending_registration", TableKind.Bookkeeping, 1, "Registrations and recoveries under way, sealed, kept for a day. A row is made whether or not the numbers agree with a record.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("token", ColumnType.Bytes, Remark: "SHA-256 of the 256-bit token"),
        new("state", ColumnType.Sealed),
        new("expires_at", ColumnType.Instant));

    /// <summary>A head, but bookkeeping: wrong tries are counted without an act; the use of a right code rides in the act that needed it.</summary>
    public static readonly Table Code = new("one_time_code", TableKind.Bookkeeping, 1, "One-time codes: keyed hash, purpose, the request they are bound to, tries.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("purpose", ColumnType.Text),
        new("bound_to", ColumnType.Uuid),
        new("hash", ColumnType.Bytes),
        new("tries", ColumnType.Int),
        new("sends", ColumnType.Int),
        new("state", ColumnType.Text, Remark: "OPEN, USED, VOID"),
        new("sent_at", ColumnType.Instant),
        new("expires_at", ColumnType.Instant));

    public static readonly Table Challenge = new("sign_in_challenge", TableKind.Bookkeeping, 1, "Sign-ins that wait for the second factor.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("token", ColumnType.Bytes, Remark: "SHA-256 of the 256-bit token"),
        new("account", ColumnType.Uuid),
        new("session", ColumnType.Uuid, Nullable: true, Remark: "the session to be stepped up; null for a sign-in"),
        new("code", ColumnType.Uuid, Nullable: true, Remark: "the one-time code sent for it"),
        new("tries", ColumnType.Int),
        new("state", ColumnType.Text, Remark: "OPEN, DONE, VOID"),
        new("shared", ColumnType.Bool),
        new("expires_at", ColumnType.Instant));

    /// <summary>Whether there is such a person, an account, or an app is not in here: a row is made in any case.</summary>
    public static readonly Table Federated = new("federated_request", TableKind.Bookkeeping, 1, "Sign-ins that wait for a confirmation on the person's phone by the national sign-in.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("token", ColumnType.Bytes, Remark: "SHA-256 of the 256-bit token of the browser that began it"),
        new("number_hash", ColumnType.Bytes, Remark: "blind index of the resident number that was typed"),
        new("transaction_id", ColumnType.Uuid, Remark: "the agency's; made up when it knows nobody of this number"),
        new("shown", ColumnType.Int, Remark: "the number to be picked on the phone"),
        new("state", ColumnType.Text, Remark: "OPEN, DONE"),
        new("shared", ColumnType.Bool),
        new("began_at", ColumnType.Instant),
        new("expires_at", ColumnType.Instant));

    public static readonly Table Session = new("session", TableKind.Act, 1, "Sessions. The token is 256 random bits; its SHA-256 is kept. Browser and system are in account_value under the same id.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("token", ColumnType.Bytes),
        new("account", ColumnType.Uuid),
        new("person", ColumnType.Uuid),
        new("level", ColumnType.Int, Remark: "1 limited, 2 full"),
        new("stepped_up_until", ColumnType.Instant, Nullable: true),
        new("shared", ColumnType.Bool, Remark: "signed in on a shared phone"),
        new("created_at", ColumnType.Instant),
        new("expires_at", ColumnType.Instant),
        new("ended_at", ColumnType.Instant, Nullable: true),
        new("end_reason", ColumnType.Text, Nullable: true),
        new("changed_at", ColumnType.Instant, Remark: "other nodes look for what changed lately"),
        new("way", ColumnType.Text, Nullable: true, Remark: "federated: confirmed on the phone by the national sign-in; null: password and second factor"));

    public static readonly Table SessionSeen = new("session_seen", TableKind.Bookkeeping, 1, "When a session was last used, to the half minute.",
        new("session", ColumnType.Uuid),
        new("seen_at", ColumnType.Instant));

    public static readonly Table Device = new("known_device", TableKind.Bookkeeping, 2, "Devices from which the holder signed in before.",
        new("account", ColumnType.Uuid),
        new("token", ColumnType.Bytes, Remark: "SHA-256 of the device's cookie"),
        new("seen_at", ColumnType.Instant));

    public static readonly Table ContactChange = new("contact_change", TableKind.Act, 1, "Changes of a channel under way.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("account", ColumnType.Uuid),
        new("kind", ColumnType.Text, Remark: "Mobile, ForeignMobile, Email"),
        new("hash", ColumnType.Bytes, Remark: "blind index of the new value, which is in account_value under the same id"),
        new("old_code", ColumnType.Uuid, Nullable: true),
        new("new_code", ColumnType.Uuid),
        new("new_confirmed", ColumnType.Bool),
        new("old_confirmed", ColumnType.Bool),
        new("stop_hash", ColumnType.Bytes, Nullable: true, Remark: "of the code that the alert on the old channel carries"),
        new("state", ColumnType.Text, Remark: "OPEN, COOLING, DONE, STOPPED, LAPSED"),
        new("due_at", ColumnType.Instant, Remark: "when it lapses, or when a cooling change takes effect"),
        new("created_at", ColumnType.Instant));

    public static readonly Table Invitation = new("office_invitation", TableKind.Act, 1, "Office accounts proposed by one person and approved by another; the activation token works once. Name and address are in account_value.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("kind", ColumnType.Text, Remark: "NEW, ROLES, RESET"),
        new("account", ColumnType.Uuid),
        new("roles", ColumnType.Text),
        new("office", ColumnType.Text),
        new("proposed_by", ColumnType.Uuid, Nullable: true),
        new("approved_by", ColumnType.Uuid, Nullable: true),
        new("token", ColumnType.Bytes, Nullable: true, Remark: "SHA-256 of the activation token"),
        new("state", ColumnType.Text, Remark: "PROPOSED, APPROVED, ACTIVATED, WITHDRAWN"),
        new("expires_at", ColumnType.Instant),
        new("created_at", ColumnType.Instant));

    public static readonly Table Throttle = new("throttle_count", TableKind.Bookkeeping, 3, "How often something was tried: per node, keyed hash and window.",
        new("node", ColumnType.Text),
        new("subject", ColumnType.Bytes),
        new("slot", ColumnType.Long),
        new("count", ColumnType.Int),
        new("last_at", ColumnType.Instant));

    public static IReadOnlyList<Table> All { get; } =
    [
        Account, Value, Identifier, Profile, Contact, Address, Authenticator, RecoverySet, Pending, Code, Challenge, Federated,
        Session, SessionSeen, Device, ContactChange, Invitation, Throttle,
    ];
}
