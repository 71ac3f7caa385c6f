using Muqeem.Registry;

namespace Muqeem.Cases;

/// <summary>Which facts an agency's word is about.</summary>
internal static class Told
{
    private sealed record About(string Source, string Fact);

    private static readonly Dictionary<string, About> Kinds = new(StringComparer.Ordinal)
    {
        [AgencyEventKinds.Passport] = new(Sources.AlienRegister, PassportsFact.Name),
        [AgencyEventKinds.Death] = new(Sources.AlienRegister, PersonFact.Name),
        [AgencyEventKinds.Contract] = new(Sources.Labour, ContractFact.Name),
        [AgencyEventKinds.HouseholdContract] = new(Sources.DomesticWork, ContractFact.Name),
        [AgencyEventKinds.Order] = new(Sources.Justice, JusticeFact.Name),
        [AgencyEventKinds.Policy] = new(Sources.Insurance, InsuranceFact.Name),
    };

    /// <summary>When something was last told of what this fact says; null: nothing was.</summary>
    public static ToldTime? Of(ToldTimes told, string fact) =>
        Kinds.Where(k => k.Value.Fact == fact).Select(k => told.Of(k.Key)).OfType<ToldTime>().Aggregate((ToldTime?)null, (last, time) => last?.And(time) ?? time);

    public static (string Source, string Fact) Of(string kind) => (Kinds[kind].Source, Kinds[kind].Fact);
}
