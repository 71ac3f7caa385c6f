using System.Globalization;
using System.Runtime.InteropServices;

namespace Muqeem.Platform.Files.Media;

/// <summary>A picture could not be read; the message is the library's own and goes no further than a test.</summary>
internal sealed class PictureException(string message) : Exception(message)
{
    public bool Locked => Message.Contains("ncrypted", StringComparison.Ordinal) || Message.Contains("assword", StringComparison.Ordinal);
}

/// <summary>
/// What is used of Debian's libvips. For the child only: it loads modules whose libraries (an SQLite among them) become visible to the whole process and
/// take the place of ours.
/// </summary>
internal static partial class Vips
{
    private const int Down = 2;
    private const int Srgb = 22;
    private const int Grey = 1;

    /// <summary>Starts the library: one thread, no memory of former pictures, and only the four loaders.</summary>
    public static void Start()
    {
        if (Init("muqeem") != 0)
        {
            throw new PictureException(Error());
        }
        SetConcurrency(1);
        SetCache(0);
        Block("VipsForeignLoad", 1);
        foreach (var loader in (ReadOnlySpan<string>)["VipsForeignLoadJpegBuffer", "VipsForeignLoadPngBuffer", "VipsForeignLoadHeifBuffer", "VipsForeignLoadPdfBuffer"])
        {
            Block(loader, 0);
        }
    }

    /// <summary>Only the header is read until somebody asks for pixels. The bytes must stay pinned as long as the image lives.</summary>
    public static unsafe Image Open(byte* bytes, int length, string options) => new(Check(NewFromBuffer(bytes, (nuint)length, options, 0)));

    /// <summary>Scaled down to fit, upright by its orientation, in sRGB: decodes no more than it needs.</summary>
    public static unsafe Image Fit(byte* bytes, int length, int side)
    {
        Must(ThumbnailBuffer(bytes, (nuint)length, out var image, side, "height", side, "size", Down, "export_profile", "srgb", "option_string", "[fail_on=truncated]", 0));
        return new(image);
    }

    public static void Must(int result)
    {
        if (result != 0)
        {
            throw new PictureException(Error());
        }
    }

    private static nint Check(nint image) => image != 0 ? image : throw new PictureException(Error());

    private static string Error()
    {
        var text = Marshal.PtrToStringUTF8(ErrorBuffer()) ?? "";
        ErrorClear();
        return text;
    }

    /// <summary>Owns one reference.</summary>
    public sealed class Image(nint handle) : IDisposable
    {
        private nint _handle = handle;

        public int Width => GetWidth(_handle);
        public int Height => GetHeight(_handle);
        public int Pages => GetPages(_handle);

        public Image Fit(int side)
        {
            Must(ThumbnailImage(_handle, out var image, side, "height", side, "size", Down, 0));
            return new(image);
        }

        /// <summary>Decodes all of it now, so that it can be used more than once.</summary>
        public Image InMemory() => new(Check(CopyMemory(_handle)));

        /// <summary>Without transparency, on white, in sRGB of eight bits.</summary>
        public Image OnWhite()
        {
            var flat = _handle;
            if (HasAlpha(_handle) != 0)
            {
                double[] white = [255, 255, 255];
                var background = NewArray(white, white.Length);
                var result = Flatten(_handle, out flat, "background", background, 0);
                AreaUnref(background);
                Must(result);
            }
            else
            {
                Ref(flat);
            }
            var converted = Colourspace(flat, out var image, Srgb, 0);
            Unref(flat);
            Must(converted);
            return new(image);
        }

        public Image Rotated(int quarters)
        {
            Must(Rotate(_handle, out var image, quarters, 0));
            return new(image);
        }

        /// <summary>A part of it, in pixels.</summary>
        public Image Part(int left, int top, int width, int height)
        {
            Must(Extract(_handle, out var image, left, top, width, height, 0));
            return new(image);
        }

        /// <summary>One byte of brightness a pixel.</summary>
        public byte[] GreyBytes()
        {
            Must(Colourspace(_handle, out var grey, Grey, 0));
            var band = ExtractBand(grey, out var one, 0, 0);
            Unref(grey);
            Must(band);
            var converted = CastToBytes(one, out var bytes, 0);
            Unref(one);
            Must(converted);
            var memory = WriteToMemory(bytes, out var size);
            Unref(bytes);
            return Take(Check(memory), size);
        }

        /// <summary>Three bytes a pixel; of an image in sRGB without transparency.</summary>
        public byte[] ColourBytes()
        {
            Must(CastToBytes(_handle, out var bytes, 0));
            var memory = WriteToMemory(bytes, out var size);
            Unref(bytes);
            return Take(Check(memory), size);
        }

        /// <summary>A file in memory, e.g. with <c>.jpg[Q=82,strip]</c>.</summary>
        public byte[] Save(string format)
        {
            Must(WriteToBuffer(_handle, format, out var buffer, out var size, 0));
            return Take(buffer, size);
        }

        public void Dispose()
        {
            var owned = Interlocked.Exchange(ref _handle, 0);
            if (owned != 0)
            {
                Unref(owned);
            }
        }

        private static byte[] Take(nint buffer, nuint size)
        {
            var bytes = new byte[(int)size];
            Marshal.Copy(buffer, bytes, 0, bytes.Length);
            Free(buffer);
            return bytes;
        }
    }

    public static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    // The variable arguments end with a null pointer. They are integers and pointers only: these travel as in a plain call on x64 and arm64 Linux.
    private const string Library = "libvips.so.42";

    [LibraryImport(Library, EntryPoint = "vips_init", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Init(string name);

    [LibraryImport(Library, EntryPoint = "vips_concurrency_set")]
    private static partial void SetConcurrency(int threads);

    [LibraryImport(Library, EntryPoint = "vips_cache_set_max")]
    private static partial void SetCache(int most);

    [LibraryImport(Library, EntryPoint = "vips_operation_block_set", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void Block(string name, int state);

    [LibraryImport(Library, EntryPoint = "vips_error_buffer")]
    private static partial nint ErrorBuffer();

    [LibraryImport(Library, EntryPoint = "vips_error_clear")]
    private static partial void ErrorClear();

    [LibraryImport(Library, EntryPoint = "vips_image_new_from_buffer", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint NewFromBuffer(byte* buffer, nuint length, string options, nint end);

    [LibraryImport(Library, EntryPoint = "vips_thumbnail_buffer", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int ThumbnailBuffer(byte* buffer, nuint length, out nint image, int width, string heightName, int height, string sizeName, int size, string profileName, string profile, string optionName, string options, nint end);

    [LibraryImport(Library, EntryPoint = "vips_thumbnail_image", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ThumbnailImage(nint from, out nint image, int width, string heightName, int height, string sizeName, int size, nint end);

    [LibraryImport(Library, EntryPoint = "vips_flatten", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Flatten(nint from, out nint image, string name, nint background, nint end);

    [LibraryImport(Library, EntryPoint = "vips_array_double_new")]
    private static partial nint NewArray(double[] values, int count);

    [LibraryImport(Library, EntryPoint = "vips_area_unref")]
    private static partial void AreaUnref(nint area);

    [LibraryImport(Library, EntryPoint = "vips_colourspace")]
    private static partial int Colourspace(nint from, out nint image, int space, nint end);

    [LibraryImport(Library, EntryPoint = "vips_rot")]
    private static partial int Rotate(nint from, out nint image, int quarters, nint end);

    [LibraryImport(Library, EntryPoint = "vips_extract_area")]
    private static partial int Extract(nint from, out nint image, int left, int top, int width, int height, nint end);

    [LibraryImport(Library, EntryPoint = "vips_extract_band")]
    private static partial int ExtractBand(nint from, out nint image, int band, nint end);

    [LibraryImport(Library, EntryPoint = "vips_cast_uchar")]
    private static partial int CastToBytes(nint from, out nint image, nint end);

    [LibraryImport(Library, EntryPoint = "vips_image_copy_memory")]
    private static partial nint CopyMemory(nint image);

    [LibraryImport(Library, EntryPoint = "vips_image_write_to_memory")]
    private static partial nint WriteToMemory(nint image, out nuint size);

    [LibraryImport(Library, EntryPoint = "vips_image_write_to_buffer", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int WriteToBuffer(nint image, string format, out nint buffer, out nuint size, nint end);

    [LibraryImport(Library, EntryPoint = "vips_image_get_width")]
    private static partial int GetWidth(nint image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_height")]
    private static partial int GetHeight(nint image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_n_pages")]
    private static partial int GetPages(nint image);

    [LibraryImport(Library, EntryPoint = "vips_image_hasalpha")]
    private static partial int HasAlpha(nint image);

    [LibraryImport("libgobject-2.0.so.0", EntryPoint = "g_object_ref")]
    private static partial nint Ref(nint thing);

    [LibraryImport("libgobject-2.0.so.0", EntryPoint = "g_object_unref")]
    private static partial void Unref(nint thing);

    [LibraryImport("libglib-2.0.so.0", EntryPoint = "g_free")]
    private static partial void Free(nint memory);
}
