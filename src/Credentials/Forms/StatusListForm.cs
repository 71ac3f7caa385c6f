using System.Buffers;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using NodaTime;

namespace Muqeem.Credentials.Forms;

/// <summary>A status list as a token (draft-ietf-oauth-status-list): as JWT for SD-JWT verifiers, as CWT for those of mdocs and QR codes.</summary>
public static class StatusListForm
{
    public const string JwtType = "statuslist+jwt";
    public const string CwtType = "application/statuslist+cwt";
    public const int Bits = 2;

    private const int Subject = 2, Expires = 4, Issued = 6, Ttl = 65534, List = 65533;

    /// <summary>The entries in ZLIB's format. Most are zero, so the fastest level packs nearly as well as the best.</summary>
    public static byte[] Packed(ReadOnlySpan<byte> entries)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest))
        {
            zlib.Write(entries);
        }
        return packed.ToArray();
    }

    /// <param name="packed">See <see cref="Packed"/>.</param>
    /// <param name="life">Until the token expires; after that a verifier has no answer.</param>
    /// <param name="ttl">For how long a verifier may keep it before it asks again.</param>
    public static Unsigned Jwt(string uri, byte[] packed, Instant issued, Duration life, Duration ttl, IReadOnlyList<byte[]> certificates)
    {
        var header = JwsHeader.Of(JwtType, certificates);
        var payload = Json(w =>
        {
            w.WriteString("sub", uri);
            w.WriteNumber("iat", issued.ToUnixTimeSeconds());
            w.WriteNumber("exp", (issued + life).ToUnixTimeSeconds());
            w.WriteNumber("ttl", (long)ttl.TotalSeconds);
            w.WriteStartObject("status_list");
            w.WriteNumber("bits", Bits);
            w.WriteString("lst", Base64Url.EncodeToString(packed));
            w.WriteEndObject();
        });
        var signed = Base64Url.EncodeToString(header) + "." + Base64Url.EncodeToString(payload);
        return new(Encoding.ASCII.GetBytes(signed), signature => Encoding.ASCII.GetBytes($"{signed}.{Base64Url.EncodeToString(signature)}"));
    }

    /// <inheritdoc cref="Jwt"/>
    public static Unsigned Cwt(string uri, byte[] packed, Instant issued, Duration life, Duration ttl, IReadOnlyList<byte[]> certificates)
    {
        var header = CborForms.Write(w =>
        {
            w.WriteStartMap(3);
            w.WriteInt32(1);
            w.WriteInt32(CborForms.Es256);
            w.WriteInt32(16);
            w.WriteTextString(CwtType);
            w.WriteInt32(33);
            CborForms.Chain(w, certificates);
            w.WriteEndMap();
        });
        var payload = CborForms.Write(w =>
        {
            w.WriteStartMap(5);
            w.WriteInt32(Subject);
            w.WriteTextString(uri);
            w.WriteInt32(Expires);
            w.WriteInt64((issued + life).ToUnixTimeSeconds());
            w.WriteInt32(Issued);
            w.WriteInt64(issued.ToUnixTimeSeconds());
            w.WriteInt32(Ttl);
            w.WriteInt64((long)ttl.TotalSeconds);
            w.WriteInt32(List);
            w.WriteStartMap(2);
            w.WriteTextString("bits");
            w.WriteInt32(Bits);
            w.WriteTextString("lst");
            w.WriteByteString(packed);
            w.WriteEndMap();
            w.WriteEndMap();
        });
        return new(CborForms.SigStructure(header, payload), signature => CborForms.Write(w =>
        {
            w.WriteTag((CborTag)18);
            CborForms.Sign1(w, header, null, payload, signature);
        }));
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }
}
