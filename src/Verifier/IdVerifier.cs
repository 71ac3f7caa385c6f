using System.Globalization;
using System.Runtime.InteropServices;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Mdoc;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.SdJwt;
using Muqeem.Verifier.Status;

namespace Muqeem.Verifier;

public sealed record CheckOptions
{
    public SdJwtOptions SdJwt { get; init; } = new();
    public MdocOptions Mdoc { get; init; } = new();
    public QrOptions Qr { get; init; } = new();

    /// <summary>Needed for what a device presents; null: only bare documents are looked at.</summary>
    public MdocSession? Session { get; init; }

    /// <summary>How old a status list may be at most, beside what it says itself; null: as it says.</summary>
    public TimeSpan? OldestStatus { get; init; }

    /// <summary>Asked about a place instead of the lists in the trust, by whoever knows it fresher; null: the lists.</summary>
    public Func<StatusReference, FreshStatus?>? Fresh { get; init; }

    /// <summary>Whether an ID that names no status list counts. Live codes name none and always count by their age.</summary>
    public bool NeedsStatus { get; init; } = true;
}

/// <param name="State">One of the numbers of <see cref="StatusList"/>; null when nothing stands there.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct FreshStatus(int? State, DateTimeOffset AsOf);

/// <summary>The one question of a verifier, for an ID in any of its forms, without a network. Shared by threads.</summary>
public sealed class IdVerifier(OfflineTrust trust)
{
    private static readonly CheckOptions Default = new();

    /// <summary>Claims that say something of the credential and nothing of the person.</summary>
    private static readonly HashSet<string> Technical = new(["iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", "jti"], StringComparer.Ordinal);

    /// <param name="text">A scanned QR code, an SD-JWT, or a mobile document in base64url. Space around it is passed over.</param>
    public Verdict Check(string text, DateTimeOffset now, CheckOptions? options = null)
    {
        options ??= Default;
        var trimmed = text.AsSpan().Trim();
        // Whatever is longer than a code can be is not searched for one's address.
        if ((trimmed.Length <= QrCode.Longest || !trimmed.Contains('~')) && QrCode.IsCode(trimmed))
        {
            return Answer(QrCode.Verify(trimmed, trust.Signers, now, options.Qr), now, options);
        }
        if (trimmed.Contains('~'))
        {
            return Answer(SdJwtVerifier.Verify(trimmed.Length == text.Length ? text : trimmed.ToString(), trust.Trust, now, options.SdJwt), now, options);
        }
        return trimmed.Length is > 0 and <= 2 * MdocVerifier.Longest && BaseText.FromBase64Url(trimmed) is { } bytes && IsMap(bytes[0])
            ? CheckMdoc(bytes, now, options)
            : new Verdict.NotValid(NotValidReason.NotOurs, Reason.NotOurs);
    }

    /// <param name="bytes">As for the text, or a mobile document or the COSE_Sign1 of a code as it is.</param>
    public Verdict Check(ReadOnlySpan<byte> bytes, DateTimeOffset now, CheckOptions? options = null)
    {
        options ??= Default;
        if (bytes.Length is 0 or > MdocVerifier.Longest)
        {
            return new Verdict.NotValid(NotValidReason.NotOurs, Reason.NotOurs);
        }
        if (IsMap(bytes[0]))
        {
            return CheckMdoc(bytes.ToArray(), now, options);
        }
        if (bytes[0] == 0xd2)
        {
            return Answer(QrCode.Verify(bytes.ToArray(), trust.Signers, now, options.Qr), now, options);
        }
        return System.Text.Ascii.IsValid(bytes) ? Check(System.Text.Encoding.ASCII.GetString(bytes), now, options) : new Verdict.NotValid(NotValidReason.NotOurs, Reason.NotOurs);
    }

    private static bool IsMap(byte first) => first is >= 0xa0 and <= 0xbf;

    private Verdict CheckMdoc(byte[] bytes, DateTimeOffset now, CheckOptions options)
    {
        if (bytes.Length > MdocVerifier.Longest)
        {
            return Refuse(Reason.MdocTooLarge);
        }
        if (!Cbor.Parse(bytes, options.Mdoc.Rules).TryGet(out var item, out var reason))
        {
            return Refuse(reason);
        }
        if (item["documents"] is null)
        {
            return item["issuerAuth"] is null ? Refuse(Reason.NotOurs) : Answer(MdocVerifier.VerifyIssuerSigned(item, trust.Trust, now, options.Mdoc), now, options);
        }
        if (options.Session is not { } session)
        {
            return Refuse(Reason.MdocSessionMissing);
        }
        if (!MdocVerifier.VerifyResponse(item, session, trust.Trust, now, options.Mdoc).TryGet(out var documents, out reason))
        {
            return Refuse(reason);
        }
        return documents.Count == 1 ? Answer(documents[0], now, options) : Refuse(Reason.MdocSeveral);
    }

    private Verdict Answer(Checked<SdJwtCredential> result, DateTimeOffset now, CheckOptions options)
    {
        if (!result.TryGet(out var credential, out var reason))
        {
            return Refuse(reason);
        }
        var asOf = credential.IssuedAt ?? credential.Signer.Certificate.NotBefore;
        return (CheckStatus(credential.Status, now, options, ref asOf) ?? new Verdict.Valid(IdForm.SdJwt, Shown(credential.Claims), asOf, credential.IsBound, credential.Signer)) with { Status = credential.Status };
    }

    private Verdict Answer(Checked<MdocCredential> result, DateTimeOffset now, CheckOptions options)
    {
        if (!result.TryGet(out var credential, out var reason))
        {
            return Refuse(reason);
        }
        var asOf = credential.SignedAt;
        return (CheckStatus(credential.Status, now, options, ref asOf)
            ?? new Verdict.Valid(IdForm.Mdoc, [.. credential.Elements.Select(e => Shown(e.Namespace + "/" + e.Name, e.Value))], asOf, credential.IsBound, credential.Signer)) with
        { Status = credential.Status };
    }

    private Verdict Answer(Checked<QrCode> result, DateTimeOffset now, CheckOptions options)
    {
        if (!result.TryGet(out var code, out var reason))
        {
            return Refuse(reason);
        }
        var asOf = code.IssuedAt;
        if (code.Kind == QrKind.Card && CheckStatus(code.Status, now, options, ref asOf) is { } bad)
        {
            return bad with { Status = code.Status };
        }
        IReadOnlyList<ShownClaim> claims =
        [
            .. code.Ages.Select(a => new ShownClaim(string.Create(CultureInfo.InvariantCulture, $"age_over_{a.Key}"), a.Value ? "true" : "false")),
            .. code.Identity.Select(i => new ShownClaim(string.Create(CultureInfo.InvariantCulture, $"169/{i.Key}"), i.Value)),
        ];
        return new Verdict.Valid(code.Kind == QrKind.Card ? IdForm.QrCard : IdForm.QrLive, claims, asOf, false, code.Signer) { Status = code.Status };
    }

    /// <summary>Null: good. A list that is missing or old is never read as a no.</summary>
    private Verdict? CheckStatus(StatusReference? status, DateTimeOffset now, CheckOptions options, ref DateTimeOffset asOf)
    {
        if (status is null)
        {
            return options.NeedsStatus ? Refuse(Reason.StatusMissing) : null;
        }
        if (options.Fresh is { } fresh)
        {
            if (fresh(status) is not { } known)
            {
                return new Verdict.CannotSay(CannotSayReason.NoFreshStatus, Reason.StatusListStale);
            }
            asOf = known.AsOf;
            return Judge(known.State);
        }
        if (trust.Find(status.Uri) is not { } list)
        {
            return new Verdict.CannotSay(CannotSayReason.NoFreshStatus, Reason.StatusListMissing);
        }
        if (!list.IsFreshAt(now, options.OldestStatus) || trust.Trust.CheckAt(list.Signer, now) is not null)
        {
            return new Verdict.CannotSay(CannotSayReason.NoFreshStatus, Reason.StatusListStale, list.IssuedAt);
        }
        asOf = list.IssuedAt;
        return Judge(list.Get(status.Index));
    }

    private static Verdict? Judge(int? state) => state switch
    {
        null => Refuse(Reason.StatusIndexOutOfRange),
        StatusList.Valid => null,
        StatusList.Invalid => Refuse(Reason.StatusRevoked),
        StatusList.Suspended => Refuse(Reason.StatusSuspended),
        StatusList.Frozen => Refuse(Reason.StatusFrozen),
        _ => Refuse(Reason.StatusUnknown),
    };

    /// <summary>How each reason reads to who looks at an ID.</summary>
    public static Verdict Refuse(Reason reason) => reason switch
    {
        Reason.NotOurs or Reason.QrNotOurs => new Verdict.NotValid(NotValidReason.NotOurs, reason),
        Reason.SignerUnknown or Reason.QrSignerUnknown => new Verdict.CannotSay(CannotSayReason.UnknownSigner, reason),
        Reason.SdJwtFromFuture or Reason.QrFromFuture or Reason.KeyBindingFromFuture or Reason.StatusListFromFuture or Reason.BundleFromFuture => new Verdict.CannotSay(CannotSayReason.Clock, reason),
        Reason.CrlStale or Reason.RootNotValid or Reason.StatusListMissing or Reason.StatusListStale or Reason.StatusListExpired or Reason.BundleExpired => new Verdict.CannotSay(CannotSayReason.NoFreshStatus, reason),
        Reason.SdJwtExpired or Reason.MdocExpired or Reason.QrExpired or Reason.SignerExpired => new Verdict.NotValid(NotValidReason.Expired, reason),
        Reason.SdJwtNotYetValid or Reason.MdocNotYetValid or Reason.SignerNotYetValid => new Verdict.NotValid(NotValidReason.NotYetValid, reason),
        Reason.QrProofTooOld or Reason.KeyBindingTooOld => new Verdict.NotValid(NotValidReason.ProofTooOld, reason),
        Reason.StatusRevoked => new Verdict.NotValid(NotValidReason.Revoked, reason),
        Reason.StatusSuspended => new Verdict.NotValid(NotValidReason.Suspended, reason),
        Reason.StatusFrozen => new Verdict.NotValid(NotValidReason.Frozen, reason),
        Reason.KeyBindingMissing or Reason.KeyBindingUnexpected or Reason.KeyBindingForged or Reason.KeyBindingAudience or Reason.KeyBindingNonce or Reason.KeyBindingHash
            or Reason.MdocDeviceProof or Reason.MdocDeviceData or Reason.MdocSessionMissing => new Verdict.NotValid(NotValidReason.NotHolder, reason),
        Reason.SignatureWrong or Reason.SignerForged or Reason.SignerRevoked or Reason.SignerProfile or Reason.SignerPurpose or Reason.SignerCountry or Reason.SignerAuthorityKey
            or Reason.ChainHasRoot or Reason.ChainTooLong or Reason.ChainMissing or Reason.JwsAlgorithm or Reason.CoseAlgorithm
            or Reason.MdocDigestWrong or Reason.MdocElementUnsigned or Reason.MdocElementRepeated or Reason.MdocDocumentType
            or Reason.SdJwtDisclosureUnreferenced or Reason.SdJwtDisclosureRepeated => new Verdict.NotValid(NotValidReason.Forged, reason),
        _ => new Verdict.NotValid(NotValidReason.Malformed, reason),
    };

    private static List<ShownClaim> Shown(Json claims)
    {
        var shown = new List<ShownClaim>();
        foreach (var (name, value) in claims.Members)
        {
            if (!Technical.Contains(name))
            {
                Add(shown, name, value);
            }
        }
        return shown;
    }

    private static void Add(List<ShownClaim> shown, string name, Json value)
    {
        switch (value.Kind)
        {
            case JsonKind.Object:
                foreach (var (inner, member) in value.Members)
                {
                    Add(shown, name + "/" + inner, member);
                }
                break;
            case JsonKind.Array:
                for (var i = 0; i < value.Items.Length; i++)
                {
                    Add(shown, string.Create(CultureInfo.InvariantCulture, $"{name}/{i}"), value.Items[i]);
                }
                break;
            default:
                shown.Add(new ShownClaim(name, value.Text ?? value.Digits ?? value.Kind switch { JsonKind.True => "true", JsonKind.False => "false", _ => "" }));
                break;
        }
    }

    private static ShownClaim Shown(string name, Cbor value) => value switch
    {
        { Kind: CborKind.Tag } => Shown(name, value.Content!),
        { Kind: CborKind.Text } => new ShownClaim(name, value.Text!),
        { Kind: CborKind.True } => new ShownClaim(name, "true"),
        { Kind: CborKind.False } => new ShownClaim(name, "false"),
        { Kind: CborKind.Bytes } => new ShownClaim(name, "", value.Bytes),
        _ when value.TryInteger(out var number) => new ShownClaim(name, number.ToString(CultureInfo.InvariantCulture)),
        _ => new ShownClaim(name, "", value.Encoded),
    };
}
