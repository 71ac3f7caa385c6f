using System.Text;
using Muqeem.Platform.Keys;

namespace Muqeem.Platform.Privacy;

/// <summary>
/// Keyed fingerprints for equality look-ups of personal values. A plain hash would be no protection: there are only about 10⁸ valid resident numbers.
/// </summary>
public sealed class BlindIndex(KeyStore keys)
{
    public const int Length = 16;

    /// <summary>16 bytes of HMAC-SHA256. The same value under another kind gives other bytes, so that tables cannot be joined by it.</summary>
    /// <param name="kind">What the value is, e.g. <c>resident_number</c>. Lower-case ASCII.</param>
    /// <param name="canonical">The one canonical text of the value.</param>
    public byte[] Of(string kind, string canonical)
    {
        var length = Encoding.UTF8.GetByteCount(canonical);
        var text = length <= 512 ? stackalloc byte[512] : new byte[length];
        return Of(kind, text[..Encoding.UTF8.GetBytes(canonical, text)]);
    }

    /// <inheritdoc cref="Of(string, string)"/>
    public byte[] Of(string kind, ReadOnlySpan<byte> canonical)
    {
        if (kind.Length is 0 or > 64 || !Ascii.IsValid(kind))
        {
            throw new ArgumentException("The kind of a blind index is a short ASCII word.", nameof(kind));
        }
        var message = new byte[kind.Length + 1 + canonical.Length];
        Encoding.ASCII.GetBytes(kind, message);
        // The zero byte ends the kind: no kind and value together read as another kind and value.
        canonical.CopyTo(message.AsSpan(kind.Length + 1));
        Span<byte> mac = stackalloc byte[32];
        keys.Mac(KeyPurpose.BlindIndex, message, mac);
        return mac[..Length].ToArray();
    }
}
