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

    public static readonly IReadOnlyList<string> Refuse =
    [
        "refuse.identity_not_shown",
        "refuse.document_not_genuine",
        "refuse.document_of_another",
        "refuse.photo_of_another",
        "refuse.statement_untrue",
        "refuse.conditions_not_met",
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
    public static string Letter(Language applicants, string reason, string reference, string service, IReadOnlyList<string> items) => applicants.Bare("office.letter." + reason,
        ("reference", reference), ("service", service), ("items", applicants.List(items)));
}
