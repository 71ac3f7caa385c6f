using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Cases.Checks;

/// <summary>
/// The eligibility checks that many services share (ids of the domain reference §3.1). Pure: each looks at facts and says what stands against it.
/// A service lists them with its parameters; the wording belongs to the check.
/// </summary>
public static class Check
{
    private const string EntryVisaCheck = "CHK-ENTRY-VISA";

    /// <summary>CHK-ID-ALIVE: known to the register, and no death recorded. A human decides either way.</summary>
    public static IEnumerable<Finding> Alive(FactSet facts)
    {
        var person = facts.Get<PersonFact>();
        if (!person.Found)
        {
            yield return Of<PersonFact>(facts, "CHK-ID-ALIVE", new Refusal(Codes.NotInRegister), FindingKind.Review);
        }
        else if (!person.Alive)
        {
            yield return Of<PersonFact>(facts, "CHK-ID-ALIVE", new Refusal(Codes.DeathRecorded), FindingKind.Review);
        }
    }

    /// <summary>CHK-PASSPORT: in force, and for at least <paramref name="minimumDays"/> after <paramref name="day"/>.</summary>
    public static IEnumerable<Finding> Passport(FactSet facts, LocalDate day, int minimumDays)
    {
        var current = facts.Get<PassportsFact>().Current;
        if (current is null)
        {
            yield return Of<PassportsFact>(facts, "CHK-PASSPORT", new Refusal(Codes.NoPassport), FindingKind.Fixable);
        }
        else if (current.ExpiryDate < day)
        {
            yield return Of<PassportsFact>(facts, "CHK-PASSPORT", new Refusal(Codes.PassportExpired, ("expired", current.ExpiryDate)), FindingKind.Fixable);
        }
        else if (current.ExpiryDate < day.PlusDays(minimumDays))
        {
            yield return Of<PassportsFact>(facts, "CHK-PASSPORT",
                new Refusal(Codes.PassportTooShort, ("expires", current.ExpiryDate), ("days", minimumDays), ("until", day.PlusDays(minimumDays))), FindingKind.Fixable);
        }
    }

    /// <summary>CHK-LOCATION: inside the Kingdom according to the border's movements.</summary>
    public static IEnumerable<Finding> Inside(FactSet facts)
    {
        if (!facts.Get<PersonFact>().Inside)
        {
            yield return Of<PersonFact>(facts, "CHK-LOCATION", new Refusal(Codes.Outside), FindingKind.Fixable);
        }
    }

    /// <summary>CHK-TRAFFIC: no unpaid violations.</summary>
    public static IEnumerable<Finding> Traffic(FactSet facts)
    {
        var traffic = facts.Get<TrafficFact>();
        if (traffic.Unpaid > 0)
        {
            yield return Of<TrafficFact>(facts, "CHK-TRAFFIC", new Refusal(Codes.UnpaidViolations, ("count", traffic.Unpaid), ("amount", traffic.Amount)), FindingKind.Fixable);
        }
    }

    /// <summary>CHK-INSURANCE: cover in force on <paramref name="from"/>, and to the end of the term where <paramref name="until"/> is given.</summary>
    public static IEnumerable<Finding> Insurance(FactSet facts, LocalDate from, LocalDate? until = null)
    {
        var insurance = facts.Get<InsuranceFact>();
        if (!insurance.Insured || insurance.Until < from)
        {
            yield return Of<InsuranceFact>(facts, "CHK-INSURANCE", new Refusal(Codes.NotInsured), FindingKind.Fixable);
        }
        else if (insurance.From > from)
        {
            yield return Of<InsuranceFact>(facts, "CHK-INSURANCE", new Refusal(Codes.InsuranceLater, ("from", insurance.From)), FindingKind.Fixable, insurance.From);
        }
        else if (until is { } end && insurance.Until is { } cover && cover < end)
        {
            yield return Of<InsuranceFact>(facts, "CHK-INSURANCE", new Refusal(Codes.InsuranceShort, ("until", cover), ("needed", end)), FindingKind.Fixable);
        }
    }

    /// <summary>CHK-BIO: fingerprints and photo enrolled from <paramref name="fromAge"/> years on.</summary>
    public static IEnumerable<Finding> Biometrics(FactSet facts, RuleContext context, int fromAge)
    {
        var person = facts.Get<PersonFact>();
        if (Reached(facts, context, fromAge) && !(person.Fingerprint && person.Face))
        {
            yield return Of<PersonFact>(facts, "CHK-BIO", new Refusal(Codes.NotEnrolled), FindingKind.Fixable);
        }
    }

    /// <summary>CHK-WORKPERMIT: the establishment's permit for this worker covers <paramref name="day"/>.</summary>
    public static IEnumerable<Finding> WorkPermit(FactSet facts, LocalDate day)
    {
        var contract = facts.Get<ContractFact>();
        if (contract.Category == Categories.EstablishmentWorker && contract.Found && (contract.PermitUntil is not { } until || until < day))
        {
            yield return Of<ContractFact>(facts, "CHK-WORKPERMIT", new Refusal(Codes.NoWorkPermit, ("until", contract.PermitUntil)), FindingKind.Fixable);
        }
    }

    /// <summary>The contract that the residence rests on: in force, the employer not suspended.</summary>
    public static IEnumerable<Finding> Contract(FactSet facts)
    {
        var contract = facts.Get<ContractFact>();
        if (contract.Category == Categories.Dependent)
        {
            yield break;
        }
        if (!contract.Found || contract.Status == "ENDED")
        {
            yield return Of<ContractFact>(facts, "CHK-RELATION", new Refusal(Codes.NoContract), FindingKind.Fixable);
        }
        else if (contract.EmployerSuspended)
        {
            yield return Of<ContractFact>(facts, "CHK-RELATION", new Refusal(Codes.EmployerSuspended), FindingKind.Fixable);
        }
    }

    /// <summary>Whether social insurance has the employment on which the residence rests, where it was asked. No source says what follows where it has not: it informs.</summary>
    public static IEnumerable<Finding> Registered(FactSet facts)
    {
        var contract = facts.Get<ContractFact>();
        if (facts.Find<EmploymentFact>() is not { } employment || contract.Category != Categories.EstablishmentWorker || !contract.Found)
        {
            yield break;
        }
        if (!employment.Registered)
        {
            yield return Of<EmploymentFact>(facts, "CHK-EMPLOYMENT", new Refusal(Codes.NotRegistered), FindingKind.Note);
        }
        else if (employment.EmployerNumber != contract.EmployerNumber)
        {
            yield return Of<EmploymentFact>(facts, "CHK-EMPLOYMENT", new Refusal(Codes.RegisteredElsewhere), FindingKind.Note);
        }
    }

    /// <summary>CHK-ABSENT: no absence report in force.</summary>
    public static IEnumerable<Finding> NotAbsent(FactSet facts)
    {
        if (facts.Get<PersonFact>().Flags.Contains("ABSENT"))
        {
            yield return Of<PersonFact>(facts, "CHK-ABSENT", new Refusal(Codes.Absent), FindingKind.Fixable);
        }
        else if (facts.Find<ContractFact>() is { AbsenceReported: true })
        {
            yield return Of<ContractFact>(facts, "CHK-ABSENT", new Refusal(Codes.Absent), FindingKind.Fixable);
        }
    }

    /// <summary>CHK-SUSPEND: no suspension of services; with <paramref name="travel"/> no travel ban. A wanted flag goes to a human.</summary>
    public static IEnumerable<Finding> NotSuspended(FactSet facts, bool travel)
    {
        var flags = facts.Get<PersonFact>().Flags;
        if (flags.Contains("WANTED"))
        {
            yield return Of<PersonFact>(facts, "CHK-SUSPEND", new Refusal(Codes.Flagged), FindingKind.Review);
        }
        if (flags.Contains("SUSPENDED"))
        {
            yield return Of<PersonFact>(facts, "CHK-SUSPEND", new Refusal(Codes.Suspended), FindingKind.Fixable);
        }
        else if (facts.Find<JusticeFact>() is { } court && court.Suspensions.Any(s => s != JusticeFact.Travel))
        {
            yield return Of<JusticeFact>(facts, "CHK-SUSPEND", new Refusal(Codes.Suspended), FindingKind.Fixable);
        }
        if (travel && flags.Contains("TRAVEL_BAN"))
        {
            yield return Of<PersonFact>(facts, "CHK-SUSPEND", new Refusal(Codes.TravelBan), FindingKind.Fixable);
        }
        else if (travel && facts.Find<JusticeFact>() is { } ordered && ordered.Suspensions.Contains(JusticeFact.Travel, StringComparer.Ordinal))
        {
            yield return Of<JusticeFact>(facts, "CHK-SUSPEND", new Refusal(Codes.TravelBan), FindingKind.Fixable);
        }
    }

    /// <summary>
    /// The visa on which somebody came: to work, or to live with the family, and for the employer of the contract. A visit visa does not become a residence (the passports directorate, domain reference on visits);
    /// of children under <paramref name="childUnder"/> years exceptions are reported, so an officer decides.
    /// </summary>
    public static IEnumerable<Finding> EntryVisa(FactSet facts, RuleContext context, int childUnder)
    {
        var (visa, contract) = (facts.Get<EntryVisaFact>(), facts.Get<ContractFact>());
        var dependent = contract.Category == Categories.Dependent;
        if (!visa.Found)
        {
            // A dependent may be born here.
            if (!dependent)
            {
                yield return Of<EntryVisaFact>(facts, EntryVisaCheck, new Refusal(Codes.NoEntryVisa), FindingKind.Review);
            }
        }
        else if (visa.Kind == nameof(Agencies.EntryVisaType.Visit))
        {
            yield return Of<EntryVisaFact>(facts, EntryVisaCheck, new Refusal(Codes.VisitVisa), dependent && !Reached(facts, context, childUnder) ? FindingKind.Review : FindingKind.Final);
        }
        else if (dependent != (visa.Kind == nameof(Agencies.EntryVisaType.FamilyResidence)))
        {
            yield return Of<EntryVisaFact>(facts, EntryVisaCheck, new Refusal(Codes.OtherEntryVisa), FindingKind.Review);
        }
        else if (!dependent && contract.Found && visa.SponsorNumber is { } sponsor && sponsor != contract.EmployerNumber)
        {
            yield return Of<EntryVisaFact>(facts, EntryVisaCheck, new Refusal(Codes.VisaOfAnotherEmployer), FindingKind.Review);
        }
    }

    /// <summary>Medical fitness for a first residence. A result that bars residence is read by a person before it refuses anybody.</summary>
    public static IEnumerable<Finding> Medical(FactSet facts)
    {
        var medical = facts.Get<MedicalFact>();
        if (!medical.Tested)
        {
            yield return Of<MedicalFact>(facts, "CHK-MEDICAL", new Refusal(Codes.NoMedical), FindingKind.Fixable);
        }
        else if (!medical.Fit)
        {
            yield return Of<MedicalFact>(facts, "CHK-MEDICAL", new Refusal(Codes.MedicalUnfit), FindingKind.Review);
        }
    }

    /// <summary>CHK-ID-VALID: a residence in force until <paramref name="until"/> at least.</summary>
    public static IEnumerable<Finding> ResidenceValid(FactSet facts, LocalDate until)
    {
        var residence = facts.Get<ResidenceFact>();
        if (residence.Id is null)
        {
            yield return Of<ResidenceFact>(facts, "CHK-ID-VALID", new Refusal(Codes.NoResidence), FindingKind.Final);
        }
        else if (residence.Standing is nameof(Registry.Standing.Ended) or nameof(Registry.Standing.Revoked))
        {
            yield return Of<ResidenceFact>(facts, "CHK-ID-VALID", new Refusal(Codes.ResidenceEnded), FindingKind.Final);
        }
        else if (residence.Standing == nameof(Registry.Standing.Suspended))
        {
            yield return Of<ResidenceFact>(facts, "CHK-ID-VALID", new Refusal(Codes.ResidenceSuspended), FindingKind.Fixable);
        }
        else if (residence.Until < until)
        {
            yield return Of<ResidenceFact>(facts, "CHK-ID-VALID", new Refusal(Codes.ResidenceTooShort, ("until", residence.Until), ("needed", until)), FindingKind.Fixable);
        }
    }

    /// <summary>CHK-OPEN-VISA and CHK-FINE: no other exit visa in force; no unpaid fine for one.</summary>
    public static IEnumerable<Finding> NoOpenVisa(FactSet facts)
    {
        var visas = facts.Get<VisasFact>();
        if (visas.OpenNumber is not null)
        {
            yield return Of<VisasFact>(facts, "CHK-OPEN-VISA", new Refusal(Codes.OpenVisa, ("number", visas.OpenNumber)), FindingKind.Fixable);
        }
        if (visas.OpenFines > 0)
        {
            yield return Of<VisasFact>(facts, "CHK-FINE", new Refusal(Codes.OpenFines, ("count", visas.OpenFines), ("amount", visas.OpenFinesAmount)), FindingKind.Fixable);
        }
    }

    /// <summary>Whether the person is so old, by the register; one whose day of birth cannot be read counts as grown.</summary>
    private static bool Reached(FactSet facts, RuleContext context, int years)
    {
        var born = NodaTime.Text.LocalDatePattern.Iso.Parse(facts.Get<PersonFact>().BirthDate);
        return !born.Success || born.Value.PlusYears(years) <= context.Today;
    }

    /// <summary>A finding with the origin of the fact that said so.</summary>
    public static Finding Of<T>(FactSet facts, string check, Refusal refusal, FindingKind kind, LocalDate? passesOn = null) where T : class, IFact
    {
        var origin = facts.Origin<T>();
        return new(check, refusal, kind, origin.Source, origin.AsOf, passesOn);
    }

    /// <summary>Codes of the shared checks: never renamed. Each has a text <c>refusal.</c> and a remedy <c>remedy.</c>.</summary>
    public static class Codes
    {
        public const string NotInRegister = "check.not_in_register";
        public const string DeathRecorded = "check.death_recorded";
        public const string NoPassport = "check.no_passport";
        public const string PassportExpired = "check.passport_expired";
        public const string PassportTooShort = "check.passport_too_short";
        public const string Outside = "check.outside";
        public const string UnpaidViolations = "check.unpaid_violations";
        public const string NotInsured = "check.not_insured";
        public const string InsuranceLater = "check.insurance_later";
        public const string InsuranceShort = "check.insurance_short";
        public const string NotEnrolled = "check.not_enrolled";
        public const string NoWorkPermit = "check.no_work_permit";
        public const string NoContract = "check.no_contract";
        public const string EmployerSuspended = "check.employer_suspended";
        public const string NotRegistered = "check.not_registered";
        public const string RegisteredElsewhere = "check.registered_elsewhere";
        public const string Absent = "check.absent";
        public const string Flagged = "check.flagged";
        public const string Suspended = "check.suspended";
        public const string TravelBan = "check.travel_ban";
        public const string NoEntryVisa = "check.no_entry_visa";
        public const string VisitVisa = "check.visit_visa";
        public const string OtherEntryVisa = "check.other_entry_visa";
        public const string VisaOfAnotherEmployer = "check.visa_of_another_employer";
        public const string NoMedical = "check.no_medical";
        public const string MedicalUnfit = "check.medical_unfit";
        public const string NoResidence = "check.no_residence";
        public const string ResidenceEnded = "check.residence_ended";
        public const string ResidenceSuspended = "check.residence_suspended";
        public const string ResidenceTooShort = "check.residence_too_short";
        public const string OpenVisa = "check.open_visa";
        public const string OpenFines = "check.open_fines";
    }
}
