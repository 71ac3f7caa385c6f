using System.Buffers;
using System.Buffers.Text;
using Muqeem.Credentials.Forms;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Mdoc;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.SdJwt;

namespace Muqeem.Credentials.Issuing;

/// <summary>A form up to its signature, and the look at it before anything is signed: with the verifiers' decoder, which shares no encoder with what wrote it.</summary>
internal static class SecondLook
{
    private static readonly byte[] NoSignature = new byte[64];

    /// <param name="type">What an SD-JWT names as its type.</param>
    public static Unsigned Write(FormKind kind, IdClaims id, CredentialTerms terms, HolderKey holder, byte[] seed, TypeMetadata type) =>
        kind switch
        {
            FormKind.SdJwtVc => SdJwtForm.Write(id, terms, holder, seed, type.Integrity, type.Version),
            FormKind.Mdoc => MdocForm.Write(id, terms, holder, seed),
            _ => QrForm.Card(id, terms),
        };

    /// <summary>Reads what is about to be signed and compares it with what was meant.</summary>
    /// <exception cref="InvalidOperationException">It says something else: a bug, and nothing is signed.</exception>
    public static void At(FormKind kind, IdClaims id, CredentialTerms terms, HolderKey holder, Unsigned unsigned, DateTimeOffset now)
    {
        var bytes = unsigned.Draft ?? unsigned.Complete(NoSignature);
        if (kind == FormKind.SdJwtVc)
        {
            AtSdJwt(id, terms, holder, bytes);
        }
        else if (kind == FormKind.CardQr)
        {
            AtCard(id, terms, bytes);
        }
        else
        {
            AtMdoc(id, terms, holder, bytes, now);
        }
    }

    private static void AtSdJwt(IdClaims id, CredentialTerms terms, HolderKey holder, byte[] bytes)
    {
        var room = ArrayPool<byte>.Shared.Rent(bytes.Length);
        try
        {
            var read = SdJwtVerifier.Inspect(bytes, room);
            Must(read.Ok, "the credential cannot be read", read.Reason?.ToString());
            MustSay(read.Value, id, terms, holder);
        }
        finally
        {
            // What was read is personal. The pool would wipe twice as much.
            room.AsSpan(0, bytes.Length).Clear();
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    private static void MustSay(Json claims, IdClaims id, CredentialTerms terms, HolderKey holder)
    {
        Must(Says(claims["personal_administrative_number"], id.ResidentNumber) && Says(claims["name"], id.NameLatin) && Says(claims["name#ar"], id.NameArabic)
            && Says(claims["birthdate"], id.BirthText) && Says(claims["document_number"], id.Serial), "the credential names another person");
        var key = claims["cnf"]?["jwk"];
        Must(Says(key?["x"], Base64Url.EncodeToString(holder.X)) && Says(key?["y"], Base64Url.EncodeToString(holder.Y)), "the credential is bound to another key");
        var status = claims["status"]?["status_list"];
        Must(Says(status?["uri"], terms.StatusUri) && Says(status?["idx"], terms.StatusIndex), "the credential has another place in the list");
        Must(Says(claims["exp"], terms.Expires.ToUnixTimeSeconds()), "the credential expires at another time");
    }

    private static bool Says(Json? claim, string text) => claim is not null && claim.IsText(text);

    private static bool Says(Json? claim, long number) => claim is not null && claim.TryInteger(out var value) && value == number;

    private static void AtCard(IdClaims id, CredentialTerms terms, byte[] bytes)
    {
        var read = QrCode.Inspect(bytes, terms.Certificates[0]);
        Must(read.Ok, "the card's code cannot be read", read.Reason?.ToString());
        var code = read.Value;
        Must(code.Kind == QrKind.Card && code.Identity.GetValueOrDefault(1) == id.ResidentNumber && code.Identity.GetValueOrDefault(13) == id.NationalityCode
            && (code.Identity.GetValueOrDefault(4) ?? id.NameLatin) == id.NameLatin, "the card's code names another person");
        Must(code.Status?.Uri == terms.StatusUri && code.Status.Index == terms.StatusIndex, "the card's code has another place in the list");
        Must(code.ExpiresAt == terms.Expires.ToDateTimeOffset() && code.IssuedAt == terms.Issued.ToDateTimeOffset(), "the card's code counts at another time");
    }

    private static void AtMdoc(IdClaims id, CredentialTerms terms, HolderKey holder, byte[] bytes, DateTimeOffset now)
    {
        var document = MdocVerifier.Inspect(bytes, now);
        Must(document.Ok, "the document cannot be read", document.Reason?.ToString());
        var mdoc = document.Value;
        Must(mdoc[MdocForm.PhotoIdNames, "administrative_number"]?.Text == id.ResidentNumber && mdoc[MdocForm.GenericNames, "family_name_unicode"]?.Text == id.Family
            && mdoc[MdocForm.GenericNames, "document_number"]?.Text == id.Serial && mdoc[MdocForm.NationalNames(terms.Origin), "name_ar"]?.Text == id.NameArabic, "the document names another person");
        Must(mdoc.DeviceKey.Q.X.AsSpan().SequenceEqual(holder.X) && mdoc.DeviceKey.Q.Y.AsSpan().SequenceEqual(holder.Y), "the document is bound to another key");
        Must(mdoc.Status?.Uri == terms.StatusUri && mdoc.Status.Index == terms.StatusIndex, "the document has another place in the list");
        Must(mdoc.ValidUntil == terms.Expires.ToDateTimeOffset(), "the document expires at another time");
    }

    private static void Must(bool holds, string otherwise, string? reason = null)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Nothing was signed: {otherwise}{(reason is null ? "" : $" ({reason})")}.");
        }
    }
}
