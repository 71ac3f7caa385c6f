using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Credentials;

/// <summary>The tables of this project (migrations 0030-0039).</summary>
public static class CredentialsTables
{
    internal static readonly Table Document = new("document", TableKind.Act, 1, "A version of the resident ID; a person has at most one that is live.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("person_id", ColumnType.Uuid),
        new Column("residence_id", ColumnType.Uuid),
        new Column("number", ColumnType.Int, Remark: "1 at first issue, one more for each that follows"),
        new Column("serial", ColumnType.Text, Remark: "of the card, nine characters, random; no resident number can be told from it"),
        new Column("state", ColumnType.Text, Remark: "LIVE, SUPERSEDED, LOST, DAMAGED, REVOKED"),
        new Column("issued_day", ColumnType.Day),
        new Column("expires_day", ColumnType.Day, Remark: "of the document; the residence has its own"),
        new Column("place", ColumnType.Text, Remark: "code of the place of issue"),
        new Column("issued_at", ColumnType.Instant),
        new Column("ended_at", ColumnType.Instant, Nullable: true));

    internal static readonly Table Content = new("document_content", TableKind.Act, 1, "What the document says, as it was issued; never changed.",
        new Column("document_id", ColumnType.Uuid),
        new Column("content", ColumnType.Sealed) { Binding = new(RetentionClass.Identity, "document_id", "person_id", "document", "document_id") });

    internal static readonly Table Credential = new("credential", TableKind.Act, 1, "A form in which the ID is shown. Its handle stands for the holder where no number may.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("person_id", ColumnType.Uuid),
        new Column("document_id", ColumnType.Uuid),
        new Column("kind", ColumnType.Text, Remark: "live-qr-subject"),
        new Column("handle", ColumnType.Bytes, Remark: "16 random bytes"),
        new Column("status", ColumnType.Text, Remark: "LIVE, ENDED"),
        new Column("issued_at", ColumnType.Instant),
        new Column("ended_at", ColumnType.Instant, Nullable: true));

    internal static readonly Table ShortCode = new("verify_code", TableKind.Bookkeeping, 1, "The code a resident reads out to a verifier; a new one replaces the old.",
        new Column("person_id", ColumnType.Uuid),
        new Column("code", ColumnType.Bytes, Remark: "keyed hash; the code itself is nowhere"),
        new Column("made_at", ColumnType.Instant),
        new Column("expires_at", ColumnType.Instant));

    public static readonly IReadOnlyList<Table> All = [Document, Content, Credential, ShortCode];
}
