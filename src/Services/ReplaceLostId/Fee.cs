using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Payments.Pricing;

namespace Muqeem.Services.ReplaceLostId;

/// <summary>The fee of a new card, and the fine for a loss that was reported late. What the authority issued wrongly is put right for nothing.</summary>
internal static class Fee
{
    public static Quote For(Request request, FactSet facts, RuleContext context)
    {
        var document = facts.Get<DocumentFact>();
        if (document.State == nameof(DocumentState.Revoked) && Rules.AfterRevocation(context, document) == Rules.Free)
        {
            return Quote.Free;
        }
        var payer = context.Party(ReplaceLostId.ServiceCode).Payer;
        var had = facts.Get<VisasFact>().Ordinals;
        return Fines(request, facts, context).Aggregate(
            Replacement.Fee("IQAMA_REPLACE_LOST_FEE", facts, context, payer),
            (quote, fine) => quote.And(Quote.Of(context.Tariff.ByOrdinal(fine, had.GetValueOrDefault(fine) + 1, context.Today, payer))));
    }

    /// <summary>Which fines a loss brings, by when it was reported: a dated row.</summary>
    public static IReadOnlyList<string> Fines(Request request, FactSet facts, RuleContext context)
    {
        var document = facts.Get<DocumentFact>();
        return document.State == nameof(DocumentState.Revoked) || Loss.Of(request) is not { } loss ? []
            : context.Policy.Get<IReadOnlyDictionary<string, IReadOnlyList<string>>>("document.loss_fines", context.Today)[loss.ReportedLate(document, context) ? "late" : "in_time"];
    }
}
