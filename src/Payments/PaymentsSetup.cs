using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;

namespace Muqeem.Payments;

/// <summary>What this project adds to a host. The host also registers <see cref="GatewayCalls"/>, <see cref="MoneyArrived"/>, <see cref="TellPayer"/> and <see cref="PersonOfCase"/>.</summary>
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
        services.AddSingleton(p => new BillDesk(
            p.GetRequiredService<Db>(), p.GetRequiredService<Ledger>(), p.GetRequiredService<Bills>(), p.GetRequiredService<Sealer>(), p.GetRequiredService<ReadDoor>(), p.GetRequiredService<IWriter>(),
            p.GetRequiredService<TellPayer>(), p.GetRequiredService<PersonOfCase>(), p.GetRequiredService<MoneyArrived>(),
            () => BillRules.Of(p.GetRequiredService<PolicyBook>().Current, p.GetRequiredService<TimeProvider>().Today()), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => PaymentsRetention.Of(p.GetRequiredService<Db>()));
        services.AddSingleton(new PolicyForm(PolicyBook.Fees, Tariff.MustRead));
        return services;
    }
}
