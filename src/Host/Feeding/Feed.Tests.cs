using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Credentials.Holding;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using Muqeem.Tests.Kills;
using NodaTime;

namespace Muqeem.Host.Feeding;

public sealed class FeedOnSqliteTests(FeedOnSqlite world) : FeedTests(world), IClassFixture<FeedOnSqlite>;

public sealed class FeedOnPostgreSqlTests(FeedOnPostgreSql world) : FeedTests(world), IClassFixture<FeedOnPostgreSql>;

/// <summary>What agencies fetch: in the order of the journal, each only what it may know.</summary>
public abstract class FeedTests(FeedWorld shared)
{
    private readonly WholeWorld _world = shared.World;
    private readonly FeedSteps _steps = new(shared.World);

    private static string[] MembersOf(JsonElement one) => [.. one.EnumerateObject().Select(m => m.Name)];

    [Fact]
    public async Task What_happens_is_told_in_order_and_each_agency_only_what_it_may_know()
    {
        var (worker, child) = (await _steps.SettleAsync(), await _steps.SettleAsync(Categories.Dependent));
        await _steps.RenewAsync(worker);
        await _steps.FreezeAsync(worker, true);
        await _steps.DecideAsync(worker, ProposedAct.Suspend);
        await _steps.ReplaceAsync(worker);
        await _steps.DecideAsync(worker, ProposedAct.Lift);
        await _steps.FreezeAsync(worker, false);
        await _steps.ChangeAsync(worker, (change, residences, r) => residences.AddHold(change, r, HoldKinds.Suspended, _world.Clock.Now(), "test"));
        var ended = await _steps.EndAsync(worker);
        // Written again after it has ended: that is no second end.
        await _steps.ChangeAsync(worker, (change, residences, r) => residences.LiftHold(change, r, r.Holds.Single(), _world.Clock.Now()));
        await _steps.LoseAsync(worker);
        await _steps.EndAsync(child);

        var (until, today) = (_steps.Until, _world.Clock.Today());
        var labour = await _steps.KeepsAsync(LabourContracts.Name, k => k.Any(e => e.Number == worker.Number && e.Kind == FeedKinds.ResidenceEnded), "the end");
        Assert.DoesNotContain(labour, e => e.Number == child.Number);
        var told = labour.Where(e => e.Number == worker.Number).Select(e => e.Content.ToString()).ToList();
        string Event(int n, string kind, string rest) => $$"""{"id":"{{labour.Where(e => e.Number == worker.Number).ElementAt(n).Id}}","kind":"{{kind}}","at":"{{labour.Where(e => e.Number == worker.Number).ElementAt(n).Content.GetProperty("at").GetString()}}","residentNumber":"{{worker.Number}}",{{rest}}}""";
        Assert.Equal(
            [Event(0, FeedKinds.ResidenceIssued, $"\"validFrom\":\"{Iso(until.PlusYears(-1))}\",\"validUntil\":\"{Iso(until)}\""), Event(1, FeedKinds.ResidenceRenewed, $"\"validUntil\":\"{Iso(until.PlusYears(1))}\""),
                Event(2, FeedKinds.ResidenceEnded, $"\"endedOn\":\"{Iso(today)}\"")], told);

        // An agency of one kind sees no other, and of the freeze nobody is told; the register itself is told of the ID alone.
        var insurers = await _steps.KeepsAsync(HealthInsurance.Name, k => k.Any(e => e.Number == child.Number), "the child's end");
        Assert.All(insurers.Where(e => !e.Test), e => Assert.Equal(FeedKinds.ResidenceEnded, e.Kind));
        Assert.Equal([worker.Number, child.Number], insurers.Where(e => e.Number == worker.Number || e.Number == child.Number).Select(e => e.Number));
        var (all, _) = await _steps.AllAsync(AlienRegister.Name);
        Assert.All(all, e => Assert.Equal(["id", "kind", "at", "residentNumber", "state", "documentVersion"], MembersOf(e)));
        Assert.Equal([(1, "valid"), (1, "suspended"), (1, "superseded"), (2, "suspended"), (2, "valid"), (2, "revoked")],
            all.Where(e => e.GetProperty("residentNumber").GetString() == worker.Number).Select(e => (e.GetProperty("documentVersion").GetInt32(), e.GetProperty("state").GetString()!)));
        Assert.Equal([true, false], await _world.Get<Db>().QueryAsync<bool>("SELECT frozen FROM feed_event WHERE kind = 'document.freeze_changed' AND person_id = @person ORDER BY position", new { person = worker.Person.Value }));

        // Every event stands at the place of the act that did it, and the end at the act that ended it.
        Assert.Equal(0, await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM feed_event e JOIN leaf l ON l.id = e.act_id WHERE l.position <> e.position"));
        Assert.Equal([ended], await _world.Get<Db>().QueryAsync<Guid>("SELECT act_id FROM feed_event WHERE kind = 'residence.ended' AND person_id = @person", new { person = worker.Person.Value }));

        // Who was named sees it, and by whom; one page leaves one entry.
        var seen = (await _world.Get<AccessLog>().ForPersonAsync(worker.Person, take: 200)).Lines.Where(l => l.Purpose == Purpose.InformAgency).ToList();
        Assert.All(seen, l => Assert.Equal("feed.events", l.Where));
        Assert.Equal([AlienRegister.Name, HealthInsurance.Name, LabourContracts.Name], seen.Select(l => l.Reader.Id).Distinct().Order());
        Assert.DoesNotContain((await _world.Get<AccessLog>().ForPersonAsync(child.Person, take: 200)).Lines, l => l.Reader == Actor.Agency(LabourContracts.Name));
    }

    private static string Iso(LocalDate day) => NodaTime.Text.LocalDatePattern.Iso.Format(day);

    [Fact]
    public async Task A_cursor_is_good_for_any_page_and_gives_nothing_twice_and_passes_nothing_over()
    {
        await _steps.FollowedAsync();
        var before = (await _steps.AllAsync(AlienRegister.Name)).Cursor;
        for (var i = 0; i < 5; i++)
        {
            await _steps.ReplaceAsync(await _steps.SettleAsync());
        }
        await _steps.FollowedAsync();
        var (whole, end) = await _steps.AllAsync(AlienRegister.Name, before);
        Assert.Equal(15, whole.Count);
        foreach (var limit in (int[])[1, 2, 4, 15])
        {
            // A page may end between two events of one act.
            Assert.Equal(whole.Select(e => e.ToString()), (await _steps.AllAsync(AlienRegister.Name, before, limit)).Events.Select(e => e.ToString()));
        }
        Assert.Equal(whole.Count, whole.Select(e => e.GetProperty("id").GetString()).Distinct().Count());
        var (status, nothing) = await _steps.GetAsync(AlienRegister.Name, "?after=" + end);
        Assert.Equal((HttpStatusCode.OK, 0, false), (status, nothing.GetProperty("events").GetArrayLength(), nothing.GetProperty("more").GetBoolean()));
    }

    [Fact]
    public async Task What_cannot_be_read_is_refused_with_a_code()
    {
        async Task IsAsync(HttpStatusCode status, string code, string query, string agency = AlienRegister.Name, CallSigning? with = null)
        {
            var (answered, json) = await _steps.GetAsync(agency, query, with);
            Assert.Equal((status, code), (answered, FeedSteps.CodeOf(json)));
        }
        var end = await _world.Get<EventFeed>().EndAsync();
        foreach (var cursor in new[] { "abc", "1", "1-2", "1-2-3-4", "01-2-3", "1--2-3", "-1-2-0", "1-2-99999999999", $"{end.Generation + 1}-0-0", $"{end.Generation}-{end.Position + 1_000_000}-0" })
        {
            await IsAsync(HttpStatusCode.BadRequest, FeedRefusals.Cursor, "?after=" + cursor);
        }
        await IsAsync(HttpStatusCode.Gone, FeedRefusals.CursorGone, $"?after={end.Generation - 1}-0-0");
        foreach (var limit in new[] { "0", "201", "-1", "x", "1e1", "" })
        {
            await IsAsync(HttpStatusCode.BadRequest, FeedRefusals.Limit, "?limit=" + limit);
        }
        // Without a row nothing is given, with another's key nothing is believed.
        await IsAsync(HttpStatusCode.Forbidden, CallGate.NotAllowed, "", Traffic.Name, new CallSigning(Purpose: "keep_register"));
        await IsAsync(HttpStatusCode.Forbidden, CallGate.NotAllowed, "", AlienRegister.Name, new CallSigning(Purpose: "decide_application"));
        await IsAsync(HttpStatusCode.Unauthorized, CallGate.UnknownKey, "", AlienRegister.Name, new CallSigning(Signer: AgencyCaller.NewSigner()));
        await IsAsync(HttpStatusCode.Unauthorized, CallGate.BadSignature, "", AlienRegister.Name, new CallSigning(Address: new Uri(_world.Address, "exchange/events?limit=1")));
        using (var bare = await _world.Http.GetAsync("exchange/events"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, bare.StatusCode);
        }
        // A right to call alone gives no kind.
        var policies = PolicyBook.BaselineSnapshot();
        var none = new EventFeed(_world.Get<Db>(), () => new PolicySnapshot(1, policies.Rows.Select(r => r.Code == FeedGrant.Policy ? r with { Value = "[]" } : r)), _world.Get<FeedNumbers>(), _world.Clock);
        Assert.False((await none.ReadAsync(AlienRegister.Name, null, 10)).TryGet(out _, out var refusal));
        Assert.Equal(FeedRefusals.NotGranted, refusal!.Code);

        // Who fetches by itself has a cursor of its own.
        var (status, json) = await _steps.PostAsync(AlienRegister.Name, "replay", new { from = end.ToString(), reason = "t-1" });
        Assert.Equal((HttpStatusCode.Conflict, FeedRefusals.NoAddress), (status, FeedSteps.CodeOf(json)));
        (status, json) = await _steps.PostAsync(AlienRegister.Name, "test");
        Assert.Equal((HttpStatusCode.Conflict, FeedRefusals.NoAddress), (status, FeedSteps.CodeOf(json)));
    }

    [Fact]
    public async Task The_answer_is_signed_over_the_question_by_a_key_that_we_publish()
    {
        var key = Assert.Single(PublicKeyText.ReadAll(await _world.Http.GetStringAsync("trust/exchange.json")));
        var address = new Uri(_world.Address, "exchange/events?limit=3");
        using var call = AgencyCaller.Call(address, [], AlienRegister.Name, FeedPage.Reading, _world.SandboxApp.Services.GetRequiredService<StandInKeys>().Of(AlienRegister.Name), _world.Clock.Now(), new CallSigning { Method = HttpMethod.Get });
        using var answer = await _world.Http.SendAsync(call);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var signature = HttpSignature.Of(SignedMessage.Of(answer, SignedMessage.Of(call, address)))!;
        Assert.True(new MessageKey(key).Made(signature) && Exchange.Covers(signature, Exchange.CoveredByAnswer));
        Assert.True(HttpSignature.IsDigestOf(answer.Headers.GetValues(HttpSignature.DigestHeader).Single(), await answer.Content.ReadAsByteArrayAsync()));
    }

    [Fact]
    public async Task What_a_process_had_found_and_not_written_is_found_again_once()
    {
        var follower = _world.Get<FeedFollower>();
        await _steps.FollowedAsync();
        var died = false;
        follower.BeforeWriting = () =>
        {
            died = true;
            throw new NotWrittenException("The process is gone.", new WriteOutcome.InDoubt());
        };
        var settled = await _steps.SettleAsync();
        await WholeWorld.UntilAsync(() => Task.FromResult(Volatile.Read(ref died) ? "" : null), "it was found", 120);
        Assert.False(await _world.Get<Db>().ExistsAsync("SELECT 1 FROM feed_event WHERE person_id = @person", new { person = settled.Person.Value }));
        follower.BeforeWriting = null;
        await _steps.FollowedAsync();
        Assert.Equal([FeedKinds.ResidenceIssued, FeedKinds.DocumentStatus], await _world.Get<Db>().QueryAsync<string>("SELECT kind FROM feed_event WHERE person_id = @person ORDER BY position, ordinal", new { person = settled.Person.Value }));

        // Two who have read the same write it once.
        var writer = _world.Get<FeedWriter>();
        await Assert.ThrowsAsync<NotWrittenException>(async () => await writer.AddAsync((await writer.NextAsync()).Position - 1, long.MaxValue, []));
    }

    [Fact]
    public async Task What_was_kept_long_enough_is_forgotten_and_a_cursor_from_before_says_so()
    {
        await _steps.FollowedAsync();
        var before = (await _steps.AllAsync(AlienRegister.Name)).Cursor;
        var old = await _steps.SettleAsync();
        await _steps.FollowedAsync();
        var after = (await _steps.AllAsync(AlienRegister.Name, before)).Cursor;
        // Whoever is sent events and has none for long is moved on each hour, and so never falls out of what is kept.
        var end = await _world.Get<EventFeed>().EndAsync();
        await _world.MoveClockAsync(Duration.FromMinutes(61));
        foreach (var agency in new[] { LabourContracts.Name, HealthInsurance.Name })
        {
            await _steps.StandsAsync(agency, c => c.Cursor.Position >= end.Position, "is moved on");
        }

        // A process in as many days. The one that reads the journal meanwhile may write first.
        async Task ForgetInAsync(int days)
        {
            var writer = new FeedWriter(_world.Get<Db>(), _world.Get<IWriter>(), _world.Get<EventFeed>(), new LaterClock(TimeSpan.FromDays(days), _world.Clock));
            await WholeWorld.UntilAsync(async () =>
            {
                try
                {
                    return await writer.ForgetAsync() == 0 ? "" : null;
                }
                catch (NotWrittenException)
                {
                    return null;
                }
            }, "nothing is left that is so old");
        }
        var keep = _world.Get<EventFeed>().Rules.KeepDays;
        await ForgetInAsync(keep - 1);
        Assert.Equal([old.Number], (await _steps.AllAsync(AlienRegister.Name, before)).Events.Select(e => e.GetProperty("residentNumber").GetString()));

        await ForgetInAsync(keep + 1);
        Assert.False(await _world.Get<Db>().ExistsAsync("SELECT 1 FROM feed_event WHERE person_id = @person", new { person = old.Person.Value }));
        var (status, json) = await _steps.GetAsync(AlienRegister.Name, "?after=" + before);
        Assert.Equal((HttpStatusCode.Gone, FeedRefusals.CursorGone), (status, FeedSteps.CodeOf(json)));

        // Whoever had read to the end misses nothing, and whoever begins is given what there is.
        var young = await _steps.SettleAsync();
        await _steps.FollowedAsync();
        Assert.Equal([young.Number], (await _steps.AllAsync(AlienRegister.Name, after)).Events.Select(e => e.GetProperty("residentNumber").GetString()));
        Assert.Equal(young.Number, (await _steps.AllAsync(AlienRegister.Name)).Events[^1].GetProperty("residentNumber").GetString());
    }

    [Fact]
    public async Task The_contract_that_is_written_down_is_the_one_that_is_served() =>
        GeneratedDocs.Check("openapi.exchange.json", await _world.Http.GetStringAsync("openapi/exchange.json") + "\n");

    [Fact]
    public async Task Of_somebody_who_was_erased_nothing_is_told()
    {
        await _steps.FollowedAsync();
        var before = (await _steps.AllAsync(AlienRegister.Name)).Cursor;
        var (gone, stays) = (await _steps.SettleAsync(), await _steps.SettleAsync());
        await _steps.FollowedAsync();
        Assert.Equal([gone.Number, stays.Number], (await _steps.AllAsync(AlienRegister.Name, before)).Events.Select(e => e.GetProperty("residentNumber").GetString()));
        await _steps.WriteAsync(change =>
        {
            change.Erasures.Add(new KeyErasure(gone.Person, RetentionClass.Identity));
            return Task.CompletedTask;
        });
        // A process may remember a key for minutes; the next one does not have it.
        await _world.RestartAsync();
        Assert.Equal([stays.Number], (await _steps.AllAsync(AlienRegister.Name, before)).Events.Select(e => e.GetProperty("residentNumber").GetString()));
        Assert.Equal([stays.Number], (await _steps.AllAsync(AlienRegister.Name, before, 1)).Events.Select(e => e.GetProperty("residentNumber").GetString()));
    }
}
