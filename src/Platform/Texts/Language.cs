using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Culture;
using NodaTime;

namespace Muqeem.Platform.Texts;

/// <summary>The words, dates and amounts of one language. Immutable; a request's own is injected, others come from <see cref="TextCatalogue.In"/>.
/// Digits are 0-9 and civil dates Gregorian in every language.</summary>
public sealed class Language
{
    private readonly TextCatalogue _catalogue;

    internal Language(TextCatalogue catalogue, MuqeemCulture culture)
    {
        _catalogue = catalogue;
        Culture = culture;
    }

    public MuqeemCulture Culture { get; }

    public string Code => Culture.Code;

    /// <summary><c>rtl</c> or <c>ltr</c>.</summary>
    public string Dir => Culture.Dir;

    public bool Has(string key) => _catalogue.Has(Culture.PseudoOf ?? Code, key);

    /// <summary>The text with its placeholders filled. Values may be strings, numbers, <see cref="Kernel.Money"/>, dates, instants, durations or lists of strings;
    /// strings that would disturb the sentence's direction stand between invisible isolates.</summary>
    public string Text(string key, params ReadOnlySpan<(string Name, object? Value)> facts) => Write(key, new Facts(facts), isolate: true);

    /// <inheritdoc cref="Text(string, ReadOnlySpan{ValueTuple{string, object?}})"/>
    public string Text(string key, IReadOnlyDictionary<string, object?> facts) => Write(key, new Facts(facts), isolate: true);

    /// <summary>As <see cref="Text(string, ReadOnlySpan{ValueTuple{string, object?}})"/> without isolates: for SMS and file names.</summary>
    public string Bare(string key, params ReadOnlySpan<(string Name, object? Value)> facts) => Write(key, new Facts(facts), isolate: false);

    /// <inheritdoc cref="Bare(string, ReadOnlySpan{ValueTuple{string, object?}})"/>
    public string Bare(string key, IReadOnlyDictionary<string, object?> facts) => Write(key, new Facts(facts), isolate: false);

    /// <summary>Why the answer is no, and what to do: the text <c>refusal.&lt;code&gt;</c>.</summary>
    public string Refusal(Refusal refusal) => Text("refusal." + refusal.Code, refusal.Facts);

    /// <summary>The word for one of a list: <c>Word("sys.purpose", Purpose.DecideCase)</c> is the text <c>sys.purpose.decide_case</c>.</summary>
    public string Word(string prefix, Enum value) => Text($"{prefix}.{SnakeCase.Of(value)}");

    /// <summary><c>27 March 2029</c>.</summary>
    public string Date(LocalDate day)
    {
        var civil = day.WithCalendar(CalendarSystem.Iso);
        return Dated(civil.Day, Text(Invariant($"sys.month.{civil.Month}")), civil.Year);
    }

    /// <summary><c>March 2029</c>.</summary>
    public string Month(YearMonth month) => Text("sys.date.month", ("month", Text(Invariant($"sys.month.{month.Month}"))), ("year", month.Year));

    /// <summary><c>12 Dhu al-Qadah 1450 AH</c> after Umm al-Qura; null outside 1318 to 1500 AH, where the calendar says nothing.</summary>
    public string? Hijri(LocalDate day)
    {
        if (ToHijri(day) is not { } hijri)
        {
            return null;
        }
        return Text("sys.date.hijri", ("date", Dated(hijri.Day, Text(Invariant($"sys.hijri_month.{hijri.Month}")), hijri.Year)));
    }

    /// <summary>Both calendars in one line, the Hijri second: <c>27 March 2029 (12 Dhu al-Qadah 1450 AH)</c>.</summary>
    public string DateInBoth(LocalDate day) => Hijri(day) is { } hijri ? Text("sys.date.both", ("date", Date(day)), ("hijri", hijri)) : Date(day);

    /// <summary><c>14:05</c>.</summary>
    public string Time(LocalTime time) => Invariant($"{time.Hour:00}:{time.Minute:00}");

    /// <summary>The time of day in Riyadh.</summary>
    public string Time(Instant instant) => Time(instant.WithOffset(Clock.Riyadh).TimeOfDay);

    /// <summary>Day and time in Riyadh: <c>27 March 2029, 14:05</c>.</summary>
    public string DateAndTime(Instant instant) => Text("sys.date.time", ("date", Date(instant.DayInRiyadh())), ("time", Time(instant)));

    /// <summary>The largest whole unit: <c>3 days</c>, <c>2 hours</c>, <c>10 minutes</c>, <c>30 seconds</c>.</summary>
    public string Span(Duration duration)
    {
        var length = duration < Duration.Zero ? -duration : duration;
        return length.TotalDays >= 2 ? Text("sys.span.days", ("n", (long)length.TotalDays))
            : length.TotalHours >= 2 ? Text("sys.span.hours", ("n", (long)length.TotalHours))
            : length.TotalMinutes >= 1 ? Text("sys.span.minutes", ("n", (long)length.TotalMinutes))
            : Text("sys.span.seconds", ("n", (long)length.TotalSeconds));
    }

    /// <summary>Years, months, weeks and days, those that are not zero: <c>1 year and 3 months</c>.</summary>
    public string Span(Period period)
    {
        List<string> parts = [];
        Add("sys.span.years", period.Years);
        Add("sys.span.months", period.Months);
        Add("sys.span.weeks", period.Weeks);
        Add("sys.span.days", period.Days);
        return parts.Count == 0 ? Text("sys.span.days", ("n", 0)) : List(parts);

        void Add(string key, int n)
        {
            if (n != 0)
            {
                parts.Add(Text(key, ("n", n)));
            }
        }
    }

    /// <summary><c>SAR 1,300.00</c>, <c>1,300.00 ريال</c>.</summary>
    public string Money(Money amount) => Text("sys.money", ("amount", Amount(amount)));

    /// <summary>The bare figure of an amount: <c>1,300.00</c>, for columns that name the currency above.</summary>
    public string Amount(Money amount) => (amount.Halalas / 100m).ToString("#,0.00", CultureInfo.InvariantCulture);

    /// <summary>With commas between thousands.</summary>
    public string Number(decimal number) => number.ToString("#,0.###", CultureInfo.InvariantCulture);

    /// <summary><c>a, b and c</c>.</summary>
    public string List(IReadOnlyList<string> items)
    {
        if (items.Count < 2)
        {
            return items.Count == 0 ? "" : items[0];
        }
        var sentence = Text("sys.list.last", ("list", new Formatted(items[^2])), ("item", new Formatted(items[^1])));
        for (var i = items.Count - 3; i >= 0; i--)
        {
            sentence = Text("sys.list.more", ("item", new Formatted(items[i])), ("list", new Formatted(sentence)));
        }
        return sentence;
    }

    /// <summary>The day after Umm al-Qura, or null outside its range.</summary>
    public static LocalDate? ToHijri(LocalDate day) =>
        day.Calendar == CalendarSystem.UmAlQura ? day
        : day >= FirstHijriDay && day <= LastHijriDay ? day.WithCalendar(CalendarSystem.UmAlQura)
        : null;

    private static readonly LocalDate FirstHijriDay = new LocalDate(CalendarSystem.UmAlQura.MinYear, 1, 1, CalendarSystem.UmAlQura).WithCalendar(CalendarSystem.Iso);
    private static readonly LocalDate LastHijriDay = new LocalDate(CalendarSystem.UmAlQura.MaxYear, 12, 29, CalendarSystem.UmAlQura).WithCalendar(CalendarSystem.Iso);

    internal Message? Find(string key, out MuqeemCulture found) => _catalogue.Find(Culture, key, out found);

    /// <summary>A fact as it is shown. <paramref name="ours"/>: the words are the language's own and need no isolation.</summary>
    internal string Show(object? value, bool grouped, out bool ours)
    {
        ours = true;
        switch (value)
        {
            case null:
                return "–";
            case Formatted formatted:
                return formatted.Text;
            case string text:
                ours = false;
                return text;
            case sbyte or byte or short or ushort or int or uint or long or ulong or decimal or double or float:
                var number = Convert.ToDecimal(value, CultureInfo.InvariantCulture);
                return grouped ? Number(number) : number.ToString(CultureInfo.InvariantCulture);
            case Money amount:
                return Money(amount);
            case LocalDate day:
                return day.Calendar == CalendarSystem.UmAlQura ? Hijri(day)! : Date(day);
            case YearMonth month:
                return Month(month);
            case Instant instant:
                return DateAndTime(instant);
            case LocalTime time:
                return Time(time);
            case Duration duration:
                return Span(duration);
            case Period period:
                return Span(period);
            case IEnumerable<string> list:
                return List([.. list.Select(item => Bidi.Isolate(item, Culture.Direction))]);
            default:
                ours = false;
                return value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value.ToString() ?? "";
        }
    }

    internal void MissFact(string key, string name) => _catalogue.Miss(Code, $"{key} {{{name}}}");

    /// <summary>The part of a plural or select that these facts choose; null for other parts.</summary>
    internal static IReadOnlyList<Message.Part>? Choose(Message.Part part, MuqeemCulture culture, in Facts facts, out decimal? count)
    {
        count = null;
        switch (part)
        {
            case Message.Plural plural:
                var n = facts.TryGet(plural.Name, out var counted) ? AsNumber(counted) : 0;
                count = n - plural.Offset;
                return plural.Exact.TryGetValue(n, out var exact) ? exact
                    : plural.Forms.TryGetValue(culture.Plural(count.Value), out var form) ? form
                    : plural.Forms[PluralCategory.Other];
            case Message.Select select:
                var chosen = facts.TryGet(select.Name, out var value) ? AsWord(value) : "other";
                return select.Cases.TryGetValue(chosen, out var found) ? found : select.Cases["other"];
            default:
                return null;
        }
    }

    private static decimal AsNumber(object? value) => value switch
    {
        null => 0,
        string text => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var n) ? n : 0,
        _ => Convert.ToDecimal(value, CultureInfo.InvariantCulture),
    };

    /// <summary>Booleans and enumerations select by the words in which keys are written.</summary>
    private static string AsWord(object? value) => value switch
    {
        null => "other",
        bool yes => yes ? "true" : "false",
        Enum name => SnakeCase.Of(name),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "other",
    };

    private string Dated(int day, string month, int year) => Text("sys.date", ("day", day), ("month", new Formatted(month)), ("year", year));

    private string Write(string key, in Facts facts, bool isolate)
    {
        var message = Find(key, out var found);
        if (message is null)
        {
            return $"⟦{key}⟧";
        }
        if (message.Parts is [Message.Literal only])
        {
            return only.Text;
        }
        return Write(message, key, found, facts, isolate);
    }

    internal string Write(Message message, string key, MuqeemCulture culture, in Facts facts, bool isolate)
    {
        var text = new StringBuilder();
        Write(text, key, message.Parts, culture, facts, null, isolate);
        return text.ToString();
    }

    private void Write(StringBuilder text, string key, IReadOnlyList<Message.Part> parts, MuqeemCulture culture, in Facts facts, decimal? count, bool isolate)
    {
        foreach (var part in parts)
        {
            switch (part)
            {
                case Message.Literal literal:
                    text.Append(literal.Text);
                    break;
                case Message.Count:
                    text.Append(Number(count ?? 0));
                    break;
                case Message.Argument argument when facts.TryGet(argument.Name, out var value):
                    var shown = Show(value, argument.Grouped, out var ours);
                    text.Append(ours || !isolate ? shown : Bidi.Isolate(shown, culture.Direction));
                    break;
                case Message.Argument argument:
                    MissFact(key, argument.Name);
                    text.Append('⟦').Append(argument.Name).Append('⟧');
                    break;
                case Message.Slot slot:
                    Write(text, key, slot.Inside, culture, facts, count, isolate);
                    break;
                default:
                    if (Choose(part, culture, facts, out var inner) is { } chosen)
                    {
                        Write(text, key, chosen, culture, facts, inner ?? count, isolate);
                    }
                    break;
            }
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A value that is already in the language's own words.</summary>
    internal sealed record Formatted(string Text);
}

/// <summary>The names of enumerations as keys are written: <c>DecideCase</c> is <c>decide_case</c>.</summary>
internal static class SnakeCase
{
    private static readonly ConcurrentDictionary<Enum, string> Known = new();

    public static string Of(Enum value) => Known.GetOrAdd(value, static v =>
    {
        var words = new StringBuilder();
        foreach (var c in v.ToString())
        {
            if (char.IsAsciiLetterUpper(c) && words.Length > 0)
            {
                words.Append('_');
            }
            words.Append(char.ToLowerInvariant(c));
        }
        return words.ToString();
    });
}

/// <summary>The values of a text's placeholders, from a call or from a refusal.</summary>
internal readonly ref struct Facts
{
    private readonly ReadOnlySpan<(string Name, object? Value)> _span;
    private readonly IReadOnlyDictionary<string, object?>? _map;

    public Facts(ReadOnlySpan<(string Name, object? Value)> span) => _span = span;

    public Facts(IReadOnlyDictionary<string, object?> map) => _map = map;

    public bool TryGet(string name, out object? value)
    {
        if (_map is not null)
        {
            return _map.TryGetValue(name, out value);
        }
        foreach (var (n, v) in _span)
        {
            if (n == name)
            {
                value = v;
                return true;
            }
        }
        value = null;
        return false;
    }
}
