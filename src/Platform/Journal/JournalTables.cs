using Muqeem.Platform.Database;

namespace Muqeem.Platform.Journal;

/// <summary>The tables of the journal's tree. They say nothing that cannot be computed from the leaves, so no act writes them.</summary>
public static class JournalTables
{
    public static readonly Table Head = new("journal_head", TableKind.Bookkeeping, 1, "The one row of the journal. Its version is the fence: who is no longer the sequencer cannot move it.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("generation", ColumnType.Int, Remark: "1; one more each time that an operator gave up a published tree, whose name is then never used again"),
        new("size", ColumnType.Long, Remark: "leaves that have a position"),
        new("root", ColumnType.Bytes, Remark: "of the tree over them"),
        new("checkpoint", ColumnType.Text, Nullable: true, Remark: "the last signed checkpoint, as it is published"),
        new("checkpoint_size", ColumnType.Long, Remark: "its size; 0 before the first"));

    public static readonly Table Tile = new("journal_tile", TableKind.Bookkeeping, 2, "Full tiles of the tree, 256 hashes each. What is not full yet is computed from the leaves.",
        new("level", ColumnType.Int, Remark: "0: hashes of leaves; above: roots of the tiles below"),
        new("number", ColumnType.Long),
        new("hashes", ColumnType.Bytes, Remark: "8,192 bytes"),
        new("root", ColumnType.Bytes, Remark: "one hash of the tile above"));

    public static readonly Table Witness = new("journal_witness", TableKind.Bookkeeping, 1, "How each configured witness stands.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("name", ColumnType.Text, Remark: "of its key"),
        new("size", ColumnType.Long, Remark: "of the last checkpoint that it co-signed"),
        new("cosigned_at", ColumnType.Instant, Nullable: true),
        new("remark", ColumnType.Text, Nullable: true, Remark: "a code of what went wrong last"));

    public static readonly Table Witnessed = new("journal_witnessed", TableKind.Bookkeeping, 1, "The last checkpoint that enough witnesses co-signed.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("size", ColumnType.Long),
        new("note", ColumnType.Text, Remark: "with their lines"));

    public static readonly IReadOnlyList<Table> All = [Head, Tile, Witness, Witnessed];
}
