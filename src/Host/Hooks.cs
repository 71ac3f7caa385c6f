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
    public static void MapHooks(this IEndpointRouteBuilder endpoints)
    {
        var hooks = endpoints.MapGroup("/hooks").AllowAnonymous().DisableAntiforgery();
        hooks.MapPost("/payments", TakePaymentAsync);
        hooks.MapPost("/border", TakeCrossingAsync);
        hooks.MapPost("/labour", TakeConfirmationAsync);
        hooks.MapPost("/domestic-work", TakeHouseholdConfirmationAsync);
        hooks.MapPost("/contests/{agency}", TakeContestAsync);
        MapRecords(hooks);
        MapShipments(hooks);
    }

    private static Task TakePaymentAsync(HttpContext http) => SignedCalls.TakeAsync(http, PaymentWebhook.Operation, null, (_, body) => PaymentAsync(http, body));

    private static Task TakeCrossingAsync(HttpContext http) => SignedCalls.TakeAsync(http, BorderWebhook.Operation, null, (_, body) => BorderAsync(http, body));

    private static Task TakeConfirmationAsync(HttpContext http) =>
        SignedCalls.TakeAsync(http, ConfirmationWebhook.Operation, LabourContracts.Name, (_, body) => ConfirmationAsync(http, body, LabourContracts.Name));

    private static Task TakeHouseholdConfirmationAsync(HttpContext http) =>
        SignedCalls.TakeAsync(http, ConfirmationWebhook.Operation, DomesticWork.Name, (_, body) => ConfirmationAsync(http, body, DomesticWork.Name, Categories.HouseholdWorker));

    private static async Task<IResult> PaymentAsync(HttpContext http, byte[] body)
    {
        if (!PaymentWebhook.Read(body).TryGet(out var payment, out var refusal))
        {
            return SignedCalls.Refused(refusal);
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
                return SignedCalls.Later(http, busy.RetryAfter);
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
                return SignedCalls.Later(http, later.After);
            }
        }
        return Results.Ok();
    }

    private static async Task<IResult> BorderAsync(HttpContext http, byte[] body)
    {
        if (!BorderWebhook.Read(body).TryGet(out var crossing, out var refusal))
        {
            return SignedCalls.Refused(refusal);
        }
        // A crossing on no visa of ours: the register keeps it, and the facts will show it.
        var visas = http.RequestServices.GetRequiredService<ExitVisas>();
        return await RegisterEvents.CrossedAsync(Engine(http), visas, crossing, http.RequestAborted) is { } outcome ? Answer(http, outcome) : Results.Accepted();
    }

    /// <param name="of">Whose employers the agency has; null: everybody's, as it had when it was the only one.</param>
    private static async Task<IResult> ConfirmationAsync(HttpContext http, byte[] body, string agency, string? of = null)
    {
        if (!ConfirmationWebhook.Read(body).TryGet(out var given, out var refusal))
        {
            return SignedCalls.Refused(refusal);
        }
        if (!EmployerQuestion.TryReadReference(given.Reference, out var id, out var submission))
        {
            return SignedCalls.Refused(Wire.Malformed("reference"));
        }
        var operation = new Operation(Actor.Agency(agency), Platform.Background.Names.IdOf("confirmation:" + given.Reference), Digest.Of("confirmation", given.Reference, given.Confirmed.ToString()));
        return Answer(http, await Engine(http).ConfirmAsync(operation, id, submission, given.Confirmed, http.RequestAborted, of));
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
        await SignedCalls.TakeAsync(http, ContestWebhook.Operation, name, async (_, body) =>
        {
            if (!ContestWebhook.Read(body).TryGet(out var given, out var refusal))
            {
                return SignedCalls.Refused(refusal);
            }
            if (!Guid.TryParseExact(given.Reference, "D", out var contest))
            {
                return SignedCalls.Refused(Wire.Malformed("reference"));
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
        CaseOutcome.TryAgain later => SignedCalls.Later(http, later.After),
        CaseOutcome.Conflict => SignedCalls.Later(http, TimeSpan.FromSeconds(1)),
        _ => Results.Conflict(),
    };
}
