using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.Feeding;

public sealed class FeedDeliveryOnSqliteTests(FeedOnSqlite world) : FeedDeliveryTests(world), IClassFixture<FeedOnSqlite>;

public sealed class FeedDeliveryOnPostgreSqlTests(FeedOnPostgreSql world) : FeedDeliveryTests(world), IClassFixture<FeedOnPostgreSql>;

/// <summary>What agencies are sent: at least once, in order, to whoever can show that it took it.</summary>
public abstract class FeedDeliveryTests(FeedWorld shared)
{
    private const string Agency = LabourContracts.Name;

    private readonly WholeWorld _world = shared.World;
    private readonly FeedSteps _steps = new(shared.World);

    private static bool Has(IReadOnlyList<Kept> kept, Settled who, string kind = FeedKinds.ResidenceIssued) => kept.Any(e => e.Number == who.Number && e.Kind == kind);

    private async Task<Settled> ToldAsync()
    {
        var settled = await _steps.SettleAsync();
        await _steps.KeepsAsync(Agency, k => Has(k, settled), "somebody's residence");
        await _steps.FollowedAsync();
        await CaughtUpAsync();
        return settled;
    }

    /// <summary>What is behind the cursor of an agency would be sent now; nothing is.</summary>
    private Task CaughtUpAsync() => WholeWorld.UntilAsync(async () =>
        await _world.Get<Db>().FirstAsync<string>("""
            SELECT 'behind' FROM feed_consumer c JOIN feed_event e ON (e.position, e.ordinal) >= (c.position, c.ordinal) WHERE c.agency = @Agency AND e.kind IN ('residence.issued', 'residence.renewed', 'residence.ended') AND e.category <> 'dependent' LIMIT 1
            """, new { Agency }) is null ? "" : null, "all was sent", 240);

    [Fact]
    public async Task A_receipt_that_is_not_the_agencys_word_counts_for_nothing_and_what_comes_again_does_nothing()
    {
        await ToldAsync();
        _steps.Knobs.Set(Agency, null, new Knob(Forge: Forgery.Signature));
        var settled = await _steps.SettleAsync();
        // It is taken, and we cannot know it: so it is sent again when somebody answers who can be believed.
        await _steps.KeepsAsync(Agency, k => Has(k, settled), "what nobody confirms");
        var failing = await _steps.StandsAsync(Agency, c => c.Attempts > 0, "fails");
        Assert.Equal(("broken:signature:wrong", false), (failing.Reason, failing.IsStopped));
        _steps.Knobs.Set(Agency, null, Knob.None);
        await _steps.StandsAsync(Agency, c => c.Attempts == 0 && c.FailingSince is null, "is well again");
        var again = (await _steps.KeepsAsync(Agency, k => k.Any(e => e.Number == settled.Number && e.Times >= 2), "the same again")).Where(e => e.Number == settled.Number).ToList();
        Assert.Single(again);
        await EvidenceAsync(FeedPage.Delivery, "signature.wrong");
    }

    private Task EvidenceAsync(string operation, string outcome) => WholeWorld.UntilAsync(
        async () => await _world.Get<Db>().ExistsAsync("SELECT 1 FROM exchange WHERE direction = 'OUT' AND operation = @operation AND outcome = @outcome", new { operation, outcome }) ? "" : null, "it is kept as evidence");

    [Fact]
    public async Task While_nobody_answers_nobodys_data_is_opened_and_afterwards_all_comes_in_order()
    {
        await ToldAsync();
        _steps.Knobs.Set(Agency, null, new Knob(Down: true));
        var first = await _steps.SettleAsync();
        await _steps.StandsAsync(Agency, c => c.Attempts >= 1, "fails");
        // One look before the failure was noticed; none while it lasts.
        var noticed = (await LooksAsync(first)).Count;
        Assert.InRange(noticed, 0, 1);
        var second = await _steps.SettleAsync();
        var attempts = (await _steps.StandsAsync(Agency, _ => true, "is known")).Attempts;
        var down = await _steps.StandsAsync(Agency, c => c.Attempts >= attempts + 2, "fails again");
        Assert.Equal((AgencyReason.Failing, noticed, 0), (down.Reason, (await LooksAsync(first)).Count, (await LooksAsync(second)).Count));
        _steps.Knobs.Set(Agency, null, Knob.None);
        var kept = await _steps.KeepsAsync(Agency, k => Has(k, second), "what waited");
        Assert.Equal([first.Number, second.Number], kept.Where(e => e.Number == first.Number || e.Number == second.Number).Select(e => e.Number));
    }

    private async Task<IReadOnlyList<AccessLine>> LooksAsync(Settled who) => [.. (await _world.Get<AccessLog>().ForPersonAsync(who.Person, take: 200)).Lines.Where(l => l.Reader == Actor.Agency(Agency))];

    [Fact]
    public async Task Who_fails_for_long_is_not_called_until_somebody_says_so()
    {
        await ToldAsync();
        _steps.Knobs.Set(Agency, null, new Knob(Down: true));
        var settled = await _steps.SettleAsync();
        await _steps.StandsAsync(Agency, c => c.Attempts > 0, "fails");
        await _world.MoveClockAsync(Duration.FromHours(25));
        var stopped = await _steps.StandsAsync(Agency, c => c.IsStopped, "is stopped");
        Assert.Equal(AgencyReason.Failing, stopped.Reason);
        _steps.Knobs.Set(Agency, null, Knob.None);
        // Nobody calls it by himself, however much time goes by.
        await _world.MoveClockAsync(Duration.FromHours(2));
        Assert.False(await _world.Get<FeedSender>().RoundAsync(Agency));
        Assert.False(Has(await _steps.KeptAsync(Agency), settled));
        Assert.True((await _steps.StandsAsync(Agency, _ => true, "is known")).IsStopped);

        var (status, json) = await _steps.PostAsync(Agency, "resume", new { reason = "no words about Salim" });
        Assert.Equal((HttpStatusCode.BadRequest, FeedRefusals.Reason), (status, FeedSteps.CodeOf(json)));
        (status, json) = await _steps.PostAsync(Agency, "resume", new { reason = "ticket-4711" });
        Assert.Equal((HttpStatusCode.OK, "sending"), (status, json.GetProperty("state").GetString()));
        await _steps.KeepsAsync(Agency, k => Has(k, settled), "what waited");
        Assert.Equal("ticket-4711", await _world.Get<Db>().SingleAsync<string>("SELECT reason FROM act WHERE verb = @verb AND actor_kind = 'Agency' AND actor_id = @Agency", new { verb = FeedSteering.ResumeVerb, Agency }));
    }

    [Fact]
    public async Task A_replay_moves_back_is_an_act_and_sends_the_same_events()
    {
        var start = (await _steps.StandsAsync(Agency, _ => true, "is known")).Cursor;
        var settled = await ToldAsync();
        var before = (await _steps.KeptAsync(Agency)).Where(e => e.Number == settled.Number).ToList();
        var end = (await _steps.StandsAsync(Agency, _ => true, "is known")).Cursor;

        var id = Guid.CreateVersion7();
        var (status, json) = await _steps.PostAsync(Agency, "replay", new { from = start.ToString(), reason = "lost-our-disk" }, new CallSigning { Id = id });
        Assert.True(status == HttpStatusCode.OK, json.ToString());
        var again = await _steps.KeepsAsync(Agency, k => k.Any(e => e.Number == settled.Number && e.Times == 2), "it again");
        Assert.Equal(before.Select(e => (e.Id, e.Content.ToString())), again.Where(e => e.Number == settled.Number).Select(e => (e.Id, e.Content.ToString())));
        var act = await _world.Get<Db>().SingleAsync<(string Kind, string Actor, string Reason, string Answer)>("SELECT actor_kind, actor_id, reason, answer FROM act WHERE verb = @verb", new { verb = FeedSteering.ReplayVerb });
        Assert.Equal(("Agency", Agency, "lost-our-disk"), (act.Kind, act.Actor, act.Reason));
        Assert.EndsWith($" {start}", act.Answer, StringComparison.Ordinal);

        // The same call again is the same act; another body under its id is refused.
        (status, _) = await _steps.PostAsync(Agency, "replay", new { from = start.ToString(), reason = "lost-our-disk" }, new CallSigning { Id = id });
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(1, await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM act WHERE verb = @verb", new { verb = FeedSteering.ReplayVerb }));
        (status, json) = await _steps.PostAsync(Agency, "replay", new { from = start.ToString(), reason = "another" }, new CallSigning { Id = id });
        Assert.Equal((HttpStatusCode.Conflict, "request_id.reused"), (status, FeedSteps.CodeOf(json)));

        await CaughtUpAsync();
        var now = (await _steps.StandsAsync(Agency, _ => true, "is known")).Cursor;
        Assert.True(now.Position >= end.Position);
        foreach (var (from, wanted, code) in new[]
        {
            ($"{now.Generation}-{now.Position}-{now.Ordinal + 1}", HttpStatusCode.Conflict, FeedRefusals.ReplayForward), ($"{now.Generation}-{now.Position + 9_000_000}-0", HttpStatusCode.BadRequest, FeedRefusals.Cursor),
            ("x", HttpStatusCode.BadRequest, FeedRefusals.Cursor), ($"{now.Generation - 1}-0-0", HttpStatusCode.Gone, FeedRefusals.CursorGone),
        })
        {
            (status, json) = await _steps.PostAsync(Agency, "replay", new { from, reason = "t-1" });
            // The feed may have gone on, so that a place after the cursor is none after the end.
            Assert.True((status == wanted && FeedSteps.CodeOf(json) == code) || (code == FeedRefusals.ReplayForward && FeedSteps.CodeOf(json) == FeedRefusals.Cursor), $"{from}: {(int)status} {json}");
        }
        (status, json) = await _steps.PostAsync(Agency, "replay", new { from = start.ToString() });
        Assert.Equal((HttpStatusCode.BadRequest, CallGate.Malformed), (status, FeedSteps.CodeOf(json)));
        (status, json) = await _steps.PostAsync(Traffic.Name, "replay", new { from = start.ToString(), reason = "t-1" }, new CallSigning(Purpose: "keep_register"));
        Assert.Equal((HttpStatusCode.Forbidden, CallGate.NotAllowed), (status, FeedSteps.CodeOf(json)));
        // Its own cursor, and no other's.
        Assert.Equal(1, (await _steps.KeptAsync(HealthInsurance.Name)).Select(e => e.Times).DefaultIfEmpty(1).Max());
    }

    [Fact]
    public async Task A_test_tells_nothing_and_says_how_it_ended()
    {
        // From the first look on it is counted.
        await _world.Http.GetStringAsync("metrics");
        await ToldAsync();
        var cursor = (await _steps.StandsAsync(Agency, _ => true, "is known")).Cursor;
        var tests = (await _steps.KeptAsync(Agency)).Count(e => e.Test);
        var (status, json) = await _steps.PostAsync(Agency, "test");
        Assert.Equal((HttpStatusCode.OK, true), (status, json.GetProperty("delivered").GetBoolean()));
        var kept = (await _steps.KeptAsync(Agency)).Where(e => e.Test).ToList();
        Assert.Equal((tests + 1, FeedKinds.Test), (kept.Count, kept[^1].Kind));
        Assert.Equal(["id", "kind", "at"], kept[^1].Content.EnumerateObject().Select(m => m.Name));
        _steps.Knobs.Set(Agency, null, new Knob(Down: true));
        (status, json) = await _steps.PostAsync(Agency, "test");
        Assert.Equal((HttpStatusCode.OK, false, AgencyReason.Failing), (status, json.GetProperty("delivered").GetBoolean(), json.GetProperty("reason").GetString()));
        _steps.Knobs.Set(Agency, null, Knob.None);
        Assert.Equal(cursor.Position, (await _steps.StandsAsync(Agency, _ => true, "is known")).Cursor.Position);
        await _steps.StandsAsync(Agency, c => c.Attempts == 0, "is not failing by a test");
        var metrics = await _world.Http.GetStringAsync("metrics");
        Assert.All((string[])["muqeem_feed_behind{consumer=\"LabourContracts\"}", "muqeem_feed_deliveries{consumer=\"LabourContracts\",outcome=\"taken\"", "muqeem_feed_stopped{consumer=\"LabourContracts\"}"], line => Assert.Contains(line, metrics, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_delivery_that_is_forged_is_refused_by_the_receiver()
    {
        var page = new FeedPage(FeedPage.From, _world.Clock.Now(), [new FeedEvent(Guid.CreateVersion7(), FeedKinds.ResidenceEnded, _world.Clock.Now(), "2000000006")], "1-0-0", false);
        var body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(page, Wire.Options);
        var address = new Uri(_world.Sandbox.BaseAddress!, "labour/events");
        async Task<string?> SentAsync(MessageSigner signer, Func<byte[], byte[]>? after = null)
        {
            using var call = AgencyCaller.Call(address, body, Agency, FeedPage.Delivery, signer, _world.Clock.Now(), new CallSigning(Purpose: "keep_register", After: after));
            call.Headers.Add(Exchange.ConsumerHeader, "muqeem");
            call.Content!.Headers.ContentType = new("application/json");
            using var answer = await _world.Sandbox.SendAsync(call);
            using var json = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            return FeedSteps.CodeOf(json.RootElement);
        }
        Assert.Equal("signature.key", await SentAsync(AgencyCaller.NewSigner()));
        Assert.Equal("signature.digest", await SentAsync(_world.Get<ExchangeDesk>().Signer, bytes => [.. bytes[..^1], (byte)' ', (byte)'}']));
        Assert.DoesNotContain(await _steps.KeptAsync(Agency), e => e.Number == "2000000006");
        Assert.Null(await SentAsync(_world.Get<ExchangeDesk>().Signer));
        Assert.Contains(await _steps.KeptAsync(Agency), e => e.Number == "2000000006");
    }

    [Fact]
    public async Task A_restart_in_the_middle_loses_nothing()
    {
        await ToldAsync();
        _steps.Knobs.Set(Agency, null, new Knob(LatencyMs: 1500));
        List<Settled> all = [];
        for (var i = 0; i < 3; i++)
        {
            all.Add(await _steps.SettleAsync());
            await _world.RestartAsync();
        }
        _steps.Knobs.Set(Agency, null, Knob.None);
        var kept = await _steps.KeepsAsync(Agency, k => all.TrueForAll(s => Has(k, s)), "everybody");
        Assert.Equal(all.Select(s => s.Number), kept.Where(e => all.Exists(s => s.Number == e.Number)).Select(e => e.Number));
    }
}
