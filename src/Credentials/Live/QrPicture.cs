using System.Globalization;
using System.Text;
using Muqeem.Credentials.Cards;
using Muqeem.Platform.Drawing;
using QRCoder;

namespace Muqeem.Credentials.Live;

/// <summary>A QR code as an SVG picture: black on white whatever the page's colours, one path, no script.</summary>
public static class QrPicture
{
    /// <summary>Error correction M (15 %), four quiet modules. Upper-case letters, digits and <c>$%*+-./:</c> are packed tightest.</summary>
    public static string Svg(string text, string label)
    {
        var modules = Modules(text);
        var size = modules.Count;
        var path = new StringBuilder();
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                if (!modules[y][x])
                {
                    continue;
                }
                var run = 1;
                while (x + run < size && modules[y][x + run])
                {
                    run++;
                }
                path.Append(CultureInfo.InvariantCulture, $"M{x} {y}h{run}v1h-{run}z");
                x += run;
            }
        }
        return string.Create(CultureInfo.InvariantCulture,
            $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" aria-label="{System.Net.WebUtility.HtmlEncode(label)}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/><path d="{path}"/></svg>""");
    }

    /// <summary>On a sheet, its quiet modules within the square.</summary>
    /// <param name="side">Of the square, in millimetres.</param>
    public static Fill Drawn(string text, double x, double y, double side)
    {
        var modules = Modules(text);
        return new Fill(Ornament.Modules(modules, x, y, side / modules.Count), new(0x000000));
    }

    /// <summary>The QR version (1 to 40) that a text needs.</summary>
    internal static int VersionOf(string text) => (Modules(text).Count - 8 - 17) / 4;

    /// <summary>Rows of modules, dark ones true, with four quiet ones on each side.</summary>
    internal static List<System.Collections.BitArray> Modules(string text)
    {
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        return data.ModuleMatrix;
    }
}
