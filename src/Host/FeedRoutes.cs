using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Host;

/// <param name="From">A cursor: from it on everything is sent again.</param>
/// <param name="Reason">A word or number by which the decision is found again; nothing about a person.</param>
internal sealed record FeedReplayJson(string From, string Reason);

/// <param name="Reason">A word or number by which the decision is found again; nothing about a person.</param>
internal sealed record FeedResumeJson(string Reason);

/// <summary>How our deliveries to an agency stand.</summary>
/// <param name="State">sending, or stopped: it failed for long, and is not called any more.</param>
/// <param name="Cursor">Everything before it was taken.</param>
/// <param name="Reason">A code: why the last attempt failed.</param>
internal sealed record FeedDeliveryJson(string State, string Cursor, Instant? FailingSince = null, string? Reason = null, Instant? DeliveredAt = null);

/// <summary>How a test delivery ended.</summary>
/// <param name="Delivered">The agency's own signed word says that it took it.</param>
/// <param name="Reason">A code of why not.</param>
internal sealed record FeedTestJson(bool Delivered, string? Reason = null);

/// <summary>The feed of events for agencies: signed calls like those of <see cref="Hooks"/>, answered signed.</summary>
internal static class FeedRoutes
{
    public const string Document = "exchange";
    private const string Root = "/exchange/events";

    public static void MapFeed(this IEndpointRouteBuilder endpoints)
    {
        var feed = endpoints.MapGroup(Root).AllowAnonymous().DisableAntiforgery().DisableValidation();
        Refusing(feed.MapGet("", ReadAsync).WithName("Events").WithSummary("What happened to residences and IDs, in the order of the journal, from a cursor on.").Produces<FeedPage>(), 400, 401, 403, 409, 410, 421, 503);
        Refusing(feed.MapPost("/test", (Delegate)TestAsync).WithName("TestDelivery").WithSummary("Sends an event that tells nothing to the agency's address, and says how that ended.").Produces<FeedTestJson>(), 400, 401, 403, 409, 421, 503);
        Refusing(feed.MapPost("/replay", (Delegate)ReplayAsync).WithName("ReplayEvents").WithSummary("Moves the agency's own cursor of deliveries back.").Accepts<FeedReplayJson>("application/json").Produces<FeedDeliveryJson>(), 400, 401, 403, 409, 410, 413, 421, 503);
        Refusing(feed.MapPost("/resume", (Delegate)ResumeAsync).WithName("ResumeDeliveries").WithSummary("Deliveries that were stopped go on.").Accepts<FeedResumeJson>("application/json").Produces<FeedDeliveryJson>(), 400, 401, 403, 409, 410, 413, 421, 503);
    }

    private static void Refusing(RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            route.ProducesProblem(status);
        }
    }

    /// <summary>The contract: committed as it is served.</summary>
    public static void Describe(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description => description.RelativePath?.StartsWith("exchange/", StringComparison.Ordinal) == true;
        options.AddSchemaTransformer((schema, context, _) =>
        {
            var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            if (type == typeof(LocalDate) || type == typeof(Instant))
            {
                (schema.Type, schema.Format) = (JsonSchemaType.String, type == typeof(LocalDate) ? "date" : "date-time");
                schema.Properties?.Clear();
            }
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            foreach (var (name, remark) in (ReadOnlySpan<(string, string)>)[
                (Exchange.RequestIdHeader, "A UUID. The same again on a POST is the same act."), (Exchange.CorrelationHeader, "Joins the calls of one matter."), (Exchange.PurposeHeader, "As agreed for the operation."),
                ("Content-Digest", "RFC 9530, SHA-256; also of an empty body."), ("Signature-Input", "RFC 9421: method, host, path, query, digest, request id, correlation and purpose, with created, keyid, nonce and tag muqeem-exchange."), ("Signature", "RFC 9421.")])
            {
                operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Header, Required = true, Description = remark, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
            }
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new()
            {
                Title = "Muqeem's feed of events for agencies",
                Version = "1",
                Description = "Calls are signed by the agency and answered signed by us, with a key of /trust/exchange.json. Errors are application/problem+json with a code that never changes. What we send to the address of an agency is the same "
                    + "page, signed the same way, and is answered with a receipt (source, asOf, reference, state), signed by the agency: anything else counts as not taken and is sent again. Keep the ids of events: each may come more than once.",
            };
            document.Servers = [];
            return Task.CompletedTask;
        });
    }

    private static Task ReadAsync(HttpContext http, string? after, string? limit) => SignedCalls.TakeAsync(http, FeedPage.Reading, null, async (call, _) =>
    {
        var (feed, clock) = (http.RequestServices.GetRequiredService<EventFeed>(), http.RequestServices.GetRequiredService<TimeProvider>());
        var most = limit is null ? feed.Rules.Page : int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) ? wanted : 0;
        if (most < 1 || most > feed.Rules.Page)
        {
            return Refused(new Refusal(FeedRefusals.Limit));
        }
        FeedCursor? cursor = null;
        if (after is not null && (cursor = FeedCursor.Parse(after)) is null)
        {
            return Refused(new Refusal(FeedRefusals.Cursor));
        }
        if (!(await feed.ReadAsync(call.Agency, cursor, most, http.RequestAborted)).TryGet(out var reading, out var refusal))
        {
            return Refused(refusal);
        }
        var now = clock.Now();
        FeedSender.Fetched(call.Agency, reading, now);
        return Results.Json(new FeedPage(FeedPage.From, now, reading.Events, reading.Next.ToString(), reading.More), Wire.Options);
    });

    private static Task TestAsync(HttpContext http) => SignedCalls.TakeAsync(http, FeedPage.Steering, null, async (call, _) =>
    {
        var sender = http.RequestServices.GetRequiredService<FeedSender>();
        if (!sender.Agencies.Contains(call.Agency))
        {
            return Refused(new Refusal(FeedRefusals.NoAddress));
        }
        var reason = await sender.TestAsync(call.Agency, http.RequestAborted);
        return Results.Json(new FeedTestJson(reason is null, reason), Wire.Options);
    });

    private static Task ReplayAsync(HttpContext http) => SignedCalls.TakeAsync(http, FeedPage.Steering, null, async (call, body) =>
        Read<FeedReplayJson>(body) is not { } order ? SignedCalls.Refused(new Refusal(CallGate.Malformed))
        : FeedCursor.Parse(order.From) is not { } from ? Refused(new Refusal(FeedRefusals.Cursor))
        : Answer(http, await http.RequestServices.GetRequiredService<FeedSteering>().ReplayAsync(call.Agency, from, Actor.Agency(call.Agency), call.RequestId, order.Reason, http.RequestAborted)));

    private static Task ResumeAsync(HttpContext http) => SignedCalls.TakeAsync(http, FeedPage.Steering, null, async (call, body) =>
        Read<FeedResumeJson>(body) is not { } order ? SignedCalls.Refused(new Refusal(CallGate.Malformed))
        : Answer(http, await http.RequestServices.GetRequiredService<FeedSteering>().ResumeAsync(call.Agency, Actor.Agency(call.Agency), call.RequestId, order.Reason, http.RequestAborted)));

    private static IResult Answer(HttpContext http, FeedSteered steered) => steered switch
    {
        FeedSteered.Done { Consumer: var c } => Results.Json(new FeedDeliveryJson(c.IsStopped ? "stopped" : "sending", c.Cursor.ToString(), c.FailingSince, c.Reason, c.DeliveredAt), Wire.Options),
        FeedSteered.Refused { Refusal: var no } => Refused(no),
        FeedSteered.OperationReused => Problem(StatusCodes.Status409Conflict, "request_id.reused"),
        FeedSteered.TryAgain later => SignedCalls.Later(http, later.After),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static IResult Refused(Refusal refusal) => Problem(refusal.Code switch
    {
        FeedRefusals.NotGranted => StatusCodes.Status403Forbidden,
        FeedRefusals.CursorGone => StatusCodes.Status410Gone,
        FeedRefusals.NoAddress or FeedRefusals.ReplayForward => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status400BadRequest,
    }, refusal.Code);

    private static IResult Problem(int status, string code) =>
        Results.Problem(statusCode: status, title: "The call was not accepted.", extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code });

    private static T? Read<T>(byte[] body) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, Wire.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
