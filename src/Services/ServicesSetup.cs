using Microsoft.Extensions.DependencyInjection;
using Muqeem.Cases;

namespace Muqeem.Services;

public static class ServicesSetup
{
    public static IServiceCollection AddServices(this IServiceCollection services) => services.AddSingleton(new ServiceCatalogue(Catalogue.All));
}
