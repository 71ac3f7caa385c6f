using System.Buffers;
using System.Buffers.Binary;
using System.Formats.Cbor;
using System.Text;

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

    /// <summary>What is written, whose keys come in their order already: sorting them costs more than writing them. The look before signing refuses any other order.</summary>
    public static byte[] Sorted(Action<CborWriter> write)
    {
        var writer = _plain ?? new CborWriter(CborConformanceMode.Lax);
        _plain = null;
        try
        {
            write(writer);
            return writer.Encode();
        }
        finally
        {
            writer.Reset();
            _plain = writer;
        }
    }

    /// <summary>Tag 24 around CBOR: bytes that hold it.</summary>
    public static byte[] Embedded(ReadOnlySpan<byte> cbor)
    {
        Span<byte> head = stackalloc byte[MostHead];
        head = head[..Head(head, ByteString, cbor.Length)];
        var bytes = new byte[2 + head.Length + cbor.Length];
        (bytes[0], bytes[1]) = (0xD8, 24);
        head.CopyTo(bytes.AsSpan(2));
        cbor.CopyTo(bytes.AsSpan(2 + head.Length));
        return bytes;
    }

    /// <summary>Major types of RFC 8949 section 3.1.</summary>
    public const int Unsigned = 0, ByteString = 2, TextString = 3, Array = 4, Map = 5;

    private const int MostHead = 5;

    /// <summary>The head of an item in as few bytes as it takes.</summary>
    /// <param name="argument">A number, a length or a count.</param>
    /// <returns>How many bytes.</returns>
    private static int Head(Span<byte> to, int major, int argument)
    {
        var type = (byte)(major << 5);
        switch (argument)
        {
            case < 24:
                to[0] = (byte)(type | argument);
                return 1;
            case <= byte.MaxValue:
                (to[0], to[1]) = ((byte)(type | 24), (byte)argument);
                return 2;
            case <= ushort.MaxValue:
                to[0] = (byte)(type | 25);
                BinaryPrimitives.WriteUInt16BigEndian(to[1..], (ushort)argument);
                return 3;
            default:
                to[0] = (byte)(type | 26);
                BinaryPrimitives.WriteInt32BigEndian(to[1..], argument);
                return 5;
        }
    }

    /// <summary>The head of an item whose content, written already, comes after it: given to the writer, each would be read once more.</summary>
    public static void Start(IBufferWriter<byte> to, int major, int argument) => to.Advance(Head(to.GetSpan(MostHead), major, argument));

    public static void Text(IBufferWriter<byte> to, string text)
    {
        Start(to, TextString, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, to);
    }

    public static void Bytes(IBufferWriter<byte> to, ReadOnlySpan<byte> bytes)
    {
        Start(to, ByteString, bytes.Length);
        to.Write(bytes);
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
