using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Registry;

/// <summary>The tables of who people are and what residence they have. Dates and states are plain, because due work, queues and verification filter on them; who it is, is sealed.</summary>
public static class RegistryTables
{
    public static readonly Table Person = new("person", TableKind.Act, 1, "A person known to Muqeem; the record of the alien register as last seen.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("nationality", ColumnType.Text, Remark: "ICAO code; plain: statistics and rules by nationality"),
        new("sex", ColumnType.Text, Remark: "M, F or U; plain: grammar of texts, statistics"),
        new("alive", ColumnType.Bool),
        new("created_at", ColumnType.Instant),
        new("changed_at", ColumnType.Instant),
        new("record", ColumnType.Sealed, Remark: "PersonRecord") { Binding = new(RetentionClass.Identity, "id", "id") });

    public static readonly Table Identifier = new("person_identifier", TableKind.Act, 2, "Numbers by which a person is found. Claimed, so that each belongs to one person.",
        new("kind", ColumnType.Text, Remark: "resident, border, passport"),
        new("blind", ColumnType.Bytes, Remark: "keyed blind index of the canonical number"),
        new("person_id", ColumnType.Uuid),
        new("since", ColumnType.Instant));

    public static readonly Table Residence = new("residence", TableKind.Act, 1, "A residence: term, end and employer. What is shown is derived from it, its holds and the day.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("person_id", ColumnType.Uuid),
        new("category", ColumnType.Text, Remark: "establishment_worker, household_worker, dependent"),
        new("from_day", ColumnType.Day),
        new("until_day", ColumnType.Day, Remark: "last valid day"),
        new("calendar", ColumnType.Text, Remark: "calendar in which the last term was counted"),
        new("months", ColumnType.Int, Remark: "length of the last term"),
        new("issued_day", ColumnType.Day),
        new("ended_day", ColumnType.Day, Nullable: true),
        new("end_reason", ColumnType.Text, Nullable: true, Remark: "departure, no_return, revoked, death, other"),
        new("late_renewals", ColumnType.Int, Remark: "ordinal of LATE_RENEWAL"));

    public static readonly Table Details = new("residence_details", TableKind.Act, 1, "The personal part of a residence, changed less often than its dates. Guarded by the residence's head.",
        new("residence_id", ColumnType.Uuid),
        new("details", ColumnType.Sealed, Remark: "ResidenceDetails: number, employer, occupation, photo") { Binding = new(RetentionClass.Identity, "residence_id", "person_id", "residence", "residence_id") });

    public static readonly Table Term = new("residence_term", TableKind.Act, 1, "Each granted term, never changed.",
        new("id", ColumnType.Uuid),
        new("residence_id", ColumnType.Uuid),
        new("from_day", ColumnType.Day),
        new("until_day", ColumnType.Day),
        new("months", ColumnType.Int),
        new("calendar", ColumnType.Text),
        new("granted_at", ColumnType.Instant),
        new("case_id", ColumnType.Uuid));

    public static readonly Table Hold = new("residence_hold", TableKind.Act, 1, "Dated holds on a residence: suspension, absence, freeze by the holder. Guarded by the residence's head.",
        new("id", ColumnType.Uuid),
        new("residence_id", ColumnType.Uuid),
        new("kind", ColumnType.Text),
        new("from_at", ColumnType.Instant),
        new("until_at", ColumnType.Instant, Nullable: true),
        new("reason", ColumnType.Text));

    public static readonly Table Visa = new("exit_visa", TableKind.Act, 1, "An exit/re-entry visa and where it stands.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("person_id", ColumnType.Uuid),
        new("residence_id", ColumnType.Uuid),
        new("case_id", ColumnType.Uuid),
        new("number", ColumnType.Text),
        new("kind", ColumnType.Text, Remark: "single, multiple"),
        new("state", ColumnType.Text, Remark: "ISSUED, OUT, RETURNED, CANCELLED, VIOLATED, EXPIRED_OUT, NO_RETURN, CLOSED"),
        new("issued_day", ColumnType.Day),
        new("leave_before", ColumnType.Day),
        new("stay", ColumnType.Text, Remark: "months: counted from the day of exit; date: fixed day of return"),
        new("months", ColumnType.Int),
        new("return_before", ColumnType.Day, Nullable: true, Remark: "null until the exit when the stay is in months"),
        new("exited_day", ColumnType.Day, Nullable: true),
        new("trips", ColumnType.Int));

    public static readonly Table VisaNumber = new("exit_visa_number", TableKind.Act, 1, "Finds a visa by the number that the border sends.",
        new("number", ColumnType.Text),
        new("visa_id", ColumnType.Uuid));

    public static readonly Table Fine = new("fine", TableKind.Act, 1, "Fines with their ordinal per person and code.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("person_id", ColumnType.Uuid),
        new("code", ColumnType.Text),
        new("ordinal", ColumnType.Int),
        new("day", ColumnType.Day),
        new("amount", ColumnType.Long, Remark: "halalas"),
        new("state", ColumnType.Text, Remark: "OPEN, PAID, WAIVED"),
        new("source_id", ColumnType.Uuid, Remark: "the case or visa that caused it"));

    public static readonly Table Notice = new("notice", TableKind.Act, 2, "A person's inbox: every notice, whatever else was sent.",
        new("person_id", ColumnType.Uuid),
        new("id", ColumnType.Uuid),
        new("at", ColumnType.Instant),
        new("kind", ColumnType.Text, Remark: "text keys notice.<kind>.title and .body"),
        new("case_id", ColumnType.Uuid, Nullable: true),
        new("arguments", ColumnType.Sealed, Remark: "values of the text") { Binding = new(RetentionClass.Message, "id", "person_id") });

    public static readonly Table NoticeRead = new("notice_read", TableKind.Act, 2, "When a notice was opened.",
        new("person_id", ColumnType.Uuid),
        new("notice_id", ColumnType.Uuid),
        new("at", ColumnType.Instant));

    public static readonly Table TakenOver = new("taken_over", TableKind.Act, 1, "With which delivery of another register, and which line of it, a person's record came here.",
        new("person_id", ColumnType.Uuid),
        new("delivery", ColumnType.Bytes, Remark: "SHA-256 of the manifest"),
        new("line", ColumnType.Long, Remark: "of persons.jsonl"),
        new("content", ColumnType.Bytes, Remark: "keyed digest of all the person's rows: the same again is known by it"),
        new("remarks", ColumnType.Text, Remark: "codes of what was doubtful, separated by spaces"));

    public static readonly Table Reconciliation = new("reconciliation", TableKind.Act, 1, "A comparison of our records with an agency's: how far it is, and what it found.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("agency", ColumnType.Text),
        new("night", ColumnType.Day, Remark: "day in Riyadh on which it began"),
        new("state", ColumnType.Text, Remark: "RUNNING, WAITING (the agency does not answer), DONE"),
        new("phase", ColumnType.Text, Remark: "theirs, ours, earlier"),
        new("after", ColumnType.Text, Remark: "the agency's cursor"),
        new("position", ColumnType.Long, Remark: "of the journal"),
        new("last_difference", ColumnType.Uuid, Remark: "how far the earlier differences were looked at"),
        new("started_at", ColumnType.Instant),
        new("changed_at", ColumnType.Instant),
        new("finished_at", ColumnType.Instant, Nullable: true),
        new("waiting_since", ColumnType.Instant, Nullable: true),
        new("reason", ColumnType.Text, Nullable: true, Remark: "why the agency did not answer"),
        new("compared", ColumnType.Long, Remark: "records"),
        new("found", ColumnType.Long, Remark: "differences"),
        new("repaired", ColumnType.Long, Remark: "told again or caught up with"),
        new("opened", ColumnType.Long, Remark: "left to officers"));

    public static readonly Table Difference = new("agency_difference", TableKind.Act, 1, "Something on which an agency's record and ours did not agree, and what became of it. Found again it is the same row.",
        new("id", ColumnType.Uuid, Remark: "made of agency, kind, person and about"),
        new("version", ColumnType.Long),
        new("agency", ColumnType.Text),
        new("kind", ColumnType.Text, Remark: "of what: residence, visa, crossing, passport, death, employer, contract_end, shipment, wallet_card and more; each has its text, difference.*"),
        new("person_id", ColumnType.Uuid),
        new("about", ColumnType.Text, Remark: "number of a visa, or id of a case; else empty"),
        new("state", ColumnType.Text, Remark: "TOLD_AGAIN, CAUGHT_UP, OPEN, SETTLED"),
        new("found_at", ColumnType.Instant),
        new("changed_at", ColumnType.Instant),
        new("run_id", ColumnType.Uuid, Remark: "the comparison, or the case, that brought it to this state"),
        new("sides", ColumnType.Sealed, Remark: "DifferenceSides: ours and theirs") { Binding = new(RetentionClass.Identity, "id", "person_id") });

    public static readonly Table AgencyEvent = new("agency_event", TableKind.Act, 1, "What an agency told us of something in its record of a person: of each contract, order, policy the newest. Facts read before it are not used any more.",
        new("id", ColumnType.Uuid, Remark: "keyed digest of agency, kind, person and number"),
        new("version", ColumnType.Long),
        new("agency", ColumnType.Text),
        new("kind", ColumnType.Text, Remark: "passport, death, contract, household_contract, order, policy"),
        new("person_id", ColumnType.Uuid),
        new("at", ColumnType.Instant, Remark: "when it happened, by the agency's clock: orders"),
        new("heard_at", ColumnType.Instant),
        new("content", ColumnType.Sealed, Remark: "AgencyEventContent: number, what became of it, from which day") { Binding = new(RetentionClass.Identity, "id", "person_id") });

    public static readonly IReadOnlyList<Table> All = [Person, Identifier, Residence, Details, Term, Hold, Visa, VisaNumber, Fine, Notice, NoticeRead, TakenOver, Reconciliation, Difference, AgencyEvent];
}
