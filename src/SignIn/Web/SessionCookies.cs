using Microsoft.AspNetCore.Http;

namespace Muqeem.SignIn;

/// <summary>
/// The cookies of a session: HttpOnly, SameSite=Lax, for the whole site and only for it. On https they are Secure and named <c>__Host-</c>, so that neither a
/// subdomain nor a plain connection can set them; on http, which is only for one's own machine, they have plain names.
/// </summary>
public static class SessionCookies
{
    private const string SessionName = "muqeem";
    private const string DeviceName = "muqeem-device";
    private const string RegistrationName = "muqeem-registration";
    private const string ChallengeName = "muqeem-sign-in";
    private const string FederatedName = "muqeem-app";

    /// <summary>Sets the session, and the device's mark when there is one.</summary>
    public static void Set(HttpContext context, SignedIn signedIn)
    {
        Write(context, SessionName, signedIn.Token, null);
        if (signedIn.DeviceToken is { } device)
        {
            Write(context, DeviceName, device, TimeSpan.FromDays(400));
        }
        Delete(context, ChallengeName);
        Delete(context, FederatedName);
        Delete(context, RegistrationName);
    }

    /// <summary>Takes the session's cookie back; the device stays known.</summary>
    public static void Clear(HttpContext context) => Delete(context, SessionName);

    /// <summary>Keeps the registration under way, for a day.</summary>
    public static void SetRegistration(HttpContext context, string token) => Write(context, RegistrationName, token, TimeSpan.FromHours(24));

    public static string? Registration(HttpRequest request) => Read(request, RegistrationName);

    public static void ClearRegistration(HttpContext context) => Delete(context, RegistrationName);

    /// <summary>Keeps the sign-in that waits for its second factor.</summary>
    public static void SetChallenge(HttpContext context, string token) => Write(context, ChallengeName, token, TimeSpan.FromMinutes(15));

    public static string? Challenge(HttpRequest request) => Read(request, ChallengeName);

    public static void ClearChallenge(HttpContext context) => Delete(context, ChallengeName);

    /// <summary>Keeps the sign-in that waits for the phone: no other browser is signed in by it.</summary>
    public static void SetFederated(HttpContext context, string token) => Write(context, FederatedName, token, TimeSpan.FromMinutes(15));

    public static string? Federated(HttpRequest request) => Read(request, FederatedName);

    public static void ClearFederated(HttpContext context) => Delete(context, FederatedName);

    internal static string? Session(HttpRequest request) => Read(request, SessionName);

    internal static string? Device(HttpRequest request) => Read(request, DeviceName);

    private static string Name(HttpRequest request, string name) => request.IsHttps ? "__Host-" + name : name;

    private static string? Read(HttpRequest request, string name) => request.Cookies.TryGetValue(Name(request, name), out var value) && value.Length > 0 ? value : null;

    private static void Write(HttpContext context, string name, string value, TimeSpan? life) => context.Response.Cookies.Append(Name(context.Request, name), value, Options(context, life));

    private static void Delete(HttpContext context, string name)
    {
        if (context.Request.Cookies.ContainsKey(Name(context.Request, name)))
        {
            context.Response.Cookies.Delete(Name(context.Request, name), Options(context, null));
        }
    }

    private static CookieOptions Options(HttpContext context, TimeSpan? life) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = context.Request.IsHttps, Path = "/", MaxAge = life, IsEssential = true };
}
