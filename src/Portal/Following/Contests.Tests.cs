using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Host.Api;
using Muqeem.Kernel;
using Muqeem.Office;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Sandbox.State;
using Muqeem.Tests;

namespace Muqeem.Portal.Following;

/// <summary>What the insurers' register said is asked again at each look: a test does not wait an hour.</summary>
public abstract class ContestWorld(DatabaseKind kind) : OfficeWorld(kind)
{
    protected override IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Seed"] = "1", ["Agencies:HealthInsurance:Validity:policy"] = "00:00:00" };
}

public sealed class ContestOnSqlite() : ContestWorld(DatabaseKind.Sqlite);

public sealed class ContestOnPostgreSql() : ContestWorld(DatabaseKind.PostgreSql);

public sealed class ContestPagesOnSqliteTests(ContestOnSqlite world) : ContestPagesTests(world), IClassFixture<ContestOnSqlite>;

public sealed class ContestPagesOnPostgreSqlTests(ContestOnPostgreSql world) : ContestPagesTests(world), IClassFixture<ContestOnPostgreSql>;

/// <summary>Contesting a record by the pages without script and by program, over HTTP.</summary>
public abstract class ContestPagesTests(ContestWorld shared)
{
    private readonly WholeWorld _world = shared.World;
    private readonly Language _words = shared.World.Get<TextCatalogue>().In("en");

    [Fact]
    public async Task Three_problems_are_seen_at_once_two_are_mended_one_is_contested_and_the_case_goes_on_by_itself()
    {
        var hand = await _world.InHandAsync(31);
        _world.SandboxApp.Services.GetRequiredService<Knobs>().Set(HealthInsurance.Name, hand.Index, new Knob());
        using var browser = new Browser(_world, "en");
        await browser.OpenAccountAsync(_world, hand);
        using var program = new ApiCaller(_world);
        await program.SignInAsync(hand);
        var person = (await _world.Get<Registry.Persons>().FindAsync(Registry.IdentifierKinds.Border, hand.BorderNumber))!.Value;
        var at = "cases/" + (await program.PostAsync("cases", new { service = "issue" }))["id"].GetString();
        foreach (var (page, answers) in await _world.AnswersAsync(person, hand, Applications.AnotherName))
        {
            await program.PostAsync($"{at}/pages/{page}", new { answers });
        }
        Assert.Equal(CaseStates.NeedsAction, (await program.PostAsync(at + "/submit"))["state"].GetString());

        var application = "applications/" + at["cases/".Length..];
        await Whole(browser.OpenAsync(application));
        Assert.True(browser.Shows(_words.Refusal(new Refusal("check.suspended"))) && browser.Shows(_words.Refusal(new Refusal("check.not_insured"))) && browser.Shows(_words.Text("case.field.name_arabic")), browser.Html);
        Assert.Contains("contest?about=finding%3Acheck.suspended", browser.Html);
        Assert.Contains("contest?about=field%3Aname_arabic", browser.Html);
        Assert.Equal(["field:name_arabic", "finding:check.not_insured", "finding:check.suspended"],
            (await program.GetAsync(at))["contestable"].EnumerateArray().Select(a => a.GetString()).Order(StringComparer.Ordinal));

        // What is sent empty, too long, about nothing or with somebody else's paper.
        await Whole(browser.OpenAsync(application + "/contest?about=finding:check.outside"), HttpStatusCode.Conflict);
        await Whole(browser.OpenAsync(application + "/contest?about=finding:check.suspended"));
        await Whole(browser.PressAsync(null, ("words", "  ")), HttpStatusCode.UnprocessableEntity);
        Assert.Contains("href=\"#f-words\"", browser.Html);
        var stranger = await _world.KnowAsync(await _world.NewcomerAsync());
        foreach (var (body, status, code) in new (object, HttpStatusCode, string)[]
        {
            (new { about = "finding:check.suspended" }, HttpStatusCode.BadRequest, "malformed"),
            (new { about = "finding:check.outside", words = "x" }, HttpStatusCode.Conflict, "not_now"),
            (new { about = "finding:check.suspended", words = "" }, HttpStatusCode.BadRequest, "invalid"),
            (new { about = "finding:check.suspended", words = new string('x', 2001) }, HttpStatusCode.BadRequest, "invalid"),
            (new { about = "finding:check.suspended", words = "x", evidence = Guid.Parse(await _world.SendFileAsync(stranger, "evidence")) }, HttpStatusCode.BadRequest, "invalid"),
            (new { about = "finding:check.suspended", words = "x", evidence = Guid.Parse(await _world.SendFileAsync(person, "face_photo")) }, HttpStatusCode.BadRequest, "invalid"),
        })
        {
            var no = await program.PostAsync(at + "/contests", body);
            Assert.True(no.Status == status && no.Code == code, no.Text);
        }

        // With a paper that proves it; pressed twice it is contested once.
        await Whole(browser.OpenAsync(application + "/contest?about=finding:check.suspended"));
        var paper = await _world.Sandbox.GetByteArrayAsync($"people/{hand.Index}/portrait.png");
        await Whole(browser.UploadAsync([("evidence", "order.png", paper, "image/png")], ("words", "The court lifted the order.\nOrder 4400098765.")));
        Assert.True(browser.Shows(_words.Text("source.justice")), browser.Html);
        Assert.DoesNotContain("contest?about=finding%3Acheck.suspended", browser.Html);
        var again = await program.PostAsync(at + "/contests", new { about = "finding:check.suspended", words = "x" });
        Assert.True(again.Status == HttpStatusCode.Conflict && again.Refusals.Contains("case.contested_already"), again.Text);
        using (var others = new ApiCaller(_world) { Token = null })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await others.PostAsync(at + "/contests", new { about = "finding:check.suspended", words = "x" })).Status);
        }

        // The two others are mended; the rest is the courts' to answer.
        await _world.AtDeskAsync($"people/{hand.Index}/acts/insure");
        await program.PostAsync(at + "/pages/name", new { answers = new { nameArabic = hand.NameArabic } });
        Assert.Equal(CaseStates.NeedsAction, (await program.PostAsync(at + "/submit"))["state"].GetString());
        var waits = await program.GetAsync(at);
        Assert.Equal((Holders.Agency, 1), (waits["holder"].GetString(), waits["findings"].GetArrayLength()));
        await Whole(browser.OpenAsync(application));
        Assert.True(browser.Shows(_words.Text("portal.contest.with_agencies")), browser.Html);
        var order = await WholeWorld.UntilAsync(async () => await AtDeskAsync(waits["contests"][0].GetProperty("id").GetString()!) is { ValueKind: JsonValueKind.Object } o ? o.GetProperty("order").ToString() : null, "the courts have it");
        Assert.Contains("Order 4400098765", order);
        Assert.Contains("image/", order);
        // An answer may come before it is written down that the agency has it; this timeline has both.
        await WholeWorld.UntilAsync(async () => (await program.GetAsync(at))["contests"][0].GetProperty("state").GetString() == ContestStates.WithAgency ? "" : null, "the agency has it");

        await _world.AtDeskAsync("contests/answers", ("reference", waits["contests"][0].GetProperty("id").GetString()!), ("corrected", "true"), ("reason", "The order was lifted."), ("twice", "true"));
        // Payment is due, or the random sample drew it for an officer.
        var on = await WholeWorld.UntilAsync(async () => await program.GetAsync(at) is { } now && now["state"].GetString() != CaseStates.NeedsAction ? now : null, "the case goes on by itself");
        Assert.Contains(on["state"].GetString(), new[] { CaseStates.AwaitingPayment, CaseStates.UnderReview });
        Assert.Equal(("corrected", "The order was lifted.", 0), (on["contests"][0].GetProperty("state").GetString(), on["contests"][0].GetProperty("reason").GetString(), on["findings"].GetArrayLength()));
        Assert.Equal(["contest", "contest_taken", "contest_corrected"], on["timeline"].EnumerateArray().Select(e => e.GetProperty("act").GetString()!).Where(a => a.StartsWith("contest", StringComparison.Ordinal)));
        await Whole(browser.OpenAsync(application));
        Assert.True(browser.Shows("The order was lifted."), browser.Html);
        await Whole(browser.OpenAsync("inbox"));
        Assert.True(browser.Shows(_words.Text("notice.contest_corrected.title")), browser.Html);

        using var other = new Browser(_world, "en");
        await other.OpenAccountAsync(_world);
        await other.OpenAsync(application + "/contest?about=finding:check.suspended");
        Assert.Equal(HttpStatusCode.NotFound, other.Status);
    }

    [Fact]
    public async Task An_officer_sees_the_contest_beside_the_row_and_a_corrected_record_agrees_without_him()
    {
        var hand = await _world.NewcomerAsync();
        var (account, id, _) = await _world.ApplyAsync(hand);
        CaseOutcome Done(CaseOutcome outcome) => Assert.IsType<CaseOutcome.Done>(outcome);
        Done(await ReadDoor.RunAsync(() => _world.Engine.ContestAsync(new Operation(Actor.Resident(account), Guid.CreateVersion7(), Digest.Of("contest")), account, id, "field:name_arabic", "اسمي في جوازي كما كتبته.", null)));
        var office = $"/en/office/cases/{id}";
        await shared.First.OpenAsync(office);
        Assert.True(shared.First.Status == HttpStatusCode.OK && shared.First.Shows("اسمي في جوازي كما كتبته.") && shared.First.Shows(_words.Text("office.contest.title")), shared.First.Html);
        Assert.DoesNotContain("⟦", shared.First.Html);
        Task<TrackView?> TrackAsync() => ReadDoor.RunAsync(() => _world.Views.TrackAsync(Actor.Resident(account), account, id));
        var contest = (await TrackAsync())!.Contests[0];
        Assert.Equal((Applications.AnotherName, Sources.AlienRegister), (contest.Content.Typed, contest.Source));
        await WholeWorld.UntilAsync(async () => await AtDeskAsync(contest.Id.ToString()) is { ValueKind: JsonValueKind.Object } ? "" : null, "the register has it");

        await _world.AtDeskAsync("contests/answers", ("reference", contest.Id.ToString()), ("corrected", "true"));
        var on = await WholeWorld.UntilAsync(async () => await TrackAsync() is { } now && !now.Contests[0].IsOpen ? now : null, "the register answered");
        Assert.True(on.Comparisons.Single(c => c.Field == "name_arabic").Agrees);
        // Nothing differs any more: payment, unless the random sample drew it.
        Assert.Contains(on.Head.State, new[] { CaseStates.AwaitingPayment, CaseStates.UnderReview });
    }

    private async Task<JsonElement> AtDeskAsync(string reference)
    {
        using var desk = await shared.Residents.DeskAsync("contests");
        return desk.RootElement.EnumerateArray().FirstOrDefault(c => c.GetProperty("reference").GetString() == reference).Clone();
    }

    /// <summary>Every page that comes is whole, whatever its status.</summary>
    private static async Task Whole(Task<Browser> page, HttpStatusCode status = HttpStatusCode.OK)
    {
        var browser = await page;
        Assert.True(browser.Status == status, $"{browser.Path}: {browser.Status}\n{browser.Html}");
        Assert.DoesNotContain("⟦", browser.Html);
    }
}
