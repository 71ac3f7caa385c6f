using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muqeem.Kernel;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Platform.Privacy;

/// <summary>
/// How values become JSON for storing: dates and instants as ISO text, enumerations by name, and every Kernel word that has a
/// <c>Parse</c> as its canonical text. The same value always gives the same text, so that commitments can be recomputed.
/// </summary>
public static class StoredJson
{
    public static JsonSerializerOptions Options { get; } = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // never shown as HTML; Arabic stays two bytes a letter
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            MaxDepth = 32,
        };
        options.Converters.Add(new JsonStringEnumConverter());
        options.Converters.Add(new PatternConverter<Instant>(InstantPattern.ExtendedIso));
        options.Converters.Add(new PatternConverter<LocalDate>(LocalDatePattern.Iso));
        options.Converters.Add(new PatternConverter<LocalDateTime>(LocalDateTimePattern.ExtendedIso));
        options.Converters.Add(new PatternConverter<LocalTime>(LocalTimePattern.ExtendedIso));
        options.Converters.Add(new PatternConverter<YearMonth>(YearMonthPattern.Iso));
        options.Converters.Add(new PatternConverter<AnnualDate>(AnnualDatePattern.Iso));
        options.Converters.Add(new PatternConverter<Period>(PeriodPattern.Roundtrip));
        options.Converters.Add(new PatternConverter<Duration>(DurationPattern.JsonRoundtrip));
        options.Converters.Add(new MoneyConverter());
        options.Converters.Add(new IdConverter<PersonId>(id => id.Value, id => new PersonId(id)));
        options.Converters.Add(new IdConverter<ActId>(id => id.Value, id => new ActId(id)));
        options.Converters.Add(new IdConverter<CaseId>(id => id.Value, id => new CaseId(id)));
        options.Converters.Add(new IdConverter<AccountId>(id => id.Value, id => new AccountId(id)));
        options.Converters.Add(new IdConverter<Files.UploadId>(id => id.Value, id => new Files.UploadId(id)));
        options.Converters.Add(new ParsedWords());
        return options;
    }

    private sealed class PatternConverter<T>(IPattern<T> pattern) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var parsed = pattern.Parse(reader.GetString()!);
            return parsed.Success ? parsed.Value : throw new JsonException($"Not a stored {typeof(T).Name}.");
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(pattern.Format(value));

        public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader, typeToConvert, options);

        public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WritePropertyName(pattern.Format(value));
    }

    private sealed class MoneyConverter : JsonConverter<Money>
    {
        public override Money Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, Money value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Halalas);
    }

    private sealed class IdConverter<T>(Func<T, Guid> value, Func<Guid, T> make) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => make(reader.GetGuid());

        public override void Write(Utf8JsonWriter writer, T id, JsonSerializerOptions options) => writer.WriteStringValue(value(id));

        public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => make(Guid.Parse(reader.GetString()!));

        public override void WriteAsPropertyName(Utf8JsonWriter writer, T id, JsonSerializerOptions options) => writer.WritePropertyName(value(id).ToString());
    }

    /// <summary>Kernel types with <c>static Result&lt;T&gt; Parse(string?)</c>: the constructors are private, so plain JSON would silently lose them.</summary>
    private sealed class ParsedWords : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) =>
            typeToConvert.Assembly == typeof(Result<>).Assembly && Parse(typeToConvert) is not null && !typeToConvert.IsDefined(typeof(JsonConverterAttribute));

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(typeof(ParsedWord<>).MakeGenericType(typeToConvert), Parse(typeToConvert))!;

        private static MethodInfo? Parse(Type type) =>
            type.GetMethod("Parse", BindingFlags.Public | BindingFlags.Static, [typeof(string)]) is { } method
            && method.ReturnType == typeof(Result<>).MakeGenericType(type) ? method : null;
    }

    private sealed class ParsedWord<T>(MethodInfo parse) : JsonConverter<T> where T : notnull
    {
        private readonly Func<string?, Result<T>> _parse = parse.CreateDelegate<Func<string?, Result<T>>>();

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var parsed = _parse(reader.GetString());
            return parsed.Ok ? parsed.Value : throw new JsonException($"Not a stored {typeof(T).Name}: {parsed.Refusal.Code}.");
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

        public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader, typeToConvert, options);

        public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString()!);
    }
}
