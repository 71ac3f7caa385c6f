using System.Buffers.Binary;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Qr;

/// <summary>Who may sign QR codes, by the first eight bytes of their certificate's SHA-256: a code has no room for the certificate itself.</summary>
public sealed class QrSigners
{
    private const int Most = 512;

    private readonly TrustAnchors _trust;
    private readonly Dictionary<ulong, Signer> _signers;

    private QrSigners(TrustAnchors trust, Dictionary<ulong, Signer> signers)
    {
        _trust = trust;
        _signers = signers;
    }

    public IReadOnlyCollection<Signer> All => _signers.Values;

    /// <summary>Each certificate, in DER, must lead to a root and be for QR codes. Expired and revoked ones stay, so that their codes are told from those of strangers.</summary>
    public static Checked<QrSigners> Create(IEnumerable<ReadOnlyMemory<byte>> certificates, TrustAnchors trust, SignerPurposes purposes)
    {
        var signers = new Dictionary<ulong, Signer>();
        foreach (var der in certificates)
        {
            if (!trust.Find(der.Span).TryGet(out var signer, out var reason))
            {
                return reason;
            }
            if (!signer.MaySign(purposes.QrCard) && !signer.MaySign(purposes.QrLive) && !signer.MaySign(purposes.Receipt))
            {
                return Reason.SignerPurpose;
            }
            if (signers.Count == Most || !signers.TryAdd(signer.KeyId, signer))
            {
                return Reason.SignerRepeated;
            }
        }
        return new QrSigners(trust, signers);
    }

    internal Signer? Find(ReadOnlySpan<byte> keyId) => _signers.GetValueOrDefault(BinaryPrimitives.ReadUInt64BigEndian(keyId));

    internal Reason? CheckAt(Signer signer, DateTimeOffset at) => _trust.CheckAt(signer, at);
}
