using System.Text.Json;
using Muqeem.Platform.Files;
using Muqeem.Platform.Files.Media;

namespace Muqeem.Platform.Drawing;

/// <summary>
/// Draws sheets in a confined child process of their own: the fonts and the photograph are decoded by large libraries of C, and a name that breaks one of them
/// must break nothing else. No process outlives its sheet, so that no letter of one person is drawn for another.
/// </summary>
public sealed class Drawings
{
    /// <summary>Pages of one sheet at most.</summary>
    public const int MostPages = 100;

    private readonly MediaChild _child;

    internal Drawings(MediaChild child) => _child = child;

    /// <exception cref="DrawingException">The sheet was not drawn; nothing of it was.</exception>
    public async Task<DrawnSheet> DrawAsync(Sheet sheet, SheetFormat format, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sheet.Pages.Count, MostPages);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(sheet, SheetJson.Default.Sheet);
        var (answer, files) = await _child.DrawAsync(bytes, format == SheetFormat.Pdf ? FileKind.Pdf : FileKind.Png, sheet.Pages.Count, cancel)
            ?? throw new DrawingException(DrawingFault.Ended, "process");
        if (answer.Fault == MediaFault.Drawing)
        {
            throw answer.Texts is [var fault, var what] && Enum.TryParse<DrawingFault>(fault, out var known) ? new DrawingException(known, what) : new DrawingException(DrawingFault.Ended, "answer");
        }
        var wanted = format == SheetFormat.Pdf ? 1 : sheet.Pages.Count;
        if (answer.Fault is not null || files.Count != wanted + 1 || !files[..^1].TrueForAll(f => IsOf(f, format)))
        {
            throw new DrawingException(DrawingFault.Ended, "answer");
        }
        return new(files[..^1], JsonSerializer.Deserialize(files[^1], SheetJson.Default.ListDrawnWords) ?? []);
    }

    /// <summary>What of drawing does not work on this machine, in sentences for whoever runs it; empty when all of it does.</summary>
    public async Task<IReadOnlyList<string>> FaultsAsync(CancellationToken cancel = default)
    {
        var words = new Words("all", "A ع অ த അ අ अ አ က ก ខ 中 한", 0, 0, 80, 20) { Size = 10 };
        var sheet = new Sheet
        {
            Title = "",
            Made = new DateOnly(2000, 1, 1),
            Dpi = 72,
            Pages = [new(80, 40, 0, [words, words with { Name = "nastaliq", Text = "ا", Face = Face.Nastaliq }, words with { Name = "machine", Text = "A<0", Face = Face.Machine }])],
        };
        try
        {
            await DrawAsync(sheet, SheetFormat.Png, cancel);
            return [];
        }
        catch (DrawingException e)
        {
            return [$"Cards and letters cannot be drawn ({e.Fault}, {e.What}): install libpangocairo-1.0-0, {Typefaces.Packages}."];
        }
    }

    private static bool IsOf(byte[] file, SheetFormat format) => format == SheetFormat.Pdf
        ? file.AsSpan().StartsWith("%PDF-"u8)
        : file is [0x89, (byte)'P', (byte)'N', (byte)'G', ..];
}
