using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;

namespace Muqeem.Host.Api;

/// <summary>The edge of the API, and of what wallet apps call: bounds every body, and gives every error a problem; a bug gets an incident id and nothing else.</summary>
internal sealed partial class ApiEdge(RequestDelegate next, ILogger<ApiEdge> log)
{
    /// <summary>Of any body. Pictures go to the upload pages.</summary>
    public const int Largest = 64 * 1024;

    private const string Letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) && !context.Request.Path.StartsWithSegments("/openid", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = Largest;
        }
        if (ApiVersions.Of(Asked(context.Request.Headers[ApiVersions.Header])) is not { } version)
        {
            await Problems.Of(context, StatusCodes.Status400BadRequest, "version").ExecuteAsync(context);
            return;
        }
        context.Response.Headers[ApiVersions.Header] = ApiVersions.Text(version);
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            await (bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Problems.Of(context, StatusCodes.Status413PayloadTooLarge, "too_large")
                : Problems.Of(context, StatusCodes.Status400BadRequest, "malformed")).ExecuteAsync(context);
            return;
        }
        catch (Exception fault) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            var incident = RandomNumberGenerator.GetString(Letters, 8);
            Incident(log, fault, incident, (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no endpoint)");
            await Problems.Of(context, StatusCodes.Status500InternalServerError, "internal", incident: incident).ExecuteAsync(context);
            return;
        }
        if (context.Response.StatusCode >= 400 && !context.Response.HasStarted && context.Response.ContentType is null)
        {
            await Problems.Of(context, context.Response.StatusCode, Code(context.Response.StatusCode)).ExecuteAsync(context);
        }
    }

    /// <summary>Null: no version is asked for. Two at once are none that could be meant.</summary>
    private static string? Asked(Microsoft.Extensions.Primitives.StringValues header) => header.Count switch { 0 => null, 1 => header[0] ?? "", _ => "" };

    private static string Code(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "not_signed_in",
        StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound => "not_found",
        StatusCodes.Status405MethodNotAllowed => "method",
        StatusCodes.Status413PayloadTooLarge => "too_large",
        StatusCodes.Status415UnsupportedMediaType => "media_type",
        StatusCodes.Status429TooManyRequests => "too_many",
        StatusCodes.Status503ServiceUnavailable => "try_again",
        >= 500 => "internal",
        _ => "malformed",
    };

    [LoggerMessage(LogLevel.Error, "Incident {Incident} at {Pattern}")]
    private static partial void Incident(ILogger logger, Exception fault, string incident, string pattern);
}
