using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Muqeem.Kernel;
using Muqeem.Platform.Folder;
using Muqeem.Verifier.Cryptography;
using NodaTime;
using CertifiedKey = System.Security.Cryptography.X509Certificates.PublicKey;

namespace Muqeem.Platform.Keys;

/// <summary>
/// The signers of credentials. Each key needs a certificate of the root, which says from when it may sign; it stops long enough before the certificate ends
/// that all it signed can live to its end. The next signer comes before the last one stops.
/// </summary>
/// <remarks>
/// Certificates and revocation lists lie in the sealed part of the key file and not in the database: a key and its certificate are of one time whatever backup is
/// restored, and nobody with the database alone can put another root in their place.
/// </remarks>
public sealed partial class KeyStore
{
    /// <summary>How long a demonstration's revocation list lives, and how early the next one is made.</summary>
    private const int ListDays = 30;
    private const int ListEarly = 15;

    /// <summary>The roots that signers here are certified by, the present one last. Empty until the first is trusted.</summary>
    public IReadOnlyList<RootCertificate> Roots => [.. _now.Content.Roots.Select(r =>
    {
        using var root = X509CertificateLoader.LoadCertificate(r.Certificate);
        return new RootCertificate(r.Certificate, r.RevocationList, FingerprintOf(r.Certificate), Instant.FromDateTimeUtc(root.NotAfter.ToUniversalTime()),
            r.RevocationList is { } list ? RevocationList.Read(list, root).Next : null);
    })];

    /// <summary>Another object after each change of the store: what was made from its certificates is then to be made anew.</summary>
    public object Edition => _now;

    /// <summary>The usages by which verifiers tell the signers of this installation apart.</summary>
    public SignerUsages Usages => _settings.Usages;

    /// <summary>The signer to use now: the latest whose day has come.</summary>
    /// <exception cref="KeyUnavailableException">None is certified for today.</exception>
    public SigningCertificate Current(KeyPurpose purpose) => Certified(purpose).Certificate!;

    /// <summary>The extended key usage that a purpose's certificates have here.</summary>
    public string UsageOf(KeyPurpose purpose) => _settings.Usages.Of(purpose).Usage;

    /// <summary>All signers of a purpose that have a certificate, whatever their state, the latest first.</summary>
    public IReadOnlyList<SigningCertificate> All(KeyPurpose purpose)
    {
        var now = _clock.Now();
        return [.. _now.Lines.Where(k => k.Purpose == purpose && k.Certificate is not null).OrderByDescending(k => k.SignsFromMicros).ThenByDescending(k => k.Id, StringComparer.Ordinal)
            .Select(k => new SigningCertificate(k.Id, purpose, StateOf(k, now), k.Certificate!, [k.Certificate!], Clock.FromMicros(k.SignsFromMicros!.Value),
                Clock.FromMicros(k.SignsUntilMicros!.Value), Clock.FromMicros(k.ValidUntilMicros!.Value)))];
    }

    /// <summary>Signs with the key of this certificate, which the signed content may have to name.</summary>
    /// <exception cref="KeyUnavailableException">It was revoked since, or its days are over.</exception>
    public byte[] Sign(SigningCertificate by, ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[Sha256.Length];
        Sha256.Hash(data, hash);
        return SignHash(by, hash);
    }

    /// <summary>The same of data whose SHA-256 is known already: whoever has a certificate signs by ES256.</summary>
    /// <inheritdoc cref="Sign(SigningCertificate, ReadOnlySpan{byte})" path="/exception"/>
    public byte[] SignHash(SigningCertificate by, ReadOnlySpan<byte> hash)
    {
        ArgumentNullException.ThrowIfNull(by);
        if (Find(by.KeyId) is not { Certificate: not null } key || StateOf(key.Line, _clock.Now()) != KeyState.Active)
        {
            throw new KeyUnavailableException($"The key {by.KeyId} may not sign any more.");
        }
        BeforeSignature?.Invoke(by.KeyId, hash.ToArray());
        return key.Holder.SignHash(hash);
    }

    /// <summary>A request for the root (PKCS#10, DER): the key's public half, its purpose, and the proof that the store holds it.</summary>
    /// <exception cref="CertificateRefusedException">No such key, or one that needs no certificate.</exception>
    public byte[] Request(string keyId)
    {
        if (Find(keyId) is not { } key || !key.Line.Purpose.IsCertified())
        {
            throw new CertificateRefusedException($"There is no key {keyId} that the root certifies.");
        }
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(keyId);
        var request = new CertificateRequest(name.Build(), CertifiedKey.CreateFromSubjectPublicKeyInfo(key.Holder.PublicKey, out _), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(_settings.Usages.Of(key.Line.Purpose).Usage)], critical: true));
        return request.CreateSigningRequest(new RequestSigner(key.Holder));
    }

    /// <summary>Takes a root as this installation's, from now on beside those before it.</summary>
    /// <param name="fingerprint">As the protocol of the ceremony has it, typed by whoever installs it.</param>
    /// <exception cref="CertificateRefusedException">Not that root, or none in the profile.</exception>
    public void Trust(byte[] certificate, string fingerprint)
    {
        using var root = Load(certificate);
        if (!string.Equals(FingerprintOf(certificate), fingerprint.Replace(":", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
        {
            throw new CertificateRefusedException($"The root's fingerprint is {FingerprintOf(certificate)}, not the one given. Compare it with the protocol of the ceremony.");
        }
        SignerChecks.Root(root);
        Changing(content => (content.Roots.Exists(r => r.Certificate.AsSpan().SequenceEqual(certificate)) ? content
            : content with { Roots = [.. content.Roots, new StoredRoot(certificate, null)] }, true));
    }

    /// <summary>Takes a signer's certificate to its key.</summary>
    /// <exception cref="CertificateRefusedException">For no key here, of another purpose or root, or outside the profile.</exception>
    public KeyEntry Install(byte[] certificate)
    {
        using var signer = Load(certificate);
        var id = Changing(content => Installed(content, signer));
        return Entry(id);
    }

    /// <summary>Takes a newer revocation list of the present root. What it names is revoked here too.</summary>
    /// <exception cref="CertificateRefusedException">Older than the one installed, outdated, or not the root's.</exception>
    public void InstallRevocations(byte[] list) => Changing(content =>
    {
        var at = content.Roots.FindLastIndex(r => IsOf(list, r));
        if (at < 0)
        {
            throw new CertificateRefusedException("The revocation list is of no root that is installed here.");
        }
        using var root = Load(content.Roots[at].Certificate);
        var fresh = RevocationList.Read(list, root);
        if (content.Roots[at].RevocationList is { } former && RevocationList.Read(former, root).Number > fresh.Number)
        {
            throw new CertificateRefusedException("A newer revocation list is installed already.");
        }
        if (fresh.Next <= _clock.Now())
        {
            throw new CertificateRefusedException("The revocation list is outdated. Have the ceremony make a new one.");
        }
        var roots = content.Roots.ToList();
        roots[at] = new StoredRoot(content.Roots[at].Certificate, list);
        var keys = content.Keys.Select(k => k is { Certificate: not null, RevokedMicros: null } && Issued(k, root) && fresh.Revocations.FirstOrDefault(r => r.Serial.AsSpan().SequenceEqual(SerialOf(k))) is { } found
            ? k with { RevokedMicros = found.At.ToMicros(), RevocationReason = found.Reason.ToString() } : k);
        return (new StoreContent([.. keys], roots), true);
    });

    /// <summary>
    /// Withdraws a signer: it signs nothing from now on. The revocation list names it once the root has signed a new one, in a demonstration at once.
    /// </summary>
    /// <exception cref="CertificateRefusedException">No such certified key, or revoked before.</exception>
    public KeyEntry Revoke(string keyId, X509RevocationReason reason)
    {
        Changing(content =>
        {
            var line = content.Keys.Find(k => k.Id == keyId && k.Certificate is not null) ?? throw new CertificateRefusedException($"There is no key {keyId} with a certificate.");
            if (line.RevokedMicros is not null)
            {
                throw new CertificateRefusedException($"The key {keyId} is revoked already.");
            }
            return (Replace(content, line with { RevokedMicros = _clock.Now().ToMicros(), RevocationReason = reason.ToString() }), true);
        });
        if (_folder.IsDemonstration)
        {
            Changing(content => (ByDemonstration(content, _clock.Now(), renewList: true), true));
        }
        return Entry(keyId);
    }

    /// <summary>Signers that were revoked here and are not on the present root's list yet.</summary>
    internal IReadOnlyList<(string KeyId, Revocation Revocation)> WaitingRevocations()
    {
        var content = _now.Content;
        if (content.Roots.Count == 0)
        {
            return [];
        }
        using var root = Load(content.Roots[^1].Certificate);
        var list = content.Roots[^1].RevocationList is { } bytes ? RevocationList.Read(bytes, root) : null;
        return [.. Unlisted(content, root, list).Select(k => (k.Id, RevocationOf(k)))];
    }

    /// <summary>In a demonstration: makes whatever root, signer or list is missing or soon outdated.</summary>
    internal void KeepDemonstration()
    {
        var now = _clock.Now();
        if (!IsKept(_now.Content, now))
        {
            Changing(content => (IsKept(content, now) ? content : ByDemonstration(content, now, renewList: false), true));
        }
    }

    private Key Certified(KeyPurpose purpose)
    {
        var now = _clock.Now();
        if (Latest(purpose, now) is { } key)
        {
            return key;
        }
        if (_folder.IsDemonstration && purpose.IsCertified())
        {
            // Its clock may have jumped over a signer's whole life.
            KeepDemonstration();
        }
        else
        {
            Refresh();
        }
        return Latest(purpose, now) ?? throw new KeyUnavailableException(
            $"No {purpose.Word()} may sign today: there is no certificate of the root that is valid now. Run: muqeem keys request --Purpose={purpose.Word()}, have the root certify it, then muqeem keys install.");
    }

    private Key? Latest(KeyPurpose purpose, Instant now)
    {
        if (_now.Certified.TryGetValue(purpose, out var keys))
        {
            foreach (var key in keys)
            {
                if (key.Certificate!.SignsFrom <= now && now < key.Certificate.SignsUntil)
                {
                    return key;
                }
            }
        }
        return null;
    }

    private (StoreContent, string) Installed(StoreContent content, X509Certificate2 signer)
    {
        var info = signer.PublicKey.ExportSubjectPublicKeyInfo();
        var line = content.Keys.Find(k => k.Purpose.IsCertified() && _now.Keys.TryGetValue(k.Id, out var key) && key.Holder.PublicKey.AsSpan().SequenceEqual(info))
            ?? throw new CertificateRefusedException("The certificate is for no key of this store.");
        if (line.RevokedMicros is not null)
        {
            throw new CertificateRefusedException($"The key {line.Id} is revoked.");
        }
        if (content.Roots.Count == 0)
        {
            throw new CertificateRefusedException("No root is installed here yet: give its fingerprint, as the protocol of the ceremony has it.");
        }
        using var root = Load(content.Roots[^1].Certificate);
        var profile = _settings.Usages.Of(line.Purpose);
        SignerChecks.Signer(signer, root, profile, info);
        var (from, until, valid) = SignerChecks.Dates(signer, profile);
        if (until <= _clock.Now())
        {
            throw new CertificateRefusedException($"The certificate of {line.Id} ended: it would sign nothing.");
        }
        return (Replace(content, line with { Certificate = signer.RawData, SignsFromMicros = from.ToMicros(), SignsUntilMicros = until.ToMicros(), ValidUntilMicros = valid.ToMicros() }), line.Id);
    }

    private void CertifyByDemonstration(string id, Instant from) => Changing(content =>
    {
        content = ByDemonstration(content, _clock.Now(), renewList: false, but: id);
        using var root = DemonstrationRoot.OpenOrMake(_folder, content.Roots[^1].Certificate, _settings.DemonstrationRoot, from, renew: false);
        return (Certify(content, root, content.Keys.Single(k => k.Id == id), from), true);
    });

    /// <summary>Nothing of a demonstration's chain is missing or ends soon.</summary>
    private bool IsKept(StoreContent content, Instant now)
    {
        if (content.Roots.Count == 0 || content.Roots[^1].RevocationList is not { } list)
        {
            return false;
        }
        using var root = Load(content.Roots[^1].Certificate);
        return !Ends(root, now) && RevocationList.Read(list, root).Next - now >= Duration.FromDays(ListEarly)
            && Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified()).All(p => !NeedsNext(content, p, now));
    }

    private static bool Ends(X509Certificate2 root, Instant now) => Instant.FromDateTimeUtc(root.NotAfter.ToUniversalTime()) - now < Duration.FromDays(SignerProfile.Furthest + 365);

    /// <summary>No signer that is certified and not revoked signs for another thirty days.</summary>
    private static bool NeedsNext(StoreContent content, KeyPurpose purpose, Instant now) =>
        !content.Keys.Exists(k => k.Purpose == purpose && k is { SignsUntilMicros: { } until, RevokedMicros: null } && Clock.FromMicros(until) - now >= Duration.FromDays(SignerProfile.NextWithin));

    /// <param name="but">A key that gets its certificate otherwise.</param>
    private StoreContent ByDemonstration(StoreContent content, Instant now, bool renewList, string? but = null)
    {
        var present = content.Roots.Count == 0 ? null : content.Roots[^1];
        bool ends;
        using (var former = present is null ? null : Load(present.Certificate))
        {
            ends = former is not null && Ends(former, now);
        }
        using var root = DemonstrationRoot.OpenOrMake(_folder, present?.Certificate, _settings.DemonstrationRoot, now, renew: ends);
        if (present is null || !root.Certificate.RawData.AsSpan().SequenceEqual(present.Certificate))
        {
            SignerChecks.Root(root.Certificate);
            present = new StoredRoot(root.Certificate.RawData, null);
            content = content with { Roots = [.. content.Roots, present] };
        }
        foreach (var purpose in Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified() && NeedsNext(content, p, now)))
        {
            var line = content.Keys.Find(k => k.Purpose == purpose && k.Id != but && k is { Certificate: null, Material.Length: > 0, RevokedMicros: null, DestroyedMicros: null });
            if (line is null)
            {
                line = Make(content, NewLine(purpose));
                content = content with { Keys = [.. content.Keys, line] };
            }
            var until = content.Keys.Where(k => k.Purpose == purpose && k.RevokedMicros is null).Max(k => k.SignsUntilMicros) is { } last
                ? Clock.FromMicros(last) - Duration.FromDays(SignerProfile.OverlapDays) : now;
            content = Certify(content, root, line, Instant.Max(now, until));
        }
        var former2 = present.RevocationList is { } bytes ? RevocationList.Read(bytes, root.Certificate) : null;
        if (renewList || former2 is null || former2.Next - now < Duration.FromDays(ListEarly))
        {
            var list = root.RevocationList(RevocationsOf(content, root.Certificate), (former2?.Number ?? 0) + 1, now, ListDays);
            content = content with { Roots = [.. content.Roots.SkipLast(1), present with { RevocationList = list }] };
        }
        return content;
    }

    private StoreContent Certify(StoreContent content, RootAuthority root, StoredKey line, Instant from)
    {
        var profile = _settings.Usages.Of(line.Purpose);
        using var holder = _vault.Hold(line with { Material = [.. line.Material] });
        using var signer = Load(root.Certify(CertifiedKey.CreateFromSubjectPublicKeyInfo(holder.PublicKey, out _), line.Id, profile, from));
        SignerChecks.Signer(signer, root.Certificate, profile, holder.PublicKey);
        var (begins, until, valid) = SignerChecks.Dates(signer, profile);
        return Replace(content, line with { Certificate = signer.RawData, SignsFromMicros = begins.ToMicros(), SignsUntilMicros = until.ToMicros(), ValidUntilMicros = valid.ToMicros() });
    }

    private static List<Revocation> RevocationsOf(StoreContent content, X509Certificate2 root) =>
        [.. content.Keys.Where(k => k is { Certificate: not null, RevokedMicros: not null } && Issued(k, root))
            .Select(RevocationOf)];

    private static Revocation RevocationOf(StoredKey line) => new(SerialOf(line), Clock.FromMicros(line.RevokedMicros!.Value), Enum.Parse<X509RevocationReason>(line.RevocationReason!));

    private static bool Issued(StoredKey line, X509Certificate2 root)
    {
        using var certificate = Load(line.Certificate!);
        return certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single().KeyIdentifier!.Value.Span
            .SequenceEqual(root.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.Span);
    }

    private static byte[] SerialOf(StoredKey line)
    {
        using var certificate = Load(line.Certificate!);
        return certificate.SerialNumberBytes.ToArray();
    }

    private static bool IsOf(byte[] list, StoredRoot stored)
    {
        using var root = Load(stored.Certificate);
        try
        {
            RevocationList.Read(list, root);
            return true;
        }
        catch (CertificateRefusedException)
        {
            return false;
        }
    }

    private static string FingerprintOf(byte[] certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate));

    private static X509Certificate2 Load(byte[] certificate)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(certificate);
        }
        catch (CryptographicException e)
        {
            throw new CertificateRefusedException("This is no certificate.", e);
        }
    }

    /// <summary>Lets a request be signed by a key that may lie in a token.</summary>
    private sealed class RequestSigner(KeyHolder key) : X509SignatureGenerator
    {
        // AlgorithmIdentifier of ecdsa-with-SHA256.
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => EcdsaShapes.ToSequence(key.Sign(data));

        protected override PublicKey BuildPublicKey() => CertifiedKey.CreateFromSubjectPublicKeyInfo(key.PublicKey, out _);
    }
}
