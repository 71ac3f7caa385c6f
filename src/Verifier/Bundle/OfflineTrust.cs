using System.Collections.Frozen;
using System.Text;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Journal;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.Signatures;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Bundle;

public sealed record OfflineTrustOptions
{
    /// <summary>How far clocks may differ.</summary>
    public TimeSpan Tolerance { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest that a bundle may say it counts: a day, and the hour in which the next is fetched.</summary>
    public TimeSpan MostLife { get; init; } = TimeSpan.FromHours(25);

    public SignerPurposes Purposes { get; init; } = new();

    /// <summary>For the lists in the bundle; whose purpose is that of <see cref="Purposes"/>.</summary>
    public StatusListOptions StatusLists { get; init; } = new();
}

/// <summary>
/// All that a verifier needs without a network: who signs, who was taken back, the state of every credential, and the head of the journal. Fetched
/// once a day as one signed text, verified whole, then used for as long as its status lists count.
/// </summary>
public sealed class OfflineTrust
{
    public const string Type = "muqeem-bundle+jwt";

    /// <summary>In characters.</summary>
    public const int Longest = 32 * 1024 * 1024;
    private const int MostLists = 256;
    private const int MostRevocationLists = 8;

    private readonly FrozenDictionary<string, StatusList> _lists;

    private OfflineTrust(TrustAnchors trust, QrSigners signers, FrozenDictionary<string, StatusList> lists)
    {
        Trust = trust;
        Signers = signers;
        _lists = lists;
    }

    /// <summary>The pinned roots, with the bundle's CRL.</summary>
    public TrustAnchors Trust { get; }
    public QrSigners Signers { get; }
    public IReadOnlyCollection<StatusList> StatusLists => _lists.Values;

    /// <summary>Null without a bundle.</summary>
    public SignedCheckpoint? Checkpoint { get; private init; }

    /// <inheritdoc cref="Checkpoint"/>
    public NoteVerifierKey? JournalKey { get; private init; }

    /// <inheritdoc cref="Checkpoint"/>
    public DateTimeOffset? IssuedAt { get; private init; }

    /// <inheritdoc cref="Checkpoint"/>
    public DateTimeOffset? ExpiresAt { get; private init; }

    /// <summary>The verified list of this address; null when it is not here.</summary>
    public StatusList? Find(string uri) => _lists.GetValueOrDefault(uri);

    /// <summary>For a verifier that fetches the parts itself.</summary>
    public static OfflineTrust Of(TrustAnchors trust, QrSigners signers, IEnumerable<StatusList> lists) =>
        new(trust, signers, lists.ToFrozenDictionary(l => l.Uri, StringComparer.Ordinal));

    /// <summary>This, with a list that was fetched since in place of the one of the same address, unless that one is newer.</summary>
    public OfflineTrust With(StatusList list) =>
        Find(list.Uri) is { } known && known.IssuedAt > list.IssuedAt
            ? this
            : new OfflineTrust(Trust, Signers, _lists.Values.Where(l => l.Uri != list.Uri).Append(list).ToFrozenDictionary(l => l.Uri, StringComparer.Ordinal))
            {
                Checkpoint = Checkpoint,
                JournalKey = JournalKey,
                IssuedAt = IssuedAt,
                ExpiresAt = ExpiresAt,
            };

    /// <summary>Reads a bundle and verifies it whole. One bad part refuses it: half a bundle would say "unknown" where the truth is "revoked".</summary>
    public static Checked<OfflineTrust> Open(ReadOnlySpan<char> bundle, TrustAnchors pinned, DateTimeOffset now, OfflineTrustOptions options)
    {
        if (bundle.Length > Longest)
        {
            return Reason.BundleMalformed;
        }
        if (!CompactJws.Parse(bundle).TryGet(out var jws, out var reason) || !jws.Verify(Type, pinned, options.Purposes.Status, now).TryGet(out var signer, out reason))
        {
            return reason;
        }
        if (!Read(jws.Payload, pinned, now, options).TryGet(out var trust, out reason))
        {
            return reason;
        }

        // With the bundle's own CRL, also about the signer of the bundle itself.
        return trust.Trust.CheckAt(signer, now) is { } takenBack ? takenBack : trust;
    }

    /// <summary>
    /// The payload of a bundle that nobody has signed yet: everything but the signature. For an issuer who looks at what it is about to sign with other eyes than those that wrote it.
    /// </summary>
    public static Checked<OfflineTrust> Inspect(ReadOnlySpan<byte> payload, TrustAnchors pinned, DateTimeOffset now, OfflineTrustOptions options)
    {
        if (payload.Length > Longest)
        {
            return Reason.BundleMalformed;
        }
        return Json.Parse(payload).TryGet(out var claims, out var reason) ? Read(claims, pinned, now, options) : reason;
    }

    private static Checked<OfflineTrust> Read(Json claims, TrustAnchors pinned, DateTimeOffset now, OfflineTrustOptions options)
    {
        if (!StatusList.TryTime(claims["iat"], out var iat) || iat is not { } issuedAt || !StatusList.TryTime(claims["exp"], out var exp) || exp is not { } expiresAt
            || claims["signers"] is not { Kind: JsonKind.Array } signers || claims["status_lists"] is not { Kind: JsonKind.Array } tokens || tokens.Items.Length > MostLists
            || claims["crl"] is not { Kind: JsonKind.Text or JsonKind.Array } crls || claims["checkpoint"]?.Text is not { } note || claims["journal_vkey"]?.Text is not { } vkey)
        {
            return Reason.BundleMalformed;
        }
        if (issuedAt > now + options.Tolerance)
        {
            return Reason.BundleFromFuture;
        }
        if (now - options.Tolerance >= expiresAt)
        {
            return Reason.BundleExpired;
        }
        if (expiresAt <= issuedAt || expiresAt - issuedAt > options.MostLife)
        {
            return Reason.BundleLife;
        }

        // From here on with the bundle's own CRL.
        if (!ReadRevocations(crls, pinned).TryGet(out var trust, out var reason)
            || !ReadSigners(signers, trust, options).TryGet(out var known, out reason) || !ReadLists(tokens, trust, now, options).TryGet(out var lists, out reason)
            || !NoteVerifierKey.Parse(vkey).TryGet(out var key, out reason) || !Journal.Checkpoint.Open(Encoding.UTF8.GetBytes(note), key.Name, key).TryGet(out var checkpoint, out reason))
        {
            return reason;
        }
        return new OfflineTrust(trust, known, lists.ToFrozenDictionary(StringComparer.Ordinal)) { Checkpoint = checkpoint, JournalKey = key, IssuedAt = issuedAt, ExpiresAt = expiresAt };
    }

    /// <summary>One CRL, or, while a root takes the place of another, one of each in a list.</summary>
    private static Checked<TrustAnchors> ReadRevocations(Json crls, TrustAnchors pinned)
    {
        ReadOnlySpan<Json> all = crls.Kind == JsonKind.Array ? crls.Items : new[] { crls };
        if (all.Length is 0 or > MostRevocationLists)
        {
            return Reason.BundleMalformed;
        }
        foreach (var item in all)
        {
            if (item.Text is not { } text || BaseText.FromBase64(text) is not { } crl)
            {
                return Reason.BundleMalformed;
            }
            if (!pinned.With(crl).TryGet(out var next, out var reason))
            {
                return reason;
            }
            pinned = next;
        }
        return pinned;
    }

    private static Checked<QrSigners> ReadSigners(Json signers, TrustAnchors trust, OfflineTrustOptions options)
    {
        var all = new List<ReadOnlyMemory<byte>>();
        foreach (var item in signers.Items)
        {
            if (item.Text is not { Length: < 2 * Certificate.Longest } text || BaseText.FromBase64(text) is not { } der)
            {
                return Reason.BundleMalformed;
            }
            all.Add(der);
        }
        return QrSigners.Create(all, trust, options.Purposes);
    }

    private static Checked<Dictionary<string, StatusList>> ReadLists(Json tokens, TrustAnchors trust, DateTimeOffset now, OfflineTrustOptions options)
    {
        var lists = new Dictionary<string, StatusList>(StringComparer.Ordinal);
        var asked = options.StatusLists with { Purposes = options.Purposes };
        foreach (var item in tokens.Items)
        {
            if (item.Text is not { } token)
            {
                return Reason.BundleMalformed;
            }
            if (!StatusList.VerifyJwt(token, null, trust, now, asked).TryGet(out var list, out var reason))
            {
                return reason;
            }
            if (!lists.TryAdd(list.Uri, list))
            {
                return Reason.BundleMalformed;
            }
        }
        return lists;
    }
}
