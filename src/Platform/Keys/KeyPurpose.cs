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

    /// <summary>Signs the live QR code. Certified by the root.</summary>
    LiveQr,

    /// <summary>Signs the checkpoints of the journal.</summary>
    Journal,

    /// <summary>Authenticates webhooks, ours and the payment gateway's.</summary>
    Webhook,

    /// <summary>Keys the short codes that a resident reads out to a verifier.</summary>
    VerifyCode,

    /// <summary>Goes into every password's hash: who has the database alone cannot guess. Never rotated: nobody could sign in.</summary>
    Password,

    /// <summary>Signs the credentials themselves: mdoc and SD-JWT VC. Certified by the root.</summary>
    DocumentSigner,

    /// <summary>Signs the status lists of credentials. Certified by the root.</summary>
    StatusList,

    /// <summary>Signs the QR code of the card. Certified by the root, for as long as a card lives.</summary>
    QrSigner,

    /// <summary>Derives the secrets of verifiers' sessions from their names. Rotated, open sessions end.</summary>
    VerifierSession,

    /// <summary>Signs the receipts of decisions and of payments, which nobody can take for each other. Certified by the root.</summary>
    Receipt,

    /// <summary>Signs what we say to other agencies (RFC 9421).</summary>
    Exchange,
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

    /// <summary>Made, but not in use yet: its certificate is missing, or its day has not come.</summary>
    Planned,

    /// <summary>Signs nothing new; what it signed is still valid.</summary>
    Retiring,

    /// <summary>Only for what it was used on before: opens, verifies.</summary>
    Retired,

    /// <summary>Withdrawn before its time: signs nothing, and the revocation list names it.</summary>
    Revoked,

    /// <summary>The key is gone; its line stays.</summary>
    Destroyed,
}

/// <summary>One line of the inventory; holds nothing secret.</summary>
public sealed record KeyEntry(string Id, KeyPurpose Purpose, KeyAlgorithm Algorithm, KeyState State, NodaTime.Instant Created, NodaTime.Instant? Retired)
{
    /// <summary>Where a certificate says when: new work from here …</summary>
    public NodaTime.Instant? SignsFrom { get; init; }

    /// <summary>… to here, so that what is signed last still lives its whole life before <see cref="ValidUntil"/>.</summary>
    public NodaTime.Instant? SignsUntil { get; init; }

    public NodaTime.Instant? ValidUntil { get; init; }

    public NodaTime.Instant? Revoked { get; init; }

    public NodaTime.Instant? Destroyed { get; init; }

    /// <summary>The key lies in a PKCS#11 token and never leaves it.</summary>
    public bool InToken { get; init; }
}

/// <summary>The public half of a signing key.</summary>
/// <param name="X">32 bytes: big-endian, or the whole key of Ed25519.</param>
/// <param name="Y">32 bytes, big-endian; empty for Ed25519.</param>
public sealed record SigningKey(string Id, KeyState State, byte[] X, byte[] Y, byte[] SubjectPublicKeyInfo);

/// <summary>A signing key with the root's certificate for it.</summary>
/// <param name="Certificate">DER.</param>
/// <param name="Chain">DER, the signer first, without the root: what goes into <c>x5c</c> and <c>x5chain</c>.</param>
public sealed record SigningCertificate(string KeyId, KeyPurpose Purpose, KeyState State, byte[] Certificate, IReadOnlyList<byte[]> Chain,
    NodaTime.Instant SignsFrom, NodaTime.Instant SignsUntil, NodaTime.Instant ValidUntil);

/// <summary>A root that this installation's signers are certified by. Public: verifiers get both files.</summary>
/// <param name="Certificate">DER.</param>
/// <param name="RevocationList">DER; null until the first is installed.</param>
/// <param name="Fingerprint">SHA-256 of the certificate in lower-case hexadecimal.</param>
public sealed record RootCertificate(byte[] Certificate, byte[]? RevocationList, string Fingerprint, NodaTime.Instant ValidUntil, NodaTime.Instant? NextRevocationList);

/// <summary>A key cannot be used now: it has no certificate that is valid today, or its token is away. The message is for the operator; what was asked for is not done.</summary>
public sealed class KeyUnavailableException(string sentence, Exception? cause = null) : Exception(sentence, cause);

/// <summary>A request, certificate or revocation list is not taken; the message says why.</summary>
public sealed class CertificateRefusedException(string sentence, Exception? cause = null) : Exception(sentence, cause);

public static class KeyPurposes
{
    internal static KeyAlgorithm Algorithm(this KeyPurpose purpose) => purpose switch
    {
        KeyPurpose.DataKeys or KeyPurpose.WebProtection => KeyAlgorithm.Aes256Gcm,
        KeyPurpose.LiveQr or KeyPurpose.DocumentSigner or KeyPurpose.StatusList or KeyPurpose.QrSigner or KeyPurpose.Receipt or KeyPurpose.Exchange => KeyAlgorithm.EcdsaP256,
        KeyPurpose.Journal => KeyAlgorithm.Ed25519,
        _ => KeyAlgorithm.HmacSha256,
    };

    internal static bool CanRotate(this KeyPurpose purpose) => purpose is not (KeyPurpose.BlindIndex or KeyPurpose.NumberPermutation or KeyPurpose.Password);

    /// <summary>Signs only with a certificate of the root, within its dates.</summary>
    public static bool IsCertified(this KeyPurpose purpose) => purpose is KeyPurpose.DocumentSigner or KeyPurpose.StatusList or KeyPurpose.QrSigner or KeyPurpose.LiveQr or KeyPurpose.Receipt;

    /// <summary>As an id begins and as the verbs spell it: <c>document-signer</c>.</summary>
    public static string Word(this KeyPurpose purpose)
    {
        var word = new System.Text.StringBuilder();
        foreach (var c in purpose.ToString())
        {
            if (char.IsAsciiLetterUpper(c) && word.Length > 0)
            {
                word.Append('-');
            }
            word.Append(char.ToLowerInvariant(c));
        }
        return word.ToString();
    }

    public static KeyPurpose? OfWord(string word) => Enum.GetValues<KeyPurpose>().Where(p => p.Word() == word).Select(p => (KeyPurpose?)p).FirstOrDefault();
}
