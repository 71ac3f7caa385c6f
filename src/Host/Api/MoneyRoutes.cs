using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <param name="State">requested, paid, or failed: then the money is on the balance again.</param>
internal sealed record RefundJson(Guid Id, long AmountHalalas, string State, DateTimeOffset RequestedAt, DateTimeOffset? ClosedAt);

internal sealed record RefundsJson(long BalanceHalalas, IReadOnlyList<RefundJson> Refunds);

/// <param name="Iban">The person's own account.</param>
/// <param name="AmountHalalas">Left out: all of the balance.</param>
internal sealed record RefundRequestJson(string Iban, long? AmountHalalas = null);

/// <summary>The person's own money back: also for who has left the Kingdom.</summary>
internal static class MoneyRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        // The money is the person's whatever became of the residence: no more is asked than that the account is theirs.
        var refunds = api.MapGroup("/refunds").WithTags("Own").RequireAuthorization(Doors.Resident);
        refunds.MapGet("", ListAsync).WithName("Refunds").WithSummary("Money on its way back or given back, newest first, and the free balance.").Produces<RefundsJson>().Refuses(401);
        refunds.MapPost("", AskAsync).WithName("AskRefund").WithSummary("Sends the balance, or a part of it, to a bank account. What is on its way cannot be spent any more.").Produces<RefundsJson>().Changes<RefundRequestJson>();
    }

    private static Task<IResult> AskAsync(HttpContext http, RefundDesk desk, Ledger ledger, Refunds refunds, TimeProvider clock) => Incoming.ChangeAsync<RefundRequestJson>(http, async (body, operation) =>
    {
        if (!Iban.Parse(body.Iban).TryGet(out var iban, out var broken))
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "invalid", [Problems.Json(http, broken) with { Field = "iban" }]);
        }
        var act = new Act(ActId.New(clock), RefundDesk.Verb, operation.Actor, operation.Id, operation.Digest, clock.Now()) { Person = http.MustBeSignedIn().Person };
        return await desk.AskAsync(act, body.AmountHalalas is { } halalas ? new Kernel.Money(halalas) : null, iban, http.RequestAborted) switch
        {
            RefundAnswer.Done => await ListAsync(http, ledger, refunds),
            RefundAnswer.Refused no => Problems.Of(http, StatusCodes.Status409Conflict, "not_now", no.Why),
            RefundAnswer.Reused => Problems.Of(http, StatusCodes.Status409Conflict, "operation_reused"),
            RefundAnswer.Later later => Problems.Later(http, later.After),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    });

    private static async Task<IResult> ListAsync(HttpContext http, Ledger ledger, Refunds refunds)
    {
        var person = http.MustBeSignedIn().Person.Value;
        var all = await refunds.OfAsync(person, http.RequestAborted);
        return Results.Json(new RefundsJson((await ledger.BalanceOfAsync(person, http.RequestAborted)).Halalas,
            [.. all.Select(r => new RefundJson(r.Id, r.Amount.Halalas, Problems.Snake(r.State.ToString()), r.RequestedAt.ToDateTimeOffset(), r.ClosedAt?.ToDateTimeOffset()))]), ApiJson.Options);
    }
}
