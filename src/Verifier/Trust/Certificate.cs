using System.Formats.Asn1;
using System.Security.Cryptography;
using Muqeem.Verifier.Cryptography;

namespace Muqeem.Verifier.Trust;

/// <summary>
/// An X.509 certificate, read from DER and nothing looser: version 3, an EC key on P-256 or P-384, signed by ECDSA with the hash of the same strength.
/// What it says counts only after <see cref="TrustAnchors.Check"/>.
/// </summary>
public sealed class Certificate
{
    public const int Longest = 16 * 1024;

    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string P256 = "1.2.840.10045.3.1.7";
    private const string P384 = "1.3.132.0.34";
    private const string EcdsaSha256 = "1.2.840.10045.4.3.2";
    private const string EcdsaSha384 = "1.2.840.10045.4.3.3";

    /// <summary>What may be marked critical: what is looked at here, and what changes nothing about whom to trust.</summary>
    private static readonly HashSet<string> Known =
        ["2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.18", "2.5.29.19", "2.5.29.31", "2.5.29.35", "2.5.29.37"];

    private static readonly Asn1Tag Zero = new(TagClass.ContextSpecific, 0);

    private ReadOnlyMemory<byte> _signed;
    private byte[] _signature = [];
    private string _signatureAlgorithm = "";
    private ECParameters _key;

    private Certificate(byte[] der)
    {
        Der = der;
        Sha256 = SHA256.HashData(der);
    }

    public ReadOnlyMemory<byte> Der { get; }

    /// <summary>32 bytes over <see cref="Der"/>.</summary>
    public ReadOnlyMemory<byte> Sha256 { get; }

    /// <summary>Big-endian, as in a CRL.</summary>
    public ReadOnlyMemory<byte> Serial { get; private set; }
    public ReadOnlyMemory<byte> Issuer { get; private set; }
    public ReadOnlyMemory<byte> Subject { get; private set; }
    public DateTimeOffset NotBefore { get; private set; }
    public DateTimeOffset NotAfter { get; private set; }

    /// <summary>Of the subject; empty when it has none.</summary>
    public string CommonName { get; private set; } = "";

    /// <summary>Of the subject, two letters; empty when it has none or several.</summary>
    public string Country { get; private set; } = "";
    public bool IsP256 { get; private set; }

    /// <summary>The object identifiers of the extended key usage; empty when there is none.</summary>
    public IReadOnlyList<string> Purposes { get; private set; } = [];

    internal ReadOnlyMemory<byte> SubjectKeyIdentifier { get; private set; }
    internal ReadOnlyMemory<byte> AuthorityKeyIdentifier { get; private set; }
    internal bool IsAuthority { get; private set; }
    internal int? PathLength { get; private set; }
    internal bool HasCriticalConstraints { get; private set; }

    /// <summary>The bits as they stand there; null without the extension.</summary>
    internal X509Usages? Usages { get; private set; }
    internal bool HasCriticalUsages { get; private set; }

    public static Checked<Certificate> Parse(ReadOnlySpan<byte> der)
    {
        if (der.Length > Longest)
        {
            return Reason.CertificateMalformed;
        }
        var certificate = new Certificate(der.ToArray());
        try
        {
            return certificate.Read() is { } reason ? reason : certificate;
        }
        catch (AsnContentException)
        {
            return Reason.CertificateMalformed;
        }
    }

    /// <summary>A key to verify with, made anew each time; null when the point is not on the curve.</summary>
    internal ECDsa? Key()
    {
        try
        {
            return ECDsa.Create(_key);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The same for ES256; null also when it is on another curve.</summary>
    internal P256Key? P256Key() => IsP256 ? Cryptography.P256Key.Create(_key.Q.X, _key.Q.Y) : null;

    /// <summary>Whether the key signed this certificate.</summary>
    internal bool IsSignedBy(ECDsa key) => VerifyDer(key, _signatureAlgorithm, _signed.Span, _signature);

    internal bool IsValidAt(DateTimeOffset at) => at >= NotBefore && at <= NotAfter;

    /// <summary>Null when the algorithm is the one for a key of this size.</summary>
    internal static Reason? CheckAlgorithm(string algorithm, ECDsa key) =>
        algorithm == (key.KeySize == 256 ? EcdsaSha256 : EcdsaSha384) ? null : Reason.CertificateAlgorithm;

    internal Reason? CheckAlgorithm(ECDsa issuer) => CheckAlgorithm(_signatureAlgorithm, issuer);

    internal static bool VerifyDer(ECDsa key, string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        key.VerifyData(data, signature, algorithm == EcdsaSha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>The two algorithms that exist here, without parameters; null for any other.</summary>
    internal static string? Algorithm(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var algorithm = sequence.ReadObjectIdentifier();
        return !sequence.HasData && algorithm is EcdsaSha256 or EcdsaSha384 ? algorithm : null;
    }

    internal static DateTimeOffset Time(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private Reason? Read()
    {
        var outer = new AsnReader(Der, AsnEncodingRules.DER);
        var certificate = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        _signed = certificate.PeekEncodedValue();
        var body = certificate.ReadSequence();
        if (Algorithm(certificate) is not { } algorithm)
        {
            return Reason.CertificateAlgorithm;
        }
        _signatureAlgorithm = algorithm;
        _signature = certificate.ReadBitString(out var unused);
        certificate.ThrowIfNotEmpty();
        if (unused != 0)
        {
            return Reason.CertificateMalformed;
        }

        var version = body.ReadSequence(Zero);
        if (!version.TryReadInt32(out var number) || number != 2 || version.HasData)
        {
            return Reason.CertificateMalformed;
        }
        Serial = body.ReadIntegerBytes();
        if (Algorithm(body) != algorithm)
        {
            return Reason.CertificateAlgorithm;
        }
        Issuer = body.ReadEncodedValue();
        var validity = body.ReadSequence();
        NotBefore = Time(validity);
        NotAfter = Time(validity);
        validity.ThrowIfNotEmpty();
        Subject = body.PeekEncodedValue();
        ReadName(body.ReadSequence());
        if (ReadKey(body.ReadSequence()) is { } reason)
        {
            return reason;
        }
        var extensions = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 3));
        body.ThrowIfNotEmpty();
        var list = extensions.ReadSequence();
        extensions.ThrowIfNotEmpty();
        return ReadExtensions(list);
    }

    private void ReadName(AsnReader name)
    {
        var countries = 0;
        while (name.HasData)
        {
            var set = name.ReadSetOf();
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                var type = attribute.ReadObjectIdentifier();
                var tag = attribute.PeekTag();
                if (type is "2.5.4.3" or "2.5.4.6" && tag.TagClass == TagClass.Universal && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString)
                {
                    var text = attribute.ReadCharacterString((UniversalTagNumber)tag.TagValue);
                    if (type == "2.5.4.3")
                    {
                        CommonName = text;
                    }
                    else
                    {
                        Country = ++countries == 1 ? text : "";
                    }
                }
                else
                {
                    attribute.ReadEncodedValue();
                }
                attribute.ThrowIfNotEmpty();
            }
        }
    }

    private Reason? ReadKey(AsnReader key)
    {
        var algorithm = key.ReadSequence();
        if (algorithm.ReadObjectIdentifier() != EcPublicKey)
        {
            return Reason.CertificateKey;
        }
        var curve = algorithm.ReadObjectIdentifier();
        algorithm.ThrowIfNotEmpty();
        var point = key.ReadBitString(out var unused);
        key.ThrowIfNotEmpty();
        IsP256 = curve == P256;
        var length = IsP256 ? 32 : 48;
        if (curve is not (P256 or P384) || unused != 0 || point.Length != 1 + 2 * length || point[0] != 4)
        {
            return Reason.CertificateKey;
        }
        _key = new ECParameters
        {
            Curve = IsP256 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384,
            Q = new ECPoint { X = point[1..(1 + length)], Y = point[(1 + length)..] },
        };
        return null;
    }

    private Reason? ReadExtensions(AsnReader list)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (list.HasData)
        {
            var extension = list.ReadSequence();
            var type = extension.ReadObjectIdentifier();
            var critical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            var value = new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER);
            extension.ThrowIfNotEmpty();
            if (!seen.Add(type))
            {
                return Reason.CertificateMalformed;
            }
            if (critical && !Known.Contains(type))
            {
                return Reason.CertificateExtensionUnknown;
            }
            switch (type)
            {
                case "2.5.29.14":
                    SubjectKeyIdentifier = value.ReadOctetString();
                    value.ThrowIfNotEmpty();
                    break;
                case "2.5.29.15":
                    Usages = value.ReadNamedBitListValue<X509Usages>();
                    HasCriticalUsages = critical;
                    value.ThrowIfNotEmpty();
                    break;
                case "2.5.29.19":
                    ReadConstraints(value.ReadSequence());
                    HasCriticalConstraints = critical;
                    value.ThrowIfNotEmpty();
                    break;
                case "2.5.29.35":
                    var authority = value.ReadSequence();
                    if (authority.HasData && authority.PeekTag().HasSameClassAndValue(Zero))
                    {
                        AuthorityKeyIdentifier = authority.ReadOctetString(Zero);
                    }
                    break;
                case "2.5.29.37":
                    Purposes = ReadPurposes(value.ReadSequence());
                    value.ThrowIfNotEmpty();
                    break;
            }
        }
        return null;
    }

    private void ReadConstraints(AsnReader constraints)
    {
        IsAuthority = constraints.HasData && constraints.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && constraints.ReadBoolean();
        if (constraints.HasData)
        {
            PathLength = constraints.TryReadInt32(out var length) ? length : int.MaxValue;
        }
        constraints.ThrowIfNotEmpty();
    }

    private static List<string> ReadPurposes(AsnReader sequence)
    {
        var purposes = new List<string>();
        while (sequence.HasData)
        {
            purposes.Add(sequence.ReadObjectIdentifier());
        }
        return purposes;
    }
}

/// <summary>The named bits of a key usage (RFC 5280, 4.2.1.3).</summary>
[Flags]
internal enum X509Usages
{
    DigitalSignature = 1 << 0,
    NonRepudiation = 1 << 1,
    KeyEncipherment = 1 << 2,
    DataEncipherment = 1 << 3,
    KeyAgreement = 1 << 4,
    KeyCertSign = 1 << 5,
    CrlSign = 1 << 6,
    EncipherOnly = 1 << 7,
    DecipherOnly = 1 << 8,
}
