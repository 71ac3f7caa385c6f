using System.Data.Common;
using Muqeem.Agencies;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Host.Feeding;

/// <summary>Follows the journal for the feed, and sends each agency its events: a loop each, so that none waits for another.</summary>
internal sealed partial class FeedWork(FeedFollower follower, FeedSender sender, ILogger<FeedWork> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(sender.Agencies.Select(agency => LoopAsync(agency, cancel => sender.RoundAsync(agency, cancel), stoppingToken)).Append(LoopAsync("the journal", async cancel =>
        {
            await follower.RoundAsync(cancel);
            return false;
        }, stoppingToken)));

    private async Task LoopAsync(string of, Func<CancellationToken, Task<bool>> round, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var pause = Pause;
            try
            {
                pause = await round(stop) ? TimeSpan.Zero : Pause;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NotWrittenException or AccessNotRecordedException)
            {
                // Nothing was told: it is looked at again.
            }
            catch (Exception e) when (e is DbException or DatabaseBusyException)
            {
                pause = AfterTrouble;
            }
            catch (Exception bug)
            {
                Failed(log, of, bug.GetType().Name, bug.StackTrace);
                pause = AfterTrouble;
            }
            try
            {
                await Task.Delay(pause, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await follower.ReleaseAsync(cancellationToken);
            await sender.ReleaseAsync(cancellationToken);
        }
        catch (Exception e) when (e is DbException or NotWrittenException or DatabaseBusyException or OperationCanceledException)
        {
            // They end by themselves.
        }
    }

    [LoggerMessage(63, LogLevel.Error, "A round of the feed for {Of} failed: {Kind} {Stack}")]
    private static partial void Failed(ILogger logger, string of, string kind, string? stack);
}
