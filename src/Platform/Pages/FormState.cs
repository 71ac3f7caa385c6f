using Microsoft.AspNetCore.Http;
using Muqeem.Kernel;
using Muqeem.Platform.Texts;

namespace Muqeem.Platform.Pages;

/// <summary>One thing to put right: the field, the key of the words, and their facts.</summary>
/// <param name="Field">The field's name; empty when it concerns the whole form.</param>
public sealed record FormError(string Field, string Key, IReadOnlyDictionary<string, object?> Facts)
{
    public string In(Language language) => language.Text(Key, Facts);
}

/// <summary>What was typed into a form, exactly as typed, and what is wrong with it. Binding never fails: every value is a string, and parsing is the caller's.
/// Drawn again after a 422 it shows everything that was typed.</summary>
public sealed class FormState
{
    /// <summary>The name of the field with the operation id that <c>PostForm</c> draws.</summary>
    public const string OperationField = "operation";

    /// <summary>The name of the button that asks for the same form again in another language.</summary>
    public const string RedrawField = "redraw";

    /// <summary>Characters of one value; longer ones are cut and refused.</summary>
    public const int UsualLength = 1000;

    private const int MostFields = 300;
    private const int MostValuesOfAField = 200;

    private readonly Dictionary<string, IReadOnlyList<string>> _values;
    private readonly IFormFileCollection _files;
    private readonly List<FormError> _errors = [];

    private FormState(Dictionary<string, IReadOnlyList<string>> values, IFormFileCollection files, bool posted)
    {
        _values = values;
        _files = files;
        Posted = posted;
    }

    /// <summary>A form that nobody has typed into yet.</summary>
    public static FormState Empty() => new(new(StringComparer.Ordinal), new FormFileCollection(), posted: false);

    /// <summary>A form filled from what is stored, such as a draft.</summary>
    public static FormState Of(IEnumerable<KeyValuePair<string, string?>> values) =>
        new(values.Where(v => v.Value is not null).ToDictionary(v => v.Key, v => (IReadOnlyList<string>)[v.Value!], StringComparer.Ordinal), new FormFileCollection(), posted: false);

    /// <summary>A form filled from what is stored, with several values for a field.</summary>
    public static FormState Of(IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> values) =>
        new(values.ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal), new FormFileCollection(), posted: false);

    /// <summary>What a POST brought. Values beyond <paramref name="length"/> characters are cut, kept and refused; <paramref name="lengths"/> gives single fields another limit.
    /// Control characters go, line ends become LF, and half surrogate pairs become U+FFFD.</summary>
    public static async Task<FormState> ReadAsync(HttpContext context, int length = UsualLength, IReadOnlyDictionary<string, int>? lengths = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request.HasFormContentType ? Read(await context.Request.ReadFormAsync(context.RequestAborted), length, lengths) : Empty();
    }

    /// <inheritdoc cref="ReadAsync"/>
    public static FormState Read(IFormCollection form, int length = UsualLength, IReadOnlyDictionary<string, int>? lengths = null)
    {
        ArgumentNullException.ThrowIfNull(form);
        var values = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var tooLong = new List<(string Field, int Limit)>();
        foreach (var (name, given) in form)
        {
            if (name == PageAntiforgery.AntiforgeryField)
            {
                continue;
            }
            if (values.Count == MostFields)
            {
                throw new BadHttpRequestException("Too many fields.", StatusCodes.Status413PayloadTooLarge);
            }
            var limit = lengths is not null && lengths.TryGetValue(name, out var own) ? own : length;
            var all = new List<string>(given.Count);
            foreach (var value in given.Take(MostValuesOfAField))
            {
                var clean = Clean(value ?? "");
                if (clean.Length > limit)
                {
                    tooLong.Add((name, limit));
                    clean = clean[..(char.IsHighSurrogate(clean[limit - 1]) ? limit - 1 : limit)];
                }
                all.Add(clean);
            }
            values[name] = all;
        }
        var state = new FormState(values, form.Files, posted: true);
        foreach (var (field, limit) in tooLong)
        {
            state.Refuse(field, "sys.error.too_long", ("limit", limit));
        }
        return state;
    }

    /// <summary>Whether this came from a POST.</summary>
    public bool Posted { get; }

    /// <summary>The reader only changed the language: draw the form again with status 200, check nothing.</summary>
    public bool Redraw => Posted && Has(RedrawField);

    public IReadOnlyCollection<string> Fields => _values.Keys;

    /// <summary>The first value as typed; null when the field was not sent.</summary>
    public string? this[string field] => _values.TryGetValue(field, out var values) && values.Count > 0 ? values[0] : null;

    public bool Has(string field) => _values.ContainsKey(field);

    /// <summary>Every value, for tick boxes and repeated fields.</summary>
    public IReadOnlyList<string> All(string field) => _values.TryGetValue(field, out var values) ? values : [];

    /// <summary>The file that was chosen; null when there is none or it is empty.</summary>
    public IFormFile? File(string field) => _files.GetFile(field) is { Length: > 0 } file ? file : null;

    public IReadOnlyList<IFormFile> Files(string field) => [.. _files.GetFiles(field).Where(f => f.Length > 0)];

    /// <summary>The operation id that was made when the form was drawn; null when it is missing or malformed.</summary>
    public Guid? Operation => Guid.TryParse(this[OperationField], out var id) ? id : null;

    /// <summary>The boxes of a <c>DateField</c>, as typed.</summary>
    public TypedDate Date(string field) => new(this[field + ".day"], this[field + ".month"], this[field + ".year"], this[field + ".calendar"]);

    public IReadOnlyList<FormError> Errors => _errors;

    public bool Ok => _errors.Count == 0;

    /// <summary>The first error of a field; null when it is right.</summary>
    public FormError? ErrorOf(string field) => _errors.Find(e => e.Field == field);

    /// <summary>The text <paramref name="key"/> is shown above the form and at the field.</summary>
    public void Refuse(string field, string key, params ReadOnlySpan<(string Name, object? Value)> facts)
    {
        var all = new Dictionary<string, object?>(facts.Length, StringComparer.Ordinal);
        foreach (var (name, value) in facts)
        {
            all[name] = value;
        }
        _errors.Add(new(field, key, all));
    }

    /// <summary>The text of the refusal, <c>refusal.&lt;code&gt;</c>, at the field.</summary>
    public void Refuse(string field, Refusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        _errors.Add(new(field, "refusal." + refusal.Code, refusal.Facts));
    }

    /// <summary>Parses a field; what does not parse becomes the field's error. <c>form.TryParse("number", ResidentNumber.Parse, out var number)</c></summary>
    public bool TryParse<T>(string field, Func<string?, Result<T>> parse, out T value) where T : notnull
    {
        var result = parse(this[field]);
        if (result.Ok)
        {
            value = result.Value;
            return true;
        }
        Refuse(field, result.Refusal);
        value = default!;
        return false;
    }

    /// <summary>Passwords and codes are never sent back to the browser.</summary>
    internal static bool IsSecret(string field) =>
        field.Contains("password", StringComparison.OrdinalIgnoreCase) || field.Contains("code", StringComparison.OrdinalIgnoreCase) || field.Contains("secret", StringComparison.OrdinalIgnoreCase);

    private static string Clean(string value)
    {
        var needed = false;
        foreach (var c in value)
        {
            needed |= char.IsControl(c) || char.IsSurrogate(c);
        }
        if (!needed)
        {
            return value;
        }
        var clean = new System.Text.StringBuilder(value.Length);
        foreach (var rune in value.ReplaceLineEndings("\n").EnumerateRunes())
        {
            if (rune.Value is '\n' or '\t' || !System.Text.Rune.IsControl(rune))
            {
                clean.Append(rune.ToString());
            }
        }
        return clean.ToString();
    }
}

/// <summary>Day, month, year and calendar (<c>gregorian</c>, <c>hijri</c>, or null when the field offers one only) as they were typed.</summary>
public sealed record TypedDate(string? Day, string? Month, string? Year, string? Calendar)
{
    public bool IsEmpty => string.IsNullOrWhiteSpace(Day) && string.IsNullOrWhiteSpace(Month) && string.IsNullOrWhiteSpace(Year);

    public bool IsHijri => Calendar == "hijri";
}
