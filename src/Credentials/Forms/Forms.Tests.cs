using System.Buffers.Text;
using System.Diagnostics;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Status;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Texts;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Credentials.Forms;

/// <summary>The ID in its forms, signed here by a chain made for the test.</summary>
public sealed class FormsTests : IDisposable
{
    private const string Origin = "https://muqeem.example";
    private static readonly Instant Issued = Instant.FromUtc(2026, 11, 28, 9, 0);
    private static readonly HolderKey Holder = NewHolder();

    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _signer;
    private readonly byte[] _seed = RandomNumberGenerator.GetBytes(32);

    public FormsTests()
    {
        var ca = new CertificateRequest("C=SA,CN=Root made for a test", _rootKey, HashAlgorithmName.SHA384);
        ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        ca.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        ca.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(ca.PublicKey, false));
        _root = ca.CreateSelfSigned(Issued.ToDateTimeOffset().AddDays(-10), Issued.ToDateTimeOffset().AddYears(10));
        var leaf = new CertificateRequest("C=SA,CN=Signer made for a test", _key, HashAlgorithmName.SHA256);
        leaf.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        leaf.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, true, false));
        _signer = leaf.Create(_root, Issued.ToDateTimeOffset().AddDays(-1), Issued.ToDateTimeOffset().AddDays(180), [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    public void Dispose()
    {
        _root.Dispose();
        _signer.Dispose();
        _rootKey.Dispose();
        _key.Dispose();
    }

    private CredentialTerms Terms(int index = 4711) => new(Origin, Issued, Issued + Duration.FromDays(90), Origin + "/status/2027q1-0", index, [_signer.RawData]);

    private byte[] Sign(Unsigned unsigned) => unsigned.Complete(_key.SignData(unsigned.ToBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    private static HolderKey NewHolder()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(false).Q;
        return new HolderKey(q.X!, q.Y!);
    }

    internal static IdClaims Claims(Func<DocumentContent, DocumentContent>? with = null, bool portrait = true)
    {
        var content = new DocumentContent
        {
            ResidentNumber = "2000000006",
            NameArabic = "محمد عبد الرحمن محمد حسين",
            NameLatin = "MOHAMMAD ABDUR RAHMAN HOSSAIN",
            FamilyName = "HOSSAIN",
            GivenNames = "MOHAMMAD ABDUR RAHMAN",
            Sex = Sex.Male,
            Nationality = "BGD",
            Occupation = Reference.Occupations[0].Code,
            Birth = BirthDate.Of(new LocalDate(1990, 5, 17)),
            AnswerableName = "شركة البناء الحديث",
            AnswerableKind = Answerable.Establishment,
        };
        var document = new DocumentVersion(Guid.Parse("01990000-0000-7000-8000-000000000001"), 1, new PersonId(Guid.Parse("01990000-0000-7000-8000-000000000002")), Guid.Empty, 1, "BCDF23456",
            DocumentState.Live, new LocalDate(2026, 11, 28), new LocalDate(2031, 11, 28), "electronic", Issued, null);
        return IdClaims.Of(document, with is null ? content : with(content), new LocalDate(2027, 11, 27), portrait ? Portrait : null, [15, 18, 21, 60], new LocalDate(2026, 11, 28));
    }

    // The smallest thing that begins like a JPEG; the forms carry it as it is.
    private static readonly byte[] Portrait = [0xFF, 0xD8, 0xFF, 0xE0, .. Enumerable.Range(0, 3000).Select(i => (byte)i), 0xFF, 0xD9];

    private string SdJwt(IdClaims id) => Encoding.ASCII.GetString(Sign(SdJwtForm.Write(id, Terms(), Holder, _seed, "sha256-x")));

    private static JsonElement Payload(string jwt) => JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.Split('~')[0].Split('.')[1])).RootElement;

    private static IEnumerable<string> Texts(JsonElement of) => of.ValueKind switch
    {
        JsonValueKind.Object => of.EnumerateObject().SelectMany(member => Texts(member.Value).Prepend(member.Name)),
        JsonValueKind.Array => of.EnumerateArray().SelectMany(Texts),
        JsonValueKind.String => [of.GetString()!],
        _ => [of.GetRawText()],
    };

    private static IReadOnlyList<JsonElement> Disclosures(string sdJwt) => [.. sdJwt.Split('~')[1..^1].Select(d => JsonDocument.Parse(Base64Url.DecodeFromChars(d)).RootElement)];

    [Fact]
    public void What_an_intent_promised_is_built_again_to_the_byte()
    {
        var id = Claims();
        Assert.Equal(SdJwtForm.Write(id, Terms(), Holder, _seed, "sha256-x").Digest, SdJwtForm.Write(Claims(), Terms(), Holder, [.. _seed], "sha256-x").Digest);
        Assert.Equal(MdocForm.Write(id, Terms(), Holder, _seed).Digest, MdocForm.Write(Claims(), Terms(), Holder, [.. _seed]).Digest);
        Assert.Equal(QrForm.Card(id, Terms()).Digest, QrForm.Card(Claims(), Terms()).Digest);
        Assert.NotEqual(SdJwtForm.Write(id, Terms(), Holder, _seed, "sha256-x").Digest, SdJwtForm.Write(id, Terms(), Holder, RandomNumberGenerator.GetBytes(32), "sha256-x").Digest);
    }

    /// <summary>Digests as the first release made them: stored is a promise's digest and its signature, and all else is built anew.</summary>
    [Fact]
    public void What_an_earlier_release_promised_is_built_again_to_the_byte()
    {
        var id = Claims(c => c with { Occupation = null });
        var terms = Terms() with { Certificates = [[1, 2, 3]] };
        var holder = new HolderKey([.. Enumerable.Range(0, 32).Select(i => (byte)i)], [.. Enumerable.Range(32, 32).Select(i => (byte)i)]);
        byte[] seed = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 7))];
        static (string, string) Of(Unsigned unsigned) => (Convert.ToHexStringLower(unsigned.Digest), Convert.ToHexStringLower(SHA256.HashData(unsigned.Complete(new byte[64]))));
        Assert.Equal(("f4d7ac4e823d0a0ff7ea1375491cb161adf93336de513268108d3cf6e1c70e95", "277d7b44f128763ad54b76f57e38e2500fa62863fc2f50f2eb9c6dd211643e9f"), Of(SdJwtForm.Write(id, terms, holder, seed, "sha256-x")));
        Assert.Equal(("61b7aef1f85f5d22802bcdc7d32967b4668d2729ea2824ba0bfc8557e2c68bda", "9a08ad9a3c9313d31bbe14f7886e830f8d0381c13d3723e5f13400af558a3dcc"), Of(MdocForm.Write(id, terms, holder, seed)));
    }

    [Fact]
    public void A_day_is_written_as_the_pattern_writes_it()
    {
        for (var day = new LocalDate(999, 12, 1); day < new LocalDate(1002, 1, 1); day = day.PlusDays(1))
        {
            Assert.Equal(NodaTime.Text.LocalDatePattern.Iso.Format(day), IdClaims.Day(day));
        }
        foreach (var day in new[] { new LocalDate(1, 1, 1), new LocalDate(-44, 3, 15), new LocalDate(9999, 12, 31), new LocalDate(2000, 2, 29), new LocalDate(1400, 7, 2, CalendarSystem.UmAlQura) })
        {
            Assert.Equal(NodaTime.Text.LocalDatePattern.Iso.Format(day), IdClaims.Day(day));
        }
    }

    [Fact]
    public void Nothing_about_the_holder_can_be_read_without_a_disclosure()
    {
        var sdJwt = SdJwt(Claims());
        // Digests and the two halves of the holder's key may spell three letters of anything by chance: they are counted, and the rest is read.
        var texts = Texts(Payload(sdJwt)).ToLookup(text => text.Length == 43 && Base64Url.IsValid(text));
        Assert.Equal(Disclosures(sdJwt).Count + 2, texts[true].Count());
        foreach (var kept in new[] { "MOHAMMAD", "HOSSAIN", "محمد", "2000000006", "1990", "BGD", "BCDF23456", "شركة" })
        {
            Assert.DoesNotContain(texts[false], text => text.Contains(kept, StringComparison.Ordinal));
        }
        string[] open = ["iss", "iat", "nbf", "exp", "vct", "vct#integrity", "specimen", "cnf", "status", "_sd_alg", "_sd", SdJwtForm.AgeClaim];
        Assert.Equal(open, Payload(sdJwt).EnumerateObject().Select(p => p.Name));
        Assert.Equal([.. SdJwtForm.ClaimNames, "15", "18", "21", "60"], Disclosures(sdJwt).Select(d => d[1].GetString()!));
    }

    [Fact]
    public void Each_claim_has_128_bits_of_salt_of_its_own_and_no_digest_shows_its_place()
    {
        var sdJwt = SdJwt(Claims());
        var salts = Disclosures(sdJwt).Select(d => d[0].GetString()!).ToList();
        Assert.All(salts, s => Assert.Equal(16, Base64Url.DecodeFromChars(s).Length));
        Assert.Equal(salts.Count, salts.Distinct().Count());
        var digests = Payload(sdJwt).GetProperty("_sd").EnumerateArray().Select(d => d.GetString()!).ToList();
        Assert.Equal(digests.Order(StringComparer.Ordinal), digests);
        Assert.Equal(SdJwtForm.ClaimNames.Count, digests.Count);
    }

    [Fact]
    public void Ages_are_told_as_reached_or_not_and_only_from_what_is_surely_known()
    {
        var ages = Disclosures(SdJwt(Claims(c => c with { Birth = BirthDate.Of(new LocalDate(2008, 1, 1), BirthPrecision.Year) }))).Where(d => d[1].GetString()!.Length == 2).ToDictionary(d => d[1].GetString()!, d => d[2].GetBoolean());
        // Born some day of 2008: on 28 November 2026 perhaps eighteen, surely seventeen.
        Assert.Equal(new Dictionary<string, bool> { ["15"] = true, ["18"] = false, ["21"] = false, ["60"] = false }, ages);
        Assert.Contains(Disclosures(SdJwt(Claims(c => c with { Birth = BirthDate.Of(new LocalDate(2008, 1, 1), BirthPrecision.Year) }))), d => d[1].GetString() == "birthdate" && d[2].GetString() == "2008");
    }

    [Fact]
    public void Who_has_one_name_has_no_given_name_and_who_has_no_state_no_country()
    {
        var id = Claims(c => c with { NameLatin = "SUHARTO", FamilyName = "SUHARTO", GivenNames = "", Nationality = "XXA" });
        var names = Disclosures(SdJwt(id)).ToDictionary(d => d[1].GetString()!, d => d[2]);
        Assert.Equal("SUHARTO", names["family_name"].GetString());
        Assert.False(names.ContainsKey("given_name"));
        Assert.False(names.ContainsKey("nationalities"));
        Assert.Equal("XXA", names["nationality_icao"].GetString());
    }

    [Fact]
    public void A_photo_ID_demands_a_portrait()
    {
        Assert.False(MdocForm.Fits(Claims(portrait: false)));
        Assert.Throws<ArgumentException>(() => MdocForm.Write(Claims(portrait: false), Terms(), Holder, _seed));
    }

    [Fact]
    public void The_name_space_of_our_own_is_the_host_read_backwards() => Assert.Equal("example.muqeem.muqeem.1", MdocForm.NationalNames(Origin));

    [Theory]
    [InlineData("MOHAMMAD ABDUR RAHMAN HOSSAIN", "محمد عبد الرحمن محمد حسين")]
    [InlineData("SRI RADEN AJENG KUSUMANINGTYAS WIDYANINGRUM HADININGRAT SASTRODIPURO", "سري رادين أجينغ كوسومانينغتياس ويديانينغروم هادينينغرات ساسترودي بورو")]
    public void The_card_code_stays_within_version_13_and_never_cuts_a_name(string latin, string arabic)
    {
        var code = QrForm.Text(Origin, Sign(QrForm.Card(Claims(c => c with { NameLatin = latin, NameArabic = arabic }), Terms())));
        Assert.InRange(code.Length, 1, QrForm.MostCharacters);
        Assert.Matches("^[0-9A-Z $%*+\\-./:]+$", code);
        var identity = Identity(code);
        Assert.Equal(latin, identity[4]);
        Assert.True(!identity.TryGetValue(19, out var second) || second == arabic);
    }

    private static Dictionary<int, string> Identity(string code)
    {
        Assert.True(Base32.TryDecode(code.AsSpan(code.LastIndexOf('/') + 1), out var bytes));
        var reader = new CborReader(bytes);
        Assert.Equal((CborTag)18, reader.ReadTag());
        reader.ReadStartArray();
        reader.SkipValue();
        reader.SkipValue();
        var claims = new CborReader(reader.ReadByteString());
        for (var left = claims.ReadStartMap(); left > 0; left--)
        {
            if (claims.ReadInt32() != 169)
            {
                claims.SkipValue();
                continue;
            }
            var identity = new Dictionary<int, string>();
            for (var fields = claims.ReadStartMap(); fields > 0; fields--)
            {
                identity[claims.ReadInt32()] = claims.ReadTextString();
            }
            return identity;
        }
        throw new InvalidOperationException("no identity");
    }

    [Fact]
    public void A_live_code_shows_no_more_than_its_view()
    {
        byte[] handle = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        byte[] Code(QrView view) => Sign(QrForm.Live(Claims(), _signer.RawData, handle, Issued, Duration.FromSeconds(30), view, Origin));
        Assert.DoesNotContain("MOHAMMAD", Encoding.Latin1.GetString(Code(QrView.Valid)));
        Assert.DoesNotContain("MOHAMMAD", Encoding.Latin1.GetString(Code(QrView.Ages)));
        Assert.DoesNotContain("2000000006", Encoding.Latin1.GetString(Code(QrView.Ages)));
        Assert.Contains("MOHAMMAD", Encoding.Latin1.GetString(Code(QrView.Full)));
        Assert.True(Code(QrView.Valid).Length < Code(QrView.Ages).Length);
    }

    [Fact]
    public void The_metadata_of_the_type_names_every_claim_in_both_languages()
    {
        var metadata = new TypeMetadata(Origin, [15, 18, 21, 60], TextCatalogue.Of(typeof(SdJwtForm).Assembly, typeof(TextCatalogue).Assembly, typeof(ResidentNumber).Assembly));
        var json = JsonDocument.Parse(metadata.Json).RootElement;
        Assert.Equal(SdJwtForm.TypeOf(Origin), json.GetProperty("vct").GetString());
        var claims = json.GetProperty("claims").EnumerateArray().ToList();
        Assert.Equal(Disclosures(SdJwt(Claims())).Select(d => d[1].GetString()), claims.Select(c => c.GetProperty("path").EnumerateArray().Last().GetString()));
        Assert.All(claims, c => Assert.Equal(["ar", "en"], c.GetProperty("display").EnumerateArray().Select(d => d.GetProperty("locale").GetString())));
        Assert.Equal("sha256-" + Convert.ToBase64String(SHA256.HashData(metadata.Json)), metadata.Integrity);
    }

    [Fact]
    public void Two_bits_an_entry_and_the_lowest_first()
    {
        var entries = new StatusEntries(8) { [0] = CredentialStatus.Invalid, [1] = CredentialStatus.Suspended, [3] = CredentialStatus.Frozen, [4] = CredentialStatus.Suspended };
        Assert.Equal([0b11_00_10_01, 0b00_00_00_10], entries.Bytes.ToArray());
        Assert.Equal(CredentialStatus.Frozen, entries[3]);
        entries[3] = CredentialStatus.Valid;
        Assert.Equal(0b00_00_10_01, entries.Bytes[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => entries[8]);
        Assert.Throws<ArgumentOutOfRangeException>(() => entries[-1]);
    }

    /// <summary>By libraries in another language that nobody here wrote; see tests/Independent.</summary>
    [Theory]
    [InlineData(CredentialStatus.Valid)]
    [InlineData(CredentialStatus.Invalid)]
    [InlineData(CredentialStatus.Suspended)]
    [InlineData(CredentialStatus.Frozen)]
    public async Task Independent_implementations_accept_what_is_issued_and_refuse_it_damaged(CredentialStatus status)
    {
        var checks = Path.Combine(Repository.Root, "tests", "Independent");
        Assert.SkipUnless(Directory.Exists(Path.Combine(checks, "node_modules")), "The independent libraries are not installed: scripts/install.sh test installs them where Node 20 is.");
        var folder = Directory.CreateTempSubdirectory("muqeem-forms-");
        try
        {
            void Leave(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(folder.FullName, name), bytes);
            var id = Claims();
            var entries = new StatusEntries(StatusEntries.FullSize) { [4711] = status, [4710] = CredentialStatus.Invalid, [4712] = CredentialStatus.Suspended };
            var packed = StatusListForm.Packed(entries.Bytes);
            Leave("iaca.pem", Encoding.ASCII.GetBytes(_root.ExportCertificatePem()));
            Leave("signers.pem", Encoding.ASCII.GetBytes(_signer.ExportCertificatePem()));
            Leave("resident-id.sd-jwt", Encoding.ASCII.GetBytes(SdJwt(id)));
            Leave("resident-id.mdoc", Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Sign(MdocForm.Write(id, Terms(), Holder, _seed)))));
            Leave("status-list.jwt", Sign(StatusListForm.Jwt(Terms().StatusUri, packed, Issued, Duration.FromHours(26), Duration.FromMinutes(1), Terms().Certificates)));
            Leave("status-list.cwt", Sign(StatusListForm.Cwt(Terms().StatusUri, packed, Issued, Duration.FromHours(26), Duration.FromMinutes(1), Terms().Certificates)));
            using var node = Process.Start(new ProcessStartInfo("node", ["check.mjs", folder.FullName, status.ToString().ToLowerInvariant()])
            {
                WorkingDirectory = checks,
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["MUQEEM_NOW"] = "2026-11-28T09:05:00Z" },
            })!;
            var said = await node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await node.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(node.ExitCode == 0 && said.Contains(status == CredentialStatus.Valid ? "16 checks, 0 failed" : "8 checks, 0 failed", StringComparison.Ordinal), said);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
