using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Background;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Office.Endpoints;

/// <summary>How the machinery stands: agencies, messages and jobs. No page here shows a person.</summary>
internal static class Operations
{
    private const string RetryVerb = "outbox.retry";

    public static void Map(RouteGroupBuilder office)
    {
        office.MapGet("/agencies", async (HttpContext http, AgencyLines lines, FeedSteering feeds, CancellationToken cancel) =>
            PageResult.Of<AgenciesPage, AgenciesModel>(new(http.MustBeSignedIn(), lines.Standings(), await feeds.AllAsync(cancel)))).RequireAuthorization(Doors.Office);
        office.MapGet("/work", WorkAsync).RequireAuthorization(Doors.Office);
        office.MapPost("/work/retry", RetryAsync).RequireAuthorization(Doors.Operator);
    }

    private static async Task<IResult> WorkAsync(HttpContext http, Outbox outbox, Jobs jobs, KeyStore keys, Retention retention, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return PageResult.Of<WorkPage, WorkModel>(new(session, await outbox.StateAsync(cancel), await outbox.ParkedAsync(100, cancel), await jobs.StatesAsync(cancel), session.Has(OfficeRole.Operator),
            keys.Alarms(), [.. Enum.GetValues<KeyPurpose>().SelectMany(keys.All).Where(s => s.State is KeyState.Active or KeyState.Planned or KeyState.Retiring)],
            await retention.StandingAsync(cancel)));
    }

    /// <summary>An operator's act: the message is sent again from the first attempt.</summary>
    private static async Task<IResult> RetryAsync(HttpContext http, Language language, Outbox outbox, IWriter writer, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        if (form.Operation is not { } operation || !Guid.TryParse(form["message"], out var message))
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var here = $"/{language.Code}/office/work";
        var change = new Change(new Act(ActId.New(clock), RetryVerb, session.Actor, operation, Digest.Of(RetryVerb, message.ToString()), clock.Now()) { Answer = message.ToString() });
        if (!await outbox.TryAgainAsync(change, message, cancel))
        {
            return Outcomes.NotNow(new(new Refusal("office.not_parked"), null, here));
        }
        return await writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done or WriteOutcome.Replayed => Results.LocalRedirect(here),
            WriteOutcome.Busy busy => Outcomes.Busy(http, form, busy.RetryAfter),
            WriteOutcome.InDoubt => Outcomes.Busy(http, form, TimeSpan.FromSeconds(2)),
            _ => Outcomes.NotNow(new(new Refusal("office.changed"), null, here)),
        };
    }
}
