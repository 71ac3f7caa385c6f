using Microsoft.Extensions.DependencyInjection;

namespace Muqeem.Registry;

public static class RegistrySetup
{
    public static IServiceCollection AddRegistry(this IServiceCollection services) =>
        services.AddSingleton<Persons>().AddSingleton<Residences>().AddSingleton<ExitVisas>().AddSingleton<Notices>();
}
