using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Unicode;

namespace Muqeem.Verifier.Encodings;

public enum JsonKind
{
    Null,
    False,
    True,
    Number,
    Text,
    Array,
    Object,
}

/// <summary>
/// A JSON text as a tree that does not change. Stricter than RFC 8259 asks: no name twice in an object, nothing that is not Unicode, at most
/// <see cref="MostDepth"/> levels, and a bounded number of values. Numbers keep their text: nothing is rounded.
/// </summary>
public sealed class Json
{
    public const int MostDepth = 32;
    public const int MostNodes = 8192;

    private static readonly Json[] None = [];
    private static readonly JsonReaderOptions Strict = new() { CommentHandling = JsonCommentHandling.Disallow, AllowTrailingCommas = false, MaxDepth = 2 * MostDepth };
    private static readonly Json NullValue = new(JsonKind.Null, null, null, null);
    private static readonly Json TrueValue = new(JsonKind.True, null, null, null);
    private static readonly Json FalseValue = new(JsonKind.False, null, null, null);

    private readonly string? _text;
    private readonly KeyValuePair<string, Json>[]? _members;
    private readonly Json[]? _items;

    private Json(JsonKind kind, string? text, KeyValuePair<string, Json>[]? members, Json[]? items)
    {
        Kind = kind;
        _text = text;
        _members = members;
        _items = items;
    }

    public JsonKind Kind { get; }

    /// <summary>Of a text; null of anything else.</summary>
    public string? Text => Kind == JsonKind.Text ? _text : null;

    /// <summary>The digits of a number as they were written; null of anything else.</summary>
    public string? Digits => Kind == JsonKind.Number ? _text : null;

    /// <summary>Of an object, in their order; empty of anything else.</summary>
    public ReadOnlySpan<KeyValuePair<string, Json>> Members => _members;

    /// <summary>Of an array; empty of anything else.</summary>
    public ReadOnlySpan<Json> Items => _items ?? None;

    /// <summary>The member of this name; null when there is none or this is no object.</summary>
    public Json? this[string name]
    {
        get
        {
            foreach (var (key, value) in Members)
            {
                if (key == name)
                {
                    return value;
                }
            }
            return null;
        }
    }

    /// <summary>A whole number written as one, that is without a point or an exponent.</summary>
    public bool TryInteger(out long value)
    {
        value = 0;
        return Kind == JsonKind.Number && long.TryParse(_text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    public static Checked<Json> Parse(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            return Reason.JsonMalformed;
        }
        var reader = new Utf8JsonReader(utf8, Strict);
        var nodes = 0;
        try
        {
            if (!reader.Read())
            {
                return Reason.JsonMalformed;
            }
            var value = Value(ref reader, ref nodes, 1, out var reason);
            if (value is null)
            {
                return reason;
            }
            return reader.Read() ? Reason.JsonMalformed : value;
        }
        catch (JsonException)
        {
            return Reason.JsonMalformed;
        }
        catch (InvalidOperationException)
        {
            // An escape of half a surrogate pair: text that no encoding has.
            return Reason.JsonMalformed;
        }
    }

    internal static Json Object(List<KeyValuePair<string, Json>> members) => new(JsonKind.Object, null, [.. members], null);

    internal static Json Array(List<Json> items) => new(JsonKind.Array, null, null, [.. items]);

    private static Json? Value(ref Utf8JsonReader reader, ref int nodes, int depth, out Reason reason)
    {
        reason = Reason.JsonMalformed;
        if (++nodes > MostNodes)
        {
            reason = Reason.JsonTooLarge;
            return null;
        }
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return NullValue;
            case JsonTokenType.True:
                return TrueValue;
            case JsonTokenType.False:
                return FalseValue;
            case JsonTokenType.Number:
                return new Json(JsonKind.Number, System.Text.Encoding.ASCII.GetString(reader.ValueSpan), null, null);
            case JsonTokenType.String:
                return new Json(JsonKind.Text, reader.GetString(), null, null);
        }
        if (depth > MostDepth)
        {
            reason = Reason.JsonTooDeep;
            return null;
        }
        return reader.TokenType == JsonTokenType.StartArray ? ArrayOf(ref reader, ref nodes, depth, out reason) : ObjectOf(ref reader, ref nodes, depth, out reason);
    }

    private static Json? ArrayOf(ref Utf8JsonReader reader, ref int nodes, int depth, out Reason reason)
    {
        reason = Reason.JsonMalformed;
        // A disclosure has three.
        var few = default(Few);
        var count = 0;
        List<Json>? more = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (Value(ref reader, ref nodes, depth + 1, out reason) is not { } item)
            {
                return null;
            }
            if (count < Few.Length)
            {
                few[count++] = item;
            }
            else
            {
                (more ??= new(16)).Add(item);
            }
        }
        var items = new Json[count + (more?.Count ?? 0)];
        ((ReadOnlySpan<Json?>)few)[..count].CopyTo(items!);
        more?.CopyTo(items, count);
        return new(JsonKind.Array, null, null, items);
    }

    private static Json? ObjectOf(ref Utf8JsonReader reader, ref int nodes, int depth, out Reason reason)
    {
        reason = Reason.JsonMalformed;
        var members = new List<KeyValuePair<string, Json>>(8);
        HashSet<string>? names = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            if (IsTaken(members, ref names, name))
            {
                reason = Reason.JsonDuplicateKey;
                return null;
            }
            reader.Read();
            if (Value(ref reader, ref nodes, depth + 1, out reason) is not { } value)
            {
                return null;
            }
            members.Add(new(name, value));
        }
        return Object(members);
    }

    [InlineArray(Length)]
    private struct Few
    {
        public const int Length = 4;

        private Json? _first;
    }

    /// <summary>A credential has some thirty; so many are compared in less time than a set takes to make.</summary>
    private const int FewNames = 32;

    /// <summary>Compares one by one while there are few; an object of thousands of names must not cost their square.</summary>
    internal static bool IsTaken(List<KeyValuePair<string, Json>> members, ref HashSet<string>? names, string name)
    {
        if (members.Count < FewNames)
        {
            foreach (var (key, _) in members)
            {
                if (key == name)
                {
                    return true;
                }
            }
            return false;
        }
        names ??= new HashSet<string>(members.Select(m => m.Key), StringComparer.Ordinal);
        return !names.Add(name);
    }
}
