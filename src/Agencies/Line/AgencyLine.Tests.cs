using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Signatures;
using Muqeem.Sandbox;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Agencies;

public class AgencyLineTests
{
    private const string Good = """{"source":"traffic","asOf":"2026-03-15T09:00:00Z","id":"2000000006","violations":[]}""";

    [Fact]
    public async Task An_agency_that_is_too_slow_is_unavailable_within_the_time_limit()
    {
        await using var sandbox = await TestSandbox.StartAsync(Settings(("LabourContracts:Attempt", "00:00:00.15"), ("LabourContracts:Limit", "00:00:00.40")));
        var slow = sandbox.People.At(6);
        Assert.Equal(LabourContracts.Name, slow.SlowAgency);
        var started = TimeProvider.System.GetTimestamp();
        var answer = Assert.IsType<AgencyAnswer<LabourWorker>.Unavailable>(await sandbox.Client<LabourContracts>().WorkerAsync(slow.Number));
        Assert.Equal((LabourContracts.Name, AgencyReason.Timeout), (answer.Agency, answer.Reason));
        Assert.True(answer.RetryAt > sandbox.Clock.Now());
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(4), "The stand-in takes eight seconds; the client must not.");
    }

    [Fact]
    public async Task An_outage_for_one_person_says_when_to_ask_again()
    {
        await using var sandbox = await TestSandbox.StartAsync(Settings(("Traffic:Retries", "0")));
        var person = sandbox.People.At(7);
        var answer = Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await sandbox.Client<Traffic>().ViolationsAsync(person.Number));
        Assert.Equal(AgencyReason.Failing, answer.Reason);
        Assert.Equal(sandbox.Clock.Now() + Duration.FromSeconds(30), answer.RetryAt);
        Assert.IsType<AgencyAnswer<TrafficViolations>.Found>(await sandbox.Client<Traffic>().ViolationsAsync(sandbox.People.At(8).Number));
        sandbox.Knobs.Set(Traffic.Name, null, new Knob(Down: true, RetryAfterSeconds: 90));
        var all = Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await sandbox.Client<Traffic>().ViolationsAsync(sandbox.People.At(8).Number));
        Assert.Equal(sandbox.Clock.Now() + Duration.FromSeconds(90), all.RetryAt);
    }

    [Theory]
    [InlineData("birth.date")]
    [InlineData("names")]
    [InlineData("asOf")]
    [InlineData("$")]
    public async Task An_answer_that_breaks_the_contract_names_the_field(string field)
    {
        await using var sandbox = await TestSandbox.StartAsync();
        sandbox.Knobs.Set(AlienRegister.Name, null, new Knob(BreakField: field));
        var answer = Assert.IsType<AgencyAnswer<RegisteredPerson>.Broken>(await sandbox.Client<AlienRegister>().PersonAsync(sandbox.People.At(0).Number));
        Assert.Equal((AlienRegister.Name, field), (answer.Agency, answer.Field));
    }

    [Theory]
    [InlineData(Forgery.Unsigned, "missing")]
    [InlineData(Forgery.Body, "digest")]
    [InlineData(Forgery.Signature, "wrong")]
    [InlineData(Forgery.Key, "key")]
    [InlineData(Forgery.Earlier, "wrong")]
    public async Task An_answer_that_is_not_the_agencys_own_word_is_broken_and_kept(Forgery forgery, string fault)
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var number = sandbox.People.At(0).Number;
        Assert.IsType<AgencyAnswer<TrafficViolations>.Found>(await sandbox.Client<Traffic>().ViolationsAsync(number));
        sandbox.Knobs.Set(Traffic.Name, null, new Knob(Forge: forgery));
        var answer = Assert.IsType<AgencyAnswer<TrafficViolations>.Broken>(await sandbox.Client<Traffic>().ViolationsAsync(number));
        Assert.Equal((Traffic.Name, "signature", fault), (answer.Agency, answer.Field, answer.Breach));
        // Nor that somebody has no licence.
        sandbox.Knobs.Set(Traffic.Name, null, new Knob(Forge: forgery == Forgery.Earlier ? Forgery.Unsigned : forgery));
        Assert.IsType<AgencyAnswer<DrivingLicence>.Broken>(await sandbox.Client<Traffic>().LicenceAsync("2999999994"));
        Assert.Equal([ExchangeRecord.Answered, $"signature.{fault}"], sandbox.Kept.Take(2).Select(k => k.Outcome));
        Assert.All(sandbox.Kept, k => Assert.Equal(("decide_application", ExchangeDirection.Out), (k.Purpose, k.Direction)));
    }

    [Fact]
    public async Task What_nobody_allowed_is_not_asked()
    {
        await using var agency = await StubAgency.StartAsync(_ => (200, Good));
        using var nobody = Provider(agency.Clock, desk: new ExchangeDesk(AgencyCaller.NewSigner(), () => new PolicySnapshot(1, [new(ExchangeRight.OurCalls, null, null, """[{"agency": "Traffic", "operation": "licence", "purpose": "x"}]""", "decided", "test", null)]), agency.Clock, _ => { }),
            ("Agencies:Sandbox", agency.Url));
        Assert.Equal(AgencyReason.NotAllowed, Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await nobody.GetRequiredService<Traffic>().ViolationsAsync("2000000006")).Reason);
        Assert.Empty(agency.Seen);
    }

    [Fact]
    public void Without_the_agencys_key_it_is_not_connected() =>
        Assert.Contains("Keys is missing", Assert.Throws<InvalidOperationException>(() => Provider(new TestClock(), ("Agencies:Traffic:Url", "https://traffic.example/"), ("Agencies:Traffic:Keys", ""))).Message);

    [Fact]
    public void One_key_is_one_agencys() =>
        Assert.Contains("another agency's", Assert.Throws<InvalidOperationException>(() => Provider(new TestClock(), ("Agencies:Traffic:Keys", AgencyCaller.Settings["Agencies:Justice:Keys"]!))).Message);

    [Fact]
    public async Task While_an_agency_changes_its_key_both_are_believed()
    {
        await using var agency = await StubAgency.StartAsync(_ => (200, Good), Settings(("Traffic:Keys", Both(AgencyCaller.NewSigner(), AgencyCaller.At(new("http://x/traffic/"))))));
        Assert.IsType<AgencyAnswer<TrafficViolations>.Found>(await agency.Traffic.ViolationsAsync("2000000006"));
        await using var former = await StubAgency.StartAsync(_ => (200, Good), Settings(("Traffic:Keys", Both(AgencyCaller.NewSigner(), AgencyCaller.NewSigner()))));
        Assert.Equal("key", Assert.IsType<AgencyAnswer<TrafficViolations>.Broken>(await former.Traffic.ViolationsAsync("2000000006")).Breach);

        static string Both(MessageSigner one, MessageSigner other) => PublicKeyText.SetOf([one.Key, other.Key]);
    }

    [Fact]
    public async Task An_agency_that_fails_too_often_is_left_alone_for_a_while_and_then_asked_again()
    {
        await using var sandbox = await TestSandbox.StartAsync(Settings(("Traffic:Retries", "0"), ("Traffic:FailureCalls", "4"), ("Traffic:Rest", "00:00:20")));
        var traffic = sandbox.Client<Traffic>();
        var number = sandbox.People.At(0).Number;
        sandbox.Knobs.Set(Traffic.Name, null, new Knob(Down: true));
        for (var n = 0; n < 4; n++)
        {
            Assert.Equal(AgencyReason.Failing, Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await traffic.ViolationsAsync(number)).Reason);
        }
        var resting = Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await traffic.ViolationsAsync(number));
        Assert.Equal(AgencyReason.Resting, resting.Reason);
        Assert.Equal(sandbox.Clock.Now() + Duration.FromSeconds(20), resting.RetryAt);
        Assert.True(sandbox.Client<AgencyLines>().Standings().Single(line => line.Agency == Traffic.Name).Resting);

        // It works again, but is not asked before its rest is over.
        sandbox.Knobs.Set(Traffic.Name, null, null);
        Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await traffic.ViolationsAsync(number));
        sandbox.Advance(TimeSpan.FromSeconds(21));
        Assert.IsType<AgencyAnswer<TrafficViolations>.Found>(await traffic.ViolationsAsync(number));
        Assert.False(sandbox.Client<AgencyLines>().Standings().Single(line => line.Agency == Traffic.Name).Resting);
    }

    [Fact]
    public async Task Broken_answers_count_as_failures_of_the_agency()
    {
        await using var agency = await StubAgency.StartAsync(_ => (200, """{"source":"traffic"}"""), Settings(("Traffic:FailureCalls", "3")));
        for (var n = 0; n < 3; n++)
        {
            Assert.Equal("asOf", Assert.IsType<AgencyAnswer<TrafficViolations>.Broken>(await agency.Traffic.ViolationsAsync("2000000006")).Field);
        }
        Assert.Equal(AgencyReason.Resting, Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await agency.Traffic.ViolationsAsync("2000000006")).Reason);
    }

    [Fact]
    public async Task A_question_is_asked_again_with_the_same_request_id_until_it_is_answered()
    {
        await using var agency = await StubAgency.StartAsync(n => n < 3 ? (500, "") : (200, Good), Settings(("Traffic:RetryDelay", "00:00:00.001")));
        Assert.IsType<AgencyAnswer<TrafficViolations>.Found>(await agency.Traffic.ViolationsAsync("2000000006"));
        Assert.Equal(3, agency.Seen.Count);
        Assert.Single(agency.Seen.Select(seen => seen.RequestId).Distinct());
        Assert.All(agency.Seen, seen => Assert.Equal("muqeem", seen.Consumer));
        Assert.All(agency.Seen, seen => Assert.NotEmpty(seen.Correlation));
    }

    [Fact]
    public async Task A_notice_is_never_sent_again_by_the_client()
    {
        await using var agency = await StubAgency.StartAsync(_ => (503, ""), Settings(("HealthInsurance:RetryDelay", "00:00:00.001")));
        Assert.IsType<AgencyAnswer<NoticeReceipt>.Unavailable>(await agency.Client<HealthInsurance>().TellEndAsync("2000000006", new(2026, 1, 1), agency.NewId()));
        Assert.Single(agency.Seen);
    }

    [Fact]
    public async Task An_agency_that_asks_to_slow_down_is_not_asked_again_at_once()
    {
        await using var agency = await StubAgency.StartAsync(_ => (429, ""), Settings(("Traffic:RetryDelay", "00:00:00.001")), retryAfter: "120");
        var answer = Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await agency.Traffic.ViolationsAsync("2000000006"));
        Assert.Equal((AgencyReason.Throttled, agency.Clock.Now() + Duration.FromMinutes(2)), (answer.Reason, answer.RetryAt));
        Assert.Single(agency.Seen);
    }

    [Theory]
    [InlineData(302)]
    [InlineData(400)]
    [InlineData(403)]
    public async Task An_answer_that_the_contract_does_not_know_is_the_agencys_fault(int status)
    {
        await using var agency = await StubAgency.StartAsync(_ => (status, ""));
        var answer = Assert.IsType<AgencyAnswer<TrafficViolations>.Broken>(await agency.Traffic.ViolationsAsync("2000000006"));
        Assert.Equal(("status", status.ToString()), (answer.Field, answer.Breach));
    }

    [Fact]
    public async Task A_record_from_the_future_is_broken_because_it_would_never_become_stale()
    {
        await using var agency = await StubAgency.StartAsync(_ => (200, Good.Replace("2026-03-15", "2031-03-15")));
        Assert.Equal("asOf", Assert.IsType<AgencyAnswer<TrafficViolations>.Broken>(await agency.Traffic.ViolationsAsync("2000000006")).Field);
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_off()
    {
        var flood = Good[..^2] + "],\"more\":\"" + new string('x', 5 * 1024 * 1024) + "\"}";
        await using var agency = await StubAgency.StartAsync(_ => (200, flood), Settings(("Traffic:Retries", "0"), ("Traffic:Attempt", "00:00:20"), ("Traffic:Limit", "00:00:20")));
        Assert.Equal(AgencyReason.Unreachable, Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await agency.Traffic.ViolationsAsync("2000000006")).Reason);
    }

    [Fact]
    public async Task More_questions_than_there_are_places_for_are_turned_away_at_once()
    {
        var release = new TaskCompletionSource();
        var arrived = new TaskCompletionSource();
        await using var agency = await StubAgency.StartAsync(_ => (200, Good), Settings(("Traffic:Concurrent", "1"), ("Traffic:Waiting", "0"), ("Traffic:Attempt", "00:00:20"), ("Traffic:Limit", "00:00:20")), before: async () =>
        {
            arrived.TrySetResult();
            await release.Task;
        });
        var first = agency.Traffic.ViolationsAsync("2000000006");
        await arrived.Task;
        Assert.Equal(AgencyReason.Crowded, Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await agency.Traffic.ViolationsAsync("2000000014")).Reason);
        release.SetResult();
        Assert.IsType<AgencyAnswer<TrafficViolations>.Found>(await first);
    }

    [Fact]
    public async Task Who_no_longer_wants_the_answer_gets_a_cancellation_not_an_outage()
    {
        var arrived = new TaskCompletionSource();
        using var cancel = new CancellationTokenSource();
        await using var agency = await StubAgency.StartAsync(_ => (200, Good), Settings(("Traffic:Attempt", "00:00:20"), ("Traffic:Limit", "00:00:20")), before: async () =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancel.Token);
        });
        var asked = agency.Traffic.ViolationsAsync("2000000006", cancel.Token);
        await arrived.Task;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Fact]
    public async Task Nobody_there_is_unreachable_and_nothing_configured_says_so()
    {
        var clock = new TestClock();
        using var nobody = Provider(clock, ("Agencies:Traffic:Url", "http://127.0.0.1:1/"), ("Agencies:Traffic:Retries", "0"));
        Assert.Equal(AgencyReason.Unreachable, Assert.IsType<AgencyAnswer<TrafficViolations>.Unavailable>(await nobody.GetRequiredService<Traffic>().ViolationsAsync("2000000006")).Reason);
        Assert.Equal(AgencyReason.NotConfigured, Assert.IsType<AgencyAnswer<FitnessTest>.Unavailable>(await nobody.GetRequiredService<MedicalFitness>().TestAsync("BGD", "A01234567")).Reason);
        Assert.False(nobody.GetRequiredService<AgencyLines>().Standings().Single(line => line.Agency == MedicalFitness.Name).Configured);
    }

    [Theory]
    [InlineData("Agencies:Traffic:Url", "http://traffic.example/", "https")]
    [InlineData("Agencies:Traffic:Url", "ftp://traffic.example/", "http(s)")]
    [InlineData("Agencies:Traffic:Limit", "00:00:01", "within Limit")]
    public void An_unsafe_or_senseless_configuration_is_refused_with_a_sentence(string key, string value, string word) =>
        Assert.Contains(word, Assert.Throws<InvalidOperationException>(() => Provider(new TestClock(), (key, value))).Message);

    [Fact]
    public async Task No_log_line_holds_a_persons_number()
    {
        await using var sandbox = await TestSandbox.StartAsync(Settings(("Traffic:Retries", "0")));
        var number = sandbox.People.At(7).Number;
        await sandbox.Client<Traffic>().ViolationsAsync(number);
        await sandbox.Client<AlienRegister>().PersonAsync(number);
        Assert.Contains(sandbox.Log.Lines, line => line.Contains(AgencyReason.Failing));
        Assert.DoesNotContain(sandbox.Log.Lines, line => line.Contains(number));
    }

    internal static IReadOnlyDictionary<string, string?> Settings(params (string Key, string Value)[] settings) =>
        settings.ToDictionary(setting => "Agencies:" + setting.Key, setting => (string?)setting.Value, StringComparer.Ordinal);

    private static ServiceProvider Provider(TestClock clock, params (string Key, string Value)[] settings) => Provider(clock, AgencyCaller.Desk(AgencyCaller.NewSigner(), clock), settings);

    private static ServiceProvider Provider(TestClock clock, ExchangeDesk desk, params (string Key, string Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton(desk);
        services.AddLogging();
        services.AddAgencies(new ConfigurationBuilder().AddInMemoryCollection(AgencyCaller.Settings).AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value)).Build());
        return services.BuildServiceProvider();
    }

    /// <summary>An agency that answers what the test says, and remembers who asked.</summary>
    private sealed class StubAgency : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly ServiceProvider _clients;

        private StubAgency(WebApplication app, ServiceProvider clients, TestClock clock, string url) => (_app, _clients, Clock, Url) = (app, clients, clock, url);

        public TestClock Clock { get; }

        public string Url { get; }

        public ConcurrentQueue<(string RequestId, string Consumer, string Correlation)> Seen { get; } = new();

        public Traffic Traffic => Client<Traffic>();

        public T Client<T>() where T : notnull => _clients.GetRequiredService<T>();

        public Guid NewId() => Guid.CreateVersion7(Clock.GetUtcNow());

        public static async Task<StubAgency> StartAsync(Func<int, (int Status, string Body)> answer, IReadOnlyDictionary<string, string?>? settings = null, string? retryAfter = null, Func<Task>? before = null)
        {
            var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
            builder.Logging.ClearProviders();
            var app = builder.Build();
            StubAgency? self = null;
            app.Run(async context =>
            {
                self!.Seen.Enqueue((context.Request.Headers["X-Request-Id"]!, context.Request.Headers["X-Consumer"]!, context.Request.Headers["X-Correlation-Id"]!));
                if (before is not null)
                {
                    await before();
                }
                var (status, body) = answer(self.Seen.Count);
                context.Response.StatusCode = status;
                context.Response.ContentType = "application/json";
                if (retryAfter is not null)
                {
                    context.Response.Headers.RetryAfter = retryAfter;
                }
                context.Response.Headers[Exchange.RequestIdHeader] = context.Request.Headers[Exchange.RequestIdHeader];
                Exchange.Sign(context.Response, SignedMessage.Of(context.Request), Encoding.UTF8.GetBytes(body), AgencyCaller.At(new Uri(context.Request.GetEncodedUrl())), self.Clock.Now());
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
            });
            await app.StartAsync();
            var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            var clock = new TestClock();
            return self = new(app, Provider(clock, [("Agencies:Sandbox", url), .. (settings ?? new Dictionary<string, string?>(StringComparer.Ordinal)).Select(setting => (setting.Key, setting.Value!))]), clock, url);
        }

        public async ValueTask DisposeAsync()
        {
            await _clients.DisposeAsync();
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }
}

public class WireTests
{
    private const string Person = """
        {"source":"r","asOf":"2026-03-15T09:00:00Z","id":"3123456789","idType":"BORDER","borderNumber":"3123456789","names":{"ar":["سوهارتيني"],"en":["SUHARTINI"],"fullAr":"سوهارتيني","fullEn":"SUHARTINI"},"sex":"F",
        "birth":{"date":"1994-06-11","precision":"DAY"},"nationality":"IDN","maritalStatus":"SINGLE","alive":true,"location":"INSIDE","biometrics":{"fingerprint":true,"face":true},"flags":["WANTED","EXITED_NO_RETURN"]}
        """;

    [Fact]
    public void A_good_answer_is_read()
    {
        var (value, field, _) = Read(Person);
        Assert.Null(field);
        Assert.Equal([RegisterFlag.Wanted, RegisterFlag.ExitedNoReturn], value!.Flags);
        Assert.Equal(["SUHARTINI"], value.Names.En);
        Assert.Null(value.ResidentNumber);
    }

    [Theory]
    [InlineData("\"source\":\"r\",", "", "source")]
    [InlineData("\"source\":\"r\"", "\"source\":\"\"", "source")]
    [InlineData("\"alive\":true,", "", "alive")]
    [InlineData("\"alive\":true", "\"alive\":null", "alive")]
    [InlineData("\"alive\":true", "\"alive\":\"true\"", "alive")]
    [InlineData("\"alive\":true", "\"alive\":1", "alive")]
    [InlineData("\"precision\":\"DAY\"", "\"other\":1", "birth.precision")]
    [InlineData("\"precision\":\"DAY\"", "\"precision\":\"WEEK\"", "birth.precision")]
    [InlineData("\"precision\":\"DAY\"", "\"precision\":0", "birth.precision")]
    [InlineData("1994-06-11", "1994-02-30", "birth.date")]
    [InlineData("1994-06-11", "11/06/1994", "birth.date")]
    [InlineData("1994-06-11", "0994-06-11", "birth.date")]
    [InlineData("\"precision\":\"DAY\"", "\"precision\":\"YEAR\"", "birth.date")]
    [InlineData("2026-03-15T09:00:00Z", "2026-03-15T09:00:00", "asOf")]
    [InlineData("\"flags\":[\"WANTED\"", "\"flags\":[\"HUNTED\"", "flags[0]")]
    [InlineData("\"en\":[\"SUHARTINI\"]", "\"en\":[null]", "names.en[0]")]
    [InlineData("\"en\":[\"SUHARTINI\"]", "\"en\":[\"A\",\"B\",\"C\",\"D\",\"E\"]", "names.en")]
    [InlineData("\"fullEn\":\"SUHARTINI\"", "\"fullEn\":\"\"", "names.fullEn")]
    [InlineData("\"id\":\"3123456789\"", "\"id\":\"312345678\"", "id")]
    [InlineData("\"id\":\"3123456789\"", "\"id\":\"3999999999\"", "id")]
    [InlineData("\"borderNumber\":\"3123456789\"", "\"borderNumber\":\"٣١٢٣٤٥٦٧٨٩\"", "borderNumber")]
    [InlineData("\"sex\":\"F\"", "\"sex\":\"X\"", "sex")]
    [InlineData("\"nationality\":\"IDN\"", "\"nationality\":\"idn\"", "nationality")]
    [InlineData("\"sex\":\"F\"", "\"sex\":\"F\",\"sex\":\"M\"", "sex")]
    public void A_breach_is_named_by_its_field(string good, string bad, string expected)
    {
        Assert.Contains(good, Person);
        var (value, field, _) = Read(Person.Replace(good, bad));
        Assert.Null(value);
        Assert.Equal(expected, field);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("{\"source\":")]
    public void What_is_no_object_is_broken_as_a_whole(string body) => Assert.Equal("$", Read(body).Field);

    [Fact]
    public void Cover_must_span_the_term_on_both_ends()
    {
        var policy = new HealthPolicy("s", Instant.MinValue, "2000000006", true, "i", "1", "C", new(2026, 1, 10), new(2027, 1, 10), []);
        Assert.True(policy.Covers(new(2026, 1, 10), new(2027, 1, 10)));
        Assert.False(policy.Covers(new(2026, 1, 9), new(2027, 1, 10)));
        Assert.False(policy.Covers(new(2026, 1, 10), new(2027, 1, 11)));
        Assert.False((policy with { Insured = false }).Covers(new(2026, 2, 1), new(2026, 3, 1)));
    }

    private static (RegisteredPerson? Value, string? Field, string Breach) Read(string body) => Wire.Read<RegisteredPerson>(Encoding.UTF8.GetBytes(body));
}
