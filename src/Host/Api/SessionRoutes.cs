using Microsoft.AspNetCore.Authorization;
using Muqeem.Kernel;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <param name="Name">Resident number, border number or account name.</param>
/// <param name="Factor">With <paramref name="Code"/>: authenticator, message or recovery_code. Left out: the answer says which factors there are.</param>
internal sealed record SignInJson(string Name, string Password, string? Factor = null, string? Code = null);

/// <param name="Challenge">From the first step.</param>
internal sealed record SecondFactorJson(string Challenge, string Factor, string Code);

internal sealed record ChallengeOnlyJson(string Challenge);

/// <summary>Name and password fit; one more factor.</summary>
/// <param name="SentTo">The masked number that a code was sent to.</param>
internal sealed record ChallengeJson(string Challenge, IReadOnlyList<string> Factors, string? SentTo, DateTimeOffset ExpiresAt);

internal sealed record CodeSentJson(string SentTo, DateTimeOffset? ResendAt, DateTimeOffset ExpiresAt);

/// <param name="Number">Resident number.</param>
internal sealed record FederatedSignInJson(string Number);

/// <summary>Show the number: the person picks it on the phone. Then ask <c>sessions/app/state</c> every few seconds until it ends.</summary>
/// <param name="Challenge">Whoever has it gets the session: keep it.</param>
/// <param name="Number">10 to 99.</param>
internal sealed record FederatedChallengeJson(string Challenge, int Number, DateTimeOffset ExpiresAt);

/// <param name="State">waiting: not confirmed yet.</param>
/// <param name="Silent">The national sign-in does not answer at the moment.</param>
internal sealed record FederatedStateJson(string State, DateTimeOffset ExpiresAt, bool Silent);

/// <param name="Token">Send it as <c>Authorization: Bearer</c>. Shown this once.</param>
internal sealed record TokenJson(string Token, DateTimeOffset ExpiresAt, string Kind, string Level);

internal sealed record SessionJson(string Kind, string Level, IReadOnlyList<string> Roles, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>Signing in and out.</summary>
internal static class SessionRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        var sessions = api.MapGroup("/sessions").WithTags("Sessions");
        sessions.MapPost("", StartAsync).AllowAnonymous().WithName("SignIn").WithSummary("Name and password, and the code where it is at hand.")
            .Accepts<SignInJson>("application/json").Produces<TokenJson>(StatusCodes.Status201Created).Produces<ChallengeJson>(StatusCodes.Status202Accepted).Refuses(400, 401, 429, 503);
        sessions.MapPost("/challenge", CompleteAsync).AllowAnonymous().WithName("CompleteSignIn").WithSummary("The second factor.")
            .Accepts<SecondFactorJson>("application/json").Produces<TokenJson>(StatusCodes.Status201Created).Refuses(400, 401, 503);
        sessions.MapPost("/challenge/message", SendAsync).AllowAnonymous().WithName("SendCode").WithSummary("Sends a code to the mobile.")
            .Accepts<ChallengeOnlyJson>("application/json").Produces<CodeSentJson>().Refuses(400, 401, 409, 503);
        sessions.MapPost("/app", AskOnPhoneAsync).AllowAnonymous().WithName("SignInWithApp").WithSummary("Asks a person to pick a number on the phone, by the national sign-in: both factors at once.")
            .Accepts<FederatedSignInJson>("application/json").Produces<FederatedChallengeJson>(StatusCodes.Status202Accepted).Refuses(400, 429, 503);
        sessions.MapPost("/app/state", PhoneStateAsync).AllowAnonymous().WithName("SignInWithAppState").WithSummary("Whether the number was picked; then the session, once. That it was refused looks like waiting.")
            .Accepts<ChallengeOnlyJson>("application/json").Produces<TokenJson>(StatusCodes.Status201Created).Produces<FederatedStateJson>().Refuses(400, 401, 503);
        sessions.MapGet("/current", (HttpContext http) => Of(http.MustBeSignedIn())).RequireAuthorization(Doors.SignedIn).WithName("CurrentSession").WithSummary("Who is signed in.").Refuses(401);
        sessions.MapDelete("/current", EndAsync).RequireAuthorization(Doors.SignedIn).WithName("SignOut").WithSummary("Ends the session.").Produces(StatusCodes.Status204NoContent).Refuses(401, 503);
    }

    private static Task<IResult> StartAsync(HttpContext http, SignIns signIns) => Incoming.QuestionAsync<SignInJson>(http, async body =>
    {
        Factor? factor = null;
        if (body.Factor is not null)
        {
            factor = FactorOf(body.Factor);
            if (factor is null)
            {
                return Problems.Of(http, StatusCodes.Status400BadRequest, "malformed");
            }
        }
        var visitor = Visitor.Of(http, Problems.Words(http).Code);
        return await signIns.StartAsync(body.Name, body.Password, sharedPhone: true, visitor, http.RequestAborted) switch
        {
            SignInStart.OneMoreFactor more when factor is { } known && body.Code is { } code => await EndedAsync(http, await signIns.CompleteAsync(more.Token, known, code, visitor, http.RequestAborted)),
            SignInStart.OneMoreFactor more => Results.Json(
                new ChallengeJson(more.Token, [.. more.Factors.Select(f => Problems.Snake(f.ToString()))], more.SentTo, more.ExpiresAt.ToDateTimeOffset()), ApiJson.Options, statusCode: StatusCodes.Status202Accepted),
            SignInStart.Failed failed => Problems.Of(http, StatusCodes.Status401Unauthorized, "sign_in_failed", failed.Refusal),
            SignInStart.Wait wait => TooMany(http, wait.Refusal, wait.OpensAt),
            SignInStart.Busy busy => Problems.Later(http, busy.RetryAfter),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    });

    private static Task<IResult> CompleteAsync(HttpContext http, SignIns signIns) => Incoming.QuestionAsync<SecondFactorJson>(http, async body =>
        FactorOf(body.Factor) is { } factor
            ? await EndedAsync(http, await signIns.CompleteAsync(body.Challenge, factor, body.Code, Visitor.Of(http, Problems.Words(http).Code), http.RequestAborted))
            : Problems.Of(http, StatusCodes.Status400BadRequest, "malformed"));

    private static Task<IResult> SendAsync(HttpContext http, SignIns signIns) => Incoming.QuestionAsync<ChallengeOnlyJson>(http, async body =>
        await signIns.SendCodeAsync(body.Challenge, http.RequestAborted) switch
        {
            CodeSending.Sent sent => Results.Json(new CodeSentJson(sent.To, sent.ResendAt?.ToDateTimeOffset(), sent.ExpiresAt.ToDateTimeOffset()), ApiJson.Options),
            CodeSending.Refused refused => Problems.Of(http, StatusCodes.Status409Conflict, "not_now", refused.Refusal),
            CodeSending.Over => Problems.Of(http, StatusCodes.Status401Unauthorized, "sign_in_failed", new Refusal(SignIns.OverCode)),
            CodeSending.Busy busy => Problems.Later(http, busy.RetryAfter),
            _ => throw new System.Diagnostics.UnreachableException(),
        });

    private static Task<IResult> AskOnPhoneAsync(HttpContext http, FederatedSignIns signIns) => Incoming.QuestionAsync<FederatedSignInJson>(http, async body =>
    {
        switch (await signIns.StartAsync(body.Number, sharedPhone: true, Visitor.Of(http, Problems.Words(http).Code), http.RequestAborted))
        {
            case FederatedStart.Asked asked:
                return Results.Json(new FederatedChallengeJson(asked.Token, asked.Number, asked.ExpiresAt.ToDateTimeOffset()), ApiJson.Options, statusCode: StatusCodes.Status202Accepted);
            case FederatedStart.Refused refused:
                return Problems.Of(http, StatusCodes.Status400BadRequest, "invalid", [Problems.Json(http, refused.Refusal) with { Field = "number" }]);
            case FederatedStart.Wait wait:
                return TooMany(http, wait.Refusal, wait.OpensAt);
            case FederatedStart.Silent silent:
                http.Response.Headers.RetryAfter = Problems.Seconds((silent.RetryAt - http.RequestServices.GetRequiredService<TimeProvider>().Now()).ToTimeSpan());
                return Problems.Of(http, StatusCodes.Status503ServiceUnavailable, "try_again", silent.Refusal);
            case FederatedStart.Busy busy:
                return Problems.Later(http, busy.RetryAfter);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    });

    private static Task<IResult> PhoneStateAsync(HttpContext http, FederatedSignIns signIns) => Incoming.QuestionAsync<ChallengeOnlyJson>(http, async body =>
        await signIns.ContinueAsync(body.Challenge, Visitor.Of(http, Problems.Words(http).Code), http.RequestAborted) switch
        {
            FederatedStep.In @in => await EndedAsync(http, new SignInEnd.In(@in.SignedIn, null)),
            FederatedStep.Waiting waiting => Results.Json(new FederatedStateJson("waiting", waiting.ExpiresAt.ToDateTimeOffset(), waiting.Silent), ApiJson.Options),
            FederatedStep.Over over => Problems.Of(http, StatusCodes.Status401Unauthorized, "sign_in_failed", over.Refusal),
            _ => throw new System.Diagnostics.UnreachableException(),
        });

    private static async Task<IResult> EndAsync(HttpContext http, Sessions sessions, TimeProvider clock) =>
        Problems.Answer(http, await sessions.SignOutAsync(http.MustBeSignedIn(), Guid.CreateVersion7(clock.GetUtcNow()), http.RequestAborted), () => Results.NoContent());

    private static Task<IResult> EndedAsync(HttpContext http, SignInEnd end) => Task.FromResult(end switch
    {
        SignInEnd.In @in => Results.Json(new TokenJson(@in.SignedIn.Token, @in.SignedIn.Session.ExpiresAt.ToDateTimeOffset(), Problems.Snake(@in.SignedIn.Session.Kind.ToString()), Problems.Snake(@in.SignedIn.Session.Level.ToString())),
            ApiJson.Options, statusCode: StatusCodes.Status201Created),
        SignInEnd.Refused refused => Problems.Of(http, StatusCodes.Status401Unauthorized, "sign_in_failed", refused.Refusal),
        SignInEnd.Over over => Problems.Of(http, StatusCodes.Status401Unauthorized, "sign_in_failed", over.Refusal),
        SignInEnd.Busy busy => Problems.Later(http, busy.RetryAfter),
        _ => throw new System.Diagnostics.UnreachableException(),
    });

    private static IResult TooMany(HttpContext http, Refusal refusal, NodaTime.Instant opensAt)
    {
        http.Response.Headers.RetryAfter = Problems.Seconds((opensAt - http.RequestServices.GetRequiredService<TimeProvider>().Now()).ToTimeSpan());
        return Problems.Of(http, StatusCodes.Status429TooManyRequests, "too_many", refusal);
    }

    private static SessionJson Of(Session session) => new(Problems.Snake(session.Kind.ToString()), Problems.Snake(session.Level.ToString()),
        [.. Enum.GetValues<OfficeRole>().Where(r => r != OfficeRole.None && session.Has(r)).Select(r => Problems.Snake(r.ToString()))], session.CreatedAt.ToDateTimeOffset(), session.ExpiresAt.ToDateTimeOffset());

    private static Factor? FactorOf(string word) => word switch
    {
        "authenticator" => Factor.Authenticator,
        "message" => Factor.Message,
        "recovery_code" => Factor.RecoveryCode,
        _ => null,
    };
}

/// <summary>Says in the document how a route may refuse.</summary>
internal static class RouteWords
{
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<ProblemJson>(status, Problems.MediaType);
        }
        return route.Produces<ProblemJson>(StatusCodes.Status429TooManyRequests, Problems.MediaType);
    }

    /// <summary>It changes something: with an operation id, and with every refusal that a verb can give.</summary>
    public static RouteHandlerBuilder Changes<TBody>(this RouteHandlerBuilder route) where TBody : notnull
    {
        route.WithMetadata(ChangesSomething.Mark).Refuses(400, 401, 404, 409, 412, 413, 415, 422, 503);
        return typeof(TBody) == typeof(Nothing) ? route : route.Accepts<TBody>("application/json");
    }
}
