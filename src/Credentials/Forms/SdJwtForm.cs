using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

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
        var disclosures = Claims(id).Select(c => Disclosure(salts, c.Name, c.Write)).ToList();
        var ages = id.AgesReached.Select(a => Disclosure(salts, IdClaims.AgeName(a.Key), w => w.WriteBooleanValue(a.Value))).ToList();

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
            Digests(w, disclosures);
            w.WriteStartObject(AgeClaim);
            Digests(w, ages);
            w.WriteEndObject();
            w.WriteEndObject();
        });
        var signed = Base64Url.EncodeToString(header) + "." + Base64Url.EncodeToString(payload);
        var shown = string.Concat(disclosures.Concat(ages).Select(d => d + "~"));
        return new(Encoding.ASCII.GetBytes(signed), signature => Encoding.ASCII.GetBytes($"{signed}.{Base64Url.EncodeToString(signature)}~{shown}"));
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
            yield return ("picture", w => w.WriteStringValue("data:image/jpeg;base64," + Convert.ToBase64String(portrait)));
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

    private static string Disclosure(Salts salts, string name, Action<Utf8JsonWriter> value) => Base64Url.EncodeToString(Json(w =>
    {
        w.WriteStartArray();
        w.WriteStringValue(Base64Url.EncodeToString(salts.Next()));
        w.WriteStringValue(name);
        value(w);
        w.WriteEndArray();
    }));

    /// <summary>In the order of the digests, which tells nothing of the claims' (RFC 9901 section 4.2.4.1).</summary>
    private static void Digests(Utf8JsonWriter w, IEnumerable<string> disclosures)
    {
        w.WriteStartArray("_sd");
        foreach (var digest in disclosures.Select(d => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(d)))).Order(StringComparer.Ordinal))
        {
            w.WriteStringValue(digest);
        }
        w.WriteEndArray();
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
