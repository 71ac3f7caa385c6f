using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Host.Api;

internal sealed record StartCaseJson(string Service, IReadOnlyDictionary<string, string>? Answers = null) : IHoldsMany
{
    public bool IsWhole() => Answers?.Values.All(v => v is not null) != false;
}

internal sealed record PageAnswersJson(IReadOnlyDictionary<string, string> Answers) : IHoldsMany
{
    public bool IsWhole() => Answers.Values.All(v => v is not null);
}

internal sealed record ObjectionJson(string Text);

/// <param name="About">As <c>contestable</c> of the case names it: <c>finding:&lt;code&gt;</c> or <c>field:&lt;name&gt;</c>.</param>
/// <param name="Words">What is right, at most 2,000 characters.</param>
/// <param name="Evidence">An upload of kind evidence.</param>
internal sealed record ContestRequestJson(string About, string Words, Guid? Evidence = null);

/// <summary>What a verb did.</summary>
internal sealed record CaseDoneJson(Guid Id, string Reference, string State);

internal sealed record CaseLineJson(Guid Id, string Reference, string Service, string State, string StateText, string Holder, DateTimeOffset Since, DateTimeOffset? DueAt);

internal sealed record CaseJson(Guid Id, long Version, string Reference, string Service, string State, string StateText, string Holder, DateTimeOffset Since, DateTimeOffset? DueAt, IReadOnlyList<StepJson> Timeline,
    IReadOnlyList<RefusalJson> Findings, IReadOnlyList<ComparedJson> Comparisons, Guid? Bill, LetterJson? Letter, string? Waiting, DateTimeOffset? NextAttempt, DateTimeOffset? ObjectUntil,
    IReadOnlyList<ContestJson> Contests, IReadOnlyList<string> Contestable, ShipmentJson? Shipment);

/// <summary>A card that is sent by post. Its state is the case's.</summary>
/// <param name="Address">The National Address to which it goes, in its short form. It and the code only for those who were proofed.</param>
/// <param name="PromisedAt">By when it should be there.</param>
/// <param name="ToldAt">When the newest that is known happened, by the post's clock.</param>
/// <param name="Reason">Why it could not be handed over: nobody_home, wrong_address, refused, no_code.</param>
/// <param name="NextAttemptOn">When the courier comes again.</param>
/// <param name="LateAt">When it had not come in the promised time.</param>
/// <param name="Code">Six digits for the courier, while he may ask for them.</param>
/// <param name="TriesLeft">How often a code may still be told.</param>
/// <param name="OldCardCollected">Whether the courier took the old card in.</param>
internal sealed record ShipmentJson(string? TrackingNumber, string? Address, DateTimeOffset PromisedAt, DateTimeOffset? ToldAt, string? Reason, string? ReasonText, string? NextAttemptOn, DateTimeOffset? LateAt, string? Code,
    int TriesLeft, bool? OldCardCollected);

internal sealed record StepJson(DateTimeOffset At, string Act, string From, string To, string By, string? Reason);

internal sealed record ComparedJson(string Field, string? Typed, string? Recorded, string Source, DateTimeOffset? AsOf, string Class, bool Agrees);

/// <summary>A record that is said to be wrong: who has it, since when and by when, and what was answered.</summary>
/// <param name="With">The record whose agency has it.</param>
/// <param name="State">sending, with_agency, corrected, upheld, closed.</param>
internal sealed record ContestJson(Guid Id, string About, string With, string WithText, string State, string StateText, DateTimeOffset Since, DateTimeOffset DueAt, DateTimeOffset? LateAt, DateTimeOffset? AnsweredAt, string Words, string? Reason);

/// <summary>What an officer asked or why he refused.</summary>
internal sealed record LetterJson(string Text, IReadOnlyList<string> Items);

internal sealed record DraftJson(Guid Id, long Version, string Reference, string State, ServiceJson Form, IReadOnlyDictionary<string, string> Answers, IReadOnlyList<StandingJson> Pages, IReadOnlyList<string> Asked, bool Complete);

internal sealed record StandingJson(string Page, bool Done, bool Asked);

/// <summary>A resident's own cases: the verbs of the pages, as JSON.</summary>
internal static class CaseRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        var cases = api.MapGroup("/cases").WithTags("Cases").RequireAuthorization(Doors.Resident);
        cases.MapGet("", ListAsync).WithName("Cases").WithSummary("The account's cases, newest first.").Produces<IReadOnlyList<CaseLineJson>>().Refuses(401);
        cases.MapPost("", StartAsync).WithName("StartCase").WithSummary("Starts a draft.").Produces<CaseDoneJson>(StatusCodes.Status201Created).Changes<StartCaseJson>();
        cases.MapGet("/{id:guid}", TrackAsync).WithName("Case").WithSummary("Where a case stands. Its ETag is the version.").Produces<CaseJson>().Refuses(401, 404);
        cases.MapGet("/{id:guid}/draft", DraftAsync).WithName("Draft").WithSummary("The questions, the answers so far, and what is missing.").Produces<DraftJson>().Refuses(401, 404);
        cases.MapPost("/{id:guid}/pages/{page}", SaveAsync).WithName("SavePage").WithSummary("Saves the answers of one page as typed; faults are told, and the answers are kept all the same.").Produces<CaseDoneJson>().Changes<PageAnswersJson>();
        cases.MapPost("/{id:guid}/prepare", PrepareAsync).WithName("PrepareCase").WithSummary("Asks the records ahead and says what stands against the draft.").Produces<WhatIfJson>().Changes<Nothing>();
        cases.MapPost("/{id:guid}/submit", (HttpContext http, CaseEngine engine, CaseViews views, Guid id) =>
            VerbAsync<Nothing>(http, views, id, (_, operation, session) => engine.SubmitAsync(operation, session.Account, new CaseId(id), http.RequestAborted)))
            .WithName("SubmitCase").WithSummary("Sends a draft, or sends again what was asked for.").Produces<CaseDoneJson>().Changes<Nothing>();
        cases.MapPost("/{id:guid}/withdraw", (HttpContext http, CaseEngine engine, CaseViews views, Guid id) =>
            VerbAsync<Nothing>(http, views, id, (_, operation, session) => engine.WithdrawAsync(operation, session.Account, new CaseId(id), http.RequestAborted)))
            .WithName("WithdrawCase").WithSummary("Withdraws what is not carried out yet.").Produces<CaseDoneJson>().Changes<Nothing>();
        cases.MapPost("/{id:guid}/object", (HttpContext http, CaseEngine engine, CaseViews views, Guid id) =>
            VerbAsync<ObjectionJson>(http, views, id, (body, operation, session) => engine.ObjectAsync(operation, session.Account, new CaseId(id), body.Text, http.RequestAborted)))
            .WithName("ObjectToDecision").WithSummary("Objects to a refusal: another officer decides.").Produces<CaseDoneJson>().Changes<ObjectionJson>();
        cases.MapPost("/{id:guid}/contests", (HttpContext http, CaseEngine engine, CaseViews views, Guid id) =>
            VerbAsync<ContestRequestJson>(http, views, id, (body, operation, session) => engine.ContestAsync(operation, session.Account, new CaseId(id), body.About, body.Words, body.Evidence, http.RequestAborted)))
            .WithName("ContestRecord").WithSummary("Says that a record is wrong: the agency that owns it has to answer, and the case goes on by itself.").Produces<CaseDoneJson>().Changes<ContestRequestJson>()
            .RequireAuthorization(Doors.Records);
        cases.MapPost("/{id:guid}/cancel", (HttpContext http, CaseEngine engine, CaseViews views, TimeProvider clock, Guid id) =>
            VerbAsync<Nothing>(http, views, id, (_, operation, session) => engine.InstrumentAsync(operation, new CaseId(id), session.Account, CaseActs.Cancel, By.Applicant, clock.Today(), http.RequestAborted)))
            .WithName("CancelVisa").WithSummary("Cancels an unused visa of this case.").Produces<CaseDoneJson>().Changes<Nothing>();
    }

    private static async Task<IResult> ListAsync(HttpContext http, CaseViews views)
    {
        var language = Problems.Words(http);
        var lines = await views.ListAsync(http.MustBeSignedIn().Person, http.RequestAborted);
        return Results.Json(lines.Select(l => new CaseLineJson(l.Case.Value, l.Reference, l.Service.Key, l.State, StateText(language, l.State), l.Holder, l.StateSince.ToDateTimeOffset(), l.DueAt?.ToDateTimeOffset())), ApiJson.Options);
    }

    private static Task<IResult> StartAsync(HttpContext http, CaseEngine engine) => Incoming.ChangeAsync<StartCaseJson>(http, async (body, operation) =>
    {
        var session = http.MustBeSignedIn();
        if (session.ReadsOnly)
        {
            return Problems.Of(http, StatusCodes.Status409Conflict, "reads_only");
        }
        var outcome = await engine.StartAsync(operation, session.Account, session.Person, body.Service, body.Answers ?? new Dictionary<string, string>(StringComparer.Ordinal), http.RequestAborted);
        return await Problems.AnswerAsync(http, outcome, done => Task.FromResult(Results.Json(Of(done), ApiJson.Options, statusCode: StatusCodes.Status201Created)));
    });

    private static Task<IResult> SaveAsync(HttpContext http, CaseEngine engine, CaseViews views, Guid id, string page) =>
        VerbAsync<PageAnswersJson>(http, views, id, (body, operation, session) => engine.SaveAsync(operation, session.Account, new CaseId(id), page, body.Answers, http.RequestAborted));

    private static Task<IResult> PrepareAsync(HttpContext http, CaseEngine engine, Guid id) => Incoming.ChangeAsync<Nothing>(http, async (_, operation) =>
    {
        var (outcome, result) = await engine.PrepareAsync(operation, http.MustBeSignedIn().Account, new CaseId(id), http.RequestAborted);
        return await Problems.AnswerAsync(http, outcome, done => Task.FromResult(result is null ? Results.Json(Of(done), ApiJson.Options) : Results.Json(ServiceRoutes.Of(http, result), ApiJson.Options)));
    });

    private static async Task<IResult> TrackAsync(HttpContext http, CaseViews views, Guid id)
    {
        var session = http.MustBeSignedIn();
        if (await views.TrackAsync(session.Actor, session.Account, new CaseId(id), http.RequestAborted) is not { } view)
        {
            return Problems.NotFound(http);
        }
        Incoming.Tag(http, view.Head.Version);
        var language = Problems.Words(http);
        var head = view.Head;
        return Results.Json(new CaseJson(head.Id, head.Version, head.Reference, view.Service.Key, head.State, StateText(language, head.State), head.Holder, head.StateSince.ToDateTimeOffset(), head.DueAt?.ToDateTimeOffset(),
            [.. view.Timeline.Select(Of)], [.. view.Findings.Select(f => Problems.Json(http, f))], [.. view.Comparisons.Select(Of)], head.BillId, Of(view.Question), head.Waiting,
            view.NextAttempt?.ToDateTimeOffset(), view.ObjectUntil?.ToDateTimeOffset(), session.SeesRecords ? [.. view.Contests.Select(c => Of(language, c))] : [], session.SeesRecords ? view.Contestable : [], view.Shipment is { } shipment ? Of(language, shipment, session.SeesRecords) : null), ApiJson.Options);
    }

    private static async Task<IResult> DraftAsync(HttpContext http, CaseViews views, Guid id)
    {
        var session = http.MustBeSignedIn();
        if (await views.DraftAsync(session.Actor, session.Account, new CaseId(id), http.RequestAborted) is not { } draft)
        {
            return Problems.NotFound(http);
        }
        Incoming.Tag(http, draft.Head.Version);
        return Results.Json(new DraftJson(draft.Head.Id, draft.Head.Version, draft.Head.Reference, draft.Head.State, ServiceRoutes.Of(Problems.Words(http), draft.Service, draft.Context, draft.Answers), draft.Answers.Values,
            [.. draft.Pages.Select(p => new StandingJson(p.Page.Id, p.Done, p.Asked))], draft.Asked, draft.Complete), ApiJson.Options);
    }

    /// <summary>A verb of the resident's own case. <c>If-Match</c> is looked at first: who sends it wants to hear of any change before.</summary>
    private static Task<IResult> VerbAsync<T>(HttpContext http, CaseViews views, Guid id, Func<T, Operation, Session, Task<CaseOutcome>> verb) where T : class => Incoming.ChangeAsync<T>(http, async (body, operation) =>
    {
        var session = http.MustBeSignedIn();
        if (operation.Seen is { } seen && await views.HeadAsync(session.Account, new CaseId(id), http.RequestAborted) is { } head && head.Version != seen)
        {
            return Problems.Of(http, StatusCodes.Status412PreconditionFailed, "changed");
        }
        return await Problems.AnswerAsync(http, await verb(body, operation, session), done => Task.FromResult(Results.Json(Of(done), ApiJson.Options)));
    });

    internal static CaseDoneJson Of(CaseOutcome.Done done) => new(done.Case.Value, done.Reference, done.State);

    internal static StepJson Of(TimelineEntry entry) => new(entry.At.ToDateTimeOffset(), entry.Act, entry.From, entry.To, Problems.Snake(entry.ActorKind), entry.Reason);

    internal static ComparedJson Of(ComparedField compared) =>
        new(compared.Field, compared.Typed, compared.Recorded, compared.Source, compared.AsOf?.ToDateTimeOffset(), Problems.Snake(compared.Class.ToString()), compared.Agrees);

    internal static ContestJson Of(Platform.Texts.Language language, Contest c) => new(c.Id, c.About, c.Source, language.Text("source." + c.Source), c.State, language.Text("contest.state." + c.State),
        c.OpenedAt.ToDateTimeOffset(), c.DueAt.ToDateTimeOffset(), c.LateAt?.ToDateTimeOffset(), c.AnsweredAt?.ToDateTimeOffset(), c.Content.Words, c.Content.Reason);

    private static ShipmentJson Of(Platform.Texts.Language language, ShipmentView s, bool whole) => new(s.TrackingNumber, whole ? s.Short : null, s.PromisedAt.ToDateTimeOffset(), s.ToldAt?.ToDateTimeOffset(), s.Reason,
        s.Reason is { } reason ? language.Text("shipment.reason." + reason) : null, s.NextOn is { } next ? NodaTime.Text.LocalDatePattern.Iso.Format(next) : null, s.LateAt?.ToDateTimeOffset(), whole ? s.Code : null,
        s.TriesLeft, s.OldCard);

    internal static LetterJson? Of(DecisionContent? content) => content is null ? null : new(content.Text, content.Items);

    internal static string StateText(Platform.Texts.Language language, string state) => language.Has("case.state." + state) ? language.Text("case.state." + state) : state;
}
