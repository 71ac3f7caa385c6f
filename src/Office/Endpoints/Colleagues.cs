using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;

namespace Muqeem.Office.Endpoints;

/// <summary>Who works in the office: one operator proposes, another approves, and the colleague activates the account with a code that works once.</summary>
internal static class Colleagues
{
    public static void Map(RouteGroupBuilder office)
    {
        office.MapGet("/colleagues", (HttpContext http, OfficeAccounts accounts, ReadDoor door, CancellationToken cancel) => ShowAsync(http, accounts, door, FormState.Empty(), cancel)).RequireAuthorization(Doors.Operator);
        office.MapPost("/colleagues", ProposeAsync).RequireAuthorization(Doors.Operator);
        office.MapPost("/colleagues/decide", DecideAsync).RequireAuthorization(Doors.Operator);
        office.MapGet("/activate", () => PageResult.Of<ActivatePage, ActivateModel>(new(FormState.Empty(), null))).AllowAnonymous();
        office.MapPost("/activate", ActivateAsync).AllowAnonymous();
    }

    private static async Task<IResult> ShowAsync(HttpContext http, OfficeAccounts accounts, ReadDoor door, FormState form, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var access = door.Enter(session.Actor, Purpose.Operate, null, "office.colleagues", [.. await accounts.PersonsAsync(cancel)]);
        var model = new ColleaguesModel(session, await accounts.ListAsync(access, cancel), await accounts.InvitationsAsync(access, cancel), form);
        return PageResult.Of<ColleaguesPage, ColleaguesModel>(model, form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> ProposeAsync(HttpContext http, Language language, OfficeAccounts accounts, ReadDoor door, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        if (form.Operation is not { } operation)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var roles = form.All("roles").Select(r => Enum.TryParse<OfficeRole>(r, out var role) ? role : OfficeRole.None).Aggregate(OfficeRole.None, (all, role) => all | role);
        var answer = await accounts.ProposeAsync(session, new Colleague(form["name"], form["account"], form["email"], roles, form["office"]), operation, cancel);
        if (answer is OfficeAnswer.Refused refused)
        {
            foreach (var refusal in refused.Refusals)
            {
                form.Refuse(FieldOf(refusal), refusal);
            }
            return await ShowAsync(http, accounts, door, form, cancel);
        }
        return Answer(http, language, form, answer);
    }

    private static async Task<IResult> DecideAsync(HttpContext http, Language language, OfficeAccounts accounts, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        // One button a line: what to do, and with which invitation or account.
        if (form.Operation is not { } operation || form["act"]?.Split(':') is not [var act, var text] || !Guid.TryParse(text, out var id))
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        return Answer(http, language, form, act switch
        {
            "approve" => await accounts.ApproveAsync(session, id, operation, cancel),
            "withdraw" => await accounts.WithdrawAsync(session, id, operation, cancel),
            "reset" => await accounts.ProposeResetAsync(session, new AccountId(id), operation, cancel),
            "disable" => await accounts.DisableAsync(session, new AccountId(id), "operator", operation, cancel),
            _ => new OfficeAnswer.Refused(new Refusal(OfficeAccounts.Gone)),
        });
    }

    /// <summary>First the code alone, then password and authenticator, then the recovery codes, once. The code is never in an address.</summary>
    private static async Task<IResult> ActivateAsync(HttpContext http, OfficeAccounts accounts, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var token = form["activation"]?.Trim();
        if (form["password"] is not { } password || form.Redraw)
        {
            return await accounts.OpenAsync(token, cancel) is Activation.Open open ? Page(form, open) : Gone(form);
        }
        if (form.Operation is not { } operation)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        switch (await accounts.ActivateAsync(token, password, form["code"], operation, cancel))
        {
            case Activation.Active active:
                return PageResult.Of<ActivatedPage, ActivatedModel>(new(active.RecoveryCodes));
            case Activation.Refused refused:
                foreach (var refusal in refused.Refusals)
                {
                    form.Refuse(refusal.Code.StartsWith("authenticator", StringComparison.Ordinal) ? "code" : "password", refusal);
                }
                return await accounts.OpenAsync(token, cancel) is Activation.Open again ? Page(form, again) : Gone(form);
            case Activation.Busy busy:
                return PageResult.Error(StatusCodes.Status503ServiceUnavailable).RetryAfter(busy.RetryAfter);
            default:
                return Gone(form);
        }

        static PageResult Page(FormState form, Activation.Open open) => PageResult.Of<ActivatePage, ActivateModel>(new(form, open), form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);

        static PageResult Gone(FormState form)
        {
            form.Refuse("activation", new Refusal(OfficeAccounts.Gone));
            return PageResult.Of<ActivatePage, ActivateModel>(new(form, null), StatusCodes.Status422UnprocessableEntity);
        }
    }

    private static IResult Answer(HttpContext http, Language language, FormState form, OfficeAnswer answer)
    {
        var here = $"/{language.Code}/office/colleagues";
        return answer switch
        {
            OfficeAnswer.Refused refused => Outcomes.NotNow(new(refused.Refusals[0], null, here)),
            OfficeAnswer.Busy busy => Outcomes.Busy(http, form, busy.RetryAfter),
            _ => Results.LocalRedirect(here),
        };
    }

    private static string FieldOf(Refusal refusal) => refusal.Code switch
    {
        OfficeAccounts.NameMissing => "name",
        OfficeAccounts.NameForm or OfficeAccounts.NameTaken => "account",
        OfficeAccounts.OfficeMissing => "office",
        OfficeAccounts.RolesClash => "roles",
        Registration.EmailForm => "email",
        _ => "",
    };
}
