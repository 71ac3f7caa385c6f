using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Payments;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;

namespace Muqeem.Office.Endpoints;

/// <summary>Bills: found by their number, read with a trace; of their lines two officers write off what is owed or give back what was paid.</summary>
internal static class BillPages
{
    public static void Map(RouteGroupBuilder office)
    {
        var readers = office.MapGroup("/bills").RequireAuthorization(OfficeSetup.Readers);
        readers.MapGet("", async (HttpContext http, BillDesk desk, CancellationToken cancel) => await ListAsync(http, desk, FormState.Empty(), cancel));
        readers.MapPost("", FindAsync);
        readers.MapGet("/{id:guid}", (HttpContext http, Guid id, string? done, CancellationToken cancel) => ShowAsync(http, id, FormState.Empty(), done, cancel));
        var officers = office.MapGroup("/bills").RequireAuthorization(Doors.Officer);
        officers.MapPost("/{id:guid}/propose", ProposeAsync);
        officers.MapPost("/{id:guid}/decide", DecideAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext http, BillDesk desk, FormState form, CancellationToken cancel) =>
        PageResult.Of<BillsPage, BillsModel>(new(http.MustBeSignedIn(), form, await desk.WaitingAsync(cancel)), form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);

    private static async Task<IResult> FindAsync(HttpContext http, Language language, Ledger ledger, BillDesk desk, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        if (form.Redraw)
        {
            return await ListAsync(http, desk, form, cancel);
        }
        // Nothing is opened here; the page it leads to records its own reading.
        if (await ledger.BillByNumberAsync(Digits.NormaliseWords(form["number"]).Trim(), cancel) is { } bill)
        {
            return Results.LocalRedirect(At(language, bill.Id.Value));
        }
        form.Refuse("number", "office.error.no_bill");
        return await ListAsync(http, desk, form, cancel);
    }

    private static async Task<IResult> ShowAsync(HttpContext http, Guid id, FormState form, string? done, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var (desk, clock) = (Service<BillDesk>(http), Service<TimeProvider>(http));
        return await desk.FileAsync(session.Actor, "office.bill", new BillId(id), cancel) is { } file && file.Person != session.Person
            ? PageResult.Of<BillFilePage, BillFileModel>(new(session, file, clock.Now(), clock.Today(), form, done), form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity)
            : PageResult.Error(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ProposeAsync(HttpContext http, Guid id, Language language, BillDesk desk, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http, lengths: new Dictionary<string, int>(StringComparer.Ordinal) { ["words"] = BillDesk.LongestWords * 2 });
        if (form.Redraw)
        {
            return await ShowAsync(http, id, form, null, cancel);
        }
        BillAct? act = form["act"] switch { "write_off" => BillAct.WriteOff, "give_back" => BillAct.GiveBack, _ => null };
        if (form.Operation is not { } operation || act is not { } wished)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        if (!form.TryParse("amount", AmountOrAll.Parse, out var amount))
        {
            return await ShowAsync(http, id, form, null, cancel);
        }
        var answer = await desk.ProposeAsync(session.Actor, session.Account, session.Person, new BillId(id), wished, form["code"] ?? "", amount.Value, form["reason"] ?? "", form["words"], operation, cancel);
        if (answer is BillAnswer.Refused { Refusal: var no } && Field(no.Code) is { } field)
        {
            form.Refuse(field, no);
            return await ShowAsync(http, id, form, null, cancel);
        }
        return Answer(http, form, answer, At(language, id), "proposed");
    }

    /// <summary>At which field a refusal stands; null: it is about the bill as it stands.</summary>
    private static string? Field(string code) => code switch
    {
        BillRefusals.ReasonMissing or BillRefusals.OnlyFines => "reason",
        BillRefusals.WordsMissing or BillRefusals.WordsTooLong => "words",
        BillRefusals.LineMissing => "code",
        BillRefusals.MoreThanOwed or BillRefusals.MoreThanPaid or Refunds.NoAmount => "amount",
        _ => null,
    };

    private static async Task<IResult> DecideAsync(HttpContext http, Guid id, Language language, BillDesk desk, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        if (form.Operation is not { } operation || !Guid.TryParse(form["proposal"], out var proposal))
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var answer = form["decision"] switch
        {
            "confirm" => await desk.ConfirmAsync(session.Actor, session.Account, session.Person, proposal, operation, cancel),
            "reject" => await desk.RejectAsync(session.Actor, session.Account, session.Person, proposal, form["rejection"] ?? "", operation, cancel),
            "withdraw" => await desk.WithdrawAsync(session.Actor, session.Account, proposal, operation, cancel),
            _ => new BillAnswer.NotThere(),
        };
        if (answer is BillAnswer.Refused { Refusal: { Code: BillRefusals.ReasonMissing } missing })
        {
            form.Refuse("rejection", missing);
            return await ShowAsync(http, id, form, null, cancel);
        }
        return Answer(http, form, answer, At(language, id), form["decision"] switch { "confirm" => "confirmed", "reject" => "rejected", _ => "withdrawn" });
    }

    private static IResult Answer(HttpContext http, FormState form, BillAnswer answer, string here, string done) => answer switch
    {
        BillAnswer.Done => Results.LocalRedirect($"{here}?done={done}"),
        BillAnswer.Refused refused => Outcomes.NotNow(new(refused.Refusal, null, here)),
        BillAnswer.NotThere => PageResult.Error(StatusCodes.Status404NotFound),
        BillAnswer.OperationReused => Outcomes.NotNow(new(new Refusal("operation.reused"), null, here)),
        BillAnswer.TryAgain later => Outcomes.Busy(http, form, later.After),
        _ => throw new InvalidOperationException($"The office has no page for {answer.GetType().Name}."),
    };

    private static string At(Language language, Guid id) => $"/{language.Code}/office/bills/{id}";

    private static T Service<T>(HttpContext http) where T : class => http.RequestServices.GetService(typeof(T)) as T ?? throw new InvalidOperationException($"There is no {typeof(T).Name}.");
}
