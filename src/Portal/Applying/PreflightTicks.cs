using Muqeem.Cases;
using Muqeem.Cases.Definition;

namespace Muqeem.Portal.Applying;

/// <summary>One record that is looked at: in order, or not, or not known yet.</summary>
internal sealed record PreflightTick(string Topic, bool? Passed);

/// <summary>What is looked at before a start, with a tick for each record that stands in nobody's way.</summary>
internal static class PreflightTicks
{
    /// <summary>Facts by which a service decides, and the checks that rest on each. Facts that no check of a service rests on have no line.</summary>
    private static readonly (string Fact, string[] Checks)[] Topics =
    [
        (PassportsFact.Name, ["CHK-PASSPORT"]),
        (PersonFact.Name, ["CHK-ID-ALIVE", "CHK-LOCATION", "CHK-BIO"]),
        (ContractFact.Name, ["CHK-RELATION", "CHK-WORKPERMIT", "CHK-ABSENT"]),
        (EntryVisaFact.Name, ["CHK-ENTRY-VISA"]),
        (MedicalFact.Name, ["CHK-MEDICAL"]),
        (InsuranceFact.Name, ["CHK-INSURANCE"]),
        (TrafficFact.Name, ["CHK-TRAFFIC"]),
        (JusticeFact.Name, ["CHK-SUSPEND"]),
        (ResidenceFact.Name, ["CHK-ID-VALID", "CHK-FINE", "CHK-OPEN-VISA"]),
    ];

    public static IEnumerable<PreflightTick> Of(Service service, WhatIf result)
    {
        // The rules run over all facts or none.
        var known = service.Facts.All(result.Facts.Has);
        foreach (var (fact, checks) in Topics)
        {
            if (service.Facts.Contains(fact) && !(service.ForNewcomers && fact == ResidenceFact.Name))
            {
                yield return new(fact, known ? !result.Findings.Any(f => checks.Contains(f.Check)) : null);
            }
        }
    }
}
