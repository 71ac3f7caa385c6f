using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Muqeem.Platform.Database;

namespace Muqeem.Payments;

/// <summary>What this project adds to a host. The host also registers <see cref="GatewayCalls"/> and <see cref="MoneyArrived"/>.</summary>
public static class PaymentsSetup
{
    public static IServiceCollection AddPayments(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Bills>();
        services.AddSingleton<Ledger>();
        services.AddSingleton<Refunds>();
        services.AddSingleton<PaymentsInbox>();
        services.AddSingleton<GatewayDesk>();
        services.AddSingleton<LedgerWatch>();
        services.AddSingleton<Closings>();
        services.AddSingleton<RefundDesk>();
        services.AddSingleton(p => PaymentsRetention.Of(p.GetRequiredService<Db>()));
        return services;
    }
}
