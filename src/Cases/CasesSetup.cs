using Microsoft.Extensions.DependencyInjection;
using Muqeem.Credentials;
using Muqeem.Cases.Definition;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Registry;

namespace Muqeem.Cases;

/// <summary>What this project adds to a host. The host also registers <see cref="UploadsSent"/> and the <see cref="ServiceCatalogue"/>.</summary>
public static class CasesSetup
{
    /// <param name="origin">Where this installation is reached: what its receipts name as their issuer. Null: no public address is set.</param>
    public static IServiceCollection AddCases(this IServiceCollection services, string? origin) =>
        services.AddSingleton<ShipmentStore>().AddSingleton<Gatherer>().AddSingleton<Performer>().AddSingleton<CaseEngine>().AddSingleton<SourceLanes>().AddSingleton<CaseViews>()
            .AddSingleton(new ReceiptIssuer(origin ?? CredentialsSetup.DefaultOrigin, origin)).AddSingleton<DecisionReceipts>().AddSingleton<PaymentReceipts>()
            .AddSingleton(p => CasesRetention.Of(p.GetRequiredService<Db>()))
            .AddPolicyForm<IReadOnlyList<int>>("reminders.days", days => days.Any(d => d is < 0 or > 365) ? "A reminder comes within a year." : null)
            .AddPolicyForm<PartyRules>(CasePolicies.Parties, FaultOf)
            .AddPolicyForm<DegradedTable>(CasePolicies.Degraded, t => t.Rows.Any(r => r.Hours <= 0) ? "An age is of at least one hour." : PolicyForm.Unknown(t.Rows.Select(r => r.Fact), StoredFacts.Names))
            .AddPolicyForm<InformingTable>(CasePolicies.Informing, t => PolicyForm.Unknown(t.Rows.Select(r => r.Fact), StoredFacts.Names))
            .AddPolicyForm<RiskTable>(CasePolicies.Risk, t => t.SamplePermille is < 0 or > 1000 ? "A share is of a thousand." : null);

    private static string? FaultOf(PartyRules rules) =>
        Categories.All.FirstOrDefault(c => !rules.Rows.Any(r => r.Service == "*" && r.Category == c)) is { } missing ? $"No row of all services (*) says who starts and pays for '{missing}'."
        : PolicyForm.Unknown(rules.Rows.SelectMany(r => r.Start), ["resident", "employer", "head"])
        ?? PolicyForm.Unknown(rules.Rows.Select(r => r.Confirm).OfType<string>(), ["employer", "head"])
        ?? PolicyForm.Unknown(rules.Rows.Select(r => r.Pay), ["employer", "head", "resident"]);
}
