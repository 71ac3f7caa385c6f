using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Keys;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <param name="Outcome">refused, declined, approved, granted or cleared.</param>
/// <param name="Ready">Whether the receipt can be had already: a second or two after the decision.</param>
internal sealed record ReceiptLineJson(Guid Act, DateTimeOffset At, string Outcome, string OutcomeText, bool Ready);

/// <summary>What was decided on a person's case, as a signed file with a proof that it is in the journal.</summary>
internal static class ReceiptRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        var receipts = api.MapGroup("/cases/{id:guid}/receipts").WithTags("Receipts").RequireAuthorization(Doors.Records);
        receipts.MapGet("", ListAsync).WithName("Receipts").WithSummary("The decisions on a case that have a receipt, oldest first.").Produces<IReadOnlyList<ReceiptLineJson>>().Refuses(401, 404);
        receipts.MapGet("/{act:guid}", (HttpContext http, DecisionReceipts all, Guid id, Guid act) =>
            FileAsync(http, session => all.ReceiptAsync(session.Actor, session.Account, new CaseId(id), new ActId(act), http.RequestAborted), "application/json", ".json"))
            .WithName("Receipt").WithSummary("The receipt of a decision: signed, and verified without asking us together with its proof.").Produces(StatusCodes.Status200OK, contentType: "application/json").Refuses(401, 404, 410, 503);
        receipts.MapGet("/{act:guid}/proof", (HttpContext http, DecisionReceipts all, Guid id, Guid act) =>
            FileAsync(http, session => all.ProofAsync(session.Account, new CaseId(id), new ActId(act), http.RequestAborted), "text/plain; charset=utf-8", ".tlog-proof"))
            .WithName("ReceiptProof").WithSummary("The proof that goes with a receipt: its act is in the journal (C2SP tlog-proof).").Produces(StatusCodes.Status200OK, contentType: "text/plain").Refuses(401, 404, 503);
    }

    private static async Task<IResult> ListAsync(HttpContext http, DecisionReceipts receipts, Guid id)
    {
        var language = Problems.Words(http);
        return await receipts.ListAsync(http.MustBeSignedIn().Account, new CaseId(id), http.RequestAborted) is not { } lines
            ? Problems.NotFound(http)
            : Results.Json(lines.Select(l => new ReceiptLineJson(l.Act.Value, l.At.ToDateTimeOffset(), l.Outcome, language.Text("receipt.outcome." + l.Outcome), l.Ready)), ApiJson.Options);
    }

    private static async Task<IResult> FileAsync(HttpContext http, Func<Session, Task<ReceiptAnswer>> ask, string type, string ending)
    {
        ReceiptAnswer answer;
        try
        {
            answer = await ask(http.MustBeSignedIn());
        }
        catch (KeyUnavailableException)
        {
            return Problems.Later(http, TimeSpan.FromSeconds(30));
        }
        switch (answer)
        {
            case ReceiptAnswer.Ready ready:
                http.Response.Headers.CacheControl = "no-store";
                return Results.File(ready.File, type, ready.Name + ending);
            case ReceiptAnswer.NotYet later:
                http.Response.Headers.RetryAfter = Problems.Seconds(later.AskAfter);
                return Problems.Of(http, StatusCodes.Status503ServiceUnavailable, "receipt_not_ready");
            case ReceiptAnswer.Erased:
                return Problems.Of(http, StatusCodes.Status410Gone, "receipt_erased");
            default:
                return Problems.NotFound(http);
        }
    }
}
