using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Keys;

/// <summary>A signer's certificate that was withdrawn.</summary>
internal sealed record Revocation(byte[] Serial, Instant At, X509RevocationReason Reason);

/// <summary>
/// The root with its key (P-384), in the profile that ISO/IEC 18013-5 has for an issuing authority. It signs signers' certificates and revocation lists, nothing
/// else. Of a real installation it is opened only in the ceremony's folder.
/// </summary>
internal sealed class RootAuthority : IDisposable
{
    /// <summary>What ISO/IEC 18013-5 allows.</summary>
    public const int LongestYears = 20;

    private const string IssuerAlternativeName = "2.5.29.18";
    private const string RevocationListPoint = "2.5.29.31";

    private readonly ECDsa _key;
    private readonly X509SignatureGenerator _generator;

    /// <summary>Takes the key.</summary>
    /// <exception cref="CertificateRefusedException">The key is not the certificate's.</exception>
    public RootAuthority(X509Certificate2 certificate, ECDsa key)
    {
        Certificate = certificate;
        _key = key;
        _generator = X509SignatureGenerator.CreateForECDsa(key);
        if (!certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
        {
            throw new CertificateRefusedException("The root's key does not belong to its certificate.");
        }
    }

    public X509Certificate2 Certificate { get; }

    public string Fingerprint => Convert.ToHexStringLower(Certificate.GetCertHash(HashAlgorithmName.SHA256));

    /// <summary>Makes a new root key and its self-signed certificate.</summary>
    public static RootAuthority Make(RootNames names, Instant from, int years)
    {
        names.Check();
        if (years is < 1 or > LongestYears)
        {
            throw new CertificateRefusedException($"A root lives 1 to {LongestYears} years.");
        }
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest(Subject(names.Country, names.Organization, names.Name), key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var contact = new SubjectAlternativeNameBuilder();
        if (names.IsMail)
        {
            contact.AddEmailAddress(names.Contact);
        }
        else
        {
            contact.AddUri(new Uri(names.Contact));
        }
        request.CertificateExtensions.Add(new X509Extension(IssuerAlternativeName, contact.Build().RawData, critical: false));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([names.RevocationList]));
        var begin = Second(from);
        var certificate = request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), begin, begin.AddYears(years).AddSeconds(-1), Serial());
        return new RootAuthority(certificate, key);
    }

    /// <summary>A signer's certificate for the key of a request. Names, contact and revocation address are the root's.</summary>
    /// <param name="name">Its common name: the id of the key.</param>
    /// <exception cref="CertificateRefusedException">It would outlive the root, or the law of the profile.</exception>
    public byte[] Certify(PublicKey key, string name, SignerProfile profile, Instant from)
    {
        if (profile.ValidDays > profile.LongestDays)
        {
            throw new CertificateRefusedException($"A certificate of {profile.ValidDays} days is too long: at most {profile.LongestDays}.");
        }
        var begin = Second(from);
        var end = begin.AddDays(profile.ValidDays).AddSeconds(-1);
        if (begin.UtcDateTime < Certificate.NotBefore.ToUniversalTime() || end.UtcDateTime > Certificate.NotAfter.ToUniversalTime())
        {
            throw new CertificateRefusedException($"The certificate would outlive the root, which is valid until {Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}. Make a new root.");
        }
        var request = new CertificateRequest(Subject(NameOf(Certificate, "2.5.4.6"), NameOf(Certificate, "2.5.4.10"), name), key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(profile.Usage)], critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(KeyIdentifier));
        request.CertificateExtensions.Add(Certificate.Extensions[IssuerAlternativeName]!);
        request.CertificateExtensions.Add(Certificate.Extensions[RevocationListPoint]!);
        using var certificate = request.Create(Certificate.SubjectName, _generator, begin, end, Serial());
        return certificate.RawData;
    }

    /// <summary>The signed list of all withdrawn certificates.</summary>
    /// <param name="number">Higher than of any list before.</param>
    public byte[] RevocationList(IEnumerable<Revocation> revocations, BigInteger number, Instant now, int days)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var revocation in revocations)
        {
            list.AddEntry(revocation.Serial, Second(revocation.At), revocation.Reason);
        }
        var at = Second(now);
        return list.Build(Certificate.SubjectName, _generator, number, at.AddDays(days), HashAlgorithmName.SHA384,
            X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(KeyIdentifier), at);
    }

    /// <summary>The key as encrypted PKCS#8 (PBES2, AES-256).</summary>
    public string ExportKey(string passphrase) =>
        _key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA512, iterationCount: 210_000));

    /// <summary>The key in clear: of a demonstration only.</summary>
    public string ExportDemonstrationKey() => _key.ExportPkcs8PrivateKeyPem();

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    /// <summary>The value of one attribute of a certificate's subject; empty when it has none.</summary>
    public static string NameOf(X509Certificate2 certificate, string attribute) =>
        certificate.SubjectName.EnumerateRelativeDistinguishedNames().Where(n => !n.HasMultipleElements && n.GetSingleElementType().Value == attribute)
            .Select(n => n.GetSingleElementValue()).FirstOrDefault() ?? "";

    private X509SubjectKeyIdentifierExtension KeyIdentifier => Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single();

    /// <summary>Certificates count in seconds.</summary>
    private static DateTimeOffset Second(Instant at) => Instant.FromUnixTimeSeconds(at.ToUnixTimeSeconds()).ToDateTimeOffset();

    /// <summary>Positive, 20 bytes at most, 64 random bits at least (here 119).</summary>
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }

    private static X500DistinguishedName Subject(string country, string organization, string name)
    {
        // The builder writes the last added first: C, O, CN.
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        if (organization.Length > 0)
        {
            subject.AddOrganizationName(organization);
        }
        subject.AddCountryOrRegion(country);
        return subject.Build();
    }
}
