using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Writing;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Paying;

/// <summary>The bill of an application: its lines, its number, and the balance that may pay it.</summary>
internal static class Pages
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        var resident = pages.MapGroup("/applications/{id:guid}/pay").RequireAuthorization(Doors.Resident);
        resident.MapGet("", async (Guid id, HttpContext http, CaseViews views, Ledger ledger, PortalOptions options, TimeProvider clock, CancellationToken cancel) =>
            await ModelAsync(id, http, views, ledger, options, clock, FormState.Empty(), cancel) is { } model ? PageResult.Of<BillPage, BillModel>(model) : PageResult.Error(StatusCodes.Status404NotFound));
        resident.MapPost("", FromBalanceAsync);

        var money = pages.MapGroup("/me/money").RequireAuthorization(Doors.Resident);
        money.MapGet("", async (HttpContext http, Ledger ledger, Refunds refunds, CancellationToken cancel) =>
            PageResult.Of<MoneyPage, MoneyModel>(await MoneyAsync(http, ledger, refunds, FormState.Empty(), cancel)));
        money.MapPost("", RefundAsync);

        var receipts = pages.MapGroup("/me/receipts/{id:guid}").RequireAuthorization(Doors.Resident);
        receipts.MapGet("", async (Guid id, HttpContext http, PaymentReceipts all, CancellationToken cancel) =>
            await ReceiptAsync(id, http, all, cancel) is { } receipt ? PageResult.Of<ReceiptPage, PaymentReceipt>(receipt) : PageResult.Error(StatusCodes.Status404NotFound));
        receipts.MapGet("/receipt.pdf", PdfAsync);
    }

    private static Task<PaymentReceipt?> ReceiptAsync(Guid id, HttpContext http, PaymentReceipts all, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return all.FindAsync(session.Actor, session.Account, session.Person, new BillId(id), cancel);
    }

    private static async Task<IResult> PdfAsync(Guid id, HttpContext http, PaymentReceipts all, CancellationToken cancel)
    {
        if (await ReceiptAsync(id, http, all, cancel) is not { } receipt)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        try
        {
            var file = await all.PdfAsync(receipt, cancel);
            http.Response.Headers.CacheControl = "no-store";
            return Results.File(file, "application/pdf", $"{receipt.Reference}-{receipt.Receipt.Number}.pdf");
        }
        catch (Exception later) when (later is KeyUnavailableException or DrawingException { Fault: DrawingFault.Ended })
        {
            return PageResult.Error(StatusCodes.Status503ServiceUnavailable).RetryAfter(TimeSpan.FromSeconds(5));
        }
    }

    private static async Task<BillModel?> ModelAsync(Guid id, HttpContext http, CaseViews views, Ledger ledger, PortalOptions options, TimeProvider clock, FormState form, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (await views.TrackAsync(session.Actor, session.Account, new CaseId(id), cancel) is not { Bill: { } bill } track)
        {
            return null;
        }
        return new(track, bill, await ledger.BalanceOfAsync(session.Person.Value, cancel), bill.Payer.Id == session.Person.Value,
            bill.Payable(clock.Today()) ? options.PayAddress(bill.Number) : null, await ledger.PaymentsOfAsync(bill.Id, cancel), clock.Today(), form);
    }

    private static async Task<MoneyModel> MoneyAsync(HttpContext http, Ledger ledger, Refunds refunds, FormState form, CancellationToken cancel)
    {
        var payer = http.MustBeSignedIn().Person.Value;
        return new(await ledger.BalanceOfAsync(payer, cancel), await ledger.StatementAsync(payer, 50, cancel), await refunds.OfAsync(payer, cancel), await ledger.PaidBillsOfPayerAsync(payer, 50, cancel), form);
    }

    /// <summary>Gives back all of the balance or a part of it: also after the residence has ended, and from anywhere.</summary>
    private static async Task<IResult> RefundAsync(HttpContext http, Ledger ledger, Refunds refunds, RefundDesk desk, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        // Both are looked at before anything is said: whoever mistyped two fields reads of both.
        if (!form.Redraw && form.TryParse("amount", AmountOrAll.Parse, out var amount) & form.TryParse("iban", Iban.Parse, out var iban))
        {
            switch (await desk.AskAsync(http.ActOf(form, RefundDesk.Verb, clock), amount.Value, iban, cancel))
            {
                case RefundAnswer.Done:
                    return http.GoTo("me/money");
                case RefundAnswer.Refused no:
                    form.Refuse("amount", no.Why);
                    break;
                case RefundAnswer.Later later:
                    return http.TryAgain(form, later.After);
                default:
                    return Outcomes.NotNow(new Refusal("payment.changed"), null, http.At("me/money"));
            }
        }
        return PageResult.Of<MoneyPage, MoneyModel>(await MoneyAsync(http, ledger, refunds, form, cancel), form.Redraw ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>The holder's own money for the holder's own bill. The writer refuses when it is spent elsewhere at the same moment.</summary>
    private static async Task<IResult> FromBalanceAsync(
        Guid id, HttpContext http, CaseViews views, Ledger ledger, Bills bills, IWriter writer, MoneyArrived arrived, PortalOptions options, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var session = http.MustBeSignedIn();
        if (await ModelAsync(id, http, views, ledger, options, clock, form, cancel) is not { } model)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        if (form.Redraw)
        {
            return PageResult.Of<BillPage, BillModel>(model);
        }
        if (!model.Own || !model.Bill.Payable(clock.Today()))
        {
            return http.GoTo($"applications/{id}/pay");
        }
        var change = new Change(http.ActOf(form, "bill.pay_from_balance", clock) with { Case = new CaseId(id), Answer = model.Bill.Id.ToString() });
        bills.PayFromBalance(change, model.Bill);
        switch (await writer.WriteAsync(change, cancel: cancel))
        {
            case WriteOutcome.Done or WriteOutcome.Replayed:
                await arrived(new CaseId(id), cancel);
                return http.GoTo($"applications/{id}");
            case WriteOutcome.Insufficient:
                form.Refuse("", new Refusal("payment.insufficient"));
                return PageResult.Of<BillPage, BillModel>(model, StatusCodes.Status422UnprocessableEntity);
            case WriteOutcome.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
            case WriteOutcome.InDoubt:
                return http.TryAgain(form, TimeSpan.FromSeconds(2));
            default:
                return Outcomes.NotNow(new Refusal("payment.changed"), null, http.At($"applications/{id}/pay"));
        }
    }
}

/// <summary>The holder's own money: what it is, where it came from, what is on its way back.</summary>
/// <param name="Paid">Bills that have a receipt.</param>
public sealed record MoneyModel(Money Balance, IReadOnlyList<StatementLine> Statement, IReadOnlyList<Refund> Refunds, IReadOnlyList<Bill> Paid, FormState Form);

/// <param name="Balance">The reader's own money.</param>
/// <param name="Own">Whether the reader is who pays.</param>
/// <param name="PayPage">Where it can be paid at once; demonstrations only.</param>
public sealed record BillModel(TrackView Track, Bill Bill, Money Balance, bool Own, string? PayPage, IReadOnlyList<Payment> Payments, LocalDate Today, FormState Form);
