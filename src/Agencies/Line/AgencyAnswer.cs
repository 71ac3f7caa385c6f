using NodaTime;

namespace Muqeem.Agencies;

/// <summary>What an agency said, or why it said nothing. A closed union: <see cref="Found"/>, <see cref="NotFound"/>, <see cref="Unavailable"/>, <see cref="Broken"/>.</summary>
public abstract record AgencyAnswer<T> where T : class
{
    private AgencyAnswer() { }

    /// <summary>The record, as the agency holds it.</summary>
    /// <param name="Source">The register that answered, in the agency's own words.</param>
    /// <param name="RequestId">The id under which the agency has logged the request.</param>
    /// <param name="AsOf">When the record was true at its source.</param>
    /// <param name="ValidUntil">Until when a decision may rest on it, counted from <paramref name="AsOf"/>.</param>
    public sealed record Found(T Value, string Source, Guid RequestId, Instant AsOf, Instant ValidUntil) : AgencyAnswer<T>;

    /// <summary>The agency answered that it holds no such record.</summary>
    public sealed record NotFound(string Agency, Guid RequestId, Instant At) : AgencyAnswer<T>;

    /// <summary>No answer within the time limit. Nothing follows from it about the person: the case waits.</summary>
    /// <param name="Reason">One of <see cref="AgencyReason"/>.</param>
    /// <param name="RetryAt">When asking again makes sense.</param>
    public sealed record Unavailable(string Agency, string Reason, Instant RetryAt) : AgencyAnswer<T>;

    /// <summary>The agency answered something that its contract does not allow: its fault, and a case for its operators, never a fact about the person.</summary>
    /// <param name="Field">The wire field, e.g. <c>birth.date</c>; <c>$</c> for the whole answer, <c>status</c> for the HTTP status, <c>signature</c> for who says so.</param>
    /// <param name="Breach">What is wrong with it, without its content.</param>
    public sealed record Broken(string Agency, string Field, string Breach, Instant RetryAt) : AgencyAnswer<T>;

    /// <summary>The value when there is one.</summary>
    public T? ValueOrNull => this is Found found ? found.Value : null;

    /// <summary>When to ask again, when the agency did not answer (properly).</summary>
    public Instant? AskAgainAt => this switch
    {
        Unavailable none => none.RetryAt,
        Broken broken => broken.RetryAt,
        _ => null,
    };
}

/// <summary>Why an agency is unavailable.</summary>
public static class AgencyReason
{
    /// <summary>No answer within the time limit.</summary>
    public const string Timeout = "timeout";

    /// <summary>No connection.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>It answered that it cannot serve now (5xx).</summary>
    public const string Failing = "failing";

    /// <summary>It asked us to slow down (429).</summary>
    public const string Throttled = "throttled";

    /// <summary>It failed too often just now; we leave it alone until the retry time.</summary>
    public const string Resting = "resting";

    /// <summary>Too many of our own requests are waiting for it.</summary>
    public const string Crowded = "crowded";

    /// <summary>No address is configured for it.</summary>
    public const string NotConfigured = "not_configured";

    /// <summary>Nobody allowed us to ask it for this.</summary>
    public const string NotAllowed = "not_allowed";
}

/// <summary>What every answer on the wire carries: the register that answered and since when the record is so.</summary>
public interface IAgencyRecord
{
    string Source { get; }

    Instant AsOf { get; }

    /// <summary>The first wire field whose content the contract does not allow, or null.</summary>
    string? BrokenField();
}
