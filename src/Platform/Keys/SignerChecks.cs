using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodaTime;

namespace Muqeem.Platform.Keys;

/// <summary>Whether a root and a signer's certificate are what they must be. What is in the store was checked here, whoever made it.</summary>
internal static class SignerChecks
{
    /// <exception cref="CertificateRefusedException">Not a root in the profile.</exception>
    public static void Root(X509Certificate2 root)
    {
        var constraints = root.Extensions.OfType<X509BasicConstraintsExtension>().SingleOrDefault();
        Must(constraints is { Critical: true, CertificateAuthority: true, HasPathLengthConstraint: true, PathLengthConstraint: 0 }, "The root must be an authority with path length 0, marked critical.");
        Must(root.Extensions.OfType<X509KeyUsageExtension>().SingleOrDefault() is { Critical: true, KeyUsages: X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign },
            "The root may sign certificates and revocation lists, nothing else, marked critical.");
        Must(root.SubjectName.RawData.AsSpan().SequenceEqual(root.IssuerName.RawData) && SignedBy(root, root), "The root is not signed by itself.");
        Must(RootAuthority.NameOf(root, "2.5.4.6").Length == 2 && RootAuthority.NameOf(root, "2.5.4.3").Length > 0, "The root must name its country and itself.");
        Must(root.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any() && root.Extensions["2.5.29.18"] is not null && root.Extensions["2.5.29.31"] is not null,
            "The root must have a key identifier, a contact (issuer alternative name) and the address of its revocation list.");
        Must(root.NotAfter <= root.NotBefore.AddYears(RootAuthority.LongestYears), $"The root is valid for more than {RootAuthority.LongestYears} years.");
    }

    /// <param name="publicKey">SubjectPublicKeyInfo of the key that the certificate must be for.</param>
    /// <exception cref="CertificateRefusedException">Another key, purpose or root, or outside the profile.</exception>
    public static void Signer(X509Certificate2 certificate, X509Certificate2 root, SignerProfile profile, byte[] publicKey)
    {
        Must(certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey), "The certificate is for another key.");
        Must(certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SingleOrDefault() is { Critical: true } usages && usages.EnhancedKeyUsages.Count == 1 && usages.EnhancedKeyUsages[0].Value == profile.Usage,
            $"The certificate is not for {profile.Purpose.Word()}: its only extended key usage must be {profile.Usage}, marked critical.");
        Must(certificate.Extensions.OfType<X509KeyUsageExtension>().SingleOrDefault() is { Critical: true, KeyUsages: X509KeyUsageFlags.DigitalSignature },
            "A signer's certificate allows digital signatures and nothing else, marked critical.");
        Must(!certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(c => c.CertificateAuthority), "A signer is no authority.");
        Must(certificate.IssuerName.RawData.AsSpan().SequenceEqual(root.SubjectName.RawData) && SignedBy(certificate, root), "The certificate is not signed by the root of this installation.");
        Must(certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().SingleOrDefault()?.KeyIdentifier is { } issuer
            && issuer.Span.SequenceEqual(root.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.Span), "The certificate does not name the root's key.");
        Must(RootAuthority.NameOf(certificate, "2.5.4.6") == RootAuthority.NameOf(root, "2.5.4.6"), "The certificate is of another country than the root.");
        Must(certificate.NotAfter > certificate.NotBefore && certificate.NotAfter <= certificate.NotBefore.AddDays(profile.LongestDays), $"A signer's certificate for {profile.Purpose.Word()} is valid for {profile.LongestDays} days at most.");
        Must(certificate.NotAfter <= root.NotAfter && certificate.NotBefore >= root.NotBefore, "The certificate is valid when the root is not.");
        Must(certificate.NotAfter.AddDays(-profile.CredentialDays) > certificate.NotBefore,
            $"The certificate is too short: what is signed lives {profile.CredentialDays} days, which must end before the certificate does.");
    }

    /// <summary>From when to when a signer signs, and until when what it signed is valid.</summary>
    public static (Instant From, Instant Until, Instant Valid) Dates(X509Certificate2 certificate, SignerProfile profile)
    {
        var (from, valid) = (Instant.FromDateTimeUtc(certificate.NotBefore.ToUniversalTime()), Instant.FromDateTimeUtc(certificate.NotAfter.ToUniversalTime()));
        return (from, valid - Duration.FromDays(profile.CredentialDays), valid);
    }

    private static bool SignedBy(X509Certificate2 certificate, X509Certificate2 root)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        // Whether it is valid today is another question, with another answer each day.
        chain.ChainPolicy.VerificationTime = certificate.NotBefore + ((certificate.NotAfter - certificate.NotBefore) / 2);
        return chain.Build(certificate);
    }

    private static void Must(bool good, string sentence)
    {
        if (!good)
        {
            throw new CertificateRefusedException(sentence);
        }
    }
}
