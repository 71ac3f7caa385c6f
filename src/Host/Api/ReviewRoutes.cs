using System.Globalization;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Office;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

internal sealed record TakeNextJson(string? Service = null);

/// <param name="Reason">A code of the list of reasons.</param>
internal sealed record ApproveJson(string Reason);

/// <param name="Items">Names of the questions to answer again.</param>
/// <param name="Text">What the applicant reads, in the applicant's language.</param>
internal sealed record AskJson(string Reason, IReadOnlyList<string> Items, string Text) : IHoldsMany
{
    public bool IsWhole() => Items.All(i => i is not null);
}

internal sealed record RefuseJson(string Reason, string Text);

/// <param name="Next">The cursor of the next page; null at the end.</param>
internal sealed record QueuePageJson(IReadOnlyList<QueueLineJson> Cases, string? Next);

/// <param name="HeldByMe">This officer holds it.</param>
/// <param name="HeldUntil">Somebody holds it until then.</param>
internal sealed record QueueLineJson(Guid Id, string Reference, string Service, string State, DateTimeOffset Since, DateTimeOffset DueAt, bool HeldByMe, DateTimeOffset? HeldUntil, bool MayDecide);

internal sealed record ReviewJson(Guid Id, long Version, string Reference, string Service, string State, DateTimeOffset Since, DateTimeOffset? DueAt, IReadOnlyDictionary<string, string> Answers, IReadOnlyList<ComparedJson> Comparisons,
    IReadOnlyList<RefusalJson> Findings, IReadOnlyList<string> Signals, PriceJson Price, IReadOnlyList<StepJson> Timeline, bool HeldByMe, DateTimeOffset? HeldUntil, PendingJson? Pending, LetterJson? Objection, LetterJson? LastDecision,
    IReadOnlyList<ContestJson> Contests);

internal sealed record PendingJson(string Act, string Reason, DateTimeOffset EffectiveAt, bool Mine, LetterJson Letter);

internal sealed record ReasonsJson(IReadOnlyList<OptionJson> Approve, IReadOnlyList<OptionJson> Ask, IReadOnlyList<OptionJson> Refuse);

/// <summary>The officers' verbs.</summary>
internal static class ReviewRoutes
{
    private const int Longest = 100;

    public static void Map(RouteGroupBuilder api)
    {
        var office = api.MapGroup("/office").WithTags("Office").RequireAuthorization(Doors.Officer);
        office.MapGet("/queue", QueueAsync).WithName("Queue").WithSummary("Cases that wait, oldest first.").Produces<QueuePageJson>().Refuses(400, 401);
        office.MapGet("/reasons", (HttpContext http) =>
        {
            var language = Problems.Words(http);
            OptionJson[] Words(IReadOnlyList<string> reasons) => [.. reasons.Select(r => new OptionJson(r, Reasons.Words(language, r)))];
            return new ReasonsJson(Words(Reasons.Approve), Words(Reasons.Ask), Words(Reasons.Refuse));
        }).WithName("Reasons").WithSummary("The coded reasons of decisions.").Refuses(401);
        office.MapPost("/queue/next", TakeNextAsync).WithName("TakeNext").WithSummary("Takes the oldest case that this officer may decide; 204 when there is none.")
            .Produces<CaseDoneJson>().Produces(StatusCodes.Status204NoContent).Changes<TakeNextJson>();
        office.MapGet("/cases/{id:guid}", ReviewAsync).WithName("Review").WithSummary("A case for review. The read is recorded, and the resident sees it. Its ETag is the version.").Produces<ReviewJson>().Refuses(401, 404);
        office.MapPost("/cases/{id:guid}/take", (HttpContext http, CaseEngine engine, Guid id) => VerbAsync<Nothing>(http, (_, operation, session) => engine.TakeAsync(operation, session.Account, session.Person, new CaseId(id), http.RequestAborted)))
            .WithName("Take").WithSummary("Takes a case, or holds it longer.").Produces<CaseDoneJson>().Changes<Nothing>();
        office.MapPost("/cases/{id:guid}/release", (HttpContext http, CaseEngine engine, Guid id) => VerbAsync<Nothing>(http, (_, operation, session) => engine.ReleaseAsync(operation, session.Account, new CaseId(id), http.RequestAborted)))
            .WithName("Release").WithSummary("Gives a case back to the queue.").Produces<CaseDoneJson>().Changes<Nothing>();
        office.MapPost("/cases/{id:guid}/undo", (HttpContext http, CaseEngine engine, Guid id) => VerbAsync<Nothing>(http, (_, operation, session) => engine.UndoAsync(operation, session.Account, new CaseId(id), http.RequestAborted)))
            .WithName("Undo").WithSummary("Takes back a question or refusal that is not sent yet.").Produces<CaseDoneJson>().Changes<Nothing>();
        office.MapPost("/cases/{id:guid}/approve", (HttpContext http, CaseEngine engine, Guid id) => VerbAsync<ApproveJson>(http, (body, operation, session) => Reasons.Approve.Contains(body.Reason)
                ? engine.ApproveAsync(operation, session.Account, session.Person, new CaseId(id), body.Reason, http.RequestAborted)
                : NoReason(id)))
            .WithName("Approve").WithSummary("Approves; the case goes on at once. If-Match: decide only on the version that was read.").Produces<CaseDoneJson>().Changes<ApproveJson>();
        office.MapPost("/cases/{id:guid}/ask", (HttpContext http, CaseEngine engine, Guid id) => VerbAsync<AskJson>(http, (body, operation, session) => Reasons.Ask.Contains(body.Reason)
                ? engine.DecideAsync(operation, session.Account, session.Person, new CaseId(id), CaseActs.Ask, body.Reason, new DecisionContent(body.Items, body.Text), http.RequestAborted)
                : NoReason(id)))
            .WithName("Ask").WithSummary("Asks for answers; sent after the time to undo it.").Produces<CaseDoneJson>().Changes<AskJson>();
        office.MapPost("/cases/{id:guid}/refuse", (HttpContext http, CaseEngine engine, Guid id) => VerbAsync<RefuseJson>(http, (body, operation, session) => Reasons.Refuse.Contains(body.Reason)
                ? engine.DecideAsync(operation, session.Account, session.Person, new CaseId(id), CaseActs.Refuse, body.Reason, new DecisionContent([], body.Text), http.RequestAborted)
                : NoReason(id)))
            .WithName("Refuse").WithSummary("Refuses; sent after the time to undo it.").Produces<CaseDoneJson>().Changes<RefuseJson>();
    }

    private static async Task<IResult> QueueAsync(HttpContext http, CaseViews views, ServiceCatalogue services, string? service, bool? mine, bool? late, string? after, int? limit)
    {
        var session = http.MustBeSignedIn();
        var place = Place(after);
        if ((after is not null && place is null) || limit is < 1 or > Longest || (service is not null && services.Find(service) is null))
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "malformed");
        }
        var take = limit ?? 25;
        var lines = await views.QueueAsync(session.Account, service is null ? null : services.Find(service)!.Code, mine == true, late == true, place, take + 1, http.RequestAborted);
        return Results.Json(new QueuePageJson(
            [.. lines.Take(take).Select(l => new QueueLineJson(l.Case.Value, l.Reference, l.Service.Key, l.State, l.Since.ToDateTimeOffset(), l.DueAt.ToDateTimeOffset(), l.LockedBy == session.Account.Value, l.LockedUntil?.ToDateTimeOffset(), l.MayDecide))],
            lines.Count > take ? string.Create(CultureInfo.InvariantCulture, $"{lines[take - 1].Since.ToMicros()}.{lines[take - 1].Case.Value:N}") : null), ApiJson.Options);
    }

    private static Task<IResult> TakeNextAsync(HttpContext http, CaseEngine engine, ServiceCatalogue services) => Incoming.ChangeAsync<TakeNextJson>(http, async (body, operation) =>
    {
        if (body.Service is not null && services.Find(body.Service) is null)
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "malformed");
        }
        var session = http.MustBeSignedIn();
        var outcome = await engine.TakeNextAsync(operation, session.Account, session.Person, body.Service is null ? null : services.Find(body.Service)!.Code, http.RequestAborted);
        return outcome is CaseOutcome.NotFound ? Results.NoContent() : await Problems.AnswerAsync(http, outcome, done => Task.FromResult(Results.Json(CaseRoutes.Of(done), ApiJson.Options)));
    });

    private static async Task<IResult> ReviewAsync(HttpContext http, CaseViews views, Platform.Database.Db db, Guid id)
    {
        var session = http.MustBeSignedIn();
        if (!await CaseDoor.OpensAsync(db, session, id, http.RequestAborted) || await views.ReviewAsync(session.Actor, new CaseId(id), http.RequestAborted) is not { } view)
        {
            return Problems.NotFound(http);
        }
        Incoming.Tag(http, view.Head.Version);
        var head = view.Head;
        return Results.Json(new ReviewJson(head.Id, head.Version, head.Reference, view.Service.Key, head.State, head.StateSince.ToDateTimeOffset(), head.DueAt?.ToDateTimeOffset(), view.Answers.Values,
            [.. view.Comparisons.Select(CaseRoutes.Of)], [.. view.Findings.Select(f => Problems.Json(http, f))], view.Signals, ServiceRoutes.Of(Problems.Words(http), view.Price), [.. view.Timeline.Select(CaseRoutes.Of)],
            view.LockedBy == session.Account.Value, view.LockedBy is null ? null : view.LockedUntil?.ToDateTimeOffset(),
            view.Pending is { } p ? new PendingJson(p.Act, p.Reason, p.EffectiveAt.ToDateTimeOffset(), p.Officer == session.Account.Value, CaseRoutes.Of(p.Content)!) : null,
            CaseRoutes.Of(view.Objection), CaseRoutes.Of(view.LastDecision), [.. view.Contests.Select(c => CaseRoutes.Of(Problems.Words(http), c))]), ApiJson.Options);
    }

    private static Task<IResult> VerbAsync<T>(HttpContext http, Func<T, Operation, Session, Task<CaseOutcome>> verb) where T : class => Incoming.ChangeAsync<T>(http, async (body, operation) =>
        await Problems.AnswerAsync(http, await verb(body, operation, http.MustBeSignedIn()), done => Task.FromResult(Results.Json(CaseRoutes.Of(done), ApiJson.Options))));

    private static Task<CaseOutcome> NoReason(Guid id) => Task.FromResult<CaseOutcome>(new CaseOutcome.Invalid(new CaseId(id), [new FieldFault("reason", new Refusal(CaseRefusals.ReasonMissing))]));

    private static QueuePlace? Place(string? cursor) =>
        cursor?.Split('.') is [var micros, var id] && long.TryParse(micros, NumberStyles.None, CultureInfo.InvariantCulture, out var since) && Guid.TryParseExact(id, "N", out var @case)
            ? new QueuePlace(Clock.FromMicros(since), new CaseId(@case))
            : null;
}
