using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;

namespace Muqeem.Services.ReplaceLostId;

/// <summary>Sending is the report, and the report ends the ID: no check, price or withdrawal undoes that.</summary>
internal static class Outcomes
{
    public static IEnumerable<Effect> Of(string act, string state, Request request, FactSet facts, RuleContext context)
    {
        if (act == CaseActs.Submit && Causes.IsLoss(request.Cause) && facts.Find<DocumentFact>() is { State: nameof(DocumentState.Live) })
        {
            yield return new Effect.EndDocument(DocumentState.Lost);
            yield return new Effect.Notify("id_reported_lost");
        }
        if (state == CaseStates.Issued)
        {
            foreach (var fine in Fee.Fines(request, facts, context))
            {
                yield return new Effect.CountFine(fine);
            }
            yield return new Effect.NextDocument();
        }
    }
}
