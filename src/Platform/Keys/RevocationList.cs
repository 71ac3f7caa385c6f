using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Keys;

/// <summary>A certificate revocation list (RFC 5280) that a root signed; the base library makes them but does not read them.</summary>
internal sealed record RevocationList(BigInteger Number, Instant From, Instant Next, IReadOnlyList<Revocation> Revocations)
{
    private const string Sha384WithEcdsa = "1.2.840.10045.4.3.3";

    /// <summary>Checks the signature with the root's key and reads the list.</summary>
    /// <exception cref="CertificateRefusedException">Malformed, or not this root's.</exception>
    public static RevocationList Read(byte[] list, X509Certificate2 root)
    {
        try
        {
            var outer = new AsnReader(list, AsnEncodingRules.DER);
            var sequence = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var signed = sequence.PeekEncodedValue();
            var body = sequence.ReadSequence();
            var algorithm = sequence.ReadSequence().ReadObjectIdentifier();
            var signature = sequence.ReadBitString(out var unused);
            sequence.ThrowIfNotEmpty();
            using var key = root.GetECDsaPublicKey() ?? throw new CertificateRefusedException("The root's key is not an elliptic curve's.");
            if (algorithm != Sha384WithEcdsa || unused != 0 || !key.VerifyData(signed.Span, signature, HashAlgorithmName.SHA384, DSASignatureFormat.Rfc3279DerSequence))
            {
                throw new CertificateRefusedException("The revocation list is not signed by the root.");
            }
            return Body(body, root);
        }
        catch (AsnContentException e)
        {
            throw new CertificateRefusedException("The revocation list is malformed.", e);
        }
    }

    private static RevocationList Body(AsnReader body, X509Certificate2 root)
    {
        if (!body.TryReadInt32(out var version) || version != 1 || body.ReadSequence().ReadObjectIdentifier() != Sha384WithEcdsa)
        {
            throw new CertificateRefusedException("The revocation list is not of version 2 with ECDSA and SHA-384.");
        }
        if (!body.ReadEncodedValue().Span.SequenceEqual(root.SubjectName.RawData))
        {
            throw new CertificateRefusedException("The revocation list is of another root.");
        }
        var (from, next) = (Time(body), Time(body));
        var revocations = new List<Revocation>();
        if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            for (var entries = body.ReadSequence(); entries.HasData;)
            {
                var entry = entries.ReadSequence();
                var serial = entry.ReadIntegerBytes().ToArray();
                var at = Time(entry);
                var reason = entry.HasData ? Reason(entry.ReadSequence()) : X509RevocationReason.Unspecified;
                revocations.Add(new Revocation(serial, at, reason));
            }
        }
        BigInteger? number = null;
        for (var extensions = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)).ReadSequence(); extensions.HasData;)
        {
            var (id, value) = Extension(extensions.ReadSequence());
            if (id == "2.5.29.20")
            {
                number = new AsnReader(value, AsnEncodingRules.DER).ReadInteger();
            }
        }
        body.ThrowIfNotEmpty();
        return new RevocationList(number ?? throw new CertificateRefusedException("The revocation list has no number."), from, next, revocations);
    }

    private static X509RevocationReason Reason(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            var (id, value) = Extension(extensions.ReadSequence());
            if (id == "2.5.29.21")
            {
                return new AsnReader(value, AsnEncodingRules.DER).ReadEnumeratedValue<X509RevocationReason>();
            }
        }
        return X509RevocationReason.Unspecified;
    }

    private static (string Id, byte[] Value) Extension(AsnReader extension)
    {
        var id = extension.ReadObjectIdentifier();
        if (extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean))
        {
            extension.ReadBoolean();
        }
        return (id, extension.ReadOctetString());
    }

    private static Instant Time(AsnReader reader) =>
        Instant.FromDateTimeOffset(reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime());
}
