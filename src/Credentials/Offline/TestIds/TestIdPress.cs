using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Status;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using NodaTime;
using QRCoder;

namespace Muqeem.Credentials.Offline.TestIds;

/// <summary>
/// Makes the test IDs for integrators: in each form one that is valid, revoked, suspended, frozen, expired, superseded, forged, of an unknown signer, without a status; with a root, a bundle and a status list of
/// their own. A pure function of the origin, the type's metadata and the hour, by the same code that issues real ones; the keys are published, and no real verifier trusts them.
/// </summary>
public sealed class TestIdPress(string origin, Func<TypeMetadata> type, Func<IReadOnlyList<int>> ages, TimeProvider clock)
{
    public const string IndexName = "index.json";
    public const string BundleName = "bundle.jwt";
    public const string RootsName = "roots.pem";
    public const string StatusJwtName = "status/1.jwt", StatusCwtName = "status/1.cwt";

    /// <summary>The name that no verifier may trust.</summary>
    public const string RootName = "TEST ROOT, TRUST NEVER";
    private const string StrangerName = "TEST ROOT OF A STRANGER";

    /// <summary>A set is for so long; its bundle counts for a day, so who fetches the last one has it for eighteen hours.</summary>
    private static readonly Duration Period = Duration.FromHours(6);
    private static readonly Duration BundleLife = Duration.FromHours(24);
    private static readonly Duration StatusLife = Duration.FromHours(26);
    private static readonly Duration StatusTtl = Duration.FromMinutes(5);

    private const string Jwt = "application/statuslist+jwt", SdJwt = "application/dc+sd-jwt", Mdoc = "application/cbor", Text = "text/plain", Png = "image/png", Pem = "application/x-pem-file", Json = "application/json";

    private readonly Lock _making = new();
    private readonly TestAuthority _test = new(RootName, origin);
    private readonly TestAuthority _stranger = new(StrangerName, origin);
    private readonly PublishedKey _holder = PublishedKey.Of("holder");
    private volatile TestSet? _set;

    /// <param name="Status">What the list says.</param>
    private sealed record Kind(string Name, CredentialStatus Status, string Verdict, string? Why, string? Reason, string About);

    private static readonly Kind[] Kinds =
    [
        new("valid", CredentialStatus.Valid, "valid", null, null, "A good ID."),
        new("revoked", CredentialStatus.Invalid, "not_valid", "revoked", "status_revoked", "Taken back for good."),
        new("suspended", CredentialStatus.Suspended, "not_valid", "suspended", "status_suspended", "Stopped by the authority; it may count again."),
        new("frozen", CredentialStatus.Frozen, "not_valid", "frozen", "status_frozen", "Stopped by the holder, who alone ends it."),
        new("superseded", CredentialStatus.Invalid, "not_valid", "revoked", "status_revoked", "A newer version took its place. The list says invalid and not why: only the authority's own pages do."),
        new("expired", CredentialStatus.Valid, "not_valid", "expired", "", "Its time is over; the list still has it as valid."),
        new("forged", CredentialStatus.Valid, "not_valid", "forged", "signature_wrong", "Names a good signer and is signed by another key."),
        new("altered", CredentialStatus.Valid, "not_valid", "forged", "", "Signed well; afterwards something in it was changed."),
        new("unknown-signer", CredentialStatus.Valid, "cannot_say", "unknown_signer", "", "Signed by somebody whose root is not in the set: neither good nor bad."),
        new("no-status", CredentialStatus.Valid, "cannot_say", "no_fresh_status", "status_list_missing", "Names a status list that is not in the bundle: neither good nor bad."),
    ];

    /// <summary>Where the status of the first kind stands in the list; the others follow, three places each.</summary>
    private const int FirstIndex = 4711;

    /// <summary>The set of now.</summary>
    public TestSet Current()
    {
        var now = clock.Now();
        var start = Instant.FromUnixTimeSeconds(now.ToUnixTimeSeconds() / (long)Period.TotalSeconds * (long)Period.TotalSeconds);
        if (_set is { } set && set.MadeAt == start)
        {
            return set;
        }
        lock (_making)
        {
            return _set is { } other && other.MadeAt == start ? other : _set = Make(start);
        }
    }

    private TestSet Make(Instant start)
    {
        var year = start.InUtc().Year;
        var files = new Dictionary<string, TestFile>(StringComparer.Ordinal);
        var cases = new List<TestCase>();
        void Add(string name, string media, byte[] bytes) => files.Add(name, new TestFile(name, media, bytes));
        for (var i = 0; i < Kinds.Length; i++)
        {
            var kind = Kinds[i];
            var id = Person(i, start);
            void Case(string form, string file, string reason) => cases.Add(new TestCase(kind.Name, form, file, kind.Verdict, kind.Why, kind.Reason is "" ? reason : kind.Reason, kind.About));

            Add(kind.Name + ".sd-jwt", SdJwt, SdJwtOf(kind, id, Terms(kind, start, year, FirstIndex + (3 * i)), year));
            Case("sd-jwt", kind.Name + ".sd-jwt", kind.Name switch { "expired" => "sd_jwt_expired", "altered" => "sd_jwt_disclosure_unreferenced", _ => "signer_unknown" });
            Add(kind.Name + ".mdoc", Mdoc, MdocOf(kind, id, Terms(kind, start, year, FirstIndex + (3 * i) + 1), year));
            Case("mdoc", kind.Name + ".mdoc", kind.Name switch { "expired" => "mdoc_expired", "altered" => "mdoc_digest_wrong", _ => "signer_unknown" });
            AddQr(kind.Name, CardOf(kind, id, Terms(kind, start, year, FirstIndex + (3 * i) + 2), year));
            Case("qr", kind.Name + ".qr.txt", kind.Name switch { "expired" => "qr_expired", "altered" => "signature_wrong", _ => "qr_signer_unknown" });
        }
        // A live code counts for seconds: one in a file is always an old one.
        var live = _test.Lives(year);
        var shown = QrForm.Live(Person(0, start), live.Certificate, [1, 2, 3, 4, 5, 6, 7, 8], start - Duration.FromHours(1), Duration.FromSeconds(30), QrView.Full, origin);
        AddQr("live-old", QrForm.Text(origin, shown.Complete(live.Key.Sign(shown.ToBeSigned))));
        cases.Add(new TestCase("live-old", "qr", "live-old.qr.txt", "not_valid", "proof_too_old", "qr_proof_too_old", "A genuine code of a phone's screen, of an hour ago: ask for a new one."));

        var (jwt, cwt) = Statuses(start, year);
        var revocations = _test.RevocationList(start.ToDateTimeOffset(), (start + Duration.FromDays(3)).ToDateTimeOffset());
        Add(StatusJwtName, Jwt, jwt);
        Add(StatusCwtName, StatusListForm.CwtType, cwt);
        Add(RootsName, Pem, Encoding.ASCII.GetBytes(System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", _test.Root) + "\n"));
        Add("root.crl", "application/pkix-crl", revocations);
        Add("holder.jwk", Json, Holder());
        var status = _test.Statuses(year);
        var (note, key) = TestAuthority.Checkpoint();
        // Of two years: a code that was kept over New Year still has its signer here.
        var signers = new[] { _test.Cards(year), _test.Lives(year), _test.Cards(year - 1), _test.Lives(year - 1) };
        var bundle = SignedText.Compact(Verifier.Bundle.OfflineTrust.Type, BundleForm.Payload(new BundleParts([.. signers.Select(s => s.Certificate)], [revocations], [jwt], note, key), start, start + BundleLife), [status.Certificate]);
        Add(BundleName, BundleForm.MediaType, bundle.Complete(status.Key.Sign(bundle.ToBeSigned)));
        Add(IndexName, Json, Index(start, cases, files.Values));
        return new TestSet(start, start + BundleLife, cases, files);

        void AddQr(string name, string text)
        {
            Add(name + ".qr.txt", Text, Encoding.ASCII.GetBytes(text + "\n"));
            using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
            using var png = new PngByteQRCode(data);
            Add(name + ".qr.png", Png, png.GetGraphic(6));
        }
    }

    private byte[] SdJwtOf(Kind kind, IdClaims id, CredentialTerms terms, int year)
    {
        var unsigned = SdJwtForm.Write(id, terms, new HolderKey(_holder.Point.X!, _holder.Point.Y!), Seed(kind, "sd-jwt"), type().Integrity);
        var whole = unsigned.Complete(SignerOf(kind, year).Sign(unsigned.ToBeSigned));
        if (kind.Name != "altered")
        {
            return whole;
        }
        // Another name under the same salt: a disclosure that nobody signed.
        var parts = Encoding.ASCII.GetString(whole).Split('~');
        var disclosure = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])).Replace(id.Family, "FORGED", StringComparison.Ordinal);
        parts[1] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(disclosure));
        return Encoding.ASCII.GetBytes(string.Join('~', parts));
    }

    private byte[] MdocOf(Kind kind, IdClaims id, CredentialTerms terms, int year)
    {
        var unsigned = MdocForm.Write(id, terms, new HolderKey(_holder.Point.X!, _holder.Point.Y!), Seed(kind, "mdoc"));
        var whole = unsigned.Complete(SignerOf(kind, year).Sign(unsigned.ToBeSigned));
        if (kind.Name == "altered")
        {
            // Another number of the same length in the element; its digest is that of the old one.
            var at = whole.AsSpan().IndexOf(Encoding.ASCII.GetBytes(id.ResidentNumber));
            whole[at + 9] = (byte)(whole[at + 9] == '9' ? '8' : whole[at + 9] + 1);
        }
        return whole;
    }

    private string CardOf(Kind kind, IdClaims id, CredentialTerms terms, int year)
    {
        var by = kind.Name == "unknown-signer" ? _stranger.Cards(year) : _test.Cards(year);
        var unsigned = QrForm.Card(id, terms with { Certificates = [by.Certificate] });
        var whole = unsigned.Complete((kind.Name == "forged" ? _holder : by.Key).Sign(unsigned.ToBeSigned));
        if (kind.Name == "altered")
        {
            var at = whole.AsSpan().IndexOf(Encoding.ASCII.GetBytes(id.ResidentNumber));
            whole[at + 9] = (byte)(whole[at + 9] == '9' ? '8' : whole[at + 9] + 1);
        }
        return QrForm.Text(origin, whole);
    }

    private PublishedKey SignerOf(Kind kind, int year) => kind.Name switch
    {
        "forged" => _holder,
        "unknown-signer" => _stranger.Documents(year).Key,
        _ => _test.Documents(year).Key,
    };

    private CredentialTerms Terms(Kind kind, Instant start, int year, int index)
    {
        var expired = kind.Name == "expired";
        return new CredentialTerms(
            origin, start - Duration.FromDays(expired ? 20 : 1), start + Duration.FromDays(expired ? -1 : 30), $"{origin}/trust/test/status/{(kind.Name == "no-status" ? 2 : 1)}", index,
            [(kind.Name == "unknown-signer" ? _stranger : _test).Documents(year).Certificate]);
    }

    private (byte[] Jwt, byte[] Cwt) Statuses(Instant start, int year)
    {
        var entries = new StatusEntries(StatusEntries.FullSize);
        for (var i = 0; i < Kinds.Length * 3; i++)
        {
            entries[FirstIndex + i] = Kinds[i / 3].Status;
        }
        var (packed, by, uri) = (StatusListForm.Packed(entries.Bytes), _test.Statuses(year), origin + "/trust/test/status/1");
        var jwt = StatusListForm.Jwt(uri, packed, start, StatusLife, StatusTtl, [by.Certificate]);
        var cwt = StatusListForm.Cwt(uri, packed, start, StatusLife, StatusTtl, [by.Certificate]);
        return (jwt.Complete(by.Key.Sign(jwt.ToBeSigned)), cwt.Complete(by.Key.Sign(cwt.ToBeSigned)));
    }

    /// <summary>Somebody who does not exist, with a number of the block for demonstrations.</summary>
    private IdClaims Person(int index, Instant start)
    {
        var number = Enumerable.Range(0, 1000).Select(i => string.Create(CultureInfo.InvariantCulture, $"2099999{i:000}")).Where(n => ResidentNumber.Parse(n).Ok).ElementAt(index);
        var (birth, issued) = (BirthDate.Of(new LocalDate(1990, 5, 17)), start.InUtc().Date.PlusMonths(-2));
        return new IdClaims(
            number, string.Create(CultureInfo.InvariantCulture, $"TEST0{index:0000}"), "SALEM ABDULLAH SPECIMEN", "SPECIMEN", "SALEM ABDULLAH", "سالم عبد الله نموذج", birth, Sex.Male, Reference.Nationality("BGD"), "BGD", Reference.Occupations[0],
            "شركة نموذجية", Answerable.Establishment, issued, issued.PlusYears(5), issued.PlusYears(1), Portrait.Value,
            ages().ToDictionary(a => a, a => birth.AgeOn(issued).Least >= a), Specimen: true);
    }

    private static readonly Lazy<byte[]> Portrait = new(() =>
    {
        using var stream = typeof(TestIdPress).Assembly.GetManifestResourceStream("Muqeem.Credentials.TestIds.portrait.jpg")!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    });

    /// <summary>Of each ID another, and always the same.</summary>
    private static byte[] Seed(Kind kind, string form) => System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes($"salts of the test ID {kind.Name} {form}"));

    /// <summary>The key that every test ID is bound to, with its private half, so that integrators can make presentations of their own.</summary>
    private byte[] Holder() => SignedText.Json(w =>
    {
        w.WriteStartObject();
        w.WriteString("kty", "EC");
        w.WriteString("crv", "P-256");
        w.WriteString("x", Base64Url.EncodeToString(_holder.Point.X));
        w.WriteString("y", Base64Url.EncodeToString(_holder.Point.Y));
        w.WriteString("d", Base64Url.EncodeToString(_holder.Private));
        w.WriteEndObject();
    });

    private byte[] Index(Instant start, List<TestCase> cases, IEnumerable<TestFile> files) => SignedText.Json(w =>
    {
        w.WriteStartObject();
        w.WriteString("about", "Test IDs of invented people. Their keys are published: never trust this root where IDs matter.");
        w.WriteString("made", TrustListForm.Time(start));
        w.WriteString("next", TrustListForm.Time(start + Period));
        w.WriteString("bundle_until", TrustListForm.Time(start + BundleLife));
        w.WriteString("base", origin + "/trust/test/");
        w.WriteString("roots", RootsName);
        w.WriteString("bundle", BundleName);
        w.WriteString("holder_key", "holder.jwk");
        w.WriteStartArray("status_lists");
        w.WriteStartObject();
        w.WriteString("uri", origin + "/trust/test/status/1");
        w.WriteString("jwt", StatusJwtName);
        w.WriteString("cwt", StatusCwtName);
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteStartArray("ids");
        foreach (var test in cases)
        {
            Case(w, test);
        }
        w.WriteEndArray();
        w.WriteStartObject("media_types");
        foreach (var file in files)
        {
            w.WriteString(file.Name, file.MediaType);
        }
        w.WriteEndObject();
        w.WriteEndObject();
    }, indented: true);

    private static void Case(Utf8JsonWriter w, TestCase test)
    {
        w.WriteStartObject();
        w.WriteString("case", test.Case);
        w.WriteString("form", test.Form);
        w.WriteString("file", test.File);
        if (test.Form == "qr")
        {
            w.WriteString("picture", test.File.Replace(".txt", ".png", StringComparison.Ordinal));
        }
        w.WriteString("verdict", test.Verdict);
        if (test.Why is not null)
        {
            w.WriteString("why", test.Why);
            w.WriteString("reason", test.Reason);
        }
        w.WriteString("about", test.About);
        w.WriteEndObject();
    }
}
