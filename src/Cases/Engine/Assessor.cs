using System.Security.Cryptography;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Texts;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>What the rules say of a request and its facts, and the act it leads to. Pure, so the same inputs give the same answer in what-if, at sending, when money arrives and in a receipt.</summary>
public sealed record Assessment(IReadOnlyList<Finding> Findings, IReadOnlyList<ComparedField> Comparisons, Quote Quote, IReadOnlyList<string> Signals, string Act)
{
    /// <summary>Nothing stands against it but a payment.</summary>
    public bool Passes => Findings.All(f => f.Kind is FindingKind.Review or FindingKind.Note);
}

/// <summary>The dated table of risk signals: what each weighs, from what sum on an officer decides.</summary>
/// <param name="Weights">By signal: <c>mismatch.&lt;class&gt;</c>, <c>reused_upload</c>, <c>old_record</c>, <c>sample</c>, <c>finding</c>.</param>
/// <param name="SamplePermille">Share of cases drawn at random, in a thousand.</param>
public sealed record RiskTable(IReadOnlyDictionary<string, int> Weights, int Threshold, int SamplePermille, int OldRecordDays)
{
    public int Weigh(IEnumerable<string> signals) => signals.Sum(s => Weights.GetValueOrDefault(s.Split(':')[0], 0));
}

/// <summary>What the assessment is told besides rules and facts.</summary>
internal sealed record CaseStanding(CaseId Case, bool Cleared, bool Confirmed, bool Paid, bool ReusedUpload);

internal static class Assessor
{
    public static Assessment Assess(Service service, object request, FactSet facts, RuleContext context, CaseStanding standing)
    {
        var findings = Findings(service, request, facts, context);
        var comparisons = service.CompareAll(request, facts, context);
        var quote = Price(service, request, facts, context);
        findings.AddRange(quote.Refusals.Select(r => new Finding("CHK-FEE", r, FindingKind.Fixable, Sources.Muqeem, context.Now)));
        var risk = context.Policy.Get<RiskTable>(CasePolicies.Risk, context.Today);
        var signals = Signals(service, findings, comparisons, facts, context, risk, standing);

        var act = findings.Any(f => f.Kind == FindingKind.Final) ? CaseActs.RefuseByRule
            : findings.Any(f => f.Kind == FindingKind.Fixable) ? CaseActs.NeedAction
            : service.ConfirmedBy(context) is not null && !standing.Confirmed ? CaseActs.AskEmployer
            : (service.AlwaysReviewed || risk.Weigh(signals) >= risk.Threshold) && !standing.Cleared ? CaseActs.ToReview
            : quote.Total > Money.Zero && !standing.Paid ? CaseActs.Bill
            : CaseActs.Execute;
        return new(findings, comparisons, quote, signals, act);
    }

    /// <summary>All that stands against it. Without a category nobody knows who confirms and what it costs: that is a finding too, if the service has none that says so.</summary>
    public static List<Finding> Findings(Service service, object request, FactSet facts, RuleContext context)
    {
        var findings = service.CheckAll(request, facts, context).ToList();
        if (context.Category.Length == 0 && findings.All(f => f.Kind is FindingKind.Review or FindingKind.Note))
        {
            findings.Add(new("CHK-RELATION", new Refusal(Checks.Check.Codes.NoContract), FindingKind.Fixable, Sources.Labour, context.Now));
        }
        return findings;
    }

    /// <summary>The price; none while the category, which decides it, is not known.</summary>
    public static Quote Price(Service service, object request, FactSet facts, RuleContext context) =>
        context.Category.Length == 0 ? Quote.Free : service.PriceOf(request, facts, context);

    private static List<string> Signals(Service service, List<Finding> findings, IReadOnlyList<ComparedField> comparisons, FactSet facts, RuleContext context, RiskTable risk, CaseStanding standing)
    {
        var signals = new List<string>();
        signals.AddRange(comparisons.Where(c => !c.Agrees).Select(c => $"mismatch.{Snake(c.Class)}:{c.Field}"));
        signals.AddRange(findings.Where(f => f.Kind == FindingKind.Review).Select(f => $"finding:{f.Refusal.Code}"));
        if (standing.ReusedUpload)
        {
            signals.Add("reused_upload");
        }
        if (facts.Find<PersonFact>() is not null && facts.Origin<PersonFact>().AsOf < context.Now - Duration.FromDays(risk.OldRecordDays))
        {
            signals.Add("old_record");
        }
        // Drawn by the case's own id: nobody can draw again by sending again.
        if (comparisons.Count > 0 && BitConverter.ToUInt32(SHA256.HashData(standing.Case.Value.ToByteArray())) % 1000 < risk.SamplePermille)
        {
            signals.Add("sample");
        }
        return signals;
    }

    private static string Snake(ComparisonClass value) =>
        string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}

/// <summary>What is kept of an assessment, sealed: enough to show it again and to recompute it.</summary>
public sealed record StoredAssessment
{
    public int Schema { get; init; } = 1;
    public IReadOnlyList<StoredFinding> Findings { get; init; } = [];
    public IReadOnlyList<ComparedField> Comparisons { get; init; } = [];

    /// <summary>The price lines in their frozen form.</summary>
    public string Lines { get; init; } = "[]";
    public IReadOnlyList<string> Signals { get; init; } = [];
    public string Act { get; init; } = "";

    public static StoredAssessment Of(Assessment a) => new()
    {
        Findings = [.. a.Findings.Select(StoredFinding.Of)],
        Comparisons = a.Comparisons,
        Lines = PriceLine.ToJson(a.Quote.Lines),
        Signals = a.Signals,
        Act = a.Act,
    };
}

/// <summary>A finding as stored: the refusal's values keep their kinds, so that each language can format them.</summary>
public sealed record StoredFinding(string Check, string Code, Dictionary<string, string> Facts, FindingKind Kind, string Source, Instant? AsOf, LocalDate? PassesOn)
{
    public static StoredFinding Of(Finding f) =>
        new(f.Check, f.Refusal.Code, f.Refusal.Facts.ToDictionary(x => x.Key, x => FactText.Write(x.Value), StringComparer.Ordinal), f.Kind, f.Source, f.AsOf, f.PassesOn);

    public Finding ToFinding() => new(Check, new Refusal(Code, FactText.Read(Facts)), Kind, Source, AsOf, PassesOn);
}
