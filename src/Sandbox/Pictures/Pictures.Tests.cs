using System.Buffers.Binary;
using System.IO.Compression;
using Muqeem.Sandbox.Population;

namespace Muqeem.Sandbox.Pictures;

public class PicturesTests
{
    private static readonly People World = new("muqeem", TestSandbox.Origin);

    [Fact]
    public void A_hundred_people_have_a_hundred_faces()
    {
        var prints = Enumerable.Range(40, 100).AsParallel().Select(index => Print(Album.Face(World, index))).ToArray();
        var least = double.MaxValue;
        for (var i = 0; i < prints.Length; i++)
        {
            for (var j = i + 1; j < prints.Length; j++)
            {
                least = Math.Min(least, prints[i].Zip(prints[j]).Average(pair => Math.Abs(pair.First - pair.Second)));
            }
        }
        // Mean difference of brightness and colour over 20 × 25 cells: a face and its copy with other grain stay below 0.3.
        Assert.True(least > 1.5, $"The most alike differ by {least}.");
        Assert.InRange(Print(Portrait.Draw(LookOf(40), 1)).Zip(Print(Portrait.Draw(LookOf(40), 2))).Average(pair => Math.Abs(pair.First - pair.Second)), 0, 0.3);
    }

    [Fact]
    public void The_same_person_looks_the_same_each_time() =>
        Assert.Equal(Png.Encode(Album.Face(World, 77)), Png.Encode(Album.Face(new People("muqeem", TestSandbox.Origin), 77)));

    [Fact]
    public void Looks_are_as_various_as_people()
    {
        var looks = Enumerable.Range(40, 1500).Select(LookOf).ToArray();
        var women = looks.Where(look => look is { Woman: true, Age: > 16 }).ToArray();
        var men = looks.Where(look => look is { Woman: false, Age: > 20 }).ToArray();
        Assert.InRange(women.Count(look => look.Headdress == Headdress.Headscarf) / (double)women.Length, 0.3, 0.85);
        Assert.All(looks.Where(look => look.Woman || look.Age < 18), look => Assert.Equal(Beard.None, look.Beard));
        Assert.Equal(Enum.GetValues<Beard>(), men.Select(look => look.Beard).Distinct().Order());
        Assert.Equal(Enum.GetValues<Headdress>(), looks.Select(look => look.Headdress).Distinct().Order());
        Assert.Contains(looks, look => look.Age < 5);
        Assert.Contains(looks, look => look.Age > 55);
    }

    [Fact]
    public void A_png_unpacks_to_what_was_drawn()
    {
        var canvas = new Canvas(37, 23, new(10, 20, 30));
        canvas.Ellipse(18, 11, 9, 6, new(200, 100, 50));
        var file = Png.Encode(canvas);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], file[..8]);
        using var packed = new MemoryStream();
        var at = 8;
        while (at < file.Length)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            var type = System.Text.Encoding.ASCII.GetString(file, at + 4, 4);
            Assert.Equal(BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length)), Crc32(file.AsSpan(at + 4, length + 4)));
            if (type == "IHDR")
            {
                Assert.Equal((37, 23), (BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at + 8)), BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at + 12))));
            }
            if (type == "IDAT")
            {
                packed.Write(file, at + 8, length);
            }
            at += length + 12;
        }
        packed.Position = 0;
        using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
        using var raw = new MemoryStream();
        zlib.CopyTo(raw);
        var rows = raw.ToArray();
        var rgb = canvas.ToRgb();
        for (var y = 0; y < 23; y++)
        {
            Assert.Equal(1, rows[y * 112]);
            for (var x = 0; x < 111; x++)
            {
                var value = (byte)(rows[(y * 112) + 1 + x] + (x >= 3 ? rgb[(y * 111) + x - 3] : 0));
                Assert.Equal(rgb[(y * 111) + x], value);
            }
        }
    }

    [Fact]
    public void A_jpeg_decodes_to_what_was_drawn()
    {
        var canvas = new Canvas(50, 35, new(240, 240, 230));
        canvas.Ellipse(25, 17, 15, 10, new(40, 90, 160), softness: 4);
        canvas.Rectangle(2, 2, 12, 8, new(200, 30, 30));
        var (width, height, rgb) = JpegReader.Decode(Jpeg.Encode(canvas, 92));
        Assert.Equal((50, 35), (width, height));
        var drawn = canvas.ToRgb();
        Assert.True(drawn.Zip(rgb).Average(pair => Math.Abs(pair.First - pair.Second)) < 3);
        Assert.True(drawn.Zip(rgb).Max(pair => Math.Abs(pair.First - pair.Second)) < 60);
    }

    [Fact]
    public void Every_letter_of_every_passport_can_be_drawn()
    {
        for (var index = 0; index < 5000; index++)
        {
            var page = World.InHandOf(World.At(index)).Passport;
            Assert.All($"{page.Primary}{page.Secondary}{page.Number}{page.Issuer}{page.Mrz[0]}{page.Mrz[1]}PASSPORT NO.", c => Assert.True(Lettering.Knows(c), $"'{c}' in {page.Primary}"));
        }
    }

    [Fact]
    public void The_zone_for_machines_is_drawn_where_it_belongs()
    {
        var page = World.InHandOf(World.At(0)).Passport;
        var image = PassportImage.Draw(page, new Canvas(10, 10, new(90, 90, 90)), World.DiceOf(0));
        var rgb = image.ToRgb();
        bool Dark(int x, int y) => rgb[3 * ((y * PassportImage.Width) + x)] < 80;

        // Each of the 44 cells of both lines holds ink, and the margin right of them none.
        for (var line = 0; line < 2; line++)
        {
            for (var cell = 0; cell < 44; cell++)
            {
                var left = 50 + (int)(cell * 26.2f);
                Assert.True(Enumerable.Range(left, 22).Any(x => Enumerable.Range(722 + (line * 68), 38).Any(y => Dark(x, y))), $"Cell {cell} of line {line} is empty.");
            }
            Assert.DoesNotContain(Enumerable.Range(1210, 35), x => Enumerable.Range(722 + (line * 68), 38).Any(y => Dark(x, y)));
        }
    }

    private static Look LookOf(int index) => Look.Of(World.At(index), World.Origin, World.DiceOf(index));

    // 20 × 25 cells of three colours each.
    private static double[] Print(Canvas canvas)
    {
        var small = new Canvas(20, 25, new(0, 0, 0));
        small.Picture(canvas, 0, 0, 20, 25);
        return [.. small.ToRgb().Select(value => (double)value)];
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFF;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var k = 0; k < 8; k++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }
        return ~crc;
    }
}

/// <summary>A plain baseline JPEG decoder, written from the standard the other way round, to judge the encoder.</summary>
internal static class JpegReader
{
    public static (int Width, int Height, byte[] Rgb) Decode(byte[] file)
    {
        Assert.Equal([0xFF, 0xD8], file[..2]);
        Assert.Equal([0xFF, 0xD9], file[^2..]);
        var quantum = new int[2][];
        var codes = new Dictionary<int, Dictionary<(int Length, int Code), byte>>();
        int at = 2, width = 0, height = 0;
        while (true)
        {
            Assert.Equal(0xFF, file[at]);
            var marker = file[at + 1];
            var length = (file[at + 2] << 8) | file[at + 3];
            var body = file.AsSpan(at + 4, length - 2);
            at += 2 + length;
            if (marker == 0xDB)
            {
                quantum[body[0]] = [.. body[1..].ToArray().Select(value => (int)value)];
            }
            else if (marker == 0xC0)
            {
                (height, width) = ((body[1] << 8) | body[2], (body[3] << 8) | body[4]);
            }
            else if (marker == 0xC4)
            {
                var table = codes[body[0]] = [];
                var (code, next) = (0, 17);
                for (var bits = 1; bits <= 16; bits++)
                {
                    for (var n = 0; n < body[bits]; n++)
                    {
                        Assert.True(table.TryAdd((bits, code++), body[next++]));
                    }
                    code <<= 1;
                }
                Assert.Equal(body.Length, next);
                Assert.Equal(table.Count, table.Values.Distinct().Count());
            }
            else if (marker == 0xDA)
            {
                break;
            }
        }
        int held = 0, left = 0;
        int Bit()
        {
            if (left == 0)
            {
                held = file[at++];
                left = 8;
                if (held == 0xFF)
                {
                    Assert.Equal(0, file[at++]);
                }
            }
            return (held >> --left) & 1;
        }
        int Bits(int count)
        {
            var value = 0;
            for (var i = 0; i < count; i++)
            {
                value = (value << 1) | Bit();
            }
            return count > 0 && value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
        }
        byte Symbol(int table)
        {
            var code = 0;
            for (var bits = 1; bits <= 16; bits++)
            {
                code = (code << 1) | Bit();
                if (codes[table].TryGetValue((bits, code), out var symbol))
                {
                    return symbol;
                }
            }
            throw new Xunit.Sdk.XunitException("A code that no table knows.");
        }
        // The zigzag, by walking the diagonals.
        var order = Enumerable.Range(0, 64).Select(i => (Y: i / 8, X: i % 8)).OrderBy(p => p.X + p.Y).ThenBy(p => (p.X + p.Y) % 2 == 0 ? p.X : p.Y).ToArray();
        var rgb = new byte[width * height * 3];
        var last = new int[3];
        for (var top = 0; top < height; top += 8)
        {
            for (var leftEdge = 0; leftEdge < width; leftEdge += 8)
            {
                var planes = new double[3][];
                for (var component = 0; component < 3; component++)
                {
                    var second = component == 0 ? 0 : 1;
                    var coefficients = new double[64];
                    last[component] += Bits(Symbol(second));
                    coefficients[0] = last[component] * quantum[second][0];
                    for (var place = 1; place < 64; place++)
                    {
                        var symbol = Symbol(0x10 | second);
                        if (symbol == 0)
                        {
                            break;
                        }
                        place += symbol >> 4;
                        coefficients[(order[place].Y * 8) + order[place].X] = Bits(symbol & 15) * quantum[second][place];
                    }
                    planes[component] = Inverse(coefficients);
                }
                for (var i = 0; i < 64; i++)
                {
                    var (y, x) = (top + (i / 8), leftEdge + (i % 8));
                    if (y < height && x < width)
                    {
                        var (l, b, r) = (planes[0][i] + 128, planes[1][i], planes[2][i]);
                        var to = 3 * ((y * width) + x);
                        rgb[to] = Clamp(l + (1.402 * r));
                        rgb[to + 1] = Clamp(l - (0.344136 * b) - (0.714136 * r));
                        rgb[to + 2] = Clamp(l + (1.772 * b));
                    }
                }
            }
        }
        return (width, height, rgb);
    }

    private static byte Clamp(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);

    private static double[] Inverse(double[] coefficients)
    {
        var plane = new double[64];
        for (var i = 0; i < 64; i++)
        {
            for (var k = 0; k < 64; k++)
            {
                var (v, u) = (k / 8, k % 8);
                plane[i] += coefficients[k] * (u == 0 ? Math.Sqrt(0.5) : 1) * (v == 0 ? Math.Sqrt(0.5) : 1) / 4
                    * Math.Cos(((2 * (i % 8)) + 1) * u * Math.PI / 16) * Math.Cos(((2 * (i / 8)) + 1) * v * Math.PI / 16);
            }
        }
        return plane;
    }
}
