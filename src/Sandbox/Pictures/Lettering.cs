using System.Globalization;
using System.Numerics;

namespace Muqeem.Sandbox.Pictures;

/// <summary>Capitals, digits and a few signs as strokes of one width, drawn by ourselves after the proportions of OCR-B. Grid: 10 wide, 14 high.</summary>
public static class Lettering
{
    // M moves, L draws, Q bends: control point, then end point.
    private static readonly Dictionary<char, string> Strokes = new()
    {
        ['A'] = "M0.3,14 L5,0 L9.7,14 M2,9.3 L8,9.3",
        ['B'] = "M1,0 L1,14 L5.6,14 Q9.4,14 9.4,10.4 Q9.4,6.9 5.6,6.9 L1,6.9 M5.6,6.9 Q8.6,6.9 8.6,3.4 Q8.6,0 5.4,0 L1,0",
        ['C'] = "M9.4,1.6 Q7.8,0 5.6,0 Q0.7,0 0.7,7 Q0.7,14 5.6,14 Q7.8,14 9.4,12.4",
        ['D'] = "M1,0 L1,14 L4.2,14 Q9.5,14 9.5,7 Q9.5,0 4.2,0 L1,0",
        ['E'] = "M9,0 L1.2,0 L1.2,14 L9,14 M1.2,6.8 L7.6,6.8",
        ['F'] = "M9,0 L1.2,0 L1.2,14 M1.2,6.8 L7.6,6.8",
        ['G'] = "M9.2,1.6 Q7.8,0 5.6,0 Q0.7,0 0.7,7 Q0.7,14 5.4,14 Q7.8,14 9.3,12.6 L9.3,7.6 L6,7.6",
        ['H'] = "M1,0 L1,14 M9,0 L9,14 M1,6.8 L9,6.8",
        ['I'] = "M5,0 L5,14 M2,0 L8,0 M2,14 L8,14",
        ['J'] = "M3.4,0 L8,0 L8,9.8 Q8,14 4.4,14 Q2,14 1,12.2",
        ['K'] = "M1.2,0 L1.2,14 M9,0 L1.2,8.2 M4,5.4 L9.3,14",
        ['L'] = "M1.4,0 L1.4,14 L9,14",
        ['M'] = "M0.8,14 L0.8,0 L5,7.6 L9.2,0 L9.2,14",
        ['N'] = "M1,14 L1,0 L9,14 L9,0",
        ['O'] = "M5,0 Q0.4,0 0.4,7 Q0.4,14 5,14 Q9.6,14 9.6,7 Q9.6,0 5,0",
        ['P'] = "M1.2,14 L1.2,0 L5.4,0 Q9.3,0 9.3,3.9 Q9.3,7.8 5.4,7.8 L1.2,7.8",
        ['Q'] = "M5,0 Q0.4,0 0.4,7 Q0.4,14 5,14 Q9.6,14 9.6,7 Q9.6,0 5,0 M5.6,10.4 L9.6,14.6",
        ['R'] = "M1.2,14 L1.2,0 L5.4,0 Q9.2,0 9.2,3.7 Q9.2,7.4 5.4,7.4 L1.2,7.4 M5,7.4 L9.4,14",
        ['S'] = "M8.8,1.6 Q7.4,0 5,0 Q1.2,0 1.2,3.4 Q1.2,6.4 5,7 Q9,7.7 9,10.6 Q9,14 5,14 Q2.2,14 0.9,12.2",
        ['T'] = "M0.6,0 L9.4,0 M5,0 L5,14",
        ['U'] = "M1,0 L1,9.4 Q1,14 5,14 Q9,14 9,9.4 L9,0",
        ['V'] = "M0.4,0 L5,14 L9.6,0",
        ['W'] = "M0.3,0 L2.6,14 L5,5.4 L7.4,14 L9.7,0",
        ['X'] = "M0.7,0 L9.3,14 M9.3,0 L0.7,14",
        ['Y'] = "M0.5,0 L5,6.8 L9.5,0 M5,6.8 L5,14",
        ['Z'] = "M1,0 L9,0 L1,14 L9,14",
        ['0'] = "M5,0 Q1.4,0 1.4,7 Q1.4,14 5,14 Q8.6,14 8.6,7 Q8.6,0 5,0",
        ['1'] = "M2.4,3 L5.4,0 L5.4,14 M2.2,14 L8.6,14",
        ['2'] = "M1.2,2.6 Q2,0 4.8,0 Q8.6,0 8.6,3.6 Q8.6,6 5.4,8.8 L1.2,14 L9,14",
        ['3'] = "M1.4,0 L8.6,0 L4.6,5.4 Q9,5.4 9,9.6 Q9,14 4.6,14 Q2.2,14 0.9,12.4",
        ['4'] = "M5.4,0 L1,10 L9.4,10 M6.8,6 L6.8,14",
        ['5'] = "M8.4,0 L2,0 L1.7,6 Q3,5.2 4.8,5.2 Q9,5.2 9,9.5 Q9,14 4.6,14 Q2.2,14 0.9,12.6",
        ['6'] = "M7.2,0 Q1.2,4.4 1.2,9.4 Q1.2,14 5.1,14 Q9,14 9,9.7 Q9,5.6 5.2,5.6 Q2.4,5.6 1.4,8.2",
        ['7'] = "M1,0 L9,0 L4,14",
        ['8'] = "M5,0 Q1.7,0 1.7,3.2 Q1.7,5.8 5,6.6 Q9,7.6 9,10.5 Q9,14 5,14 Q1,14 1,10.5 Q1,7.6 5,6.6 Q8.3,5.8 8.3,3.2 Q8.3,0 5,0",
        ['9'] = "M2.8,14 Q8.8,9.6 8.8,4.6 Q8.8,0 4.9,0 Q1,0 1,4.3 Q1,8.4 4.8,8.4 Q7.6,8.4 8.6,5.8",
        ['<'] = "M8.8,2.4 L1.6,7 L8.8,11.6",
        ['/'] = "M8.6,0 L1.4,14",
        ['-'] = "M2,7.4 L8,7.4",
        ['.'] = "M5,13.6 L5,14",
        [','] = "M5,13 L4,16",
        ['\''] = "M5,0 L4.6,3",
        [':'] = "M5,4 L5,4.4 M5,12 L5,12.4",
        ['('] = "M6.6,-1 Q2.6,7 6.6,15",
        [')'] = "M3.4,-1 Q7.4,7 3.4,15",
    };

    private static readonly Dictionary<char, Vector2[][]> Glyphs = Strokes.ToDictionary(stroke => stroke.Key, stroke => Flatten(stroke.Value));

    /// <summary>Draws a line of text; letters we have no strokes for lose their marks. Returns where it ended.</summary>
    /// <param name="height">Of a capital, in pixels.</param>
    /// <param name="pitch">From letter to letter, in pixels.</param>
    public static float Write(Canvas canvas, string text, float left, float top, float height, float pitch, float stroke, Colour colour)
    {
        var scale = height / 14;
        foreach (var c in text.ToUpperInvariant())
        {
            if (Glyph(c) is { } glyph)
            {
                foreach (var line in glyph)
                {
                    canvas.Path([.. line.Select(p => new Vector2(left + (p.X * scale), top + (p.Y * scale)))], stroke / 2, colour, softness: 1);
                }
            }
            left += pitch;
        }
        return left;
    }

    internal static bool Knows(char c) => c == ' ' || Glyph(c) is not null;

    private static Vector2[][]? Glyph(char c)
    {
        if (Glyphs.TryGetValue(c, out var glyph))
        {
            return glyph;
        }
        var plain = c switch { 'Ø' => 'O', 'Æ' => 'A', 'ß' => 'S', 'İ' or 'ı' => 'I', 'Ł' => 'L', 'Ð' => 'D', '’' => '\'', _ => c.ToString().Normalize(System.Text.NormalizationForm.FormD)[0] };
        return Glyphs.GetValueOrDefault(plain);
    }

    private static Vector2[][] Flatten(string stroke)
    {
        var lines = new List<Vector2[]>();
        var line = new List<Vector2>();
        Vector2? control = null;
        foreach (var word in stroke.Split(' '))
        {
            var command = char.IsAsciiLetter(word[0]) ? word[0] : ' ';
            var numbers = (command == ' ' ? word : word[1..]).Split(',');
            var point = new Vector2(float.Parse(numbers[0], CultureInfo.InvariantCulture), float.Parse(numbers[1], CultureInfo.InvariantCulture));
            switch (command)
            {
                case 'M':
                    if (line.Count > 0)
                    {
                        lines.Add([.. line]);
                    }
                    line = [point];
                    break;
                case 'Q':
                    control = point;
                    break;
                default:
                    if (control is { } bend)
                    {
                        var from = line[^1];
                        for (var i = 1; i <= 8; i++)
                        {
                            var t = i / 8f;
                            line.Add(((1 - t) * (1 - t) * from) + (2 * t * (1 - t) * bend) + (t * t * point));
                        }
                        control = null;
                    }
                    else
                    {
                        line.Add(point);
                    }
                    break;
            }
        }
        lines.Add([.. line]);
        return [.. lines];
    }
}
