using System.Globalization;
using Microsoft.Net.Http.Headers;
using Muqeem.Credentials.Offline;
using Muqeem.Credentials.Offline.TestIds;
using Muqeem.Host.Api;

namespace Muqeem.Host;

/// <summary>What verifiers fetch once a day, and integrators once: the offline bundle, the trust list, the test IDs. For everybody; nothing personal is in it.</summary>
internal static class BundleRoutes
{
    private const string Minute = "public, max-age=60";

    public static void Map(WebApplication app)
    {
        var trust = app.MapGroup("/trust").AllowAnonymous().ExcludeFromDescription().AddEndpointFilter<ApiLimits.Filter>();
        trust.MapGet("/bundle", async (HttpContext http, BundlePress press) => Answer(http, await press.CurrentAsync(http.RequestAborted), BundlePress.MediaType, BundlePress.FileName));
        trust.MapGet("/list.json", async (HttpContext http, TrustList list) =>
            Answer(http, await list.CurrentAsync(http.RequestAborted) is { } signed ? TrustList.InJson(signed) : null, TrustList.JsonType, null));
        trust.MapGet("/list.jose", async (HttpContext http, TrustList list) => Answer(http, await list.CurrentAsync(http.RequestAborted), TrustList.CompactType, null));
        trust.MapGet("/test", () => Results.LocalRedirect("/trust/test/" + TestIdPress.IndexName));
        trust.MapGet("/test/{**name}", Test);
    }

    /// <param name="download">The name of the file for who saves it; null: it is shown.</param>
    private static IResult Answer(HttpContext http, PublishedFile? file, string type, string? download)
    {
        if (file is null)
        {
            // Right after the first start, or with no signer or revocation list that counts: not never.
            http.Response.Headers.RetryAfter = "60";
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
        ForAnybody(http);
        http.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        http.Response.Headers.LastModified = file.MadeAt.ToDateTimeOffset().ToString("R", CultureInfo.InvariantCulture);
        http.Response.Headers.Expires = file.Until.ToDateTimeOffset().ToString("R", CultureInfo.InvariantCulture);
        if (download is not null)
        {
            http.Response.Headers.ContentDisposition = $"attachment; filename=\"{download}\"";
        }
        var packed = TakesGzip(http.Request);
        if (packed)
        {
            http.Response.Headers.ContentEncoding = "gzip";
        }
        return Results.Bytes(packed ? file.Packed : file.Bytes, type, entityTag: new EntityTagHeaderValue($"\"{file.Tag}{(packed ? "-g" : "")}\""));
    }

    /// <summary>A file of the test IDs; the status list also at the address that they name.</summary>
    private static IResult Test(string name, HttpContext http, TestIdPress press)
    {
        if (name == "status/1")
        {
            http.Response.Headers.Vary = HeaderNames.Accept;
            name = TrustRoutes.PrefersCwt(http.Request) ? TestIdPress.StatusCwtName : TestIdPress.StatusJwtName;
        }
        var set = press.Current();
        if (!set.Files.TryGetValue(name, out var file))
        {
            return Results.NotFound();
        }
        ForAnybody(http);
        return Results.Bytes(file.Bytes, file.MediaType, entityTag: new EntityTagHeaderValue($"\"{set.MadeAt.ToUnixTimeSeconds()}-{name.Replace('/', '.')}\""));
    }

    private static bool TakesGzip(HttpRequest request) =>
        request.GetTypedHeaders().AcceptEncoding.FirstOrDefault(a => a.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase)) is { } gzip && gzip.Quality != 0;

    // Verifiers may be pages of others: nothing here is private.
    private static void ForAnybody(HttpContext http)
    {
        http.Response.Headers.CacheControl = Minute;
        http.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        http.Response.Headers.AccessControlAllowOrigin = "*";
    }
}
