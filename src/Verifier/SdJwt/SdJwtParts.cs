using System.Text;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Signatures;

namespace Muqeem.Verifier.SdJwt;

/// <summary>One claim or array element that the holder may show or keep.</summary>
internal sealed class Disclosure(ReadOnlyMemory<byte> text, ReadOnlyMemory<byte> digest, string? name, Json value)
{
    /// <summary>In base64url, as it came.</summary>
    public ReadOnlyMemory<byte> Text { get; } = text;

    /// <summary>SHA-256 over <see cref="Text"/> in base64url.</summary>
    public ReadOnlyMemory<byte> Digest { get; } = digest;

    /// <summary>Null for an element of an array.</summary>
    public string? Name { get; } = name;
    public Json Value { get; } = value;

    /// <summary>Where it stands in the whole credential; known after processing.</summary>
    public string? Pointer { get; set; }

    /// <summary>Its digest was found; known after processing.</summary>
    public bool IsTaken { get; set; }

    /// <summary>The disclosure that it lies in.</summary>
    public Disclosure? Parent { get; set; }
}

/// <summary>The compact form taken apart: <c>issuer-signed JWT~disclosure~…~</c> and perhaps a key binding JWT.</summary>
internal sealed class SdJwtParts
{
    private const int MostDisclosures = 256;

    private readonly byte[] _text;
    private readonly int _presented;
    private readonly int _issuedLength;

    private SdJwtParts(byte[] text, int presented, int issuedLength, CompactJws issued, List<Disclosure> disclosures, Dictionary<ReadOnlyMemory<byte>, Disclosure> byDigest, CompactJws? binding)
    {
        _text = text;
        _presented = presented;
        _issuedLength = issuedLength;
        Issued = issued;
        Disclosures = disclosures;
        ByDigest = byDigest;
        Binding = binding;
    }

    public ReadOnlySpan<byte> IssuedText => _text.AsSpan(0, _issuedLength);
    public CompactJws Issued { get; }

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<Disclosure> Disclosures { get; }

    public Dictionary<ReadOnlyMemory<byte>, Disclosure> ByDigest { get; }
    public CompactJws? Binding { get; }

    /// <summary>What the holder's proof is about: all before it, with the last tilde.</summary>
    public ReadOnlySpan<byte> Presented => _text.AsSpan(0, _presented);

    /// <summary>What is no ASCII becomes a question mark, which base64url does not have.</summary>
    public static Checked<SdJwtParts> Parse(string text) => text.Length > SdJwtVerifier.Longest ? Reason.SdJwtTooLarge : Parse(Encoding.ASCII.GetBytes(text));

    /// <param name="text">Must not change afterwards: the disclosures keep it.</param>
    /// <param name="signed">False: it is looked at before anybody signs it.</param>
    /// <param name="given">Room for what is decoded, for who has it; else some is made.</param>
    public static Checked<SdJwtParts> Parse(byte[] text, bool signed = true, byte[]? given = null)
    {
        if (text.Length > SdJwtVerifier.Longest)
        {
            return Reason.SdJwtTooLarge;
        }
        var end = text.AsSpan().LastIndexOf((byte)'~');
        if (end < 0)
        {
            return Reason.SdJwtMalformed;
        }
        var first = text.AsSpan().IndexOf((byte)'~');
        if (!CompactJws.Parse(text.AsSpan(0, first), signed).TryGet(out var issued, out var reason))
        {
            return reason;
        }
        CompactJws? binding = null;
        if (end + 1 < text.Length && !CompactJws.Parse(text.AsSpan(end + 1)).TryGet(out binding, out reason))
        {
            return reason;
        }
        var count = Math.Min(text.AsSpan(first, end - first).Count((byte)'~'), MostDisclosures);
        var (disclosures, byDigest) = (new List<Disclosure>(count), new Dictionary<ReadOnlyMemory<byte>, Disclosure>(count, DigestComparer.Instance));
        // One room for all that is decoded and one for the digests: what is read from them stays in them.
        Memory<byte> room = given ?? new byte[(end - first) * 3 / 4];
        Memory<byte> digests = new byte[count * SdJwtVerifier.HashTextLength];
        for (var at = first + 1; at <= end;)
        {
            var length = text.AsSpan(at).IndexOf((byte)'~');
            if (disclosures.Count == MostDisclosures)
            {
                return Reason.SdJwtTooLarge;
            }
            var digest = digests[..SdJwtVerifier.HashTextLength];
            if (!Read(text.AsMemory(at, length), ref room, digest).TryGet(out var disclosure, out reason))
            {
                return reason;
            }
            if (!byDigest.TryAdd(digest, disclosure))
            {
                return Reason.SdJwtDisclosureRepeated;
            }
            disclosures.Add(disclosure);
            digests = digests[SdJwtVerifier.HashTextLength..];
            at += length + 1;
        }
        return new SdJwtParts(text, end + 1, first, issued, disclosures, byDigest, binding);
    }

    /// <summary>[salt, name, value] of a claim, [salt, value] of an element.</summary>
    private static Checked<Disclosure> Read(ReadOnlyMemory<byte> text, ref Memory<byte> room, Memory<byte> digest)
    {
        if (BaseText.FromBase64Url(text.Span, room.Span) is not (> 0 and var count))
        {
            return Reason.SdJwtDisclosureMalformed;
        }
        var decoded = room[..count];
        room = room[count..];
        if (!Json.TryNamed(decoded, out var name, out var value))
        {
            if (!Json.ParseHeld(decoded).TryGet(out var json, out var reason))
            {
                return reason;
            }
            var items = json.Items;
            if (items.Length is not (2 or 3) || items[0].Kind != JsonKind.Text || items.Length == 3 && items[1].Kind != JsonKind.Text)
            {
                return Reason.SdJwtDisclosureMalformed;
            }
            (name, value) = (items.Length == 3 ? items[1].Name : null, items[^1]);
        }
        if (name is "_sd" or "..." or "_sd_alg")
        {
            return Reason.SdJwtReservedName;
        }
        SdJwtVerifier.HashOf(text.Span, digest.Span);
        return new Disclosure(text, digest, name, value);
    }
}

/// <summary>Compares digests as the bytes that they are written in. Whoever writes a credential chooses what stands for a digest, so the code of one must not be foreseen.</summary>
internal sealed class DigestComparer : IEqualityComparer<ReadOnlyMemory<byte>>
{
    public static readonly DigestComparer Instance = new();

    public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

    public int GetHashCode(ReadOnlyMemory<byte> digest)
    {
        // Seeded by the runtime for each process.
        var hash = new HashCode();
        hash.AddBytes(digest.Span);
        return hash.ToHashCode();
    }
}
