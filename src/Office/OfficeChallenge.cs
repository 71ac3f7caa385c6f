using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Muqeem.SignIn;

namespace Muqeem.Office;

/// <summary>Sends who is not signed in to the office's own page for it, and not to the residents'.</summary>
internal sealed class OfficeChallenge : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _usual = new();

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        var parts = context.Request.Path.Value?.Split('/', StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (!authorizeResult.Challenged || parts.Length < 2 || parts[1] != "office")
        {
            return _usual.HandleAsync(next, context, policy, authorizeResult);
        }
        // What was posted is lost on purpose: it belongs to a session that is over. A page that was asked for is asked for again.
        var here = HttpMethods.IsGet(context.Request.Method) ? LocalUrl.Safe(context.Request.PathBase + context.Request.Path + context.Request.QueryString) : null;
        context.Response.Redirect($"/{parts[0]}/office/sign-in{(here is null ? "" : "?returnTo=" + Uri.EscapeDataString(here))}");
        return Task.CompletedTask;
    }
}
