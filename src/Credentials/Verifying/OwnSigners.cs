using Muqeem.Platform.Keys;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.Trust;

namespace Muqeem.Credentials.Verifying;

/// <summary>
/// The signers of this installation as its own answers trust them. A signer that was revoked here counts no more from that moment, whether or not the published revocation list says so yet.
/// </summary>
internal sealed class OwnSigners(KeyStore keys)
{
    private volatile Known? _known;

    public SignerPurposes Purposes => keys.Usages.Purposes;

    /// <summary>The roots, without revocation lists.</summary>
    public TrustAnchors Trust => Now().Trust;

    public QrSigners Qr => Now().Qr;

    /// <summary>Whether a certificate is that of a signer here which was not revoked.</summary>
    public bool Knows(ReadOnlyMemory<byte> certificate) => Now().Certificates.Contains(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(certificate.Span)));

    /// <summary>Another process may have certified a signer since; true when something is new.</summary>
    public bool Refresh()
    {
        keys.Refresh();
        return !ReferenceEquals(_known?.Edition, keys.Edition);
    }

    private Known Now()
    {
        var edition = keys.Edition;
        if (_known is { } known && ReferenceEquals(known.Edition, edition))
        {
            return known;
        }
        var purposes = Purposes;
        var trust = TrustAnchors.Create(keys.Roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).Value;
        var all = Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified()).SelectMany(keys.All).Where(c => c.State != KeyState.Revoked).Select(c => c.Certificate).ToList();
        // One by one: of a changed usage only its own signers are no longer known.
        var qr = all.Where(c => QrSigners.Create([c], trust, purposes).Ok).Select(c => (ReadOnlyMemory<byte>)c).ToList();
        return _known = new Known(edition, trust, QrSigners.Create(qr, trust, purposes).Value, [.. all.Select(c => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(c)))]);
    }

    private sealed record Known(object Edition, TrustAnchors Trust, QrSigners Qr, HashSet<string> Certificates);
}
