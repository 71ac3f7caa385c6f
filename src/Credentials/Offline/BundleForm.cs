using System.Text;
using System.Text.Json;
using NodaTime;

namespace Muqeem.Credentials.Offline;

/// <summary>What a bundle is made of.</summary>
/// <param name="QrSigners">Certificates of who signs QR codes, which carry only eight bytes of theirs.</param>
/// <param name="RevocationLists">Of each root that has one, the present root's last.</param>
/// <param name="StatusLists">The tokens as JWT.</param>
/// <param name="Checkpoint">A signed note, with whatever witnesses added.</param>
/// <param name="JournalKey">The vkey that verifies it.</param>
internal sealed record BundleParts(IReadOnlyList<byte[]> QrSigners, IReadOnlyList<byte[]> RevocationLists, IReadOnlyList<byte[]> StatusLists, string Checkpoint, string JournalKey);

/// <summary>The offline bundle as <see cref="Verifier.Bundle.OfflineTrust"/> reads it: one JWT with all that a verifier needs for a day without a network. The roots are not in it: they come from elsewhere, once.</summary>
internal static class BundleForm
{
    public const string MediaType = "application/" + Verifier.Bundle.OfflineTrust.Type;
    public const string FileName = "muqeem-bundle.jwt";

    public static byte[] Payload(BundleParts parts, Instant issued, Instant expires) => SignedText.Json(w =>
    {
        w.WriteStartObject();
        w.WriteNumber("iat", issued.ToUnixTimeSeconds());
        w.WriteNumber("exp", expires.ToUnixTimeSeconds());
        Array(w, "signers", parts.QrSigners);
        if (parts.RevocationLists.Count == 1)
        {
            w.WriteBase64String("crl", parts.RevocationLists[0]);
        }
        else
        {
            Array(w, "crl", parts.RevocationLists);
        }
        w.WriteStartArray("status_lists");
        foreach (var token in parts.StatusLists)
        {
            w.WriteStringValue(Encoding.ASCII.GetString(token));
        }
        w.WriteEndArray();
        w.WriteString("checkpoint", parts.Checkpoint);
        w.WriteString("journal_vkey", parts.JournalKey);
        w.WriteEndObject();
    });

    private static void Array(Utf8JsonWriter w, string name, IReadOnlyList<byte[]> items)
    {
        w.WriteStartArray(name);
        foreach (var item in items)
        {
            w.WriteBase64StringValue(item);
        }
        w.WriteEndArray();
    }
}
