using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.StandIns;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Sandbox.Desks;

public class DesksTests
{
    [Fact]
    public async Task Paying_a_bill_at_the_bank_tells_muqeem_with_a_signature_it_believes()
    {
        await using var muqeem = await Receiver.StartAsync();
        await using var sandbox = await muqeem.SandboxAsync();
        var bill = ContractTests.Found(await sandbox.Client<PaymentGateway>().CreateBillAsync(Order("case-1", 65_000), sandbox.NewId()));
        Assert.Equal((BillState.Open, 65_000L), (bill.State, bill.AmountHalalas));
        using var http = sandbox.Http;
        using (var paid = await http.PostAsync($"/bank/bills/{bill.BillNumber}/pay", null))
        {
            paid.EnsureSuccessStatusCode();
        }
        await sandbox.Calls.SendDueAsync(default);
        var payment = Assert.Single(muqeem.Payments).Payment;
        Assert.Equal((bill.BillNumber, "case-1", "2000000006", 65_000L, PaymentChannel.Sadad), (payment.BillNumber, payment.Reference, payment.Payer, payment.AmountHalalas, payment.Channel));
        Assert.Equal(BillState.Paid, ContractTests.Found(await sandbox.Client<PaymentGateway>().BillAsync(bill.BillNumber)).State);
        var day = ContractTests.Found(await sandbox.Client<PaymentGateway>().PaymentsAsync(sandbox.Clock.Today()));
        Assert.Equal((65_000L, payment), (day.TotalHalalas, Assert.Single(day.Payments)));
    }

    [Fact]
    public async Task Parts_too_much_twice_quietly_and_forged_are_all_possible()
    {
        await using var muqeem = await Receiver.StartAsync();
        await using var sandbox = await muqeem.SandboxAsync();
        var gateway = sandbox.Client<PaymentGateway>();
        var bill = ContractTests.Found(await gateway.CreateBillAsync(Order("case-2", 10_000), sandbox.NewId()));
        using var http = sandbox.Http;
        async Task PayAsync(object order) => (await http.PostAsJsonAsync($"/bank/bills/{bill.BillNumber}/pay", order)).EnsureSuccessStatusCode();

        await PayAsync(new { amountHalalas = 4_000 });
        Assert.Equal((BillState.PartlyPaid, 4_000L), ContractTests.Found(await gateway.BillAsync(bill.BillNumber)) is var part ? (part.State, part.PaidHalalas) : default);
        await PayAsync(new { amountHalalas = 9_000, channel = "MADA", twice = true });
        Assert.Equal((BillState.Paid, 13_000L), ContractTests.Found(await gateway.BillAsync(bill.BillNumber)) is var over ? (over.State, over.PaidHalalas) : default);
        await PayAsync(new { amountHalalas = 1_000, quiet = true });
        await PayAsync(new { amountHalalas = 5_000, forged = true });
        await sandbox.Calls.SendDueAsync(default);

        // 4,000 once, 9,000 twice under one id; nothing of the quiet one; the forged one is refused and no money moved.
        Assert.Equal([4_000L, 9_000L, 9_000L], muqeem.Payments.Select(call => call.Payment.AmountHalalas));
        Assert.Equal(2, muqeem.Payments.Select(call => call.Id).Distinct().Count());
        Assert.Equal([CallGate.UnknownKey], muqeem.Refused);
        Assert.Equal(14_000, ContractTests.Found(await gateway.PaymentsAsync(sandbox.Clock.Today())).TotalHalalas);
        using var bad = await http.PostAsJsonAsync($"/bank/bills/{bill.BillNumber}/pay", new { amountHalalas = -5 });
        Assert.Equal(422, (int)bad.StatusCode);
        using var none = await http.PostAsync("/bank/bills/9999999999/pay", null);
        Assert.Equal(404, (int)none.StatusCode);
    }

    [Fact]
    public async Task A_payment_can_be_told_before_the_bill_is_answered()
    {
        await using var muqeem = await Receiver.StartAsync();
        await using var sandbox = await muqeem.SandboxAsync();
        sandbox.Knobs.Set(PaymentGateway.Name, null, new Knob(CallEarly: true));
        var asked = sandbox.Client<PaymentGateway>().CreateBillAsync(Order("case-3", 500), sandbox.NewId());
        muqeem.OnPayment = () => Assert.False(asked.IsCompleted, "The call comes first.");
        ContractTests.Found(await asked);
        Assert.Equal("case-3", Assert.Single(muqeem.Payments).Payment.Reference);
    }

    [Fact]
    public async Task The_same_bill_reference_is_one_bill_and_a_paid_bill_cannot_be_withdrawn()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var gateway = sandbox.Client<PaymentGateway>();
        var first = ContractTests.Found(await gateway.CreateBillAsync(Order("case-4", 500), sandbox.NewId()));
        Assert.Equal(first.BillNumber, ContractTests.Found(await gateway.CreateBillAsync(Order("case-4", 500), sandbox.NewId())).BillNumber);
        Assert.Equal(BillState.Cancelled, ContractTests.Found(await gateway.CancelBillAsync(first.BillNumber, sandbox.NewId())).State);
        var second = ContractTests.Found(await gateway.CreateBillAsync(Order("case-5", 500), sandbox.NewId()));
        sandbox.Inside<Bank>().Pay(second.BillNumber, new(null));
        Assert.Equal(BillState.Paid, ContractTests.Found(await gateway.CancelBillAsync(second.BillNumber, sandbox.NewId())).State);
        Assert.IsType<AgencyAnswer<Bill>.NotFound>(await gateway.BillAsync("9900000099"));
        var third = ContractTests.Found(await gateway.CreateBillAsync(Order("case-6", 500), sandbox.NewId()));
        sandbox.Advance(TimeSpan.FromDays(40));
        Assert.Equal(BillState.Expired, ContractTests.Found(await gateway.BillAsync(third.BillNumber)).State);
    }

    [Fact]
    public async Task A_prepaid_balance_is_taken_from_once_and_never_below_zero()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var gateway = sandbox.Client<PaymentGateway>();
        sandbox.Inside<Bank>().Deposit(new("2000000006", PaymentPurpose.Residence, 1_000));
        Assert.Equal(new Money(1_000), ContractTests.Found(await gateway.BalancesAsync("2000000006")).Of(PaymentPurpose.Residence));
        var take = new PrepaidTake("take-1", "2000000006", PaymentPurpose.Residence, 700);
        var taken = ContractTests.Found(await gateway.TakeAsync(take, sandbox.NewId()));
        Assert.Equal((PrepaidTakeState.Taken, 300L), (taken.State, taken.BalanceHalalas));
        Assert.Equal(taken.PaymentId, ContractTests.Found(await gateway.TakeAsync(take, sandbox.NewId())).PaymentId);
        Assert.Equal((PrepaidTakeState.Insufficient, 300L), ContractTests.Found(await gateway.TakeAsync(take with { Reference = "take-2" }, sandbox.NewId())) is var more ? (more.State, more.BalanceHalalas) : default);
        Assert.Equal(new Money(300), ContractTests.Found(await gateway.BalancesAsync("2000000006")).Of(PaymentPurpose.Residence));
    }

    [Fact]
    public async Task More_than_was_paid_is_never_refunded()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var gateway = sandbox.Client<PaymentGateway>();
        var payment = sandbox.Inside<Bank>().Deposit(new("2000000006", PaymentPurpose.Residence, 1_000));
        RefundOrder Refund(string reference, long amount) => new(reference, "2000000006", PaymentPurpose.Residence, payment.PaymentId, amount, null);
        Assert.Equal(RefundState.Paid, ContractTests.Found(await gateway.RefundAsync(Refund("r1", 600), sandbox.NewId())).State);
        Assert.Equal(RefundState.Paid, ContractTests.Found(await gateway.RefundAsync(Refund("r1", 600), sandbox.NewId())).State);
        Assert.Equal(RefundState.Declined, ContractTests.Found(await gateway.RefundAsync(Refund("r2", 600), sandbox.NewId())).State);
        Assert.Equal(RefundState.Paid, ContractTests.Found(await gateway.RefundAsync(Refund("r3", 400), sandbox.NewId())).State);
        Assert.Equal(RefundState.Declined, ContractTests.Found(await gateway.RefundAsync(Refund("r4", 1) with { Payer = "2000000014" }, sandbox.NewId())).State);
    }

    [Fact]
    public async Task A_call_that_is_not_accepted_is_made_again_later_with_a_fresh_time()
    {
        await using var muqeem = await Receiver.StartAsync();
        await using var sandbox = await muqeem.SandboxAsync();
        muqeem.Status = 503;
        sandbox.Inside<Bank>().Deposit(new("2000000006", PaymentPurpose.Fines, 100));
        await sandbox.Calls.SendDueAsync(default);
        Assert.Equal(("WAITING", "503"), sandbox.Calls.Newest(1).Single() is var waiting ? (waiting.State, waiting.Answer) : default);
        muqeem.Status = 200;
        await sandbox.Calls.SendDueAsync(default);
        Assert.Empty(muqeem.Payments);

        // Ten minutes later the first signature would be too old.
        sandbox.Advance(TimeSpan.FromMinutes(10));
        muqeem.Clock.Advance(TimeSpan.FromMinutes(10));
        await sandbox.Calls.SendDueAsync(default);
        Assert.Single(muqeem.Payments);
        Assert.Equal("ACCEPTED", sandbox.Calls.Newest(1).Single().State);
    }

    [Fact]
    public async Task Crossing_the_border_is_in_the_register_at_once_and_muqeem_is_told()
    {
        await using var muqeem = await Receiver.StartAsync();
        await using var sandbox = await muqeem.SandboxAsync();
        var resident = sandbox.People.At(27);
        using var http = sandbox.Http;
        using (var left = await http.PostAsJsonAsync("/border/crossings", new { number = resident.Number, direction = "OUT", port = "Al Batha", visaNumber = "4000000009" }))
        {
            left.EnsureSuccessStatusCode();
        }
        await sandbox.Calls.SendDueAsync(default);
        var crossing = Assert.Single(muqeem.Crossings).Event;
        Assert.Equal((resident.Number, MovementDirection.Out, "Al Batha", "4000000009", resident.Passports[0].Number), (crossing.PersonNumber, crossing.Direction, crossing.Port, crossing.VisaNumber, crossing.PassportNumber));
        Assert.Equal(Whereabouts.Outside, ContractTests.Found(await sandbox.Client<AlienRegister>().PersonAsync(resident.Number)).Location);
        Assert.Equal("Al Batha", ContractTests.Found(await sandbox.Client<AlienRegister>().MovementsAsync(resident.Number)).Movements[0].Port);
        using var nobody = await http.PostAsJsonAsync("/border/crossings", new { number = "2999999994", direction = "OUT" });
        Assert.Equal(404, (int)nobody.StatusCode);
    }

    [Fact]
    public async Task Health_cover_that_is_bought_shows_after_the_insurers_delay()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var uninsured = sandbox.People.At(23);
        var insurance = sandbox.Client<HealthInsurance>();
        Assert.False(ContractTests.Found(await insurance.PolicyAsync(uninsured.Number)).Insured);
        await ActAsync(sandbox, 23, "insure");
        sandbox.Advance(TimeSpan.FromMinutes(Knobs.InsuranceLagMinutes - 1));
        Assert.False(ContractTests.Found(await insurance.PolicyAsync(uninsured.Number)).Insured);
        sandbox.Advance(TimeSpan.FromMinutes(1));
        var found = Assert.IsType<AgencyAnswer<HealthPolicy>.Found>(await insurance.PolicyAsync(uninsured.Number));
        Assert.True(found.Value.Covers(new(2026, 3, 16), new(2027, 3, 16)));
        Assert.True(found.ValidUntil > sandbox.Clock.Now(), "What the register says now can be relied on for a while, although it lags.");
    }

    [Fact]
    public async Task What_people_do_elsewhere_changes_the_registers()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var register = sandbox.Client<AlienRegister>();
        await ActAsync(sandbox, 4, "pay-fines");
        Assert.Empty(ContractTests.Found(await sandbox.Client<Traffic>().ViolationsAsync(sandbox.People.At(4).Number)).Unpaid);
        await ActAsync(sandbox, 4, "fine");
        Assert.Single(ContractTests.Found(await sandbox.Client<Traffic>().ViolationsAsync(sandbox.People.At(4).Number)).Unpaid);
        await ActAsync(sandbox, 5, "mobile");
        Assert.Equal(sandbox.People.MobileOf(5), ContractTests.Found(await register.PersonAsync(sandbox.People.At(5).Number)).Mobile);
        await ActAsync(sandbox, 22, "enrol");
        Assert.True(ContractTests.Found(await register.PersonAsync(sandbox.People.At(22).Number)) is { Biometrics.Fingerprint: true, PhotoRef: not null });
        await ActAsync(sandbox, 16, "lift");
        Assert.Empty(ContractTests.Found(await sandbox.Client<Justice>().SuspensionsAsync(sandbox.People.At(16).Number)).InForce(sandbox.Clock.Today()));
        await ActAsync(sandbox, 3, "clear");
        Assert.Empty(ContractTests.Found(await register.PersonAsync(sandbox.People.At(3).Number)).Flags);
        await ActAsync(sandbox, 29, "sell");
        Assert.Empty(ContractTests.Found(await sandbox.Client<Traffic>().VehiclesAsync(sandbox.People.At(29).Number)).Vehicles);
        await ActAsync(sandbox, 2, "test");
        var passport = sandbox.People.At(2).Passports[0];
        Assert.True(ContractTests.Found(await sandbox.Client<MedicalFitness>().TestAsync(passport.Issuer, passport.Number)).Fit);
        await ActAsync(sandbox, 19, "passport");
        var passports = ContractTests.Found(await register.PassportsAsync(sandbox.People.At(19).Number));
        Assert.Equal(PassportStatus.Valid, passports.Current!.Status);
        Assert.NotEqual(sandbox.People.At(19).Passports[0].Number, passports.Current.Number);
        Assert.Equal(sandbox.People.At(19).Number, ContractTests.Found(await register.PersonByPassportAsync("EGY", passports.Current.Number)).Id);
        using var http = sandbox.Http;
        using var unknown = await http.PostAsync("/people/3/acts/fly", null);
        Assert.Equal(404, (int)unknown.StatusCode);
    }

    [Fact]
    public async Task The_clock_can_be_moved_and_time_goes_by_in_the_registers()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        using var http = sandbox.Http;
        (await http.PostAsJsonAsync("/clock", new { now = "2027-01-02T03:04:05Z" })).EnsureSuccessStatusCode();
        Assert.Equal(Instant.FromUtc(2027, 1, 2, 3, 4, 5), sandbox.Inside<SandboxClock>().Now());
        Assert.Equal(ResidenceStatus.Expired, sandbox.World.At(27)!.Residence!.Status);
        using var bad = await http.PostAsJsonAsync("/clock", new { now = "tomorrow" });
        Assert.Equal(422, (int)bad.StatusCode);
    }

    [Fact]
    public async Task The_stand_ins_follow_muqeems_clock_by_themselves()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var resident = sandbox.People.At(27);
        sandbox.ClientClock.Advance(TimeSpan.FromDays(30));
        var answer = Assert.IsType<AgencyAnswer<RegisteredPerson>.Found>(await sandbox.Client<AlienRegister>().PersonAsync(resident.Number));
        Assert.Equal(sandbox.ClientClock.Now(), answer.AsOf);
        Assert.Equal(ResidenceStatus.Expired, answer.Value.Residence!.Status);
        Assert.Equal(TimeSpan.FromDays(30), sandbox.Inside<SandboxClock>().Offset);
    }

    [Fact]
    public async Task A_restart_loses_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("muqeem-sandbox-");
        try
        {
            string billNumber;
            await using (var before = await TestSandbox.StartAsync(data: folder.FullName))
            {
                billNumber = ContractTests.Found(await before.Client<PaymentGateway>().CreateBillAsync(Order("case-7", 500), before.NewId())).BillNumber;
                before.Inside<Bank>().Pay(billNumber, new(200));
                await ActAsync(before, 4, "pay-fines");
                before.Knobs.Set(Traffic.Name, 12, new Knob(Down: true));
                before.World.MoveClock(before.Clock.GetUtcNow().AddDays(3));
            }
            await using var after = await TestSandbox.StartAsync(data: folder.FullName, options: ["--seed", "another"]);
            Assert.Equal("muqeem", after.People.Seed);
            Assert.Equal(TimeSpan.FromDays(3), after.Inside<SandboxClock>().Offset);
            Assert.Equal(200, ContractTests.Found(await after.Client<PaymentGateway>().BillAsync(billNumber)).PaidHalalas);
            Assert.DoesNotContain(after.World.At(4)!.Violations, violation => violation.Status == ViolationStatus.Unpaid);
            Assert.True(after.Knobs.Of(Traffic.Name, after.People.At(12)).Down);
            Assert.Equal("WAITING", after.Calls.Newest(1).Single().State);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task People_are_listed_by_what_they_are()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        using var http = sandbox.Http;
        async Task<JsonElement[]> ListAsync(string query)
        {
            using var document = JsonDocument.Parse(await http.GetStringAsync("/people?" + query));
            return [.. document.RootElement.GetProperty("people").EnumerateArray().Select(person => person.Clone())];
        }
        var women = await ListAsync("from=100&count=7&filter=newcomer+household+woman+IDN");
        Assert.Equal(7, women.Length);
        Assert.All(women, person => Assert.Equal(("IDN", "F", "HOUSEHOLD"), (person.GetProperty("nationality").GetString(), person.GetProperty("sex").GetString(), person.GetProperty("category").GetString())));
        Assert.All(women, person => Assert.False(person.GetProperty("inHand").TryGetProperty("residentNumber", out _)));
        Assert.All(await ListAsync("from=100&count=5&filter=OldPassportNumber"), person => Assert.Equal("OLD_PASSPORT_NUMBER", person.GetProperty("inHand").GetProperty("discrepancy").GetString()));
        Assert.Equal(32, (await ListAsync("count=100&filter=story")).Length);
        Assert.Equal(500, (await ListAsync("count=9999")).Length);
        Assert.Empty(await ListAsync("from=4999999&filter=nobody"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/people?count=3")]
    [InlineData("/people/8")]
    [InlineData("/people/9")]
    [InlineData("/inbox")]
    [InlineData("/bank")]
    [InlineData("/border")]
    [InlineData("/notices")]
    [InlineData("/calls")]
    [InlineData("/knobs")]
    [InlineData("/contests")]
    public async Task Every_page_says_that_it_is_a_stand_in_and_runs_no_script(string path)
    {
        await using var sandbox = await TestSandbox.StartAsync();
        using var http = sandbox.Http;
        http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using var answer = await http.GetAsync(path);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Contains("Nobody in it exists", page);
        Assert.Contains("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
        Assert.DoesNotContain("<script", page);
    }

    [Fact]
    public async Task Knobs_are_turned_by_form_and_by_program()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        using var http = sandbox.Http;
        (await http.PostAsJsonAsync("/knobs", new { agency = Traffic.Name, person = 3, knob = new { latencyMs = 5, down = true } })).EnsureSuccessStatusCode();
        Assert.True(sandbox.Knobs.Of(Traffic.Name, sandbox.People.At(3)) is { Down: true, LatencyMs: 5 });
        Assert.False(sandbox.Knobs.Of(Traffic.Name, sandbox.People.At(2)).Down);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["agency"] = Justice.Name, ["person"] = "", ["errorShare"] = "0.25", ["breakField"] = "asOf" });
        using var page = await http.PostAsync("/knobs", form);
        Assert.True(sandbox.Knobs.Of(Justice.Name) is { ErrorShare: 0.25, BreakField: "asOf" });
        (await http.PostAsJsonAsync("/knobs", new { agency = Traffic.Name, person = 3 })).EnsureSuccessStatusCode();
        Assert.Equal(Knob.None, sandbox.Knobs.Of(Traffic.Name, sandbox.People.At(3)));
        using var nobody = await http.PostAsJsonAsync("/knobs", new { agency = "Weather" });
        Assert.Equal(422, (int)nobody.StatusCode);
        Assert.Equal(25, Enumerable.Range(0, 100).Count(_ => sandbox.Knobs.Fails(0.25)));
    }

    [Fact]
    public async Task A_contest_is_answered_at_the_desk_or_at_once_and_corrected_the_record_says_so()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var (contests, courts) = (sandbox.Client<RecordContests>(), sandbox.Client<Justice>());
        var number = sandbox.World.At(31)!.Number;
        ContestOrder Order(string reference, string about) => new(reference, number, about, null, null, null, "The order was lifted.", [new("image/png", "AAAA")], sandbox.Clock.Now());
        async Task<bool> SuspendedAsync() => ContractTests.Found(await courts.SuspensionsAsync(number)).InForce(sandbox.Clock.Today()).Any();
        Assert.Equal(ContestState.Open, ContractTests.Found(await contests.SendAsync(Justice.Name, Order("c-1", "finding:check.suspended"), sandbox.NewId())).State);
        // The same again is the same contest, and no other agency knows it.
        Assert.Equal(ContestState.Open, ContractTests.Found(await contests.SendAsync(Justice.Name, Order("c-1", "finding:check.suspended"), sandbox.NewId())).State);
        Assert.IsType<AgencyAnswer<ContestStanding>.NotFound>(await contests.StandingAsync(Traffic.Name, "c-1"));
        Assert.IsType<AgencyAnswer<ContestStanding>.Broken>(await contests.SendAsync(Justice.Name, Order("c.2", "finding:check.suspended"), sandbox.NewId()));
        using var http = sandbox.Http;
        async Task<int> AnswerAsync(object answer)
        {
            using var answered = await http.PostAsJsonAsync("/contests/answers", answer);
            return (int)answered.StatusCode;
        }
        Assert.Equal(404, await AnswerAsync(new { reference = "c-9", corrected = true }));
        Assert.Equal(200, await AnswerAsync(new { reference = "c-1", corrected = true, forged = true }));
        Assert.True(await SuspendedAsync() && ContractTests.Found(await contests.StandingAsync(Justice.Name, "c-1")).State == ContestState.Open);
        Assert.Equal(200, await AnswerAsync(new { reference = "c-1", corrected = false, reason = "In force.", quiet = true }));
        Assert.Equal((ContestState.Upheld, "In force."), ContractTests.Found(await contests.StandingAsync(Justice.Name, "c-1")) is var upheld ? (upheld.State, upheld.Reason) : default);
        Assert.Equal(200, await AnswerAsync(new { reference = "c-1", corrected = true, twice = true }));
        Assert.False(await SuspendedAsync());
        Assert.Equal(["contests/justice", "contests/justice", "contests/justice"], sandbox.Calls.Newest(10).Select(c => c.Topic));

        sandbox.Knobs.Set(HealthInsurance.Name, 31, new Knob(Contests: ContestState.Corrected));
        Assert.Equal(ContestState.Corrected, ContractTests.Found(await contests.SendAsync(HealthInsurance.Name, Order("c-3", "finding:check.not_insured"), sandbox.NewId())).State);
        Assert.True(ContractTests.Found(await sandbox.Client<HealthInsurance>().PolicyAsync(number)).Insured);
    }

    private static async Task ActAsync(TestSandbox sandbox, int index, string act)
    {
        using var http = sandbox.Http;
        using var answer = await http.PostAsync($"/people/{index}/acts/{act}", null);
        answer.EnsureSuccessStatusCode();
    }

    private static BillOrder Order(string reference, long amount) => new(reference, "2000000006", PaymentPurpose.Residence, amount, new(2026, 4, 15));

    /// <summary>Muqeem's side: takes calls and believes only signed ones.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private CallGate _gate = null!;
        private string _url = "";

        private Receiver(WebApplication app) => _app = app;

        public TestClock Clock { get; } = new();
        public int Status { get; set; } = 200;
        public Action? OnPayment { get; set; }
        public ConcurrentQueue<(Guid Id, PaymentReceived Payment)> Payments { get; } = new();
        public ConcurrentQueue<(Guid Id, BorderEvent Event)> Crossings { get; } = new();
        public ConcurrentQueue<string> Refused { get; } = new();

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var self = new Receiver(app);
            app.MapPost("/payments", async (HttpContext context) =>
            {
                self.OnPayment?.Invoke();
                return self.Take(context, PaymentWebhook.Operation, await BodyAsync(context), b => PaymentWebhook.Read(b), self.Payments);
            });
            app.MapPost("/border", async (HttpContext context) => self.Take(context, BorderWebhook.Operation, await BodyAsync(context), b => BorderWebhook.Read(b), self.Crossings));
            await app.StartAsync();
            self._url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            return self;
        }

        public async Task<TestSandbox> SandboxAsync()
        {
            var sandbox = await TestSandbox.StartAsync(options: ["--Webhooks:payments:Url", _url + "/payments", "--Webhooks:border:Url", _url + "/border"]);
            var settings = sandbox.Inside<StandInKeys>().Settings().ToDictionary(s => s.Key, s => (string?)s.Value);
            _gate = new(AgencyKeys.From(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()), AgencyCaller.Desk(TestSandbox.Signer, Clock), new([new Uri(_url).Authority]), Clock);
            return sandbox;
        }

        public async ValueTask DisposeAsync()
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        private IResult Take<T>(HttpContext context, string operation, byte[] body, Func<byte[], Result<T>> read, ConcurrentQueue<(Guid, T)> queue) where T : notnull
        {
            if (Status != 200)
            {
                return Results.StatusCode(Status);
            }
            if (!_gate.Admit(context.Request, body, operation).TryGet(out var call, out var refusal) || !read(body).TryGet(out var value, out refusal))
            {
                Refused.Enqueue(refusal.Code);
                return Results.Unauthorized();
            }
            queue.Enqueue((call.RequestId, value));
            return Results.Ok();
        }

        private static async Task<byte[]> BodyAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            return body.ToArray();
        }
    }
}
