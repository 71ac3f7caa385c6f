using Microsoft.Extensions.Logging;
using Muqeem.Platform.Keys;
using Muqeem.Verifier;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.Trust;

namespace Muqeem.Credentials.Verifiers;

/// <summary>The verifiers' library over our own root, revocation list and signers, made anew only when one of them changes: what it found good of a certificate is kept in between.</summary>
public sealed partial class OwnTrust(KeyStore keys, ILogger<OwnTrust> log)
{
    private readonly Lock _lock = new();
    private object? _edition;
    private volatile IdVerifier? _verifier;

    /// <summary>Null while there is no root.</summary>
    public IdVerifier? Verifier => _verifier ?? Look();

    /// <summary>What our signers' certificates say they are for.</summary>
    public SignerPurposes Purposes => keys.Usages.Purposes;

    /// <summary>Takes over what changed in the key store.</summary>
    public IdVerifier? Look()
    {
        lock (_lock)
        {
            var edition = keys.Edition;
            if (ReferenceEquals(edition, _edition))
            {
                return _verifier;
            }
            var roots = keys.Roots;
            if (roots.Count == 0)
            {
                return _verifier;
            }
            if (!TrustAnchors.Create(roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).TryGet(out var trust, out var reason))
            {
                Unusable(log, "root", reason.Code());
                return _verifier;
            }
            foreach (var list in roots.Select(r => r.RevocationList).OfType<byte[]>())
            {
                if (!trust.With(list).TryGet(out trust!, out reason))
                {
                    Unusable(log, "revocation list", reason.Code());
                    return _verifier;
                }
            }
            var purposes = Purposes;
            // One by one: of a changed usage only its own signers are no longer known. One that was revoked here counts no more, whether or not the list says so yet.
            var signers = Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified()).SelectMany(keys.All).Where(c => c.State != KeyState.Revoked).Select(c => (ReadOnlyMemory<byte>)c.Certificate)
                .Where(c => QrSigners.Create([c], trust, purposes).Ok).ToList();
            (_edition, _verifier) = (edition, new IdVerifier(OfflineTrust.Of(trust, QrSigners.Create(signers, trust, purposes).Value, [])));
            return _verifier;
        }
    }

    [LoggerMessage(74, LogLevel.Error, "Verifiers are answered by the former trust: our own {What} is not good ({Reason}).")]
    private static partial void Unusable(ILogger logger, string what, string reason);
}
