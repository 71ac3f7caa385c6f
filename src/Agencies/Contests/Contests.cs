using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>A person says that a record is wrong; the agency that owns it is asked to look. Every agency with records about people takes it, under <c>contests</c>.</summary>
/// <param name="Reference">Ours, at most 80 characters, without a dot; the same again is the same contest.</param>
/// <param name="Id">Resident or border number.</param>
/// <param name="About">What of the record: <c>field:name_arabic</c>, <c>finding:check.suspended</c>.</param>
/// <param name="Typed">What the person told us, where it is a value.</param>
/// <param name="Recorded">What the record said, and as of when.</param>
/// <param name="Words">What is right, in the person's own words.</param>
/// <param name="Papers">What the person sent as evidence, page by page, as drawn by us.</param>
/// <param name="AnswerBy">Afterwards our officers take it up.</param>
public sealed record ContestOrder(string Reference, string Id, string About, string? Typed, string? Recorded, Instant? RecordedAt, string Words, IReadOnlyList<ContestPaper> Papers, Instant AnswerBy);

/// <param name="Content">Base64.</param>
public sealed record ContestPaper(string MediaType, string Content);

public enum ContestState { Open, Corrected, Upheld }

/// <summary>How a contest stands at the agency.</summary>
/// <param name="Reason">The agency's, for the person to read; with an answer only.</param>
public sealed record ContestStanding(string Source, Instant AsOf, string Reference, ContestState State, string? Reason) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Text(Reference, 80) => "reference",
        _ when State != ContestState.Open && !Shape.Text(Reason, ContestGiven.LongestReason) => "reason",
        _ => null,
    };
}

/// <summary>The agency's answer. May be told twice, late and out of order.</summary>
/// <param name="Corrected">The record is changed, and can be asked for. False: it stays, for the reason given.</param>
public sealed record ContestGiven(string Reference, bool Corrected, string Reason, Instant At)
{
    public const int LongestReason = 1000;

    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(Reference, 80) => "reference",
        _ when !Shape.Text(Reason, LongestReason) => "reason",
        _ => null,
    };
}

/// <summary>Hands contests to the agencies that own the records, and asks how they stand.</summary>
public sealed class RecordContests(AgencyLines lines)
{
    /// <param name="agency">One of <see cref="AgenciesSetup.All"/>.</param>
    public Task<AgencyAnswer<ContestStanding>> SendAsync(string agency, ContestOrder order, Guid requestId, CancellationToken cancel = default) =>
        lines[agency].SendAsync<ContestStanding>("contest", HttpMethod.Post, "contests", order, requestId, cancel);

    public Task<AgencyAnswer<ContestStanding>> StandingAsync(string agency, string reference, CancellationToken cancel = default) =>
        lines[agency].GetAsync<ContestStanding>("contest", $"contests/{Uri.EscapeDataString(reference)}", Duration.Zero, cancel);
}

/// <summary>Agencies' answers to contests; an agency without a row in the policy is asked, and cannot call.</summary>
public static class ContestWebhook
{
    public const string Operation = "contest_answer";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<ContestGiven> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<ContestGiven>(body, c => c.BrokenField());
}
