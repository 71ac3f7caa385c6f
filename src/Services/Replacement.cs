using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using NodaTime;

namespace Muqeem.Services;

/// <summary>What every replacement of an ID has in common: for the same residence, to the same last day.</summary>
internal static class Replacement
{
    public const string NoId = "replace.no_id";

    /// <summary>The facts that <see cref="Check"/> and <see cref="Fee"/> look at.</summary>
    public static readonly IReadOnlyList<string> Facts = [PersonFact.Name, PassportsFact.Name, JusticeFact.Name, ResidenceFact.Name, DocumentFact.Name, VisasFact.Name];

    public static IEnumerable<Finding> Check(FactSet facts, RuleContext context)
    {
        var findings = Cases.Checks.Check.Alive(facts)
            .Concat(Cases.Checks.Check.ResidenceValid(facts, context.Today))
            .Concat(Cases.Checks.Check.Passport(facts, context.Today, context.Policy.Get<int>("passport.min_days.replace", context.Today)))
            .Concat(Cases.Checks.Check.NotSuspended(facts, travel: false));
        return facts.Get<DocumentFact>().Number == 0
            ? findings.Append(Cases.Checks.Check.Of<DocumentFact>(facts, "CHK-ID-VALID", new Refusal(NoId), FindingKind.Final))
            : findings;
    }

    /// <summary>The fee of a new card: due while little of the residence is left.</summary>
    public static Quote Fee(string code, FactSet facts, RuleContext context, PayerKind payer) =>
        Quote.Of(context.Tariff.ForReplacement(code, RemainingMonths(context.Today, facts.Get<ResidenceFact>().Until), context.Today, payer));

    /// <summary>Begun months to the last day of the residence.</summary>
    public static int RemainingMonths(LocalDate today, LocalDate? until)
    {
        if (until is not { } end || end <= today)
        {
            return 0;
        }
        var whole = Period.Between(today, end, PeriodUnits.Months).Months;
        return today.PlusMonths(whole) < end ? whole + 1 : whole;
    }
}
