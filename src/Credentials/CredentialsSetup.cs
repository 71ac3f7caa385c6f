using Microsoft.Extensions.DependencyInjection;
using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;

namespace Muqeem.Credentials;

/// <summary>What this project adds to a host. The host also registers <see cref="StandingOf"/>.</summary>
public static class CredentialsSetup
{
    /// <param name="verifyAddress">Where verifiers check, e.g. <c>https://example.org/v/</c>; null: the code carries a scheme of our own.</param>
    public static IServiceCollection AddCredentials(this IServiceCollection services, Uri? verifyAddress = null)
    {
        static LiveCodeRules Rules(IServiceProvider p) => LiveCodeRules.Of(p.GetRequiredService<PolicyBook>().Current, p.GetRequiredService<TimeProvider>().Today());
        services.AddSingleton<Documents>();
        services.AddSingleton<CardPress>();
        services.AddSingleton(p => new LiveCodes(
            p.GetRequiredService<Db>(), p.GetRequiredService<KeyStore>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<IWriter>(), () => Rules(p), p.GetRequiredService<TimeProvider>(), verifyAddress));
        services.AddSingleton(p => new Verification(
            p.GetRequiredService<Db>(), p.GetRequiredService<Documents>(), p.GetRequiredService<KeyStore>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<ReadDoor>(),
            p.GetRequiredService<StandingOf>(), () => Rules(p), p.GetRequiredService<TimeProvider>()));
        return services;
    }
}
