using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Credentials.Verifying;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;
using Verdict = Muqeem.Credentials.Verifying.Verdict;

namespace Muqeem.Portal.Checking;

/// <summary>The public's question: is this ID real and good now? Answered with the least that serves.</summary>
internal static class Pages
{
    /// <summary>A scanned text is some 200 characters; room for what phones put around it.</summary>
    private const int LongestText = 600;

    public static void Map(IEndpointRouteBuilder root, IEndpointRouteBuilder pages)
    {
        pages.MapGet("/verify", () => PageResult.Of<CheckPage, CheckModel>(new(FormState.Empty()))).AllowAnonymous();
        pages.MapPost("/verify", PostAsync).AllowAnonymous();
        pages.MapGet("/v/{token}", async (string token, HttpContext http, Verifier verifier, PageContext page, CancellationToken cancel) =>
            Answer(await verifier.CheckAsync(token, Asker(http, page), Reader(http), cancel))).AllowAnonymous();
        // What a phone's camera opens: the code names no language.
        root.MapGet("/v/{token}", (string token, PageContext page) => Results.LocalRedirect($"/{page.Language.Code}/v/{Uri.EscapeDataString(token)}")).AllowAnonymous();
    }

    private static async Task<IResult> PostAsync(HttpContext http, Verifier verifier, PageContext page, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, LongestText);
        if (form.Redraw)
        {
            return PageResult.Of<CheckPage, CheckModel>(new(form));
        }
        var typed = form["shown"];
        if (string.IsNullOrWhiteSpace(typed))
        {
            form.Refuse("shown", "portal.verify.error.empty");
        }
        return form.Ok
            ? Answer(await verifier.CheckAsync(typed, Asker(http, page), Reader(http), cancel))
            : PageResult.Of<CheckPage, CheckModel>(new(form), StatusCodes.Status422UnprocessableEntity);
    }

    internal static PageResult Answer(Verdict verdict) => PageResult.Of<VerdictPage, Verdict>(verdict);

    /// <summary>Wrong codes are counted against the network they come from.</summary>
    private static string Asker(HttpContext http, PageContext page) => Visitor.Of(http, page.Language.Code).Address;

    /// <summary>The resident is told that somebody checked; who is signed in here by chance is nobody's business.</summary>
    private static Actor Reader(HttpContext http) => http.SignedIn() is { IsOffice: true } office ? office.Actor : Actor.Anonymous;
}

/// <summary>The form with the code.</summary>
public sealed record CheckModel(FormState Form);
