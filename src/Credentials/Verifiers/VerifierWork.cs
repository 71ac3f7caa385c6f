using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Credentials.Verifying;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Credentials.Verifiers;

/// <summary>Keeps what this node knows of the verifiers up to date: who they are, what they have asked, and by what they are answered.</summary>
internal sealed partial class VerifierWork(VerifierBook book, VerifierBudgets budgets, VerifierGate gate, OwnSigners signers, ILogger<VerifierWork> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await RoundAsync(stoppingToken);
            try
            {
                await Task.Delay(Pause, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>What was asked in the last second is still written down.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await RoundAsync(cancellationToken);
    }

    private async Task RoundAsync(CancellationToken cancel)
    {
        try
        {
            await book.LoadAsync(cancel);
            await budgets.SettleAsync(cancel);
            signers.Refresh();
            gate.Clean();
        }
        catch (Exception e) when (e is DbException or NotWrittenException or DatabaseBusyException or OperationCanceledException)
        {
            // The database is away: nobody is admitted by what is too old.
        }
        catch (Exception bug)
        {
            Failed(log, bug.GetType().Name, bug.StackTrace);
        }
    }

    [LoggerMessage(82, LogLevel.Error, "A round about the verifiers failed: {Kind} {Stack}")]
    private static partial void Failed(ILogger logger, string kind, string? stack);
}
