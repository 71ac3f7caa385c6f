using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Host;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;

namespace Muqeem.Tests.Kills;

/// <summary>
/// Muqeem as it must not be: what is written of a case is answered before it is committed. It exists in the tests only, so that they show that they would find it out.
/// </summary>
internal static class EarlyHost
{
    public static async Task<int> RunAsync(string[] args)
    {
        await MuqeemHost.Build(args, settings: null, services => services.AddSingleton(provider =>
        {
            var db = provider.GetRequiredService<Db>();
            return new Writer(new EarlyStore(new SqliteStore(db, provider.GetRequiredService<TimeProvider>(), NullLogger.Instance)), db.Options, db.Recollection, provider.GetRequiredService<ILogger<Writer>>());
        })).RunAsync();
        return 0;
    }

    private sealed class EarlyStore(IGroupStore store) : IGroupStore
    {
        /// <summary>As long as a group takes on a slow disk.</summary>
        private static readonly TimeSpan Commit = TimeSpan.FromMilliseconds(20);

        public async Task WriteAsync(IReadOnlyList<Prepared> changes, CancellationToken cancel)
        {
            foreach (var change in changes.Where(c => c.Change.Act is { Case: not null }))
            {
                change.Change.Outcome = new WriteOutcome.Done(change.Change.Act!.Id);
                change.Answer.TrySetResult(change.Change.Outcome);
            }
            await Task.Delay(Commit, cancel);
            await store.WriteAsync(changes, cancel);
        }

        public Task TendAsync(CancellationToken cancel) => store.TendAsync(cancel);

        public Task<bool> RecoverAsync(Guid? mark, CancellationToken cancel) => store.RecoverAsync(mark, cancel);

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}
