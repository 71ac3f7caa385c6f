using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Muqeem.Verifier.Encodings;

public enum CborKind
{
    Unsigned,
    Negative,
    Bytes,
    Text,
    Array,
    Map,
    Tag,
    False,
    True,
    Null,
    Float,
}

/// <summary>What is asked of a CBOR text beside being well formed. Indefinite lengths and a key twice in a map are refused always.</summary>
/// <param name="Sorted">The keys of each map are in the bytewise order of their encodings (RFC 8949, 4.2.1).</param>
/// <param name="Shortest">Each number and length takes as few bytes as it can.</param>
/// <param name="Floats">Numbers with a point may occur.</param>
public sealed record CborRules(bool Sorted, bool Shortest = true, bool Floats = false)
{
    /// <summary>Our own: one text for each value.</summary>
    public static readonly CborRules Ours = new(true);

    /// <summary>By others who follow COSE and ISO/IEC 18013-5, which leave the order of keys open.</summary>
    public static readonly CborRules Others = new(false);

    /// <summary>By others who also write numbers longer than they need be.</summary>
    public static readonly CborRules Loose = new(false, false);
}

/// <summary>
/// A CBOR data item (RFC 8949) as a tree that does not change; each item knows its own bytes, for digests are over bytes as they came. Keys of maps
/// are whole numbers, texts or byte strings.
/// </summary>
public sealed class Cbor
{
    public const int MostDepth = 24;
    public const int MostNodes = 8192;

    private static readonly Cbor[] None = [];

    private readonly Cbor[]? _items;
    private readonly int _contentLength;
    private string? _text;

    private Cbor(CborKind kind, ulong argument, ReadOnlyMemory<byte> encoded, int contentLength, Cbor[]? items)
    {
        Kind = kind;
        Argument = argument;
        Encoded = encoded;
        _contentLength = contentLength;
        _items = items;
    }

    public CborKind Kind { get; }

    /// <summary>Of an unsigned number its value, of a negative one −1 − value, of a tag its number, of a float its 64 bits.</summary>
    public ulong Argument { get; }

    /// <summary>This item byte for byte as it came.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Of a byte string; empty of anything else.</summary>
    public ReadOnlyMemory<byte> Bytes => Kind == CborKind.Bytes ? Encoded[^_contentLength..] : default;

    /// <summary>Of a text; null of anything else.</summary>
    public string? Text => Kind == CborKind.Text ? _text ??= Encoding.UTF8.GetString(Encoded.Span[^_contentLength..]) : null;

    /// <summary>Of an array; empty of anything else.</summary>
    public ReadOnlySpan<Cbor> Items => Kind == CborKind.Array ? _items : None;

    /// <summary>Of a map: key, value, key, value; empty of anything else.</summary>
    public ReadOnlySpan<Cbor> Pairs => Kind == CborKind.Map ? _items : None;

    /// <summary>Of a tag; null of anything else.</summary>
    public Cbor? Content => Kind == CborKind.Tag ? _items![0] : null;

    public double Float => Kind == CborKind.Float ? BitConverter.UInt64BitsToDouble(Argument) : double.NaN;

    /// <summary>The value under a text; null when there is none or this is no map.</summary>
    public Cbor? this[string key]
    {
        get
        {
            var pairs = Pairs;
            for (var i = 0; i < pairs.Length; i += 2)
            {
                if (pairs[i].IsText(key))
                {
                    return pairs[i + 1];
                }
            }
            return null;
        }
    }

    /// <summary>Whether this is that text. Most names are of ASCII, and are compared as they came.</summary>
    public bool IsText(string text)
    {
        if (Kind != CborKind.Text)
        {
            return false;
        }
        // As many bytes as characters are there only where all are of ASCII.
        return _contentLength == text.Length ? Ascii.Equals(Encoded.Span[^_contentLength..], text) : _contentLength > text.Length && Text == text;
    }

    /// <summary>The value under a whole number; null when there is none or this is no map.</summary>
    public Cbor? this[long key]
    {
        get
        {
            var pairs = Pairs;
            for (var i = 0; i < pairs.Length; i += 2)
            {
                if (pairs[i].TryInteger(out var found) && found == key)
                {
                    return pairs[i + 1];
                }
            }
            return null;
        }
    }

    /// <summary>A whole number that fits 64 bits with its sign.</summary>
    public bool TryInteger(out long value)
    {
        value = Kind == CborKind.Negative ? -1 - (long)Argument : (long)Argument;
        return Kind is CborKind.Unsigned or CborKind.Negative && Argument <= long.MaxValue;
    }

    /// <summary>The bytes inside tag 24, which says that they are CBOR again; null of anything else.</summary>
    public ReadOnlyMemory<byte>? Embedded => Kind == CborKind.Tag && Argument == 24 && Content!.Kind == CborKind.Bytes ? Content.Bytes : (ReadOnlyMemory<byte>?)null;

    /// <param name="bytes">Kept by the tree: it must not change afterwards.</param>
    public static Checked<Cbor> Parse(ReadOnlyMemory<byte> bytes, CborRules rules)
    {
        var reader = new Reader(bytes, rules);
        if (reader.Item(1) is not { } item)
        {
            return reader.Reason;
        }
        return reader.At == bytes.Length ? item : Reason.CborTrailingBytes;
    }

    private ref struct Reader(ReadOnlyMemory<byte> memory, CborRules rules)
    {
        private readonly ReadOnlySpan<byte> _bytes = memory.Span;
        private int _nodes;

        public int At { get; private set; }
        public Reason Reason { get; private set; } = Reason.CborMalformed;

        public Cbor? Item(int depth)
        {
            if (++_nodes > MostNodes)
            {
                return Refuse(Reason.CborTooLarge);
            }
            if (depth > MostDepth)
            {
                return Refuse(Reason.CborTooDeep);
            }
            if (At == _bytes.Length)
            {
                return Refuse(Reason.CborMalformed);
            }
            var start = At;
            var (major, low) = (_bytes[At] >> 5, _bytes[At] & 31);
            At++;
            if (major == 7)
            {
                return Simple(start, low);
            }
            if (!Argument(low, out var argument))
            {
                return null;
            }
            switch (major)
            {
                case 0:
                    return new Cbor(CborKind.Unsigned, argument, memory[start..At], 0, null);
                case 1:
                    return new Cbor(CborKind.Negative, argument, memory[start..At], 0, null);
                case 2 or 3:
                    if (argument > (ulong)(_bytes.Length - At))
                    {
                        return Refuse(Reason.CborMalformed);
                    }
                    At += (int)argument;
                    if (major == 3 && !Utf8.IsValid(_bytes[(At - (int)argument)..At]))
                    {
                        return Refuse(Reason.CborMalformed);
                    }
                    return new Cbor(major == 2 ? CborKind.Bytes : CborKind.Text, 0, memory[start..At], (int)argument, null);
                case 4:
                    return Items(argument, depth) is { } items ? new Cbor(CborKind.Array, 0, memory[start..At], 0, items) : null;
                case 5:
                    return Map(argument, depth) is { } pairs ? new Cbor(CborKind.Map, 0, memory[start..At], 0, pairs) : null;
                default:
                    return Item(depth + 1) is { } content ? new Cbor(CborKind.Tag, argument, memory[start..At], 0, [content]) : null;
            }
        }

        private Cbor[]? Items(ulong count, int depth)
        {
            if (!MayHold(count))
            {
                return null;
            }
            var items = new Cbor[(int)count];
            for (var i = 0; i < items.Length; i++)
            {
                if (Item(depth + 1) is not { } item)
                {
                    return null;
                }
                items[i] = item;
            }
            return items;
        }

        private Cbor[]? Map(ulong count, int depth)
        {
            if (count > MostNodes)
            {
                Refuse(Reason.CborTooLarge);
                return null;
            }
            if (!MayHold(2 * count))
            {
                return null;
            }
            var pairs = new Cbor[2 * (int)count];
            // In their order, and with one encoding each, a key stands beside the same one: it need not be looked for.
            var beside = rules is { Sorted: true, Shortest: true };
            HashSet<Key>? keys = count > 12 && !beside ? new HashSet<Key>((int)count) : null;
            for (var i = 0; i < pairs.Length; i += 2)
            {
                if (Item(depth + 1) is not { } key)
                {
                    return null;
                }
                if (key.Kind is not (CborKind.Unsigned or CborKind.Negative or CborKind.Bytes or CborKind.Text))
                {
                    Refuse(Reason.CborMalformed);
                    return null;
                }
                var order = rules.Sorted && i > 0 ? pairs[i - 2].Encoded.Span.SequenceCompareTo(key.Encoded.Span) : -1;
                if (order == 0 || (!beside && (keys is not null ? !keys.Add(new Key(key)) : Has(pairs.AsSpan(0, i), key))))
                {
                    Refuse(Reason.CborDuplicateKey);
                    return null;
                }
                if (order > 0)
                {
                    Refuse(Reason.CborUnsorted);
                    return null;
                }
                pairs[i] = key;
                if (Item(depth + 1) is not { } value)
                {
                    return null;
                }
                pairs[i + 1] = value;
            }
            return pairs;
        }

        private static bool Has(ReadOnlySpan<Cbor> pairs, Cbor key)
        {
            for (var i = 0; i < pairs.Length; i += 2)
            {
                if (new Key(pairs[i]).Equals(new Key(key)))
                {
                    return true;
                }
            }
            return false;
        }

        /// <summary>Before room is made: each item takes a byte at least, and all together are bounded.</summary>
        private bool MayHold(ulong count)
        {
            if (count > (ulong)(MostNodes - _nodes))
            {
                Refuse(Reason.CborTooLarge);
                return false;
            }
            if (count > (ulong)(_bytes.Length - At))
            {
                Refuse(Reason.CborMalformed);
                return false;
            }
            return true;
        }

        private bool Argument(int low, out ulong argument)
        {
            argument = (ulong)low;
            if (low < 24)
            {
                return true;
            }
            if (low > 27)
            {
                Refuse(low == 31 ? Reason.CborIndefinite : Reason.CborMalformed);
                return false;
            }
            var length = 1 << (low - 24);
            if (_bytes.Length - At < length)
            {
                Refuse(Reason.CborMalformed);
                return false;
            }
            var bytes = _bytes.Slice(At, length);
            At += length;
            argument = length switch
            {
                1 => bytes[0],
                2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
                4 => BinaryPrimitives.ReadUInt32BigEndian(bytes),
                _ => BinaryPrimitives.ReadUInt64BigEndian(bytes),
            };
            var least = length switch { 1 => 24UL, 2 => 1UL << 8, 4 => 1UL << 16, _ => 1UL << 32 };
            if (rules.Shortest && argument < least)
            {
                Refuse(Reason.CborNotShortest);
                return false;
            }
            return true;
        }

        private Cbor? Simple(int start, int low)
        {
            switch (low)
            {
                case 20:
                    return new Cbor(CborKind.False, 0, memory[start..At], 0, null);
                case 21:
                    return new Cbor(CborKind.True, 0, memory[start..At], 0, null);
                case 22:
                    return new Cbor(CborKind.Null, 0, memory[start..At], 0, null);
                case 25 or 26 or 27:
                    var length = 1 << (low - 24);
                    if (!rules.Floats)
                    {
                        return Refuse(Reason.CborFloat);
                    }
                    if (_bytes.Length - At < length)
                    {
                        return Refuse(Reason.CborMalformed);
                    }
                    var bytes = _bytes.Slice(At, length);
                    At += length;
                    var value = low == 25 ? (double)BinaryPrimitives.ReadHalfBigEndian(bytes) : low == 26 ? BinaryPrimitives.ReadSingleBigEndian(bytes) : BinaryPrimitives.ReadDoubleBigEndian(bytes);
                    return new Cbor(CborKind.Float, BitConverter.DoubleToUInt64Bits(value), memory[start..At], 0, null);
                case 31:
                    return Refuse(Reason.CborIndefinite);
                default:
                    return Refuse(Reason.CborMalformed);
            }
        }

        private Cbor? Refuse(Reason reason)
        {
            Reason = reason;
            return null;
        }
    }

    /// <summary>Equal for equal keys, however long they were written.</summary>
    private readonly struct Key(Cbor item) : IEquatable<Key>
    {
        private readonly Cbor _item = item;

        private ReadOnlySpan<byte> Content => _item._contentLength == 0 ? default : _item.Encoded.Span[^_item._contentLength..];

        public bool Equals(Key other) => _item.Kind == other._item.Kind && _item.Argument == other._item.Argument && Content.SequenceEqual(other.Content);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_item.Kind);
            hash.Add(_item.Argument);
            hash.AddBytes(Content);
            return hash.ToHashCode();
        }
    }
}
