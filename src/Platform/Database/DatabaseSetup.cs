using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Database;

/// <summary>Registers the database, its writer and its serials.</summary>
public static class DatabaseSetup
{
    /// <summary>Add it first: services stop in reverse order, so that the writer outlives whoever still writes.</summary>
    public static IServiceCollection AddDatabase(this IServiceCollection services, DatabaseOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(_ => Db.Open(options));
        services.AddSingleton(provider => Writer.Start(
            provider.GetRequiredService<Db>(), provider.GetRequiredService<TimeProvider>(), provider.GetService<ILogger<Writer>>()));
        services.AddSingleton<IWriter>(provider => provider.GetRequiredService<Writer>());
        services.AddSingleton<Serials>();
        services.AddHostedService<DatabaseService>();
        return services;
    }

    private sealed class DatabaseService(Db db, Writer writer, TimeProvider clock) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            if (db.Options.MigrateAtStart)
            {
                await db.MigrateAsync(clock, cancellationToken);
            }
            // An empty change opens the writer's session now rather than for the first caller, and on SQLite destroys keys that a restore brought back.
            await writer.WriteAsync(new Change(null), cancel: cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => writer.StopAsync(cancellationToken);
    }
}
