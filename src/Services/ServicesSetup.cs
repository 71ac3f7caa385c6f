using Microsoft.Extensions.DependencyInjection;
using Muqeem.Cases;
using Muqeem.Platform.Policies;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Services;

public static class ServicesSetup
{
    public static IServiceCollection AddServices(this IServiceCollection services) => services.AddSingleton(new ServiceCatalogue(Catalogue.All))
        .AddPolicyForm<LocalDate>("term.gregorian_since")
        .AddPolicyForm<IReadOnlyDictionary<string, IReadOnlyList<int>>>("residence.terms", t => t.Values.Any(m => m.Count == 0 || m.Any(n => n is < 1 or > 60)) ? "A term has one to sixty months." : PolicyForm.Unknown(t.Keys, Categories.All))
        .AddPolicyForm<IReadOnlyList<string>>("renew.outside_categories", c => PolicyForm.Unknown(c, Categories.All))
        .AddPolicyForm<IReadOnlyDictionary<string, IReadOnlyList<string>>>("document.loss_fines", f => PolicyForm.Unknown(["in_time", "late"], f.Keys))
        .AddPolicyForm<IReadOnlyDictionary<string, string>>("document.reissue_after", r => PolicyForm.Unknown(r.Values, ["free", "fee"]));
}
