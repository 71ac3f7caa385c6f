using System.Text.Json;
using System.Text.Json.Serialization;

namespace Muqeem.Kernel;

/// <summary>A small value that is read from one text and written back in one canonical form.</summary>
public interface IParsed<TSelf> where TSelf : struct, IParsed<TSelf>
{
    /// <summary>Reads what a person or a record gave; digits of any script, spaces and invisible marks are accepted.</summary>
    static abstract Result<TSelf> Parse(string? text);
}

/// <summary>An <see cref="IParsed{TSelf}"/> in JSON is its canonical text, and is parsed again when read.</summary>
public sealed class ParsedConverter<T> : JsonConverter<T> where T : struct, IParsed<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException($"{typeof(T).Name} is a string.");
        }
        var parsed = T.Parse(reader.GetString());
        return parsed.Ok ? parsed.Value : throw new JsonException($"{typeof(T).Name}: {parsed.Refusal.Code}.");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

/// <summary>What the ten-digit numbers share: the checks in the order in which they help the person who typed it.</summary>
internal static class TenDigits
{
    public const int Length = 10;

    /// <summary>Ten ASCII digits, or a refusal <c>{name}.missing</c>, <c>.characters</c> or <c>.length</c>.</summary>
    public static Result<string> Read(string name, string? text)
    {
        var digits = Digits.Compact(text);
        if (digits.Length == 0)
        {
            return new Refusal(name + ".missing");
        }
        if (!Digits.AllAscii(digits))
        {
            return new Refusal(name + ".characters");
        }
        if (digits.Length != Length)
        {
            return new Refusal(name + ".length", ("given", digits.Length), ("expected", Length));
        }
        return digits;
    }
}

/// <summary>How much of a value may be shown to somebody who must recognise it but not learn it.</summary>
internal static class Mask
{
    /// <summary>The last <paramref name="shown"/> characters, the others as asterisks (which every SMS alphabet has).</summary>
    public static string Last(string text, int shown) =>
        text.Length <= shown ? new string('*', text.Length) : string.Concat(new string('*', text.Length - shown), text.AsSpan(text.Length - shown));
}
