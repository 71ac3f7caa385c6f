using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Cases;
using Muqeem.Office.Pages;
using Muqeem.Platform.Pages;
using Muqeem.SignIn;

namespace Muqeem.Office.Endpoints;

/// <summary>The first page: how much waits, how old it is, what was decided.</summary>
internal static class Dashboard
{
    private const int Days = 7;

    public static void Map(RouteGroupBuilder office) => office.MapGet("", ShowAsync).RequireAuthorization(Doors.Office);

    private static async Task<IResult> ShowAsync(HttpContext http, CaseViews views, Figures figures, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return PageResult.Of<DashboardPage, DashboardModel>(new(session, await views.CountsAsync(session.Account, cancel), await figures.AgesAsync(cancel), await figures.DecisionsAsync(Days, cancel)));
    }
}
