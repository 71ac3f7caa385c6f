using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Muqeem.Platform.Drawing;

/// <summary>What is used of Debian's Cairo: a canvas in points that is a picture or a page of a PDF. For the confined child only.</summary>
internal sealed partial class Canvas : IDisposable
{
    private const int Argb = 0;
    private const int Rgb = 1;

    private readonly MemoryStream _written = new();
    private readonly nint _surface;
    private GCHandle _sink;

    private Canvas(nint surface, GCHandle sink)
    {
        _surface = surface;
        _sink = sink;
        Handle = Create(surface);
        Check();
    }

    /// <summary>Cairo's own context, for Pango.</summary>
    public nint Handle { get; }

    /// <summary>A transparent picture.</summary>
    public static Canvas Picture(int width, int height)
    {
        var canvas = new Canvas(ImageSurface(Argb, width, height), default);
        return canvas;
    }

    /// <summary>A PDF of pages whose size is set with <see cref="PageSize"/>.</summary>
    public static unsafe Canvas Document(string title, DateOnly made)
    {
        var written = new MemoryStream();
        var sink = GCHandle.Alloc(written);
        var surface = PdfSurface(&Append, GCHandle.ToIntPtr(sink), 1, 1);
        const int titled = 0, creator = 4, created = 5, modified = 6;
        var day = made.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture) + "T00:00:00Z";
        SetMetadata(surface, titled, title);
        SetMetadata(surface, creator, "Muqeem");
        SetMetadata(surface, created, day);
        SetMetadata(surface, modified, day);
        return new Canvas(surface, sink);
    }

    public void PageSize(double width, double height) => SetPdfSize(_surface, width, height);

    public void NextPage() => ShowPage(Handle);

    /// <summary>The picture as PNG.</summary>
    public unsafe byte[] Png()
    {
        Flush(_surface);
        var sink = GCHandle.Alloc(_written);
        try
        {
            Must(WritePng(_surface, &Append, GCHandle.ToIntPtr(sink)));
        }
        finally
        {
            sink.Free();
        }
        return _written.ToArray();
    }

    /// <summary>Ends the document.</summary>
    public byte[] Pdf()
    {
        Check();
        Finish(_surface);
        Must(SurfaceStatus(_surface));
        return ((MemoryStream)_sink.Target!).ToArray();
    }

    public void Check() => Must(Status(Handle));

    public void Save() => Save(Handle);

    public void Restore() => Restore(Handle);

    public void Scale(double factor) => Scale(Handle, factor, factor);

    public void Turn(double x, double y, double degrees)
    {
        Translate(Handle, x, y);
        Rotate(Handle, degrees * Math.PI / 180);
        Translate(Handle, -x, -y);
    }

    public void MoveTo(double x, double y) => MoveTo(Handle, x, y);

    public void LineTo(double x, double y) => LineTo(Handle, x, y);

    public void CurveTo(double x1, double y1, double x2, double y2, double x, double y) => CurveTo(Handle, x1, y1, x2, y2, x, y);

    public void Close() => ClosePath(Handle);

    /// <summary>The outline of a box with round corners.</summary>
    public void Box(double x, double y, double width, double height, double corner)
    {
        if (corner <= 0)
        {
            Rectangle(Handle, x, y, width, height);
            return;
        }
        const double quarter = Math.PI / 2;
        NewSubPath(Handle);
        Arc(Handle, x + width - corner, y + corner, corner, -quarter, 0);
        Arc(Handle, x + width - corner, y + height - corner, corner, 0, quarter);
        Arc(Handle, x + corner, y + height - corner, corner, quarter, 2 * quarter);
        Arc(Handle, x + corner, y + corner, corner, 2 * quarter, 3 * quarter);
        ClosePath(Handle);
    }

    public void Clip() => Clip(Handle);

    public void Colour(Ink ink) => SetColour(Handle, Part(ink, 16), Part(ink, 8), Part(ink, 0), ink.Cover);

    public void Fill() => Fill(Handle);

    /// <summary>From one colour to the other across a box.</summary>
    public void Fill(Ink from, Ink to, double width, double height)
    {
        var pattern = LinearPattern(0, 0, width, height);
        AddStop(pattern, 0, Part(from, 16), Part(from, 8), Part(from, 0), from.Cover);
        AddStop(pattern, 1, Part(to, 16), Part(to, 8), Part(to, 0), to.Cover);
        SetSource(Handle, pattern);
        Fill(Handle);
        DestroyPattern(pattern);
    }

    public void Stroke(double width)
    {
        const int round = 1;
        SetLineWidth(Handle, width);
        SetLineCap(Handle, round);
        SetLineJoin(Handle, round);
        Stroke(Handle);
    }

    /// <summary>Paints pixels over a box; a PDF holds the JPEG instead of them.</summary>
    /// <param name="rgb">Three bytes a pixel.</param>
    public unsafe void Paint(byte[] rgb, byte[] jpeg, int pixelsAcross, int pixelsDown, double x, double y, double width, double height)
    {
        var picture = ImageSurface(Rgb, pixelsAcross, pixelsDown);
        Must(SurfaceStatus(picture));
        Flush(picture);
        var stride = Stride(picture);
        var rows = new Span<uint>((void*)Data(picture), stride / 4 * pixelsDown);
        for (var row = 0; row < pixelsDown; row++)
        {
            for (var column = 0; column < pixelsAcross; column++)
            {
                var at = ((row * pixelsAcross) + column) * 3;
                rows[(row * (stride / 4)) + column] = ((uint)rgb[at] << 16) | ((uint)rgb[at + 1] << 8) | rgb[at + 2];
            }
        }
        MarkDirty(picture);
        var held = GCHandle.Alloc(jpeg, GCHandleType.Pinned);
        Must(SetMime(picture, "image/jpeg", held.AddrOfPinnedObject(), (nuint)jpeg.Length, &Release, GCHandle.ToIntPtr(held)));
        Save(Handle);
        Translate(Handle, x, y);
        Scale(Handle, width / pixelsAcross, height / pixelsDown);
        SetPicture(Handle, picture, 0, 0);
        const int best = 2;
        SetFilter(Source(Handle), best);
        Paint(Handle);
        Restore(Handle);
        DestroySurface(picture);
    }

    public void Dispose()
    {
        Destroy(Handle);
        DestroySurface(_surface);
        if (_sink.IsAllocated)
        {
            _sink.Free();
        }
        _written.Dispose();
    }

    private static double Part(Ink ink, int shift) => ((ink.Rgb >> shift) & 0xFF) / 255.0;

    private static void Must(int status)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"Cairo: {Marshal.PtrToStringUTF8(StatusText(status))}.");
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int Append(nint sink, byte* bytes, uint length)
    {
        ((MemoryStream)GCHandle.FromIntPtr(sink).Target!).Write(new ReadOnlySpan<byte>(bytes, checked((int)length)));
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(nint held) => GCHandle.FromIntPtr(held).Free();

    private const string Library = "libcairo.so.2";

    [LibraryImport(Library, EntryPoint = "cairo_image_surface_create")]
    private static partial nint ImageSurface(int format, int width, int height);

    [LibraryImport(Library, EntryPoint = "cairo_image_surface_get_data")]
    private static partial nint Data(nint surface);

    [LibraryImport(Library, EntryPoint = "cairo_image_surface_get_stride")]
    private static partial int Stride(nint surface);

    [LibraryImport(Library, EntryPoint = "cairo_pdf_surface_create_for_stream")]
    private static unsafe partial nint PdfSurface(delegate* unmanaged[Cdecl]<nint, byte*, uint, int> write, nint sink, double width, double height);

    [LibraryImport(Library, EntryPoint = "cairo_pdf_surface_set_size")]
    private static partial void SetPdfSize(nint surface, double width, double height);

    [LibraryImport(Library, EntryPoint = "cairo_pdf_surface_set_metadata", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void SetMetadata(nint surface, int which, string text);

    [LibraryImport(Library, EntryPoint = "cairo_surface_write_to_png_stream")]
    private static unsafe partial int WritePng(nint surface, delegate* unmanaged[Cdecl]<nint, byte*, uint, int> write, nint sink);

    [LibraryImport(Library, EntryPoint = "cairo_surface_set_mime_data", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int SetMime(nint surface, string type, nint data, nuint length, delegate* unmanaged[Cdecl]<nint, void> release, nint held);

    [LibraryImport(Library, EntryPoint = "cairo_surface_flush")]
    private static partial void Flush(nint surface);

    [LibraryImport(Library, EntryPoint = "cairo_surface_mark_dirty")]
    private static partial void MarkDirty(nint surface);

    [LibraryImport(Library, EntryPoint = "cairo_surface_finish")]
    private static partial void Finish(nint surface);

    [LibraryImport(Library, EntryPoint = "cairo_surface_status")]
    private static partial int SurfaceStatus(nint surface);

    [LibraryImport(Library, EntryPoint = "cairo_surface_destroy")]
    private static partial void DestroySurface(nint surface);

    [LibraryImport(Library, EntryPoint = "cairo_create")]
    private static partial nint Create(nint surface);

    [LibraryImport(Library, EntryPoint = "cairo_destroy")]
    private static partial void Destroy(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_status")]
    private static partial int Status(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_status_to_string")]
    private static partial nint StatusText(int status);

    [LibraryImport(Library, EntryPoint = "cairo_show_page")]
    private static partial void ShowPage(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_save")]
    private static partial void Save(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_restore")]
    private static partial void Restore(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_translate")]
    private static partial void Translate(nint canvas, double x, double y);

    [LibraryImport(Library, EntryPoint = "cairo_scale")]
    private static partial void Scale(nint canvas, double x, double y);

    [LibraryImport(Library, EntryPoint = "cairo_rotate")]
    private static partial void Rotate(nint canvas, double radians);

    [LibraryImport(Library, EntryPoint = "cairo_move_to")]
    private static partial void MoveTo(nint canvas, double x, double y);

    [LibraryImport(Library, EntryPoint = "cairo_line_to")]
    private static partial void LineTo(nint canvas, double x, double y);

    [LibraryImport(Library, EntryPoint = "cairo_curve_to")]
    private static partial void CurveTo(nint canvas, double x1, double y1, double x2, double y2, double x, double y);

    [LibraryImport(Library, EntryPoint = "cairo_close_path")]
    private static partial void ClosePath(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_new_sub_path")]
    private static partial void NewSubPath(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_arc")]
    private static partial void Arc(nint canvas, double x, double y, double radius, double from, double to);

    [LibraryImport(Library, EntryPoint = "cairo_rectangle")]
    private static partial void Rectangle(nint canvas, double x, double y, double width, double height);

    [LibraryImport(Library, EntryPoint = "cairo_clip")]
    private static partial void Clip(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_set_source_rgba")]
    private static partial void SetColour(nint canvas, double red, double green, double blue, double alpha);

    [LibraryImport(Library, EntryPoint = "cairo_set_source")]
    private static partial void SetSource(nint canvas, nint pattern);

    [LibraryImport(Library, EntryPoint = "cairo_set_source_surface")]
    private static partial void SetPicture(nint canvas, nint surface, double x, double y);

    [LibraryImport(Library, EntryPoint = "cairo_get_source")]
    private static partial nint Source(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_pattern_set_filter")]
    private static partial void SetFilter(nint pattern, int filter);

    [LibraryImport(Library, EntryPoint = "cairo_pattern_create_linear")]
    private static partial nint LinearPattern(double x0, double y0, double x1, double y1);

    [LibraryImport(Library, EntryPoint = "cairo_pattern_add_color_stop_rgba")]
    private static partial void AddStop(nint pattern, double at, double red, double green, double blue, double alpha);

    [LibraryImport(Library, EntryPoint = "cairo_pattern_destroy")]
    private static partial void DestroyPattern(nint pattern);

    [LibraryImport(Library, EntryPoint = "cairo_set_line_width")]
    private static partial void SetLineWidth(nint canvas, double width);

    [LibraryImport(Library, EntryPoint = "cairo_set_line_cap")]
    private static partial void SetLineCap(nint canvas, int cap);

    [LibraryImport(Library, EntryPoint = "cairo_set_line_join")]
    private static partial void SetLineJoin(nint canvas, int join);

    [LibraryImport(Library, EntryPoint = "cairo_fill")]
    private static partial void Fill(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_stroke")]
    private static partial void Stroke(nint canvas);

    [LibraryImport(Library, EntryPoint = "cairo_paint")]
    private static partial void Paint(nint canvas);
}
