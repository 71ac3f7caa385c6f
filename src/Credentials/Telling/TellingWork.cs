using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Credentials.Telling;

/// <summary>Tells verifiers what changed, within a second of its place in the journal. Where several nodes run, one does it at a time.</summary>
internal sealed partial class TellingWork(Teller teller, ILogger<TellingWork> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = Pause;
            try
            {
                await teller.RoundAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (NotWrittenException)
            {
                // Somebody's word came in between, or the database is busy: nothing was told, and it is looked at again.
            }
            catch (Exception e) when (e is DbException or DatabaseBusyException)
            {
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

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await teller.ReleaseAsync(cancellationToken);
        }
        catch (Exception e) when (e is DbException or NotWrittenException or DatabaseBusyException or OperationCanceledException)
        {
            // It ends by itself.
        }
    }

    [LoggerMessage(83, LogLevel.Error, "A round of telling verifiers failed: {Kind} {Stack}")]
    private static partial void Failed(ILogger logger, string kind, string? stack);
}
