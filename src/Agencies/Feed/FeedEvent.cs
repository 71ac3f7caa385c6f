using NodaTime;

namespace Muqeem.Agencies;

/// <summary>What an event is of. Part of the contract, and never renamed.</summary>
public static class FeedKinds
{
    public const string ResidenceIssued = "residence.issued";
    public const string ResidenceRenewed = "residence.renewed";
    public const string ResidenceEnded = "residence.ended";

    /// <summary>By the authority's word alone: a freeze by the holder is no such event.</summary>
    public const string DocumentStatus = "document.status_changed";

    /// <summary>The holder froze the ID, or ended that. A kind of its own, so that nobody gets it with another.</summary>
    public const string DocumentFreeze = "document.freeze_changed";

    /// <summary>Only of a test: it tells nothing.</summary>
    public const string Test = "feed.test";

    public static IReadOnlyList<string> All { get; } = [ResidenceIssued, ResidenceRenewed, ResidenceEnded, DocumentStatus, DocumentFreeze];
}

/// <summary>What an agency may be given of an event, beside its id, kind and time.</summary>
public static class FeedFields
{
    public const string ResidentNumber = "resident_number";
    public const string ValidFrom = "valid_from";
    public const string ValidUntil = "valid_until";
    public const string EndedOn = "ended_on";
    public const string State = "state";
    public const string Version = "document_version";
    public const string Frozen = "frozen";

    public static IReadOnlyList<string> All { get; } = [ResidentNumber, ValidFrom, ValidUntil, EndedOn, State, Version, Frozen];
}

/// <summary>One event as an agency gets it. What it may not have, or what the kind has not, is not there.</summary>
/// <param name="Id">The same event has the same, however often it is told: whoever keeps it does nothing twice.</param>
/// <param name="Kind">One of <see cref="FeedKinds"/>. Others may follow: skip those that you do not know.</param>
/// <param name="At">Of the act.</param>
/// <param name="ValidFrom">First day of the term that was granted.</param>
/// <param name="ValidUntil">Last day of the residence.</param>
/// <param name="EndedOn">From that day on there is no residence.</param>
/// <param name="State">Of this version of the ID by the authority's word: valid, suspended, superseded, revoked (also when it was reported lost or damaged; which, is not told).</param>
/// <param name="Frozen">By the holder. It says nothing against the holder.</param>
public sealed record FeedEvent(
    Guid Id, string Kind, Instant At, string? ResidentNumber = null, LocalDate? ValidFrom = null, LocalDate? ValidUntil = null, LocalDate? EndedOn = null, string? State = null, int? DocumentVersion = null, bool? Frozen = null);

/// <summary>Events in the order of the journal: what an agency fetches, and what it is sent.</summary>
/// <param name="Cursor">To ask on with, also when nothing is here. To be kept as it is and not to be read.</param>
/// <param name="More">There are more at once.</param>
/// <param name="Test">It tells nothing, and nothing is to be done.</param>
public sealed record FeedPage(string Source, Instant AsOf, IReadOnlyList<FeedEvent> Events, string Cursor, bool More, bool Test = false)
{
    public const string From = "muqeem";

    /// <summary>The operation by which we send it.</summary>
    public const string Delivery = "events";

    /// <summary>The operation by which an agency fetches it.</summary>
    public const string Reading = "events";

    /// <summary>The operation by which an agency asks for a test, a replay, or to be sent to again.</summary>
    public const string Steering = "events_steering";
}

/// <summary>The next event is here or later, in the journal of this generation.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct FeedCursor(int Generation, long Position, int Ordinal)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Generation}-{Position}-{Ordinal}");

    /// <summary>Null: no cursor that was ever given.</summary>
    public static FeedCursor? Parse(string text)
    {
        var parts = text.Length <= 50 ? text.Split('-') : [];
        const System.Globalization.NumberStyles Digits = System.Globalization.NumberStyles.None;
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        return parts.Length == 3 && int.TryParse(parts[0], Digits, culture, out var generation) && long.TryParse(parts[1], Digits, culture, out var position) && int.TryParse(parts[2], Digits, culture, out var ordinal)
            && new FeedCursor(generation, position, ordinal) is var cursor && cursor.ToString() == text ? cursor : null;
    }
}

/// <summary>What an agency is told of one kind of event, and of whom. What has no row is not told.</summary>
/// <param name="Kind">One of <see cref="FeedKinds"/>.</param>
/// <param name="Fields">Of <see cref="FeedFields"/>.</param>
/// <param name="Categories">Of residences.</param>
public sealed record FeedGrant(string Agency, string Kind, IReadOnlyList<string> Fields, IReadOnlyList<string> Categories)
{
    public const string Policy = "feed.consumers";
}

/// <summary>What something did, without the number of the person.</summary>
/// <param name="Ordinal">Of the events of one act.</param>
public sealed record FeedFact(
    long Position, int Ordinal, Guid Act, string Kind, Guid Person, Guid Residence, string Category, Instant At, LocalDate? From = null, LocalDate? Until = null, LocalDate? Ended = null, string? State = null, bool? Frozen = null,
    int? Number = null);
