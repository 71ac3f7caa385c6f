using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Portal.Shared;
using Muqeem.Registry;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Travel;

/// <summary>The exit/re-entry visa that is in force: its two last days, and how to cancel it before it costs a fine.</summary>
internal static class Pages
{
    private const string Fine = "VISA_NOT_USED_NOT_CANCELLED";

    public static void Map(IEndpointRouteBuilder pages)
    {
        var resident = pages.MapGroup("/travel").RequireAuthorization(Doors.Resident);
        resident.MapGet("", ShowAsync);
        resident.MapGet("/{id:guid}/cancel", async (Guid id, HttpContext http, CaseViews views, ServiceCatalogue services, ExitVisas visas, Tariffs tariffs, TimeProvider clock, CancellationToken cancel) =>
            await ModelAsync(id, http, views, services, visas, tariffs, clock, cancel) is { } model ? PageResult.Of<CancelPage, TravelModel>(model) : PageResult.Error(StatusCodes.Status404NotFound));
        resident.MapPost("/{id:guid}/cancel", CancelAsync);
    }

    private static async Task<IResult> ShowAsync(HttpContext http, CaseViews views, ServiceCatalogue services, ExitVisas visas, Tariffs tariffs, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var open = (await visas.OfAsync(session.Person, cancel)).LastOrDefault(v => v.Open);
        return open is null ? http.GoTo("services/exit-reentry")
            : await ModelAsync(open.Case.Value, http, views, services, visas, tariffs, clock, cancel) is { } model ? PageResult.Of<TravelPage, TravelModel>(model)
            : PageResult.Error(StatusCodes.Status404NotFound);
    }

    private static async Task<TravelModel?> ModelAsync(Guid id, HttpContext http, CaseViews views, ServiceCatalogue services, ExitVisas visas, Tariffs tariffs, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        if (await views.HeadAsync(session.Account, new CaseId(id), cancel) is not { } head || await visas.OfCaseAsync(head.Case, cancel) is not { } visa)
        {
            return null;
        }
        var before = (await visas.FinesAsync(session.Person, cancel)).Count(f => f.Code == Fine);
        var fine = tariffs.Now.ByOrdinal(Fine, before + 1, clock.Today());
        return new(visa, fine.Ok ? fine.Value.Amount : null, services.ByCode(head.Service).States.Allows(head.State, CaseActs.Cancel, By.Applicant), clock.Today());
    }

    private static async Task<IResult> CancelAsync(Guid id, HttpContext http, CaseEngine engine, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var outcome = await engine.InstrumentAsync(http.OperationOf(form, "visa.cancel"), new CaseId(id), http.MustBeSignedIn().Account, CaseActs.Cancel, By.Applicant, clock.Today(), cancel);
        return http.Show(form, outcome, http.At("travel"), _ => http.GoTo($"applications/{id}"));
    }
}

/// <param name="Fine">What the next visa that is neither used nor cancelled costs this person.</param>
public sealed record TravelModel(ExitVisa Visa, Money? Fine, bool MayCancel, LocalDate Today);
