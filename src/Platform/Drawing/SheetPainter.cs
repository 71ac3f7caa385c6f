using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Muqeem.Platform.Files.Media;

namespace Muqeem.Platform.Drawing;

/// <summary>Draws sheets, in the confined child.</summary>
internal static class SheetPainter
{
    private const double PointsPerMillimetre = 72 / 25.4;

    /// <summary>Sizes are tried in steps of this many points.</summary>
    private const double Step = 0.2;

    /// <summary>How much smaller a text may get before it takes one line more.</summary>
    private const double Stay = 0.82;

    /// <exception cref="DrawingException">A text has no glyph or no room, or the photograph is none.</exception>
    public static DrawnSheet Draw(Sheet sheet, SheetFormat format)
    {
        using var letters = new Lettering(Typefaces.For(sheet.Pages.SelectMany(p => p.Marks).OfType<Words>()));
        var report = new List<DrawnWords>();
        var files = new List<byte[]>();
        if (format == SheetFormat.Pdf)
        {
            using var document = Canvas.Document(sheet.Title, sheet.Made);
            for (var page = 0; page < sheet.Pages.Count; page++)
            {
                document.PageSize(sheet.Pages[page].Width * PointsPerMillimetre, sheet.Pages[page].Height * PointsPerMillimetre);
                Draw(document, letters, sheet.Pages[page], page, report);
                document.NextPage();
            }
            files.Add(document.Pdf());
            return new(files, report);
        }
        for (var page = 0; page < sheet.Pages.Count; page++)
        {
            var shape = sheet.Pages[page];
            using var picture = Canvas.Picture((int)Math.Round(shape.Width / 25.4 * sheet.Dpi), (int)Math.Round(shape.Height / 25.4 * sheet.Dpi));
            picture.Scale(sheet.Dpi / 72.0);
            picture.Box(0, 0, shape.Width * PointsPerMillimetre, shape.Height * PointsPerMillimetre, shape.Corner * PointsPerMillimetre);
            picture.Clip();
            Draw(picture, letters, shape, page, report);
            files.Add(WithResolution(picture.Png(), sheet.Dpi));
        }
        return new(files, report);
    }

    private static void Draw(Canvas canvas, Lettering letters, SheetPage page, int number, List<DrawnWords> report)
    {
        foreach (var mark in page.Marks)
        {
            switch (mark)
            {
                case Fill { To: { } to } shade:
                    Follow(canvas, shade.Path);
                    canvas.Fill(shade.Ink, to, page.Width * PointsPerMillimetre, page.Height * PointsPerMillimetre);
                    break;
                case Fill fill:
                    Follow(canvas, fill.Path);
                    canvas.Colour(fill.Ink);
                    canvas.Fill();
                    break;
                case Stroke stroke:
                    Follow(canvas, stroke.Path);
                    canvas.Colour(stroke.Ink);
                    canvas.Stroke(stroke.Width * PointsPerMillimetre);
                    break;
                case Photograph photograph:
                    Draw(canvas, photograph);
                    break;
                case Words { Text.Length: > 0 } words:
                    report.Add(Draw(canvas, letters, words, number));
                    break;
            }
        }
        canvas.Check();
    }

    private static DrawnWords Draw(Canvas canvas, Lettering letters, Words words, int page)
    {
        const double scale = PointsPerMillimetre;
        var (set, size) = Fit(letters, words);
        using (set)
        {
            // By the font's own height, so that texts of one size stand on one line; pushed inside when what is inked would leave the box.
            var (width, height) = (words.Width * scale, words.Height * scale);
            // A J or an italic reaches out to the left of where it stands.
            var x = (words.X * scale) + Math.Clamp(0, -set.Ink.X, Math.Max(-set.Ink.X, width - set.Ink.X - set.Ink.Width));
            var top = words.Baseline is { } baseline ? (baseline * scale) - set.Baseline : (height - set.Logical.Height) / 2;
            top = Math.Clamp(top, -set.Ink.Y, Math.Max(-set.Ink.Y, height - set.Ink.Y - set.Ink.Height));
            var y = (words.Y * scale) + top;
            canvas.Save();
            if (words.Turn != 0)
            {
                canvas.Turn((words.X * scale) + (width / 2), (words.Y * scale) + (height / 2), words.Turn);
            }
            canvas.Colour(words.Ink);
            set.Draw(canvas, x, y, outlined: words.Face == Face.Machine);
            canvas.Restore();
            return new(page, words.Name, (x + set.Ink.X) / scale, (y + set.Ink.Y) / scale, set.Ink.Width / scale, set.Ink.Height / scale, size, set.Lines);
        }
    }

    /// <summary>The largest size that fits, in as few lines as keep it large.</summary>
    private static (Lettering.Setting Set, double Size) Fit(Lettering letters, Words words)
    {
        var (width, height) = (words.Width * PointsPerMillimetre, words.Height * PointsPerMillimetre);
        if (words.Pitch is { } pitch)
        {
            // An even face: its letters are as far apart as the first size says, in proportion.
            const double trial = 10;
            using var measured = letters.Set(words, trial, 10_000);
            var size = trial * pitch * PointsPerMillimetre * words.Text.Length / measured.Logical.Width;
            return (Whole(letters, words, letters.Set(words, size, 10_000)), size);
        }
        (Lettering.Setting Set, double Size)? best = null;
        // How wide and high it is by itself says from which size on a search is worth it: each size costs a font.
        double across, down, between;
        using (var alone = Whole(letters, words, letters.Set(words, words.Size, 10_000)))
        {
            (across, down, between) = (alone.Ink.Width, alone.Ink.Height, alone.Logical.Height / alone.Lines * words.Leading);
        }
        for (var lines = 1; lines <= words.MostLines; lines++)
        {
            if (best is { } fewer && fewer.Size >= words.Size * Stay)
            {
                break;
            }
            var most = words.Size * Math.Min(1, Math.Min(width * lines / across, height / (down + ((lines - 1) * between * 0.9))));
            for (var size = words.Size - (Step * Math.Ceiling(Math.Max(0, (words.Size - most) / Step - 0.5)));
                size >= words.LeastSize - 1e-9 && (best is null || size * Stay > best.Value.Size); size -= Step)
            {
                var set = letters.Set(words, size, width);
                if (set.Lines <= lines && set.Ink.Width <= width && set.Ink.Height <= height && !set.Breaks(words.Text))
                {
                    best?.Set.Dispose();
                    best = (set, size);
                    break;
                }
                set.Dispose();
            }
        }
        if (best is null)
        {
            // A single word longer than the line: broken, at the least size, before nothing is drawn.
            var last = letters.Set(words, words.LeastSize, width);
            if (last.Lines <= words.MostLines && last.Ink.Width <= width && last.Ink.Height <= height)
            {
                return (last, words.LeastSize);
            }
            last.Dispose();
            throw new DrawingException(DrawingFault.Fit, words.Name);
        }
        return best.Value;
    }

    private static Lettering.Setting Whole(Lettering letters, Words words, Lettering.Setting set)
    {
        if (set.Whole)
        {
            return set;
        }
        set.Dispose();
        foreach (var letter in words.Text.EnumerateRunes())
        {
            using var alone = letters.Set(words with { Text = letter.ToString(), Pitch = null }, words.Size, 10_000);
            if (!alone.Whole)
            {
                throw new DrawingException(DrawingFault.Glyphs, Lettering.ScriptOf(letter));
            }
        }
        throw new DrawingException(DrawingFault.Glyphs, "Zyyy");
    }

    private static void Draw(Canvas canvas, Photograph photograph)
    {
        const double scale = PointsPerMillimetre;
        byte[] rgb, jpeg;
        int width, height;
        try
        {
            (rgb, jpeg, width, height) = Cut(photograph);
        }
        catch (PictureException)
        {
            throw new DrawingException(DrawingFault.Photograph, "jpeg");
        }
        canvas.Save();
        canvas.Box(photograph.X * scale, photograph.Y * scale, photograph.Width * scale, photograph.Height * scale, photograph.Corner * scale);
        canvas.Clip();
        canvas.Paint(rgb, jpeg, width, height, photograph.X * scale, photograph.Y * scale, photograph.Width * scale, photograph.Height * scale);
        canvas.Restore();
    }

    /// <summary>The part of the photograph with the shape of its box, as pixels and as a new JPEG of them.</summary>
    private static unsafe (byte[] Rgb, byte[] Jpeg, int Width, int Height) Cut(Photograph photograph)
    {
        const int most = 1000;
        fixed (byte* bytes = photograph.Jpeg)
        {
            using var fitted = Vips.Fit(bytes, photograph.Jpeg.Length, most);
            using var white = fitted.OnWhite();
            using var whole = white.InMemory();
            var shape = photograph.Width / photograph.Height;
            var (width, height) = whole.Width > whole.Height * shape
                ? (Math.Max(1, (int)Math.Round(whole.Height * shape)), whole.Height)
                : (whole.Width, Math.Max(1, (int)Math.Round(whole.Width / shape)));
            using var part = whole.Part((whole.Width - width) / 2, (whole.Height - height) / 2, width, height);
            return (part.ColourBytes(), part.Save(".jpg[Q=90,strip,optimize_coding]"), width, height);
        }
    }

    /// <summary>M, L, C and Z with absolute numbers.</summary>
    private static void Follow(Canvas canvas, string path)
    {
        Span<double> numbers = stackalloc double[6];
        var (command, count) = (' ', 0);
        foreach (var range in path.AsSpan().Split(' '))
        {
            var word = path.AsSpan(range);
            if (word.Length == 0)
            {
                continue;
            }
            if (word[0] is 'M' or 'L' or 'C' or 'Z')
            {
                (command, count) = (word[0], 0);
                if (command == 'Z')
                {
                    canvas.Close();
                }
                continue;
            }
            numbers[count++] = double.Parse(word, NumberStyles.Float, CultureInfo.InvariantCulture) * PointsPerMillimetre;
            switch (command)
            {
                case 'M' when count == 2:
                    canvas.MoveTo(numbers[0], numbers[1]);
                    count = 0;
                    break;
                case 'L' when count == 2:
                    canvas.LineTo(numbers[0], numbers[1]);
                    count = 0;
                    break;
                case 'C' when count == 6:
                    canvas.CurveTo(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
                    count = 0;
                    break;
            }
        }
    }

    /// <summary>Cairo does not write how large a picture is meant to be: the chunk pHYs, right behind the header.</summary>
    private static byte[] WithResolution(byte[] png, int dpi)
    {
        const int afterHeader = 8 + 25;
        var chunk = new byte[21];
        BinaryPrimitives.WriteInt32BigEndian(chunk, 9);
        Encoding.ASCII.GetBytes("pHYs", chunk.AsSpan(4));
        var perMetre = (int)Math.Round(dpi / 0.0254);
        BinaryPrimitives.WriteInt32BigEndian(chunk.AsSpan(8), perMetre);
        BinaryPrimitives.WriteInt32BigEndian(chunk.AsSpan(12), perMetre);
        chunk[16] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(17), Crc(chunk.AsSpan(4, 13)));
        return [.. png.AsSpan(0, afterHeader), .. chunk, .. png.AsSpan(afterHeader)];
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var i = 0; i < 8; i++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }
        return ~crc;
    }
}
