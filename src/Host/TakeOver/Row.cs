using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Muqeem.Host.TakeOver;

/// <summary>A line that cannot be read at all, or not placed: the delivery is not what its maker meant.</summary>
internal sealed class UnreadableException(string file, long line, long? column, string what) : Exception($"{file}, line {line}{(column is null ? "" : $", column {column}")}: {what}");

/// <summary>One row of a delivery.</summary>
internal sealed class Row
{
    private const int LongestText = 500;
    private const int LongestKey = 64;

    private readonly object?[] _values;

    private Row(Shape shape, long line, byte[] bytes)
    {
        (Shape, Line, Bytes) = (shape, line, bytes);
        _values = new object?[shape.Fields.Count];
    }

    public Shape Shape { get; }
    public long Line { get; }

    /// <summary>As delivered.</summary>
    public byte[] Bytes { get; }
    public string Person => (string)_values[0]!;

    /// <summary>What is wrong with its form.</summary>
    public List<Discrepancy> Faults { get; } = [];

    public string? Text(string field) => _values[Shape.PlaceOf(field)] as string;

    public int? Number(string field) => _values[Shape.PlaceOf(field)] as int?;

    public IReadOnlyList<string> Parts(string field) => _values[Shape.PlaceOf(field)] as string[] ?? ["", "", "", ""];

    public IReadOnlyDictionary<string, string> Answers(string field) => _values[Shape.PlaceOf(field)] as Dictionary<string, string> ?? [];

    /// <summary>Adds a discrepancy of this row.</summary>
    public Discrepancy Says(string code, string? field = null) => new(Shape.File, Line, Person, code, field);

    /// <summary>Reads a line. What is wrong with single fields is noted.</summary>
    /// <exception cref="UnreadableException">It is no JSON object, or names no person.</exception>
    public static Row Read(Shape shape, long line, byte[] bytes)
    {
        if (!Utf8.IsValid(bytes))
        {
            throw new UnreadableException(shape.File, line, 1 + FirstInvalid(bytes), "not UTF-8");
        }
        var row = new Row(shape, line, bytes);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 4 });
        List<(string Code, string? Field)> faults = [];
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new UnreadableException(shape.File, line, 1, "not a JSON object");
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                row.ReadField(ref reader, faults);
            }
            if (reader.Read())
            {
                throw new UnreadableException(shape.File, line, reader.TokenStartIndex + 1, "something follows the object");
            }
        }
        catch (JsonException e)
        {
            throw new UnreadableException(shape.File, line, (e.BytePositionInLine ?? 0) + 1, "not JSON");
        }
        catch (InvalidOperationException)
        {
            throw new UnreadableException(shape.File, line, reader.TokenStartIndex + 1, "half a surrogate pair");
        }
        if (row._values[0] is not string { Length: > 0 and <= LongestKey } key || !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new UnreadableException(shape.File, line, null, $"person is missing, or not 1 to {LongestKey} letters, digits, hyphens, dots and low lines");
        }
        for (var i = 1; i < shape.Fields.Count; i++)
        {
            if (shape.Fields[i].Required && row._values[i] is null && !faults.Exists(f => f.Field == shape.Fields[i].Name))
            {
                faults.Add(("row.field_missing", shape.Fields[i].Name));
            }
        }
        row.Faults.AddRange(faults.Select(f => row.Says(f.Code, f.Field)));
        return row;
    }

    private void ReadField(ref Utf8JsonReader reader, List<(string Code, string? Field)> faults)
    {
        var name = reader.GetString()!;
        var place = Shape.PlaceOf(name);
        reader.Read();
        if (place < 0)
        {
            // The name may be anything: only one that could be a field's is repeated.
            faults.Add(("row.unknown_field", name.Length <= LongestKey && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name : null));
            reader.Skip();
            return;
        }
        if (_values[place] is not null)
        {
            faults.Add(("row.field_twice", name));
            reader.Skip();
            return;
        }
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }
        object? value = Shape.Fields[place].Type switch
        {
            FieldType.Text => reader.TokenType == JsonTokenType.String ? reader.GetString() : null,
            FieldType.Number => reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : null,
            FieldType.Parts => ReadParts(ref reader),
            _ => ReadAnswers(ref reader),
        };
        if (value is null)
        {
            faults.Add(("row.field_type", name));
            reader.Skip();
        }
        else if (!IsPlain(value, severalLines: name == "mrz"))
        {
            faults.Add(("row.field_text", name));
        }
        else
        {
            _values[place] = value is "" ? null : value;
        }
    }

    private static string[]? ReadParts(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return null;
        }
        var parts = new List<string>();
        var texts = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            texts &= reader.TokenType == JsonTokenType.String;
            if (reader.TokenType == JsonTokenType.String)
            {
                parts.Add(reader.GetString()!);
            }
            reader.Skip();
        }
        return texts && parts.Count == 4 ? [.. parts] : null;
    }

    private static Dictionary<string, string>? ReadAnswers(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }
        var answers = new Dictionary<string, string>(StringComparer.Ordinal);
        var texts = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            texts &= reader.TokenType == JsonTokenType.String && answers.TryAdd(name, reader.GetString()!);
            reader.Skip();
        }
        return texts ? answers : null;
    }

    private static bool IsPlain(object value, bool severalLines) => value switch
    {
        string text => text.Length <= LongestText && !text.Any(c => char.IsControl(c) && (!severalLines || c is not ('\n' or '\r'))),
        string[] parts => parts.All(p => p.Length <= LongestText && !p.Any(char.IsControl)),
        _ => true,
    };

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == OperationStatus.Done)
        {
            at += length;
        }
        return at;
    }
}
