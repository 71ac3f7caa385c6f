using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Services.RenewResidentId;

/// <summary>What a renewal costs: the category's fees for the term, and the fine when it is late. The price changes on the day a fine would begin.</summary>
internal static class Fee
{
    public static Quote For(Request request, FactSet facts, RuleContext context)
    {
        if (request.Months is null || facts.Get<ResidenceFact>() is not { Until: { } until } residence)
        {
            return Quote.Free;
        }
        var payer = context.Party(RenewResidentId.ServiceCode).Payer;
        var fees = ResidenceFees.For(Terms.Parse(request.Months), facts, context, payer, newWorker: false);
        var late = DaysLate(residence, context);
        if (late <= 0)
        {
            return fees;
        }
        var fine = context.Tariff.ByOrdinal("LATE_RENEWAL", residence.LateRenewals + 1, context.Today, payer, late);
        return fees.And(Quote.Of(fine));
    }

    /// <summary>The first day on which the price would be another one because a fine begins; null when none can.</summary>
    public static LocalDate FineFrom(LocalDate until, RuleContext context) => until.PlusDays(GraceDays(context) + 1);

    public static int DaysLate(ResidenceFact residence, RuleContext context) =>
        residence.Until is { } until && context.Today > until ? Period.DaysBetween(until, context.Today) : 0;

    public static int GraceDays(RuleContext context) => context.Tariff.RowOn("LATE_RENEWAL", context.Today)?.GraceDays ?? 0;
}
