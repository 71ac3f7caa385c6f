using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Pages;
using Muqeem.Sandbox.StandIns;
using Muqeem.Sandbox.State;
using NodaTime.Text;

namespace Muqeem.Sandbox.Desks;

/// <summary>The post office and the courier's bag: shipments, moved by hand, and the code at the door.</summary>
internal static class PostDesk
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/post", (HttpRequest request, Post post) =>
        {
            var parcels = post.Newest(100);
            if (!Page.WantsPage(request))
            {
                return Results.Json(parcels.Select(p => new { p.Reference, p.Number, p.Short, p.Tracking, p.State, p.Reason, p.Attempts, stopped = p.Stopped == 1, at = Clock.FromMicros(p.At) }), Wire.Options);
            }
            return Page.Show("Post", Html.Of($"""
                <p>Cards on their way. They move by the clock; at the door the courier waits for the code that Muqeem shows to the holder. Move one by hand, and look at what Muqeem makes of it.<br><span lang="ar" dir="rtl">بطاقات في الطريق. تتقدم مع الساعة، وعند الباب ينتظر المندوب الرمز الذي يراه صاحب البطاقة في مقيم.</span></p>
                {Html.When(parcels.Count == 0, () => Html.Of($"<p>No shipments. <span lang=\"ar\" dir=\"rtl\">لا شحنات.</span></p>"))}
                {Html.Each(parcels, One)}
                """));
        }).WithGroupName("desk");
        app.MapPost("/post/{reference}/move", async (string reference, HttpRequest request, Post post) =>
        {
            var form = request.HasFormContentType ? await request.ReadFormAsync() : FormCollection.Empty;
            return !Enum.TryParse<ShipmentStatus>(form["status"], ignoreCase: true, out var status) ? Answer.Invalid("status")
                : post.Move(reference, status, status == ShipmentStatus.Attempted && Enum.TryParse<AttemptReason>(form["reason"], ignoreCase: true, out var reason) ? reason : null,
                    status == ShipmentStatus.Delivered ? form["oldCard"] == "true" : null, await Telling.OfAsync(request)) is { } parcel ? Page.Done(request, "/post", parcel)
                : Answer.Problem(404, "not_found", "There is no such shipment.");
        }).DisableAntiforgery().WithGroupName("desk");
        app.MapPost("/post/{reference}/lose", (string reference, HttpRequest request, Post post) => After(request, post.Lose(reference))).DisableAntiforgery().WithGroupName("desk");
        app.MapPost("/post/{reference}/forget-stop", (string reference, HttpRequest request, Post post) => After(request, post.ForgetStop(reference))).DisableAntiforgery().WithGroupName("desk");
        app.MapPost("/post/{reference}/code", async (string reference, HttpRequest request, Post post, CancellationToken cancel) =>
        {
            var form = request.HasFormContentType ? await request.ReadFormAsync(cancel) : FormCollection.Empty;
            return await post.TryCodeAsync(reference, Digits.Normalise(form["code"].ToString().Trim()), form["oldCard"] == "true", cancel) is { } verdict
                ? Page.WantsPage(request) ? Page.Show("Code", Html.Of($"<p>{(verdict.HandOver ? "Right: the card is handed over." : $"Not right: the card stays with the courier. Tries left: {verdict.TriesLeft}.")}</p><p><a href=\"/post\">Back</a></p>")) : Results.Json(verdict, Wire.Options)
                : Answer.Problem(409, "no_verdict", "There is no such shipment on its way, or Muqeem did not answer.");
        }).DisableAntiforgery().WithGroupName("desk");
    }

    private static IResult After(HttpRequest request, Parcel? parcel) => parcel is null ? Answer.Problem(404, "not_found", "There is no such shipment.") : Page.Done(request, "/post", parcel);

    private static Html One(Parcel parcel) => Html.Of($"""
        <article class="message"><strong><bdi class="n">{parcel.Tracking}</bdi></strong> to <bdi class="n">{parcel.Short}</bdi> · <bdi class="n">{parcel.Number}</bdi> · <span class="tag">{parcel.State}</span> {parcel.Reason} {Html.When(parcel.Stopped == 1, () => Html.Of($"<span class=\"tag\">called back</span>"))} · {InstantPattern.General.Format(Clock.FromMicros(parcel.At))}
        <form method="post" action="/post/{parcel.Reference}/code"><label>Code told at the door <input name="code" inputmode="numeric" maxlength="6" size="8" dir="ltr" autocomplete="off"></label><label>Old card taken in <input type="checkbox" name="oldCard" value="true"></label><button>Ask Muqeem</button></form>
        <form method="post" action="/post/{parcel.Reference}/move"><label>Becomes <select name="status">{Html.Each(Enum.GetValues<ShipmentStatus>(), s => Html.Of($"<option>{s}</option>"))}</select></label><label>Why not handed over <select name="reason">{Html.Each(Enum.GetValues<AttemptReason>(), r => Html.Of($"<option>{r}</option>"))}</select></label>
        <label>Told twice <input type="checkbox" name="twice" value="true"></label><label>Not told <input type="checkbox" name="quiet" value="true"></label><label>Minutes late <input name="late" type="number" min="0" value="0"></label><label>Forged <input type="checkbox" name="forged" value="true"></label><button class="quiet">Move</button></form>
        <form method="post" action="/post/{parcel.Reference}/lose"><button class="quiet">The post loses the order and the card</button></form>{Html.When(parcel.Stopped == 1, () => Html.Of($" <form method=\"post\" action=\"/post/{parcel.Reference}/forget-stop\"><button class=\"quiet\">It forgets that the card was called back</button></form>"))}</article>
        """);
}
