using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Platform.Texts;

namespace Muqeem.Credentials.Wallets;

/// <summary>What wallet apps read before they ask: of the issuer (OpenID4VCI 1.0, section 12.2) and of its authorization server (RFC 8414), and the offers themselves.</summary>
public static class WalletMetadata
{
    /// <summary>Ids of the two configurations.</summary>
    public const string SdJwtId = "resident_id_sd_jwt_vc", MdocId = "resident_id_mdoc";

    public const string PreAuthorized = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

    private const string Es256 = "ES256";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Elements of the mdoc, each with the claim whose name it has; those of our own name space have no mark.</summary>
    private static readonly (string Space, string Element, string Claim)[] Elements =
    [
        (MdocForm.GenericNames, "family_name_unicode", "family_name"),
        (MdocForm.GenericNames, "given_name_unicode", "given_name"),
        (MdocForm.GenericNames, "birth_date", "birthdate"),
        (MdocForm.GenericNames, "portrait", "picture"),
        (MdocForm.GenericNames, "issue_date", "date_of_issuance"),
        (MdocForm.GenericNames, "expiry_date", "date_of_expiry"),
        (MdocForm.GenericNames, "issuing_authority_unicode", "issuing_authority"),
        (MdocForm.GenericNames, "issuing_country", "issuing_country"),
        (MdocForm.GenericNames, "document_number", "document_number"),
        (MdocForm.GenericNames, "sex", "sex"),
        (MdocForm.GenericNames, "nationality", "nationalities"),
        (MdocForm.PhotoIdNames, "administrative_number", "personal_administrative_number"),
        ("", "name_ar", "name_ar"),
        ("", "nationality_icao", "nationality_icao"),
        ("", "residence_valid_until", "residence_valid_until"),
        ("", "answerable_name", "answerable_party"),
        ("", "occupation_ar", "occupation"),
        ("", "occupation_en", "occupation"),
    ];

    public static string IdOf(FormKind kind) => kind == FormKind.Mdoc ? MdocId : SdJwtId;

    /// <summary>Null: there is no such configuration.</summary>
    public static FormKind? KindOf(string id) => id switch
    {
        SdJwtId => FormKind.SdJwtVc,
        MdocId => FormKind.Mdoc,
        _ => null,
    };

    /// <param name="origin">The issuer's identifier, without a slash at the end.</param>
    /// <param name="type">Version of the type under which credentials are issued today.</param>
    public static byte[] Issuer(string origin, TypeMetadata type, IReadOnlyList<int> ages, TextCatalogue texts) => Json(w =>
    {
        w.WriteString("credential_issuer", origin);
        w.WriteString("credential_endpoint", origin + WalletPaths.Credential);
        w.WriteString("nonce_endpoint", origin + WalletPaths.Nonce);
        w.WriteString("notification_endpoint", origin + WalletPaths.Notification);
        Display(w, texts, "credential.issuer", null);
        w.WriteStartObject("credential_configurations_supported");
        w.WriteStartObject(SdJwtId);
        w.WriteString("format", SdJwtForm.Type);
        w.WriteString("scope", SdJwtId);
        w.WriteString("vct", SdJwtForm.TypeOf(origin, type.Version));
        Proofs(w, "jwk", () => w.WriteStringValue(Es256));
        w.WriteStartObject("credential_metadata");
        Display(w, texts, "credential.name", "credential.description");
        w.WriteStartArray("claims");
        foreach (var name in SdJwtForm.ClaimNames)
        {
            Claim(w, texts, [name], "credential.claim." + name.Replace('#', '_'), null);
        }
        foreach (var age in ages)
        {
            Claim(w, texts, [SdJwtForm.AgeClaim, IdClaims.AgeName(age)], "credential.claim.age", age);
        }
        End(w);
        w.WriteStartObject(MdocId);
        w.WriteString("format", "mso_mdoc");
        w.WriteString("scope", MdocId);
        w.WriteString("doctype", MdocForm.DocumentType);
        // COSE's number of ES256.
        Proofs(w, "cose_key", () => w.WriteNumberValue(CborForms.Es256));
        w.WriteStartObject("credential_metadata");
        Display(w, texts, "credential.name", "credential.description");
        w.WriteStartArray("claims");
        foreach (var (space, element, claim) in Elements)
        {
            Claim(w, texts, [space.Length > 0 ? space : MdocForm.NationalNames(origin), element], "credential.claim." + claim, null);
        }
        foreach (var age in ages)
        {
            Claim(w, texts, [MdocForm.GenericNames, "age_over_" + IdClaims.AgeName(age)], "credential.claim.age", age);
        }
        End(w);
        w.WriteEndObject();
    });

    /// <summary>The one flow that there is: a code that was authorized on the holder's page, by apps that need not be known.</summary>
    public static byte[] Server(string origin) => Json(w =>
    {
        w.WriteString("issuer", origin);
        w.WriteString("token_endpoint", origin + WalletPaths.Token);
        Strings(w, "grant_types_supported", PreAuthorized, "refresh_token");
        Strings(w, "response_types_supported");
        Strings(w, "token_endpoint_auth_methods_supported", "none");
        Strings(w, "scopes_supported", SdJwtId, MdocId);
        w.WriteBoolean("pre-authorized_grant_anonymous_access_supported", true);
    });

    public static byte[] Offer(string origin, ServedOffer offer, TextCatalogue texts) => Json(w =>
    {
        w.WriteString("credential_issuer", origin);
        Strings(w, "credential_configuration_ids", [.. offer.Forms.Select(IdOf)]);
        w.WriteStartObject("grants");
        w.WriteStartObject(PreAuthorized);
        w.WriteString("pre-authorized_code", offer.Code);
        if (offer.AsksTxCode)
        {
            w.WriteStartObject("tx_code");
            w.WriteString("input_mode", "numeric");
            w.WriteNumber("length", WalletOffer.TxCodeLength);
            // One text for whoever the app belongs to: it has no language member.
            w.WriteString("description", $"{texts.In(TextCatalogue.Arabic).Bare("credential.tx_code")} – {texts.In(TextCatalogue.English).Bare("credential.tx_code")}");
            w.WriteEndObject();
        }
        w.WriteEndObject();
        w.WriteEndObject();
    });

    /// <summary>How holders prove their keys, and by what we sign.</summary>
    private static void Proofs(Utf8JsonWriter w, string binding, Action signing)
    {
        w.WriteStartArray("credential_signing_alg_values_supported");
        signing();
        w.WriteEndArray();
        Strings(w, "cryptographic_binding_methods_supported", binding);
        w.WriteStartObject("proof_types_supported");
        w.WriteStartObject("jwt");
        Strings(w, "proof_signing_alg_values_supported", Es256);
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static void Display(Utf8JsonWriter w, TextCatalogue texts, string name, string? description)
    {
        w.WriteStartArray("display");
        foreach (var language in TypeMetadata.Languages)
        {
            w.WriteStartObject();
            w.WriteString("name", texts.In(language).Bare(name));
            w.WriteString("locale", language);
            if (description is not null)
            {
                w.WriteString("description", texts.In(language).Bare(description));
            }
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void Claim(Utf8JsonWriter w, TextCatalogue texts, string[] path, string key, int? age)
    {
        w.WriteStartObject();
        Strings(w, "path", path);
        w.WriteStartArray("display");
        foreach (var language in TypeMetadata.Languages)
        {
            w.WriteStartObject();
            w.WriteString("name", age is { } years ? texts.In(language).Bare(key, ("age", years)) : texts.In(language).Bare(key));
            w.WriteString("locale", language);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
    }

    /// <summary>Of the claims, of <c>credential_metadata</c> and of the configuration.</summary>
    private static void End(Utf8JsonWriter w)
    {
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static void Strings(Utf8JsonWriter w, string name, params ReadOnlySpan<string> values)
    {
        w.WriteStartArray(name);
        foreach (var value in values)
        {
            w.WriteStringValue(value);
        }
        w.WriteEndArray();
    }

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        var bytes = new ArrayBufferWriter<byte>(8192);
        using (var w = new Utf8JsonWriter(bytes, Plain))
        {
            w.WriteStartObject();
            members(w);
            w.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }
}

/// <summary>The same for this installation, as of now.</summary>
public sealed class WalletPapers(string origin, TypeVersions types, Func<IReadOnlyList<int>> ages, TextCatalogue texts)
{
    /// <exception cref="Platform.Privacy.NotWrittenException">A new version of the type could not be stored: 503.</exception>
    public async ValueTask<byte[]> IssuerAsync(CancellationToken cancel = default) => WalletMetadata.Issuer(origin, await types.CurrentAsync(cancel), ages(), texts);

    public byte[] Server() => WalletMetadata.Server(origin);

    public byte[] Offer(ServedOffer offer) => WalletMetadata.Offer(origin, offer, texts);
}
