using System.Buffers.Text;
using System.Globalization;
using Muqeem.Credentials.Telling;
using Muqeem.Credentials.Verifiers;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Host.Api;

/// <summary>As of a presentation, shown with the holder's proof for this call.</summary>
/// <param name="Purpose">What it is for, as the verifier is allowed; the resident reads it.</param>
/// <param name="Until">The last day of the consent that is asked for; left out: as long as the policy allows.</param>
internal sealed record SubscribeJson(string Purpose, string Presentation, string? Audience = null, string? Nonce = null, string? Transcript = null, DateOnly? Until = null);

/// <param name="Verdict">valid: the holder was asked, or had been; not_valid or cannot_say: nobody was.</param>
/// <param name="State">pending, active or ended.</param>
internal sealed record SubscribedJson(string Verdict, Guid? Subscription = null, string? State = null, string? Reason = null, string? Code = null);

/// <param name="State">pending: not answered, or not consented to; active; ended.</param>
internal sealed record SubscriptionStateJson(Guid Subscription, string State);

/// <param name="Status">valid, suspended, frozen, expired, not_yet_valid, revoked, renewed; ended: of the subscription, and nothing more is told.</param>
/// <param name="At">When it was found to be so.</param>
internal sealed record StatusChangeJson(Guid Subscription, string Status, DateTimeOffset At);

/// <param name="Changes">In the order in which they were told.</param>
/// <param name="Cursor">To ask on with, also when nothing is here.</param>
/// <param name="More">There are more at once.</param>
internal sealed record StatusChangesJson(IReadOnlyList<StatusChangeJson> Changes, string Cursor, bool More);

/// <summary>To be told how an ID stands, when its holder consents.</summary>
internal static partial class VerifierRoutes
{
    private static void MapTelling(RouteGroupBuilder verifier)
    {
        verifier.MapPost("/subscriptions", Subscribe).WithName("Subscribe").WithSummary("Asks the holder, who has just shown the ID, for the consent to be told how it stands.").Accepts<SubscribeJson>("application/json").Produces<SubscribedJson>().Refuses(400, 401, 403, 413, 415, 429, 503);
        verifier.MapGet("/subscriptions/{id:guid}", State).WithName("SubscriptionState").WithSummary("How one of the verifier's own subscriptions stands.").Produces<SubscriptionStateJson>().Refuses(400, 401, 403, 404, 429, 503);
        verifier.MapPost("/subscriptions/{id:guid}/end", End).WithName("EndSubscription").WithSummary("The verifier needs it no more.").Produces<SubscriptionStateJson>().Refuses(400, 401, 403, 404, 413, 415, 429, 503);
        verifier.MapGet("/changes", Changes).WithName("StatusChanges").WithSummary("What the verifier was told, in order, from a cursor on.").Produces<StatusChangesJson>().Refuses(400, 401, 403, 410, 429, 503);
    }

    private static Task<IResult> Subscribe(HttpContext http, VerifierGate gate, VerifierBudgets budgets, VerifierDesk desk, Subscriptions subscriptions, TimeProvider clock, ApiLimits limits) => CallAsync<SubscribeJson>(http, gate, limits, async (caller, question) =>
    {
        if ((question.Audience is null) != (question.Nonce is null) || (question.Transcript is { } coded && !Base64Url.IsValid(coded)))
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "verifier_question");
        }
        var until = question.Until is { } day ? LocalDate.FromDateOnly(day) : (LocalDate?)null;
        if (until < clock.Today())
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "verifier_until");
        }
        if (!caller.Verifier.Grants.Contains(new Grant(VerifierOperation.Subscription, question.Purpose)))
        {
            return Refused(http, NotAdmitted.Purpose);
        }
        if (Spend(http, budgets, caller, 1) is { } over)
        {
            return over;
        }
        var shown = new Shown(question.Presentation, question.Audience, question.Nonce, question.Transcript is { } transcript ? Base64Url.DecodeFromChars(transcript) : null);
        var (answer, present) = await desk.IdentifyAsync(caller.Verifier, question.Purpose, shown, http.RequestAborted);
        if (present is not { } person)
        {
            return Results.Json(answer.Word == "valid" ? new SubscribedJson("not_valid", Reason: "not_holder", Code: "holder_not_present") : new SubscribedJson(answer.Word, Reason: answer.Reason, Code: answer.Code), ApiJson.Options);
        }
        return await subscriptions.AskAsync(caller.Verifier, person, question.Purpose, until, http.RequestAborted) switch
        {
            SubscriptionAnswer.Done done => Results.Json(new SubscribedJson("valid", done.Subscription, await WordAsync(subscriptions, caller, done.Subscription, http.RequestAborted)), ApiJson.Options),
            SubscriptionAnswer.TryAgain later => Problems.Later(http, later.After),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    });

    private static Task<IResult> State(HttpContext http, VerifierGate gate, VerifierBudgets budgets, Subscriptions subscriptions, ApiLimits limits, Guid id) => CallAsync<Nothing>(http, gate, limits, async (caller, _) =>
        Spend(http, budgets, caller, 1)
            ?? (await WordAsync(subscriptions, caller, id, http.RequestAborted) is { } state ? Results.Json(new SubscriptionStateJson(id, state), ApiJson.Options) : Problems.NotFound(http)));

    private static Task<IResult> End(HttpContext http, VerifierGate gate, VerifierBudgets budgets, Subscriptions subscriptions, ApiLimits limits, Guid id) => CallAsync<Nothing>(http, gate, limits, async (caller, _) =>
        Spend(http, budgets, caller, 1) ?? await subscriptions.StopAsync(caller.Verifier, id, http.RequestAborted) switch
        {
            SubscriptionAnswer.Done => Results.Json(new SubscriptionStateJson(id, "ended"), ApiJson.Options),
            SubscriptionAnswer.NotThere => Problems.NotFound(http),
            SubscriptionAnswer.TryAgain later => Problems.Later(http, later.After),
            _ => throw new System.Diagnostics.UnreachableException(),
        });

    private static Task<IResult> Changes(HttpContext http, VerifierGate gate, VerifierBudgets budgets, ChangeFeed feed, ApiLimits limits, string? cursor) => CallAsync<Nothing>(http, gate, limits, async (caller, _) =>
    {
        long after = 0;
        if (cursor is not null && !long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "verifier_cursor");
        }
        if (Spend(http, budgets, caller, 1) is { } over)
        {
            return over;
        }
        return await feed.ReadAsync(caller.Verifier, cursor is null ? null : after, http.RequestAborted) switch
        {
            ChangesAnswer.Page page => Results.Json(new StatusChangesJson([.. page.Changes.Select(c => new StatusChangeJson(c.Subscription, c.Word, c.At.ToDateTimeOffset()))],
                page.Cursor.ToString(CultureInfo.InvariantCulture), page.More), ApiJson.Options),
            ChangesAnswer.Gone => Problems.Of(http, StatusCodes.Status410Gone, "verifier_changes_gone"),
            _ => Problems.Of(http, StatusCodes.Status400BadRequest, "verifier_cursor"),
        };
    });

    private static async Task<string?> WordAsync(Subscriptions subscriptions, Admitted caller, Guid id, CancellationToken cancel) =>
        await subscriptions.StateAsync(caller.Verifier, id, cancel) is { } state ? Problems.Snake(state.ToString()) : null;
}
