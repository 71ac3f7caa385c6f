using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Muqeem.Verifier.Cryptography;

namespace Muqeem.Credentials.Forms;

/// <summary>
/// The ID as an SD-JWT VC (RFC 9901, draft-ietf-oauth-sd-jwt-vc): <c>dc+sd-jwt</c> with the certificate in the protected header. Every claim about the holder can be shown or kept
/// back alone; that it is a specimen cannot be kept back.
/// </summary>
public static class SdJwtForm
{
    public const string Type = "dc+sd-jwt";

    // Arabic is written as it is: a third of the escaped length. Never shown as HTML.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The credential's type, an address at which its metadata is served.</summary>
    /// <param name="version">See <see cref="TypeVersions"/>.</param>
    public static string TypeOf(string origin, int version = 1) => string.Create(CultureInfo.InvariantCulture, $"{origin}/vct/resident-id/{version}");

    /// <summary>Holds a claim for each age of the policy.</summary>
    public const string AgeClaim = "age_equal_or_over";

    /// <summary>Every other claim about the holder, in the order of the type metadata.</summary>
    public static readonly IReadOnlyList<string> ClaimNames =
    [
        "family_name", "given_name", "name", "name#ar", "birthdate", "sex", "personal_administrative_number", "document_number", "nationalities", "nationality_icao",
        "date_of_issuance", "date_of_expiry", "residence_valid_until", "issuing_authority", "issuing_country", "occupation", "answerable_party", "picture",
    ];

    /// <param name="seed">32 secret random bytes, another for each credential.</param>
    /// <param name="typeIntegrity"><c>sha256-…</c> of the type metadata as served.</param>
    /// <param name="typeVersion">Of the type.</param>
    public static Unsigned Write(IdClaims id, CredentialTerms terms, HolderKey holder, byte[] seed, string typeIntegrity, int typeVersion = 1)
    {
        var salts = new Salts(seed);
        var shown = new Disclosures();
        foreach (var (name, write) in Claims(id))
        {
            shown.Add(salts, name, write);
        }
        var claims = shown.TakeDigests();
        foreach (var (age, reached) in id.AgesReached)
        {
            shown.Add(salts, IdClaims.AgeName(age), w => w.WriteBooleanValue(reached));
        }
        var ages = shown.TakeDigests();
        var header = Json(w =>
        {
            w.WriteStartObject();
            w.WriteString("alg", "ES256");
            w.WriteString("typ", Type);
            w.WriteStartArray("x5c");
            foreach (var certificate in terms.Certificates)
            {
                w.WriteBase64StringValue(certificate);
            }
            w.WriteEndArray();
            w.WriteEndObject();
        });
        var payload = Json(w =>
        {
            w.WriteStartObject();
            w.WriteString("iss", terms.Origin);
            w.WriteNumber("iat", terms.Issued.ToUnixTimeSeconds());
            w.WriteNumber("nbf", terms.Issued.ToUnixTimeSeconds());
            w.WriteNumber("exp", terms.Expires.ToUnixTimeSeconds());
            w.WriteString("vct", TypeOf(terms.Origin, typeVersion));
            w.WriteString("vct#integrity", typeIntegrity);
            if (id.Specimen)
            {
                w.WriteBoolean("specimen", true);
            }
            w.WriteStartObject("cnf");
            w.WriteStartObject("jwk");
            w.WriteString("kty", "EC");
            w.WriteString("crv", "P-256");
            w.WriteString("x", Base64Url.EncodeToString(holder.X));
            w.WriteString("y", Base64Url.EncodeToString(holder.Y));
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteStartObject("status");
            w.WriteStartObject("status_list");
            w.WriteNumber("idx", terms.StatusIndex);
            w.WriteString("uri", terms.StatusUri);
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteString("_sd_alg", "sha-256");
            Digests(w, claims);
            w.WriteStartObject(AgeClaim);
            Digests(w, ages);
            w.WriteEndObject();
            w.WriteEndObject();
        });
        var signed = new byte[Base64Url.GetEncodedLength(header.Length) + 1 + Base64Url.GetEncodedLength(payload.Length)];
        var dot = Base64Url.EncodeToUtf8(header, signed);
        signed[dot] = (byte)'.';
        Base64Url.EncodeToUtf8(payload, signed.AsSpan(dot + 1));
        return new(signed, signature =>
        {
            var whole = new byte[signed.Length + 1 + Base64Url.GetEncodedLength(signature.Length) + 1 + shown.Bytes.Length];
            signed.CopyTo(whole, 0);
            whole[signed.Length] = (byte)'.';
            var end = signed.Length + 1 + Base64Url.EncodeToUtf8(signature, whole.AsSpan(signed.Length + 1));
            whole[end] = (byte)'~';
            shown.Bytes.CopyTo(whole.AsSpan(end + 1));
            return whole;
        });
    }

    /// <summary>The claims about the holder. Names are those of OpenID Connect and of the European person identification data where they have one.</summary>
    private static IEnumerable<(string Name, Action<Utf8JsonWriter> Write)> Claims(IdClaims id)
    {
        yield return ("family_name", w => w.WriteStringValue(id.Family));
        if (id.Given.Length > 0)
        {
            yield return ("given_name", w => w.WriteStringValue(id.Given));
        }
        yield return ("name", w => w.WriteStringValue(id.NameLatin));
        yield return ("name#ar", w => w.WriteStringValue(id.NameArabic));
        yield return ("birthdate", w => w.WriteStringValue(id.BirthText));
        yield return ("sex", w => w.WriteNumberValue(id.SexNumber));
        yield return ("personal_administrative_number", w => w.WriteStringValue(id.ResidentNumber));
        yield return ("document_number", w => w.WriteStringValue(id.Serial));
        if (id.Nationality is { Alpha2.Length: 2 } state)
        {
            yield return ("nationalities", w =>
            {
                w.WriteStartArray();
                w.WriteStringValue(state.Alpha2);
                w.WriteEndArray();
            }
            );
        }
        // Also for who has no state: the code of the travel document (XXA stateless, XXB refugee).
        yield return ("nationality_icao", w => w.WriteStringValue(id.NationalityCode));
        yield return ("date_of_issuance", w => w.WriteStringValue(IdClaims.Day(id.Issued)));
        yield return ("date_of_expiry", w => w.WriteStringValue(IdClaims.Day(id.Expires)));
        yield return ("residence_valid_until", w => w.WriteStringValue(IdClaims.Day(id.ResidenceUntil)));
        yield return ("issuing_authority", w => w.WriteStringValue(Issuer.Authority));
        yield return ("issuing_country", w => w.WriteStringValue(Issuer.Country));
        if (id.Occupation is { } occupation)
        {
            yield return ("occupation", w => Both(w, occupation.Code, occupation.English, occupation.Arabic));
        }
        yield return ("answerable_party", w =>
        {
            w.WriteStartObject();
            w.WriteString("kind", id.AnswerableWord);
            w.WriteString("name", id.AnswerableName);
            w.WriteEndObject();
        }
        );
        if (id.Portrait is { } portrait)
        {
            yield return ("picture", w => w.WriteStringValue(DataUri(portrait)));
        }
    }

    private static void Both(Utf8JsonWriter w, string code, string english, string arabic)
    {
        w.WriteStartObject();
        w.WriteString("code", code);
        w.WriteString("en", english);
        w.WriteString("ar", arabic);
        w.WriteEndObject();
    }

    private static byte[] DataUri(byte[] jpeg)
    {
        var start = "data:image/jpeg;base64,"u8;
        var uri = new byte[start.Length + Base64.GetMaxEncodedToUtf8Length(jpeg.Length)];
        start.CopyTo(uri);
        Base64.EncodeToUtf8(jpeg, uri.AsSpan(start.Length), out _, out _);
        return uri;
    }

    /// <summary>In the order of the digests, which tells nothing of the claims' (RFC 9901 section 4.2.4.1).</summary>
    private static void Digests(Utf8JsonWriter w, List<string> digests)
    {
        w.WriteStartArray("_sd");
        digests.Sort(StringComparer.Ordinal);
        foreach (var digest in digests)
        {
            w.WriteStringValue(digest);
        }
        w.WriteEndArray();
    }

    /// <summary>The disclosures one after the other, each with the tilde after it, and their digests.</summary>
    private sealed class Disclosures
    {
        private readonly ArrayBufferWriter<byte> _all = new(4096);
        private readonly ArrayBufferWriter<byte> _one = new(512);
        private readonly Utf8JsonWriter _json;
        private List<string> _digests = [];

        public Disclosures() => _json = new Utf8JsonWriter(_one, Plain);

        public ReadOnlySpan<byte> Bytes => _all.WrittenSpan;

        public void Add(Salts salts, string name, Action<Utf8JsonWriter> value)
        {
            _one.ResetWrittenCount();
            _json.Reset();
            _json.WriteStartArray();
            Span<byte> salt = stackalloc byte[24];
            _json.WriteStringValue(salt[..Base64Url.EncodeToUtf8(salts.Next(), salt)]);
            _json.WriteStringValue(name);
            value(_json);
            _json.WriteEndArray();
            _json.Flush();
            var length = Base64Url.GetEncodedLength(_one.WrittenCount);
            var coded = _all.GetSpan(length + 1);
            Base64Url.EncodeToUtf8(_one.WrittenSpan, coded);
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            Sha256.Hash(coded[..length], hash);
            _digests.Add(Base64Url.EncodeToString(hash));
            coded[length] = (byte)'~';
            _all.Advance(length + 1);
        }

        /// <summary>The digests since the last time.</summary>
        public List<string> TakeDigests()
        {
            var taken = _digests;
            _digests = [];
            return taken;
        }
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(bytes, Plain))
        {
            write(writer);
        }
        return bytes.WrittenSpan.ToArray();
    }
}

/// <summary>How the forms name who issues them.</summary>
internal static class Issuer
{
    public const string Authority = "Muqeem";

    /// <summary>ISO 3166-1 alpha-2; the machine-readable zone has SAU.</summary>
    public const string Country = "SA";
}
