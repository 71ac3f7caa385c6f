using System.Numerics;

namespace Muqeem.Sandbox.Pictures;

/// <summary>A colour, 0 to 255 each.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct Colour(float R, float G, float B)
{
    public static Colour Of(uint rgb) => new((rgb >> 16) & 255, (rgb >> 8) & 255, rgb & 255);

    public static Colour Mix(Colour a, Colour b, float share) => new(a.R + ((b.R - a.R) * share), a.G + ((b.G - a.G) * share), a.B + ((b.B - a.B) * share));

    public Colour Darker(float share) => new(R * (1 - share), G * (1 - share), B * (1 - share));

    public Colour Lighter(float share) => Mix(this, new(255, 255, 255), share);
}

/// <summary>A small rasteriser: shapes are signed distances (negative inside), edges are smoothed over one pixel or more.</summary>
public sealed class Canvas
{
    private readonly float[] _pixels;

    public Canvas(int width, int height, Colour background)
    {
        Width = width;
        Height = height;
        _pixels = new float[width * height * 3];
        for (var i = 0; i < width * height; i++)
        {
            _pixels[3 * i] = background.R;
            _pixels[(3 * i) + 1] = background.G;
            _pixels[(3 * i) + 2] = background.B;
        }
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Fills where the distance is negative.</summary>
    /// <param name="softness">Width of the edge in pixels; wide for shade.</param>
    public void Fill(Func<float, float, float> distance, Colour colour, (float Left, float Top, float Right, float Bottom) box, float opacity = 1, float softness = 1)
    {
        var left = Math.Max(0, (int)(box.Left - softness - 1));
        var top = Math.Max(0, (int)(box.Top - softness - 1));
        var right = Math.Min(Width - 1, (int)(box.Right + softness + 1));
        var bottom = Math.Min(Height - 1, (int)(box.Bottom + softness + 1));
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var share = Math.Clamp(0.5f - (distance(x + 0.5f, y + 0.5f) / softness), 0, 1) * opacity;
                if (share > 0)
                {
                    Blend(x, y, colour, share);
                }
            }
        }
    }

    public void Ellipse(float cx, float cy, float rx, float ry, Colour colour, float opacity = 1, float softness = 1.2f, float tilt = 0)
    {
        var (sin, cos) = MathF.SinCos(tilt);
        var reach = Math.Max(rx, ry);
        Fill(
            (x, y) =>
            {
                var (dx, dy) = (x - cx, y - cy);
                var (u, v) = (((dx * cos) + (dy * sin)) / rx, ((-dx * sin) + (dy * cos)) / ry);
                var k = MathF.Sqrt((u * u) + (v * v));
                return k < 1e-4f ? -Math.Min(rx, ry) : (k - 1) * k / MathF.Sqrt((u * u / (rx * rx)) + (v * v / (ry * ry)));
            },
            colour, (cx - reach, cy - reach, cx + reach, cy + reach), opacity, softness);
    }

    /// <summary>A line with round ends, possibly of growing width.</summary>
    public void Line(Vector2 from, Vector2 to, float radiusFrom, float radiusTo, Colour colour, float opacity = 1, float softness = 1.2f)
    {
        var way = to - from;
        var length = Math.Max(way.LengthSquared(), 1e-6f);
        var r = Math.Max(radiusFrom, radiusTo);
        Fill(
            (x, y) =>
            {
                var p = new Vector2(x, y) - from;
                var t = Math.Clamp(Vector2.Dot(p, way) / length, 0, 1);
                return (p - (way * t)).Length() - (radiusFrom + ((radiusTo - radiusFrom) * t));
            },
            colour, (Math.Min(from.X, to.X) - r, Math.Min(from.Y, to.Y) - r, Math.Max(from.X, to.X) + r, Math.Max(from.Y, to.Y) + r), opacity, softness);
    }

    /// <summary>A curve through three points that control it (quadratic).</summary>
    public void Curve(Vector2 from, Vector2 control, Vector2 to, float radius, Colour colour, float opacity = 1, float softness = 1.2f)
    {
        const int pieces = 10;
        var points = new Vector2[pieces + 1];
        for (var i = 0; i <= pieces; i++)
        {
            var t = i / (float)pieces;
            points[i] = ((1 - t) * (1 - t) * from) + (2 * t * (1 - t) * control) + (t * t * to);
        }
        Path(points, radius, colour, opacity, softness);
    }

    /// <summary>A line through many points, drawn once, so that overlaps do not darken.</summary>
    public void Path(IReadOnlyList<Vector2> points, float radius, Colour colour, float opacity = 1, float softness = 1.2f)
    {
        var box = (points.Min(p => p.X) - radius, points.Min(p => p.Y) - radius, points.Max(p => p.X) + radius, points.Max(p => p.Y) + radius);
        Fill(
            (x, y) =>
            {
                var p = new Vector2(x, y);
                var best = float.MaxValue;
                for (var i = 1; i < points.Count; i++)
                {
                    var way = points[i] - points[i - 1];
                    var t = Math.Clamp(Vector2.Dot(p - points[i - 1], way) / Math.Max(way.LengthSquared(), 1e-6f), 0, 1);
                    best = Math.Min(best, (p - points[i - 1] - (way * t)).LengthSquared());
                }
                return MathF.Sqrt(best) - radius;
            },
            colour, box, opacity, softness);
    }

    public void Polygon(IReadOnlyList<Vector2> points, Colour colour, float opacity = 1, float softness = 1.2f)
    {
        var box = (points.Min(p => p.X), points.Min(p => p.Y), points.Max(p => p.X), points.Max(p => p.Y));
        Fill(
            (x, y) =>
            {
                var p = new Vector2(x, y);
                var best = float.MaxValue;
                var inside = false;
                for (int i = 0, j = points.Count - 1; i < points.Count; j = i++)
                {
                    var way = points[j] - points[i];
                    var t = Math.Clamp(Vector2.Dot(p - points[i], way) / Math.Max(way.LengthSquared(), 1e-6f), 0, 1);
                    best = Math.Min(best, (p - points[i] - (way * t)).LengthSquared());
                    if (points[i].Y > y != points[j].Y > y && x < ((points[j].X - points[i].X) * (y - points[i].Y) / (points[j].Y - points[i].Y)) + points[i].X)
                    {
                        inside = !inside;
                    }
                }
                return inside ? -MathF.Sqrt(best) : MathF.Sqrt(best);
            },
            colour, box, opacity, softness);
    }

    public void Rectangle(float left, float top, float right, float bottom, Colour colour, float opacity = 1, float softness = 1) =>
        Fill((x, y) => Math.Max(Math.Max(left - x, x - right), Math.Max(top - y, y - bottom)), colour, (left, top, right, bottom), opacity, softness);

    /// <summary>Another picture, scaled down into a rectangle by averaging.</summary>
    public void Picture(Canvas other, int left, int top, int width, int height)
    {
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var x0 = x * other.Width / width;
                var x1 = Math.Max(x0 + 1, (x + 1) * other.Width / width);
                var y0 = y * other.Height / height;
                var y1 = Math.Max(y0 + 1, (y + 1) * other.Height / height);
                float r = 0, g = 0, b = 0;
                for (var v = y0; v < y1; v++)
                {
                    for (var u = x0; u < x1; u++)
                    {
                        var i = 3 * ((v * other.Width) + u);
                        (r, g, b) = (r + other._pixels[i], g + other._pixels[i + 1], b + other._pixels[i + 2]);
                    }
                }
                var n = (x1 - x0) * (y1 - y0);
                Blend(left + x, top + y, new(r / n, g / n, b / n), 1);
            }
        }
    }

    /// <summary>Adds the same grain each time, as a camera would.</summary>
    public void Grain(ulong seed, float strength)
    {
        var state = seed | 1;
        for (var i = 0; i < _pixels.Length; i += 3)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            var noise = (((state >> 40) & 0xFF) - 127.5f) / 127.5f * strength;
            _pixels[i] += noise;
            _pixels[i + 1] += noise;
            _pixels[i + 2] += noise;
        }
    }

    /// <summary>Three bytes a pixel, row by row.</summary>
    public byte[] ToRgb()
    {
        var bytes = new byte[_pixels.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)Math.Clamp(_pixels[i] + 0.5f, 0, 255);
        }
        return bytes;
    }

    private void Blend(int x, int y, Colour colour, float share)
    {
        if (x < 0 || y < 0 || x >= Width || y >= Height)
        {
            return;
        }
        var i = 3 * ((y * Width) + x);
        _pixels[i] += (colour.R - _pixels[i]) * share;
        _pixels[i + 1] += (colour.G - _pixels[i + 1]) * share;
        _pixels[i + 2] += (colour.B - _pixels[i + 2]) * share;
    }
}
