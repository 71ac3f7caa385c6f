using System.Text.Json.Serialization;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Registry;

/// <summary>What the alien register says of a person, as last seen. Sealed. Name parts may be empty; a surname is never demanded.</summary>
public sealed record PersonRecord
{
    public int Schema { get; init; } = 1;
    public string? ResidentNumber { get; init; }
    public string? BorderNumber { get; init; }

    /// <summary>Up to four parts: first, father, grandfather, family.</summary>
    public required IReadOnlyList<string> NamesArabic { get; init; }
    public required IReadOnlyList<string> NamesLatin { get; init; }
    public required string FullNameArabic { get; init; }
    public required string FullNameLatin { get; init; }
    public required string Sex { get; init; }

    /// <summary>The surname; the whole name where there is none (ICAO Doc 9303-3 4.6: the primary identifier).</summary>
    [JsonIgnore]
    public string FamilyName => NamesLatin is [_, _, _, { Length: > 0 } surname] ? surname : FullNameLatin;

    /// <summary>What stands before the surname; empty where there is none.</summary>
    [JsonIgnore]
    public string GivenNames => NamesLatin is [_, _, _, { Length: > 0 }] ? string.Join(' ', NamesLatin.Take(3).Where(n => n.Length > 0)) : "";

    [JsonIgnore]
    public Sex SexAsDocumented => Sex switch
    {
        "M" => Kernel.Sex.Male,
        "F" => Kernel.Sex.Female,
        _ => Kernel.Sex.Unspecified,
    };

    /// <summary>ISO day; unknown parts are filled with 01 and <see cref="BirthPrecision"/> says so. Never recomputed from another calendar.</summary>
    public required string BirthDate { get; init; }

    /// <summary>DAY, MONTH or YEAR.</summary>
    public required string BirthPrecision { get; init; }

    /// <summary>The other calendar's value as the source gave it, <c>yyyy-MM-dd</c> in Umm al-Qura.</summary>
    public string? BirthDateHijri { get; init; }

    /// <summary>ICAO code.</summary>
    public required string Nationality { get; init; }
    public string? PassportNumber { get; init; }
    public string? PhotoReference { get; init; }

    /// <summary>E.164, where the register knows it.</summary>
    public string? Mobile { get; init; }
    public string? Source { get; init; }
    public Instant AsOf { get; init; }
}

/// <summary>The sealed part of a residence.</summary>
public sealed record ResidenceDetails
{
    public int Schema { get; init; } = 1;
    public required string ResidentNumber { get; init; }

    /// <summary>Establishment (7…), citizen (1…) or resident (2…) number of the employer or head of family.</summary>
    public required string EmployerNumber { get; init; }
    public required string EmployerName { get; init; }
    public required string Occupation { get; init; }
    public string? OccupationArabic { get; init; }

    /// <summary>The photo of the application, an upload.</summary>
    public Guid? Photo { get; init; }
}

/// <summary>Whose residence it is. Decides who may start, confirm and pay.</summary>
public static class Categories
{
    public const string EstablishmentWorker = "establishment_worker";
    public const string HouseholdWorker = "household_worker";
    public const string Dependent = "dependent";

    public static readonly IReadOnlyList<string> All = [EstablishmentWorker, HouseholdWorker, Dependent];
}

/// <summary>A residence as the rules see it: its plain columns with its holds.</summary>
public sealed record Residence(
    Guid Id,
    long Version,
    Kernel.PersonId Person,
    string Category,
    LocalDate From,
    LocalDate Until,
    string Calendar,
    int Months,
    LocalDate IssuedDay,
    LocalDate? EndedDay,
    string? EndReason,
    int LateRenewals,
    IReadOnlyList<Hold> Holds)
{
    public byte[] SealedDetails { get; init; } = [];

    /// <summary>The displayed word: a pure function of term, holds, end and the moment. No job sets it.</summary>
    public Standing StandingAt(Instant now)
    {
        var day = Kernel.Clock.DayInRiyadh(now);
        if (EndReason is not null && EndedDay <= day)
        {
            return EndReason == EndReasons.Revoked ? Standing.Revoked : Standing.Ended;
        }
        var inForce = Holds.Where(h => h.From <= now && (h.Until is null || h.Until > now)).Select(h => h.Kind).ToHashSet(StringComparer.Ordinal);
        if (inForce.Contains(HoldKinds.Suspended))
        {
            return Standing.Suspended;
        }
        if (inForce.Contains(HoldKinds.Absent))
        {
            return Standing.Absent;
        }
        if (inForce.Contains(HoldKinds.Frozen))
        {
            return Standing.Frozen;
        }
        return day < From ? Standing.NotYet : day <= Until ? Standing.Active : Standing.Expired;
    }

    /// <summary>The next moment at which <see cref="StandingAt"/> may say another word though nothing is written; null: none is known.</summary>
    public Instant? NextChangeAfter(Instant now)
    {
        Instant? next = null;
        foreach (var at in Holds.SelectMany(h => h.Until is { } until ? [h.From, until] : (Instant[])[h.From]).Concat([From.StartInRiyadh(), Until.EndInRiyadh()]).Concat(EndReason is not null && EndedDay is { } ended ? [ended.StartInRiyadh()] : []))
        {
            if (at > now && (next is null || at < next))
            {
                next = at;
            }
        }
        return next;
    }
}

/// <summary>A residence as another register had it.</summary>
/// <param name="Hold">One of <see cref="HoldKinds"/> that is open, or null.</param>
public sealed record EarlierResidence(
    string Category, LocalDate From, LocalDate Until, CalendarKind Calendar, int Months, LocalDate IssuedDay, LocalDate? EndedDay, string? EndReason, int LateRenewals, string? Hold, Instant HeldSince)
{
    /// <summary>Where its last term began: so many months before its end, and not before the residence itself.</summary>
    public LocalDate TermFrom => LocalDate.Max(From, Term.AddMonths(Until, -Months, Calendar));
}

public sealed record Hold(Guid Id, string Kind, Instant From, Instant? Until, string Reason);

public static class HoldKinds
{
    public const string Suspended = "SUSPENDED";
    public const string Absent = "ABSENT";
    public const string Frozen = "FROZEN";
}

public static class EndReasons
{
    public const string Departure = "departure";
    public const string NoReturn = "no_return";
    public const string Revoked = "revoked";
    public const string Death = "death";
    public const string Other = "other";
}

/// <summary>Where a residence stands on a day. Texts: <c>registry.standing.*</c>.</summary>
public enum Standing
{
    NotYet,
    Active,
    Expired,
    Suspended,
    Absent,
    Frozen,
    Ended,
    Revoked,
}

/// <summary>An exit/re-entry visa as stored.</summary>
public sealed record ExitVisa(
    Guid Id,
    long Version,
    Kernel.PersonId Person,
    Guid Residence,
    Kernel.CaseId Case,
    string Number,
    string Kind,
    string State,
    LocalDate IssuedDay,
    LocalDate LeaveBefore,
    string Stay,
    int Months,
    LocalDate? ReturnBefore,
    LocalDate? ExitedDay,
    int Trips)
{
    public bool Single => Kind == VisaKinds.Single;

    /// <summary>Another exit visa cannot be issued while one of these is in force (CHK-OPEN-VISA).</summary>
    public bool Open => State is VisaStates.Issued or VisaStates.Out or VisaStates.ExpiredOut or VisaStates.Violated;
}

public static class VisaKinds
{
    public const string Single = "single";
    public const string Multiple = "multiple";
}

public static class VisaStates
{
    public const string Issued = "ISSUED";
    public const string Out = "OUT";
    public const string Returned = "RETURNED";
    public const string Cancelled = "CANCELLED";
    public const string Violated = "VIOLATED";
    public const string ExpiredOut = "EXPIRED_OUT";
    public const string NoReturn = "NO_RETURN";
    public const string Closed = "CLOSED";
}

public static class VisaStays
{
    /// <summary>The stay was given in months: counted from the day of exit.</summary>
    public const string Months = "months";

    /// <summary>The stay was given as a day of return: counted from issue.</summary>
    public const string Date = "date";
}

/// <summary>A fine with its ordinal for this person and code.</summary>
public sealed record Fine(Guid Id, long Version, Kernel.PersonId Person, string Code, int Ordinal, LocalDate Day, Kernel.Money Amount, string State, Guid Source)
{
    public bool Open => State == "OPEN";
}
