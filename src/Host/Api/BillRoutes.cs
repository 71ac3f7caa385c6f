using Muqeem.Kernel;
using Muqeem.Office;
using Muqeem.Payments;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

internal sealed record FindBillJson(string Number);

/// <param name="Act">write_off or give_back.</param>
/// <param name="Code">Fee code of a line of the bill.</param>
/// <param name="Reason">A code of the list of reasons.</param>
/// <param name="Words">The reason in a sentence, in the payer's language: the payer reads it.</param>
/// <param name="AmountHalalas">Left out: all of the line that is owed, or that was paid.</param>
internal sealed record ProposeForBillJson(string Act, string Code, string Reason, string Words, long? AmountHalalas = null);

/// <param name="Mine">This officer proposed it, and another decides.</param>
internal sealed record BillProposalJson(Guid Proposal, Guid Bill, string Act, string Code, long AmountHalalas, string Reason, string? Words, bool Mine, DateTimeOffset ProposedAt, DateTimeOffset ExpiresAt, string State, DateTimeOffset? DecidedAt, string? DecisionReason);

internal sealed record BillProposalsJson(IReadOnlyList<BillProposalJson> Proposals);

internal sealed record BillLineJson(string Code, string Text, long AmountHalalas, long WrittenOffHalalas, long GivenBackHalalas);

/// <param name="May">What may be proposed as it stands: write_off, give_back, or nothing.</param>
internal sealed record BillFileJson(Guid Id, Guid Case, string? Number, string State, long TotalHalalas, long ReceivedHalalas, long DueHalalas, IReadOnlyList<BillLineJson> Lines, IReadOnlyList<BillProposalJson> Proposals, string? May);

internal sealed record BillReasonsJson(IReadOnlyList<OptionJson> WriteOff, IReadOnlyList<OptionJson> GiveBack, IReadOnlyList<OptionJson> Reject);

/// <summary>Writing off what is owed and giving back what was paid: one officer proposes, another confirms.</summary>
internal static class BillRoutes
{
    private const string Page = "api.office.bill";

    public static void Map(RouteGroupBuilder api)
    {
        var readers = api.MapGroup("/office").WithTags("Office").RequireAuthorization(OfficeSetup.Readers);
        readers.MapGet("/bills/reasons", (HttpContext http) =>
        {
            var language = Problems.Words(http);
            OptionJson[] Words(IReadOnlyList<string> reasons) => [.. reasons.Select(r => new OptionJson(r, language.Text("bill.reason." + r)))];
            return new BillReasonsJson(Words(BillReasons.WriteOff), Words(BillReasons.GiveBack), Words(BillReasons.Reject));
        }).WithName("BillReasons").WithSummary("The coded reasons for writing off, giving back, and for not confirming.").Refuses(401);
        readers.MapPost("/bills/find", FindAsync).WithName("FindBill").WithSummary("A bill by its number. The read is recorded, and the resident sees it.").Accepts<FindBillJson>("application/json").Produces<BillFileJson>().Refuses(400, 401, 404, 413, 415);
        readers.MapGet("/bills/{id:guid}", (HttpContext http, BillDesk desk, TimeProvider clock, Guid id) => FileAsync(http, desk, clock, new BillId(id)))
            .WithName("BillFile").WithSummary("A bill with what was proposed about it. The read is recorded, and the resident sees it.").Produces<BillFileJson>().Refuses(401, 404);
        readers.MapGet("/bill-proposals", WaitingAsync).WithName("BillProposals").WithSummary("What waits for a second officer, oldest first; nothing personal is in it.").Produces<BillProposalsJson>().Refuses(401);
        var officers = api.MapGroup("/office").WithTags("Office").RequireAuthorization(Doors.Officer);
        officers.MapPost("/bills/{id:guid}/proposals", ProposeAsync).WithName("ProposeForBill").WithSummary("Proposes to write off of a line or to give back of it. Nothing changes until another officer confirms.").Produces<ProposedJson>(StatusCodes.Status201Created).Changes<ProposeForBillJson>();
        officers.MapPost("/bill-proposals/{id:guid}/confirm", (HttpContext http, BillDesk desk, Guid id) => DecideAsync<Nothing>(http, desk, (_, session, operation) =>
            desk.ConfirmAsync(session.Actor, session.Account, session.Person, id, operation, http.RequestAborted)))
            .WithName("ConfirmBillProposal").WithSummary("The second officer's word: it is booked at once, and the payer is told.").Produces<ProposedJson>().Changes<Nothing>();
        officers.MapPost("/bill-proposals/{id:guid}/reject", (HttpContext http, BillDesk desk, Guid id) => DecideAsync<RejectJson>(http, desk, (body, session, operation) =>
            desk.RejectAsync(session.Actor, session.Account, session.Person, id, body.Reason, operation, http.RequestAborted)))
            .WithName("RejectBillProposal").WithSummary("The second officer does not confirm.").Produces<ProposedJson>().Changes<RejectJson>();
        officers.MapPost("/bill-proposals/{id:guid}/withdraw", (HttpContext http, BillDesk desk, Guid id) => DecideAsync<Nothing>(http, desk, (_, session, operation) =>
            desk.WithdrawAsync(session.Actor, session.Account, id, operation, http.RequestAborted)))
            .WithName("WithdrawBillProposal").WithSummary("The officer who proposed takes it back.").Produces<ProposedJson>().Changes<Nothing>();
    }

    private static Task<IResult> FindAsync(HttpContext http, Ledger ledger, BillDesk desk, TimeProvider clock) => Incoming.QuestionAsync<FindBillJson>(http, async body =>
        await ledger.BillByNumberAsync(Digits.NormaliseWords(body.Number).Trim(), http.RequestAborted) is { } bill ? await FileAsync(http, desk, clock, bill.Id) : Problems.NotFound(http));

    private static async Task<IResult> FileAsync(HttpContext http, BillDesk desk, TimeProvider clock, BillId id)
    {
        var session = http.MustBeSignedIn();
        if (await desk.FileAsync(session.Actor, Page, id, http.RequestAborted) is not { } file || file.Person == session.Person)
        {
            return Problems.NotFound(http);
        }
        var (bill, now, language) = (file.Bill, clock.Now(), Problems.Words(http));
        return Results.Json(new BillFileJson(bill.Id.Value, bill.Case.Value, bill.Number, Problems.Snake(bill.StateOn(clock.Today()).ToString()), bill.Total.Halalas, bill.Received.Halalas, bill.Due.Halalas,
            [.. bill.Lines.Select(l => new BillLineJson(l.Code, language.Text(l.TextKey), l.Amount.Halalas, l.WrittenOff.Halalas, l.GivenBack.Halalas))],
            [.. file.Proposals.Select(p => Of(p.Proposal, p.Words, session, now))],
            session.Has(OfficeRole.Officer) && file.May(now) is { } may ? Problems.Snake(may.ToString()) : null), ApiJson.Options);
    }

    private static async Task<IResult> WaitingAsync(HttpContext http, BillDesk desk, TimeProvider clock)
    {
        var (session, now) = (http.MustBeSignedIn(), clock.Now());
        return Results.Json(new BillProposalsJson([.. (await desk.WaitingAsync(http.RequestAborted)).Select(p => Of(p, null, session, now))]), ApiJson.Options);
    }

    private static Task<IResult> ProposeAsync(HttpContext http, BillDesk desk, Guid id) => Incoming.ChangeAsync<ProposeForBillJson>(http, async (body, operation) =>
    {
        BillAct? act = body.Act switch { "write_off" => BillAct.WriteOff, "give_back" => BillAct.GiveBack, _ => null };
        if (act is not { } proposed)
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "malformed");
        }
        var session = http.MustBeSignedIn();
        var amount = body.AmountHalalas is { } halalas ? new Kernel.Money(halalas) : (Kernel.Money?)null;
        return await AnswerAsync(http, desk, await desk.ProposeAsync(session.Actor, session.Account, session.Person, new BillId(id), proposed, body.Code, amount, body.Reason, body.Words, operation.Id, http.RequestAborted), StatusCodes.Status201Created);
    });

    private static Task<IResult> DecideAsync<T>(HttpContext http, BillDesk desk, Func<T, Session, Guid, Task<BillAnswer>> verb) where T : class => Incoming.ChangeAsync<T>(http, async (body, operation) =>
        await AnswerAsync(http, desk, await verb(body, http.MustBeSignedIn(), operation.Id), StatusCodes.Status200OK));

    private static async Task<IResult> AnswerAsync(HttpContext http, BillDesk desk, BillAnswer answer, int status)
    {
        switch (answer)
        {
            case BillAnswer.Done done:
                var proposal = await desk.FindAsync(done.Proposal, http.RequestAborted) ?? throw new InvalidOperationException("A proposal that was done is not there.");
                var now = http.RequestServices.GetRequiredService<TimeProvider>().Now();
                return Results.Json(new ProposedJson(done.Proposal, Problems.Snake(proposal.StateAt(now).ToString()), proposal.ExpiresAt.ToDateTimeOffset()), ApiJson.Options, statusCode: status);
            case BillAnswer.Refused { Refusal: var no } when Field(no.Code) is { } field:
                return Problems.Of(http, StatusCodes.Status400BadRequest, "invalid", [Problems.Json(http, no) with { Field = field }]);
            case BillAnswer.Refused refused:
                return Problems.Of(http, StatusCodes.Status409Conflict, "not_now", refused.Refusal);
            case BillAnswer.OperationReused:
                return Problems.Of(http, StatusCodes.Status409Conflict, "operation_reused");
            case BillAnswer.TryAgain later:
                return Problems.Later(http, later.After);
            default:
                return Problems.NotFound(http);
        }
    }

    /// <summary>Of what was sent wrongly; null: it is about the bill as it stands.</summary>
    private static string? Field(string code) => code switch
    {
        BillRefusals.ReasonMissing => "reason",
        BillRefusals.WordsMissing or BillRefusals.WordsTooLong => "words",
        BillRefusals.LineMissing => "code",
        Refunds.NoAmount => "amountHalalas",
        _ => null,
    };

    private static BillProposalJson Of(BillProposal p, string? words, Session session, NodaTime.Instant now) => new(p.Id, p.Bill.Value, Problems.Snake(p.Act.ToString()), p.Code, p.Amount.Halalas, p.Reason, words, p.ProposedBy == session.Account,
        p.ProposedAt.ToDateTimeOffset(), p.ExpiresAt.ToDateTimeOffset(), Problems.Snake(p.StateAt(now).ToString()), p.DecidedAt?.ToDateTimeOffset(), p.DecisionReason);
}
