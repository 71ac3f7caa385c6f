using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Payments.Pricing;
using Muqeem.Registry;

namespace Muqeem.Services;

/// <summary>The fees of a residence term by category, the same for the first and every later one.</summary>
internal static class ResidenceFees
{
    public static Quote For(int months, FactSet facts, RuleContext context, PayerKind payer, bool newWorker)
    {
        var contract = facts.Get<ContractFact>();
        var tariff = context.Tariff;
        var outside = !facts.Get<PersonFact>().Inside;
        return context.Category switch
        {
            Categories.EstablishmentWorker => Quote.Of(
                tariff.ForTerm("IQAMA_COMMERCIAL", months, context.Today, payer),
                tariff.ForTerm("WORK_PERMIT_BASE", months, context.Today, payer),
                tariff.ForeignWorkerLevy(months, new(contract.Expatriates, contract.Saudis), contract.IndustrialLicence ? ["industrial_licence"] : [], context.Today, payer)),
            Categories.HouseholdWorker => Quote.Of(
                tariff.ForTerm("IQAMA_DOMESTIC", months, context.Today, payer, outside),
                contract.HouseholdKind.Length == 0 ? null
                    : tariff.HouseholdExtraLevy(Math.Max(1, contract.HouseholdWorkers), contract.HouseholdKind, newWorker, months, context.Today, payer)),
            _ => Quote.Of(tariff.DependentLevy([months], context.Today, payer)),
        };
    }
}
