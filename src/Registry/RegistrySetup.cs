using Microsoft.Extensions.DependencyInjection;
using Muqeem.Platform.Database;

namespace Muqeem.Registry;

public static class RegistrySetup
{
    public static IServiceCollection AddRegistry(this IServiceCollection services) =>
        services.AddSingleton<Persons>().AddSingleton<Residences>().AddSingleton<ExitVisas>().AddSingleton<Notices>().AddSingleton<TakeOvers>().AddSingleton<Reconciliations>().AddSingleton<ResidenceActs>().AddSingleton<AgencyEvents>().AddSingleton(p => RegistryRetention.Of(p.GetRequiredService<Db>()));
}
