using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Services.ReplaceLostId;

/// <summary>What stands against another ID: all of it at once. The loss is reported all the same.</summary>
internal static class Rules
{
    /// <summary>The reason of the revocation allows no other ID.</summary>
    public const string NoOther = "replace_lost.no_other";

    /// <summary>It allows one, and an officer looks first.</summary>
    public const string AfterRevoked = "replace_lost.after_revoked";
    public const string WasRevoked = "replace_lost.was_revoked";
    public const string NotRevoked = "replace_lost.not_revoked";
    public const string NotYet = "replace_lost.not_yet";
    public const string BeforeIssue = "replace_lost.before_issue";

    /// <summary>After a revocation for this reason another ID costs nothing.</summary>
    public const string Free = "free";

    public static IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context)
    {
        var document = facts.Get<DocumentFact>();
        return Replacement.Check(facts, context).Concat(
            document.State == nameof(DocumentState.Revoked) ? Revoked(request, document, facts, context)
            : document.Number > 0 ? Lost(request, document, facts, context)
            : []);
    }

    /// <summary><c>free</c> or <c>fee</c>; null: the reason allows no other ID.</summary>
    public static string? AfterRevocation(RuleContext context, DocumentFact document) =>
        document.RevokedFor is { } reason ? context.Policy.Get<IReadOnlyDictionary<string, string>>("document.reissue_after", context.Today).GetValueOrDefault(reason) : null;

    private static IEnumerable<Finding> Revoked(Request request, DocumentFact document, FactSet facts, RuleContext context)
    {
        if (Causes.IsLoss(request.Cause))
        {
            yield return Of(facts, new Refusal(WasRevoked), FindingKind.Fixable);
        }
        if (AfterRevocation(context, document) is null)
        {
            // The text chooses by the code without its act: "order".
            yield return Of(facts, new Refusal(NoOther, ("reason", document.RevokedFor?[(document.RevokedFor.IndexOf('.', StringComparison.Ordinal) + 1)..] ?? "")), FindingKind.Final);
        }
        else
        {
            yield return Of(facts, new Refusal(AfterRevoked), FindingKind.Review);
        }
    }

    private static IEnumerable<Finding> Lost(Request request, DocumentFact document, FactSet facts, RuleContext context)
    {
        if (request.Cause == Causes.Revoked)
        {
            yield return Of(facts, new Refusal(NotRevoked), FindingKind.Fixable);
        }
        if (Loss.Of(request) is not { } loss)
        {
            yield break;
        }
        if (loss.From > Loss.ReportedAt(document, context))
        {
            yield return Of(facts, new Refusal(NotYet), FindingKind.Fixable);
        }
        if (document.Issued is { } issued && request.LostOn < issued)
        {
            yield return Of(facts, new Refusal(BeforeIssue, ("issued", issued)), FindingKind.Fixable);
        }
    }

    private static Finding Of(FactSet facts, Refusal refusal, FindingKind kind) => Cases.Checks.Check.Of<DocumentFact>(facts, "CHK-ID-VALID", refusal, kind);
}
