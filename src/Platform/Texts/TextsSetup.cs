using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Muqeem.Platform.Texts;

/// <summary>Registers the catalogue of texts.</summary>
public static class TextsSetup
{
    /// <summary>Adds the texts that an assembly carries; each project calls it with its own.</summary>
    public static IServiceCollection AddTexts(this IServiceCollection services, Assembly assembly)
    {
        services.TryAddSingleton<TextOptions>();
        services.TryAddSingleton(provider => new TextCatalogue(
            provider.GetServices<TextSource>(), provider.GetRequiredService<TextOptions>(), provider.GetService<ILogger<TextCatalogue>>()));
        services.AddSingleton(new TextSource(assembly));
        return services;
    }
}
