using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Office.Pages;
using Muqeem.Payments;
using Muqeem.Platform.Pages;
using Muqeem.SignIn;
using NodaTime.Text;

namespace Muqeem.Office.Endpoints;

/// <summary>The closed days of the books, and what did not agree with the payment gateway. No person is in them.</summary>
internal static class ClosedBooks
{
    public static void Map(RouteGroupBuilder office)
    {
        office.MapGet("/books", async (HttpContext http, Closings closings, CancellationToken cancel) =>
            PageResult.Of<BooksPage, BooksModel>(new(http.MustBeSignedIn(), await closings.LatestAsync(cancel: cancel), await closings.OpenAsync(cancel)))).RequireAuthorization(OfficeSetup.Books);
        office.MapGet("/books/{day}", async (string day, HttpContext http, Closings closings, CancellationToken cancel) =>
            LocalDatePattern.Iso.Parse(day).TryGetValue(default, out var closed) && await closings.OfAsync(closed, cancel) is { } found
                ? PageResult.Of<ClosedDayPage, ClosedDayModel>(new(http.MustBeSignedIn(), found))
                : PageResult.Error(StatusCodes.Status404NotFound)).RequireAuthorization(OfficeSetup.Books);
    }
}
