using Muqeem.Cases.Definition;
using Muqeem.Platform.Texts;

namespace Muqeem.Office;

/// <summary>
/// The coded reasons of decisions: what is counted, audited and compared between officers; the plain text beside it is what the resident reads.
/// Never renamed. Texts: <c>office.reason.&lt;code&gt;</c> for the officer, and for questions and refusals <c>office.letter.&lt;code&gt;</c>, the sentence that the letter begins with.
/// </summary>
public static class Reasons
{
    public static readonly IReadOnlyList<string> Approve =
    [
        "approve.records_agree",
        "approve.same_person_other_spelling",
        "approve.seen_in_document",
        "approve.record_is_older",
        "approve.explained",
        "approve.objection_upheld",
    ];

    public static readonly IReadOnlyList<string> Ask =
    [
        "ask.unreadable",
        "ask.differs_from_record",
        "ask.document_missing",
        "ask.photo_unsuitable",
        "ask.explain",
    ];

    private const string ConditionsNotMet = "refuse.conditions_not_met";

    public static readonly IReadOnlyList<string> Refuse =
    [
        "refuse.identity_not_shown",
        "refuse.document_not_genuine",
        "refuse.document_of_another",
        "refuse.photo_of_another",
        "refuse.statement_untrue",
        ConditionsNotMet,
        "refuse.no_answer_given",
        "refuse.objection_not_upheld",
    ];

    /// <summary>The reasons that may be given for an act in a state: those about objections only where there is one.</summary>
    public static IReadOnlyList<string> For(string act, string state)
    {
        var all = act switch
        {
            CaseActs.Approve => Approve,
            CaseActs.Ask => Ask,
            CaseActs.Refuse => Refuse,
            _ => throw new ArgumentOutOfRangeException(nameof(act)),
        };
        return [.. all.Where(r => state == CaseStates.Objection || !r.Contains("objection", StringComparison.Ordinal))];
    }

    public static string Words(Language language, string reason) => language.Has("office.reason." + reason) ? language.Text("office.reason." + reason) : reason;

    /// <summary>The letter as it is before the officer edits it, in the applicant's language.</summary>
    /// <param name="findings">What stands against the application; a refusal for its conditions says which.</param>
    public static string Letter(Language applicants, string reason, string reference, string service, IReadOnlyList<string> items, IReadOnlyList<Finding> findings)
    {
        var conditions = reason == ConditionsNotMet ? findings.Select(f => Condition(applicants, f)).OfType<string>().ToList() : [];
        return applicants.Bare(conditions.Count > 0 ? "office.letter.refuse.conditions_not_met.these" : "office.letter." + reason,
            ("reference", reference), ("service", service), ("items", applicants.List(items)), ("conditions", string.Join('\n', conditions.Select(c => "– " + c))));
    }

    /// <summary>
    /// A condition that is not met, as the applicant reads it. While an officer looks, the applicant reads that he does (<c>refusal.&lt;code&gt;</c>); in the letter it
    /// says what he saw (<c>condition.&lt;code&gt;</c>), or nothing where it must not be said.
    /// </summary>
    private static string? Condition(Language applicants, Finding finding)
    {
        var (code, facts) = (finding.Refusal.Code, finding.Refusal.Facts);
        return applicants.Has("condition." + code) ? applicants.Bare("condition." + code, facts)
            : finding.Kind is FindingKind.Review or FindingKind.Note ? null
            : applicants.Bare("refusal." + code, facts);
    }
}
