using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Where a contest stands. Texts: <c>contest.state.*</c>.</summary>
public static class ContestStates
{
    /// <summary>On its way to the agency.</summary>
    public const string Sending = "sending";
    public const string WithAgency = "with_agency";

    /// <summary>The agency says that it corrected its record.</summary>
    public const string Corrected = "corrected";

    /// <summary>The agency stands by its record, and says why.</summary>
    public const string Upheld = "upheld";

    /// <summary>The case ended before there was an answer.</summary>
    public const string Closed = "closed";

    public static bool IsOpen(string state) => state is Sending or WithAgency;
}

/// <summary>What is personal of a contest.</summary>
/// <param name="Typed">What the applicant said; null for a finding.</param>
/// <param name="Recorded">What the record says; null for a finding.</param>
/// <param name="Words">What is right, in the person's own words.</param>
/// <param name="Reason">The agency's.</param>
public sealed record ContestContent(string? Typed, string? Recorded, Instant? AsOf, string Words, string? Reason = null);

/// <summary>A record of another agency that the person says is wrong.</summary>
/// <param name="About">What of it, <see cref="ContestPoint.About"/>.</param>
/// <param name="Source">The record: the agency that owns it has the contest.</param>
/// <param name="LateAt">When the agency had not answered in time.</param>
public sealed record Contest(Guid Id, string About, string Source, string State, Instant OpenedAt, Instant DueAt, Instant? LateAt, Instant? AnsweredAt, Guid? Evidence, ContestContent Content)
{
    public bool IsOpen => ContestStates.IsOpen(State);
}

/// <summary>The message by which the agency's turn comes; what is personal is opened then.</summary>
public sealed record ContestMessage(Guid Contest, Guid Case);

/// <summary>A contest with whose it is, for whoever hands it to the agency.</summary>
public sealed record ContestToSend(PersonId Person, Contest Contest);

/// <summary>A contest that an agency has, for asking how it stands.</summary>
public sealed record WaitingContest(Guid Id, string Source);

/// <summary>Something that rests on a record of another agency.</summary>
internal sealed record ContestPoint(string About, string Source, string? Typed, string? Recorded, Instant? AsOf)
{
    private const string FindingPrefix = "finding:";
    private const string FieldPrefix = "field:";

    /// <summary>What a check found, by its code: a code stands once among the findings of a case.</summary>
    public static string OfFinding(string code) => FindingPrefix + code;

    public static string OfField(string field) => FieldPrefix + field;

    /// <summary>All of an assessment: what the checks found, and where the answers differ. Our own record is no agency's to answer for: there the objection is.</summary>
    public static IEnumerable<ContestPoint> Of(StoredAssessment assessment) =>
        assessment.Findings.Select(f => new ContestPoint(OfFinding(f.Code), f.Source, null, null, f.AsOf))
            .Concat(assessment.Comparisons.Where(c => !c.Agrees).Select(c => new ContestPoint(OfField(c.Field), c.Source, c.Typed, c.Recorded, c.AsOf)))
            .Where(p => Sources.OwnerOf(p.Source) is not null)
            .DistinctBy(p => p.About, StringComparer.Ordinal);
}

/// <summary>What may be contested, and when.</summary>
internal static class Contesting
{
    /// <summary>Longest that a person's words are.</summary>
    public const int LongestWords = 2000;

    /// <summary>Whether a case is where its records can be contested: something waits for the person or an officer, or a rule refused it and the time to object still runs.</summary>
    public static bool IsOpen(CaseHead head, Service service, StoredAssessment? last, PolicySnapshot policy, Instant now) => head.State switch
    {
        CaseStates.NeedsAction or CaseStates.UnderReview => service.States.Allows(CaseStates.NeedsAction, CaseActs.Escalate, By.System),
        CaseStates.Refused => last?.Act == CaseActs.RefuseByRule && service.States.Allows(CaseStates.Refused, CaseActs.Escalate, By.System)
            && now <= head.StateSince + Duration.FromDays(policy.Get<int>(CasePolicies.ObjectionDays, now.DayInRiyadh())),
        _ => false,
    };

    /// <summary>Why this is not contested now; null when it may be.</summary>
    public static Refusal? Against(string about, IReadOnlyList<StoredContest> before, PolicySnapshot policy, Instant now)
    {
        var same = before.Where(b => b.About == about).ToList();
        var most = policy.Get<int>(CasePolicies.ContestsEach, now.DayInRiyadh());
        return same.Find(b => b.IsOpen) is { } open ? new Refusal(CaseRefusals.ContestedAlready, ("until", open.DueAt))
            : same.Count >= most ? new Refusal(CaseRefusals.ContestedEnough, ("most", most))
            : null;
    }
}

/// <summary>A contest as its row has it.</summary>
internal sealed record StoredContest
{
    public Guid Id { get; init; }
    public Guid CaseId { get; init; }
    public string About { get; init; } = "";
    public string Source { get; init; } = "";
    public string State { get; init; } = "";
    public Instant OpenedAt { get; init; }
    public Instant DueAt { get; init; }
    public Instant? LateAt { get; init; }
    public Instant? AnsweredAt { get; init; }
    public Guid? Evidence { get; init; }
    public byte[] Content { get; init; } = [];

    public bool IsOpen => ContestStates.IsOpen(State);

    /// <summary>Whether an answer changes anything. A record that was corrected stays so; one that was upheld may be corrected later.</summary>
    public bool Takes(bool corrected) => IsOpen || (corrected && State == ContestStates.Upheld);
}
