using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Muqeem.Verifier.Trust;

public class TrustTests
{
    private const string Purpose = SignerPurposes.MdocDocumentSigner;

    private static readonly DateTimeOffset Now = Minted.Now;
    private static readonly Minted Authority = Minted.Shared;
    private static readonly TrustAnchors Trust = Authority.Trust.Value;

    [Fact]
    public void A_signer_under_a_pinned_root_is_found_good()
    {
        var signer = Trust.Check([Authority.Mdoc.Der], Purpose, Now).Value;
        Assert.Equal(("Test Signer", "SA"), (signer.Name, signer.Country));
        Assert.Equal(Authority.Root, signer.Root!.Der.ToArray());
        var hash = SHA256.HashData("signed"u8);
        Assert.True(signer.Verify(hash, Authority.Mdoc.Key.SignHash(hash)));
        Assert.False(signer.Verify(hash, Authority.QrCard.Key.SignHash(hash)));
        Assert.False(signer.Verify(hash, new byte[63]));

        // Kept, not made again.
        Assert.Same(signer, Trust.Check([Authority.Mdoc.Der], Purpose, Now).Value);
    }

    [Fact]
    public void Who_knows_all_signers_of_a_root_trusts_no_other_and_none_that_was_taken_back()
    {
        ReadOnlyMemory<byte> first = Authority.Mdoc.Der, second = Authority.Signer(Purpose).Der, stranger = Authority.Signer(Purpose).Der;
        var all = Trust.Knowing([(first, false), (second, false)]);
        Assert.True(all.Check([first], Purpose, Now).Ok && all.Check([second], Purpose, Now).Ok);
        Assert.Equal(Reason.SignerUnknown, all.Check([stranger], Purpose, Now).Reason);
        var less = Trust.Knowing([(first, false), (second, true)]);
        Assert.True(less.Check([first], Purpose, Now).Ok);
        Assert.Equal(Reason.SignerRevoked, less.Check([second], Purpose, Now).Reason);
        // With a revocation list as without; and whoever does not know all of them is none the wiser.
        Assert.Equal(Reason.SignerUnknown, less.With(Authority.Crl(Now.AddDays(1))).Value.Check([stranger], Purpose, Now).Reason);
        Assert.True(Trust.Check([stranger], Purpose, Now).Ok);
    }

    [Fact]
    public void A_root_on_P_384_signs_with_the_hash_of_its_strength()
    {
        var authority = new Minted(curve: ECCurve.NamedCurves.nistP384);
        Assert.True(authority.Trust.Value.Check([authority.Mdoc.Der], Purpose, Now).Ok);
        Assert.Equal(Reason.SignerForged, authority.Trust.Value.Check([authority.Signer(Purpose, hash: HashAlgorithmName.SHA256).Der], Purpose, Now).Reason);
    }

    [Fact]
    public void A_root_is_read_from_PEM()
    {
        var pem = "A text before.\n" + PemEncoding.WriteString("CERTIFICATE", Authority.Root) + "\n" + PemEncoding.WriteString("CERTIFICATE", new Minted("C=SA, CN=Another").Root) + "\n";
        var trust = TrustAnchors.FromPem(pem).Value;
        Assert.Equal(2, trust.Roots.Count());
        Assert.True(trust.Check([Authority.Mdoc.Der], Purpose, Now).Ok);
        Assert.Equal(Reason.CertificateMalformed, TrustAnchors.FromPem("no certificate").Reason);
        Assert.Equal(Reason.CertificateMalformed, TrustAnchors.FromPem(PemEncoding.WriteString("PRIVATE KEY", Authority.Root)).Reason);
        Assert.Equal(Reason.RootProfile, TrustAnchors.FromPem(PemEncoding.WriteString("CERTIFICATE", Authority.Mdoc.Der)).Reason);
    }

    public static TheoryData<string> BadRoots => [.. BadRootChanges.Keys];

    private static readonly Dictionary<string, (string Name, Action<CertificateRequest> Change)> BadRootChanges = new()
    {
        ["no CA"] = ("C=SA, CN=Root", r => Extend(r, new X509BasicConstraintsExtension(false, false, 0, true), X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)),
        ["path length 1"] = ("C=SA, CN=Root", r => Extend(r, new X509BasicConstraintsExtension(true, true, 1, true), X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)),
        ["no path length"] = ("C=SA, CN=Root", r => Extend(r, new X509BasicConstraintsExtension(true, false, 0, true), X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)),
        ["constraints not critical"] = ("C=SA, CN=Root", r => Extend(r, new X509BasicConstraintsExtension(true, true, 0, false), X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)),
        ["more usages"] = ("C=SA, CN=Root", r => Extend(r, new X509BasicConstraintsExtension(true, true, 0, true), X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature)),
        ["fewer usages"] = ("C=SA, CN=Root", r => Extend(r, new X509BasicConstraintsExtension(true, true, 0, true), X509KeyUsageFlags.KeyCertSign)),
        ["usages not critical"] = ("C=SA, CN=Root", r => Extend(r, new X509BasicConstraintsExtension(true, true, 0, true), X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: false)),
        ["no key identifier"] = ("C=SA, CN=Root", r => Extend(r, new X509BasicConstraintsExtension(true, true, 0, true), X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, identifier: false)),
        ["no country"] = ("CN=Root", r => Extend(r, new X509BasicConstraintsExtension(true, true, 0, true), X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)),
        ["two countries"] = ("C=SA, C=AE, CN=Root", r => Extend(r, new X509BasicConstraintsExtension(true, true, 0, true), X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)),
    };

    private static void Extend(CertificateRequest request, X509BasicConstraintsExtension constraints, X509KeyUsageFlags usages, bool critical = true, bool identifier = true)
    {
        request.CertificateExtensions.Add(constraints);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usages, critical));
        if (identifier)
        {
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        }
    }

    [Theory]
    [MemberData(nameof(BadRoots))]
    public void What_has_not_the_profile_of_a_root_is_not_pinned(string which)
    {
        var (name, change) = BadRootChanges[which];
        Assert.Equal(Reason.RootProfile, new Minted(name, change: change).Trust.Reason);
    }

    [Fact]
    public void A_root_must_be_signed_by_itself()
    {
        var forged = Authority.Root.ToArray();
        forged[^1] ^= 1;
        Assert.Contains(TrustAnchors.Create([forged]).Reason, new Reason?[] { Reason.RootProfile, Reason.CertificateMalformed });
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("C=SA, CN=Root", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var rsa = request.CreateSelfSigned(Now, Now.AddYears(1));
        Assert.Equal(Reason.CertificateAlgorithm, TrustAnchors.Create([rsa.RawData]).Reason);
    }

    [Fact]
    public void A_key_on_another_curve_is_refused()
    {
        Assert.Equal(Reason.CertificateKey, Trust.Check([Authority.Signer(Purpose, curve: ECCurve.NamedCurves.nistP521).Der], Purpose, Now).Reason);
        Assert.Equal(Reason.SignerProfile, Trust.Check([Authority.Signer(Purpose, curve: ECCurve.NamedCurves.nistP384).Der], Purpose, Now).Reason);
    }

    [Fact]
    public void A_chain_is_the_signer_alone()
    {
        Assert.Equal(Reason.ChainMissing, Trust.Check((ReadOnlyMemory<byte>[])[], Purpose, Now).Reason);
        Assert.Equal(Reason.ChainHasRoot, Trust.Check([Authority.Mdoc.Der, Authority.Root], Purpose, Now).Reason);
        Assert.Equal(Reason.ChainHasRoot, Trust.Check([Authority.Root], Purpose, Now).Reason);
        Assert.Equal(Reason.ChainTooLong, Trust.Check([Authority.Mdoc.Der, Authority.QrCard.Der], Purpose, Now).Reason);
    }

    [Fact]
    public void A_signer_of_a_stranger_is_unknown_and_one_in_the_roots_name_is_forged()
    {
        var stranger = new Minted("C=SA, CN=Stranger");
        Assert.Equal(Reason.SignerUnknown, Trust.Check([stranger.Mdoc.Der], Purpose, Now).Reason);
        Assert.Equal(Reason.SignerForged, Trust.Check([Authority.Signer(Purpose, by: stranger.RootKey).Der], Purpose, Now).Reason);
        Assert.Equal(Reason.SignerForged, Trust.Check([new Minted().Mdoc.Der], Purpose, Now).Reason);
    }

    public static TheoryData<string, Reason> BadSigners => new()
    {
        { "a CA", Reason.SignerProfile },
        { "more usages", Reason.SignerProfile },
        { "usages not critical", Reason.SignerProfile },
        { "no purpose", Reason.SignerProfile },
        { "another authority key", Reason.SignerAuthorityKey },
        { "no authority key", Reason.SignerAuthorityKey },
        { "unknown and critical", Reason.CertificateExtensionUnknown },
    };

    [Theory]
    [MemberData(nameof(BadSigners))]
    public void What_has_not_the_profile_of_a_signer_signs_nothing(string which, Reason reason)
    {
        var signer = Authority.Signer(Purpose, change: r =>
        {
            var extensions = r.CertificateExtensions;
            switch (which)
            {
                case "a CA":
                    extensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
                    break;
                case "more usages":
                    extensions.RemoveAt(0);
                    extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation, true));
                    break;
                case "usages not critical":
                    extensions.RemoveAt(0);
                    extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, false));
                    break;
                case "no purpose":
                    extensions.RemoveAt(1);
                    break;
                case "another authority key":
                    extensions.RemoveAt(3);
                    extensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(new byte[20]));
                    break;
                case "no authority key":
                    extensions.RemoveAt(3);
                    break;
                case "unknown and critical":
                    extensions.Add(new X509Extension("2.5.29.30", [0x30, 0x00], true));
                    break;
            }
        });
        Assert.Equal(reason, Trust.Check([signer.Der], Purpose, Now).Reason);
    }

    [Fact]
    public void A_signer_for_something_else_or_of_another_country_is_refused()
    {
        Assert.Equal(Reason.SignerPurpose, Trust.Check([Authority.Status.Der], Purpose, Now).Reason);
        Assert.Equal(Reason.SignerCountry, Trust.Check([Authority.Signer(Purpose, "C=AE, CN=Test Signer").Der], Purpose, Now).Reason);
    }

    [Fact]
    public void A_signer_and_its_root_count_in_their_time()
    {
        Assert.Equal(Reason.SignerExpired, Trust.Check([Authority.Mdoc.Der], Purpose, Now.AddYears(2)).Reason);
        Assert.Equal(Reason.SignerNotYetValid, Trust.Check([Authority.Mdoc.Der], Purpose, Now.AddYears(-2)).Reason);
        var longLived = Authority.Signer(Purpose, from: Now.AddYears(-6), to: Now.AddYears(12));
        Assert.True(Trust.Check([longLived.Der], Purpose, Now).Ok);
        Assert.Equal(Reason.RootNotValid, Trust.Check([longLived.Der], Purpose, Now.AddYears(11)).Reason);
        Assert.Equal(Reason.RootNotValid, Trust.Check([longLived.Der], Purpose, Now.AddYears(-5).AddDays(-1)).Reason);
    }

    [Fact]
    public void A_signer_that_the_root_took_back_signs_nothing()
    {
        var revoked = Authority.Signer(Purpose);
        var trust = Trust.With(Authority.Crl(Now.AddDays(1), revoked.Serial)).Value;
        Assert.Equal(Reason.SignerRevoked, trust.Check([revoked.Der], Purpose, Now).Reason);
        Assert.True(trust.Check([Authority.Mdoc.Der], Purpose, Now).Ok);
        Assert.Equal(Reason.CrlStale, trust.Check([Authority.Mdoc.Der], Purpose, Now.AddDays(1)).Reason);
        Assert.Equal(Reason.SignerRevoked, trust.Check([revoked.Der], Purpose, Now.AddDays(1)).Reason);
        Assert.True(Trust.Check([revoked.Der], Purpose, Now).Ok);
    }

    [Fact]
    public void A_CRL_is_by_the_root()
    {
        Assert.Equal(Reason.CrlIssuerUnknown, Trust.With(new Minted("C=SA, CN=Stranger").Crl(Now.AddDays(1))).Reason);
        Assert.Equal(Reason.CrlForged, Trust.With(new Minted().Crl(Now.AddDays(1))).Reason);
        Assert.Equal(Reason.CrlMalformed, Trust.With(Authority.Root[1..]).Reason);
        Assert.Equal(Reason.CrlMalformed, Trust.With(new byte[RevocationList.Longest + 1]).Reason);
        Assert.True(Trust.With(Authority.Crl(Now.AddDays(1))).Ok);
    }

    [Fact]
    public void What_is_no_certificate_is_refused()
    {
        Assert.Equal(Reason.CertificateMalformed, Trust.Check([new byte[Certificate.Longest + 1]], Purpose, Now).Reason);
        Assert.Equal(Reason.CertificateMalformed, Trust.Check([Array.Empty<byte>()], Purpose, Now).Reason);
        Assert.Equal(Reason.CertificateMalformed, Trust.Check([(byte[])[.. Authority.Mdoc.Der, 0]], Purpose, Now).Reason);
    }

    [Fact]
    public void Every_changed_byte_of_a_certificate_or_CRL_is_noticed()
    {
        var crl = Authority.Crl(Now.AddDays(1), Authority.Mdoc.Serial);
        for (var i = 0; i < Authority.Mdoc.Der.Length; i++)
        {
            var changed = Authority.Mdoc.Der.ToArray();
            changed[i] ^= (byte)(1 << (i % 8));
            Assert.False(Trust.Check([changed], Purpose, Now).Ok, $"Byte {i} of the certificate.");
        }
        for (var i = 0; i < crl.Length; i++)
        {
            var changed = crl.ToArray();
            changed[i] ^= (byte)(1 << (i % 8));
            Assert.False(Trust.With(changed).Ok, $"Byte {i} of the CRL.");
        }
    }

    [Fact]
    public void A_signer_can_be_pinned_itself()
    {
        var stranger = new Minted("C=SA, CN=Stranger");
        var trust = TrustAnchors.Create([], [stranger.Mdoc.Der]).Value;
        Assert.Null(trust.Check([stranger.Mdoc.Der], Purpose, Now).Value.Root);
        Assert.Equal(Reason.SignerPurpose, trust.Check([stranger.Mdoc.Der], Minted.Purposes.Status, Now).Reason);
        Assert.Equal(Reason.SignerExpired, trust.Check([stranger.Mdoc.Der], Purpose, Now.AddYears(2)).Reason);
        Assert.Equal(Reason.SignerUnknown, trust.Check([stranger.Status.Der], Minted.Purposes.Status, Now).Reason);
    }
}
