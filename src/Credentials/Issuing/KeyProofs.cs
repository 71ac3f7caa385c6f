using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muqeem.Credentials.Forms;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Signatures;
using Muqeem.Verifier.Cryptography;
using NodaTime;

namespace Muqeem.Credentials.Issuing;

/// <summary>What whoever proves a key signs into the proof.</summary>
/// <param name="Audience">As <c>aud</c>: ourselves.</param>
/// <param name="Until">After which another is asked for.</param>
public sealed record KeyNonce(string Nonce, string Audience, Instant Until);

/// <summary>A key that was proved, and the nonce over which: whoever lets a nonce count once spends it.</summary>
public sealed record ProvedKey(HolderKey Key, string Nonce);

/// <summary>
/// That whoever asks for a credential has the private key to which it is bound: a JWT of the type <c>openid4vci-proof+jwt</c> with the public key in its header (OpenID for Verifiable Credential Issuance 1.0,
/// appendix F.1), over a nonce that this account was just given. Without it an ID could be bound to the key of somebody else.
/// </summary>
public sealed class KeyProofs(BlindIndex blind, TimeProvider clock, string origin)
{
    /// <summary>Not a proof of this kind, or not signed by the key in it.</summary>
    public const string Malformed = "credential_proof";

    /// <summary>The nonce is over, or another account's, or the proof is made for somebody else.</summary>
    public const string Stale = "credential_nonce";

    /// <summary>Signed, but not for us, or not just now.</summary>
    public const string NotForUs = "credential_proof_audience";

    /// <summary>Not a public key on P-256.</summary>
    public const string Key = "credential_key";

    /// <summary>Bytes of the longest proof that is read.</summary>
    public const int Longest = 4096;

    private const string Type = "openid4vci-proof+jwt";

    /// <summary>Letters of the 16 random bytes with which a nonce for anybody begins.</summary>
    private const int RandomText = 22;

    /// <summary>For how long a nonce counts.</summary>
    public static readonly Duration Life = Duration.FromMinutes(5);

    private static readonly Duration Skew = Duration.FromMinutes(1);

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>Nothing is kept of it: it says when it ends and for whom it is, under a key of ours, so every node knows it again.</summary>
    public KeyNonce NonceFor(AccountId account) => Nonce(account.ToString());

    /// <summary>For whoever asks, each another: who that is, the token says that comes with the proof.</summary>
    public KeyNonce NonceForAnybody()
    {
        var random = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var nonce = Nonce(random);
        return nonce with { Nonce = random + nonce.Nonce };
    }

    /// <summary>The key that a proof proves; refused with <see cref="Malformed"/>, <see cref="Key"/> or <see cref="Stale"/>.</summary>
    public Result<HolderKey> Read(AccountId account, string proof)
    {
        var result = Read(proof, _ => true, nonce => Matches(nonce, account.ToString()));
        return result.TryGet(out var proved, out var no) ? proved.Key : no.Code == NotForUs ? new Refusal(Stale) : no;
    }

    /// <summary>The same over a nonce of <see cref="NonceForAnybody"/>; also refused with <see cref="NotForUs"/>.</summary>
    /// <param name="client">As the app called itself; then the proof may say so too.</param>
    public Result<ProvedKey> Read(string proof, string? client) =>
        // It must not name a client where there is none (appendix F.1).
        Read(proof, claims => !claims.TryGetProperty("iss", out _) || (client is not null && Text(claims, "iss") == client), nonce => nonce.Length > RandomText && Matches(nonce[RandomText..], nonce[..RandomText]));

    private Result<ProvedKey> Read(string proof, Func<JsonElement, bool> mayBeFrom, Func<string, bool> isOurs)
    {
        if (proof.Length > Longest || proof.Split('.') is not [var head, var body, var tail]
            || Decoded(head) is not { } header || Decoded(body) is not { } payload || Decoded(tail) is not { Length: 64 } signature)
        {
            return new Refusal(Malformed);
        }
        try
        {
            using var said = JsonDocument.Parse(header, Strict);
            using var claims = JsonDocument.Parse(payload, Strict);
            if (Text(said.RootElement, "typ") != Type || Text(said.RootElement, "alg") != "ES256" || said.RootElement.TryGetProperty("crit", out _)
                // One of the three says which key it is, and only this one is taken.
                || said.RootElement.TryGetProperty("kid", out _) || said.RootElement.TryGetProperty("x5c", out _)
                || !said.RootElement.TryGetProperty("jwk", out var jwk) || jwk.ValueKind != JsonValueKind.Object || claims.RootElement.ValueKind != JsonValueKind.Object)
            {
                return new Refusal(Malformed);
            }
            if (PublicKeyText.Read(jwk.GetRawText()) is not { Algorithm: HttpSignature.P256, Bytes: var point })
            {
                return new Refusal(Key);
            }
            // The point ends the encoding: X, then Y.
            var (x, y) = (point[^64..^32], point[^32..]);
            using var key = P256Key.Create(x, y);
            return key is null ? new Refusal(Key)
                : !key.VerifyHash(SHA256.HashData(Encoding.ASCII.GetBytes($"{head}.{body}")), signature) ? new Refusal(Malformed)
                : !IsForUs(claims.RootElement) || !mayBeFrom(claims.RootElement) || Text(claims.RootElement, "nonce") is not { } nonce ? new Refusal(NotForUs)
                : isOurs(nonce) ? new ProvedKey(new HolderKey(x, y), nonce)
                : new Refusal(Stale);
        }
        catch (JsonException)
        {
            return new Refusal(Malformed);
        }
    }

    private bool IsForUs(JsonElement claims)
    {
        var now = clock.Now().ToUnixTimeSeconds();
        return Text(claims, "aud") == origin
            && claims.TryGetProperty("iat", out var iat) && iat.ValueKind == JsonValueKind.Number && iat.TryGetInt64(out var at) && at <= now + (long)Skew.TotalSeconds && at >= now - (long)(Life + Skew).TotalSeconds;
    }

    private KeyNonce Nonce(string subject)
    {
        var until = Instant.FromUnixTimeSeconds((clock.Now() + Life).ToUnixTimeSeconds());
        return new(Spell(subject, until.ToUnixTimeSeconds()), origin, until);
    }

    private bool Matches(string nonce, string subject) =>
        Decoded(nonce) is { Length: 8 + BlindIndex.Length } bytes && BinaryPrimitives.ReadInt64BigEndian(bytes) is var until && until > clock.Now().ToUnixTimeSeconds()
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(nonce), Encoding.ASCII.GetBytes(Spell(subject, until)));

    private string Spell(string subject, long until)
    {
        Span<byte> bytes = stackalloc byte[8 + BlindIndex.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, until);
        blind.Of("credential_nonce", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{subject} {until}")).CopyTo(bytes[8..]);
        return Base64Url.EncodeToString(bytes);
    }

    private static string? Text(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Unpadded base64url in its one spelling; null when it is none.</summary>
    private static byte[]? Decoded(string? text) =>
        text is { Length: > 0 } && Base64Url.IsValid(text) && Base64Url.DecodeFromChars(text) is var bytes && Base64Url.EncodeToString(bytes) == text ? bytes : null;
}
