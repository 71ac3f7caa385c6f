using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Office.Endpoints;

/// <summary>In a demonstration only: time goes on as fast as wanted, and everything that falls due happens. The page is not there for real data.</summary>
internal static class ClockPages
{
    private const string Verb = "clock.move";

    public static void Map(RouteGroupBuilder office, IServiceProvider services)
    {
        if (services.GetService<MovableClock>() is not { CanMove: true })
        {
            return;
        }
        office.MapGet("/clock", (HttpContext http, MovableClock clock) =>
            PageResult.Of<ClockPage, ClockModel>(new(http.MustBeSignedIn(), clock.Now(), clock.Offset, FormState.Empty()))).RequireAuthorization(Doors.Operator);
        office.MapPost("/clock", MoveAsync).RequireAuthorization(Doors.Operator);
    }

    private static async Task<IResult> MoveAsync(HttpContext http, Language language, MovableClock clock, IWriter writer, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var form = await FormState.ReadAsync(http);
        if (form.Operation is not { } operation)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var now = clock.Now();
        if (Target(form, now) is not { } to)
        {
            return PageResult.Of<ClockPage, ClockModel>(new(session, now, clock.Offset, form), StatusCodes.Status422UnprocessableEntity);
        }
        // The act comes first: it says at which old time the new one was set. Sent twice, the second time moves nothing.
        var act = new Act(ActId.New(clock), Verb, session.Actor, operation, Digest.Of(Verb, form["days"], form["minutes"], form["day.day"], form["day.month"], form["day.year"]), now) { Reason = "demonstration" };
        switch (await writer.WriteAsync(new Change(act), cancel: cancel))
        {
            case WriteOutcome.Done:
                if (!clock.MoveTo(to).TryGet(out _, out var refusal))
                {
                    form.Refuse("", refusal);
                    return PageResult.Of<ClockPage, ClockModel>(new(session, clock.Now(), clock.Offset, form), StatusCodes.Status422UnprocessableEntity);
                }
                break;
            case WriteOutcome.Busy busy:
                return Outcomes.Busy(http, form, busy.RetryAfter);
            case WriteOutcome.InDoubt:
                return Outcomes.Busy(http, form, TimeSpan.FromSeconds(2));
            case WriteOutcome.OperationReused:
                return Outcomes.NotNow(new(new Refusal("operation.reused"), null, $"/{language.Code}/office/clock"));
        }
        return Results.LocalRedirect($"/{language.Code}/office/clock");
    }

    /// <summary>So many days or minutes on, or to the morning of a day.</summary>
    private static Instant? Target(FormState form, Instant now)
    {
        var date = form.Date("day");
        if (!date.IsEmpty)
        {
            if (FormDays.Parse($"{date.Day}/{date.Month}/{date.Year}").TryGet(out var day, out var refusal))
            {
                return day.At(new LocalTime(8, 0)).WithOffset(Clock.Riyadh).ToInstant();
            }
            form.Refuse("day", refusal);
            return null;
        }
        if (int.TryParse(Digits.Normalise(form["days"]), NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days is > 0 and <= 3660)
        {
            return now + Duration.FromDays(days);
        }
        if (int.TryParse(Digits.Normalise(form["minutes"]), NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) && minutes is > 0 and <= 1440)
        {
            return now + Duration.FromMinutes(minutes);
        }
        form.Refuse("days", "office.error.days");
        return null;
    }
}
