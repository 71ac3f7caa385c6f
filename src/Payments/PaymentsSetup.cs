using Microsoft.Extensions.DependencyInjection;
using Muqeem.Payments.Pricing;

namespace Muqeem.Payments;

/// <summary>What this project adds to a host.</summary>
public static class PaymentsSetup
{
    public static IServiceCollection AddPayments(this IServiceCollection services)
    {
        services.AddSingleton<Bills>();
        services.AddSingleton(_ => Tariff.Baseline());
        return services;
    }
}
