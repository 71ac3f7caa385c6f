using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Writing;
using Muqeem.Registry;

namespace Muqeem.Host;

/// <summary>What agencies tell us: signed calls, at least once, in any order. Each is done once.</summary>
internal static partial class Hooks
{
    private const int Largest = 64 * 1024;

    public static void MapHooks(this IEndpointRouteBuilder endpoints)
    {
        var hooks = endpoints.MapGroup("/hooks").AllowAnonymous().DisableAntiforgery();
        hooks.MapPost("/payments", TakePaymentAsync);
        hooks.MapPost("/border", TakeCrossingAsync);
        hooks.MapPost("/labour", TakeConfirmationAsync);
        hooks.MapPost("/contests/{agency}", TakeContestAsync);
        MapRecords(hooks);
    }

    private static Task TakePaymentAsync(HttpContext http) => TakeAsync(http, PaymentWebhook.Operation, null, body => PaymentAsync(http, body));

    private static Task TakeCrossingAsync(HttpContext http) => TakeAsync(http, BorderWebhook.Operation, null, body => BorderAsync(http, body));

    private static Task TakeConfirmationAsync(HttpContext http) => TakeAsync(http, ConfirmationWebhook.Operation, null, body => LabourAsync(http, body));

    /// <summary>Asks who calls, has the call done, and signs what we answer. Both are kept, for a proof later.</summary>
    /// <param name="agency">Whose address this is; null: that of any who may call this.</param>
    private static async Task TakeAsync(HttpContext http, string operation, string? agency, Func<byte[], Task<IResult>> work)
    {
        var body = await BodyAsync(http);
        var call = body is null ? new Refusal(CallGate.TooLarge) : http.RequestServices.GetRequiredService<CallGate>().Admit(http.Request, body, operation, agency);
        var outcome = ExchangeRecord.Answered;
        IResult result;
        if (!call.TryGet(out var admitted, out var refusal))
        {
            (outcome, result) = (refusal.Code, Refused(refusal));
        }
        else
        {
            switch (await http.RequestServices.GetRequiredService<NonceStore>().TakeAsync(admitted.Signature.KeyId, admitted.Signature.Nonce, http.RequestAborted))
            {
                case true:
                    result = await work(body!);
                    break;
                case false:
                    (outcome, result) = (CallGate.Replayed, Refused(new Refusal(CallGate.Replayed)));
                    break;
                default:
                    (outcome, result) = ("busy", Later(http, TimeSpan.FromSeconds(1)));
                    break;
            }
        }
        await AnswerAsync(http, operation, admitted, body, outcome, result);
    }

    private static async Task AnswerAsync(HttpContext http, string operation, AgencyCall? call, byte[]? body, string outcome, IResult result)
    {
        var (real, desk, now) = (http.Response.Body, http.RequestServices.GetRequiredService<ExchangeDesk>(), http.RequestServices.GetRequiredService<TimeProvider>().Now());
        using var held = new MemoryStream();
        http.Response.Body = held;
        try
        {
            await result.ExecuteAsync(http);
        }
        finally
        {
            http.Response.Body = real;
        }
        var answer = held.ToArray();
        http.Response.ContentLength = answer.Length;
        SignedPart? said = null;
        if (call is not null)
        {
            http.Response.Headers[Exchange.RequestIdHeader] = call.RequestId.ToString();
            said = SignedPart.Of(Exchange.Sign(http.Response, call.Message, answer, desk.Signer, now), answer);
        }
        // Of whoever could not be told nothing is kept but that he called.
        desk.Keep(new(call?.RequestId ?? Guid.Empty, call?.Correlation ?? "-", call?.Agency ?? "-", ExchangeDirection.In, operation, call?.Purpose ?? "-", now, outcome, http.Response.StatusCode,
            call is null ? null : SignedPart.Of(call.Signature, body!), said));
        await real.WriteAsync(answer, http.RequestAborted);
    }

    private static async Task<IResult> PaymentAsync(HttpContext http, byte[] body)
    {
        if (!PaymentWebhook.Read(body).TryGet(out var payment, out var refusal))
        {
            return Refused(refusal);
        }
        switch (await http.RequestServices.GetRequiredService<PaymentsInbox>().ReceiveAsync(Wiring.Money.NoticeOf(payment), http.RequestAborted))
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

    private static async Task<IResult> BorderAsync(HttpContext http, byte[] body)
    {
        if (!BorderWebhook.Read(body).TryGet(out var crossing, out var refusal))
        {
            return Refused(refusal);
        }
        // A crossing on no visa of ours: the register keeps it, and the facts will show it.
        var visas = http.RequestServices.GetRequiredService<ExitVisas>();
        return await RegisterEvents.CrossedAsync(Engine(http), visas, crossing, http.RequestAborted) is { } outcome ? Answer(http, outcome) : Results.Accepted();
    }

    private static async Task<IResult> LabourAsync(HttpContext http, byte[] body)
    {
        if (!ConfirmationWebhook.Read(body).TryGet(out var given, out var refusal))
        {
            return Refused(refusal);
        }
        if (!EmployerQuestion.TryReadReference(given.Reference, out var id, out var submission))
        {
            return Refused(Wire.Malformed("reference"));
        }
        var operation = new Operation(Actor.Agency(LabourContracts.Name), Platform.Background.Names.IdOf("confirmation:" + given.Reference), Digest.Of("confirmation", given.Reference, given.Confirmed.ToString()));
        return Answer(http, await Engine(http).ConfirmAsync(operation, id, submission, given.Confirmed, http.RequestAborted));
    }

    /// <summary>An agency answers a contest of its record.</summary>
    private static async Task TakeContestAsync(HttpContext http)
    {
        // The name under which the agency's address is known: traffic.
        var prefix = http.Request.RouteValues["agency"] as string;
        if (AgenciesSetup.All.FirstOrDefault(a => a.Prefix == prefix) is not { Name: { } name } || Sources.OwnedBy(name) is not { } source || !http.RequestServices.GetRequiredService<AgencyKeys>().HasKeyOf(name))
        {
            await Results.NotFound().ExecuteAsync(http);
            return;
        }
        await TakeAsync(http, ContestWebhook.Operation, name, async body =>
        {
            if (!ContestWebhook.Read(body).TryGet(out var given, out var refusal))
            {
                return Refused(refusal);
            }
            if (!Guid.TryParseExact(given.Reference, "D", out var contest))
            {
                return Refused(Wire.Malformed("reference"));
            }
            return Answer(http, await Contests.AnsweredAsync(Engine(http), name, source, contest, given.Corrected, given.Reason, http.RequestAborted));
        });
    }

    private static CaseEngine Engine(HttpContext http) => http.RequestServices.GetRequiredService<CaseEngine>();

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

    private static IResult Refused(Refusal refusal) => Results.Problem(
        statusCode: refusal.Code switch
        {
            CallGate.Malformed => StatusCodes.Status400BadRequest,
            CallGate.NotAllowed => StatusCodes.Status403Forbidden,
            CallGate.Replayed => StatusCodes.Status409Conflict,
            CallGate.TooLarge => StatusCodes.Status413PayloadTooLarge,
            CallGate.Misdirected => StatusCodes.Status421MisdirectedRequest,
            _ => StatusCodes.Status401Unauthorized,
        },
        title: "The call was not accepted.", extensions: new Dictionary<string, object?>(refusal.Facts, StringComparer.Ordinal) { ["code"] = refusal.Code });

    private static IResult Later(HttpContext http, TimeSpan after)
    {
        http.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }
}
