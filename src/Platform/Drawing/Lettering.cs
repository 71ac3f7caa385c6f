using System.Runtime.InteropServices;
using System.Text;

namespace Muqeem.Platform.Drawing;

/// <summary>What is used of Debian's Pango: text, shaped in any script, from the fonts that are given and no others. For the confined child only.</summary>
internal sealed partial class Lettering : IDisposable
{
    /// <summary>Pango's own unit.</summary>
    private const double Unit = 1024;

    private readonly nint _fonts;
    private readonly nint _context;

    /// <param name="files">Of fonts. Nothing of the machine's own settings is read.</param>
    public Lettering(IEnumerable<string> files)
    {
        // Made the current one before Pango starts: else the machine's would be read, and what is drawn would depend on it.
        var config = NewConfig();
        foreach (var file in files)
        {
            if (AddFile(config, file) == 0)
            {
                throw new InvalidOperationException($"The font {Path.GetFileName(file)} cannot be read.");
            }
        }
        if (SetCurrent(config) == 0)
        {
            throw new InvalidOperationException("The fonts cannot be used.");
        }
        const int freetype = 1;
        _fonts = NewFontMap(freetype);
        SetConfig(_fonts, config);
        DestroyConfig(config);
        SetResolution(_fonts, 72);
        _context = NewContext(_fonts);
        // Places of letters in fractions and no hinting: a text is as wide in a picture as in print.
        SetRoundPositions(_context, 0);
        var options = NewOptions();
        const int none = 1, off = 1, grey = 2;
        SetHintStyle(options, none);
        SetHintMetrics(options, off);
        SetAntialias(options, grey);
        SetOptions(_context, options);
        DestroyOptions(options);
    }

    /// <summary>A text as it would stand in a width, in points.</summary>
    /// <param name="width">Lines are broken at it, between words or else within one.</param>
    public Setting Set(Words words, double size, double width)
    {
        SetDirection(_context, words.RightToLeft ? 1 : 0);
        var layout = NewLayout(_context);
        var description = NewDescription();
        SetFamily(description, Typefaces.Family(words.Face));
        SetWeight(description, words.Bold ? 700 : 400);
        SetAbsoluteSize(description, size * Unit);
        SetDescription(layout, description);
        DestroyDescription(description);
        var text = Encoding.UTF8.GetBytes(words.Text);
        SetText(layout, text, text.Length);
        SetLanguage(_context, LanguageOf(words.Language));
        // The box decides the direction, not the first letter: a number in an Arabic line stays where the line wants it.
        SetAutoDirection(layout, 0);
        const int wordThenLetter = 2;
        SetWrap(layout, wordThenLetter);
        SetWidth(layout, (int)Math.Floor(width * Unit));
        SetAlignment(layout, words.Side switch { Side.Left => 0, Side.Centre => 1, _ => 2 });
        SetLineSpacing(layout, (float)words.Leading);
        return new(layout);
    }

    public void Dispose()
    {
        Unref(_context);
        Unref(_fonts);
    }

    /// <summary>A rectangle as Pango gives it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Extent
    {
        public int X;
        public int Y;
        public int Width;
        public int Height;
    }

    /// <summary>Text that has its place in lines. Draw it before another is set: the direction belongs to the context.</summary>
    public sealed class Setting : IDisposable
    {
        private nint _layout;

        internal Setting(nint layout)
        {
            _layout = layout;
            Measure(layout, out var ink, out var logical);
            Ink = new(ink.X / Unit, ink.Y / Unit, ink.Width / Unit, ink.Height / Unit);
            Logical = new(logical.X / Unit, logical.Y / Unit, logical.Width / Unit, logical.Height / Unit);
            Lines = LineCount(layout);
            Baseline = BaselineOf(layout) / Unit;
        }

        /// <summary>What is inked, from the upper left corner of the layout.</summary>
        public (double X, double Y, double Width, double Height) Ink { get; }
        public (double X, double Y, double Width, double Height) Logical { get; }
        public int Lines { get; }

        /// <summary>Of the first line.</summary>
        public double Baseline { get; }

        public bool Whole => Unknown(_layout) == 0;

        /// <summary>Whether a word had to be broken.</summary>
        public bool Breaks(string text)
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            for (var line = 1; line < Lines; line++)
            {
                var start = Marshal.PtrToStructure<LayoutLine>(Line(_layout, line)).Start;
                if (start > 0 && utf8[start - 1] is not ((byte)' ' or (byte)'-' or (byte)'\n'))
                {
                    return true;
                }
            }
            return false;
        }

        /// <param name="outlined">As shapes instead of letters: OCR-B as Cairo embeds it is blank in poppler's readers.</param>
        public void Draw(Canvas canvas, double x, double y, bool outlined)
        {
            canvas.MoveTo(x, y);
            if (outlined)
            {
                Outline(canvas.Handle, _layout);
                canvas.Fill();
                return;
            }
            Show(canvas.Handle, _layout);
        }

        public void Dispose()
        {
            var owned = Interlocked.Exchange(ref _layout, 0);
            if (owned != 0)
            {
                Unref(owned);
            }
        }
    }

    /// <summary>The beginning of PangoLayoutLine.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LayoutLine
    {
        public nint Layout;
        public int Start;
        public int Length;
    }

    /// <summary>The script of a letter, four letters of ISO 15924.</summary>
    public static string ScriptOf(Rune letter)
    {
        var code = ScriptCode(Script((uint)letter.Value));
        return string.Create(4, code, static (four, c) =>
        {
            for (var i = 0; i < 4; i++)
            {
                four[i] = (char)((c >> (24 - (8 * i))) & 0xFF);
            }
        });
    }

    private const string FontConfig = "libfontconfig.so.1";
    private const string PangoCore = "libpango-1.0.so.0";
    private const string PangoCairo = "libpangocairo-1.0.so.0";
    private const string Cairo = "libcairo.so.2";

    [LibraryImport(FontConfig, EntryPoint = "FcConfigCreate")]
    private static partial nint NewConfig();

    [LibraryImport(FontConfig, EntryPoint = "FcConfigAppFontAddFile", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddFile(nint config, string file);

    [LibraryImport(FontConfig, EntryPoint = "FcConfigSetCurrent")]
    private static partial int SetCurrent(nint config);

    [LibraryImport(FontConfig, EntryPoint = "FcConfigDestroy")]
    private static partial void DestroyConfig(nint config);

    [LibraryImport(PangoCairo, EntryPoint = "pango_cairo_font_map_new_for_font_type")]
    private static partial nint NewFontMap(int type);

    [LibraryImport("libpangoft2-1.0.so.0", EntryPoint = "pango_fc_font_map_set_config")]
    private static partial void SetConfig(nint fonts, nint config);

    [LibraryImport(PangoCairo, EntryPoint = "pango_cairo_font_map_set_resolution")]
    private static partial void SetResolution(nint fonts, double dpi);

    [LibraryImport(PangoCairo, EntryPoint = "pango_cairo_context_set_font_options")]
    private static partial void SetOptions(nint context, nint options);

    [LibraryImport(PangoCairo, EntryPoint = "pango_cairo_show_layout")]
    private static partial void Show(nint canvas, nint layout);

    [LibraryImport(PangoCairo, EntryPoint = "pango_cairo_layout_path")]
    private static partial void Outline(nint canvas, nint layout);

    [LibraryImport(PangoCore, EntryPoint = "pango_font_map_create_context")]
    private static partial nint NewContext(nint fonts);

    [LibraryImport(PangoCore, EntryPoint = "pango_context_set_base_dir")]
    private static partial void SetDirection(nint context, int direction);

    [LibraryImport(PangoCore, EntryPoint = "pango_context_set_language")]
    private static partial void SetLanguage(nint context, nint language);

    [LibraryImport(PangoCore, EntryPoint = "pango_context_set_round_glyph_positions")]
    private static partial void SetRoundPositions(nint context, int round);

    [LibraryImport(PangoCore, EntryPoint = "pango_language_from_string", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint LanguageOf(string code);

    [LibraryImport(PangoCore, EntryPoint = "pango_font_description_new")]
    private static partial nint NewDescription();

    [LibraryImport(PangoCore, EntryPoint = "pango_font_description_set_family", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void SetFamily(nint description, string family);

    [LibraryImport(PangoCore, EntryPoint = "pango_font_description_set_weight")]
    private static partial void SetWeight(nint description, int weight);

    [LibraryImport(PangoCore, EntryPoint = "pango_font_description_set_absolute_size")]
    private static partial void SetAbsoluteSize(nint description, double size);

    [LibraryImport(PangoCore, EntryPoint = "pango_font_description_free")]
    private static partial void DestroyDescription(nint description);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_new")]
    private static partial nint NewLayout(nint context);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_set_font_description")]
    private static partial void SetDescription(nint layout, nint description);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_set_text")]
    private static partial void SetText(nint layout, byte[] text, int length);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_set_auto_dir")]
    private static partial void SetAutoDirection(nint layout, int auto);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_set_width")]
    private static partial void SetWidth(nint layout, int width);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_set_wrap")]
    private static partial void SetWrap(nint layout, int wrap);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_set_alignment")]
    private static partial void SetAlignment(nint layout, int alignment);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_set_line_spacing")]
    private static partial void SetLineSpacing(nint layout, float factor);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_get_extents")]
    private static partial void Measure(nint layout, out Extent ink, out Extent logical);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_get_line_count")]
    private static partial int LineCount(nint layout);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_get_line_readonly")]
    private static partial nint Line(nint layout, int line);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_get_baseline")]
    private static partial int BaselineOf(nint layout);

    [LibraryImport(PangoCore, EntryPoint = "pango_layout_get_unknown_glyphs_count")]
    private static partial int Unknown(nint layout);

    [LibraryImport(Cairo, EntryPoint = "cairo_font_options_create")]
    private static partial nint NewOptions();

    [LibraryImport(Cairo, EntryPoint = "cairo_font_options_set_hint_style")]
    private static partial void SetHintStyle(nint options, int style);

    [LibraryImport(Cairo, EntryPoint = "cairo_font_options_set_hint_metrics")]
    private static partial void SetHintMetrics(nint options, int metrics);

    [LibraryImport(Cairo, EntryPoint = "cairo_font_options_set_antialias")]
    private static partial void SetAntialias(nint options, int antialias);

    [LibraryImport(Cairo, EntryPoint = "cairo_font_options_destroy")]
    private static partial void DestroyOptions(nint options);

    [LibraryImport("libgobject-2.0.so.0", EntryPoint = "g_object_unref")]
    private static partial void Unref(nint thing);

    [LibraryImport("libglib-2.0.so.0", EntryPoint = "g_unichar_get_script")]
    private static partial int Script(uint letter);

    [LibraryImport("libglib-2.0.so.0", EntryPoint = "g_unicode_script_to_iso15924")]
    private static partial uint ScriptCode(int script);
}
