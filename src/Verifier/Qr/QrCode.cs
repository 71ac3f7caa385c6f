using System.Globalization;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Signatures;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Qr;

public enum QrKind
{
    /// <summary>Printed on a card: it counts for years, by its status.</summary>
    Card = 1,

    /// <summary>On the holder's screen: it counts for seconds.</summary>
    Live = 2,
}

public sealed record QrOptions
{
    /// <summary>How far clocks may differ.</summary>
    public TimeSpan Tolerance { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a live code may be shown after it was made, whatever it says itself.</summary>
    public TimeSpan MostLife { get; init; } = TimeSpan.FromMinutes(2);

    public SignerPurposes Purposes { get; init; } = new();
}

/// <summary>
/// A verified QR code of ours: a COSE_Sign1 in Base32, with CWT claims. Its numbers are those of the IANA registries (1 to 7 RFC 8392, 169 the identity
/// data of MOSIP, 65535 the status), and two for private use.
/// </summary>
public sealed class QrCode
{
    /// <summary>What comes before the Base32, for a code that is no address.</summary>
    public const string Prefix = "MUQEEM2:";

    /// <summary>The end of the address that a phone's camera opens, in capitals for they take less room in a QR code.</summary>
    public const string Path = "/V/";

    public const long KindClaim = -65537;
    public const long AgesClaim = -65538;
    public const long IdentityClaim = 169;

    /// <summary>A QR code holds 4296 capitals and digits at most.</summary>
    public const int Longest = 4296;

    private QrCode(QrKind kind, Signer signer, DateTimeOffset issuedAt, DateTimeOffset expiresAt, StatusReference? status, IReadOnlyDictionary<int, bool> ages, IReadOnlyDictionary<int, string> identity, ReadOnlyMemory<byte>? handle)
    {
        Kind = kind;
        Signer = signer;
        IssuedAt = issuedAt;
        ExpiresAt = expiresAt;
        Status = status;
        Ages = ages;
        Identity = identity;
        Handle = handle;
    }

    public QrKind Kind { get; }
    public Signer Signer { get; }
    public DateTimeOffset IssuedAt { get; }
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>On a card always, on a live code never.</summary>
    public StatusReference? Status { get; }

    /// <summary>Whether the holder has reached an age, by that age. Empty when the code says nothing of it.</summary>
    public IReadOnlyDictionary<int, bool> Ages { get; }

    /// <summary>By the numbers of claim 169: 1 the ID number, 4 the full name, 8 the birth date as YYYYMMDD, 13 the nationality, 19 the name in the second language 20.</summary>
    public IReadOnlyDictionary<int, string> Identity { get; }

    /// <summary>Names this one code of a holder's, for who may ask about it; null when there is none.</summary>
    public ReadOnlyMemory<byte>? Handle { get; }

    /// <summary>Whether a text may be one of our codes.</summary>
    public static bool IsCode(ReadOnlySpan<char> text) => text.StartsWith(Prefix, StringComparison.Ordinal) || text.LastIndexOf(Path, StringComparison.Ordinal) >= 0;

    /// <param name="text">As scanned.</param>
    public static Checked<QrCode> Verify(ReadOnlySpan<char> text, QrSigners signers, DateTimeOffset now, QrOptions options) =>
        Decode(text).TryGet(out var bytes, out var reason) ? Verify(bytes, signers, now, options) : reason;

    /// <summary>The COSE_Sign1 in the text of a code; nothing is verified.</summary>
    /// <param name="text">As scanned.</param>
    public static Checked<byte[]> Decode(ReadOnlySpan<char> text)
    {
        if (text.Length > Longest)
        {
            return Reason.QrMalformed;
        }
        ReadOnlySpan<char> coded;
        if (text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            coded = text[Prefix.Length..];
        }
        else
        {
            var path = text.LastIndexOf(Path, StringComparison.Ordinal);
            if (path < 0)
            {
                return Reason.QrNotOurs;
            }
            coded = text[(path + Path.Length)..];
        }
        return BaseText.FromBase32(coded) is { Length: > 0 } bytes ? bytes : Reason.QrMalformed;
    }

    /// <param name="bytes">The COSE_Sign1 itself.</param>
    public static Checked<QrCode> Verify(ReadOnlyMemory<byte> bytes, QrSigners signers, DateTimeOffset now, QrOptions options)
    {
        if (!Open(bytes).TryGet(out var envelope, out var reason))
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
        if (!Read(envelope.Payload, signer).TryGet(out var code, out reason))
        {
            return reason;
        }
        if (!signer.MaySign(code.Kind == QrKind.Card ? options.Purposes.QrCard : options.Purposes.QrLive))
        {
            return Reason.SignerPurpose;
        }
        return (signers.CheckAt(signer, now) ?? code.CheckTimes(now, options)) is { } bad ? bad : code;
    }

    /// <summary>Reads a code without asking whether it is true: for an issuer that looks at what it is about to sign. No verifier may use it.</summary>
    /// <param name="certificate">Of the signer that is meant, in DER; the code must name it.</param>
    public static Checked<QrCode> Inspect(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> certificate)
    {
        if (!Open(bytes).TryGet(out var envelope, out var reason))
        {
            return reason;
        }
        if (!Certificate.Parse(certificate.Span).TryGet(out var parsed, out reason))
        {
            return reason;
        }
        return parsed.P256Key() is not { } key ? Reason.CertificateKey
            : new Signer(parsed, key, null) is var signer && envelope.KeyId.Span.SequenceEqual(parsed.Sha256.Span[..8]) ? Read(envelope.Payload, signer)
            : Reason.QrSignerUnknown;
    }

    internal static Checked<Envelope> Open(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > Longest)
        {
            return Reason.QrMalformed;
        }
        if (!Cbor.Parse(bytes, CborRules.Ours).TryGet(out var tagged, out var reason))
        {
            return reason;
        }
        if (tagged.Kind != CborKind.Tag || tagged.Argument != 18)
        {
            return Reason.CoseMalformed;
        }
        if (!CoseMessage.Parse(tagged.Content, CborRules.Ours).TryGet(out var message, out reason))
        {
            return reason;
        }
        if (message.Algorithm != -7)
        {
            return Reason.CoseAlgorithm;
        }
        return message.Protected.Pairs.Length == 4 && message.Protected[4] is { Kind: CborKind.Bytes, Bytes.Length: 8 } kid && message.Unprotected.Pairs.Length == 0 && message.Payload is { } payload
            ? new Envelope(message, kid.Bytes, payload)
            : Reason.QrMalformed;
    }

    internal sealed record Envelope(CoseMessage Message, ReadOnlyMemory<byte> KeyId, ReadOnlyMemory<byte> Payload);

    private Reason? CheckTimes(DateTimeOffset now, QrOptions options)
    {
        if (IssuedAt > now + options.Tolerance)
        {
            return Reason.QrFromFuture;
        }
        if (Kind == QrKind.Card)
        {
            return now - options.Tolerance >= ExpiresAt ? Reason.QrExpired : null;
        }
        return now - options.Tolerance >= ExpiresAt || now - IssuedAt > options.MostLife + options.Tolerance ? Reason.QrProofTooOld : null;
    }

    private static Checked<QrCode> Read(ReadOnlyMemory<byte> payload, Signer signer)
    {
        if (!Cbor.Parse(payload, CborRules.Ours).TryGet(out var claims, out var malformed))
        {
            return malformed;
        }
        if (claims.Kind != CborKind.Map)
        {
            return Reason.QrClaims;
        }
        DateTimeOffset? issuedAt = null, expiresAt = null;
        StatusReference? status = null;
        QrKind? kind = null;
        var ages = new SortedDictionary<int, bool>();
        var identity = new SortedDictionary<int, string>();
        ReadOnlyMemory<byte>? handle = null;
        for (var i = 0; i < claims.Pairs.Length; i += 2)
        {
            var value = claims.Pairs[i + 1];
            var reason = Reason.QrClaims;
            var good = claims.Pairs[i].TryInteger(out var key) && key switch
            {
                6 => StatusList.TryTime(value, out issuedAt),
                4 => StatusList.TryTime(value, out expiresAt),
                7 => value is { Kind: CborKind.Bytes, Bytes.Length: > 0 and <= 64 } && (handle = value.Bytes) is not null,
                65535 => StatusReference.Of(value).TryGet(out status, out reason),
                KindClaim => value.TryInteger(out var number) && (kind = number switch { 1 => QrKind.Card, 2 => QrKind.Live, _ => null }) is not null,
                AgesClaim => ReadAges(value, ages),
                IdentityClaim => ReadIdentity(value, identity),
                _ => false,
            };
            if (!good)
            {
                return reason;
            }
        }
        if (issuedAt is null || expiresAt is null || kind is null || expiresAt <= issuedAt)
        {
            return Reason.QrClaims;
        }

        // A card is asked about by its place in a list, a live code by its own handle: neither carries the other's, so that neither can be followed by it.
        if (kind == QrKind.Card ? status is null || handle is not null : status is not null)
        {
            return Reason.QrClaims;
        }
        return new QrCode(kind.Value, signer, issuedAt.Value, expiresAt.Value, status, ages, identity, handle);
    }

    private static bool ReadAges(Cbor map, SortedDictionary<int, bool> ages)
    {
        for (var i = 0; i < map.Pairs.Length; i += 2)
        {
            if (map.Pairs[i] is not { Kind: CborKind.Unsigned, Argument: > 0 and < 150 } age || map.Pairs[i + 1].Kind is not (CborKind.True or CborKind.False))
            {
                return false;
            }
            ages[(int)age.Argument] = map.Pairs[i + 1].Kind == CborKind.True;
        }
        return ages.Count > 0;
    }

    /// <summary>Texts, and the two numbers that the specification has as numbers. No biometrics: a code that anybody scans carries none.</summary>
    private static bool ReadIdentity(Cbor map, SortedDictionary<int, string> identity)
    {
        for (var i = 0; i < map.Pairs.Length; i += 2)
        {
            if (map.Pairs[i] is not { Kind: CborKind.Unsigned, Argument: > 0 and < 24 } key)
            {
                return false;
            }
            var value = map.Pairs[i + 1];
            var number = (int)key.Argument;
            var text = number switch
            {
                9 or 14 => value is { Kind: CborKind.Unsigned, Argument: >= 1 and <= 3 } ? value.Argument.ToString(CultureInfo.InvariantCulture) : null,
                8 => value.Text is { Length: 8 } date && DateOnly.TryParseExact(date, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? date : null,
                16 or 17 or 18 => null,
                _ => value.Text,
            };
            if (string.IsNullOrEmpty(text))
            {
                return false;
            }
            identity[number] = text;
        }
        return identity.Count > 0;
    }
}
