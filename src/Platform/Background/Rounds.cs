using System.Data.Common;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Platform.Background;

/// <summary>Work in rounds, twice a second while there is nothing to do and at once while there is more. Each round bears to be made again: what fails is looked at in the next.</summary>
public static partial class Rounds
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(5);

    /// <summary>Goes on until it is stopped.</summary>
    /// <param name="of">What the log calls it.</param>
    /// <param name="round">True: there is more to do at once.</param>
    public static async Task RunAsync(string of, Func<CancellationToken, Task<bool>> round, ILogger log, CancellationToken stop)
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
                // Somebody's word came in between, or the database is busy: nothing was done, and it is looked at again.
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

    [LoggerMessage(63, LogLevel.Error, "A round of {Of} failed: {Kind} {Stack}")]
    private static partial void Failed(ILogger logger, string of, string kind, string? stack);
}
