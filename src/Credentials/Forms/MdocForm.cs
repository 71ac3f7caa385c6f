using System.Formats.Cbor;
using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.Verifier.Cryptography;
using NodaTime;

namespace Muqeem.Credentials.Forms;

/// <summary>
/// The ID as an mdoc (ISO/IEC 18013-5) of the photo ID's type (ISO/IEC TS 23220-4), with the status in the mobile security object. What only this country has stands in a name space of our
/// own. The result is <c>IssuerSigned</c>, which wallets take as base64url.
/// </summary>
public static class MdocForm
{
    public const string DocumentType = "org.iso.23220.photoID.1";
    public const string GenericNames = "org.iso.23220.1";
    public const string PhotoIdNames = "org.iso.23220.photoID.1";

    /// <summary>Our own elements: the origin's host read backwards, as ISO/IEC 18013-5 7.2.8 asks.</summary>
    public static string NationalNames(string origin) => string.Join('.', new Uri(origin).Host.Split('.').Reverse()) + ".muqeem.1";

    /// <summary>Whether this ID can be one: the type demands a portrait.</summary>
    public static bool Fits(IdClaims id) => id.Portrait is not null;

    /// <param name="seed">32 secret random bytes, another for each credential.</param>
    /// <exception cref="ArgumentException">There is no portrait: see <see cref="Fits"/>.</exception>
    public static Unsigned Write(IdClaims id, CredentialTerms terms, HolderKey holder, byte[] seed)
    {
        if (!Fits(id))
        {
            throw new ArgumentException("A photo ID has a portrait.", nameof(id));
        }
        var salts = new Salts(seed);
        var names = Elements(id, terms.Origin).Select(space => (space.Name, Items: Items(space.Elements, salts))).ToList();
        var security = SecurityObject(names, terms, holder);
        var payload = CborForms.Write(w => CborForms.Embedded(w, security));
        var header = CborForms.Write(w =>
        {
            w.WriteStartMap(1);
            w.WriteInt32(1);
            w.WriteInt32(CborForms.Es256);
            w.WriteEndMap();
        });
        return new(CborForms.SigStructure(header, payload), signature => CborForms.Write(w =>
        {
            w.WriteStartMap(2);
            w.WriteTextString("nameSpaces");
            w.WriteStartMap(names.Count);
            foreach (var (name, items) in names)
            {
                w.WriteTextString(name);
                w.WriteStartArray(items.Count);
                foreach (var (_, bytes) in items)
                {
                    w.WriteEncodedValue(bytes);
                }
                w.WriteEndArray();
            }
            w.WriteEndMap();
            w.WriteTextString("issuerAuth");
            CborForms.Sign1(w, header, u =>
            {
                u.WriteStartMap(1);
                u.WriteInt32(33);
                CborForms.Chain(u, terms.Certificates);
                u.WriteEndMap();
            }, payload, signature);
            w.WriteEndMap();
        }));
    }

    /// <summary>Each item as the tagged bytes over which its digest is taken, numbered in the order of the salts: the number tells nothing of the element.</summary>
    private static IReadOnlyList<(int Digest, byte[] Tagged)> Items(IReadOnlyList<(string Name, Action<CborWriter> Write)> elements, Salts salts)
    {
        var salted = elements.Select(e => (Element: e, Salt: salts.Next().ToArray())).ToArray();
        Array.Sort(salted, static (a, b) => a.Salt.AsSpan().SequenceCompareTo(b.Salt));
        return [.. salted.Select((e, digest) => (digest, CborForms.EmbeddedSorted(item =>
        {
            item.WriteStartMap(4);
            item.WriteTextString("random");
            item.WriteByteString(e.Salt);
            item.WriteTextString("digestID");
            item.WriteInt32(digest);
            item.WriteTextString("elementValue");
            e.Element.Write(item);
            item.WriteTextString("elementIdentifier");
            item.WriteTextString(e.Element.Name);
            item.WriteEndMap();
        })))];
    }

    private static byte[] SecurityObject(IReadOnlyList<(string Name, IReadOnlyList<(int Digest, byte[] Tagged)> Items)> names, CredentialTerms terms, HolderKey holder) => CborForms.Write(w =>
    {
        var hash = new byte[Sha256.Length];
        w.WriteStartMap(7);
        w.WriteTextString("version");
        w.WriteTextString("1.0");
        w.WriteTextString("digestAlgorithm");
        w.WriteTextString("SHA-256");
        w.WriteTextString("docType");
        w.WriteTextString(DocumentType);
        w.WriteTextString("valueDigests");
        w.WriteStartMap(names.Count);
        foreach (var (name, items) in names)
        {
            w.WriteTextString(name);
            w.WriteStartMap(items.Count);
            foreach (var (digest, tagged) in items)
            {
                w.WriteInt32(digest);
                Sha256.Hash(tagged, hash);
                w.WriteByteString(hash);
            }
            w.WriteEndMap();
        }
        w.WriteEndMap();
        w.WriteTextString("deviceKeyInfo");
        w.WriteStartMap(1);
        w.WriteTextString("deviceKey");
        w.WriteStartMap(4);
        w.WriteInt32(1); // kty: EC2
        w.WriteInt32(2);
        w.WriteInt32(-1); // crv: P-256
        w.WriteInt32(1);
        w.WriteInt32(-2);
        w.WriteByteString(holder.X);
        w.WriteInt32(-3);
        w.WriteByteString(holder.Y);
        w.WriteEndMap();
        w.WriteEndMap();
        w.WriteTextString("validityInfo");
        w.WriteStartMap(3);
        w.WriteTextString("signed");
        DateTime(w, terms.Issued);
        w.WriteTextString("validFrom");
        DateTime(w, terms.Issued);
        w.WriteTextString("validUntil");
        DateTime(w, terms.Expires);
        w.WriteEndMap();
        w.WriteTextString("status");
        CborForms.StatusReference(w, terms.StatusUri, terms.StatusIndex);
        w.WriteEndMap();
    });

    private static IReadOnlyList<(string Name, IReadOnlyList<(string Name, Action<CborWriter> Write)> Elements)> Elements(IdClaims id, string origin)
    {
        List<(string, Action<CborWriter>)> generic =
        [
            ("family_name_unicode", Text(id.Family)),
            // Mandatory in the type, so it is there and empty for who has one name.
            ("given_name_unicode", Text(id.Given)),
            ("birth_date", Birth(id.Birth)),
            ("portrait", w => w.WriteByteString(id.Portrait!)),
            ("issue_date", Date(id.Issued)),
            ("expiry_date", Date(id.Expires)),
            ("issuing_authority_unicode", Text(Issuer.Authority)),
            ("issuing_country", Text(Issuer.Country)),
            ("document_number", Text(id.Serial)),
            ("sex", w => w.WriteInt32(id.SexNumber)),
        ];
        if (Latin1(id.Family) && Latin1(id.Given))
        {
            generic.Add(("family_name_latin1", Text(id.Family)));
            generic.Add(("given_name_latin1", Text(id.Given)));
        }
        if (id.Nationality is { Alpha2.Length: 2 } state)
        {
            generic.Add(("nationality", Text(state.Alpha2)));
        }
        foreach (var (age, reached) in id.AgesReached)
        {
            generic.Add(("age_over_" + IdClaims.AgeName(age), w => w.WriteBoolean(reached)));
        }
        List<(string, Action<CborWriter>)> photo = [("administrative_number", Text(id.ResidentNumber))];
        List<(string, Action<CborWriter>)> national =
        [
            ("name_ar", Text(id.NameArabic)),
            ("nationality_icao", Text(id.NationalityCode)),
            ("residence_valid_until", Date(id.ResidenceUntil)),
            ("answerable_kind", Text(id.AnswerableWord)),
            ("answerable_name", Text(id.AnswerableName)),
            ("specimen", w => w.WriteBoolean(id.Specimen)),
        ];
        if (id.Occupation is { } occupation)
        {
            national.Add(("occupation_code", Text(occupation.Code)));
            national.Add(("occupation_en", Text(occupation.English)));
            national.Add(("occupation_ar", Text(occupation.Arabic)));
        }
        return [(GenericNames, generic), (PhotoIdNames, photo), (NationalNames(origin), national)];
    }

    /// <summary>ISO/IEC 23220-2 6.3.1.1.3: a day; where parts are not known, a day with a mask of eight digits in which 1 stands for what is not.</summary>
    private static Action<CborWriter> Birth(BirthDate birth) => birth.Precision == BirthPrecision.Day ? Date(birth.Earliest) : w =>
    {
        w.WriteStartMap(2);
        w.WriteTextString("birth_date");
        Date(birth.Earliest)(w);
        w.WriteTextString("approximate_mask");
        w.WriteTextString(birth is { Precision: BirthPrecision.Month, Calendar: CalendarKind.Gregorian } ? "00000011" : "00001111");
        w.WriteEndMap();
    };

    private static Action<CborWriter> Text(string text) => w => w.WriteTextString(text);

    /// <summary>Tag 1004, RFC 8943.</summary>
    private static Action<CborWriter> Date(LocalDate day) => w =>
    {
        w.WriteTag((CborTag)1004);
        w.WriteTextString(IdClaims.Day(day));
    };

    /// <summary>Tag 0 without a fraction of a second, ISO/IEC 18013-5 9.1.2.4.</summary>
    private static void DateTime(CborWriter w, Instant at)
    {
        w.WriteTag(CborTag.DateTimeString);
        w.WriteTextString(NodaTime.Text.InstantPattern.General.Format(Instant.FromUnixTimeSeconds(at.ToUnixTimeSeconds())));
    }

    private static bool Latin1(string text) => text.All(c => c <= 0xFF);
}
