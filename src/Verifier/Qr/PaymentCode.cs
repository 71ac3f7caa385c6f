using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Qr;

/// <summary>
/// The code on the receipt of a payment: made like the codes of the ID, and nobody's ID. It says what was paid, when and for which service, and nothing of who paid. Whether the money went
/// back since is known to the issuer alone.
/// </summary>
/// <param name="Bill">Sixteen bytes that name the bill to the issuer.</param>
/// <param name="Halalas">The amount of the whole bill.</param>
/// <param name="PaidAt">When the last part of it was there.</param>
/// <param name="Service">The code of the service, e.g. <c>ID.RENEW</c>.</param>
/// <param name="IsSpecimen">Made by a demonstration: no money moved.</param>
public sealed record PaymentCode(Signer Signer, DateTimeOffset SignedAt, ReadOnlyMemory<byte> Bill, long Halalas, DateTimeOffset PaidAt, string Service, bool IsSpecimen)
{
    /// <summary>The value of <see cref="QrCode.KindClaim"/>.</summary>
    public const int Kind = 3;

    /// <summary>An array: halalas, seconds since 1970, code of the service, whether it is a specimen.</summary>
    public const long PaidClaim = -65539;

    private const int LongestService = 40;

    /// <summary>Whether it says of itself that it is one; nothing is verified.</summary>
    public static bool Claims(ReadOnlyMemory<byte> bytes) =>
        QrCode.Open(bytes).TryGet(out var envelope, out _) && Cbor.Parse(envelope.Payload, CborRules.Ours).TryGet(out var claims, out _) && claims[QrCode.KindClaim] is { } kind && kind.TryInteger(out var number) && number == Kind;

    /// <summary>The signer had to be good when it signed: a receipt outlives every certificate. One that was taken back never counts.</summary>
    public static Checked<PaymentCode> Verify(ReadOnlyMemory<byte> bytes, QrSigners signers, DateTimeOffset now, QrOptions options)
    {
        if (!QrCode.Open(bytes).TryGet(out var envelope, out var reason))
        {
            return reason;
        }
        if (signers.Find(envelope.KeyId.Span) is not { } signer)
        {
            return Reason.QrSignerUnknown;
        }
        if (!signer.Verify(envelope.Message.HashToSign(envelope.Payload.Span), envelope.Message.Signature.Span))
        {
            return Reason.SignatureWrong;
        }
        if (!signer.MaySign(options.Purposes.Receipt))
        {
            return Reason.SignerPurpose;
        }
        if (Read(envelope.Payload, signer) is not { } code)
        {
            return Reason.QrClaims;
        }
        return code.SignedAt > now + options.Tolerance || code.PaidAt > code.SignedAt + options.Tolerance ? Reason.QrFromFuture
            : signers.CheckAt(signer, code.SignedAt) is { } bad ? bad
            : code;
    }

    private static PaymentCode? Read(ReadOnlyMemory<byte> payload, Signer signer) =>
        Cbor.Parse(payload, CborRules.Ours).TryGet(out var claims, out _) && claims.Pairs.Length == 8
        && claims[6] is { } issued && StatusList.TryTime(issued, out var signedAt)
        && claims[7] is { Kind: CborKind.Bytes, Bytes: { Length: 16 } bill }
        && claims[QrCode.KindClaim] is { } kind && kind.TryInteger(out var number) && number == Kind
        && claims[PaidClaim] is { Items.Length: 4 } paid
        && paid.Items[0].TryInteger(out var halalas) && halalas > 0
        && StatusList.TryTime(paid.Items[1], out var paidAt)
        && paid.Items[2].Text is { Length: > 0 and <= LongestService } service
        && paid.Items[3].Kind is CborKind.True or CborKind.False
            ? new PaymentCode(signer, signedAt!.Value, bill, halalas, paidAt!.Value, service, paid.Items[3].Kind == CborKind.True) : null;
}
