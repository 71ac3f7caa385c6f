using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;

namespace Muqeem.Platform.Pages;

/// <summary>Marks the endpoints that are pages.</summary>
public sealed class PageEndpoint
{
    public static readonly PageEndpoint Mark = new();
}

/// <summary>Refuses a POST to a page that does not carry our token, also where the endpoint reads no form: signing out has none to read. Runs after authentication,
/// because the token belongs to who is signed in.</summary>
internal sealed class PageAntiforgery(RequestDelegate next, IAntiforgery antiforgery)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<PageEndpoint>() is null
            || HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || HttpMethods.IsOptions(context.Request.Method))
        {
            await next(context);
            return;
        }

        var origin = OriginOf(context);
        if (origin == FormOrigin.Foreign)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, keep: false);
            return;
        }
        var status = await ReadFormAsync(context);
        if (status != StatusCodes.Status200OK)
        {
            await RefuseAsync(context, status, keep: false);
            return;
        }
        if (!context.Request.HasFormContentType || !await antiforgery.IsRequestValidAsync(context))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, keep: origin == FormOrigin.Ours);
            return;
        }
        await next(context);
    }

    private enum FormOrigin
    {
        Unknown,
        Ours,
        Foreign,
    }

    /// <summary>What the browser says of the page that sent the form. Scripts cannot set these headers; browsers before about 2020 send none.</summary>
    private static FormOrigin OriginOf(HttpContext context)
    {
        var site = context.Request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
        {
            // "none" is the user's own doing, such as sending a form again from the history.
            return site is "same-origin" ? FormOrigin.Ours : site is "none" ? FormOrigin.Unknown : FormOrigin.Foreign;
        }
        var origin = context.Request.Headers.Origin.ToString();
        return origin.Length == 0 ? FormOrigin.Unknown
            : string.Equals(origin, $"{context.Request.Scheme}://{context.Request.Host.Value}", StringComparison.OrdinalIgnoreCase) ? FormOrigin.Ours
            : FormOrigin.Foreign;
    }

    /// <summary>Reads the form here, so that one which is too large gets a page and not an empty 413.</summary>
    private static async Task<int> ReadFormAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
        {
            return StatusCodes.Status200OK;
        }
        try
        {
            await context.Request.ReadFormAsync(context.RequestAborted);
            return StatusCodes.Status200OK;
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode;
        }
        catch (InvalidDataException)
        {
            // The form reader has one exception for "more than allowed" and "not a form".
            return context.Request.ContentLength > 64 * 1024 ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest;
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, bool keep)
    {
        var model = new ErrorPageModel(status);
        if (keep && context.Request.HasFormContentType)
        {
            model = model with
            {
                Action = context.Request.PathBase + context.Request.Path + context.Request.QueryString,
                Kept = [.. context.Request.Form
                    .Where(field => field.Key != AntiforgeryField && !FormState.IsSecret(field.Key))
                    .SelectMany(field => field.Value.Select(value => KeyValuePair.Create(field.Key, value ?? "")))],
            };
        }
        return PageResult.Of<ErrorPage, ErrorPageModel>(model, status).ExecuteAsync(context);
    }

    internal const string AntiforgeryField = "token";
}
