using System.Globalization;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Pages;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.StandIns;
using Muqeem.Sandbox.State;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox.Desks;

/// <summary>The telephones and mailboxes that Muqeem's messages arrive at.</summary>
internal static class InboxDesk
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/inbox", (HttpRequest request, Inbox inbox, string? to, string? q, long after = 0, int count = 50) =>
    {
        var messages = inbox.Newest(to, q, Math.Clamp(count, 1, 500), after);
        if (!Page.WantsPage(request))
        {
            return Results.Json(messages.Select(message => new
            {
                message.Id,
                message.MessageId,
                message.Channel,
                to = message.Address,
                message.Subject,
                text = message.Body,
                message.Html,
                message.Language,
                message.Parts,
                at = Clock.FromMicros(message.At),
            }), Wire.Options);
        }
        return Page.Show("Inbox", Html.Of($"""
            <form method="get"><label>To <input name="to" value="{to}" dir="ltr" placeholder="+9665…"></label><label>Words <input name="q" value="{q}"></label><button>Search</button></form>
            {Html.When(messages.Count == 0, () => Html.Of($"<p>No messages.</p>"))}
            {Html.Each(messages, MessageOf)}
            """));
    }).WithGroupName("desk");

    // The e-mail's HTML is shown as text: what a message contains must not act here.
    internal static Html MessageOf(Received message) => Html.Of($"""
        <article class="message"><p class="soft">{message.Channel} to <a href="/inbox?to={Uri.EscapeDataString(message.Address)}"><bdi class="n" dir="ltr">{message.Address}</bdi></a> · <time>{InstantPattern.General.Format(Clock.FromMicros(message.At))}</time> · {message.Language} · {message.Parts} part(s)</p>
        <div lang="{message.Language}" dir="{Page.Direction(message.Language)}">{Html.When(message.Subject.Length > 0, () => Html.Of($"<strong>{message.Subject}</strong><br>"))}<span class="pre">{message.Body}</span></div></article>
        """);
}

/// <summary>The counter of a bank: bills are paid, money is deposited.</summary>
internal static class BankDesk
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/bank", (HttpRequest request, Bank bank, string? payer, string? number) =>
        {
            IReadOnlyList<Bill> bills = !string.IsNullOrWhiteSpace(number) ? (bank.Find(Digits.Normalise(number.Trim())) is { } one ? [one] : [])
                : bank.Newest(100, string.IsNullOrWhiteSpace(payer) ? null : payer.Trim());
            if (!Page.WantsPage(request))
            {
                return Results.Json(new { bills, payments = bank.NewestPayments(100) }, Wire.Options);
            }
            return Page.Show("Bank", Html.Of($"""
                <form method="get"><label>Bill <input name="number" value="{number}" dir="ltr" inputmode="numeric"></label><label>Payer <input name="payer" value="{payer}" dir="ltr" inputmode="numeric"></label><button>Show</button></form>
                <h2>Bills</h2>{Html.When(bills.Count == 0, () => Html.Of($"<p>No bills.</p>"))}{Html.Each(bills, BillOf)}
                <h2>Deposit to a prepaid balance</h2>
                <form method="post" action="/bank/deposits"><label>Payer <input name="payer" required minlength="10" maxlength="10" inputmode="numeric" dir="ltr"></label><label>Purpose <select name="purpose">{Html.Each(PaymentPurpose.All, purpose => Html.Of($"<option>{purpose}</option>"))}</select></label>
                <label>Riyals <input name="riyals" required inputmode="decimal"></label><label>Told twice <input type="checkbox" name="twice" value="true"></label><button>Deposit</button></form>
                <h2>Payments</h2><div class="scroll"><table><tr><th>At</th><th>Payer</th><th>For</th><th>Riyals</th><th>Channel</th><th>Bill</th></tr>
                {Html.Each(bank.NewestPayments(50), payment => Html.Of($"<tr><td>{InstantPattern.General.Format(payment.At)}</td><td>{payment.Payer}</td><td>{payment.Purpose}</td><td>{new Money(payment.AmountHalalas).ToString()}</td><td>{payment.Channel}</td><td>{payment.BillNumber}</td></tr>"))}</table></div>
                """));
        }).WithGroupName("desk");
        app.MapPost("/bank/bills/{number}/pay", async (string number, HttpRequest request, Bank bank) =>
        {
            var order = await ReadAsync(request, form => new PaymentOrder(
                Riyals(form["riyals"]), Enum.TryParse<PaymentChannel>(form["channel"], ignoreCase: true, out var channel) ? channel : PaymentChannel.Sadad, form["twice"] == "true", form["forged"] == "true", form["quiet"] == "true"), new PaymentOrder(null));
            return order is null || order.AmountHalalas <= 0 ? Answer.Invalid("amountHalalas")
                : bank.Pay(number, order) is { } payment ? Page.Done(request, "/bank", payment) : Answer.Problem(404, "not_found", "There is no such bill.");
        }).DisableAntiforgery().WithGroupName("desk");
        app.MapPost("/bank/deposits", async (HttpRequest request, Bank bank) =>
        {
            var order = await ReadAsync(request, form => new DepositOrder(form["payer"].ToString(), form["purpose"].ToString(), Riyals(form["riyals"]) ?? 0, Twice: form["twice"] == "true"), null);
            return order is null || order.AmountHalalas <= 0 || order.Payer.Length != 10 ? Answer.Invalid("deposit") : Page.Done(request, "/bank", bank.Deposit(order));
        }).DisableAntiforgery().WithGroupName("desk");
    }

    internal static Html BillOf(Bill bill) => Html.Of($"""
        <article class="message"><strong><bdi class="n">{bill.BillNumber}</bdi></strong> {bill.Purpose} · <strong>{new Money(bill.AmountHalalas).ToString()} SAR</strong> · paid {new Money(bill.PaidHalalas).ToString()} · payer <bdi class="n">{bill.Payer}</bdi> · due {LocalDatePattern.Iso.Format(bill.DueOn)} · <span class="tag">{bill.State}</span>
        <form method="post" action="/bank/bills/{bill.BillNumber}/pay"><label>Riyals (empty: the rest) <input name="riyals" inputmode="decimal" size="9"></label><label>Channel <select name="channel"><option>Sadad</option><option>Mada</option><option>Bank</option></select></label>
        <label>Told twice <input type="checkbox" name="twice" value="true"></label><label>Not told <input type="checkbox" name="quiet" value="true"></label><label>Forged <input type="checkbox" name="forged" value="true"></label><button>Pay</button></form></article>
        """);

    // A form, or JSON, or nothing.
    internal static async Task<T?> ReadAsync<T>(HttpRequest request, Func<IFormCollection, T> form, T? nothing) where T : class
    {
        if (request.HasFormContentType)
        {
            return form(await request.ReadFormAsync());
        }
        // A body that is streamed says no length.
        if (request.ContentLength == 0 || !request.HasJsonContentType())
        {
            return nothing;
        }
        try
        {
            return await request.ReadFromJsonAsync<T>(Wire.Options);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static long? Riyals(string? text) => string.IsNullOrWhiteSpace(text) ? null
        : decimal.TryParse(Digits.Normalise(text.Trim()), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var riyals) ? (long)decimal.Round(riyals * 100) : 0;
}

/// <summary>People crossing the border; Muqeem is told.</summary>
internal sealed class Crossings(World world, Calls calls, SandboxClock clock)
{
    public BorderEvent Record(Person person, MovementDirection direction, string? port, string? visa, bool twice, bool forged, bool quiet)
    {
        var crossing = new BorderEvent("BX-" + Guid.CreateVersion7(clock.GetUtcNow()).ToString("N"), person.Number, direction, port ?? "King Khalid International Airport", clock.Now(), visa, person.Passports[0].Number);
        if (!forged)
        {
            world.Set(person.Index, FactKind.Movements, (RegisteredMovement[])[new(direction, crossing.Port, crossing.At, visa, person.Passports[0].Number, crossing.EventId), .. person.Movements]);
        }
        if (!quiet)
        {
            calls.Add(Calls.Border, crossing.EventId, crossing, twice, forged);
        }
        return crossing;
    }
}

/// <param name="Number">Resident or border number.</param>
public sealed record CrossingOrder(string Number, MovementDirection Direction, string? Port = null, string? VisaNumber = null, bool Twice = false, bool Forged = false, bool Quiet = false);

internal static class BorderDesk
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/border", () => Page.Show("Border", Html.Of($"""
            <p>Records that somebody left or came; the alien register shows it at once, and Muqeem is told by a signed call.</p>
            <form method="post" action="/border/crossings"><label>Resident or border number <input name="number" required minlength="10" maxlength="10" inputmode="numeric" dir="ltr"></label><label>Direction <select name="direction"><option value="Out">leaves</option><option value="In">comes</option></select></label>
            <label>Visa number <input name="visa" dir="ltr"></label><label>Port <input name="port" value="King Khalid International Airport"></label>
            <label>Told twice <input type="checkbox" name="twice" value="true"></label><label>Not told <input type="checkbox" name="quiet" value="true"></label><label>Forged <input type="checkbox" name="forged" value="true"></label><button>Record</button></form>
            """))).WithGroupName("desk");
        app.MapPost("/border/crossings", async (HttpRequest request, World world, Crossings crossings) =>
        {
            var order = await BankDesk.ReadAsync(request, form => new CrossingOrder(
                form["number"].ToString().Trim(), form["direction"] == "In" ? MovementDirection.In : MovementDirection.Out, form["port"].ToString() is { Length: > 0 } port ? port : null,
                form["visa"].ToString() is { Length: > 0 } visa ? visa.Trim() : null, form["twice"] == "true", form["forged"] == "true", form["quiet"] == "true"), null);
            return order is null ? Answer.Invalid("crossing")
                : world.ByNumber(order.Number) is not { } person ? Answer.Problem(404, "not_found", "The number belongs to nobody.")
                : Page.Done(request, "/calls", crossings.Record(person, order.Direction, order.Port, order.VisaNumber, order.Twice, order.Forged, order.Quiet));
        }).DisableAntiforgery().WithGroupName("desk");
    }
}

internal static class OperationsDesk
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/", (World world, SandboxClock clock, Calls calls) => Page.Show("The agencies' stand-ins", Html.Of($"""
            <p>Muqeem asks {AgenciesSetup.All.Count} agencies. None of them can be reached from a demonstration, so this one program plays them all, over the same contracts. The people are computed from the seed <code>{world.People.Seed}</code>; the world began on {LocalDatePattern.Iso.Format(world.People.Origin)}; here it is now {InstantPattern.General.Format(clock.Now())}.</p>
            <h2>Agencies</h2><table><tr><th>Agency</th><th>Address</th><th>Contract</th></tr>
            {Html.Each(AgenciesSetup.All, agency => Html.Of($"<tr><td>{agency.Name}</td><td><code>/{agency.Prefix}</code></td><td><a href=\"/openapi/{agency.Prefix}.json\">openapi</a></td></tr>"))}</table>
            <h2>Calls to Muqeem</h2><table><tr><th>Topic</th><th>Address</th></tr>{Html.Each(Calls.Topics, topic => Html.Of($"<tr><td>{topic}</td><td>{calls.UrlOf(topic) ?? "not configured: Webhooks:" + topic.Split('/')[0] + ":Url"}</td></tr>"))}</table>
            <h2>Clock</h2><form method="post" action="/clock"><label>Now (UTC) <input name="now" value="{InstantPattern.General.Format(clock.Now())}" dir="ltr" size="24"></label><button>Move</button></form>
            <h2>People with a story</h2><table><tr><th>Number</th><th>Who</th><th>Story</th><th>What comes of it</th></tr>
            {Html.Each(Stories.List, story => world.At(story.Index) is { } person ? Html.Of($"<tr><td><bdi class=\"n\">{person.Number}</bdi></td><td><a href=\"/people/{story.Index}\">{person.Name.FullEn}</a></td><td>{story.Title}</td><td>{story.Expect}</td></tr>") : Html.Empty)}</table>
            """))).WithGroupName("desk");

        app.MapGet("/clock", (SandboxClock clock) => Results.Json(new { now = clock.Now() }, Wire.Options)).WithGroupName("desk");
        app.MapPost("/clock", async (HttpRequest request, World world, SandboxClock clock) =>
        {
            var order = await BankDesk.ReadAsync(request, form => new ClockOrder(InstantPattern.ExtendedIso.Parse(form["now"].ToString().Trim()) is { Success: true } now ? now.Value : null), null);
            if (order?.Now is not { } to)
            {
                return Answer.Invalid("now");
            }
            world.MoveClock(to.ToDateTimeOffset());
            return Page.Done(request, "/", new { now = clock.Now() });
        }).DisableAntiforgery().WithGroupName("desk");

        app.MapGet("/knobs", (HttpRequest request, Knobs knobs) => !Page.WantsPage(request)
            ? Results.Json(knobs.All.Select(knob => new { agency = knob.Agency, person = knob.Person, knob = knob.Knob }), Wire.Options)
            : Page.Show("Knobs", Html.Of($"""
                <p>How badly an agency behaves, for everybody or for one person (the number in the address of the person's page).</p>
                {Html.Each(AgenciesSetup.All, agency => KnobOf(agency.Name, null, knobs.Of(agency.Name)))}
                <h2>For one person</h2>{Html.Each(knobs.All.Where(knob => knob.Person is not null), knob => KnobOf(knob.Agency, knob.Person, knob.Knob))}
                <form method="post" action="/knobs"><label>Agency <select name="agency">{Html.Each(AgenciesSetup.All, agency => Html.Of($"<option>{agency.Name}</option>"))}</select></label><label>Person <input name="person" type="number" min="0" required></label><label>Latency, ms <input name="latencyMs" type="number" min="0" value="0"></label><label>Down <input type="checkbox" name="down" value="true"></label><button>Set</button></form>
                """))).WithGroupName("desk");
        app.MapPost("/knobs", async (HttpRequest request, Knobs knobs) =>
        {
            var order = await BankDesk.ReadAsync(request, form => new KnobOrder(form["agency"].ToString(), int.TryParse(form["person"], CultureInfo.InvariantCulture, out var person) ? person : null, form["reset"] == "true" ? null : new Knob(
                int.TryParse(form["latencyMs"], CultureInfo.InvariantCulture, out var latency) ? latency : 0, double.TryParse(form["errorShare"], CultureInfo.InvariantCulture, out var share) ? share : 0, form["down"] == "true",
                int.TryParse(form["retryAfterSeconds"], CultureInfo.InvariantCulture, out var retry) ? retry : null, form["breakField"].ToString() is { Length: > 0 } field ? field : null,
                int.TryParse(form["lagMinutes"], CultureInfo.InvariantCulture, out var lag) ? lag : 0, form["callEarly"] == "true",
                Enum.TryParse<ContestState>(form["contests"], ignoreCase: true, out var contests) && contests != ContestState.Open ? contests : null)), null);
            if (order is null || !AgenciesSetup.All.Any(agency => agency.Name == order.Agency))
            {
                return Answer.Invalid("agency");
            }
            knobs.Set(order.Agency, order.Person, order.Knob);
            return Page.Done(request, "/knobs", order);
        }).DisableAntiforgery().WithGroupName("desk");

        app.MapGet("/notices", (HttpRequest request, Store store, int count = 100) =>
        {
            var notices = store.Read(db => db.Query<NoticeRow>("select id, agency, verb, subject, json, at from notices order by id desc limit @count", new { count = Math.Clamp(count, 1, 1000) }).AsList());
            return !Page.WantsPage(request)
                ? Results.Json(notices.Select(notice => new { notice.Id, notice.Agency, notice.Verb, notice.Subject, content = System.Text.Json.Nodes.JsonNode.Parse(notice.Json), at = Clock.FromMicros(notice.At) }), Wire.Options)
                : Page.Show("Notices from Muqeem", Html.Of($"""
                    <div class="scroll"><table><tr><th>At</th><th>Agency</th><th>What</th><th>About</th><th>Content</th></tr>{Html.Each(notices, notice => Html.Of($"<tr><td>{InstantPattern.General.Format(Clock.FromMicros(notice.At))}</td><td>{notice.Agency}</td><td>{notice.Verb}</td><td><bdi class=\"n\">{notice.Subject}</bdi></td><td><code>{notice.Json}</code></td></tr>"))}</table></div>
                    """));
        }).WithGroupName("desk");

        app.MapGet("/calls", (HttpRequest request, Calls calls) => !Page.WantsPage(request)
            ? Results.Json(calls.Newest(200), Wire.Options)
            : Page.Show("Calls to Muqeem", Html.Of($"""
                <form method="post" action="/calls/send"><button>Send what is due now</button></form>
                <div class="scroll"><table><tr><th>At</th><th>Topic</th><th>Id</th><th>State</th><th>Attempts</th><th>Answer</th><th></th></tr>
                {Html.Each(calls.Newest(100), call => Html.Of($"<tr><td>{InstantPattern.General.Format(Clock.FromMicros(call.At))}</td><td>{call.Topic}</td><td><code>{call.WebhookId}</code> {(call.Forged != 0 ? "forged" : "")}</td><td>{call.State}</td><td>{call.Attempts}</td><td>{call.Answer}</td><td><form method=\"post\" action=\"/calls/{call.Id}/again\"><button class=\"quiet\">Again</button></form></td></tr>"))}</table></div>
                """))).WithGroupName("desk");
        app.MapPost("/calls/send", async (HttpRequest request, Calls calls, CancellationToken cancel) => Page.Done(request, "/calls", new { sent = await calls.SendDueAsync(cancel) })).DisableAntiforgery().WithGroupName("desk");
        app.MapPost("/calls/{id:long}/again", (long id, HttpRequest request, Calls calls) =>
        {
            calls.Again(id);
            return Page.Done(request, "/calls", new { id });
        }).DisableAntiforgery().WithGroupName("desk");
        app.MapGet("/keys", (StandInKeys keys) => Results.Json(keys.Settings())).WithGroupName("desk");
        // As a shell reads settings; no value has a quote in it.
        app.MapGet("/keys/settings", (StandInKeys keys) => Results.Text(string.Concat(keys.Settings().Select(s => $"{s.Key.Replace(":", "__", StringComparison.Ordinal)}='{s.Value}'\n")))).WithGroupName("desk");
        app.MapGet("/healthz", () => "ok").WithGroupName("desk");
    }

    private static Html KnobOf(string agency, int? person, Knob knob) => Html.Of($"""
        <article class="message"><strong>{agency}</strong> {Html.When(person is not null, () => Html.Of($"for <a href=\"/people/{person}\">person {person}</a>"))}
        <form method="post" action="/knobs"><input type="hidden" name="agency" value="{agency}"><input type="hidden" name="person" value="{person}">
        <label>Latency, ms <input name="latencyMs" type="number" min="0" value="{knob.LatencyMs}"></label><label>Share of errors <input name="errorShare" inputmode="decimal" size="5" value="{knob.ErrorShare}"></label><label>Down <input type="checkbox" name="down" value="true" {new Html(knob.Down ? "checked" : "")}></label>
        <label>Retry after, s <input name="retryAfterSeconds" size="5" value="{knob.RetryAfterSeconds}"></label><label>Break field <input name="breakField" value="{knob.BreakField}" size="12" dir="ltr"></label><label>Lag, min <input name="lagMinutes" type="number" min="0" value="{knob.LagMinutes}"></label>
        {Html.When(agency == PaymentGateway.Name, () => Html.Of($"<label>Pay bills before answering <input type=\"checkbox\" name=\"callEarly\" value=\"true\" {new Html(knob.CallEarly ? "checked" : "")}></label>"))}
        {Html.When(ContestsOf.Agencies.Contains(agency, StringComparer.Ordinal), () => Html.Of($"<label>Contests <select name=\"contests\"><option value=\"\">answered at the desk</option>{Html.Each((ContestState[])[ContestState.Corrected, ContestState.Upheld], state => Html.Of($"<option value=\"{state}\" {new Html(knob.Contests == state ? "selected" : "")}>{state} at once</option>"))}</select></label>"))}
        <button>Set</button></form> <form method="post" action="/knobs"><input type="hidden" name="agency" value="{agency}"><input type="hidden" name="person" value="{person}"><input type="hidden" name="reset" value="true"><button class="quiet">As usual</button></form></article>
        """);

    private sealed record NoticeRow(long Id, string Agency, string Verb, string Subject, string Json, long At);
}

public sealed record ClockOrder(Instant? Now);

/// <param name="Person">Null: for everybody.</param>
/// <param name="Knob">Null: as usual.</param>
public sealed record KnobOrder(string Agency, int? Person, Knob? Knob);
