using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.Trust;
using NodaTime;

namespace Muqeem.Credentials.Verifying;

public class VerifierOnPostgreSqlTests : VerifierTests
{
    protected override DatabaseKind Kind => DatabaseKind.PostgreSql;
}

public class VerifierOnSqliteTests : VerifierTests
{
    protected override DatabaseKind Kind => DatabaseKind.Sqlite;
}

/// <summary>From issuing to the verifier's answer, on a real database.</summary>
public abstract class VerifierTests : IAsyncLifetime
{
    private World _world = null!;
    private Documents _documents = null!;
    private LiveCodes _codes = null!;
    private Verification _verifier = null!;
    private Standing? _standing;
    private readonly LiveCodeRules _rules = LiveCodeRules.Of(PolicyBook.BaselineSnapshot(), new LocalDate(2026, 3, 15));

    protected abstract DatabaseKind Kind { get; }

    public async ValueTask InitializeAsync()
    {
        _world = await World.CreateAsync(Kind);
        _documents = new Documents(_world.Db, _world.Sealer, _world.Door, _world.Blind, _world.Clock);
        _codes = CodesAt(null);
        _verifier = VerifierWith((_, _) => Task.FromResult(_standing));
        _standing = new Standing(ResidenceStanding.Active, new LocalDate(2027, 3, 1), _world.Clock.Now());
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private LiveCodes CodesAt(string? address) => new(_world.Db, _documents, _world.Keys, _world.Blind, _world.Database.Writer, () => _rules, () => [18, 21], _world.Clock, address);

    private Verification VerifierWith(StandingOf standing) =>
        new(_world.Db, _documents, new OwnSigners(_world.Keys, NullLogger<OwnSigners>.Instance), _world.Blind, _world.Door, standing, () => _rules, _world.Clock);

    private Task<Verdict> CheckAsync(string? text, string asker = "here") => _verifier.CheckAsync(text, asker, Actor.Anonymous);

    private static DocumentContent Content(string number = "2000000006") => new()
    {
        ResidentNumber = number,
        NameArabic = "محمد عبد الرحمن",
        NameLatin = "MOHAMMAD ABDUR RAHMAN",
        Nationality = "BGD",
        Occupation = "electrician",
        OccupationArabic = "كهربائي",
        Birth = BirthDate.Of(new LocalDate(1990, 1, 1)),
        AnswerableName = "شركة البناء",
        AnswerableKind = Answerable.Establishment,
        Photo = Guid.Parse("01990000-0000-7000-8000-000000000009"),
    };

    private async Task<PersonId> ResidentAsync(string number = "2000000006")
    {
        var person = PersonId.New(_world.Clock);
        await IssueAsync(person, number);
        return person;
    }

    private async Task<IssuedDocument> IssueAsync(PersonId person, string number = "2000000006")
    {
        var change = _world.Act("document.issue");
        var issued = await _documents.IssueAsync(change, new DocumentOrder(person, Guid.CreateVersion7(_world.Clock.GetUtcNow()), Content(number), 5));
        await _world.DoneAsync(change);
        return issued;
    }

    private Access Own(PersonId person) => _world.Door.Enter(Actor.System("test"), Purpose.Self, null, "test", person);

    private async Task<string> CodeAsync(PersonId person, QrView view = QrView.Valid) => (await ReadDoor.RunAsync(() => _codes.MakeAsync(Own(person), person, view)))!.Text;

    private static byte[] Bytes(string code)
    {
        Assert.True(Base32.TryDecode(code.AsSpan(QrCode.Prefix.Length), out var bytes));
        return bytes;
    }

    /// <summary>What a verifier without a network reads in a code.</summary>
    private QrCode Offline(string code)
    {
        var trust = TrustAnchors.Create(_world.Keys.Roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).Value;
        var signers = QrSigners.Create(_world.Keys.All(KeyPurpose.LiveQr).Select(c => (ReadOnlyMemory<byte>)c.Certificate), trust, new SignerPurposes()).Value;
        return QrCode.Verify(code, signers, _world.Clock.GetUtcNow(), new QrOptions()).Value;
    }

    private static void Is(NotValidReason reason, Verdict verdict) => Assert.Equal(new Verdict.NotValid(reason), verdict);

    [Fact]
    public async Task A_live_code_of_a_resident_in_good_standing_is_valid_and_says_little()
    {
        var valid = Assert.IsType<Verdict.Valid>(await CheckAsync(await CodeAsync(await ResidentAsync("2123456788"))));
        Assert.Equal(new Verdict.Valid("M. R.", true, new LocalDate(2027, 3, 1), _world.Clock.Now(), false), valid);
        Assert.Equal("verify.valid", valid.TextKey);
    }

    [Fact]
    public async Task A_demonstration_ID_is_a_specimen_to_the_verifier_too() =>
        Assert.Equal("verify.valid.specimen", (await CheckAsync(await CodeAsync(await ResidentAsync()))).TextKey);

    [Fact]
    public async Task Each_check_is_an_entry_that_the_resident_sees_whatever_the_answer()
    {
        var person = await ResidentAsync();
        var code = await CodeAsync(person);
        await CheckAsync(code);
        _standing = _standing! with { Residence = ResidenceStanding.Suspended };
        await CheckAsync(code);
        var entries = await _world.Db.QueryAsync<string>(
            "SELECT e.purpose FROM access_entry e JOIN access_subject s ON s.access_id = e.id WHERE s.person_id = @person AND e.place = 'verify'", new { person = person.Value });
        Assert.Equal(["VerifyDocument", "VerifyDocument"], entries);
    }

    [Fact]
    public async Task Two_codes_of_one_person_have_nothing_in_common_that_names_the_person()
    {
        var person = await ResidentAsync();
        var (a, b) = (Offline(await CodeAsync(person)).Handle!.Value.ToArray(), Offline(await CodeAsync(person)).Handle!.Value.ToArray());
        Assert.Equal((24, 24), (a.Length, b.Length));
        Assert.NotEqual(a[..8], b[..8]);
        Assert.NotEqual(a[8..], b[8..]);
    }

    [Theory]
    [InlineData(QrView.Valid, 0, "")]
    [InlineData(QrView.Ages, 2, "")]
    [InlineData(QrView.Full, 0, "2000000006 MOHAMMAD ABDUR RAHMAN 19900101 BGD")]
    public async Task A_code_shows_without_a_network_as_much_as_its_view_says(QrView view, int ages, string identity)
    {
        var code = Offline(await CodeAsync(await ResidentAsync(), view));
        Assert.Equal((QrKind.Live, ages, identity), (code.Kind, code.Ages.Count, string.Join(' ', code.Identity.Values)));
        Assert.All(code.Ages, a => Assert.True(a.Value));
    }

    [Fact]
    public async Task A_name_that_makes_a_code_too_large_is_left_out_whole()
    {
        var person = PersonId.New(_world.Clock);
        var change = _world.Act("document.issue");
        var name = string.Join(' ', Enumerable.Repeat("KRISHNAMURTHY VENKATASUBRAMANIAN", 7));
        await _documents.IssueAsync(change, new DocumentOrder(person, Guid.CreateVersion7(_world.Clock.GetUtcNow()), Content() with { NameLatin = name }, 5));
        await _world.DoneAsync(change);
        var text = await CodeAsync(person, QrView.Full);
        Assert.True(text.Length <= QrForm.MostCharacters);
        Assert.Equal("2000000006 19900101 BGD", string.Join(' ', Offline(text).Identity.Values));
    }

    [Fact]
    public async Task Every_flipped_bit_of_a_code_is_refused()
    {
        var bytes = Bytes(await CodeAsync(await ResidentAsync()));
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var changed = (byte[])bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Is(NotValidReason.Forged, await CheckAsync(QrCode.Prefix + Base32.Encode(changed)));
        }
    }

    [Fact]
    public async Task Every_changed_or_missing_character_of_a_code_is_refused()
    {
        var code = await CodeAsync(await ResidentAsync());
        for (var i = QrCode.Prefix.Length; i < code.Length; i++)
        {
            var changed = code[..i] + (code[i] == 'A' ? 'B' : 'A') + code[(i + 1)..];
            Is(NotValidReason.Forged, await CheckAsync(changed));
            Is(NotValidReason.Forged, await CheckAsync(code.Remove(i, 1)));
        }
        Is(NotValidReason.Forged, await CheckAsync(code + "A"));
    }

    [Fact]
    public async Task A_code_signed_by_another_installation_is_forged()
    {
        var person = await ResidentAsync();
        var folder = Path.Combine(Path.GetTempPath(), "muqeem-test-" + Path.GetRandomFileName());
        try
        {
            using var other = KeyStore.Open(DataFolder.Open(folder, FolderKind.Demonstration, _world.Clock), passphrase: null, _world.Clock);
            var theirs = new LiveCodes(_world.Db, _documents, other, _world.Blind, _world.Database.Writer, () => _rules, () => [], _world.Clock);
            Is(NotValidReason.Forged, await CheckAsync((await ReadDoor.RunAsync(() => theirs.MakeAsync(Own(person), person, QrView.Valid)))!.Text));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_code_made_before_the_key_was_replaced_still_counts()
    {
        var code = await CodeAsync(await ResidentAsync());
        _world.Keys.Rotate(KeyPurpose.LiveQr);
        Assert.IsType<Verdict.Valid>(await CheckAsync(code));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(39, true)]
    [InlineData(40, false)]
    [InlineData(3600, false)]
    public async Task A_code_counts_for_thirty_seconds_and_ten_of_tolerance(int seconds, bool valid)
    {
        var code = await CodeAsync(await ResidentAsync());
        _world.Clock.Advance(TimeSpan.FromSeconds(seconds));
        _standing = _standing! with { AsOf = _world.Clock.Now() };
        var verdict = await CheckAsync(code);
        if (valid)
        {
            Assert.IsType<Verdict.Valid>(verdict);
        }
        else
        {
            Is(NotValidReason.CodeTooOld, verdict);
        }
    }

    [Fact]
    public async Task A_code_from_the_future_gives_no_answer()
    {
        var code = await CodeAsync(await ResidentAsync());
        _world.Clock.Advance(TimeSpan.FromSeconds(-11));
        Assert.Equal(CannotSayReason.Clock, Assert.IsType<Verdict.CannotSay>(await CheckAsync(code)).Reason);
    }

    [Theory]
    [InlineData(ResidenceStanding.NotYet, NotValidReason.NotYet)]
    [InlineData(ResidenceStanding.Expired, NotValidReason.Expired)]
    [InlineData(ResidenceStanding.Suspended, NotValidReason.Suspended)]
    [InlineData(ResidenceStanding.Ended, NotValidReason.Ended)]
    [InlineData(ResidenceStanding.Revoked, NotValidReason.Revoked)]
    public async Task The_standing_of_the_residence_is_the_answer(ResidenceStanding standing, NotValidReason reason)
    {
        var code = await CodeAsync(await ResidentAsync());
        _standing = _standing! with { Residence = standing };
        Is(reason, await CheckAsync(code));
    }

    [Fact]
    public async Task A_code_of_a_replaced_document_is_superseded_and_the_new_one_is_valid()
    {
        var person = await ResidentAsync();
        var old = await CodeAsync(person);
        var change = _world.Act();
        var live = (await _documents.LiveAsync(person))!;
        var next = await _documents.ReplaceAsync(change, live, new DocumentOrder(person, live.Residence, Content(), 5));
        await _world.DoneAsync(change);
        Assert.Equal(2, next.Number);
        Is(NotValidReason.Superseded, await CheckAsync(old));
        Assert.IsType<Verdict.Valid>(await CheckAsync(await CodeAsync(person)));
        Assert.Equal([DocumentState.Live, DocumentState.Superseded], (await _documents.OfAsync(person)).Select(d => d.State));
    }

    [Fact]
    public async Task A_document_reported_lost_counts_no_more_and_the_next_one_has_the_next_number()
    {
        var person = await ResidentAsync();
        var code = await CodeAsync(person);
        var change = _world.Act();
        await _documents.EndAsync(change, (await _documents.LiveAsync(person))!, DocumentState.Lost);
        await _world.DoneAsync(change);
        Is(NotValidReason.DocumentLost, await CheckAsync(code));
        Assert.Null(await ReadDoor.RunAsync(() => _codes.MakeAsync(Own(person), person, QrView.Full)));
        Assert.Null((await _codes.MakeShortAsync(person)).Code);
        Assert.Equal(2, (await IssueAsync(person)).Number);
        Is(NotValidReason.DocumentLost, await CheckAsync(code));
    }

    [Fact]
    public async Task A_document_past_its_own_years_counts_no_more_although_the_residence_does()
    {
        var person = await ResidentAsync();
        _world.Clock.Advance(TimeSpan.FromDays((5 * 365) + 1));
        _standing = new Standing(ResidenceStanding.Active, _world.Clock.Today(), _world.Clock.Now());
        Assert.IsType<Verdict.Valid>(await CheckAsync(await CodeAsync(person)));
        _world.Clock.Advance(TimeSpan.FromDays(1));
        _standing = new Standing(ResidenceStanding.Active, _world.Clock.Today(), _world.Clock.Now());
        Is(NotValidReason.DocumentExpired, await CheckAsync(await CodeAsync(person)));
    }

    [Fact]
    public async Task A_person_never_has_two_live_documents()
    {
        var person = PersonId.New(_world.Clock);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            var change = _world.Act();
            await _documents.IssueAsync(change, new DocumentOrder(person, Guid.CreateVersion7(_world.Clock.GetUtcNow()), Content(), 5));
            return await _world.WriteAsync(change);
        })));
        Assert.Single(outcomes, o => o is WriteOutcome.Done);
        Assert.Equal(15, outcomes.Count(o => o is WriteOutcome.Claimed { Kind: Documents.LiveClaim }));
        Assert.Single(await _documents.OfAsync(person));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("https://example.org/")]
    [InlineData("2123456788")]
    [InlineData("WIFI:T:WPA;S:cafe;;")]
    public async Task What_is_not_one_of_our_codes_is_not_ours(string text) => Is(NotValidReason.NotOurs, await CheckAsync(text));

    [Fact]
    public async Task A_code_in_an_address_opens_with_a_phones_camera_and_verifies()
    {
        var person = await ResidentAsync();
        var code = (await ReadDoor.RunAsync(() => CodesAt("https://muqeem.example.org").MakeAsync(Own(person), person, QrView.Full)))!;
        Assert.StartsWith("HTTPS://MUQEEM.EXAMPLE.ORG/V/", code.Text, StringComparison.Ordinal);
        Assert.IsType<Verdict.Valid>(await CheckAsync(code.Text));
        Assert.IsType<Verdict.Valid>(await CheckAsync(code.Text.ToLowerInvariant()));
    }

    [Fact]
    public async Task The_picture_is_small_enough_for_a_cheap_camera()
    {
        var person = await ResidentAsync();
        var code = (await ReadDoor.RunAsync(() => CodesAt("https://muqeem.example.org").MakeAsync(Own(person), person, QrView.Valid)))!;
        Assert.InRange(QrPicture.VersionOf(code.Text), 1, 9);
        var svg = System.Xml.Linq.XDocument.Parse(code.Svg("رمز \"التحقق\" <b>"));
        Assert.Equal("رمز \"التحقق\" <b>", svg.Root!.Attribute("aria-label")!.Value);
    }

    [Fact]
    public async Task When_the_register_is_away_there_is_no_answer_rather_than_a_bad_one()
    {
        var code = await CodeAsync(await ResidentAsync());
        var verifier = VerifierWith((_, _) => throw new TimeoutException());
        Assert.Equal(CannotSayReason.Unreachable, Assert.IsType<Verdict.CannotSay>(await verifier.CheckAsync(code, "here", Actor.Anonymous)).Reason);
        _standing = _standing! with { AsOf = _world.Clock.Now() - Duration.FromMinutes(2) };
        Assert.Equal(CannotSayReason.StatusTooOld, Assert.IsType<Verdict.CannotSay>(await CheckAsync(code)).Reason);
    }

    [Fact]
    public async Task A_code_read_out_is_valid_for_ten_minutes_however_it_is_typed()
    {
        var (code, _) = await _codes.MakeShortAsync(await ResidentAsync());
        Assert.Matches("^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$", code!.Text);
        Assert.IsType<Verdict.Valid>(await CheckAsync(code.Text));
        Assert.IsType<Verdict.Valid>(await CheckAsync(" " + code.Text.ToLowerInvariant().Replace("-", " ", StringComparison.Ordinal).Replace('0', 'o').Replace('1', 'l')));
        var arabic = new string([.. code.Text.Select(c => char.IsAsciiDigit(c) ? (char)('٠' + (c - '0')) : c)]);
        Assert.IsType<Verdict.Valid>(await CheckAsync(arabic));
        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        _standing = _standing! with { AsOf = _world.Clock.Now() };
        Is(NotValidReason.CodeUnknown, await CheckAsync(code.Text));
    }

    [Fact]
    public async Task A_new_code_to_read_out_ends_the_one_before()
    {
        var person = await ResidentAsync();
        var (first, _) = await _codes.MakeShortAsync(person);
        var (second, _) = await _codes.MakeShortAsync(person);
        Is(NotValidReason.CodeUnknown, await CheckAsync(first!.Text));
        Assert.IsType<Verdict.Valid>(await CheckAsync(second!.Text));
        Assert.Equal(1, await _world.Db.SingleAsync<int>("SELECT COUNT(*) FROM verify_code"));
    }

    [Fact]
    public async Task After_five_wrong_codes_an_asker_waits_and_others_do_not()
    {
        var (code, _) = await _codes.MakeShortAsync(await ResidentAsync());
        for (var i = 0; i < 5; i++)
        {
            Is(NotValidReason.CodeUnknown, await CheckAsync("0000000" + i, "guesser"));
        }
        var wait = Assert.IsType<Verdict.CannotSay>(await CheckAsync(code!.Text, "guesser"));
        Assert.Equal((CannotSayReason.TooManyTries, Duration.FromMinutes(10)), (wait.Reason, wait.AskAgainAfter));
        Assert.IsType<Verdict.Valid>(await CheckAsync(code.Text, "somebody else"));
        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        Is(NotValidReason.CodeUnknown, await CheckAsync("00000009", "guesser"));
    }

    [Fact]
    public async Task Sixty_four_guesses_at_once_are_still_five()
    {
        await ResidentAsync();
        var verdicts = await Task.WhenAll(Enumerable.Range(10, 64).Select(i => Task.Run(() => CheckAsync("000000" + i, "guesser"))));
        Assert.Equal(5, verdicts.Count(v => v is Verdict.NotValid));
    }

    [Fact]
    public async Task Right_codes_do_not_count_against_a_busy_counter()
    {
        var (code, _) = await _codes.MakeShortAsync(await ResidentAsync());
        for (var i = 0; i < 20; i++)
        {
            Assert.IsType<Verdict.Valid>(await CheckAsync(code!.Text, "bank"));
        }
    }

    [Fact]
    public async Task The_digital_ID_shows_the_document_with_the_residence_as_it_is_now_in_both_calendars()
    {
        var person = await ResidentAsync();
        var document = (await _documents.LiveAsync(person))!;
        var access = _world.Door.Enter(Actor.System("test"), Purpose.Self, null, "digital_id", person);
        var id = DigitalId.Of(document, await _documents.OpenAsync(access, document), new LocalDate(2026, 11, 22));
        Assert.Equal(("2000000006", 1, "MOHAMMAD ABDUR RAHMAN", true), (id.ResidentNumber, id.Version, id.NameLatin, id.Specimen));
        Assert.Equal("1448-06-12", id.ResidenceUntil.Hijri.ToString());
        Assert.Equal(new LocalDate(2031, 3, 15), id.DocumentUntil.Gregorian);
        Assert.Equal(BirthDate.Of(new LocalDate(1990, 1, 1)), id.Birth);
    }

    [Fact]
    public async Task Nothing_personal_is_stored_in_the_clear()
    {
        await ResidentAsync();
        var stored = System.Text.Encoding.UTF8.GetString(await _world.Db.SingleAsync<byte[]>("SELECT content FROM document_content"));
        Assert.DoesNotContain("RAHMAN", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("2000000006", stored, StringComparison.Ordinal);
    }

    [Fact]
    public void Verifiers_get_the_public_keys_and_nothing_else()
    {
        using var set = System.Text.Json.JsonDocument.Parse(_codes.PublicKeys());
        var key = set.RootElement.GetProperty("keys")[0];
        Assert.Equal("P-256", key.GetProperty("crv").GetString());
        Assert.False(key.TryGetProperty("d", out _));
    }

    [Theory]
    [InlineData("MOHAMMAD ABDUR RAHMAN", "M. R.")]
    [InlineData("SUHARTINI", "S.")]
    [InlineData("  ", "")]
    public void Initials_are_of_the_first_and_last_name(string name, string initials) => Assert.Equal(initials, Verification.Initials(name));

    [Fact]
    public void Every_answer_has_its_words_in_both_languages()
    {
        var keys = Enum.GetValues<NotValidReason>().Select(r => new Verdict.NotValid(r).TextKey)
            .Concat(Enum.GetValues<CannotSayReason>().Select(r => new Verdict.CannotSay(r, Duration.Zero).TextKey))
            .Append("verify.valid").Append("verify.valid.specimen").ToList();
        foreach (var language in (string[])["ar", "en"])
        {
            using var stream = typeof(Verdict).Assembly.GetManifestResourceStream($"texts/texts.{language}.json")!;
            var texts = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!;
            Assert.All(keys, k => Assert.True(texts.ContainsKey(k), k));
        }
    }
}
