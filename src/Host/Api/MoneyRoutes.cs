using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <param name="State">requested, paid, or failed: then the money is on the balance again.</param>
internal sealed record RefundJson(Guid Id, long AmountHalalas, string State, DateTimeOffset RequestedAt, DateTimeOffset? ClosedAt);

internal sealed record RefundsJson(long BalanceHalalas, IReadOnlyList<RefundJson> Refunds);

/// <param name="Iban">The person's own account.</param>
/// <param name="AmountHalalas">Left out: all of the balance.</param>
internal sealed record RefundRequestJson(string Iban, long? AmountHalalas = null);

/// <param name="State">paid, partly_back or back: what of the money is with its payer again.</param>
/// <param name="NumberEnd">The last four digits of the number of whom it was paid for.</param>
/// <param name="TaxHalalas">Value added tax within the total; zero on what the state charges.</param>
/// <param name="WrittenOffHalalas">What of the total was not asked for.</param>
/// <param name="Code">What the square code on the paper holds: <c>POST /verify/receipt</c> answers it.</param>
/// <param name="Pdf">Address of the paper.</param>
internal sealed record PaymentReceiptJson(string Number, string State, string Service, string Reference, string Payer, string NumberEnd, DateTimeOffset PaidAt, long TotalHalalas, long TaxHalalas, long WrittenOffHalalas, long BackHalalas, DateTimeOffset? BackAt,
    long PolicyVersion, PriceJson Price, bool Specimen, string Code, string Pdf);

/// <summary>The person's own money back and the receipts of what was paid: also for who has left the Kingdom.</summary>
internal static class MoneyRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        // The money is the person's whatever became of the residence: no more is asked than that the account is theirs.
        var refunds = api.MapGroup("/refunds").WithTags("Own").RequireAuthorization(Doors.Resident);
        refunds.MapGet("", ListAsync).WithName("Refunds").WithSummary("Money on its way back or given back, newest first, and the free balance.").Produces<RefundsJson>().Refuses(401);
        var receipts = api.MapGroup("/bills/{id:guid}").WithTags("Own").RequireAuthorization(Doors.Resident);
        receipts.MapGet("/receipt", (HttpContext http, PaymentReceipts all, Guid id) => ReceiptAsync(http, all, id, (receipt, _) => Task.FromResult(Results.Json(Of(http, receipt, all.CodeOf(receipt)), ApiJson.Options))))
            .WithName("PaymentReceipt").WithSummary("The receipt of a bill that was paid.").Produces<PaymentReceiptJson>().Refuses(401, 404, 503);
        receipts.MapGet("/receipt.pdf", (HttpContext http, PaymentReceipts all, Guid id) => ReceiptAsync(http, all, id, async (receipt, cancel) => Results.Bytes(await all.PdfAsync(receipt, cancel), "application/pdf")))
            .WithName("PaymentReceiptPdf").WithSummary("The receipt as a PDF in Arabic and English, with a code that anybody can check.").Produces<byte[]>(StatusCodes.Status200OK, "application/pdf").Refuses(401, 404, 503);
        refunds.MapPost("", AskAsync).WithName("AskRefund").WithSummary("Sends the balance, or a part of it, to a bank account. What is on its way cannot be spent any more.").Produces<RefundsJson>().Changes<RefundRequestJson>();
    }

    private static async Task<IResult> ReceiptAsync(HttpContext http, PaymentReceipts all, Guid id, Func<PaymentReceipt, CancellationToken, Task<IResult>> show)
    {
        var session = http.MustBeSignedIn();
        if (await all.FindAsync(session.Actor, session.Account, session.Person, new BillId(id), http.RequestAborted) is not { } receipt)
        {
            return Problems.NotFound(http);
        }
        try
        {
            http.Response.Headers.CacheControl = "no-store";
            return await show(receipt, http.RequestAborted);
        }
        catch (Exception later) when (later is KeyUnavailableException or DrawingException { Fault: DrawingFault.Ended })
        {
            return Problems.Later(http, TimeSpan.FromSeconds(5));
        }
    }

    private static PaymentReceiptJson Of(HttpContext http, PaymentReceipt receipt, string code)
    {
        var paid = receipt.Receipt;
        return new(paid.Number, Problems.Snake(paid.Standing.ToString()), receipt.Service.Code, receipt.Reference, Problems.Snake(paid.Payer.Kind.ToString()), receipt.NumberEnd, paid.PaidAt.ToDateTimeOffset(), paid.Total.Halalas,
            paid.Tax.Halalas, paid.WrittenOff.Halalas, paid.Back.Halalas, paid.BackAt?.ToDateTimeOffset(), paid.PolicyVersion, ServiceRoutes.Of(Problems.Words(http), paid.Lines), receipt.Specimen, code, http.Request.PathBase + ApiSetup.Root + $"/bills/{paid.Bill}/receipt.pdf");
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
