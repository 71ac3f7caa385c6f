using System.Text.Json;
using Muqeem.Host.Api;

namespace Muqeem.Host.OpenId;

/// <summary>Answers as OAuth and OpenID4VCI word them: a code for programs, ASCII for whoever debugs one, and never kept by anybody on the way.</summary>
internal static class OpenIdAnswers
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = ApiJson.Depth };

    /// <summary>What is the same for everybody.</summary>
    public static IResult Public(HttpContext http, byte[] json)
    {
        http.Response.Headers.CacheControl = "public, max-age=60";
        return Results.Bytes(json, "application/json");
    }

    public static IResult Private(HttpContext http, byte[] json)
    {
        NotStored(http);
        return Results.Bytes(json, "application/json");
    }

    public static IResult Private(HttpContext http, object json)
    {
        NotStored(http);
        return Results.Json(json, ApiJson.Options);
    }

    public static IResult Error(HttpContext http, string error, string? description = null, int status = StatusCodes.Status400BadRequest)
    {
        NotStored(http);
        return Results.Json(description is null ? new Dictionary<string, string>(StringComparer.Ordinal) { ["error"] = error } : new(StringComparer.Ordinal) { ["error"] = error, ["error_description"] = description }, statusCode: status);
    }

    /// <param name="error">Null: no token was sent (RFC 6750, section 3.1).</param>
    public static IResult NoToken(HttpContext http, string? error)
    {
        http.Response.Headers.WWWAuthenticate = error is null ? "Bearer" : $"Bearer error=\"{error}\"";
        return error is null ? NoBody(http) : Error(http, error, null, StatusCodes.Status401Unauthorized);
    }

    public static IResult Later(HttpContext http, TimeSpan after, int status = StatusCodes.Status503ServiceUnavailable)
    {
        http.Response.Headers.RetryAfter = Problems.Seconds(after);
        return Error(http, "temporarily_unavailable", "Ask again, unchanged, after the time in Retry-After.", status);
    }

    /// <summary>Null: no JSON, or a member twice.</summary>
    public static JsonDocument? Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body, Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string? Text(JsonDocument? json, string name) =>
        json?.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An empty object: the standard gives no code where no token was sent, and our pages shall not fill it.</summary>
    private static IResult NoBody(HttpContext http)
    {
        NotStored(http);
        return Results.Json(new Dictionary<string, string>(), statusCode: StatusCodes.Status401Unauthorized);
    }

    private static void NotStored(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.Pragma = "no-cache";
    }
}

/// <summary>The API's limits for an address, worded for wallet apps.</summary>
internal sealed class OpenIdLimits(ApiLimits limits) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        limits.Allows(context.HttpContext) ? await next(context) : OpenIdAnswers.Later(context.HttpContext, TimeSpan.FromSeconds(1), StatusCodes.Status429TooManyRequests);
}
