using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Offline.TestIds;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using Muqeem.Verifier;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Trust;
using NodaTime;
using Verdict = Muqeem.Verifier.Verdict;

namespace Muqeem.Credentials.Offline;

public class OfflineOnPostgreSqlTests : OfflineTests
{
    protected override DatabaseKind Kind => DatabaseKind.PostgreSql;
}

public class OfflineOnSqliteTests : OfflineTests
{
    protected override DatabaseKind Kind => DatabaseKind.Sqlite;
}

/// <summary>From what is issued to what a verifier without a network says of it, on a real database.</summary>
public abstract class OfflineTests : IAsyncLifetime
{
    private const string Origin = "https://muqeem.example";
    private static readonly byte[] Photo = [0xFF, 0xD8, 0xFF, 0xE0, .. Enumerable.Range(0, 500).Select(i => (byte)i), 0xFF, 0xD9];

    private readonly string _folder = Directory.CreateTempSubdirectory("muqeem-offline-").FullName;
    private World _world = null!;
    private Documents _documents = null!;
    private StatusLists _lists = null!;
    private IssuedForms _forms = null!;
    private Sequencer _sequencer = null!;
    private BundlePress _press = null!;
    private TrustList _trustList = null!;
    private PersonId _person;

    protected abstract DatabaseKind Kind { get; }

    private DateTimeOffset Now => _world.Clock.GetUtcNow();

    private TrustAnchors Pinned => TrustAnchors.Create(_world.Keys.Roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).Value;

    public async ValueTask InitializeAsync()
    {
        _world = await World.CreateAsync(Kind);
        _documents = new Documents(_world.Db, _world.Sealer, _world.Door, _world.Blind, _world.Clock);
        var (policies, today, writer) = (PolicyBook.BaselineSnapshot(), _world.Clock.Today(), _world.Database.Writer);
        var leases = new Leases(_world.Db, writer, _world.Clock);
        _lists = new StatusLists(_world.Db, writer, _world.Keys, leases, _world.Clock, () => StatusRules.Of(policies, _world.Clock.Today()), Origin, NullLogger<StatusLists>.Instance);
        var types = new TypeVersions(_world.Db, _world.Database.Writer, TextCatalogue.Of(typeof(SdJwtForm).Assembly, typeof(TextCatalogue).Assembly, typeof(ResidentNumber).Assembly), () => FormRules.Of(policies, today).Ages, _world.Clock, Origin);
        _forms = new IssuedForms(_world.Db, _documents, _world.Sealer, _world.Door, _world.Keys, _lists, writer, (_, _) => Task.FromResult<Standing?>(new Standing(ResidenceStanding.Active, today.PlusYears(1), _world.Clock.Now())),
            (_, _, _, _) => Task.FromResult<byte[]?>(Photo), types, () => FormRules.Of(policies, today), _world.Clock, Origin, NullLogger<IssuedForms>.Instance);
        var options = new JournalOptions();
        var key = new JournalKey(_world.Keys, options);
        _sequencer = new Sequencer(_world.Db, writer, leases, key, new LastCheckpoint(DataFolder.Open(Path.Combine(_folder, "data"), FolderKind.Demonstration, _world.Clock)), null, options, NullLogger<Sequencer>.Instance);
        var published = new PublishedJournal(_world.Db, key);
        _press = new BundlePress(_world.Keys, _lists, published, writer, _world.Clock, () => OfflineRules.Of(policies, _world.Clock.Today()), _folder, NullLogger<BundlePress>.Instance);
        _trustList = new TrustList(_world.Keys, published, writer, _world.Clock, () => OfflineRules.Of(policies, _world.Clock.Today()), Origin, "King Fahd Road 1", NullLogger<TrustList>.Instance);
        _person = PersonId.New(_world.Clock);
        var change = _world.Act("document.issue");
        await _documents.IssueAsync(change, new DocumentOrder(_person, Guid.CreateVersion7(Now), Content, 5));
        await _world.DoneAsync(change);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static DocumentContent Content => new()
    {
        ResidentNumber = "2000000006",
        NameArabic = "محمد عبد الرحمن محمد حسين",
        NameLatin = "MOHAMMAD ABDUR RAHMAN HOSSAIN",
        FamilyName = "HOSSAIN",
        GivenNames = "MOHAMMAD ABDUR RAHMAN",
        Sex = Sex.Male,
        Nationality = "BGD",
        Birth = BirthDate.Of(new LocalDate(1990, 5, 17)),
        AnswerableName = "شركة البناء الحديث",
        AnswerableKind = Answerable.Establishment,
        Photo = Guid.Parse("01990000-0000-7000-8000-000000000009"),
    };

    private async Task<byte[]> IssueAsync(FormKind kind)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(false).Q;
        var answer = await ReadDoor.RunAsync(() => _forms.RequestAsync(
            _world.Door.Enter(Actor.System("test"), Purpose.Self, null, "test", _person), Actor.System("test"), _person, kind, new HolderKey(q.X!, q.Y!), Guid.CreateVersion7(Now)));
        return Assert.IsType<FormAnswer.Issued>(answer).Credential;
    }

    /// <summary>A round of what works in the background.</summary>
    private async Task RoundAsync()
    {
        await _lists.RoundAsync();
        await _sequencer.RunAsync();
    }

    private static string Text(PublishedFile file) => Encoding.ASCII.GetString(file.Bytes);

    private async Task<OfflineTrust> OpenAsync() => OfflineTrust.Open(Text((await _press.CurrentAsync())!), Pinned, Now, new OfflineTrustOptions()).Value;

    private Task<long> ActsAsync(string verb) => _world.Db.SingleAsync<long>("SELECT count(*) FROM act WHERE verb = @verb", new { verb });

    [Fact]
    public async Task What_was_issued_is_good_by_the_bundle_and_no_more_when_it_was_taken_back()
    {
        var (sdJwt, mdoc) = (await IssueAsync(FormKind.SdJwtVc), await IssueAsync(FormKind.Mdoc));
        await RoundAsync();
        var trust = await OpenAsync();
        Assert.IsType<Verdict.Valid>(new IdVerifier(trust).Check(sdJwt, Now));
        Assert.IsType<Verdict.Valid>(new IdVerifier(trust).Check(mdoc, Now));
        Assert.Equal("muqeem.example/journal", trust.Checkpoint!.Checkpoint.Origin);

        _world.Clock.Advance(TimeSpan.FromSeconds(61));
        var change = _world.Act("document.end");
        await _documents.EndAsync(change, (await _documents.LiveAsync(_person))!, DocumentState.Lost);
        await _world.DoneAsync(change);
        await RoundAsync();
        var later = new IdVerifier(await OpenAsync());
        Assert.Equal(NotValidReasonOf(later, sdJwt), NotValidReasonOf(later, mdoc));
        Assert.Equal(Verifier.NotValidReason.Revoked, NotValidReasonOf(later, sdJwt));

        // The bundle of before, a day later, says nothing: not good, and not bad.
        _world.Clock.Advance(TimeSpan.FromHours(27));
        Assert.Equal(Verifier.CannotSayReason.NoFreshStatus, Assert.IsType<Verdict.CannotSay>(new IdVerifier(trust).Check(sdJwt, Now)).Why);
    }

    private Verifier.NotValidReason NotValidReasonOf(IdVerifier verifier, byte[] id) => Assert.IsType<Verdict.NotValid>(verifier.Check(id, Now)).Why;

    [Fact]
    public async Task A_card_code_is_checked_by_its_signer_in_the_bundle_and_one_that_was_taken_back_is_told_from_a_strangers()
    {
        await IssueAsync(FormKind.SdJwtVc);
        await RoundAsync();
        var by = _world.Keys.Current(KeyPurpose.QrSigner);
        var issued = Instant.FromUnixTimeSeconds(_world.Clock.Now().ToUnixTimeSeconds());
        var id = IdClaims.Of((await _documents.LiveAsync(_person))!, Content, _world.Clock.Today().PlusYears(1), null, [18], _world.Clock.Today());
        var list = _lists.Tokens.Single().List;
        var card = QrForm.Card(id, new CredentialTerms(Origin, issued, issued + Duration.FromDays(300), _lists.UriOf(list), 7, by.Chain));
        var code = QrForm.Text(Origin, card.Complete(_world.Keys.Sign(by, card.ToBeSigned)));
        var before = await OpenAsync();
        Assert.Equal("2000000006", Assert.IsType<Verdict.Valid>(new IdVerifier(before).Check(code, Now)).Claims.Single(c => c.Name == "169/1").Text);
        Assert.Equal(new[] { KeyPurpose.QrSigner, KeyPurpose.LiveQr, KeyPurpose.Receipt }.Sum(p => _world.Keys.All(p).Count), before.Signers.All.Count);

        _world.Keys.Revoke(by.KeyId, X509RevocationReason.KeyCompromise);
        _world.Clock.Advance(TimeSpan.FromSeconds(61));
        var refused = Assert.IsType<Verdict.NotValid>(new IdVerifier(await OpenAsync()).Check(code, Now));
        Assert.Equal((Verifier.NotValidReason.Forged, Verifier.Reason.SignerRevoked), (refused.Why, refused.Reason));
    }

    [Fact]
    public async Task The_code_of_a_receipt_is_checked_without_a_network_too()
    {
        await RoundAsync();
        var by = _world.Keys.Current(KeyPurpose.Receipt);
        var code = QrForm.Payment(by.Certificate, Guid.CreateVersion7(), _world.Clock.Now(), _world.Clock.Now() - Duration.FromHours(1), Money.Riyals(650), "ID.RENEW", specimen: true);
        var text = QrForm.Text(Origin, code.Complete(_world.Keys.Sign(by, code.ToBeSigned)));
        var (bundle, roots) = (Path.Combine(_folder, "bundle.jwt"), Path.Combine(_folder, "roots.pem"));
        await File.WriteAllTextAsync(bundle, Text((await _press.CurrentAsync())!));
        await File.WriteAllTextAsync(roots, string.Concat(_world.Keys.Roots.Select(r => PemEncoding.WriteString("CERTIFICATE", r.Certificate) + "\n")));
        async Task<(int Code, string Said)> SayAsync(string shown, params string[] more)
        {
            using var output = new StringWriter();
            using var errors = new StringWriter();
            var verb = new Host.Verbs.VerifyVerb(output, errors, Stream.Null, _world.Clock, _ => throw new InvalidOperationException("There is no picture."));
            return (await verb.ExecuteAsync([shown, "--bundle=" + bundle, "--roots=" + roots, .. more]), output.ToString() + errors);
        }
        var (exit, said) = await SayAsync(text);
        Assert.True(exit == 0, said);
        Assert.Contains("650.00", said, StringComparison.Ordinal);
        Assert.Contains("ID.RENEW", said, StringComparison.Ordinal);
        Assert.Contains("SPECIMEN", said, StringComparison.Ordinal);
        Assert.Contains("not known here", said, StringComparison.Ordinal);
        (exit, said) = await SayAsync(text, "--json");
        Assert.Equal(0, exit);
        using (var json = JsonDocument.Parse(said))
        {
            Assert.Equal(("valid", "payment_receipt", 65_000), (json.RootElement.GetProperty("verdict").GetString(), json.RootElement.GetProperty("form").GetString(), json.RootElement.GetProperty("halalas").GetInt64()));
        }
        // Another amount under the same signature, and another's signature.
        Assert.Equal(1, (await SayAsync(text[..^6] + (text[^6] == 'A' ? 'B' : 'A') + text[^5..])).Code);
        var other = _world.Keys.Current(KeyPurpose.QrSigner);
        var foreign = QrForm.Payment(other.Certificate, Guid.CreateVersion7(), _world.Clock.Now(), _world.Clock.Now(), Money.Riyals(650), "ID.RENEW", specimen: true);
        Assert.Equal(1, (await SayAsync(QrForm.Text(Origin, foreign.Complete(_world.Keys.Sign(other, foreign.ToBeSigned))))).Code);
    }

    [Fact]
    public async Task It_is_made_anew_when_something_changed_and_at_most_once_in_ten_seconds()
    {
        await RoundAsync();
        var first = await _press.CurrentAsync();
        Assert.NotNull(first);
        Assert.Same(first, await _press.CurrentAsync());
        // Nothing but the journal moved on.
        await _sequencer.RunAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Same(first, await _press.CurrentAsync());

        await IssueAsync(FormKind.SdJwtVc);
        await RoundAsync();
        Assert.Same(first, await _press.CurrentAsync());
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        var second = await _press.CurrentAsync();
        Assert.NotEqual(first.Tag, second!.Tag);
        Assert.Equal(2, await ActsAsync("bundle.publish"));

        // It grew old.
        _world.Clock.Advance(TimeSpan.FromMinutes(31));
        var third = await _press.CurrentAsync();
        Assert.NotSame(second, third);
        Assert.Equal(third!.MadeAt + Duration.FromHours(24), third.Until);
        Assert.Equal(3, await ActsAsync("bundle.publish"));
        // Everybody at once gets one.
        _world.Clock.Advance(TimeSpan.FromMinutes(31));
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _press.CurrentAsync())));
        Assert.Single(all.Distinct());
        Assert.Equal(4, await ActsAsync("bundle.publish"));
        // What was signed is what the act says.
        var digest = await _world.Db.SingleAsync<byte[]>("SELECT digest FROM act WHERE verb = 'bundle.publish' ORDER BY at DESC LIMIT 1");
        Assert.Equal(digest, SHA256.HashData(Encoding.ASCII.GetBytes(Text(all[0]!)[..Text(all[0]!).LastIndexOf('.')])));
    }

    [Fact]
    public async Task It_never_says_that_it_counts_longer_than_its_parts()
    {
        await IssueAsync(FormKind.SdJwtVc);
        await RoundAsync();
        // The lists are signed no more: those that are there have four hours left.
        _world.Clock.Advance(TimeSpan.FromHours(22));
        var file = (await _press.CurrentAsync())!;
        Assert.Equal(_lists.Tokens.Min(t => t.ExpiresAt), file.Until);
        Assert.True(file.Until < file.MadeAt + Duration.FromHours(5));
    }

    [Fact]
    public async Task Without_a_checkpoint_or_a_revocation_list_that_counts_there_is_none_and_nothing_is_signed()
    {
        Assert.Null(await _press.CurrentAsync());
        await RoundAsync();
        _world.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.NotNull(await _press.CurrentAsync());
        // A demonstration's list counts for thirty days; nothing here renewed it.
        _world.Clock.Advance(TimeSpan.FromDays(31));
        await RoundAsync();
        Assert.Null(await _press.CurrentAsync());
        Assert.Equal(1, await ActsAsync("bundle.publish"));
        _world.Keys.KeepDemonstration();
        _world.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.NotNull(await _press.CurrentAsync());
    }

    [Fact]
    public async Task A_copy_with_the_roots_lies_in_the_data_folder()
    {
        await RoundAsync();
        var file = (await _press.CurrentAsync())!;
        var roots = TrustAnchors.FromPem(await File.ReadAllTextAsync(Path.Combine(_folder, BundlePress.RootsName))).Value;
        Assert.True(OfflineTrust.Open(await File.ReadAllTextAsync(Path.Combine(_folder, BundlePress.FileName)), roots, Now, new OfflineTrustOptions()).Ok);
        Assert.Equal(file.Bytes, await File.ReadAllBytesAsync(Path.Combine(_folder, BundlePress.FileName)));
    }

    [Fact]
    public async Task No_test_ID_is_known_to_who_trusts_the_real_root()
    {
        await RoundAsync();
        var trust = await OpenAsync();
        var set = TestIdsTests.Press(_world.Clock).Current();
        foreach (var test in set.Cases)
        {
            var verdict = Assert.IsType<Verdict.CannotSay>(new IdVerifier(trust).Check(set.Files[test.File].Bytes, Now));
            Assert.Equal(Verifier.CannotSayReason.UnknownSigner, verdict.Why);
        }
        // Nor the other way round.
        var real = await IssueAsync(FormKind.SdJwtVc);
        Assert.Equal(Verifier.CannotSayReason.UnknownSigner, Assert.IsType<Verdict.CannotSay>(new IdVerifier(TestIdsTests.Trust(set, Now)).Check(real, Now)).Why);
        Assert.Equal(Verifier.Reason.SignerUnknown, OfflineTrust.Open(Encoding.ASCII.GetString(set.Files[TestIdPress.BundleName].Bytes), Pinned, Now, new OfflineTrustOptions()).Reason);
    }

    private static JsonElement Payload(string compact) => JsonDocument.Parse(Base64Url.DecodeFromChars(compact.Split('.')[1])).RootElement;

    [Fact]
    public async Task The_trust_list_names_every_root_and_signer_with_what_holds_of_it_now()
    {
        await RoundAsync();
        var file = (await _trustList.CurrentAsync())!;
        var parts = Text(file).Split('.');
        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement;
        var leaf = header.GetProperty("x5c")[0].GetBytesFromBase64();
        Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(leaf)), header.GetProperty("x5t#S256").GetString());
        Assert.Equal(file.MadeAt.ToUnixTimeSeconds(), header.GetProperty("iat").GetInt64());
        using (var certificate = X509CertificateLoader.LoadCertificate(leaf))
        using (var key = certificate.GetECDsaPublicKey()!)
        {
            Assert.True(key.VerifyData(Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
            Assert.True(Pinned.Check([leaf], new SignerPurposes().Status, Now).Ok);
        }
        var list = Payload(Text(file)).GetProperty("LoTE");
        var scheme = list.GetProperty("ListAndSchemeInformation");
        Assert.Equal(("2026-03-15T09:00:00Z", "2026-03-22T09:00:00Z", "SA"), (scheme.GetProperty("ListIssueDateTime").GetString(), scheme.GetProperty("NextUpdate").GetString(), scheme.GetProperty("SchemeTerritory").GetString()));
        var id = scheme.GetProperty("SchemeExtensions")[0].GetProperty("ResidentId");
        Assert.Equal((Origin + "/status/{list}", Origin + "/vct/resident-id/1", MdocForm.DocumentType),
            (id.GetProperty("status_list_uri_pattern").GetString(), id.GetProperty("vct").GetString(), id.GetProperty("doctypes")[0].GetString()));
        Assert.StartsWith("muqeem.example/journal+", id.GetProperty("journal_vkeys")[0].GetString());
        var entity = Assert.Single(list.GetProperty("TrustedEntitiesList").EnumerateArray());
        Assert.Equal("King Fahd Road 1", entity.GetProperty("TrustedEntityInformation").GetProperty("TEAddress").GetProperty("TEPostalAddress")[0].GetProperty("StreetAddress").GetString());
        var services = Services(list);
        var expected = _world.Keys.Roots.Select(r => r.Certificate).Concat(Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified()).SelectMany(_world.Keys.All).Select(s => s.Certificate)).Select(Convert.ToBase64String);
        Assert.Equal(expected, services.Select(s => s.Certificate));
        Assert.All(services, s => Assert.EndsWith("/granted", s.Status));

        // The same in JSON.
        var flat = JsonDocument.Parse(TrustList.InJson(file).Bytes).RootElement;
        Assert.Equal(Text(file), $"{flat.GetProperty("protected").GetString()}.{flat.GetProperty("payload").GetString()}.{flat.GetProperty("signature").GetString()}");
    }

    private static List<(string Certificate, string Status, string Purpose)> Services(JsonElement list) =>
        [.. list.GetProperty("TrustedEntitiesList")[0].GetProperty("TrustedEntityServices").EnumerateArray().Select(s => s.GetProperty("ServiceInformation")).Select(s =>
            (s.GetProperty("ServiceDigitalIdentity").GetProperty("X509Certificates")[0].GetProperty("val").GetString()!, s.GetProperty("ServiceStatus").GetString()!, s.GetProperty("ServiceTypeIdentifier").GetString()!.Split('#')[1]))];

    [Fact]
    public async Task A_signer_that_is_taken_back_is_withdrawn_in_the_next_list_which_has_a_greater_number()
    {
        await RoundAsync();
        var first = Payload(Text((await _trustList.CurrentAsync())!)).GetProperty("LoTE");
        var signer = _world.Keys.Current(KeyPurpose.DocumentSigner);
        _world.Keys.Revoke(signer.KeyId, X509RevocationReason.KeyCompromise);
        _world.Clock.Advance(TimeSpan.FromSeconds(61));
        var second = Payload(Text((await _trustList.CurrentAsync())!)).GetProperty("LoTE");
        var withdrawn = Assert.Single(Services(second), s => s.Status.EndsWith("/withdrawn", StringComparison.Ordinal));
        Assert.Equal((Convert.ToBase64String(signer.Certificate), "document-signer"), (withdrawn.Certificate, withdrawn.Purpose));
        static long Number(JsonElement list) => list.GetProperty("ListAndSchemeInformation").GetProperty("LoTESequenceNumber").GetInt64();
        Assert.True(Number(second) > Number(first));
        Assert.Equal(2, await ActsAsync("trust_list.publish"));
    }

    /// <summary>By libraries in another language that nobody here wrote; see tests/Independent.</summary>
    [Fact]
    public async Task Independent_software_reads_the_trust_list_and_refuses_it_damaged()
    {
        var checks = Path.Combine(Repository.Root, "tests", "Independent");
        Assert.SkipUnless(Directory.Exists(Path.Combine(checks, "node_modules")), "The independent libraries are not installed: scripts/install.sh test installs them where Node 20 is.");
        await RoundAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "iaca.pem"), BundlePress.Pem(_world.Keys.Roots), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "trust-list.jose"), (await _trustList.CurrentAsync(TestContext.Current.CancellationToken))!.Bytes, TestContext.Current.CancellationToken);
        using var node = Process.Start(new ProcessStartInfo("node", ["check.mjs", _folder])
        {
            WorkingDirectory = checks,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["MUQEEM_NOW"] = "2026-03-15T09:05:00Z" },
        })!;
        var said = await node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(node.ExitCode == 0 && said.Contains("2 checks, 0 failed", StringComparison.Ordinal), said);
    }
}
