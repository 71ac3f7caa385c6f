using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn;

namespace Muqeem.Office.Endpoints;

/// <summary>
/// Somebody stands at the desk with a passport, and the account was opened without a proof that holds. The officer compares person, passport and record, and confirms: the account then sees the records.
/// </summary>
internal static class Proofings
{
    public static void Map(RouteGroupBuilder office)
    {
        office.MapGet("/accounts", (HttpContext http, string? done) =>
            PageResult.Of<AccountsPage, AccountsModel>(new(http.MustBeSignedIn(), FormState.Empty(), null, done == "1"))).RequireAuthorization(Doors.CaseWork);
        // A number of a person never stands in an address: it is looked up by a form that is posted.
        office.MapPost("/accounts", FindAsync).RequireAuthorization(Doors.CaseWork);
        office.MapPost("/accounts/proof", ProofAsync).RequireAuthorization(Doors.CaseWork);
    }

    private static async Task<IResult> FindAsync(HttpContext http, Persons persons, Accounts accounts, ReadDoor door, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        var found = form.Redraw ? null : await AccountOfAsync(form, persons, accounts, cancel);
        if (found is null)
        {
            return PageResult.Of<AccountsPage, AccountsModel>(new(session, form, null, false), form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        }
        var access = door.Enter(session.Actor, Purpose.CheckRecords, null, "office.account", found.Person);
        var record = await persons.OpenAsync(access, found.Person, cancel);
        return PageResult.Of<AccountsPage, AccountsModel>(new(session, form, new(found, record), false));
    }

    private static async Task<IResult> ProofAsync(HttpContext http, Language language, Persons persons, Accounts accounts, ReadDoor door, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        if (form.Operation is not { } operation)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        if (await AccountOfAsync(form, persons, accounts, cancel) is not { } found)
        {
            return PageResult.Of<AccountsPage, AccountsModel>(new(session, form, null, false), StatusCodes.Status422UnprocessableEntity);
        }
        var evidence = (form["evidence"] ?? "").Trim();
        if (form["seen"] != "yes")
        {
            form.Refuse("seen", "office.error.seen");
        }
        if (evidence.Length is 0 or > 60)
        {
            form.Refuse("evidence", "office.error.evidence");
        }
        if (!form.Ok)
        {
            var access = door.Enter(session.Actor, Purpose.CheckRecords, null, "office.account", found.Person);
            return PageResult.Of<AccountsPage, AccountsModel>(new(session, form, new(found, await persons.OpenAsync(access, found.Person, cancel)), false), StatusCodes.Status422UnprocessableEntity);
        }
        var here = $"/{language.Code}/office/accounts";
        return found.Person == session.Person
            ? Outcomes.NotNow(new(new Refusal(Accounts.NotByYourself), null, here))
            : Outcomes.Answer(http, await accounts.ProofAsync(found.Id, Proofing.Officer, session.Actor, evidence, operation, cancel), form, here + "?done=1", here);
    }

    private static async Task<Account?> AccountOfAsync(FormState form, Persons persons, Accounts accounts, CancellationToken cancel)
    {
        PersonId? person = null;
        if (ResidentNumber.Parse(form["number"]).TryGet(out var resident, out _))
        {
            person = await persons.FindAsync(IdentifierKinds.Resident, resident.ToString(), cancel);
        }
        else if (BorderNumber.Parse(form["number"]).TryGet(out var border, out var refusal))
        {
            person = await persons.FindAsync(IdentifierKinds.Border, border.ToString(), cancel);
        }
        else
        {
            form.Refuse("number", refusal);
            return null;
        }
        if (person is { } known && await accounts.OfPersonAsync(known, cancel) is { } account)
        {
            return account;
        }
        form.Refuse("number", "office.error.no_account");
        return null;
    }
}
