using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Background;

/// <summary>Ids that are computed, so that whoever computes them again gets the same: of names, of due work.</summary>
public static class Names
{
    /// <summary>The id of a named row: a lease, a job.</summary>
    public static Guid IdOf(string name) => From(SHA256.HashData(Encoding.UTF8.GetBytes("muqeem/name\0" + name)));

    /// <summary>The operation id of the work that is due for a row at an instant: the same row and due time never happens twice.</summary>
    public static Guid OperationOf(string work, Guid row, Instant due)
    {
        var name = Encoding.UTF8.GetBytes(work);
        var bytes = new byte[24 + name.Length];
        row.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(16), due.ToMicros());
        name.CopyTo(bytes, 24);
        return From(SHA256.HashData(bytes));
    }

    // RFC 9562 version 8: ours to define, and told apart from the time-ordered ids.
    private static Guid From(Span<byte> hash)
    {
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}

/// <summary>Ids of messages: UUIDv7 that strictly grow within a process, because one lane is sent in the order of its ids.</summary>
public static class MessageId
{
    private static readonly Lock Gate = new();
    private static long _lastMillis;
    private static int _counter;

    public static Guid New(TimeProvider clock)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        lock (Gate)
        {
            var millis = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (millis > _lastMillis)
            {
                _lastMillis = millis;
                _counter = bytes[0] >> 1; // room to grow within this millisecond
            }
            else if (++_counter > 0xfff)
            {
                _lastMillis++;
                _counter = 0;
            }
            BinaryPrimitives.WriteInt64BigEndian(bytes, (_lastMillis << 16) | 0x7000 | (uint)_counter);
        }
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
