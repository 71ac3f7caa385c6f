using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Credentials.Telling;
using Muqeem.Credentials.Verifiers;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Host.Verbs;
using Muqeem.Portal;
using Muqeem.Registry;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.Api;

public sealed class SubscriptionsOnSqliteTests(VerifiersOnSqlite world) : SubscriptionsTests(world), IClassFixture<VerifiersOnSqlite>;

public sealed class SubscriptionsOnPostgreSqlTests(VerifiersOnPostgreSql world) : SubscriptionsTests(world), IClassFixture<VerifiersOnPostgreSql>;

/// <summary>Who is told how an ID stands, over HTTP: the verifier with its signed calls, the holder with his program and his browser.</summary>
public abstract class SubscriptionsTests(VerifierWorld shared)
{
    private const string Purpose = "keep_account";

    private readonly WholeWorld _world = shared.World;

    private Task<VerifierProgram> VerifierAsync() => VerifierProgram.RegisterAsync(_world, [new(VerifierOperation.Subscription, Purpose)]);

    private async Task<ApiCaller> HolderAsync() => new(_world) { Token = await shared.TokenAsync(shared.Person) };

    private static void Is(HttpStatusCode status, ApiAnswer answer) => Assert.True(answer.Status == status, $"{(int)answer.Status}: {answer.Text}");

    private static async Task<ApiAnswer> OkAsync(Task<ApiAnswer> asked)
    {
        var answer = await asked;
        Is(HttpStatusCode.OK, answer);
        return answer;
    }

    /// <summary>A verifier asks again while a node has not heard of the database since its clock was moved.</summary>
    private static Task<ApiAnswer> AskedAsync(Func<Task<ApiAnswer>> ask) => WholeWorld.UntilAsync(async () => await ask() is var answer && answer.Status != HttpStatusCode.ServiceUnavailable ? answer : null, "the node admits verifiers", 30);

    /// <summary>The holder stands at the counter and shows the ID.</summary>
    private async Task<Guid> AskAsync(VerifierProgram verifier, LocalDate? until = null)
    {
        var (text, holder, _, _) = await shared.IssueAsync();
        using var owned = holder;
        var answer = await OkAsync(AskedAsync(() => verifier.PostAsync("subscriptions", new { purpose = Purpose, presentation = verifier.Present(text, holder, "s-1"), audience = VerifierProgram.Audience, nonce = "s-1", until = until?.ToDateOnly() })));
        Assert.Equal("valid", answer["verdict"].GetString());
        return answer["subscription"].GetGuid();
    }

    private static async Task<string> StateAsync(VerifierProgram verifier, Guid subscription) => (await OkAsync(AskedAsync(() => verifier.GetAsync($"subscriptions/{subscription}"))))["state"].GetString()!;

    private static async Task<(List<(Guid Subscription, string Status)> Changes, string Cursor)> ChangesAsync(VerifierProgram verifier, string? cursor = null)
    {
        var answer = await OkAsync(AskedAsync(() => verifier.GetAsync("changes", cursor is null ? "" : "?cursor=" + cursor)));
        Assert.All(answer["changes"].EnumerateArray(), c => Assert.Equal(["subscription", "status", "at"], c.EnumerateObject().Select(m => m.Name)));
        return ([.. answer["changes"].EnumerateArray().Select(c => (c.GetProperty("subscription").GetGuid(), c.GetProperty("status").GetString()!))], answer["cursor"].GetString()!);
    }

    /// <summary>Asks from a cursor on until so much was told, and says what and the next cursor.</summary>
    private static async Task<string> ToldAsync(VerifierProgram verifier, string? cursor, params string[] words)
    {
        var told = await WholeWorld.UntilAsync(async () => await ChangesAsync(verifier, cursor) is var page && page.Changes.Count >= words.Length ? Tuple.Create(page.Changes, page.Cursor) : null, "it is told: " + string.Join(", ", words), 30);
        Assert.Equal(words, told.Item1.Select(c => c.Status));
        return told.Item2;
    }

    private static async Task<List<string>> NoticesAsync(ApiCaller holder, string kind) =>
        [.. (await OkAsync(holder.GetAsync("inbox")))["notices"].EnumerateArray().Where(n => n.GetProperty("kind").GetString() == kind).Select(n => n.GetProperty("body").GetString()!)];

    private async Task WriteAsync(Func<Change, Task> fill)
    {
        var change = new Change(new Act(ActId.New(_world.Clock), "test.change", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("change"), _world.Clock.Now()));
        await ReadDoor.RunAsync(async () =>
        {
            await fill(change);
            Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
            return true;
        });
    }

    private Task ResidenceAsync(Action<Change, Residences, Residence> to) => WriteAsync(async change =>
        to(change, _world.Get<Residences>(), (await _world.Get<Residences>().OfAsync(shared.Person))!));

    [Fact]
    public async Task Without_consent_nothing_is_told_and_a_no_looks_like_no_answer()
    {
        using var verifier = await VerifierAsync();
        using var other = await VerifierAsync();
        using var holder = await HolderAsync();
        var before = (await NoticesAsync(holder, "subscription_asked")).Count;

        // Whoever only has the credential, or a code that was read out, has no holder in front of him.
        var (text, key, _, _) = await shared.IssueAsync();
        key.Dispose();
        var bare = await OkAsync(verifier.PostAsync("subscriptions", new { purpose = Purpose, presentation = text }));
        Assert.Equal(("not_valid", "not_holder"), (bare["verdict"].GetString(), bare["reason"].GetString()));
        var spoken = await OkAsync(holder.PostAsync("id/short-code"));
        Assert.Equal("holder_not_present", (await OkAsync(verifier.PostAsync("subscriptions", new { purpose = Purpose, presentation = spoken["text"].GetString() })))["code"].GetString());
        Is(HttpStatusCode.Forbidden, await verifier.PostAsync("subscriptions", new { purpose = "open_account", presentation = text }));
        Assert.Equal("verifier_until", (await verifier.PostAsync("subscriptions", new { purpose = Purpose, presentation = text, until = _world.Clock.Today().PlusDays(-1).ToDateOnly() })).Code);
        Assert.Equal(before, (await NoticesAsync(holder, "subscription_asked")).Count);

        var first = await AskAsync(verifier);
        var live = (await ReadDoor.RunAsync(() => _world.Get<LiveCodes>().MakeAsync(_world.Get<ReadDoor>().Enter(Actor.System("test"), Platform.Privacy.Purpose.Self, null, "test", shared.Person), shared.Person, QrView.Valid)))!;
        var second = (await OkAsync(other.PostAsync("subscriptions", new { purpose = Purpose, presentation = live.Text })))["subscription"].GetGuid();
        Assert.Equal(before + 2, (await NoticesAsync(holder, "subscription_asked")).Count);
        Assert.Contains("The Test Bank", (await NoticesAsync(holder, "subscription_asked"))[0]);

        Is(HttpStatusCode.OK, await holder.PostAsync($"subscriptions/{second}/decline"));
        Is(HttpStatusCode.OK, await holder.PostAsync("id/freeze"));
        Assert.Equal(("pending", "pending"), (await StateAsync(verifier, first), await StateAsync(other, second)));
        // Asked again it is the same request, and the holder is left in peace.
        Is(HttpStatusCode.OK, await holder.PostAsync("id/unfreeze"));
        Assert.Equal((first, second), (await AskAsync(verifier), await AskAsync(other)));
        Assert.Equal(before + 2, (await NoticesAsync(holder, "subscription_asked")).Count);
        var seen = (await OkAsync(holder.GetAsync("subscriptions")))["subscriptions"].EnumerateArray().ToDictionary(s => s.GetProperty("id").GetGuid(), s => s.GetProperty("state").GetString());
        Assert.Equal(("pending", "declined"), (seen[first], seen[second]));

        // A consent to a third verifier shows that the teller has been here since; the two were told nothing.
        using var third = await VerifierAsync();
        var granted = await AskAsync(third);
        using var browser = new Browser(_world, "en");
        browser.TakeSession(holder.Token!);
        await browser.OpenAsync("consents");
        Assert.True(browser.Shows("Asks to be told how your ID stands to keep an account up to date"), browser.Html);
        await browser.PressInAsync("answer-" + granted, $"grant={granted}");
        await ToldAsync(third, null, "valid");
        var (none, start) = await ChangesAsync(verifier);
        Assert.Empty(none);
        Assert.Equal("0", start);
        Assert.Empty((await ChangesAsync(other)).Changes);

        // Nobody looks at or answers what is another's.
        Is(HttpStatusCode.NotFound, await other.GetAsync($"subscriptions/{first}"));
        using var stranger = new ApiCaller(_world) { Token = await shared.TokenAsync((await shared.Residents.SettleAsync(Residents.Dependent, shared.Residents.Today.PlusYears(1))).Person) };
        Is(HttpStatusCode.NotFound, await stranger.PostAsync($"subscriptions/{first}/grant"));
        Is(HttpStatusCode.NotFound, await stranger.PostAsync($"subscriptions/{granted}/withdraw"));
        // The verifier ends its own, and may ask anew.
        Is(HttpStatusCode.NotFound, await other.PostAsync($"subscriptions/{first}/end", new { }));
        Is(HttpStatusCode.OK, await verifier.PostAsync($"subscriptions/{first}/end", new { }));
        Assert.Equal("ended", await StateAsync(verifier, first));
        Assert.NotEqual(first, await AskAsync(verifier));
        // What was declined is not granted afterwards, and a cursor is not made up; the query is signed too.
        var late = await holder.PostAsync($"subscriptions/{second}/grant");
        Is(HttpStatusCode.Conflict, late);
        Assert.Equal([SubscriptionRefusals.Over], late.Refusals);
        Assert.Equal("verifier_cursor", (await verifier.GetAsync("changes", "?cursor=7")).Code);
        Assert.Equal("verifier_cursor", (await verifier.GetAsync("changes", "?cursor=-1")).Code);
        Assert.Equal("verifier_unreadable", (await verifier.GetAsync("changes", "?cursor=0", new())).Code);
    }

    [Fact]
    public async Task What_changes_is_told_in_order_also_what_happened_while_nobody_was_there_to_tell_it_until_the_consent_is_taken_back()
    {
        using var verifier = await VerifierAsync();
        using var other = await VerifierAsync();
        using var holder = await HolderAsync();
        var (mine, theirs) = (await AskAsync(verifier), await AskAsync(other));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => holder.PostAsync($"subscriptions/{mine}/grant"))), a => Is(HttpStatusCode.OK, a));
        Is(HttpStatusCode.OK, await holder.PostAsync($"subscriptions/{theirs}/grant"));
        var cursor = await ToldAsync(verifier, null, "valid");
        Assert.Equal("active", await StateAsync(verifier, mine));

        Is(HttpStatusCode.OK, await holder.PostAsync("id/freeze"));
        cursor = await ToldAsync(verifier, cursor, "frozen");
        // Each verifier is told by an act of its own; what was over before it was told is not told.
        await ToldAsync(other, null, "valid", "frozen");

        // The process is gone between the act and what is told of it.
        await _world.WhileStoppedAsync(async settings =>
        {
            await using var app = MuqeemHost.Build(settings);
            await MuqeemHost.PrepareAsync(app);
            Assert.IsType<HoldAnswer.Done>(await ReadDoor.RunAsync(() => app.Services.GetRequiredService<Holds>().UnfreezeAsync(Actor.System("test"), new AccountId(Guid.CreateVersion7()), shared.Person, Guid.CreateVersion7())));
        });
        cursor = await ToldAsync(verifier, cursor, "valid");
        await ResidenceAsync((change, residences, r) => residences.AddHold(change, r, HoldKinds.Suspended, _world.Clock.Now(), "test"));
        cursor = await ToldAsync(verifier, cursor, "suspended");
        await ResidenceAsync((change, residences, r) => residences.LiftHold(change, r, r.Holds.Single(h => h.Until is null), _world.Clock.Now()));
        cursor = await ToldAsync(verifier, cursor, "valid");
        await WriteAsync(async change =>
        {
            var documents = _world.Get<Documents>();
            var live = (await documents.LiveAsync(shared.Person))!;
            var content = await documents.OpenAsync(_world.Get<ReadDoor>().Enter(Actor.System("test"), Platform.Privacy.Purpose.IssueDocument, null, "test", shared.Person), live);
            await documents.ReplaceAsync(change, live, new DocumentOrder(shared.Person, live.Residence, content, 5));
        });
        cursor = await ToldAsync(verifier, cursor, "renewed");

        // All of it again from the beginning, and page by page.
        string[] all = ["valid", "frozen", "valid", "suspended", "valid", "renewed"];
        Assert.Equal(cursor, await ToldAsync(verifier, null, all));
        var policies = _world.Get<PolicyBook>().Current;
        var small = new ChangeFeed(_world.Get<Db>(), _world.Get<IWriter>(), () => SubscriptionRules.Of(policies, _world.Clock.Today()) with { Page = 4 }, _world.Clock);
        var registered = _world.Get<VerifierBook>().Find(verifier.Id)!;
        var begin = Assert.IsType<ChangesAnswer.Page>(await small.ReadAsync(registered, null));
        var rest = Assert.IsType<ChangesAnswer.Page>(await small.ReadAsync(registered, begin.Cursor));
        Assert.Equal((true, false), (begin.More, rest.More));
        Assert.Equal(all, begin.Changes.Concat(rest.Changes).Select(c => c.Word));

        // The holder sees what was told, and takes the consent back with one press.
        Assert.Equal(all.Length, (await _world.Get<AccessLog>().ForPersonAsync(shared.Person, take: 200)).Lines.Count(l => l.Reader == Actor.Verifier(verifier.Id) && l.Where == "told." + Purpose));
        var newest = (await OkAsync(holder.GetAsync("accesses")))["accesses"].EnumerateArray().First(a => a.GetProperty("reader").GetString() == "verifier");
        Assert.Equal(("The Test Bank", "Was told how your ID stands to keep an account up to date"), (newest.GetProperty("readerName").GetString(), newest.GetProperty("purposeText").GetString()));
        using var browser = new Browser(_world, "ar");
        browser.TakeSession(holder.Token!);
        await browser.OpenAsync("consents");
        Assert.True(browser.Shows("مصرف الاختبار") && browser.Shows("آخر ما أُبلغت به: سارية"), browser.Html);
        await browser.PressInAsync("withdraw-" + mine, $"withdraw={mine}");
        Assert.Equal("/ar/consents", browser.Path);
        Assert.True(browser.Shows("سحبت موافقتك"), browser.Html);
        await ToldAsync(verifier, cursor, "ended");
        Is(HttpStatusCode.OK, await holder.PostAsync("id/freeze"));
        // Another verifier reads of it, so it was told to whoever may be told.
        await ToldAsync(other, null, [.. all, "frozen"]);
        Is(HttpStatusCode.OK, await holder.PostAsync("id/unfreeze"));
        Assert.Equal(("ended", 1), (await StateAsync(verifier, mine), (await ChangesAsync(verifier, cursor)).Changes.Count));
        // What was not fetched before is not given any more.
        Assert.Equal(["ended"], (await ChangesAsync(verifier)).Changes.Select(c => c.Status));
        Is(HttpStatusCode.NotFound, await other.GetAsync($"subscriptions/{mine}"));
        Assert.All((await ChangesAsync(other)).Changes, c => Assert.Equal(theirs, c.Subscription));
    }

    [Fact]
    public async Task A_consent_ends_with_its_day_or_its_verifier_and_what_was_told_is_kept_for_its_time()
    {
        using var verifier = await VerifierAsync();
        using var another = await VerifierAsync();
        using var lasting = await VerifierAsync();
        var (first, unanswered, kept) = (await AskAsync(verifier, _world.Clock.Today().PlusDays(1)), await AskAsync(another), await AskAsync(lasting));
        using (var holder = await HolderAsync())
        {
            Is(HttpStatusCode.OK, await holder.PostAsync($"subscriptions/{first}/grant"));
            Is(HttpStatusCode.OK, await holder.PostAsync($"subscriptions/{kept}/grant"));
        }
        var cursor = await ToldAsync(verifier, null, "valid");
        await ToldAsync(lasting, null, "valid");

        await _world.MoveClockAsync(Duration.FromDays(3));
        cursor = await ToldAsync(verifier, cursor, "ended");
        Assert.Equal(("ended", "pending", "active"), (await StateAsync(verifier, first), await StateAsync(another, unanswered), await StateAsync(lasting, kept)));
        using (var holder = await HolderAsync())
        {
            Assert.Contains("the time for which you consented is over", Assert.Single(await NoticesAsync(holder, "subscription_over")));
        }
        await _world.MoveClockAsync(Duration.FromDays(13));
        Assert.Equal("ended", await StateAsync(another, unanswered));

        // Then it may be asked anew; and with the verifier everything ends.
        var again = await AskAsync(verifier);
        Assert.NotEqual(first, again);
        Assert.NotEqual(unanswered, await AskAsync(another));
        using (var holder = await HolderAsync())
        {
            Assert.Equal([SubscriptionRefusals.Over], (await holder.PostAsync($"subscriptions/{unanswered}/grant")).Refusals);
            Is(HttpStatusCode.OK, await holder.PostAsync($"subscriptions/{again}/grant"));
            await ToldAsync(verifier, cursor, "valid");
            Assert.IsType<BookAnswer.Done>(await _world.Get<VerifierBook>().RevokeAsync(Actor.System("test"), Guid.CreateVersion7(), verifier.Id, "test"));
            Is(HttpStatusCode.Forbidden, await verifier.GetAsync("changes"));
            await WholeWorld.UntilAsync(async () => (await OkAsync(holder.GetAsync("subscriptions")))["subscriptions"].EnumerateArray().Any(s => s.GetProperty("id").GetGuid() == again && s.TryGetProperty("endReason", out var why) && why.GetString() == "verifier") ? "" : null, "the consent has ended with its verifier", 30);
            Assert.Contains("it is no longer registered", (await NoticesAsync(holder, "subscription_over"))[0]);
        }

        // After its time what was told is deleted by an act, and a cursor from before says so.
        await _world.MoveClockAsync(Duration.FromDays(181));
        await WholeWorld.UntilAsync(async () => await _world.Get<Db>().FirstAsync<long>("SELECT count(*) FROM subscription_event WHERE verifier_id = @id", new { id = lasting.Id }) == 0 ? "" : null, "it is forgotten", 30);
        Is(HttpStatusCode.Gone, await AskedAsync(() => lasting.GetAsync("changes", "?cursor=0")));
        var (none, next) = await ChangesAsync(lasting);
        Assert.Empty(none);
        Assert.Equal("1", next);
        using (var holder = await HolderAsync())
        {
            Is(HttpStatusCode.OK, await holder.PostAsync("id/freeze"));
            await ToldAsync(lasting, "1", "frozen");
            Is(HttpStatusCode.OK, await holder.PostAsync("id/unfreeze"));
        }
        // The journal accounts for every row, also for those that are gone.
        await _world.WhileStoppedAsync(async settings => Assert.Equal(0, await JournalVerbs.VerifyAsync(settings)));
    }
}
