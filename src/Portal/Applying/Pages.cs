using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Portal.Shared;
using Muqeem.Registry;
using Muqeem.Services.ExitReentryVisa;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Applying;

/// <summary>Any application, from the look ahead to the confirmation. Nothing here knows a service: the questions come from its form.</summary>
internal static class Pages
{
    /// <summary>The picture is kept, its lines could not be read.</summary>
    public const string NotRead = "portal.upload.not_read";

    public static void Map(IEndpointRouteBuilder pages)
    {
        var resident = pages.MapGroup("").RequireAuthorization(Doors.Resident);
        resident.MapGet("/applications", ListAsync);
        resident.MapGet("/services/{key}", PreflightAsync);
        resident.MapPost("/services/{key}", StartAsync);
        resident.MapGet("/applications/{id:guid}/tasks", TasksAsync);
        resident.MapGet("/applications/{id:guid}/page/{page}", QuestionAsync);
        resident.MapPost("/applications/{id:guid}/page/{page}", SaveAsync).WithMetadata(KeepsForm.Mark);
        resident.MapGet("/applications/{id:guid}/answers", AnswersAsync);
        resident.MapPost("/applications/{id:guid}/answers", SendAsync);
        resident.MapGet("/applications/{id:guid}/sent", SentAsync);
        resident.MapGet("/applications/{id:guid}/picture/{field}", PictureAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext http, CaseViews views, ServiceCatalogue services, Residences residences, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return PageResult.Of<ListPage, ListModel>(new(await views.ListAsync(session.Person, cancel), await StartableAsync(session, services, residences, cancel)));
    }

    /// <summary>What a person may start: the first ID without a residence, everything else with one.</summary>
    internal static async Task<IReadOnlyList<Service>> StartableAsync(Session session, ServiceCatalogue services, Residences residences, CancellationToken cancel)
    {
        if (session.ReadsOnly)
        {
            return [];
        }
        var newcomer = await residences.OfAsync(session.Person, cancel) is not { EndReason: null };
        return [.. services.All.Where(s => s.ForNewcomers == newcomer)];
    }

    private static async Task<IResult> PreflightAsync(string key, HttpContext http, ServiceCatalogue services, Preflight preflight, CancellationToken cancel)
    {
        if (services.Find(key) is not { } service)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        return PageResult.Of<PreflightPage, PreflightModel>(await preflight.LookAsync(http.MustBeSignedIn(), service, FormState.Empty(), shown: false, cancel));
    }

    /// <summary>Two buttons: see what it would cost, or start. What was chosen to see the price is not asked again.</summary>
    private static async Task<IResult> StartAsync(string key, HttpContext http, ServiceCatalogue services, Preflight preflight, CaseEngine engine, Known known, CancellationToken cancel)
    {
        if (services.Find(key) is not { } service)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        if (form.Redraw || !form.Has("start"))
        {
            return PageResult.Of<PreflightPage, PreflightModel>(await preflight.LookAsync(session, service, form, shown: !form.Redraw, cancel));
        }
        if (session.ReadsOnly)
        {
            return Outcomes.NotNow(new Refusal(Outcomes.ReadsOnly), null, http.At("home"));
        }
        var values = await known.OfAsync(session, cancel);
        foreach (var (name, value) in SaveForm.Values(service.Form.Fields.Where(f => f.Kind is FieldKind.Choice or FieldKind.Day), form).Where(v => v.Value.Length > 0))
        {
            values[name] = value;
        }
        var operation = http.OperationOf(form, "case.start");
        var outcome = await engine.StartAsync(operation, session.Account, session.Person, service.Key, values, cancel);
        if (outcome is not CaseOutcome.Done done)
        {
            return http.Show(form, outcome, http.At("applications"), _ => throw new InvalidOperationException("It is not done."));
        }
        // The facts are fetched now, while the person fills in the rest: lists of choices depend on them. If a source is down, the draft stands all the same.
        await engine.PrepareAsync(operation, session.Account, done.Case, cancel);
        return http.GoTo($"applications/{done.Case}/tasks");
    }

    private static async Task<IResult> TasksAsync(Guid id, HttpContext http, CaseViews views, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (await views.DraftAsync(session.Actor, session.Account, new CaseId(id), cancel) is not { } draft)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        if (!draft.Head.MayBeChanged)
        {
            return http.GoTo($"applications/{id}");
        }
        var topics = draft.Pages.Where(p => !p.Page.IsStatement()).ToList();
        // A list of one task is no list.
        return topics.Count > 1 ? PageResult.Of<TasksPage, TasksModel>(new(draft))
            : topics.Find(p => !p.Done) is { } open ? http.GoTo($"applications/{id}/page/{open.Page.Id}")
            : http.GoTo($"applications/{id}/answers");
    }

    private static async Task<IResult> QuestionAsync(Guid id, string page, string? from, bool? read, HttpContext http, CaseViews views, KeptForms kept, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (await views.DraftAsync(session.Actor, session.Account, new CaseId(id), cancel) is not { } draft || draft.Pages.FirstOrDefault(p => p.Page.Id == page) is not { } standing)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        if (!draft.Head.MayBeChanged)
        {
            return http.GoTo($"applications/{id}");
        }
        // What was typed when the session ended is filled in again, once.
        var form = kept.Take(http) is { } before ? SaveForm.Of(draft.Answers.With(before.Where(v => standing.Page.Fields.Any(f => f.Name == v.Key.Split('.')[0])))) : SaveForm.Of(draft.Answers);
        return PageResult.Of<QuestionPage, QuestionModel>(new(draft, standing.Page, form, from, read == true));
    }

    private static async Task<IResult> SaveAsync(Guid id, string page, HttpContext http, CaseViews views, CaseEngine engine, ApplicationFiles files, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http, SaveForm.LongestAnswer);
        if (await views.DraftAsync(session.Actor, session.Account, new CaseId(id), cancel) is not { } draft || draft.Pages.FirstOrDefault(p => p.Page.Id == page)?.Page is not { } topic)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        var from = form["from"];
        if (form.Redraw)
        {
            return PageResult.Of<QuestionPage, QuestionModel>(new(draft, topic, form, from));
        }
        var asked = topic.Fields.Where(f => f.Asked(draft.Answers)).ToList();
        var values = SaveForm.Values(asked, form);
        if (form[SaveForm.RemoveField] is { } removed && asked.Exists(f => f.Name == removed && f.Kind == FieldKind.Upload))
        {
            values[removed] = "";
            return http.Show(form, await engine.SaveAsync(http.OperationOf(form, "case.save"), session.Account, draft.Head.Case, page, values, cancel), http.At($"applications/{id}"),
                _ => http.GoTo($"applications/{id}/page/{page}"), _ => http.GoTo($"applications/{id}/page/{page}"));
        }
        var wrong = new List<FieldFault>();
        var read = false;
        var operation = http.OperationOf(form, "case.save");
        foreach (var field in asked.Where(f => f.Kind == FieldKind.Upload && form.File(f.Name) is not null))
        {
            // The lines of the passport are read from its picture unless they were typed.
            var lines = asked.Find(f => f.Kind == FieldKind.LongText && field.UploadKind == "passport_page" && string.IsNullOrWhiteSpace(form[f.Name]));
            var sent = await files.TakeAsync(operation, session, draft.Head, field, form.File(field.Name)!, readMrz: lines is not null, cancel);
            if (!sent.TryGet(out var taken, out var refusal))
            {
                wrong.Add(new(field.Name, refusal));
                continue;
            }
            values[field.Name] = taken.Id.ToString();
            if (lines is not null && taken.Mrz is { } mrz)
            {
                values[lines.Name] = mrz;
                read = true;
            }
            else if (lines is not null)
            {
                wrong.Add(new(lines.Name, new Refusal(NotRead)));
            }
        }
        var outcome = await engine.SaveAsync(operation, session.Account, draft.Head.Case, page, values, cancel);
        return http.Show(form, outcome, http.At($"applications/{id}"), _ => wrong.Count > 0 ? Wrong([]) : Onward(), invalid => Wrong(invalid.Faults));

        IResult Wrong(IReadOnlyList<FieldFault> faults)
        {
            var again = form.Again();
            again.Refuse(wrong);
            again.Refuse(faults.Where(f => wrong.TrueForAll(w => w.Field != f.Field)));
            var saved = draft with { Answers = draft.Answers.With(values) };
            return PageResult.Of<QuestionPage, QuestionModel>(new(saved, topic, again, from), StatusCodes.Status422UnprocessableEntity);
        }

        IResult Onward()
        {
            if (read)
            {
                // Check digits find most misreadings, not all: the reader compares.
                return http.GoTo($"applications/{id}/page/{page}?read=true{(from is null ? "" : "&from=" + Uri.EscapeDataString(from))}");
            }
            if (from == "answers")
            {
                return http.GoTo($"applications/{id}/answers");
            }
            var next = draft.Pages.SkipWhile(p => p.Page.Id != page).Skip(1).FirstOrDefault(p => !p.Done && !p.Page.IsStatement() && p.Page.Fields.Any(f => f.Asked(draft.Answers.With(values))));
            return http.GoTo(next is null ? $"applications/{id}/tasks" : $"applications/{id}/page/{next.Page.Id}");
        }
    }

    private static async Task<IResult> AnswersAsync(Guid id, HttpContext http, CaseViews views, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return await views.DraftAsync(session.Actor, session.Account, new CaseId(id), cancel) is not { } draft ? PageResult.Error(StatusCodes.Status404NotFound)
            : !draft.Head.MayBeChanged ? http.GoTo($"applications/{id}")
            : PageResult.Of<AnswersPage, AnswersModel>(new(draft, [], SaveForm.Of(draft.Answers)));
    }

    private static async Task<IResult> SendAsync(Guid id, HttpContext http, CaseViews views, CaseEngine engine, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        var @case = new CaseId(id);
        if (await views.DraftAsync(session.Actor, session.Account, @case, cancel) is not { } draft)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        if (form.Redraw)
        {
            return PageResult.Of<AnswersPage, AnswersModel>(new(draft, [], form));
        }
        foreach (var statement in draft.Pages.Where(p => p.Page.IsStatement() && draft.Head.MayBeChanged))
        {
            var said = await engine.SaveAsync(http.OperationOf(form, "case.save"), session.Account, @case, statement.Page.Id, SaveForm.Values(statement.Page.Fields, form), cancel);
            if (said is not CaseOutcome.Done)
            {
                return http.Show(form, said, http.At($"applications/{id}"), _ => throw new InvalidOperationException("It is not done."), invalid => Wrong(invalid.Faults));
            }
        }
        var outcome = await engine.SubmitAsync(http.OperationOf(form, "case.submit"), session.Account, @case, cancel);
        return http.Show(form, outcome, http.At($"applications/{id}"),
            done => http.GoTo(done.State is CaseStates.NeedsAction or CaseStates.Refused ? $"applications/{id}" : $"applications/{id}/sent"),
            invalid => Wrong(invalid.Faults));

        IResult Wrong(IReadOnlyList<FieldFault> faults)
        {
            var again = form.Again();
            var statements = draft.Pages.Where(p => p.Page.IsStatement()).SelectMany(p => p.Page.Fields).Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
            again.Refuse(faults.Where(f => statements.Contains(f.Field)));
            return PageResult.Of<AnswersPage, AnswersModel>(new(draft, [.. faults.Where(f => !statements.Contains(f.Field))], again), StatusCodes.Status422UnprocessableEntity);
        }
    }

    private static async Task<IResult> SentAsync(Guid id, HttpContext http, CaseViews views, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var track = await views.TrackAsync(session.Actor, session.Account, new CaseId(id), cancel);
        return track is null ? PageResult.Error(StatusCodes.Status404NotFound)
            : track.Head.Submission == 0 ? http.GoTo($"applications/{id}/tasks")
            : PageResult.Of<SentPage, SentModel>(new(track));
    }

    private static async Task<IResult> PictureAsync(Guid id, string field, bool? small, HttpContext http, CaseViews views, ApplicationFiles files, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return await views.DraftAsync(session.Actor, session.Account, new CaseId(id), cancel) is { } draft
            && draft.Service.Form.Fields.Any(f => f.Name == field && f.Kind == FieldKind.Upload) && Guid.TryParse(draft.Answers[field], out var upload)
            ? await files.ShowAsync(session, draft.Head.Case, upload, small == true, cancel)
            : PageResult.Error(StatusCodes.Status404NotFound);
    }
}
