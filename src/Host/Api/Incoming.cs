using System.Globalization;
using System.Text;
using System.Text.Json;
using Muqeem.Cases;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <summary>A body with a list: the reader knows that the list is there, and the body that nothing in it is null.</summary>
internal interface IHoldsMany
{
    bool IsWhole();
}

/// <summary>A body without members; nothing at all is one too.</summary>
internal sealed record Nothing;

/// <summary>Reads what comes in: a bounded body of strict JSON, and the caller's operation id over verb, route and the very bytes that were sent.</summary>
internal static class Incoming
{
    public const string OperationHeader = "Operation-Id";

    /// <summary>For what changes something.</summary>
    public static async Task<IResult> ChangeAsync<T>(HttpContext http, Func<T, Operation, Task<IResult>> then) where T : class
    {
        if (!Guid.TryParse(http.Request.Headers[OperationHeader].ToString(), out var id) || id == Guid.Empty)
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "operation_id");
        }
        var (bytes, no) = await BytesAsync(http);
        if (no is not null)
        {
            return no;
        }
        var (body, malformed) = Parse<T>(http, bytes!);
        if (body is null)
        {
            return malformed!;
        }
        byte[] request = [.. Encoding.UTF8.GetBytes($"{http.Request.Method} {http.Request.Path}\n"), .. bytes!];
        var actor = http.SignedIn()?.Actor ?? Actor.Anonymous;
        return await then(body, new Operation(actor, id, Digest.Of(request)) { Seen = Seen(http) });
    }

    /// <summary>For questions with a body.</summary>
    public static async Task<IResult> QuestionAsync<T>(HttpContext http, Func<T, Task<IResult>> then) where T : class
    {
        var (bytes, no) = await BytesAsync(http);
        if (no is not null)
        {
            return no;
        }
        var (body, malformed) = Parse<T>(http, bytes!);
        return body is null ? malformed! : await then(body);
    }

    /// <summary>The version in <c>If-Match</c>; null when there is none, or any will do.</summary>
    public static long? Seen(HttpContext http) =>
        http.Request.Headers.IfMatch is [{ } tag] && tag != "*" && long.TryParse(tag.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : http.Request.Headers.IfMatch.Count == 0 || http.Request.Headers.IfMatch == "*" ? null : -1;

    public static void Tag(HttpContext http, long version) => http.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>The body byte for byte, for what is signed over it.</summary>
    internal static async Task<(byte[]? Bytes, IResult? No)> BytesAsync(HttpContext http)
    {
        if (http.Request.ContentLength > ApiEdge.Largest)
        {
            return (null, Problems.Of(http, StatusCodes.Status413PayloadTooLarge, "too_large"));
        }
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        for (int read; (read = await http.Request.Body.ReadAsync(chunk, http.RequestAborted)) > 0;)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > ApiEdge.Largest)
            {
                return (null, Problems.Of(http, StatusCodes.Status413PayloadTooLarge, "too_large"));
            }
        }
        return buffer.Length > 0 && !http.Request.HasJsonContentType()
            ? (null, Problems.Of(http, StatusCodes.Status415UnsupportedMediaType, "media_type"))
            : (buffer.ToArray(), null);
    }

    internal static (T? Body, IResult? No) Parse<T>(HttpContext http, byte[] bytes) where T : class
    {
        if (bytes.Length == 0 && typeof(T) == typeof(Nothing))
        {
            return ((T)(object)new Nothing(), null);
        }
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, ApiJson.Reading) is { } body && (body is not IHoldsMany many || many.IsWhole()) ? (body, null) : (null, Problems.Of(http, StatusCodes.Status400BadRequest, "malformed"));
        }
        catch (JsonException e)
        {
            // The path names members of our own or of the caller's; never a value.
            return (null, Problems.Of(http, StatusCodes.Status400BadRequest, "malformed", [new("json", Problems.Words(http).Text("api.json", ("path", e.Path ?? "$"), ("line", (e.LineNumber ?? 0) + 1)), new Dictionary<string, object?>(StringComparer.Ordinal) { ["path"] = e.Path, ["line"] = e.LineNumber + 1 })]));
        }
    }
}
