using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using NodaTime;

namespace Muqeem.Platform.Signatures;

/// <summary>
/// What was seen in the last while, each once. Of this node alone: a call that somebody caught and sends to another node within the seconds in which it counts is answered there again, to the same
/// question, and is counted and recorded like any other.
/// </summary>
public sealed class ReplayGuard
{
    /// <summary>Of one generation; two are kept. Some 32 MB each.</summary>
    private const int Most = 1_000_000;

    private readonly Lock _lock = new();
    private HashSet<UInt128> _young = [];
    private HashSet<UInt128> _old = [];
    private Instant _since = Instant.MinValue;

    /// <summary>True: it was not seen within <paramref name="while"/>. False: it was. Null: there is no more room to remember.</summary>
    public bool? Take(string keyId, string nonce, Instant now, Duration @while)
    {
        Span<byte> text = stackalloc byte[256];
        var length = Encoding.UTF8.TryGetBytes(keyId, text, out var first) && Encoding.UTF8.TryGetBytes(nonce, text[(first + 1)..], out var second) ? first + 1 + second : throw new ArgumentException("Too long.", nameof(keyId));
        text[first] = 0;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);
        var mark = MemoryMarshal.Read<UInt128>(hash);
        lock (_lock)
        {
            if (_since == Instant.MinValue || now - _since >= @while)
            {
                // Whatever is in the older one was seen longer ago than that.
                (_old, _young) = (_since == Instant.MinValue || now - _since >= @while * 2 ? [] : _young, _old);
                _young.Clear();
                _since = now;
            }
            if (_old.Contains(mark))
            {
                return false;
            }
            return _young.Count >= Most ? null : _young.Add(mark);
        }
    }
}
