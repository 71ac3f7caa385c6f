using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Payments;

/// <summary>The tables of this project (migrations 0020-0029).</summary>
public static class PaymentsTables
{
    internal static readonly Table Bill = new("bill", TableKind.Act, 1, "A price frozen for one payer of one case, and how much of it has arrived.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("case_id", ColumnType.Uuid),
        new Column("payer_kind", ColumnType.Text, Remark: "Resident, HeadOfFamily, Employer, NewEmployer, Citizen"),
        new Column("payer_id", ColumnType.Uuid, Remark: "person or employer; also the id of the spendable balance"),
        new Column("purpose", ColumnType.Text, Remark: "service code"),
        new Column("state", ColumnType.Text, Remark: "OPEN, SETTLED, CONSUMED, CANCELLED, EXPIRED"),
        new Column("total", ColumnType.Long, Remark: "halalas"),
        new Column("received", ColumnType.Long, Remark: "halalas held for this bill now; all of it after CONSUMED was spent"),
        new Column("valid_until", ColumnType.Day, Remark: "last day on which a payment counts for this price"),
        new Column("number", ColumnType.Text, Nullable: true, Remark: "at the payment gateway; null until the gateway answered"),
        new Column("policy_version", ColumnType.Long),
        new Column("lines", ColumnType.Text, Remark: "JSON, frozen but for what was written off or given back of a line; nothing personal: fee codes, amounts, counts"),
        new Column("issued_at", ColumnType.Instant),
        new Column("closed_at", ColumnType.Instant, Nullable: true),
        new Column("written_off", ColumnType.Long, Nullable: true, Remark: "halalas, of all lines; null: nothing"),
        new Column("given_back", ColumnType.Long, Nullable: true, Remark: "halalas, of all lines, after it was spent; null: nothing"));

    internal static readonly Table Payment = new("payment", TableKind.Act, 1, "Money the gateway says it received; once by its payment id.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("gateway_id", ColumnType.Text, Remark: "the gateway's payment id"),
        new Column("bill_number", ColumnType.Text, Nullable: true, Remark: "as the gateway gave it; null when taken from a prepaid balance"),
        new Column("bill_id", ColumnType.Uuid, Nullable: true, Remark: "null while no bill with that number is known"),
        new Column("payer_id", ColumnType.Uuid, Nullable: true, Remark: "the bill's payer"),
        new Column("amount", ColumnType.Long, Remark: "halalas"),
        new Column("refunded", ColumnType.Long, Remark: "halalas given back or on their way; never above amount"),
        new Column("paid_at", ColumnType.Instant, Remark: "when the payer paid, by the gateway's clock"),
        new Column("received_at", ColumnType.Instant),
        new Column("method", ColumnType.Text));

    internal static readonly Table Entry = new("ledger_entry", TableKind.Act, 2, "Double entry, append-only: the entries of one transaction add up to zero.",
        new Column("transaction_id", ColumnType.Uuid),
        new Column("line", ColumnType.Int),
        new Column("account", ColumnType.Text, Remark: "CLEARING, UNALLOCATED, PAYER, HELD, REVENUE, REFUNDS, WRITE_OFF"),
        new Column("owner", ColumnType.Uuid, Nullable: true, Remark: "payer, bill, payment or refund, by account; null for CLEARING and REVENUE"),
        new Column("code", ColumnType.Text, Remark: "fee code for REVENUE and WRITE_OFF, else empty"),
        new Column("purpose", ColumnType.Text, Remark: "why, e.g. payment.receive"),
        new Column("halalas", ColumnType.Long, Remark: "credit positive, debit negative"),
        new Column("act_id", ColumnType.Uuid),
        new Column("at", ColumnType.Instant));

    internal static readonly Table Refund = new("refund", TableKind.Act, 1, "Money on its way back to a payer.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("payer_kind", ColumnType.Text),
        new Column("payer_id", ColumnType.Uuid),
        new Column("payment_id", ColumnType.Uuid, Remark: "the payment it gives back, wholly or in part"),
        new Column("amount", ColumnType.Long, Remark: "halalas"),
        new Column("iban", ColumnType.Sealed) { Binding = new(RetentionClass.Payment, "id", "payer_id") },
        new Column("state", ColumnType.Text, Remark: "REQUESTED, PAID, FAILED"),
        new Column("requested_at", ColumnType.Instant),
        new Column("closed_at", ColumnType.Instant, Nullable: true),
        new Column("gateway_id", ColumnType.Text, Nullable: true));

    internal static readonly Table Closing = new("books_closing", TableKind.Act, 1, "A day in Riyadh whose books are closed; never changed. An entry of an earlier day that was written later belongs to the next closing.",
        new Column("id", ColumnType.Uuid),
        new Column("day", ColumnType.Day),
        new Column("entries", ColumnType.Long, Remark: "of the ledger"),
        new Column("listed_count", ColumnType.Long, Remark: "payments in the gateway's list of the day"),
        new Column("listed", ColumnType.Long, Remark: "halalas"),
        new Column("booked_count", ColumnType.Long, Remark: "payments booked here that were paid on the day"),
        new Column("booked", ColumnType.Long, Remark: "halalas"),
        new Column("differences", ColumnType.Long, Remark: "how many there were; the first thousand are named"),
        new Column("closed_at", ColumnType.Instant));

    internal static readonly Table ClosingLine = new("books_closing_line", TableKind.Act, 2, "What moved on an account under a fee code, by closing.",
        new Column("closing_id", ColumnType.Uuid),
        new Column("line", ColumnType.Int),
        new Column("account", ColumnType.Text, Remark: "as of the ledger's entries"),
        new Column("code", ColumnType.Text, Remark: "fee code for REVENUE and WRITE_OFF, else empty"),
        new Column("entries", ColumnType.Long),
        new Column("debit", ColumnType.Long, Remark: "halalas"),
        new Column("credit", ColumnType.Long, Remark: "halalas"));

    internal static readonly Table ClosingDifference = new("books_closing_difference", TableKind.Act, 2, "What did not agree between the gateway's list of a day and the books when they were closed.",
        new Column("closing_id", ColumnType.Uuid),
        new Column("line", ColumnType.Int),
        new Column("kind", ColumnType.Text, Remark: "NOT_BOOKED, NOT_LISTED, AMOUNT, UNALLOCATED"),
        new Column("payment", ColumnType.Text, Remark: "the gateway's payment id"),
        new Column("listed", ColumnType.Long, Nullable: true, Remark: "halalas; null: not in the list"),
        new Column("booked", ColumnType.Long, Nullable: true, Remark: "halalas; null: not booked"));

    internal static readonly Table Silence = new("books_silence", TableKind.Bookkeeping, 1, "A day that is over and stays open, because the payment gateway cannot say what it took on it. Gone when the day is closed.",
        new Column("day", ColumnType.Day),
        new Column("since", ColumnType.Instant, Remark: "first asked in vain"),
        new Column("asked_at", ColumnType.Instant, Remark: "last asked in vain"));

    internal static readonly Table Proposal = new("bill_proposal", TableKind.Act, 1, "What one officer proposes to write off of a bill or to give back of it, and another confirms or rejects.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("bill_id", ColumnType.Uuid),
        new Column("case_id", ColumnType.Uuid),
        new Column("person_id", ColumnType.Uuid, Remark: "of the case"),
        new Column("act", ColumnType.Text, Remark: "WRITE_OFF, GIVE_BACK"),
        new Column("code", ColumnType.Text, Remark: "fee code of the line"),
        new Column("amount", ColumnType.Long, Remark: "halalas"),
        new Column("reason", ColumnType.Text, Remark: "a code"),
        new Column("proposed_by", ColumnType.Uuid, Remark: "account of the officer"),
        new Column("proposed_at", ColumnType.Instant),
        new Column("expires_at", ColumnType.Instant),
        new Column("state", ColumnType.Text, Remark: "OPEN, CONFIRMED, REJECTED, WITHDRAWN, EXPIRED (said when the next is proposed; an open one past its time is expired)"),
        new Column("decided_by", ColumnType.Uuid, Nullable: true, Remark: "another officer's account, or the same one's who withdrew it"),
        new Column("decided_at", ColumnType.Instant, Nullable: true),
        new Column("decision_reason", ColumnType.Text, Nullable: true, Remark: "a code; of a rejection"));

    internal static readonly Table Words = new("bill_proposal_words", TableKind.Act, 1, "The sentence that goes with a proposal: what the payer will read. Guarded by the proposal's head.",
        new Column("proposal_id", ColumnType.Uuid),
        new Column("words", ColumnType.Sealed) { Binding = new(RetentionClass.Payment, "proposal_id", "person_id", "bill_proposal", "proposal_id") });

    public static readonly IReadOnlyList<Table> All = [Bill, Payment, Entry, Refund, Closing, ClosingLine, ClosingDifference, Silence, Proposal, Words];
}
