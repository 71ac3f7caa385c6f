using System.Diagnostics;
using Muqeem.Agencies;
using Muqeem.Platform.Database;
using Muqeem.Sandbox.State;
using Muqeem.Tests;

namespace Muqeem.Host.Feeding;

public sealed class FeedKilledOnSqliteTests() : FeedKilledTests(DatabaseKind.Sqlite);

public sealed class FeedKilledOnPostgreSqlTests() : FeedKilledTests(DatabaseKind.PostgreSql);

/// <summary>Muqeem as a process of its own, killed while it sends.</summary>
public abstract class FeedKilledTests(DatabaseKind kind)
{
    private const int People = 450;
    private const int Lives = 2;

    // Built beside this: bin/Release/net10.0.
    private static readonly string Program = Path.Combine(Repository.Root, "src", "Host", Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "Tests"), AppContext.BaseDirectory), "Muqeem.Host");

    [Fact]
    public async Task Killed_while_it_sends_it_loses_nothing_and_nothing_is_done_twice()
    {
        await using var world = await WholeWorld.StartAsync(kind, FeedWorld.Feeds);
        var steps = new FeedSteps(world);
        await steps.StandsAsync(LabourContracts.Name, _ => true, "is known");
        steps.Knobs.Set(LabourContracts.Name, null, new Knob(Down: true));
        List<string> all = [];
        for (var i = 0; i < People; i++)
        {
            all.Add((await steps.SettleAsync()).Number);
        }
        await world.WhileStoppedAsync(async args =>
        {
            // Each page is under way for a while, and there are three.
            steps.Knobs.Set(LabourContracts.Name, null, new Knob(LatencyMs: 300));
            for (var life = 0; life < Lives; life++)
            {
                var before = (await steps.KeptAsync(LabourContracts.Name)).Count;
                var start = new ProcessStartInfo(Program, ["serve", .. args]) { UseShellExecute = false };
                start.Environment["DOTNET_EnableDiagnostics"] = "0";
                using var process = Process.Start(start)!;
                while (!process.HasExited && (await steps.KeptAsync(LabourContracts.Name)).Count == before)
                {
                    await Task.Delay(5);
                }
                process.Kill();
                await process.WaitForExitAsync();
                Assert.Equal(137, process.ExitCode);
            }
            steps.Knobs.Set(LabourContracts.Name, null, Knob.None);
        });
        var kept = await steps.KeepsAsync(LabourContracts.Name, k => k.Count(e => !e.Test) >= People, "everybody");
        // First come in the order of the journal, each once, however often it came.
        var order = await world.Get<Db>().QueryAsync<Guid>("SELECT act_id FROM feed_event WHERE kind = 'residence.issued' ORDER BY position, ordinal");
        Assert.Equal(People, order.Count);
        Assert.Equal(all, kept.Where(e => !e.Test).Select(e => e.Number));
        Assert.Equal(0, await world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM (SELECT act_id, kind FROM feed_event GROUP BY act_id, kind HAVING count(*) > 1) t"));
    }
}
