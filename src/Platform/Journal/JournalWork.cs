using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Background;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Journal;

/// <summary>The sequencer's loop: woken by commits of this process, and by itself for those of others.</summary>
internal sealed partial class JournalWork(Sequencer sequencer, Writer writer, JournalOptions options, ILogger<JournalWork> log) : BackgroundService
{
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var bell = new WakeUp();
        EventHandler committed = (_, _) => bell.Ring();
        writer.LeavesCommitted += committed;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var calm = await RunAsync(stoppingToken);
                await bell.WaitAsync(calm ? options.LookAtLeastEvery : AfterTrouble, stoppingToken);
                // Paced by real time, whatever day the domain's clock shows.
                await Task.Delay(options.Gather, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping. What is not sequenced waits for the next process.
        }
        finally
        {
            writer.LeavesCommitted -= committed;
        }
    }

    private async Task<bool> RunAsync(CancellationToken stop)
    {
        try
        {
            await sequencer.RunAsync(stop);
            return sequencer.Stopped is null;
        }
        catch (DbException)
        {
            return false; // the database is away; the writer says so
        }
        catch (KeyUnavailableException away)
        {
            CannotSign(log, away.Message);
            return false;
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            // The loop outlives its bugs; each is in the log with its place.
            Failed(log, bug.GetType().Name, bug.StackTrace);
            return false;
        }
    }

    [LoggerMessage(59, LogLevel.Error, "The journal's checkpoint is not signed: {Sentence}")]
    private static partial void CannotSign(ILogger logger, string sentence);

    [LoggerMessage(52, LogLevel.Error, "A round of the journal failed: {Kind} {Stack}")]
    private static partial void Failed(ILogger logger, string kind, string? stack);
}
