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

/// <summary>What does not agree with other agencies' records: the numbers for everybody who runs the place, both sides for those who may read cases.</summary>
internal static class Differences
{
    private const string SettleVerb = "difference.settle";

    public static void Map(RouteGroupBuilder office)
    {
        office.MapGet("/differences", async (HttpContext http, Reconciliations records, CancellationToken cancel) =>
        {
            var session = http.MustBeSignedIn();
            var mayOpen = session.Has(OfficeRole.Officer | OfficeRole.Supervisor | OfficeRole.Auditor);
            return PageResult.Of<DifferencesPage, DifferencesModel>(new(session, await records.LatestAsync(cancel: cancel), await records.OpenAsync(cancel), mayOpen ? await records.ListAsync(cancel: cancel) : [], mayOpen));
        }).RequireAuthorization(Doors.Office);
        office.MapGet("/differences/{id:guid}", ShowAsync).RequireAuthorization(OfficeSetup.Readers);
        office.MapPost("/differences/{id:guid}/settle", SettleAsync).RequireAuthorization(Doors.Officer);
    }

    private static async Task<IResult> ShowAsync(HttpContext http, Guid id, Reconciliations records, ReadDoor door, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        // Nobody sees to his own record.
        if (await records.FindAsync(id, cancel) is not { } difference || difference.Person == session.Person)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        var access = door.Enter(session.Actor, Purpose.CheckRecords, null, "office.difference", difference.Person);
        return PageResult.Of<DifferencePage, DifferenceModel>(new(session, difference, await records.SidesAsync(access, difference, cancel), difference.State == DifferenceStates.Open && session.Has(OfficeRole.Officer)));
    }

    /// <summary>An officer has seen to it, here or with the agency.</summary>
    private static async Task<IResult> SettleAsync(HttpContext http, Language language, Guid id, Reconciliations records, ReadDoor door, IWriter writer, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        var list = $"/{language.Code}/office/differences";
        if (form.Operation is not { } operation || await records.FindAsync(id, cancel) is not { } difference || difference.Person == session.Person)
        {
            return PageResult.Error(form.Operation is null ? StatusCodes.Status400BadRequest : StatusCodes.Status404NotFound);
        }
        if (difference.State != DifferenceStates.Open)
        {
            return Outcomes.NotNow(new(new Refusal(Reconciliations.SettledAlready), null, list));
        }
        var change = new Change(new Act(ActId.New(clock), SettleVerb, session.Actor, operation, Digest.Of(SettleVerb, id.ToString()), clock.Now()) { Person = difference.Person, Answer = id.ToString() });
        var access = door.Within(change, session.Actor, Purpose.CheckRecords, "office.difference", difference.Person);
        await records.PutAsync(change, difference, difference.Agency, difference.Kind, difference.Person, difference.About, DifferenceStates.Settled, difference.RunId, await records.SidesAsync(access, difference, cancel));
        return await writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done or WriteOutcome.Replayed => Results.LocalRedirect(list),
            WriteOutcome.Busy busy => Outcomes.Busy(http, form, busy.RetryAfter),
            WriteOutcome.InDoubt => Outcomes.Busy(http, form, TimeSpan.FromSeconds(2)),
            _ => Outcomes.NotNow(new(new Refusal("office.changed"), null, list)),
        };
    }
}
