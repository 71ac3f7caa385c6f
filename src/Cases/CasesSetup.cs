using Microsoft.Extensions.DependencyInjection;
using Muqeem.Platform.Database;

namespace Muqeem.Cases;

/// <summary>What this project adds to a host. The host also registers <see cref="UploadsSent"/> and the <see cref="ServiceCatalogue"/>.</summary>
public static class CasesSetup
{
    public static IServiceCollection AddCases(this IServiceCollection services) =>
        services.AddSingleton<Gatherer>().AddSingleton<Performer>().AddSingleton<CaseEngine>().AddSingleton<CaseViews>().AddSingleton(p => CasesRetention.Of(p.GetRequiredService<Db>()));
}
