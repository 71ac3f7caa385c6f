using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Files;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Host.Wiring;

/// <summary>Takes contests of records to the agencies that own them, and their answers to the engine: by their calls, and by asking, so that a call that was lost loses nothing.</summary>
internal sealed class Contests(RecordContests agencies, CaseEngine engine, Persons persons, Uploads uploads, ReadDoor door)
{
    private const int AtOnce = 500;

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<Contests>().HandleOutbox<Contests>(CaseEngine.ContestTopic, (c, item, cancel) => c.SendAsync(item, cancel));
        services.AddWork(p => p.GetRequiredService<Jobs>().Every("contests.ask", Duration.FromMinutes(15), (_, cancel) => p.GetRequiredService<Contests>().AskAsync(cancel)));
    }

    private Task<OutboxResult> SendAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync<OutboxResult>(async () =>
    {
        var message = item.Read<ContestMessage>();
        var reader = Actor.System("contests");
        if (await engine.ContestToSendAsync(reader, message.Contest, cancel) is not var (person, contest) || Sources.OwnerOf(contest.Source) is not { } agency)
        {
            return OutboxResult.Done;
        }
        var access = door.Enter(reader, Purpose.CheckRecords, new CaseId(message.Case), "contest.send", person);
        var record = await persons.OpenAsync(access, person, cancel);
        var number = record.ResidentNumber ?? record.BorderNumber ?? throw new InvalidOperationException("A person without a number.");
        var (about, content) = (contest.About, contest.Content);
        var order = new ContestOrder(contest.Id.ToString(), number, about, content.Typed, content.Recorded, content.AsOf, content.Words, await PapersAsync(access, contest.Evidence, cancel), contest.DueAt);
        var answer = await agencies.SendAsync(agency, order, item.Id, cancel);
        switch (answer)
        {
            case AgencyAnswer<ContestStanding>.Found:
                var taken = new Operation(Actor.Agency(agency), item.Id, Digest.Of("contest.taken", contest.Id.ToString()));
                return await engine.ContestTakenAsync(taken, contest.Id, cancel) is CaseOutcome.TryAgain or CaseOutcome.Conflict ? new OutboxResult.Again("case.busy") : OutboxResult.Done;
            case AgencyAnswer<ContestStanding>.NotFound:
                return new OutboxResult.Never("contest.not_found");
            default:
                return answer.NotNow() ?? throw new System.Diagnostics.UnreachableException();
        }
    });

    private async Task<IReadOnlyList<ContestPaper>> PapersAsync(Access access, Guid? evidence, CancellationToken cancel)
    {
        if (evidence is not { } id || await uploads.FindAsync(new UploadId(id), cancel) is not { } line)
        {
            return [];
        }
        var papers = new List<ContestPaper>();
        for (var page = 1; page <= line.Pages; page++)
        {
            // Our own drawing of it: an agency gets no file that somebody made.
            var opened = await uploads.OpenAsync(access, line, UploadPart.Display, page, cancel);
            papers.Add(new(opened.MediaType, Convert.ToBase64String(opened.Bytes)));
        }
        return papers;
    }

    /// <summary>Asks for the answers that nobody told.</summary>
    public async Task AskAsync(CancellationToken cancel)
    {
        foreach (var contest in await engine.ContestsWithAgenciesAsync(AtOnce, cancel))
        {
            if (Sources.OwnerOf(contest.Source) is { } agency && (await agencies.StandingAsync(agency, contest.Id.ToString(), cancel)).ValueOrNull is { State: not ContestState.Open } answer)
            {
                await ReadDoor.RunAsync(() => AnsweredAsync(engine, agency, contest.Source, contest.Id, answer.State == ContestState.Corrected, answer.Reason!, cancel));
            }
        }
    }

    /// <summary>Told or asked, the same answer is the same operation: it counts once.</summary>
    internal static Task<CaseOutcome> AnsweredAsync(CaseEngine engine, string agency, string source, Guid contest, bool corrected, string reason, CancellationToken cancel)
    {
        var verdict = corrected ? "corrected" : "upheld";
        return engine.ContestAnsweredAsync(new Operation(Actor.Agency(agency), Names.IdOf($"contest:{contest}:{verdict}"), Digest.Of("contest", contest.ToString(), verdict, reason)), source, contest, corrected, reason, cancel);
    }
}
