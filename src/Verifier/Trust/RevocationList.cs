using System.Collections.Frozen;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Muqeem.Verifier.Trust;

/// <summary>A CRL of RFC 5280: which signers a root takes back. Read by <see cref="TrustAnchors.With"/>, which verifies it.</summary>
internal sealed class RevocationList
{
    /// <summary>Some twenty thousand certificates, of which a country has a few dozen.</summary>
    public const int Longest = 1024 * 1024;

    private ReadOnlyMemory<byte> _signed;
    private byte[] _signature = [];
    private string _algorithm = "";
    private FrozenSet<string> _serials = [];

    private RevocationList() { }

    public ReadOnlyMemory<byte> Issuer { get; private set; }
    public DateTimeOffset ThisUpdate { get; private set; }
    public DateTimeOffset NextUpdate { get; private set; }

    public bool Has(ReadOnlySpan<byte> serial) => _serials.Contains(Convert.ToHexString(serial));

    public Reason? Check(ECDsa issuer) =>
        Certificate.CheckAlgorithm(_algorithm, issuer) ?? (Certificate.VerifyDer(issuer, _algorithm, _signed.Span, _signature) ? null : Reason.CrlForged);

    public static Checked<RevocationList> Parse(ReadOnlySpan<byte> der)
    {
        if (der.Length > Longest)
        {
            return Reason.CrlMalformed;
        }
        var list = new RevocationList();
        try
        {
            return list.Read(der.ToArray()) is { } reason ? reason : list;
        }
        catch (AsnContentException)
        {
            return Reason.CrlMalformed;
        }
    }

    private Reason? Read(byte[] der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        var whole = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        _signed = whole.PeekEncodedValue();
        var body = whole.ReadSequence();
        if (Certificate.Algorithm(whole) is not { } algorithm)
        {
            return Reason.CertificateAlgorithm;
        }
        _algorithm = algorithm;
        _signature = whole.ReadBitString(out var unused);
        whole.ThrowIfNotEmpty();
        if (unused != 0 || !body.TryReadInt32(out var version) || version != 1)
        {
            return Reason.CrlMalformed;
        }
        if (Certificate.Algorithm(body) != algorithm)
        {
            return Reason.CertificateAlgorithm;
        }
        Issuer = body.ReadEncodedValue();
        ThisUpdate = Certificate.Time(body);
        NextUpdate = Certificate.Time(body);
        var serials = new HashSet<string>(StringComparer.Ordinal);
        if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            var entries = body.ReadSequence();
            while (entries.HasData)
            {
                var entry = entries.ReadSequence();
                serials.Add(Convert.ToHexString(entry.ReadIntegerBytes().Span));
                Certificate.Time(entry);
                if (entry.HasData && HasCritical(entry.ReadSequence()))
                {
                    return Reason.CertificateExtensionUnknown;
                }
                entry.ThrowIfNotEmpty();
            }
        }
        if (body.HasData)
        {
            var extensions = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            if (HasCritical(extensions.ReadSequence()))
            {
                // A list that is a change only, or for a part of the certificates, says so here.
                return Reason.CertificateExtensionUnknown;
            }
            extensions.ThrowIfNotEmpty();
        }
        body.ThrowIfNotEmpty();
        _serials = serials.ToFrozenSet(StringComparer.Ordinal);
        return null;
    }

    private static bool HasCritical(AsnReader extensions)
    {
        var found = false;
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            extension.ReadObjectIdentifier();
            found |= extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            extension.ReadOctetString();
            extension.ThrowIfNotEmpty();
        }
        return found;
    }
}
