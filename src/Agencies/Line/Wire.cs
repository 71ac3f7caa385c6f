using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Muqeem.Kernel;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Agencies;

/// <summary>How the agencies' contracts are written in JSON: camelCase names, UPPER_SNAKE words, ISO days, UTC instants; nothing missing, nothing null that may not be.</summary>
public static class Wire
{
    public static readonly JsonSerializerOptions Options = Make();

    /// <summary>An answer, or the field that breaks the contract.</summary>
    internal static (T? Value, string? Field, string Breach) Read<T>(ReadOnlyMemory<byte> body) where T : class, IAgencyRecord
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return (null, "$", "not JSON");
        }
        using (document)
        {
            if (FirstMissing(document.RootElement, Options.GetTypeInfo(typeof(T)), "") is { } missing)
            {
                return (null, missing, "missing");
            }
            T? value;
            try
            {
                value = document.RootElement.Deserialize<T>(Options);
            }
            catch (JsonException breach)
            {
                return (null, Plain(breach.Path), "wrong form");
            }
            if (value is null)
            {
                return (null, "$", "null");
            }
            if (value.Source.Length == 0)
            {
                return (null, "source", "empty");
            }
            return value.BrokenField() is { } field ? (null, field, "not allowed") : (value, null, "");
        }
    }

    /// <summary>The content of a call to us, or a refusal that names the field which breaks the contract.</summary>
    /// <param name="brokenField">The first field that breaks the contract, or null.</param>
    internal static Result<T> ReadEvent<T>(ReadOnlySpan<byte> body, Func<T, string?> brokenField) where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(body.ToArray());
            if (FirstMissing(document.RootElement, Options.GetTypeInfo(typeof(T)), "") is { } missing)
            {
                return Malformed(missing);
            }
            var content = document.RootElement.Deserialize<T>(Options);
            return content is null ? Malformed("$") : brokenField(content) is { } field ? Malformed(field) : content;
        }
        catch (JsonException breach)
        {
            return Malformed(Plain(breach.Path));
        }
    }

    /// <param name="field">On the wire; <c>$</c>: the whole.</param>
    public static Refusal Malformed(string field) => new(CallGate.Malformed, ("field", field));

    /// <summary>Makes other options write and read as the contracts say.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.AllowDuplicateProperties = false;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All);
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RequireWhatMayNotBeNull } };
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseUpper, allowIntegerValues: false));
        options.Converters.Add(new DayConverter());
        options.Converters.Add(new InstantConverter());
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions();
        Apply(options);
        options.MakeReadOnly();
        return options;
    }

    // What may be null may also be missing.
    private static void RequireWhatMayNotBeNull(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.AssociatedParameter is { } parameter)
            {
                property.IsRequired = !parameter.IsNullable && !parameter.HasDefaultValue;
            }
        }
    }

    // The serializer names a missing property only inside a sentence; the contract's owner must be told the field.
    private static string? FirstMissing(JsonElement element, JsonTypeInfo type, string path)
    {
        if (type.Kind == JsonTypeInfoKind.Object && element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in type.Properties)
            {
                var name = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
                if (!element.TryGetProperty(property.Name, out var child))
                {
                    if (property.IsRequired)
                    {
                        return name;
                    }
                    continue;
                }
                if (child.ValueKind is JsonValueKind.Object or JsonValueKind.Array && FirstMissing(child, Options.GetTypeInfo(property.PropertyType), name) is { } missing)
                {
                    return missing;
                }
            }
        }
        if (type.Kind == JsonTypeInfoKind.Enumerable && type.ElementType is { } elementType && element.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in element.EnumerateArray())
            {
                // No list of a contract has holes; the serializer would let them pass.
                var place = string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");
                if ((item.ValueKind == JsonValueKind.Null ? place : FirstMissing(item, Options.GetTypeInfo(elementType), place)) is { } missing)
                {
                    return missing;
                }
                index++;
            }
        }
        return null;
    }

    private static string Plain(string? path) => path is null or "$" ? "$" : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path;

    private sealed class DayConverter : JsonConverter<LocalDate>
    {
        public override LocalDate Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && LocalDatePattern.Iso.Parse(reader.GetString()!) is { Success: true } day
                ? day.Value
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, LocalDate value, JsonSerializerOptions options) =>
            writer.WriteStringValue(LocalDatePattern.Iso.Format(value));
    }

    private sealed class InstantConverter : JsonConverter<Instant>
    {
        public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && InstantPattern.ExtendedIso.Parse(reader.GetString()!) is { Success: true } instant
                ? instant.Value
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) =>
            writer.WriteStringValue(InstantPattern.ExtendedIso.Format(value));
    }
}

/// <summary>The shapes of numbers on the wire. The agencies own their numbers, so only the form is judged here.</summary>
internal static class Shape
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");
    private static readonly SearchValues<char> PassportCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    private static readonly SearchValues<char> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public static bool Number(string? text, int length) => text?.Length == length && !text.AsSpan().ContainsAnyExcept(Digits);

    public static bool Number(string? text, int shortest, int longest) =>
        text is not null && text.Length >= shortest && text.Length <= longest && !text.AsSpan().ContainsAnyExcept(Digits);

    /// <summary>A resident (2), citizen (1) or border (3, 4, 5) number.</summary>
    public static bool Person(string? text) => Number(text, 10) && text![0] is >= '1' and <= '5';

    public static bool Resident(string? text) => Number(text, 10) && text![0] == '2';

    public static bool Border(string? text) => Number(text, 10) && text![0] is >= '3' and <= '5';

    public static bool Establishment(string? text) => Number(text, 10) && text![0] == '7';

    /// <summary>An establishment (7), or a household: a citizen (1) or a resident (2).</summary>
    public static bool Employer(string? text) => Number(text, 10) && text![0] is '1' or '2' or '7';

    public static bool Passport(string? text) => text is { Length: >= 5 and <= 20 } && !text.AsSpan().ContainsAnyExcept(PassportCharacters);

    /// <summary>One to three letters, as in the MRZ without fillers.</summary>
    public static bool State(string? text) => text is { Length: >= 1 and <= 3 } && !text.AsSpan().ContainsAnyExcept(Letters);

    public static bool Mobile(string? text) => text is { Length: >= 8 and <= 16 } && text[0] == '+' && !text.AsSpan(1).ContainsAnyExcept(Digits);

    public static bool Occupation(string? text) => text is { Length: 4 } && text[0] == 'P' && !text.AsSpan(1).ContainsAnyExcept(Digits);

    /// <summary>The first broken field of a list's items, as the wire names it: <c>orders[2].number</c>; null when none is.</summary>
    /// <param name="list">The list's name on the wire.</param>
    /// <param name="broken">The broken field of an item.</param>
    public static string? Each<T>(string list, IReadOnlyList<T> items, Func<T, string?> broken)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (broken(items[i]) is { } field)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{list}[{i}].{field}");
            }
        }
        return null;
    }

    public static bool Text(string? text, int longest = 200) => text is not null && text.Length <= longest && !string.IsNullOrWhiteSpace(text);
}
