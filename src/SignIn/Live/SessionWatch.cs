using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.SignIn.Throttling;

namespace Muqeem.SignIn.Live;

/// <summary>In every process that serves: hears four times a second of sessions that ended elsewhere, and keeps the counts of attempts.</summary>
internal sealed partial class SessionWatch(Sessions sessions, Throttle throttle, ILogger<SessionWatch> log) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);
    private const int BeatsPerFlush = 12;
    private const int BeatsPerSweep = 240;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat);
        var silent = false;
        for (var beat = 0L; !stoppingToken.IsCancellationRequested; beat++)
        {
            try
            {
                await sessions.HearEndingsAsync(stoppingToken);
                if (beat % BeatsPerFlush == 0)
                {
                    await throttle.FlushAsync(stoppingToken);
                }
                if (beat % BeatsPerSweep == 0)
                {
                    sessions.Sweep();
                }
                silent = false;
                await timer.WaitForNextTickAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                // Meanwhile nothing in memory is believed: each request asks the database itself.
                if (!silent)
                {
                    Silent(log, fault.GetType().Name);
                }
                silent = true;
                await Task.Delay(Beat, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Sessions that ended elsewhere cannot be heard of: {Fault}. Until then each request asks the database.")]
    private static partial void Silent(ILogger log, string fault);
}
