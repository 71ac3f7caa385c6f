using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Cases;

/// <summary>The tables of the engine. What a case says about a person is sealed; where it stands is plain, because queues and due work filter on it.</summary>
public static class CaseTables
{
    /// <summary>Before the tables that use it: fields are set in the order of the text.</summary>
    private static readonly SealBinding OfCase = new(RetentionClass.Case, "case_id", "person_id", "case_head", "case_id");

    public static readonly Table Case = new("case_head", TableKind.Act, 1, "A case and where it stands. Every change of the case compares and sets this row.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("service", ColumnType.Text),
        new("person_id", ColumnType.Uuid),
        new("account_id", ColumnType.Uuid, Remark: "who started it"),
        new("reference", ColumnType.Text, Remark: "what people say on the phone"),
        new("category", ColumnType.Text),
        new("state", ColumnType.Text),
        new("state_since", ColumnType.Instant),
        new("holder", ColumnType.Text, Remark: "who acts next: applicant, officer, employer, payer, agency, none"),
        new("due_at", ColumnType.Instant, Nullable: true, Remark: "by when the holder should have acted"),
        new("created_at", ColumnType.Instant),
        new("submitted_at", ColumnType.Instant, Nullable: true),
        new("submission", ColumnType.Int, Remark: "how often it was sent"),
        new("cleared", ColumnType.Int, Remark: "the submission that an officer approved"),
        new("confirmed", ColumnType.Int, Remark: "the submission that the employer confirmed"),
        new("waiting", ColumnType.Text, Nullable: true, Remark: "the source waited for"),
        new("attempts", ColumnType.Int, Remark: "attempts to reach the source"),
        new("bill_id", ColumnType.Uuid, Nullable: true),
        new("decided_by", ColumnType.Uuid, Nullable: true, Remark: "the officer of the last decision: an objection goes to another"),
        new("rules", ColumnType.Text, Remark: "rule set and policy version of the last assessment"));

    public static readonly Table Reference = new("case_reference", TableKind.Act, 1, "Finds a case by its reference.",
        new("reference", ColumnType.Text),
        new("case_id", ColumnType.Uuid));

    public static readonly Table Party = new("case_party", TableKind.Act, 3, "Who is in a case and as what; decides who may see it and act.",
        new("case_id", ColumnType.Uuid),
        new("role", ColumnType.Text, Remark: "subject, starter"),
        new("party_id", ColumnType.Uuid, Remark: "person or account"));

    public static readonly Table Answers = new("case_answers", TableKind.Act, 1, "The draft as typed. Guarded by the case's head.",
        new("case_id", ColumnType.Uuid),
        new("saved_at", ColumnType.Instant),
        new("answers", ColumnType.Sealed) { Binding = OfCase });

    public static readonly Table Submission = new("case_submission", TableKind.Act, 2, "Each sending: the request as bound and the answers as typed.",
        new("case_id", ColumnType.Uuid),
        new("submission", ColumnType.Int),
        new("at", ColumnType.Instant),
        new("schema_number", ColumnType.Int),
        new("request", ColumnType.Sealed) { Binding = OfCase });

    public static readonly Table Fact = new("case_fact", TableKind.Act, 3, "What each source said, per attempt, with its age and how long it may be used.",
        new("case_id", ColumnType.Uuid),
        new("fact", ColumnType.Text),
        new("attempt", ColumnType.Int),
        new("outcome", ColumnType.Text, Remark: "found, unavailable, broken"),
        new("source", ColumnType.Text),
        new("request_id", ColumnType.Text),
        new("fetched_at", ColumnType.Instant),
        new("as_of", ColumnType.Instant),
        new("valid_until", ColumnType.Instant),
        new("schema_number", ColumnType.Int),
        new("value", ColumnType.Sealed, Nullable: true) { Binding = OfCase with { Suffix = "fact" } });

    public static readonly Table Assessment = new("case_assessment", TableKind.Act, 2, "What the checks said at each assessment: findings, comparisons, price and risk. Append-only.",
        new("case_id", ColumnType.Uuid),
        new("attempt", ColumnType.Int),
        new("submission", ColumnType.Int),
        new("at", ColumnType.Instant),
        new("rules", ColumnType.Text),
        new("outcome", ColumnType.Text, Remark: "the act it led to"),
        new("risk", ColumnType.Text, Remark: "names of the signals, plain: statistics without persons"),
        new("result", ColumnType.Sealed, Remark: "StoredAssessment") { Binding = OfCase });

    public static readonly Table Comparison = new("case_comparison", TableKind.Act, 3, "One row a compared field: how it agreed, from the assessment on that first said so until the next that has rows. The values are in the assessment, sealed.",
        new("case_id", ColumnType.Uuid),
        new("attempt", ColumnType.Int),
        new("field", ColumnType.Text),
        new("class", ColumnType.Text),
        new("source", ColumnType.Text),
        new("as_of", ColumnType.Instant));

    public static readonly Table Event = new("case_event", TableKind.Act, 1, "The case's timeline.",
        new("id", ColumnType.Uuid),
        new("case_id", ColumnType.Uuid),
        new("at", ColumnType.Instant),
        new("act", ColumnType.Text),
        new("from_state", ColumnType.Text),
        new("to_state", ColumnType.Text),
        new("actor_kind", ColumnType.Text),
        new("actor", ColumnType.Text),
        new("reason", ColumnType.Text, Nullable: true),
        new("note", ColumnType.Sealed, Nullable: true, Remark: "what the officer wrote or asked for") { Binding = OfCase });

    public static readonly Table Decision = new("case_decision", TableKind.Act, 1, "An officer's decision; a refusal or question takes effect after the time to undo it. Guarded by the case's head.",
        new("case_id", ColumnType.Uuid),
        new("id", ColumnType.Uuid),
        new("officer", ColumnType.Uuid),
        new("act", ColumnType.Text, Remark: "ask, refuse, approve"),
        new("reason", ColumnType.Text),
        new("pressed_at", ColumnType.Instant),
        new("effective_at", ColumnType.Instant),
        new("content", ColumnType.Sealed, Remark: "items and plain text") { Binding = OfCase });

    public static readonly Table Queue = new("review_queue", TableKind.Act, 1, "Cases that wait for an officer. In and out with the case's state.",
        new("case_id", ColumnType.Uuid),
        new("service", ColumnType.Text),
        new("since", ColumnType.Instant),
        new("due_at", ColumnType.Instant),
        new("excluded", ColumnType.Uuid, Nullable: true, Remark: "the officer who may not decide: he refused before"));

    public static readonly Table Lock = new("review_lock", TableKind.Act, 1, "Who holds a case for review, and until when. Guarded by the case's head.",
        new("case_id", ColumnType.Uuid),
        new("officer", ColumnType.Uuid),
        new("until", ColumnType.Instant));

    public static readonly Table Deadline = new("deadline", TableKind.Act, 2, "What happens by date. One job claims due rows in order.",
        new("subject_id", ColumnType.Uuid, Remark: "case"),
        new("kind", ColumnType.Text),
        new("due_at", ColumnType.Instant),
        new("rules", ColumnType.Text));

    public static readonly Table Contest = new("case_contest", TableKind.Act, 1, "A record of another agency that the person says is wrong: what of it, who has it, by when. Guarded by the case's head.",
        new("id", ColumnType.Uuid, Remark: "what the agency knows it by"),
        new("case_id", ColumnType.Uuid),
        new("about", ColumnType.Text, Remark: "finding:<code> or field:<name>"),
        new("source", ColumnType.Text, Remark: "the record, and so the agency that owns it"),
        new("state", ColumnType.Text, Remark: "sending, with_agency, corrected, upheld, closed"),
        new("opened_at", ColumnType.Instant),
        new("due_at", ColumnType.Instant, Remark: "by when the agency should have answered"),
        new("late_at", ColumnType.Instant, Nullable: true, Remark: "when it had not, and an officer was told"),
        new("answered_at", ColumnType.Instant, Nullable: true),
        new("evidence", ColumnType.Uuid, Nullable: true, Remark: "upload"),
        new("content", ColumnType.Sealed, Remark: "ContestContent: both sides, the person's words, the agency's reason") { Binding = OfCase });

    public static readonly Table Degraded = new("case_degraded", TableKind.Act, 3, "A fact that a case went on with although its agency did not answer. Guarded by the case's head.",
        new("case_id", ColumnType.Uuid),
        new("fact", ColumnType.Text),
        new("used_at", ColumnType.Instant),
        new("source", ColumnType.Text),
        new("as_of", ColumnType.Instant, Remark: "of what the record had said"),
        new("state", ColumnType.Text, Remark: "unchecked, confirmed, differs, closed"),
        new("checked_at", ColumnType.Instant, Nullable: true, Remark: "when the agency answered"));

    public static readonly Table Shipment = new("shipment", TableKind.Act, 1, "A card that is sent by post. Guarded by the case's head; one under way a version of the ID, which a claim guards.",
        new("case_id", ColumnType.Uuid, Remark: "what the post knows it by, too"),
        new("document_id", ColumnType.Uuid, Remark: "the version of the ID"),
        new("tracking_number", ColumnType.Text, Nullable: true, Remark: "the post's"),
        new("promised_at", ColumnType.Instant),
        new("told_at", ColumnType.Instant, Nullable: true, Remark: "when the newest that we know happened, by the post's clock"),
        new("reason", ColumnType.Text, Nullable: true, Remark: "why it could not be handed over: nobody_home, wrong_address, refused, no_code"),
        new("next_on", ColumnType.Day, Nullable: true, Remark: "when the post tries again"),
        new("late_at", ColumnType.Instant, Nullable: true, Remark: "when it had not come in the promised time"),
        new("wrong_codes", ColumnType.Int, Remark: "how often a wrong code was told"),
        new("confirmed_at", ColumnType.Instant, Nullable: true, Remark: "when the right one was"),
        new("old_card", ColumnType.Bool, Nullable: true, Remark: "whether the post took the old card in"),
        new("ended_at", ColumnType.Instant, Nullable: true));

    public static readonly Table ShipmentContent = new("shipment_content", TableKind.Act, 1, "Where a card goes, and the code by which it is handed over. Never changed.",
        new("case_id", ColumnType.Uuid),
        new("content", ColumnType.Sealed, Remark: "ShipmentContent") { Binding = OfCase });

    public static readonly IReadOnlyList<Table> All =
        [Case, Reference, Party, Answers, Submission, Fact, Assessment, Comparison, Event, Decision, Queue, Lock, Deadline, Contest, Degraded, Shipment, ShipmentContent];
}
