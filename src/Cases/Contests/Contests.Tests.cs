using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Contests between the engine, the agencies and the clock: every answer that an agency can give, and none.</summary>
public abstract class ContestTests(DatabaseKind kind) : IAsyncLifetime
{
    private static readonly string Fine = ContestPoint.OfFinding(Check.Codes.UnpaidViolations);

    private Residents _residents = null!;

    private WholeWorld World => _residents.World;

    public async ValueTask InitializeAsync() => _residents = await Residents.StartAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _residents.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Somebody whose renewal waits because the traffic register shows a fine.</summary>
    private async Task<(Resident Resident, CaseId Case)> FinedAsync()
    {
        var resident = await _residents.SettleAsync(4, _residents.Today.PlusDays(60));
        var (id, state) = await _residents.SendAsync(resident, "renew", ("months", "12"));
        Assert.Equal(CaseStates.NeedsAction, state);
        return (resident, id);
    }

    private Task<CaseOutcome> ContestAsync(Resident resident, CaseId id, string about, string words = "دفعت المخالفة قبل شهر.", Operation? operation = null) =>
        Residents.InRequest(() => World.Engine.ContestAsync(operation ?? Residents.By(resident.Account), resident.Account, id, about, words, null));

    private async Task<Contest> NewestAsync(Resident resident, CaseId id) => (await _residents.TrackAsync(resident, id)).Contests[^1];

    private async Task<Contest> BecomesAsync(Resident resident, CaseId id, string state) =>
        await WholeWorld.UntilAsync(async () => await NewestAsync(resident, id) is { } now && now.State == state ? now : null, $"the contest became {state}");

    private async Task<HttpStatusCode> TellAsync(ContestGiven answer, string agency = Traffic.Name, string? address = null, CallSigning? with = null)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(answer, Wire.Options);
        using var told = await World.CallAsync("hooks/contests/" + (address ?? AgenciesSetup.All.Single(a => a.Name == agency).Prefix), body, agency, ContestWebhook.Operation, with);
        return told.StatusCode;
    }

    private ContestGiven Given(Contest contest, bool corrected, string reason = "راجعنا السجل.") => new(contest.Id.ToString(), corrected, reason, World.Clock.Now());

    private void Down(int person, bool down) => World.SandboxApp.Services.GetRequiredService<Knobs>().Set(Traffic.Name, person, down ? new Knob(Down: true) : null);

    [Fact]
    public async Task An_answer_counts_once_whoever_tells_it_and_in_whatever_order()
    {
        var (resident, id) = await FinedAsync();
        Residents.Done<CaseOutcome.Done>(await ContestAsync(resident, id, Fine));
        var contest = await BecomesAsync(resident, id, ContestStates.WithAgency);
        Assert.Equal((Sources.Traffic, World.Clock.Today().PlusDays(10), Holders.Agency), (contest.Source, contest.DueAt.DayInRiyadh(), (await _residents.TrackAsync(resident, id)).Head.Holder));

        // Not theirs, not known, not signed, not of this contract: nothing follows.
        Assert.Equal(HttpStatusCode.Unauthorized, await TellAsync(Given(contest, corrected: true), with: new(Signer: AgencyCaller.NewSigner())));
        Assert.Equal(HttpStatusCode.Forbidden, await TellAsync(Given(contest, corrected: true), agency: Justice.Name, address: "traffic"));
        Assert.Equal(HttpStatusCode.Accepted, await TellAsync(Given(contest, corrected: true), agency: Justice.Name));
        Assert.Equal(HttpStatusCode.Accepted, await TellAsync(Given(contest, corrected: true) with { Reference = Guid.CreateVersion7().ToString() }));
        Assert.Equal(HttpStatusCode.BadRequest, await TellAsync(Given(contest, corrected: true) with { Reference = "no-such-thing" }));
        Assert.Equal(HttpStatusCode.BadRequest, await TellAsync(Given(contest, corrected: true, reason: new string('x', ContestGiven.LongestReason + 1))));
        Assert.Equal(HttpStatusCode.NotFound, await TellAsync(Given(contest, corrected: true), address: "messaging"));
        Assert.Equal(ContestStates.WithAgency, (await NewestAsync(resident, id)).State);

        // Upheld: the person reads why, it is up to him again, and the other remedies are as they were.
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Given(contest, corrected: false)));
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Given(contest, corrected: false)));
        Assert.Equal(HttpStatusCode.Conflict, await TellAsync(Given(contest, corrected: false, reason: "سبب آخر.")));
        var upheld = await _residents.TrackAsync(resident, id);
        Assert.Equal((ContestStates.Upheld, "راجعنا السجل.", CaseStates.NeedsAction, Holders.Applicant), (upheld.Contests[^1].State, upheld.Contests[^1].Content.Reason, upheld.Head.State, upheld.Head.Holder));
        Assert.Equal([Fine], upheld.Contestable);

        // It finds its mistake after all: what was upheld can be corrected, and the case goes on without anybody's pressing, though the old answer could still be used.
        await World.AtDeskAsync($"people/{resident.Index}/acts/pay-fines");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TellAsync(Given(contest, corrected: true))));
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, a.ToString()));
        Assert.Equal(CaseStates.AwaitingEmployer, await _residents.StateAsync(resident, id));
        Assert.Single((await _residents.TrackAsync(resident, id)).Timeline, e => e.Act == "contest_corrected");

        // And what comes out of order changes nothing.
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Given(contest, corrected: false)));
        Assert.Equal(ContestStates.Corrected, (await NewestAsync(resident, id)).State);
    }

    [Fact]
    public async Task A_contest_waits_for_an_agency_that_is_down_and_an_answer_that_was_never_told_is_heard()
    {
        var (resident, id) = await FinedAsync();
        Down(resident.Index, true);
        var operation = Residents.By(resident.Account);
        var both = await Task.WhenAll(ContestAsync(resident, id, Fine, operation: operation), ContestAsync(resident, id, Fine, operation: operation));
        Assert.All(both, o => Residents.Done<CaseOutcome.Done>(o));
        Assert.Equal(CaseRefusals.ContestedAlready, Residents.Done<CaseOutcome.NotNow>(await ContestAsync(resident, id, Fine)).Refusal.Code);
        Assert.IsType<CaseOutcome.OperationReused>(await ContestAsync(resident, id, Fine, operation: operation with { Digest = Digest.Of("other") }));
        var waits = Assert.Single((await _residents.TrackAsync(resident, id)).Contests);
        Assert.Equal((ContestStates.Sending, Sources.Traffic), (waits.State, waits.Source));

        Down(resident.Index, false);
        await World.MoveClockAsync(Duration.FromHours(2));
        await BecomesAsync(resident, id, ContestStates.WithAgency);

        // Answered, and the call is lost: we ask.
        await World.AtDeskAsync("contests/answers", ("reference", waits.Id.ToString()), ("corrected", "true"), ("quiet", "true"));
        await World.MoveClockAsync(Duration.FromMinutes(20));
        // Whoever does not answer in time is asked again a minute later, by the clock: on a machine that does much at once that can happen.
        await WholeWorld.UntilAsync(async () =>
        {
            if (await _residents.StateAsync(resident, id) == CaseStates.AwaitingEmployer)
            {
                return "";
            }
            await World.MoveClockAsync(Duration.FromMinutes(2));
            await Task.Delay(500);
            return null;
        }, "the answer was asked for, and the case went on");
        Assert.Equal(ContestStates.Corrected, (await NewestAsync(resident, id)).State);

        // Told late all the same, it is the same answer.
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Given(waits, corrected: true, reason: (await NewestAsync(resident, id)).Content.Reason!)));
    }

    [Fact]
    public async Task An_agency_that_does_not_answer_is_taken_up_by_an_officer_and_nothing_lapses()
    {
        var (resident, id) = await FinedAsync();
        // Not even handed over: the clock runs for that too.
        Down(resident.Index, true);
        Residents.Done<CaseOutcome.Done>(await ContestAsync(resident, id, Fine));
        await _residents.MoveToAsync(_residents.Today.PlusDays(9));
        Assert.Equal(CaseStates.NeedsAction, await _residents.StateAsync(resident, id));
        await _residents.MoveToAsync(_residents.Today.PlusDays(2));
        await _residents.BecomesAsync(resident, id, CaseStates.UnderReview);
        var late = await NewestAsync(resident, id);
        Assert.True(late is { State: ContestStates.Sending, LateAt: not null });

        var officer = new AccountId(Guid.CreateVersion7());
        Assert.Contains(await World.Views.QueueAsync(officer, null, mine: false, late: false, null, 100), l => l.Case == id);
        var review = (await Residents.InRequest(() => World.Views.ReviewAsync(Actor.Officer(officer), id)))!;
        Assert.Equal(("دفعت المخالفة قبل شهر.", Check.Codes.UnpaidViolations), (Assert.Single(review.Contests).Content.Words, Assert.Single(review.Findings).Refusal.Code));

        // The agency is back, and its answer is still out.
        Down(resident.Index, false);
        // He approves: the fine stands all the same, for no officer of ours forgives it. Whose it is answers for it, also after the time in which an application would lapse.
        // While he does, the contest may arrive at the agency: then he looks again, as his page asks him to.
        Residents.Done<CaseOutcome.Done>(await WholeWorld.UntilAsync(async () =>
            await Residents.InRequest(() => World.Engine.ApproveAsync(Residents.By(officer, officer: true), officer, null, id, "approve.explained")) is var outcome and not CaseOutcome.Conflict ? outcome : null, "nothing comes in between"));
        Assert.Equal((CaseStates.NeedsAction, Holders.Agency), (await _residents.TrackAsync(resident, id)).Head is var head ? (head.State, head.Holder) : default);
        await _residents.MoveToAsync(_residents.Today.PlusDays(12));
        await _residents.BecomesAsync(resident, id, CaseStates.UnderReview);

        await World.AtDeskAsync($"people/{resident.Index}/acts/pay-fines");
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Given(late, corrected: true)));
        Assert.Equal(CaseStates.AwaitingEmployer, await _residents.StateAsync(resident, id));
        Assert.DoesNotContain(await World.Views.QueueAsync(officer, null, mine: false, late: false, null, 100), l => l.Case == id);
    }

    [Fact]
    public async Task What_a_rule_refused_goes_on_when_the_record_it_rested_on_was_wrong()
    {
        await _residents.SettleAsync(Residents.EstablishmentWorker, _residents.Today.PlusYears(2));
        var people = World.SandboxApp.Services.GetRequiredService<Sandbox.State.World>();
        var born = people.At(10)!.Birth;
        people.Set(10, FactKind.Birth, born.PlusYears(-5));
        var resident = await _residents.SettleAsync(10, _residents.Today.PlusDays(60));
        var (id, state) = await _residents.SendAsync(resident, "renew", ("months", "12"));
        Assert.Equal(CaseStates.Refused, state);
        var about = ContestPoint.OfFinding("renew.son_must_leave");
        Assert.Contains(about, (await _residents.TrackAsync(resident, id)).Contestable);
        Assert.Equal(CaseRefusals.NothingToContest, Residents.Done<CaseOutcome.NotNow>(await ContestAsync(resident, id, "finding:renew.too_early")).Refusal.Code);

        // "Corrected", and it is not: refused all the same, and it may be said once more and no third time.
        Residents.Done<CaseOutcome.Done>(await ContestAsync(resident, id, about));
        var first = await BecomesAsync(resident, id, ContestStates.WithAgency);
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Given(first, corrected: true), AlienRegister.Name));
        Assert.Equal(CaseStates.Refused, await _residents.StateAsync(resident, id));

        Residents.Done<CaseOutcome.Done>(await ContestAsync(resident, id, about));
        var second = await BecomesAsync(resident, id, ContestStates.WithAgency);
        Assert.Equal(CaseRefusals.ContestedAlready, Residents.Done<CaseOutcome.NotNow>(await ContestAsync(resident, id, about)).Refusal.Code);
        people.Set(10, FactKind.Birth, born);
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Given(second, corrected: true), AlienRegister.Name));
        Assert.Equal(CaseStates.AwaitingEmployer, await _residents.StateAsync(resident, id));
        // It is the open application again: there is no second beside it.
        Assert.Equal(CaseRefusals.OpenAlready, Residents.Done<CaseOutcome.NotNow>(await Residents.InRequest(() =>
            World.Engine.StartAsync(Residents.By(resident.Account), resident.Account, resident.Person, "renew", new Dictionary<string, string>()))).Refusal.Code);
    }
}

public sealed class ContestOnSqliteTests() : ContestTests(DatabaseKind.Sqlite);

public sealed class ContestOnPostgreSqlTests() : ContestTests(DatabaseKind.PostgreSql);
