using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Muqeem.Platform.Journal;

/// <summary>The journal over HTTP, for everybody: C2SP tlog-tiles under <c>/journal</c>, its key, and proofs.</summary>
public static class JournalRoutes
{
    private const string Text = "text/plain; charset=utf-8";
    private const string Forever = "public, max-age=31536000, immutable";

    public static void MapJournal(this IEndpointRouteBuilder endpoints)
    {
        var journal = endpoints.MapGroup("/journal").AllowAnonymous().ExcludeFromDescription();
        journal.MapGet("/checkpoint", async (HttpContext http, PublishedJournal published) =>
            Answer(http, await published.CheckpointAsync(http.RequestAborted), "public, max-age=1"));
        journal.MapGet("/vkey", async (HttpContext http, PublishedJournal published) =>
            Answer(http, await published.VerifierKeysAsync(http.RequestAborted), "public, max-age=60"));
        journal.MapGet("/tile/{**path}", async (HttpContext http, PublishedJournal published, string path) =>
        {
            if (await published.TileAsync(path, http.RequestAborted) is not { } tile)
            {
                return Results.NotFound();
            }
            ForAnybody(http, Forever);
            return Results.Bytes(tile, "application/octet-stream");
        });
        journal.MapGet("/proof/{leaf:guid}", async (HttpContext http, PublishedJournal published, Guid leaf) =>
            Answer(http, await published.ProofAsync(leaf, http.RequestAborted), "no-store"));
    }

    private static IResult Answer(HttpContext http, string? text, string caching)
    {
        if (text is null)
        {
            return Results.NotFound();
        }
        ForAnybody(http, caching);
        return Results.Text(text, Text, Encoding.UTF8);
    }

    // Monitors may be pages of others: nothing here is private.
    private static void ForAnybody(HttpContext http, string caching)
    {
        http.Response.Headers.CacheControl = caching;
        http.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        http.Response.Headers.AccessControlAllowOrigin = "*";
    }
}
