using System.Formats.Cbor;

namespace Muqeem.Credentials.Forms;

/// <summary>What the CBOR forms share. Written with the base library's canonical writer; the decoder that checks them before they are signed is another's.</summary>
internal static class CborForms
{
    public const int Es256 = -7;

    public static byte[] Write(Action<CborWriter> write)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical);
        write(writer);
        return writer.Encode();
    }

    /// <summary>RFC 9052 section 4.4: what a COSE_Sign1 signs.</summary>
    public static byte[] SigStructure(byte[] protectedHeader, byte[] payload) => Write(w =>
    {
        w.WriteStartArray(4);
        w.WriteTextString("Signature1");
        w.WriteByteString(protectedHeader);
        w.WriteByteString([]);
        w.WriteByteString(payload);
        w.WriteEndArray();
    });

    /// <summary>A COSE_Sign1 without its tag.</summary>
    public static void Sign1(CborWriter w, byte[] protectedHeader, Action<CborWriter>? unprotectedHeader, byte[] payload, byte[] signature)
    {
        w.WriteStartArray(4);
        w.WriteByteString(protectedHeader);
        if (unprotectedHeader is null)
        {
            w.WriteStartMap(0);
            w.WriteEndMap();
        }
        else
        {
            unprotectedHeader(w);
        }
        w.WriteByteString(payload);
        w.WriteByteString(signature);
        w.WriteEndArray();
    }

    /// <summary>Tag 24: bytes that hold CBOR.</summary>
    public static void Embedded(CborWriter w, byte[] cbor)
    {
        w.WriteTag((CborTag)24);
        w.WriteByteString(cbor);
    }

    /// <summary>RFC 9360 section 2: one certificate as it is, several in an array, the signer's first.</summary>
    public static void Chain(CborWriter w, IReadOnlyList<byte[]> certificates)
    {
        if (certificates.Count == 1)
        {
            w.WriteByteString(certificates[0]);
            return;
        }
        w.WriteStartArray(certificates.Count);
        foreach (var certificate in certificates)
        {
            w.WriteByteString(certificate);
        }
        w.WriteEndArray();
    }

    public static void StatusReference(CborWriter w, string uri, int index)
    {
        w.WriteStartMap(1);
        w.WriteTextString("status_list");
        w.WriteStartMap(2);
        w.WriteTextString("idx");
        w.WriteInt32(index);
        w.WriteTextString("uri");
        w.WriteTextString(uri);
        w.WriteEndMap();
        w.WriteEndMap();
    }
}
