using Microsoft.Extensions.DependencyInjection;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Platform.Exchanges;

/// <summary>Registers what keeps the messages between us and the agencies. After AddPrivacy and AddBackground.</summary>
public static class ExchangesSetup
{
    public static IServiceCollection AddExchanges(this IServiceCollection services)
    {
        services.AddSingleton<NonceStore>();
        services.AddSingleton<ExchangeArchive>();
        services.AddSingleton<ExchangeKeeper>();
        services.AddHostedService(p => p.GetRequiredService<ExchangeKeeper>());
        services.AddSingleton(p => ExchangeRetention.Of(p.GetRequiredService<TimeProvider>()));
        services.AddWork(p => p.GetRequiredService<Jobs>().Every("exchange.forget", Duration.FromMinutes(5), async (run, cancel) =>
        {
            while (await p.GetRequiredService<NonceStore>().ForgetAsync(run.WriteAsync, cancel) > 0)
            {
            }
        }));
        return services;
    }
}
