using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox.StandIns;

/// <summary>What all agencies have in common: the headers, the knobs, and that a request id acts once.</summary>
internal sealed class Envelope(RequestDelegate next, World world, Knobs knobs, Store store, SandboxClock clock)
{
    private static readonly Dictionary<string, string> Agencies = AgenciesSetup.All.ToDictionary(agency => agency.Prefix, agency => agency.Name, StringComparer.Ordinal);

    // Less is the way of the request and the drift of two machines.
    private static readonly Duration ClocksDiffer = Duration.FromSeconds(5);

    public async Task InvokeAsync(HttpContext context)
    {
        var segments = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments is not [var prefix, ..] || !Agencies.TryGetValue(prefix, out var agency))
        {
            await next(context);
            return;
        }
        if (!Guid.TryParse(context.Request.Headers["X-Request-Id"], out var requestId))
        {
            await ProblemAsync(context, 400, "request_id.missing", "X-Request-Id must be a UUID.");
            return;
        }
        if (string.IsNullOrWhiteSpace(context.Request.Headers["X-Consumer"]))
        {
            await ProblemAsync(context, 400, "consumer.missing", "X-Consumer must name the caller.");
            return;
        }
        context.Response.Headers["X-Request-Id"] = requestId.ToString();
        if (InstantPattern.ExtendedIso.Parse(context.Request.Headers["X-Demonstration-Clock"].ToString()) is { Success: true, Value: var now } && Duration.Max(now - clock.Now(), clock.Now() - now) > ClocksDiffer)
        {
            // Muqeem's demonstration clock was moved: ours goes along.
            world.MoveClock(now.ToDateTimeOffset());
        }

        var body = await BodyAsync(context.Request);
        var knob = knobs.Of(agency, About(segments, context.Request.Query, body));
        if (knob.LatencyMs > 0)
        {
            await Task.Delay(knob.LatencyMs, context.RequestAborted);
        }
        if (knob.Down)
        {
            if (knob.RetryAfterSeconds is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }
            await ProblemAsync(context, 503, "agency.down", "The stand-in plays an outage.");
            return;
        }
        if (knobs.Fails(knob.ErrorShare))
        {
            await ProblemAsync(context, 500, "agency.error", "The stand-in plays an error.");
            return;
        }

        var writes = !HttpMethods.IsGet(context.Request.Method);
        var route = $"{context.Request.Method} {context.Request.Path}";
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(body));
        if (writes && store.Read(db => db.QueryFirstOrDefault<(string Route, byte[] Digest, long Status, byte[] Body)?>(
            "select route, digest, status, body from answers where request_id = @id", new { id = requestId.ToString() })) is { } before)
        {
            if (before.Route != route || !before.Digest.AsSpan().SequenceEqual(digest))
            {
                await ProblemAsync(context, 409, "request_id.reused", "This X-Request-Id belongs to another request.");
                return;
            }
            context.Response.StatusCode = (int)before.Status;
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.Body.WriteAsync(Tampered(before.Body, knob.BreakField), context.RequestAborted);
            return;
        }

        var real = context.Response.Body;
        using var held = new MemoryStream();
        context.Response.Body = held;
        await next(context);
        context.Response.Body = real;
        var answer = held.ToArray();
        if (writes && context.Response.StatusCode < 300)
        {
            store.Write(db => db.Execute(
                "insert into answers (request_id, route, digest, status, body) values (@id, @route, @digest, @status, @answer) on conflict (request_id) do nothing",
                new { id = requestId.ToString(), route, digest, status = context.Response.StatusCode, answer }));
        }
        if (context.Response.StatusCode == 200 && context.Response.ContentType?.StartsWith("application/json", StringComparison.Ordinal) == true)
        {
            answer = Tampered(answer, knob.BreakField);
        }
        context.Response.ContentLength = answer.Length;
        await real.WriteAsync(answer, context.RequestAborted);
    }

    // The person whom a request is about, by any number in it.
    private Person? About(string[] segments, IQueryCollection query, string body)
    {
        foreach (var word in segments.Skip(1).Append(query["id"].ToString()))
        {
            if (word.Length == 10 && world.ByNumber(word) is { } person)
            {
                return person;
            }
        }
        if (query["passport"].ToString() is { Length: > 0 } passport)
        {
            return world.ByPassport(query["issuer"].ToString(), passport);
        }
        if (body.Length > 0 && JsonNode.Parse(body) is JsonObject content)
        {
            foreach (var name in (ReadOnlySpan<string>)["residentNumber", "borderNumber", "payer", "workerId", "id"])
            {
                if (content[name] is JsonValue value && value.TryGetValue<string>(out var number) && world.ByNumber(number) is { } person)
                {
                    return person;
                }
            }
        }
        return null;
    }

    private static byte[] Tampered(byte[] answer, string? field)
    {
        if (field is null)
        {
            return answer;
        }
        if (field == "$")
        {
            return "<html>Gateway error</html>"u8.ToArray();
        }
        var root = JsonNode.Parse(answer);
        var names = field.Split('.');
        var at = root;
        foreach (var name in names[..^1])
        {
            at = (at as JsonObject)?[name];
        }
        (at as JsonObject)?.Remove(names[^1]);
        return Encoding.UTF8.GetBytes(root!.ToJsonString());
    }

    private static async Task<string> BodyAsync(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method))
        {
            return "";
        }
        request.EnableBuffering();
        using var reader = new StreamReader(request.Body, Encoding.UTF8, leaveOpen: true);
        var text = await reader.ReadToEndAsync();
        request.Body.Position = 0;
        return text;
    }

    internal static async Task ProblemAsync(HttpContext context, int status, string code, string title)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(
            new Dictionary<string, object>(StringComparer.Ordinal) { ["title"] = title, ["status"] = status, ["code"] = code, ["retryable"] = status >= 500 },
            options: null, contentType: "application/problem+json", cancellationToken: context.RequestAborted);
    }
}

/// <summary>Answers of the stand-ins.</summary>
internal static class Answer
{
    public static IResult Json<T>(T value) => Results.Json(value, Wire.Options);

    public static IResult Problem(int status, string code, string title) => Results.Json(
        new Dictionary<string, object>(StringComparer.Ordinal) { ["title"] = title, ["status"] = status, ["code"] = code, ["retryable"] = false }, contentType: "application/problem+json", statusCode: status);

    public static IResult Found<T>(T? value) where T : class => value is null ? Problem(404, "not_found", "There is no such record.") : Json(value);

    public static IResult Invalid(string field) => Problem(422, "field.invalid", $"{field} is missing or wrong.");
}

/// <summary>The notices that Muqeem sent, kept to be looked at.</summary>
internal sealed class Notices(Store store, SandboxClock clock)
{
    public NoticeReceipt Take<T>(HttpContext context, string agency, string verb, string subject, T notice)
    {
        var id = context.Request.Headers["X-Request-Id"].ToString();
        store.Write(db => db.Execute(
            "insert into notices (request_id, agency, verb, subject, json, at) values (@id, @agency, @verb, @subject, @json, @at)",
            new { id, agency, verb, subject, json = System.Text.Json.JsonSerializer.Serialize(notice, Wire.Options), at = clock.Now().ToMicros() }));
        return new(agency, clock.Now(), $"{verb}/{id}", NoticeState.Recorded);
    }
}
