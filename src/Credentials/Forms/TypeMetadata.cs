using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Muqeem.Platform.Texts;

namespace Muqeem.Credentials.Forms;

/// <summary>
/// What wallets read to show the credential: its name and its claims in each language (draft-ietf-oauth-sd-jwt-vc, type metadata). Served at the address that is the type itself; credentials
/// carry its digest, so what is served for a version of the type never changes: see <see cref="TypeVersions"/>.
/// </summary>
public sealed class TypeMetadata
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="origin">Public origin, without a slash at the end.</param>
    /// <param name="ages">The ages whose reaching can be shown.</param>
    /// <param name="version">Of the type, 1 or more.</param>
    public TypeMetadata(string origin, IReadOnlyList<int> ages, TextCatalogue texts, int version = 1)
        : this(version, Written(origin, ages, texts, version))
    {
    }

    /// <summary>As it was stored.</summary>
    internal TypeMetadata(int version, byte[] json)
    {
        Version = version;
        Json = json;
        Integrity = "sha256-" + Convert.ToBase64String(SHA256.HashData(json));
    }

    private static byte[] Written(string origin, IReadOnlyList<int> ages, TextCatalogue texts, int version)
    {
        var bytes = new ArrayBufferWriter<byte>(8192);
        using (var w = new Utf8JsonWriter(bytes, Plain))
        {
            w.WriteStartObject();
            w.WriteString("vct", SdJwtForm.TypeOf(origin, version));
            w.WriteString("name", "Resident ID");
            w.WriteStartArray("display");
            foreach (var language in Languages)
            {
                w.WriteStartObject();
                w.WriteString("locale", language);
                w.WriteString("name", texts.In(language).Bare("credential.name"));
                w.WriteString("description", texts.In(language).Bare("credential.description"));
                w.WriteEndObject();
            }
            w.WriteEndArray();
            w.WriteStartArray("claims");
            foreach (var name in SdJwtForm.ClaimNames)
            {
                Claim(w, texts, [name], "credential.claim." + name.Replace('#', '_'), null);
            }
            foreach (var age in ages)
            {
                Claim(w, texts, [SdJwtForm.AgeClaim, IdClaims.AgeName(age)], "credential.claim.age", age);
            }
            w.WriteEndArray();
            w.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    public static IReadOnlyList<string> Languages { get; } = [TextCatalogue.Arabic, TextCatalogue.English];

    public int Version { get; }

    public byte[] Json { get; }

    /// <summary>As W3C Subresource Integrity writes it.</summary>
    public string Integrity { get; }

    private static void Claim(Utf8JsonWriter w, TextCatalogue texts, string[] path, string key, int? age)
    {
        w.WriteStartObject();
        w.WriteStartArray("path");
        foreach (var step in path)
        {
            w.WriteStringValue(step);
        }
        w.WriteEndArray();
        w.WriteStartArray("display");
        foreach (var language in Languages)
        {
            w.WriteStartObject();
            w.WriteString("locale", language);
            w.WriteString("label", age is { } years ? texts.In(language).Bare(key, ("age", years)) : texts.In(language).Bare(key));
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteString("sd", "always");
        w.WriteEndObject();
    }
}
