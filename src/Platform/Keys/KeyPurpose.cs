namespace Muqeem.Platform.Keys;

/// <summary>What a key is for. A key serves one purpose only; the name is also what the inventory shows.</summary>
public enum KeyPurpose
{
    /// <summary>Wraps the data keys of persons.</summary>
    DataKeys,

    /// <summary>Blind indexes and claims. Never rotated without writing every index anew.</summary>
    BlindIndex,

    /// <summary>The order in which resident numbers are given out. Never rotated: a second order would meet the first.</summary>
    NumberPermutation,

    /// <summary>Wraps the web framework's own keys (cookies, antiforgery).</summary>
    WebProtection,

    /// <summary>Signs the live QR code.</summary>
    LiveQr,

    /// <summary>Signs the checkpoints of the journal.</summary>
    Journal,

    /// <summary>Authenticates webhooks, ours and the payment gateway's.</summary>
    Webhook,

    /// <summary>Keys the short codes that a resident reads out to a verifier.</summary>
    VerifyCode,

    /// <summary>Goes into every password's hash: who has the database alone cannot guess. Never rotated: nobody could sign in.</summary>
    Password,
}

public enum KeyAlgorithm
{
    Aes256Gcm,
    HmacSha256,
    EcdsaP256,
    Ed25519,
}

public enum KeyState
{
    /// <summary>Used for new work.</summary>
    Active,

    /// <summary>Only for what it was used on before: opens, verifies.</summary>
    Retired,
}

/// <summary>One line of the inventory; holds nothing secret.</summary>
public sealed record KeyEntry(string Id, KeyPurpose Purpose, KeyAlgorithm Algorithm, KeyState State, NodaTime.Instant Created, NodaTime.Instant? Retired);

/// <summary>The public half of a signing key.</summary>
/// <param name="X">32 bytes: big-endian, or the whole key of Ed25519.</param>
/// <param name="Y">32 bytes, big-endian; empty for Ed25519.</param>
public sealed record SigningKey(string Id, KeyState State, byte[] X, byte[] Y, byte[] SubjectPublicKeyInfo);

internal static class KeyPurposes
{
    public static KeyAlgorithm Algorithm(this KeyPurpose purpose) => purpose switch
    {
        KeyPurpose.DataKeys or KeyPurpose.WebProtection => KeyAlgorithm.Aes256Gcm,
        KeyPurpose.LiveQr => KeyAlgorithm.EcdsaP256,
        KeyPurpose.Journal => KeyAlgorithm.Ed25519,
        _ => KeyAlgorithm.HmacSha256,
    };

    public static bool CanRotate(this KeyPurpose purpose) => purpose is not (KeyPurpose.BlindIndex or KeyPurpose.NumberPermutation or KeyPurpose.Password);
}
