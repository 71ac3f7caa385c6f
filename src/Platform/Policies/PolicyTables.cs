using Muqeem.Platform.Database;

namespace Muqeem.Platform.Policies;

/// <summary>The tables of dated policies.</summary>
public static class PolicyTables
{
    public static readonly Table Version = new("policy_version", TableKind.Act, 1, "Each published set of policies. Decisions name the version they were made under.",
        new("version", ColumnType.Long),
        new("digest", ColumnType.Text, Remark: "SHA-256 of the rows"),
        new("published_at", ColumnType.Instant),
        new("origin", ColumnType.Text, Remark: "baseline: the release's own rows; operator: published by people"));

    public static readonly Table Policy = new("policy", TableKind.Act, 3, "Amounts, durations, limits and tables that a decree can change, with their dates and sources.",
        new("version", ColumnType.Long),
        new("code", ColumnType.Text),
        new("place", ColumnType.Int, Remark: "order within the code"),
        new("effective_from", ColumnType.Day, Nullable: true),
        new("effective_to", ColumnType.Day, Nullable: true, Remark: "exclusive"),
        new("value", ColumnType.Text, Remark: "JSON"),
        new("evidence", ColumnType.Text, Remark: "sourced, well_known, uncertain, decided"),
        new("source", ColumnType.Text),
        new("note", ColumnType.Text, Nullable: true));

    public static readonly Table Proposal = new("policy_proposal", TableKind.Act, 1, "What one operator proposes about a rule; another puts it in force.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("code", ColumnType.Text, Remark: "of a policy, or fees/ and the code of a line of the fee table"),
        new("effective_from", ColumnType.Day),
        new("effective_to", ColumnType.Day, Nullable: true, Remark: "exclusive"),
        new("value", ColumnType.Text, Remark: "JSON"),
        new("source", ColumnType.Text, Remark: "the decree or decision that says so"),
        new("note", ColumnType.Text, Nullable: true),
        new("basis", ColumnType.Text, Remark: "SHA-256 of the code's rows as the proposer saw them"),
        new("proposed_kind", ColumnType.Text, Remark: "of the actor"),
        new("proposed_by", ColumnType.Text, Remark: "an account of the office, or a program"),
        new("proposed_at", ColumnType.Instant),
        new("expires_at", ColumnType.Instant),
        new("state", ColumnType.Text, Remark: "OPEN, CONFIRMED, REJECTED"),
        new("decided_kind", ColumnType.Text, Nullable: true),
        new("decided_by", ColumnType.Text, Nullable: true),
        new("decided_at", ColumnType.Instant, Nullable: true),
        new("published", ColumnType.Long, Nullable: true, Remark: "the version of the rules in which it came to be"));

    public static readonly IReadOnlyList<Table> All = [Version, Policy, Proposal];
}
