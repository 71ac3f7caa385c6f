using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Muqeem.Credentials.Forms;

/// <summary>The protected header of all that we sign as a JWS (RFC 7515): ES256, the type, and the signer's certificates.</summary>
internal static class JwsHeader
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="type">Without <c>application/</c>.</param>
    /// <param name="certificates">DER, the signer's first.</param>
    /// <param name="more">Further members.</param>
    /// <returns>JSON in UTF-8.</returns>
    public static byte[] Of(string type, IReadOnlyList<byte[]> certificates, Action<Utf8JsonWriter>? more = null)
    {
        var bytes = new ArrayBufferWriter<byte>(2048);
        using var w = new Utf8JsonWriter(bytes, Plain);
        w.WriteStartObject();
        w.WriteString("alg", "ES256");
        w.WriteString("typ", type);
        w.WriteStartArray("x5c");
        foreach (var certificate in certificates)
        {
            w.WriteBase64StringValue(certificate);
        }
        w.WriteEndArray();
        more?.Invoke(w);
        w.WriteEndObject();
        w.Flush();
        return bytes.WrittenSpan.ToArray();
    }
}
