using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Pages;
using Muqeem.Sandbox.State;
using NodaTime.Text;

namespace Muqeem.Sandbox.StandIns;

/// <summary>An event that Muqeem sent, once however often it came.</summary>
public sealed record KeptEvent(long Seq, string Agency, string EventId, string Kind, string Json, long Test, long Times, long At);

/// <summary>A delivery, with how many of its events were new.</summary>
public sealed record KeptDelivery(long Seq, string Agency, string Cursor, long Events, long News, long Test, long At);

/// <summary>What the receivers keep: each event by its id, so that one that comes again does nothing. Both are one commit, before the receipt.</summary>
internal sealed class EventsReceived(Store store, SandboxClock clock)
{
    public NoticeReceipt Take(HttpContext context, string agency, FeedPage page)
    {
        var (at, test) = (clock.Now().ToMicros(), page.Test ? 1 : 0);
        store.Write(db =>
        {
            var news = 0;
            foreach (var one in page.Events)
            {
                var row = new { agency, id = one.Id.ToString(), kind = one.Kind, json = JsonSerializer.Serialize(one, Wire.Options), test, at };
                if (db.Execute("insert into feed_events (agency, event_id, kind, json, test, times, at) values (@agency, @id, @kind, @json, @test, 1, @at) on conflict (agency, event_id) do nothing", row) == 1)
                {
                    news++;
                }
                else
                {
                    db.Execute("update feed_events set times = times + 1 where agency = @agency and event_id = @id", row);
                }
            }
            db.Execute("insert into feed_deliveries (agency, cursor, events, news, test, at) values (@agency, @cursor, @events, @news, @test, @at)", new { agency, cursor = page.Cursor, events = page.Events.Count, news, test, at });
        });
        return new(agency, clock.Now(), $"events/{context.Request.Headers[Exchange.RequestIdHeader]}", NoticeState.Recorded);
    }

    /// <summary>In the order in which they came first.</summary>
    public IReadOnlyList<KeptEvent> Events(string? agency) => store.Read(db => db.Query<KeptEvent>(
        "select seq, agency, event_id as EventId, kind, json, test, times, at from feed_events where @agency is null or agency = @agency order by seq", new { agency }).AsList());

    public IReadOnlyList<KeptDelivery> Deliveries(string? agency) => store.Read(db => db.Query<KeptDelivery>(
        "select seq, agency, cursor, events, news, test, at from feed_deliveries where @agency is null or agency = @agency order by seq", new { agency }).AsList());
}

/// <summary>The addresses at which two agencies are sent events, and a page of what came.</summary>
internal static class EventsOf
{
    public static void Map(IEndpointRouteBuilder app)
    {
        Map(app, LabourContracts.Name, "labour", "labour contracts");
        Map(app, HealthInsurance.Name, "insurance", "health insurance");
        app.MapGet("/feed", (HttpRequest request, EventsReceived received, string? agency) =>
        {
            var (events, deliveries) = (received.Events(agency), received.Deliveries(agency));
            return !Page.WantsPage(request)
                ? Results.Json(new
                {
                    events = events.Select(e => new { e.Agency, id = e.EventId, e.Kind, test = e.Test != 0, e.Times, content = JsonNode.Parse(e.Json) }),
                    deliveries = deliveries.Select(d => new { d.Agency, d.Cursor, d.Events, d.News, test = d.Test != 0 }),
                }, Wire.Options)
                : Page.Show("Events from Muqeem", Html.Of($"""
                    <p>What the labour platform and the insurers were sent of residences. They are stand-ins: each keeps an event by its id, so that one that comes again does nothing. At the <a href="/knobs">knobs</a> a receiver can be down, or its receipt be forged on the way, so that Muqeem sends again.</p>
                    <div class="scroll"><table><tr><th>At</th><th>Agency</th><th>Kind</th><th>Content</th><th>Came</th></tr>{Html.Each(events.Reverse().Take(200), One)}</table></div>
                    <h2>Deliveries</h2><div class="scroll"><table><tr><th>At</th><th>Agency</th><th>Events</th><th>New</th><th>Cursor</th></tr>
                    {Html.Each(deliveries.Reverse().Take(100), d => Html.Of($"<tr><td>{InstantPattern.General.Format(Clock.FromMicros(d.At))}</td><td>{d.Agency}</td><td>{d.Events} {(d.Test != 0 ? "test" : "")}</td><td>{d.News}</td><td><code>{d.Cursor}</code></td></tr>"))}</table></div>
                    """));
        }).WithGroupName("desk");
    }

    private static Html One(KeptEvent e) => Html.Of($"<tr><td>{InstantPattern.General.Format(Clock.FromMicros(e.At))}</td><td>{e.Agency}</td><td>{e.Kind} {Html.When(e.Test != 0, () => Html.Of($"<span class=\"tag\">test</span>"))}</td><td><code>{e.Json}</code></td><td>{e.Times}×</td></tr>");

    private static void Map(IEndpointRouteBuilder app, string agency, string prefix, string words) =>
        app.MapGroup("/" + prefix).WithGroupName(prefix).WithTags(words)
            .MapPost("/events", (FeedPage page, HttpContext context, EventsReceived received) => Answer.Json(received.Take(context, agency, page)))
            .WithName("eventsOf" + agency).WithSummary("Events of residences in the order of Muqeem's journal. Each may come more than once; the receipt says that they are kept.").Produces<NoticeReceipt>().ProducesProblem(503);
}
