using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using Muqeem.Registry;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.TakeOver;

/// <summary>A row of persons.jsonl, read by the kernel's own types.</summary>
internal static class PersonChecks
{
    /// <summary>The record, or null when the row cannot become one; why, is added to the findings.</summary>
    public static PersonRecord? Read(Row row, LocalDate today, Instant now, string source, List<Discrepancy> findings)
    {
        var before = findings.Count;
        void Say(string code, string? field = null) => findings.Add(row.Says(code, field));
        T? Take<T>(string field, Func<string, Result<T>> read) where T : struct
        {
            if (row.Text(field) is not { } text)
            {
                return null;
            }
            if (read(text).TryGet(out var value, out var refusal))
            {
                return value;
            }
            Say(refusal.Code, field);
            return null;
        }

        var resident = Take("resident_number", ResidentNumber.Parse);
        var border = Take("border_number", BorderNumber.Parse);
        var passport = Take("passport_number", PassportNumber.Parse);
        if (row.Text("resident_number") is null && row.Text("border_number") is null)
        {
            Say("person.number_missing");
        }
        var (arabic, latin) = (row.Parts("names_arabic"), row.Parts("names_latin"));
        var inArabic = ArabicName.Parse(arabic[0], arabic[1], arabic[2], arabic[3]);
        if (!inArabic.Ok)
        {
            Say(inArabic.Refusal.Code, "names_arabic");
        }
        var inLatin = LatinName.FromParts([.. latin]);
        if (!inLatin.Ok)
        {
            Say(inLatin.Refusal.Code, "names_latin");
        }
        var sex = row.Text("sex");
        if (sex is not (null or "M" or "F" or "U"))
        {
            Say("sex.unknown", "sex");
        }
        var nationality = row.Text("nationality") is { } code ? Reference.Nationality(code) : null;
        if (nationality is null && row.Text("nationality") is not null)
        {
            Say("nationality.unknown", "nationality");
        }
        var birth = Birth(row, today, Say);
        if (birth is not null && nationality is not null && row.Text("mrz") is { } mrz)
        {
            CompareMrz(mrz, today, birth, nationality, sex, passport?.ToString(), Say);
        }
        // A field that is missing or of another type was said when the row was read.
        var refused = row.Faults.Count > 0 || findings.Skip(before).Any(f => Codes.Of(f.Code).Refuses);
        var mobile = Mobile(row, Say);
        if (passport is null && row.Text("passport_number") is null)
        {
            Say("passport.missing", "passport_number");
        }
        return refused ? null : new()
        {
            ResidentNumber = resident?.ToString(),
            BorderNumber = border?.ToString(),
            NamesArabic = [inArabic.Value.First, inArabic.Value.Father, inArabic.Value.Grandfather, inArabic.Value.Family],
            NamesLatin = [.. latin.Select(p => LatinName.Parse(p) is { Ok: true } part ? part.Value.ToString() : "")],
            FullNameArabic = inArabic.Value.ToString(),
            FullNameLatin = inLatin.Value.ToString(),
            Sex = sex!,
            BirthDate = LocalDatePattern.Iso.Format(birth!.Earliest),
            BirthPrecision = birth.Precision.ToString().ToUpperInvariant(),
            BirthDateHijri = birth.OtherText,
            Nationality = nationality!.Code,
            PassportNumber = passport?.ToString(),
            Mobile = mobile,
            Source = source,
            AsOf = now,
        };
    }

    private static BirthDate? Birth(Row row, LocalDate today, Action<string, string?> say)
    {
        if (row.Text("birth") is not { } text)
        {
            return null;
        }
        if (!BirthDate.Read(text, CalendarKind.Gregorian, today).TryGet(out var birth, out var refusal))
        {
            say(refusal.Code == BirthDate.LooksHijri ? "birth.only_hijri" : refusal.Code, "birth");
            return null;
        }
        if (birth.Calendar == CalendarKind.Hijri)
        {
            say("birth.only_hijri", "birth");
            return null;
        }
        if (row.Text("birth_hijri") is not { } hijri)
        {
            return BirthDate.Of(birth.Earliest, birth.Precision);
        }
        if (!BirthDate.Read(hijri, CalendarKind.Hijri, today).TryGet(out var other, out _))
        {
            say("birth.hijri_unreadable", "birth_hijri");
            return BirthDate.Of(birth.Earliest, birth.Precision);
        }
        if (DateComparison.Compare(other, birth).Class is not (ComparisonClass.OtherCalendar or ComparisonClass.LessPrecise))
        {
            say("birth.calendars_differ", "birth_hijri");
        }
        return BirthDate.Of(birth.Earliest, birth.Precision, hijri.Trim());
    }

    private static void CompareMrz(string mrz, LocalDate today, BirthDate birth, Nationality nationality, string? sex, string? passport, Action<string, string?> say)
    {
        if (!Mrz.Parse(mrz, today).TryGet(out var document, out var refusal))
        {
            say(refusal.Code, "mrz");
            return;
        }
        if (passport is not null && document.Number != passport)
        {
            say("mrz.differs", "passport_number");
        }
        if (Reference.Nationality(document.Nationality)?.Code != nationality.Code)
        {
            say("mrz.differs", "nationality");
        }
        if (document.Sex != Sex.Unspecified && sex is "M" or "F" && (document.Sex == Sex.Male) != (sex == "M"))
        {
            say("mrz.differs", "sex");
        }
        if (document.Birth is { } printed && DateComparison.Compare(printed, birth).Class is not (ComparisonClass.Equal or ComparisonClass.LessPrecise))
        {
            say("mrz.differs", "birth");
        }
    }

    private static string? Mobile(Row row, Action<string, string?> say)
    {
        if (row.Text("mobile") is not { } text)
        {
            return null;
        }
        if (MobileNumber.Parse(text).TryGet(out var mobile, out _))
        {
            return mobile.ToString();
        }
        say("mobile.unusable", "mobile");
        return null;
    }
}
