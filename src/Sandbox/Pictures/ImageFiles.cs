using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Muqeem.Sandbox.Pictures;

/// <summary>Writes PNG (ISO/IEC 15948): true colour, each row filtered by the difference to the left.</summary>
public static class Png
{
    private static readonly uint[] Crc = MakeTable();

    public static byte[] Encode(Canvas canvas)
    {
        var rgb = canvas.ToRgb();
        var stride = canvas.Width * 3;
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var row = new byte[stride + 1];
            row[0] = 1;
            for (var y = 0; y < canvas.Height; y++)
            {
                var line = rgb.AsSpan(y * stride, stride);
                for (var x = 0; x < stride; x++)
                {
                    row[x + 1] = (byte)(line[x] - (x >= 3 ? line[x - 3] : 0));
                }
                zlib.Write(row);
            }
        }
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, canvas.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], canvas.Height);
        header[8] = 8;
        header[9] = 2;
        header[10..].Clear();
        Chunk(file, "IHDR", header);
        Chunk(file, "IDAT", packed.ToArray());
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    private static void Chunk(Stream file, string type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        var name = Encoding.ASCII.GetBytes(type);
        file.Write(name);
        file.Write(content);
        var crc = Update(Update(0xFFFFFFFF, name), content) ^ 0xFFFFFFFF;
        BinaryPrimitives.WriteUInt32BigEndian(number, crc);
        file.Write(number);
    }

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            crc = Crc[(crc ^ b) & 0xFF] ^ (crc >> 8);
        }
        return crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            var c = n;
            for (var k = 0; k < 8; k++)
            {
                c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            }
            table[n] = c;
        }
        return table;
    }
}

/// <summary>Writes baseline JPEG (ITU-T T.81) with the standard's own Huffman tables (annex K), colours not subsampled so that small print stays sharp.</summary>
public static class Jpeg
{
    private static readonly byte[] ZigZag =
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    private static readonly byte[] Luminance =
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ];

    private static readonly byte[] Chrominance =
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ];

    private static readonly Huffman DcLuminance = new([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    private static readonly Huffman DcChrominance = new([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);

    private static readonly Huffman AcLuminance = new(
        [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D],
        Convert.FromHexString("01020300041105122131410613516107227114328191A1082342B1C11552D1F02433627282090A161718191A25262728292A3435363738393A434445464748494A535455565758595A636465666768696A737475767778797A838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5C6C7C8C9CAD2D3D4D5D6D7D8D9DAE1E2E3E4E5E6E7E8E9EAF1F2F3F4F5F6F7F8F9FA"));

    private static readonly Huffman AcChrominance = new(
        [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
        Convert.FromHexString("0001020311040521310612415107617113223281081442 91A1B1C109233352F0156272D10A162434E125F11718191A262728292A35363738393A434445464748494A535455565758595A636465666768696A737475767778797A82838485868788898A92939495969798999AA2A3A4A5A6A7A8A9AAB2B3B4B5B6B7B8B9BAC2C3C4C5C6C7C8C9CAD2D3D4D5D6D7D8D9DAE2E3E4E5E6E7E8E9EAF2F3F4F5F6F7F8F9FA".Replace(" ", "", StringComparison.Ordinal)));

    // cos((2x + 1) u π / 16), with the normalisation.
    private static readonly float[] Cosines = MakeCosines();

    /// <param name="quality">1 to 100.</param>
    public static byte[] Encode(Canvas canvas, int quality = 88)
    {
        var scale = quality < 50 ? 5000 / quality : 200 - (2 * quality);
        var tables = new[] { Scaled(Luminance, scale), Scaled(Chrominance, scale) };
        var file = new MemoryStream();
        file.Write([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, (byte)'J', (byte)'F', (byte)'I', (byte)'F', 0, 1, 1, 1, 0x01, 0x2C, 0x01, 0x2C, 0, 0]); // 300 dots per inch
        for (byte t = 0; t < 2; t++)
        {
            file.Write([0xFF, 0xDB, 0, 67, t]);
            foreach (var place in ZigZag)
            {
                file.WriteByte((byte)tables[t][place]);
            }
        }
        file.Write([0xFF, 0xC0, 0, 17, 8, (byte)(canvas.Height >> 8), (byte)canvas.Height, (byte)(canvas.Width >> 8), (byte)canvas.Width, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1]);
        Table(file, 0x00, DcLuminance);
        Table(file, 0x10, AcLuminance);
        Table(file, 0x01, DcChrominance);
        Table(file, 0x11, AcChrominance);
        file.Write([0xFF, 0xDA, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);

        var rgb = canvas.ToRgb();
        var bits = new BitWriter(file);
        var last = new int[3];
        var block = new float[64];
        for (var top = 0; top < canvas.Height; top += 8)
        {
            for (var left = 0; left < canvas.Width; left += 8)
            {
                for (var component = 0; component < 3; component++)
                {
                    for (var i = 0; i < 64; i++)
                    {
                        var at = 3 * ((Math.Min(top + (i >> 3), canvas.Height - 1) * canvas.Width) + Math.Min(left + (i & 7), canvas.Width - 1));
                        float r = rgb[at], g = rgb[at + 1], b = rgb[at + 2];
                        block[i] = component switch
                        {
                            0 => (0.299f * r) + (0.587f * g) + (0.114f * b) - 128,
                            1 => (-0.168736f * r) - (0.331264f * g) + (0.5f * b),
                            _ => (0.5f * r) - (0.418688f * g) - (0.081312f * b),
                        };
                    }
                    Block(bits, block, tables[component == 0 ? 0 : 1], component == 0 ? DcLuminance : DcChrominance, component == 0 ? AcLuminance : AcChrominance, ref last[component]);
                }
            }
        }
        bits.Flush();
        file.Write([0xFF, 0xD9]);
        return file.ToArray();
    }

    private static void Block(BitWriter bits, float[] block, int[] quantum, Huffman dc, Huffman ac, ref int last)
    {
        Span<float> half = stackalloc float[64];
        Span<int> values = stackalloc int[64];
        for (var y = 0; y < 8; y++)
        {
            for (var u = 0; u < 8; u++)
            {
                var sum = 0f;
                for (var x = 0; x < 8; x++)
                {
                    sum += block[(y * 8) + x] * Cosines[(u * 8) + x];
                }
                half[(y * 8) + u] = sum;
            }
        }
        for (var place = 0; place < 64; place++)
        {
            var (v, u) = (ZigZag[place] >> 3, ZigZag[place] & 7);
            var sum = 0f;
            for (var y = 0; y < 8; y++)
            {
                sum += half[(y * 8) + u] * Cosines[(v * 8) + y];
            }
            values[place] = (int)MathF.Round(sum / quantum[ZigZag[place]]);
        }
        Value(bits, dc, 0, values[0] - last);
        last = values[0];
        var run = 0;
        for (var place = 1; place < 64; place++)
        {
            if (values[place] == 0)
            {
                run++;
                continue;
            }
            for (; run > 15; run -= 16)
            {
                ac.Write(bits, 0xF0);
            }
            Value(bits, ac, run, values[place]);
            run = 0;
        }
        if (run > 0)
        {
            ac.Write(bits, 0);
        }
    }

    private static void Value(BitWriter bits, Huffman table, int run, int value)
    {
        var size = 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)Math.Abs(value));
        table.Write(bits, (byte)((run << 4) | size));
        bits.Write((uint)(value < 0 ? value + (1 << size) - 1 : value), size);
    }

    private static void Table(Stream file, byte id, Huffman table)
    {
        var length = 19 + table.Values.Length;
        file.Write([0xFF, 0xC4, (byte)(length >> 8), (byte)length, id]);
        file.Write(table.Counts);
        file.Write(table.Values);
    }

    private static int[] Scaled(byte[] table, int scale) => [.. table.Select(value => Math.Clamp(((value * scale) + 50) / 100, 1, 255))];

    private static float[] MakeCosines()
    {
        var all = new float[64];
        for (var u = 0; u < 8; u++)
        {
            for (var x = 0; x < 8; x++)
            {
                all[(u * 8) + x] = MathF.Cos(((2 * x) + 1) * u * MathF.PI / 16) * (u == 0 ? MathF.Sqrt(0.125f) : 0.5f);
            }
        }
        return all;
    }

    private sealed class Huffman
    {
        private readonly (uint Code, int Length)[] _codes = new (uint, int)[256];

        public Huffman(byte[] counts, byte[] values)
        {
            Counts = counts;
            Values = values;
            uint code = 0;
            var k = 0;
            for (var length = 1; length <= 16; length++)
            {
                for (var n = 0; n < counts[length - 1]; n++)
                {
                    _codes[values[k++]] = (code++, length);
                }
                code <<= 1;
            }
        }

        public byte[] Counts { get; }

        public byte[] Values { get; }

        public void Write(BitWriter bits, byte value) => bits.Write(_codes[value].Code, _codes[value].Length);
    }

    private sealed class BitWriter(Stream file)
    {
        private uint _held;
        private int _count;

        public void Write(uint value, int length)
        {
            for (var i = length - 1; i >= 0; i--)
            {
                _held = (_held << 1) | ((value >> i) & 1);
                if (++_count == 8)
                {
                    file.WriteByte((byte)_held);
                    if ((byte)_held == 0xFF)
                    {
                        file.WriteByte(0);
                    }
                    _held = 0;
                    _count = 0;
                }
            }
        }

        public void Flush()
        {
            while (_count != 0)
            {
                Write(1, 1);
            }
        }
    }
}
