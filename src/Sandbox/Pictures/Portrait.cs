using System.Numerics;
using Muqeem.Sandbox.Population;
using NodaTime;

namespace Muqeem.Sandbox.Pictures;

public enum Headdress { None, Headscarf, Turban, Cap, HeadCloth }

public enum Beard { None, Stubble, Moustache, Goatee, Short, Full }

/// <summary>How a drawn person looks: all of it chosen by the dice, within what is usual where the person comes from.</summary>
public sealed record Look(
    bool Woman, int Age, Colour Skin, Colour Hair, Colour Eyes, Headdress Headdress, Colour Cloth, Beard Beard, int HairStyle, float FaceWidth, float FaceHeight, float Jaw, float EyeWidth, float EyeHeight, float EyeSlant,
    float EyeGap, float Brow, float BrowTilt, float NoseWidth, float NoseLength, float Mouth, float Lips, float Ears, Colour Shirt, int Collar, Colour Background, bool Mole, float MoleX, float MoleY)
{
    public static Look Of(Person person, LocalDate today, Dice dice)
    {
        var woman = person.Sex == "F";
        var age = Math.Max(0, Period.Between(person.Birth, today, PeriodUnits.Years).Years);
        var culture = person.Nationality.Culture;
        uint[] skins = culture switch
        {
            "sudan" or "west" or "east" or "sahel" or "somali" => [0x5A3A28, 0x6B4630, 0x4A2F22, 0x7A5138, 0x8A5E42],
            "ethiopia" => [0x7A5138, 0x8A5E42, 0x6B4630, 0x9A6C4C],
            "bangladesh" or "india" or "lanka" or "indiamuslim" => [0x9A6B48, 0x8A5E40, 0xB07E58, 0x7A5238, 0xC09068],
            "pakistan" or "yemen" or "nepal" or "afghan" or "egypt" or "gulf" => [0xB88660, 0xC79A74, 0xA87850, 0xD2A884, 0x98694A],
            "philippines" or "indonesia" or "malay" or "burma" => [0xC0906A, 0xB08058, 0xD0A27C, 0xA8784F],
            "eastasia" => [0xE2BC96, 0xEAC8A6, 0xD8B088],
            "western" or "turkey" => [0xEBC9AE, 0xF0D2BC, 0xE0B898, 0xD8AC8A],
            _ => [0xD2A884, 0xDDB594, 0xC79A74, 0xE4C0A2],
        };
        var skin = Colour.Mix(Colour.Of(dice.Pick(skins, Topic.Look)), Colour.Of(dice.Pick(skins, Topic.Look, 1)), (float)dice.Unit(Topic.Look, 2));
        uint[] hairs = culture is "western" ? [0x3A2A1C, 0x6A4A2C, 0xA67C46, 0x241A14, 0x7A3E20] : [0x16110E, 0x1E1612, 0x2A1E18, 0x100C0A];
        var grey = age < 35 ? 0f : Math.Clamp((age - 35) / 35f * (0.4f + (float)dice.Unit(Topic.Look, 3)), 0, 0.9f);
        var hair = Colour.Mix(Colour.Of(dice.Pick(hairs, Topic.Look, 4)), Colour.Of(0xC8C8C8), grey);
        var muslim = culture is not ("western" or "eastasia" or "nepal" or "philippines" or "lanka" or "india" or "ethiopia" or "east" or "west" or "burma");
        var scarf = woman && age >= 12 && dice.Chance(muslim ? 0.9 : culture is "india" or "ethiopia" or "lanka" or "west" or "east" or "burma" ? 0.4 : 0.06, Topic.Look, 5);
        var dress = scarf ? Headdress.Headscarf
            : woman || age < 16 ? Headdress.None
            : culture is "india" && dice.Chance(0.12, Topic.Look, 6) ? Headdress.Turban
            : culture is "sudan" or "afghan" && dice.Chance(0.3, Topic.Look, 6) ? Headdress.Turban
            : muslim && dice.Chance(0.14, Topic.Look, 7) ? Headdress.Cap
            : culture is "yemen" or "gulf" && dice.Chance(0.2, Topic.Look, 8) ? Headdress.HeadCloth
            : Headdress.None;
        uint[] cloths = dress switch
        {
            Headdress.Headscarf => [0x1A1A1E, 0x20242E, 0x3A4A6A, 0x6A4A58, 0x4A5A48, 0x8A7A68, 0xB8A898, 0x74303C, 0x2F5A62, 0xD8D0C4],
            Headdress.Turban => [0xF2F0EA, 0x2A3A6A, 0x8A2A2A, 0xC87A2A, 0x1E1E22, 0x4A6A4A],
            Headdress.HeadCloth => [0xF6F4F0, 0xF2E8E4],
            _ => [0xF4F2EC, 0x2A2A2E, 0x5A4A3A, 0xD8CDB8],
        };
        var beard = woman || age < 18 ? Beard.None : (Beard)dice.Weighted(age < 24 ? [40, 30, 12, 8, 8, 2] : [22, 18, 20, 8, 22, 10], Topic.Look, 10);
        if (dress == Headdress.Turban && culture == "india")
        {
            beard = Beard.Full;
        }
        float Vary(float middle, float spread, int nth) => middle + (spread * (float)((dice.Unit(Topic.Look, nth) + dice.Unit(Topic.Look, nth + 100)) - 1));
        return new(
            woman, age, skin, hair, Colour.Of(culture is "western" or "turkey" or "levant" && dice.Chance(0.35, Topic.Look, 11) ? dice.Pick<uint>([0x5A7A9Au, 0x6A8A5A, 0x7A6A4A], Topic.Look, 12) : dice.Pick<uint>([0x2A1A10u, 0x3A2414, 0x1E140C], Topic.Look, 12)),
            dress, Colour.Of(dice.Pick(cloths, Topic.Look, 13)), beard, dice.Below(5, Topic.Look, 14),
            Vary(woman ? 76 : 80, 13, 20), Vary(woman ? 101 : 105, 13, 21), Vary(woman ? 0.80f : 0.9f, 0.16f, 22), Vary(17.5f, 4, 23), Vary(culture is "eastasia" or "philippines" or "burma" or "nepal" ? 5.6f : 7.4f, 2.2f, 24), Vary(0, 0.22f, 25),
            Vary(35, 6, 26), Vary(woman ? 2.8f : 4.4f, 1.6f, 27), Vary(0, 0.25f, 28), Vary(culture is "west" or "east" or "sudan" or "sahel" ? 22 : 17, 5, 29), Vary(45, 9, 30), Vary(woman ? 26 : 29, 7, 31), Vary(culture is "west" or "east" or "sahel" ? 7.5f : woman ? 6 : 4.6f, 2, 32), Vary(1, 0.3f, 33),
            Colour.Of(dice.Pick<uint>([0xF2F2F2u, 0x9AB4D0, 0x3A4A5A, 0x8A3A3A, 0x4A6A5A, 0xC8B090, 0x2A2A30, 0xB0A0C0, 0xD8C070, 0x6A5A8A], Topic.Look, 34)), dice.Below(4, Topic.Look, 35),
            Colour.Of(dice.Pick<uint>([0xF4F6F8u, 0xE8EEF4, 0xDCE6F0, 0xF0F0EC, 0xE4E8E8], Topic.Look, 36)), dice.Chance(0.18, Topic.Look, 37), Vary(0, 45, 38), Vary(35, 30, 39));
    }
}

/// <summary>Draws a portrait as for a passport: head straight, plain background. Drawn by this code from shapes; nobody's likeness.</summary>
public static class Portrait
{
    public const int Width = 360;
    public const int Height = 460;

    private const float Cx = Width / 2f;

    public static Canvas Draw(Look look, ulong grain)
    {
        var canvas = new Canvas(Width, Height, look.Background);
        var child = look.Age < 13;
        var fw = look.FaceWidth * (child ? 0.95f : 1);
        var fh = look.FaceHeight * (child ? 0.88f : 1);
        var cy = child ? 236f : 218f;
        var shade = look.Skin.Darker(0.16f);

        // Shoulders, neck, and what lies behind the head.
        var shoulder = child ? 118 : look.Woman ? 138 : 160;
        if (look.Woman && look.Headdress == Headdress.None && look.HairStyle is 0 or 1 or 3)
        {
            var length = look.HairStyle == 1 ? 60f : 120f;
            canvas.Ellipse(Cx, cy + 18, fw + 24, fh + 22, look.Hair);
            canvas.Rectangle(Cx - fw - 18, cy, Cx + fw + 18, cy + length, look.Hair, softness: 12);
        }
        canvas.Ellipse(Cx, Height + 18, shoulder, child ? 106 : 128, look.Headdress == Headdress.Headscarf && look.Collar > 1 ? look.Cloth.Darker(0.1f) : look.Shirt);
        canvas.Ellipse(Cx, Height + 32, shoulder - 26, 108, Colour.Mix(look.Shirt, new(0, 0, 0), 0.05f), 0.6f, 30);
        if (look.Headdress == Headdress.HeadCloth)
        {
            canvas.Polygon([new(Cx - fw - 12, cy - fh * 0.7f), new(Cx + fw + 12, cy - fh * 0.7f), new(Cx + fw + 46, Height), new(Cx - fw - 46, Height)], look.Cloth, softness: 3);
        }
        var neck = (look.Woman ? 33 : 42) * (child ? 0.72f : 1);
        canvas.Line(new(Cx, cy + (fh * 0.6f)), new(Cx, cy + fh + 34), neck, neck + 6, shade);
        if (look.Headdress != Headdress.Headscarf)
        {
            Collar(canvas, look, cy + fh + 26, neck);
            foreach (var side in (ReadOnlySpan<float>)[-1, 1])
            {
                canvas.Ellipse(Cx + (side * (fw + 2)), cy + 4, 11 * look.Ears, 22 * look.Ears, shade);
                canvas.Ellipse(Cx + (side * (fw + 2)), cy + 4, 5 * look.Ears, 13 * look.Ears, shade.Darker(0.15f), 0.8f, 4);
            }
        }
        else
        {
            canvas.Ellipse(Cx, cy + 2, fw + 26, fh + 30, look.Cloth);
            canvas.Polygon([new(Cx - fw - 22, cy + 20), new(Cx + fw + 22, cy + 20), new(Cx + fw + 40, Height), new(Cx - fw - 40, Height)], look.Cloth, softness: 8);
            canvas.Curve(new(Cx - fw - 10, cy + fh * 0.7f), new(Cx - 10, cy + fh + 70), new(Cx + fw + 24, cy + fh + 20), 3, look.Cloth.Darker(0.22f), 0.7f, 7);
            canvas.Curve(new(Cx + fw + 4, cy + fh * 0.8f), new(Cx, cy + fh + 110), new(Cx - fw - 20, cy + fh + 80), 3, look.Cloth.Darker(0.22f), 0.6f, 7);
        }

        // The face: an oval whose lower half narrows to the jaw.
        float Face(float x, float y)
        {
            var dy = y - cy;
            var width = fw * (dy > 0 ? 1 - ((1 - look.Jaw) * dy * dy / (fh * fh)) : 1);
            var (u, v) = ((x - Cx) / width, dy / fh);
            return (MathF.Sqrt((u * u) + (v * v)) - 1) * Math.Min(fw, fh);
        }
        var box = (Cx - fw - 4, cy - fh - 4, Cx + fw + 4, cy + fh + 4);
        canvas.Fill(Face, look.Skin, box, softness: 1.6f);
        canvas.Fill((x, y) => Math.Max(Face(x, y), 0.62f * fw - Math.Abs(x - Cx)), shade, box, 0.35f, 26);
        canvas.Fill((x, y) => Math.Max(Face(x, y) + 4, cy + (fh * 0.72f) - y), shade, box, 0.3f, 24);
        foreach (var side in (ReadOnlySpan<float>)[-1, 1])
        {
            canvas.Ellipse(Cx + (side * fw * 0.5f), cy + (fh * 0.26f), 22, 16, Colour.Mix(look.Skin, Colour.Of(0xD06A5A), 0.5f), look.Woman || child ? 0.35f : 0.18f, 24);
        }

        BeardOf(canvas, look, Face, box, cy, fw, fh);
        Features(canvas, look, cy, fw, fh, child);
        HairOf(canvas, look, Face, cy, fw, fh, child);
        HeadOf(canvas, look, cy, fw, fh);
        if (look.Mole)
        {
            canvas.Ellipse(Cx + look.MoleX, cy + look.MoleY, 2.2f, 2.2f, look.Skin.Darker(0.55f));
        }
        canvas.Grain(grain, 2.2f);
        return canvas;
    }

    private static void Features(Canvas canvas, Look look, float cy, float fw, float fh, bool child)
    {
        var eyes = cy - (child ? 2 : 12);
        var (ew, eh) = (look.EyeWidth * (child ? 1.06f : 1), look.EyeHeight * (child ? 1.25f : 1));
        foreach (var side in (ReadOnlySpan<float>)[-1, 1])
        {
            var x = Cx + (side * look.EyeGap);
            canvas.Ellipse(x, eyes, ew + 7, eh + 8, look.Skin.Darker(0.22f), 0.55f, 12);
            canvas.Ellipse(x, eyes, ew, eh, Colour.Of(0xF4F0EC), tilt: side * look.EyeSlant);
            canvas.Ellipse(x, eyes, Math.Min(eh + 0.5f, 8), Math.Min(eh + 0.5f, 8), look.Eyes);
            canvas.Ellipse(x, eyes, 3.2f, 3.2f, Colour.Of(0x080808));
            canvas.Ellipse(x + 2.2f, eyes - 2.4f, 1.4f, 1.4f, Colour.Of(0xFFFFFF));
            canvas.Curve(new(x - ew, eyes + (side * look.EyeSlant * -ew)), new(x, eyes - (eh * 1.9f)), new(x + ew, eyes + (side * look.EyeSlant * ew)), look.Woman ? 1.9f : 1.2f, look.Hair.Darker(0.3f), 0.9f);
            canvas.Curve(new(x - ew, eyes + 2), new(x, eyes + (eh * 1.7f)), new(x + ew, eyes + 2), 0.7f, look.Skin.Darker(0.4f), 0.6f);
            var brow = eyes - 19 - look.Brow;
            canvas.Curve(new(x - (side * (ew + 1)), brow + 4 - (look.BrowTilt * 8)), new(x, brow - 5), new(x + (side * (ew + 7)), brow + 6 + (look.BrowTilt * 8)), look.Brow * (child ? 0.55f : 0.85f), look.Hair, 0.85f, 2.2f);
            if (look.Age > 45)
            {
                canvas.Curve(new(x - ew, eyes + 13), new(x, eyes + 20), new(x + ew, eyes + 13), 0.8f, look.Skin.Darker(0.35f), Math.Min(0.8f, (look.Age - 40) / 40f), 2);
                canvas.Curve(new(Cx + (side * (look.NoseWidth + 6)), cy + (fh * 0.28f)), new(Cx + (side * (look.Mouth + 14)), cy + (fh * 0.4f)), new(Cx + (side * (look.Mouth + 8)), cy + (fh * 0.58f)), 1, look.Skin.Darker(0.35f), Math.Min(0.7f, (look.Age - 40) / 45f), 2.5f);
            }
        }
        if (look.Age > 50)
        {
            foreach (var y in (ReadOnlySpan<float>)[-62, -74])
            {
                canvas.Curve(new(Cx - 34, cy + y), new(Cx, cy + y - 5), new(Cx + 34, cy + y), 0.8f, look.Skin.Darker(0.28f), 0.55f, 2.2f);
            }
        }
        var tip = eyes + (look.NoseLength * (child ? 0.8f : 1));
        var nose = look.NoseWidth * (child ? 0.8f : 1);
        canvas.Curve(new(Cx - 6, eyes + 4), new(Cx - 9, tip - 14), new(Cx - nose, tip), 1.2f, look.Skin.Darker(0.28f), 0.6f, 3);
        canvas.Ellipse(Cx, tip - 3, nose * 0.62f, 9, look.Skin.Lighter(0.12f), 0.5f, 9);
        foreach (var side in (ReadOnlySpan<float>)[-1, 1])
        {
            canvas.Ellipse(Cx + (side * nose * 0.55f), tip + 3, nose * 0.22f, 2.6f, look.Skin.Darker(0.55f), 0.85f, 2.4f);
            canvas.Curve(new(Cx + (side * nose), tip - 6), new(Cx + (side * (nose + 2.5f)), tip + 3), new(Cx + (side * nose * 0.6f), tip + 5), 1, look.Skin.Darker(0.34f), 0.6f, 2);
        }
        var mouth = cy + (fh * 0.52f);
        var lips = Colour.Mix(look.Skin.Darker(0.1f), Colour.Of(0xA8404A), look.Woman ? 0.6f : 0.34f);
        var half = look.Mouth * (child ? 0.8f : 1);
        canvas.Ellipse(Cx, mouth + (look.Lips * 0.55f), half * 0.82f, look.Lips, lips, softness: 2.5f);
        canvas.Ellipse(Cx - (half * 0.3f), mouth - (look.Lips * 0.35f), half * 0.55f, look.Lips * 0.72f, lips.Darker(0.08f), softness: 2.5f);
        canvas.Ellipse(Cx + (half * 0.3f), mouth - (look.Lips * 0.35f), half * 0.55f, look.Lips * 0.72f, lips.Darker(0.08f), softness: 2.5f);
        canvas.Curve(new(Cx - half, mouth - 1), new(Cx, mouth + 2.5f), new(Cx + half, mouth - 1), 1, lips.Darker(0.5f), 0.9f, 1.6f);
    }

    private static void BeardOf(Canvas canvas, Look look, Func<float, float, float> face, (float, float, float, float) box, float cy, float fw, float fh)
    {
        var mouth = cy + (fh * 0.52f);
        float Mouth(float x, float y)
        {
            var (u, v) = ((x - Cx) / (look.Mouth + 3), (y - mouth) / 11);
            return 1 - MathF.Sqrt((u * u) + (v * v));
        }
        switch (look.Beard)
        {
            case Beard.Stubble:
                canvas.Fill((x, y) => Math.Max(face(x, y), cy + (fh * 0.3f) - y + (0.0035f * ((fw * fw) - ((x - Cx) * (x - Cx))))), look.Hair, box, 0.2f, 18);
                break;
            case Beard.Goatee:
                canvas.Ellipse(Cx, cy + (fh * 0.82f), 27, 24, look.Hair, 0.88f, 6);
                break;
            case Beard.Short or Beard.Full:
                var low = look.Beard == Beard.Full ? 26f : 4f;
                canvas.Fill(
                    (x, y) => Math.Max(Math.Max(face(x, y - (y > cy + (fh * 0.6f) ? low : 0)) - 3, cy + (fh * 0.36f) - y + (0.006f * ((fw * fw) - ((x - Cx) * (x - Cx))) * (look.Beard == Beard.Full ? 0.7f : 1)) - 12), Mouth(x, y) * 10),
                    look.Hair, (box.Item1 - 6, box.Item2, box.Item3 + 6, box.Item4 + low + 6), 0.9f, 6);
                break;
            case Beard.None or Beard.Moustache:
                break;
        }
        if (look.Beard is Beard.Moustache or Beard.Goatee or Beard.Short or Beard.Full)
        {
            canvas.Curve(new(Cx - look.Mouth - 2, mouth - 3), new(Cx, mouth - 21), new(Cx + look.Mouth + 2, mouth - 3), 5, look.Hair, 0.9f, 4);
        }
    }

    private static void HairOf(Canvas canvas, Look look, Func<float, float, float> face, float cy, float fw, float fh, bool child)
    {
        if (look.Headdress is Headdress.Headscarf)
        {
            // The cloth lies over the brow.
            canvas.Fill((x, y) => Math.Max(face(x, y) - 8, y - (cy - (fh * 0.62f)) - (0.0045f * (x - Cx) * (x - Cx))), look.Cloth, (Cx - fw - 12, cy - fh - 12, Cx + fw + 12, cy), softness: 2);
            canvas.Curve(new(Cx - fw + 4, cy - (fh * 0.34f)), new(Cx, cy - fh + 2), new(Cx + fw - 4, cy - (fh * 0.34f)), 2.2f, look.Cloth.Darker(0.25f), 0.8f, 5);
            return;
        }
        if (look.Age < 2)
        {
            canvas.Fill((x, y) => Math.Max(face(x, y) - 2, y - (cy - (fh * 0.62f))), look.Hair, (Cx - fw, cy - fh - 6, Cx + fw, cy), 0.4f, 26);
            return;
        }
        var line = cy - (fh * 0.58f);
        var bald = !look.Woman && !child && look.Age > 38 && look.HairStyle == 4;
        if (bald)
        {
            canvas.Fill((x, y) => Math.Max(face(x, y) - 4, Math.Max(y - (cy - 8), (0.72f * fw) - Math.Abs(x - Cx))), look.Hair, (Cx - fw - 8, cy - fh, Cx + fw + 8, cy), 0.85f, 6);
            return;
        }
        var volume = look.Woman ? 16 : look.HairStyle switch { 0 => 6, 1 => 12, 2 => 16, 3 => 9, _ => 4 };
        var part = look.HairStyle switch { 0 => 0.25f, 1 => -0.3f, 2 => 0, 3 => 0.4f, _ => 0 };
        canvas.Fill(
            (x, y) =>
            {
                var across = ((x - Cx) / fw) - part;
                var edge = line + (look.Woman ? 50 * MathF.Pow(Math.Abs(across), 1.7f) : 30 * across * across);
                return Math.Max(face(x, y) - volume, Math.Min(y - edge, Math.Max(y - (cy - 16), (0.88f * fw) - Math.Abs(x - Cx))));
            },
            look.Hair, (Cx - fw - volume - 4, cy - fh - volume - 4, Cx + fw + volume + 4, cy + 8), softness: 3);
        for (var i = -3; i <= 1; i++)
        {
            canvas.Curve(new(Cx + (i * fw * 0.26f), cy - fh - volume + 8 + (Math.Abs(i) * 6)), new(Cx + ((i + 1) * fw * 0.3f), cy - (fh * 0.9f)), new(Cx + ((i + 0.6f) * fw * 0.34f), line - 6), 0.9f, look.Hair.Lighter(0.22f), 0.5f, 2);
        }
    }

    private static void HeadOf(Canvas canvas, Look look, float cy, float fw, float fh)
    {
        var brow = cy - (fh * 0.56f);
        switch (look.Headdress)
        {
            case Headdress.Cap:
                canvas.Fill((x, y) => Math.Max((MathF.Sqrt(Sq((x - Cx) / (fw + 7)) + Sq((y - brow) / (fh * 0.66f))) - 1) * fw, y - brow), look.Cloth, (Cx - fw - 10, cy - fh - 40, Cx + fw + 10, brow), softness: 2);
                canvas.Rectangle(Cx - fw - 5, brow - 13, Cx + fw + 5, brow, look.Cloth.Darker(0.12f), softness: 2);
                break;
            case Headdress.Turban:
                canvas.Ellipse(Cx, brow - (fh * 0.32f), fw + 24, fh * 0.56f, look.Cloth);
                for (var i = 0; i < 5; i++)
                {
                    canvas.Curve(new(Cx - fw - 16 + (i * 7), brow + 2 - (i * 13)), new(Cx - 12, brow - 34 - (i * 17)), new(Cx + fw + 20 - (i * 2), brow - 8 - (i * 18)), 1.8f, look.Cloth.Darker(0.2f), 0.75f, 3);
                }
                break;
            case Headdress.HeadCloth:
                canvas.Fill((x, y) => Math.Max((MathF.Sqrt(Sq((x - Cx) / (fw + 16)) + Sq((y - (brow + 14)) / (fh * 0.64f))) - 1) * fw, y - brow - (0.006f * Sq(x - Cx))), look.Cloth, (Cx - fw - 18, cy - fh - 40, Cx + fw + 18, cy + 20), softness: 2);
                canvas.Curve(new(Cx - fw - 12, brow - 6), new(Cx, brow - 34), new(Cx + fw + 12, brow - 6), 5, Colour.Of(0x141416), 1, 2);
                break;
            case Headdress.None or Headdress.Headscarf:
                break;
        }
    }

    private static void Collar(Canvas canvas, Look look, float y, float neck)
    {
        var line = look.Shirt.Darker(0.22f);
        switch (look.Collar)
        {
            case 0: // a round neck
                canvas.Curve(new(Cx - neck - 14, y - 8), new(Cx, y + 42), new(Cx + neck + 14, y - 8), 5, line, 1, 2);
                break;
            case 1: // a shirt
                canvas.Polygon([new(Cx - neck - 12, y - 26), new(Cx - 4, y + 22), new(Cx - 34, y + 40), new(Cx - neck - 30, y + 2)], look.Shirt.Lighter(0.3f));
                canvas.Polygon([new(Cx + neck + 12, y - 26), new(Cx + 4, y + 22), new(Cx + 34, y + 40), new(Cx + neck + 30, y + 2)], look.Shirt.Lighter(0.3f));
                break;
            case 2: // an open neck
                canvas.Polygon([new(Cx - neck, y - 18), new(Cx + neck, y - 18), new(Cx, y + 40)], look.Skin.Darker(0.12f), softness: 2);
                canvas.Path([new Vector2(Cx - neck - 2, y - 18), new Vector2(Cx, y + 42), new Vector2(Cx + neck + 2, y - 18)], 3, line);
                break;
            default: // a stand-up collar
                canvas.Rectangle(Cx - neck - 5, y - 16, Cx + neck + 5, y + 10, look.Shirt.Lighter(0.2f), softness: 3);
                canvas.Line(new(Cx, y - 14), new(Cx, y + 60), 1.2f, 1.2f, line);
                break;
        }
    }

    private static float Sq(float x) => x * x;
}
