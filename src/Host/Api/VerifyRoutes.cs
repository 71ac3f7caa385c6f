using Muqeem.Cases;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <param name="Text">What the QR code holds, or the eight characters that were read out.</param>
internal sealed record VerifyJson(string Text);

/// <param name="Verdict">valid, not_valid or cannot_say.</param>
/// <param name="Text">The sentence for whoever checks.</param>
/// <param name="Specimen">A demonstration ID: it proves nothing about anybody.</param>
internal sealed record VerdictJson(string Verdict, string Text, string? Reason = null, string? Initials = null, bool? HasPhoto = null, DateOnly? Until = null, DateTimeOffset? AsOf = null, bool? Specimen = null, int? AskAgainAfterSeconds = null);

/// <param name="Verdict">genuine, forged or cannot_say.</param>
/// <param name="Text">The sentence for whoever checks.</param>
/// <param name="State">paid, partly_back or back: what of the money is with its payer again.</param>
/// <param name="Service">Code of the service that was paid for.</param>
/// <param name="Specimen">Of a demonstration: no money was paid.</param>
internal sealed record ReceiptVerdictJson(string Verdict, string Text, string? State = null, string? Number = null, long? AmountHalalas = null, DateTimeOffset? PaidAt = null, string? Service = null, long? BackHalalas = null,
    DateTimeOffset? BackAt = null, bool? Specimen = null);

/// <summary>Anybody may ask whether an ID is real, or the receipt of a payment; the answer says no more than that.</summary>
internal static class VerifyRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/verify", VerifyAsync).AllowAnonymous().WithTags("Verify").WithName("Verify").WithSummary("Is this ID real, and good now?").Accepts<VerifyJson>("application/json").Produces<VerdictJson>().Refuses(400, 413, 415);
        api.MapPost("/verify/receipt", ReceiptAsync).AllowAnonymous().WithTags("Verify").WithName("VerifyReceipt").WithSummary("Is this receipt of a payment real, and did the money go back?").Accepts<VerifyJson>("application/json").Produces<ReceiptVerdictJson>().Refuses(400, 413, 415);
        api.MapGet("/verify/keys", (Credentials.Live.LiveCodes codes) => Results.Text(codes.PublicKeys(), "application/json")).AllowAnonymous()
            .WithTags("Verify").WithName("VerifyKeys").WithSummary("The public keys of live codes, as a JWK set.").Produces<object>().Refuses();
    }

    private static Task<IResult> VerifyAsync(HttpContext http, Verification verification) => Incoming.QuestionAsync<VerifyJson>(http, async body =>
    {
        var language = Problems.Words(http);
        var actor = http.SignedIn()?.Actor ?? Actor.Anonymous;
        var verdict = await verification.CheckAsync(body.Text, Visitor.Of(http, language.Code).Address, actor, cancel: http.RequestAborted);
        string Words(params ReadOnlySpan<(string, object?)> facts) => language.Text(verdict.TextKey, facts);
        return Results.Json(verdict switch
        {
            Verdict.Valid v => new VerdictJson("valid", Words(("initials", v.Initials), ("until", v.Until), ("asOf", v.AsOf)), Initials: v.Initials, HasPhoto: v.HasPhoto, Until: v.Until.ToDateOnly(), AsOf: v.AsOf.ToDateTimeOffset(), Specimen: v.Specimen),
            Verdict.NotValid n => new VerdictJson("not_valid", Words(), Reason: Problems.Snake(n.Reason.ToString())),
            Verdict.CannotSay c => new VerdictJson("cannot_say", Words(("after", c.AskAgainAfter), ("wait", c.AskAgainAfter)), Reason: Problems.Snake(c.Reason.ToString()), AskAgainAfterSeconds: (int)Math.Ceiling(c.AskAgainAfter.TotalSeconds)),
            _ => throw new System.Diagnostics.UnreachableException(),
        }, ApiJson.Options);
    });

    private static Task<IResult> ReceiptAsync(HttpContext http, PaymentReceipts receipts) => Incoming.QuestionAsync<VerifyJson>(http, async body =>
    {
        var language = Problems.Words(http);
        var verdict = await receipts.CheckAsync(body.Text, http.RequestAborted) ?? new ReceiptVerdict.Forged();
        return Results.Json(verdict switch
        {
            ReceiptVerdict.Genuine g => new ReceiptVerdictJson("genuine", language.Text(g.TextKey, ("amount", g.Back)), Problems.Snake(g.Standing.ToString()), g.Number, g.Amount.Halalas, g.PaidAt.ToDateTimeOffset(), g.Service,
                g.Back.Halalas, g.BackAt?.ToDateTimeOffset(), g.Specimen),
            _ => new ReceiptVerdictJson(verdict is ReceiptVerdict.Forged ? "forged" : "cannot_say", language.Text(verdict.TextKey)),
        }, ApiJson.Options);
    });
}
