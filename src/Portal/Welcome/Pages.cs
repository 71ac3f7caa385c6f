using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Pages;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Welcome;

/// <summary>What everybody may read.</summary>
internal static class Pages
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet("/", (HttpContext http) => http.SignedIn() is { IsOffice: false }
            ? Results.LocalRedirect(http.At("home"))
            : PageResult.Of<WelcomePage, WelcomeModel>(new(FirstVisit: !http.Request.Cookies.ContainsKey("lang")))).AllowAnonymous();
        pages.MapGet("/prices", (Tariffs tariffs, TimeProvider clock) => PageResult.Of<PricesPage, PricesModel>(PricesModel.Of(tariffs.Now, clock.Today()))).AllowAnonymous();
        pages.MapGet("/agencies", (AgencyLines lines, TimeProvider clock) => PageResult.Of<AgenciesPage, AgenciesNowModel>(new(clock.Now(), lines.Standings()))).AllowAnonymous();
        pages.MapGet("/help", () => PageResult.Of<HelpPage>()).AllowAnonymous();
        pages.MapGet("/accessibility", () => PageResult.Of<AccessibilityPage>()).AllowAnonymous();
        pages.MapGet("/privacy", (PortalOptions options) => PageResult.Of<PrivacyPage, PrivacyModel>(new(options.DataOfficer))).AllowAnonymous();
    }
}

/// <param name="FirstVisit">Nothing is known of the reader: the languages come first.</param>
public sealed record WelcomeModel(bool FirstVisit);

/// <param name="Agencies">As this process sees them.</param>
public sealed record AgenciesNowModel(Instant Now, IReadOnlyList<AgencyStanding> Agencies);

/// <param name="DataOfficer">An address of e-mail.</param>
public sealed record PrivacyModel(string? DataOfficer);

/// <summary>The rows of the fee table that are in force and that a resident meets.</summary>
public sealed record PricesModel(LocalDate On, IReadOnlyList<FeeRow> Fees, IReadOnlyList<FeeRow> Fines)
{
    private static readonly string[] Met =
        ["IQAMA_COMMERCIAL", "IQAMA_DOMESTIC", "WORK_PERMIT_BASE", "EXPAT_LEVY", "DEPENDENT_LEVY", "DOMESTIC_EXTRA_LEVY", "ERV_SINGLE", "ERV_MULTIPLE", "ERV_CANCEL", "FINAL_EXIT", "IQAMA_REPLACE_LOST_FEE", "IQAMA_REPLACE_DAMAGED_FEE"];

    private static readonly string[] MetFines = ["LATE_FIRST_ISSUE", "LATE_RENEWAL", "VISA_NOT_USED_NOT_CANCELLED", "LOST_NOT_REPORTED_24H"];

    internal static PricesModel Of(Tariff tariff, LocalDate on)
    {
        return new(on, InForce(Met), InForce(MetFines));

        IReadOnlyList<FeeRow> InForce(string[] codes) => [.. codes.Select(code => tariff.RowOn(code, on)).OfType<FeeRow>()];
    }
}
