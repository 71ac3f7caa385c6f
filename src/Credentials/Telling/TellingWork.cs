using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Credentials.Telling;

/// <summary>Tells verifiers what changed, within a second of its place in the journal. Where several nodes run, one does it at a time.</summary>
internal sealed class TellingWork(Teller teller, ILogger<TellingWork> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.RunAsync("telling verifiers", async cancel =>
    {
        await teller.RoundAsync(cancel);
        return false;
    }, log, stoppingToken);

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
}
