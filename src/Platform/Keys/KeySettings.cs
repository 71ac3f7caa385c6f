using System.Globalization;
using Microsoft.Extensions.Configuration;
using Muqeem.Platform.Folder;
using Muqeem.Verifier.Trust;

namespace Muqeem.Platform.Keys;

/// <summary>How the keys are kept and certified; the configuration's section <c>Keys</c>.</summary>
public sealed record KeySettings
{
    /// <summary>What the key file is encrypted under; null or empty: a random secret in <see cref="DataFolder.MasterSecret"/>.</summary>
    public string? Passphrase { get; init; }

    /// <summary>Null: the keys lie in the encrypted file.</summary>
    public TokenSettings? Token { get; init; }

    /// <summary>Where verifiers of a demonstration find its revocation list, and its contact; a real root gets its own at the ceremony.</summary>
    public RootNames DemonstrationRoot { get; init; } = new("SA", "Muqeem", "DEMONSTRATION root, not for real documents", "https://muqeem.example/", "https://muqeem.example/trust/root.crl");

    /// <summary>The extended key usages of the signers.</summary>
    public SignerUsages Usages { get; init; } = new();

    /// <summary>How long before a date the operator is told.</summary>
    public AlarmSettings Alarms { get; init; } = new();

    /// <summary>Without the passphrase.</summary>
    public override string ToString() => Token is null ? "keys in the file" : $"keys in {Token}";

    /// <exception cref="CannotStartException">A setting that cannot be meant.</exception>
    public static KeySettings From(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var keys = configuration.GetSection("Keys");
        var defaults = new KeySettings();
        var root = defaults.DemonstrationRoot;
        var contact = Uri.TryCreate(configuration["PublicOrigin"], UriKind.Absolute, out var origin) ? origin.AbsoluteUri : root.Contact;
        return new KeySettings
        {
            Passphrase = keys["Passphrase"],
            Token = TokenSettings.From(keys.GetSection("Pkcs11")),
            DemonstrationRoot = root with
            {
                Country = keys["Certificates:Country"] ?? root.Country,
                Contact = keys["Certificates:Contact"] ?? contact,
                RevocationList = keys["Certificates:RevocationList"] ?? new Uri(new Uri(contact), "trust/root.crl").AbsoluteUri,
            },
            Usages = new SignerUsages
            {
                StatusList = keys["Certificates:StatusListUsage"] ?? defaults.Usages.StatusList,
                QrSigner = keys["Certificates:QrSignerUsage"] ?? defaults.Usages.QrSigner,
                LiveQr = keys["Certificates:LiveQrUsage"] ?? defaults.Usages.LiveQr,
                Receipt = keys["Certificates:ReceiptUsage"] ?? defaults.Usages.Receipt,
            },
            Alarms = new AlarmSettings
            {
                SignerDays = Days(keys, "Alarms:SignerDays", defaults.Alarms.SignerDays),
                RootDays = Days(keys, "Alarms:RootDays", defaults.Alarms.RootDays),
                RevocationListDays = Days(keys, "Alarms:RevocationListDays", defaults.Alarms.RevocationListDays),
                RotationDays = Days(keys, "Alarms:RotationDays", defaults.Alarms.RotationDays),
            },
        };
    }

    private static int Days(IConfiguration keys, string name, int otherwise) => keys[name] is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) ? days : throw new CannotStartException($"Keys:{name} is a number of days.");
}

/// <summary>What a root's certificate says of it, and so each signer's too.</summary>
/// <param name="Country">Two letters (ISO 3166-1).</param>
/// <param name="Contact">An e-mail address or a URI (the issuer's alternative name).</param>
/// <param name="RevocationList">The URI of the revocation list.</param>
public sealed record RootNames(string Country, string Organization, string Name, string Contact, string RevocationList)
{
    /// <exception cref="CertificateRefusedException">A name that no certificate may carry.</exception>
    internal void Check()
    {
        if (Country.Length != 2 || !Country.All(char.IsAsciiLetterUpper))
        {
            throw new CertificateRefusedException($"The country is two capital letters (ISO 3166-1), not '{Country}'.");
        }
        if (Name.Length is 0 or > 64 || Organization.Length is 0 or > 64)
        {
            throw new CertificateRefusedException("The root's name and organization have 1 to 64 characters.");
        }
        if (!Uri.TryCreate(RevocationList, UriKind.Absolute, out var list) || list.Scheme is not ("http" or "https"))
        {
            throw new CertificateRefusedException($"The revocation list's address is an http or https URI, not '{RevocationList}'.");
        }
        if (!IsMail && (!Uri.TryCreate(Contact, UriKind.Absolute, out var contact) || contact.Scheme is not ("http" or "https")))
        {
            throw new CertificateRefusedException($"The contact is an e-mail address or a URI, not '{Contact}'.");
        }
    }

    internal bool IsMail => System.Net.Mail.MailAddress.TryCreate(Contact, out var mail) && mail.Address == Contact;
}

/// <summary>Object identifiers of the extended key usages.</summary>
public sealed record SignerUsages
{
    // What verifiers expect unless they are told otherwise.
    private static readonly SignerPurposes Expected = new();

    /// <summary>ISO/IEC 18013-5: an mdoc's signer.</summary>
    public string DocumentSigner { get; init; } = Expected.Mdoc;

    /// <summary>OAuth status signing is not assigned yet: until then one of an arc kept for examples.</summary>
    public string StatusList { get; init; } = Expected.Status;

    /// <summary>No standard has one for our seal: until the arc of the ministry is set, one of an arc kept for examples.</summary>
    public string QrSigner { get; init; } = Expected.QrCard;

    /// <summary>As for the card: of its own, so that a key in the signing path of every phone cannot make cards.</summary>
    public string LiveQr { get; init; } = Expected.QrLive;

    /// <summary>As for the seal.</summary>
    public string Receipt { get; init; } = Expected.Receipt;

    /// <summary>Five years, the longest that a card is valid.</summary>
    internal const int CardDays = 1827;

    internal SignerProfile Of(KeyPurpose purpose) => purpose switch
    {
        KeyPurpose.DocumentSigner => new SignerProfile(purpose, DocumentSigner, CredentialDays: 90),
        KeyPurpose.StatusList => new SignerProfile(purpose, StatusList, CredentialDays: 30),
        // A printed code cannot be renewed: its signer's certificate lives as long as the last card (ICAO 9303-13: the key's usage and the document's validity).
        KeyPurpose.QrSigner => new SignerProfile(purpose, QrSigner, CredentialDays: CardDays),
        KeyPurpose.LiveQr => new SignerProfile(purpose, LiveQr, CredentialDays: 1),
        // A receipt counts for ever: its signer had to be good when it signed. It is certified no longer than it signs and a day.
        KeyPurpose.Receipt => new SignerProfile(purpose, Receipt, CredentialDays: 1),
        _ => throw new CertificateRefusedException($"A key for {purpose.Word()} has no certificate."),
    };

    /// <summary>What a verifier of this installation must expect.</summary>
    public SignerPurposes Purposes => new() { Mdoc = DocumentSigner, SdJwt = DocumentSigner, QrCard = QrSigner, QrLive = LiveQr, Status = StatusList, Receipt = Receipt };

    internal SignerProfile? OfUsage(string usage) => Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified()).Select(Of).FirstOrDefault(p => p.Usage == usage);
}

/// <summary>What the root certifies for one purpose.</summary>
/// <param name="Usage">Its extended key usage.</param>
/// <param name="CredentialDays">The longest life of what is signed.</param>
internal sealed record SignerProfile(KeyPurpose Purpose, string Usage, int CredentialDays)
{
    /// <summary>ISO/IEC 18013-5 allows a signer's certificate 457 days at most; it speaks of no printed code.</summary>
    public int LongestDays => Purpose == KeyPurpose.QrSigner ? ValidDays : 457;

    /// <summary>Of the signer that outlives all others, beginning today.</summary>
    public const int Furthest = SigningDays + SignerUsages.CardDays;

    /// <summary>How long a signer signs.</summary>
    public const int SigningDays = 90;

    /// <summary>With so much of a signer's signing life left the next one must be there.</summary>
    public const int NextWithin = 30;

    /// <summary>Of two signers both may sign for so long, so that no minute is without one.</summary>
    public const int OverlapDays = 7;

    public int ValidDays => SigningDays + CredentialDays;
}

/// <summary>Days before a date on which an alarm begins.</summary>
public sealed record AlarmSettings
{
    public int SignerDays { get; init; } = SignerProfile.NextWithin;
    public int RootDays { get; init; } = SignerProfile.Furthest + 365;
    public int RevocationListDays { get; init; } = 14;

    /// <summary>The age at which a key-encryption key should be replaced.</summary>
    public int RotationDays { get; init; } = 365;
}
