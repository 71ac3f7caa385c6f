using System.Globalization;
using System.Runtime.InteropServices;

namespace Muqeem.Platform.Journal;

/// <summary>The path of a tile or of a bundle of entries below <c>tile/</c> (C2SP tlog-tiles): <c>0/x001/234.p/5</c>, <c>entries/067</c>.</summary>
/// <param name="Level">Null for entries.</param>
/// <param name="Width">1 to 256.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TilePath(int? Level, long Number, int Width)
{
    public static bool TryParse(string path, out TilePath tile)
    {
        tile = default;
        var parts = path.Split('/');
        int? level = null;
        if (parts[0] != "entries")
        {
            if (!TryDecimal(parts[0], 63, out var number))
            {
                return false;
            }
            level = number;
        }
        var width = Tree.TileWidth;
        var end = parts.Length;
        if (end >= 3 && parts[end - 2].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!TryDecimal(parts[end - 1], Tree.TileWidth - 1, out width) || width == 0)
            {
                return false;
            }
            end--;
            parts[end - 1] = parts[end - 1][..^2];
        }
        // Six elements hold more tiles than there can be leaves.
        if (end is < 2 or > 7)
        {
            return false;
        }
        long index = 0;
        for (var i = 1; i < end; i++)
        {
            var element = parts[i];
            if (i < end - 1)
            {
                if (!element.StartsWith('x'))
                {
                    return false;
                }
                element = element[1..];
            }
            if (element.Length != 3 || element.AsSpan().ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }
            index = (index * 1000) + int.Parse(element, NumberStyles.None, CultureInfo.InvariantCulture);
            // One form for each number: no elements of zeros in front.
            if (index == 0 && i < end - 1)
            {
                return false;
            }
        }
        tile = new(level, index, width);
        return true;
    }

    public override string ToString()
    {
        var number = Number;
        var path = number.ToString("000", CultureInfo.InvariantCulture)[^3..];
        while ((number /= 1000) > 0)
        {
            path = string.Create(CultureInfo.InvariantCulture, $"x{number % 1000:000}/{path}");
        }
        var level = Level?.ToString(CultureInfo.InvariantCulture) ?? "entries";
        return string.Create(CultureInfo.InvariantCulture, $"{level}/{path}{(Width < Tree.TileWidth ? $".p/{Width}" : "")}");
    }

    private static bool TryDecimal(string text, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most && (text.Length == 1 || text[0] != '0');
}
