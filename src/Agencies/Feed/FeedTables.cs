using Muqeem.Platform.Database;

namespace Muqeem.Agencies;

/// <summary>What agencies are told of residences and IDs. All of it but the cursors can be computed from the journal, so no act writes it.</summary>
public static class FeedTables
{
    internal static readonly Table Event = new("feed_event", TableKind.Bookkeeping, 2, "What acts did to residences and IDs, at the places of the journal; deleted when it was kept long enough to be fetched.",
        new("position", ColumnType.Long, Remark: "of the act's leaf in the journal"),
        new("ordinal", ColumnType.Int, Remark: "of the events of one act, from 0"),
        new("act_id", ColumnType.Uuid),
        new("kind", ColumnType.Text, Remark: "residence.issued, residence.renewed, residence.ended, document.status_changed, document.freeze_changed"),
        new("person_id", ColumnType.Uuid),
        new("residence_id", ColumnType.Uuid),
        new("category", ColumnType.Text, Remark: "of the residence: some agencies are told of some categories only"),
        new("at", ColumnType.Instant, Remark: "of the act"),
        new("from_day", ColumnType.Day, Nullable: true, Remark: "of the term that was granted"),
        new("until_day", ColumnType.Day, Nullable: true),
        new("ended_day", ColumnType.Day, Nullable: true),
        new("state", ColumnType.Text, Nullable: true, Remark: "of the ID by the authority's word: valid, suspended, revoked, superseded"),
        new("frozen", ColumnType.Bool, Nullable: true, Remark: "by the holder; in events of the holder's own kind alone"),
        new("number", ColumnType.Int, Nullable: true, Remark: "of the version of the ID"));

    internal static readonly Table Place = new("feed_place", TableKind.Bookkeeping, 1, "Up to where the journal was read for the feed, and from where on its events are kept.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("position", ColumnType.Long, Remark: "the next to be read; every event below is there"),
        new("first_position", ColumnType.Long, Remark: "no event from here on was deleted"));

    internal static readonly Table Consumer = new("feed_consumer", TableKind.Bookkeeping, 1, "How far an agency that is called was told. Moved back, or set going again, only by an act.",
        new("id", ColumnType.Uuid),
        new("version", ColumnType.Long),
        new("agency", ColumnType.Text),
        new("state", ColumnType.Text, Remark: "SENDING, STOPPED (it failed for long; an act sets it going again)"),
        new("generation", ColumnType.Int, Remark: "of the journal, for the position"),
        new("position", ColumnType.Long, Remark: "cursor: the next event is here or later"),
        new("ordinal", ColumnType.Int),
        new("attempts", ColumnType.Int, Remark: "that failed, since the last that did not"),
        new("due_at", ColumnType.Instant, Remark: "of the next attempt"),
        new("failing_since", ColumnType.Instant, Nullable: true),
        new("reason", ColumnType.Text, Nullable: true, Remark: "a code: why the last attempt failed"),
        new("delivered_at", ColumnType.Instant, Nullable: true),
        new("changed_at", ColumnType.Instant));

    public static readonly IReadOnlyList<Table> All = [Event, Place, Consumer];
}
