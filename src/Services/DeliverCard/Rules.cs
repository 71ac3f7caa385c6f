using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;

namespace Muqeem.Services.DeliverCard;

/// <summary>What stands against sending the card: all of it at once.</summary>
internal static class Rules
{
    public const string NoId = "deliver.no_id";
    public const string NotInForce = "deliver.not_in_force";
    public const string Suspended = "deliver.suspended";

    /// <summary>By the holder: no card is made meanwhile.</summary>
    public const string Frozen = "deliver.frozen";
    public const string NoAddress = "deliver.no_address";
    public const string UnderWay = "deliver.under_way";

    public static IEnumerable<Finding> Check(FactSet facts, RuleContext context)
    {
        foreach (var finding in Cases.Checks.Check.ResidenceValid(facts, context.Today))
        {
            yield return finding;
        }
        var (document, delivery) = (facts.Get<DocumentFact>(), facts.Get<DeliveryFact>());
        if (document.Number == 0)
        {
            yield return Cases.Checks.Check.Of<DocumentFact>(facts, "CHK-ID-VALID", new Refusal(NoId), FindingKind.Final);
        }
        else if (document.State != nameof(DocumentState.Live))
        {
            yield return Cases.Checks.Check.Of<DocumentFact>(facts, "CHK-ID-VALID", new Refusal(NotInForce), FindingKind.Fixable);
        }
        if (delivery.Suspended)
        {
            yield return Of(facts, new Refusal(Suspended));
        }
        if (delivery.Frozen)
        {
            yield return Of(facts, new Refusal(Frozen));
        }
        if (delivery.UnderWay is { } reference)
        {
            yield return Of(facts, new Refusal(UnderWay, ("reference", reference)));
        }
        if (facts.Get<AddressFact>().Addresses.Count == 0)
        {
            yield return Cases.Checks.Check.Of<AddressFact>(facts, "CHK-ADDRESS", new Refusal(NoAddress), FindingKind.Fixable);
        }
    }

    private static Finding Of(FactSet facts, Refusal refusal) => Cases.Checks.Check.Of<DeliveryFact>(facts, "CHK-DELIVERY", refusal, FindingKind.Fixable);
}
