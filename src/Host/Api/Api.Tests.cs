using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Files;
using Muqeem.Portal;
using Muqeem.Tests;

namespace Muqeem.Host.Api;

/// <summary>The API with two people who have accounts and are signed in.</summary>
public abstract class ApiWorld(DatabaseKind kind) : SeededWorld(kind)
{
    // A test looks until something is there, more often than a program should.
    protected override IReadOnlyDictionary<string, string?> Settings { get; } =
        new Dictionary<string, string?>(StringComparer.Ordinal) { ["Seed"] = "1", ["Api:AccountPerMinute"] = "60000", ["Api:AddressPerMinute"] = "60000" };

    /// <summary>All of this person's records match: the whole journey.</summary>
    internal PersonInHand Newcomer { get; private set; } = null!;
    internal ApiCaller NewcomersProgram { get; private set; } = null!;

    /// <summary>Has one draft after another.</summary>
    internal PersonInHand Other { get; private set; } = null!;
    internal ApiCaller OthersProgram { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        (Newcomer, NewcomersProgram) = await InAsync(await World.InHandAsync(0));
        (Other, OthersProgram) = await InAsync(await World.NewcomerAsync());
    }

    /// <summary>Opens an account for somebody and signs in.</summary>
    internal async Task<(PersonInHand Hand, ApiCaller Program)> InAsync(PersonInHand hand)
    {
        using var browser = new Browser(World, "en");
        await browser.OpenAccountAsync(World, hand);
        var caller = new ApiCaller(World);
        await caller.SignInAsync(hand);
        return (hand, caller);
    }

    /// <summary>A new draft of the other person; the one before is withdrawn.</summary>
    internal async Task<Guid> DraftAsync()
    {
        foreach (var line in (await OthersProgram.GetAsync("cases")).Json.EnumerateArray().Where(c => c.GetProperty("state").GetString() is not (CaseStates.Withdrawn or CaseStates.Issued)))
        {
            var gone = await OthersProgram.PostAsync($"cases/{line.GetProperty("id")}/withdraw");
            Assert.True(gone.Status == HttpStatusCode.OK, gone.Text);
        }
        var started = await OthersProgram.PostAsync("cases", new { service = "issue" });
        Assert.True(started.Status == HttpStatusCode.Created, started.Text);
        return started["id"].GetGuid();
    }
}

public sealed class ApiOnSqlite() : ApiWorld(DatabaseKind.Sqlite);

public sealed class ApiOnPostgreSql() : ApiWorld(DatabaseKind.PostgreSql);

public sealed class ApiOnSqliteTests(ApiOnSqlite world) : ApiTests(world), IClassFixture<ApiOnSqlite>;

public sealed class ApiOnPostgreSqlTests(ApiOnPostgreSql world) : ApiTests(world), IClassFixture<ApiOnPostgreSql>;

/// <summary>The front door for programs, over HTTP.</summary>
public abstract partial class ApiTests(ApiWorld shared)
{
    private readonly WholeWorld _world = shared.World;

    private static void Is(HttpStatusCode status, ApiAnswer answer) => Assert.True(answer.Status == status, $"{(int)answer.Status}: {answer.Text}");

    private static void IsProblem(HttpStatusCode status, string code, ApiAnswer answer)
    {
        Assert.True(answer.Status == status && answer.Content.ContentType?.MediaType == "application/problem+json", $"{(int)answer.Status} {answer.Content.ContentType}: {answer.Text}");
        Assert.Equal((code, "urn:muqeem:problem:" + code, (int)status), (answer.Code, answer["type"].GetString(), answer["status"].GetInt32()));
        Assert.NotEqual("", answer["title"].GetString());
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task From_the_draft_to_the_ID_and_its_verification()
    {
        var (me, hand) = (shared.NewcomersProgram, shared.Newcomer);
        var person = (await _world.Get<Registry.Persons>().FindAsync(Registry.IdentifierKinds.Border, hand.BorderNumber))!.Value;
        var started = await me.PostAsync("cases", new { service = "issue" });
        Is(HttpStatusCode.Created, started);
        var at = "cases/" + started["id"].GetString();
        foreach (var (page, answers) in await _world.AnswersAsync(person, hand))
        {
            Is(HttpStatusCode.OK, await me.PostAsync($"{at}/pages/{page}", new { answers }));
        }
        var draft = await me.GetAsync(at + "/draft");
        Assert.True(draft["complete"].GetBoolean());
        Assert.Equal("12", draft["answers"].GetProperty("months").GetString());
        var ahead = await me.PostAsync("services/issue/what-if", new { answers = new { months = "12" } });
        Is(HttpStatusCode.OK, ahead);
        Assert.True(ahead["price"].GetProperty("totalHalalas").GetInt64() > 0);

        Is(HttpStatusCode.OK, await me.PostAsync(at + "/submit"));
        if ((await me.GetAsync(at))["state"].GetString() == CaseStates.UnderReview)
        {
            // Drawn by the random sample.
            using var officer = new ApiCaller(_world);
            await officer.SignInAsync("officer.two");
            Is(HttpStatusCode.OK, await officer.PostAsync($"office/{at}/approve", new { reason = "approve.records_agree" }));
        }
        var tracked = await me.GetAsync(at);
        Assert.Equal((CaseStates.AwaitingPayment, $"\"{tracked["version"].GetInt64()}\""), (tracked["state"].GetString(), tracked.Header("ETag")));
        Assert.Contains("submit", tracked["timeline"].EnumerateArray().Select(s => s.GetProperty("act").GetString()));

        var bill = await WholeWorld.UntilAsync(async () => await me.GetAsync("bills/" + tracked["bill"].GetString()) is { Status: HttpStatusCode.OK } b && b.Json.TryGetProperty("number", out _) ? b : null, "the bill got its number", 60);
        Assert.Equal(("open", bill["totalHalalas"].GetInt64()), (bill["state"].GetString(), bill["dueHalalas"].GetInt64()));
        await _world.AtDeskAsync($"bank/bills/{bill["number"].GetString()}/pay");
        await WholeWorld.UntilAsync(async () => (await me.GetAsync(at))["state"].GetString() == CaseStates.Issued ? "" : null, "the gateway's call issued the ID", 60);
        // The employer owed it: it is not among the person's own bills, and the applicant follows it all the same.
        Assert.Equal("consumed", (await me.GetAsync("bills/" + bill["id"].GetString()))["state"].GetString());
        Assert.Empty((await me.GetAsync("bills"))["bills"].EnumerateArray());

        var id = await me.GetAsync("id");
        Is(HttpStatusCode.OK, id);
        Assert.StartsWith("20", id["residentNumber"].GetString());
        Assert.Equal((hand.NameArabic, true), (id["nameArabic"].GetString(), id["specimen"].GetBoolean()));
        using var anybody = new ApiCaller(_world);
        foreach (var code in new[] { "live-code", "short-code" })
        {
            var made = await me.PostAsync("id/" + code);
            Is(HttpStatusCode.OK, made);
            var verdict = await anybody.PostAsync("verify", new { text = made["text"].GetString() });
            Assert.True(verdict["verdict"].GetString() == "valid", verdict.Text);
            Assert.DoesNotContain(id["residentNumber"].GetString()!, verdict.Text);
            Assert.DoesNotContain(hand.NameArabic!, verdict.Text);
        }
        await ShowsNoMoreThanAskedAsync(me, hand.NameLatin!);
        await HasACardAsync(me, anybody);
        await HoldsACredentialAsync(me, anybody);
        Assert.Equal("not_valid", (await anybody.PostAsync("verify", new { text = new string('A', 157) }))["verdict"].GetString());
        Assert.NotEmpty((await anybody.GetAsync("verify/keys"))["keys"].EnumerateArray());
        Assert.NotEmpty((await me.GetAsync("inbox"))["notices"].EnumerateArray());
    }

    private static async Task ShowsNoMoreThanAskedAsync(ApiCaller me, string name)
    {
        foreach (var (view, shown) in new[] { ("valid", false), ("ages", false), ("full", true) })
        {
            var text = (await me.PostAsync("id/live-code?view=" + view))["text"].GetString()!;
            Assert.True(Base32.TryDecode(text.AsSpan(text.LastIndexOfAny([':', '/']) + 1), out var bytes));
            Assert.Equal(shown, bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name)) >= 0);
        }
        IsProblem(HttpStatusCode.BadRequest, "live_view", await me.PostAsync("id/live-code?view=everything"));
    }

    private async Task HasACardAsync(ApiCaller me, ApiCaller anybody)
    {
        Is(HttpStatusCode.NotFound, await me.GetAsync("id/card/back.png"));
        var operation = Guid.CreateVersion7();
        var card = await me.PostAsync("id/card", operation: operation);
        Is(HttpStatusCode.OK, card);
        Assert.Equal(card["id"].GetGuid(), (await me.PostAsync("id/card", operation: operation))["id"].GetGuid());
        Assert.Equal(card["id"].GetGuid(), (await me.PostAsync("id/card"))["id"].GetGuid());
        var drawn = await me.BytesAsync(card["back"].GetString()!);
        var codes = (await _world.Get<PictureReader>().ReadQrAsync(drawn)).Value;
        Assert.Equal(card["code"].GetString(), Assert.Single(codes));
        Assert.Equal("valid", (await anybody.PostAsync("verify", new { text = codes[0] }))["verdict"].GetString());
        Assert.Equal([30, 30, 30], card["mrz"].EnumerateArray().Select(l => l.GetString()!.Length));
        Assert.StartsWith("<svg", Encoding.UTF8.GetString(await me.BytesAsync(card["codePicture"].GetString()!)), StringComparison.Ordinal);
        Assert.Equal("%PDF"u8.ToArray(), (await me.BytesAsync(card["pdf"].GetString()!))[..4]);
        Is(HttpStatusCode.Unauthorized, await anybody.GetAsync("id/card/front.png"));
    }

    private async Task HoldsACredentialAsync(ApiCaller me, ApiCaller anybody)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var operation = Guid.CreateVersion7();
        var issued = await me.CredentialAsync(key: key, operation: operation);
        Is(HttpStatusCode.OK, issued);
        Assert.Equal(issued["credential"].GetString(), (await me.CredentialAsync(key: key, operation: operation))["credential"].GetString());
        Assert.Equal("valid", (await anybody.PostAsync("verify", new { text = issued["credential"].GetString() }))["verdict"].GetString());
        // The photos of these applications have rows and no files.
        IsProblem(HttpStatusCode.Conflict, "credential_no_portrait", await me.CredentialAsync("mso_mdoc", key));
        IsProblem(HttpStatusCode.BadRequest, "credential_format", await me.CredentialAsync("jwt", key));
        Assert.Equal(["dc+sd-jwt", "card_qr"], (await me.GetAsync("credentials"))["credentials"].EnumerateArray().Select(c => c.GetProperty("format").GetString()));

        var (nonce, now) = (await me.GetAsync("credentials/nonce"), _world.Clock.Now());
        Is(HttpStatusCode.Unauthorized, await anybody.GetAsync("credentials/nonce"));
        using var another = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        async Task IsNotTakenAsync(string code, Action<JsonObject, JsonObject> spoil, ECDsa? signer = null) =>
            IsProblem(HttpStatusCode.BadRequest, code, await me.PostAsync("credentials", new { format = "dc+sd-jwt", proof = ApiCaller.KeyProof(nonce, signer ?? key, now, spoil) }));
        await IsNotTakenAsync("credential_key", (header, _) => header["jwk"]!["y"] = header["jwk"]!["x"]!.GetValue<string>());
        await IsNotTakenAsync("credential_key", (header, _) => header["jwk"]!["d"] = "AAAA");
        await IsNotTakenAsync("credential_proof", (header, _) => header["typ"] = "JWT");
        await IsNotTakenAsync("credential_proof", (header, _) => header["alg"] = "none");
        await IsNotTakenAsync("credential_proof", (header, _) => header["crit"] = new JsonArray("exp"));
        await IsNotTakenAsync("credential_proof", (header, _) => header.Remove("jwk"));
        // Somebody else's public key, signed by one's own.
        var theirs = another.ExportParameters(false).Q;
        await IsNotTakenAsync("credential_proof", (header, _) => (header["jwk"]!["x"], header["jwk"]!["y"]) = (Base64Url.EncodeToString(theirs.X), Base64Url.EncodeToString(theirs.Y)));
        await IsNotTakenAsync("credential_nonce", (_, claims) => claims["aud"] = "https://another.example");
        await IsNotTakenAsync("credential_nonce", (_, claims) => claims.Remove("nonce"));
        await IsNotTakenAsync("credential_nonce", (_, claims) => claims["nonce"] = Base64Url.EncodeToString(new byte[24]));
        await IsNotTakenAsync("credential_nonce", (_, claims) => claims["iat"] = claims["iat"]!.GetValue<long>() - 3600);
        await IsNotTakenAsync("credential_nonce", (_, claims) => claims["iat"] = claims["iat"]!.GetValue<long>() + 3600);
        var others = await shared.OthersProgram.GetAsync("credentials/nonce");
        IsProblem(HttpStatusCode.BadRequest, "credential_nonce", await me.PostAsync("credentials", new { format = "dc+sd-jwt", proof = ApiCaller.KeyProof(others, key, now) }));
        foreach (var rubbish in new[] { "", "a.b.c", "eyJ9.e30.AA", "{}", new string('x', 5000), "e30.e30." + new string('A', 86) })
        {
            IsProblem(HttpStatusCode.BadRequest, "credential_proof", await me.PostAsync("credentials", new { format = "dc+sd-jwt", proof = rubbish }));
        }
        Assert.Equal(2, (await me.GetAsync("credentials"))["credentials"].GetArrayLength());
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_with_its_place_and_nothing_is_done()
    {
        var me = shared.OthersProgram;
        var at = "cases/" + await shared.DraftAsync();
        var before = (await me.GetAsync(at))["version"].GetInt64();
        var pages = at + "/pages/work";

        IsProblem(HttpStatusCode.BadRequest, "operation_id", await me.PostAsync(pages, JsonContent.Create(new { answers = new { } }), null, null));
        foreach (var (body, path) in new[]
        {
            ("{\"answers\": {\"occupation\": 5}}", "$.answers.occupation"),
            ("{\"answers\": {}, \"extra\": 1}", "$.extra"),
            ("{\"Answers\": {}}", "$.Answers"),
        })
        {
            var told = await me.PostTextAsync(pages, body);
            IsProblem(HttpStatusCode.BadRequest, "malformed", told);
            Assert.Equal(["json"], told.Refusals);
            Assert.Equal(path, told["refusals"][0].GetProperty("facts").GetProperty("path").GetString());
        }
        foreach (var body in new[]
        {
            "", "null", "[]", "{", "{\"answers\": {}} x", "{\"answers\": {}, \"answers\": {}}", "{}", "{\"answers\": null}", "{\"answers\": {\"months\": null}}",
            "{\"answers\": " + string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 41),
        })
        {
            IsProblem(HttpStatusCode.BadRequest, "malformed", await me.PostTextAsync(pages, body));
        }
        IsProblem(HttpStatusCode.UnsupportedMediaType, "media_type", await me.PostTextAsync(pages, "answers=1", "application/x-www-form-urlencoded"));
        var longOne = "{\"answers\": {\"occupation\": \"" + new string('x', ApiEdge.Largest) + "\"}}";
        IsProblem(HttpStatusCode.RequestEntityTooLarge, "too_large", await me.PostTextAsync(pages, longOne));
        using var chunked = new StreamContent(new Endless(ApiEdge.Largest + 100));
        chunked.Headers.ContentType = new("application/json");
        IsProblem(HttpStatusCode.RequestEntityTooLarge, "too_large", await me.PostAsync(pages, chunked, Guid.CreateVersion7(), null));
        Assert.Equal(before, (await me.GetAsync(at))["version"].GetInt64());
    }

    [Fact]
    public async Task Wrong_answers_are_told_at_their_fields_all_at_once()
    {
        var me = shared.OthersProgram;
        var at = "cases/" + await shared.DraftAsync();
        var wrong = await me.PostAsync(at + "/pages/work", new { answers = new { occupation = "P999", employerNumber = "1234567890" } });
        IsProblem(HttpStatusCode.BadRequest, "invalid", wrong);
        Assert.Equal(["occupation", "employerNumber"], wrong["refusals"].EnumerateArray().Select(r => r.GetProperty("field").GetString()));
        Assert.All(wrong["refusals"].EnumerateArray(), r => Assert.True(r.GetProperty("code").GetString() is { Length: > 3 } && r.GetProperty("text").GetString() is { Length: > 3 }, r.ToString()));
        // Kept as typed.
        Assert.Equal("1234567890", (await me.GetAsync(at + "/draft"))["answers"].GetProperty("employerNumber").GetString());
        var early = await me.PostAsync(at + "/submit");
        IsProblem(HttpStatusCode.BadRequest, "invalid", early);
        var fields = early["refusals"].EnumerateArray().Select(r => r.GetProperty("field").GetString()!).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(new HashSet<string>(["mrz", "nameArabic", "photo", "shortAddress", "truth"], StringComparer.Ordinal), fields);
        IsProblem(HttpStatusCode.Conflict, "not_now", await me.PostAsync("cases", new { service = "issue" }));
        Is(HttpStatusCode.NotFound, await me.PostAsync("cases", new { service = "nothing" }));
    }

    [Fact]
    public async Task The_same_operation_is_done_once_and_a_changed_one_is_refused()
    {
        var me = shared.OthersProgram;
        var id = await shared.DraftAsync();
        Is(HttpStatusCode.OK, await me.PostAsync($"cases/{id}/withdraw"));
        var operation = Guid.CreateVersion7();
        var both = new[] { await me.PostAsync("cases", new { service = "issue" }, operation), await me.PostAsync("cases", new { service = "issue" }, operation) };
        Assert.All(both, a => Is(HttpStatusCode.Created, a));
        Assert.Equal(both[0].Text, both[1].Text);
        Assert.Single((await me.GetAsync("cases")).Json.EnumerateArray(), c => c.GetProperty("state").GetString() == CaseStates.Draft);
        IsProblem(HttpStatusCode.Conflict, "operation_reused", await me.PostAsync("cases", new { service = "issue", answers = new { months = "12" } }, operation));

        var at = "cases/" + both[0]["id"].GetString();
        var answers = new { answers = new { months = "12" } };
        var save = Guid.CreateVersion7();
        Is(HttpStatusCode.OK, await me.PostAsync(at + "/pages/term", answers, save));
        var version = (await me.GetAsync(at))["version"].GetInt64();
        Is(HttpStatusCode.OK, await me.PostAsync(at + "/pages/term", answers, save));
        Assert.Equal(version, (await me.GetAsync(at))["version"].GetInt64());
        IsProblem(HttpStatusCode.Conflict, "operation_reused", await me.PostAsync(at + "/pages/term", new { answers = new { months = "24" } }, save));
        // Somebody else's operation of the same id is another operation.
        IsProblem(HttpStatusCode.NotFound, "not_found", await shared.NewcomersProgram.PostAsync(at + "/pages/term", answers, save));
    }

    [Fact]
    public async Task Who_saw_an_older_version_is_told_so()
    {
        var me = shared.OthersProgram;
        var at = "cases/" + await shared.DraftAsync();
        var seen = (await me.GetAsync(at)).Header("ETag");
        Is(HttpStatusCode.OK, await me.PostAsync(at + "/pages/term", new { answers = new { months = "12" } }, seen: seen));
        Assert.NotEqual(seen, (await me.GetAsync(at)).Header("ETag"));
        IsProblem(HttpStatusCode.PreconditionFailed, "changed", await me.PostAsync(at + "/pages/term", new { answers = new { months = "24" } }, seen: seen));
        IsProblem(HttpStatusCode.PreconditionFailed, "changed", await me.PostAsync(at + "/withdraw", seen: "\"nonsense\""));
    }

    [Fact]
    public async Task Nobody_gets_in_without_a_token_and_nobody_reaches_what_is_anothers()
    {
        var id = await shared.DraftAsync();
        var own = new[] { "cases", $"cases/{id}", $"cases/{id}/draft", "id", "bills", $"bills/{id}", "inbox", "accesses", "sessions/current", "office/queue", "office/reasons", $"office/cases/{id}" };
        using var nobody = new ApiCaller(_world);
        foreach (var token in new[] { null, "nonsense", new string('A', 43) })
        {
            nobody.Token = token;
            foreach (var path in own)
            {
                IsProblem(HttpStatusCode.Unauthorized, "not_signed_in", await nobody.GetAsync(path));
            }
            IsProblem(HttpStatusCode.Unauthorized, "not_signed_in", await nobody.PostAsync($"cases/{id}/withdraw"));
        }
        var other = shared.NewcomersProgram;
        foreach (var path in new[] { $"cases/{id}", $"cases/{id}/draft", $"bills/{id}", "office/queue", $"office/cases/{id}", "nothing/here" })
        {
            IsProblem(HttpStatusCode.NotFound, "not_found", await other.GetAsync(path));
        }
        foreach (var verb in new[] { "submit", "withdraw", "prepare", "cancel" })
        {
            IsProblem(HttpStatusCode.NotFound, "not_found", await other.PostAsync($"cases/{id}/{verb}"));
        }
        IsProblem(HttpStatusCode.NotFound, "not_found", await other.PostAsync($"office/cases/{id}/take"));
        IsProblem(HttpStatusCode.MethodNotAllowed, "method", await other.PostAsync("bills"));
        using var wrong = new ApiCaller(_world);
        var failed = await wrong.PostAsync("sessions", new { name = shared.Other.BorderNumber, password = "not this one at all" });
        IsProblem(HttpStatusCode.Unauthorized, "sign_in_failed", failed);
        Assert.Equal(["sign_in.failed"], failed.Refusals);
        Assert.Equal(failed.Text, (await wrong.PostAsync("sessions", new { name = "3999999992", password = "not this one at all" })).Text);
    }

    [Fact]
    public async Task The_sessions_cookie_reads_and_changes_nothing()
    {
        var id = await shared.DraftAsync();
        using var page = new ApiCaller(_world);
        async Task<ApiAnswer> ByCookieAsync(HttpMethod method, string path)
        {
            var request = new HttpRequestMessage(method, "/api/v1/" + path);
            request.Headers.Add("Cookie", "muqeem=" + shared.OthersProgram.Token);
            request.Headers.Add("Operation-Id", Guid.CreateVersion7().ToString());
            return await page.SendAsync(request);
        }
        Is(HttpStatusCode.OK, await ByCookieAsync(HttpMethod.Get, "cases/" + id));
        IsProblem(HttpStatusCode.Unauthorized, "bearer_needed", await ByCookieAsync(HttpMethod.Post, $"cases/{id}/withdraw"));
        Assert.Equal(CaseStates.Draft, (await shared.OthersProgram.GetAsync("cases/" + id))["state"].GetString());
    }

    [Fact]
    public async Task Lists_go_on_where_the_cursor_says()
    {
        var me = shared.OthersProgram;
        for (var i = 0; i < 51; i++)
        {
            Is(HttpStatusCode.OK, await me.GetAsync("inbox"));
        }
        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await me.GetAsync("accesses" + (next is null ? "" : "?before=" + next));
            Is(HttpStatusCode.OK, page);
            var lines = page["accesses"].EnumerateArray().Select(a => a.GetProperty("id").GetString()!).ToList();
            next = page.Json.TryGetProperty("next", out var n) ? n.GetString() : null;
            Assert.True(next is null || (lines.Count == 50 && lines[^1] == next));
            seen.AddRange(lines);
        }
        while (next is not null);
        Assert.True(seen.Count > 50, $"Only {seen.Count} accesses.");
        Assert.Equal(seen.OrderByDescending(i => i, StringComparer.Ordinal).Distinct(), seen);
        IsProblem(HttpStatusCode.BadRequest, "malformed", await me.GetAsync("accesses?before=yesterday"));
        IsProblem(HttpStatusCode.BadRequest, "malformed", await me.GetAsync("inbox?before=1"));
    }

    [Fact]
    public async Task Officers_page_through_the_queue_read_take_and_decide()
    {
        var first = await _world.ApplyAsync(await _world.NewcomerAsync());
        var second = await _world.ApplyAsync(await _world.NewcomerAsync());
        using var officer = new ApiCaller(_world);
        await officer.SignInAsync("officer.one");
        var found = new List<Guid>();
        string? next = null;
        do
        {
            var page = await officer.GetAsync("office/queue?limit=1" + (next is null ? "" : "&after=" + next));
            Is(HttpStatusCode.OK, page);
            found.Add(Assert.Single(page["cases"].EnumerateArray()).GetProperty("id").GetGuid());
            next = page.Json.TryGetProperty("next", out var n) ? n.GetString() : null;
        }
        while (next is not null);
        Assert.True(found.IndexOf(first.Case.Value) is >= 0 and var place && place < found.IndexOf(second.Case.Value));
        Assert.Equal(found.Distinct(), found);
        foreach (var bad in new[] { "after=x", "limit=0", "limit=101", "service=nothing" })
        {
            IsProblem(HttpStatusCode.BadRequest, "malformed", await officer.GetAsync("office/queue?" + bad));
        }

        var at = $"office/cases/{first.Case}";
        var review = await officer.GetAsync(at);
        Assert.Contains(review["comparisons"].EnumerateArray(), c => c.GetProperty("field").GetString() == "name_arabic" && !c.GetProperty("agrees").GetBoolean() && c.GetProperty("typed").GetString() == Applications.AnotherName);
        Is(HttpStatusCode.OK, await officer.PostAsync(at + "/take"));
        Assert.Contains(first.Case.Value, (await officer.GetAsync("office/queue?mine=true"))["cases"].EnumerateArray().Select(c => c.GetProperty("id").GetGuid()));
        var without = await officer.PostAsync(at + "/approve", new { reason = "because" });
        IsProblem(HttpStatusCode.BadRequest, "invalid", without);
        Assert.Equal(["reason:" + Cases.CaseRefusals.ReasonMissing], without.Refusals);
        IsProblem(HttpStatusCode.PreconditionFailed, "changed", await officer.PostAsync(at + "/approve", new { reason = "approve.explained" }, seen: "\"1\""));
        var approved = await officer.PostAsync(at + "/approve", new { reason = "approve.explained" });
        Is(HttpStatusCode.OK, approved);
        Assert.Equal(CaseStates.AwaitingPayment, approved["state"].GetString());
        var late = await officer.PostAsync(at + "/approve", new { reason = "approve.explained" });
        IsProblem(HttpStatusCode.Conflict, "not_now", late);
        Assert.Equal(CaseStates.AwaitingPayment, late["state"].GetString());
        // An officer is no resident.
        IsProblem(HttpStatusCode.NotFound, "not_found", await officer.GetAsync("cases"));
    }

    [Fact]
    public async Task The_document_of_the_API_is_the_one_that_was_agreed()
    {
        using var anybody = new ApiCaller(_world);
        var answer = await anybody.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json"));
        Is(HttpStatusCode.OK, answer);
        GeneratedDocs.Check("openapi.v1.json", answer.Text + "\n");
    }

    /// <summary>A body whose length nobody knows before.</summary>
    private sealed class Endless(int length) : MemoryStream(Encoding.UTF8.GetBytes(new string(' ', length)))
    {
        public override bool CanSeek => false;
    }
}

/// <summary>How much may be asked: nothing here meets the database.</summary>
public sealed class ApiLimitsTests : IAsyncLifetime
{
    private WholeWorld _world = null!;

    public async ValueTask InitializeAsync() =>
        _world = await WholeWorld.StartAsync(DatabaseKind.Sqlite, new Dictionary<string, string?>(StringComparer.Ordinal) { ["Api:AddressPerMinute"] = "30" });

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Who_asks_too_much_is_told_how_much_is_left_and_when_to_ask_again()
    {
        using var eager = new ApiCaller(_world);
        var first = await eager.GetAsync("verify/keys");
        Assert.Equal((HttpStatusCode.OK, "30", "29", "1"), (first.Status, first.Header("RateLimit-Limit"), first.Header("RateLimit-Remaining"), first.Header("RateLimit-Reset")));
        // One comes back each second; asked without a pause the bucket runs empty.
        var refused = first;
        for (var i = 0; i < 2_000 && refused.Status == HttpStatusCode.OK; i++)
        {
            refused = await eager.GetAsync("verify/keys");
        }
        Assert.Equal((HttpStatusCode.TooManyRequests, "too_many"), (refused.Status, refused.Code));
        Assert.Equal(("0", "30"), (refused.Header("RateLimit-Remaining"), refused.Header("RateLimit-Limit")));
        Assert.True(int.Parse(refused.Header("Retry-After"), System.Globalization.CultureInfo.InvariantCulture) >= 1);
        using var calm = new ApiCaller(_world);
        Assert.Equal(HttpStatusCode.OK, (await calm.GetAsync("verify/keys")).Status);
    }
}
