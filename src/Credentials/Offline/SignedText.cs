using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Muqeem.Credentials.Forms;

namespace Muqeem.Credentials.Offline;

/// <summary>A JWS (RFC 7515, ES256) with the signer's certificate in its header: what bundle and trust list are.</summary>
internal static class SignedText
{
    // Arabic is written as it is. Never shown as HTML.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="more">Further members of the header.</param>
    public static Unsigned Compact(string type, byte[] payload, IReadOnlyList<byte[]> certificates, Action<Utf8JsonWriter>? more = null)
    {
        var header = JwsHeader.Of(type, certificates, more);
        var signed = Base64Url.EncodeToString(header) + "." + Base64Url.EncodeToString(payload);
        return new(Encoding.ASCII.GetBytes(signed), signature => Encoding.ASCII.GetBytes($"{signed}.{Base64Url.EncodeToString(signature)}"));
    }

    /// <summary>The same signature in the flattened JSON form (RFC 7515, 7.2.2), which is what a JSON file can hold.</summary>
    public static byte[] Flattened(byte[] compact)
    {
        var parts = Encoding.ASCII.GetString(compact).Split('.');
        return Json(w =>
        {
            w.WriteStartObject();
            w.WriteString("payload", parts[1]);
            w.WriteString("protected", parts[0]);
            w.WriteString("signature", parts[2]);
            w.WriteEndObject();
        });
    }

    /// <summary>SHA-256 of the signer's certificate, as a header has it.</summary>
    public static string Thumbprint(byte[] certificate) => Base64Url.EncodeToString(SHA256.HashData(certificate));

    public static byte[] Json(Action<Utf8JsonWriter> write, bool indented = false)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(bytes, Plain with { Indented = indented }))
        {
            write(writer);
        }
        return bytes.WrittenSpan.ToArray();
    }
}
