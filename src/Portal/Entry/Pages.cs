using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Entry;

/// <summary>Signing in and out, the second factor, and stepping up before what matters.</summary>
internal static class Pages
{
    /// <summary>The factors an account has, as letters in the address of the second page.</summary>
    private const string Letters = "amr";

    private static readonly Dictionary<string, int> Lengths = new(StringComparer.Ordinal) { ["password"] = 300, ["returnTo"] = 2000 };

    public static void Map(IEndpointRouteBuilder pages)
    {
        var open = pages.MapGroup("").AllowAnonymous();
        open.MapGet("/sign-in", (string? returnTo, bool? over, HttpContext http) => http.SignedIn() is { IsOffice: false } && LocalUrl.Safe(returnTo) is null
            ? http.GoTo("home")
            : PageResult.Of<SignInPage, SignInModel>(new(FormState.Empty(), LocalUrl.Safe(returnTo), over == true)));
        open.MapPost("/sign-in", StartAsync);
        open.MapGet("/sign-in/code", (string? have, string? via, bool? sent, string? returnTo, HttpContext http) => SessionCookies.Challenge(http.Request) is null
            ? http.GoTo("sign-in")
            : PageResult.Of<FactorPage, FactorModel>(new(FormState.Empty(), Factors(have), FactorOf(via), sent == true, LocalUrl.Safe(returnTo))));
        open.MapPost("/sign-in/code", CompleteAsync);
        open.MapPost("/sign-out", OutAsync);
        open.MapGet("/stop", () => PageResult.Of<StopPage, StopModel>(new(FormState.Empty(), false)));
        open.MapPost("/stop", StopAsync);

        var resident = pages.MapGroup("").RequireAuthorization(Doors.Resident);
        resident.MapGet("/step-up", (string? returnTo) => PageResult.Of<StepUpPage, SignInModel>(new(FormState.Empty(), LocalUrl.Safe(returnTo), false)));
        resident.MapPost("/step-up", StepUpAsync);
    }

    private static async Task<IResult> StartAsync(HttpContext http, SignIns signIns, PageContext page, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        var returnTo = LocalUrl.Safe(form["returnTo"]);
        if (form.Redraw)
        {
            return PageResult.Of<SignInPage, SignInModel>(new(form, returnTo, false));
        }
        var answer = await signIns.StartAsync(form["number"], form["password"], form["shared"] == "yes", Visitor.Of(http, page.Language.Code), cancel);
        return Started(http, form, answer, returnTo, f => PageResult.Of<SignInPage, SignInModel>(new(f, returnTo, false), StatusCodes.Status422UnprocessableEntity));
    }

    private static async Task<IResult> StepUpAsync(HttpContext http, SignIns signIns, PageContext page, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        var returnTo = LocalUrl.Safe(form["returnTo"]);
        if (form.Redraw)
        {
            return PageResult.Of<StepUpPage, SignInModel>(new(form, returnTo, false));
        }
        var answer = await signIns.StepUpAsync(http.MustBeSignedIn(), form["password"], Visitor.Of(http, page.Language.Code), cancel);
        return Started(http, form, answer, returnTo, f => PageResult.Of<StepUpPage, SignInModel>(new(f, returnTo, false), StatusCodes.Status422UnprocessableEntity));
    }

    private static IResult Started(HttpContext http, FormState form, SignInStart answer, string? returnTo, Func<FormState, IResult> again)
    {
        switch (answer)
        {
            case SignInStart.OneMoreFactor more:
                SessionCookies.SetChallenge(http, more.Token);
                return http.GoTo(Address(more.Factors, more.Factors[0], sent: more.SentTo is not null, returnTo));
            case SignInStart.Failed failed:
                form.Refuse("number", failed.Refusal);
                return again(form);
            case SignInStart.Wait wait:
                return Outcomes.Later(wait.Refusal, http.At("sign-in"));
            case SignInStart.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
            default:
                throw new InvalidOperationException($"An unknown answer: {answer.GetType().Name}.");
        }
    }

    private static async Task<IResult> CompleteAsync(HttpContext http, SignIns signIns, PageContext page, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        var token = SessionCookies.Challenge(http.Request);
        var (have, via, returnTo) = (Factors(form["have"]), FactorOf(form["via"]), LocalUrl.Safe(form["returnTo"]));
        if (form.Redraw)
        {
            return PageResult.Of<FactorPage, FactorModel>(new(form, have, via, form["sent"] == "yes", returnTo));
        }
        if (form.Has("send"))
        {
            return await signIns.SendCodeAsync(token, cancel) switch
            {
                CodeSending.Sent => http.GoTo(Address(have, Factor.Message, sent: true, returnTo)),
                CodeSending.Busy busy => http.TryAgain(form, busy.RetryAfter),
                CodeSending.Refused refused => Wrong(refused.Refusal),
                _ => Over(http, returnTo),
            };
        }
        switch (await signIns.CompleteAsync(token, via, form["code"], Visitor.Of(http, page.Language.Code), cancel))
        {
            case SignInEnd.In entered:
                SessionCookies.Set(http, entered.SignedIn);
                return entered.RecoveryCodesLeft is { } left ? http.GoTo(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"me/recovery-codes?left={left}"))
                    : new SeeOther(returnTo ?? http.At(entered.SignedIn.Session.IsOffice ? "" : "home"));
            case SignInEnd.Refused refused:
                return Wrong(refused.Refusal);
            case SignInEnd.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
            default:
                return Over(http, returnTo);
        }

        IResult Wrong(Refusal refusal)
        {
            form.Refuse("code", refusal);
            return PageResult.Of<FactorPage, FactorModel>(new(form, have, via, form["sent"] == "yes", returnTo), StatusCodes.Status422UnprocessableEntity);
        }
    }

    private static SeeOther Over(HttpContext http, string? returnTo)
    {
        SessionCookies.ClearChallenge(http);
        return new SeeOther(http.At("sign-in?over=true" + (returnTo is null ? "" : "&returnTo=" + Uri.EscapeDataString(returnTo))));
    }

    private static async Task<IResult> OutAsync(HttpContext http, Sessions sessions, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        if (http.SignedIn() is { } session && await sessions.SignOutAsync(session, http.OperationIdOf(form), cancel) is Answer.Busy busy)
        {
            return http.TryAgain(form, busy.RetryAfter);
        }
        SessionCookies.Clear(http);
        SessionCookies.ClearChallenge(http);
        return http.GoTo("");
    }

    /// <summary>Whoever has the old number stops a change with the code in the alert; no sign-in is asked for.</summary>
    private static async Task<IResult> StopAsync(HttpContext http, ContactChanges changes, PageContext page, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        if (form.Redraw)
        {
            return PageResult.Of<StopPage, StopModel>(new(form, false));
        }
        switch (await changes.StopAsync(form["code"], Visitor.Of(http, page.Language.Code), http.OperationIdOf(form), cancel))
        {
            case ContactAnswer.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
            case ContactAnswer.Refused refused:
                form.RefuseAll(refused.Refusals, "code");
                return PageResult.Of<StopPage, StopModel>(new(form, false), StatusCodes.Status422UnprocessableEntity);
            default:
                return PageResult.Of<StopPage, StopModel>(new(FormState.Empty(), true));
        }
    }

    /// <summary>The address of the page for the second factor: which the account has, which is asked.</summary>
    internal static string Address(IReadOnlyList<Factor> have, Factor via, bool sent, string? returnTo) =>
        $"sign-in/code?have={Written(have)}&via={Letters[(int)via]}{(sent ? "&sent=true" : "")}{(returnTo is null ? "" : "&returnTo=" + Uri.EscapeDataString(returnTo))}";

    internal static string Written(IEnumerable<Factor> factors) => string.Concat(factors.Select(f => Letters[(int)f]));

    private static List<Factor> Factors(string? letters) => [.. (letters ?? "").Where(Letters.Contains).Distinct().Select(l => (Factor)Letters.IndexOf(l, StringComparison.Ordinal))];

    private static Factor FactorOf(string? letter) => Factors(letter) is [var first, ..] ? first : Factor.Authenticator;
}

/// <param name="Over">An earlier attempt has ended.</param>
public sealed record SignInModel(FormState Form, string? ReturnTo, bool Over);

/// <param name="Have">What may be used, best first.</param>
/// <param name="Sent">A message was sent.</param>
public sealed record FactorModel(FormState Form, IReadOnlyList<Factor> Have, Factor Via, bool Sent, string? ReturnTo);

public sealed record StopModel(FormState Form, bool Done);
