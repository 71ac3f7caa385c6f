using System.Globalization;

namespace Muqeem.Kernel;

/// <summary>How a typed value stands to the recorded one, best first. An officer sees the word; rules never decide identity by a name alone.</summary>
public enum ComparisonClass
{
    Equal,

    /// <summary>The same but for case, spaces, marks and letter variants.</summary>
    EqualAfterFolding,

    /// <summary>Another spelling of the same sound, in one script or between two.</summary>
    Transliteration,

    /// <summary>The same day, one given in the Hijri calendar (a day's difference of old tables included).</summary>
    OtherCalendar,

    /// <summary>One knows less (the year only, say) and contradicts nothing.</summary>
    LessPrecise,

    /// <summary>The same parts in another order.</summary>
    OtherOrder,

    /// <summary>One has all parts of the other and more.</summary>
    MissingPart,

    SwappedDayMonth,

    /// <summary>One digit or letter wrong, missing, too many, or two neighbours swapped.</summary>
    OneDigit,

    Different,

    /// <summary>One of the two is not there.</summary>
    Missing,
}

/// <summary>A comparison of one field: its class, and where the two texts differ.</summary>
public sealed record Comparison(ComparisonClass Class, TextDiff Diff)
{
    internal static Comparison Of(ComparisonClass @class, string? typed, string? recorded) => new(@class, TextDiff.Between(typed, recorded));
}

/// <summary>A run of text that is the same on both sides, or not.</summary>
public readonly record struct DiffSpan(string Text, bool Same);

/// <summary>Where two texts differ, by what a reader sees as one character (a letter with its marks is one).</summary>
public sealed record TextDiff(IReadOnlyList<DiffSpan> Typed, IReadOnlyList<DiffSpan> Recorded)
{
    // The table has the product of both lengths; names and numbers are far shorter.
    private const int Longest = 400;

    public static TextDiff Between(string? typed, string? recorded)
    {
        var (a, b) = (Elements(typed), Elements(recorded));
        var (sameA, sameB) = (new bool[a.Length], new bool[b.Length]);
        if (a.Length <= Longest && b.Length <= Longest)
        {
            MarkCommon(a, b, sameA, sameB);
        }
        return new TextDiff(Spans(a, sameA), Spans(b, sameB));
    }

    private static string[] Elements(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return [];
        }
        var elements = new List<string>(text.Length);
        var each = StringInfo.GetTextElementEnumerator(text);
        while (each.MoveNext())
        {
            elements.Add(each.GetTextElement());
        }
        return [.. elements];
    }

    /// <summary>Marks a longest common subsequence on both sides.</summary>
    private static void MarkCommon(string[] a, string[] b, bool[] sameA, bool[] sameB)
    {
        var longest = new int[a.Length + 1, b.Length + 1];
        for (var i = a.Length - 1; i >= 0; i--)
        {
            for (var j = b.Length - 1; j >= 0; j--)
            {
                longest[i, j] = string.Equals(a[i], b[j], StringComparison.Ordinal)
                    ? longest[i + 1, j + 1] + 1
                    : Math.Max(longest[i + 1, j], longest[i, j + 1]);
            }
        }
        for (int i = 0, j = 0; i < a.Length && j < b.Length;)
        {
            if (string.Equals(a[i], b[j], StringComparison.Ordinal))
            {
                sameA[i++] = sameB[j++] = true;
            }
            else if (longest[i + 1, j] >= longest[i, j + 1])
            {
                i++;
            }
            else
            {
                j++;
            }
        }
    }

    private static List<DiffSpan> Spans(string[] elements, bool[] same)
    {
        var spans = new List<DiffSpan>();
        for (var start = 0; start < elements.Length;)
        {
            var end = start + 1;
            while (end < elements.Length && same[end] == same[start])
            {
                end++;
            }
            spans.Add(new DiffSpan(string.Concat(elements[start..end]), same[start]));
            start = end;
        }
        return spans;
    }
}

/// <summary>Compares numbers of documents, phones and the like.</summary>
public static class NumberComparison
{
    public static Comparison Compare(string? typed, string? recorded)
    {
        var (a, b) = (Digits.Compact(typed).ToUpperInvariant(), Digits.Compact(recorded).ToUpperInvariant());
        var @class = a.Length == 0 || b.Length == 0 ? ComparisonClass.Missing
            : string.Equals(typed, recorded, StringComparison.Ordinal) ? ComparisonClass.Equal
            : string.Equals(a, b, StringComparison.Ordinal) ? ComparisonClass.EqualAfterFolding
            : OneApart(a, b) ? ComparisonClass.OneDigit
            : ComparisonClass.Different;
        return Comparison.Of(@class, a, b);
    }

    /// <summary>One character replaced, missing, too many, or two neighbours swapped.</summary>
    internal static bool OneApart(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 1 || string.Equals(a, b, StringComparison.Ordinal))
        {
            return false;
        }
        var head = a.AsSpan().CommonPrefixLength(b);
        var restA = a.AsSpan(head);
        var restB = b.AsSpan(head);
        if (restA.Length == restB.Length)
        {
            return restA[1..].SequenceEqual(restB[1..])
                || (restA.Length >= 2 && restA[0] == restB[1] && restA[1] == restB[0] && restA[2..].SequenceEqual(restB[2..]));
        }
        return restA.Length > restB.Length ? restA[1..].SequenceEqual(restB) : restA.SequenceEqual(restB[1..]);
    }
}

/// <summary>Compares birth dates of any calendar and precision.</summary>
public static class DateComparison
{
    // Published tables of old Hijri months differ by a day (1400-10-30 or 1400-11-01).
    private const int TableDifference = 1;

    public static Comparison Compare(BirthDate? typed, BirthDate? recorded) =>
        Comparison.Of(typed is null || recorded is null ? ComparisonClass.Missing : Class(typed, recorded), typed?.ToString(), recorded?.ToString());

    private static ComparisonClass Class(BirthDate typed, BirthDate recorded)
    {
        if (typed.Calendar != recorded.Calendar)
        {
            return InOtherCalendar(typed, recorded);
        }
        if (typed.Year == recorded.Year && typed.Month == recorded.Month && typed.Day == recorded.Day)
        {
            return ComparisonClass.Equal;
        }
        var precision = (BirthPrecision)Math.Min((int)typed.Precision, (int)recorded.Precision);
        if (typed.Precision != recorded.Precision
            && typed.Year == recorded.Year
            && (precision < BirthPrecision.Month || typed.Month == recorded.Month))
        {
            return ComparisonClass.LessPrecise;
        }
        if (typed.Year == recorded.Year && precision == BirthPrecision.Day && typed.Day == recorded.Month && typed.Month == recorded.Day)
        {
            return ComparisonClass.SwappedDayMonth;
        }
        return typed.Precision == recorded.Precision && NumberComparison.OneApart(typed.ToString(), recorded.ToString())
            ? ComparisonClass.OneDigit
            : ComparisonClass.Different;
    }

    private static ComparisonClass InOtherCalendar(BirthDate typed, BirthDate recorded)
    {
        // What the source itself says in the typed calendar counts before any conversion of ours.
        if (recorded.OtherText is { } other
            && BirthDate.ReadUnbounded(other, typed.Calendar).TryGet(out var given, out _)
            && Class(typed, given) == ComparisonClass.Equal)
        {
            return ComparisonClass.OtherCalendar;
        }
        if (typed.Precision == BirthPrecision.Day && recorded.Precision == BirthPrecision.Day)
        {
            var days = NodaTime.Period.Between(typed.Earliest, recorded.Earliest, NodaTime.PeriodUnits.Days).Days;
            return Math.Abs(days) <= TableDifference ? ComparisonClass.OtherCalendar : ComparisonClass.Different;
        }
        return typed.Latest >= recorded.Earliest && recorded.Latest >= typed.Earliest ? ComparisonClass.LessPrecise : ComparisonClass.Different;
    }
}
