using Microsoft.Extensions.DependencyInjection;
using Muqeem.Credentials;
using Muqeem.Platform.Database;

namespace Muqeem.Cases;

/// <summary>What this project adds to a host. The host also registers <see cref="UploadsSent"/> and the <see cref="ServiceCatalogue"/>.</summary>
public static class CasesSetup
{
    /// <param name="origin">Where this installation is reached: what its receipts name as their issuer. Null: no public address is set.</param>
    public static IServiceCollection AddCases(this IServiceCollection services, string? origin) =>
        services.AddSingleton<ShipmentStore>().AddSingleton<Gatherer>().AddSingleton<Performer>().AddSingleton<CaseEngine>().AddSingleton<SourceLanes>().AddSingleton<CaseViews>()
            .AddSingleton(new ReceiptIssuer(origin ?? CredentialsSetup.DefaultOrigin, origin)).AddSingleton<DecisionReceipts>().AddSingleton<PaymentReceipts>()
            .AddSingleton(p => CasesRetention.Of(p.GetRequiredService<Db>()));
}
