using System.Diagnostics;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Muqeem.Kernel;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Platform.Keys;

/// <summary>The demonstration's chain, which is made by itself.</summary>
public sealed class DemonstrationChainTests : IDisposable
{
    private readonly FolderForTest _folder = new();

    public void Dispose() => _folder.Dispose();

    private KeyStore Open() => KeyStore.Open(_folder.Data, passphrase: null, _folder.Clock);

    private static X509Certificate2 Load(byte[] certificate) => X509CertificateLoader.LoadCertificate(certificate);

    [Fact]
    public void The_first_start_makes_a_root_and_a_certified_signer_of_each_purpose()
    {
        using var store = Open();
        using var root = Load(Assert.Single(store.Roots).Certificate);
        foreach (var purpose in (KeyPurpose[])[KeyPurpose.DocumentSigner, KeyPurpose.StatusList, KeyPurpose.QrSigner, KeyPurpose.LiveQr])
        {
            var signer = store.Current(purpose);
            using var certificate = Load(signer.Certificate);
            var signature = store.Sign(signer, "credential"u8);
            using var key = certificate.GetECDsaPublicKey()!;
            Assert.True(key.VerifyData("credential"u8, signature, HashAlgorithmName.SHA256));
            Assert.True(store.Verify(purpose, signer.KeyId, "credential"u8, signature));
            Assert.Equal([signer.Certificate], signer.Chain);
            Assert.Equal(root.Subject, certificate.Issuer);
            Assert.Equal(_folder.Clock.Now(), signer.SignsFrom);
            Assert.Equal(Duration.FromDays(90) - Duration.FromSeconds(1), signer.SignsUntil - signer.SignsFrom);
        }
        Assert.Contains("DEMONSTRATION", root.Subject, StringComparison.Ordinal);
        Assert.Contains("DEMONSTRATION", File.ReadAllText(Path.Combine(_folder.Data.Root, "demo-root", "READ-ME.txt")), StringComparison.Ordinal);
        Assert.Empty(store.Alarms());
        using var again = Open();
        Assert.Equal(store.Current(KeyPurpose.DocumentSigner).Certificate, again.Current(KeyPurpose.DocumentSigner).Certificate);
        Assert.Equal(store.Roots[0].Fingerprint, Assert.Single(again.Roots).Fingerprint);
    }

    [Fact]
    public void Certificates_and_list_pass_the_checks_of_another_implementation()
    {
        using var store = Open();
        var folder = _folder.Data.Scratch;
        string Pem(string name, string label, byte[] der)
        {
            var path = Path.Combine(folder, name);
            File.WriteAllText(path, PemEncoding.WriteString(label, der));
            return path;
        }
        var revoked = store.Revoke(store.Current(KeyPurpose.QrSigner).KeyId, X509RevocationReason.KeyCompromise);
        var root = Pem("root.pem", "CERTIFICATE", store.Roots[0].Certificate);
        var list = Pem("list.pem", "X509 CRL", store.Roots[0].RevocationList!);
        var at = store.Current(KeyPurpose.QrSigner).SignsFrom.ToUnixTimeSeconds() + 1;
        foreach (var purpose in (KeyPurpose[])[KeyPurpose.DocumentSigner, KeyPurpose.StatusList, KeyPurpose.QrSigner, KeyPurpose.LiveQr])
        {
            foreach (var signer in store.All(purpose))
            {
                var (code, said) = OpenSsl("verify", "-x509_strict", "-crl_check", "-attime", $"{at}", "-CAfile", root, "-CRLfile", list, Pem("signer.pem", "CERTIFICATE", signer.Certificate));
                Assert.True(signer.KeyId == revoked.Id ? code != 0 && said.Contains("certificate revoked", StringComparison.Ordinal) : code == 0, said);
            }
        }
        var (_, text) = OpenSsl("x509", "-in", Pem("signer.pem", "CERTIFICATE", store.Current(KeyPurpose.DocumentSigner).Certificate), "-noout", "-text");
        foreach (var part in (string[])["Subject: C = SA, O = Muqeem, CN = document-signer-", "Key Usage: critical", "Digital Signature\n", "Extended Key Usage: critical", "1.0.18013.5.1.2", "Issuer Alternative Name",
            "CRL Distribution Points", "Authority Key Identifier", "Subject Key Identifier", "ecdsa-with-SHA384", "NIST CURVE: P-256"])
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }
        var (_, rootText) = OpenSsl("x509", "-in", root, "-noout", "-text");
        foreach (var part in (string[])["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign\n", "NIST CURVE: P-384", "Issuer Alternative Name", "CRL Distribution Points", "Subject: C = SA"])
        {
            Assert.Contains(part, rootText, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_next_signer_comes_before_the_last_one_stops_and_no_day_is_without_one()
    {
        using var store = Open();
        var first = store.Current(KeyPurpose.DocumentSigner);
        var seen = new HashSet<string>();
        for (var day = 0; day < 400; day += 5)
        {
            store.KeepDemonstration();
            var signer = store.Current(KeyPurpose.DocumentSigner);
            seen.Add(signer.KeyId);
            Assert.True(signer.SignsFrom <= _folder.Clock.Now() && _folder.Clock.Now() < signer.SignsUntil);
            // What is signed now can live ninety days.
            Assert.True(_folder.Clock.Now() + Duration.FromDays(90) <= signer.ValidUntil);
            Assert.DoesNotContain(store.Alarms(), a => a.Code != KeyAlarms.Rotate);
            Assert.Throws<KeyUnavailableException>(() => store.Sign(signer with { KeyId = "document-signer-none" }, "x"u8));
            _folder.Clock.Advance(TimeSpan.FromDays(5));
        }
        Assert.InRange(seen.Count, 5, 6);
        Assert.Equal(KeyState.Retired, store.All(KeyPurpose.DocumentSigner).Single(c => c.KeyId == first.KeyId).State);
        Assert.Contains(store.All(KeyPurpose.DocumentSigner), c => c.State == KeyState.Retiring);
        Assert.Throws<KeyUnavailableException>(() => store.Sign(first, "too late"u8));
    }

    [Fact]
    public void A_clock_that_jumps_over_a_signers_whole_life_finds_another()
    {
        using var store = Open();
        _folder.Clock.Advance(TimeSpan.FromDays(1000));
        Assert.True(store.Current(KeyPurpose.DocumentSigner).SignsUntil > _folder.Clock.Now());
        _folder.Clock.Advance(TimeSpan.FromDays(365 * 19));
        Assert.True(store.Current(KeyPurpose.StatusList).ValidUntil > _folder.Clock.Now());
        Assert.Equal(2, store.Roots.Count);
        Assert.True(store.Roots[^1].ValidUntil > _folder.Clock.Now() + Duration.FromDays(7000));
    }

    [Fact]
    public void When_the_clock_is_moved_the_next_signers_are_made_and_the_alarms_are_measured()
    {
        using var store = Open();
        var clock = new MovableClock(_folder.Data, _folder.Clock);
        using var moved = KeyStore.Open(_folder.Data, passphrase: null, clock);
        using var upkeep = new KeyUpkeep(moved, _folder.Data, clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<KeyUpkeep>.Instance);
        var measured = new Dictionary<string, double>(StringComparer.Ordinal);
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter == upkeep.Meter)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => measured[(string)tags[0].Value!] = value);
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => measured[(string)tags[0].Value!] = value);
        listener.Start();

        Assert.True(clock.MoveBy(Duration.FromDays(500)).Ok);

        Assert.Equal(2, moved.All(KeyPurpose.DocumentSigner).Count);
        listener.RecordObservableInstruments();
        Assert.Equal(90, measured["document-signer"], tolerance: 0.01);
        Assert.Equal((0, 6), (measured[KeyAlarms.NoSigner], measured[KeyAlarms.Rotate]));
        store.Refresh();
        Assert.Equal(moved.Inventory.Select(k => k.Id), store.Inventory.Select(k => k.Id));
    }

    [Fact]
    public void A_revoked_signer_signs_nothing_more_and_is_on_the_list()
    {
        using var store = Open();
        var signer = store.Current(KeyPurpose.StatusList);
        Assert.Empty(List(store).Revocations);

        Assert.Equal(KeyState.Revoked, store.Revoke(signer.KeyId, X509RevocationReason.KeyCompromise).State);

        Assert.Throws<KeyUnavailableException>(() => store.Sign(signer, "x"u8));
        Assert.NotEqual(signer.KeyId, store.Current(KeyPurpose.StatusList).KeyId);
        Assert.DoesNotContain(store.PublicKeys(KeyPurpose.StatusList), k => k.Id == signer.KeyId);
        Assert.Equal(KeyState.Revoked, store.All(KeyPurpose.StatusList).Single(c => c.KeyId == signer.KeyId).State);
        using var certificate = Load(signer.Certificate);
        var (number, entry) = (List(store).Number, Assert.Single(List(store).Revocations));
        Assert.Equal((certificate.SerialNumber, X509RevocationReason.KeyCompromise), (Convert.ToHexString(entry.Serial), entry.Reason));
        Assert.Throws<CertificateRefusedException>(() => store.Revoke(signer.KeyId, X509RevocationReason.Superseded));
        Assert.Throws<CertificateRefusedException>(() => store.Revoke("none", X509RevocationReason.Superseded));
        _folder.Clock.Advance(TimeSpan.FromDays(20));
        store.KeepDemonstration();
        Assert.True(List(store).Number > number);
        Assert.Single(List(store).Revocations);
    }

    [Fact]
    public void A_rotation_puts_the_new_signer_in_use_at_once()
    {
        using var store = Open();
        var former = store.Current(KeyPurpose.DocumentSigner);
        _folder.Clock.Advance(TimeSpan.FromDays(1));
        var made = store.Rotate(KeyPurpose.DocumentSigner);
        Assert.Equal((KeyState.Active, made.Id), (made.State, store.Current(KeyPurpose.DocumentSigner).KeyId));
        Assert.True(store.Verify(KeyPurpose.DocumentSigner, former.KeyId, "x"u8, store.Sign(former, "x"u8)));
    }

    [Fact]
    public void A_store_of_the_first_format_gets_its_signers_and_keeps_its_keys()
    {
        var key = new byte[32];
        RandomNumberGenerator.Fill(key);
        DurableFile.Write(_folder.Data.MasterSecret, key);
        var salt = RandomNumberGenerator.GetBytes(32);
        using (var seal = new SecretSeal(SecretKind.File, salt, HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, salt, "muqeem/keystore"u8.ToArray())))
        {
            const string lines = """[{"id":"blind-index-0000000001","purpose":"BlindIndex","algorithm":"HmacSha256","state":"Active","createdMicros":1,"retiredMicros":null,"material":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},{"id":"webhook-0000000001","purpose":"Webhook","algorithm":"HmacSha256","state":"Retired","createdMicros":1,"retiredMicros":2,"material":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},{"id":"webhook-0000000002","purpose":"Webhook","algorithm":"HmacSha256","state":"Active","createdMicros":2,"material":"AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}]""";
            var content = seal.Seal(System.Text.Encoding.UTF8.GetBytes(lines), [.. "muqeem/keystore/1"u8, .. _folder.Data.Id.ToByteArray(bigEndian: true)]);
            DurableFile.Write(KeyFile.PathIn(_folder.Data), System.Text.Encoding.UTF8.GetBytes(
                $$"""{"format":1,"secret":"File","salt":"{{Convert.ToBase64String(salt)}}","inventory":[],"sealed":"{{Convert.ToBase64String(content)}}"}"""));
        }
        for (var i = 0; i < 2; i++)
        {
            using var store = Open();
            Assert.Equal(HMACSHA256.HashData(Convert.FromBase64String("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), "x"u8.ToArray()), store.Mac(KeyPurpose.BlindIndex, "x"u8));
            Assert.Equal("webhook-0000000002", store.ActiveKey(KeyPurpose.Webhook));
            Assert.Equal(KeyState.Retired, store.Inventory.Single(k => k.Id == "webhook-0000000001").State);
            Assert.NotNull(store.Current(KeyPurpose.DocumentSigner));
        }
    }

    private static RevocationList List(KeyStore store)
    {
        using var root = Load(store.Roots[^1].Certificate);
        return RevocationList.Read(store.Roots[^1].RevocationList!, root);
    }

    internal static (int Code, string Said) OpenSsl(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var error = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, said);
    }
}

public sealed class CeremonyWithFileTests : CeremonyTests
{
    private protected override KeySettings Settings { get; } = new();
}

[Collection(TokenForTest.Collection)]
public sealed class CeremonyWithTokenTests : CeremonyTests
{
    private protected override KeySettings Settings { get; } = new() { Token = TokenForTest.Settings };
}

/// <summary>A real folder: requests out, certificates in, the root elsewhere.</summary>
public abstract class CeremonyTests : IDisposable
{
    private const string Passphrase = "two halves of a passphrase";

    private static readonly RootNames Names = new("SA", "Ministry of Tests", "Muqeem root 1", "keys@muqeem.example", "https://muqeem.example/trust/root.crl");

    private readonly FolderForTest _folder = new(FolderKind.Real);
    private readonly string _elsewhere = Path.Combine(Path.GetTempPath(), "muqeem-ceremony-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(8)));

    private protected abstract KeySettings Settings { get; }

    private string Root => Path.Combine(_elsewhere, "root");
    private string Carrier => Directory.CreateDirectory(Path.Combine(_elsewhere, "carrier")).FullName;

    public void Dispose()
    {
        _folder.Dispose();
        if (Directory.Exists(_elsewhere))
        {
            Directory.Delete(_elsewhere, recursive: true);
        }
        GC.SuppressFinalize(this);
    }

    private KeyStore Open() => KeyStore.Open(_folder.Data, Settings, _folder.Clock);

    private string Make(string? folder = null, RootNames? names = null, int years = 20, string passphrase = Passphrase) =>
        Ceremony.Make(folder ?? Root, names ?? Names, Settings.Usages, years, passphrase, ["Nora", "Omar"], _folder.Clock);

    private string Certify(Instant? from = null)
    {
        using var ceremony = Ceremony.Open(Root, Passphrase, _folder.Clock);
        return ceremony.Certify(Carrier, from, []);
    }

    private string Fingerprint() => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Root, "root.cer"))));

    private static readonly KeyPurpose[] Certified = [.. Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified())];

    [Fact]
    public void From_the_ceremony_to_a_signature()
    {
        using var store = Open();
        Assert.Contains("muqeem keys request", Assert.Throws<KeyUnavailableException>(() => store.Current(KeyPurpose.DocumentSigner)).Message, StringComparison.Ordinal);
        Assert.Equal([KeyAlarms.NoRoot, .. Certified.Select(_ => KeyAlarms.NoSigner)], store.Alarms().Select(a => a.Code).Order(StringComparer.Ordinal));
        var protocol = Make();
        foreach (var part in (string[])["Nora", "Omar", "P-384", string.Join(' ', Fingerprint().Chunk(4).Select(c => new string(c))), "signature ____"])
        {
            Assert.Contains(part, protocol, StringComparison.Ordinal);
        }

        var requested = KeyCarrier.Request(store, Certified, Carrier);
        var worked = Certify();
        Assert.Equal(Certified.Length, requested.Count);
        // The fingerprint on the paper is the one that the ceremony shows.
        Assert.All(requested, line => Assert.Contains(line[^79..], worked, StringComparison.Ordinal));
        Assert.Contains("fingerprint", Assert.Throws<CertificateRefusedException>(() => KeyCarrier.Install(store, Carrier, new string('0', 64))).Message, StringComparison.Ordinal);
        Assert.Contains("No root is installed", Assert.Throws<CertificateRefusedException>(() => KeyCarrier.Install(store, Carrier, null)).Message, StringComparison.Ordinal);
        // The root and its list with them.
        Assert.Equal(Certified.Length + 2, KeyCarrier.Install(store, Carrier, Fingerprint()).Count);

        foreach (var purpose in Certified)
        {
            var signer = store.Current(purpose);
            Assert.True(store.Verify(purpose, signer.KeyId, "x"u8, store.Sign(signer, "x"u8)));
        }
        Assert.Empty(store.Alarms());
        Assert.Single(KeyCarrier.Install(store, Carrier, null));
        Assert.False(Directory.Exists(Path.Combine(_folder.Data.Root, "demo-root")));
        using var again = Open();
        Assert.Equal(store.Current(KeyPurpose.QrSigner).Certificate, again.Current(KeyPurpose.QrSigner).Certificate);
    }

    [Fact]
    public void A_withdrawn_signer_reaches_the_roots_list_by_the_carrier()
    {
        using var store = Open();
        Make();
        KeyCarrier.Request(store, Certified, Carrier);
        Certify();
        KeyCarrier.Install(store, Carrier, Fingerprint());
        var signer = store.Current(KeyPurpose.DocumentSigner);

        store.Revoke(signer.KeyId, X509RevocationReason.KeyCompromise);
        Assert.Throws<KeyUnavailableException>(() => store.Current(KeyPurpose.DocumentSigner));
        Assert.Equal([KeyAlarms.NoSigner, KeyAlarms.RevocationWaits], store.Alarms().Select(a => a.Code).Order(StringComparer.Ordinal));
        Directory.Delete(Carrier, recursive: true);
        KeyCarrier.Request(store, [KeyPurpose.DocumentSigner], Carrier);
        Assert.Contains($"{signer.KeyId}, serial", Certify(), StringComparison.Ordinal);
        KeyCarrier.Install(store, Carrier, null);

        Assert.Empty(store.Alarms());
        Assert.NotEqual(signer.KeyId, store.Current(KeyPurpose.DocumentSigner).KeyId);
        // A store restored from before learns it from the list.
        using var root = X509CertificateLoader.LoadCertificate(store.Roots[0].Certificate);
        using var certificate = X509CertificateLoader.LoadCertificate(signer.Certificate);
        Assert.Equal(certificate.SerialNumber, Convert.ToHexString(Assert.Single(RevocationList.Read(store.Roots[0].RevocationList!, root).Revocations).Serial));
    }

    [Fact]
    public void An_older_or_foreign_list_is_refused()
    {
        using var store = Open();
        Make();
        KeyCarrier.Request(store, [KeyPurpose.StatusList], Carrier);
        Certify();
        var former = File.ReadAllBytes(Path.Combine(Carrier, "root.crl"));
        KeyCarrier.Install(store, Carrier, Fingerprint());
        Certify();
        KeyCarrier.Install(store, Carrier, null);
        Assert.Contains("newer revocation list", Assert.Throws<CertificateRefusedException>(() => store.InstallRevocations(former)).Message, StringComparison.Ordinal);
        using var other = RootAuthority.Make(Names, _folder.Clock.Now(), 1);
        Assert.Contains("of no root", Assert.Throws<CertificateRefusedException>(() => store.InstallRevocations(other.RevocationList([], 99, _folder.Clock.Now(), 30))).Message, StringComparison.Ordinal);
        var spoilt = store.Roots[0].RevocationList!.ToArray();
        spoilt[^1] ^= 1;
        Assert.Throws<CertificateRefusedException>(() => store.InstallRevocations(spoilt));
        Assert.Throws<CertificateRefusedException>(() => store.InstallRevocations([0x30]));
        _folder.Clock.Advance(TimeSpan.FromDays(91));
        Assert.Contains("outdated", Assert.Throws<CertificateRefusedException>(() => store.InstallRevocations(store.Roots[0].RevocationList!)).Message, StringComparison.Ordinal);
        Assert.Contains(store.Alarms(), a => a.Code == KeyAlarms.ListEnds);
    }

    [Fact]
    public void A_certificate_of_another_key_purpose_or_root_is_refused()
    {
        using var store = Open();
        Make();
        KeyCarrier.Request(store, Certified, Carrier);
        Certify();
        store.Trust(File.ReadAllBytes(Path.Combine(Root, "root.cer")), Fingerprint());
        using var key = ECDsa.Create();
        key.ImportFromEncryptedPem(File.ReadAllText(Path.Combine(Root, "root.key")), Passphrase);
        using var root = new RootAuthority(X509CertificateLoader.LoadCertificate(store.Roots[0].Certificate), ECDsa.Create(key.ExportParameters(includePrivateParameters: true)));
        using var stranger = RootAuthority.Make(Names, _folder.Clock.Now(), 20);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var info = store.PublicKeys(KeyPurpose.DocumentSigner).Single().SubjectPublicKeyInfo;
        var mine = PublicKey.CreateFromSubjectPublicKeyInfo(info, out _);
        var profile = Settings.Usages.Of(KeyPurpose.DocumentSigner);
        string Refused(byte[] certificate) => Assert.Throws<CertificateRefusedException>(() => store.Install(certificate)).Message;
        var now = _folder.Clock.Now();

        Assert.Contains("for no key", Refused(root.Certify(PublicKey.CreateFromSubjectPublicKeyInfo(other.ExportSubjectPublicKeyInfo(), out _), "x", profile, now)), StringComparison.Ordinal);
        Assert.Contains("not for document-signer", Refused(root.Certify(mine, "x", Settings.Usages.Of(KeyPurpose.StatusList), now)), StringComparison.Ordinal);
        Assert.Contains("not signed by the root", Refused(stranger.Certify(mine, "x", profile, now)), StringComparison.Ordinal);
        Assert.Contains("too short", Refused(root.Certify(mine, "x", profile with { CredentialDays = -10 }, now)), StringComparison.Ordinal);
        Assert.Contains("is no certificate", Refused([1, 2, 3]), StringComparison.Ordinal);
        Assert.Throws<CertificateRefusedException>(() => root.Certify(mine, "x", profile with { CredentialDays = 400 }, now));
        Assert.Equal(KeyState.Planned, store.Install(root.Certify(mine, "x", profile, now + Duration.FromDays(3))).State);
        Assert.Throws<KeyUnavailableException>(() => store.Current(KeyPurpose.DocumentSigner));
        _folder.Clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal(info, store.PublicKey(KeyPurpose.DocumentSigner).SubjectPublicKeyInfo);
        _folder.Clock.Advance(TimeSpan.FromDays(70));
        Assert.Contains(store.Alarms(), a => a.Code == KeyAlarms.SignerEnds && a.Purpose == "document-signer");
    }

    [Fact]
    public void A_signers_certificate_is_no_root()
    {
        using var store = Open();
        Make();
        KeyCarrier.Request(store, [KeyPurpose.DocumentSigner], Carrier);
        Certify();
        var signer = File.ReadAllBytes(Directory.GetFiles(Carrier, "document-signer-*.cer").Single());
        Assert.Contains("authority", Assert.Throws<CertificateRefusedException>(() => store.Trust(signer, Convert.ToHexString(SHA256.HashData(signer)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_or_withdrawal_that_was_altered_is_refused_and_nothing_is_signed()
    {
        using var store = Open();
        Make();
        KeyCarrier.Request(store, [KeyPurpose.DocumentSigner, KeyPurpose.StatusList], Carrier);
        var file = Directory.GetFiles(Carrier, "status-list-*.csr").Single();
        var request = store.Request(Path.GetFileNameWithoutExtension(file));
        request[^1] ^= 1;
        File.WriteAllText(file, PemEncoding.WriteString("CERTIFICATE REQUEST", request));
        Assert.Contains("Nothing was signed", Assert.Throws<CertificateRefusedException>(() => Certify()).Message, StringComparison.Ordinal);
        File.Delete(file);
        var withdrawal = Path.Combine(Carrier, "x.revoke");
        File.WriteAllBytes(withdrawal, Ceremony.RevocationFile("x", new Revocation([1, 2, 3], _folder.Clock.Now(), X509RevocationReason.Superseded)));
        Assert.Contains("did not make", Assert.Throws<CertificateRefusedException>(() => Certify()).Message, StringComparison.Ordinal);
        File.Delete(withdrawal);
        Assert.Empty(Directory.GetFiles(Carrier, "*.cer"));
        Assert.Contains("Certified document-signer", Certify(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_is_made_once_elsewhere_and_under_a_long_passphrase()
    {
        Assert.Contains("part of the data folder", Assert.Throws<CertificateRefusedException>(() => Make(Path.Combine(_folder.Data.Root, "root"))).Message, StringComparison.Ordinal);
        Assert.Contains("too short", Assert.Throws<CertificateRefusedException>(() => Make(passphrase: "short")).Message, StringComparison.Ordinal);
        Assert.Contains("two capital letters", Assert.Throws<CertificateRefusedException>(() => Make(names: Names with { Country = "ksa" })).Message, StringComparison.Ordinal);
        Assert.Contains("e-mail address or a URI", Assert.Throws<CertificateRefusedException>(() => Make(names: Names with { Contact = "call us" })).Message, StringComparison.Ordinal);
        Assert.Contains("http or https", Assert.Throws<CertificateRefusedException>(() => Make(names: Names with { RevocationList = "ldap://x" })).Message, StringComparison.Ordinal);
        Assert.Contains("1 to 20 years", Assert.Throws<CertificateRefusedException>(() => Make(years: 21)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Root));
        Make();
        Assert.Contains("not empty", Assert.Throws<CertificateRefusedException>(() => Make()).Message, StringComparison.Ordinal);
        Assert.Contains("passphrase does not open", Assert.Throws<CertificateRefusedException>(() => Ceremony.Open(Root, "another passphrase", _folder.Clock)).Message, StringComparison.Ordinal);
        Assert.Contains("not the folder of a ceremony", Assert.Throws<CertificateRefusedException>(() => Ceremony.Open(_folder.Data.Root, Passphrase, _folder.Clock)).Message, StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----", File.ReadAllText(Path.Combine(Root, "root.key")), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Root));
    }
}
