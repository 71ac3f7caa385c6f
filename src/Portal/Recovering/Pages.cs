using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Platform.Pages;
using Muqeem.Portal.Joining;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;

namespace Muqeem.Portal.Recovering;

/// <summary>A forgotten password: what opening the account took, and the second factor or a day of waiting. As silent about who exists as opening one.</summary>
internal static class Pages
{
    private static readonly Dictionary<string, int> Lengths = new(StringComparer.Ordinal) { ["passport"] = 400, ["password"] = 300 };

    public static void Map(IEndpointRouteBuilder pages)
    {
        var open = pages.MapGroup("/recover").AllowAnonymous();
        open.MapGet("", () => Details(FormState.Empty(), StatusCodes.Status200OK));
        open.MapPost("", StartAsync);
        open.MapGet("/step", async (HttpContext http, AccessRecovery recovery, CancellationToken cancel) =>
            await recovery.ResumeAsync(SessionCookies.Registration(http.Request), cancel) is RecoveryAnswer.At at
                ? PageResult.Of<StepPage, StepModel>(new(at.Step, FormState.Empty()))
                : http.GoTo("recover"));
        open.MapPost("/step", ActAsync);
        open.MapGet("/done", () => PageResult.Of<DonePage>());
    }

    private static PageResult Details(FormState form, int status) => PageResult.Of<DetailsPage, DetailsModel>(new(form, "resident", "recover"), status);

    private static async Task<IResult> StartAsync(HttpContext http, AccessRecovery recovery, PageContext page, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        if (form.Redraw || !form.Ok)
        {
            return Details(form, form.Redraw ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        }
        var answer = await recovery.StartAsync(Joining.Pages.Typed(form), Visitor.Of(http, page.Language.Code), cancel);
        if (answer is RecoveryAnswer.At { Token: { } token })
        {
            SessionCookies.SetRegistration(http, token);
        }
        return Show(http, form, answer);
    }

    private static async Task<IResult> ActAsync(HttpContext http, AccessRecovery recovery, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        var token = SessionCookies.Registration(http.Request);
        if (form.Redraw)
        {
            return await recovery.ResumeAsync(token, cancel) is RecoveryAnswer.At here ? PageResult.Of<StepPage, StepModel>(new(here.Step, form)) : http.GoTo("recover");
        }
        var operation = http.OperationIdOf(form);
        return Show(http, form, form["act"] switch
        {
            "retry" => await recovery.RetryAsync(token, cancel),
            "resend" => await recovery.ResendAsync(token, cancel),
            "code" => await recovery.ConfirmCodeAsync(token, form["code"], operation, cancel),
            "app" => await recovery.ConfirmFactorAsync(token, Factor.Authenticator, form["code"], operation, cancel),
            "paper" => await recovery.ConfirmFactorAsync(token, Factor.RecoveryCode, form["code"], operation, cancel),
            "lost" => await recovery.FactorIsLostAsync(token, operation, cancel),
            "password" => await recovery.PasswordAsync(token, form["password"], operation, cancel),
            _ => await recovery.ResumeAsync(token, cancel),
        });
    }

    private static IResult Show(HttpContext http, FormState form, RecoveryAnswer answer)
    {
        switch (answer)
        {
            case RecoveryAnswer.At:
                return http.GoTo("recover/step");
            case RecoveryAnswer.Refused refused:
                form.RefuseAll(refused.Refusals);
                return refused.Step is { } step
                    ? PageResult.Of<StepPage, StepModel>(new(step, form), StatusCodes.Status422UnprocessableEntity)
                    : Details(form, StatusCodes.Status422UnprocessableEntity);
            case RecoveryAnswer.Wait wait:
                return Outcomes.Later(wait.Refusal, http.At(""));
            case RecoveryAnswer.Done:
                SessionCookies.ClearRegistration(http);
                return http.GoTo("recover/done");
            case RecoveryAnswer.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
            default:
                SessionCookies.ClearRegistration(http);
                return http.GoTo("recover");
        }
    }
}

/// <summary>Where the recovery stands.</summary>
public sealed record StepModel(RecoveryStep Step, FormState Form);
