using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Muqeem.Credentials;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Live;
using Muqeem.Kernel;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.Api;

public sealed class VerifiersAgreeOnSqliteTests(VerifiersOnSqlite world) : VerifiersAgreeTests(world), IClassFixture<VerifiersOnSqlite>;

public sealed class VerifiersAgreeOnPostgreSqlTests(VerifiersOnPostgreSql world) : VerifiersAgreeTests(world), IClassFixture<VerifiersOnPostgreSql>;

/// <summary>A registered verifier and anybody else are told the same of the same ID, and the resident reads of both.</summary>
public abstract class VerifiersAgreeTests(VerifierWorld shared)
{
    private readonly WholeWorld _world = shared.World;
    private readonly VerifierProgram _bank = shared.Bank;

    private async Task<(string Word, string? Reason, string? Code)> ToBankAsync(string text, ECDsa holder)
    {
        var nonce = Guid.CreateVersion7().ToString("N");
        var answer = await _bank.PostAsync("presentation", new { purpose = "open_account", presentation = _bank.Present(text, holder, nonce), audience = VerifierProgram.Audience, nonce });
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        string? Member(string name) => answer.Json.TryGetProperty(name, out var value) ? value.GetString() : null;
        return (answer["verdict"].GetString()!, Member("reason"), Member("code"));
    }

    private async Task<string> StatusAsync(string text) => (await _bank.PostAsync("status", new { purpose = "open_account", credential = text }))["status"].GetString()!;

    private async Task<(string Word, string? Reason)> ToAnybodyAsync(string text)
    {
        using var anybody = new ApiCaller(_world);
        var answer = await anybody.PostAsync("verify", new { text });
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return (answer["verdict"].GetString()!, answer.Json.TryGetProperty("reason", out var reason) ? reason.GetString() : null);
    }

    private async Task ChangeAsync(PersonId person, Action<Change, Residences, Residence> to)
    {
        var residences = _world.Get<Residences>();
        var change = new Change(new Act(ActId.New(_world.Clock), "test.residence", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("residence"), _world.Clock.Now()));
        to(change, residences, (await residences.OfAsync(person))!);
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
    }

    [Fact]
    public async Task What_a_signer_who_was_revoked_here_signed_counts_no_more_for_whatever_purpose_and_before_any_list_says_so()
    {
        var (genuine, holder, form, uri) = await shared.IssueAsync();
        using var owned = holder;
        var (keys, now) = (_world.Get<KeyStore>(), _world.Clock.Now());
        var (by, qr, q) = (keys.Current(KeyPurpose.DocumentSigner), keys.Current(KeyPurpose.QrSigner), holder.ExportParameters(false).Q);
        CredentialTerms Terms(SigningCertificate signer) => new(CredentialsSetup.DefaultOrigin, now, now + Duration.FromDays(30), uri, form.Place.Index, signer.Chain);
        // Somebody inside signs what he likes, and borrows the place of an ID in force.
        var unsigned = SdJwtForm.Write(FormsTests.Claims(), Terms(by), new HolderKey(q.X!, q.Y!), RandomNumberGenerator.GetBytes(32), "sha256-x");
        var forged = Encoding.ASCII.GetString(unsigned.Complete(keys.Sign(by, unsigned.ToBeSigned)));
        var card = QrForm.Card(FormsTests.Claims(), Terms(qr));
        var forgedCard = QrForm.Text(CredentialsSetup.DefaultOrigin, card.Complete(keys.Sign(qr, card.ToBeSigned)));
        Assert.Equal("valid", (await ToBankAsync(forged, holder)).Word);
        Assert.Equal(("valid", "valid"), (await StatusAsync(forged), (await ToAnybodyAsync(forged)).Word));

        keys.Revoke(by.KeyId, X509RevocationReason.KeyCompromise);
        keys.Revoke(qr.KeyId, X509RevocationReason.KeyCompromise);

        Assert.Equal(("not_valid", "forged", "signer_revoked"), await ToBankAsync(forged, holder));
        Assert.Equal("unknown", await StatusAsync(forged));
        Assert.Equal(("not_valid", "forged"), await ToAnybodyAsync(forged));
        // So does what was rightly signed with that key: nobody can tell the two apart, and it is issued anew.
        Assert.Equal(("not_valid", "forged", "signer_revoked"), await ToBankAsync(genuine, holder));
        Assert.Equal(("not_valid", "forged"), await ToAnybodyAsync(genuine));
        var shown = await _bank.PostAsync("presentation", new { purpose = "open_account", presentation = forgedCard });
        Assert.Equal(("not_valid", "forged", "signer_revoked"), (shown["verdict"].GetString(), shown["reason"].GetString(), shown["code"].GetString()));
        Assert.Equal(("not_valid", "forged"), await ToAnybodyAsync(forgedCard));

        // The next signer's count at once.
        var (next, other, _, _) = await shared.IssueAsync();
        using (other)
        {
            Assert.Equal("valid", (await ToBankAsync(next, other)).Word);
        }
    }

    [Fact]
    public async Task An_ID_whose_residence_is_not_in_force_is_valid_to_nobody()
    {
        var person = (await shared.Residents.SettleAsync(Residents.HouseholdWorker, shared.Residents.Today.PlusYears(1))).Person;
        var (text, holder, _, _) = await shared.IssueAsync(person);
        using var owned = holder;
        async Task AllSayAsync(string status, string? reason, string? code, string? told)
        {
            Assert.Equal((reason is null ? "valid" : "not_valid", reason, code), await ToBankAsync(text, holder));
            Assert.Equal(status, await StatusAsync(text));
            Assert.Equal((told is null ? "valid" : "not_valid", told), await ToAnybodyAsync(text));
        }

        await AllSayAsync("valid", null, null, null);
        await ChangeAsync(person, (change, residences, r) => residences.AddHold(change, r, HoldKinds.Suspended, _world.Clock.Now(), "test"));
        await AllSayAsync("suspended", "suspended", "residence_suspended", "suspended");
        // All of a batch are looked up together, each to its own person.
        var (theirs, another, _, _) = await shared.IssueAsync();
        using (another)
        {
            var answers = await _bank.PostAsync("batch", new { questions = new[] { text, theirs, text }.Select(t => new { status = new { purpose = "open_account", credential = t } }) });
            Assert.Equal(["suspended", "valid", "suspended"], answers["answers"].EnumerateArray().Select(a => a.GetProperty("status").GetProperty("status").GetString()));
        }
        await ChangeAsync(person, (change, residences, r) => residences.LiftHold(change, r, r.Holds.Single(), _world.Clock.Now()));
        await AllSayAsync("valid", null, null, null);
        await ChangeAsync(person, (change, residences, r) => residences.End(change, r, _world.Clock.Today(), EndReasons.Departure));
        await AllSayAsync("invalid", "ended", "residence_ended", "ended");
    }

    [Fact]
    public async Task The_resident_reads_what_a_live_code_was_checked_for()
    {
        var door = _world.Get<ReadDoor>();
        var live = (await ReadDoor.RunAsync(() => _world.Get<LiveCodes>().MakeAsync(door.Enter(Actor.System("test"), Purpose.Self, null, "test", shared.Person), shared.Person, QrView.Valid)))!;
        var answer = await _bank.PostAsync("presentation", new { purpose = "open_account", presentation = live.Text });
        Assert.Equal(("valid", "qr_live"), (answer["verdict"].GetString(), answer["form"].GetString()));
        var line = (await _world.Get<AccessLog>().ForPersonAsync(shared.Person)).Lines.First(l => l.Reader == Actor.Verifier(_bank.Id));
        Assert.Equal(("verifier.open_account", Purpose.VerifyDocument), (line.Where, line.Purpose));
        using var read = System.Text.Json.JsonDocument.Parse(await shared.ReadAsync("/api/v1/accesses"));
        var told = read.RootElement.GetProperty("accesses").EnumerateArray().First(a => a.GetProperty("id").GetGuid() == line.Id);
        Assert.Equal(("The Test Bank", "Checked your ID to open an account"), (told.GetProperty("readerName").GetString(), told.GetProperty("purposeText").GetString()));
        Assert.Contains("جرى التحقق من هويتك لفتح حساب", WebUtility.HtmlDecode(await shared.ReadAsync("/ar/accesses")));
    }
}
