using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Files;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Registry;
using Muqeem.SignIn;

namespace Muqeem.Office.Endpoints;

/// <summary>IDs that are in force or were: found by number, read with a trace, suspended, released and revoked by two officers.</summary>
internal static class Ids
{
    public static void Map(RouteGroupBuilder office)
    {
        var readers = office.MapGroup("/ids").RequireAuthorization(OfficeSetup.Readers);
        readers.MapGet("", async (HttpContext http, Holds holds, TimeProvider clock, CancellationToken cancel) =>
            await ListAsync(http.MustBeSignedIn(), FormState.Empty(), holds, clock, cancel));
        // A number of a person never stands in an address: it is looked up by a form that is posted.
        readers.MapPost("", FindAsync);
        readers.MapGet("/{id:guid}", (HttpContext http, Guid id, string? done, CancellationToken cancel) => ShowAsync(http, id, null, FormState.Empty(), done, cancel));
        var officers = office.MapGroup("/ids").RequireAuthorization(Doors.Officer);
        officers.MapGet("/{id:guid}/{act:regex(^(suspend|lift|revoke)$)}", (HttpContext http, Guid id, string act, CancellationToken cancel) => ShowAsync(http, id, ActOf(act), FormState.Empty(), null, cancel));
        officers.MapPost("/{id:guid}/{act:regex(^(suspend|lift|revoke)$)}", ProposeAsync);
        officers.MapPost("/{id:guid}/decide", DecideAsync);
        readers.MapGet("/{id:guid}/evidence/{objection:guid}", EvidenceAsync);
        office.MapPost("/ids/{id:guid}/objection", UpholdAsync).RequireAuthorization(Doors.CaseWork);
    }

    private static async Task<IResult> FindAsync(HttpContext http, Language language, Persons persons, Documents documents, Holds holds, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        if (form.Redraw)
        {
            return await ListAsync(session, form, holds, clock, cancel);
        }
        if (!ResidentNumber.Parse(form["number"]).TryGet(out var number, out var refusal))
        {
            form.Refuse("number", refusal);
            return await ListAsync(session, form, holds, clock, cancel);
        }
        // Nothing is opened here; the page it leads to records its own reading.
        if (await persons.FindAsync(IdentifierKinds.Resident, number.ToString(), cancel) is { } person && person != session.Person && (await documents.OfAsync(person, cancel)).FirstOrDefault() is { } newest)
        {
            return Results.LocalRedirect(At(language, newest.Id));
        }
        form.Refuse("number", "office.error.no_id");
        return await ListAsync(session, form, holds, clock, cancel);
    }

    private static async Task<IResult> ListAsync(Session session, FormState form, Holds holds, TimeProvider clock, CancellationToken cancel) => PageResult.Of<IdsPage, IdsModel>(
        new(session, form, await holds.WaitingAsync(cancel), await holds.ObjectionsAsync(cancel), clock.Now()), form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);

    /// <param name="act">What is about to be proposed; null: only shown.</param>
    private static async Task<IResult> ShowAsync(HttpContext http, Guid id, ProposedAct? act, FormState form, string? done, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var services = http.RequestServices;
        var (documents, holds, door) = (Service<Documents>(services), Service<Holds>(services), Service<ReadDoor>(services));
        if (await documents.FindAsync(id, cancel) is not { } version || version.Person == session.Person)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        var access = door.Enter(session.Actor, Purpose.DecideDocument, null, "office.id", version.Person);
        var file = await holds.FileAsync(access, version.Person, cancel) ?? throw new InvalidOperationException("A document without a file.");
        var model = new IdModel(session, file, Service<TimeProvider>(services).Now(), form, done);
        if (act is not { } proposed)
        {
            return PageResult.Of<IdPage, IdModel>(model, form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        }
        return model.May.Contains(proposed)
            ? PageResult.Of<ProposePage, ProposeModel>(new(model, proposed, await HoldersAsync(services, version.Person, cancel)), form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity)
            : Results.LocalRedirect(At(Service<Language>(services), id));
    }

    private static async Task<IResult> ProposeAsync(HttpContext http, Guid id, string act, Language language, Documents documents, Holds holds, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http, lengths: new Dictionary<string, int>(StringComparer.Ordinal) { ["words"] = Holds.LongestWords * 2 });
        if (form.Redraw)
        {
            return await ShowAsync(http, id, ActOf(act), form, null, cancel);
        }
        if (form.Operation is not { } operation || await documents.FindAsync(id, cancel) is not { } version)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var answer = await holds.ProposeAsync(session.Actor, session.Account, session.Person, version.Person, ActOf(act), form["reason"] ?? "", form["words"], operation, cancel);
        if (Fault(answer) is not var (field, wrong))
        {
            return Answer(http, form, answer, At(language, id), "proposed");
        }
        form.Refuse(field, wrong);
        return await ShowAsync(http, id, ActOf(act), form, null, cancel);
    }

    private static async Task<IResult> DecideAsync(HttpContext http, Guid id, Language language, Holds holds, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        if (form.Operation is not { } operation || !Guid.TryParse(form["proposal"], out var proposal))
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var answer = form["act"] switch
        {
            "confirm" => await holds.ConfirmAsync(session.Actor, session.Account, session.Person, proposal, operation, cancel),
            "reject" => await holds.RejectAsync(session.Actor, session.Account, session.Person, proposal, form["reason"] ?? "", operation, cancel),
            "withdraw" => await holds.WithdrawAsync(session.Actor, session.Account, proposal, operation, cancel),
            _ => new HoldAnswer.NotThere(),
        };
        if (answer is HoldAnswer.Refused { Refusal: { Code: HoldRefusals.ReasonMissing } missing })
        {
            form.Refuse("reason", missing);
            return await ShowAsync(http, id, null, form, null, cancel);
        }
        return Answer(http, form, answer, At(language, id), form["act"] switch { "confirm" => "confirmed", "reject" => "rejected", _ => "withdrawn" });
    }

    /// <summary>The suspension stands, says an officer who had no part in it.</summary>
    private static async Task<IResult> UpholdAsync(HttpContext http, Guid id, Language language, Holds holds, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http, lengths: new Dictionary<string, int>(StringComparer.Ordinal) { ["words"] = Holds.LongestWords * 2 });
        if (form.Redraw)
        {
            return await ShowAsync(http, id, null, form, null, cancel);
        }
        if (form.Operation is not { } operation || !Guid.TryParse(form["objection"], out var objection))
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var answer = await holds.UpholdAsync(session.Actor, session.Account, session.Person, objection, form["reason"] ?? "", form["words"], operation, cancel);
        if (Fault(answer) is not var (field, wrong))
        {
            return Answer(http, form, answer, At(language, id), "upheld");
        }
        form.Refuse(field, wrong);
        return await ShowAsync(http, id, null, form, null, cancel);
    }

    /// <summary>The paper that came with an objection, as we drew it. Each look is recorded.</summary>
    private static async Task<IResult> EvidenceAsync(HttpContext http, Guid id, Guid objection, Documents documents, Holds holds, Uploads uploads, ReadDoor door, int page = 1, CancellationToken cancel = default)
    {
        var session = http.MustBeSignedIn();
        if (await documents.FindAsync(id, cancel) is not { } version || version.Person == session.Person
            || await holds.ObjectionAsync(objection, cancel) is not { Evidence: { } evidence } found || found.Person != version.Person
            || await uploads.FindAsync(new UploadId(evidence), cancel) is not { } line || page < 1 || page > line.Pages)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        var opened = await uploads.OpenAsync(door.Enter(session.Actor, Purpose.DecideDocument, null, "office.picture", line.Person), line, UploadPart.Display, page, cancel);
        http.Response.Headers.CacheControl = "no-store";
        return Results.Bytes(opened.Bytes, opened.MediaType);
    }

    /// <summary>What is wrong with what was typed, and in which field.</summary>
    private static (string Field, Refusal Refusal)? Fault(HoldAnswer answer) => answer is HoldAnswer.Refused { Refusal: { Code: HoldRefusals.ReasonMissing or HoldRefusals.WordsMissing or HoldRefusals.WordsTooLong } wrong }
        ? (wrong.Code == HoldRefusals.ReasonMissing ? "reason" : "words", wrong)
        : null;

    private static IResult Answer(HttpContext http, FormState form, HoldAnswer answer, string here, string done) => answer switch
    {
        HoldAnswer.Done => Results.LocalRedirect($"{here}?done={done}"),
        HoldAnswer.Refused refused => Outcomes.NotNow(new(refused.Refusal, null, here)),
        HoldAnswer.NotThere => PageResult.Error(StatusCodes.Status404NotFound),
        HoldAnswer.OperationReused => Outcomes.NotNow(new(new Refusal("operation.reused"), null, here)),
        HoldAnswer.TryAgain later => Outcomes.Busy(http, form, later.After),
        _ => throw new InvalidOperationException($"The office has no page for {answer.GetType().Name}."),
    };

    /// <summary>The language that the holder reads; where we have no texts in it, Arabic.</summary>
    private static async Task<Language> HoldersAsync(IServiceProvider services, PersonId person, CancellationToken cancel)
    {
        var texts = Service<TextCatalogue>(services);
        var account = await Service<Accounts>(services).OfPersonAsync(person, cancel);
        return texts.In(account is not null && texts.Languages.Contains(account.Language) ? account.Language : TextCatalogue.Arabic);
    }

    private static string At(Language language, Guid id) => $"/{language.Code}/office/ids/{id}";

    private static ProposedAct ActOf(string act) => Enum.Parse<ProposedAct>(act, ignoreCase: true);

    private static T Service<T>(IServiceProvider services) where T : class => services.GetService(typeof(T)) as T ?? throw new InvalidOperationException($"There is no {typeof(T).Name}.");
}
