using System.Text.Json.Serialization;

namespace Muqeem.Platform.Drawing;

/// <summary>What is drawn: pages of marks, the first mark lowest. Lengths are millimetres from the upper left corner of the page, sizes of letters points.</summary>
public sealed record Sheet
{
    /// <summary>Goes into the PDF for readers and screen readers: what it is, never whose.</summary>
    public required string Title { get; init; }

    /// <summary>When it says it was made. The same sheet gives the same bytes, so it is never the time of drawing.</summary>
    public required DateOnly Made { get; init; }

    /// <summary>Pixels an inch, for pictures.</summary>
    public int Dpi { get; init; } = 300;

    public required IReadOnlyList<SheetPage> Pages { get; init; }
}

/// <param name="Corner">Radius of the corners that pictures leave transparent. A PDF is cut by whoever prints it.</param>
public sealed record SheetPage(double Width, double Height, double Corner, IReadOnlyList<Mark> Marks);

/// <summary>A colour as 0xRRGGBB.</summary>
/// <param name="Cover">1 hides what is below.</param>
public sealed record Ink(int Rgb, double Cover = 1);

[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Fill), "fill")]
[JsonDerivedType(typeof(Stroke), "stroke")]
[JsonDerivedType(typeof(Words), "words")]
[JsonDerivedType(typeof(Photograph), "photograph")]
public abstract record Mark;

/// <summary>A filled outline.</summary>
/// <param name="Path">Of absolute M, L, C and Z as in SVG, numbers divided by spaces.</param>
/// <param name="To">With it the colour changes evenly from the upper left to the lower right corner of the page.</param>
public sealed record Fill(string Path, Ink Ink, Ink? To = null) : Mark;

/// <inheritdoc cref="Fill"/>
/// <param name="Width">Of the line.</param>
public sealed record Stroke(string Path, Ink Ink, double Width) : Mark;

/// <summary>A picture that fills its box; what is too much at two sides is cut off evenly.</summary>
/// <param name="Jpeg">Drawn anew from its pixels: nothing else of the file reaches the sheet.</param>
public sealed record Photograph(byte[] Jpeg, double X, double Y, double Width, double Height, double Corner) : Mark;

public enum Side
{
    Left,
    Centre,
    Right,
}

/// <summary>
/// Text in a box. It gets smaller before it takes a further line, as far as it stays legible, and never loses a letter: what does not fit, or has a letter
/// that no font knows, ends the drawing.
/// </summary>
/// <param name="Name">Of the box, for reports and faults. Never what stands in it.</param>
public sealed record Words(string Name, string Text, double X, double Y, double Width, double Height) : Mark
{
    public Face Face { get; init; } = Face.Plain;
    public bool Bold { get; init; }
    public bool RightToLeft { get; init; }
    public Side Side { get; init; }
    public Ink Ink { get; init; } = new(0x161b22);

    /// <summary>The language, for forms of letters that differ by it.</summary>
    public string Language { get; init; } = "en";

    public double Size { get; init; } = 7;

    /// <summary>Not smaller than this.</summary>
    public double LeastSize { get; init; } = 4.2;

    public int MostLines { get; init; } = 1;

    /// <summary>Distance of lines as a share of the font's own.</summary>
    public double Leading { get; init; } = 0.9;

    /// <summary>The baseline of the first line from the top of the box; without it the text stands in the middle.</summary>
    public double? Baseline { get; init; }

    /// <summary>Millimetres from letter to letter of an evenly spaced face: decides the size.</summary>
    public double? Pitch { get; init; }

    /// <summary>Degrees round the middle of the box, clockwise.</summary>
    public double Turn { get; init; }
}

/// <summary>How letters look. Each has its fallbacks for the scripts that it does not know.</summary>
public enum Face
{
    Plain,

    /// <summary>The hanging hand in which Urdu is written.</summary>
    Nastaliq,

    /// <summary>OCR-B, for machines.</summary>
    Machine,
}

public enum SheetFormat
{
    /// <summary>One picture a page.</summary>
    Png,

    /// <summary>One file.</summary>
    Pdf,
}

/// <param name="Words">Where each text came to lie.</param>
public sealed record DrawnSheet(IReadOnlyList<byte[]> Files, IReadOnlyList<DrawnWords> Words);

/// <summary>Where a text lies on its page, in millimetres: the smallest box round what is inked.</summary>
/// <param name="Size">In points, after fitting.</param>
public sealed record DrawnWords(int Page, string Name, double X, double Y, double Width, double Height, double Size, int Lines);

public enum DrawingFault
{
    /// <summary>No font has a letter.</summary>
    Glyphs,

    /// <summary>A text is too long for its box.</summary>
    Fit,

    /// <summary>The photograph cannot be read.</summary>
    Photograph,

    /// <summary>The process that draws ended before its answer, by a limit or a fault.</summary>
    Ended,
}

/// <summary>A sheet that was not drawn.</summary>
/// <param name="what">The script's four letters (ISO 15924) or the name of the box: nothing of the text.</param>
public sealed class DrawingException(DrawingFault fault, string what) : Exception($"The sheet was not drawn: {fault} ({what}).")
{
    public DrawingFault Fault { get; } = fault;
    public string What { get; } = what;
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(Sheet))]
[JsonSerializable(typeof(List<DrawnWords>))]
internal sealed partial class SheetJson : JsonSerializerContext;
