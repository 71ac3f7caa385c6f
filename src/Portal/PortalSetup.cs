using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Platform.Texts;
using Muqeem.Portal.Applying;
using Muqeem.Portal.Shared;
using Muqeem.Portal.Showing;

namespace Muqeem.Portal;

/// <summary>The pages of residents, verifiers and the public.</summary>
public static class PortalSetup
{
    public static IServiceCollection AddPortal(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddTexts(typeof(PortalSetup).Assembly);
        services.AddSingleton(PortalOptions.Of(configuration));
        services.AddSingleton<Tariffs>().AddSingleton<HolderIds>().AddSingleton<Preflight>().AddSingleton<Known>().AddSingleton<ApplicationFiles>();
        services.AddSingleton<KeptForms>();
        return services;
    }

    /// <param name="root">For the addresses without a language, such as a scanned code's.</param>
    /// <param name="pages">The group of all pages, <c>/{lang}</c>.</param>
    public static void MapPortal(this IEndpointRouteBuilder root, IEndpointRouteBuilder pages)
    {
        Welcome.Pages.Map(pages);
        Checking.Pages.Map(root, pages);
        Joining.Pages.Map(pages);
        Recovering.Pages.Map(pages);
        Entry.Pages.Map(pages);
        Entry.AppPages.Map(pages);
        Showing.Pages.Map(pages);
        Holding.Pages.Map(pages);
        Applying.Pages.Map(pages);
        Following.Pages.Map(pages);
        Paying.Pages.Map(pages);
        Travel.Pages.Map(pages);
        Inbox.Pages.Map(pages);
        Consents.Pages.Map(pages);
        Wallets.Pages.Map(pages);
        MyData.Pages.Map(pages);
    }
}
