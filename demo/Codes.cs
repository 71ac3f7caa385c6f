using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Muqeem.Demo;

/// <summary>What an authenticator app does (RFC 6238: SHA-1, 30 seconds, six digits).</summary>
public static class AuthenticatorApp
{
    public static string Code(string secret, DateTimeOffset at)
    {
        var bits = string.Concat(secret.Where(char.IsAsciiLetterOrDigit).Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(char.ToUpperInvariant(c), StringComparison.Ordinal), 2).PadLeft(5, '0')));
        var key = Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2)).ToArray();
        Span<byte> step = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(step, at.ToUnixTimeSeconds() / 30);
#pragma warning disable CA5350 // The apps know no other.
        var hash = HMACSHA1.HashData(key, step);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 15)) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}

/// <summary>What a telephone's camera does: reads the QR code of a picture (Debian's libzbar).</summary>
public static partial class Camera
{
    public static async Task<string> ReadAsync(byte[] picture, string folder)
    {
        var png = Path.Combine(folder, "qr.png");
        var grey = Path.Combine(folder, "qr.pgm");
        await File.WriteAllBytesAsync(png, picture);
        foreach (var (from, to, how) in new[] { (png, Path.Combine(folder, "qr-flat.png"), "flatten"), (Path.Combine(folder, "qr-flat.png"), grey, "colourspace") })
        {
            var start = new ProcessStartInfo("vips", how == "flatten" ? [how, from, to] : [how, from, to, "b-w"]);
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync();
        }
        return Read(await File.ReadAllBytesAsync(grey));
    }

    /// <param name="pgm">A binary PGM: P5, width, height, 255, then a byte a pixel.</param>
    private static string Read(byte[] pgm)
    {
        var numbers = new List<int>();
        var at = 2;
        while (numbers.Count < 3)
        {
            while (pgm[at] is (byte)' ' or (byte)'\n')
            {
                at++;
            }
            if (pgm[at] == '#')
            {
                at = Array.IndexOf(pgm, (byte)'\n', at);
                continue;
            }
            var end = Array.FindIndex(pgm, at, b => b is (byte)' ' or (byte)'\n');
            numbers.Add(int.Parse(Encoding.ASCII.GetString(pgm, at, end - at), CultureInfo.InvariantCulture));
            at = end;
        }
        var pixels = pgm.AsSpan(at + 1).ToArray();
        var memory = Marshal.AllocHGlobal(pixels.Length);
        var scanner = zbar_image_scanner_create();
        var image = zbar_image_create();
        try
        {
            Marshal.Copy(pixels, 0, memory, pixels.Length);
            zbar_image_set_format(image, new CULong((nuint)BinaryPrimitives.ReadUInt32LittleEndian("Y800"u8)));
            zbar_image_set_size(image, (uint)numbers[0], (uint)numbers[1]);
            zbar_image_set_data(image, memory, new CULong((nuint)pixels.Length), 0);
            _ = zbar_scan_image(scanner, image);
            var symbol = zbar_image_first_symbol(image);
            return symbol == 0 ? throw new NotAsExpectedException("No QR code can be read in the picture.") : Marshal.PtrToStringUTF8(zbar_symbol_get_data(symbol))!;
        }
        finally
        {
            zbar_image_destroy(image);
            zbar_image_scanner_destroy(scanner);
            Marshal.FreeHGlobal(memory);
        }
    }

    private const string Library = "libzbar.so.0";

    [LibraryImport(Library)] private static partial nint zbar_image_scanner_create();
    [LibraryImport(Library)] private static partial void zbar_image_scanner_destroy(nint scanner);
    [LibraryImport(Library)] private static partial nint zbar_image_create();
    [LibraryImport(Library)] private static partial void zbar_image_destroy(nint image);
    [LibraryImport(Library)] private static partial void zbar_image_set_format(nint image, CULong format);
    [LibraryImport(Library)] private static partial void zbar_image_set_size(nint image, uint width, uint height);
    [LibraryImport(Library)] private static partial void zbar_image_set_data(nint image, nint data, CULong length, nint cleanup);
    [LibraryImport(Library)] private static partial int zbar_scan_image(nint scanner, nint image);
    [LibraryImport(Library)] private static partial nint zbar_image_first_symbol(nint image);
    [LibraryImport(Library)] private static partial nint zbar_symbol_get_data(nint symbol);
}
