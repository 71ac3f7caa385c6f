using System.Data.Common;
using Muqeem.Agencies;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Host.Feeding;

/// <summary>Follows the journal for the feed, and sends each agency its events: a loop each, so that none waits for another.</summary>
internal sealed class FeedWork(FeedFollower follower, FeedSender sender, ILogger<FeedWork> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(sender.Agencies.Select(agency => Rounds.RunAsync("the feed for " + agency, cancel => sender.RoundAsync(agency, cancel), log, stoppingToken)).Append(Rounds.RunAsync("the feed's journal", async cancel =>
        {
            await follower.RoundAsync(cancel);
            return false;
        }, log, stoppingToken)));

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
}
