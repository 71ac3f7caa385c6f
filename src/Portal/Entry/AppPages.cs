using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Platform.Pages;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;

namespace Muqeem.Portal.Entry;

/// <summary>Signing in with the national app: the number that is shown here is picked on the phone. The page looks again by itself, without script.</summary>
internal static class AppPages
{
    private static readonly Dictionary<string, int> Lengths = new(StringComparer.Ordinal) { ["returnTo"] = 2000 };

    public static void Map(IEndpointRouteBuilder pages)
    {
        var open = pages.MapGroup("/sign-in/app").AllowAnonymous();
        open.MapGet("", (string? returnTo, bool? over, FederatedSignIns signIns, HttpContext http) => signIns.IsOffered
            ? PageResult.Of<AppSignInPage, AppSignInModel>(new(FormState.Empty(), LocalUrl.Safe(returnTo), over == true, false))
            : http.GoTo("sign-in"));
        open.MapPost("", StartAsync);
        open.MapGet("/wait", ContinueAsync);
    }

    private static async Task<IResult> StartAsync(HttpContext http, FederatedSignIns signIns, PageContext page, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        var returnTo = LocalUrl.Safe(form["returnTo"]);
        if (form.Redraw)
        {
            return PageResult.Of<AppSignInPage, AppSignInModel>(new(form, returnTo, false, false));
        }
        switch (await signIns.StartAsync(form["number"], form["shared"] == "yes", Visitor.Of(http, page.Language.Code), cancel))
        {
            case FederatedStart.Asked asked:
                SessionCookies.SetFederated(http, asked.Token);
                return http.GoTo("sign-in/app/wait" + Query('?', returnTo));
            case FederatedStart.Refused refused:
                form.Refuse("number", refused.Refusal);
                return PageResult.Of<AppSignInPage, AppSignInModel>(new(form, returnTo, false, false), StatusCodes.Status422UnprocessableEntity);
            case FederatedStart.Wait wait:
                return Outcomes.Later(wait.Refusal, http.At("sign-in" + Query('?', returnTo)));
            case FederatedStart.Silent:
                return PageResult.Of<AppSignInPage, AppSignInModel>(new(form, returnTo, false, true), StatusCodes.Status503ServiceUnavailable);
            case FederatedStart.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
            default:
                throw new InvalidOperationException("An unknown answer.");
        }
    }

    private static async Task<IResult> ContinueAsync(string? returnTo, bool? still, HttpContext http, FederatedSignIns signIns, PageContext page, CancellationToken cancel)
    {
        var to = LocalUrl.Safe(returnTo);
        switch (await signIns.ContinueAsync(SessionCookies.Federated(http.Request), Visitor.Of(http, page.Language.Code), cancel))
        {
            case FederatedStep.In entered:
                SessionCookies.Set(http, entered.SignedIn);
                return new SeeOther(to ?? http.At("home"));
            case FederatedStep.Waiting waiting:
                return PageResult.Of<AppWaitPage, AppWaitModel>(new(waiting, to, still == true));
            default:
                // The page was open in two tabs, and the other one is signed in.
                if (http.SignedIn() is { IsOffice: false })
                {
                    return new SeeOther(to ?? http.At("home"));
                }
                SessionCookies.ClearFederated(http);
                return http.GoTo("sign-in/app?over=true" + Query('&', to));
        }
    }

    private static string Query(char mark, string? returnTo) => returnTo is null ? "" : $"{mark}returnTo={Uri.EscapeDataString(returnTo)}";
}

/// <param name="Over">An earlier attempt has ended without a confirmation.</param>
/// <param name="Silent">The national sign-in does not answer.</param>
public sealed record AppSignInModel(FormState Form, string? ReturnTo, bool Over, bool Silent);

/// <param name="Still">The reader asked that the page does not refresh itself.</param>
public sealed record AppWaitModel(FederatedStep.Waiting Step, string? ReturnTo, bool Still);
