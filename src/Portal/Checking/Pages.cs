using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Cases;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Writing;
using Muqeem.Portal.Applying;
using Muqeem.SignIn;
using Verdict = Muqeem.Credentials.Verifying.Verdict;

namespace Muqeem.Portal.Checking;

/// <summary>The public's question: is this ID real and good now, is this receipt? Answered with the least that serves.</summary>
internal static class Pages
{
    /// <summary>A scanned text is some 200 characters; room for what phones put around it.</summary>
    private const int LongestText = 600;

    /// <summary>No code was found in the picture.</summary>
    public const string NoCode = "portal.verify.no_code";

    public static void Map(IEndpointRouteBuilder root, IEndpointRouteBuilder pages)
    {
        pages.MapGet("/verify", () => PageResult.Of<CheckPage, CheckModel>(new(FormState.Empty()))).AllowAnonymous();
        pages.MapPost("/verify", PostAsync).AllowAnonymous();
        pages.MapPost("/verify/picture", PictureAsync).AllowAnonymous();
        pages.MapGet("/v/{token}", (string token, HttpContext http, CancellationToken cancel) => AnswerAsync(token, http, cancel)).AllowAnonymous();
        // What a phone's camera opens: the code names no language.
        root.MapGet("/v/{token}", (string token, PageContext page) => Results.LocalRedirect($"/{page.Language.Code}/v/{Uri.EscapeDataString(token)}")).AllowAnonymous();
    }

    private static async Task<IResult> PostAsync(HttpContext http, CancellationToken cancel)
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
            ? await AnswerAsync(typed, http, cancel)
            : PageResult.Of<CheckPage, CheckModel>(new(form), StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>A picture of the code, for phones whose camera does not read it. The picture is not kept.</summary>
    private static async Task<IResult> PictureAsync(HttpContext http, ApplicationFiles files, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        if (form.Redraw)
        {
            return PageResult.Of<CheckPage, CheckModel>(new(form));
        }
        if (form.File("picture") is not { } file)
        {
            form.Refuse("picture", "portal.verify.error.no_picture");
        }
        else if ((await files.ReadCodeAsync(file, new Refusal(NoCode), cancel)).TryGet(out var text, out var refusal))
        {
            return await AnswerAsync(text, http, cancel);
        }
        else
        {
            form.Refuse("picture", refusal);
        }
        return PageResult.Of<CheckPage, CheckModel>(new(form), StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>A receipt's code is told from an ID's by what it says of itself: whoever has a square code before him need not know which it is.</summary>
    private static async Task<IResult> AnswerAsync(string? shown, HttpContext http, CancellationToken cancel)
    {
        var services = http.RequestServices;
        if (await services.GetRequiredService<PaymentReceipts>().CheckAsync(shown, cancel) is { } receipt)
        {
            return PageResult.Of<ReceiptVerdictPage, ReceiptVerdict>(receipt);
        }
        // Wrong codes are counted against the network they come from.
        var asker = Visitor.Of(http, services.GetRequiredService<PageContext>().Language.Code).Address;
        return Answer(await services.GetRequiredService<Verification>().CheckAsync(shown, asker, Reader(http), cancel: cancel));
    }

    internal static PageResult Answer(Verdict verdict) => PageResult.Of<VerdictPage, Verdict>(verdict);

    /// <summary>The resident is told that somebody checked; who is signed in here by chance is nobody's business.</summary>
    private static Actor Reader(HttpContext http) => http.SignedIn() is { IsOffice: true } office ? office.Actor : Actor.Anonymous;
}

/// <summary>The form with the code.</summary>
public sealed record CheckModel(FormState Form);
