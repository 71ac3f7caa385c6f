using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Cases;

/// <summary>
/// What of a fact its person may read in a receipt. Not: marks that security agencies set, what belongs to an employer's books, and the numbers of other people.
/// A fact that nobody wrote here shows its source and time and no value.
/// </summary>
internal static class ReceiptFacts
{
    public static JsonObject? Shown(object fact) => fact switch
    {
        PersonFact f => new()
        {
            ["found"] = f.Found,
            ["name_arabic"] = f.FullNameArabic,
            ["name_latin"] = f.FullNameLatin,
            ["sex"] = f.Sex,
            ["birth_date"] = f.BirthDate,
            ["nationality"] = f.Nationality,
            ["alive"] = f.Alive,
            ["inside"] = f.Inside,
            ["fingerprint"] = f.Fingerprint,
            ["face"] = f.Face,
        },
        PassportsFact f => new()
        {
            ["passports"] = new JsonArray([.. f.Passports.Select(p => (JsonNode)new JsonObject { ["number"] = p.Number, ["issuer"] = p.Issuer, ["issued"] = Day(p.IssueDate), ["expires"] = Day(p.ExpiryDate), ["status"] = p.Status })]),
        },
        MovementsFact f => new() { ["last_entry"] = Day(f.LastEntry), ["last_exit"] = Day(f.LastExit) },
        ContractFact f => new()
        {
            ["found"] = f.Found,
            ["contract"] = f.ContractId,
            ["status"] = f.Status,
            ["employer"] = f.EmployerName,
            ["occupation"] = f.OccupationCode,
            ["permit_until"] = Day(f.PermitUntil),
            ["employer_suspended"] = f.EmployerSuspended,
            ["absence_reported"] = f.AbsenceReported,
            ["category"] = f.Category,
        },
        EmploymentFact f => new() { ["registered"] = f.Registered, ["since"] = Day(f.Since) },
        EntryVisaFact f => new() { ["found"] = f.Found, ["kind"] = f.Kind, ["used_on"] = Day(f.UsedOn) },
        MedicalFact f => new() { ["tested"] = f.Tested, ["fit"] = f.Fit, ["on"] = Day(f.On) },
        InsuranceFact f => new() { ["insured"] = f.Insured, ["insurer"] = f.Insurer, ["from"] = Day(f.From), ["until"] = Day(f.Until) },
        TrafficFact f => new() { ["unpaid"] = f.Unpaid, ["halalas"] = f.Amount.Halalas },
        JusticeFact f => new() { ["suspensions"] = new JsonArray([.. f.Suspensions.Select(s => (JsonNode)s)]) },
        ResidenceFact f => new()
        {
            ["residence"] = f.Id?.ToString(),
            ["standing"] = f.Standing,
            ["category"] = f.Category,
            ["from"] = Day(f.From),
            ["until"] = Day(f.Until),
            ["late_renewals"] = f.LateRenewals,
            ["employer"] = f.EmployerName,
            ["occupation"] = f.Occupation,
        },
        DocumentFact f => new()
        {
            ["version"] = f.Number,
            ["state"] = f.State,
            ["issued"] = Day(f.Issued),
            ["until"] = Day(f.Until),
            ["ended_at"] = f.EndedAt is { } ended ? ReceiptWords.Time(ended) : null,
            ["revoked_for"] = f.RevokedFor,
        },
        VisasFact f => new() { ["open"] = f.OpenNumber, ["open_state"] = f.OpenState, ["open_fines"] = f.OpenFines, ["open_fines_halalas"] = f.OpenFinesAmount.Halalas },
        FamilyFact f => new() { ["relation"] = f.Relation, ["head_residence_until"] = Day(f.HeadResidenceUntil), ["dependents"] = f.Dependents },
        AddressFact f => new() { ["addresses"] = new JsonArray([.. f.Addresses.Select(a => (JsonNode)a.Short)]) },
        DeliveryFact f => new() { ["suspended"] = f.Suspended, ["frozen"] = f.Frozen, ["under_way"] = f.UnderWay },
        _ => null,
    };

    private static string? Day(LocalDate? day) => day is { } d ? LocalDatePattern.Iso.Format(d) : null;
}
