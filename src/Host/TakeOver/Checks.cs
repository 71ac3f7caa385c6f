using Muqeem.Cases;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Policies;
using Muqeem.Registry;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.TakeOver;

/// <summary>Whether the rows of a person can become a record here. Pure: the register is not asked.</summary>
/// <param name="givenHere">Whether Muqeem itself gave a resident number out.</param>
/// <param name="twice">Whether a number stands at two persons of the delivery: field and number.</param>
internal sealed class Checks(LocalDate today, Instant now, FolderKind kind, string source, IReadOnlySet<string> services, Func<ResidentNumber, bool> givenHere, Func<string, string, bool> twice)
{
    private const int LongestYears = 10;
    private const int MostMonths = 120;
    private const int LongExpiredYears = 2;
    private const int LongestAnswer = 2000;
    private const int MostAnswers = 100;

    public Plan Of(Bundle bundle)
    {
        var findings = new List<Discrepancy>();
        foreach (var row in bundle.Rows)
        {
            findings.AddRange(row.Faults);
        }
        var record = PersonChecks.Read(bundle.Person, today, now, source, findings);
        Numbers(bundle.Person, findings);
        var residences = Residences(bundle, record, findings);
        var documents = Documents(bundle, record, residences, findings);
        var cases = Cases(bundle, findings);
        var refusing = findings.Where(f => Codes.Of(f.Code).Refuses).ToList();
        if (refusing.Count > 0 && !refusing.Exists(f => f.File == Shape.Persons.File))
        {
            findings.Add(bundle.Person.Says("person.held_back"));
        }
        return new(bundle, findings, record, [.. residences.OfType<PlannedResidence>()], documents, cases);
    }

    private void Numbers(Row person, List<Discrepancy> findings)
    {
        if (person.Text("resident_number") is { } text && ResidentNumber.Parse(text).TryGet(out var number, out _))
        {
            if (number.IsDemonstration != (kind == FolderKind.Demonstration))
            {
                findings.Add(person.Says("number.other_kind", "resident_number"));
            }
            else if (givenHere(number))
            {
                findings.Add(person.Says("number.given_here", "resident_number"));
            }
        }
        foreach (var field in Duplicates.Fields)
        {
            if (Duplicates.Canonical(person, field) is { } canonical && twice(field, canonical))
            {
                findings.Add(person.Says("number.twice", field));
            }
        }
    }

    private List<PlannedResidence?> Residences(Bundle bundle, PersonRecord? record, List<Discrepancy> findings)
    {
        if (bundle.Residences.Count == 0)
        {
            findings.Add(bundle.Person.Says("residence.missing"));
        }
        else if (bundle.Person.Text("resident_number") is null)
        {
            findings.Add(bundle.Person.Says("residence.number_missing", "resident_number"));
        }
        var planned = new List<PlannedResidence?>();
        var inForce = false;
        foreach (var row in bundle.Residences)
        {
            if (bundle.Residences.Any(r => r.Line < row.Line && r.Text("residence") == row.Text("residence")))
            {
                findings.Add(row.Says("residence.twice", "residence"));
            }
            if (row.Text("ended") is null)
            {
                if (inForce)
                {
                    findings.Add(row.Says("residence.two_in_force", "ended"));
                }
                inForce = true;
            }
            planned.Add(Residence(row, record?.ResidentNumber ?? "", findings));
        }
        return planned;
    }

    private PlannedResidence? Residence(Row row, string number, List<Discrepancy> findings)
    {
        var before = findings.Count;
        void Say(string code, string field) => findings.Add(row.Says(code, field));
        var category = row.Text("category");
        if (category is not null && !Categories.All.Contains(category, StringComparer.Ordinal))
        {
            Say("category.unknown", "category");
        }
        CalendarKind? calendar = row.Text("calendar") switch { "gregorian" => CalendarKind.Gregorian, "hijri" => CalendarKind.Hijri, _ => null };
        if (calendar is null && row.Text("calendar") is not null)
        {
            Say("calendar.unknown", "calendar");
        }
        var (from, until, issued, ended) = (Day(row, "from", true, findings), Day(row, "until", false, findings), Day(row, "issued", true, findings), Day(row, "ended", true, findings));
        var months = row.Number("months");
        if (months is < 1 or > MostMonths)
        {
            Say("term.months", "months");
        }
        if (from is { } first && until is { } last)
        {
            if (last < first || (ended is { } end && end < first))
            {
                Say("term.backwards", last < first ? "until" : "ended");
            }
            else if (last > first.PlusYears(LongestYears) && months > MostMonths)
            {
                Say("term.too_long", "until");
            }
            else if (last > today.PlusYears(LongestYears))
            {
                Say("term.too_long", "until");
            }
        }
        var reason = row.Text("end_reason");
        if ((row.Text("ended") is null) != (reason is null))
        {
            Say("end.incomplete", reason is null ? "end_reason" : "ended");
        }
        else if (reason is not (null or EndReasons.Departure or EndReasons.NoReturn or EndReasons.Revoked or EndReasons.Death or EndReasons.Other))
        {
            Say("end_reason.unknown", "end_reason");
        }
        var employer = Employer(row, category, findings);
        var occupation = row.Text("occupation") is { } code ? Reference.Occupation(code) : null;
        if (occupation is null && row.Text("occupation") is not null)
        {
            Say("occupation.unknown", "occupation");
        }
        var late = row.Number("late_renewals") ?? 0;
        if (late is < 0 or > 99)
        {
            Say("late_renewals.range", "late_renewals");
        }
        var (held, since) = (row.Text("held"), Day(row, "held_since", true, findings));
        if (held is not (null or HoldKinds.Suspended or HoldKinds.Absent) || (held is null) != (row.Text("held_since") is null))
        {
            Say("hold.unknown", "held");
        }
        if (row.Faults.Count > 0 || findings.Skip(before).Any(f => Codes.Of(f.Code).Refuses))
        {
            return null;
        }
        var earlier = new EarlierResidence(category!, from!.Value, until!.Value, calendar!.Value, months!.Value, issued!.Value, ended, reason, late, held, since?.StartInRiyadh() ?? default);
        if (reason is null && until < today.PlusYears(-LongExpiredYears))
        {
            Say("residence.long_expired", "until");
        }
        // A month's difference is a matter of calendars and of the day of issue.
        if (from > Term.AddMonths(until.Value, -months.Value, calendar.Value).PlusDays(31))
        {
            Say("term.longer_than_residence", "months");
        }
        return new(row.Text("residence")!, earlier, new()
        {
            ResidentNumber = number,
            EmployerNumber = employer!,
            EmployerName = row.Text("employer_name")!,
            Occupation = occupation!.Code,
            OccupationArabic = occupation.Arabic,
        });
    }

    private static string? Employer(Row row, string? category, List<Discrepancy> findings)
    {
        if (row.Text("employer_number") is not { } text)
        {
            return null;
        }
        if (!EmployerNumber.Parse(text).TryGet(out var number, out var refusal))
        {
            findings.Add(row.Says(refusal.Code, "employer_number"));
            return null;
        }
        var fits = category switch
        {
            Categories.EstablishmentWorker => number.Kind == EmployerKind.Establishment,
            Categories.HouseholdWorker => number.Kind != EmployerKind.Establishment,
            Categories.Dependent => number.Kind == EmployerKind.Resident,
            _ => true,
        };
        if (!fits)
        {
            findings.Add(row.Says("employer.kind", "employer_number"));
        }
        return number.ToString();
    }

    private List<PlannedDocument> Documents(Bundle bundle, PersonRecord? record, List<PlannedResidence?> residences, List<Discrepancy> findings)
    {
        var planned = new List<PlannedDocument>();
        var live = bundle.Documents.Where(d => d.Text("state") == "live").ToList();
        foreach (var second in live.Skip(1))
        {
            findings.Add(second.Says("document.two_live", "state"));
        }
        if (live is [var one, ..] && bundle.Documents.Any(d => d.Number("number") > one.Number("number")))
        {
            findings.Add(one.Says("document.live_not_last", "number"));
        }
        foreach (var row in bundle.Documents)
        {
            var place = -1;
            for (var i = 0; i < bundle.Residences.Count && place < 0; i++)
            {
                place = bundle.Residences[i].Text("residence") == row.Text("residence") ? i : -1;
            }
            if (place < 0 && row.Text("residence") is not null)
            {
                findings.Add(row.Says("document.residence_missing", "residence"));
            }
            if (Document(row, findings) is { } earlier && place >= 0 && residences[place] is { } residence && record is not null)
            {
                if (bundle.Documents.Any(d => d.Line < row.Line && d.Number("number") == earlier.Number))
                {
                    findings.Add(row.Says("document.number_twice", "number"));
                }
                Doubts(row, earlier, residence.Earlier, findings);
                planned.Add(new(place, earlier, Performer.Content(record, residence.Details, residence.Earlier.Category)));
            }
        }
        if (live.Count == 0 && residences.Find(r => r is { Earlier.EndReason: null }) is not null)
        {
            findings.Add(bundle.Person.Says("document.missing"));
        }
        return planned;
    }

    private EarlierDocument? Document(Row row, List<Discrepancy> findings)
    {
        var before = findings.Count;
        void Say(string code, string field) => findings.Add(row.Says(code, field));
        DocumentState? state = row.Text("state") switch
        {
            "live" => DocumentState.Live,
            "superseded" => DocumentState.Superseded,
            "lost" => DocumentState.Lost,
            "damaged" => DocumentState.Damaged,
            "revoked" => DocumentState.Revoked,
            _ => null,
        };
        if (row.Text("state") is not null && (state is null || (state == DocumentState.Live) != (row.Text("ended") is null)))
        {
            Say("document.state", state is null ? "state" : "ended");
        }
        var serial = row.Text("serial");
        if (serial is not null && (serial.Length is < 6 or > 12 || !serial.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c))))
        {
            Say("document.serial", "serial");
        }
        else if (serial is not null && twice("serial", serial))
        {
            Say("number.twice", "serial");
        }
        if (row.Number("number") is < 1 or > 999)
        {
            Say("document.number_twice", "number");
        }
        var (issued, expires, ended) = (Day(row, "issued", true, findings), Day(row, "expires", false, findings), Day(row, "ended", true, findings));
        if (issued is { } from && ((expires is { } until && until <= from) || (ended is { } end && end < from)))
        {
            Say("document.days", expires <= issued ? "expires" : "ended");
        }
        return row.Faults.Count > 0 || findings.Count > before ? null : new(row.Number("number")!.Value, serial!, state!.Value, issued!.Value, expires!.Value, ended);
    }

    private void Doubts(Row row, EarlierDocument document, EarlierResidence residence, List<Discrepancy> findings)
    {
        if (document.State == DocumentState.Live && document.ExpiresDay < today)
        {
            findings.Add(row.Says("document.expired", "expires"));
        }
        if (document.State == DocumentState.Live && residence.EndReason is not null)
        {
            findings.Add(row.Says("document.residence_ended", "residence"));
        }
    }

    private List<PlannedCase> Cases(Bundle bundle, List<Discrepancy> findings)
    {
        var planned = new List<PlannedCase>();
        foreach (var row in bundle.Cases)
        {
            var before = findings.Count;
            if (row.Text("service") is { } service && !services.Contains(service))
            {
                findings.Add(row.Says("case.service_unknown", "service"));
            }
            if (bundle.Cases.Any(c => c.Line < row.Line && c.Text("service") == row.Text("service")))
            {
                findings.Add(row.Says("case.twice", "service"));
            }
            var answers = row.Answers("answers");
            if (answers.Count > MostAnswers || answers.Any(a => a.Key.Length is 0 or > 64 || a.Value.Length > LongestAnswer || a.Value.Any(c => char.IsControl(c) && c != '\n')))
            {
                findings.Add(row.Says("case.answers", "answers"));
            }
            if (Day(row, "since", true, findings) is { } since && row.Faults.Count == 0 && findings.Count == before)
            {
                planned.Add(new(row.Text("service")!, since, answers));
            }
        }
        return planned;
    }

    /// <summary>A day of the Gregorian calendar; null when the field is not there, or is none, which is said.</summary>
    private LocalDate? Day(Row row, string field, bool past, List<Discrepancy> findings)
    {
        if (row.Text(field) is not { } text)
        {
            return null;
        }
        if (!LocalDatePattern.Iso.Parse(text).TryGetValue(default, out var day) || day.Year is < 1900 or > 2200)
        {
            findings.Add(row.Says("day.form", field));
            return null;
        }
        if (past && day > today)
        {
            findings.Add(row.Says("day.future", field));
            return null;
        }
        return day;
    }
}
