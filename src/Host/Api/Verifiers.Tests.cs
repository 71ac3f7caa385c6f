using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Credentials;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifiers;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;
using Muqeem.SignIn.Book;
using Muqeem.Tests;
using Muqeem.Verifier;
using NodaTime;
using Signing = Muqeem.Host.Api.VerifierProgram.Signing;

namespace Muqeem.Host.Api;

/// <summary>A resident with an ID on his phone, and a bank that may check it.</summary>
public abstract class VerifierWorld(DatabaseKind kind) : SharedWorld(kind)
{
    private string? _token;

    internal VerifierProgram Bank { get; private set; } = null!;

    /// <summary>Whoever shows the ID.</summary>
    internal PersonId Person { get; private set; }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Person = (await Residents.SettleAsync(Residents.EstablishmentWorker, Residents.Today.PlusYears(1))).Person;
        Bank = await VerifierProgram.RegisterAsync(World, [new(VerifierOperation.Status, "keep_account"), new(VerifierOperation.Status, "open_account"), new(VerifierOperation.Presentation, "open_account")], 6_000, 60_000);
    }

    /// <summary>What the person reads when signed in.</summary>
    internal async Task<string> ReadAsync(string path)
    {
        _token ??= await TokenAsync(Person);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", _token);
        request.Headers.AcceptLanguage.ParseAdd("en");
        using var answer = await World.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return text;
    }

    /// <summary>Of a session of a new account of this person.</summary>
    internal async Task<string> TokenAsync(PersonId person)
    {
        var now = World.Clock.Now();
        var change = new Change(new Act(ActId.New(World.Clock), "test.account", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("account"), now));
        var account = new AccountRow(AccountId.New(World.Clock).Value, 0, person.Value, nameof(AccountKind.Resident), nameof(AccountState.Active), nameof(Proofing.Mobile), OfficeRoles.Write(OfficeRole.None), null, "en", "none", now, now);
        change.Heads.Add(account.Next());
        var starting = await World.Get<Sessions>().StartAsync(change, account, new Visitor("test", null, "test", "en"), shared: false, accountIsNew: true, default);
        Assert.IsType<WriteOutcome.Done>(await World.Get<IWriter>().WriteAsync(change));
        return starting.Token;
    }

    /// <summary>Another credential of the person, for a new key, once its place is known.</summary>
    internal async Task<(string Text, ECDsa Holder, IssuedForm Form, string Uri)> IssueAsync(PersonId? of = null)
    {
        var person = of ?? Person;
        var holder = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = holder.ExportParameters(false).Q;
        var actor = Actor.System("test");
        var issued = Assert.IsType<FormAnswer.Issued>(await ReadDoor.RunAsync(() => World.Get<IssuedForms>().RequestAsync(
            World.Get<ReadDoor>().Enter(actor, Purpose.Self, null, "test", person), actor, person, FormKind.SdJwtVc, new HolderKey(q.X!, q.Y!), Guid.CreateVersion7())));
        return (Encoding.ASCII.GetString(issued.Credential), holder, issued.Form, World.Get<StatusLists>().UriOf(issued.Form.Place.List));
    }

    internal async Task ChangeAsync(IssuedForm form, Func<IssuedForm, IssuedForm> to)
    {
        var change = new Change(new Act(ActId.New(World.Clock), "test.status", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("status"), World.Clock.Now()));
        var stored = (await World.Get<IssuedForms>().OfAsync(form.Person)).Single(f => f.Id == form.Id);
        IssuedForms.Put(change, to(stored), World.Clock);
        Assert.IsType<WriteOutcome.Done>(await World.Get<IWriter>().WriteAsync(change));
    }
}

public sealed class VerifiersOnSqlite() : VerifierWorld(DatabaseKind.Sqlite);

public sealed class VerifiersOnPostgreSql() : VerifierWorld(DatabaseKind.PostgreSql);

public sealed class VerifiersOnSqliteTests(VerifiersOnSqlite world) : VerifiersTests(world), IClassFixture<VerifiersOnSqlite>;

public sealed class VerifiersOnPostgreSqlTests(VerifiersOnPostgreSql world) : VerifiersTests(world), IClassFixture<VerifiersOnPostgreSql>;

/// <summary>The front door of registered verifiers, over HTTP.</summary>
public abstract class VerifiersTests(VerifierWorld shared)
{
    private readonly WholeWorld _world = shared.World;
    private readonly VerifierProgram _bank = shared.Bank;

    private static void IsProblem(HttpStatusCode status, string code, ApiAnswer answer)
    {
        Assert.True(answer.Status == status && answer.Content.ContentType?.MediaType == "application/problem+json", $"{(int)answer.Status} {answer.Text}");
        Assert.Equal((code, "urn:muqeem:problem:" + code), (answer.Code, answer["type"].GetString()));
    }

    private static object Place(string uri, long index, string purpose = "keep_account") => new { purpose, uri, index };

    private static object Shown(string presentation, string? nonce = null, string purpose = "open_account") =>
        nonce is null ? new { purpose, presentation } : new { purpose, presentation, audience = VerifierProgram.Audience, nonce };

    private async Task<ApiAnswer> OkAsync(string path, object body)
    {
        var answer = await _bank.PostAsync(path, body);
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return answer;
    }

    /// <summary>Asks until the answer is this one: a change is known within a second.</summary>
    private Task<ApiAnswer> UntilAsync(string status, object place) => WholeWorld.UntilAsync(async () => await OkAsync("status", place) is var answer && answer["status"].GetString() == status ? answer : null, $"the status is {status}", 20);

    [Fact]
    public async Task A_status_follows_the_register_within_a_second_and_says_as_of_when()
    {
        var (_, holder, form, uri) = await shared.IssueAsync();
        holder.Dispose();
        var place = Place(uri, form.Place.Index);
        var valid = await UntilAsync("valid", place);
        Assert.InRange(_world.Clock.GetUtcNow() - valid["asOf"].GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        var now = _world.Clock.Now();
        await shared.ChangeAsync(form, f => f with { FrozenAt = now });
        await UntilAsync("frozen", place);
        await shared.ChangeAsync(form, f => f with { SuspendedAt = now });
        await UntilAsync("suspended", place);
        await shared.ChangeAsync(form, f => f with { SuspendedAt = null, FrozenAt = null });
        await UntilAsync("valid", place);
        await shared.ChangeAsync(form, f => f with { InvalidReason = "revoked" });
        await UntilAsync("invalid", place);
    }

    [Fact]
    public async Task Where_no_credential_of_ours_stands_the_status_is_unknown_and_not_valid()
    {
        var (_, holder, form, uri) = await shared.IssueAsync();
        holder.Dispose();
        await UntilAsync("valid", Place(uri, form.Place.Index));
        Assert.Equal("unknown", (await OkAsync("status", Place(uri, (form.Place.Index + 1) % StatusEntries.FullSize)))["status"].GetString());
        Assert.Equal("unknown", (await OkAsync("status", Place(uri, StatusEntries.FullSize)))["status"].GetString());
        Assert.Equal("unknown", (await OkAsync("status", Place(uri, -1)))["status"].GetString());
        Assert.Equal("unknown", (await OkAsync("status", Place(uri[..^1] + "9", form.Place.Index)))["status"].GetString());
        Assert.Equal("unknown", (await OkAsync("status", Place("https://elsewhere.example/status/2027q1-0", form.Place.Index)))["status"].GetString());
    }

    [Fact]
    public async Task What_a_holder_shows_is_judged_and_the_resident_reads_who_checked_it_and_what_for()
    {
        var (text, holder, form, uri) = await shared.IssueAsync();
        using var owned = holder;
        await UntilAsync("valid", Place(uri, form.Place.Index));
        Task<ApiAnswer> ShowAsync(string shown, string nonce) => OkAsync("presentation", Shown(shown, nonce));
        var before = await ChecksAsync();

        var good = await ShowAsync(_bank.Present(text, holder, "n-1"), "n-1");
        Assert.Equal(("valid", "sd_jwt", true), (good["verdict"].GetString(), good["form"].GetString(), good["bound"].GetBoolean()));
        Assert.InRange(_world.Clock.GetUtcNow() - good["asOf"].GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        var line = Assert.Single((await ChecksAsync()).Skip(before.Count));
        Assert.Equal((_bank.Id.ToString(), "verifier.open_account", Purpose.VerifyDocument), (line.Reader.Id, line.Where, line.Purpose));

        // The same in the resident's own words, for his program and on his pages.
        using (var read = System.Text.Json.JsonDocument.Parse(await shared.ReadAsync("/api/v1/accesses")))
        {
            var newest = read.RootElement.GetProperty("accesses").EnumerateArray().First(a => a.GetProperty("reader").GetString() == "verifier");
            Assert.Equal(("The Test Bank", "Checked your ID to open an account"), (newest.GetProperty("readerName").GetString(), newest.GetProperty("purposeText").GetString()));
        }
        Assert.Contains("جرى التحقق من هويتك لفتح حساب", WebUtility.HtmlDecode(await shared.ReadAsync("/ar/accesses")));
        Assert.Contains("The Test Bank", await shared.ReadAsync("/en/accesses"));

        static void NotValid(string reason, ApiAnswer answer) => Assert.Equal(("not_valid", reason), (answer["verdict"].GetString(), answer["reason"].GetString()));
        using var thief = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        NotValid("not_holder", await ShowAsync(_bank.Present(text, thief, "n-1"), "n-1"));
        NotValid("not_holder", await ShowAsync(_bank.Present(text, holder, "n-1"), "n-2"));
        NotValid("not_holder", await ShowAsync(_bank.Present(text, holder, "n-1", "https://other.example"), "n-1"));
        var good2 = _bank.Present(text, holder, "n-1");
        var at = good2.IndexOf('.') + 30;
        Assert.Equal("not_valid", (await ShowAsync(good2[..at] + (good2[at] == 'A' ? 'B' : 'A') + good2[(at + 1)..], "n-1"))["verdict"].GetString());
        NotValid("not_ours", await OkAsync("presentation", Shown("nothing of ours")));

        await shared.ChangeAsync(form, f => f with { SuspendedAt = _world.Clock.Now() });
        await UntilAsync("suspended", Place(uri, form.Place.Index));
        NotValid("suspended", await ShowAsync(_bank.Present(text, holder, "n-3"), "n-3"));
        await shared.ChangeAsync(form, f => f with { SuspendedAt = null, InvalidReason = "lost" });
        await UntilAsync("invalid", Place(uri, form.Place.Index));
        NotValid("revoked", await ShowAsync(_bank.Present(text, holder, "n-4"), "n-4"));
        // Also of an ID that does not count the resident is told who checked it.
        Assert.Equal(before.Count + 3, (await ChecksAsync()).Count);
    }

    [Fact]
    public async Task A_code_of_the_card_a_live_code_and_a_device_are_checked_too()
    {
        var (_, holder, form, uri) = await shared.IssueAsync();
        using var owned = holder;
        await UntilAsync("valid", Place(uri, form.Place.Index));
        var (id, now) = (FormsTests.Claims(), _world.Clock.Now());
        var keys = _world.Get<KeyStore>();
        CredentialTerms Terms(SigningCertificate by, Instant expires) => new(CredentialsSetup.DefaultOrigin, now, expires, uri, form.Place.Index, by.Chain);

        var qr = keys.Current(KeyPurpose.QrSigner);
        var card = QrForm.Card(id, Terms(qr, now + Duration.FromDays(900)));
        var cardAnswer = await OkAsync("presentation", Shown(QrForm.Text(CredentialsSetup.DefaultOrigin, card.Complete(keys.Sign(qr, card.ToBeSigned)))));
        Assert.True(cardAnswer["verdict"].GetString() == "valid", cardAnswer.Text);
        Assert.Equal(("qr_card", false), (cardAnswer["form"].GetString(), cardAnswer["bound"].GetBoolean()));

        var live = (await ReadDoor.RunAsync(() => _world.Get<LiveCodes>().MakeAsync(_world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Self, null, "test", shared.Person), shared.Person, QrView.Valid)))!;
        Assert.Equal("valid", (await OkAsync("presentation", Shown(live.Text)))["verdict"].GetString());

        var signer = keys.Current(KeyPurpose.DocumentSigner);
        var q = holder.ExportParameters(false).Q;
        string Response(out byte[] transcript)
        {
            var mdoc = MdocForm.Write(id, Terms(signer, now + Duration.FromDays(30)), new HolderKey(q.X!, q.Y!), RandomNumberGenerator.GetBytes(32));
            transcript = Minted.List(Minted.Null, Minted.Null, Minted.Text("handover"));
            var proof = Minted.Embedded(Minted.List(Minted.Text("DeviceAuthentication"), transcript, Minted.Text(MdocForm.DocumentType), Minted.Embedded(Minted.Map())));
            return Base64Url.EncodeToString(Minted.Map((Minted.Text("version"), Minted.Text("1.0")), (Minted.Text("documents"), Minted.List(Minted.Map(
                (Minted.Text("docType"), Minted.Text(MdocForm.DocumentType)), (Minted.Text("issuerSigned"), mdoc.Complete(keys.Sign(signer, mdoc.ToBeSigned))),
                (Minted.Text("deviceSigned"), Minted.Map((Minted.Text("nameSpaces"), Minted.Embedded(Minted.Map())),
                    (Minted.Text("deviceAuth"), Minted.Map((Minted.Text("deviceSignature"), Minted.Sign1(Minted.Map((Minted.Int(1), Minted.Int(-7))), Minted.Map(), null, holder, proof))))))))), (Minted.Text("status"), Minted.Int(0))));
        }
        var response = Response(out var transcript);
        var device = await OkAsync("presentation", new { purpose = "open_account", presentation = response, transcript = Base64Url.EncodeToString(transcript) });
        Assert.Equal(("valid", "mdoc", true), (device["verdict"].GetString(), device["form"].GetString(), device["bound"].GetBoolean()));
        Assert.Equal("not_holder", (await OkAsync("presentation", new { purpose = "open_account", presentation = response, transcript = Base64Url.EncodeToString(Minted.List(Minted.Null, Minted.Null, Minted.Text("another"))) }))["reason"].GetString());
    }

    [Fact]
    public async Task The_status_of_a_whole_credential_needs_its_signature_and_its_dates()
    {
        var (text, holder, form, uri) = await shared.IssueAsync();
        holder.Dispose();
        await UntilAsync("valid", Place(uri, form.Place.Index));
        async Task<string?> OfAsync(string credential) => (await OkAsync("status", new { purpose = "open_account", credential }))["status"].GetString();
        Assert.Equal("valid", await OfAsync(text));
        var at = text.IndexOf('.') + 30;
        Assert.Equal("unknown", await OfAsync(text[..at] + (text[at] == 'A' ? 'B' : 'A') + text[(at + 1)..]));
        var (keys, now) = (_world.Get<KeyStore>(), _world.Clock.Now());
        var by = keys.Current(KeyPurpose.DocumentSigner);
        var over = SdJwtForm.Write(FormsTests.Claims(), new CredentialTerms(CredentialsSetup.DefaultOrigin, now - Duration.FromHours(2), now - Duration.FromHours(1), uri, form.Place.Index, by.Chain), new HolderKey(new byte[32], new byte[32]), new byte[32], "sha256-x");
        var expired = Encoding.ASCII.GetString(over.Complete(keys.Sign(by, over.ToBeSigned)));
        Assert.Equal("expired", await OfAsync(expired));
        Assert.Equal(("not_valid", "expired"), await OkAsync("presentation", Shown(expired)) is var answer ? (answer["verdict"].GetString(), answer["reason"].GetString()) : default);
        await shared.ChangeAsync(form, f => f with { InvalidReason = "superseded" });
        await UntilAsync("invalid", Place(uri, form.Place.Index));
        Assert.Equal("invalid", await OfAsync(text));
    }

    [Fact]
    public async Task Who_does_not_sign_as_agreed_is_refused_each_in_its_own_words()
    {
        var place = Place("https://muqeem.example/status/2027q1-0", 1);
        Task<ApiAnswer> With(Signing with) => _bank.PostAsync("status", place, with);
        IsProblem(HttpStatusCode.Unauthorized, "verifier_unsigned", await With(new(None: true)));
        IsProblem(HttpStatusCode.BadRequest, "verifier_unreadable", await With(new() { Covered = ["@method", "@authority", "@path"] }));
        IsProblem(HttpStatusCode.BadRequest, "verifier_unreadable", await With(new(Nonce: "short")));
        IsProblem(HttpStatusCode.BadRequest, "verifier_unreadable", await With(new(Tag: "another")));
        IsProblem(HttpStatusCode.BadRequest, "verifier_digest", await With(new(Body: Encoding.ASCII.GetBytes("""{"purpose":"keep_account","uri":"https://other.example","index":1}"""))));
        IsProblem(HttpStatusCode.Unauthorized, "verifier_key_unknown", await With(new(KeyId: new string('A', 43))));
        IsProblem(HttpStatusCode.Unauthorized, "verifier_key_unknown", await With(new(KeyId: "s1." + new string('A', 54))));
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        IsProblem(HttpStatusCode.Unauthorized, "verifier_signature", await With(new(Key: stranger)));
        IsProblem(HttpStatusCode.Unauthorized, "verifier_signature", await With(new(Algorithm: "hmac-sha256")));
        IsProblem(HttpStatusCode.Unauthorized, "verifier_signature", await With(new(Authority: "other.example")));
        IsProblem(HttpStatusCode.Unauthorized, "verifier_late", await With(new() { Later = TimeSpan.FromSeconds(-40) }));
        IsProblem(HttpStatusCode.Unauthorized, "verifier_late", await With(new() { Later = TimeSpan.FromSeconds(40) }));
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        Assert.Equal(HttpStatusCode.OK, (await With(new(Nonce: nonce, Algorithm: "ecdsa-p256-sha256"))).Status);
        IsProblem(HttpStatusCode.Unauthorized, "verifier_replayed", await With(new(Nonce: nonce)));
        Assert.Equal(HttpStatusCode.OK, (await With(new(KeyId: _bank.OtherKeyId))).Status);
        IsProblem(HttpStatusCode.Forbidden, "verifier_purpose", await _bank.PostAsync("status", Place("https://muqeem.example/status/2027q1-0", 1, "board_flight")));
        IsProblem(HttpStatusCode.Forbidden, "verifier_purpose", await _bank.PostAsync("presentation", Shown("x", null, "keep_account")));
        IsProblem(HttpStatusCode.BadRequest, "verifier_question", await _bank.PostAsync("status", new { purpose = "keep_account", uri = "https://muqeem.example/status/2027q1-0" }));
        IsProblem(HttpStatusCode.BadRequest, "malformed", await _bank.PostAsync("status", new { uri = "https://muqeem.example/status/2027q1-0", index = 1 }));
    }

    [Fact]
    public async Task A_session_is_opened_by_a_key_of_ones_own_and_ends_with_it()
    {
        using var airline = await VerifierProgram.RegisterAsync(_world, [new(VerifierOperation.Status, "board_flight")]);
        var place = Place("https://muqeem.example/status/2027q1-0", 1, "board_flight");
        var opened = await airline.PostAsync("session", new { });
        Assert.True(opened.Status == HttpStatusCode.OK && opened.Headers.CacheControl?.NoStore == true, opened.Text);
        Assert.InRange(opened["until"].GetDateTimeOffset() - _world.Clock.GetUtcNow(), TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
        airline.Session = (opened["keyId"].GetString()!, Base64Url.DecodeFromChars(opened["secret"].GetString()));
        Assert.Equal("unknown", (await airline.PostAsync("status", place))["status"].GetString());
        IsProblem(HttpStatusCode.Forbidden, "verifier_own_key", await airline.PostAsync("session", new { }));
        var (keyId, secret) = airline.Session.Value;
        airline.Session = (keyId, RandomNumberGenerator.GetBytes(32));
        IsProblem(HttpStatusCode.Unauthorized, "verifier_signature", await airline.PostAsync("status", place));
        airline.Session = (keyId, secret);
        Assert.IsType<BookAnswer.Done>(await _world.Get<VerifierBook>().RevokeKeyAsync(Actor.System("test"), Guid.CreateVersion7(), airline.KeyId, "test"));
        IsProblem(HttpStatusCode.Forbidden, "verifier_revoked", await airline.PostAsync("status", place));
        airline.Session = null;
        IsProblem(HttpStatusCode.Forbidden, "verifier_revoked", await airline.PostAsync("status", place));
        // The other key still counts, until the verifier itself is revoked.
        Assert.Equal(HttpStatusCode.OK, (await airline.PostAsync("status", place, new(KeyId: airline.OtherKeyId))).Status);
        Assert.IsType<BookAnswer.Done>(await _world.Get<VerifierBook>().RevokeAsync(Actor.System("test"), Guid.CreateVersion7(), airline.Id, "test"));
        IsProblem(HttpStatusCode.Forbidden, "verifier_revoked", await airline.PostAsync("status", place, new(KeyId: airline.OtherKeyId)));
    }

    [Fact]
    public async Task A_budget_is_told_and_ends()
    {
        using var employer = await VerifierProgram.RegisterAsync(_world, [new(VerifierOperation.Status, "employ")], perMinute: 4, perDay: 7);
        var place = Place("https://muqeem.example/status/2027q1-0", 1, "employ");
        var first = await employer.PostAsync("status", place);
        Assert.Equal(("4", "3", "4;w=60, 7;w=86400"), (first.Header("RateLimit-Limit"), first.Header("RateLimit-Remaining"), first.Header("RateLimit-Policy")));
        // Several at once are taken whole or not at all.
        object Batch(int count) => new { questions = Enumerable.Range(0, count).Select(_ => new { status = place }) };
        IsProblem(HttpStatusCode.TooManyRequests, "verifier_minute_budget", await employer.PostAsync("batch", Batch(5)));
        Assert.Equal(HttpStatusCode.OK, (await employer.PostAsync("batch", Batch(3))).Status);
        var over = await employer.PostAsync("status", place);
        IsProblem(HttpStatusCode.TooManyRequests, "verifier_minute_budget", over);
        Assert.InRange(over.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15));
        IsProblem(HttpStatusCode.TooManyRequests, "verifier_day_budget", await employer.PostAsync("batch", Batch(4)));
        // It is written down for the other nodes, and for this one after a start.
        await WholeWorld.UntilAsync(async () => await _world.Get<Db>().FirstAsync<long>("SELECT asked FROM verifier_use WHERE verifier_id = @id", new { id = employer.Id }) == 4 ? "" : null, "what was asked is written down", 20);
    }

    [Fact]
    public async Task A_batch_answers_each_question_in_its_place()
    {
        var (text, holder, form, uri) = await shared.IssueAsync();
        using var owned = holder;
        await UntilAsync("valid", Place(uri, form.Place.Index));
        var before = await ChecksAsync();
        var answers = (await OkAsync("batch", new
        {
            questions = new object[]
            {
                new { status = Place(uri, form.Place.Index) },
                new { presentation = Shown(_bank.Present(text, holder, "b-1"), "b-1") },
                new { status = Place(uri, -1) },
                new { presentation = Shown(_bank.Present(text, holder, "b-1"), "b-2") },
                new { presentation = Shown(_bank.Present(text, holder, "b-3"), "b-3") },
            },
        }))["answers"].EnumerateArray().ToList();
        Assert.Equal(["valid", "valid", "unknown", "not_valid", "valid"], answers.Select(a => a.TryGetProperty("status", out var status) ? status.GetProperty("status").GetString() : a.GetProperty("presentation").GetProperty("verdict").GetString()));
        Assert.Equal(before.Count + 2, (await ChecksAsync()).Count);
        IsProblem(HttpStatusCode.BadRequest, "verifier_batch", await _bank.PostAsync("batch", new { questions = Array.Empty<object>() }));
        IsProblem(HttpStatusCode.BadRequest, "verifier_batch", await _bank.PostAsync("batch", new { questions = Enumerable.Range(0, 101).Select(_ => new { status = Place(uri, 0) }) }));
        IsProblem(HttpStatusCode.BadRequest, "malformed", await _bank.PostAsync("batch", new { questions = new object[] { new { } } }));
        // One question that is not allowed refuses all, and nothing is asked.
        IsProblem(HttpStatusCode.Forbidden, "verifier_purpose", await _bank.PostAsync("batch", new { questions = new object[] { new { status = Place(uri, 0) }, new { status = Place(uri, 0, "employ") } } }));
    }

    private readonly Actor _one = Actor.System("test"), _other = Actor.System("second");

    [Fact]
    public async Task Nobody_is_registered_without_names_keys_and_known_purposes()
    {
        var (book, registrar) = (_world.Get<VerifierBook>(), _world.Get<VerifierRegistrar>());
        var good = new VerifierApplication(VerifierKind.Police, "الشرطة", "The police", [new(VerifierOperation.Presentation, "check_identity")], [ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportSubjectPublicKeyInfoPem()]);
        using var large = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        foreach (var bad in new[]
        {
            good with { NameArabic = " " }, good with { NameEnglish = "" }, good with { Grants = [] }, good with { Grants = [new(VerifierOperation.Status, "curiosity")] }, good with { Keys = [] }, good with { Keys = ["no key"] },
            good with { Keys = [large.ExportSubjectPublicKeyInfoPem()] }, good with { Keys = [large.ExportPkcs8PrivateKeyPem()] }, good with { PerMinute = 0 }, good with { Keys = [_bank.Key.ExportSubjectPublicKeyInfoPem()] },
        })
        {
            Assert.IsType<BookAnswer.Refused>(await registrar.ProposeAsync(_one, Guid.CreateVersion7(), bad));
        }
        var operation = Guid.CreateVersion7();
        var proposed = Assert.IsType<BookAnswer.Done>(await registrar.ProposeAsync(_one, operation, good));
        Assert.Equal(proposed.Proposal, Assert.IsType<BookAnswer.Done>(await registrar.ProposeAsync(_one, operation, good)).Proposal);
        Assert.Equal(VerifierRefusals.OperationReused, Assert.IsType<BookAnswer.Refused>(await registrar.ProposeAsync(_one, operation, good with { PerDay = 7 })).Refusal.Code);
        Assert.Null(book.Find(proposed.Verifier));
        Assert.IsType<BookAnswer.Done>(await registrar.ConfirmAsync(_other, Guid.CreateVersion7(), proposed.Proposal!.Value));
        Assert.Equal((100_000, 600), (book.Find(proposed.Verifier)!.PerDay, book.Find(proposed.Verifier)!.PerMinute));
    }

    [Fact]
    public async Task What_one_proposes_counts_when_another_has_confirmed_it()
    {
        var (book, registrar) = (_world.Get<VerifierBook>(), _world.Get<VerifierRegistrar>());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var wanted = new VerifierApplication(VerifierKind.Airline, "ناقل", "A carrier", [new(VerifierOperation.Status, "board_flight"), new(VerifierOperation.Presentation, "board_flight")], [key.ExportSubjectPublicKeyInfoPem()], 7, 70);
        var proposed = Assert.IsType<BookAnswer.Done>(await registrar.ProposeAsync(_one, Guid.CreateVersion7(), wanted));
        var id = proposed.Proposal!.Value;
        Assert.Contains(await registrar.WaitingAsync(), p => p.Id == id && p.New is { PerMinute: 7, PerDay: 70, NameArabic: "ناقل" } && p.Keys.Single().Thumbprint == proposed.KeyIds.Single());
        Assert.Null(book.Key(proposed.KeyIds.Single()));
        Assert.Equal(VerifierRefusals.AnotherConfirms, Refusal(await registrar.ConfirmAsync(_one, Guid.CreateVersion7(), id)));
        Assert.Null(book.Find(proposed.Verifier));

        // Pressed twice, under one operation and under two: entered once.
        var press = Guid.CreateVersion7();
        foreach (var operation in new[] { press, press, Guid.CreateVersion7() })
        {
            Assert.IsType<BookAnswer.Done>(await registrar.ConfirmAsync(_other, operation, id));
        }
        var (verifier, keys) = book.All.Single(a => a.Verifier.Id == proposed.Verifier);
        Assert.Equal(("presentation:board_flight status:board_flight", 7, 70), (string.Join(' ', verifier.Grants.Select(g => g.ToString()).Order()), verifier.PerMinute, verifier.PerDay));
        Assert.Equal(proposed.KeyIds, keys.Select(k => k.KeyId));
        Assert.Equal(VerifierRefusals.Over, Refusal(await registrar.RejectAsync(_one, Guid.CreateVersion7(), id)));
        Assert.DoesNotContain(await registrar.WaitingAsync(), p => p.Id == id);

        // Another key takes two as well, and a key that is registered is proposed to nobody.
        Assert.Equal(VerifierRefusals.KeyTaken, Refusal(await registrar.ProposeKeysAsync(_one, Guid.CreateVersion7(), proposed.Verifier, wanted.Keys)));
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var more = Assert.IsType<BookAnswer.Done>(await registrar.ProposeKeysAsync(_one, Guid.CreateVersion7(), proposed.Verifier, [next.ExportSubjectPublicKeyInfoPem()]));
        Assert.Equal(VerifierRefusals.AnotherConfirms, Refusal(await registrar.ConfirmAsync(_one, Guid.CreateVersion7(), more.Proposal!.Value)));
        Assert.Null(book.Key(more.KeyIds.Single()));
        // The same key was proposed for somebody else meanwhile: the first that is confirmed has it.
        var rival = Assert.IsType<BookAnswer.Done>(await registrar.ProposeAsync(_one, Guid.CreateVersion7(), wanted with { Keys = [next.ExportSubjectPublicKeyInfoPem()] }));
        Assert.IsType<BookAnswer.Done>(await registrar.ConfirmAsync(_other, Guid.CreateVersion7(), more.Proposal!.Value));
        Assert.True(book.Key(more.KeyIds.Single())!.IsActive);
        Assert.Equal(VerifierRefusals.KeyTaken, Refusal(await registrar.ConfirmAsync(_other, Guid.CreateVersion7(), rival.Proposal!.Value)));
        Assert.IsType<BookAnswer.Done>(await registrar.RejectAsync(_one, Guid.CreateVersion7(), rival.Proposal!.Value));
        Assert.Equal(VerifierRefusals.Over, Refusal(await registrar.ConfirmAsync(_other, Guid.CreateVersion7(), rival.Proposal!.Value)));

        // One operator is enough to end it, and whoever has ended gets no further key.
        Assert.IsType<BookAnswer.Done>(await book.RevokeAsync(_one, Guid.CreateVersion7(), proposed.Verifier, "test"));
        using var late = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(VerifierRefusals.NoVerifier, Refusal(await registrar.ProposeKeysAsync(_one, Guid.CreateVersion7(), proposed.Verifier, [late.ExportSubjectPublicKeyInfoPem()])));
        Assert.Equal(VerifierRefusals.NoProposal, Refusal(await registrar.ConfirmAsync(_other, Guid.CreateVersion7(), Guid.CreateVersion7())));
    }

    private static string Refusal(BookAnswer answer) => Assert.IsType<BookAnswer.Refused>(answer).Refusal.Code;

    /// <summary>Who checked the person's ID, the newest last.</summary>
    private async Task<IReadOnlyList<AccessLine>> ChecksAsync() =>
        [.. (await _world.Get<AccessLog>().ForPersonAsync(shared.Person, take: 200)).Lines.Where(l => l.Reader == Actor.Verifier(_bank.Id) && l.Where.StartsWith("verifier.", StringComparison.Ordinal)).Reverse()];
}
