using Muqeem.Agencies;
using Muqeem.Host.Feeding;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Sandbox.State;
using Muqeem.Tests;

namespace Muqeem.Host.Verbs;

public sealed class FeedVerbsTests
{
    [Fact]
    public async Task An_operator_tests_replays_and_resumes_and_hears_by_the_exit_code_how_it_ended()
    {
        const string Agency = LabourContracts.Name;
        await using var world = await WholeWorld.StartAsync(DatabaseKind.Sqlite, FeedWorld.Feeds);
        var steps = new FeedSteps(world);
        var start = (await steps.StandsAsync(Agency, _ => true, "is known")).Cursor;
        var settled = await steps.SettleAsync();
        await steps.KeepsAsync(Agency, k => k.Any(e => e.Number == settled.Number), "it");
        await steps.StandsAsync(Agency, c => c.DeliveredAt is not null, "was told");
        await world.WhileStoppedAsync(async args =>
        {
            Assert.Equal(0, await FeedVerbs.RunAsync(["list", .. args]));
            Assert.Equal(0, await FeedVerbs.RunAsync(["test", "--Agency=" + Agency.ToLowerInvariant(), .. args]));
            steps.Knobs.Set(Agency, null, new Knob(Down: true));
            Assert.Equal(1, await FeedVerbs.RunAsync(["test", "--agency", Agency, .. args]));
            steps.Knobs.Set(Agency, null, Knob.None);
            await Assert.ThrowsAsync<CannotStartException>(() => FeedVerbs.RunAsync(["test", "--Agency=Traffic", .. args]));
            await Assert.ThrowsAsync<CannotStartException>(() => FeedVerbs.RunAsync(["replay", "--Agency=" + Agency, "--From=" + start, .. args]));
            await Assert.ThrowsAsync<CannotStartException>(() => FeedVerbs.RunAsync(["replay", "--Agency=" + Agency, "--From=here", "--Reason=t-1", .. args]));
            Assert.Equal(1, await FeedVerbs.RunAsync(["replay", "--Agency=" + Agency, $"--From={start.Generation}-{start.Position + 1_000_000}-0", "--Reason=t-1", .. args]));
            Assert.Equal(1, await FeedVerbs.RunAsync(["replay", "--Agency=" + Agency, "--From=" + start, "--Reason=not a code", .. args]));
            Assert.Equal(0, await FeedVerbs.RunAsync(["replay", "--Agency=" + Agency, "--From=" + start, "--Reason=t-1", .. args]));
            Assert.Equal(0, await FeedVerbs.RunAsync(["resume", "--Agency=" + Agency, "--Reason=t-1", .. args]));
            Assert.Equal(2, await FeedVerbs.RunAsync(["begin", .. args]));
        });
        Assert.Single(await steps.KeptAsync(Agency), e => e.Test);
        await steps.KeepsAsync(Agency, k => k.Any(e => e.Number == settled.Number && e.Times == 2), "it again");
        Assert.Equal([("System", "operator", FeedSteering.ReplayVerb), ("System", "operator", FeedSteering.ResumeVerb)],
            await world.Get<Db>().QueryAsync<(string, string, string)>("SELECT actor_kind, actor_id, verb FROM act WHERE verb LIKE 'feed.%' AND reason = 't-1' ORDER BY id"));
        Assert.True(await world.Get<Db>().ExistsAsync("SELECT 1 FROM exchange WHERE direction = 'OUT' AND operation = 'events' AND outcome = 'answered'"));
    }

    [Fact]
    public void A_reason_is_said_in_words()
    {
        string[] reasons = [AgencyReason.Unreachable, AgencyReason.Timeout, AgencyReason.Failing, AgencyReason.Throttled, AgencyReason.NotAllowed, "not_found", "broken:signature:wrong", "broken:status:401 signature.key", "broken:reference:missing", FeedRefusals.CursorGone];
        Assert.All(reasons, r => Assert.True(FeedVerbs.WordsOf(r).Length > 40 && FeedVerbs.WordsOf(r) != r, r));
        Assert.Equal(reasons.Length, reasons.Select(FeedVerbs.WordsOf).Distinct().Count());
        Assert.Contains("401 signature.key", FeedVerbs.WordsOf("broken:status:401 signature.key"), StringComparison.Ordinal);
    }
}
