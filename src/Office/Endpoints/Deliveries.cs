using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Cases;
using Muqeem.Office.Pages;
using Muqeem.Platform.Pages;
using Muqeem.SignIn;

namespace Muqeem.Office.Endpoints;

/// <summary>Cards on their way that somebody should ask the post about. Nothing personal is opened for it.</summary>
internal static class Deliveries
{
    private const int MostListed = 200;

    public static void Map(RouteGroupBuilder office) => office.MapGet("/deliveries", async (HttpContext http, ShipmentStore shipments, CancellationToken cancel) =>
        PageResult.Of<DeliveriesPage, DeliveriesModel>(new(http.MustBeSignedIn(), await shipments.TroubledAsync(MostListed, cancel)))).RequireAuthorization(OfficeSetup.Readers);
}
