using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Credentials.Verifying;

/// <summary>
/// Counts wrong short codes per asker, in this node's memory. A code is one of 32⁸, so five tries in ten minutes give one asker one chance in four
/// million to meet a given live code in a year. Askers are kept as hashes.
/// </summary>
internal sealed class GuessLimit(TimeProvider clock)
{
    private const int Kept = 100_000;

    private readonly ConcurrentDictionary<string, Misses> _askers = new(StringComparer.Ordinal);

    private sealed record Misses(int Count, Instant Since);

    /// <summary>Takes one try, given back when the code was right. Null: it may be tried; else when the next try is allowed.</summary>
    public Duration? Take(string asker, int most, Duration within)
    {
        var now = clock.Now();
        if (_askers.Count > Kept)
        {
            foreach (var (key, misses) in _askers)
            {
                if (misses.Since + within <= now)
                {
                    _askers.TryRemove(key, out _);
                }
            }
        }
        var after = _askers.AddOrUpdate(Key(asker), _ => new Misses(1, now), (_, m) => m.Since + within <= now ? new Misses(1, now) : m with { Count = m.Count + 1 });
        return after.Count <= most ? null : after.Since + within - now;
    }

    public void GiveBack(string asker) => _askers.AddOrUpdate(Key(asker), _ => new Misses(0, clock.Now()), (_, m) => m with { Count = Math.Max(0, m.Count - 1) });

    private static string Key(string asker) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(asker)).AsSpan(0, 16));
}
