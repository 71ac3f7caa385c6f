using System.Buffers.Binary;
using System.Text;
using Muqeem.Kernel;

namespace Muqeem.Platform.Files;

/// <summary>
/// Tells what a file is by walking its structure, before any decoder sees it: kind, pixels, whether it is whole, and whether it is a second kind of file as
/// well (a polyglot: shown as a picture here and run as something else elsewhere).
/// </summary>
public static class FileReading
{
    public static Result<FileShape> ShapeOf(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty)
        {
            return new Refusal(UploadRefusals.Empty);
        }
        var shape = file switch
        {
            [0xFF, 0xD8, 0xFF, ..] => Jpeg(file),
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Png(file),
            [(byte)'%', (byte)'P', (byte)'D', (byte)'F', (byte)'-', ..] => Pdf(file),
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => Heic(file),
            _ => new Refusal(UploadRefusals.Type),
        };
        return shape.Ok && IsAlsoSomethingElse(file, shape.Value.Kind) ? new Refusal(UploadRefusals.Mixed) : shape;
    }

    /// <summary>The shape, held against a rule.</summary>
    public static Result<FileShape> ShapeOf(ReadOnlySpan<byte> file, UploadRule rule)
    {
        if (file.Length > rule.MostBytes)
        {
            return rule.TooLarge();
        }
        var shape = ShapeOf(file);
        if (!shape.TryGet(out var found, out _) || found.Kind == FileKind.Pdf)
        {
            return shape.Ok && !rule.PdfAllowed ? new Refusal(UploadRefusals.PictureNeeded) : shape;
        }
        var (width, height) = (found.Width, found.Height);
        if (width <= 0 || height <= 0)
        {
            return new Refusal(UploadRefusals.Damaged);
        }
        if ((long)width * height > rule.MostPixels || Math.Max(width, height) > 30_000)
        {
            return new Refusal(UploadRefusals.TooManyPixels, ("width", width), ("height", height), ("limit", rule.MostPixels / 1_000_000));
        }
        if (Math.Min(width, height) < rule.ShortestSide)
        {
            return new Refusal(UploadRefusals.TooSmall, ("width", width), ("height", height), ("limit", rule.ShortestSide));
        }
        return shape;
    }

    private static readonly Refusal Damaged = new(UploadRefusals.Damaged);

    /// <summary>ITU T.81: markers with lengths up to the first scan, the frame header among them; the image ends with EOI.</summary>
    private static Result<FileShape> Jpeg(ReadOnlySpan<byte> file)
    {
        FileShape? shape = null;
        var at = 2;
        while (true)
        {
            // Any number of fill bytes may come before a marker.
            while (at < file.Length && file[at] == 0xFF)
            {
                at++;
            }
            if (at + 3 > file.Length || file[at - 1] != 0xFF)
            {
                return Damaged;
            }
            var marker = file[at];
            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 1)..]);
            if (length < 2 || at + 1 + length > file.Length)
            {
                return Damaged;
            }
            var segment = file.Slice(at + 3, length - 2);
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                if (segment.Length < 6 || shape is not null)
                {
                    return Damaged;
                }
                shape = new FileShape(FileKind.Jpeg, BinaryPrimitives.ReadUInt16BigEndian(segment[3..]), BinaryPrimitives.ReadUInt16BigEndian(segment[1..]));
            }
            at += 1 + length;
            if (marker == 0xDA)
            {
                return shape is not null && EndOfJpeg(file, at) > 0 ? shape : Damaged;
            }
        }
    }

    /// <summary>The place behind EOI, or -1. Inside scans 0xFF is followed by 0 or a restart marker; between scans there are segments.</summary>
    private static int EndOfJpeg(ReadOnlySpan<byte> file, int at)
    {
        while (at < file.Length)
        {
            var next = file[at..].IndexOf((byte)0xFF);
            if (next < 0 || at + next + 1 >= file.Length)
            {
                return -1;
            }
            at += next + 1;
            switch (file[at])
            {
                case 0xD9:
                    return at + 1;
                case 0x00 or (>= 0xD0 and <= 0xD7):
                    at++;
                    break;
                case 0xFF:
                    break;
                default:
                    if (at + 3 > file.Length)
                    {
                        return -1;
                    }
                    at += 1 + Math.Max((int)BinaryPrimitives.ReadUInt16BigEndian(file[(at + 1)..]), 2);
                    break;
            }
        }
        return -1;
    }

    /// <summary>ISO 15948: chunks with lengths, IHDR first, IEND last and nothing behind it.</summary>
    private static Result<FileShape> Png(ReadOnlySpan<byte> file)
    {
        FileShape? shape = null;
        var data = false;
        for (var at = 8; ;)
        {
            if (at + 12 > file.Length)
            {
                return Damaged;
            }
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            var type = file.Slice(at + 4, 4);
            if (length > (uint)(file.Length - at - 12))
            {
                return Damaged;
            }
            if (shape is null != type.SequenceEqual("IHDR"u8))
            {
                return Damaged;
            }
            if (shape is null)
            {
                if (length != 13)
                {
                    return Damaged;
                }
                var width = BinaryPrimitives.ReadUInt32BigEndian(file[(at + 8)..]);
                var height = BinaryPrimitives.ReadUInt32BigEndian(file[(at + 12)..]);
                shape = new FileShape(FileKind.Png, (int)Math.Min(width, int.MaxValue), (int)Math.Min(height, int.MaxValue));
            }
            data |= type.SequenceEqual("IDAT"u8);
            at += 12 + (int)length;
            if (type.SequenceEqual("IEND"u8))
            {
                return !data ? Damaged : at == file.Length ? shape : new Refusal(UploadRefusals.Mixed);
            }
        }
    }

    private static readonly string[] HeicBrands = ["heic", "heix", "heim", "heis", "mif1", "msf1"];

    /// <summary>ISO 23008-12: boxes that fill the file; the largest <c>ispe</c> under meta/iprp/ipco is the picture's size.</summary>
    private static Result<FileShape> Heic(ReadOnlySpan<byte> file)
    {
        var first = true;
        var (width, height) = (0u, 0u);
        var data = false;
        var rest = file;
        while (!rest.IsEmpty)
        {
            if (!TryBox(ref rest, out var type, out var box))
            {
                return Damaged;
            }
            if (first)
            {
                if (!IsHeic(box))
                {
                    return new Refusal(UploadRefusals.Type);
                }
                first = false;
            }
            else if (type.SequenceEqual("meta"u8) && box.Length > 4)
            {
                SizeOf(box[4..], ref width, ref height, depth: 0);
            }
            else if (type.SequenceEqual("mdat"u8))
            {
                data = true;
            }
        }
        return width > 0 && height > 0 && data ? new FileShape(FileKind.Heic, (int)Math.Min(width, int.MaxValue), (int)Math.Min(height, int.MaxValue)) : Damaged;
    }

    private static bool IsHeic(ReadOnlySpan<byte> ftyp)
    {
        var heic = false;
        for (var at = 0; at + 4 <= ftyp.Length; at += at == 0 ? 8 : 4)
        {
            var brand = Encoding.Latin1.GetString(ftyp.Slice(at, 4));
            if (brand is "avif" or "avis")
            {
                return false;
            }
            heic |= HeicBrands.Contains(brand, StringComparer.Ordinal);
        }
        return heic;
    }

    private static void SizeOf(ReadOnlySpan<byte> boxes, ref uint width, ref uint height, int depth)
    {
        while (!boxes.IsEmpty && TryBox(ref boxes, out var type, out var box))
        {
            if (depth < 4 && (type.SequenceEqual("iprp"u8) || type.SequenceEqual("ipco"u8)))
            {
                SizeOf(box, ref width, ref height, depth + 1);
            }
            else if (type.SequenceEqual("ispe"u8) && box.Length >= 12)
            {
                var (w, h) = (BinaryPrimitives.ReadUInt32BigEndian(box[4..]), BinaryPrimitives.ReadUInt32BigEndian(box[8..]));
                if ((ulong)w * h > (ulong)width * height)
                {
                    (width, height) = (w, h);
                }
            }
        }
    }

    private static bool TryBox(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> content)
    {
        type = content = default;
        if (rest.Length < 8)
        {
            return false;
        }
        ulong size = BinaryPrimitives.ReadUInt32BigEndian(rest);
        type = rest.Slice(4, 4);
        var header = 8;
        if (size == 1)
        {
            if (rest.Length < 16)
            {
                return false;
            }
            size = BinaryPrimitives.ReadUInt64BigEndian(rest[8..]);
            header = 16;
        }
        else if (size == 0)
        {
            size = (ulong)rest.Length;
        }
        if (size < (ulong)header || size > (ulong)rest.Length)
        {
            return false;
        }
        content = rest[header..(int)size];
        rest = rest[(int)size..];
        return true;
    }

    /// <summary>ISO 32000: the header at the very first byte, and at the end where the cross-references start.</summary>
    private static Result<FileShape> Pdf(ReadOnlySpan<byte> file)
    {
        if (file.Length < 32 || file[5] is not ((byte)'1' or (byte)'2') || file[6] != '.')
        {
            return Damaged;
        }
        var tail = file[^Math.Min(file.Length, 1024)..];
        var end = tail.LastIndexOf("%%EOF"u8);
        if (end < 0 || tail[..end].LastIndexOf("startxref"u8) < 0)
        {
            return Damaged;
        }
        foreach (var b in tail[(end + 5)..])
        {
            if (b is not ((byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t' or 0))
            {
                return new Refusal(UploadRefusals.Mixed);
            }
        }
        return HasActiveContent(file) ? new Refusal(UploadRefusals.Active) : new FileShape(FileKind.Pdf, 0, 0);
    }

    private static readonly string[] ActiveNames = ["JavaScript", "JS", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "ImportData", "SubmitForm"];

    /// <summary>
    /// Names that start programs or carry files. A name may be written with #xx for any letter. What lies in compressed object streams is not seen here: officers
    /// see our own picture of each page, and the original leaves only as a download.
    /// </summary>
    private static bool HasActiveContent(ReadOnlySpan<byte> file)
    {
        Span<char> name = stackalloc char[16];
        while (true)
        {
            var slash = file.IndexOf((byte)'/');
            var stream = file.IndexOf("stream"u8);
            if (slash < 0)
            {
                return false;
            }
            if (stream >= 0 && stream < slash)
            {
                // The bytes of a stream are no names; by chance they look like some.
                var end = file[stream..].IndexOf("endstream"u8);
                if (end < 0)
                {
                    return false;
                }
                file = file[(stream + end + 9)..];
                continue;
            }
            file = file[(slash + 1)..];
            var length = 0;
            var at = 0;
            for (; at < file.Length && length < name.Length; at++)
            {
                var c = file[at];
                if (c == '#' && at + 2 < file.Length && char.IsAsciiHexDigit((char)file[at + 1]) && char.IsAsciiHexDigit((char)file[at + 2]))
                {
                    c = Convert.FromHexString(Encoding.ASCII.GetString(file.Slice(at + 1, 2)))[0];
                    at += 2;
                }
                if (!char.IsAsciiLetterOrDigit((char)c))
                {
                    break;
                }
                name[length++] = (char)c;
            }
            foreach (var active in ActiveNames)
            {
                if (name[..length].SequenceEqual(active))
                {
                    return true;
                }
            }
        }
    }

    /// <summary>
    /// Signs of a second kind of file: a PDF that readers would find in a picture (they look through the first 1,024 bytes), an archive behind it (found from the
    /// end), a page or a script where text can hide, a program behind the picture.
    /// </summary>
    private static bool IsAlsoSomethingElse(ReadOnlySpan<byte> file, FileKind kind)
    {
        if (kind != FileKind.Pdf && file[..Math.Min(file.Length, 1024)].IndexOf("%PDF-"u8) >= 0)
        {
            return true;
        }
        if (HasArchiveAtEnd(file))
        {
            return true;
        }
        if (kind == FileKind.Pdf)
        {
            return ContainsPage(file[..Math.Min(file.Length, 1024)]);
        }
        if (kind == FileKind.Jpeg)
        {
            var scan = StartOfScan(file);
            var end = EndOfJpeg(file, scan);
            // Phones put a second picture or a short film behind the first; programs, archives and documents have no place there.
            return ContainsPage(file[..scan]) || IsForeign(file[end..]);
        }
        return ContainsPage(file[..Math.Min(file.Length, 64 * 1024)]);
    }

    private static int StartOfScan(ReadOnlySpan<byte> file)
    {
        for (var at = 2; ;)
        {
            while (file[at] == 0xFF)
            {
                at++;
            }
            var marker = file[at];
            at += 1 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 1)..]);
            if (marker == 0xDA)
            {
                return at;
            }
        }
    }

    private static bool IsForeign(ReadOnlySpan<byte> trailer) =>
        trailer.StartsWith("PK"u8) || trailer.StartsWith("MZ"u8) || trailer.StartsWith("\u007fELF"u8) || trailer.StartsWith("Rar!"u8) || trailer.StartsWith((ReadOnlySpan<byte>)[0x37, 0x7A, 0xBC, 0xAF])
        || trailer.StartsWith("#!"u8) || trailer.IndexOf("%PDF-"u8) >= 0
        || ContainsPage(trailer[..Math.Min(trailer.Length, 4096)]);

    /// <summary>A ZIP is found by its last record, at most 65,557 bytes from the end; it counts only if its own numbers fit.</summary>
    private static bool HasArchiveAtEnd(ReadOnlySpan<byte> file)
    {
        var tail = file[^Math.Min(file.Length, 65_557)..];
        while (true)
        {
            var at = tail.LastIndexOf("PK\u0005\u0006"u8);
            if (at < 0)
            {
                return false;
            }
            if (at + 22 <= tail.Length)
            {
                var entries = BinaryPrimitives.ReadUInt16LittleEndian(tail[(at + 10)..]);
                var comment = BinaryPrimitives.ReadUInt16LittleEndian(tail[(at + 20)..]);
                var directory = BinaryPrimitives.ReadUInt32LittleEndian(tail[(at + 12)..]);
                if (at + 22 + comment <= tail.Length && directory <= file.Length && directory >= entries * 46L)
                {
                    return true;
                }
            }
            tail = tail[..at];
        }
    }

    // Words of four letters and more only: a shorter one turns up by chance in the preview that many cameras put there.
    private static bool ContainsPage(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var at = text.IndexOf((byte)'<');
            if (at < 0)
            {
                return false;
            }
            text = text[(at + 1)..];
            foreach (var word in (ReadOnlySpan<string>)["script", "html", "!doctype", "iframe", "svg ", "?php", "body"])
            {
                if (text.Length >= word.Length && Ascii.EqualsIgnoreCase(text[..word.Length], word))
                {
                    return true;
                }
            }
        }
    }
}
