using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Database;
using Muqeem.Platform.Files;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Office.Endpoints;

/// <summary>One case: what was said beside what the records say, and taking it.</summary>
internal static class CasePages
{
    public static void Map(RouteGroupBuilder office)
    {
        office.MapGet("/cases/{id:guid}", ShowAsync).RequireAuthorization(OfficeSetup.Readers);
        office.MapGet("/cases/{id:guid}/pictures/{upload:guid}", PictureAsync).RequireAuthorization(OfficeSetup.Readers);
        office.MapGet("/cases/{id:guid}/portrait", PortraitAsync).RequireAuthorization(OfficeSetup.Readers);
        office.MapPost("/cases/{id:guid}/take", TakeAsync).RequireAuthorization(Doors.Officer);
        office.MapPost("/cases/{id:guid}/release", ReleaseAsync).RequireAuthorization(Doors.Officer);
        office.MapPost("/cases/{id:guid}/undo", UndoAsync).RequireAuthorization(Doors.Officer);
    }

    private static async Task<IResult> ShowAsync(HttpContext http, Guid id, Db db, CaseViews views, TimeProvider clock, string? only, string? done, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (await CaseDoor.LookAsync(db, id, cancel) is not { } look)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        if (!CaseDoor.MayRead(session, look))
        {
            return PageResult.Of<ClosedCasePage, ClosedCaseModel>(new(session, look.Reference, look.State), StatusCodes.Status403Forbidden);
        }
        return await views.ReviewAsync(session.Actor, new CaseId(id), cancel) is { } view
            ? PageResult.Of<CasePage, CaseModel>(new(session, view, clock.Now(), only == "differences", done))
            : PageResult.Error(StatusCodes.Status404NotFound);
    }

    /// <summary>A picture that the applicant sent, as we drew it; larger when asked for. Each look is recorded.</summary>
    private static async Task<IResult> PictureAsync(HttpContext http, Guid id, Guid upload, Db db, Uploads uploads, ReadDoor door, bool large = false, CancellationToken cancel = default)
    {
        var session = http.MustBeSignedIn();
        if (await CaseDoor.LookAsync(db, id, cancel) is not { } look || !CaseDoor.MayRead(session, look)
            || await uploads.FindAsync(new UploadId(upload), cancel) is not { } line || line.Person.Value != look.PersonId)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        var access = door.Enter(session.Actor, Purpose.DecideCase, new CaseId(id), "office.picture", line.Person);
        var opened = await uploads.OpenAsync(access, line, large ? UploadPart.Display : UploadPart.Thumbnail, cancel: cancel);
        http.Response.Headers.CacheControl = "no-store";
        return Results.Bytes(opened.Bytes, opened.MediaType);
    }

    /// <summary>The portrait that the alien register has.</summary>
    private static async Task<IResult> PortraitAsync(HttpContext http, Guid id, Db db, CaseViews views, AlienRegister register, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (await CaseDoor.LookAsync(db, id, cancel) is not { } look || !CaseDoor.MayRead(session, look)
            || await views.ReviewAsync(session.Actor, new CaseId(id), cancel) is not { } view || view.Context.Facts.Find<PersonFact>()?.PhotoReference is not { } reference
            || (await register.PortraitAsync(reference, cancel)).ValueOrNull is not { } portrait)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        http.Response.Headers.CacheControl = "no-store";
        return Results.Bytes(portrait.Image.ToArray(), portrait.ContentType);
    }

    private static async Task<IResult> TakeAsync(HttpContext http, Guid id, Language language, CaseEngine engine, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        return Outcomes.Operation(session, form, "review.take", id.ToString()) is { } operation
            ? Outcomes.Answer(http, await engine.TakeAsync(operation, session.Account, session.Person, new CaseId(id), cancel), form, _ => At(language, id), Queue(language))
            : PageResult.Error(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> ReleaseAsync(HttpContext http, Guid id, Language language, CaseEngine engine, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        return Outcomes.Operation(session, form, "review.release", id.ToString()) is { } operation
            ? Outcomes.Answer(http, await engine.ReleaseAsync(operation, session.Account, new CaseId(id), cancel), form, _ => Queue(language), Queue(language))
            : PageResult.Error(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> UndoAsync(HttpContext http, Guid id, Language language, CaseEngine engine, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        return Outcomes.Operation(session, form, "review.undo", id.ToString()) is { } operation
            ? Outcomes.Answer(http, await engine.UndoAsync(operation, session.Account, new CaseId(id), cancel), form, _ => At(language, id) + "?done=undone", At(language, id))
            : PageResult.Error(StatusCodes.Status400BadRequest);
    }

    internal static string At(Language language, Guid id) => $"/{language.Code}/office/cases/{id}";

    internal static string Queue(Language language) => $"/{language.Code}/office/queue";
}
