using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Policies;

namespace Muqeem.Agencies;

/// <summary>The links to other agencies. <c>Agencies:&lt;Name&gt;:Url</c> per agency, or <c>Agencies:Sandbox</c> for the stand-ins of all. An <see cref="ExchangeDesk"/> is the host's to add.</summary>
public static class AgenciesSetup
{
    /// <summary>The agencies by name, with the path prefix that the stand-in serves each under.</summary>
    public static readonly IReadOnlyList<(string Name, string Prefix)> All =
    [
        (AlienRegister.Name, "alien-register"),
        (LabourContracts.Name, "labour"),
        (DomesticWork.Name, "domestic-work"),
        (SocialInsurance.Name, "social-insurance"),
        (ForeignAffairs.Name, "foreign-affairs"),
        (MedicalFitness.Name, "medical"),
        (HealthInsurance.Name, "insurance"),
        (Traffic.Name, "traffic"),
        (Justice.Name, "justice"),
        (PaymentGateway.Name, "payments"),
        (Messaging.Name, "messaging"),
        (NationalAddresses.Name, "address"),
        (FederatedSignIn.Name, "federated-sign-in"),
        (WalletApp.Name, "wallet-app"),
    ];

    private static string? FaultOf(IReadOnlyList<ExchangeRight> rights) =>
        PolicyForm.Unknown(rights.Select(r => r.Agency), All.Select(a => a.Name)) ?? (rights.Any(r => r.Operation.Length == 0 || r.Purpose.Length == 0) ? "A row has an operation and a purpose." : null);

    public static IServiceCollection AddAgencies(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        var keys = AgencyKeys.From(configuration);
        services.AddSingleton(keys);
        foreach (var (name, prefix) in All)
        {
            var settings = AgencyLineSettings.From(configuration, name, prefix);
            if (settings.Url is not null && !keys.HasKeyOf(name))
            {
                throw new InvalidOperationException($"Agencies:{name}:Keys is missing: without the agency's public key nobody could tell its answers from forged ones.");
            }
            var client = services.AddHttpClient($"agency:{name}", http =>
            {
                http.Timeout = Timeout.InfiniteTimeSpan; // the line keeps the time
                http.MaxResponseContentBufferSize = 4 * 1024 * 1024;
            });
            client.ConfigurePrimaryHttpMessageHandler(() => Handler(settings));
            // The factory's loggers and the handler's activities would write paths, and these hold people's numbers.
            client.RemoveAllLoggers();
            services.AddSingleton(provider =>
            {
                var factory = provider.GetRequiredService<IHttpClientFactory>();
                return new AgencyLine(name, settings, () => factory.CreateClient($"agency:{name}"), provider.GetRequiredService<ExchangeDesk>(), keys, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AgencyLine>>());
            });
        }
        services.AddPolicyForm<IReadOnlyList<ExchangeRight>>(ExchangeRight.OurCalls, FaultOf);
        services.AddPolicyForm<IReadOnlyList<ExchangeRight>>(ExchangeRight.TheirCalls, FaultOf);
        services.AddPolicyForm<IReadOnlyList<FeedGrant>>(FeedGrant.Policy, grants => PolicyForm.Unknown(grants.Select(g => g.Agency), All.Select(a => a.Name)) ?? PolicyForm.Unknown(grants.SelectMany(g => g.Fields), FeedFields.All));
        services.AddSingleton<AgencyLines>();
        services.AddSingleton<RecordContests>();
        services.AddSingleton(provider => new AlienRegister(provider.GetRequiredService<AgencyLines>()[AlienRegister.Name]));
        services.AddSingleton(provider => new LabourContracts(provider.GetRequiredService<AgencyLines>()[LabourContracts.Name]));
        services.AddSingleton(provider => new DomesticWork(provider.GetRequiredService<AgencyLines>()[DomesticWork.Name]));
        services.AddSingleton(provider => new SocialInsurance(provider.GetRequiredService<AgencyLines>()[SocialInsurance.Name]));
        services.AddSingleton(provider => new ForeignAffairs(provider.GetRequiredService<AgencyLines>()[ForeignAffairs.Name]));
        services.AddSingleton(provider => new MedicalFitness(provider.GetRequiredService<AgencyLines>()[MedicalFitness.Name]));
        services.AddSingleton(provider => new HealthInsurance(provider.GetRequiredService<AgencyLines>()[HealthInsurance.Name]));
        services.AddSingleton(provider => new Traffic(provider.GetRequiredService<AgencyLines>()[Traffic.Name]));
        services.AddSingleton(provider => new Justice(provider.GetRequiredService<AgencyLines>()[Justice.Name]));
        services.AddSingleton(provider => new PaymentGateway(provider.GetRequiredService<AgencyLines>()[PaymentGateway.Name]));
        services.AddSingleton(provider => new Messaging(provider.GetRequiredService<AgencyLines>()[Messaging.Name]));
        services.AddSingleton(provider => new NationalAddresses(provider.GetRequiredService<AgencyLines>()[NationalAddresses.Name]));
        services.AddSingleton(provider => new FederatedSignIn(provider.GetRequiredService<AgencyLines>()[FederatedSignIn.Name]));
        services.AddSingleton(provider => new WalletApp(provider.GetRequiredService<AgencyLines>()[WalletApp.Name]));
        return services;
    }

    internal static SocketsHttpHandler Handler(AgencyLineSettings settings)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = settings.Attempt,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        if (settings.Certificate is { } certificate)
        {
            handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, settings.CertificateKey)];
        }
        return handler;
    }
}
