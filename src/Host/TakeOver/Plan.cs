using Muqeem.Credentials.Issuing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Host.TakeOver;

/// <summary>What one person's rows come to: a record to be entered, or why it cannot be.</summary>
/// <param name="Findings">In the order of the rows. One that refuses is enough.</param>
internal sealed record Plan(Bundle Bundle, IReadOnlyList<Discrepancy> Findings, PersonRecord? Record, IReadOnlyList<PlannedResidence> Residences, IReadOnlyList<PlannedDocument> Documents, IReadOnlyList<PlannedCase> Cases)
{
    public bool Refused => Findings.Any(f => Codes.Of(f.Code).Refuses);
}

internal sealed record PlannedResidence(string Key, EarlierResidence Earlier, ResidenceDetails Details);

/// <param name="Residence">Place in the plan's residences.</param>
internal sealed record PlannedDocument(int Residence, EarlierDocument Earlier, DocumentContent Content);

internal sealed record PlannedCase(string Service, LocalDate Since, IReadOnlyDictionary<string, string> Answers);
