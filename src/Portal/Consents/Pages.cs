using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Credentials.Telling;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;

namespace Muqeem.Portal.Consents;

/// <summary>Who is told how the ID stands: requests, consents, and one press to take a consent back.</summary>
internal static class Pages
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        var holder = pages.MapGroup("/consents").RequireAuthorization(Doors.Resident);
        holder.MapGet("", async (HttpContext http, Subscriptions subscriptions, CancellationToken cancel) =>
            PageResult.Of<ConsentsPage, ConsentsModel>(new(await subscriptions.OfAsync(http.MustBeSignedIn().Person, cancel))));
        holder.MapPost("", AnswerAsync);
    }

    private static async Task<IResult> AnswerAsync(HttpContext http, Subscriptions subscriptions, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var (session, operation) = (http.MustBeSignedIn(), http.OperationIdOf(form));
        var answer = Which(form, "grant") is { } granted ? await subscriptions.GrantAsync(session.Actor, session.Person, granted, operation, cancel)
            : Which(form, "decline") is { } declined ? await subscriptions.DeclineAsync(session.Actor, session.Person, declined, operation, cancel)
            : Which(form, "withdraw") is { } withdrawn ? await subscriptions.WithdrawAsync(session.Actor, session.Person, withdrawn, operation, cancel)
            : new SubscriptionAnswer.NotThere();
        return answer switch
        {
            SubscriptionAnswer.Done => http.GoTo("consents"),
            SubscriptionAnswer.NotThere => PageResult.Error(StatusCodes.Status404NotFound),
            SubscriptionAnswer.Refused refused => Outcomes.NotNow(refused.Refusal, null, http.At("consents")),
            SubscriptionAnswer.OperationReused => Outcomes.NotNow(new Refusal(Outcomes.Reused), null, http.At("consents")),
            SubscriptionAnswer.TryAgain later => http.TryAgain(form, later.After),
            _ => throw new InvalidOperationException($"An unknown answer: {answer.GetType().Name}."),
        };
    }

    private static Guid? Which(FormState form, string button) => Guid.TryParse(form[button], out var id) ? id : null;
}

/// <param name="All">Newest first.</param>
public sealed record ConsentsModel(IReadOnlyList<HeldSubscription> All);
