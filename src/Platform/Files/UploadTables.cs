using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Platform.Files;

/// <summary>The table of uploads; their bytes lie sealed in the data folder.</summary>
public static class UploadTables
{
    public static readonly Table Upload = new("upload", TableKind.Act, 1, "Files that people sent. The bytes are sealed files in the data folder, by id.",
        new("id", ColumnType.Uuid),
        new("person_id", ColumnType.Uuid, Remark: "whose document it is, and whose key seals it"),
        new("case_id", ColumnType.Uuid, Nullable: true),
        new("kind", ColumnType.Text, Remark: "what it is evidence of, e.g. passport_page"),
        new("digest", ColumnType.Bytes, Remark: "blind index of the content: finds the same file sent again"),
        new("type", ColumnType.Text, Remark: "by content: jpg, png, heic, pdf"),
        new("size", ColumnType.Int, Remark: "bytes"),
        new("width", ColumnType.Int, Remark: "pixels; 0 for a PDF"),
        new("height", ColumnType.Int),
        new("pages", ColumnType.Int),
        new("created_at", ColumnType.Instant),
        new("name", ColumnType.Sealed, Remark: "the name it came with") { Binding = new(RetentionClass.Document, "id", "person_id") });

    public static IReadOnlyList<Table> All { get; } = [Upload];
}
