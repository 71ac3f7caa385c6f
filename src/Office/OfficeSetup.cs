using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Office.Endpoints;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;

namespace Muqeem.Office;

/// <summary>The pages of officers, supervisors, auditors and operators, under <c>/{lang}/office</c>.</summary>
public static class OfficeSetup
{
    /// <summary>The policy of pages that show cases: officers, supervisors and auditors. The others are <see cref="Doors"/>.</summary>
    public const string Readers = "office-readers";

    /// <summary>The policy of the closed books: supervisors and auditors.</summary>
    public const string Books = "office-books";

    internal const OfficeRole BookRoles = OfficeRole.Supervisor | OfficeRole.Auditor;

    private const OfficeRole ReadingRoles = OfficeRole.Officer | OfficeRole.Supervisor | OfficeRole.Auditor;

    public static IServiceCollection AddOffice(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddTexts(typeof(OfficeSetup).Assembly);
        services.AddSingleton<Figures>();
        services.AddAuthorizationBuilder().AddPolicy(Readers, p => p.RequireAuthenticatedUser().RequireAssertion(c => c.User is SessionPrincipal { Session: var session } && session.Has(ReadingRoles)))
            .AddPolicy(Books, p => p.RequireAuthenticatedUser().RequireAssertion(c => c.User is SessionPrincipal { Session: var session } && session.Has(BookRoles)));
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, OfficeChallenge>();
        return services;
    }

    /// <param name="pages">The group of all pages, from <c>MapPages</c>.</param>
    public static void MapOffice(this IEndpointRouteBuilder endpoints, RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var office = pages.MapGroup("/office");
        SignInPages.Map(office);
        Dashboard.Map(office);
        Queue.Map(office);
        CasePages.Map(office);
        Decisions.Map(office);
        Ids.Map(office);
        BillPages.Map(office);
        Operations.Map(office);
        Policies.Map(office);
        ClosedBooks.Map(office);
        Differences.Map(office);
        Deliveries.Map(office);
        Proofings.Map(office);
        Colleagues.Map(office);
        Verifiers.Map(office);
        ClockPages.Map(office, endpoints.ServiceProvider);
    }
}
