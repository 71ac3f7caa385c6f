using System.Data.Common;
using Muqeem.Cases;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Privacy;

namespace Muqeem.Host.Wiring;

/// <summary>
/// Plays the engine's due rows, and beside them the cases that wait for a record system: a system that takes its time holds up nothing that is due. Looking costs no write; the operation id of each act is made
/// of the row, so that several processes that play one row play it once. A moved clock is seen at once.
/// </summary>
internal sealed partial class Deadlines(CaseEngine engine, SourceLanes lanes, MovableClock clock, ILogger<Deadlines> log) : BackgroundService
{
    private const int AtOnce = 100;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        RoundsAsync("due rows", async () =>
        {
            while (await ReadDoor.RunAsync(async () => (await engine.PlayDueAsync(AtOnce, stoppingToken)).Played) == AtOnce)
            {
            }
        }, stoppingToken),
        RoundsAsync("waiting cases", () => lanes.PlayAsync(stoppingToken), stoppingToken));

    private async Task RoundsAsync(string what, Func<Task> round, CancellationToken stoppingToken)
    {
        using var bell = new SemaphoreSlim(0);
        EventHandler moved = (_, _) => bell.Release();
        clock.Moved += moved;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    await round();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A database that is away, or a bug in one row: the others come again in a second.
                    RoundFailed(log, what, e is DbException ? "the database is away" : e.StackTrace ?? "", e.GetType().Name);
                }
                await bell.WaitAsync(LookEvery, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
        finally
        {
            clock.Moved -= moved;
        }
    }

    [LoggerMessage(62, LogLevel.Error, "A round of {What} failed ({Kind}): {Where}")]
    private static partial void RoundFailed(ILogger logger, string what, string where, string kind);
}
