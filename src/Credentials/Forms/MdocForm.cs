using System.Buffers;
using System.Formats.Cbor;
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

    /// <summary>Where one document at a time is put together; one a thread.</summary>
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _desk;

    /// <summary>ES256: r and s.</summary>
    private const int SignatureLength = 64;

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
        // The salts go by the order of the elements; the names are then in the order of their encodings.
        var salted = Elements(id, terms.Origin).Select(space => (space.Name, Items: Items(space.Elements, salts))).ToList();
        var names = salted.OrderBy(space => space.Name.Length).ThenBy(space => space.Name, StringComparer.Ordinal).ToList();
        var payload = CborForms.Embedded(CborForms.Sorted(w => SecurityObject(w, names, terms, holder)));
        var header = CborForms.Write(w =>
        {
            w.WriteStartMap(1);
            w.WriteInt32(1);
            w.WriteInt32(CborForms.Es256);
            w.WriteEndMap();
        });
        var (whole, place) = Whole(names, header, payload, terms.Certificates);
        return new(CborForms.SigStructure(header, payload), signature =>
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(signature.Length, SignatureLength);
            signature.CopyTo(whole, place);
            return whole;
        })
        { Draft = whole };
    }

    /// <summary>IssuerSigned with room for the signature, and where that is.</summary>
    private static (byte[] Whole, int Place) Whole(IReadOnlyList<(string Name, IReadOnlyList<(int Digest, byte[] Tagged)> Items)> names, byte[] header, byte[] payload, IReadOnlyList<byte[]> certificates)
    {
        var all = TakeDesk();
        CborForms.Start(all, CborForms.Map, 2);
        CborForms.Text(all, "issuerAuth");
        CborForms.Start(all, CborForms.Array, 4);
        CborForms.Bytes(all, header);
        all.Write(CborForms.Write(w =>
        {
            w.WriteStartMap(1);
            w.WriteInt32(33);
            CborForms.Chain(w, certificates);
            w.WriteEndMap();
        }));
        CborForms.Bytes(all, payload);
        Span<byte> none = stackalloc byte[SignatureLength];
        none.Clear();
        CborForms.Bytes(all, none);
        var place = all.WrittenCount - SignatureLength;
        CborForms.Text(all, "nameSpaces");
        CborForms.Start(all, CborForms.Map, names.Count);
        foreach (var (name, items) in names)
        {
            CborForms.Text(all, name);
            CborForms.Start(all, CborForms.Array, items.Count);
            foreach (var (_, bytes) in items)
            {
                all.Write(bytes);
            }
        }
        var whole = all.WrittenSpan.ToArray();
        // Wiped: what is written there is personal.
        all.Clear();
        _desk = all;
        return (whole, place);
    }

    /// <summary>Each item as the tagged bytes over which its digest is taken, numbered in the order of the salts: the number tells nothing of the element.</summary>
    private static IReadOnlyList<(int Digest, byte[] Tagged)> Items(IReadOnlyList<(string Name, Action<CborWriter> Write)> elements, Salts salts)
    {
        var salted = elements.Select(e => (Element: e, Salt: salts.Next().ToArray())).ToArray();
        Array.Sort(salted, static (a, b) => a.Salt.AsSpan().SequenceCompareTo(b.Salt));
        var items = new (int Digest, byte[] Tagged)[salted.Length];
        var desk = TakeDesk();
        for (var digest = 0; digest < items.Length; digest++)
        {
            var ((name, write), salt) = salted[digest];
            var value = CborForms.Sorted(write);
            desk.Write(Random);
            desk.Write(salt);
            desk.Write(DigestId);
            CborForms.Start(desk, CborForms.Unsigned, digest);
            desk.Write(ElementValue);
            desk.Write(value);
            desk.Write(ElementIdentifier);
            CborForms.Text(desk, name);
            items[digest] = (digest, CborForms.Embedded(desk.WrittenSpan));
            desk.Clear();
        }
        _desk = desk;
        return items;
    }

    // A map of four up to its first value, whose 16 bytes follow, and the names of the others: the same in each of some thirty items.
    private static readonly byte[] Random = [0xA4, 0x66, .. "random"u8, 0x50];
    private static readonly byte[] DigestId = [0x68, .. "digestID"u8];
    private static readonly byte[] ElementValue = [0x6C, .. "elementValue"u8];
    private static readonly byte[] ElementIdentifier = [0x71, .. "elementIdentifier"u8];

    private static ArrayBufferWriter<byte> TakeDesk()
    {
        var desk = _desk ?? new(8192);
        _desk = null;
        return desk;
    }

    /// <summary>The keys of each map in the order of their encodings.</summary>
    private static void SecurityObject(CborWriter w, IReadOnlyList<(string Name, IReadOnlyList<(int Digest, byte[] Tagged)> Items)> names, CredentialTerms terms, HolderKey holder)
    {
        Span<byte> hash = stackalloc byte[Sha256.Length];
        w.WriteStartMap(7);
        w.WriteTextString("status");
        CborForms.StatusReference(w, terms.StatusUri, terms.StatusIndex);
        w.WriteTextString("docType");
        w.WriteTextString(DocumentType);
        w.WriteTextString("version");
        w.WriteTextString("1.0");
        w.WriteTextString("validityInfo");
        w.WriteStartMap(3);
        w.WriteTextString("signed");
        DateTime(w, terms.Issued);
        w.WriteTextString("validFrom");
        DateTime(w, terms.Issued);
        w.WriteTextString("validUntil");
        DateTime(w, terms.Expires);
        w.WriteEndMap();
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
        w.WriteTextString("digestAlgorithm");
        w.WriteTextString("SHA-256");
        w.WriteEndMap();
    }

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
