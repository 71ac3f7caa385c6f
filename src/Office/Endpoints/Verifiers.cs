using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Credentials.Verifiers;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Office.Endpoints;

/// <summary>Who may check IDs by program: one operator proposes, another confirms; any of them ends a key or a verifier at once. Nothing personal is on these pages.</summary>
internal static class Verifiers
{
    private const int LongestReason = 100;

    public static void Map(RouteGroupBuilder office)
    {
        office.MapGet("/verifiers", (HttpContext http, VerifierBook book, VerifierRegistrar registrar, TimeProvider clock, CancellationToken cancel) =>
            ShowAsync(http, book, registrar, clock, FormState.Empty(), cancel)).RequireAuthorization(Doors.Operator);
        office.MapPost("/verifiers", ProposeAsync).RequireAuthorization(Doors.Operator);
        office.MapPost("/verifiers/keys", ProposeKeysAsync).RequireAuthorization(Doors.Operator);
        office.MapPost("/verifiers/decide", DecideAsync).RequireAuthorization(Doors.Operator);
        office.MapPost("/verifiers/end", EndAsync).RequireAuthorization(Doors.Operator);
    }

    private static async Task<IResult> ShowAsync(HttpContext http, VerifierBook book, VerifierRegistrar registrar, TimeProvider clock, FormState form, CancellationToken cancel)
    {
        await book.LoadAsync(cancel);
        var model = new VerifiersModel(http.MustBeSignedIn(), book.All, await registrar.WaitingAsync(cancel), book.Rules, clock.Now(), form);
        return PageResult.Of<VerifiersPage, VerifiersModel>(model, form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> ProposeAsync(HttpContext http, Language language, VerifierBook book, VerifierRegistrar registrar, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        if (form.Operation is not { } operation)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        VerifierKind? kind = Enum.TryParse<VerifierKind>(form["kind"], out var known) && Enum.IsDefined(known) ? known : null;
        if (kind is null)
        {
            form.Refuse("kind", new Refusal("office.verifiers.kind_missing"));
        }
        var (perMinute, perDay) = (Budget(form, "per-minute"), Budget(form, "per-day"));
        if (form.Ok)
        {
            var application = new VerifierApplication(
                kind!.Value, form["name-ar"] ?? "", form["name-en"] ?? "", [.. form.All("grants").Select(Grant.Of).OfType<Grant>()], [form["keys"] ?? ""], perMinute, perDay);
            return await AnswerAsync(http, language, book, registrar, clock, form, await registrar.ProposeAsync(http.MustBeSignedIn().Actor, operation, application, cancel), cancel);
        }
        return await ShowAsync(http, book, registrar, clock, form, cancel);
    }

    private static async Task<IResult> ProposeKeysAsync(HttpContext http, Language language, VerifierBook book, VerifierRegistrar registrar, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        if (form.Operation is not { } operation)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        await book.LoadAsync(cancel);
        var answer = await registrar.ProposeKeysAsync(http.MustBeSignedIn().Actor, operation, Guid.TryParse(form["verifier"], out var id) ? id : default, [form["more-keys"] ?? ""], cancel);
        return await AnswerAsync(http, language, book, registrar, clock, form, answer, cancel);
    }

    private static async Task<IResult> DecideAsync(HttpContext http, Language language, VerifierBook book, VerifierRegistrar registrar, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        // One button a line: what to do, and with which proposal.
        if (form.Operation is not { } operation || form["act"]?.Split(':') is not [("confirm" or "reject") and var act, var text] || !Guid.TryParse(text, out var id))
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var by = http.MustBeSignedIn().Actor;
        await book.LoadAsync(cancel);
        var answer = act == "confirm" ? await registrar.ConfirmAsync(by, operation, id, cancel) : await registrar.RejectAsync(by, operation, id, cancel);
        return answer is BookAnswer.Refused refused ? Outcomes.NotNow(new(refused.Refusal, null, Here(language))) : await AnswerAsync(http, language, book, registrar, clock, form, answer, cancel);
    }

    /// <summary>A key, or a verifier with all its keys, ends at once. This takes no second operator: a key that was stolen cannot wait for one.</summary>
    private static async Task<IResult> EndAsync(HttpContext http, Language language, VerifierBook book, VerifierRegistrar registrar, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        if (form.Operation is not { } operation)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var reason = form["reason"]?.Trim() ?? "";
        if (reason.Length is 0 or > LongestReason || !reason.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            form.Refuse("reason", new Refusal("office.verifiers.reason_missing"));
        }
        if (form["end"] is not { Length: > 0 } end)
        {
            form.Refuse("end", new Refusal("office.verifiers.end_missing"));
            end = "";
        }
        if (!form.Ok)
        {
            return await ShowAsync(http, book, registrar, clock, form, cancel);
        }
        var by = http.MustBeSignedIn().Actor;
        await book.LoadAsync(cancel);
        var answer = Guid.TryParse(end, out var id) ? await book.RevokeAsync(by, operation, id, reason, cancel) : await book.RevokeKeyAsync(by, operation, end, reason, cancel);
        return answer is BookAnswer.Refused refused ? Outcomes.NotNow(new(refused.Refusal, null, Here(language))) : await AnswerAsync(http, language, book, registrar, clock, form, answer, cancel);
    }

    private static async Task<IResult> AnswerAsync(HttpContext http, Language language, VerifierBook book, VerifierRegistrar registrar, TimeProvider clock, FormState form, BookAnswer answer, CancellationToken cancel)
    {
        switch (answer)
        {
            case BookAnswer.Refused { Refusal: var refusal }:
                form.Refuse(FieldOf(refusal, form), refusal);
                return await ShowAsync(http, book, registrar, clock, form, cancel);
            case BookAnswer.TryAgain later:
                return Outcomes.Busy(http, form, later.After);
            default:
                return Results.LocalRedirect(Here(language));
        }
    }

    private static string FieldOf(Refusal refusal, FormState form) => refusal.Code switch
    {
        VerifierRefusals.Names => "name-ar",
        VerifierRefusals.Grants => "grants",
        VerifierRefusals.Budget => "per-minute",
        VerifierRefusals.NoVerifier => "verifier",
        _ => form.Has("more-keys") ? "more-keys" : "keys",
    };

    /// <summary>Null: as the policy has it.</summary>
    private static int? Budget(FormState form, string name)
    {
        if (form[name]?.Trim() is not { Length: > 0 } text)
        {
            return null;
        }
        if (int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var budget) && budget > 0)
        {
            return budget;
        }
        form.Refuse(name, new Refusal(VerifierRefusals.Budget));
        return null;
    }

    private static string Here(Language language) => $"/{language.Code}/office/verifiers";
}
