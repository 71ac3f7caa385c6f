using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Signatures;

namespace Muqeem.Verifier.SdJwt;

/// <summary>One claim or array element that the holder may show or keep.</summary>
internal sealed class Disclosure(string text, string digest, string? name, Json value)
{
    public string Text { get; } = text;

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

    private SdJwtParts(string text, int presented, string issuedText, CompactJws issued, List<Disclosure> disclosures, CompactJws? binding)
    {
        _text = text;
        _presented = presented;
        IssuedText = issuedText;
        Issued = issued;
        Disclosures = disclosures;
        Binding = binding;
    }

    public string IssuedText { get; }
    public CompactJws Issued { get; }
    public IReadOnlyList<Disclosure> Disclosures { get; }
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
        var disclosures = new List<Disclosure>();
        var digests = new HashSet<string>(StringComparer.Ordinal);
        for (var at = first + 1; at <= end;)
        {
            var next = text.IndexOf('~', at);
            if (disclosures.Count == MostDisclosures)
            {
                return Reason.SdJwtTooLarge;
            }
            if (!Read(text[at..next]).TryGet(out var disclosure, out reason))
            {
                return reason;
            }
            if (!digests.Add(disclosure.Digest))
            {
                return Reason.SdJwtDisclosureRepeated;
            }
            disclosures.Add(disclosure);
            at = next + 1;
        }
        return new SdJwtParts(text, end + 1, text[..first], issued, disclosures, binding);
    }

    /// <summary>[salt, name, value] of a claim, [salt, value] of an element.</summary>
    private static Checked<Disclosure> Read(string text)
    {
        if (text.Length == 0 || BaseText.FromBase64Url(text.AsSpan()) is not { } bytes)
        {
            return Reason.SdJwtDisclosureMalformed;
        }
        if (!Json.Parse(bytes).TryGet(out var json, out var reason))
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
        return new Disclosure(text, SdJwtVerifier.HashOf(text), name, items[^1]);
    }
}
