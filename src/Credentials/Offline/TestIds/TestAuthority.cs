using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Journal;
using Muqeem.Verifier.Trust;

namespace Muqeem.Credentials.Offline.TestIds;

/// <summary>A signer of the tests.</summary>
internal sealed record TestSigner(PublishedKey Key, byte[] Certificate);

/// <summary>
/// A root and its signers for test IDs, in the same profile as real ones and with keys that anybody has. Its name says so; no installation trusts it. Root and certificates are the same on every node and after
/// every start: signers are of a year, and count from the December before to the March after.
/// </summary>
internal sealed class TestAuthority
{
    /// <summary>Longest that ISO/IEC 18013-5 lets a signer's certificate count.</summary>
    private const int SignerDays = 457;
    private const string IssuerAlternativeName = "2.5.29.18";

    private static readonly SignerPurposes Purposes = new();
    private static readonly DateTimeOffset RootFrom = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _name;
    private readonly string _origin;
    private readonly PublishedKey _key;
    private readonly X500DistinguishedName _subject;

    /// <param name="name">Stands in the certificates, and is what the keys are computed from.</param>
    public TestAuthority(string name, string origin)
    {
        (_name, _origin, _key) = (name, origin, PublishedKey.Of(name));
        _subject = Subject(name);
        var request = new CertificateRequest(_subject, _key.PublicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(KeyIdentifier);
        Contact(request);
        using var root = request.Create(_subject, _key, RootFrom, RootFrom.AddYears(20).AddSeconds(-1), Serial("root"));
        Root = root.RawData;
    }

    /// <summary>DER.</summary>
    public byte[] Root { get; }

    public TestSigner Documents(int year) => Signer("document signer", Purposes.Mdoc, year);

    public TestSigner Statuses(int year) => Signer("status signer", Purposes.Status, year);

    public TestSigner Cards(int year) => Signer("card code signer", Purposes.QrCard, year);

    public TestSigner Lives(int year) => Signer("live code signer", Purposes.QrLive, year);

    /// <summary>Names nobody.</summary>
    public byte[] RevocationList(DateTimeOffset from, DateTimeOffset next) => new CertificateRevocationListBuilder().Build(
        _subject, _key, new BigInteger(from.ToUnixTimeSeconds()), next, HashAlgorithmName.SHA256, X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(KeyIdentifier), from);

    /// <summary>The head of a journal that has one entry and never gets another, with its key.</summary>
    public static (string Note, string Key) Checkpoint()
    {
        var seed = SHA256.HashData("Muqeem, key of test IDs that is not secret: journal"u8);
        var key = NoteVerifierKey.Create("muqeem.example/test-journal", NoteSignatureType.Ed25519, Ed25519.PublicKey(seed));
        // RFC 6962: a tree of one entry has the hash of that entry for a root.
        var root = SHA256.HashData([0, .. SHA256.HashData("the only entry"u8)]);
        var text = $"{key.Name}\n1\n{Convert.ToBase64String(root)}\n";
        var id = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(id, key.KeyId);
        return ($"{text}\n— {key.Name} {Convert.ToBase64String([.. id, .. Ed25519.Sign(seed, Encoding.UTF8.GetBytes(text))])}\n", key.ToString());
    }

    private TestSigner Signer(string what, string purpose, int year)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"TEST {what} {year}");
        var key = PublishedKey.Of(_name + "/" + name);
        var request = new CertificateRequest(Subject(name), key.PublicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(KeyIdentifier));
        Contact(request);
        var from = new DateTimeOffset(year - 1, 12, 2, 0, 0, 0, TimeSpan.Zero);
        using var certificate = request.Create(_subject, _key, from, from.AddDays(SignerDays).AddSeconds(-1), Serial(name));
        return new TestSigner(key, certificate.RawData);
    }

    private X509SubjectKeyIdentifierExtension KeyIdentifier => new(_key.PublicKey, false);

    private void Contact(CertificateRequest request)
    {
        var contact = new SubjectAlternativeNameBuilder();
        contact.AddUri(new Uri(_origin + "/"));
        request.CertificateExtensions.Add(new X509Extension(IssuerAlternativeName, contact.Build().RawData, critical: false));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([_origin + "/trust/test/root.crl"]));
    }

    private static X500DistinguishedName Subject(string name)
    {
        // The builder writes the last added first: C, O, CN.
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        subject.AddOrganizationName("Muqeem test IDs");
        subject.AddCountryOrRegion(Forms.Issuer.Country);
        return subject.Build();
    }

    /// <summary>Positive, and the same each time.</summary>
    private byte[] Serial(string name)
    {
        var serial = SHA256.HashData(Encoding.UTF8.GetBytes(_name + "\0" + name))[..16];
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }
}
