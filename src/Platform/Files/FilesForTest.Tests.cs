using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Platform.Files.Media;

namespace Muqeem.Platform.Files;

/// <summary>Pixels of a test, made into files and back by Debian's vips program: the library itself does not bear our SQLite in one process.</summary>
internal sealed record TestPicture(int Width, int Height, int Bands, byte[] Pixels)
{
    /// <param name="format">An ending with options, e.g. <c>.jpg[Q=90]</c>.</param>
    public byte[] Save(string format)
    {
        var header = Encoding.ASCII.GetBytes(Bands == 4
            ? $"P7\nWIDTH {Width}\nHEIGHT {Height}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
            : $"P{(Bands == 1 ? 5 : 6)}\n{Width} {Height}\n255\n");
        if (Bands == 4)
        {
            // The program reads no PAM: raw pixels then.
            return Convert(Pixels, ".raw", format, raw => ["rawload", raw, "{out}", $"{Width}", $"{Height}", "4", "--interpretation", "srgb"]);
        }
        return Convert([.. header, .. Pixels], ".ppm", format, ppm => ["copy", ppm, "{out}"]);
    }

    public static TestPicture Read(byte[] file)
    {
        var kind = FileReading.ShapeOf(file).Value.Kind;
        return FromPpm(Convert(file, "." + kind.Extension(), ".ppm", path => ["copy", path, "{out}"]));
    }

    public static TestPicture Text(string text, string font, int dpi) =>
        FromPpm(Convert([], ".none", ".ppm", _ => ["text", "{out}", text, "--font", font, "--dpi", $"{dpi}"]));

    public TestPicture Turned(int quarters)
    {
        var turned = this;
        for (var i = 0; i < quarters; i++)
        {
            var (from, to) = (turned, new byte[Pixels.Length]);
            for (var y = 0; y < from.Height; y++)
            {
                for (var x = 0; x < from.Width; x++)
                {
                    from.Pixels.AsSpan(((y * from.Width) + x) * Bands, Bands).CopyTo(to.AsSpan(((x * from.Height) + from.Height - 1 - y) * Bands));
                }
            }
            turned = new TestPicture(from.Height, from.Width, Bands, to);
        }
        return turned;
    }

    private static TestPicture FromPpm(byte[] ppm)
    {
        var at = 0;
        string Word()
        {
            while (char.IsWhiteSpace((char)ppm[at]) || ppm[at] == '#')
            {
                at = ppm[at] == '#' ? Array.IndexOf(ppm, (byte)'\n', at) : at + 1;
            }
            var start = at;
            while (!char.IsWhiteSpace((char)ppm[at]))
            {
                at++;
            }
            return Encoding.ASCII.GetString(ppm, start, at - start);
        }
        var bands = Word() == "P5" ? 1 : 3;
        var (width, height, _) = (int.Parse(Word()), int.Parse(Word()), Word());
        return new(width, height, bands, ppm[(at + 1)..]);
    }

    /// <summary>One operation of the vips program; <c>{out}</c> stands for its result.</summary>
    public static byte[] Convert(byte[] content, string from, string to, Func<string, string[]> arguments)
    {
        var folder = Directory.CreateTempSubdirectory("muqeem-test-").FullName;
        try
        {
            var (input, output) = (Path.Combine(folder, "in" + from), Path.Combine(folder, "out" + to.Split('[')[0]));
            File.WriteAllBytes(input, content);
            var start = new System.Diagnostics.ProcessStartInfo("vips") { RedirectStandardError = true, UseShellExecute = false };
            foreach (var argument in arguments(input))
            {
                start.ArgumentList.Add(argument.Replace("{out}", output + (to.Contains('[', StringComparison.Ordinal) ? to[to.IndexOf('[', StringComparison.Ordinal)..] : ""), StringComparison.Ordinal));
            }
            using var process = System.Diagnostics.Process.Start(start)!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? File.ReadAllBytes(output) : throw new InvalidOperationException(error);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>Files as people send them, and as attackers do.</summary>
internal static class FilesForTest
{
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<(int, int, string), Lazy<byte[]>> Made = new();

    /// <summary>Left to right darker, the upper left corner red, so that turning shows.</summary>
    public static TestPicture Scene(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = ((y * width) + x) * 3;
                var red = x < width / 4 && y < height / 4;
                pixels[at] = (byte)(red ? 230 : 220 - (x * 60 / width));
                pixels[at + 1] = (byte)(red ? 20 : 220 - (x * 60 / width) + (y % 8));
                pixels[at + 2] = (byte)(red ? 20 : 180);
            }
        }
        return new(width, height, 3, pixels);
    }

    public static byte[] Jpeg(int width = 640, int height = 480) => Scene(width, height, ".jpg[Q=90,strip]");

    public static byte[] Png(int width = 640, int height = 480) => Scene(width, height, ".png[strip]");

    public static byte[] Heic(int width = 640, int height = 480) => Scene(width, height, ".heic[Q=70]");

    private static byte[] Scene(int width, int height, string format) =>
        [.. Made.GetOrAdd((width, height, format), static key => new(() => Scene(key.Item1, key.Item2).Save(key.Item3))).Value];

    /// <summary>A PDF with so many pages, each with a word on it.</summary>
    public static byte[] Pdf(int pages = 1, string extra = "", string box = "0 0 595 842")
    {
        var pdf = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        void Object(string text)
        {
            offsets.Add(pdf.Length);
            pdf.Append(System.Globalization.CultureInfo.InvariantCulture, $"{offsets.Count} 0 obj\n{text}\nendobj\n");
        }
        Object($"<< /Type /Catalog /Pages 2 0 R {extra} >>");
        Object($"<< /Type /Pages /Count {pages} /Kids [{string.Join(' ', Enumerable.Range(0, pages).Select(i => $"{3 + (2 * i)} 0 R"))}] >>");
        for (var i = 0; i < pages; i++)
        {
            Object($"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents {4 + (2 * i)} 0 R /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>");
            var text = $"BT /F 40 Tf 60 700 Td (Page {i + 1}) Tj ET 60 100 200 200 re f";
            Object($"<< /Length {text.Length} >>\nstream\n{text}\nendstream");
        }
        var start = pdf.Length;
        pdf.Append(System.Globalization.CultureInfo.InvariantCulture, $"xref\n0 {offsets.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
        {
            pdf.Append(System.Globalization.CultureInfo.InvariantCulture, $"{offset:0000000000} 00000 n \n");
        }
        pdf.Append(System.Globalization.CultureInfo.InvariantCulture, $"trailer << /Size {offsets.Count + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
        return Encoding.Latin1.GetBytes(pdf.ToString());
    }

    public static byte[] Zip()
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("payload.js").Open();
            entry.Write("alert(1)"u8);
        }
        return memory.ToArray();
    }

    /// <summary>A segment right behind the start of a JPEG.</summary>
    public static byte[] WithSegment(byte[] jpeg, byte marker, ReadOnlySpan<byte> content)
    {
        var segment = new byte[4 + content.Length];
        segment[0] = 0xFF;
        segment[1] = marker;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)(content.Length + 2));
        content.CopyTo(segment.AsSpan(4));
        return [.. jpeg[..2], .. segment, .. jpeg[2..]];
    }

    /// <summary>EXIF that says: turned by the camera (6: show it turned clockwise), taken by Phone X, at 21.4225 north 39.8262 east.</summary>
    public static byte[] WithPlace(byte[] jpeg)
    {
        using var tiff = new MemoryStream();
        void U16(int value) => tiff.Write(BitConverter.GetBytes((ushort)value));
        void U32(int value) => tiff.Write(BitConverter.GetBytes(value));
        void Entry(int tag, int type, int count, int value)
        {
            U16(tag);
            U16(type);
            U32(count);
            U32(value);
        }
        tiff.Write("II*\0"u8);
        U32(8);
        U16(3); // IFD0 at 8: three entries, then the next directory
        Entry(0x010F, 2, 8, 120);
        Entry(0x0112, 3, 1, 6);
        Entry(0x8825, 4, 1, 50);
        U32(0);
        U16(4); // GPS at 50
        Entry(1, 2, 2, 'N');
        Entry(2, 5, 3, 128);
        Entry(3, 2, 2, 'E');
        Entry(4, 5, 3, 152);
        U32(0);
        while (tiff.Length < 120)
        {
            tiff.WriteByte(0);
        }
        tiff.Write("Phone X\0"u8);
        foreach (var number in new[] { 21, 1, 25, 1, 21, 1, 39, 1, 49, 1, 34, 1 })
        {
            U32(number);
        }
        return WithSegment(jpeg, 0xE1, [.. "Exif\0\0"u8, .. tiff.ToArray()]);
    }

    /// <summary>A PNG whose header claims a size, with data that is all zero.</summary>
    public static byte[] PngOfZeros(int width, int height, bool whole)
    {
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        void Chunk(string type, ReadOnlySpan<byte> content)
        {
            Span<byte> number = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
            png.Write(number);
            byte[] body = [.. Encoding.ASCII.GetBytes(type), .. content];
            png.Write(body);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
            png.Write(number);
        }
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        Chunk("IHDR", header);
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            var row = new byte[1 + (3 * (whole ? width : 100))];
            for (var y = 0; y < (whole ? height : 10); y++)
            {
                zlib.Write(row);
            }
        }
        Chunk("IDAT", data.ToArray());
        Chunk("IEND", []);
        return png.ToArray();
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

    /// <summary>The shape of a JPEG changed to a size that it does not have.</summary>
    public static byte[] JpegThatClaims(int width, int height)
    {
        var jpeg = Jpeg();
        for (var at = 2; ; at += 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg.AsSpan(at + 2)))
        {
            if (jpeg[at + 1] is 0xC0 or 0xC2)
            {
                BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(at + 5), (ushort)height);
                BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(at + 7), (ushort)width);
                return jpeg;
            }
        }
    }

    /// <summary>The child as it is shipped: the host with its hidden verb.</summary>
    public static MediaChild Child() => Child(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory().Split("/shared/")[0], "dotnet"),
        TimeSpan.FromSeconds(90), Path.Combine(AppContext.BaseDirectory, "Muqeem.Host.dll"), MediaWorker.Verb);

    public static MediaChild Child(string program, TimeSpan longest, params string[] arguments) => new(NullLogger<MediaChild>.Instance, program, arguments, longest);
}
