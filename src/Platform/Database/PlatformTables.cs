using Muqeem.Platform.Privacy;

namespace Muqeem.Platform.Database;

/// <summary>The tables of the platform: what the writer records of every change, and the bookkeeping of outbox, jobs, leases and serials.</summary>
public static class PlatformTables
{
    public static readonly Table SchemaVersion = new("schema_version", TableKind.Writer, 1, "Applied migrations.",
        new("number", ColumnType.Int),
        new("name", ColumnType.Text),
        new("checksum", ColumnType.Text, Remark: "SHA-256 of the migration's text"),
        new("older_may_run", ColumnType.Bool, Remark: "the previous release may run beside it"),
        new("applied_at", ColumnType.Instant));

    public static readonly Table Act = new("act", TableKind.Writer, 1, "Every act: who did what, when, on whose behalf, why and under which rules. Never changed.",
        new("id", ColumnType.Uuid),
        new("operation", ColumnType.Uuid, Remark: "hash of actor, verb and operation id; unique: an operation happens once"),
        new("digest", ColumnType.Bytes, Remark: "SHA-256 of the request"),
        new("verb", ColumnType.Text),
        new("actor_kind", ColumnType.Text),
        new("actor_id", ColumnType.Text),
        new("behalf_kind", ColumnType.Text, Nullable: true),
        new("behalf_id", ColumnType.Text, Nullable: true),
        new("at", ColumnType.Instant),
        new("person_id", ColumnType.Uuid, Nullable: true),
        new("case_id", ColumnType.Uuid, Nullable: true),
        new("reason", ColumnType.Text, Nullable: true, Remark: "a code, never free text about a person"),
        new("rules", ColumnType.Text, Nullable: true, Remark: "rule set and policy version"),
        new("answer", ColumnType.Text, Nullable: true, Remark: "reference from which the answer is rendered again"));

    public static readonly Table Leaf = new("leaf", TableKind.Writer, 1, "Salted commitments for the journal, one per act and per batch of accesses; written unsequenced.",
        new("id", ColumnType.Uuid, Remark: "the act's, or the batch's own"),
        new("kind", ColumnType.Text, Remark: "act, accesses"),
        new("hash", ColumnType.Bytes, Remark: "SHA-256, see Leaf.cs"),
        new("salt", ColumnType.Bytes),
        new("manifest", ColumnType.Bytes, Remark: "what was written: table, mode, key and salted digest of each row; empty for accesses"),
        new("position", ColumnType.Long, Nullable: true, Remark: "index in the journal, once sequenced"));

    public static readonly Table Claim = new("claim", TableKind.Writer, 2, "What may exist once: numbers, passports, live documents, message ids.",
        new("kind", ColumnType.Text),
        new("hash", ColumnType.Bytes, Remark: "keyed hash of what is claimed"),
        new("act_id", ColumnType.Uuid, Nullable: true));

    public static readonly Table Balance = new("balance", TableKind.Writer, 1, "Spendable balances, never below zero.",
        new("account", ColumnType.Uuid),
        new("halalas", ColumnType.Long));

    public static readonly Table Outbox = new("outbox", TableKind.Writer, 1, "Messages to the world, as the act wrote them. Never changed.",
        new("id", ColumnType.Uuid),
        new("act_id", ColumnType.Uuid),
        new("topic", ColumnType.Text),
        new("lane", ColumnType.Text, Remark: "one lane is sent in order"),
        new("payload", ColumnType.Text, Remark: "JSON without personal data"),
        new("secret", ColumnType.Sealed, Nullable: true) { Binding = new(RetentionClass.Message, "id", "person_id") },
        new("person_id", ColumnType.Uuid, Nullable: true, Remark: "whose key seals the secret"),
        new("at", ColumnType.Instant));

    public static readonly Table Delivery = new("delivery", TableKind.Bookkeeping, 1, "Where a message of the outbox stands. The writer makes it with the message, at version 1.",
        new("id", ColumnType.Uuid, Remark: "the message's"),
        new("version", ColumnType.Long),
        new("topic", ColumnType.Text),
        new("lane", ColumnType.Text),
        new("state", ColumnType.Text, Remark: "waiting, sent, parked"),
        new("attempts", ColumnType.Int),
        new("due_at", ColumnType.Instant),
        new("done_at", ColumnType.Instant, Nullable: true),
        new("remark", ColumnType.Text, Nullable: true, Remark: "a code of what went wrong last"));

    public static readonly Table AccessEntry = new("access_entry", TableKind.Writer, 1, "Every read of personal data: who, why, where, when. One row per request. Never changed.",
        new("id", ColumnType.Uuid),
        new("at", ColumnType.Instant),
        new("reader_kind", ColumnType.Text),
        new("reader_id", ColumnType.Text),
        new("purpose", ColumnType.Text),
        new("case_id", ColumnType.Uuid, Nullable: true),
        new("place", ColumnType.Text, Remark: "page or job"),
        new("leaf_id", ColumnType.Uuid, Remark: "the act in which it was read, or the batch that recorded it"));

    public static readonly Table AccessSubject = new("access_subject", TableKind.Writer, 2, "Whose data an access showed.",
        new("person_id", ColumnType.Uuid),
        new("access_id", ColumnType.Uuid));

    /// <summary>In a schema or file of its own, with a backup of its own.</summary>
    public static readonly Table DataKey = new("keys.data_key", TableKind.Writer, 2, "The wrapped data key of a person and retention class. Erasure removes it.",
        new("person_id", ColumnType.Uuid),
        new("class", ColumnType.Text),
        new("wrapped", ColumnType.Bytes),
        new("wrapped_by", ColumnType.Text, Remark: "which key-encryption key"),
        new("origin", ColumnType.Bytes, Nullable: true, Remark: "SHA-256 of the wrapped key as it was first made; absent while it was never wrapped anew. Marks the key for erasures, over all backups"));

    public static readonly Table Erasure = new("erasure", TableKind.Writer, 3, "Tombstones of destroyed data keys: all that excuses a row which can no longer be opened.",
        new("person_id", ColumnType.Uuid),
        new("class", ColumnType.Text),
        new("act_id", ColumnType.Uuid),
        new("at", ColumnType.Instant),
        new("key_mark", ColumnType.Bytes, Nullable: true, Remark: "SHA-256 of the wrapped key that was destroyed, as it was first made; a key restored from an old backup is known by it and destroyed again. Absent when there was none"));

    public static readonly Table WriterMark = new("writer_mark", TableKind.Writer, 1, "The last group each writer committed: answers whether a commit in doubt happened.",
        new("node", ColumnType.Uuid, Remark: "one per start of a process"),
        new("mark", ColumnType.Uuid),
        new("at", ColumnType.Instant));

    public static readonly Table Serial = new("serial", TableKind.Bookkeeping, 1, "Serial numbers, taken in blocks.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("name", ColumnType.Text),
        new("next_value", ColumnType.Long));

    public static readonly Table Job = new("job", TableKind.Bookkeeping, 1, "Recurring and one-off work.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("name", ColumnType.Text),
        new("argument", ColumnType.Text, Nullable: true, Remark: "JSON without personal data"),
        new("state", ColumnType.Text, Remark: "waiting, running, done, failed"),
        new("attempts", ColumnType.Int),
        new("due_at", ColumnType.Instant),
        new("holder", ColumnType.Text, Nullable: true),
        new("changed_at", ColumnType.Instant),
        new("remark", ColumnType.Text, Nullable: true));

    public static readonly Table Retention = new("retention_cycle", TableKind.Bookkeeping, 1, "How far the present look at all persons is whose data may have been kept long enough. The erasures are the record.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("cycle", ColumnType.Long),
        new("day", ColumnType.Day, Remark: "on which it began"),
        new("after_person", ColumnType.Uuid, Remark: "the last who was looked at; persons are taken in the order of their ids"),
        new("state", ColumnType.Text, Remark: "RUNNING, DONE"),
        new("persons", ColumnType.Long),
        new("erased", ColumnType.Long, Remark: "classes of persons"),
        new("held", ColumnType.Long, Remark: "persons whose data something keeps"),
        new("started_at", ColumnType.Instant),
        new("changed_at", ColumnType.Instant));

    public static readonly Table Lease = new("lease", TableKind.Bookkeeping, 1, "Who may do what only one may do. The version is the fencing token.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("name", ColumnType.Text),
        new("holder", ColumnType.Text),
        new("until_at", ColumnType.Instant));

    public static readonly IReadOnlyList<Table> All =
    [
        SchemaVersion, Act, Leaf, Claim, Balance, Outbox, Delivery, AccessEntry, AccessSubject, DataKey, Erasure, WriterMark, Serial, Job, Retention, Lease,
    ];
}
