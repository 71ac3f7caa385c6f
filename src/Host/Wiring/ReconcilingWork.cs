using System.Globalization;
using Muqeem.Agencies;
using Muqeem.Host.Reconciling;
using Muqeem.Platform.Background;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Host.Wiring;

/// <summary>The comparisons of the night: begun at their hour, and played on by looking every few minutes, so that one that waits for its agency goes on by itself.</summary>
internal static class ReconcilingWork
{
    private static readonly Duration LookEvery = Duration.FromMinutes(5);

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<AgencyActs>().AddSingleton<RegisterEvents>().AddSingleton<RecordEvents>().AddSingleton<ComparedPersons>().AddSingleton<OurRecords>().AddSingleton<Reconciler>();
        services.AddSingleton<ComparedAgency, RegisterComparison>().AddSingleton<ComparedAgency, LabourComparison>().AddSingleton<ComparedAgency, DomesticComparison>().AddSingleton<ComparedAgency, InsuranceComparison>()
            .AddSingleton<ComparedAgency, JusticeComparison>().AddSingleton<ComparedAgency, EmploymentComparison>().AddSingleton<ComparedAgency, PostComparison>()
            .AddSingleton<ComparedAgency, WalletComparison>();
        services.AddPolicyForm<string>(Reconciler.AtPolicy, at => TimeOnly.TryParseExact(at, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? null : "A time of the day is HH:mm.");
        services.AddWork(p => p.GetRequiredService<Jobs>().Daily("reconcile.begin",
            day => LocalTime.FromTimeOnly(TimeOnly.ParseExact(p.GetRequiredService<PolicyBook>().CurrentOrBaseline.Get<string>(Reconciler.AtPolicy, day), "HH:mm", CultureInfo.InvariantCulture)),
            (_, cancel) => p.GetRequiredService<Reconciler>().BeginAllAsync(cancel)));
        // A job each: an agency that takes its time holds up no other.
        foreach (var agency in new[] { AlienRegister.Name, LabourContracts.Name, DomesticWork.Name, HealthInsurance.Name, Justice.Name, SocialInsurance.Name, NationalAddresses.Name, WalletApp.Name })
        {
            services.AddWork(p => p.GetRequiredService<Jobs>().Every("reconcile." + agency, LookEvery,
                (run, cancel) => p.GetRequiredService<Reconciler>().PlayAsync(agency, alive => run.GoOnAsync(alive), cancel)));
        }
    }
}
