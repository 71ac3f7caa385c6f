using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

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
    private static readonly Json NullValue = new(JsonKind.Null);
    private static readonly Json TrueValue = new(JsonKind.True);
    private static readonly Json FalseValue = new(JsonKind.False);

    private readonly KeyValuePair<string, Json>[]? _members;
    private readonly Json[]? _items;

    /// <summary>Of a text without an escape, and of a number: as it came. A credential is full of texts at which nobody looks; a string is made of one that somebody asks for.</summary>
    private readonly ReadOnlyMemory<byte> _utf8;
    private string? _text;

    private Json(JsonKind kind) => Kind = kind;

    private Json(JsonKind kind, ReadOnlyMemory<byte> utf8) : this(kind) => _utf8 = utf8;

    private Json(string text) : this(JsonKind.Text) => _text = text;

    private Json(KeyValuePair<string, Json>[] members) : this(JsonKind.Object) => _members = members;

    private Json(Json[] items) : this(JsonKind.Array) => _items = items;

    public JsonKind Kind { get; }

    /// <summary>Of a text; null of anything else.</summary>
    public string? Text => Kind == JsonKind.Text ? Written : null;

    /// <summary>The digits of a number as they were written; null of anything else.</summary>
    public string? Digits => Kind == JsonKind.Number ? Written : null;

    private string Written => _text ??= Encoding.UTF8.GetString(_utf8.Span);

    /// <summary>Of a text; empty of anything else.</summary>
    internal ReadOnlyMemory<byte> Utf8 => Kind != JsonKind.Text ? default : _utf8.IsEmpty ? Encoding.UTF8.GetBytes(_text ?? "") : _utf8;

    /// <summary>Whether this is that text. Most are of ASCII, and are compared as they came.</summary>
    public bool IsText(string text)
    {
        if (Kind != JsonKind.Text)
        {
            return false;
        }
        // As many bytes as characters are there only where all are of ASCII.
        return !_utf8.IsEmpty && _utf8.Length == text.Length ? Ascii.Equals(_utf8.Span, text) : Written == text;
    }

    /// <summary>A text that names something, as a disclosure's second does; null of anything else.</summary>
    internal string? Name => Kind == JsonKind.Text ? _text ??= NameOf(_utf8.Span) : null;

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
        return Kind == JsonKind.Number && long.TryParse(_utf8.Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    public static Checked<Json> Parse(ReadOnlySpan<byte> utf8) => ParseHeld(utf8.ToArray());

    /// <summary>The same without a copy.</summary>
    /// <param name="utf8">Must not change afterwards: the tree keeps it.</param>
    internal static Checked<Json> ParseHeld(ReadOnlyMemory<byte> utf8)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8.Span))
        {
            return Reason.JsonMalformed;
        }
        var walk = new Walk(utf8);
        try
        {
            if (!walk.Reader.Read())
            {
                return Reason.JsonMalformed;
            }
            var value = walk.Value(1, out var reason);
            if (value is null)
            {
                return reason;
            }
            return walk.Reader.Read() ? Reason.JsonMalformed : value;
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

    /// <summary>
    /// The usual disclosure (RFC 9901 section 4.2), <c>[salt, name, value]</c>, without a tree for what is around the value: a credential has thirty. False for everything else, whether it is one or not; <see cref="ParseHeld"/> says what it is.
    /// </summary>
    /// <param name="utf8">As there.</param>
    internal static bool TryNamed(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out string? name, [NotNullWhen(true)] out Json? value)
    {
        (name, value) = (null, null);
        if (!System.Text.Unicode.Utf8.IsValid(utf8.Span))
        {
            return false;
        }
        // The list, the salt and the name count as what they are.
        var walk = new Walk(utf8, nodes: 3);
        try
        {
            if (!walk.Reader.Read() || walk.Reader.TokenType != JsonTokenType.StartArray || !walk.Reader.Read() || walk.Reader.TokenType != JsonTokenType.String || walk.Reader.ValueIsEscaped
                || !walk.Reader.Read() || walk.Reader.TokenType != JsonTokenType.String || walk.Reader.ValueIsEscaped)
            {
                return false;
            }
            var named = NameOf(walk.Reader.ValueSpan);
            if (!walk.Reader.Read() || walk.Reader.TokenType == JsonTokenType.EndArray || walk.Value(2, out _) is not { } read || !walk.Reader.Read() || walk.Reader.TokenType != JsonTokenType.EndArray || walk.Reader.Read())
            {
                return false;
            }
            (name, value) = (named, read);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    internal static Json Object(List<KeyValuePair<string, Json>> members) => new([.. members]);

    internal static Json Array(List<Json> items) => new([.. items]);

    private ref struct Walk(ReadOnlyMemory<byte> utf8, int nodes = 0)
    {
        public Utf8JsonReader Reader = new(utf8.Span, Strict);
        private readonly ReadOnlyMemory<byte> _utf8 = utf8;
        private int _nodes = nodes;

        public Json? Value(int depth, out Reason reason)
        {
            reason = Reason.JsonMalformed;
            if (++_nodes > MostNodes)
            {
                reason = Reason.JsonTooLarge;
                return null;
            }
            switch (Reader.TokenType)
            {
                case JsonTokenType.Null:
                    return NullValue;
                case JsonTokenType.True:
                    return TrueValue;
                case JsonTokenType.False:
                    return FalseValue;
                case JsonTokenType.Number:
                    return new Json(JsonKind.Number, _utf8.Slice((int)Reader.TokenStartIndex, Reader.ValueSpan.Length));
                case JsonTokenType.String:
                    // After the quote.
                    return Reader.ValueIsEscaped ? new Json(Reader.GetString()!) : new Json(JsonKind.Text, _utf8.Slice((int)Reader.TokenStartIndex + 1, Reader.ValueSpan.Length));
            }
            if (depth > MostDepth)
            {
                reason = Reason.JsonTooDeep;
                return null;
            }
            return Reader.TokenType == JsonTokenType.StartArray ? ArrayOf(depth, out reason) : ObjectOf(depth, out reason);
        }

        private Json? ArrayOf(int depth, out Reason reason)
        {
            reason = Reason.JsonMalformed;
            // A disclosure has three.
            var few = default(Few);
            var count = 0;
            List<Json>? more = null;
            while (Reader.Read() && Reader.TokenType != JsonTokenType.EndArray)
            {
                if (Value(depth + 1, out reason) is not { } item)
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
            return new(items);
        }

        private Json? ObjectOf(int depth, out Reason reason)
        {
            reason = Reason.JsonMalformed;
            var members = new List<KeyValuePair<string, Json>>(8);
            var names = default(Names);
            while (Reader.Read() && Reader.TokenType != JsonTokenType.EndObject)
            {
                var name = Reader.ValueIsEscaped ? Reader.GetString()! : NameOf(Reader.ValueSpan);
                if (!names.TryAdd(members, name))
                {
                    reason = Reason.JsonDuplicateKey;
                    return null;
                }
                Reader.Read();
                if (Value(depth + 1, out reason) is not { } value)
                {
                    return null;
                }
                members.Add(new(name, value));
            }
            return Object(members);
        }
    }

    /// <summary>Names met lately, each in the one place that its ends and length give it: credentials bring the same forty again and again. No more than these are kept, and no long one.</summary>
    private static readonly string?[] NamesMet = new string?[256];

    private const int LongestNameKept = 40;

    private static string NameOf(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > LongestNameKept)
        {
            return Encoding.UTF8.GetString(utf8);
        }
        ref var met = ref NamesMet[(byte)(utf8[0] + 31 * utf8[^1] + 7 * utf8[utf8.Length / 2] + 97 * utf8.Length)];
        // Read once: another thread may put another name there.
        var name = met;
        if (name is not null && name.Length == utf8.Length && Ascii.Equals(utf8, name))
        {
            return name;
        }
        return met = Encoding.UTF8.GetString(utf8);
    }

    [InlineArray(Length)]
    private struct Few
    {
        public const int Length = 4;

        private Json? _first;
    }

    /// <summary>The names of an object that is being put together.</summary>
    internal struct Names
    {
        /// <summary>A credential has some thirty; so many are compared in less time than a set takes to make.</summary>
        private const int Few = 32;

        // A bit for the ends, the middle and the length of each name: most names find none of theirs there, and need not be compared with any.
        private ulong _met;
        private HashSet<string>? _all;

        /// <summary>False: one of the members has the name. Compares one by one while there are few; an object of thousands of names must not cost their square.</summary>
        /// <param name="members">Those so far; the caller adds the one of this name.</param>
        public bool TryAdd(List<KeyValuePair<string, Json>> members, string name)
        {
            if (members.Count >= Few)
            {
                _all ??= new HashSet<string>(members.Select(m => m.Key), StringComparer.Ordinal);
                return _all.Add(name);
            }
            var bit = 1UL << (name.Length == 0 ? 0 : (name[0] + 31 * name[^1] + 7 * name[name.Length / 2] + 5 * name.Length) & 63);
            if ((_met & bit) == 0)
            {
                _met |= bit;
                return true;
            }
            foreach (var (key, _) in members)
            {
                if (key == name)
                {
                    return false;
                }
            }
            return true;
        }
    }
}
