using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Muqeem.Platform.Pages;

/// <summary>The style sheet, scripts, fonts and pictures. Each address carries a hash of the content, so that browsers keep it for ever.</summary>
public static class PageAssets
{
    private const string Prefix = "assets/";

    // Fonts are compressed already.
    private static readonly FrozenDictionary<string, Asset> ByName = Load();
    private static readonly FrozenDictionary<string, Asset> ByFile = ByName.Values.ToFrozenDictionary(a => a.File, StringComparer.Ordinal);

    /// <summary>The address of an asset: <c>/assets/muqeem.1a2b3c4d.css</c>. Throws for a name that is not embedded.</summary>
    public static string Url(string name) => "/assets/" + ByName[name].File;

    /// <summary>The content of an asset that is text, for a page that has to stand alone.</summary>
    public static string Source(string name) => Encoding.UTF8.GetString(ByName[name].Bytes);

    public static IReadOnlyCollection<string> Names => ByName.Keys;

    internal static ReadOnlySpan<byte> Content(string name) => ByName[name].Bytes;

    internal static int SizeInBrotli(string name) => ByName[name].Packed(Compression.Brotli).Length;

    internal static async Task ServeAsync(HttpContext context)
    {
        if (context.Request.RouteValues["file"] is not string file || !ByFile.TryGetValue(file, out var asset))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var headers = context.Response.Headers;
        headers.CacheControl = "public, max-age=31536000, immutable";
        context.Response.ContentType = asset.Type;
        var bytes = asset.Bytes;
        if (asset.Compressible)
        {
            headers.Vary = "Accept-Encoding";
            if (Compression.Offered(context.Request) is { } encoding)
            {
                headers.ContentEncoding = encoding;
                bytes = asset.Packed(encoding);
            }
        }
        context.Response.ContentLength = bytes.Length;
        if (!HeadRequests.IsHead(context))
        {
            await context.Response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
        }
    }

    private static FrozenDictionary<string, Asset> Load()
    {
        var assembly = typeof(PageAssets).Assembly;
        var raw = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var resource in assembly.GetManifestResourceNames().Where(r => r.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            raw[resource[Prefix.Length..]] = bytes;
        }
        // Style sheets name other assets: those come first, and the sheets are rewritten before they are hashed themselves.
        var assets = new Dictionary<string, Asset>(StringComparer.Ordinal);
        foreach (var (name, bytes) in raw.OrderBy(r => r.Key.EndsWith(".css", StringComparison.Ordinal)))
        {
            var content = bytes;
            if (name.EndsWith(".css", StringComparison.Ordinal))
            {
                var sheet = Encoding.UTF8.GetString(bytes);
                foreach (var (other, asset) in assets)
                {
                    sheet = sheet.Replace($"url(\"{other}\")", $"url(\"{asset.File}\")", StringComparison.Ordinal);
                }
                content = Encoding.UTF8.GetBytes(sheet);
            }
            var dot = name.LastIndexOf('.');
            var hash = Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 5));
            assets[name] = new Asset($"{name[..dot]}.{hash}{name[dot..]}", content);
        }
        return assets.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private sealed class Asset(string file, byte[] bytes)
    {
        private byte[]? _brotli;
        private byte[]? _gzip;

        public string File { get; } = file;

        public byte[] Bytes { get; } = bytes;

        public bool Compressible { get; } = !file.EndsWith(".woff2", StringComparison.Ordinal) && !file.EndsWith(".png", StringComparison.Ordinal);

        public string Type { get; } = file[file.LastIndexOf('.')..] switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".woff2" => "font/woff2",
            ".svg" => "image/svg+xml",
            ".png" => "image/png",
            ".txt" => "text/plain; charset=utf-8",
            var other => throw new InvalidOperationException($"An asset of an unknown kind: {other}"),
        };

        public byte[] Packed(string encoding) => encoding == Compression.Brotli ? _brotli ??= Pack(encoding) : _gzip ??= Pack(encoding);

        private byte[] Pack(string encoding)
        {
            using var packed = Compression.Pack(Bytes, encoding, small: true);
            return packed.Written.ToArray();
        }
    }
}
