using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Signatures;

namespace Muqeem.Verifier.SdJwt;

/// <summary>One claim or array element that the holder may show or keep.</summary>
internal sealed class Disclosure(string whole, int start, int length, string digest, string? name, Json value)
{
    public ReadOnlySpan<char> Text => whole.AsSpan(start, length);

    /// <summary>SHA-256 over <see cref="Text"/> in base64url.</summary>
    public string Digest { get; } = digest;

    /// <summary>Null for an element of an array.</summary>
    public string? Name { get; } = name;
    public Json Value { get; } = value;

    /// <summary>Where it stands in the whole credential; known after processing.</summary>
    public string? Pointer { get; set; }

    /// <summary>The disclosure that it lies in.</summary>
    public Disclosure? Parent { get; set; }
}

/// <summary>The compact form taken apart: <c>issuer-signed JWT~disclosure~…~</c> and perhaps a key binding JWT.</summary>
internal sealed class SdJwtParts
{
    private const int MostDisclosures = 256;

    private readonly string _text;
    private readonly int _presented;
    private readonly int _issuedLength;

    private SdJwtParts(string text, int presented, int issuedLength, CompactJws issued, OrderedDictionary<string, Disclosure> disclosures, CompactJws? binding)
    {
        _text = text;
        _presented = presented;
        _issuedLength = issuedLength;
        Issued = issued;
        Disclosures = disclosures;
        Binding = binding;
    }

    public string IssuedText => _text[.._issuedLength];
    public CompactJws Issued { get; }

    /// <summary>By digest, in the order in which they came.</summary>
    public OrderedDictionary<string, Disclosure> Disclosures { get; }
    public CompactJws? Binding { get; }

    /// <summary>What the holder's proof is about: all before it, with the last tilde.</summary>
    public ReadOnlySpan<char> Presented => _text.AsSpan(0, _presented);

    public static Checked<SdJwtParts> Parse(string text)
    {
        if (text.Length > SdJwtVerifier.Longest)
        {
            return Reason.SdJwtTooLarge;
        }
        var end = text.LastIndexOf('~');
        if (end < 0)
        {
            return Reason.SdJwtMalformed;
        }
        var first = text.IndexOf('~');
        if (!CompactJws.Parse(text.AsSpan(0, first)).TryGet(out var issued, out var reason))
        {
            return reason;
        }
        CompactJws? binding = null;
        if (end + 1 < text.Length && !CompactJws.Parse(text.AsSpan(end + 1)).TryGet(out binding, out reason))
        {
            return reason;
        }
        var disclosures = new OrderedDictionary<string, Disclosure>(StringComparer.Ordinal);
        for (var at = first + 1; at <= end;)
        {
            var next = text.IndexOf('~', at);
            if (disclosures.Count == MostDisclosures)
            {
                return Reason.SdJwtTooLarge;
            }
            if (!Read(text, at, next - at).TryGet(out var disclosure, out reason))
            {
                return reason;
            }
            if (!disclosures.TryAdd(disclosure.Digest, disclosure))
            {
                return Reason.SdJwtDisclosureRepeated;
            }
            at = next + 1;
        }
        return new SdJwtParts(text, end + 1, first, issued, disclosures, binding);
    }

    /// <summary>[salt, name, value] of a claim, [salt, value] of an element.</summary>
    private static Checked<Disclosure> Read(string whole, int start, int length)
    {
        var room = ArrayPool<byte>.Shared.Rent(2 * length);
        try
        {
            // What is no ASCII becomes a question mark, which base64url does not have.
            var text = room.AsSpan(0, Encoding.ASCII.GetBytes(whole.AsSpan(start, length), room));
            var bytes = room.AsSpan(length);
            if (BaseText.FromBase64Url(text, bytes) is not (> 0 and var count))
            {
                return Reason.SdJwtDisclosureMalformed;
            }
            if (!Json.Parse(bytes[..count]).TryGet(out var json, out var reason))
            {
                return reason;
            }
            var items = json.Items;
            if (items.Length is not (2 or 3) || items[0].Kind != JsonKind.Text || items.Length == 3 && items[1].Kind != JsonKind.Text)
            {
                return Reason.SdJwtDisclosureMalformed;
            }
            var name = items.Length == 3 ? items[1].Text : null;
            if (name is "_sd" or "..." or "_sd_alg")
            {
                return Reason.SdJwtReservedName;
            }
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            Sha256.Hash(text, hash);
            return new Disclosure(whole, start, length, Base64Url.EncodeToString(hash), name, items[^1]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }
}
