using System.Formats.Cbor;
using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.Verifier.Qr;
using NodaTime;

namespace Muqeem.Credentials.Forms;

/// <summary>How much a live code shows.</summary>
public enum QrView
{
    /// <summary>That there is a valid ID, and nothing of whom.</summary>
    Valid,

    /// <summary>The ages of the policy that the holder has reached.</summary>
    Ages,

    /// <summary>Name, number, birth date, nationality.</summary>
    Full,
}

/// <summary>
/// The ID as a QR code that can be checked without a network: a CWT (RFC 8392) in a COSE_Sign1, with the identity claims that IANA's registry has as claim 169. The code on the card says where
/// its status stands; the one on the phone counts for seconds. Its text is an address, so that any phone's camera opens the page that checks it.
/// </summary>
public static class QrForm
{
    public const int Kind = -65537, CardKind = 1, LiveKind = 2;
    public const int AgesClaim = -65538;

    private const int PaymentKind = Verifier.Qr.PaymentCode.Kind, PaidClaim = (int)Verifier.Qr.PaymentCode.PaidClaim;

    private const int ExpiresClaim = 4, IssuedClaim = 6, IdClaim = 7, IdentityClaim = 169, StatusClaim = 65535;
    private const int KeyId = 4;

    private enum Names
    {
        None,
        Latin,
        Both,
    }

    // Of claim 169's map.
    private const int Number = 1, FullName = 4, BirthDay = 8, NationalityOf = 13, SecondName = 19, SecondLanguage = 20;

    /// <summary>Version 13 at error correction M, alphanumeric (ISO/IEC 18004 table 7): more is not read from a print of 20 mm.</summary>
    public const int MostCharacters = 483;

    /// <summary>The code of the card; it counts as long as the card, subject to its status.</summary>
    /// <remarks>What does not fit is left out whole, first the Arabic name and then the Latin: a name is never cut.</remarks>
    public static Unsigned Card(IdClaims id, CredentialTerms terms) => First([Names.Both, Names.Latin, Names.None], terms.Origin, names => Seal(terms.Certificates[0], w => CardClaims(w, id, terms, names)));

    /// <summary>The code of the phone.</summary>
    /// <param name="id">Null in the view that shows nothing of it.</param>
    /// <param name="handle">Bytes that stand for the holder towards us alone, other ones in each code.</param>
    /// <remarks>The name is left out whole when a cheap camera could not read the code with it.</remarks>
    public static Unsigned Live(IdClaims? id, byte[] certificate, byte[] handle, Instant issued, Duration life, QrView view, string? origin) =>
        First([Names.Latin, Names.None], origin, names => Seal(certificate, w => LiveClaims(w, id, handle, issued, life, view, names)));

    /// <summary>The code on the receipt of a payment. It names no person.</summary>
    /// <param name="bill">Names the bill to us alone.</param>
    /// <param name="service">Code of the service.</param>
    public static Unsigned Payment(byte[] certificate, Guid bill, Instant signedAt, Instant paidAt, Money amount, string service, bool specimen) => Seal(certificate, w =>
    {
        w.WriteStartMap(4);
        w.WriteInt32(IssuedClaim);
        w.WriteInt64(signedAt.ToUnixTimeSeconds());
        w.WriteInt32(IdClaim);
        w.WriteByteString(bill.ToByteArray(bigEndian: true));
        w.WriteInt32(Kind);
        w.WriteInt32(PaymentKind);
        w.WriteInt32(PaidClaim);
        w.WriteStartArray(4);
        w.WriteInt64(amount.Halalas);
        w.WriteInt64(paidAt.ToUnixTimeSeconds());
        w.WriteTextString(service);
        w.WriteBoolean(specimen);
        w.WriteEndArray();
        w.WriteEndMap();
    });

    /// <summary>With the most names that fit.</summary>
    private static Unsigned First(ReadOnlySpan<Names> choices, string? origin, Func<Names, Unsigned> write)
    {
        foreach (var names in choices[..^1])
        {
            var code = write(names);
            if (Text(origin, code.Complete(new byte[64])).Length <= MostCharacters)
            {
                return code;
            }
        }
        return write(choices[^1]);
    }

    private static void LiveClaims(CborWriter w, IdClaims? id, byte[] handle, Instant issued, Duration life, QrView view, Names names)
    {
        w.WriteStartMap(view == QrView.Valid ? 4 : 5);
        w.WriteInt32(ExpiresClaim);
        w.WriteInt64((issued + life).ToUnixTimeSeconds());
        w.WriteInt32(IssuedClaim);
        w.WriteInt64(issued.ToUnixTimeSeconds());
        w.WriteInt32(IdClaim);
        w.WriteByteString(handle);
        w.WriteInt32(Kind);
        w.WriteInt32(LiveKind);
        if (view == QrView.Ages)
        {
            w.WriteInt32(AgesClaim);
            var ages = (id ?? throw new ArgumentNullException(nameof(id))).AgesReached;
            w.WriteStartMap(ages.Count);
            foreach (var (age, reached) in ages)
            {
                w.WriteInt32(age);
                w.WriteBoolean(reached);
            }
            w.WriteEndMap();
        }
        else if (view == QrView.Full)
        {
            w.WriteInt32(IdentityClaim);
            Identity(w, id ?? throw new ArgumentNullException(nameof(id)), names);
        }
        w.WriteEndMap();
    }

    /// <summary>What the code holds: all from QR's alphanumeric set.</summary>
    /// <param name="origin">Null: no address that a camera could open, but a scheme of our own.</param>
    public static string Text(string? origin, ReadOnlySpan<byte> sealedClaims) => (origin is null ? QrCode.Prefix : origin.ToUpperInvariant() + QrCode.Path) + Base32.Encode(sealedClaims);

    /// <summary>Eight bytes by which a verifier finds the signer: the beginning of SHA-256 of the certificate.</summary>
    public static byte[] KeyIdOf(byte[] certificate) => SHA256.HashData(certificate)[..8];

    private static Unsigned Seal(byte[] certificate, Action<CborWriter> claims)
    {
        var header = CborForms.Write(w =>
        {
            w.WriteStartMap(2);
            w.WriteInt32(1);
            w.WriteInt32(CborForms.Es256);
            w.WriteInt32(KeyId);
            w.WriteByteString(KeyIdOf(certificate));
            w.WriteEndMap();
        });
        var payload = CborForms.Write(claims);
        return new(CborForms.SigStructure(header, payload), signature => CborForms.Write(w =>
        {
            w.WriteTag((CborTag)18);
            CborForms.Sign1(w, header, null, payload, signature);
        }));
    }

    private static void CardClaims(CborWriter w, IdClaims id, CredentialTerms terms, Names names)
    {
        w.WriteStartMap(5);
        w.WriteInt32(ExpiresClaim);
        w.WriteInt64(terms.Expires.ToUnixTimeSeconds());
        w.WriteInt32(IssuedClaim);
        w.WriteInt64(terms.Issued.ToUnixTimeSeconds());
        w.WriteInt32(IdentityClaim);
        Identity(w, id, names);
        w.WriteInt32(StatusClaim);
        CborForms.StatusReference(w, terms.StatusUri, terms.StatusIndex);
        w.WriteInt32(Kind);
        w.WriteInt32(CardKind);
        w.WriteEndMap();
    }

    private static void Identity(CborWriter w, IdClaims id, Names names)
    {
        // The claim has whole days only: what is not known to the day is left out.
        var birth = id.Birth.Precision == BirthPrecision.Day;
        w.WriteStartMap(2 + (names == Names.None ? 0 : 1) + (birth ? 1 : 0) + (names == Names.Both ? 2 : 0));
        w.WriteInt32(Number);
        w.WriteTextString(id.ResidentNumber);
        if (names != Names.None)
        {
            w.WriteInt32(FullName);
            w.WriteTextString(id.NameLatin);
        }
        if (birth)
        {
            w.WriteInt32(BirthDay);
            w.WriteTextString(id.BirthText.Replace("-", "", StringComparison.Ordinal));
        }
        w.WriteInt32(NationalityOf);
        w.WriteTextString(id.NationalityCode);
        if (names == Names.Both)
        {
            w.WriteInt32(SecondName);
            w.WriteTextString(id.NameArabic);
            w.WriteInt32(SecondLanguage);
            w.WriteTextString("ara");
        }
        w.WriteEndMap();
    }
}
