using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Telling;

public enum SubscriptionState
{
    /// <summary>The verifier has asked; the holder has not answered.</summary>
    Pending,

    /// <summary>The holder said no. To the verifier it looks like one that is not answered.</summary>
    Declined,

    /// <summary>The holder consented, and what changes is told.</summary>
    Active,
    Ended,
}

/// <summary>Why a subscription ended. Stored, and never renamed.</summary>
public static class SubscriptionEnds
{
    /// <summary>The holder took the consent back.</summary>
    public const string Holder = "holder";

    /// <summary>The day for which the consent was given is over.</summary>
    public const string Expired = "expired";

    /// <summary>The verifier is no longer registered.</summary>
    public const string Verifier = "verifier";

    /// <summary>The verifier needs it no more.</summary>
    public const string Done = "done";

    /// <summary>Nobody consented in time.</summary>
    public const string Lapsed = "lapsed";
}

/// <summary>The words that a verifier is told. Part of the API, and never renamed.</summary>
public static class StatusWords
{
    public const string Valid = "valid";
    public const string Suspended = "suspended";
    public const string Frozen = "frozen";
    public const string Expired = "expired";
    public const string NotYetValid = "not_yet_valid";

    /// <summary>Final: the ID was revoked or reported lost or damaged, or the residence has ended. Which, is not told.</summary>
    public const string Revoked = "revoked";

    /// <summary>Another version took the place of the one before. How the ID stands does not change by it.</summary>
    public const string Renewed = "renewed";

    /// <summary>Of the subscription: nothing more is told.</summary>
    public const string Ended = "ended";
}

/// <summary>What a verifier asks to be told of a holder's ID, and what the holder said to it.</summary>
/// <param name="RowVersion">For compare-and-set: what is told and what ends it cannot both be unaware of each other.</param>
/// <param name="AnswerBy">From then on it can no longer be consented to.</param>
/// <param name="UntilAt">The consent's end, the midnight after its last day.</param>
/// <param name="EndReason">One of <see cref="SubscriptionEnds"/>.</param>
/// <param name="Word">What was told last; null: nothing yet.</param>
/// <param name="Document">The version of the ID of which it was told.</param>
/// <param name="LookAt">When it has to be looked at again, whatever happens; null: never.</param>
public sealed record Subscription(
    Guid Id, long RowVersion, Guid Verifier, PersonId Person, string Purpose, SubscriptionState State, Instant AskedAt, Instant AnswerBy, Instant UntilAt, Instant? AnsweredAt, Instant? EndedAt, string? EndReason,
    string? Word, Guid? Document, Instant? LookAt)
{
    private const string Columns =
        "SELECT id, version AS row_version, verifier_id, person_id, purpose, state, asked_at, answer_by, until_at, answered_at, ended_at, end_reason, word, document_id, look_at FROM status_subscription ";

    /// <summary>The last day of the consent.</summary>
    public LocalDate Until => UntilAt.DayInRiyadh().PlusDays(-1);

    /// <summary>How it stands at a moment, whatever is written: time ends it by itself.</summary>
    public SubscriptionState StateAt(Instant now) => State switch
    {
        SubscriptionState.Pending or SubscriptionState.Declined when now >= AnswerBy => SubscriptionState.Ended,
        SubscriptionState.Active when now >= UntilAt => SubscriptionState.Ended,
        _ => State,
    };

    internal HeadWrite Next() => CredentialsTables.Subscription.Head(Id, RowVersion, Verifier, Person.Value, Purpose, State.ToString().ToUpperInvariant(), AskedAt, AnswerBy, UntilAt, AnsweredAt, EndedAt, EndReason, Word, Document, LookAt);

    internal static async Task<Subscription?> FindAsync(Db db, Guid id, CancellationToken cancel) => (await db.FirstAsync<Stored>(Columns + "WHERE id = @id", new { id }, cancel))?.Read();

    /// <summary>The one that is open, or was until its time was over; others have ended.</summary>
    internal static async Task<Subscription?> OpenAsync(Db db, Guid verifier, PersonId person, string purpose, CancellationToken cancel) => (await db.FirstAsync<Stored>(
        Columns + "WHERE person_id = @person AND verifier_id = @verifier AND purpose = @purpose AND state <> 'ENDED'", new { person = person.Value, verifier, purpose }, cancel))?.Read();

    /// <summary>All of a person, newest first, at most so many.</summary>
    internal static async Task<IReadOnlyList<Subscription>> OfAsync(Db db, PersonId person, int most, CancellationToken cancel) =>
        Read(await db.QueryAsync<Stored>(Columns + "WHERE person_id = @person ORDER BY id DESC LIMIT @most", new { person = person.Value, most }, cancel));

    /// <summary>Those that are told, of these persons.</summary>
    internal static async Task<IReadOnlyList<Subscription>> ActiveAsync(Db db, IReadOnlyCollection<PersonId> persons, CancellationToken cancel) =>
        Read(await db.QueryAsync<Stored>(Columns + "WHERE state = 'ACTIVE' AND person_id = ANY(@persons)", new { persons = persons.Select(p => p.Value).ToList() }, cancel));

    /// <summary>Those whose time to be looked at has come, the longest waiting first.</summary>
    internal static async Task<IReadOnlyList<Subscription>> DueAsync(Db db, Instant now, int most, CancellationToken cancel) =>
        Read(await db.QueryAsync<Stored>(Columns + "WHERE look_at <= @now ORDER BY look_at, id LIMIT @most", new { now, most }, cancel));

    /// <summary>Those of verifiers who are registered no more.</summary>
    internal static async Task<IReadOnlyList<Subscription>> OrphanedAsync(Db db, int most, CancellationToken cancel) =>
        Read(await db.QueryAsync<Stored>(Columns + "WHERE state = 'ACTIVE' AND verifier_id IN (SELECT v.id FROM registered_verifier v WHERE v.state = 'REVOKED') LIMIT @most", new { most }, cancel));

    private static List<Subscription> Read(IReadOnlyList<Stored> rows) => [.. rows.Select(r => r.Read())];

    private sealed record Stored(
        Guid Id, long RowVersion, Guid VerifierId, Guid PersonId, string Purpose, string State, Instant AskedAt, Instant AnswerBy, Instant UntilAt, Instant? AnsweredAt, Instant? EndedAt, string? EndReason,
        string? Word, Guid? DocumentId, Instant? LookAt)
    {
        public Subscription Read() => new(
            Id, RowVersion, VerifierId, new PersonId(PersonId), Purpose, Enum.Parse<SubscriptionState>(State, ignoreCase: true), AskedAt, AnswerBy, UntilAt, AnsweredAt, EndedAt, EndReason, Word, DocumentId, LookAt);
    }
}

/// <summary>Why a request or a consent cannot be answered now.</summary>
public static class SubscriptionRefusals
{
    /// <summary>Answered already, ended, or its time is over.</summary>
    public const string Over = "subscription.over";

    /// <summary>The verifier may no longer ask for this.</summary>
    public const string VerifierGone = "subscription.verifier_gone";
}

/// <summary>From the policies.</summary>
/// <param name="AnswerDays">How long a request waits for its answer.</param>
/// <param name="MostDays">For how long a consent counts at most, and where the verifier names no day.</param>
/// <param name="Page">Changes that a verifier is given at once.</param>
/// <param name="EventDays">How long what was told can be fetched again.</param>
public sealed record SubscriptionRules(int AnswerDays, int MostDays, int Page, int EventDays, long Version)
{
    public static SubscriptionRules Of(PolicySnapshot policies, LocalDate on) => new(
        policies.Get<int>("subscription.answer_days", on),
        policies.Get<int>("subscription.most_days", on),
        policies.Get<int>("subscription.page_most", on),
        policies.Get<int>("subscription.event_days", on),
        policies.Version);
}
