using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Credentials.Offline;
using Muqeem.Credentials.Offline.TestIds;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Telling;
using Muqeem.Credentials.Verifiers;
using Muqeem.Credentials.Verifying;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials;

/// <summary>What this project adds to a host. The host also registers <see cref="StandingOf"/>, <see cref="StandingsOf"/>, <see cref="ResidencesSince"/>, <see cref="PortraitOf"/>, <see cref="CardPhotoOf"/>, <see cref="TellHolder"/> and <see cref="TellReplaced"/>.</summary>
public static class CredentialsSetup
{
    /// <summary>Stands in credentials where no public origin is set.</summary>
    public const string DefaultOrigin = "https://muqeem.example";

    /// <param name="publicOrigin">Without a slash at the end, e.g. <c>https://example.org</c>; null: live codes carry a scheme of our own, and credentials the name that is kept for examples.</param>
    /// <param name="street">The operator's postal address, for the trust list.</param>
    public static IServiceCollection AddCredentials(this IServiceCollection services, string? publicOrigin = null, string? street = null)
    {
        var origin = publicOrigin ?? DefaultOrigin;
        static LiveCodeRules Rules(IServiceProvider p) => LiveCodeRules.Of(p.GetRequiredService<PolicyBook>().Current, p.GetRequiredService<TimeProvider>().Today());
        services.AddPolicyForm<IReadOnlyList<int>>("credential.ages", ages => ages.Any(a => a is < 1 or > 120) ? "An age is of one to 120 years." : null);
        services.AddPolicyForm<IReadOnlyList<string>>("verifier.purposes", purposes => purposes.Count == 0 ? "Nobody could be registered." : null);
        services.AddSingleton<Documents>();
        services.AddSingleton<DocumentActs>();
        services.AddSingleton<CardPress>();
        services.AddSingleton<IssuedCards>();
        services.AddSingleton(p => new LiveCodes(
            p.GetRequiredService<Db>(), p.GetRequiredService<Documents>(), p.GetRequiredService<KeyStore>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<IWriter>(), () => Rules(p),
            () => Now(p, FormRules.Of).Ages, p.GetRequiredService<TimeProvider>(), publicOrigin));
        services.AddSingleton<OwnSigners>();
        services.AddSingleton(p => new Verification(
            p.GetRequiredService<Db>(), p.GetRequiredService<Documents>(), p.GetRequiredService<OwnSigners>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<ReadDoor>(),
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
        services.AddSingleton(p => new VerifierBook(p.GetRequiredService<Db>(), p.GetRequiredService<IWriter>(), () => Now(p, VerifierRules.Of), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new VerifierRegistrar(p.GetRequiredService<Db>(), p.GetRequiredService<VerifierBook>(), () => Now(p, VerifierRules.Of), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<VerifierGate>();
        services.AddSingleton<VerifierBudgets>();
        services.AddSingleton<CheckRecorder>();
        services.AddSingleton(p => new VerifierDesk(
            p.GetRequiredService<StatusLists>(), p.GetRequiredService<OwnSigners>(), p.GetRequiredService<CheckRecorder>(), p.GetRequiredService<Verification>(), () => Rules(p), p.GetRequiredService<TimeProvider>()));
        services.AddHostedService<VerifierWork>();
        services.AddSingleton(p => new Subscriptions(
            p.GetRequiredService<Db>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<IWriter>(), p.GetRequiredService<TellHolder>(), p.GetRequiredService<VerifierBook>(), () => Now(p, SubscriptionRules.Of),
            p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ChangeFeed(p.GetRequiredService<Db>(), p.GetRequiredService<IWriter>(), () => Now(p, SubscriptionRules.Of), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Teller>();
        services.AddHostedService<TellingWork>();
        services.AddSingleton(p => new KeyProofs(p.GetRequiredService<BlindIndex>(), p.GetRequiredService<TimeProvider>(), origin));
        services.AddSingleton(p => new Holds(
            p.GetRequiredService<Db>(), p.GetRequiredService<Documents>(), p.GetRequiredService<Sealer>(), p.GetRequiredService<ReadDoor>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<IWriter>(),
            p.GetRequiredService<TellHolder>(), () => Now(p, HoldRules.Of), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new BundlePress(
            p.GetRequiredService<KeyStore>(), p.GetRequiredService<StatusLists>(), p.GetRequiredService<Platform.Journal.PublishedJournal>(), p.GetRequiredService<IWriter>(), p.GetRequiredService<TimeProvider>(),
            () => Now(p, OfflineRules.Of), p.GetRequiredService<DataFolder>().Offline, p.GetRequiredService<ILogger<BundlePress>>()));
        services.AddSingleton(p => new TrustList(
            p.GetRequiredService<KeyStore>(), p.GetRequiredService<Platform.Journal.PublishedJournal>(), p.GetRequiredService<IWriter>(), p.GetRequiredService<TimeProvider>(), () => Now(p, OfflineRules.Of), origin, street,
            p.GetRequiredService<ILogger<TrustList>>()));
        services.AddSingleton(p => new TestIdPress(origin, () => new TypeMetadata(origin, Now(p, FormRules.Of).Ages, p.GetRequiredService<TextCatalogue>()), () => Now(p, FormRules.Of).Ages, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new HolderWallets(
            p.GetRequiredService<Db>(), p.GetRequiredService<Documents>(), p.GetRequiredService<StandingOf>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<IWriter>(), () => Now(p, WalletRules.Of),
            p.GetRequiredService<TimeProvider>(), origin));
        services.AddSingleton(p => new NationalWallet(
            p.GetRequiredService<Db>(), p.GetRequiredService<Documents>(), p.GetRequiredService<StandingOf>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<IWriter>(), () => Now(p, WalletRules.Of),
            p.GetRequiredService<TimeProvider>(), origin));
        services.AddSingleton(p => new WalletTokens(
            p.GetRequiredService<Db>(), p.GetRequiredService<Documents>(), p.GetRequiredService<StandingOf>(), p.GetRequiredService<BlindIndex>(), p.GetRequiredService<IWriter>(), () => Now(p, WalletRules.Of),
            p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new WalletIssuing(
            p.GetRequiredService<Db>(), p.GetRequiredService<IssuedForms>(), p.GetRequiredService<KeyProofs>(), p.GetRequiredService<Platform.Exchanges.NonceStore>(), p.GetRequiredService<ReadDoor>(),
            p.GetRequiredService<IWriter>(), p.GetRequiredService<TellHolder>(), () => Now(p, WalletRules.Of), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new WalletPapers(origin, p.GetRequiredService<TypeVersions>(), () => Now(p, FormRules.Of).Ages, p.GetRequiredService<TextCatalogue>()));
        services.AddHostedService<StatusWork>();
        services.AddSingleton(p => new Reissue(
            p.GetRequiredService<Db>(), p.GetRequiredService<IssuedForms>(), p.GetRequiredService<KeyStore>(), p.GetRequiredService<ReadDoor>(), p.GetRequiredService<IWriter>(), p.GetRequiredService<TellReplaced>(),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<Reissue>>()));
        services.AddWork(p => p.GetRequiredService<Jobs>().Daily("subscriptions.forget", new LocalTime(3, 20), async (_, cancel) =>
        {
            while (await p.GetRequiredService<ChangeFeed>().ForgetAsync(cancel) > 0)
            {
                // So many at once.
            }
        }));
        services.AddWork(p => p.GetRequiredService<Jobs>().Daily("wallets.forget", new LocalTime(3, 30), async (_, cancel) =>
        {
            while (await p.GetRequiredService<WalletTokens>().ForgetAsync(cancel) > 0)
            {
                // So many at once.
            }
        }));
        services.AddWork(p => p.GetRequiredService<DueWork>().Add("credentials.complete", p.GetRequiredService<IssuedForms>().CompleteAsync));
        services.AddWork(p => p.GetRequiredService<DueWork>().Add("credentials.reissue", p.GetRequiredService<Reissue>().GoOnAsync));
        return services;
    }
}
