using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Background;

namespace Muqeem.Platform.Policies;

/// <summary>Registers the rules: the book of them, the desk at which they are changed, and what takes over what another node published.</summary>
public static class PolicySetup
{
    public static IServiceCollection AddPolicies(this IServiceCollection services)
    {
        services.AddSingleton<PolicyBook>();
        services.AddSingleton<PolicyDesk>();
        services.AddHostedService<PolicyWatch>();
        services.AddPolicyForm<IReadOnlyList<string>>(WorkingDays.Week, days => days.Count == 0 ? "An office is never open." : PolicyForm.Unknown(days, WorkingDays.DayNames));
        services.AddPolicyForm<WorkingDays.HolidayDays>(WorkingDays.Holidays, WorkingDays.FaultOf);
        services.AddPolicyForm<Privacy.RetentionRule>("retention.*", rule => rule.Years <= 0 || rule.After.Count == 0 ? "Nothing would be kept." : null);
        return services;
    }

    /// <summary>Says what the value of a policy is read as.</summary>
    /// <inheritdoc cref="PolicyForm.Of"/>
    public static IServiceCollection AddPolicyForm<T>(this IServiceCollection services, string code, Func<T, string?>? fault = null) where T : notnull => services.AddSingleton(PolicyForm.Of(code, fault));

    private sealed class PolicyWatch(PolicyBook book, ILogger<PolicyWatch> log) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.RunAsync("the rules", async cancel =>
        {
            await book.LoadIfNewerAsync(cancel);
            return false;
        }, log, stoppingToken);
    }
}
