using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Office;
using Muqeem.Platform.Privacy;
using Muqeem.Registry;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

internal sealed record FindIdJson(string ResidentNumber);

/// <param name="Act">suspend, lift or revoke.</param>
/// <param name="Reason">A code of the list of reasons.</param>
/// <param name="Words">The reason in a sentence, in the holder's language: the holder reads it.</param>
internal sealed record ProposeJson(string Act, string Reason, string Words);

/// <param name="Reason">A code of the list of reasons.</param>
internal sealed record RejectJson(string Reason);

internal sealed record ProposedJson(Guid Proposal, string State, DateTimeOffset ExpiresAt);

/// <param name="Id">Of the newest version when it was proposed.</param>
/// <param name="Mine">This officer proposed it, and another decides.</param>
internal sealed record ProposalJson(Guid Proposal, Guid Id, string Act, string Reason, string? Words, bool Mine, DateTimeOffset ProposedAt, DateTimeOffset ExpiresAt, string State, DateTimeOffset? DecidedAt, string? DecisionReason);

internal sealed record ProposalsJson(IReadOnlyList<ProposalJson> Proposals);

internal sealed record VersionJson(Guid Id, int Number, string State, DateOnly Issued, DateOnly Expires, DateTimeOffset? EndedAt);

/// <param name="Kind">suspended or frozen.</param>
internal sealed record HoldJson(string Kind, string Reason, DateTimeOffset BegunAt, DateTimeOffset? EndedAt, string? EndReason);

/// <param name="Id">Of the newest version: the address of all of it.</param>
/// <param name="State">live, frozen or suspended; of an ID that ended, how it did. The residence has its own standing.</param>
/// <param name="May">What may be proposed as it stands.</param>
internal sealed record IdFileJson(Guid Id, string State, string ResidentNumber, string NameArabic, string NameLatin, string Nationality, IReadOnlyList<VersionJson> Versions, IReadOnlyList<HoldJson> Holds, IReadOnlyList<ProposalJson> Proposals, IReadOnlyList<HoldObjectionJson> Objections, IReadOnlyList<string> May);

/// <param name="Id">Of the version of the ID on which the suspension began.</param>
/// <param name="Reason">Why the ID was suspended.</param>
internal sealed record WaitingObjectionJson(Guid Objection, Guid Id, string Reason, DateTimeOffset OpenedAt, DateTimeOffset DueAt, bool Late);

internal sealed record WaitingObjectionsJson(IReadOnlyList<WaitingObjectionJson> Objections);

/// <param name="Reason">A code of the list of reasons.</param>
/// <param name="Words">The reason in a sentence, in the holder's language: the holder reads it.</param>
internal sealed record UpholdJson(string Reason, string Words);

internal sealed record IdReasonsJson(IReadOnlyList<OptionJson> Suspend, IReadOnlyList<OptionJson> Lift, IReadOnlyList<OptionJson> Revoke, IReadOnlyList<OptionJson> Reject, IReadOnlyList<OptionJson> Uphold);

/// <summary>Suspending, releasing and revoking IDs: one officer proposes, another confirms.</summary>
internal static class IdRoutes
{
    private const string Page = "api.office.id";

    public static void Map(RouteGroupBuilder api)
    {
        var readers = api.MapGroup("/office").WithTags("Office").RequireAuthorization(OfficeSetup.Readers);
        readers.MapGet("/ids/reasons", (HttpContext http) =>
        {
            var language = Problems.Words(http);
            OptionJson[] Words(IReadOnlyList<string> reasons) => [.. reasons.Select(r => new OptionJson(r, language.Text("id.reason." + r)))];
            return new IdReasonsJson(Words(HoldReasons.Suspend), Words(HoldReasons.Lift), Words(HoldReasons.Revoke), Words(HoldReasons.Reject), Words(HoldReasons.Uphold));
        }).WithName("IdReasons").WithSummary("The coded reasons for suspending, lifting, revoking, for not confirming, and for letting a suspension stand.").Refuses(401);
        readers.MapPost("/ids/find", FindAsync).WithName("FindId").WithSummary("A person's ID by the resident number. The read is recorded, and the resident sees it.").Accepts<FindIdJson>("application/json").Produces<IdFileJson>().Refuses(400, 401, 404, 413, 415);
        readers.MapGet("/ids/{id:guid}", FileAsync).WithName("IdFile").WithSummary("An ID with its history. The read is recorded, and the resident sees it.").Produces<IdFileJson>().Refuses(401, 404);
        readers.MapGet("/proposals", WaitingAsync).WithName("Proposals").WithSummary("What waits for a second officer, oldest first; nothing personal is in it.").Produces<ProposalsJson>().Refuses(401);
        readers.MapGet("/objections", ObjectionsAsync).WithName("Objections").WithSummary("Objections to suspensions that nobody has decided, the first due first; nothing personal is in it.").Produces<WaitingObjectionsJson>().Refuses(401);
        api.MapGroup("/office").WithTags("Office").RequireAuthorization(Doors.CaseWork).MapPost("/objections/{id:guid}/uphold", UpholdAsync)
            .WithName("UpholdSuspension").WithSummary("The suspension stands: said by an officer who neither proposed nor confirmed it. It is granted by lifting the suspension.").Produces(StatusCodes.Status204NoContent).Changes<UpholdJson>();
        var officers = api.MapGroup("/office").WithTags("Office").RequireAuthorization(Doors.Officer);
        officers.MapPost("/ids/{id:guid}/proposals", ProposeAsync).WithName("ProposeForId").WithSummary("Proposes to suspend, lift or revoke. Nothing changes until another officer confirms.").Produces<ProposedJson>(StatusCodes.Status201Created).Changes<ProposeJson>();
        officers.MapPost("/proposals/{id:guid}/confirm", (HttpContext http, Holds holds, Guid id) => DecideAsync<Nothing>(http, holds, id, (_, session, operation) =>
            holds.ConfirmAsync(session.Actor, session.Account, session.Person, id, operation, http.RequestAborted)))
            .WithName("ConfirmProposal").WithSummary("The second officer's word: it happens at once, and the holder is told.").Produces<ProposedJson>().Changes<Nothing>();
        officers.MapPost("/proposals/{id:guid}/reject", (HttpContext http, Holds holds, Guid id) => DecideAsync<RejectJson>(http, holds, id, (body, session, operation) =>
            holds.RejectAsync(session.Actor, session.Account, session.Person, id, body.Reason, operation, http.RequestAborted)))
            .WithName("RejectProposal").WithSummary("The second officer does not confirm.").Produces<ProposedJson>().Changes<RejectJson>();
        officers.MapPost("/proposals/{id:guid}/withdraw", (HttpContext http, Holds holds, Guid id) => DecideAsync<Nothing>(http, holds, id, (_, session, operation) =>
            holds.WithdrawAsync(session.Actor, session.Account, id, operation, http.RequestAborted)))
            .WithName("WithdrawProposal").WithSummary("The officer who proposed takes it back.").Produces<ProposedJson>().Changes<Nothing>();
    }

    private static Task<IResult> FindAsync(HttpContext http, Persons persons, Holds holds, ReadDoor door, TimeProvider clock) => Incoming.QuestionAsync<FindIdJson>(http, async body =>
        !ResidentNumber.Parse(body.ResidentNumber).TryGet(out var number, out var refusal) ? Problems.Of(http, StatusCodes.Status400BadRequest, "invalid", [Problems.Json(http, refusal) with { Field = "residentNumber" }])
        : await persons.FindAsync(IdentifierKinds.Resident, number.ToString(), http.RequestAborted) is { } person ? await FileOfAsync(http, holds, door, clock, person)
        : Problems.NotFound(http));

    private static async Task<IResult> FileAsync(HttpContext http, Documents documents, Holds holds, ReadDoor door, TimeProvider clock, Guid id) =>
        await documents.FindAsync(id, http.RequestAborted) is { } version ? await FileOfAsync(http, holds, door, clock, version.Person) : Problems.NotFound(http);

    private static async Task<IResult> FileOfAsync(HttpContext http, Holds holds, ReadDoor door, TimeProvider clock, PersonId person)
    {
        var session = http.MustBeSignedIn();
        if (person == session.Person || await holds.FileAsync(door.Enter(session.Actor, Purpose.DecideDocument, null, Page, person), person, http.RequestAborted) is not { } file)
        {
            return Problems.NotFound(http);
        }
        var now = clock.Now();
        return Results.Json(new IdFileJson(file.Latest.Id, StateOf(file), file.Content.ResidentNumber, file.Content.NameArabic, file.Content.NameLatin, file.Content.Nationality,
            [.. file.Versions.Select(v => new VersionJson(v.Id, v.Number, Problems.Snake(v.State.ToString()), v.IssuedDay.ToDateOnly(), v.ExpiresDay.ToDateOnly(), v.EndedAt?.ToDateTimeOffset()))],
            [.. file.Holds.Select(h => new HoldJson(Problems.Snake(h.Kind.ToString()), h.Reason, h.BegunAt.ToDateTimeOffset(), h.EndedAt?.ToDateTimeOffset(), h.EndReason))],
            [.. file.Proposals.Select(p => Of(p.Proposal, p.Words, session, now))],
            [.. file.Objections.Select(HoldObjectionJson.Of)],
            session.Has(OfficeRole.Officer) ? [.. file.May(now).Select(a => Problems.Snake(a.ToString()))] : []), ApiJson.Options);
    }

    /// <summary>The word for an ID: how it ended, or what holds it, the graver first.</summary>
    private static string StateOf(IdFile file) => Problems.Snake(file.Live is not null && file.Open.Gravest is { } held ? held.ToString() : (file.Live ?? file.Latest).State.ToString());

    private static async Task<IResult> WaitingAsync(HttpContext http, Holds holds, TimeProvider clock)
    {
        var (session, now) = (http.MustBeSignedIn(), clock.Now());
        return Results.Json(new ProposalsJson([.. (await holds.WaitingAsync(http.RequestAborted)).Select(p => Of(p, null, session, now))]), ApiJson.Options);
    }

    private static async Task<IResult> ObjectionsAsync(HttpContext http, Holds holds, TimeProvider clock)
    {
        var now = clock.Now();
        return Results.Json(new WaitingObjectionsJson([.. (await holds.ObjectionsAsync(http.RequestAborted))
            .Select(o => new WaitingObjectionJson(o.Id, o.Document, o.Reason, o.OpenedAt.ToDateTimeOffset(), o.DueAt.ToDateTimeOffset(), o.IsLate(now)))]), ApiJson.Options);
    }

    private static Task<IResult> UpholdAsync(HttpContext http, Holds holds, Guid id) => Incoming.ChangeAsync<UpholdJson>(http, async (body, operation) =>
    {
        var session = http.MustBeSignedIn();
        var answer = await holds.UpholdAsync(session.Actor, session.Account, session.Person, id, body.Reason, body.Words, operation.Id, http.RequestAborted);
        return answer is HoldAnswer.Done ? Results.NoContent() : Refused(http, answer);
    });

    private static Task<IResult> ProposeAsync(HttpContext http, Documents documents, Holds holds, TimeProvider clock, Guid id) => Incoming.ChangeAsync<ProposeJson>(http, async (body, operation) =>
    {
        ProposedAct? act = body.Act switch { "suspend" => ProposedAct.Suspend, "lift" => ProposedAct.Lift, "revoke" => ProposedAct.Revoke, _ => null };
        if (act is not { } proposed)
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "malformed");
        }
        if (await documents.FindAsync(id, http.RequestAborted) is not { } version)
        {
            return Problems.NotFound(http);
        }
        var session = http.MustBeSignedIn();
        var answer = await holds.ProposeAsync(session.Actor, session.Account, session.Person, version.Person, proposed, body.Reason, body.Words, operation.Id, http.RequestAborted);
        return await AnswerAsync(http, holds, answer, clock, StatusCodes.Status201Created);
    });

    private static Task<IResult> DecideAsync<T>(HttpContext http, Holds holds, Guid id, Func<T, Session, Guid, Task<HoldAnswer>> verb) where T : class => Incoming.ChangeAsync<T>(http, async (body, operation) =>
        await AnswerAsync(http, holds, await verb(body, http.MustBeSignedIn(), operation.Id), http.RequestServices.GetRequiredService<TimeProvider>(), StatusCodes.Status200OK));

    private static async Task<IResult> AnswerAsync(HttpContext http, Holds holds, HoldAnswer answer, TimeProvider clock, int status)
    {
        if (answer is not HoldAnswer.Done { Proposal: { } id })
        {
            return Refused(http, answer);
        }
        var proposal = await holds.FindAsync(id, http.RequestAborted) ?? throw new InvalidOperationException("A proposal that was done is not there.");
        return Results.Json(new ProposedJson(id, Problems.Snake(proposal.StateAt(clock.Now()).ToString()), proposal.ExpiresAt.ToDateTimeOffset()), ApiJson.Options, statusCode: status);
    }

    /// <summary>What a verb about holds answers when it was not done.</summary>
    internal static IResult Refused(HttpContext http, HoldAnswer answer) => answer switch
    {
        HoldAnswer.Refused { Refusal: { Code: HoldRefusals.ReasonMissing } reason } => Problems.Of(http, StatusCodes.Status400BadRequest, "invalid", [Problems.Json(http, reason) with { Field = "reason" }]),
        HoldAnswer.Refused { Refusal: { Code: HoldRefusals.WordsMissing or HoldRefusals.WordsTooLong or HoldRefusals.ObjectionMissing } words } => Problems.Of(http, StatusCodes.Status400BadRequest, "invalid", [Problems.Json(http, words) with { Field = "words" }]),
        HoldAnswer.Refused refused => Problems.Of(http, StatusCodes.Status409Conflict, "not_now", refused.Refusal),
        HoldAnswer.NotThere => Problems.NotFound(http),
        HoldAnswer.OperationReused => Problems.Of(http, StatusCodes.Status409Conflict, "operation_reused"),
        HoldAnswer.TryAgain later => Problems.Later(http, later.After),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static ProposalJson Of(Proposal p, string? words, Session session, NodaTime.Instant now) => new(p.Id, p.Document, Problems.Snake(p.Act.ToString()), p.Reason, words, p.ProposedBy == session.Account, p.ProposedAt.ToDateTimeOffset(),
        p.ExpiresAt.ToDateTimeOffset(), Problems.Snake(p.StateAt(now).ToString()), p.DecidedAt?.ToDateTimeOffset(), p.DecisionReason);
}
