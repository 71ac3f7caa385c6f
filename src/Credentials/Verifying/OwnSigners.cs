using Microsoft.Extensions.Logging;
using Muqeem.Platform.Keys;
using Muqeem.Verifier;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.Trust;

namespace Muqeem.Credentials.Verifying;

/// <summary>
/// Our own root and signers as all our answers trust them, made anew only when the key store changes. Here it is known who was certified and who was taken back, so no revocation list is asked: a signer
/// that was revoked here counts no more from that moment, for whatever purpose, and the age of a list says nothing.
/// </summary>
public sealed partial class OwnSigners(KeyStore keys, ILogger<OwnSigners> log)
{
    private readonly Lock _lock = new();
    private volatile Known? _known;

    /// <summary>What our signers' certificates say they are for.</summary>
    public SignerPurposes Purposes => keys.Usages.Purposes;

    public TrustAnchors Trust => Now().Trust;

    public QrSigners Qr => Now().Qr;

    /// <summary>The verifiers' library over these. It has no status lists: what stands at a place is to be told to it.</summary>
    public IdVerifier Verifier => Now().Verifier;

    /// <summary>Takes over what another process changed in the key store: who is unknown now may be known then, and who counts may not.</summary>
    public void Refresh()
    {
        keys.Refresh();
        Now();
    }

    private Known Now()
    {
        if (_known is { } known && ReferenceEquals(known.Edition, keys.Edition))
        {
            return known;
        }
        lock (_lock)
        {
            // First the edition: what changes meanwhile is looked at again.
            var edition = keys.Edition;
            return ReferenceEquals(_known?.Edition, edition) ? _known! : _known = Made(edition);
        }
    }

    private Known Made(object edition)
    {
        if (!TrustAnchors.Create(keys.Roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).TryGet(out var roots, out var reason))
        {
            Unusable(log, reason.Code());
            return _known is { } former ? former with { Edition = edition } : Of(edition, TrustAnchors.Create([]).Value, []);
        }
        var all = Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified()).SelectMany(keys.All).ToList();
        return Of(edition, roots.Knowing(all.Select(c => ((ReadOnlyMemory<byte>)c.Certificate, c.State == KeyState.Revoked))), all);
    }

    private Known Of(object edition, TrustAnchors trust, IReadOnlyList<SigningCertificate> all)
    {
        var purposes = Purposes;
        // One by one: of a changed usage only its own signers are no longer known.
        var qr = QrSigners.Create(all.Select(c => (ReadOnlyMemory<byte>)c.Certificate).Where(c => QrSigners.Create([c], trust, purposes).Ok), trust, purposes).Value;
        return new Known(edition, trust, qr, new IdVerifier(OfflineTrust.Of(trust, qr, [])));
    }

    private sealed record Known(object Edition, TrustAnchors Trust, QrSigners Qr, IdVerifier Verifier);

    [LoggerMessage(81, LogLevel.Error, "Verifiers are answered by the former trust: our own root is not good ({Reason}).")]
    private static partial void Unusable(ILogger logger, string reason);
}
