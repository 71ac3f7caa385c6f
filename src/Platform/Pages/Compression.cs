using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace Muqeem.Platform.Pages;

/// <summary>Packs a whole answer that is in memory.</summary>
internal static class Compression
{
    public const string Brotli = "br";
    public const string Gzip = "gzip";

    /// <summary>The better of the encodings that the browser accepts; null when it accepts none.</summary>
    public static string? Offered(HttpRequest request)
    {
        string? best = null;
        foreach (var accepted in request.GetTypedHeaders().AcceptEncoding)
        {
            if (accepted.Quality == 0)
            {
                continue;
            }
            if (accepted.Value.Equals(Brotli, StringComparison.OrdinalIgnoreCase))
            {
                return Brotli;
            }
            if (accepted.Value.Equals(Gzip, StringComparison.OrdinalIgnoreCase))
            {
                best = Gzip;
            }
        }
        return best;
    }

    /// <summary>Fast for pages, which are packed once for one reader; <paramref name="small"/> for files, which are packed once for all.</summary>
    public static PooledBytes Pack(ReadOnlySpan<byte> bytes, string encoding, bool small = false)
    {
        var packed = new PooledBytes(bytes.Length + 512);
        if (encoding == Brotli)
        {
            var span = packed.GetSpan(BrotliEncoder.GetMaxCompressedLength(bytes.Length));
            if (!BrotliEncoder.TryCompress(bytes, span, out var written, quality: small ? 11 : 4, window: 18))
            {
                throw new InvalidOperationException("The buffer was too small for Brotli's own bound.");
            }
            packed.Advance(written);
            return packed;
        }
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, small ? CompressionLevel.SmallestSize : CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }
        packed.Write(memory.GetBuffer().AsSpan(0, (int)memory.Length));
        return packed;
    }
}
