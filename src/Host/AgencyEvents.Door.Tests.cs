using System.Net;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Host.Wiring;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host;

/// <summary>The same at the door: who may tell, what is malformed, once, and in whatever order.</summary>
public abstract partial class AgencyEventsTests
{
    private async Task<(HttpStatusCode Status, string? Code, string? Field)> CallAsync<T>(string path, string agency, string operation, T told, CallSigning? with = null)
    {
        var body = told as byte[] ?? JsonSerializer.SerializeToUtf8Bytes(told, Wire.Options);
        using var answer = await _world.CallAsync("hooks/" + path, body, agency, operation, with);
        var text = await answer.Content.ReadAsStringAsync();
        using var problem = JsonDocument.Parse(text.Length > 0 ? text : "{}");
        string? Of(string name) => problem.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
        return (answer.StatusCode, Of("code"), Of("field"));
    }

    private Task<(HttpStatusCode Status, string? Code, string? Field)> OrderAsync(CourtOrder order, string agency = Justice.Name) => CallAsync("orders", agency, OrderWebhook.Operation, order);

    private CourtOrder Order(string number, OrderChange change, Instant at, string orderNumber = "45009999", SuspensionScope scope = SuspensionScope.AllServices) =>
        new("JX-" + Guid.CreateVersion7().ToString("N"), number, orderNumber, scope, change, "Enforcement Court, Riyadh", at.DayInRiyadh(), at);

    [Fact]
    public async Task An_order_that_was_lifted_before_we_heard_of_it_is_not_imposed_again()
    {
        var resident = await SettledAsync();
        var now = _world.Clock.Now();
        var (imposed, lifted) = (Order(resident.Number, OrderChange.Imposed, now - Duration.FromHours(2)), Order(resident.Number, OrderChange.Lifted, now - Duration.FromHours(1)));
        Assert.Equal(HttpStatusCode.OK, (await OrderAsync(lifted)).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await OrderAsync(imposed)).Status);
        Assert.Equal(HttpStatusCode.OK, (await OrderAsync(lifted)).Status);
        Assert.Empty(await InboxAsync(resident.Person, "order_imposed"));
        Assert.Single(await InboxAsync(resident.Person, "order_lifted"));

        // Another order is another thing, however old.
        Assert.Equal(HttpStatusCode.OK, (await OrderAsync(Order(resident.Number, OrderChange.Imposed, now - Duration.FromHours(3), "45008888"))).Status);
        Assert.Single(await InboxAsync(resident.Person, "order_imposed"));
        // One id, another content.
        Assert.Equal(HttpStatusCode.Conflict, (await OrderAsync(lifted with { Court = "Another" })).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await OrderAsync(lifted with { Court = "Another", At = now })).Status);
        Assert.Equal(2, await EventsAsync(resident.Person));
    }

    [Fact]
    public async Task Sixteen_tellings_of_one_event_are_one()
    {
        var (resident, id) = await SentAsync();
        var order = Order(resident.Number, OrderChange.Imposed, _world.Clock.Now());
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => OrderAsync(order)));
        Assert.All(answers, a => Assert.True(a.Status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, a.ToString()));
        Assert.Equal(HttpStatusCode.OK, (await OrderAsync(order)).Status);
        Assert.Single(await InboxAsync(resident.Person, "order_imposed"));
        Assert.Single((await _residents.TrackAsync(resident, id)).Timeline, e => e.Act == "told");
        // The courts' register knows no such order: it is asked, and what it says counts. The case is where it was.
        await WholeWorld.UntilAsync(async () => await _world.Get<Db>().ExistsAsync("SELECT 1 FROM deadline WHERE subject_id = @id AND kind LIKE 'told:%'", new { id = id.Value }) ? null : "", "it was looked at again");
        Assert.Equal(CaseStates.AwaitingEmployer, await _residents.StateAsync(resident, id));
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
        // Repeated when all is over, it changes nothing.
        Assert.Equal(HttpStatusCode.OK, (await OrderAsync(order)).Status);
        Assert.Single((await _residents.TrackAsync(resident, id)).Timeline, e => e.Act == "told");
        Assert.False(await _world.Get<Db>().ExistsAsync("SELECT 1 FROM deadline WHERE subject_id = @id AND kind LIKE 'told:%'", new { id = id.Value }));
    }

    [Fact]
    public async Task Who_may_not_tell_it_and_what_is_malformed_is_refused_and_of_a_stranger_nothing_is_kept()
    {
        var resident = await SettledAsync();
        var now = _world.Clock.Now();
        var passport = People.At(resident.Index)!.Passports[0];
        var policy = new PolicyLapsed("HX-1", resident.Number, "88-1", "Najd", now.DayInRiyadh(), now);
        (string Path, string Agency, string Operation, object Good, object Bad, string Field)[] all =
        [
            ("passports", AlienRegister.Name, PassportWebhook.Operation, new PassportRenewed("PX-a", resident.Number, passport, now), new PassportRenewed("PX-a", resident.Number, passport with { Number = "-" }, now), "passport.number"),
            ("deaths", AlienRegister.Name, DeathWebhook.Operation, new PersonDied("DX-a", resident.Number, now.DayInRiyadh(), now), new PersonDied("DX-a", resident.Number, now.DayInRiyadh().PlusDays(1), now), "on"),
            ("contracts", LabourContracts.Name, ContractWebhook.Operation, new ContractEnded("CX-a", resident.Number, "C1", now.DayInRiyadh(), now), new ContractEnded("CX-a", "9", "C1", now.DayInRiyadh(), now), "personNumber"),
            ("orders", Justice.Name, OrderWebhook.Operation, Order(resident.Number, OrderChange.Imposed, now), Order(resident.Number, OrderChange.Imposed, now + Duration.FromMinutes(10)), "at"),
            ("policies", HealthInsurance.Name, PolicyWebhook.Operation, policy, policy with { Insurer = "" }, "insurer"),
        ];
        foreach (var (path, agency, operation, good, bad, field) in all)
        {
            var other = agency == Traffic.Name ? Justice.Name : Traffic.Name;
            Assert.Equal((HttpStatusCode.Forbidden, CallGate.NotAllowed, null), await CallAsync(path, other, operation, good, new(Purpose: "keep_register")));
            Assert.Equal((HttpStatusCode.Unauthorized, CallGate.UnknownKey, null), await CallAsync(path, agency, operation, good, new(Signer: AgencyCaller.NewSigner())));
            Assert.Equal((HttpStatusCode.RequestEntityTooLarge, CallGate.TooLarge, null), await CallAsync(path, agency, operation, new byte[(64 * 1024) + 1]));
            Assert.Equal((HttpStatusCode.BadRequest, CallGate.Malformed, field), await CallAsync(path, agency, operation, bad));
            Assert.Equal((HttpStatusCode.BadRequest, CallGate.Malformed, "eventId"), await CallAsync(path, agency, operation, "{}"u8.ToArray()));
            Assert.Equal((HttpStatusCode.BadRequest, CallGate.Malformed, "$"), await CallAsync(path, agency, operation, "no"u8.ToArray()));
            await WholeWorld.UntilAsync(async () => await _world.Get<Db>().SingleAsync<long>(
                "SELECT count(DISTINCT outcome) FROM exchange WHERE direction = 'IN' AND operation = @operation AND outcome IN ('webhook.not_allowed', 'webhook.key', 'webhook.too_large')", new { operation }) == 3 ? "" : null, "the refusals are recorded");
        }
        Assert.Equal(0, await EventsAsync(resident.Person));
        Assert.Null((await _residents.ResidenceAsync(resident)).EndReason);

        var before = await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM agency_event");
        foreach (var stranger in new[] { "2000000006", "3999999999", "1000000008" })
        {
            Assert.Equal(HttpStatusCode.Accepted, (await CallAsync("policies", HealthInsurance.Name, PolicyWebhook.Operation, policy with { PersonNumber = stranger })).Status);
        }
        Assert.Equal(before, await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM agency_event"));
    }

    /// <summary>By a call such a time is malformed; a list that is compared comes by here too. An event of tomorrow would outdate whatever the record says until then.</summary>
    [Fact]
    public async Task What_is_told_of_a_time_to_come_is_no_event_of_any_kind()
    {
        var resident = await SettledAsync();
        var (acts, now) = (_world.Get<AgencyActs>(), _world.Clock.Now());
        foreach (var (agency, kind) in new[]
        {
            (LabourContracts.Name, AgencyEventKinds.Contract), (DomesticWork.Name, AgencyEventKinds.HouseholdContract), (HealthInsurance.Name, AgencyEventKinds.Policy), (Justice.Name, AgencyEventKinds.Order),
            (AlienRegister.Name, AgencyEventKinds.Passport), (AlienRegister.Name, AgencyEventKinds.Death),
        })
        {
            var followed = 0;
            Task<WriteOutcome?> DoAsync(Instant at) => acts.DoAsync("test." + kind, $"{kind} {resident.Number}", Digest.Of(kind), new AgencyEvent(agency, kind, resident.Person, "X-1", at, "test", now.DayInRiyadh()), _ =>
            {
                followed++;
                return Task.CompletedTask;
            }, WriteClass.Interactive, TestContext.Current.CancellationToken);
            Assert.Null(await DoAsync(now + AgencyActs.ClocksDiffer + Duration.FromMinutes(1)));
            Assert.Equal(0, followed);
            // Two clocks may differ by so much.
            Assert.IsType<WriteOutcome.Done>(await DoAsync(now + AgencyActs.ClocksDiffer - Duration.FromMinutes(1)));
            Assert.Equal(1, followed);
        }
        Assert.Equal(6, await EventsAsync(resident.Person));
    }
}
