using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;

namespace Muqeem.Credentials.Status;

/// <summary>Keeps the status lists of this node up to date and, where it has the lease, signed: a change is in the list within a second.</summary>
internal sealed partial class StatusWork(StatusLists lists, ILogger<StatusWork> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan PauseOfFollowing = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(5);

    /// <summary>Following goes on beside a round: whoever is asked about a credential must not wait until lists are signed.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        LoopAsync(lists.RoundAsync, Pause, stoppingToken),
        LoopAsync(lists.FollowAsync, PauseOfFollowing, stoppingToken));

    private async Task LoopAsync(Func<CancellationToken, Task> round, TimeSpan usual, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = usual;
            try
            {
                await round(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is DbException or NotWrittenException or DatabaseBusyException)
            {
                // The database is away: the tokens that are there go on being served until they expire.
                pause = AfterTrouble;
            }
            catch (KeyUnavailableException e)
            {
                CannotSign(log, e.Message);
                pause = AfterTrouble;
            }
            catch (Exception bug)
            {
                Failed(log, bug.GetType().Name, bug.StackTrace);
                pause = AfterTrouble;
            }
            try
            {
                await Task.Delay(pause, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(72, LogLevel.Error, "Status lists are not signed: {Sentence}")]
    private static partial void CannotSign(ILogger logger, string sentence);

    [LoggerMessage(73, LogLevel.Error, "A round of the status lists failed: {Kind} {Stack}")]
    private static partial void Failed(ILogger logger, string kind, string? stack);
}
