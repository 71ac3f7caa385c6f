using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Platform.Exchanges;

/// <summary>What was said between us and the agencies.</summary>
public static class ExchangeTables
{
    public static readonly Table Exchange = new("exchange", TableKind.Act, 1, "Every message between us and an agency with its answer, each as its sender signed it. Never changed.",
        new("id", ColumnType.Uuid),
        new("request_id", ColumnType.Uuid, Remark: "the request's id; attempts have the same"),
        new("correlation", ColumnType.Text),
        new("agency", ColumnType.Text, Remark: "a dash when nobody could be told"),
        new("direction", ColumnType.Text, Remark: "OUT: we asked or told; IN: we were called"),
        new("operation", ColumnType.Text, Remark: "as the contract names it"),
        new("purpose", ColumnType.Text, Remark: "a code of the policies exchange.our_calls and exchange.their_calls"),
        new("at", ColumnType.Instant),
        new("outcome", ColumnType.Text, Remark: "answered, or why the message or its answer did not count"),
        new("status", ColumnType.Int, Nullable: true, Remark: "HTTP status of the answer"),
        new("request_key", ColumnType.Text, Nullable: true, Remark: "thumbprint of the key that signed it (RFC 7638)"),
        new("request_digest", ColumnType.Bytes, Nullable: true, Remark: "SHA-256 of the body"),
        new("request_signature", ColumnType.Bytes, Nullable: true, Remark: "over the signature base (RFC 9421), which is in the content"),
        new("answer_key", ColumnType.Text, Nullable: true),
        new("answer_digest", ColumnType.Bytes, Nullable: true),
        new("answer_signature", ColumnType.Bytes, Nullable: true),
        new("keeper_id", ColumnType.Uuid, Remark: "whose key seals the content: the month's"),
        new("content", ColumnType.Sealed, Nullable: true, Remark: "the signature bases, and the bodies that are not too large") { Binding = new(RetentionClass.Case, "id", "keeper_id") });

    public static readonly Table Nonce = new("exchange_nonce", TableKind.Bookkeeping, 1, "Calls to us that came, for as long as they could be sent again.",
        new("id", ColumnType.Uuid, Remark: "hash of key and nonce"),
        new("version", ColumnType.Long),
        new("at", ColumnType.Instant));

    public static readonly IReadOnlyList<Table> All = [Exchange, Nonce];
}
