namespace Muqeem.Host.TakeOver;

/// <summary>What becomes of a row that a code is about.</summary>
/// <param name="Refuses">The person is not taken over; otherwise it is a remark, and the person is.</param>
/// <param name="ToDo">For whoever made the delivery.</param>
internal sealed record Code(string Name, bool Refuses, string ToDo);

/// <summary>The codes of the discrepancy report. Never renamed: reports are kept. docs/handbook/take-over.md lists them, and a test compares.</summary>
internal static class Codes
{
    public static IReadOnlyList<Code> All { get; } =
    [
        new("row.unknown_field", true, "Leave the field out, or spell it as the format does."),
        new("row.field_twice", true, "Write each field once."),
        new("row.field_missing", true, "Add the field."),
        new("row.field_type", true, "Write the value as the format says: text, number, or list of four texts."),
        new("row.field_text", true, "Remove control characters; shorten what has more than 500 characters."),
        new("row.orphan", true, "Add the person to persons.jsonl, or leave the row out."),
        new("person.held_back", true, "Nothing is wrong with this row, but another of the same person has a line here. A person is taken over whole or not at all."),
        new("person.known", true, "The number's holder is in this register already, and not from these very rows. Corrections of people who are here go through the services and the office."),
        new("person.number_missing", true, "Give the resident number, or the border number."),
        new("number.other_kind", true, "Resident numbers 20… are demonstrations; real ones start at 21. A folder takes its own kind only."),
        new("number.given_here", true, "Muqeem gave this number to somebody itself. Find out which of the two persons has it."),
        new("number.twice", true, "The number stands at two persons of the delivery, so neither is taken over. Find out whose it is."),
        new("sex.unknown", true, "Write M, F or U."),
        new("nationality.unknown", true, "Write a code of the table of nationalities (three letters of ICAO Doc 9303; D for Germany)."),
        new("birth.only_hijri", true, "Give the Gregorian date as the passport has it, as far as it is known. It is never computed from the other calendar."),
        new("mrz.differs", true, "The passport's lines say something else than the field. Find out which is right."),
        new("category.unknown", true, "Write establishment_worker, household_worker or dependent."),
        new("calendar.unknown", true, "Write gregorian or hijri."),
        new("day.form", true, "Write a day as YYYY-MM-DD, of the Gregorian calendar."),
        new("day.future", true, "What was issued, begun or ended lies in the past."),
        new("term.backwards", true, "The last day comes before the first."),
        new("term.too_long", true, "No residence is granted for more than ten years: a slip of the keyboard."),
        new("term.months", true, "Write the months of the last term, 1 to 120."),
        new("end.incomplete", true, "A residence that has ended has both ended and end_reason; one in force has neither."),
        new("end_reason.unknown", true, "Write departure, no_return, revoked, death or other."),
        new("employer.kind", true, "Establishments have 7…, households 1… or 2…, heads of family 2…."),
        new("occupation.unknown", true, "Write a code of the table of occupations."),
        new("late_renewals.range", true, "Write how often it was renewed late, 0 to 99."),
        new("hold.unknown", true, "Write SUSPENDED or ABSENT, with held_since; or neither."),
        new("residence.twice", true, "Two residences of the person have the same key."),
        new("residence.two_in_force", true, "A person has one residence in force. Give the others their end."),
        new("residence.number_missing", true, "Who has a residence has a resident number."),
        new("document.residence_missing", true, "Deliver the residence that the document names, or name the right one."),
        new("document.number_twice", true, "Versions of a person's ID are numbered 1, 2, 3."),
        new("document.two_live", true, "A person has one live ID. Say what became of the others."),
        new("document.live_not_last", true, "Only the last version can be live."),
        new("document.state", true, "Write live, superseded, lost, damaged or revoked; ended is the day, and only of those that are not live."),
        new("document.serial", true, "Write the card's serial: 6 to 12 capital letters and digits."),
        new("document.serial_known", true, "Another ID in this register has the serial."),
        new("document.days", true, "An ID expires after it is issued, and ends not before."),
        new("case.service_unknown", true, "Name a service of the catalogue by its code."),
        new("case.twice", true, "One open application of a service a person."),
        new("case.answers", true, "Answers are texts by the names of the service's form, of at most 2,000 characters."),
        new("birth.calendars_differ", false, "The two calendars name different days. Both are kept; an officer asks when it matters."),
        new("birth.hijri_unreadable", false, "The Hijri date was left out: it is none."),
        new("passport.missing", false, "Without a passport on record nothing can be renewed."),
        new("mobile.unusable", false, "The mobile number was left out: it is none."),
        new("residence.missing", false, "The person has no residence here: a newcomer."),
        new("residence.long_expired", false, "It ran out more than two years ago and was never ended. Look whether the person is still here."),
        new("term.longer_than_residence", false, "The last term has more months than the residence. The term is kept as given."),
        new("document.missing", false, "The residence is in force and there is no live ID. One is issued by the service for lost IDs."),
        new("document.expired", false, "The live ID has run out. Verification says so; the next renewal replaces it."),
        new("document.residence_ended", false, "The ID is live and its residence has ended. Verification says so."),
    ];

    /// <summary>
    /// Families that the kernel's own types answer with, for the field they name: <c>resident_number.check_digit</c>. Their rows are refused, but for a mobile, which is left out.
    /// </summary>
    public static IReadOnlyList<string> Families { get; } = ["resident_number", "border_number", "passport_number", "arabic_name", "latin_name", "birth_date", "mrz", "employer_number"];

    private static readonly Dictionary<string, Code> ByName = All.ToDictionary(c => c.Name, StringComparer.Ordinal);

    public static Code Of(string name) => ByName.TryGetValue(name, out var code) ? code
        : Families.Contains(name.Split('.')[0], StringComparer.Ordinal) ? new(name, true, "Correct it at the source: the value is not what the field holds.")
        : throw new InvalidOperationException($"{name} is no code of the report.");
}

/// <summary>One line of the report.</summary>
/// <param name="Person">The key of the delivery, which is no number of anybody.</param>
internal sealed record Discrepancy(string File, long Line, string Person, string Code, string? Field = null);
