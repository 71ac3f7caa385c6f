using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.Mdoc;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.SdJwt;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;
using NodaTime;

namespace Muqeem.Credentials.Issuing;

public class IssuedFormsOnPostgreSqlTests : IssuedFormsTests
{
    protected override DatabaseKind Kind => DatabaseKind.PostgreSql;
}

public class IssuedFormsOnSqliteTests : IssuedFormsTests
{
    protected override DatabaseKind Kind => DatabaseKind.Sqlite;
}

/// <summary>From the request of a holder to what a verifier reads, on a real database and by the verifiers' own library.</summary>
public abstract class IssuedFormsTests : IAsyncLifetime
{
    private const string Origin = "https://muqeem.example";
    private static readonly byte[] Photo = [0xFF, 0xD8, 0xFF, 0xE0, .. Enumerable.Range(0, 2000).Select(i => (byte)i), 0xFF, 0xD9];

    private World _world = null!;
    private Documents _documents = null!;
    private StatusLists _lists = null!;
    private IssuedForms _forms = null!;
    private TrustAnchors _trust = null!;
    private Standing? _standing;
    private byte[]? _photo = Photo;
    private Duration? _life;
    private PersonId _person;

    protected abstract DatabaseKind Kind { get; }

    private DateTimeOffset Now => _world.Clock.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _world = await World.CreateAsync(Kind);
        _documents = new Documents(_world.Db, _world.Sealer, _world.Door, _world.Blind, _world.Clock);
        var policies = PolicyBook.BaselineSnapshot();
        var today = _world.Clock.Today();
        _lists = Lists();
        var types = new TypeVersions(_world.Db, _world.Database.Writer, TextCatalogue.Of(typeof(SdJwtForm).Assembly, typeof(TextCatalogue).Assembly, typeof(ResidentNumber).Assembly),
            () => FormRules.Of(policies, today).Ages, _world.Clock, Origin);
        _forms = new IssuedForms(_world.Db, _documents, _world.Sealer, _world.Door, _world.Keys, _lists, _world.Database.Writer, (_, _) => Task.FromResult(_standing), (_, _, _, _) => Task.FromResult(_photo), types,
            () => Rules(FormRules.Of(policies, today)), _world.Clock, Origin, NullLogger<IssuedForms>.Instance);
        _standing = new Standing(ResidenceStanding.Active, today.PlusYears(1), _world.Clock.Now());
        _trust = TrustAnchors.Create(_world.Keys.Roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).Value;
        _person = PersonId.New(_world.Clock);
        var change = _world.Act("document.issue");
        await _documents.IssueAsync(change, new DocumentOrder(_person, Guid.CreateVersion7(Now), Content, 5));
        await _world.DoneAsync(change);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private FormRules Rules(FormRules baseline) => _life is { } life ? baseline with { Life = life } : baseline;

    private StatusLists Lists() => new(_world.Db, _world.Database.Writer, _world.Keys, new Leases(_world.Db, _world.Database.Writer, _world.Clock), _world.Clock,
        () => StatusRules.Of(PolicyBook.BaselineSnapshot(), _world.Clock.Today()), Origin, NullLogger<StatusLists>.Instance);

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

    private static HolderKey NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(false).Q;
        return new HolderKey(q.X!, q.Y!);
    }

    private Task<FormAnswer> AskAsync(FormKind kind, HolderKey? key = null, Guid? operation = null) =>
        ReadDoor.RunAsync(() => _forms.RequestAsync(_world.Door.Enter(Actor.System("test"), Purpose.Self, null, "test", _person), Actor.System("test"), _person, kind, key ?? NewKey(), operation ?? Guid.CreateVersion7(Now)));

    private async Task<FormAnswer.Issued> IssuedAsync(FormKind kind, HolderKey? key = null, Guid? operation = null) => Assert.IsType<FormAnswer.Issued>(await AskAsync(kind, key, operation));

    private SdJwtCredential Read(FormAnswer.Issued issued)
    {
        var read = SdJwtVerifier.Verify(Encoding.ASCII.GetString(issued.Credential), _trust, Now, new SdJwtOptions());
        return read.Ok ? read.Value : throw new InvalidOperationException(read.Reason.ToString());
    }

    private async Task<int?> StatusInListAsync(StatusReference status)
    {
        await _lists.RoundAsync();
        var token = _lists.Token(status.Uri[(status.Uri.LastIndexOf('/') + 1)..])!;
        var jwt = StatusList.VerifyJwt(Encoding.ASCII.GetString(token.Jwt), status.Uri, _trust, Now, new StatusListOptions()).Value.Get(status.Index);
        Assert.Equal(jwt, StatusList.VerifyCwt(token.Cwt, status.Uri, _trust, Now, new StatusListOptions()).Value.Get(status.Index));
        return jwt;
    }

    [Fact]
    public async Task A_holder_gets_the_ID_bound_to_the_key_and_a_verifier_reads_it()
    {
        var key = NewKey();
        var issued = await IssuedAsync(FormKind.SdJwtVc, key);
        var read = Read(issued);
        Assert.Equal("2000000006", read.Claims["personal_administrative_number"]?.Text);
        Assert.Equal("محمد عبد الرحمن محمد حسين", read.Claims["name#ar"]?.Text);
        Assert.Equal(key.X, read.HolderKey!.Value.Q.X);
        Assert.Equal(Origin + "/vct/resident-id/1", read.Type);
        Assert.Equal(StatusList.Valid, await StatusInListAsync(read.Status!));
        Assert.Equal(Now.AddDays(90).ToUnixTimeSeconds(), read.ExpiresAt!.Value.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task A_photo_ID_is_issued_with_the_portrait_and_not_without()
    {
        var issued = await IssuedAsync(FormKind.Mdoc);
        var read = MdocVerifier.VerifyIssuerSigned(issued.Credential, _trust, Now, new MdocOptions());
        Assert.True(read.Ok, read.Reason.ToString());
        Assert.Equal(Photo, read.Value[MdocForm.GenericNames, "portrait"]!.Bytes.ToArray());
        Assert.Equal("2000000006", read.Value[MdocForm.PhotoIdNames, "administrative_number"]!.Text);
        Assert.Equal(StatusList.Valid, await StatusInListAsync(read.Value.Status!));
        _photo = null;
        Assert.IsType<FormAnswer.NoPortrait>(await AskAsync(FormKind.Mdoc));
    }

    [Fact]
    public async Task The_same_operation_gets_the_same_credential_and_another_key_under_it_none()
    {
        var (key, operation) = (NewKey(), Guid.CreateVersion7(Now));
        var first = await IssuedAsync(FormKind.SdJwtVc, key, operation);
        var again = await IssuedAsync(FormKind.SdJwtVc, key, operation);
        Assert.Equal(first.Credential, again.Credential);
        Assert.Equal(new FormAnswer.NotWritten(new WriteOutcome.OperationReused()), await AskAsync(FormKind.SdJwtVc, NewKey(), operation));
        Assert.Single(await _forms.OfAsync(_person));
    }

    [Fact]
    public async Task Two_that_ask_at_once_under_one_operation_get_one_credential()
    {
        var (key, operation) = (NewKey(), Guid.CreateVersion7(Now));
        var both = await Task.WhenAll(Task.Run(() => AskAsync(FormKind.SdJwtVc, key, operation)), Task.Run(() => AskAsync(FormKind.SdJwtVc, key, operation)));
        Assert.Single(both.Select(a => Encoding.ASCII.GetString(Assert.IsType<FormAnswer.Issued>(a).Credential)).Distinct());
        Assert.Single(await _forms.OfAsync(_person));
    }

    [Theory]
    [InlineData(ResidenceStanding.Expired)]
    [InlineData(ResidenceStanding.Suspended)]
    [InlineData(ResidenceStanding.Ended)]
    public async Task Nothing_is_issued_while_the_residence_is_not_in_force(ResidenceStanding standing)
    {
        _standing = _standing! with { Residence = standing };
        Assert.IsType<FormAnswer.NotInForce>(await AskAsync(FormKind.SdJwtVc));
        _standing = null;
        Assert.IsType<FormAnswer.NoDocument>(await AskAsync(FormKind.SdJwtVc));
        Assert.Empty(await _forms.OfAsync(_person));
    }

    [Fact]
    public async Task A_credential_never_outlives_the_residence()
    {
        var last = _world.Clock.Today().PlusDays(10);
        _standing = _standing! with { Until = last };
        var read = Read(await IssuedAsync(FormKind.SdJwtVc));
        Assert.Equal(last.PlusDays(1).AtMidnight().WithOffset(Clock.Riyadh).ToInstant().ToUnixTimeSeconds(), read.ExpiresAt!.Value.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task A_promise_whose_maker_is_gone_is_signed_over_the_same_bytes()
    {
        var (key, operation) = (NewKey(), Guid.CreateVersion7(Now));
        var issued = await IssuedAsync(FormKind.SdJwtVc, key, operation);
        await ForgetSignatureAsync(issued.Form);
        Assert.Equal(0, await ReadDoor.RunAsync(() => _forms.CompleteAsync()));
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(1, await ReadDoor.RunAsync(() => _forms.CompleteAsync()));
        var kept = Assert.Single(await _forms.OfAsync(_person));
        Assert.Equal(PromiseState.Signed, kept.State);
        Assert.Equal(issued.Form.Digest, kept.Digest);
        var again = await IssuedAsync(FormKind.SdJwtVc, key, operation);
        Assert.Equal("2000000006", Read(again).Claims["personal_administrative_number"]?.Text);
        Assert.Equal(kept.Signature, again.Form.Signature);
    }

    [Fact]
    public async Task A_promise_that_cannot_be_kept_is_voided_and_counts_as_invalid()
    {
        var (key, operation) = (NewKey(), Guid.CreateVersion7(Now));
        var issued = await IssuedAsync(FormKind.SdJwtVc, key, operation);
        var status = Read(issued).Status!;
        await ForgetSignatureAsync(issued.Form);
        // The photo is gone: what was promised cannot be built again.
        _photo = null;
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(1, await ReadDoor.RunAsync(() => _forms.CompleteAsync()));
        Assert.Equal(PromiseState.Voided, Assert.Single(await _forms.OfAsync(_person)).State);
        Assert.IsType<FormAnswer.Voided>(await AskAsync(FormKind.SdJwtVc, key, operation));
        Assert.Equal(StatusList.Invalid, await StatusInListAsync(status));
    }

    [Fact]
    public async Task A_promise_to_somebody_who_was_erased_is_voided_and_holds_up_nobody()
    {
        var issued = await IssuedAsync(FormKind.SdJwtVc);
        await ForgetSignatureAsync(issued.Form);
        var change = _world.Act("person.erase");
        change.Erasures.Add(new KeyErasure(_person, RetentionClass.Identity));
        await _world.DoneAsync(change);
        _world.ForgetKeys(_person);
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(1, await ReadDoor.RunAsync(() => _forms.CompleteAsync()));
        Assert.Equal(PromiseState.Voided, Assert.Single(await _forms.OfAsync(_person)).State);
        Assert.Equal(0, await ReadDoor.RunAsync(() => _forms.CompleteAsync()));
    }

    /// <summary>As a process leaves it that died between the promise and the signature.</summary>
    private Task ForgetSignatureAsync(IssuedForm form) =>
        _world.Database.ExecuteAsync($"UPDATE credential_form SET state = 'INTENDED', signature = NULL WHERE list_index = {form.Place.Index}");

    [Theory]
    [InlineData(DocumentState.Lost, "lost")]
    [InlineData(DocumentState.Revoked, "revoked")]
    public async Task What_ends_the_document_ends_its_credentials_in_the_list(DocumentState how, string reason)
    {
        var status = Read(await IssuedAsync(FormKind.SdJwtVc)).Status!;
        Assert.Equal(StatusList.Valid, await StatusInListAsync(status));
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        var change = _world.Act("document.end");
        await _documents.EndAsync(change, (await _documents.LiveAsync(_person))!, how);
        await _world.DoneAsync(change);
        Assert.Equal(StatusList.Invalid, await StatusInListAsync(status));
        Assert.Equal(reason, Assert.Single(await _forms.OfAsync(_person)).InvalidReason);
        Assert.IsType<FormAnswer.NoDocument>(await AskAsync(FormKind.SdJwtVc));
    }

    [Fact]
    public async Task A_new_version_of_the_document_supersedes_the_credentials_of_the_old()
    {
        var status = Read(await IssuedAsync(FormKind.SdJwtVc)).Status!;
        var change = _world.Act("document.replace");
        await _documents.ReplaceAsync(change, (await _documents.LiveAsync(_person))!, new DocumentOrder(_person, Guid.CreateVersion7(Now), Content with { NameLatin = "MOHAMMAD HOSSAIN", GivenNames = "MOHAMMAD" }, 5));
        await _world.DoneAsync(change);
        Assert.Equal(StatusList.Invalid, await StatusInListAsync(status));
        var next = Read(await IssuedAsync(FormKind.SdJwtVc));
        Assert.Equal("MOHAMMAD HOSSAIN", next.Claims["name"]?.Text);
        Assert.NotEqual(status.Index, next.Status!.Index);
        Assert.Equal(StatusList.Valid, await StatusInListAsync(next.Status));
    }

    private IssuedCards Cards => new(_documents, _forms, Holds, null!, (_, _) => Task.FromResult(_standing), (_, _, _, _) => Task.FromResult<byte[]?>(null));

    private Holding.Holds Holds => new(_world.Db, _documents, _world.Sealer, _world.Door, _world.Blind, _world.Database.Writer, (_, _, _, _) => Task.CompletedTask, () => Holding.HoldRules.Of(PolicyBook.BaselineSnapshot(), _world.Clock.Today()), _world.Clock);

    private Verification Checks => new(_world.Db, _documents, new OwnSigners(_world.Keys, NullLogger<OwnSigners>.Instance), _world.Blind, _world.Door, (_, _) => Task.FromResult(_standing is null ? null : _standing with { AsOf = _world.Clock.Now() }),
        () => Live.LiveCodeRules.Of(PolicyBook.BaselineSnapshot(), _world.Clock.Today()), _world.Clock);

    private Task<FormAnswer> AskCardAsync() => ReadDoor.RunAsync(() => _forms.CardAsync(Own, Actor.System("test"), _person));

    private Task<CardAnswer> FindCardAsync() => ReadDoor.RunAsync(() => Cards.FindAsync(Own, _person));

    private async Task<string?> CardCodeAsync() => (await FindCardAsync() as CardAnswer.Made)?.Model.Qr;

    private Access Own => _world.Door.Enter(Actor.System("test"), Purpose.Self, null, "test", _person);

    private QrSigners CardSigners => QrSigners.Create(_world.Keys.All(Platform.Keys.KeyPurpose.QrSigner).Select(c => (ReadOnlyMemory<byte>)c.Certificate), _trust, new SignerPurposes()).Value;

    [Fact]
    public async Task A_card_is_signed_when_it_is_asked_for_and_is_then_always_the_same()
    {
        Assert.IsType<CardAnswer.NotMade>(await FindCardAsync());
        var answers = await Task.WhenAll(Task.Run(AskCardAsync), Task.Run(AskCardAsync));
        Assert.All(answers, a => Assert.IsType<FormAnswer.Issued>(a));
        var text = await CardCodeAsync();
        Assert.IsType<FormAnswer.Issued>(await AskCardAsync());
        Assert.Equal(text, await CardCodeAsync());
        var form = Assert.Single(await _forms.OfAsync(_person));
        Assert.Equal((FormKind.CardQr, PromiseState.Signed), (form.Kind, form.State));

        var read = QrCode.Verify(text, CardSigners, Now, new QrOptions()).Value;
        var document = (await _documents.LiveAsync(_person))!;
        Assert.Equal((QrKind.Card, "2000000006", (long)form.Place.Index), (read.Kind, read.Identity[1], read.Status!.Index));
        Assert.Equal(document.ExpiresDay.PlusDays(1).AtMidnight().WithOffset(Clock.Riyadh).ToInstant(), Instant.FromDateTimeOffset(read.ExpiresAt));
    }

    [Fact]
    public async Task A_cards_code_is_read_without_a_network_to_its_last_day_though_its_signer_signs_no_more()
    {
        await AskCardAsync();
        var (text, last) = (await CardCodeAsync(), (await _documents.LiveAsync(_person))!.ExpiresDay);
        var signer = _world.Keys.Current(Platform.Keys.KeyPurpose.QrSigner);
        _world.Clock.Advance((last.AtMidnight().WithOffset(Clock.Riyadh).ToInstant() - _world.Clock.Now()).ToTimeSpan());
        Assert.True(QrCode.Verify(text, CardSigners, Now, new QrOptions()).Ok);
        Assert.NotEqual(signer.KeyId, _world.Keys.Current(Platform.Keys.KeyPurpose.QrSigner).KeyId);
        _world.Clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMinutes(1));
        Assert.Equal(Muqeem.Verifier.Reason.QrExpired, QrCode.Verify(text, CardSigners, Now, new QrOptions()).Reason);
    }

    [Fact]
    public async Task A_card_never_outlives_its_signers_certificate_and_is_asked_for_anew_when_its_code_has_ended()
    {
        var change = _world.Act("document.replace");
        await _documents.ReplaceAsync(change, (await _documents.LiveAsync(_person))!, new DocumentOrder(_person, Guid.CreateVersion7(Now), Content, 12));
        await _world.DoneAsync(change);
        _standing = _standing! with { Until = _world.Clock.Today().PlusYears(20) };
        var document = (await _documents.LiveAsync(_person))!;
        await AskCardAsync();
        var card = Assert.IsType<CardAnswer.Made>(await FindCardAsync());
        var signer = Assert.Single(_world.Keys.All(Platform.Keys.KeyPurpose.QrSigner), s => s.KeyId == card.Form.KeyId);
        var last = signer.ValidUntil.DayInRiyadh().PlusDays(-1);
        Assert.True(card.Form.ExpiresAt <= signer.ValidUntil && document.ExpiresDay > last);
        // What is printed promises no more than the code keeps.
        Assert.Equal((last, last.ToString("yyMMdd", System.Globalization.CultureInfo.InvariantCulture)), (card.Model.Id.DocumentUntil.Gregorian, card.Model.Mrz[1][8..14]));
        _world.Clock.Advance((last.AtMidnight().WithOffset(Clock.Riyadh).ToInstant() - _world.Clock.Now()).ToTimeSpan());
        Assert.True(QrCode.Verify(card.Model.Qr, CardSigners, Now, new QrOptions()).Ok);
        Assert.Equal(card.Model.Qr, await CardCodeAsync());
        _world.Clock.Advance(TimeSpan.FromDays(1));
        Assert.IsType<CardAnswer.NotMade>(await FindCardAsync());
        Assert.IsType<FormAnswer.Issued>(await AskCardAsync());
        var next = Assert.IsType<CardAnswer.Made>(await FindCardAsync());
        Assert.True(next.Form.ExpiresAt > card.Form.ExpiresAt && QrCode.Verify(next.Model.Qr, CardSigners, Now, new QrOptions()).Ok);
    }

    [Fact]
    public async Task A_credential_ends_with_its_signers_certificate_though_the_policies_let_it_live_longer()
    {
        _life = Duration.FromDays(1000);
        _standing = _standing! with { Until = _world.Clock.Today().PlusYears(20) };
        var issued = await IssuedAsync(FormKind.SdJwtVc);
        var signer = Assert.Single(_world.Keys.All(Platform.Keys.KeyPurpose.DocumentSigner), s => s.KeyId == issued.Form.KeyId);
        Assert.Equal(signer.ValidUntil, issued.Form.ExpiresAt);
    }

    [Fact]
    public async Task A_card_and_a_credential_are_checked_by_their_text_and_counted_by_the_register()
    {
        await AskCardAsync();
        var card = await CardCodeAsync();
        var credential = Encoding.ASCII.GetString((await IssuedAsync(FormKind.SdJwtVc)).Credential);
        async Task<Verifying.Verdict> CheckAsync(string? text) => await ReadDoor.RunAsync(() => Checks.CheckAsync(text, "here", Actor.Anonymous));
        Assert.IsType<Verifying.Verdict.Valid>(await CheckAsync(card));
        Assert.IsType<Verifying.Verdict.Valid>(await CheckAsync(credential));
        // A proof that was made for somebody else says nothing here, for or against.
        Assert.IsType<Verifying.Verdict.Valid>(await CheckAsync(credential + "e30.e30.AAAA"));
        Assert.Equal(new Verifying.Verdict.NotValid(NotValidReason.Forged), await CheckAsync(credential.Replace("ey", "eY", StringComparison.Ordinal)));

        _standing = _standing! with { Residence = ResidenceStanding.Suspended };
        Assert.Equal(new Verifying.Verdict.NotValid(NotValidReason.Suspended), await CheckAsync(card));
        _standing = _standing with { Residence = ResidenceStanding.Active };
        var change = _world.Act("document.replace");
        await _documents.ReplaceAsync(change, (await _documents.LiveAsync(_person))!, new DocumentOrder(_person, Guid.CreateVersion7(Now), Content, 5));
        await _world.DoneAsync(change);
        Assert.Equal(new Verifying.Verdict.NotValid(NotValidReason.Superseded), await CheckAsync(card));
        Assert.Equal(new Verifying.Verdict.NotValid(NotValidReason.Superseded), await CheckAsync(credential));
        Assert.IsType<CardAnswer.NotMade>(await FindCardAsync());

        _world.Keys.Revoke(_world.Keys.Current(Platform.Keys.KeyPurpose.QrSigner).KeyId, System.Security.Cryptography.X509Certificates.X509RevocationReason.KeyCompromise);
        Assert.Equal(new Verifying.Verdict.NotValid(NotValidReason.Forged), await CheckAsync(card));
        // The new version's card is signed by the next signer.
        Assert.IsType<FormAnswer.Issued>(await AskCardAsync());
        Assert.IsType<Verifying.Verdict.Valid>(await CheckAsync(await CardCodeAsync()));
    }

    [Fact]
    public async Task A_card_whose_maker_died_before_the_signature_gets_the_same_bytes()
    {
        var issued = Assert.IsType<FormAnswer.Issued>(await AskCardAsync());
        await ForgetSignatureAsync(issued.Form);
        Assert.Null(await CardCodeAsync());
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(1, await ReadDoor.RunAsync(() => _forms.CompleteAsync()));
        Assert.Equal(issued.Form.Digest, Assert.Single(await _forms.OfAsync(_person)).Digest);
        Assert.NotNull(await CardCodeAsync());
    }

    [Fact]
    public async Task Another_node_says_the_same_and_a_list_is_signed_only_when_there_is_reason_to()
    {
        var status = Read(await IssuedAsync(FormKind.SdJwtVc)).Status!;
        Assert.Equal(1, await _lists.RoundAsync());
        Assert.Equal(0, await _lists.RoundAsync());
        var other = Lists();
        Assert.Equal(0, await other.RoundAsync());
        Assert.Equal(_lists.Tokens.Single().Jwt, other.Tokens.Single().Jwt);
        // It has lost its holder's lease, and grows old.
        _world.Clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(1, await other.RoundAsync());
        await _lists.RoundAsync();
        Assert.Equal(other.Tokens.Single().Jwt, _lists.Tokens.Single().Jwt);
        Assert.Equal(StatusList.Valid, await StatusInListAsync(status));
    }

    [Fact]
    public async Task A_codes_seal_is_read_without_a_network_with_who_it_is_and_where_its_status_stands()
    {
        var by = _world.Keys.Current(Platform.Keys.KeyPurpose.QrSigner);
        var id = IdClaims.Of((await _documents.LiveAsync(_person))!, Content, _world.Clock.Today().PlusYears(1), null, [18], _world.Clock.Today());
        var issued = Instant.FromUnixTimeSeconds(_world.Clock.Now().ToUnixTimeSeconds());
        var card = QrForm.Card(id, new CredentialTerms(Origin, issued, issued + Duration.FromDays(300), _lists.UriOf("x"), 7, by.Chain));
        var signers = QrSigners.Create([by.Certificate], _trust, new SignerPurposes()).Value;
        var text = QrForm.Text(Origin, card.Complete(_world.Keys.Sign(by, card.ToBeSigned)));
        var read = QrCode.Verify(text, signers, Now, new QrOptions());
        Assert.True(read.Ok, read.Reason.ToString());
        Assert.Equal((QrKind.Card, "2000000006", "MOHAMMAD ABDUR RAHMAN HOSSAIN", "19900517", 7), (read.Value.Kind, read.Value.Identity[1], read.Value.Identity[4], read.Value.Identity[8], read.Value.Status!.Index));
        Assert.Equal(Verifier.Reason.SignatureWrong, QrCode.Verify(QrForm.Text(Origin, card.Complete(_world.Keys.Sign(by, [1]))), signers, Now, new QrOptions()).Reason);
        // A live code has another usage; who is trusted with cards is not trusted with those.
        var live = QrForm.Live(id, by.Certificate, [1, 2, 3], issued, Duration.FromSeconds(30), QrView.Full, Origin);
        Assert.Equal(Verifier.Reason.SignerPurpose, QrCode.Verify(QrForm.Text(Origin, live.Complete(_world.Keys.Sign(by, live.ToBeSigned))), signers, Now, new QrOptions()).Reason);
        Assert.True(QrCode.Verify(QrForm.Text(Origin, live.Complete(_world.Keys.Sign(by, live.ToBeSigned))), signers, Now, new QrOptions { Purposes = new SignerPurposes { QrLive = new SignerPurposes().QrCard } }).Ok);
    }

    [Fact]
    public void A_place_is_given_once_and_in_no_order()
    {
        var expires = _world.Clock.Now() + Duration.FromDays(90);
        var places = Enumerable.Range(0, 2000).Select(_ => _lists.Allocate(expires)).ToList();
        Assert.Equal(2000, places.Distinct().Count());
        Assert.NotEqual(places.Select(p => p.Index).Order(), places.Select(p => p.Index));
        Assert.Equal([StatusLists.NameOf(expires, 0)], places.Select(p => p.List).Distinct());
    }

    [Theory]
    [InlineData("2026q4-0", 2027, 1, 1)]
    [InlineData("2027q1-3", 2027, 4, 1)]
    public void A_list_ends_with_its_quarter(string list, int year, int month, int day) => Assert.Equal(Instant.FromUtc(year, month, day, 0, 0), StatusLists.EndOf(list));
}
