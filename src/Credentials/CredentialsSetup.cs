using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials;

/// <summary>What this project adds to a host. The host also registers <see cref="StandingOf"/>, <see cref="PortraitOf"/> and <see cref="TellReplaced"/>.</summary>
public static class CredentialsSetup
{
    /// <summary>Stands in credentials where no public origin is set.</summary>
    public const string DefaultOrigin = "https://muqeem.example";

    /// <param name="verifyAddress">Where verifiers check, e.g. <c>https://example.org/v/</c>; null: the code carries a scheme of our own.</param>
    /// <param name="origin">The public origin, without a slash at the end.</param>
    public static IServiceCollection AddCredentials(this IServiceCollection services, Uri? verifyAddress = null, string origin = DefaultOrigin)
    {
        static LiveCodeRules Rules(IServiceProvider p) => LiveCodeRules.Of(p.GetRequiredService<PolicyBook>().Current, p.GetRequiredService<TimeProvider>().Today());
        services.AddSingleton<Documents>();
        services.AddSingleton<CardPress>();
        services.AddSingleton(p => new LiveCodes(
            p.GetRequiredService<Db>(), p.GetRequiredService<KeyStore>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<IWriter>(), () => Rules(p), p.GetRequiredService<TimeProvider>(), verifyAddress));
        services.AddSingleton(p => new Verification(
            p.GetRequiredService<Db>(), p.GetRequiredService<Documents>(), p.GetRequiredService<KeyStore>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<ReadDoor>(),
            p.GetRequiredService<StandingOf>(), () => Rules(p), p.GetRequiredService<TimeProvider>()));
        static T Now<T>(IServiceProvider p, Func<PolicySnapshot, LocalDate, T> of) => of(p.GetRequiredService<PolicyBook>().Current, p.GetRequiredService<TimeProvider>().Today());
        services.AddSingleton(p => new StatusLists(
            p.GetRequiredService<Db>(), p.GetRequiredService<IWriter>(), p.GetRequiredService<KeyStore>(), p.GetRequiredService<Leases>(), p.GetRequiredService<TimeProvider>(), () => Now(p, StatusRules.Of),
            origin, p.GetRequiredService<ILogger<StatusLists>>()));
        services.AddSingleton(p => new TypeVersions(
            p.GetRequiredService<Db>(), p.GetRequiredService<IWriter>(), p.GetRequiredService<TextCatalogue>(), () => Now(p, FormRules.Of).Ages, p.GetRequiredService<TimeProvider>(), origin));
        services.AddSingleton(p => new IssuedForms(
            p.GetRequiredService<Db>(), p.GetRequiredService<Documents>(), p.GetRequiredService<Sealer>(), p.GetRequiredService<ReadDoor>(), p.GetRequiredService<KeyStore>(), p.GetRequiredService<StatusLists>(),
            p.GetRequiredService<IWriter>(), p.GetRequiredService<StandingOf>(), p.GetRequiredService<PortraitOf>(), p.GetRequiredService<TypeVersions>(), () => Now(p, FormRules.Of), p.GetRequiredService<TimeProvider>(),
            origin, p.GetRequiredService<ILogger<IssuedForms>>()));
        services.AddHostedService<StatusWork>();
        services.AddSingleton(p => new Reissue(
            p.GetRequiredService<Db>(), p.GetRequiredService<IssuedForms>(), p.GetRequiredService<KeyStore>(), p.GetRequiredService<ReadDoor>(), p.GetRequiredService<IWriter>(), p.GetRequiredService<TellReplaced>(),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<Reissue>>()));
        services.AddWork(p => p.GetRequiredService<DueWork>().Add("credentials.complete", p.GetRequiredService<IssuedForms>().CompleteAsync));
        services.AddWork(p => p.GetRequiredService<DueWork>().Add("credentials.reissue", p.GetRequiredService<Reissue>().GoOnAsync));
        return services;
    }
}
