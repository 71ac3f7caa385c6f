using System.Buffers.Binary;
using System.Formats.Cbor;

namespace Muqeem.Credentials.Forms;

/// <summary>What the CBOR forms share. Written with the base library's canonical writer; the decoder that checks them before they are signed is another's.</summary>
internal static class CborForms
{
    public const int Es256 = -7;

    /// <summary>Of this thread, each used for one thing after the other: a document is written in some sixty pieces.</summary>
    [ThreadStatic]
    private static Stack<CborWriter>? _free;

    [ThreadStatic]
    private static CborWriter? _plain;

    /// <summary>Tag 24 around what is written, whose keys come in their order already: sorting them costs more than writing them. The look before signing refuses any other order.</summary>
    public static byte[] EmbeddedSorted(Action<CborWriter> write)
    {
        var writer = _plain ?? new CborWriter(CborConformanceMode.Lax);
        _plain = null;
        try
        {
            write(writer);
            var length = writer.BytesWritten;
            var head = length < 24 ? 1 : length < 256 ? 2 : length < 65536 ? 3 : 5;
            var bytes = new byte[2 + head + length];
            (bytes[0], bytes[1]) = (0xD8, 24);
            switch (head)
            {
                case 1:
                    bytes[2] = (byte)(0x40 | length);
                    break;
                case 2:
                    (bytes[2], bytes[3]) = (0x58, (byte)length);
                    break;
                case 3:
                    bytes[2] = 0x59;
                    BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(3), (ushort)length);
                    break;
                default:
                    bytes[2] = 0x5A;
                    BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(3), length);
                    break;
            }
            writer.Encode(bytes.AsSpan(2 + head));
            return bytes;
        }
        finally
        {
            writer.Reset();
            _plain = writer;
        }
    }

    public static byte[] Write(Action<CborWriter> write)
    {
        var free = _free ??= new();
        var writer = free.TryPop(out var one) ? one : new CborWriter(CborConformanceMode.Canonical);
        try
        {
            write(writer);
            return writer.Encode();
        }
        finally
        {
            writer.Reset();
            free.Push(writer);
        }
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
