using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Muqeem.SignIn;

/// <summary>The scheme of our sessions.</summary>
public static class MuqeemSession
{
    public const string Scheme = "MuqeemSession";
}

/// <summary>Where a page sends people who are not signed in.</summary>
public sealed class MuqeemSessionOptions : AuthenticationSchemeOptions
{
    /// <summary>The page's path for a language; <c>returnTo</c> is added.</summary>
    public Func<string, string> SignInPage { get; set; } = static language => $"/{language}/sign-in";

    /// <summary>The language of a path without one.</summary>
    public string DefaultLanguage { get; set; } = "ar";

    /// <summary>Below this path nobody is redirected: 401 and 403 as they are.</summary>
    public PathString Api { get; set; } = "/api";
}

/// <summary>Reads the session from the cookie, or from <c>Authorization: Bearer</c>.</summary>
internal sealed class MuqeemSessionHandler(IOptionsMonitor<MuqeemSessionOptions> options, ILoggerFactory logger, UrlEncoder encoder, Sessions sessions)
    : AuthenticationHandler<MuqeemSessionOptions>(options, logger, encoder)
{
    private const string Bearer = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization;
        // A header that is there decides, even when it is wrong: nobody shall be signed in by a cookie he did not mean.
        if (header.Count > 0)
        {
            return header.Count == 1 && header[0] is { } value && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                ? sessions.AuthenticateAsync(value[Bearer.Length..].Trim(), byBearer: true, Context.RequestAborted).AsTask()
                : Task.FromResult(AuthenticateResult.NoResult());
        }
        return SessionCookies.Session(Request) is { } token
            ? sessions.AuthenticateAsync(token, byBearer: false, Context.RequestAborted).AsTask()
            : Task.FromResult(AuthenticateResult.NoResult());
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (IsApi())
        {
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            Response.Headers.WWWAuthenticate = "Bearer";
            return Task.CompletedTask;
        }
        if (Context.GetEndpoint()?.Metadata.GetMetadata<ChallengedPage>() is { } own)
        {
            return own.AnswerAsync(Context);
        }
        var page = Options.SignInPage(Request.RouteValues.GetValueOrDefault("lang") as string ?? Options.DefaultLanguage);
        // What was posted is kept by the page that received it; a GET can simply be asked again.
        var here = HttpMethods.IsGet(Request.Method) ? LocalUrl.Safe(Request.PathBase + Request.Path + Request.QueryString) : null;
        Response.Redirect(here is null ? page : $"{page}?returnTo={Uri.EscapeDataString(here)}");
        return Task.CompletedTask;
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        // Not theirs and not there look the same.
        Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private bool IsApi() => Request.Path.StartsWithSegments(Options.Api, StringComparison.OrdinalIgnoreCase) || Request.Headers.Authorization.Count > 0;
}
