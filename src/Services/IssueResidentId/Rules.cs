using Muqeem.Cases;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;

namespace Muqeem.Services.IssueResidentId;

/// <summary>What stands against a first resident ID: all of it at once.</summary>
internal static class Rules
{
    public const string HasResidence = "issue.has_residence";
    public const string NotEntered = "issue.not_entered";

    public static IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context)
    {
        if (facts.Get<ResidenceFact>() is { Id: not null, Standing: not (nameof(Registry.Standing.Ended) or nameof(Registry.Standing.Revoked)) } residence)
        {
            yield return Cases.Checks.Check.Of<ResidenceFact>(facts, "CHK-ID-VALID", new Refusal(HasResidence, ("until", residence.Until)), FindingKind.Final);
        }
        var findings = Cases.Checks.Check.Alive(facts)
            .Concat(Cases.Checks.Check.Inside(facts))
            .Concat(Cases.Checks.Check.Passport(facts, context.Today, context.Policy.Get<int>("passport.min_days.issue", context.Today)))
            .Concat(Cases.Checks.Check.EntryVisa(facts, context, context.Policy.Get<int>("issue.visit_visa_child_under", context.Today)))
            .Concat(Cases.Checks.Check.Medical(facts))
            .Concat(Cases.Checks.Check.Insurance(facts, context.Today))
            .Concat(Cases.Checks.Check.Biometrics(facts, context, context.Policy.Get<int>("biometrics.from_age", context.Today)))
            .Concat(Cases.Checks.Check.Contract(facts))
            .Concat(Cases.Checks.Check.NotAbsent(facts))
            .Concat(Cases.Checks.Check.NotSuspended(facts, travel: false));
        foreach (var finding in findings)
        {
            yield return finding;
        }
        if (facts.Get<MovementsFact>().LastEntry is null)
        {
            yield return Cases.Checks.Check.Of<MovementsFact>(facts, "CHK-LOCATION", new Refusal(NotEntered), FindingKind.Fixable);
        }
    }
}
