using Microsoft.Extensions.DependencyInjection;

namespace Muqeem.Platform.Journal;

/// <summary>Registers the journal. After AddDatabase, AddPrivacy and AddBackground.</summary>
public static class JournalSetup
{
    /// <param name="run">Whether this process may be the sequencer (role worker), or only shows the journal.</param>
    public static IServiceCollection AddJournal(this IServiceCollection services, JournalOptions options, bool run)
    {
        services.AddSingleton(options);
        services.AddSingleton<JournalKey>();
        services.AddSingleton<LastCheckpoint>();
        services.AddHttpClient(Witnesses.Client).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
            .RemoveAllLoggers();
        services.AddSingleton<Witnesses>();
        services.AddSingleton<Sequencer>();
        services.AddSingleton<PublishedJournal>();
        services.AddSingleton<ActOpenings>();
        services.AddSingleton<JournalFeed>();
        if (run)
        {
            services.AddHostedService<JournalWork>();
            if (options.Witnesses.Count > 0)
            {
                services.AddHostedService<WitnessWork>();
            }
        }
        return services;
    }
}
