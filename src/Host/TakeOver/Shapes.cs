namespace Muqeem.Host.TakeOver;

internal enum FieldType
{
    Text,
    Number,

    /// <summary>Four texts, of which any but not all may be empty.</summary>
    Parts,

    /// <summary>Texts by name.</summary>
    Answers,
}

/// <param name="Required">May not be missing.</param>
internal sealed record Field(string Name, FieldType Type, bool Required);

/// <summary>The fields of one file. docs/handbook/take-over.md describes them, and a test compares.</summary>
internal sealed class Shape
{
    /// <summary>By which rows of one person belong together; files are in its order.</summary>
    public const string Key = "person";

    private readonly Dictionary<string, int> _places;

    private Shape(byte number, string file, params Field[] fields)
    {
        (Number, File) = (number, file);
        Fields = [new(Key, FieldType.Text, true), .. fields];
        _places = Fields.Select((f, i) => (f.Name, i)).ToDictionary(f => f.Name, f => f.i, StringComparer.Ordinal);
    }

    /// <summary>Stands for the file in the digest of a person's rows; never changed.</summary>
    public byte Number { get; }
    public string File { get; }
    public IReadOnlyList<Field> Fields { get; }

    /// <summary>-1: there is no such field.</summary>
    public int PlaceOf(string name) => _places.GetValueOrDefault(name, -1);

    public static readonly Shape Persons = new(1, "persons.jsonl",
        new("resident_number", FieldType.Text, false), new("border_number", FieldType.Text, false),
        new("names_arabic", FieldType.Parts, true), new("names_latin", FieldType.Parts, true),
        new("sex", FieldType.Text, true), new("birth", FieldType.Text, true), new("birth_hijri", FieldType.Text, false),
        new("nationality", FieldType.Text, true), new("passport_number", FieldType.Text, false), new("mrz", FieldType.Text, false), new("mobile", FieldType.Text, false));

    public static readonly Shape Residences = new(2, "residences.jsonl",
        new("residence", FieldType.Text, true), new("category", FieldType.Text, true), new("from", FieldType.Text, true), new("until", FieldType.Text, true),
        new("months", FieldType.Number, true), new("calendar", FieldType.Text, true), new("issued", FieldType.Text, true), new("ended", FieldType.Text, false), new("end_reason", FieldType.Text, false),
        new("employer_number", FieldType.Text, true), new("employer_name", FieldType.Text, true), new("occupation", FieldType.Text, true),
        new("late_renewals", FieldType.Number, false), new("held", FieldType.Text, false), new("held_since", FieldType.Text, false));

    public static readonly Shape Documents = new(3, "documents.jsonl",
        new("residence", FieldType.Text, true), new("number", FieldType.Number, true), new("serial", FieldType.Text, true), new("state", FieldType.Text, true),
        new("issued", FieldType.Text, true), new("expires", FieldType.Text, true), new("ended", FieldType.Text, false));

    public static readonly Shape Cases = new(4, "cases.jsonl", new("service", FieldType.Text, true), new("since", FieldType.Text, true), new("answers", FieldType.Answers, false));

    public static readonly IReadOnlyList<Shape> All = [Persons, Residences, Documents, Cases];
}
