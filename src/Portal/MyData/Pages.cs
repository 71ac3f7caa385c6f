using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.MyData;

/// <summary>What the account holds, and how its holder changes it.</summary>
internal static class Pages
{
    private static readonly Dictionary<string, int> Lengths = new(StringComparer.Ordinal) { ["passport"] = 400, ["password"] = 300, ["former"] = 300 };

    public static void Map(IEndpointRouteBuilder pages)
    {
        var me = pages.MapGroup("/me").RequireAuthorization(Doors.Resident);
        me.MapGet("", OverviewAsync);

        me.MapGet("/mobile", () => PageResult.Of<ContactPage, ContactModel>(new(FormState.Empty(), "mobile")));
        me.MapPost("/mobile", (HttpContext http, ContactChanges changes, CancellationToken cancel) => StartAsync(http, "mobile", (s, f, id) => changes.StartMobileAsync(s, f["mobile"], id, cancel)));
        me.MapGet("/abroad", () => PageResult.Of<ContactPage, ContactModel>(new(FormState.Empty(), "abroad")));
        me.MapPost("/abroad", (HttpContext http, ContactChanges changes, CancellationToken cancel) => StartAsync(http, "abroad", (s, f, id) => changes.StartForeignMobileAsync(s, f["mobile"], id, cancel)));
        me.MapGet("/email", () => PageResult.Of<ContactPage, ContactModel>(new(FormState.Empty(), "email")));
        me.MapPost("/email", (HttpContext http, ContactChanges changes, CancellationToken cancel) => StartAsync(http, "email", (s, f, id) => changes.StartEmailAsync(s, f["email"], id, cancel)));
        me.MapGet("/change", async (HttpContext http, ContactChanges changes, CancellationToken cancel) =>
            await changes.UnderWayAsync(http.MustBeSignedIn(), cancel) is { } under ? PageResult.Of<ChangePage, ChangeModel>(new(under, FormState.Empty())) : http.GoTo("me"));
        me.MapPost("/change", ConfirmAsync);
        me.MapGet("/change/lost", async (HttpContext http, ContactChanges changes, CancellationToken cancel) =>
            await changes.UnderWayAsync(http.MustBeSignedIn(), cancel) is ContactAnswer.Confirm under ? PageResult.Of<LostPage, ChangeModel>(new(under, FormState.Empty())) : http.GoTo("me"));
        me.MapPost("/change/lost", LostAsync);
        me.MapPost("/contact/{id:guid}/remove", async (Guid id, HttpContext http, ContactChanges changes, CancellationToken cancel) =>
        {
            var form = await FormState.ReadAsync(http);
            return Changed(http, form, await changes.RemoveAsync(http.MustBeSignedIn(), id, http.OperationIdOf(form), cancel), "me", f => Outcomes.NotNow(RefusalOf(f), null, http.At("me")));
        });

        me.MapGet("/address", () => PageResult.Of<AddressPage, AddressModel>(new(FormState.Empty(), null)));
        me.MapPost("/address", AddressAsync);

        me.MapGet("/password", () => PageResult.Of<PasswordPage, PasswordModel>(new(FormState.Empty())));
        me.MapPost("/password", PasswordAsync);
        me.MapGet("/authenticator", async (HttpContext http, Authenticator authenticator, CancellationToken cancel) =>
            PageResult.Of<AuthenticatorPage, AuthenticatorModel>(new(await authenticator.HasAsync(http.MustBeSignedIn(), cancel), null, FormState.Empty())));
        me.MapPost("/authenticator", AuthenticatorAsync);
        me.MapGet("/recovery-codes", async (int? left, HttpContext http, RecoveryCodes codes, CancellationToken cancel) =>
            PageResult.Of<RecoveryPage, RecoveryModel>(new(await codes.LeftAsync(http.MustBeSignedIn(), cancel), left is not null, null)));
        me.MapPost("/recovery-codes", RecoveryAsync);

        me.MapGet("/sessions", SessionsAsync);
        me.MapPost("/sessions", EndAsync);
        me.MapGet("/close", () => PageResult.Of<ClosePage>());
        me.MapPost("/close", CloseAsync);
    }

    private static async Task<IResult> OverviewAsync(HttpContext http, Accounts accounts, AddressChanges addresses, ContactChanges changes, ReadDoor door, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var access = door.Enter(session.Actor, Purpose.Self, null, "portal.me", session.Person);
        return PageResult.Of<OverviewPage, OverviewModel>(new(
            await accounts.ProfileAsync(access, session.Account, cancel), await accounts.ContactsAsync(access, session.Account, cancel: cancel),
            (await addresses.ListAsync(access, session.Account, cancel)).FirstOrDefault(a => a.Until is null), await changes.UnderWayAsync(session, cancel) is not null, session.State));
    }

    private static async Task<IResult> StartAsync(HttpContext http, string kind, Func<Session, FormState, Guid, Task<ContactAnswer>> start)
    {
        var form = await FormState.ReadAsync(http);
        return form.Redraw
            ? PageResult.Of<ContactPage, ContactModel>(new(form, kind))
            : Changed(http, form, await start(http.MustBeSignedIn(), form, http.OperationIdOf(form)), "me/change",
                f => PageResult.Of<ContactPage, ContactModel>(new(f, kind), StatusCodes.Status422UnprocessableEntity), kind == "email" ? "email" : "mobile");
    }

    private static async Task<IResult> ConfirmAsync(HttpContext http, ContactChanges changes, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var session = http.MustBeSignedIn();
        if (await changes.UnderWayAsync(session, cancel) is not { } under)
        {
            return http.GoTo("me");
        }
        if (form.Redraw)
        {
            return PageResult.Of<ChangePage, ChangeModel>(new(under, form));
        }
        var id = under switch { ContactAnswer.Confirm c => c.Change, ContactAnswer.Cooling c => c.Change, _ => Guid.Empty };
        var answer = form["act"] switch
        {
            "resend" => await changes.ResendAsync(session, id, cancel),
            "stop" => await changes.StopAsync(session, id, http.OperationIdOf(form), cancel),
            _ => await changes.ConfirmAsync(session, id, form["newCode"], form["oldCode"], http.OperationIdOf(form), cancel),
        };
        return Changed(http, form, answer, answer is ContactAnswer.Done ? "me" : "me/change", f => PageResult.Of<ChangePage, ChangeModel>(new(under, f), StatusCodes.Status422UnprocessableEntity), "newCode");
    }

    private static async Task<IResult> LostAsync(HttpContext http, ContactChanges changes, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        var session = http.MustBeSignedIn();
        if (await changes.UnderWayAsync(session, cancel) is not ContactAnswer.Confirm under)
        {
            return http.GoTo("me/change");
        }
        if (form.Redraw)
        {
            return PageResult.Of<LostPage, ChangeModel>(new(under, form));
        }
        var birth = form.Date("birth");
        var answer = await changes.OldIsLostAsync(session, under.Change, birth.Day, birth.Month, birth.Year, birth.IsHijri ? CalendarKind.Hijri : CalendarKind.Gregorian, form["passport"],
            http.OperationIdOf(form), cancel);
        return Changed(http, form, answer, "me/change", f => PageResult.Of<LostPage, ChangeModel>(new(under, f), StatusCodes.Status422UnprocessableEntity));
    }

    private static IResult Changed(HttpContext http, FormState form, ContactAnswer answer, string onward, Func<FormState, IResult> again, string field = "")
    {
        switch (answer)
        {
            case ContactAnswer.Refused refused when refused.Refusals.Any(r => r.Code == Accounts.StepUp):
                return StepUp(http);
            case ContactAnswer.Refused refused:
                form.RefuseAll(refused.Refusals, field);
                return again(form);
            case ContactAnswer.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
            case ContactAnswer.Waiting waiting:
                form.Refuse("", "portal.agency_silent", ("at", waiting.RetryAt));
                return again(form);
            default:
                return http.GoTo(onward);
        }
    }

    private static async Task<IResult> AddressAsync(HttpContext http, AddressChanges addresses, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        if (form.Redraw)
        {
            return PageResult.Of<AddressPage, AddressModel>(new(form, null));
        }
        // First looked up and shown; the second press says that it is the one.
        var answer = form["act"] == "confirm" ? await addresses.ChangeAsync(http.MustBeSignedIn(), form["short"], http.OperationIdOf(form), cancel) : await addresses.FindAsync(form["short"], cancel);
        switch (answer)
        {
            case AddressAnswer.Done:
                return http.GoTo("me");
            case AddressAnswer.Found found:
                return PageResult.Of<AddressPage, AddressModel>(new(form, found.Address));
            case AddressAnswer.Refused { Refusal.Code: Accounts.StepUp }:
                return StepUp(http);
            case AddressAnswer.Refused refused:
                form.Refuse("short", refused.Refusal);
                break;
            case AddressAnswer.Waiting waiting:
                form.Refuse("", "portal.agency_silent", ("at", waiting.RetryAt));
                break;
            case AddressAnswer.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
        }
        return PageResult.Of<AddressPage, AddressModel>(new(form, null), StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> PasswordAsync(HttpContext http, Accounts accounts, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        return form.Redraw
            ? PageResult.Of<PasswordPage, PasswordModel>(new(form))
            : Settled(http, form, await accounts.ChangePasswordAsync(http.MustBeSignedIn(), form["former"], form["password"], http.OperationIdOf(form), cancel), () => http.GoTo("me"),
                f => PageResult.Of<PasswordPage, PasswordModel>(new(f), StatusCodes.Status422UnprocessableEntity));
    }

    private static async Task<IResult> AuthenticatorAsync(HttpContext http, Authenticator authenticator, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var session = http.MustBeSignedIn();
        var has = await authenticator.HasAsync(session, cancel);
        if (form.Redraw)
        {
            return PageResult.Of<AuthenticatorPage, AuthenticatorModel>(new(has, null, form));
        }
        if (form["act"] == "remove")
        {
            return Settled(http, form, await authenticator.RemoveAsync(session, http.OperationIdOf(form), cancel), () => http.GoTo("me/authenticator"), Again);
        }
        if (form["act"] == "confirm" && Guid.TryParse(form["id"], out var id))
        {
            // The secret is drawn again from what the page itself carried: it is shown to its holder only, and stored nowhere in clear.
            return Settled(http, form, await authenticator.ConfirmAsync(session, id, form["code"], http.OperationIdOf(form), cancel), () => http.GoTo("me"), f =>
                PageResult.Of<AuthenticatorPage, AuthenticatorModel>(new(has, new AuthenticatorStart.Scan(id, f["shownKey"] ?? "", f["shownUri"] ?? ""), f), StatusCodes.Status422UnprocessableEntity));
        }
        switch (await authenticator.StartAsync(session, http.OperationIdOf(form), cancel))
        {
            case AuthenticatorStart.Scan scan:
                return PageResult.Of<AuthenticatorPage, AuthenticatorModel>(new(has, scan, form.Again()));
            case AuthenticatorStart.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
            case AuthenticatorStart.Refused { Refusal.Code: Accounts.StepUp }:
                return StepUp(http);
            case AuthenticatorStart.Refused refused:
                form.Refuse("", refused.Refusal);
                return Again(form);
            default:
                throw new InvalidOperationException("An unknown answer.");
        }

        IResult Again(FormState f) => PageResult.Of<AuthenticatorPage, AuthenticatorModel>(new(has, null, f), StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> RecoveryAsync(HttpContext http, RecoveryCodes codes, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        return await codes.RenewAsync(http.MustBeSignedIn(), http.OperationIdOf(form), cancel) switch
        {
            RecoveryCodesAnswer.Fresh fresh => PageResult.Of<RecoveryPage, RecoveryModel>(new(fresh.Codes.Count, false, fresh.Codes)),
            RecoveryCodesAnswer.Busy busy => http.TryAgain(form, busy.RetryAfter),
            RecoveryCodesAnswer.Refused { Refusal.Code: Accounts.StepUp } => StepUp(http),
            RecoveryCodesAnswer.Refused refused => Outcomes.NotNow(refused.Refusal, null, http.At("me")),
            _ => throw new InvalidOperationException("An unknown answer."),
        };
    }

    private static async Task<IResult> SessionsAsync(HttpContext http, Sessions sessions, ReadDoor door, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var access = door.Enter(session.Actor, Purpose.Self, null, "portal.sessions", session.Person);
        return PageResult.Of<SessionsPage, SessionsModel>(new(await sessions.ListAsync(session, access, cancel)));
    }

    private static async Task<IResult> EndAsync(HttpContext http, Sessions sessions, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var session = http.MustBeSignedIn();
        var answer = Guid.TryParse(form["session"], out var which)
            ? await sessions.EndAsync(session, new SessionId(which), http.OperationIdOf(form), cancel)
            : await sessions.EndOthersAsync(session, http.OperationIdOf(form), cancel);
        return Settled(http, form, answer, () => http.GoTo("me/sessions"), f => Outcomes.NotNow(RefusalOf(f), null, http.At("me/sessions")));
    }

    private static async Task<IResult> CloseAsync(HttpContext http, Accounts accounts, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var session = http.MustBeSignedIn();
        return Settled(http, form, await accounts.SuspendAsync(session.Account, session, "holder", http.OperationIdOf(form), cancel), () =>
        {
            SessionCookies.Clear(http);
            return http.GoTo("");
        }, f => Outcomes.NotNow(RefusalOf(f), null, http.At("me")));
    }

    private static IResult Settled(HttpContext http, FormState form, Answer answer, Func<IResult> done, Func<FormState, IResult> again)
    {
        if (answer is Answer.Refused refused)
        {
            if (refused.Refusals.Any(r => r.Code == Accounts.StepUp))
            {
                return StepUp(http);
            }
            form.RefuseAll(refused.Refusals);
            return again(form);
        }
        return http.Show(form, answer, done, again);
    }

    /// <summary>Password and second factor again, then back to this page.</summary>
    private static SeeOther StepUp(HttpContext http) => new(http.At("step-up?returnTo=" + Uri.EscapeDataString(Readable(http.Request.Path))));

    /// <summary>The page of an address that only takes POSTs is the overview.</summary>
    private static string Readable(string path) => path.EndsWith("/remove", StringComparison.Ordinal) ? path[..(path.IndexOf("/me/", StringComparison.Ordinal) + 3)] : path;

    private static Refusal RefusalOf(FormState form) => new(form.Errors[0].Key["refusal.".Length..], [.. form.Errors[0].Facts.Select(f => (f.Key, f.Value))]);
}

/// <param name="ChangeUnderWay">A change of number or address waits for its codes or its day.</param>
public sealed record OverviewModel(AccountProfile? Profile, IReadOnlyList<Contact> Contacts, AddressLine? Address, bool ChangeUnderWay, AccountState State);

/// <param name="Kind">mobile, abroad or email.</param>
public sealed record ContactModel(FormState Form, string Kind);

/// <summary>A change that waits for its codes, or for its day.</summary>
public sealed record ChangeModel(ContactAnswer Under, FormState Form);

/// <param name="Found">The address of the short form, to be confirmed.</param>
public sealed record AddressModel(FormState Form, RegisteredAddress? Found);

public sealed record PasswordModel(FormState Form);

/// <param name="Has">The account has an app now.</param>
/// <param name="Scan">A new secret that waits for its first code.</param>
public sealed record AuthenticatorModel(bool Has, AuthenticatorStart.Scan? Scan, FormState Form);

/// <param name="JustUsed">One was used to sign in.</param>
/// <param name="Fresh">New ones, shown this once.</param>
public sealed record RecoveryModel(int Left, bool JustUsed, IReadOnlyList<string>? Fresh);

public sealed record SessionsModel(IReadOnlyList<SessionLine> Lines);
