using Muqeem.Kernel;

namespace Muqeem.Platform.Files;

/// <summary>What a file really is, by its content. The name it came with says nothing.</summary>
public enum FileKind
{
    Jpeg,
    Png,
    Heic,
    Pdf,
}

/// <summary>What a file is, from its structure alone: nothing was decoded.</summary>
/// <param name="Width">Pixels as stored, before the orientation is applied; 0 for a PDF.</param>
public sealed record FileShape(FileKind Kind, int Width, int Height);

/// <summary>Why an upload is refused. Each has its text <c>refusal.upload.*</c>.</summary>
public static class UploadRefusals
{
    public const string Empty = "upload.empty";

    /// <summary>Fact: <c>limit</c>, whole megabytes.</summary>
    public const string TooLarge = "upload.too_large";

    /// <summary>Not one of the kinds that are read at all.</summary>
    public const string Type = "upload.type";

    /// <summary>A PDF where a picture is needed.</summary>
    public const string PictureNeeded = "upload.picture_needed";

    /// <summary>Cut short, or not readable as what it says it is.</summary>
    public const string Damaged = "upload.damaged";

    /// <summary>Holds another kind of file inside or behind it.</summary>
    public const string Mixed = "upload.mixed";

    /// <summary>Facts: <c>width</c>, <c>height</c>, <c>limit</c> in megapixels.</summary>
    public const string TooManyPixels = "upload.too_many_pixels";

    /// <summary>Facts: <c>width</c>, <c>height</c>, <c>limit</c>, the shorter side in pixels.</summary>
    public const string TooSmall = "upload.too_small";

    /// <summary>A PDF with a password.</summary>
    public const string Locked = "upload.locked";

    /// <summary>A PDF with programs or other files in it.</summary>
    public const string Active = "upload.active";

    /// <summary>Facts: <c>pages</c>, <c>limit</c>.</summary>
    public const string TooManyPages = "upload.too_many_pages";

    /// <summary>Reading took too long or too much memory.</summary>
    public const string Unreadable = "upload.unreadable";

    public static IReadOnlyList<string> All { get; } =
        [Empty, TooLarge, Type, PictureNeeded, Damaged, Mixed, TooManyPixels, TooSmall, Locked, Active, TooManyPages, Unreadable];
}

/// <summary>What is taken for one question.</summary>
/// <param name="ShortestSide">Pixels that the shorter side of a picture must have; 0 for any.</param>
public sealed record UploadRule(bool PdfAllowed, int ShortestSide = 0)
{
    /// <summary>Evidence: a picture or a PDF.</summary>
    public static readonly UploadRule Document = new(PdfAllowed: true);

    /// <summary>A picture that is shown or read: a face, a passport's page.</summary>
    public static readonly UploadRule Picture = new(PdfAllowed: false, ShortestSide: 240);

    public int MostBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>More than any phone's camera makes within 8 MB, and still a fraction of what a pixel flood claims.</summary>
    public int MostPixels { get; init; } = 110_000_000;

    public int MostPages { get; init; } = 10;
}

public static class FileKinds
{
    public static string MediaType(this FileKind kind) => kind switch
    {
        FileKind.Jpeg => "image/jpeg",
        FileKind.Png => "image/png",
        FileKind.Heic => "image/heic",
        _ => "application/pdf",
    };

    public static string Extension(this FileKind kind) => kind switch
    {
        FileKind.Jpeg => "jpg",
        FileKind.Png => "png",
        FileKind.Heic => "heic",
        _ => "pdf",
    };

    internal static string Word(this FileKind kind) => kind.Extension();

    internal static FileKind FromWord(string word) => word switch
    {
        "jpg" => FileKind.Jpeg,
        "png" => FileKind.Png,
        "heic" => FileKind.Heic,
        "pdf" => FileKind.Pdf,
        _ => throw new FormatException($"Not a kind of file: {word}."),
    };

    internal static Refusal TooLarge(this UploadRule rule) => new(UploadRefusals.TooLarge, ("limit", rule.MostBytes / (1024 * 1024)));
}
