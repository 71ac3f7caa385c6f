using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Office.Endpoints;

/// <summary>The cases that wait, and taking one. The filters stand in the address, so that they can be kept as bookmarks.</summary>
internal static class Queue
{
    public const int PageLength = 25;

    public static void Map(RouteGroupBuilder office)
    {
        office.MapGet("/queue", ShowAsync).RequireAuthorization(OfficeSetup.Readers);
        office.MapPost("/queue/next", TakeNextAsync).RequireAuthorization(Doors.Officer);
        office.MapGet("/find", FindAsync).RequireAuthorization(OfficeSetup.Readers);
    }

    private static async Task<IResult> ShowAsync(HttpContext http, CaseViews views, ServiceCatalogue services, TimeProvider clock, string? service, string? mine, string? late, string? after, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var filter = new QueueFilter(service is not null ? services.Find(service) : null, mine == "1", late == "1");
        var lines = await views.QueueAsync(session.Account, filter.Service?.Code, filter.Mine, filter.Late, Place(after), PageLength + 1, cancel);
        var next = lines.Count > PageLength ? lines[PageLength - 1] : null;
        return PageResult.Of<QueuePage, QueueModel>(new(session, filter, [.. services.All], [.. lines.Take(PageLength)], next is null ? null : Cursor(next), after is not null, clock.Now()));
    }

    private static async Task<IResult> TakeNextAsync(HttpContext http, Language language, CaseEngine engine, ServiceCatalogue services, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        var service = form["service"] is { Length: > 0 } key ? services.Find(key) : null;
        if (Outcomes.Operation(session, form, "review.take", "next", service?.Code) is not { } operation)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var outcome = await engine.TakeNextAsync(operation, session.Account, session.Person, service?.Code, cancel);
        return outcome is CaseOutcome.NotFound
            ? Results.LocalRedirect($"/{language.Code}/office/queue{(service is null ? "" : "?service=" + service.Key)}")
            : Outcomes.Answer(http, outcome, form, done => $"/{language.Code}/office/cases/{done.Case}", $"/{language.Code}/office/queue");
    }

    /// <summary>Somebody is on the telephone and says a reference.</summary>
    private static async Task<IResult> FindAsync(HttpContext http, Language language, CaseViews views, string? reference, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return ReferenceNumber.Parse(reference).TryGet(out var read, out _) && await views.ByReferenceAsync(read.ToString(), cancel) is { } found
            ? Results.LocalRedirect($"/{language.Code}/office/cases/{found}")
            : PageResult.Of<NotFoundPage, NotFoundModel>(new(session, reference), StatusCodes.Status404NotFound);
    }

    internal static string Cursor(QueueLine line) => string.Create(CultureInfo.InvariantCulture, $"{line.Since.ToMicros()}.{line.Case.Value:N}");

    internal static QueuePlace? Place(string? cursor) =>
        cursor?.Split('.') is [var micros, var id] && long.TryParse(micros, NumberStyles.None, CultureInfo.InvariantCulture, out var since) && Guid.TryParseExact(id, "N", out var @case)
            ? new QueuePlace(Clock.FromMicros(since), new CaseId(@case))
            : null;
}

/// <summary>What of the queue is shown.</summary>
public sealed record QueueFilter(Cases.Definition.Service? Service, bool Mine, bool Late)
{
    /// <summary>As the query of an address: <c>?service=issue&amp;late=1</c>.</summary>
    public string Query(string? after = null)
    {
        var parts = new List<string>();
        if (Service is not null)
        {
            parts.Add("service=" + Service.Key);
        }
        if (Mine)
        {
            parts.Add("mine=1");
        }
        if (Late)
        {
            parts.Add("late=1");
        }
        if (after is not null)
        {
            parts.Add("after=" + after);
        }
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }
}
