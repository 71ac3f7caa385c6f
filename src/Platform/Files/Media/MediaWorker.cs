using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Drawing;
using NodaTime.Text;

namespace Muqeem.Platform.Files.Media;

/// <summary>
/// The child's side: loads its libraries, gives up every right it does not need, and only then reads one file from its input and answers. It lives for one file.
/// </summary>
public static class MediaWorker
{
    /// <summary>The word on the command line that makes the host this child. Not for people.</summary>
    public const string Verb = "media";

    /// <summary>The longest side of a picture that is shown.</summary>
    internal const int DisplaySide = 1600;

    internal const int ThumbnailSide = 320;
    internal const int MostSeconds = 20;
    private const long MostMemory = 1L << 30;

    public static async Task<int> RunAsync(Stream input, Stream output)
    {
        Vips.Start();
        Confinement.EnterChild(MostSeconds, MostMemory);
        var request = JsonSerializer.Deserialize(await Frames.ReadAsync(input, 4096, CancellationToken.None), MediaJson.Default.MediaRequest)!;
        var file = await Frames.ReadAsync(input, 64 * 1024 * 1024, CancellationToken.None);

        var pictures = new List<byte[]>();
        MediaAnswer answer;
        try
        {
            answer = request.Task == MediaTask.Draw ? Draw(request, file, pictures) : Do(request, file, pictures);
        }
        catch (PictureException e)
        {
            answer = new(e.Locked ? MediaFault.Locked : MediaFault.Damaged, 0, 0, 0, [], []);
            pictures.Clear();
        }
        catch (DrawingException e)
        {
            answer = new(MediaFault.Drawing, 0, 0, 0, [], [e.Fault.ToString(), e.What]);
            pictures.Clear();
        }
        await Frames.WriteAsync(output, Frames.Of(answer), CancellationToken.None);
        foreach (var picture in pictures)
        {
            await Frames.WriteAsync(output, picture, CancellationToken.None);
        }
        await output.FlushAsync();
        return 0;
    }

    private static MediaAnswer Draw(MediaRequest request, byte[] file, List<byte[]> pictures)
    {
        var sheet = JsonSerializer.Deserialize(file, SheetJson.Default.Sheet)!;
        var drawn = SheetPainter.Draw(sheet, request.Kind == FileKind.Pdf ? SheetFormat.Pdf : SheetFormat.Png);
        pictures.AddRange(drawn.Files);
        pictures.Add(JsonSerializer.SerializeToUtf8Bytes(drawn.Words.ToList(), SheetJson.Default.ListDrawnWords));
        return new(null, 0, 0, sheet.Pages.Count, [.. pictures.Select(p => p.Length)], []);
    }

    private static unsafe MediaAnswer Do(MediaRequest request, byte[] file, List<byte[]> pictures)
    {
        fixed (byte* bytes = file)
        {
            int width, height, pages;
            using (var header = Vips.Open(bytes, file.Length, request.Kind == FileKind.Pdf ? "[dpi=72]" : ""))
            {
                (width, height, pages) = (header.Width, header.Height, request.Kind == FileKind.Pdf ? header.Pages : 1);
            }
            if (request.Kind != FileKind.Pdf && (long)width * height > request.MostPixels)
            {
                return new(MediaFault.Pixels, width, height, pages, [], []);
            }
            if (pages > request.MostPages)
            {
                return new(MediaFault.Pages, width, height, pages, [], []);
            }
            return request.Task switch
            {
                MediaTask.Derive => Derive(request, bytes, file.Length, width, height, pages, pictures),
                MediaTask.Qr => new(null, width, height, pages, [], ReadQr(request, bytes, file.Length)),
                _ => new(null, width, height, pages, [], ReadMrz(request, bytes, file.Length)),
            };
        }
    }

    /// <summary>Each page for display, then the thumbnail of the first. Made from pixels, so that nothing of the original's data comes along.</summary>
    private static unsafe MediaAnswer Derive(MediaRequest request, byte* bytes, int length, int width, int height, int pages, List<byte[]> pictures)
    {
        byte[]? thumbnail = null;
        for (var page = 0; page < pages; page++)
        {
            using var display = Load(request, bytes, length, page, DisplaySide);
            pictures.Add(display.Save(".jpg[Q=82,strip,optimize_coding]"));
            if (thumbnail is null)
            {
                using var small = display.Fit(ThumbnailSide);
                thumbnail = small.Save(".jpg[Q=76,strip,optimize_coding]");
            }
        }
        pictures.Add(thumbnail!);
        return new(null, width, height, pages, [.. pictures.Select(p => p.Length)], []);
    }

    private static unsafe Vips.Image Load(MediaRequest request, byte* bytes, int length, int page, int side)
    {
        if (request.Kind != FileKind.Pdf)
        {
            using var fitted = Vips.Fit(bytes, length, side);
            using var white = fitted.OnWhite();
            return white.InMemory();
        }
        double scale;
        using (var header = Vips.Open(bytes, length, $"[page={page},n=1,dpi=72]"))
        {
            // A page can be kilometres long or a point wide: what counts is the picture's size, not the page's.
            scale = Math.Min((double)side / Math.Max(header.Width, header.Height), 4);
        }
        using var drawn = Vips.Open(bytes, length, $"[page={page},n=1,dpi={Vips.Number(Math.Max(72 * scale, 0.01))}]");
        if ((long)drawn.Width * drawn.Height > 4L * side * side)
        {
            throw new PictureException("The page does not fit.");
        }
        using var onWhite = drawn.OnWhite();
        return onWhite.InMemory();
    }

    private static unsafe List<string> ReadQr(MediaRequest request, byte* bytes, int length)
    {
        // A code that fills the picture is read best when small, one in a corner when large.
        foreach (var side in (ReadOnlySpan<int>)[1000, 2000, 3200])
        {
            using var image = Load(request, bytes, length, 0, side);
            var found = Zbar.Read(image.GreyBytes(), image.Width, image.Height);
            if (found.Count > 0)
            {
                return found;
            }
        }
        return [];
    }

    private static unsafe List<string> ReadMrz(MediaRequest request, byte* bytes, int length)
    {
        var today = LocalDatePattern.Iso.Parse(request.Today).Value;
        using var tesseract = new Tesseract();
        using var whole = Load(request, bytes, length, 0, 2200);
        // The zone is the lowest part of the page; then the picture may lie on its side or head.
        foreach (var quarters in (ReadOnlySpan<int>)[0, 2, 1, 3])
        {
            using var turned = quarters == 0 ? whole.InMemory() : whole.Rotated(quarters);
            var (width, height) = (turned.Width, turned.Height);
            foreach (var share in (ReadOnlySpan<double>)[0.3, 0.5, 1])
            {
                var rows = Math.Max(1, (int)(height * share));
                using var part = turned.Part(0, height - rows, width, rows);
                var text = tesseract.Read(part.GreyBytes(), width, rows);
                foreach (var candidate in MrzText.Candidates(text))
                {
                    if (Mrz.Read(candidate, today).Ok)
                    {
                        return [candidate];
                    }
                }
            }
        }
        return [];
    }
}
