using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Muqeem.Platform.Journal;

/// <summary>The loop beside the journal that shows checkpoints to witnesses, about once a second: none of it holds a checkpoint up.</summary>
internal sealed partial class WitnessWork(Witnesses witnesses, Sequencer sequencer, ILogger<WitnessWork> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        EventHandler disagreed = (_, _) => sequencer.LookAgain();
        witnesses.Disagreed += disagreed;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    await witnesses.RunAsync(stoppingToken);
                }
                catch (DbException)
                {
                    // The database is away; the writer says so.
                }
                catch (Exception bug) when (bug is not OperationCanceledException)
                {
                    // The loop outlives its bugs; each is in the log with its place.
                    Failed(log, bug.GetType().Name, bug.StackTrace);
                }
                await Task.Delay(Pause, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
        finally
        {
            witnesses.Disagreed -= disagreed;
        }
    }

    [LoggerMessage(54, LogLevel.Error, "A round with the witnesses failed: {Kind} {Stack}")]
    private static partial void Failed(ILogger logger, string kind, string? stack);
}
