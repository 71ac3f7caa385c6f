using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Cases.Definition;
using Muqeem.Host.Verbs;
using Muqeem.Kernel;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.Tests;
using Muqeem.Verifier;
using Muqeem.Verifier.Journal;
using Muqeem.Verifier.Receipts;
using Muqeem.Verifier.Trust;
using NodaTime;

namespace Muqeem.Host.Api;

/// <summary>The receipts of decisions: from the decision to whoever is shown one.</summary>
public abstract partial class ApiTests
{
    /// <summary>The two files that a person takes away.</summary>
    private sealed record Taken(string Act, string Outcome, byte[] Receipt, byte[] Proof)
    {
        public JsonNode Json => JsonNode.Parse(Receipt)!;
    }

    private async Task<Checked<VerifiedReceipt>> CheckAsync(byte[] receipt, byte[] proof, IReadOnlyList<NoteVerifierKey>? journal = null)
    {
        var (pem, keys) = (await _world.Http.GetStringAsync("trust/root.pem"), journal ?? await JournalAsync());
        return ReceiptVerifier.Verify(receipt, proof, TrustAnchors.FromPem(pem).Value, keys, _world.Clock.GetUtcNow(), new ReceiptOptions());
    }

    private async Task<IReadOnlyList<NoteVerifierKey>> JournalAsync() => [NoteVerifierKey.Parse((await _world.Http.GetStringAsync("journal/vkey")).Trim()).Value];

    private async Task<VerifiedReceipt> GoodAsync(Taken taken)
    {
        var result = await CheckAsync(taken.Receipt, taken.Proof);
        Assert.True(result.Ok, $"{taken.Outcome}: {result.Reason?.Code()}\n{Encoding.UTF8.GetString(taken.Receipt)}");
        return result.Value;
    }

    private static async Task<List<JsonElement>> LinesAsync(ApiCaller me, string at)
    {
        var lines = await me.GetAsync(at + "/receipts");
        Is(HttpStatusCode.OK, lines);
        return [.. lines.Json.EnumerateArray()];
    }

    /// <summary>The case's latest receipt, once it is in the journal.</summary>
    private static async Task<Taken> TakeAsync(ApiCaller me, string at, string outcome)
    {
        var line = await WholeWorld.UntilAsync(async () => await LinesAsync(me, at) is [.., var last] && last.GetProperty("outcome").GetString() == outcome && last.GetProperty("ready").GetBoolean() ? last.GetRawText() : null, $"the receipt {outcome} is ready");
        using var json = JsonDocument.Parse(line);
        var act = json.RootElement.GetProperty("act").GetString()!;
        var (receipt, proof) = (await me.GetAsync($"{at}/receipts/{act}"), await me.GetAsync($"{at}/receipts/{act}/proof"));
        Is(HttpStatusCode.OK, receipt);
        Is(HttpStatusCode.OK, proof);
        Assert.Equal(("application/json", "text/plain", "no-store"), (receipt.Content.ContentType?.MediaType, proof.Content.ContentType?.MediaType, receipt.Headers.CacheControl?.ToString()));
        return new(act, outcome, Encoding.UTF8.GetBytes(receipt.Text), Encoding.UTF8.GetBytes(proof.Text));
    }

    private async Task<string> SentAsync(ApiCaller me, PersonInHand hand, PersonId person)
    {
        var started = await me.PostAsync("cases", new { service = "issue" });
        Is(HttpStatusCode.Created, started);
        var at = "cases/" + started["id"].GetString();
        foreach (var (page, answers) in await _world.AnswersAsync(person, hand, Applications.AnotherName))
        {
            Is(HttpStatusCode.OK, await me.PostAsync($"{at}/pages/{page}", new { answers }));
        }
        Is(HttpStatusCode.OK, await me.PostAsync(at + "/submit"));
        return at;
    }

    [Fact]
    public async Task Each_decision_gives_a_receipt_that_a_stranger_checks_without_asking_us()
    {
        var (hand, me) = await shared.InAsync(await _world.NewcomerAsync());
        using var program = me;
        await _world.NothingStandsAgainstAsync(hand);
        var person = (await _world.Get<Registry.Persons>().FindAsync(Registry.IdentifierKinds.Border, hand.BorderNumber))!.Value;
        var at = await SentAsync(me, hand, person);
        Assert.Empty(await LinesAsync(me, at));
        var early = await _world.Http.GetStringAsync("journal/checkpoint");

        var refused = await RefusedAsync(me, at);
        var objected = await UpheldAsync(me, at);
        var granted = await PaidAsync(me, at);
        Assert.Equal(["refused", "approved", "granted"], (await LinesAsync(me, at)).Select(l => l.GetProperty("outcome").GetString()));
        var ruled = await ByRuleAsync(me, await SentWithoutJournalAsync(me, hand, person));

        await NothingElsePassesAsync(refused, granted, ruled, early);
        await NobodyElseAsync(me, at, refused);
        await PagesAsync(hand, at, granted);
        await StrangersAsync(refused, ruled);
        await ErasedAsync(me, at, person, granted);
    }

    private async Task<Taken> RefusedAsync(ApiCaller me, string at)
    {
        using var officer = new ApiCaller(_world);
        await officer.SignInAsync("officer.one");
        Is(HttpStatusCode.OK, await officer.PostAsync($"office/{at}/take"));
        Is(HttpStatusCode.OK, await officer.PostAsync($"office/{at}/refuse", new { reason = "refuse.identity_not_shown", text = "الاسم في السجل \"مختلف\"." }));
        // Pressed and not sent: it can still be taken back, and there is no receipt.
        Assert.Empty(await LinesAsync(me, at));
        await _world.MoveClockAsync(Duration.FromSeconds(61));
        var taken = await TakeAsync(me, at, "refused");
        var receipt = (await GoodAsync(taken)).Receipt;
        Assert.Equal(("officer", "UNDER_REVIEW", CaseStates.Refused, false, "refuse.identity_not_shown", "الاسم في السجل \"مختلف\"."),
            (receipt.By, receipt.From, receipt.To, receipt.OnObjection, receipt.Reasons[0].Code, receipt.Letter!.Text));
        Assert.Equal(["ar", "en"], receipt.Reasons[0].Words.Keys.Order(StringComparer.Ordinal));
        Assert.True(receipt.IsSpecimen);
        Assert.Equal(("objection", receipt.At.AddDays(60)), (receipt.Deadlines[0].Kind, receipt.Deadlines[0].Until));
        Assert.Contains(receipt.Comparisons, c => c.Field == "name_arabic" && !c.Agrees && c.Typed == Applications.AnotherName);
        Assert.Contains(receipt.Facts, f => f.Name == "medical" && f.Source == "medical" && f.Value["fit"] is not null);
        var text = Encoding.UTF8.GetString(taken.Receipt);
        Assert.All(["flags", "officer.one", "saudis"], hidden => Assert.DoesNotContain(hidden, text, StringComparison.OrdinalIgnoreCase));
        // Made again it says the same.
        var again = JsonNode.Parse((await me.GetAsync($"{at}/receipts/{taken.Act}")).Text)!.AsObject();
        var first = taken.Json.AsObject();
        foreach (var once in new[] { "signature", "signed_at" })
        {
            Assert.True(again.Remove(once) && first.Remove(once));
        }
        Assert.True(JsonNode.DeepEquals(first, again));
        return taken;
    }

    private async Task<Taken> UpheldAsync(ApiCaller me, string at)
    {
        Is(HttpStatusCode.OK, await me.PostAsync(at + "/object", new { text = "It is my name." }));
        using var officer = new ApiCaller(_world);
        await officer.SignInAsync("officer.two");
        Is(HttpStatusCode.OK, await officer.PostAsync($"office/{at}/take"));
        Is(HttpStatusCode.OK, await officer.PostAsync($"office/{at}/approve", new { reason = "approve.objection_upheld" }));
        var taken = await TakeAsync(me, at, "approved");
        var good = (await GoodAsync(taken)).Receipt;
        Assert.Equal(("officer", true, "approve.objection_upheld", "payment"), (good.By, good.OnObjection, good.Reasons[0].Code, good.Deadlines[0].Kind));
        return taken;
    }

    private async Task<Taken> PaidAsync(ApiCaller me, string at)
    {
        var bill = await WholeWorld.UntilAsync(async () => await me.GetAsync("bills/" + (await me.GetAsync(at))["bill"].GetString()) is { Status: HttpStatusCode.OK } b && b.Json.TryGetProperty("number", out var n) ? n.GetString() : null, "the bill got its number");
        await _world.AtDeskAsync($"bank/bills/{bill}/pay");
        await WholeWorld.UntilAsync(async () => (await me.GetAsync(at))["state"].GetString() == CaseStates.Issued ? "" : null, "the ID is issued");
        var taken = await TakeAsync(me, at, "granted");
        var good = (await GoodAsync(taken)).Receipt;
        Assert.Equal(("rules", CaseStates.Issued, 0), (good.By, good.To, good.Reasons.Count));
        Assert.Single(good.Documents);
        return taken;
    }

    /// <summary>A second application, which the rules refuse; the journal stands still until it was asked for its receipt.</summary>
    private async Task<string> SentWithoutJournalAsync(ApiCaller me, PersonInHand hand, PersonId person)
    {
        var sequencer = _world.Get<Sequencer>();
        var gate = new TaskCompletionSource();
        // Set before the decision and taken away after it: no round that could hold its act gets past.
        sequencer.BeforeStep = step =>
        {
            if (step == "sequence")
            {
                gate.Task.GetAwaiter().GetResult();
            }
        };
        try
        {
            var at = await SentAsync(me, hand, person);
            var line = Assert.Single(await LinesAsync(me, at));
            Assert.Equal(("refused", false), (line.GetProperty("outcome").GetString(), line.GetProperty("ready").GetBoolean()));
            foreach (var file in new[] { "", "/proof" })
            {
                var early = await me.GetAsync($"{at}/receipts/{line.GetProperty("act")}{file}");
                IsProblem(HttpStatusCode.ServiceUnavailable, "receipt_not_ready", early);
                Assert.Equal("1", early.Header("Retry-After"));
            }
            return at;
        }
        finally
        {
            sequencer.BeforeStep = null;
            gate.SetResult();
        }
    }

    private async Task<Taken> ByRuleAsync(ApiCaller me, string at)
    {
        var taken = await TakeAsync(me, at, "refused");
        var good = await GoodAsync(taken);
        Assert.Equal(("rules", CaseStates.Draft, "issue.has_residence"), (good.Receipt.By, good.Receipt.From, good.Receipt.Reasons[0].Code));
        Assert.Contains("residence", good.Receipt.Reasons[0].Words["en"], StringComparison.OrdinalIgnoreCase);
        // It was asked for and decided in one act: the journal vouches for every fact's source and time.
        Assert.Equal(good.Receipt.Facts.Select(f => f.Name).Order(StringComparer.Ordinal), good.ProvenFacts.Order(StringComparer.Ordinal));
        Assert.Contains("residence", good.ProvenFacts);
        return taken;
    }

    private async Task NothingElsePassesAsync(Taken refused, Taken granted, Taken ruled, string earlier)
    {
        async Task<Reason?> ReasonAsync(byte[] receipt, byte[] proof, IReadOnlyList<NoteVerifierKey>? journal = null) => (await CheckAsync(receipt, proof, journal)).Reason;
        Assert.Equal(Reason.ReceiptProofOther, await ReasonAsync(refused.Receipt, granted.Proof));
        Assert.Equal(Reason.ReceiptProofMissing, await ReasonAsync(refused.Receipt, []));
        var (mine, other) = (refused.Json, ruled.Json);
        mine["signature"] = other["signature"]!.DeepClone();
        Assert.Equal(Reason.SignatureWrong, await ReasonAsync(Encoding.UTF8.GetBytes(mine.ToJsonString()), refused.Proof));
        var key = (await JournalAsync())[0];
        var stranger = NoteVerifierKey.Create(key.Name, NoteSignatureType.Ed25519, [.. Enumerable.Reverse(key.PublicKey.ToArray())]);
        Assert.Equal(Reason.NoteUnsigned, await ReasonAsync(refused.Receipt, refused.Proof, [stranger]));
        var proof = Encoding.UTF8.GetString(granted.Proof);
        Assert.Equal(Reason.ReceiptCheckpointOlder, await ReasonAsync(granted.Receipt, Encoding.UTF8.GetBytes(proof[..(proof.IndexOf("\n\n", StringComparison.Ordinal) + 2)] + earlier)));

        // Signed anew by our own key it is still found: the journal holds what was decided.
        var signer = _world.Get<KeyStore>().Current(KeyPurpose.Receipt);
        foreach (var (reason, change) in new (Reason, Action<JsonNode>)[]
        {
            (Reason.ReceiptDecisionContradicted, r => r["decision"]!["outcome"] = "granted"), (Reason.ReceiptDecisionContradicted, r => r["decision"]!["reasons"]![0]!["code"] = "refuse.statement_untrue"),
            (Reason.ReceiptDecisionContradicted, r => r["decision"]!["at"] = "2026-01-01T00:00:00.000000Z"), (Reason.ReceiptLetterContradicted, r => r["decision"]!["letter"]!["text"] = "Welcome."),
            (Reason.ReceiptActContradicted, r => r["case"]!["reference"] = other["case"]!["reference"]!.DeepClone()), (Reason.ReceiptActContradicted, r => r["rules"]!["policy"] = "999"),
            (Reason.ReceiptDeadlineContradicted, r => r["deadlines"]![0]!["days"] = 30), (Reason.ReceiptEntryWrong, r => r["journal"]!["salt"] = other["journal"]!["salt"]!.DeepClone()),
            (Reason.ReceiptRowMissing, r => r["journal"]!["rows"] = new JsonArray()),
        })
        {
            var lie = refused.Json;
            change(lie);
            Assert.Equal(reason, await ReasonAsync(Signed(lie.AsObject(), signer), refused.Proof));
        }
        var trust = TrustAnchors.FromPem(await _world.Http.GetStringAsync("trust/root.pem")).Value;
        foreach (var taken in new[] { refused, ruled })
        {
            var changed = 0;
            foreach (var (what, file) in Damaged.Variants(taken.Receipt))
            {
                Assert.False(ReceiptVerifier.Verify(file, taken.Proof, trust, [key], _world.Clock.GetUtcNow(), new ReceiptOptions()).Ok, what);
                changed++;
            }
            Assert.True(changed > 200, $"{changed}");
        }
    }

    private byte[] Signed(JsonObject receipt, SigningCertificate by)
    {
        var header = receipt["signature"]!.GetValue<string>().Split('.')[0];
        receipt.Remove("signature");
        var payload = Minted.B64(TestReceipt.Canonical(receipt));
        receipt["signature"] = $"{header}..{Minted.B64(_world.Get<KeyStore>().Sign(by, Encoding.ASCII.GetBytes($"{header}.{payload}")))}";
        return Encoding.UTF8.GetBytes(receipt.ToJsonString());
    }

    private async Task NobodyElseAsync(ApiCaller me, string at, Taken taken)
    {
        foreach (var path in new[] { $"{at}/receipts", $"{at}/receipts/{taken.Act}", $"{at}/receipts/{taken.Act}/proof" })
        {
            IsProblem(HttpStatusCode.NotFound, "not_found", await shared.OthersProgram.GetAsync(path));
            using var nobody = new ApiCaller(_world);
            IsProblem(HttpStatusCode.Unauthorized, "not_signed_in", await nobody.GetAsync(path));
        }
        // An act of the case that decided nothing, and one that is none.
        var start = await _world.Get<Platform.Database.Db>().FirstAsync<Guid>("SELECT id FROM act WHERE case_id = @id AND verb = 'case.object'", new { id = Guid.Parse(at["cases/".Length..]) });
        foreach (var act in new[] { start, Guid.CreateVersion7() })
        {
            IsProblem(HttpStatusCode.NotFound, "not_found", await me.GetAsync($"{at}/receipts/{act}"));
        }
    }

    private async Task PagesAsync(PersonInHand hand, string at, Taken granted)
    {
        using var browser = new Browser(_world, "en");
        await browser.OpenAsync("sign-in");
        await browser.SignInAsync(_world, hand);
        var page = "applications/" + at["cases/".Length..];
        await browser.OpenAsync(page);
        Assert.True(browser.Shows(_world.Get<Platform.Texts.TextCatalogue>().In("en").Text("portal.receipts.intro")), browser.Html);
        var link = $"/en/{page}/receipts/{granted.Act}";
        Assert.Contains($"href=\"{link}\"", browser.Html);
        Assert.Contains($"href=\"{link}/proof\"", browser.Html);
        await browser.OpenAsync(link);
        var receipt = Encoding.UTF8.GetBytes(browser.Html);
        await browser.OpenAsync(link + "/proof");
        Assert.True((await CheckAsync(receipt, Encoding.UTF8.GetBytes(browser.Html))).Ok);
        var person = (await _world.Get<Registry.Persons>().FindAsync(Registry.IdentifierKinds.Border, hand.BorderNumber))!.Value;
        Assert.Contains((await _world.Get<AccessLog>().ForPersonAsync(person)).Lines, l => l is { Where: "case.receipt", Purpose: Purpose.Self });
    }

    /// <summary>The verb, and programs that share no code with it: jose and Go's log library, where they are installed.</summary>
    private async Task StrangersAsync(params Taken[] all)
    {
        var checks = Path.Combine(Repository.Root, "tests", "Independent");
        foreach (var taken in all)
        {
            var folder = Directory.CreateTempSubdirectory("muqeem-receipt-").FullName;
            try
            {
                string In(string name) => Path.Combine(folder, name);
                File.WriteAllBytes(In("receipt.json"), taken.Receipt);
                File.WriteAllBytes(In("receipt.tlog-proof"), taken.Proof);
                File.WriteAllText(In("journal.vkey"), await _world.Http.GetStringAsync("journal/vkey"));
                File.WriteAllText(In("checkpoint"), await _world.Http.GetStringAsync("journal/checkpoint"));
                File.WriteAllText(In("iaca.pem"), await _world.Http.GetStringAsync("trust/root.pem"));
                File.WriteAllText(In("bent.json"), Encoding.UTF8.GetString(taken.Receipt).Replace(taken.Json["journal"]!["salt"]!.GetValue<string>(), Convert.ToBase64String(new byte[16]), StringComparison.Ordinal));
                // The clock of this world was moved on: what it signs now is from the future for a machine that goes right.
                var (vkey, root, at) = ($"--vkey={In("journal.vkey")}", $"--root={In("iaca.pem")}", $"--at={_world.Clock.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}");
                Assert.Equal(0, await Verb.RunAsync(["receipt", "check", In("receipt.json"), vkey, root, at]));
                Assert.Equal(1, await Verb.RunAsync(["receipt", "check", In("receipt.json"), vkey, root, "--at=2026-01-01"]));
                Assert.Equal(2, await Verb.RunAsync(["receipt", "check", In("receipt.json"), vkey, root, "--at=tomorrow"]));
                Assert.Equal(1, await Verb.RunAsync(["receipt", "check", In("bent.json"), In("receipt.tlog-proof"), vkey, root, at]));
                File.WriteAllBytes(In("alone.json"), taken.Receipt);
                Assert.Equal(1, await Verb.RunAsync(["receipt", "check", In("alone.json"), vkey, root, at]));
                Assert.Equal(2, await Verb.RunAsync(["receipt", "check", In("receipt.json"), vkey]));
                if (shared is not ApiOnSqlite)
                {
                    continue;
                }
                if (Directory.Exists(Path.Combine(checks, "node_modules")))
                {
                    var (code, said) = await ProcessAsync("node", checks, "check.mjs", folder);
                    Assert.True(code == 0 && said.Contains("2 checks, 0 failed", StringComparison.Ordinal), said);
                }
                if (taken == all[0] && File.Exists("/usr/bin/go") && Directory.Exists("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog"))
                {
                    Assert.Equal((0, ""), await ProcessAsync("/usr/bin/go", folder, "build", "-o", In("journal"), Path.Combine(checks, "journal.go")));
                    Task<(int Code, string Said)> GoAsync(params string[] args) => ProcessAsync(In("journal"), folder, args);
                    Assert.Equal((0, ""), await GoAsync("receipt", In("journal.vkey"), In("receipt.tlog-proof"), In("receipt.json")));
                    Assert.Equal(0, (await GoAsync("checkpoint", In("journal.vkey"), In("checkpoint"))).Code);
                    Assert.Equal(1, (await GoAsync("receipt", In("journal.vkey"), In("receipt.tlog-proof"), In("bent.json"))).Code);
                    File.WriteAllBytes(In("other.tlog-proof"), all.First(t => t != taken).Proof);
                    Assert.Equal(1, (await GoAsync("receipt", In("journal.vkey"), In("other.tlog-proof"), In("receipt.json"))).Code);
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static async Task<(int Code, string Said)> ProcessAsync(string program, string folder, params string[] args)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = folder };
        foreach (var (name, value) in ((string, string)[])[("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"), ("GOCACHE", Path.Combine(Path.GetTempPath(), "muqeem-go-cache")), ("GOFLAGS", ""), ("GOTOOLCHAIN", "local"), ("CGO_ENABLED", "0")])
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    /// <summary>What the case said of the person is gone: there is no receipt, and the answer says so.</summary>
    private async Task ErasedAsync(ApiCaller me, string at, PersonId person, Taken taken)
    {
        var change = new Change(new Act(ActId.New(_world.Clock), "test.erase", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("erase"), _world.Clock.Now()) { Person = person });
        change.Erasures.Add(new(person, RetentionClass.Case));
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
        // What this node still remembers of the key ends after minutes; here at once.
        _world.Get<DataKeys>().Forget(person, RetentionClass.Case);
        IsProblem(HttpStatusCode.Gone, "receipt_erased", await me.GetAsync($"{at}/receipts/{taken.Act}"));
        // The files that were taken away before are as good as ever.
        Assert.True((await CheckAsync(taken.Receipt, taken.Proof)).Ok);
    }
}
