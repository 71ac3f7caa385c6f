using System.Net;
using System.Security.Cryptography;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Files;
using Muqeem.Platform.Files.Media;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.Registry;
using Muqeem.SignIn.Factors;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.Api;

/// <summary>The office with two officers and an auditor, and residents who have an ID.</summary>
public abstract class HoldsWorld(DatabaseKind kind) : SeededWorld(kind)
{
    private int _numbers;

    protected override IReadOnlyDictionary<string, string?> Settings { get; } =
        new Dictionary<string, string?>(StringComparer.Ordinal) { ["Seed"] = "1", ["Api:AccountPerMinute"] = "60000", ["Api:AddressPerMinute"] = "60000" };

    internal ApiCaller First { get; private set; } = null!;
    internal ApiCaller Second { get; private set; } = null!;
    internal ApiCaller Auditor { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        First = await ProgramAsync("officer.one");
        Second = await ProgramAsync("officer.two");
        Auditor = await ProgramAsync("auditor");
    }

    internal async Task<ApiCaller> ProgramAsync(string colleague)
    {
        var caller = new ApiCaller(World);
        await caller.SignInAsync(colleague);
        return caller;
    }

    /// <summary>Somebody with an account and an ID in force; the browser is signed in.</summary>
    /// <param name="photo">What is kept as the ID's photo, whether it is one or not; null: none.</param>
    /// <param name="until">The last day of the residence; null: a year from today.</param>
    internal async Task<(PersonInHand Hand, string Number)> ResidentAsync(Browser browser, byte[]? photo = null, LocalDate? until = null)
    {
        var hand = await browser.OpenAccountAsync(World);
        var person = (await World.Get<Persons>().FindAsync(IdentifierKinds.Border, hand.BorderNumber))!.Value;
        var stem = $"2098{Interlocked.Increment(ref _numbers):00000}";
        var number = Enumerable.Range(0, 10).Select(d => stem + d).Single(n => ResidentNumber.Parse(n).Ok);
        await ReadDoor.RunAsync(async () =>
        {
            var change = new Change(new Act(ActId.New(World.Clock), "test.residence", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("residence"), World.Clock.Now()));
            var record = await World.Get<Persons>().OpenAsync(World.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.IssueDocument, null, "test", person), person);
            await World.Get<Persons>().UpdateAsync(change, person, record, record with { ResidentNumber = number });
            var today = World.Clock.Today();
            var end = until ?? today.PlusYears(1);
            var residence = await World.Get<Residences>().IssueAsync(change, person, Categories.EstablishmentWorker, end.PlusYears(-1), end, 12, "Gregorian",
                new ResidenceDetails { ResidentNumber = number, EmployerNumber = "7000000000", EmployerName = "شركة البناء", Occupation = hand.Occupation }, new CaseId(Guid.CreateVersion7()));
            UploadId? upload = photo is null ? null : await World.Get<Uploads>().AddAsync(change, person, null, "face_photo",
                new ReceivedUpload(photo, "photo.jpg", new FileShape(FileKind.Jpeg, 1, 1), Digest.Of(number)[..16], [new Picture(photo, 1, 1)], new Picture(photo, 1, 1)));
            await World.Get<Documents>().IssueAsync(change, new DocumentOrder(person, residence, new DocumentContent
            {
                ResidentNumber = number,
                NameArabic = record.FullNameArabic,
                NameLatin = record.FullNameLatin,
                FamilyName = record.FamilyName,
                GivenNames = record.GivenNames,
                Sex = record.SexAsDocumented,
                Nationality = record.Nationality,
                Birth = BirthDate.Of(new LocalDate(1990, 1, 1)),
                AnswerableName = "شركة البناء",
                AnswerableKind = Answerable.Establishment,
                Photo = upload?.Value,
            }, 5));
            Assert.IsType<WriteOutcome.Done>(await World.Get<IWriter>().WriteAsync(change));
            return true;
        });
        return (hand, number);
    }

    /// <summary>A code of the app is taken once: the next is half a minute later.</summary>
    internal Task NextCodeAsync() => World.MoveClockAsync(Duration.FromSeconds(61));

    internal async Task<Browser> DeskAsync(string colleague)
    {
        var browser = new Browser(World, "en");
        var (name, password, secret) = World.Colleague(colleague);
        await browser.OpenAsync("office/ids");
        await browser.PressAsync(null, ("name", name), ("password", password));
        await browser.PressAsync(null, ("code", Totp.Code(secret, Totp.StepAt(World.Clock.Now()))));
        Assert.Equal("/en/office/ids", browser.Path);
        return browser;
    }
}

public sealed class HoldsOnSqlite() : HoldsWorld(DatabaseKind.Sqlite);

public sealed class HoldsOnPostgreSql() : HoldsWorld(DatabaseKind.PostgreSql);

public sealed class HoldsFrontDoorOnSqliteTests(HoldsOnSqlite world) : HoldsFrontDoorTests(world), IClassFixture<HoldsOnSqlite>;

public sealed class HoldsFrontDoorOnPostgreSqlTests(HoldsOnPostgreSql world) : HoldsFrontDoorTests(world), IClassFixture<HoldsOnPostgreSql>;

/// <summary>Freezing, suspending, lifting and revoking as holder, officers and verifiers meet them, over HTTP.</summary>
public abstract partial class HoldsFrontDoorTests(HoldsWorld shared) : IAsyncLifetime
{
    /// <summary>Tests move the clock, and an office session that nobody uses ends.</summary>
    public async ValueTask InitializeAsync()
    {
        foreach (var colleague in new[] { shared.First, shared.Second, shared.Auditor })
        {
            Is(HttpStatusCode.OK, await colleague.GetAsync("office/proposals"));
        }
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private readonly WholeWorld _world = shared.World;
    private readonly Language _words = shared.World.Get<TextCatalogue>().In("en");

    private static void Is(HttpStatusCode status, ApiAnswer answer) => Assert.True(answer.Status == status, $"{(int)answer.Status}: {answer.Text}");

    private static void NotNow(string code, ApiAnswer answer)
    {
        Is(HttpStatusCode.Conflict, answer);
        Assert.Equal(("not_now", code), (answer.Code, Assert.Single(answer.Refusals)));
    }

    private static async Task<string> StateAsync(ApiCaller holder) => (await holder.GetAsync("id"))["state"].GetString()!;

    private async Task<string> ReasonAsync(string code)
    {
        using var anybody = new ApiCaller(_world);
        var verdict = await anybody.PostAsync("verify", new { text = code });
        Is(HttpStatusCode.OK, verdict);
        return verdict["verdict"].GetString() == "not_valid" ? verdict["reason"].GetString()! : verdict["verdict"].GetString()!;
    }

    private static async Task<string> CodeAsync(ApiCaller holder)
    {
        var made = await holder.PostAsync("id/short-code");
        Is(HttpStatusCode.OK, made);
        return made["text"].GetString()!;
    }

    [Fact]
    public async Task A_holders_program_freezes_the_ID_and_unfreezes_it_only_right_after_signing_in()
    {
        using var browser = new Browser(_world, "en");
        var (hand, _) = await shared.ResidentAsync(browser);
        using var holder = new ApiCaller(_world);
        await holder.SignInAsync(hand);
        Assert.Equal("in_force", await StateAsync(holder));
        Is(HttpStatusCode.OK, await holder.CredentialAsync());
        var code = await CodeAsync(holder);
        Assert.Equal("valid", await ReasonAsync(code));

        var operation = Guid.CreateVersion7();
        foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => holder.PostAsync("id/freeze", operation: operation))))
        {
            Is(HttpStatusCode.OK, answer);
            Assert.Equal("frozen", answer["state"].GetString());
        }
        var id = await holder.GetAsync("id");
        Assert.True(id["state"].GetString() == "frozen" && id.Json.TryGetProperty("frozenAt", out _) && !id.Json.TryGetProperty("suspendedAt", out _), id.Text);
        Assert.Equal("document_frozen", await ReasonAsync(code));
        NotNow(HoldRefusals.Frozen, await holder.PostAsync("id/live-code"));
        NotNow(HoldRefusals.Frozen, await holder.PostAsync("id/short-code"));
        NotNow(HoldRefusals.Frozen, await holder.CredentialAsync());
        Assert.Equal("frozen", Assert.Single((await holder.GetAsync("credentials"))["credentials"].EnumerateArray()).GetProperty("status").GetString());
        Assert.Equal(_words.Text("notice.id_frozen.title"), (await holder.GetAsync("inbox"))["notices"][0].GetProperty("title").GetString());
        // Whoever shares the telephone learns that there is one, and not what it says.
        await WholeWorld.UntilAsync(async () => (await _world.Sandbox.GetStringAsync("inbox?to=" + Uri.EscapeDataString(hand.Mobile))).Contains(_words.Text("sms.notice"), StringComparison.Ordinal) ? "" : null, "a text message says that there is a notice");

        await _world.MoveClockAsync(Duration.FromMinutes(6));
        NotNow(SignIn.Accounts.StepUp, await holder.PostAsync("id/unfreeze"));
        Assert.Equal("frozen", await StateAsync(holder));
        await holder.SignInAsync(hand);
        var unfrozen = await holder.PostAsync("id/unfreeze");
        Is(HttpStatusCode.OK, unfrozen);
        Assert.Equal("in_force", unfrozen["state"].GetString());
        Assert.Equal("valid", await ReasonAsync(await CodeAsync(holder)));
        Assert.Equal("valid", Assert.Single((await holder.GetAsync("credentials"))["credentials"].EnumerateArray()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Officers_programs_suspend_lift_and_revoke_by_two_and_the_holder_sees_who_looked_and_why()
    {
        using var browser = new Browser(_world, "en");
        var (hand, number) = await shared.ResidentAsync(browser);
        using var holder = new ApiCaller(_world);
        await holder.SignInAsync(hand);
        var code = await CodeAsync(holder);
        var (first, second) = (shared.First, shared.Second);

        Is(HttpStatusCode.BadRequest, await first.PostAsync("office/ids/find", new { residentNumber = "12" }));
        Is(HttpStatusCode.NotFound, await first.PostAsync("office/ids/find", new { residentNumber = "2000000006" }));
        var file = await first.PostAsync("office/ids/find", new { residentNumber = number });
        Is(HttpStatusCode.OK, file);
        Assert.Equal(("live", number), (file["state"].GetString(), file["residentNumber"].GetString()));
        Assert.Equal(["suspend", "revoke"], file["may"].EnumerateArray().Select(a => a.GetString()));
        var at = "office/ids/" + file["id"].GetString();
        Assert.Contains((await holder.GetAsync("accesses"))["accesses"].EnumerateArray(), a => a.GetProperty("purpose").GetString() == "decide_document" && a.GetProperty("reader").GetString() == "officer");

        var because = new { act = "suspend", reason = "suspend.used_by_another", words = "Somebody else was stopped with this ID on Sunday." };
        Assert.Equal(["reason:" + HoldRefusals.ReasonMissing], (await first.PostAsync(at + "/proposals", new { act = "suspend", reason = "lift.cleared", words = "x" })).Refusals);
        Assert.Equal(["words:" + HoldRefusals.WordsMissing], (await first.PostAsync(at + "/proposals", new { act = "suspend", reason = because.reason, words = " " })).Refusals);
        Is(HttpStatusCode.BadRequest, await first.PostAsync(at + "/proposals", new { act = "freeze", because.reason, because.words }));
        Is(HttpStatusCode.NotFound, await first.PostAsync($"office/ids/{Guid.CreateVersion7()}/proposals", because));
        var proposed = await first.PostAsync(at + "/proposals", because);
        Is(HttpStatusCode.Created, proposed);
        Assert.Equal("open", proposed["state"].GetString());
        var proposal = $"office/proposals/{proposed["proposal"].GetString()}";
        NotNow(HoldRefusals.ProposalOpen, await second.PostAsync(at + "/proposals", because));
        Assert.Contains((await second.GetAsync("office/proposals"))["proposals"].EnumerateArray(), p => p.GetProperty("proposal").GetString() == proposed["proposal"].GetString() && !p.GetProperty("mine").GetBoolean());

        // Who may not: the one who proposed, in this session and in another; an auditor; the holder.
        NotNow(HoldRefusals.AnotherDecides, await first.PostAsync(proposal + "/confirm"));
        await shared.NextCodeAsync();
        using (var elsewhere = await shared.ProgramAsync("officer.one"))
        {
            NotNow(HoldRefusals.AnotherDecides, await elsewhere.PostAsync(proposal + "/confirm"));
        }
        Is(HttpStatusCode.OK, await shared.Auditor.GetAsync(at));
        Is(HttpStatusCode.NotFound, await shared.Auditor.PostAsync(proposal + "/confirm"));
        Is(HttpStatusCode.NotFound, await shared.Auditor.PostAsync(at + "/proposals", because));
        Is(HttpStatusCode.NotFound, await holder.GetAsync(at));
        Is(HttpStatusCode.NotFound, await holder.PostAsync("office/ids/find", new { residentNumber = number }));
        Is(HttpStatusCode.NotFound, await holder.PostAsync(proposal + "/confirm"));
        Assert.Equal("valid", await ReasonAsync(code));

        var both = await Task.WhenAll(second.PostAsync(proposal + "/confirm"), second.PostAsync(proposal + "/confirm"));
        Assert.All(both, a => Is(HttpStatusCode.OK, a));
        Assert.Equal("document_suspended", await ReasonAsync(code));
        var id = await holder.GetAsync("id");
        Assert.Equal(("suspended", because.reason), (id["state"].GetString(), id["suspendedFor"].GetString()));
        NotNow(HoldRefusals.Suspended, await holder.PostAsync("id/live-code"));
        var notices = (await holder.GetAsync("inbox"))["notices"];
        Assert.Equal(_words.Text("notice.id_suspended.title"), notices[0].GetProperty("title").GetString());
        Assert.Contains(because.words, notices[0].GetProperty("body").GetString());
        Assert.Contains("the ID was used by another person", notices[0].GetProperty("body").GetString());
        Assert.Single(notices.EnumerateArray(), n => n.GetProperty("kind").GetString() == "id_suspended");
        NotNow(HoldRefusals.ProposalOver, await shared.First.PostAsync(proposal + "/withdraw"));

        // The roles change places for the lift; then it is revoked for good.
        var lift = await second.PostAsync(at + "/proposals", new { act = "lift", reason = "lift.our_mistake", words = "It was another ID." });
        Is(HttpStatusCode.Created, lift);
        Is(HttpStatusCode.OK, await first.PostAsync($"office/proposals/{lift["proposal"].GetString()}/confirm"));
        Assert.Equal("in_force", await StateAsync(holder));
        Assert.Equal("valid", await ReasonAsync(await CodeAsync(holder)));
        var last = await CodeAsync(holder);
        var rejected = await first.PostAsync(at + "/proposals", new { act = "revoke", reason = "revoke.misused", words = "Lent to others." });
        Is(HttpStatusCode.OK, await second.PostAsync($"office/proposals/{rejected["proposal"].GetString()}/reject", new { reason = "reject.too_severe" }));
        Assert.Equal("valid", await ReasonAsync(last));
        var revoke = await first.PostAsync(at + "/proposals", new { act = "revoke", reason = "revoke.issued_in_error", words = "There are two of you in the register." });
        Is(HttpStatusCode.OK, await second.PostAsync($"office/proposals/{revoke["proposal"].GetString()}/confirm"));
        Assert.Equal("document_revoked", await ReasonAsync(last));
        await browser.OpenAsync("id");
        Assert.True(browser.Shows("Your ID has ended: Revoked"), browser.Html);
        Assert.DoesNotContain("services/issue", browser.Html, StringComparison.Ordinal);
        Is(HttpStatusCode.NotFound, await holder.GetAsync("id"));
        Is(HttpStatusCode.NotFound, await holder.PostAsync("id/freeze"));
        var end = await first.GetAsync(at);
        Assert.Equal("revoked", end["state"].GetString());
        Assert.Equal(["confirmed", "rejected", "confirmed", "confirmed"], end["proposals"].EnumerateArray().Select(p => p.GetProperty("state").GetString()));
        Assert.Empty(end["may"].EnumerateArray());
        var reasons = await first.GetAsync("office/ids/reasons");
        Assert.Equal([4, 4, 4, 4], new[] { "suspend", "lift", "revoke", "reject" }.Select(a => reasons[a].GetArrayLength()));
    }

    [Fact]
    public async Task On_the_pages_a_holder_freezes_with_one_press_and_unfreezes_with_both_factors_and_two_officers_suspend()
    {
        using var holder = new Browser(_world, "en");
        var (hand, number) = await shared.ResidentAsync(holder);
        await holder.OpenAsync("id");
        Assert.Contains("href=\"/en/id/freeze\"", holder.Html);
        await holder.OpenAsync("id/freeze");
        Assert.Equal(_words.Text("portal.freeze.title"), holder.Heading);
        await holder.PressAsync();
        Assert.StartsWith("/en/id", holder.Path);
        Assert.True(holder.Shows(_words.Text("portal.held.frozen")) && !holder.Shows(_words.Text("portal.held.suspended")), holder.Html);
        Assert.DoesNotContain("class=\"idcard", holder.Html);
        Assert.DoesNotContain("<svg class=\"qr", holder.Html);
        await holder.SendAgainAsync();
        Assert.Equal(HttpStatusCode.OK, holder.Status);
        foreach (var closed in new[] { "id/code", "id/freeze" })
        {
            await holder.OpenAsync(closed);
            Assert.StartsWith("/en/id?", holder.Path);
        }

        await _world.MoveClockAsync(Duration.FromMinutes(6));
        await holder.OpenAsync("id/unfreeze");
        await holder.PressAsync();
        Assert.Equal("/en/step-up?returnTo=%2Fen%2Fid%2Funfreeze", holder.Path);
        var before = await _world.CodesForAsync(hand.Mobile);
        await holder.PressAsync(null, ("password", Journeys.Password));
        await holder.PressAsync(null, ("code", await _world.CodeForAsync(hand.Mobile, before)));
        Assert.Equal("/en/id/unfreeze", holder.Path);
        await holder.PressAsync();
        Assert.Contains("class=\"idcard", holder.Html);
        Assert.DoesNotContain(_words.Text("portal.held.frozen"), holder.Html);

        using var first = await shared.DeskAsync("officer.one");
        using var second = await shared.DeskAsync("officer.two");
        using var auditor = await shared.DeskAsync("auditor");
        await first.PressInAsync("find", null, ("number", "2000000006"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, first.Status);
        await first.PressInAsync("find", null, ("number", number));
        var page = first.Path;
        Assert.Matches("^/en/office/ids/[0-9a-f-]{36}$", page);
        Assert.True(first.Shows(number) && first.Shows(_words.Text("office.read_recorded")), first.Html);
        await first.OpenAsync(page + "/suspend");
        await first.PressAsync(null, ("reason", "suspend.record_in_review"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, first.Status);
        await first.PressAsync(null, ("reason", "suspend.record_in_review"), ("words", "Please bring <your> passport."));
        Assert.Equal((HttpStatusCode.OK, page + "?done=proposed"), (first.Status, first.Path));
        Assert.Contains("id=\"withdraw\"", first.Html);
        Assert.DoesNotContain("id=\"confirm\"", first.Html);
        await auditor.OpenAsync(page);
        Assert.Equal(HttpStatusCode.OK, auditor.Status);
        Assert.DoesNotContain("id=\"confirm\"", auditor.Html);
        await auditor.OpenAsync(page + "/revoke");
        Assert.True(auditor.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden, $"{auditor.Status}");

        await second.OpenAsync("office/ids");
        Assert.Contains($"href=\"{page}\"", second.Html);
        await second.OpenAsync(page);
        // The button is not drawn for the first; sent all the same it does nothing: who proposed never decides.
        var drawn = first.Drawn("withdraw");
        await first.PostAsync(drawn.Action, [.. drawn.Fields, KeyValuePair.Create("act", "confirm")]);
        Assert.Equal(HttpStatusCode.Conflict, first.Status);
        Assert.True(first.Shows(_words.Refusal(new Refusal(HoldRefusals.AnotherDecides))), first.Html);
        await second.PressInAsync("reject", "act=reject");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, second.Status);
        await second.PressInAsync("confirm", "act=confirm");
        Assert.Equal((HttpStatusCode.OK, page + "?done=confirmed"), (second.Status, second.Path));
        Assert.True(second.Shows(_words.Text("office.id.state.suspended")), second.Html);

        await holder.OpenAsync("id");
        Assert.True(holder.Shows(_words.Text("portal.held.suspended")) && holder.Shows(_words.Text("id.reason.suspend.record_in_review")) && !holder.Shows(_words.Text("portal.held.frozen")), holder.Html);
        await holder.OpenAsync("inbox");
        Assert.True(holder.Shows(_words.Text("notice.id_suspended.title")) && holder.Shows("Please bring <your> passport."), holder.Html);
        await holder.OpenAsync("accesses");
        Assert.True(holder.Shows(_words.Text("sys.purpose.decide_document")), holder.Html);
        foreach (var path in new[] { "/en/office/ids", page, page + "/lift" })
        {
            await holder.OpenAsync(path);
            Assert.True(holder.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden, $"{path}: {holder.Status}");
        }
        await second.OpenAsync(page + "/lift");
        await second.PressAsync(null, ("reason", "lift.settled"), ("words", "Thank you."));
        await first.OpenAsync(page);
        await first.PressInAsync("confirm", "act=confirm");
        Assert.Equal((HttpStatusCode.OK, page + "?done=confirmed"), (first.Status, first.Path));
        await holder.OpenAsync("id");
        Assert.Contains("class=\"idcard", holder.Html);
    }
}
