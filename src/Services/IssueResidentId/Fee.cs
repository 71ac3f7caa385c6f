using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Payments.Pricing;
using NodaTime;

namespace Muqeem.Services.IssueResidentId;

/// <summary>The category's fees for the term, and the fine when the first ID comes later than the days after entry.</summary>
internal static class Fee
{
    public static Quote For(Request request, FactSet facts, RuleContext context)
    {
        if (request.Months is null)
        {
            return Quote.Free;
        }
        var payer = context.Party(IssueResidentId.ServiceCode).Payer;
        var quote = ResidenceFees.For(Terms.Parse(request.Months), facts, context, payer, newWorker: true);
        var last = facts.Get<MovementsFact>().LastEntry?.PlusDays(context.Policy.Get<int>("first_id.days_from_entry", context.Today));
        return last is { } day && context.Today > day
            ? quote.And(Quote.Of(context.Tariff.ByOrdinal("LATE_FIRST_ISSUE", 1, context.Today, payer, Period.DaysBetween(day, context.Today))))
            : quote;
    }
}
