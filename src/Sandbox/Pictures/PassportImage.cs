using System.Globalization;
using Muqeem.Agencies;
using Muqeem.Sandbox.Population;
using NodaTime;

namespace Muqeem.Sandbox.Pictures;

/// <summary>A drawn data page of a passport, as somebody would photograph it. Says SPECIMEN: it is nobody's and no country's.</summary>
public static class PassportImage
{
    public const int Width = 1250;
    public const int Height = 880;

    public static Canvas Draw(PassportPage page, Canvas portrait, Dice dice)
    {
        var tint = Colour.Of(dice.Pick<uint>([0xE6EEF4u, 0xEEF2E4, 0xF4ECE6, 0xEAE6F2, 0xF2EEDC], Topic.Look, 300));
        var canvas = new Canvas(Width, Height, tint);
        var pattern = tint.Darker(0.09f);

        // Waves, as the distance to the nearest of them.
        canvas.Fill((x, y) => Math.Abs((((y + (34 * MathF.Sin(x / 190))) % 36) + 36) % 36 - 18) - 0.8f, pattern, (0, 0, Width, Height), 0.8f, 2);
        var ink = Colour.Of(0x16181C);
        var label = Colour.Of(0x5A6270);

        // Behind everything, across the page.
        Lettering.Write(canvas, "SPECIMEN", 500, 300, 110, 92, 9, tint.Darker(0.17f));

        Lettering.Write(canvas, "PASSPORT", 60, 46, 24, 24, 4, ink);
        Lettering.Write(canvas, page.Issuer, 1060, 46, 24, 24, 4, ink);
        Lettering.Write(canvas, "P", 980, 46, 24, 24, 4, ink);

        canvas.Picture(portrait, 60, 130, 336, 430);
        Field(canvas, "SURNAME", page.Primary, 440, 126, ink, label);
        Field(canvas, "GIVEN NAMES", page.Secondary, 440, 204, ink, label);
        Field(canvas, "PASSPORT NO.", page.Number, 440, 282, ink, label);
        Field(canvas, "NATIONALITY", page.Nationality, 860, 282, ink, label);
        Field(canvas, "DATE OF BIRTH", BirthOf(page), 440, 360, ink, label);
        Field(canvas, "SEX", page.Sex, 860, 360, ink, label);
        Field(canvas, "DATE OF ISSUE", Day(page.Issued), 440, 438, ink, label);
        Field(canvas, "DATE OF EXPIRY", Day(page.Expires), 860, 438, ink, label);

        // Signed by hand, with the same hand each time.
        var points = Enumerable.Range(0, 9).Select(i => new System.Numerics.Vector2(470 + (i * 26), 560 + (26 * (float)(dice.Unit(Topic.Look, 310 + i) - 0.5)))).ToArray();
        for (var i = 0; i + 2 < points.Length; i += 2)
        {
            canvas.Curve(points[i], points[i + 1] + new System.Numerics.Vector2(0, i % 4 == 0 ? -26 : 26), points[i + 2], 1.5f, Colour.Of(0x1E2A6A));
        }

        // The zone for machines: letters of 2.7 mm on a pitch of 2.54 mm, on white.
        canvas.Rectangle(0, 690, Width, Height, Colour.Of(0xFAFAF8), softness: 2);
        for (var line = 0; line < 2; line++)
        {
            Lettering.Write(canvas, page.Mrz[line], 50, 726 + (line * 68), 31, 26.2f, 4.2f, Colour.Of(0x0A0A0A));
        }
        canvas.Grain(dice.Bits(Topic.Look, 301), 3);
        return canvas;
    }

    private static void Field(Canvas canvas, string label, string value, float left, float top, Colour ink, Colour pale)
    {
        Lettering.Write(canvas, label, left, top, 11, 11, 1.6f, pale);

        // A long name is written smaller, as printers of passports do.
        var pitch = Math.Min(19, (Width - 40 - left) / Math.Max(1, value.Length));
        Lettering.Write(canvas, value.Length == 0 ? "-" : value, left, top + 24, 25 * Math.Min(1, pitch / 17), pitch, 3 * Math.Min(1, pitch / 15), ink);
    }

    private static string BirthOf(PassportPage page) => page.BirthPrecision switch
    {
        DatePrecision.Year => page.Birth.Year.ToString("0000", CultureInfo.InvariantCulture),
        DatePrecision.Month => string.Create(CultureInfo.InvariantCulture, $"{page.Birth.Month:00} / {page.Birth.Year:0000}"),
        _ => Day(page.Birth),
    };

    private static string Day(LocalDate day) => string.Create(CultureInfo.InvariantCulture, $"{day.Day:00} / {day.Month:00} / {day.Year:0000}");
}
