using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Office.Pages;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;

namespace Muqeem.Office.Endpoints;

/// <summary>Name and password, then the authenticator's code: the office never signs in with less.</summary>
internal static class SignInPages
{
    public static void Map(RouteGroupBuilder office)
    {
        office.MapGet("/sign-in", (HttpContext http, Language language, string? returnTo) =>
            http.SignedIn() is { IsOffice: true }
                ? Results.LocalRedirect($"/{language.Code}/office")
                : PageResult.Of<OfficeSignInPage, OfficeSignInModel>(new(FormState.Empty(), null, LocalUrl.Safe(returnTo)))).AllowAnonymous();
        office.MapPost("/sign-in", PasswordAsync).AllowAnonymous();
        office.MapPost("/sign-in/code", CodeAsync).AllowAnonymous();
        office.MapPost("/sign-out", SignOutAsync).RequireAuthorization(Doors.Office);
    }

    private static async Task<IResult> PasswordAsync(HttpContext http, Language language, SignIns signIns, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var returnTo = LocalUrl.Safe(form["returnTo"]);
        if (form.Redraw)
        {
            return PageResult.Of<OfficeSignInPage, OfficeSignInModel>(new(form, null, returnTo));
        }
        switch (await signIns.StartAsync(form["name"], form["password"], sharedPhone: true, Visitor.Of(http, language.Code), cancel))
        {
            case SignInStart.OneMoreFactor more:
                SessionCookies.SetChallenge(http, more.Token);
                return PageResult.Of<OfficeCodePage, OfficeCodeModel>(new(FormState.Empty(), more.Factors.Contains(Factor.RecoveryCode), returnTo));
            case SignInStart.Failed failed:
                form.Refuse("", failed.Refusal);
                return PageResult.Of<OfficeSignInPage, OfficeSignInModel>(new(form, null, returnTo), StatusCodes.Status422UnprocessableEntity);
            case SignInStart.Wait wait:
                form.Refuse("", wait.Refusal);
                return PageResult.Of<OfficeSignInPage, OfficeSignInModel>(new(form, wait.OpensAt, returnTo), StatusCodes.Status429TooManyRequests);
            case SignInStart.Busy busy:
                return PageResult.Error(StatusCodes.Status503ServiceUnavailable).RetryAfter(busy.RetryAfter);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static async Task<IResult> CodeAsync(HttpContext http, Language language, SignIns signIns, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var returnTo = LocalUrl.Safe(form["returnTo"]);
        var byPaper = form["factor"] == "recovery";
        if (form.Redraw)
        {
            return PageResult.Of<OfficeCodePage, OfficeCodeModel>(new(form, true, returnTo));
        }
        switch (await signIns.CompleteAsync(SessionCookies.Challenge(http.Request), byPaper ? Factor.RecoveryCode : Factor.Authenticator, form["code"], Visitor.Of(http, language.Code), cancel))
        {
            case SignInEnd.In @in when !@in.SignedIn.Session.IsOffice:
                // A resident's account: it signs in at the residents' page. Nothing is set here.
                return Results.LocalRedirect($"/{language.Code}/sign-in");
            case SignInEnd.In @in:
                SessionCookies.Set(http, @in.SignedIn);
                return Results.LocalRedirect(returnTo ?? $"/{language.Code}/office");
            case SignInEnd.Refused refused:
                form.Refuse("code", refused.Refusal);
                return PageResult.Of<OfficeCodePage, OfficeCodeModel>(new(form, true, returnTo), StatusCodes.Status422UnprocessableEntity);
            case SignInEnd.Over over:
                SessionCookies.ClearChallenge(http);
                var again = FormState.Empty();
                again.Refuse("", over.Refusal);
                return PageResult.Of<OfficeSignInPage, OfficeSignInModel>(new(again, null, returnTo), StatusCodes.Status422UnprocessableEntity);
            case SignInEnd.Busy busy:
                return PageResult.Error(StatusCodes.Status503ServiceUnavailable).RetryAfter(busy.RetryAfter);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, Language language, Sessions sessions, TimeProvider clock, CancellationToken cancel)
    {
        if (await sessions.SignOutAsync(http.MustBeSignedIn(), Guid.CreateVersion7(clock.GetUtcNow()), cancel) is Answer.Busy busy)
        {
            return PageResult.Error(StatusCodes.Status503ServiceUnavailable).RetryAfter(busy.RetryAfter);
        }
        SessionCookies.Clear(http);
        return Results.LocalRedirect($"/{language.Code}/office/sign-in");
    }
}
