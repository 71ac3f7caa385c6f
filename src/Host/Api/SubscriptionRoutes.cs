using Muqeem.Credentials.Telling;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <summary>A verifier's request to be told how the holder's ID stands, and what the holder said to it.</summary>
/// <param name="Verifier">Its name, in the language that was asked for.</param>
/// <param name="State">pending, declined, active or ended.</param>
/// <param name="AnswerBy">Of a pending one: after that it has ended.</param>
/// <param name="Until">The last day of the consent.</param>
/// <param name="EndReason">holder, expired, verifier (no longer registered), done (the verifier needs it no more) or lapsed.</param>
/// <param name="Told">What the verifier was told last.</param>
internal sealed record SubscriptionJson(Guid Id, string? Verifier, string Purpose, string PurposeText, string State, DateTimeOffset AskedAt, DateTimeOffset AnswerBy, DateOnly Until, DateTimeOffset? AnsweredAt, DateTimeOffset? EndedAt, string? EndReason, string? Told);

internal sealed record SubscriptionsJson(IReadOnlyList<SubscriptionJson> Subscriptions);

/// <summary>Who is told how the ID stands: the holder consents, and takes the consent back.</summary>
internal static class SubscriptionRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        var own = api.MapGroup("/subscriptions").WithTags("Own").RequireAuthorization(Doors.Resident);
        own.MapGet("", ListAsync).WithName("Subscriptions").WithSummary("Who asks to be told how the ID stands, and who is, newest first.").Produces<SubscriptionsJson>().Refuses(401);
        own.MapPost("/{id:guid}/grant", (HttpContext http, Subscriptions subscriptions, Guid id) => AnswerAsync(http, subscriptions, id, subscriptions.GrantAsync))
            .WithName("GrantSubscription").WithSummary("The holder consents: what changes is told from now on.").Produces<SubscriptionJson>().Changes<Nothing>();
        own.MapPost("/{id:guid}/decline", (HttpContext http, Subscriptions subscriptions, Guid id) => AnswerAsync(http, subscriptions, id, subscriptions.DeclineAsync))
            .WithName("DeclineSubscription").WithSummary("The holder says no, and nobody is told.").Produces<SubscriptionJson>().Changes<Nothing>();
        own.MapPost("/{id:guid}/withdraw", (HttpContext http, Subscriptions subscriptions, Guid id) => AnswerAsync(http, subscriptions, id, subscriptions.WithdrawAsync))
            .WithName("WithdrawSubscription").WithSummary("The holder takes the consent back: nothing more is told.").Produces<SubscriptionJson>().Changes<Nothing>();
    }

    private static async Task<IResult> ListAsync(HttpContext http, Subscriptions subscriptions) =>
        Results.Json(new SubscriptionsJson([.. (await subscriptions.OfAsync(http.MustBeSignedIn().Person, http.RequestAborted)).Select(s => Of(http, s))]), ApiJson.Options);

    private static Task<IResult> AnswerAsync(HttpContext http, Subscriptions subscriptions, Guid id, Func<Actor, PersonId, Guid, Guid, CancellationToken, Task<SubscriptionAnswer>> verb) => Incoming.ChangeAsync<Nothing>(http, async (_, operation) =>
    {
        var session = http.MustBeSignedIn();
        return await verb(session.Actor, session.Person, id, operation.Id, http.RequestAborted) switch
        {
            SubscriptionAnswer.Done => Results.Json(Of(http, await subscriptions.FindAsync(session.Person, id, http.RequestAborted) ?? throw new InvalidOperationException("A subscription that was answered is not there.")), ApiJson.Options),
            SubscriptionAnswer.NotThere => Problems.NotFound(http),
            SubscriptionAnswer.Refused refused => Problems.Of(http, StatusCodes.Status409Conflict, "not_now", refused.Refusal),
            SubscriptionAnswer.OperationReused => Problems.Of(http, StatusCodes.Status409Conflict, "operation_reused"),
            SubscriptionAnswer.TryAgain later => Problems.Later(http, later.After),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    });

    private static SubscriptionJson Of(HttpContext http, HeldSubscription held)
    {
        var (s, language) = (held.Subscription, Problems.Words(http));
        return new(s.Id, held.Verifier?.NameIn(language.Code), s.Purpose, language.Has("verifier.purpose." + s.Purpose) ? language.Text("verifier.purpose." + s.Purpose) : s.Purpose, Problems.Snake(held.State.ToString()),
            s.AskedAt.ToDateTimeOffset(), s.AnswerBy.ToDateTimeOffset(), s.Until.ToDateOnly(), s.AnsweredAt?.ToDateTimeOffset(), s.EndedAt?.ToDateTimeOffset(), s.EndReason, s.Word);
    }
}
