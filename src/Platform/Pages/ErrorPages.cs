using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Muqeem.Platform.Pages;

/// <summary>The edge where a fault becomes a page: an incident id and a human's telephone number, and nothing else.</summary>
internal sealed partial class ErrorPages(RequestDelegate next, ILogger<ErrorPages> log)
{
    private const string Letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    public async Task InvokeAsync(HttpContext context, PageContext page)
    {
        page.Begin(context);
        if (!WantsPage(context))
        {
            await next(context);
            return;
        }
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await ShowFaultAsync(context, e);
            return;
        }
        var status = context.Response.StatusCode;
        if (status == StatusCodes.Status404NotFound && !page.LanguageIsInPath && HttpMethods.IsGet(context.Request.Method) && context.GetEndpoint() is null && IsPage(context))
        {
            page.Lead(context, context.Request.Path + context.Request.QueryString);
            return;
        }
        if (status >= 400 && !context.Response.HasStarted && context.Response.ContentLength is null && context.Response.ContentType is null)
        {
            await ShowAsync(context, new ErrorPageModel(status));
        }
    }

    /// <summary>An API's client never asks for HTML, and gets its ProblemDetails elsewhere.</summary>
    private static bool WantsPage(HttpContext context) =>
        context.RequestServices.GetService(typeof(PageContext)) is PageContext { LanguageIsInPath: true }
        || context.Request.Headers.Accept.Any(a => a is not null && a.Contains("text/html", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the address would lead to pages of ours if a language stood before it: as it is told by mouth, <c>muqeem.example/verify</c>.</summary>
    private static bool IsPage(HttpContext context) =>
        context.Request.Path.Value?.Split('/', 3) is [_, { Length: > 0 } first, ..]
        && context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Any(e =>
            e.Metadata.GetMetadata<PageEndpoint>() is not null && e.RoutePattern.PathSegments is [_, { Parts: [RoutePatternLiteralPart literal] }, ..]
            && string.Equals(literal.Content, first, StringComparison.OrdinalIgnoreCase));

    private async Task ShowFaultAsync(HttpContext context, Exception fault)
    {
        if (fault is BadHttpRequestException bad)
        {
            LogBadRequest(log, bad.StatusCode, Where(context));
            await ShowAsync(context, new ErrorPageModel(bad.StatusCode));
            return;
        }
        var incident = RandomNumberGenerator.GetString(Letters, 8);
        LogIncident(log, fault, incident, Where(context));
        await ShowAsync(context, new ErrorPageModel(StatusCodes.Status500InternalServerError) { Incident = incident });
    }

    private static async Task ShowAsync(HttpContext context, ErrorPageModel model)
    {
        // Kept from what ran before: how long to wait, which methods are allowed.
        var (retryAfter, allow) = (context.Response.Headers.RetryAfter, context.Response.Headers.Allow);
        context.Response.StatusCode = model.Status;
        if (model.Status == StatusCodes.Status503ServiceUnavailable && retryAfter.Count == 0)
        {
            context.Response.Headers.RetryAfter = "30";
        }
        if (allow.Count > 0)
        {
            context.Response.Headers.Allow = allow;
        }
        await PageResult.Of<ErrorPage, ErrorPageModel>(model, model.Status).ExecuteAsync(context);
    }

    /// <summary>The pattern, not the address: an address may name a case.</summary>
    private static string Where(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no endpoint)";

    [LoggerMessage(LogLevel.Error, "Incident {Incident} at {Pattern}")]
    private static partial void LogIncident(ILogger logger, Exception fault, string incident, string pattern);

    [LoggerMessage(LogLevel.Information, "Bad request {Status} at {Pattern}")]
    private static partial void LogBadRequest(ILogger logger, int status, string pattern);
}

/// <summary>What the page of an error shows.</summary>
public sealed record ErrorPageModel(int Status)
{
    /// <summary>What the reader tells the helpline; the log has it beside the fault.</summary>
    public string? Incident { get; init; }

    /// <summary>What was typed into a form that we could not take, to be sent again by one press. Only for forms that certainly came from our own pages.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Kept { get; init; }

    /// <summary>Where the kept form goes.</summary>
    public string? Action { get; init; }
}
