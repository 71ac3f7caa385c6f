using System.Runtime.InteropServices;

namespace Muqeem.Platform.Files.Media;

/// <summary>QR codes in a grey picture, by Debian's zbar.</summary>
internal static partial class Zbar
{
    private const int QrCode = 64;
    private const int Enable = 0;

    public static List<string> Read(ReadOnlySpan<byte> grey, int width, int height)
    {
        var found = new List<string>();
        var scanner = NewScanner();
        var image = NewImage();
        try
        {
            Configure(scanner, 0, Enable, 0);
            Configure(scanner, QrCode, Enable, 1);
            SetFormat(image, 0x30303859); // Y800
            SetSize(image, (uint)width, (uint)height);
            unsafe
            {
                fixed (byte* pixels = grey)
                {
                    // No clean-up function: the pixels are ours.
                    SetData(image, pixels, (nuint)grey.Length, 0);
                    Scan(scanner, image);
                }
            }
            for (var symbol = First(image); symbol != 0 && found.Count < 8; symbol = Next(symbol))
            {
                var length = Length(symbol);
                if (length is > 0 and <= 4296)
                {
                    found.Add(Marshal.PtrToStringUTF8(Data(symbol), (int)length));
                }
            }
            return found;
        }
        finally
        {
            FreeImage(image);
            FreeScanner(scanner);
        }
    }

    private const string Library = "libzbar.so.0";

    [LibraryImport(Library, EntryPoint = "zbar_image_scanner_create")]
    private static partial nint NewScanner();

    [LibraryImport(Library, EntryPoint = "zbar_image_scanner_destroy")]
    private static partial void FreeScanner(nint scanner);

    [LibraryImport(Library, EntryPoint = "zbar_image_scanner_set_config")]
    private static partial int Configure(nint scanner, int symbology, int setting, int value);

    [LibraryImport(Library, EntryPoint = "zbar_image_create")]
    private static partial nint NewImage();

    [LibraryImport(Library, EntryPoint = "zbar_image_destroy")]
    private static partial void FreeImage(nint image);

    [LibraryImport(Library, EntryPoint = "zbar_image_set_format")]
    private static partial void SetFormat(nint image, nuint format);

    [LibraryImport(Library, EntryPoint = "zbar_image_set_size")]
    private static partial void SetSize(nint image, uint width, uint height);

    [LibraryImport(Library, EntryPoint = "zbar_image_set_data")]
    private static unsafe partial void SetData(nint image, byte* data, nuint length, nint cleanUp);

    [LibraryImport(Library, EntryPoint = "zbar_scan_image")]
    private static partial int Scan(nint scanner, nint image);

    [LibraryImport(Library, EntryPoint = "zbar_image_first_symbol")]
    private static partial nint First(nint image);

    [LibraryImport(Library, EntryPoint = "zbar_symbol_next")]
    private static partial nint Next(nint symbol);

    [LibraryImport(Library, EntryPoint = "zbar_symbol_get_data")]
    private static partial nint Data(nint symbol);

    [LibraryImport(Library, EntryPoint = "zbar_symbol_get_data_length")]
    private static partial uint Length(nint symbol);
}

/// <summary>Letters in a grey picture, by Debian's tesseract, limited to those of a machine-readable zone.</summary>
internal sealed partial class Tesseract : IDisposable
{
    private const int SingleBlock = 6;
    private readonly nint _handle = Create();

    public Tesseract()
    {
        if (Init(_handle, null, "eng") != 0)
        {
            Delete(_handle);
            throw new InvalidOperationException("tesseract has no data for eng: install tesseract-ocr.");
        }
        SetVariable(_handle, "tessedit_char_whitelist", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<");
        // A zone is no language: dictionaries turn names into English words.
        SetVariable(_handle, "load_system_dawg", "0");
        SetVariable(_handle, "load_freq_dawg", "0");
        SetMode(_handle, SingleBlock);
    }

    public string Read(byte[] grey, int width, int height)
    {
        SetImage(_handle, grey, width, height, 1, width);
        SetResolution(_handle, 300);
        var text = Text(_handle);
        try
        {
            return Marshal.PtrToStringUTF8(text) ?? "";
        }
        finally
        {
            DeleteText(text);
        }
    }

    public void Dispose() => Delete(_handle);

    private const string Library = "libtesseract.so.5";

    [LibraryImport(Library, EntryPoint = "TessBaseAPICreate")]
    private static partial nint Create();

    [LibraryImport(Library, EntryPoint = "TessBaseAPIDelete")]
    private static partial void Delete(nint handle);

    [LibraryImport(Library, EntryPoint = "TessBaseAPIInit3", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Init(nint handle, string? data, string language);

    [LibraryImport(Library, EntryPoint = "TessBaseAPISetVariable", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(nint handle, string name, string value);

    [LibraryImport(Library, EntryPoint = "TessBaseAPISetPageSegMode")]
    private static partial void SetMode(nint handle, int mode);

    [LibraryImport(Library, EntryPoint = "TessBaseAPISetImage")]
    private static partial void SetImage(nint handle, byte[] pixels, int width, int height, int bytesPerPixel, int bytesPerLine);

    [LibraryImport(Library, EntryPoint = "TessBaseAPISetSourceResolution")]
    private static partial void SetResolution(nint handle, int dpi);

    [LibraryImport(Library, EntryPoint = "TessBaseAPIGetUTF8Text")]
    private static partial nint Text(nint handle);

    [LibraryImport(Library, EntryPoint = "TessDeleteText")]
    private static partial void DeleteText(nint text);
}
