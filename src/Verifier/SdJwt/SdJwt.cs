using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Signatures;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.SdJwt;

/// <summary>What the holder's proof must say. Made anew by the verifier for each presentation.</summary>
/// <param name="Audience">The verifier, as the holder was told.</param>
/// <param name="Nonce">As the verifier gave it.</param>
public sealed record KeyBinding(string Audience, string Nonce)
{
    /// <summary>How old the proof may be.</summary>
    public TimeSpan MostAge { get; init; } = TimeSpan.FromMinutes(5);
}

public sealed record SdJwtOptions
{
    /// <summary>How far clocks may differ.</summary>
    public TimeSpan Tolerance { get; init; } = TimeSpan.FromMinutes(1);

    public SignerPurposes Purposes { get; init; } = new();

    /// <summary>Null: none is expected, as when an issuer hands over; a credential that carries one is refused then, for nobody could check it.</summary>
    public KeyBinding? KeyBinding { get; init; }
}

/// <summary>A verified SD-JWT credential (RFC 9901, SD-JWT VC): what was disclosed, and by whom it is signed.</summary>
/// <param name="Claims">The processed payload, without digests; claims that were not disclosed are not in it.</param>
/// <param name="Type">The <c>vct</c>.</param>
/// <param name="HolderKey">The key in <c>cnf</c>, when there is one.</param>
/// <param name="IsBound">Whether the holder proved to have that key.</param>
public sealed record SdJwtCredential(Json Claims, string Type, Signer Signer, DateTimeOffset? IssuedAt, DateTimeOffset? ExpiresAt, StatusReference? Status, ECParameters? HolderKey, bool IsBound);

/// <summary>Verifies SD-JWT credentials in the compact form, and makes presentations of them.</summary>
public static class SdJwtVerifier
{
    public const string Type = "dc+sd-jwt";
    public const string KeyBindingType = "kb+jwt";

    /// <summary>In characters: a portrait as a data URI fits well.</summary>
    public const int Longest = 512 * 1024;

    /// <summary>What a verifier must be able to rely on whatever the holder leaves out.</summary>
    internal static readonly FrozenSet<string> AlwaysShown = FrozenSet.Create(StringComparer.Ordinal, "iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status");

    public static Checked<SdJwtCredential> Verify(string text, TrustAnchors trust, DateTimeOffset now, SdJwtOptions options)
    {
        if (!SdJwtParts.Parse(text).TryGet(out var parts, out var reason))
        {
            return reason;
        }
        if (!parts.Issued.Verify(Type, trust, options.Purposes.SdJwt, now).TryGet(out var signer, out reason))
        {
            return reason;
        }
        if (!SdJwtProcessing.Process(parts).TryGet(out var processed, out reason))
        {
            return reason;
        }
        return CheckClaims(parts, processed.Claims, signer, now, options);
    }

    /// <summary>
    /// The claims of a credential that nobody has signed yet, with all disclosures put in their place: for an issuer who looks at what it is about to sign with other eyes than those that wrote it.
    /// Says nothing about signature, certificate or dates.
    /// </summary>
    /// <param name="text">In ASCII.</param>
    /// <param name="room">As many bytes as the text has. What is returned is read from them and counts for as long as they do not change.</param>
    public static Checked<Json> Inspect(byte[] text, byte[] room)
    {
        if (!SdJwtParts.Parse(text, signed: false, room).TryGet(out var parts, out var reason) || !SdJwtProcessing.Process(parts).TryGet(out var processed, out reason))
        {
            return reason;
        }
        return parts.Issued.IsType(Type) ? processed.Claims : Reason.JwsType;
    }

    /// <summary>The credential with only those disclosures that are chosen and those that they lie in. A proof of the holder's is left out.</summary>
    /// <param name="keep">Asked with the JSON pointer of each claim or element in the whole credential, e.g. <c>/address/city</c> or <c>/nationalities/0</c>.</param>
    public static Checked<string> Present(string text, Func<string, bool> keep)
    {
        if (!SdJwtParts.Parse(text).TryGet(out var parts, out var reason) || !SdJwtProcessing.Process(parts, places: true).TryGet(out var processed, out reason))
        {
            return reason;
        }
        var kept = new HashSet<Disclosure>();
        foreach (var disclosure in parts.Disclosures)
        {
            if (keep(disclosure.Pointer!))
            {
                for (var each = disclosure; each is not null && kept.Add(each); each = each.Parent)
                {
                }
            }
        }
        var presentation = new StringBuilder().Append(Encoding.ASCII.GetString(parts.IssuedText)).Append('~');
        foreach (var disclosure in parts.Disclosures.Where(kept.Contains))
        {
            presentation.Append(Encoding.ASCII.GetString(disclosure.Text.Span)).Append('~');
        }
        return presentation.ToString();
    }

    /// <summary>The base64url SHA-256 of a presentation up to its last tilde, which the holder's proof carries as <c>sd_hash</c>.</summary>
    public static string HashOf(string presentation) => HashOf(Encoding.ASCII.GetBytes(presentation));

    /// <summary>A SHA-256 in base64url.</summary>
    internal const int HashTextLength = 43;

    internal static string HashOf(ReadOnlySpan<byte> presentation)
    {
        Span<byte> text = stackalloc byte[HashTextLength];
        HashOf(presentation, text);
        return Encoding.ASCII.GetString(text);
    }

    /// <param name="text">Room for <see cref="HashTextLength"/> characters.</param>
    internal static void HashOf(ReadOnlySpan<byte> presentation, Span<byte> text)
    {
        Span<byte> hash = stackalloc byte[Sha256.Length];
        Sha256.Hash(presentation, hash);
        Base64Url.EncodeToUtf8(hash, text);
    }

    internal static Checked<SdJwtCredential> CheckClaims(SdJwtParts parts, Json claims, Signer signer, DateTimeOffset now, SdJwtOptions options)
    {
        if (claims["vct"]?.Text is not { Length: > 0 } vct)
        {
            return Reason.SdJwtTypeMissing;
        }
        if (!StatusList.TryTime(claims["iat"], out var issuedAt) || !StatusList.TryTime(claims["nbf"], out var notBefore) || !StatusList.TryTime(claims["exp"], out var expiresAt))
        {
            return Reason.SdJwtClaimMalformed;
        }
        if (issuedAt > now + options.Tolerance)
        {
            return Reason.SdJwtFromFuture;
        }
        if (notBefore > now + options.Tolerance)
        {
            return Reason.SdJwtNotYetValid;
        }
        if (now - options.Tolerance >= expiresAt)
        {
            return Reason.SdJwtExpired;
        }
        StatusReference? status = null;
        if (claims["status"] is { } claim && !StatusReference.Of(claim).TryGet(out status, out var reason))
        {
            return reason;
        }
        ECParameters? holder = null;
        if (claims["cnf"] is { } cnf)
        {
            holder = HolderKeys.FromJwk(cnf["jwk"]);
            if (holder is null)
            {
                return Reason.SdJwtHolderKey;
            }
        }
        if (CheckBinding(parts, holder, now, options) is { } unbound)
        {
            return unbound;
        }
        return new SdJwtCredential(claims, vct, signer, issuedAt, expiresAt, status, holder, options.KeyBinding is not null);
    }

    private static Reason? CheckBinding(SdJwtParts parts, ECParameters? holder, DateTimeOffset now, SdJwtOptions options)
    {
        if (options.KeyBinding is not { } expected)
        {
            return parts.Binding is null ? null : Reason.KeyBindingUnexpected;
        }
        if (parts.Binding is not { } binding)
        {
            return Reason.KeyBindingMissing;
        }
        if (holder is not { } parameters)
        {
            return Reason.SdJwtHolderKey;
        }
        if (!binding.IsType(KeyBindingType))
        {
            return Reason.JwsType;
        }
        using var key = P256Key.Create(parameters.Q.X, parameters.Q.Y);
        if (key is null || !binding.IsSignedBy(key))
        {
            return Reason.KeyBindingForged;
        }
        var claims = binding.Payload;
        if (claims["aud"]?.Text != expected.Audience)
        {
            return Reason.KeyBindingAudience;
        }
        if (claims["nonce"]?.Text != expected.Nonce)
        {
            return Reason.KeyBindingNonce;
        }
        if (claims["sd_hash"]?.Text != HashOf(parts.Presented))
        {
            return Reason.KeyBindingHash;
        }
        if (!StatusList.TryTime(claims["iat"], out var issuedAt) || issuedAt is not { } at)
        {
            return Reason.SdJwtClaimMalformed;
        }
        if (at > now + options.Tolerance)
        {
            return Reason.KeyBindingFromFuture;
        }
        return now - at > expected.MostAge + options.Tolerance ? Reason.KeyBindingTooOld : null;
    }
}
