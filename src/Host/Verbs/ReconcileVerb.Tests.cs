using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Host.Reconciling;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Sandbox.State;
using Muqeem.Tests;

namespace Muqeem.Host.Verbs;

public sealed class ReconcileVerbTests
{
    [Fact]
    public async Task It_compares_now_and_says_by_its_exit_code_whether_every_agency_answered()
    {
        await using var world = await WholeWorld.StartAsync(DatabaseKind.Sqlite);
        var knobs = world.SandboxApp.Services.GetRequiredService<Knobs>();
        await world.WhileStoppedAsync(async args =>
        {
            Assert.Equal(0, await ReconcileVerb.RunAsync(args));
            knobs.Set(HealthInsurance.Name, null, new Knob(Down: true));
            Assert.Equal(1, await ReconcileVerb.RunAsync([HealthInsurance.Name.ToLowerInvariant(), .. args]));
            knobs.Set(HealthInsurance.Name, null, Knob.None);
            // The same command goes on with what was not completed.
            Assert.Equal(0, await ReconcileVerb.RunAsync([HealthInsurance.Name, .. args]));
            await Assert.ThrowsAsync<CannotStartException>(() => ReconcileVerb.RunAsync(["Traffic", .. args]));
        });
        // Each once, and the insurers once more.
        Assert.Equal(world.Get<Reconciler>().Compared.Count() + 1, await world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM reconciliation WHERE state = 'DONE'"));
    }
}
