using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Texts;
using NodaTime;
using NodaTime.Text;
using Field = Muqeem.Cases.Definition.Field;

namespace Muqeem.Office;

/// <summary>The engine's codes in the officer's words.</summary>
internal static class Words
{
    public static string Service(Language l, Service service) => First(l, service.Code, $"svc.{service.Key}.name", $"svc.{service.Key}.title");

    public static string State(Language l, string state) => First(l, state, "office.state." + state.ToLowerInvariant(), "case.state." + state);

    public static string Source(Language l, string source) => First(l, source, "source." + source);

    public static string Act(Language l, string act) => First(l, act, "office.act." + act, "case.act." + act);

    public static string Actor(Language l, string kind) => First(l, kind, "office.by." + kind.ToLowerInvariant());

    /// <summary>A reason of an officer, of a rule or of a source.</summary>
    public static string? Reason(Language l, string? reason) =>
        reason is null ? null
        : l.Has("office.reason." + reason) ? l.Text("office.reason." + reason)
        : reason.StartsWith("source.", StringComparison.Ordinal) && l.Has(reason) ? l.Text(reason)
        : l.Has("refusal." + reason + ".short") ? l.Text("refusal." + reason + ".short")
        : reason;

    public static string Item(Language l, Service service, string field) => First(l, field, "case.field." + field, $"svc.{service.Key}.field.{field}");

    public static string Question(Language l, Service service, Field field) => First(l, field.Name, $"svc.{service.Key}.field.{field.Name}");

    /// <summary>What a line of the fee table is called on bills; null of any other rule, and of a line that is on none.</summary>
    public static string? FeeName(Language l, string code) =>
        code.StartsWith(PolicyChange.FeePrefix, StringComparison.Ordinal) && "fee." + code[PolicyChange.FeePrefix.Length..].ToLowerInvariant() is var key && l.Has(key) ? l.Text(key) : null;

    /// <summary>What a part of a rule is called: each name on its way in words, or as it is written where there are none. Without a way it is the value.</summary>
    public static string PolicyPart(Language l, string path) => path.Length == 0 ? l.Text("office.policies.value")
        : string.Join(" · ", path.Split('/').Select(name => l.Has("office.policies.part." + name) ? l.Text("office.policies.part." + name) : $"\u2066{name}\u2069"));

    /// <summary>When a rule is in force.</summary>
    /// <param name="to">Exclusive.</param>
    public static string Dates(Language l, LocalDate? from, LocalDate? to) => (from, to) switch
    {
        (null, null) => l.Text("office.policies.always"),
        ({ } first, null) => l.Text("office.policies.from", ("day", first)),
        (null, { } end) => l.Text("office.policies.until", ("day", end)),
        ({ } first, { } end) => l.Text("office.policies.between", ("from", first), ("to", end)),
    };

    public static string Class(Language l, ComparisonClass value) => l.Text("office.class." + Snake(value.ToString()));

    /// <summary>How much a difference asks of the officer.</summary>
    public static Tone ToneOf(ComparedField compared) =>
        compared.Agrees ? Tone.Good
        : compared.Class is ComparisonClass.Transliteration or ComparisonClass.OtherOrder or ComparisonClass.MissingPart ? Tone.Warning
        : Tone.Bad;

    /// <summary>A compared value as people read it: codes as words, days with the month's name; the value itself where nothing is known about it.</summary>
    public static string? Value(Language l, string field, string? value) => value is null || value.Length == 0 ? null : field switch
    {
        "sex" => l.Text("office.sex." + (value is "M" or "F" ? value.ToLowerInvariant() : "u")),
        "nationality" => Reference.Nationality(value) is { } nation ? $"{(l.Code == "ar" ? nation.Arabic : nation.English)} ({value})" : value,
        "birth_date" or "passport_expiry" => Day(l, value),
        _ => value,
    };

    /// <summary>The language that a value is written in, when it is not the page's.</summary>
    public static string? Lang(string field) => field switch { "name_latin" => "en", "name_arabic" => "ar", _ => null };

    /// <summary>Numbers of documents and establishments stand from left to right on every page.</summary>
    public static bool LeftToRight(string field) => field is "passport_number" or "employer" or "name_latin";

    private static string Day(Language l, string value)
    {
        var hijri = value.EndsWith('H');
        var day = LocalDatePattern.Iso.WithCalendar(hijri ? CalendarSystem.UmAlQura : CalendarSystem.Iso).Parse(hijri ? value[..^1] : value);
        return day.Success ? hijri ? l.Hijri(day.Value) ?? value : l.Date(day.Value) : value;
    }

    /// <summary>A signal of the risk table: what it is, not what it weighs.</summary>
    public static string Signal(Language l, Service service, string signal)
    {
        var parts = signal.Split(':', 2);
        return parts[0] switch
        {
            var mismatch when mismatch.StartsWith("mismatch.", StringComparison.Ordinal) && parts.Length == 2 =>
                l.Text("office.signal.mismatch", ("item", Item(l, service, parts[1])), ("class", l.Text("office.class." + mismatch["mismatch.".Length..]))),
            "finding" when parts.Length == 2 => l.Text("office.signal.finding", ("finding", First(l, parts[1], $"refusal.{parts[1]}.short", "office.finding." + parts[1]))),
            var other => First(l, signal, "office.signal." + other),
        };
    }

    /// <summary>The answer to a question in words.</summary>
    public static string? Answer(Language l, Service service, Field field, Answers answers, FormContext context)
    {
        if (field.Kind == FieldKind.Day)
        {
            return FormDays.Join(answers, field.Name) is { } raw ? FormDays.Parse(raw) is { Ok: true } day ? l.Date(day.Value) : raw : null;
        }
        if (answers[field.Name] is not { } typed)
        {
            return null;
        }
        return field.Kind switch
        {
            FieldKind.Yes => typed == "yes" ? l.Text("sys.yes") : typed,
            FieldKind.Choice => Chosen(l, service, field.Options!(context).FirstOrDefault(o => o.Value == typed), typed),
            FieldKind.Upload => null,
            _ => typed,
        };
    }

    private static string Chosen(Language l, Service service, Option? option, string typed) => option switch
    {
        { TextKey: { } key } => l.Has(key) ? l.Text(key, ("n", typed)) : typed,
        { English: { } english, Arabic: { } arabic } => l.Code == "ar" ? arabic : english,
        _ => First(l, typed, $"svc.{service.Key}.option.{typed}"),
    };

    /// <summary><c>14:05:30</c> in Riyadh.</summary>
    public static string Second(Instant at) => LocalTimePattern.CreateWithInvariantCulture("HH:mm:ss").Format(at.WithOffset(Clock.Riyadh).TimeOfDay);

    public static string Snake(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));

    private static string First(Language l, string otherwise, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (l.Has(key))
            {
                return l.Text(key);
            }
        }
        return otherwise;
    }
}
