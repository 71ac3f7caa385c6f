using Microsoft.Extensions.Hosting;

namespace Muqeem.Platform.Privacy;

/// <summary>Each minute takes the data keys out of memory that are too old to be used.</summary>
internal sealed class DataKeyUpkeep(DataKeys keys) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                keys.Sweep();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
