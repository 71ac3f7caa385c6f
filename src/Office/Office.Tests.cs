using System.Net;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.SignIn.Factors;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Office;

/// <summary>The office with two officers, a supervisor and an auditor at their desks.</summary>
public abstract class OfficeWorld(DatabaseKind kind) : SeededWorld(kind)
{
    internal Browser First { get; private set; } = null!;
    internal Browser Second { get; private set; } = null!;
    internal Browser Auditor { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        First = await SignInAsync("officer.one");
        Second = await SignInAsync("officer.two");
        Auditor = await SignInAsync("auditor");
    }

    private Task<Browser> SignInAsync(string colleague) => SignInAsync(World, colleague, "queue");

    /// <param name="page">Of the office: where to go.</param>
    internal static async Task<Browser> SignInAsync(WholeWorld world, string colleague, string page)
    {
        var browser = new Browser(world, "en");
        var (name, password, secret) = world.Colleague(colleague);
        await browser.OpenAsync("office/" + page);
        Assert.Equal("/en/office/sign-in?returnTo=%2Fen%2Foffice%2F" + page, browser.Path);
        await browser.PressAsync(null, ("name", name), ("password", password));
        // A code is taken once, and this step's was the seeding's: the app's next is taken too.
        foreach (var later in new[] { 0, 1 })
        {
            if (browser.Path != "/en/office/" + page)
            {
                await browser.PressAsync(null, ("code", Totp.Code(secret, Totp.StepAt(world.Clock.Now()) + later)));
            }
        }
        Assert.Equal("/en/office/" + page, browser.Path);
        return browser;
    }
}

public sealed class OfficeOnSqlite() : OfficeWorld(DatabaseKind.Sqlite);

public sealed class OfficeOnPostgreSql() : OfficeWorld(DatabaseKind.PostgreSql);

public sealed class OfficePagesOnSqliteTests(OfficeOnSqlite world) : OfficePagesTests(world), IClassFixture<OfficeOnSqlite>;

public sealed class OfficePagesOnPostgreSqlTests(OfficeOnPostgreSql world) : OfficePagesTests(world), IClassFixture<OfficeOnPostgreSql>;

/// <summary>The officers' pages without script, over HTTP.</summary>
public abstract class OfficePagesTests(OfficeWorld shared)
{
    private readonly WholeWorld _world = shared.World;
    private readonly Browser _first = shared.First;
    private readonly Browser _second = shared.Second;
    private Browser Auditor => shared.Auditor;
    private readonly Language _words = shared.World.Get<TextCatalogue>().In("en");

    private async Task<(AccountId Account, CaseId Case, string Page)> WaitingAsync()
    {
        var (account, id, _) = await _world.ApplyAsync(await _world.NewcomerAsync());
        return (account, id, $"/en/office/cases/{id}");
    }

    private static async Task IsAsync(HttpStatusCode status, Browser browser, string path)
    {
        await browser.OpenAsync(path);
        Assert.True(browser.Status == status, $"{path}: {browser.Status}");
        Assert.DoesNotContain("⟦", browser.Html);
    }

    /// <summary>As the engine reads it: a commit can be seen in the database a moment before this node has forgotten what it knew.</summary>
    private async Task<string> StateAsync(CaseId id) => (await _world.Get<Db>().FirstOfAsync<Cases.CaseHead>(Cases.CaseTables.Case, id.Value, Cases.CaseHead.SelectById, new { id = id.Value }))!.State;

    private async Task TakeAsync(Browser officer, string page)
    {
        await officer.OpenAsync(page);
        await officer.PressInAsync("take", null);
        Assert.Equal((HttpStatusCode.OK, page), (officer.Status, officer.Path));
        Assert.Contains($"href=\"{page}/approve\"", officer.Html);
    }

    /// <summary>Reason, letter, preview, sending.</summary>
    private static async Task LetterAsync(Browser officer, string page, string act, string reason, params (string Name, string Value)[] more)
    {
        await officer.OpenAsync($"{page}/{act}");
        await officer.PressAsync(null, [("reason", reason), .. more]);
        Assert.True(officer.Value("text") is { Length: > 20 }, officer.Html);
        await officer.PressAsync("step=preview", ("text", "Please look at this once more."));
        Assert.True(officer.Shows("Please look at this once more."));
        await officer.PressAsync("step=send");
        Assert.Equal((HttpStatusCode.OK, page), (officer.Status, officer.Path));
    }

    private async Task SentAsync(CaseId id, string state)
    {
        await _world.MoveClockAsync(Duration.FromSeconds(61));
        await WholeWorld.UntilAsync(async () => await StateAsync(id) == state ? "" : null, $"the decision was sent: {state}");
    }

    [Fact]
    public async Task The_password_alone_opens_nothing()
    {
        using var browser = new Browser(_world, "en");
        var (name, password, _) = _world.Colleague("supervisor");
        await browser.OpenAsync("office/sign-in");
        await browser.PressAsync(null, ("name", name), ("password", "not the password"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        Assert.True(browser.Shows(_words.Refusal(new Refusal(SignIn.SignIns.FailedCode))));
        await browser.PressAsync(null, ("name", name), ("password", password));
        Assert.Equal(HttpStatusCode.OK, browser.Status);
        await browser.PressAsync(null, ("code", "000000"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        await browser.OpenAsync("office");
        Assert.StartsWith("/en/office/sign-in", browser.Path);
    }

    [Theory, InlineData("ar"), InlineData("en")]
    public void A_refusal_for_conditions_says_which_and_no_other_letter_does(string language)
    {
        var words = _world.Get<TextCatalogue>().In(language);
        Finding Found(string code, FindingKind kind) => new("CHK", new Refusal(code), kind, "source", default);
        var findings = new[] { Found("check.medical_unfit", FindingKind.Review), Found("check.flagged", FindingKind.Review), Found("check.travel_ban", FindingKind.Fixable) };
        string Letter(string reason, params Finding[] against) => Reasons.Letter(words, reason, "ABCD2345", "the service", [], against);

        var letter = Letter("refuse.conditions_not_met", findings);
        Assert.Contains(words.Bare("condition.check.medical_unfit"), letter, StringComparison.Ordinal);
        Assert.Contains(words.Bare("refusal.check.travel_ban"), letter, StringComparison.Ordinal);
        // That an officer must look is no condition, and why the record is marked is not for a letter.
        Assert.DoesNotContain(words.Bare("refusal.check.flagged"), letter, StringComparison.Ordinal);
        Assert.Equal(Letter("refuse.conditions_not_met"), Letter("refuse.conditions_not_met", findings[1]));
        Assert.DoesNotContain(words.Bare("refusal.check.travel_ban"), Letter("refuse.no_answer_given", findings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_difference_with_an_agency_is_read_with_both_sides_and_settled_once()
    {
        var person = await _world.KnowAsync(await _world.NewcomerAsync());
        var records = _world.Get<Registry.Reconciliations>();
        var change = new Change(new Act(ActId.New(_world.Clock), "test.difference", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("difference"), _world.Clock.Now()));
        await records.PutAsync(change, null, Agencies.LabourContracts.Name, "employer", person, "", Registry.DifferenceStates.Open, Guid.CreateVersion7(), new("7001112223 P030", "7009998887 P030"));
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
        var page = $"/en/office/differences/{Registry.Difference.IdOf(Agencies.LabourContracts.Name, "employer", person, "")}";

        await IsAsync(HttpStatusCode.OK, _first, "/en/office/differences");
        Assert.Contains(page, _first.Html);
        Assert.True(_first.Shows(_words.Bare("difference.employer")));
        await IsAsync(HttpStatusCode.OK, _second, page);
        await IsAsync(HttpStatusCode.OK, Auditor, page);
        Assert.True(Auditor.Shows("7001112223 P030") && Auditor.Shows("7009998887 P030"));
        Assert.DoesNotContain("id=\"settle\"", Auditor.Html);
        await IsAsync(HttpStatusCode.OK, _first, page);
        await _first.PressInAsync("settle", null);
        Assert.Equal((HttpStatusCode.OK, "/en/office/differences"), (_first.Status, _first.Path));
        Assert.DoesNotContain(page, _first.Html);
        await _second.PressInAsync("settle", null);
        Assert.Equal(HttpStatusCode.Conflict, _second.Status);
        Assert.True(_second.Shows(_words.Refusal(new Refusal(Registry.Reconciliations.SettledAlready))));
    }

    [Fact]
    public async Task The_oldest_case_is_taken_held_against_others_and_given_back()
    {
        var (_, id, page) = await WaitingAsync();
        await TakeAsync(_first, page);
        await IsAsync(HttpStatusCode.OK, _second, page);
        Assert.DoesNotContain("id=\"take\"", _second.Html);
        Assert.DoesNotContain(page + "/approve\"", _second.Html);
        // The page of the decision still opens, and the decision is not taken.
        await IsAsync(HttpStatusCode.OK, _second, page + "/approve");
        await _second.PressAsync(null, ("reason", "approve.explained"));
        Assert.Equal(HttpStatusCode.Conflict, _second.Status);
        Assert.Equal(_words.Text("office.not_now.title"), _second.Heading);
        Assert.Equal(CaseStates.UnderReview, await StateAsync(id));

        await IsAsync(HttpStatusCode.OK, _first, "office/queue?mine=1");
        Assert.Contains(page, _first.Html);
        await _first.OpenAsync(page);
        await _first.PressInAsync("release", null);
        Assert.StartsWith("/en/office/queue", _first.Path);
        await IsAsync(HttpStatusCode.OK, _first, "office/queue?mine=1");
        Assert.DoesNotContain(page, _first.Html);

        await IsAsync(HttpStatusCode.OK, _second, "office/queue?service=issue");
        await _second.PressInAsync("next", null);
        Assert.Matches("^/en/office/cases/[0-9a-f-]{36}$", _second.Path);
        await _second.PressInAsync("release", null);
    }

    [Fact]
    public async Task What_differs_stands_side_by_side_and_is_marked()
    {
        var (_, _, page) = await WaitingAsync();
        await IsAsync(HttpStatusCode.OK, _first, page);
        var all = Rows(_first.Html);
        Assert.Contains("<mark>", _first.Html);
        Assert.True(_first.Shows(_words.Text("office.read_recorded")));
        Assert.Equal("no-store", _first.CacheControl);
        await IsAsync(HttpStatusCode.OK, _first, page + "?only=differences");
        Assert.InRange(Rows(_first.Html), 1, all - 1);
        Assert.DoesNotContain("class=\"tag good\"", Table(_first.Html));

        static string Table(string html) => html[html.IndexOf("<table class=\"compare\"", StringComparison.Ordinal)..html.IndexOf("</table>", html.IndexOf("<table class=\"compare\"", StringComparison.Ordinal), StringComparison.Ordinal)];
        static int Rows(string html) => Table(html).Split("<th scope=\"row\"").Length - 1;
    }

    [Fact]
    public async Task Approved_it_goes_on_to_the_bill_at_once()
    {
        var (_, id, page) = await WaitingAsync();
        await TakeAsync(_first, page);
        await IsAsync(HttpStatusCode.OK, _first, page + "/approve");
        await _first.PressAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, _first.Status);
        await _first.PressAsync(null, ("reason", "approve.same_person_other_spelling"));
        Assert.Equal((HttpStatusCode.OK, page + "?done=approved"), (_first.Status, _first.Path));
        Assert.Equal(CaseStates.AwaitingPayment, await StateAsync(id));
        await _first.SendAgainAsync();
        Assert.Equal((HttpStatusCode.OK, page + "?done=approved"), (_first.Status, _first.Path));
        // Whoever decided may read on; the colleague has no reason to any more, the auditor may.
        await IsAsync(HttpStatusCode.Forbidden, _second, page);
        await IsAsync(HttpStatusCode.OK, shared.Auditor, page);
        Assert.DoesNotContain("id=\"take\"", shared.Auditor.Html);
    }

    [Fact]
    public async Task A_question_can_be_taken_back_and_is_then_sent_after_its_time()
    {
        var (_, id, page) = await WaitingAsync();
        await TakeAsync(_first, page);
        await _first.OpenAsync(page + "/ask");
        await _first.PressAsync(null, ("reason", "ask.explain"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, _first.Status);
        await LetterAsync(_first, page, "ask", "ask.differs_from_record", ("items", "nameArabic"));
        await _first.PressInAsync("undo", null);
        Assert.Equal((HttpStatusCode.OK, page + "?done=undone", CaseStates.UnderReview), (_first.Status, _first.Path, await StateAsync(id)));
        await TakeAgainAsync(page);
        await LetterAsync(_first, page, "ask", "ask.differs_from_record", ("items", "nameArabic"));
        await SentAsync(id, CaseStates.NeedsInformation);
    }

    /// <summary>Undone it may still be held.</summary>
    private async Task TakeAgainAsync(string page)
    {
        await _first.OpenAsync(page);
        if (_first.Html.Contains("id=\"take\"", StringComparison.Ordinal))
        {
            await _first.PressInAsync("take", null);
        }
    }

    [Fact]
    public async Task An_objection_is_decided_by_another_officer_and_the_first_is_refused()
    {
        var (account, id, page) = await WaitingAsync();
        await TakeAsync(_first, page);
        await LetterAsync(_first, page, "refuse", "refuse.identity_not_shown");
        await SentAsync(id, CaseStates.Refused);
        var objected = await ReadDoor.RunAsync(() => _world.Engine.ObjectAsync(new(Actor.Resident(account), Guid.CreateVersion7(), Digest.Of("object")), account, id, "It is my name all the same."));
        Assert.IsType<Cases.CaseOutcome.Done>(objected);

        var why = _words.Refusal(new Refusal(Cases.CaseRefusals.DecidedBefore));
        await IsAsync(HttpStatusCode.OK, _first, page);
        Assert.True(_first.Shows(why), _first.Html);
        Assert.DoesNotContain("id=\"take\"", _first.Html);
        await IsAsync(HttpStatusCode.OK, _first, page + "/approve");
        await _first.PressAsync(null, ("reason", "approve.explained"));
        Assert.Equal(HttpStatusCode.Conflict, _first.Status);
        Assert.True(_first.Shows(why), _first.Html);
        Assert.Equal(CaseStates.Objection, await StateAsync(id));

        await TakeAsync(_second, page);
        Assert.True(_second.Shows("It is my name all the same."));
        await _second.OpenAsync(page + "/approve");
        await _second.PressAsync(null, ("reason", "approve.objection_upheld"));
        Assert.Equal((HttpStatusCode.OK, CaseStates.AwaitingPayment), (_second.Status, await StateAsync(id)));
    }

    [Fact]
    public async Task Every_read_is_recorded_and_the_resident_sees_it_and_has_no_way_into_the_office()
    {
        using var resident = new Browser(_world, "en");
        var hand = await resident.OpenAccountAsync(_world);
        var (_, id, _) = await _world.ApplyAsync(hand);
        var person = (await _world.Get<Registry.Persons>().FindAsync(Registry.IdentifierKinds.Border, hand.BorderNumber))!.Value;
        async Task<int> ReadsAsync() => (await _world.Get<AccessLog>().ForPersonAsync(person)).Lines.Count(l => l.Purpose == Purpose.DecideCase && l.Reader.Kind == Actor.Officer(default).Kind);
        await resident.OpenAsync("accesses");
        var purpose = _words.Text("sys.purpose.decide_case");
        Assert.False(resident.Shows(purpose), resident.Html);
        var before = await ReadsAsync();
        await IsAsync(HttpStatusCode.OK, _first, $"office/cases/{id}");
        Assert.Equal(before + 1, await ReadsAsync());
        await IsAsync(HttpStatusCode.OK, shared.Auditor, $"office/cases/{id}");
        await IsAsync(HttpStatusCode.OK, _first, $"office/cases/{id}/approve");
        Assert.True(await ReadsAsync() >= before + 2);
        await resident.OpenAsync("accesses");
        Assert.True(resident.Shows(purpose), resident.Html);

        var after = await ReadsAsync();
        foreach (var path in new[] { "office", "office/queue", $"office/cases/{id}", $"office/cases/{id}/approve", $"office/cases/{id}/portrait", "office/accounts", "office/colleagues", "office/work", "office/policies" })
        {
            await resident.OpenAsync(path);
            Assert.True(resident.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden, $"{path}: {resident.Status} {resident.Path}");
            Assert.DoesNotContain(hand.Mrz[..20], resident.Html);
        }
        Assert.Equal(after, await ReadsAsync());
    }

    [Fact]
    public async Task The_first_page_counts_what_waits_by_age_and_what_was_decided_by_day()
    {
        var figures = _world.Get<Figures>();
        var (waiting, decided) = (await figures.AgesAsync(), await figures.DecisionsAsync(7));
        await WaitingAsync();
        var (_, _, page) = await WaitingAsync();
        Assert.Equal(waiting[0].Count + 2, (await figures.AgesAsync())[0].Count);
        await TakeAsync(_second, page);
        await _second.OpenAsync(page + "/approve");
        await _second.PressAsync(null, ("reason", "approve.records_agree"));
        Assert.Equal(waiting[0].Count + 1, (await figures.AgesAsync())[0].Count);
        var now = await figures.DecisionsAsync(7);
        Assert.Equal(decided[^1] with { Approved = decided[^1].Approved + 1 }, now[^1]);
        Assert.Equal(7, now.Count);
        foreach (var colleague in new[] { _first, shared.Auditor })
        {
            await IsAsync(HttpStatusCode.OK, colleague, "office");
            Assert.True(colleague.Shows(_words.Text("office.chart.age")) && colleague.Shows(_words.Text("office.chart.decisions")), colleague.Html);
        }
    }

    [Fact]
    public async Task Each_role_opens_its_own_pages_and_no_others()
    {
        foreach (var path in new[] { "office", "office/queue", "office/bills", "office/agencies", "office/policies", "office/work" })
        {
            await IsAsync(HttpStatusCode.OK, shared.Auditor, path);
            await IsAsync(HttpStatusCode.OK, _first, path);
        }
        foreach (var path in new[] { "office/colleagues", "office/verifiers", "office/clock" })
        {
            await shared.Auditor.OpenAsync(path);
            Assert.True(shared.Auditor.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden, $"{path}: {shared.Auditor.Status}");
            await _first.OpenAsync(path);
            Assert.True(_first.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden, $"{path}: {_first.Status}");
        }
        var (_, id, page) = await WaitingAsync();
        await shared.Auditor.OpenAsync(page + "/approve");
        Assert.True(shared.Auditor.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden, $"{shared.Auditor.Status}");
        Assert.Equal(CaseStates.UnderReview, await StateAsync(id));
    }

    /// <summary>A gateway that gives no list: the page of the books says since when, what is missing and who acts.</summary>
    private async Task SilentAsync(LocalDate day)
    {
        var silent = new Payments.GatewayCalls
        {
            CreateBill = (_, _) => Task.FromResult<Payments.GatewayAnswer>(new Payments.GatewayAnswer.Later("-")),
            CancelBill = (_, _) => Task.FromResult<Payments.GatewayAnswer>(new Payments.GatewayAnswer.Later("-")),
            Refund = (_, _, _, _) => Task.FromResult<Payments.GatewayAnswer>(new Payments.GatewayAnswer.Later("-")),
            PaymentsOf = (_, _) => Task.FromResult<IReadOnlyList<Payments.PaymentNotice>?>(null),
        };
        var (writer, clock) = (_world.Get<IWriter>(), _world.Clock);
        var desk = new Payments.GatewayDesk(_world.Get<Payments.Bills>(), _world.Get<Payments.Ledger>(), _world.Get<Payments.PaymentsInbox>(), _world.Get<Payments.Refunds>(), _world.Get<ReadDoor>(), writer, silent, (_, _) => Task.CompletedTask, clock);
        var answer = Assert.IsType<Payments.ClosingAnswer.GatewaySilent>(await new Payments.Closings(_world.Get<Db>(), desk, writer, clock).CloseAsync(day));
        await shared.Auditor.OpenAsync("office/books");
        foreach (var words in new[] { _words.Text("office.books.open.title", ("day", day)), _words.DateAndTime(answer.Since), _words.Text("office.books.open.who"), _words.Text("office.books.open.then") })
        {
            Assert.True(shared.Auditor.Shows(words), words + "\n" + shared.Auditor.Html);
        }
        Assert.DoesNotContain("⟦", shared.Auditor.Html);
    }

    [Fact]
    public async Task Auditors_read_the_closed_books_with_what_does_not_agree_and_officers_do_not()
    {
        // Money of yesterday, of which the gateway knows nothing.
        var clock = new TestClock();
        clock.Set(_world.Clock.GetUtcNow().AddDays(-1));
        var change = new Change(new Act(ActId.New(clock), "test.pay", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("pay"), clock.Now()));
        new Payments.Bills(clock).Receive(change, new Payments.PaymentNotice("P-YESTERDAY", "87654321", null, Money.Riyals(42), clock.Now(), "SADAD"), null);
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
        await SilentAsync(clock.Today());
        Assert.IsType<Payments.ClosingAnswer.Done>(await _world.Get<Payments.Closings>().CloseAsync(clock.Today()));

        var day = "office/books/" + NodaTime.Text.LocalDatePattern.Iso.Format(clock.Today());
        await shared.Auditor.OpenAsync("office/books");
        Assert.True(shared.Auditor.Html.Contains(day, StringComparison.Ordinal), shared.Auditor.Html);
        await shared.Auditor.OpenAsync(day);
        Assert.Equal(HttpStatusCode.OK, shared.Auditor.Status);
        Assert.Contains("P-YESTERDAY", shared.Auditor.Html, StringComparison.Ordinal);
        Assert.Contains("Booked, and not in the list", shared.Auditor.Html, StringComparison.Ordinal);
        foreach (var path in new[] { "office/books/2020-01-01", "office/books/yesterday" })
        {
            await shared.Auditor.OpenAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, shared.Auditor.Status);
        }
        await _first.OpenAsync("office/books");
        Assert.True(_first.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden, $"{_first.Status}");
    }

    /// <summary>A bill of 500 riyals of somebody whose case waits.</summary>
    private async Task<Payments.Bill> BilledAsync(string number)
    {
        var (_, id, _) = await WaitingAsync();
        var clock = _world.Clock;
        var person = new PersonId(await _world.Get<Db>().SingleAsync<Guid>("SELECT person_id FROM case_head WHERE id = @id", new { id = id.Value }));
        var change = new Change(new Act(ActId.New(clock), "test.bill", Actor.System("test"), Guid.CreateVersion7(), Digest.Of(number), clock.Now()));
        var bills = _world.Get<Payments.Bills>();
        var bill = bills.Number(change, bills.Issue(change, id, Payments.Payer.Person(person), "residence", Payments.World.Price(500), clock.Today().PlusDays(30)), number);
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
        return bill;
    }

    private Task<Payments.Bill> BillAsync(Payments.Bill bill, Func<Payments.Bill, bool> now) =>
        WholeWorld.UntilAsync(async () => await _world.Get<Payments.Ledger>().BillAsync(bill.Id) is { } found && now(found) ? found : null, "the bill changes");

    [Fact]
    public async Task One_officer_proposes_to_write_off_another_confirms_and_nobody_does_both()
    {
        var bill = await BilledAsync("66600001");
        await IsAsync(HttpStatusCode.OK, _first, "office/bills");
        await _first.PressInAsync("find", null, ("number", "66600009"));
        Assert.True(_first.Status == HttpStatusCode.UnprocessableEntity && _first.Shows(_words.Text("office.error.no_bill")), _first.Html);
        await _first.PressInAsync("find", null, ("number", "٦٦٦٠٠٠٠١"));
        var page = $"/en/office/bills/{bill.Id}";
        Assert.Equal((HttpStatusCode.OK, page), (_first.Status, _first.Path));

        await _first.PressInAsync("propose", null, ("code", "ERV_SINGLE"), ("amount", "500.01"), ("reason", "write_off.remitted"), ("words", "By order 12."));
        Assert.True(_first.Status == HttpStatusCode.UnprocessableEntity && _first.Shows("Of this fee SAR 500.00 is owed"), _first.Html);
        await _first.PressInAsync("propose", null, ("code", "ERV_SINGLE"), ("amount", "1"), ("reason", "write_off.left"), ("words", "Left."));
        Assert.True(_first.Status == HttpStatusCode.UnprocessableEntity && _first.Shows("for fines only"), _first.Html);
        await _first.PressInAsync("propose", null, ("code", "ERV_SINGLE"), ("amount", "200"), ("reason", "write_off.remitted"), ("words", "By order 12."));
        Assert.Equal((HttpStatusCode.OK, page + "?done=proposed"), (_first.Status, _first.Path));
        Assert.DoesNotContain("id=\"confirm\"", _first.Html, StringComparison.Ordinal);
        var (action, fields) = _first.Drawn("withdraw");
        Assert.Equal([HttpStatusCode.Conflict], await _first.PostAtOnceAsync(action, [.. fields.Where(f => f.Key != "decision"), KeyValuePair.Create("decision", "confirm")], 1));
        Assert.Equal(Money.Zero, (await _world.Get<Payments.Ledger>().BillAsync(bill.Id))!.WrittenOff);

        await IsAsync(HttpStatusCode.OK, shared.Auditor, page);
        Assert.True(shared.Auditor.Shows("By order 12."), shared.Auditor.Html);
        Assert.DoesNotContain("<form method=\"post\" action=\"/en/office/bills", shared.Auditor.Html, StringComparison.Ordinal);
        await IsAsync(HttpStatusCode.OK, _second, "office/bills");
        Assert.Contains(page, _second.Html, StringComparison.Ordinal);
        await IsAsync(HttpStatusCode.OK, _second, page);
        await _second.PressInAsync("confirm", "decision=confirm");
        Assert.Equal((HttpStatusCode.OK, page + "?done=confirmed"), (_second.Status, _second.Path));
        await _second.SendAgainAsync();
        Assert.Equal(Money.Riyals(300), (await BillAsync(bill, b => b.WrittenOff > Money.Zero)).Due);
        Assert.Contains((await _world.Get<AccessLog>().ForPersonAsync(new PersonId(bill.Payer.Id))).Lines, l => l is { Where: "office.bill", Purpose: Purpose.Payment });
        var told = await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM notice WHERE kind = 'bill_written_off' AND case_id = @id", new { id = bill.Case.Value });
        Assert.Equal(1, told);
        Assert.Empty(await _world.Get<Payments.Ledger>().AuditAsync());
    }

    [Fact]
    public async Task By_program_two_officers_give_back_a_part_of_what_was_paid()
    {
        var bill = await BilledAsync("66600002");
        using var one = new Host.Api.ApiCaller(_world);
        using var other = new Host.Api.ApiCaller(_world);
        await one.SignInAsync("officer.one");
        await other.SignInAsync("officer.two");
        var proposal = new { act = "give_back", code = "ERV_SINGLE", reason = "give_back.not_carried_out", words = "One of the two trips could not be granted.", amountHalalas = 12_345 };
        Assert.Equal([Payments.BillRefusals.NotSpent], (await one.PostAsync($"office/bills/{bill.Id}/proposals", proposal)).Refusals);
        await _world.Get<Payments.PaymentsInbox>().ReceiveAsync(new Payments.PaymentNotice("P-66600002", "66600002", null, Money.Riyals(500), _world.Clock.Now(), "SADAD"));
        var change = new Change(new Act(ActId.New(_world.Clock), "test.spend", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("spend"), _world.Clock.Now()));
        _world.Get<Payments.Bills>().Consume(change, await BillAsync(bill, b => b.State == Payments.BillState.Settled));
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
        await BillAsync(bill, b => b.State == Payments.BillState.Consumed);

        var found = await one.PostAsync("office/bills/find", new { number = "66600002" });
        Assert.Equal((bill.Id.Value, "give_back"), (found["id"].GetGuid(), found["may"].GetString()));
        var proposed = await one.PostAsync($"office/bills/{bill.Id}/proposals", proposal);
        Assert.True(proposed.Status == HttpStatusCode.Created, proposed.Text);
        var at = $"office/bill-proposals/{proposed["proposal"].GetGuid()}";
        Assert.Equal([Payments.BillRefusals.AnotherDecides], (await one.PostAsync(at + "/confirm")).Refusals);
        Assert.Single((await other.GetAsync("office/bill-proposals"))["proposals"].EnumerateArray(), p => p.GetProperty("bill").GetGuid() == bill.Id.Value);
        var confirmed = await other.PostAsync(at + "/confirm");
        Assert.True(confirmed.Status == HttpStatusCode.OK && confirmed["state"].GetString() == "confirmed", confirmed.Text);
        Assert.Equal(12_345, (await BillAsync(bill, b => b.GivenBack > Money.Zero)).GivenBack.Halalas);
        Assert.Equal(12_345, (await _world.Get<Payments.Ledger>().BalanceOfAsync(bill.Payer.Id)).Halalas);
        Assert.Equal([Payments.BillRefusals.MoreThanPaid], (await one.PostAsync($"office/bills/{bill.Id}/proposals", proposal with { amountHalalas = 37_656 })).Refusals);
    }
}
