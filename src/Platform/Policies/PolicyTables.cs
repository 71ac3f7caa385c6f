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

    public static readonly IReadOnlyList<Table> All = [Version, Policy];
}
