using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Writing;
using Muqeem.Registry;

namespace Muqeem.Host;

/// <summary>What agencies tell us: signed calls, at least once, in any order. Each is done once.</summary>
internal static class Hooks
{
    private const int Largest = 64 * 1024;

    public static void MapHooks(this IEndpointRouteBuilder endpoints)
    {
        var hooks = endpoints.MapGroup("/hooks").AllowAnonymous().DisableAntiforgery();
        hooks.MapPost("/payments", PaymentAsync);
        hooks.MapPost("/border", BorderAsync);
        hooks.MapPost("/labour", LabourAsync);
        hooks.MapPost("/contests/{agency}", ContestAsync);
    }

    private static async Task<IResult> PaymentAsync(HttpContext http, PaymentsInbox inbox, IConfiguration configuration, TimeProvider clock)
    {
        if (await BodyAsync(http) is not { } body)
        {
            return TooLarge();
        }
        if (!PaymentWebhook.Verify(http.Request.Headers, body, Key(configuration, PaymentGateway.Name), clock.Now()).TryGet(out var call, out var refusal))
        {
            return Refused(refusal);
        }
        switch (await inbox.ReceiveAsync(Wiring.Money.NoticeOf(call.Payment), http.RequestAborted))
        {
            case PaymentReception.Received { CasesTouched: var cases }:
                return await GoOnAsync(http, cases);
            case PaymentReception.Repeated { CasesTouched: var cases }:
                return await GoOnAsync(http, cases);
            case PaymentReception.Deposit:
                return Results.Accepted();
            case PaymentReception.Contradicts:
                return Results.Problem(statusCode: StatusCodes.Status409Conflict, title: "This payment id was told before with other content.");
            case PaymentReception.Busy busy:
                return Later(http, busy.RetryAfter);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>The money is booked whatever follows; only when the engine is busy is the gateway asked to tell it again.</summary>
    private static async Task<IResult> GoOnAsync(HttpContext http, IReadOnlyList<CaseId> cases)
    {
        foreach (var id in cases)
        {
            if (await Wiring.Money.ArrivedAsync(http.RequestServices, id, http.RequestAborted) is CaseOutcome.TryAgain later)
            {
                return Later(http, later.After);
            }
        }
        return Results.Ok();
    }

    private static async Task<IResult> BorderAsync(HttpContext http, CaseEngine engine, ExitVisas visas, IConfiguration configuration, TimeProvider clock)
    {
        if (await BodyAsync(http) is not { } body)
        {
            return TooLarge();
        }
        if (!BorderWebhook.Verify(http.Request.Headers, body, Key(configuration, AlienRegister.Name), clock.Now()).TryGet(out var call, out var refusal))
        {
            return Refused(refusal);
        }
        // A crossing on no visa of ours: the register keeps it, and the facts will show it.
        return await RegisterEvents.CrossedAsync(engine, visas, call.Event, http.RequestAborted) is { } outcome ? Answer(http, outcome) : Results.Accepted();
    }

    private static async Task<IResult> LabourAsync(HttpContext http, CaseEngine engine, IConfiguration configuration, TimeProvider clock)
    {
        if (await BodyAsync(http) is not { } body)
        {
            return TooLarge();
        }
        if (!ConfirmationWebhook.Verify(http.Request.Headers, body, Key(configuration, LabourContracts.Name), clock.Now()).TryGet(out var call, out var refusal))
        {
            return Refused(refusal);
        }
        var given = call.Answer;
        if (!EmployerQuestion.TryReadReference(given.Reference, out var id, out var submission))
        {
            return Refused(new Refusal(SignedWebhook.Malformed));
        }
        var operation = new Operation(Actor.Agency(LabourContracts.Name), Platform.Background.Names.IdOf("confirmation:" + given.Reference), Digest.Of("confirmation", given.Reference, given.Confirmed.ToString()));
        return Answer(http, await engine.ConfirmAsync(operation, id, submission, given.Confirmed, http.RequestAborted));
    }

    /// <summary>An agency answers a contest of its record.</summary>
    /// <param name="agency">The name under which the agency's address is known: <c>traffic</c>.</param>
    private static async Task<IResult> ContestAsync(HttpContext http, string agency, CaseEngine engine, IConfiguration configuration, TimeProvider clock)
    {
        if (AgenciesSetup.All.FirstOrDefault(a => a.Prefix == agency) is not { Name: { } name } || Sources.OwnedBy(name) is not { } source || configuration[$"Agencies:{name}:WebhookKey"] is not { Length: > 0 })
        {
            return Results.NotFound();
        }
        if (await BodyAsync(http) is not { } body)
        {
            return TooLarge();
        }
        if (!ContestWebhook.Verify(http.Request.Headers, body, Key(configuration, name), clock.Now()).TryGet(out var call, out var refusal))
        {
            return Refused(refusal);
        }
        var given = call.Answer;
        if (!Guid.TryParseExact(given.Reference, "D", out var contest))
        {
            return Refused(new Refusal(SignedWebhook.Malformed));
        }
        return Answer(http, await Contests.AnsweredAsync(engine, name, source, contest, given.Corrected, given.Reason, http.RequestAborted));
    }

    private static IResult Answer(HttpContext http, CaseOutcome outcome) => outcome switch
    {
        CaseOutcome.Done => Results.Ok(),
        // Late or out of order: it was told, and it no longer applies. The sender need not tell it again.
        CaseOutcome.NotNow or CaseOutcome.NotFound => Results.Accepted(),
        CaseOutcome.TryAgain later => Later(http, later.After),
        CaseOutcome.Conflict => Later(http, TimeSpan.FromSeconds(1)),
        _ => Results.Conflict(),
    };

    /// <summary>The raw bytes, as the signature covers them; null when there are too many.</summary>
    private static async Task<byte[]?> BodyAsync(HttpContext http)
    {
        if (http.Request.ContentLength > Largest)
        {
            return null;
        }
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        for (int read; (read = await http.Request.Body.ReadAsync(chunk, http.RequestAborted)) > 0;)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > Largest)
            {
                return null;
            }
        }
        return buffer.ToArray();
    }

    private static byte[] Key(IConfiguration configuration, string agency) =>
        configuration[$"Agencies:{agency}:WebhookKey"] is { Length: > 0 } key
            ? Convert.FromBase64String(key)
            : throw new InvalidOperationException($"Agencies:{agency}:WebhookKey is not configured.");

    private static IResult TooLarge() => Results.Problem(statusCode: StatusCodes.Status413PayloadTooLarge, title: "A call has at most 64 KiB.");

    private static IResult Refused(Refusal refusal) => Results.Problem(
        statusCode: refusal.Code == SignedWebhook.Malformed ? StatusCodes.Status400BadRequest : StatusCodes.Status401Unauthorized,
        title: "The call was not accepted.", extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = refusal.Code });

    private static IResult Later(HttpContext http, TimeSpan after)
    {
        http.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }
}
