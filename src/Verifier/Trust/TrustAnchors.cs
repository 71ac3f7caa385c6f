using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Muqeem.Verifier.Cryptography;

namespace Muqeem.Verifier.Trust;

/// <summary>
/// The roots that a verifier pins, and the one check of a path: a signer directly under a root, as the profile of ISO/IEC 18013-5 (annex B) has it.
/// No store of the machine is asked, nothing is fetched. Keeps the paths it found good, by the certificate's hash. Shared by threads.
/// </summary>
public sealed class TrustAnchors
{
    private const int MostKept = 1024;
    private const int MostRoots = 64;

    private readonly List<Root> _roots;
    private readonly ConcurrentDictionary<(UInt128, UInt128), Signer> _kept;

    /// <summary>Every signer that a root certified, and whether it was taken back; null: whoever a root certified is known.</summary>
    private readonly FrozenDictionary<(UInt128, UInt128), bool>? _known;

    private TrustAnchors(List<Root> roots, ConcurrentDictionary<(UInt128, UInt128), Signer> kept, FrozenDictionary<(UInt128, UInt128), bool>? known)
    {
        _roots = roots;
        _kept = kept;
        _known = known;
    }

    /// <param name="Key">Null for a signer that is pinned itself.</param>
    private sealed record Root(Certificate Certificate, ECDsa? Key, RevocationList? Revocations);

    /// <param name="roots">In DER: P-256 or P-384, self-signed, path length 0, key usage certificates and CRLs only.</param>
    /// <param name="signers">Certificates of signers that are trusted by themselves, whoever issued them, in DER.</param>
    public static Checked<TrustAnchors> Create(IEnumerable<ReadOnlyMemory<byte>> roots, IEnumerable<ReadOnlyMemory<byte>>? signers = null)
    {
        var all = new List<Root>();
        foreach (var der in roots)
        {
            if (!Certificate.Parse(der.Span).TryGet(out var certificate, out var reason))
            {
                return reason;
            }
            if (certificate.Key() is not { } key)
            {
                return Reason.CertificateKey;
            }
            if (all.Count == MostRoots || !IsRoot(certificate) || certificate.CheckAlgorithm(key) is not null || !certificate.IsSignedBy(key))
            {
                return Reason.RootProfile;
            }
            all.Add(new Root(certificate, key, null));
        }
        var kept = new ConcurrentDictionary<(UInt128, UInt128), Signer>();
        foreach (var der in signers ?? [])
        {
            if (!Certificate.Parse(der.Span).TryGet(out var certificate, out var reason))
            {
                return reason;
            }
            if (certificate.Key() is not { } key)
            {
                return Reason.CertificateKey;
            }
            if (all.Count == MostRoots)
            {
                return Reason.RootProfile;
            }
            all.Add(new Root(certificate, null, null));
            kept[KeyOf(certificate.Sha256.Span)] = new Signer(certificate, certificate.P256Key(), null);
        }
        return new TrustAnchors(all, kept, null);
    }

    /// <summary>The roots of a PEM text, which may hold other text between them and nothing but certificates.</summary>
    public static Checked<TrustAnchors> FromPem(ReadOnlySpan<char> pem)
    {
        var roots = new List<ReadOnlyMemory<byte>>();
        while (PemEncoding.TryFind(pem, out var fields))
        {
            var der = new byte[fields.DecodedDataLength];
            if (!pem[fields.Label].SequenceEqual("CERTIFICATE") || !Convert.TryFromBase64Chars(pem[fields.Base64Data], der, out var length) || length != der.Length)
            {
                return Reason.CertificateMalformed;
            }
            roots.Add(der);
            pem = pem[fields.Location.End..];
        }
        return roots.Count > 0 ? Create(roots) : Reason.CertificateMalformed;
    }

    public IEnumerable<Certificate> Roots => _roots.Where(r => r.Key is not null).Select(r => r.Certificate);

    /// <summary>These anchors with a root's CRL, in DER, in place of the one before it. Whether it is fresh is asked at each check.</summary>
    public Checked<TrustAnchors> With(ReadOnlySpan<byte> crl)
    {
        if (!RevocationList.Parse(crl).TryGet(out var list, out var reason))
        {
            return reason;
        }
        var at = _roots.FindIndex(r => r.Key is not null && r.Certificate.Subject.Span.SequenceEqual(list.Issuer.Span));
        if (at < 0)
        {
            return Reason.CrlIssuerUnknown;
        }
        if (list.Check(_roots[at].Key!) is { } bad)
        {
            return bad;
        }
        var roots = new List<Root>(_roots);
        roots[at] = roots[at] with { Revocations = list };
        return new TrustAnchors(roots, _kept, _known);
    }

    /// <summary>
    /// These anchors as the authority itself has them. It knows every signer that it had certified: any other is unknown, though a root signed it, and one that it took back counts no more, before a
    /// CRL says so. Signers that are pinned themselves are not asked about.
    /// </summary>
    /// <param name="signers">All certificates, in DER.</param>
    public TrustAnchors Knowing(IEnumerable<(ReadOnlyMemory<byte> Certificate, bool IsTakenBack)> signers) =>
        new(_roots, _kept, signers.DistinctBy(s => KeyOf(SHA256.HashData(s.Certificate.Span))).ToFrozenDictionary(s => KeyOf(SHA256.HashData(s.Certificate.Span)), s => s.IsTakenBack));

    /// <summary>The signer of a chain as x5c and x5chain carry it: the signer's certificate alone, for a root has no others between and is never carried.</summary>
    /// <param name="purpose">The extended key usage that is needed.</param>
    public Checked<Signer> Check(IReadOnlyList<ReadOnlyMemory<byte>> chain, string purpose, DateTimeOffset at)
    {
        if (chain.Count == 0)
        {
            return Reason.ChainMissing;
        }
        if (chain.Count > 1)
        {
            return _roots.Exists(r => r.Key is not null && r.Certificate.Der.Span.SequenceEqual(chain[^1].Span)) ? Reason.ChainHasRoot : Reason.ChainTooLong;
        }
        return Check(chain[0].Span, purpose, at);
    }

    /// <inheritdoc cref="Check(IReadOnlyList{ReadOnlyMemory{byte}}, string, DateTimeOffset)"/>
    public Checked<Signer> Check(ReadOnlySpan<byte> der, string purpose, DateTimeOffset at)
    {
        if (!Find(der).TryGet(out var signer, out var reason))
        {
            return reason;
        }
        if (!signer.MaySign(purpose))
        {
            return Reason.SignerPurpose;
        }
        return CheckAt(signer, at) is { } bad ? bad : signer;
    }

    /// <summary>What can change about a signer whose path was found good: time, and what the root takes back. Null: it may sign.</summary>
    public Reason? CheckAt(Signer signer, DateTimeOffset at)
    {
        if (at < signer.Certificate.NotBefore)
        {
            return Reason.SignerNotYetValid;
        }
        if (at > signer.Certificate.NotAfter)
        {
            return Reason.SignerExpired;
        }
        if (signer.Root is null)
        {
            return null;
        }
        var root = _roots.Find(r => ReferenceEquals(r.Certificate, signer.Root));
        if (root is null)
        {
            return Reason.SignerUnknown;
        }
        if (!root.Certificate.IsValidAt(at))
        {
            return Reason.RootNotValid;
        }
        if (_known is { } known)
        {
            if (!known.TryGetValue(KeyOf(signer.Certificate.Sha256.Span), out var isTakenBack))
            {
                return Reason.SignerUnknown;
            }
            if (isTakenBack)
            {
                return Reason.SignerRevoked;
            }
        }
        if (root.Revocations is { } list)
        {
            // Taken back stays taken back, however old the list is.
            if (list.Has(signer.Certificate.Serial.Span))
            {
                return Reason.SignerRevoked;
            }
            if (at >= list.NextUpdate)
            {
                return Reason.CrlStale;
            }
        }
        return null;
    }

    /// <summary>A path to a root, whenever and for whatever purpose.</summary>
    internal Checked<Signer> Find(ReadOnlySpan<byte> der)
    {
        Span<byte> hash = stackalloc byte[32];
        Sha256.Hash(der, hash);
        var key = KeyOf(hash);
        if (_kept.TryGetValue(key, out var kept))
        {
            return kept;
        }
        if (!Certificate.Parse(der).TryGet(out var certificate, out var reason))
        {
            return reason;
        }
        var named = false;
        foreach (var root in _roots)
        {
            if (root.Key is null || !root.Certificate.Subject.Span.SequenceEqual(certificate.Issuer.Span))
            {
                continue;
            }
            named = true;
            if (root.Certificate.Der.Span.SequenceEqual(der))
            {
                return Reason.ChainHasRoot;
            }
            if (certificate.CheckAlgorithm(root.Key) is null && certificate.IsSignedBy(root.Key))
            {
                return Keep(key, certificate, root);
            }
        }
        return named ? Reason.SignerForged : Reason.SignerUnknown;
    }

    private Checked<Signer> Keep((UInt128, UInt128) hash, Certificate certificate, Root root)
    {
        if (certificate.IsAuthority || certificate.Usages != X509Usages.DigitalSignature || !certificate.HasCriticalUsages || !certificate.IsP256 || certificate.Purposes.Count == 0)
        {
            return Reason.SignerProfile;
        }
        if (certificate.AuthorityKeyIdentifier.IsEmpty || !certificate.AuthorityKeyIdentifier.Span.SequenceEqual(root.Certificate.SubjectKeyIdentifier.Span))
        {
            return Reason.SignerAuthorityKey;
        }
        if (certificate.Country != root.Certificate.Country)
        {
            return Reason.SignerCountry;
        }
        if (certificate.P256Key() is not { } key)
        {
            return Reason.CertificateKey;
        }
        if (_kept.Count >= MostKept)
        {
            // Only a root's own signers get here, and no country has so many.
            return new Signer(certificate, key, root.Certificate);
        }
        return _kept.GetOrAdd(hash, new Signer(certificate, key, root.Certificate));
    }

    private static bool IsRoot(Certificate certificate) =>
        certificate is { IsAuthority: true, PathLength: 0, HasCriticalConstraints: true, HasCriticalUsages: true, Usages: X509Usages.KeyCertSign | X509Usages.CrlSign, Country.Length: 2 }
        && !certificate.SubjectKeyIdentifier.IsEmpty && certificate.Subject.Span.SequenceEqual(certificate.Issuer.Span);

    private static (UInt128, UInt128) KeyOf(ReadOnlySpan<byte> hash) => (MemoryMarshal.Read<UInt128>(hash), MemoryMarshal.Read<UInt128>(hash[16..]));
}
