using System.Linq.Expressions;
using System.Reflection;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Cases.Definition;

/// <summary>How a question is asked. The renderer of pages, the check-your-answers page, the officer's view and the JSON schema follow it.</summary>
public enum FieldKind
{
    Text,
    LongText,
    Number,

    /// <summary>Three boxes: <c>name.day</c>, <c>name.month</c>, <c>name.year</c>.</summary>
    Day,
    Choice,
    Yes,

    /// <summary>The value is the id of an upload.</summary>
    Upload,
}

/// <summary>One answer to choose: the text is a key, or (for lists of data) a word in both languages.</summary>
public sealed record Option(string Value, string? TextKey = null, string? Arabic = null, string? English = null);

/// <summary>What parsing and the list of options may look at.</summary>
public sealed record FormContext(LocalDate Today, Platform.Policies.PolicySnapshot Policy, FactSet Facts, string Category)
{
    public static FormContext From(RuleContext rules, FactSet facts) => new(rules.Today, rules.Policy, facts, rules.Category);
}

/// <summary>The raw answers as they were typed, by field name. Nothing typed is ever lost.</summary>
public sealed class Answers(IReadOnlyDictionary<string, string> values)
{
    public static readonly Answers Empty = new(new Dictionary<string, string>(StringComparer.Ordinal));

    public IReadOnlyDictionary<string, string> Values { get; } = values;

    public string? this[string name] => Values.TryGetValue(name, out var v) && !string.IsNullOrWhiteSpace(v) ? v : null;

    public bool Has(Field field) => field.Kind == FieldKind.Day
        ? this[field.Name + ".day"] is not null || this[field.Name + ".month"] is not null || this[field.Name + ".year"] is not null
        : this[field.Name] is not null;

    public Answers With(IEnumerable<KeyValuePair<string, string>> more)
    {
        var all = new Dictionary<string, string>(Values, StringComparer.Ordinal);
        foreach (var (name, value) in more)
        {
            all[name] = value;
        }
        return new(all);
    }
}

/// <summary>A fault at a field.</summary>
public sealed record FieldFault(string Field, Refusal Refusal);

/// <summary>One question. Its texts are <c>svc.&lt;service&gt;.field.&lt;name&gt;</c> and <c>….hint</c>.</summary>
public abstract class Field
{
    public required string Name { get; init; }
    public required FieldKind Kind { get; init; }
    public bool Required { get; init; } = true;
    public int MaxLength { get; init; } = 200;
    public bool HasHint { get; init; }

    /// <summary>Latin letters or digits: shown left to right whatever the page.</summary>
    public bool LeftToRight { get; init; }
    public bool Numeric { get; init; }
    public string? Autocomplete { get; init; }

    /// <summary>For uploads: passport_page, face_photo, evidence.</summary>
    public string? UploadKind { get; init; }
    public Func<FormContext, IReadOnlyList<Option>>? Options { get; init; }

    /// <summary>The answer where none is given, as far as the records say one: shown to be changed, and not asked.</summary>
    public Func<FormContext, string?>? Usual { get; init; }

    /// <summary>Asked only when this holds.</summary>
    public Func<Answers, bool>? When { get; init; }

    /// <summary>For uploads: the id that the request carries.</summary>
    internal Func<object, Guid?>? UploadOf { get; init; }

    /// <summary>Parses the raw answer and sets it on the request; a refusal otherwise.</summary>
    public abstract Refusal? Bind(object request, Answers answers, FormContext context);

    public bool Asked(Answers answers) => When is null || When(answers);
}

internal sealed class Field<TRequest, T>(Action<TRequest, T> set, Func<string, FormContext, Result<T>> parse) : Field where T : notnull
{
    public override Refusal? Bind(object request, Answers answers, FormContext context)
    {
        string? raw = Kind == FieldKind.Day ? FormDays.Join(answers, Name) : answers[Name] ?? Usual?.Invoke(context);
        if (raw is null)
        {
            return Required ? new Refusal(FormRefusals.Missing(Kind), ("field", Name)) : null;
        }
        if (raw.Length > MaxLength)
        {
            return new Refusal(FormRefusals.TooLong, ("max", MaxLength));
        }
        var parsed = parse(raw, context);
        if (!parsed.Ok)
        {
            return parsed.Refusal;
        }
        set((TRequest)request, parsed.Value);
        return null;
    }
}

/// <summary>One topic: one page of at most a few fields, a task of the task list.</summary>
public sealed record FormPage(string Id, IReadOnlyList<Field> Fields)
{
    /// <summary>Done when everything asked on it is answered and parses.</summary>
    public bool Done(Answers answers, FormContext context, Func<object> blank) =>
        Fields.Where(f => f.Asked(answers)).All(f => f.Bind(blank(), answers, context) is null);
}

/// <summary>The questions of a service, in order.</summary>
public abstract class Form
{
    public abstract IReadOnlyList<FormPage> Pages { get; }
    public abstract object Blank();

    public IEnumerable<Field> Fields => Pages.SelectMany(p => p.Fields);

    /// <summary>The pictures and papers that a request carries.</summary>
    public IReadOnlyList<Guid> UploadsOf(object request) => [.. Fields.Select(f => f.UploadOf?.Invoke(request)).OfType<Guid>()];

    /// <summary>The questions whose file the person did not send, or sent as something else.</summary>
    internal IEnumerable<FieldFault> NotSent(object request, IReadOnlyList<Platform.Files.SentUpload> sent) =>
        Fields.Where(f => f.UploadOf?.Invoke(request) is { } id && !sent.Any(s => s.Id == id && s.Kind == f.UploadKind)).Select(f => new FieldFault(f.Name, new Refusal(FormRefusals.Upload)));

    public FormPage? Page(string id) => Pages.FirstOrDefault(p => p.Id == id);

    /// <summary>All faults of the pages asked for (all pages when null), and the request as far as it goes.</summary>
    public (object Request, IReadOnlyList<FieldFault> Faults) Bind(Answers answers, FormContext context, FormPage? only = null)
    {
        var request = Blank();
        var faults = new List<FieldFault>();
        foreach (var field in only?.Fields ?? Fields)
        {
            if (field.Asked(answers) && field.Bind(request, answers, context) is { } refusal)
            {
                faults.Add(new(field.Name, refusal));
            }
        }
        return (request, faults);
    }
}

/// <summary>The questions over <typeparamref name="TRequest"/>: a renamed property is a compile error.</summary>
public sealed class Form<TRequest> : Form where TRequest : class, new()
{
    private readonly List<FormPage> _pages = [];

    public override IReadOnlyList<FormPage> Pages => _pages;

    public override object Blank() => new TRequest();

    public Form<TRequest> Page(string id, params Field[] fields)
    {
        _pages.Add(new(id, fields));
        return this;
    }

    public static Field Text(Expression<Func<TRequest, string?>> target, Func<string, FormContext, Result<string>>? parse = null, bool required = true, int maxLength = 200, bool hint = false,
        bool ltr = false, bool numeric = false, string? autocomplete = null, Func<Answers, bool>? when = null, FieldKind kind = FieldKind.Text) =>
        new Field<TRequest, string>(Setter<string>(target, out var name), parse ?? ((raw, _) => raw.Trim()))
        {
            Name = name,
            Kind = kind,
            Required = required,
            MaxLength = maxLength,
            HasHint = hint,
            LeftToRight = ltr,
            Numeric = numeric,
            Autocomplete = autocomplete,
            When = when,
        };

    public static Field Number(Expression<Func<TRequest, int?>> target, int min, int max, bool required = true, bool hint = false, Func<Answers, bool>? when = null) =>
        new Field<TRequest, int>(Setter<int>(target, out var name), (raw, _) =>
            int.TryParse(Digits.Normalise(raw), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) && n >= min && n <= max
                ? n : new Refusal(FormRefusals.Number, ("min", min), ("max", max)))
        { Name = name, Kind = FieldKind.Number, Required = required, HasHint = hint, LeftToRight = true, Numeric = true, MaxLength = 20, When = when };

    /// <summary>A Gregorian day in three boxes.</summary>
    public static Field Day(Expression<Func<TRequest, LocalDate?>> target, bool required = true, bool hint = false, Func<Answers, bool>? when = null) =>
        new Field<TRequest, LocalDate>(Setter<LocalDate>(target, out var name), (raw, _) => FormDays.Parse(raw))
        { Name = name, Kind = FieldKind.Day, Required = required, HasHint = hint, MaxLength = 60, When = when };

    public static Field Choice(Expression<Func<TRequest, string?>> target, Func<FormContext, IReadOnlyList<Option>> options, bool required = true, bool hint = false, Func<Answers, bool>? when = null) =>
        new Field<TRequest, string>(Setter<string>(target, out var name), (raw, context) =>
            options(context).Any(o => o.Value == raw) ? raw : new Refusal(FormRefusals.Choice))
        { Name = name, Kind = FieldKind.Choice, Required = required, HasHint = hint, Options = options, When = when };

    /// <summary>A choice among what a record holds of the person. Before the record was asked any answer is kept; sending checks it. Not answered it is the first.</summary>
    public static Field Recorded(Expression<Func<TRequest, string?>> target, Func<FormContext, IReadOnlyList<Option>?> options) =>
        new Field<TRequest, string>(Setter<string>(target, out var name), (raw, context) =>
            options(context) is not { } recorded || recorded.Any(o => o.Value == raw) ? raw : new Refusal(FormRefusals.Choice))
        { Name = name, Kind = FieldKind.Choice, Required = false, HasHint = true, LeftToRight = true, Options = context => options(context) ?? [], Usual = context => options(context)?.FirstOrDefault()?.Value };

    public static Field Yes(Expression<Func<TRequest, bool?>> target) =>
        new Field<TRequest, bool>(Setter<bool>(target, out var name), (raw, _) => raw == "yes" ? true : new Refusal(FormRefusals.Yes)) { Name = name, Kind = FieldKind.Yes };

    public static Field Upload(Expression<Func<TRequest, Guid?>> target, string kind, bool required = true, bool hint = true)
    {
        var read = target.Compile();
        return new Field<TRequest, Guid>(Setter<Guid>(target, out var name), (raw, _) => Guid.TryParse(raw, out var id) ? id : new Refusal(FormRefusals.Upload))
        { Name = name, Kind = FieldKind.Upload, Required = required, UploadKind = kind, HasHint = hint, UploadOf = request => read((TRequest)request) };
    }

    private static Action<TRequest, T> Setter<T>(LambdaExpression target, out string name)
    {
        var member = target.Body is UnaryExpression u ? (MemberExpression)u.Operand : (MemberExpression)target.Body;
        var property = (PropertyInfo)member.Member;
        name = char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
        return (request, value) => property.SetValue(request, value);
    }
}

/// <summary>Faults that any form can have.</summary>
public static class FormRefusals
{
    public const string MissingText = "form.missing.text";
    public const string MissingChoice = "form.missing.choice";
    public const string MissingDay = "form.missing.day";
    public const string MissingUpload = "form.missing.upload";
    public const string Yes = "form.missing.yes";
    public const string TooLong = "form.too_long";
    public const string Number = "form.number";
    public const string Choice = "form.choice";
    public const string Upload = "form.upload";
    public const string DayInvalid = "form.day.invalid";
    public const string DayParts = "form.day.parts";

    public static string Missing(FieldKind kind) => kind switch
    {
        FieldKind.Choice => MissingChoice,
        FieldKind.Day => MissingDay,
        FieldKind.Upload => MissingUpload,
        FieldKind.Yes => Yes,
        _ => MissingText,
    };
}

/// <summary>A day typed in three boxes, in any script's digits.</summary>
public static class FormDays
{
    /// <summary>Joins the boxes as <c>d/m/y</c>; null when all are empty.</summary>
    public static string? Join(Answers answers, string name)
    {
        var (d, m, y) = (answers[name + ".day"], answers[name + ".month"], answers[name + ".year"]);
        return d is null && m is null && y is null ? null : $"{d}/{m}/{y}";
    }

    public static Result<LocalDate> Parse(string raw)
    {
        var parts = raw.Split('/');
        if (parts.Length != 3 || parts.Any(string.IsNullOrWhiteSpace))
        {
            return new Refusal(FormRefusals.DayParts);
        }
        var numbers = new int[3];
        for (var i = 0; i < 3; i++)
        {
            if (!int.TryParse(Digits.Normalise(parts[i]), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out numbers[i]))
            {
                return new Refusal(FormRefusals.DayInvalid, ("text", raw));
            }
        }
        var (day, month, year) = (numbers[0], numbers[1], numbers[2]);
        return year is >= 1900 and <= 2200 && month is >= 1 and <= 12 && day >= 1 && day <= CalendarSystem.Iso.GetDaysInMonth(year, month)
            ? new LocalDate(year, month, day)
            : new Refusal(FormRefusals.DayInvalid, ("text", raw));
    }
}
