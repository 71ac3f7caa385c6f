using Muqeem.Host.Reconciling;
using Muqeem.Platform.Folder;
using Muqeem.Registry;
using NodaTime.Text;

namespace Muqeem.Host.Verbs;

/// <summary>Compares with the agencies now. On PostgreSQL it works beside a running service; what is told again is sent by it.</summary>
internal static class ReconcileVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        var (wanted, rest) = args is [var first, .. var others] && !first.StartsWith('-') ? (first, others) : (null, args);
        await using var app = MuqeemHost.Build(rest);
        var reconciler = app.Services.GetRequiredService<Reconciler>();
        string[] agencies = wanted is null ? [.. reconciler.Compared]
            : [reconciler.Compared.FirstOrDefault(a => a.Equals(wanted, StringComparison.OrdinalIgnoreCase)) ?? throw new CannotStartException($"'{wanted}' is not compared with. There are {string.Join(", ", reconciler.Compared)}.")];
        await MuqeemHost.PrepareAsync(app);
        var incomplete = 0;
        foreach (var agency in agencies)
        {
            await reconciler.BeginAsync(agency);
            var run = await reconciler.PlayAsync(agency);
            Console.WriteLine(run switch
            {
                null => $"{agency}: another process compares just now.",
                { State: ReconciliationStates.Waiting } => $"{agency}: not completed, because it has not answered since {InstantPattern.General.Format(run.WaitingSince!.Value)} ({run.Reason}); {Numbers(run)} so far",
                _ => $"{agency}: {Numbers(run)}",
            });
            incomplete += run is { IsOver: true } ? 0 : 1;
        }
        foreach (var open in await app.Services.GetRequiredService<Reconciliations>().OpenAsync())
        {
            Console.WriteLine($"open: {open.Agency} {open.Kind} {open.Number}, the oldest since {InstantPattern.General.Format(open.Since)}");
        }
        return incomplete == 0 ? 0 : 1;
    }

    private static string Numbers(Reconciliation run) => $"{run.Compared} compared, {run.Found} differences, {run.Repaired} repaired, {run.Opened} for officers";
}
