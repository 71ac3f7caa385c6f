using System.Text;

namespace Muqeem.Platform.Drawing;

/// <summary>
/// The font files of Debian that sheets are drawn with, by file, so that a sheet looks the same on every machine whatever else is installed. A font is loaded when a text needs
/// its letters: looking through one takes milliseconds, and there are many scripts.
/// </summary>
internal static class Typefaces
{
    private const string Noto = "/usr/share/fonts/truetype/noto/Noto";

    public const string Packages = "fonts-noto-core, fonts-ocr-b and fonts-wqy-microhei";

    /// <summary>What Pango asks for first; the rest is found by coverage among the loaded files.</summary>
    public static string Family(Face face) => face switch
    {
        Face.Machine => "OCR B",
        Face.Nastaliq => "Noto Nastaliq Urdu,Noto Sans",
        _ => "Noto Sans,Noto Naskh Arabic",
    };

    private static readonly (int From, int To, string[] Files)[] Scripts =
    [
        (0x0020, 0x052F, ["Sans-Regular", "Sans-Bold"]),
        (0x0530, 0x058F, ["SansArmenian-Regular", "SansArmenian-Bold"]),
        (0x0590, 0x05FF, ["SansHebrew-Regular", "SansHebrew-Bold"]),
        (0x0600, 0x06FF, ["NaskhArabic-Regular", "NaskhArabic-Bold"]),
        (0x0700, 0x074F, ["SansSyriac-Regular"]),
        (0x0750, 0x077F, ["NaskhArabic-Regular", "NaskhArabic-Bold"]),
        (0x0780, 0x07BF, ["SansThaana-Regular", "SansThaana-Bold"]),
        (0x08A0, 0x08FF, ["NaskhArabic-Regular", "NaskhArabic-Bold"]),
        (0x0900, 0x097F, ["SansDevanagari-Regular", "SansDevanagari-Bold"]),
        (0x0980, 0x09FF, ["SansBengali-Regular", "SansBengali-Bold"]),
        (0x0A00, 0x0A7F, ["SansGurmukhi-Regular", "SansGurmukhi-Bold"]),
        (0x0A80, 0x0AFF, ["SansGujarati-Regular", "SansGujarati-Bold"]),
        (0x0B00, 0x0B7F, ["SansOriya-Regular", "SansOriya-Bold"]),
        (0x0B80, 0x0BFF, ["SansTamil-Regular", "SansTamil-Bold"]),
        (0x0C00, 0x0C7F, ["SansTelugu-Regular", "SansTelugu-Bold"]),
        (0x0C80, 0x0CFF, ["SansKannada-Regular", "SansKannada-Bold"]),
        (0x0D00, 0x0D7F, ["SansMalayalam-Regular", "SansMalayalam-Bold"]),
        (0x0D80, 0x0DFF, ["SansSinhala-Regular", "SansSinhala-Bold"]),
        (0x0E00, 0x0E7F, ["SansThai-Regular", "SansThai-Bold"]),
        (0x0E80, 0x0EFF, ["SansLao-Regular", "SansLao-Bold"]),
        (0x0F00, 0x0FFF, ["SerifTibetan-Regular", "SerifTibetan-Bold"]),
        (0x1000, 0x109F, ["SansMyanmar-Regular", "SansMyanmar-Bold"]),
        (0x10A0, 0x10FF, ["SansGeorgian-Regular", "SansGeorgian-Bold"]),
        (0x1200, 0x139F, ["SansEthiopic-Regular", "SansEthiopic-Bold"]),
        (0x1780, 0x17FF, ["SansKhmer-Regular", "SansKhmer-Bold"]),
        (0x1800, 0x18AF, ["SansMongolian-Regular"]),
        (0x1C90, 0x1CBF, ["SansGeorgian-Regular", "SansGeorgian-Bold"]),
        (0x1D00, 0x1FFF, ["Sans-Regular", "Sans-Bold"]),
        (0x2000, 0x206F, ["Sans-Regular", "Sans-Bold"]),
        (0x2C60, 0x2C7F, ["Sans-Regular", "Sans-Bold"]),
        (0x2D80, 0x2DDF, ["SansEthiopic-Regular", "SansEthiopic-Bold"]),
        (0xA720, 0xA7FF, ["Sans-Regular", "Sans-Bold"]),
        (0xA9E0, 0xA9FF, ["SansMyanmar-Regular", "SansMyanmar-Bold"]),
        (0xAA60, 0xAA7F, ["SansMyanmar-Regular", "SansMyanmar-Bold"]),
        (0xAB00, 0xAB2F, ["SansEthiopic-Regular", "SansEthiopic-Bold"]),
        (0xFB50, 0xFDFF, ["NaskhArabic-Regular", "NaskhArabic-Bold"]),
        (0xFE70, 0xFEFE, ["NaskhArabic-Regular", "NaskhArabic-Bold"]),
    ];

    // Chinese, Japanese and Korean in five megabytes, regular only.
    private const string East = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc";

    private const string Ocr = "/usr/share/fonts/opentype/ocr-b/OCRB.otf";

    /// <summary>The files that these texts need, each once and in one order.</summary>
    public static IReadOnlyList<string> For(IEnumerable<Words> texts)
    {
        var files = new SortedSet<string>(StringComparer.Ordinal) { Noto + "Sans-Regular.ttf", Noto + "Sans-Bold.ttf" };
        foreach (var text in texts)
        {
            if (text.Face == Face.Machine)
            {
                files.Add(Ocr);
            }
            if (text.Face == Face.Nastaliq)
            {
                // The regular alone: asked for the regular, fontconfig may take the bold.
                files.Add(Noto + "NastaliqUrdu-Regular.ttf");
            }
            foreach (var rune in text.Text.EnumerateRunes())
            {
                if (IsEast(rune))
                {
                    files.Add(East);
                }
                foreach (var (from, to, of) in Scripts)
                {
                    if (rune.Value >= from && rune.Value <= to)
                    {
                        files.UnionWith(of.Select(f => $"{Noto}{f}.ttf"));
                    }
                }
            }
        }
        return [.. files.Where(File.Exists)];
    }

    private static bool IsEast(Rune rune) => rune.Value is (>= 0x2E80 and <= 0x31FF) or (>= 0x3400 and <= 0x9FFF) or (>= 0xAC00 and <= 0xD7AF) or (>= 0xF900 and <= 0xFAFF) or (>= 0xFF00 and <= 0xFFEF);
}
