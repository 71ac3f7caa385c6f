using System.Formats.Cbor;
using System.Security.Cryptography;
using Muqeem.Kernel;
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

    private const int ExpiresClaim = 4, IssuedClaim = 6, IdClaim = 7, IdentityClaim = 169, StatusClaim = 65535;
    private const int KeyId = 4;

    // Of claim 169's map.
    private const int Number = 1, FullName = 4, BirthDay = 8, NationalityOf = 13, SecondName = 19, SecondLanguage = 20;

    /// <summary>Version 13 at error correction M, alphanumeric (ISO/IEC 18004 table 7): more is not read from a print of 20 mm.</summary>
    public const int MostCharacters = 483;

    /// <summary>The code of the card; it counts as long as the card, subject to its status.</summary>
    /// <remarks>The Arabic name is left out whole when both do not fit: a name is never cut.</remarks>
    public static Unsigned Card(IdClaims id, CredentialTerms terms)
    {
        var withBoth = Seal(terms.Certificates[0], w => CardClaims(w, id, terms, bothNames: true));
        return Text(terms.Origin, withBoth.Complete(new byte[64])).Length <= MostCharacters ? withBoth : Seal(terms.Certificates[0], w => CardClaims(w, id, terms, bothNames: false));
    }

    /// <summary>The code of the phone.</summary>
    /// <param name="handle">Bytes that stand for the holder towards us alone, other ones in each code.</param>
    public static Unsigned Live(IdClaims id, byte[] certificate, byte[] handle, Instant issued, Duration life, QrView view) => Seal(certificate, w =>
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
            w.WriteStartMap(id.AgesReached.Count);
            foreach (var (age, reached) in id.AgesReached)
            {
                w.WriteInt32(age);
                w.WriteBoolean(reached);
            }
            w.WriteEndMap();
        }
        else if (view == QrView.Full)
        {
            w.WriteInt32(IdentityClaim);
            Identity(w, id, bothNames: false);
        }
        w.WriteEndMap();
    });

    /// <summary>What the code holds: all from QR's alphanumeric set.</summary>
    public static string Text(string origin, ReadOnlySpan<byte> sealedClaims) => origin.ToUpperInvariant() + "/V/" + Base32.Encode(sealedClaims);

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

    private static void CardClaims(CborWriter w, IdClaims id, CredentialTerms terms, bool bothNames)
    {
        w.WriteStartMap(5);
        w.WriteInt32(ExpiresClaim);
        w.WriteInt64(terms.Expires.ToUnixTimeSeconds());
        w.WriteInt32(IssuedClaim);
        w.WriteInt64(terms.Issued.ToUnixTimeSeconds());
        w.WriteInt32(IdentityClaim);
        Identity(w, id, bothNames);
        w.WriteInt32(StatusClaim);
        CborForms.StatusReference(w, terms.StatusUri, terms.StatusIndex);
        w.WriteInt32(Kind);
        w.WriteInt32(CardKind);
        w.WriteEndMap();
    }

    private static void Identity(CborWriter w, IdClaims id, bool bothNames)
    {
        // The claim has whole days only: what is not known to the day is left out.
        var birth = id.Birth.Precision == BirthPrecision.Day;
        w.WriteStartMap(3 + (birth ? 1 : 0) + (bothNames ? 2 : 0));
        w.WriteInt32(Number);
        w.WriteTextString(id.ResidentNumber);
        w.WriteInt32(FullName);
        w.WriteTextString(id.NameLatin);
        if (birth)
        {
            w.WriteInt32(BirthDay);
            w.WriteTextString(id.BirthText.Replace("-", "", StringComparison.Ordinal));
        }
        w.WriteInt32(NationalityOf);
        w.WriteTextString(id.NationalityCode);
        if (bothNames)
        {
            w.WriteInt32(SecondName);
            w.WriteTextString(id.NameArabic);
            w.WriteInt32(SecondLanguage);
            w.WriteTextString("ara");
        }
        w.WriteEndMap();
    }
}
