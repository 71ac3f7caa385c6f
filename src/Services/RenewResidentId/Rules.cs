using Muqeem.Cases;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Services.RenewResidentId;

/// <summary>What stands against a renewal: all of it at once.</summary>
internal static class Rules
{
    public const string TooEarly = "renew.too_early";
    public const string BeyondHead = "renew.beyond_head";
    public const string SonMustLeave = "renew.son_must_leave";
    public const string SonProof = "renew.son_proof";
    public const string OutsideNotOffered = "renew.outside_not_offered";
    public const string ThirdTimeLate = "renew.third_time_late";

    public static IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context)
    {
        var residence = facts.Get<ResidenceFact>();
        var findings = Cases.Checks.Check.Alive(facts)
            .Concat(Cases.Checks.Check.ResidenceValid(facts, LocalDate.MinIsoValue))
            .Concat(Cases.Checks.Check.Passport(facts, context.Today, context.Policy.Get<int>("passport.min_days.renew", context.Today)))
            .Concat(Cases.Checks.Check.Biometrics(facts, context, context.Policy.Get<int>("biometrics.from_age", context.Today)))
            .Concat(Cases.Checks.Check.Traffic(facts))
            .Concat(Cases.Checks.Check.NotAbsent(facts))
            .Concat(Cases.Checks.Check.NotSuspended(facts, travel: false))
            .Concat(Cases.Checks.Check.Contract(facts))
            .Concat(Cases.Checks.Check.Registered(facts));
        foreach (var finding in findings)
        {
            yield return finding;
        }
        if (residence.Until is not { } until)
        {
            yield break;
        }
        var end = NewEnd(request, until, context);
        foreach (var finding in Cases.Checks.Check.Insurance(facts, context.Today, end))
        {
            yield return finding;
        }
        var earliest = until.PlusDays(-context.Policy.Get<int>("renew.opens_days_before", context.Today));
        if (context.Today < earliest)
        {
            yield return Cases.Checks.Check.Of<ResidenceFact>(facts, "CHK-ID-VALID", new Refusal(TooEarly, ("from", earliest), ("until", until)), FindingKind.Fixable, earliest);
        }
        // Renewal from outside is open to household workers and dependents only, since a dated decision (domain reference §12.4).
        if (!facts.Get<PersonFact>().Inside
            && !context.Policy.Get<IReadOnlyList<string>>("renew.outside_categories", context.Today).Contains(context.Category))
        {
            yield return Cases.Checks.Check.Of<PersonFact>(facts, "CHK-LOCATION", new Refusal(OutsideNotOffered), FindingKind.Fixable);
        }
        if (Fee.DaysLate(residence, context) > Fee.GraceDays(context) && residence.LateRenewals >= 2)
        {
            // The third late renewal may end a residence: never automatic, a person decides.
            yield return Cases.Checks.Check.Of<ResidenceFact>(facts, "CHK-FINE", new Refusal(ThirdTimeLate), FindingKind.Review);
        }
        if (context.Category == Categories.Dependent)
        {
            foreach (var finding in Dependent(facts, context, end))
            {
                yield return finding;
            }
        }
    }

    /// <summary>The last day of the new term.</summary>
    public static LocalDate? NewEnd(Request request, LocalDate until, RuleContext context) =>
        request.Months is null ? null
        : Term.AddMonths(until, Terms.Parse(request.Months), Term.CalendarOf(context.Today, context.Policy.Get<LocalDate>("term.gregorian_since", context.Today)));

    private static IEnumerable<Finding> Dependent(FactSet facts, RuleContext context, LocalDate? end)
    {
        var family = facts.Get<FamilyFact>();
        if (end is { } newEnd && family.HeadResidenceUntil is { } head && newEnd > head)
        {
            yield return Cases.Checks.Check.Of<FamilyFact>(facts, "CHK-RELATION", new Refusal(BeyondHead, ("head", head), ("end", newEnd)), FindingKind.Fixable);
        }
        if (family.Relation == "Son" && NodaTime.Text.LocalDatePattern.Iso.Parse(facts.Get<PersonFact>().BirthDate) is { Success: true, Value: var born })
        {
            var leaves = context.Policy.Get<int>("dependent.son_leaves_age", context.Today);
            var proof = context.Policy.Get<int>("dependent.son_proof_age", context.Today);
            if (born.PlusYears(leaves) <= context.Today)
            {
                yield return Cases.Checks.Check.Of<FamilyFact>(facts, "CHK-DEP-AGE", new Refusal(SonMustLeave, ("age", leaves)), FindingKind.Final);
            }
            else if (born.PlusYears(proof) <= context.Today)
            {
                yield return Cases.Checks.Check.Of<FamilyFact>(facts, "CHK-DEP-AGE", new Refusal(SonProof, ("age", proof)), FindingKind.Review);
            }
        }
    }
}
