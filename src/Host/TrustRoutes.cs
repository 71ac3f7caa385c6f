using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Status;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Signatures;

namespace Muqeem.Host;

/// <summary>What verifiers fetch, at the addresses that credentials name: status lists, the type's metadata, the root with its revocation list, the signers. For everybody; nothing personal is in it.</summary>
internal static class TrustRoutes
{
    private const string Jwt = "application/statuslist+jwt", Cwt = StatusListForm.CwtType;

    /// <summary>The keys by which agencies tell our messages; former ones too, for what was signed before.</summary>
    public const string ExchangeKeys = "/trust/exchange.json";

    public static void Map(WebApplication app)
    {
        app.MapGet(ExchangeKeys, (KeyStore keys) => Results.Text(PublicKeyText.SetOf(keys.PublicKeys(KeyPurpose.Exchange).Select(PublicKeyText.Of)), "application/jwk-set+json")).AllowAnonymous();
        app.MapGet("/status/{list}", Status).AllowAnonymous();
        app.MapGet("/vct/resident-id/{version:int}", TypeAsync).AllowAnonymous();
        app.MapGet("/trust/root.pem", (KeyStore keys) => Results.Text(string.Concat(keys.Roots.Select(r => Pem(r.Certificate))), "application/x-pem-file")).AllowAnonymous();
        app.MapGet("/trust/root.crl", (KeyStore keys) => keys.Roots.Select(r => r.RevocationList).LastOrDefault(l => l is not null) is { } list ? Results.Bytes(list, "application/pkix-crl") : Results.NotFound()).AllowAnonymous();
        app.MapGet("/trust/signers.pem", (KeyStore keys) => Results.Text(string.Concat(
            Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified()).SelectMany(keys.All).Where(c => c.State is not KeyState.Planned).Select(c => Pem(c.Certificate))), "application/x-pem-file")).AllowAnonymous();
    }

    /// <summary>Former versions too: credentials name the one under which they were issued.</summary>
    private static async Task<IResult> TypeAsync(int version, TypeVersions types, CancellationToken cancel) =>
        await types.FindAsync(version, cancel) is { } type ? Results.Bytes(type.Json, "application/json") : Results.NotFound();

    /// <summary>As JWT, or as CWT to whoever asks for that (draft-ietf-oauth-status-list section 8.1).</summary>
    private static IResult Status(string list, HttpContext http, StatusLists lists)
    {
        http.Response.Headers.Vary = HeaderNames.Accept;
        if (lists.Token(list) is not { } token)
        {
            return Results.NotFound();
        }
        var asCwt = PrefersCwt(http.Request);
        http.Response.Headers.CacheControl = $"public, max-age={(long)lists.Ttl.TotalSeconds}";
        http.Response.Headers.LastModified = token.At.ToDateTimeOffset().ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        return Results.Bytes(asCwt ? token.Cwt : token.Jwt, asCwt ? Cwt : Jwt, entityTag: new EntityTagHeaderValue($"\"{list}-{token.At.ToUnixTimeMilliseconds()}-{(asCwt ? "c" : "j")}\""));
    }

    /// <summary>By name only: who takes anything gets the JWT.</summary>
    internal static bool PrefersCwt(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var asked))
        {
            return false;
        }
        double Wish(string type) => asked.FirstOrDefault(a => a.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)) is { } named ? named.Quality ?? 1 : 0;
        return Wish(Cwt) > Wish(Jwt);
    }

    private static string Pem(byte[] certificate) => PemEncoding.WriteString("CERTIFICATE", certificate) + "\n";
}
