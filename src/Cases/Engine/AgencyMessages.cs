using System.Globalization;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Payload of <see cref="Performer.RegisterTopic"/>, <see cref="Performer.LabourTopic"/>, <see cref="Performer.DomesticTopic"/>, <see cref="Performer.InsuranceTopic"/> and <see cref="Performer.EmploymentTopic"/>. Personal parts are looked up by the handler through the read door; a visa's number is not a person's.</summary>
public sealed record AgencyNotice(string What, Guid Person, string VisaNumber)
{
    public string? Category { get; init; }
    public string? VisaKind { get; init; }
    public LocalDate? From { get; init; }
    public LocalDate? Until { get; init; }
    public LocalDate? ReturnBefore { get; init; }
    public int? StayDays { get; init; }

    /// <summary>Of the ID.</summary>
    public int? Version { get; init; }
}

/// <summary>Payload of <see cref="Performer.EmployerTopic"/>.</summary>
/// <param name="Submission">A case that was sent back and sent again is asked about anew.</param>
/// <param name="Establishment">The 700 number; null for households and heads, whose number is personal and looked up.</param>
public sealed record EmployerQuestion(Guid Case, int Submission, Guid Person, string Service, string Who, string? Establishment)
{
    /// <summary>What the question is known by outside: an answer is for this submission of the case and no later one. Without a dot, which would end the id of a signed call.</summary>
    public string Reference => ReferenceOf(new CaseId(Case), Submission);

    internal static string ReferenceOf(CaseId id, int submission) => string.Create(CultureInfo.InvariantCulture, $"{id}-{submission}");

    /// <summary>Reads <see cref="Reference"/>; false when it is none of ours.</summary>
    public static bool TryReadReference(string text, out CaseId id, out int submission)
    {
        const int GuidLength = 36;
        submission = 0;
        Guid guid = default;
        var ours = text.Length > GuidLength && text[GuidLength] == '-' && Guid.TryParseExact(text.AsSpan(0, GuidLength), "D", out guid)
            && int.TryParse(text.AsSpan(GuidLength + 1), NumberStyles.None, CultureInfo.InvariantCulture, out submission);
        id = new(guid);
        return ours;
    }
}
