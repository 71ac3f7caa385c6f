using System.Globalization;
using System.Text.Json;
using Muqeem.Credentials.Forms;
using Muqeem.Platform.Keys;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Credentials.Offline;

/// <summary>Who is behind the list.</summary>
/// <param name="Name">The organisation in the signers' certificates.</param>
/// <param name="Country">Theirs too.</param>
/// <param name="Street">Where letters go; required by the format.</param>
/// <param name="Contact">A URI: where an operator is reached.</param>
public sealed record TrustListOperator(string Name, string Country, string Street, string Contact);

/// <summary>
/// The list of whom to trust, in the data model of ETSI TS 119 602 (lists of trusted entities, JSON): one entity, and a service for each root and each signer. What that model has no place for stands in
/// its extensions. Signed as JAdES baseline B asks: a JWS with the certificate, its digest and the time in the protected header.
/// </summary>
internal static class TrustListForm
{
    public const string Type = "lote+jwt";

    private const string Granted = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted";
    private const string Withdrawn = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn";

    public static Unsigned Signed(byte[] payload, SigningCertificate by, Instant issued) => SignedText.Compact(Type, payload, by.Chain, header =>
    {
        header.WriteNumber("iat", issued.ToUnixTimeSeconds());
        header.WriteString("x5t#S256", SignedText.Thumbprint(by.Certificate));
    });

    /// <param name="signers">All that were ever certified, each with the state of now.</param>
    /// <param name="journalKeys">The vkeys that verify checkpoints, the one now used first.</param>
    public static byte[] Payload(
        TrustListOperator whose, string origin, IReadOnlyList<RootCertificate> roots, IReadOnlyList<SigningCertificate> signers, IReadOnlyList<string> journalKeys, Instant issued, Instant next) => SignedText.Json(w =>
    {
        w.WriteStartObject();
        w.WriteStartObject("LoTE");
        w.WriteStartObject("ListAndSchemeInformation");
        w.WriteNumber("LoTEVersionIdentifier", 1);
        // Each list has a greater number than those before it, whichever node made them.
        w.WriteNumber("LoTESequenceNumber", issued.ToUnixTimeSeconds());
        Names(w, "SchemeOperatorName", whose.Name);
        Names(w, "SchemeName", whose.Country + ":Signers of the resident ID");
        Uris(w, "SchemeInformationURI", origin + "/trust/list.json");
        w.WriteString("SchemeTerritory", whose.Country);
        w.WriteString("ListIssueDateTime", Time(issued));
        w.WriteString("NextUpdate", Time(next));
        w.WriteStartArray("SchemeExtensions");
        Credentials(w, origin, journalKeys);
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteStartArray("TrustedEntitiesList");
        w.WriteStartObject();
        Entity(w, whose, origin);
        w.WriteStartArray("TrustedEntityServices");
        foreach (var root in roots)
        {
            Root(w, origin, root, issued);
        }
        foreach (var signer in signers)
        {
            Signer(w, origin, signer);
        }
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteEndObject();
    });

    /// <summary>Our own: what the credentials are, and where the rest is.</summary>
    private static void Credentials(Utf8JsonWriter w, string origin, IReadOnlyList<string> journalKeys)
    {
        w.WriteStartObject();
        w.WriteBoolean("Critical", false);
        w.WriteStartObject("ResidentId");
        w.WriteString("vct", SdJwtForm.TypeOf(origin));
        Texts(w, "doctypes", [MdocForm.DocumentType]);
        Texts(w, "name_spaces", [MdocForm.GenericNames, MdocForm.PhotoIdNames, MdocForm.NationalNames(origin)]);
        Texts(w, "qr_prefixes", [origin.ToUpperInvariant() + "/V/", Verifier.Qr.QrCode.Prefix]);
        w.WriteString("status_list_uri_pattern", origin + "/status/{list}");
        w.WriteString("revocation_list", origin + "/trust/root.crl");
        w.WriteString("bundle", origin + "/trust/bundle");
        w.WriteString("test_ids", origin + "/trust/test/index.json");
        w.WriteString("journal", origin + "/journal/");
        Texts(w, "journal_vkeys", journalKeys);
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static void Entity(Utf8JsonWriter w, TrustListOperator whose, string origin)
    {
        w.WriteStartObject("TrustedEntityInformation");
        Names(w, "TEName", whose.Name);
        w.WriteStartObject("TEAddress");
        w.WriteStartArray("TEPostalAddress");
        w.WriteStartObject();
        w.WriteString("lang", "en");
        w.WriteString("StreetAddress", whose.Street);
        w.WriteString("Country", whose.Country);
        w.WriteEndObject();
        w.WriteEndArray();
        Uris(w, "TEElectronicAddress", whose.Contact);
        w.WriteEndObject();
        Uris(w, "TEInformationURI", origin + "/");
        w.WriteEndObject();
    }

    private static void Root(Utf8JsonWriter w, string origin, RootCertificate root, Instant now) => Service(w, origin, "root", root.Fingerprint[..16], root.Certificate, root.ValidUntil > now, From(root.Certificate), e =>
    {
        e.WriteString("valid_until", Time(root.ValidUntil));
        if (root.NextRevocationList is { } next)
        {
            e.WriteString("next_revocation_list", Time(next));
        }
    });

    private static void Signer(Utf8JsonWriter w, string origin, SigningCertificate signer)
    {
        // Retiring signers sign nothing new, and what they signed counts.
        var counts = signer.State is KeyState.Active or KeyState.Planned or KeyState.Retiring;
        Service(w, origin, signer.Purpose.Word(), signer.KeyId, signer.Certificate, counts, signer.State == KeyState.Retired ? signer.ValidUntil : signer.SignsFrom, e =>
        {
            e.WriteString("state", signer.State.ToString().ToLowerInvariant());
            e.WriteString("signs_from", Time(signer.SignsFrom));
            e.WriteString("signs_until", Time(signer.SignsUntil));
            e.WriteString("valid_until", Time(signer.ValidUntil));
        });
    }

    private static void Service(Utf8JsonWriter w, string origin, string purpose, string name, byte[] certificate, bool counts, Instant since, Action<Utf8JsonWriter> extension)
    {
        w.WriteStartObject();
        w.WriteStartObject("ServiceInformation");
        Names(w, "ServiceName", name);
        w.WriteStartObject("ServiceDigitalIdentity");
        w.WriteStartArray("X509Certificates");
        w.WriteStartObject();
        w.WriteBase64String("val", certificate);
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteString("ServiceTypeIdentifier", $"{origin}/trust/list.json#{purpose}");
        w.WriteString("ServiceStatus", counts ? Granted : Withdrawn);
        w.WriteString("StatusStartingTime", Time(since));
        w.WriteStartArray("ServiceInformationExtensions");
        w.WriteStartObject();
        w.WriteBoolean("Critical", false);
        w.WriteStartObject("Key");
        w.WriteString("purpose", purpose);
        extension(w);
        w.WriteEndObject();
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static Instant From(byte[] certificate)
    {
        using var read = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(certificate);
        return Instant.FromDateTimeUtc(read.NotBefore.ToUniversalTime());
    }

    private static void Names(Utf8JsonWriter w, string name, string value) => InEnglish(w, name, "value", value);

    private static void Uris(Utf8JsonWriter w, string name, string uri) => InEnglish(w, name, "uriValue", uri);

    private static void InEnglish(Utf8JsonWriter w, string name, string member, string value)
    {
        w.WriteStartArray(name);
        w.WriteStartObject();
        w.WriteString("lang", "en");
        w.WriteString(member, value);
        w.WriteEndObject();
        w.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter w, string name, IReadOnlyList<string> texts)
    {
        w.WriteStartArray(name);
        foreach (var text in texts)
        {
            w.WriteStringValue(text);
        }
        w.WriteEndArray();
    }

    /// <summary>UTC without a fraction of a second (clause 6.1.3).</summary>
    internal static string Time(Instant at) => InstantPattern.CreateWithInvariantCulture("uuuu'-'MM'-'dd'T'HH':'mm':'ss'Z'").Format(at);
}
