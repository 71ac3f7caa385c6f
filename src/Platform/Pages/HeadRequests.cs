using Microsoft.AspNetCore.Http;

namespace Muqeem.Platform.Pages;

/// <summary>Answers HEAD wherever GET is answered: the request runs as a GET, and nothing of the body is sent.</summary>
internal sealed class HeadRequests(RequestDelegate next)
{
    private static readonly object Marker = new();

    public static bool IsHead(HttpContext context) => context.Items.ContainsKey(Marker);

    public async Task InvokeAsync(HttpContext context)
    {
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await next(context);
            return;
        }
        context.Items[Marker] = true;
        context.Request.Method = HttpMethods.Get;
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = HttpMethods.Head;
        }
    }
}
