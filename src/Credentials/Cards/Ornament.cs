using System.Globalization;
using System.Text;

namespace Muqeem.Credentials.Cards;

/// <summary>Curves of the card, drawn by formula: an emblem that belongs to no state, and lines as on banknotes. Lengths are millimetres.</summary>
internal static class Ornament
{
    /// <summary>Lines that swing across a box, each a little later than the one above, so that they cross in knots.</summary>
    /// <param name="swing">How far from the middle, at most.</param>
    /// <param name="length">Of one swing.</param>
    public static string Waves(double x, double y, double width, double swing, double length, int lines, double slope = 0)
    {
        var path = new StringBuilder();
        for (var line = 0; line < lines; line++)
        {
            var phase = Math.PI * line / lines;
            Follow(path, 0, width, Math.Max(8, (int)(width / length * 8)), t => (
                x + t,
                y + (slope * t) + (swing * Math.Cos(phase) * Math.Sin(2 * Math.PI * t / length)) + (swing * 0.35 * Math.Sin((2 * Math.PI * t / (length * 2.6)) + (2 * phase)))));
        }
        return path.ToString();
    }

    /// <summary>A flower of closed lines round a point.</summary>
    /// <param name="petals">Of each line.</param>
    public static string Rosette(double x, double y, double radius, int petals, int lines, double depth = 0.42)
    {
        var path = new StringBuilder();
        for (var line = 0; line < lines; line++)
        {
            var phase = 2 * Math.PI * line / lines;
            Follow(path, 0, 2 * Math.PI, petals * 8, t =>
            {
                var r = radius * (1 - depth + (depth * Math.Cos((petals * t) + phase) * (0.75 + (0.25 * Math.Cos(3 * phase)))));
                return (x + (r * Math.Cos(t)), y + (r * Math.Sin(t)));
            });
            path.Append("Z ");
        }
        return path.ToString();
    }

    /// <summary>The star of eight points: two squares across each other.</summary>
    public static string Star(double x, double y, double radius, double turn = 0)
    {
        // Where the sides of the two squares cross.
        var inner = radius / (Math.Sqrt(2) * Math.Cos(Math.PI / 8));
        var path = new StringBuilder();
        for (var i = 0; i < 16; i++)
        {
            var angle = turn + (Math.PI * i / 8);
            var r = i % 2 == 0 ? radius : inner;
            Point(path, i == 0 ? 'M' : 'L', x + (r * Math.Sin(angle)), y - (r * Math.Cos(angle)));
        }
        return path.Append("Z ").ToString();
    }

    /// <summary>One square standing on a corner, or turned.</summary>
    public static string Square(double x, double y, double radius, double turn)
    {
        var path = new StringBuilder();
        for (var i = 0; i < 4; i++)
        {
            var angle = turn + (Math.PI * i / 2);
            Point(path, i == 0 ? 'M' : 'L', x + (radius * Math.Sin(angle)), y - (radius * Math.Cos(angle)));
        }
        return path.Append("Z ").ToString();
    }

    public static string Circle(double x, double y, double radius)
    {
        var path = new StringBuilder();
        Follow(path, 0, 2 * Math.PI, 16, t => (x + (radius * Math.Cos(t)), y + (radius * Math.Sin(t))));
        return path.Append("Z ").ToString();
    }

    public static string Box(double x, double y, double width, double height, double corner = 0)
    {
        var path = new StringBuilder();
        if (corner <= 0)
        {
            Point(path, 'M', x, y);
            Point(path, 'L', x + width, y);
            Point(path, 'L', x + width, y + height);
            Point(path, 'L', x, y + height);
            return path.Append("Z ").ToString();
        }
        // A quarter of a circle as a curve.
        var hold = corner * 0.5523;
        var (right, bottom) = (x + width, y + height);
        Point(path, 'M', x + corner, y);
        Point(path, 'L', right - corner, y);
        Curve(path, right - corner + hold, y, right, y + corner - hold, right, y + corner);
        Point(path, 'L', right, bottom - corner);
        Curve(path, right, bottom - corner + hold, right - corner + hold, bottom, right - corner, bottom);
        Point(path, 'L', x + corner, bottom);
        Curve(path, x + corner - hold, bottom, x, bottom - corner + hold, x, bottom - corner);
        Point(path, 'L', x, y + corner);
        Curve(path, x, y + corner - hold, x + corner - hold, y, x + corner, y);
        return path.Append("Z ").ToString();
    }

    public static string Line(double x1, double y1, double x2, double y2)
    {
        var path = new StringBuilder();
        Point(path, 'M', x1, y1);
        Point(path, 'L', x2, y2);
        return path.ToString();
    }

    /// <summary>Head and shoulders, where there is no photograph.</summary>
    public static string Person(double x, double y, double width, double height)
    {
        var middle = x + (width / 2);
        var path = new StringBuilder(Circle(middle, y + (height * 0.4), width * 0.19));
        Point(path, 'M', x + (width * 0.14), y + height);
        Curve(path, x + (width * 0.14), y + (height * 0.74), x + (width * 0.3), y + (height * 0.64), middle, y + (height * 0.64));
        Curve(path, x + (width * 0.7), y + (height * 0.64), x + (width * 0.86), y + (height * 0.74), x + (width * 0.86), y + height);
        return path.Append("Z ").ToString();
    }

    /// <summary>A QR code's dark modules; neighbours of a row in one piece.</summary>
    public static string Modules(IReadOnlyList<System.Collections.BitArray> rows, double x, double y, double module)
    {
        var path = new StringBuilder();
        for (var row = 0; row < rows.Count; row++)
        {
            for (var column = 0; column < rows.Count; column++)
            {
                var run = 0;
                while (column + run < rows.Count && rows[row][column + run])
                {
                    run++;
                }
                if (run > 0)
                {
                    path.Append(Box(x + (column * module), y + (row * module), run * module, module));
                    column += run;
                }
            }
        }
        return path.ToString();
    }

    /// <summary>A curve through evenly spread points, with the slopes that it has there.</summary>
    private static void Follow(StringBuilder path, double from, double to, int steps, Func<double, (double X, double Y)> curve)
    {
        var step = (to - from) / steps;
        const double near = 1e-5;
        (double X, double Y) Slope(double t)
        {
            var (before, after) = (curve(t - near), curve(t + near));
            return ((after.X - before.X) / (2 * near), (after.Y - before.Y) / (2 * near));
        }
        var (at, slope) = (curve(from), Slope(from));
        Point(path, 'M', at.X, at.Y);
        for (var i = 1; i <= steps; i++)
        {
            var t = from + (i * step);
            var (next, nextSlope) = (curve(t), Slope(t));
            Curve(path, at.X + (slope.X * step / 3), at.Y + (slope.Y * step / 3), next.X - (nextSlope.X * step / 3), next.Y - (nextSlope.Y * step / 3), next.X, next.Y);
            (at, slope) = (next, nextSlope);
        }
    }

    private static void Point(StringBuilder path, char command, double x, double y) =>
        path.Append(CultureInfo.InvariantCulture, $"{command} {x:0.###} {y:0.###} ");

    private static void Curve(StringBuilder path, double x1, double y1, double x2, double y2, double x, double y) =>
        path.Append(CultureInfo.InvariantCulture, $"C {x1:0.###} {y1:0.###} {x2:0.###} {y2:0.###} {x:0.###} {y:0.###} ");
}
