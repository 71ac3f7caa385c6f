using System.Globalization;
using System.Text.Json.Serialization;
using NodaTime;

namespace Muqeem.Kernel;

/// <summary>How much of a birth date is known.</summary>
public enum BirthPrecision
{
    Year,
    Month,
    Day,
}

/// <summary>
/// A birth date as it was given: its calendar, how much of it is known, the text, and the other calendar's value if the source gave one.
/// It is never recomputed into the other calendar (old tables differ by a day); conversions serve display, ages and comparison only.
/// </summary>
public sealed record BirthDate
{
    public const string Missing = "birth_date.missing";
    public const string DayMissing = "birth_date.day_missing";
    public const string MonthMissing = "birth_date.month_missing";
    public const string YearMissing = "birth_date.year_missing";
    public const string Characters = "birth_date.characters";
    public const string YearForm = "birth_date.year_form";
    public const string MonthRange = "birth_date.month_range";
    public const string DayRange = "birth_date.day_range";
    public const string HijriRange = "birth_date.hijri_range";
    public const string LooksHijri = "birth_date.looks_hijri";
    public const string LooksGregorian = "birth_date.looks_gregorian";
    public const string Future = "birth_date.future";
    public const string TooOld = "birth_date.too_old";

    // No person is known to have lived longer; a date before this is a slip of the keyboard.
    private const int OldestAge = 130;

    private const int LongestText = 60;

    private static readonly string[] EnglishMonths = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] ArabicMonths = ["يناير", "فبراير", "مارس", "ابريل", "مايو", "يونيو", "يوليو", "اغسطس", "سبتمبر", "اكتوبر", "نوفمبر", "ديسمبر"];
    private static readonly string[] HijriMonths = ["محرم", "صفر", "ربيعالاول", "ربيعالاخر", "جماديالاولي", "جماديالاخره", "رجب", "شعبان", "رمضان", "شوال", "ذوالقعده", "ذوالحجه"];

    [JsonConstructor]
    private BirthDate() { }

    public required CalendarKind Calendar { get; init; }
    public required int Year { get; init; }
    public int? Month { get; init; }
    public int? Day { get; init; }

    /// <summary>As typed or as the record has it.</summary>
    public required string Text { get; init; }

    /// <summary>The same date in the other calendar as the source gave it, if it did: never ours.</summary>
    public string? OtherText { get; init; }

    [JsonIgnore]
    public BirthPrecision Precision => Day is not null ? BirthPrecision.Day : Month is not null ? BirthPrecision.Month : BirthPrecision.Year;

    /// <summary>The Gregorian day when it was given as one.</summary>
    [JsonIgnore]
    public LocalDate? GregorianDay => Calendar == CalendarKind.Gregorian && Month is { } m && Day is { } d ? new LocalDate(Year, m, d) : null;

    /// <summary>The first Gregorian day that it can mean.</summary>
    [JsonIgnore]
    public LocalDate Earliest => Gregorian(Year, Month ?? 1, Day ?? 1);

    /// <summary>The last Gregorian day that it can mean.</summary>
    [JsonIgnore]
    public LocalDate Latest
    {
        get
        {
            var month = Month ?? 12;
            return Gregorian(Year, month, Day ?? DaysIn(Calendar, Year, month));
        }
    }

    /// <summary>A Gregorian day from a record that is sure of it.</summary>
    public static BirthDate Of(LocalDate day) => Of(day, BirthPrecision.Day);

    /// <summary>A Gregorian date from a record, with what it knows of it.</summary>
    /// <param name="hijriAsGiven">The Hijri text of the same record.</param>
    public static BirthDate Of(LocalDate day, BirthPrecision precision, string? hijriAsGiven = null)
    {
        var date = new BirthDate
        {
            Calendar = CalendarKind.Gregorian,
            Year = day.Year,
            Month = precision >= BirthPrecision.Month ? day.Month : null,
            Day = precision == BirthPrecision.Day ? day.Day : null,
            Text = "",
            OtherText = hijriAsGiven,
        };
        return date with { Text = date.ToString() };
    }

    /// <summary>Reads the three boxes of a form.</summary>
    /// <param name="today">The day in Riyadh.</param>
    /// <param name="least">What must be known: with <see cref="BirthPrecision.Month"/> the day may stay empty.</param>
    public static Result<BirthDate> Parse(string? day, string? month, string? year, CalendarKind calendar, LocalDate today, BirthPrecision least = BirthPrecision.Day)
    {
        var (d, m, y) = (Digits.Normalise(day), Digits.Normalise(month), Digits.Normalise(year));
        if (d.Length + m.Length + y.Length == 0)
        {
            return new Refusal(Missing);
        }
        if (y.Length == 0)
        {
            return new Refusal(YearMissing);
        }
        if (m.Length == 0 && (d.Length > 0 || least >= BirthPrecision.Month))
        {
            return new Refusal(MonthMissing);
        }
        if (d.Length == 0 && least == BirthPrecision.Day)
        {
            return new Refusal(DayMissing);
        }

        var text = AsGiven(string.Join('-', new[] { day, month, year }.Where(s => !string.IsNullOrWhiteSpace(s)).Select(s => s!.Trim())));
        if (!Digits.AllAscii(y) || (d.Length > 0 && !Digits.AllAscii(d)))
        {
            return new Refusal(Characters);
        }
        int? monthNumber = null;
        if (m.Length > 0)
        {
            monthNumber = MonthNumber(m, calendar);
            if (monthNumber is null)
            {
                return new Refusal(Digits.AllAscii(m) ? MonthRange : Characters);
            }
        }
        if (y.Length != 4)
        {
            return new Refusal(YearForm);
        }
        int? dayNumber = d.Length == 0 ? null : d.Length > 2 ? 0 : int.Parse(d, NumberStyles.None, CultureInfo.InvariantCulture);
        return Create(calendar, int.Parse(y, NumberStyles.None, CultureInfo.InvariantCulture), monthNumber, dayNumber, text, today);
    }

    /// <summary>
    /// Reads one text of a record: <c>1985-07-12</c>, <c>12-07-1985</c>, <c>07-1985</c>, <c>1985</c>, with - / or . between; 00 stands for unknown.
    /// What has the letter H behind it (our own <see cref="ToString"/>) is Hijri whatever is asked for.
    /// </summary>
    public static Result<BirthDate> Read(string? text, CalendarKind calendar, LocalDate today) => ReadText(text, calendar, today);

    /// <summary>As <see cref="Read"/>, for a date that was accepted before: it is not compared with a day.</summary>
    internal static Result<BirthDate> ReadUnbounded(string? text, CalendarKind calendar) => ReadText(text, calendar, null);

    private static Result<BirthDate> ReadText(string? text, CalendarKind calendar, LocalDate? today)
    {
        var given = Digits.Normalise(text).TrimEnd('ـ'); // هـ is written with a tatweel
        if (given.Length == 0)
        {
            return new Refusal(Missing);
        }
        if (given[^1] is 'H' or 'h' or 'ه')
        {
            calendar = CalendarKind.Hijri;
            given = given[..^1];
        }
        var parts = given.Split('-', '/', '.');
        if (parts.Length > 3 || !parts.All(p => Digits.AllAscii(p)))
        {
            return new Refusal(Characters);
        }
        if (parts[0].Length != 4)
        {
            Array.Reverse(parts);
        }
        if (parts[0].Length != 4 || parts.Skip(1).Any(p => p.Length > 2))
        {
            return new Refusal(YearForm);
        }
        var numbers = parts.Select(p => int.Parse(p, NumberStyles.None, CultureInfo.InvariantCulture)).ToArray();
        int? month = numbers.Length > 1 && numbers[1] != 0 ? numbers[1] : null;
        int? day = month is not null && numbers.Length > 2 && numbers[2] != 0 ? numbers[2] : null;
        return Create(calendar, numbers[0], month, day, AsGiven(text!.Trim()), today);
    }

    private static Result<BirthDate> Create(CalendarKind calendar, int year, int? month, int? day, string text, LocalDate? today)
    {
        if (calendar == CalendarKind.Hijri)
        {
            if (year is >= 1870 and <= 2200)
            {
                return new Refusal(LooksGregorian);
            }
            if (year is < HijriDate.FirstYear or > HijriDate.LastYear)
            {
                return new Refusal(HijriRange, ("first", HijriDate.FirstYear), ("last", HijriDate.LastYear));
            }
        }
        else if (year is >= 1280 and <= HijriDate.LastYear)
        {
            return new Refusal(LooksHijri);
        }
        else if (year is < 1 or > 9998)
        {
            return new Refusal(YearForm);
        }

        if (month is < 1 or > 12)
        {
            return new Refusal(MonthRange);
        }
        if (day is { } d && month is { } m)
        {
            var days = DaysIn(calendar, year, m);
            if (d < 1 || d > days)
            {
                return new Refusal(DayRange, ("days", days), ("month", m), ("year", year));
            }
        }

        var date = new BirthDate { Calendar = calendar, Year = year, Month = month, Day = day, Text = text };
        if (today is { } bound)
        {
            if (date.Earliest > bound)
            {
                return new Refusal(Future);
            }
            if (date.Latest < bound.PlusYears(-OldestAge))
            {
                return new Refusal(TooOld, ("years", OldestAge));
            }
        }
        return date;
    }

    private static string AsGiven(string text) => text.Length <= LongestText ? text : text[..LongestText];

    /// <summary>The completed years on a day, at least and at most: the same when the day is known. Rules take the one that favours the resident.</summary>
    public (int Least, int Most) AgeOn(LocalDate day) => (YearsBetween(Latest, day), YearsBetween(Earliest, day));

    private static int YearsBetween(LocalDate from, LocalDate to) => to < from ? 0 : Period.Between(from, to, PeriodUnits.Years).Years;

    /// <summary><c>1985-07-12</c>, <c>1985-07</c> or <c>1985</c>, with an H behind it when Hijri.</summary>
    public override string ToString()
    {
        var text = Year.ToString("0000", CultureInfo.InvariantCulture)
            + (Month is { } m ? m.ToString("-00", CultureInfo.InvariantCulture) : "")
            + (Day is { } d ? d.ToString("-00", CultureInfo.InvariantCulture) : "");
        return Calendar == CalendarKind.Hijri ? text + "H" : text;
    }

    internal static int DaysIn(CalendarKind calendar, int year, int month) =>
        calendar == CalendarKind.Hijri ? HijriDate.DaysInMonth(year, month) : CalendarSystem.Iso.GetDaysInMonth(year, month);

    private LocalDate Gregorian(int year, int month, int day) =>
        Calendar == CalendarKind.Hijri ? new HijriDate(year, month, day).ToGregorian() : new LocalDate(year, month, day);

    private static int? MonthNumber(string month, CalendarKind calendar)
    {
        if (Digits.AllAscii(month))
        {
            return month.Length <= 2 && int.Parse(month, NumberStyles.None, CultureInfo.InvariantCulture) is >= 1 and <= 12 and var number ? number : null;
        }
        var name = NameFolding.Arabic(month).Replace(" ", "", StringComparison.Ordinal);
        var index = calendar == CalendarKind.Hijri ? Array.IndexOf(HijriMonths, name) : Array.IndexOf(ArabicMonths, name);
        if (index < 0 && calendar == CalendarKind.Gregorian && month.Length >= 3)
        {
            index = Array.IndexOf(EnglishMonths, month[..3].ToLowerInvariant());
        }
        return index < 0 ? null : index + 1;
    }
}
