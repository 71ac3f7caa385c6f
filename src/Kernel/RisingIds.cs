using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Muqeem.Kernel;

/// <summary>
/// UUIDs of version 7 that rise within a process: the twelve bits after the millisecond are its fraction (RFC 9562 section 6.2, method 3), and each is later than the one before, also when two are asked for at once or the
/// clock is set back. What comes of something that was acknowledged has a later id than it, though both lie in one millisecond. Between processes it is as good as their clocks.
/// </summary>
internal sealed class RisingIds
{
    private const int FractionBits = 12;

    private static readonly ConditionalWeakTable<TimeProvider, RisingIds> OfClocks = [];

    private long _last;

    public static Guid Next(TimeProvider clock)
    {
        var ticks = clock.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        var (millisecond, rest) = Math.DivRem(ticks, TimeSpan.TicksPerMillisecond);
        var at = OfClocks.GetOrCreateValue(clock).After((millisecond << FractionBits) | (rest * (1 << FractionBits) / TimeSpan.TicksPerMillisecond));
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, (at >> FractionBits << 16) | 0x7000 | (at & ((1 << FractionBits) - 1)));
        RandomNumberGenerator.Fill(bytes[8..]);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private long After(long at)
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(at, last + 1);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return next;
            }
        }
    }
}
