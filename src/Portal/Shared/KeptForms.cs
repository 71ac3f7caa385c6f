using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Shared;

/// <summary>
/// Marks a POST whose text is kept when the sign-in has ended meanwhile. Only where the address itself belongs to one account, so that nobody else is ever shown it.
/// </summary>
internal static class KeepsForm
{
    public static readonly ChallengedPage Mark = new(async http =>
    {
        if (HttpMethods.IsPost(http.Request.Method) && http.Request.HasFormContentType)
        {
            await http.RequestServices.GetRequiredService<KeptForms>().KeepAsync(http);
        }
        await new SeeOther(http.At("sign-in?returnTo=" + Uri.EscapeDataString(http.Request.Path))).ExecuteAsync(http);
    });
}

/// <summary>
/// The text of a form that was sent after the sign-in had ended: sealed into a cookie of the browser that sent it, for half an hour, and filled in again once after signing in. Nothing is kept on
/// the server, and the page that fills it in has checked first that the application is the reader's own.
/// </summary>
internal sealed class KeptForms(IDataProtectionProvider protection, TimeProvider clock)
{
    private const string Cookie = "muqeem-form";

    /// <summary>Browsers refuse cookies above 4,096 bytes.</summary>
    private const int Longest = 3800;

    private static readonly Duration Life = Duration.FromMinutes(30);

    private readonly IDataProtector _protector = protection.CreateProtector("Muqeem.Portal.KeptForms.1");

    public async Task KeepAsync(HttpContext http)
    {
        // Another site must not be able to fill in our forms.
        if (http.Request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site != "same-origin")
        {
            return;
        }
        var form = await FormState.ReadAsync(http, 2000);
        var values = form.Fields.Where(f => f is not (FormState.OperationField or FormState.RedrawField)).Select(f => KeyValuePair.Create(f, form[f] ?? "")).Where(v => v.Value.Length > 0)
            .ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
        var packed = _protector.Protect(JsonSerializer.Serialize(new Kept(http.Request.Path, (clock.Now() + Life).ToUnixTimeSeconds(), values)));
        if (values.Count > 0 && packed.Length <= Longest)
        {
            http.Response.Cookies.Append(Cookie, packed, Options(http));
        }
    }

    /// <summary>What was kept for this address; it is gone from the browser then.</summary>
    public IReadOnlyDictionary<string, string>? Take(HttpContext http)
    {
        if (!http.Request.Cookies.TryGetValue(Cookie, out var packed) || packed.Length == 0)
        {
            return null;
        }
        http.Response.Cookies.Delete(Cookie, Options(http));
        try
        {
            var kept = JsonSerializer.Deserialize<Kept>(_protector.Unprotect(packed));
            return kept is not null && kept.Path == http.Request.Path && kept.Until > clock.Now().ToUnixTimeSeconds() ? kept.Values : null;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    private static CookieOptions Options(HttpContext http) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps, Path = "/", MaxAge = TimeSpan.FromMinutes(30), IsEssential = true };

    private sealed record Kept(string Path, long Until, Dictionary<string, string> Values);
}
